package dispenser_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// wants fails unless text holds every part.
func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

func TestOneTapIsOneTicketOnPaperAndTheHubKnowsItIsPrinted(t *testing.T) {
	inHall(t, func(h *hall) {
		h.press("social")
		slips := h.slips()
		if len(slips) != 1 {
			t.Fatalf("%d slips, want 1", len(slips))
		}
		wants(t, slips[0], "市政务服务大厅", "A001", "社会保险", "Social insurance", "前面等候", "约5-15分钟")
		if got := h.printed["20261123-A001"]; len(got) != 1 || !got[0].OK || got[0].Again {
			t.Errorf("hub was told %+v, want one good print", got)
		}
		v := h.view()
		if v.Result == nil || v.Result.Ticket.Number != "A001" || v.Result.Paper != dispenser.PaperTaken {
			t.Errorf("screen shows %+v, want A001 with its slip to take", v.Result)
		}
		h.later(10 * time.Second)
		if v := h.view(); v.Result != nil {
			t.Errorf("screen still shows %+v after 10 s, want the start", v.Result)
		}
	})
}

func TestSecondTapWithinLockOutIsIgnored(t *testing.T) {
	inHall(t, func(h *hall) {
		ctx := context.Background()
		if err := h.d.Press(ctx, dispenser.Press{Service: "social"}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			h.later(300 * time.Millisecond)
			if err := h.d.Press(ctx, dispenser.Press{Service: "social"}); !errors.Is(err, dispenser.ErrIgnored) {
				t.Errorf("second tap: %v, want it ignored", err)
			}
		}
		h.later(2 * time.Second)
		if len(h.issued) != 1 || len(h.slips()) != 1 {
			t.Errorf("%d tickets and %d slips, want 1 and 1", len(h.issued), len(h.slips()))
		}
	})
}

func TestPaperOutShowsTheNumberAndNeverLosesThePlace(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.SetStatus(escpos.Status{Answered: true, Paper: escpos.PaperOut})
		h.later(5 * time.Second)
		if h.view().Printer.In(protocol.Chinese) == "" {
			t.Error("the start screen does not say that paper is out")
		}
		h.press("social")
		h.press("social")
		v := h.view()
		if v.Result == nil || v.Result.Ticket.Number != "A002" || v.Result.Paper != dispenser.PaperMissing {
			t.Fatalf("screen shows %+v, want A002 without paper", v.Result)
		}
		wants(t, v.Result.Text.In(protocol.Chinese), "打印纸用完了", "号码有效", "请记住号码", "服务台")
		if got := h.printed["20261123-A001"]; len(got) != 1 || got[0].OK || got[0].Fault != "paper_out" {
			t.Errorf("hub was told %+v, want paper_out", got)
		}

		h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
		h.later(10 * time.Second)
		if n := len(h.slips()); n != 0 {
			t.Fatalf("%d old slips came out after the refill, want none", n)
		}
		if v := h.view(); fmt.Sprint(v.Unprinted) != "[A001 A002]" {
			t.Fatalf("numbers without slip are %v, want A001 and A002", v.Unprinted)
		}
		if err := dispenser.Reprint(h.d, "A001"); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		slips := h.slips()
		if len(slips) != 1 {
			t.Fatalf("%d slips, want only the one that was asked for", len(slips))
		}
		wants(t, slips[0], "A001", "重印")
		if got := h.printed["20261123-A001"]; len(got) != 2 || !got[1].OK || !got[1].Again {
			t.Errorf("hub was told %+v, want a good reprint at the end", got)
		}
		if err := dispenser.Reprint(h.d, "A001"); err == nil {
			t.Error("A001 is printed a third time")
		}
	})
}

func TestPaperThatEndsInTheMiddleOfASlipIsNoSlip(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.SetPaperLeft(100)
		h.press("social")
		h.later(8 * time.Second)
		if v := h.view(); v.Result == nil || v.Result.Paper != dispenser.PaperMissing {
			t.Fatalf("screen shows %+v, want the number without paper", v.Result)
		}
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
		h.later(10 * time.Second)
		for _, s := range h.printer.Slips() {
			if s.Complete {
				t.Errorf("the old slip came out after the refill:\n%s", slipText(s.Bytes))
			}
		}
	})
}

func TestDeadPrinterNeverBlocksThePage(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.SetStatus(escpos.Status{})
		for n := range 5 {
			h.press("social")
			h.later(3 * time.Second)
			want := fmt.Sprintf("A%03d", n+1)
			if v := h.view(); v.Result == nil || v.Result.Ticket == nil || v.Result.Ticket.Number != want || v.Result.Paper != dispenser.PaperMissing {
				t.Fatalf("press %d: screen shows %+v, want %s without paper", n+1, v.Result, want)
			}
		}
		if got := h.printed["20261123-A003"]; len(got) != 1 || got[0].Fault != "no_answer" {
			t.Errorf("hub was told %+v, want no_answer", got)
		}
	})
}

func TestRefusalOfTheHubIsShownInItsWords(t *testing.T) {
	inHall(t, func(h *hall) {
		h.set(func() {
			h.refuse = protocol.Refuse(protocol.QueueFull, "社会保险今天的号已取完", "No more numbers for social insurance today")
		})
		h.press("social")
		v := h.view()
		if v.Result == nil || v.Result.Kind != dispenser.ResultRefused || v.Result.Text.In(protocol.Chinese) != "社会保险今天的号已取完" {
			t.Errorf("screen shows %+v, want the hub's refusal", v.Result)
		}
		if len(h.slips()) != 0 {
			t.Error("a slip came out for a refusal")
		}
	})
}

func TestWrongPressIsRefusedByName(t *testing.T) {
	inHall(t, func(h *hall) {
		for _, c := range []struct {
			press dispenser.Press
			code  protocol.Code
		}{
			{dispenser.Press{Service: "nothing"}, protocol.UnknownService},
			{dispenser.Press{Service: "social", Class: "vip"}, protocol.BadRequest},
			{dispenser.Press{Service: "social", Class: protocol.Green}, protocol.BadRequest},
			{dispenser.Press{Service: "social", Class: protocol.Green, Reason: "我赶时间"}, protocol.BadRequest},
		} {
			err := h.d.Press(context.Background(), c.press)
			if !errors.Is(err, &protocol.Refusal{Code: c.code}) {
				t.Errorf("%+v: %v, want %s", c.press, err, c.code)
			}
		}
		h.later(3 * time.Second)
		if len(h.issued) != 0 {
			t.Errorf("%d tickets were issued", len(h.issued))
		}
	})
}

func TestGreenChannelSaysWhoGrantedItAndWhy(t *testing.T) {
	inHall(t, func(h *hall) {
		if err := h.d.Press(context.Background(), dispenser.Press{Service: "social", Class: protocol.Green, Reason: "老年人"}); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		wants(t, h.slips()[0], "绿色通道")
		for _, m := range h.requests() {
			if m.Do == protocol.TicketIssue && (m.Class != protocol.Green || m.GrantedBy != "self" || m.Reason != "老年人") {
				t.Errorf("hub was asked %+v", m)
			}
		}
	})
}

func TestClosedServiceIsMarkedOnTheStartScreen(t *testing.T) {
	inHall(t, func(h *hall) {
		h.tellService("tax", false, 0)
		v := h.view()
		if v.Services[1].Open || v.Services[1].Reason.In(protocol.Chinese) == "" {
			t.Errorf("tax is shown as %+v, want closed with a reason", v.Services[1])
		}
		if s := v.Services[0]; !s.Known || s.Waiting != 3 || s.Wait == nil || s.Wait.Low != 2 || s.Wait.High != 10 {
			t.Errorf("social insurance is shown as %+v, want 3 waiting, 2 to 10 minutes", s)
		}
		h.tellService("social", true, 0)
		if s := h.view().Services[0]; s.Wait != nil {
			t.Errorf("an unknown wait is shown as %+v", s.Wait)
		}
	})
}

func TestServiceForWhichNoWindowIsOpenSaysSoUntilOneIs(t *testing.T) {
	inHall(t, func(h *hall) {
		for _, unmanned := range []bool{true, false} {
			h.publish(protocol.ServiceTopic(hallID, "tax"), func(s protocol.Stamp) any {
				return protocol.ServiceState{Stamp: s, Service: "tax", Open: true, Unmanned: unmanned}
			})
			if s := h.view().Services[1]; s.Unmanned != unmanned || !s.Open {
				t.Errorf("tax is shown as %+v, want open and unmanned %v", s, unmanned)
			}
		}
	})
}

func TestNobodyGetsANumberBeforeTheHubHasSaidWhatTheDispenserIs(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, dir)
		h.start()
		if v := h.view(); v.Ready || len(v.Services) != 0 {
			t.Errorf("screen shows %+v, want that it is getting ready", v)
		}
		if err := h.d.Press(context.Background(), dispenser.Press{Service: "social"}); !errors.Is(err, &protocol.Refusal{Code: protocol.Unavailable}) {
			t.Errorf("press: %v, want unavailable", err)
		}
		h.stop()
	})
}

func TestHealthNamesWhatIsWrong(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.SetStatus(escpos.Status{Answered: true, CoverOpen: true, Paper: escpos.PaperOK})
		h.later(5 * time.Second)
		raw, ok := h.bus.Retained(protocol.DeviceTopic(hallID, deviceID, protocol.KindHealth).String())
		if !ok {
			t.Fatal("no health was published")
		}
		wants(t, string(raw), `"part":"printer"`, `"code":"cover_open"`, "打印机盖子没有关好")
	})
}
