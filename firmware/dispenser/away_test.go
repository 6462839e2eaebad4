package dispenser_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

func TestHubAwayIssuesFromItsOwnLetterAndMergesOnReturn(t *testing.T) {
	inHall(t, func(h *hall) {
		h.press("social")
		h.stopHub()
		h.bus.Cut(string(deviceID))
		h.later(5 * time.Second)
		if v := h.view(); !v.Away || v.Services[0].Known {
			t.Errorf("screen shows %+v, want that the hub is away and the queue unknown", v)
		}
		h.press("social")
		h.press("tax")
		h.later(10 * time.Minute)
		slips := h.slips()
		if len(slips) != 3 {
			t.Fatalf("%d slips, want 3", len(slips))
		}
		wants(t, slips[1], "Y001", "离线号", "社会保险")
		wants(t, slips[2], "Y002", "离线号", "税务")

		h.startHub()
		h.bus.Restore(string(deviceID))
		h.later(10 * time.Second)
		if got := fmt.Sprint(numbers(h.merged)); got != "[Y001 Y002]" {
			t.Fatalf("hub merged %s, want Y001 and Y002 in the order of issue", got)
		}
		for i, s := range h.merged {
			age := time.Duration(s.AgoMS) * time.Millisecond
			if !s.Printed || s.Day != "2026-11-23" || age < 10*time.Minute || age > 11*time.Minute {
				t.Errorf("merged %d is %+v, want printed, of that day, 10 minutes old", i, s)
			}
		}
		h.press("social")
		if slips := h.slips(); len(slips) != 4 {
			t.Errorf("%d slips, want a fourth", len(slips))
		} else {
			wants(t, slips[3], "A002")
		}
		h.later(time.Hour)
		if h.syncs != 1 {
			t.Errorf("%d merges, want 1: nothing is sent again once it has its line", h.syncs)
		}
	})
}

func numbers(spool []protocol.SpooledTicket) (out []string) {
	for _, s := range spool {
		out = append(out, s.Number)
	}
	return out
}

func TestSilentHubGivesAnOwnNumberInTimeAndItsLateTicketIsCancelled(t *testing.T) {
	inHall(t, func(h *hall) {
		h.set(func() { h.mute = true }) // it issues, but nobody hears of it
		start := time.Now()
		if err := h.d.Press(context.Background(), dispenser.Press{Service: "social"}); err != nil {
			t.Fatal(err)
		}
		for len(h.slips()) == 0 && time.Since(start) < 10*time.Second {
			h.later(100 * time.Millisecond)
		}
		if waited := time.Since(start); waited > 3*time.Second {
			t.Errorf("the citizen waited %s for paper, want at most 3 s", waited)
		}
		wants(t, h.slips()[0], "Y001", "离线号")
		h.press("tax") // does not wait for the silent hub again
		if n := len(h.slips()); n != 2 {
			t.Errorf("%d slips, want the second at once", n)
		}

		h.set(func() { h.mute = false })
		h.later(time.Minute)
		if got := h.status["20261123-A001"]; got != "cancelled: 离线已另发号" {
			t.Errorf("the ticket that nobody holds is %q, want it cancelled", got)
		}
		if len(h.issued) != 1 {
			t.Errorf("hub issued %d tickets, want only the late one", len(h.issued))
		}
		if got := fmt.Sprint(numbers(h.merged)); got != "[Y001 Y002]" {
			t.Errorf("hub merged %s, want Y001 and Y002", got)
		}
		if v := h.view(); v.Away {
			t.Error("screen still says that the hub is away")
		}
	})
}

func TestTicketThatTheHubNeverSawLeavesNoGhost(t *testing.T) {
	inHall(t, func(h *hall) {
		h.set(func() { h.deaf = true })
		h.press("social")
		h.later(time.Minute)
		h.set(func() { h.deaf = false })
		h.later(time.Minute)
		for _, ticket := range h.issued {
			if h.status[ticket.ID] == "" {
				t.Errorf("%s waits in the queue and nobody holds it", ticket.Number)
			}
		}
		if got := fmt.Sprint(numbers(h.merged)); got != "[Y001]" {
			t.Errorf("hub merged %s, want Y001", got)
		}
	})
}

func TestPowerCutWhileTheHubIsAwayRepeatsNoNumber(t *testing.T) {
	inHall(t, func(h *hall) {
		h.stopHub()
		h.bus.Cut(string(deviceID))
		h.later(5 * time.Second)
		h.press("social")
		h.press("social")
		h.stop()
		h.start() // without hub: services and letter come from the disk
		if v := h.view(); !v.Ready || !v.Away || len(v.Services) != 2 {
			t.Fatalf("screen shows %+v, want the services of before", v)
		}
		h.later(time.Minute)
		h.press("social")
		wants(t, h.slips()[0], "Y003")
		h.startHub()
		h.bus.Restore(string(deviceID))
		h.later(10 * time.Second)
		if got := fmt.Sprint(numbers(h.merged)); got != "[Y001 Y002 Y003]" {
			t.Fatalf("hub merged %s, want all three", got)
		}
		if age := time.Duration(h.merged[0].AgoMS) * time.Millisecond; age < time.Minute {
			t.Errorf("Y001 is said to be %s old, want more than a minute", age)
		}
	})
}

func TestADayWithoutTheHubIsMergedInBatchesOfFifty(t *testing.T) {
	inHall(t, func(h *hall) {
		h.stopHub()
		h.bus.Cut(string(deviceID))
		h.later(5 * time.Second)
		for range 120 {
			h.press("social")
		}
		h.startHub()
		h.bus.Restore(string(deviceID))
		h.later(10 * time.Second)
		if len(h.merged) != 120 || h.syncs != 3 {
			t.Fatalf("%d tickets in %d batches, want 120 in 3", len(h.merged), h.syncs)
		}
		for i, s := range h.merged {
			if want := fmt.Sprintf("Y%03d", i+1); s.Number != want {
				t.Fatalf("ticket %d is %s, want %s", i, s.Number, want)
			}
		}
	})
}

func TestLostMessagesCostNoTicketAndNoSecondOne(t *testing.T) {
	inHall(t, func(h *hall) {
		h.lossy(0.4)
		for range 40 {
			h.press("social")
			h.later(4 * time.Second)
		}
		h.lossy(0)
		h.later(5 * time.Minute)
		held := map[string]bool{}
		for _, s := range h.slips() {
			for _, ticket := range h.issued {
				if strings.Contains(s, ticket.Number) {
					held[ticket.Number] = true
				}
			}
		}
		for _, ticket := range h.issued {
			if cancelled := h.status[ticket.ID] != ""; cancelled == held[ticket.Number] {
				t.Errorf("%s: on paper %t, cancelled %t", ticket.Number, held[ticket.Number], cancelled)
			}
		}
		if n := len(held) + len(h.merged); n != 40 {
			t.Errorf("%d numbers of the hub and %d of its own, want 40 together", len(held), len(h.merged))
		}
	})
}

func TestServiceThatWasClosedWhenTheHubWentIsNotIssuedUntilThatIsOld(t *testing.T) {
	inHall(t, func(h *hall) {
		h.tellService("tax", false, 0)
		h.later(time.Second)
		h.stopHub()
		h.bus.Cut(string(deviceID))
		h.later(5 * time.Second)
		err := h.d.Press(context.Background(), dispenser.Press{Service: "tax"})
		if !errors.Is(err, &protocol.Refusal{Code: protocol.ServiceClosed}) {
			t.Errorf("press: %v, want service_closed", err)
		}
		if h.view().Services[1].Open {
			t.Error("tax is shown as open a moment after the hub went")
		}
		h.later(time.Hour)
		if !h.view().Services[1].Open {
			t.Error("tax is still shown as closed an hour after the hub went")
		}
		h.press("tax")
		wants(t, h.slips()[0], "Y001")
	})
}

func TestHubThatCannotWriteItsJournalLeavesTheNumberToTheDispenser(t *testing.T) {
	inHall(t, func(h *hall) {
		h.set(func() { h.refuse = protocol.Refuse(protocol.Unavailable, "", "") })
		h.press("social")
		h.later(10 * time.Second)
		wants(t, h.slips()[0], "Y001", "离线号")
		if len(h.merged) != 1 || !h.merged[0].Printed {
			t.Errorf("hub merged %+v, want one ticket with its paper out: the merge waits for the printer", h.merged)
		}
	})
}

func TestOfflineNumberWithoutPaperIsStillPrintedAfterItsMerge(t *testing.T) {
	inHall(t, func(h *hall) {
		h.stopHub()
		h.bus.Cut(string(deviceID))
		h.printer.SetStatus(escpos.Status{Answered: true, Paper: escpos.PaperOut})
		h.later(5 * time.Second)
		h.press("social")
		h.startHub()
		h.bus.Restore(string(deviceID))
		h.later(10 * time.Second)
		if len(h.merged) != 1 || h.merged[0].Printed {
			t.Fatalf("hub merged %+v, want one ticket without paper", h.merged)
		}
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
		h.later(5 * time.Second)
		if err := dispenser.Reprint(h.d, "Y001"); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		wants(t, h.slips()[0], "Y001", "重印", "离线号")
		if got := h.printed["20261123-Y001"]; len(got) != 1 || !got[0].OK || !got[0].Again {
			t.Errorf("hub was told %+v, want a good reprint", got)
		}
	})
}

func TestHubBetweenTwoDaysDoesNotStartTheLetterAgain(t *testing.T) {
	inHall(t, func(h *hall) {
		h.set(func() { h.refuse = protocol.Refuse(protocol.Unavailable, "", "") })
		h.press("social")
		h.publish(protocol.DeviceTopic(hallID, deviceID, protocol.KindConfig), func(s protocol.Stamp) any {
			c := config()
			c.Stamp, c.Day = s, ""
			return c
		})
		h.later(time.Second)
		h.press("social")
		h.later(10 * time.Second)
		if got := fmt.Sprint(numbers(h.merged)); got != "[Y001 Y002]" {
			t.Errorf("hub merged %s, want Y001 and Y002", got)
		}
	})
}

func TestPressThatGotNeitherAnswerNorNumberLeavesNoGhost(t *testing.T) {
	inHall(t, func(h *hall) {
		h.set(func() { h.mute = true })
		if err := h.d.Press(context.Background(), dispenser.Press{Service: "social"}); err != nil {
			t.Fatal(err)
		}
		h.later(time.Second)
		h.tellService("social", false, 10) // this very ticket has filled the queue
		h.later(5 * time.Second)
		if v := h.view(); len(h.slips()) != 0 || v.Result == nil || v.Result.Kind != dispenser.ResultRefused {
			t.Errorf("%d slips are out and the screen shows %+v, want a refusal", len(h.slips()), v.Result)
		}
		h.set(func() { h.mute = false })
		h.later(time.Minute)
		if got := h.status["20261123-A001"]; got != "cancelled: 离线已另发号" {
			t.Errorf("the ticket that nobody holds is %q, want it cancelled", got)
		}
	})
}

func TestSameNumberOfTwoDaysGoesInTwoBatches(t *testing.T) {
	inHall(t, func(h *hall) {
		h.set(func() { h.deaf = true })
		h.press("social")
		h.later(5 * time.Second)
		h.publish(protocol.DeviceTopic(hallID, deviceID, protocol.KindConfig), func(s protocol.Stamp) any {
			c := config()
			c.Stamp, c.Day = s, "2026-11-24"
			return c
		})
		h.later(time.Second)
		h.press("social")
		h.later(time.Minute) // whatever was under way is given up
		h.set(func() { h.deaf = false })
		h.later(time.Minute)
		for _, req := range h.requests() {
			for _, s := range req.Spool {
				if s.Day != req.Spool[0].Day {
					t.Errorf("one batch holds %s of %s and %s of %s", req.Spool[0].Number, req.Spool[0].Day, s.Number, s.Day)
				}
			}
		}
		var got []string
		for _, s := range h.merged {
			got = append(got, s.Day+" "+s.Number)
		}
		if want := "[2026-11-23 Y001 2026-11-24 Y001]"; fmt.Sprint(got) != want {
			t.Errorf("hub merged %v, want %s", got, want)
		}
	})
}
