package dispenser_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
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

func TestButtonForAServiceThatThePlanDoesNotHaveIsNamedWithTheLegalOnes(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, dir)
		for _, s := range []protocol.ServiceID{"social", "taks"} {
			h.buttons = append(h.buttons, dispenser.Button{Service: s, Pin: sim.NewButton("sim " + string(s))})
		}
		line := func(want string) {
			t.Helper()
			h.later(time.Second)
			if got := h.view().Line.In(protocol.Chinese); got != want {
				t.Errorf("the corner says %q, want %q", got, want)
			}
		}
		h.start()
		line("") // before the plan is known nothing can be wrong with it
		h.startHub()
		const wrong = "按键没有对应的业务：请改取号机配置文件（sim taks 配的是“taks”，可用："
		line(wrong + "social、tax）")
		raw, _ := h.bus.Retained(protocol.DeviceTopic(hallID, deviceID, protocol.KindHealth).String())
		wants(t, string(raw), `"code":"no_service"`, `sim taks is for \"taks\", legal are social, tax`)
		plan := config()
		plan.Services = append(plan.Services, protocol.ConfigService{Service: "taks", Name: protocol.Say("税", "Tax")})
		h.tellConfig(plan)
		line("")
		for i := range 20 {
			plan.Services[2+i].Service = protocol.ServiceID(fmt.Sprintf("s%d", i))
			plan.Services = append(plan.Services, plan.Services[2])
		}
		h.tellConfig(plan)
		line(wrong + "social、tax、s0、s1、s2、s3、…）")
		h.stop()
		h.stopHub()
		h.bus.Cut(string(deviceID))
		h.start() // and from the configuration that it remembers
		line("网络断开：请检查网线；" + wrong + "social、tax、s0、s1、s2、s3、…）")
		h.stop()
	})
}
