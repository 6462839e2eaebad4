package dispenser_test

import (
	"testing"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// complete counts the slips that came out whole.
func (h *hall) complete() int {
	n := 0
	for _, s := range h.printer.Slips() {
		if s.Complete {
			n++
		}
	}
	return n
}

func (h *hall) refill() {
	h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
	h.later(10 * time.Second)
}

func TestCableThatIsPulledInTheMiddleOfASlipBringsNoOldSlipBack(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.SetPaperLeft(100) // it stops in the middle and holds the rest
		h.press("social")
		h.printer.Unplug()
		h.later(8 * time.Second)
		v := h.view()
		if v.Result == nil || v.Result.Paper != dispenser.PaperMissing || v.Result.Ticket.Number != "A001" {
			t.Fatalf("screen shows %+v, want A001 without paper", v.Result)
		}
		h.press("social") // and another while the cable is out
		h.later(8 * time.Second)
		h.printer.Plug()
		h.later(10 * time.Second)
		h.refill()
		if n := h.complete(); n != 0 {
			t.Fatalf("%d old slips came out", n)
		}
		if v := h.view(); len(v.Unprinted) != 2 || len(v.Printer) != 0 {
			t.Errorf("numbers without slip are %v, printer %v; want both numbers and a printer that is well", v.Unprinted, v.Printer)
		}
		if err := dispenser.Reprint(h.d, "A001"); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		slips := h.printer.Slips()
		wants(t, slipText(slips[len(slips)-1].Bytes), "A001", "重印")
		if n := h.complete(); n != 1 {
			t.Errorf("%d slips, want the one that was asked for", n)
		}
	})
}

func TestPowerCutInTheMiddleOfASlipLeavesNothingInThePrinter(t *testing.T) {
	inHall(t, func(h *hall) {
		h.stays = true
		h.printer.SetPaperLeft(100)
		h.press("social")
		h.printer.Unplug() // the dispenser's power ends: it tells the printer nothing any more
		h.stop()
		h.printer.Plug()
		h.start()
		h.later(10 * time.Second)
		h.refill()
		if n := h.complete(); n != 0 {
			t.Errorf("%d old slips came out after the start", n)
		}
		if v := h.view(); len(v.Unprinted) != 1 || v.Unprinted[0] != "A001" {
			t.Errorf("numbers without slip are %v, want A001", v.Unprinted)
		}
	})
}

func TestUnpluggedPrinterIsToldToTheJanitorAndComesBackByItself(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.Unplug()
		h.later(5 * time.Second)
		if got := h.health(); len(got.Faults) != 1 || got.Faults[0].Code != "no_answer" {
			t.Errorf("health %+v, want that the printer does not answer", got)
		}
		h.printer.Plug()
		h.later(5 * time.Second)
		if got := h.health(); len(got.Faults) != 0 {
			t.Errorf("health %+v, want well", got)
		}
		h.press("social")
		if n := h.complete(); n != 1 {
			t.Errorf("%d slips after replug, want 1", n)
		}
	})
}

func TestEachTroubleOfThePrinterHasItsWords(t *testing.T) {
	for code, change := range map[string]func(*escpos.Status){
		"cover_open": func(s *escpos.Status) { s.CoverOpen = true },
		"paper_out":  func(s *escpos.Status) { s.Paper = escpos.PaperOut },
		"cutter":     func(s *escpos.Status) { s.CutterError = true },
		"fault":      func(s *escpos.Status) { s.Fault = true },
		"broken":     func(s *escpos.Status) { s.Broken = true },
		"hot":        func(s *escpos.Status) { s.Hot = true },
		"offline":    func(s *escpos.Status) { s.Online = false },
	} {
		inHall(t, func(h *hall) {
			s := escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK}
			change(&s)
			h.printer.SetStatus(s)
			h.later(5 * time.Second)
			got := h.health()
			if len(got.Faults) != 1 || got.Faults[0].Code != code || got.Faults[0].Text[protocol.Chinese] == "设备故障：printer "+code {
				t.Errorf("%s: health %+v, want a sentence for it", code, got)
			}
		})
	}
}

func TestPaperThatIsLeftIsToldInSlips(t *testing.T) {
	inHall(t, func(h *hall) {
		h.press("social")
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperLow})
		h.later(2 * time.Minute)
		got := h.health()
		if got.Paper != "low" || got.PaperSlips < 300 || got.PaperSlips > 1000 || got.PaperDays != 0 {
			t.Errorf("health %+v, want low paper and 300 to 1000 slips of a roll of 50 m", got)
		}
		wants(t, got.StatusLine(true)[protocol.Chinese], "打印纸快用完", "纸还够约")
	})
}

// health is what the hub has last heard of the dispenser.
func (h *hall) health() protocol.Health {
	h.t.Helper()
	raw, ok := h.bus.Retained(protocol.DeviceTopic(hallID, deviceID, protocol.KindHealth).String())
	if !ok {
		h.t.Fatal("no health was published")
	}
	var got protocol.Health
	if err := protocol.Decode(raw, &got); err != nil {
		h.t.Fatal(err)
	}
	return got
}
