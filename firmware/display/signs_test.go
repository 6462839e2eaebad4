package display_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/display"
	"jiaohao/firmware/sign"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// wire is a bus at 9600 baud: a byte takes ten bits.
type wire struct{ *sim.Signs }

const byteTime = time.Second * 10 / 9600

func (w wire) Write(b []byte) (int, error) {
	time.Sleep(time.Duration(len(b)) * byteTime)
	return w.Signs.Write(b)
}

func (w wire) Read(b []byte) (int, error) {
	n, err := w.Signs.Read(b)
	if err != nil {
		time.Sleep(time.Second) // as a port waits for an answer
	}
	return n, err
}

// atTheBus runs thirty signs on one bus in a bubble.
func atTheBus(t *testing.T, profile string, scenario func(r *running, bus *sim.Signs, l *link.Link)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		bus, signs := signsOf(t, profile, 30)
		var on *link.Link
		run(t, func(l *link.Link) (func(context.Context) error, error) {
			on = l
			s, err := display.NewSigns(display.SignsOptions{Hall: "h", Device: "panel-3", Link: l, Signs: signs, Hours: []display.Hour{{From: "08:00", Brightness: 15}, {From: "18:00"}}})
			if err != nil {
				return nil, err
			}
			return s.Run, nil
		}, func(r *running) { scenario(r, bus, on) })
	})
}

// signsOf makes a bus with n signs.
func signsOf(t *testing.T, profile string, n int) (*sim.Signs, map[protocol.WindowID]display.Sign) {
	t.Helper()
	p, err := sign.Find(profile)
	if err != nil {
		t.Fatal(err)
	}
	var addresses []int
	for a := range n {
		addresses = append(addresses, a+1)
	}
	bus, err := sim.NewSigns(p, addresses...)
	if err != nil {
		t.Fatal(err)
	}
	signs := map[protocol.WindowID]display.Sign{}
	for _, a := range addresses {
		if signs[protocol.WindowID(fmt.Sprint(a))], err = sign.New(wire{bus}, &p, a); err != nil {
			t.Fatal(err)
		}
	}
	return bus, signs
}

// windowState is a state of any window.
func windowState(n int, number string, call uint64) *protocol.WindowState {
	id := fmt.Sprint(n)
	s := &protocol.WindowState{
		Window: protocol.WindowID(id), Label: id, Name: protocol.Say(id+"号窗口", "Window "+id), Status: protocol.Open,
		At: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
	}
	if number != "" {
		s.Current = &protocol.Current{Number: number, Stage: protocol.Called, Call: call}
	}
	return s
}

func TestCallGoesToItsSignBeforeAllThatOnlyChanged(t *testing.T) {
	atTheBus(t, "example-stx", func(r *running, bus *sim.Signs, _ *link.Link) {
		for n := range 30 {
			r.tell(windowState(n+1, "", 0))
		}
		time.Sleep(10 * time.Second)
		if got := bus.Text(7); got != "7号窗口" {
			t.Fatalf("idle, the sign says %q", got)
		}
		for n := range 30 {
			if s := windowState(n+1, "", 0); n+1 != 7 {
				s.Status = protocol.Paused
				r.tell(s)
			}
		}
		sent := time.Now()
		r.tell(windowState(7, "A012", 9))
		for bus.Text(7) != "请A012号" {
			time.Sleep(time.Millisecond)
			if time.Since(sent) > time.Second {
				t.Fatalf("the sign says %q", bus.Text(7))
			}
		}
		// One frame may be on the bus, then its own: 14 bytes each at 9600 baud, and the gaps.
		if waited := time.Since(sent); waited > 2*15*time.Millisecond+15*time.Millisecond {
			t.Errorf("the call was on the sign after %s", waited)
		}
		time.Sleep(5 * time.Second)
		if got := bus.Text(30); got != "暂停服务" {
			t.Errorf("in the end sign 30 says %q", got)
		}
	})
}

func TestRecallIsWrittenAgainAndServingShowsTheNumberAlone(t *testing.T) {
	atTheBus(t, "example-stx", func(r *running, bus *sim.Signs, _ *link.Link) {
		r.tell(windowState(7, "A012", 9))
		time.Sleep(3 * time.Second)
		before := len(bus.Frames())
		r.tell(windowState(7, "A012", 10))
		time.Sleep(time.Second)
		if after := len(bus.Frames()); after != before+1 {
			t.Errorf("%d frames for a recall, want 1: a sign draws attention to what it gets", after-before)
		}
		serving := windowState(7, "A012", 10)
		serving.Current.Stage = protocol.Serving
		r.tell(serving)
		time.Sleep(time.Second)
		if got := bus.Text(7); got != "A012" {
			t.Errorf("the sign says %q", got)
		}
	})
}

func TestCallOfAHubThatWasRestoredFromABackupGoesFirstToo(t *testing.T) {
	atTheBus(t, "example-stx", func(r *running, bus *sim.Signs, _ *link.Link) {
		r.tell(windowState(7, "A012", 90))
		time.Sleep(3 * time.Second)
		r.epoch++
		r.seq = 0
		r.tell(windowState(7, "", 0))
		r.tell(windowState(7, "A012", 41))
		time.Sleep(3 * time.Second)
		before := len(bus.Frames())
		r.tell(windowState(7, "A012", 42))
		time.Sleep(time.Second)
		if after := len(bus.Frames()); after != before+1 {
			t.Errorf("%d frames for a recall, want 1", after-before)
		}
	})
}

func TestSilentSignKeepsNoOtherWaitingAndIsNamed(t *testing.T) {
	atTheBus(t, "modbus-rtu", func(r *running, bus *sim.Signs, l *link.Link) {
		for n := range 30 {
			r.tell(windowState(n+1, fmt.Sprintf("A%03d", n+1), uint64(n+1)))
		}
		time.Sleep(10 * time.Second)
		bus.Mute(4, true)
		for n := range 30 {
			r.tell(windowState(n+1, fmt.Sprintf("B%03d", n+1), uint64(n+100)))
		}
		time.Sleep(5 * time.Second)
		for n := range 30 {
			if got, want := bus.Text(n+1), fmt.Sprintf("请B%03d号", n+1); got != want && n+1 != 4 {
				t.Errorf("sign %d says %q, want %q", n+1, got, want)
			}
		}
		if line := l.StatusLine().In(protocol.Chinese); !strings.Contains(line, "（4号窗口）") {
			t.Errorf("the status line says %q", line)
		}
		bus.Mute(4, false)
		time.Sleep(8 * time.Second)
		if got := bus.Text(4); got != "请B004号" {
			t.Errorf("back on the bus, sign 4 says %q", got)
		}
	})
}

func TestSignsTakeTheBrightnessOfTheHour(t *testing.T) {
	atTheBus(t, "example-length", func(r *running, bus *sim.Signs, _ *link.Link) {
		afternoon := windowState(7, "", 0)
		afternoon.At = time.Date(2026, 11, 23, 17, 59, 0, 0, time.UTC)
		r.tell(afternoon)
		time.Sleep(10 * time.Second)
		if day := bus.Level(7); day != 7 {
			t.Errorf("by day the level is %d of 7", day)
		}
		time.Sleep(2 * time.Minute)
		if night := bus.Level(7); night != 0 {
			t.Errorf("by night the level is %d", night)
		}
	})
}

func TestSignsTakeTheUsualBrightnessUntilTheHourIsKnown(t *testing.T) {
	for usual, want := range map[int]int{0: -1, 8: 3} { // 3 of its own 0 to 7; -1 is that nothing was sent
		synctest.Test(t, func(t *testing.T) {
			bus, signs := signsOf(t, "example-length", 1)
			run(t, func(l *link.Link) (func(context.Context) error, error) {
				s, err := display.NewSigns(display.SignsOptions{Hall: "h", Device: "panel-3", Link: l, Signs: signs, Usual: usual,
					Hours: []display.Hour{{From: "08:00", Brightness: 15}, {From: "18:00"}}})
				if err != nil {
					return nil, err
				}
				return s.Run, nil
			}, func(r *running) {
				time.Sleep(10 * time.Second)
				if got := bus.Level(1); got != want {
					t.Errorf("usual brightness %d: the level is %d, want %d", usual, got, want)
				}
				evening := windowState(1, "", 0)
				evening.At = time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)
				r.tell(evening)
				time.Sleep(10 * time.Second)
				if got := bus.Level(1); got != 0 {
					t.Errorf("usual brightness %d: in the evening the level is %d, want that of the hour", usual, got)
				}
			})
		})
	}
}

func ExampleSignText() {
	s := &protocol.WindowState{Label: "3", Status: protocol.Open, Current: &protocol.Current{Number: "A012", Stage: protocol.Called}}
	narrow := func(text string) bool { return len(text) <= 8 }
	fmt.Println(display.SignText(display.Scene{State: s}, func(string) bool { return true }), display.SignText(display.Scene{State: s}, narrow))
	// Output: 请A012号 A012
}
