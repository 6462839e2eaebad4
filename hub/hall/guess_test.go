package hall

import (
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestWhoMayNotUseAPINNeitherLocksAClerkNorLearnsWhetherItIsRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		override := func(do protocol.Action) protocol.Request {
			r := request("", do)
			r.Manager, r.ManagerPIN, r.Reason = "m1", "2468", "开会"
			return r
		}
		withPIN := issue("", "social")
		withPIN.PIN = "2468"
		elsewhere := signOn("", "c1", "2468")
		elsewhere.Window = "2"
		guest := queue.Source{Role: queue.RoleDevice, Device: "guest-1", Kind: protocol.KindGuest}
		panel := queue.Source{Role: queue.RoleDevice, Device: "display-1", Kind: protocol.KindDisplay, Window: "1"}
		citizen := queue.Source{Role: queue.RoleCitizen, Device: "t-A001", Ticket: "A001"}
		nowhere := queue.Source{Role: queue.RoleDevice, Device: "terminal-9", Kind: protocol.KindTerminal}
		for i, c := range []struct {
			from queue.Source
			req  protocol.Request
			code protocol.Code
		}{
			{guest, signOn("", "c1", "2468"), protocol.NotAllowed},
			{guest, signOn("", "c1", "1111"), protocol.NotAllowed},
			{guest, signOn("", "nobody", "1111"), protocol.NotAllowed},
			{panel, signOn("", "c1", "1111"), protocol.NotAllowed},
			{citizen, override(protocol.WindowPause), protocol.NotAllowed},
			{dispenser(), withPIN, protocol.NotAllowed},
			{dispenser(), override(protocol.TicketCancel), protocol.NotAllowed},
			{nowhere, signOn("", "c1", "1111"), protocol.NotAllowed},
			{terminal("1"), elsewhere, protocol.NotAllowed},
			{terminal("1"), override(protocol.WindowCallNext), protocol.BadRequest},
			{terminal("1"), override(protocol.WindowSignOn), protocol.BadRequest},
		} {
			for n := range PINTriesHall {
				c.req.ID = protocol.RequestID(id("guess-", i, "-", n))
				if code := h.refused(c.from, c.req); code != c.code {
					t.Fatalf("%s from %s: %s, want %s", c.req.Do, c.from.Device, code, c.code)
				}
			}
		}
		h.do(terminal("1"), signOn("on", "c1", "2468"))
	})
}

func TestClerkWhoIsLockedAtOneTerminalSignsOnAtAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		for n := range 2 * PINTriesHall {
			h.refused(terminal("2"), signOn(id("guess-", n), "c1", "1111"))
		}
		if code := h.refused(terminal("2"), signOn("right", "c1", "2468")); code != protocol.PINLocked {
			t.Errorf("where somebody guessed: %s", code)
		}
		h.do(terminal("1"), signOn("on", "c1", "2468"))
	})
}

func TestGuessingAtManyTerminalsLocksTheClerkInTheWholeHall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		at := func(n int) queue.Source {
			from := terminal("2")
			from.Device = protocol.DeviceID(id("terminal-2-", n))
			return from
		}
		for n := range PINTriesHall {
			if code := h.refused(at(n/PINTries), signOn(id("guess-", n), "c1", "1111")); code != protocol.WrongPIN {
				t.Fatalf("guess %d: %s", n+1, code)
			}
		}
		if code := h.refused(terminal("1"), signOn("early", "c1", "2468")); code != protocol.PINLocked {
			t.Errorf("at a terminal where nobody guessed: %s", code)
		}
		h.do(terminal("1"), signOn("other", "c2", "2468"))
		h.do(terminal("1"), request("off", protocol.WindowSignOff))
		time.Sleep(PINLock)
		h.do(terminal("1"), signOn("later", "c1", "2468"))
	})
}
