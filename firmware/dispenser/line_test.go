package dispenser_test

import (
	"context"
	"testing"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

func TestTheCornerOfTheScreenSaysWhatTheHubsPageSays(t *testing.T) {
	inHall(t, func(h *hall) {
		line := func(want string) {
			t.Helper()
			h.later(10 * time.Second)
			if got := h.view().Line.In(protocol.Chinese); got != want {
				t.Errorf("the corner says %q, want %q", got, want)
			}
		}
		line("")
		h.printer.SetStatus(escpos.Status{Answered: true, Paper: escpos.PaperOut})
		line("打印机没纸了：请换纸")
		h.bus.Cut(string(deviceID))
		line("网络断开：请检查网线；打印机没纸了：请换纸")
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
		h.bus.Restore(string(deviceID))
		line("")
		if err := h.d.Alive(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
