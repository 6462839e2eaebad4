package display_test

import (
	"context"
	"image"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/display"
	"jiaohao/firmware/glyph"
	"jiaohao/firmware/max7219"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

// wall is a panel over a window, with its program, and the hub beside it.
type wall struct {
	t     *testing.T
	bus   *linktest.Bus
	hub   link.Transport
	panel *sim.Panel
	dev   *shared
	epoch uint64
	seq   uint64
}

func atTheWall(t *testing.T, scenario func(w *wall)) {
	synctest.Test(t, func(t *testing.T) {
		w := &wall{t: t, bus: linktest.NewBus(1), epoch: 1}
		w.hub = w.bus.Transport("hub")
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() {
			w.hub.Run(ctx, link.Session{Up: func() {}, Down: func(error) {}, Message: func(link.Message) {}})
		})
		var err error
		if w.panel, err = sim.NewPanel(max7219.DefaultOpts.Wiring); err != nil {
			t.Fatal(err)
		}
		dev, err := max7219.New(w.panel, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.dev = &shared{dev: dev}
		l, err := link.New(w.bus.Transport("panel-3"), link.Identity{Hall: "h", Device: "panel-3", Kind: protocol.KindDisplay}, link.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := display.New(display.Options{Hall: "h", Device: "panel-3", Window: "3", Link: l, Panel: w.dev})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { l.Run(ctx) })
		wg.Go(func() { d.Run(ctx) })
		synctest.Wait()
		scenario(w)
		cancel()
		wg.Wait()
	})
}

// shared is the panel as the program and a disturbance reach it.
type shared struct {
	mu  sync.Mutex // the disturbance comes from the test's goroutine
	dev *max7219.Dev
}

func (s *shared) Bounds() image.Rectangle { return s.dev.Bounds() }

func (s *shared) Write(rows []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dev.Write(rows)
}

func (s *shared) Refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dev.Refresh()
}

// SetIntensity implements display.Dimmer.
func (s *shared) SetIntensity(step int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dev.SetIntensity(step)
}

// wide is a panel that is never written.
type wide struct{ *shared }

func (wide) Bounds() image.Rectangle { return image.Rect(0, 0, 64, 16) }

// disturb switches the chips off, as a lost bit does.
func (s *shared) disturb() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.dev.Halt() // a simulated chain does not fail
}

// tell publishes a state of the window.
func (w *wall) tell(s *protocol.WindowState) {
	w.t.Helper()
	w.seq++
	s.Stamp = protocol.Stamp{Epoch: w.epoch, Seq: w.seq}
	payload, err := protocol.Encode(s)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.hub.Publish(protocol.WindowTopic("h", "3").String(), payload, 0, true); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// lit is what the LEDs show, decoded from the SPI bytes.
func (w *wall) lit() string {
	width, height := w.panel.Size()
	b := glyph.NewBitmap(width, height)
	copy(b.Pix, w.panel.Rows())
	return b.String()
}

func number(n string) string {
	return display.Frame(display.Scene{State: calling(n), SinceCall: -1}, field).String()
}

func text(s *protocol.WindowState) string {
	return display.Frame(display.Scene{State: s, SinceCall: -1}, field).String()
}

// blinks counts how often the panel goes dark in the next 8 s.
func (w *wall) blinks() int {
	n, dark := 0, false
	for range 160 {
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		now := !strings.Contains(w.lit(), "#")
		if now && !dark {
			n++
		}
		dark = now
	}
	return n
}

func called(n string, call uint64) *protocol.WindowState {
	s := calling(n)
	s.Current.Call = call
	return s
}

func TestPanelShowsTheNumberOfItsWindow(t *testing.T) {
	atTheWall(t, func(w *wall) {
		w.tell(idle(protocol.Open, nil))
		if got := w.lit(); got != text(idle(protocol.Open, nil)) {
			t.Errorf("panel shows\n%s", got)
		}
		w.tell(called("A012", 7))
		if got := w.lit(); got != number("A012") {
			t.Errorf("panel shows\n%s", got)
		}
	})
}

func TestPanelBlinksWhenItsWindowCallsAndOnlyThen(t *testing.T) {
	atTheWall(t, func(w *wall) {
		w.tell(called("A011", 5))
		if n := w.blinks(); n != 0 {
			t.Errorf("after the start it blinked %d times for an old call", n)
		}
		w.tell(called("A012", 7))
		if n := w.blinks(); n != 10 {
			t.Errorf("a call blinked %d times, want 10: 5 s at 2 Hz", n)
		}
		serving := called("A012", 7)
		serving.Current.Stage = protocol.Serving
		w.tell(serving)
		if n := w.blinks(); n != 0 {
			t.Errorf("an arrival blinked %d times", n)
		}
		w.tell(called("A012", 9))
		if n := w.blinks(); n != 10 {
			t.Errorf("a recall blinked %d times, want 10", n)
		}
		w.tell(idle(protocol.Open, nil))
		w.tell(called("A012", 9))
		if n := w.blinks(); n != 0 {
			t.Errorf("the same call again blinked %d times", n)
		}
	})
}

func TestPanelBlinksForCallsOfAHubThatWasRestoredFromABackup(t *testing.T) {
	atTheWall(t, func(w *wall) {
		w.tell(idle(protocol.Open, nil))
		w.tell(called("A012", 70))
		w.blinks()
		w.epoch, w.seq = 2, 0
		w.tell(called("A012", 70))
		if n := w.blinks(); n != 0 {
			t.Errorf("an ordinary start of the hub blinked %d times", n)
		}
		w.epoch, w.seq = 3, 0
		w.tell(idle(protocol.Open, nil))
		for call := range uint64(2) {
			w.tell(called("A013", 41+call))
			if n := w.blinks(); n != 10 {
				t.Errorf("call %d after the restored backup blinked %d times, want 10", 41+call, n)
			}
		}
	})
}

func TestPanelKeepsTheLastNumberWhenTheHubIsAway(t *testing.T) {
	atTheWall(t, func(w *wall) {
		w.tell(called("A012", 7))
		w.bus.Cut("panel-3")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := w.lit(); got != number("A012") {
			t.Errorf("after 10 s the panel shows\n%s", got)
		}
		marks := 0
		for range 100 {
			time.Sleep(time.Second)
			synctest.Wait()
			got := w.lit()
			if got != number("A012") {
				marks++
			}
			if strings.Count(got, "#")-strings.Count(number("A012"), "#") > 2 {
				t.Fatalf("more than the mark has changed:\n%s", got)
			}
		}
		if marks < 20 {
			t.Errorf("the mark of an old picture was seen %d times in 100 s", marks)
		}
		w.bus.Restore("panel-3")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := w.lit(); got != number("A012") {
			t.Errorf("after the return the panel shows\n%s", got)
		}
	})
}

func TestStateOfBeforeIsNotShownAgain(t *testing.T) {
	atTheWall(t, func(w *wall) {
		w.seq = 10
		w.tell(called("A012", 7))
		w.seq = 3
		w.tell(called("A011", 5))
		if got := w.lit(); got != number("A012") {
			t.Errorf("panel shows\n%s", got)
		}
	})
}

func TestPanelThatLostItsRegistersIsRightAgainAfterSeconds(t *testing.T) {
	atTheWall(t, func(w *wall) {
		w.tell(called("A012", 7))
		w.dev.disturb()
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if got := w.lit(); got != number("A012") {
			t.Errorf("panel shows\n%s", got)
		}
	})
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	l, err := link.New(linktest.NewBus(1).Transport("p"), link.Identity{Hall: "h", Device: "p"}, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	panel, err := sim.NewPanel(max7219.Wiring{Columns: 1, Rows: 1})
	if err != nil {
		t.Fatal(err)
	}
	small, err := max7219.New(panel, &max7219.Opts{Wiring: max7219.Wiring{Columns: 1, Rows: 1}})
	if err != nil {
		t.Fatal(err)
	}
	hours := func(h ...display.Hour) display.Options {
		panel := &shared{dev: small}
		return display.Options{Window: "3", Link: l, Panel: wide{panel}, Hours: h}
	}
	for _, c := range []struct {
		o   display.Options
		say string
	}{
		{display.Options{Window: "3"}, "link and panel"},
		{display.Options{Window: "窗口", Link: l, Panel: small}, "window id"},
		{display.Options{Window: "3", Link: l, Panel: small}, "8 x 8 dots"},
		{hours(display.Hour{From: "7:61"}), `"7:61"`},
		{hours(display.Hour{From: "07:30", Brightness: 16}), "brightness 16 from 07:30, legal is 0 to 15"},
		{hours(display.Hour{From: "07:30"}, display.Hour{From: "07:30"}), "given twice"},
	} {
		if _, err := display.New(c.o); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v, want %q", err, c.say)
		}
	}
}
