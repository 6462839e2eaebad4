package dispenser_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

func TestPowerCutBetweenPressAndPaperLeavesNoTicketThatNobodyHolds(t *testing.T) {
	inHall(t, func(h *hall) {
		h.set(func() { h.mute = true }) // the ticket is issued and the answer does not arrive
		if err := h.d.Press(context.Background(), dispenser.Press{Service: "social"}); err != nil {
			t.Fatal(err)
		}
		h.later(time.Second)
		h.stop()
		if len(h.issued) != 1 || h.status["20261123-A001"] != "" {
			t.Fatalf("hub issued %d tickets and says %q, want one that waits", len(h.issued), h.status)
		}
		h.set(func() { h.mute = false })
		h.start()
		h.later(time.Minute)
		if got := h.status["20261123-A001"]; got != "cancelled: 离线已另发号" {
			t.Errorf("the ticket that nobody holds is %q, want it cancelled", got)
		}
		if n := len(h.slips()); n != 0 {
			t.Errorf("%d slips came out by themselves, want none", n)
		}
		asked := len(h.requests())
		h.stop()
		h.start()
		h.later(time.Minute)
		if n := len(h.requests()); n != asked {
			t.Errorf("%d more requests after the next start, want none: it is cleared up", n-asked)
		}
	})
}

func TestTicketOnPaperIsNotCancelledByARestart(t *testing.T) {
	inHall(t, func(h *hall) {
		h.press("social")
		h.stop()
		h.start()
		h.later(time.Minute)
		if got := h.status["20261123-A001"]; got != "" {
			t.Errorf("A001 is %q, want it waiting: somebody holds it", got)
		}
		if v := h.view(); len(v.Unprinted) != 0 {
			t.Errorf("numbers without slip are %v, want none", v.Unprinted)
		}
	})
}

func TestHalfPrintedSlipIsOfferedAsAReprintAfterAPowerCut(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.SetPaperLeft(100)
		h.press("social")
		h.later(8 * time.Second)
		h.stop()
		h.start() // with a new roll
		h.later(time.Minute)
		if n := len(h.slips()); n != 0 {
			t.Fatalf("%d slips came out by themselves, want none", n)
		}
		if v := h.view(); fmt.Sprint(v.Unprinted) != "[A001]" {
			t.Fatalf("numbers without slip are %v, want A001", v.Unprinted)
		}
		if err := dispenser.Reprint(h.d, "A001"); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		wants(t, h.slips()[0], "A001", "社会保险", "重印")
		if got := h.printed["20261123-A001"]; len(got) == 0 || !got[len(got)-1].OK || !got[len(got)-1].Again {
			t.Errorf("hub was told %+v, want a good reprint at the end", got)
		}
		h.stop()
		h.start()
		if v := h.view(); len(v.Unprinted) != 0 {
			t.Errorf("numbers without slip are %v after the reprint, want none", v.Unprinted)
		}
	})
}

func TestOfflineNumberWithoutPaperIsOfferedAfterAPowerCutAndItsMerge(t *testing.T) {
	inHall(t, func(h *hall) {
		h.stopHub()
		h.bus.Cut(string(deviceID))
		h.printer.SetStatus(escpos.Status{Answered: true, Paper: escpos.PaperOut})
		h.later(5 * time.Second)
		h.press("social")
		h.startHub()
		h.bus.Restore(string(deviceID))
		h.later(10 * time.Second)
		h.stop()
		h.start()
		h.later(5 * time.Second)
		if err := dispenser.Reprint(h.d, "Y001"); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		wants(t, h.slips()[0], "Y001", "重印", "离线号", "社会保险")
		if got := h.printed["20261123-Y001"]; len(got) != 1 || !got[0].OK || !got[0].Again {
			t.Errorf("hub was told %+v, want a good reprint", got)
		}
	})
}

func TestYesterdaysNumbersAreNotOfferedForPrinting(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.SetStatus(escpos.Status{Answered: true, Paper: escpos.PaperOut})
		h.later(5 * time.Second)
		h.press("social")
		h.tellDay("2026-11-24")
		for _, again := range []bool{false, true} {
			if again { // without the hub, which would tell the day
				h.stop()
				h.bus.Cut(string(deviceID))
				h.start()
			}
			h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
			h.later(5 * time.Second)
			if v := h.view(); len(v.Unprinted) != 0 {
				t.Errorf("restarted %t: numbers without slip are %v, want none of yesterday", again, v.Unprinted)
			}
		}
	})
}

// tellDay has the hub open another business day, or none.
func (h *hall) tellDay(day string) {
	h.publish(protocol.DeviceTopic(hallID, deviceID, protocol.KindConfig), func(s protocol.Stamp) any {
		c := config()
		c.Stamp, c.Day = s, day
		return c
	})
	h.later(time.Second)
}

func TestNumberAfterMidnightWithoutTheHubDoesNotClaimToBeYesterdays(t *testing.T) {
	inHall(t, func(h *hall) {
		h.tellDay(time.Now().Format(time.DateOnly))
		today := time.Now().Format(time.DateOnly)
		h.tellDay("") // closed: the next day is not open yet
		h.stopHub()
		h.bus.Cut(string(deviceID))
		h.later(5 * time.Second)
		h.press("social")
		h.later(24 * time.Hour)
		h.press("social")
		h.stop()
		h.start()
		h.later(time.Second)
		h.press("social")
		h.startHub() // with the next day
		h.bus.Restore(string(deviceID))
		h.later(10 * time.Second)
		var got []string
		for _, s := range h.merged {
			got = append(got, s.Day+" "+s.Number)
		}
		if want := fmt.Sprint([]string{today + " Y001", " Y002", " Y003"}); fmt.Sprint(got) != want {
			t.Errorf("hub merged %v, want %s", got, want)
		}
		h.set(func() { h.refuse = protocol.Refuse(protocol.Unavailable, "", "") })
		h.press("social")
		slips := h.slips()
		wants(t, slips[len(slips)-1], "Y004")
	})
}

func TestDiskThatBreaksUnderAPressCostsThatNumberAndNoOther(t *testing.T) {
	inHall(t, func(h *hall) {
		h.set(func() { h.mute = true })
		if err := h.d.Press(context.Background(), dispenser.Press{Service: "social"}); err != nil {
			t.Fatal(err)
		}
		h.later(500 * time.Millisecond)
		if err := dispenser.BreakDisk(h.d); err != nil {
			t.Fatal(err)
		}
		h.set(func() { h.mute = false })
		h.later(2 * time.Second)
		if v := h.view(); len(h.slips()) != 0 || v.Result == nil || v.Result.Kind != dispenser.ResultRefused {
			t.Errorf("%d slips are out and the screen shows %+v, want a refusal: the next start would cancel it", len(h.slips()), v.Result)
		}
		h.later(10 * time.Second)
		if got := h.status["20261123-A001"]; got != "cancelled: 离线已另发号" {
			t.Errorf("A001 is %q, want it cancelled", got)
		}
		h.press("social")
		if slips := h.slips(); len(slips) != 1 {
			t.Errorf("%d slips, want the hub's next number in spite of the disk", len(slips))
		} else {
			wants(t, slips[0], "A002")
		}
	})
}
