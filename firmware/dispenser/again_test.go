package dispenser_test

import (
	"slices"
	"testing"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// noPaperOffline has Y001 given out without hub and without paper, and then both come back. The hub takes the
// merge and its answer is lost, as in a network that fails again.
func noPaperOffline(h *hall) {
	h.stopHub()
	h.bus.Cut(string(deviceID))
	h.printer.SetStatus(escpos.Status{Answered: true, Paper: escpos.PaperOut})
	h.later(5 * time.Second)
	h.press("social")
	h.set(func() { h.mute = true })
	h.startHub()
	h.bus.Restore(string(deviceID))
	h.later(6 * time.Second)
	h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
	h.later(3 * time.Second)
}

// toldOnce fails unless the hub knows of exactly one paper of Y001.
func toldOnce(h *hall) {
	h.t.Helper()
	got := h.printed["20261123-Y001"]
	if len(h.merged) != 1 || h.merged[0].Printed {
		h.t.Fatalf("hub merged %+v, want one ticket that had no paper then", h.merged)
	}
	if !slices.Equal(got, []protocol.PrintReport{{OK: true, Again: true}}) {
		h.t.Errorf("hub was told %+v of the paper, want one good reprint", got)
	}
	if v := h.view(); len(v.Unprinted) > 0 {
		h.t.Errorf("%v are still offered for printing", v.Unprinted)
	}
}

func TestHubLearnsOfAReprintThatCameOutWhileTheMergeWasOnItsWay(t *testing.T) {
	inHall(t, func(h *hall) {
		noPaperOffline(h)
		if h.syncs == 0 {
			t.Fatal("the merge is not on its way")
		}
		if err := dispenser.Reprint(h.d, "Y001"); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		h.set(func() { h.mute = false })
		h.later(time.Minute)
		toldOnce(h)
	})
}

func TestHubLearnsOfAReprintBeforeTheMergeAlsoAfterAPowerCut(t *testing.T) {
	inHall(t, func(h *hall) {
		noPaperOffline(h)
		if err := dispenser.Reprint(h.d, "Y001"); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		h.stop()
		h.set(func() { h.mute = false })
		h.start()
		h.later(time.Minute)
		toldOnce(h)
	})
}

func TestReprintThatFailsBeforeTheMergeIsToldWhenItComesOutAfterIt(t *testing.T) {
	inHall(t, func(h *hall) {
		noPaperOffline(h)
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK, Fault: true})
		if err := dispenser.Reprint(h.d, "Y001"); err != nil {
			t.Fatal(err)
		}
		h.set(func() { h.mute = false })
		h.later(time.Minute)
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
		h.later(5 * time.Second)
		if err := dispenser.Reprint(h.d, "Y001"); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		good := slices.DeleteFunc(slices.Clone(h.printed["20261123-Y001"]), func(p protocol.PrintReport) bool { return !p.OK })
		if len(good) != 1 || !good[0].Again {
			t.Errorf("hub was told %+v of the paper, want one good reprint", h.printed["20261123-Y001"])
		}
	})
}
