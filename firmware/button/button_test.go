package button

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"pgregory.net/rapid"

	"jiaohao/firmware/sim"
)

// step is something that a person or a fault does to the button, after a pause.
type step struct {
	after time.Duration
	do    func(*sim.Button)
}

func press(b *sim.Button)   { b.Press() }
func release(b *sim.Button) { b.Release() }
func nothing(*sim.Button)   {}

// click is a press and a release 120 ms later, as a finger does it.
func click(b *sim.Button) {
	b.Press()
	time.Sleep(120 * time.Millisecond)
	b.Release()
}

// bounce is a press whose contact opens and closes 50 times within 5 ms.
func bounce(b *sim.Button) {
	for range 50 {
		b.Press()
		time.Sleep(60 * time.Microsecond)
		b.Release()
		time.Sleep(40 * time.Microsecond)
	}
	b.Press()
}

// told runs Watch in a bubble, does the steps and returns what was told, each event with the
// time since the start.
func told(t *testing.T, o *Opts, steps ...step) []string {
	t.Helper()
	var got []string
	synctest.Test(t, func(t *testing.T) {
		b := sim.NewButton("GPIO17")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		start := time.Now()
		go func() {
			done <- Watch(ctx, b, o, func(e Event) {
				got = append(got, fmt.Sprintf("%s %s", time.Since(start).Round(10*time.Millisecond), e))
			})
		}()
		for _, s := range steps {
			time.Sleep(s.after)
			s.do(b)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch returned %v, want the context's error", err)
		}
	})
	return got
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestHundredBouncesAreOnePress(t *testing.T) {
	got := told(t, nil, step{time.Second, bounce}, step{200 * time.Millisecond, release}, step{time.Second, nothing})
	// The last bounce and a look at the line may fall on one instant, in either order.
	if len(got) == 1 && got[0] == "1.02s pressed" {
		return
	}
	expect(t, got, "1.03s pressed")
}

func TestBounceAtReleaseIsNotASecondPress(t *testing.T) {
	got := told(t, &Opts{LockOut: time.Millisecond},
		step{time.Second, press},
		step{300 * time.Millisecond, func(b *sim.Button) { bounce(b); b.Release() }},
		step{time.Second, nothing})
	expect(t, got, "1.02s pressed")
}

func TestPressIsToldWithinTwentyMillisecondsThoughTheFingerStays(t *testing.T) {
	got := told(t, nil, step{time.Second, press}, step{5 * time.Second, release}, step{time.Second, nothing})
	expect(t, got, "1.02s pressed")
}

func TestShortDisturbanceIsNoPress(t *testing.T) {
	blip := func(b *sim.Button) { b.Press(); time.Sleep(8 * time.Millisecond); b.Release() }
	got := told(t, nil, step{time.Second, blip}, step{30 * time.Millisecond, blip}, step{time.Second, nothing})
	expect(t, got)
}

func TestSecondPressWithinLockOutIsIgnored(t *testing.T) {
	got := told(t, nil,
		step{time.Second, click},
		step{500 * time.Millisecond, click}, // 1.62 s: ignored
		step{300 * time.Millisecond, click}, // 2.04 s: ignored
		step{500 * time.Millisecond, click}, // 2.66 s: counts
		step{time.Second, nothing})
	expect(t, got, "1.02s pressed", "2.68s pressed")
}

func TestTwoSlowPressesAreTwo(t *testing.T) {
	got := told(t, nil, step{time.Second, click}, step{2 * time.Second, click}, step{time.Second, nothing})
	expect(t, got, "1.02s pressed", "3.14s pressed")
}

func TestStuckLineGivesOnePressAndOneAlarmUntilReleased(t *testing.T) {
	got := told(t, nil,
		step{time.Second, press},
		step{time.Hour, release},
		step{2 * time.Second, click},
		step{time.Second, nothing})
	expect(t, got, "1.02s pressed", "11.02s stuck", "1h0m1.02s freed", "1h0m3.02s pressed")
}

func TestButtonThatIsDownAtStartIsNoPressButMayBeStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.NewButton("GPIO17")
		b.Press()
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		var got []Event
		if err := Watch(ctx, b, nil, func(e Event) { got = append(got, e) }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Watch returned %v", err)
		}
		if !slices.Equal(got, []Event{Stuck}) {
			t.Errorf("told %v, want stuck", got)
		}
	})
}

func TestWatchEndsWithin250MillisecondsAfterItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- Watch(ctx, sim.NewButton("GPIO17"), nil, func(Event) {}) }()
		time.Sleep(3*time.Second + time.Millisecond)
		cancel()
		start := time.Now()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch returned %v, want the context's error", err)
		}
		if took := time.Since(start); took > 250*time.Millisecond {
			t.Errorf("Watch took %s to end", took)
		}
	})
}

// deaf is a pin whose edges do not work: WaitForEdge returns at once, always with the same answer.
type deaf struct {
	*sim.Button
	answer bool
	calls  int
}

func (d *deaf) WaitForEdge(timeout time.Duration) bool {
	d.calls++
	return d.answer
}

func TestPinWithoutWorkingEdgesIsSlowButNeitherDeadNorBusy(t *testing.T) {
	for _, answer := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			pin := &deaf{Button: sim.NewButton("GPIO17"), answer: answer}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			time.AfterFunc(time.Second, func() { click(pin.Button) })
			presses := 0
			_ = Watch(ctx, pin, nil, func(Event) { presses++ })
			if presses != 1 {
				t.Errorf("edges answer %t: %d presses told, want 1", answer, presses)
			}
			if pin.calls > 10_001 {
				t.Errorf("edges answer %t: %d looks in 10 s, want at most 1 in a millisecond", answer, pin.calls)
			}
		})
	}
}

// strict fails the test if it is asked to wait without a finite, positive limit.
type strict struct {
	*sim.Button
	t *testing.T
}

func (s strict) WaitForEdge(timeout time.Duration) bool {
	if timeout <= 0 || timeout > 250*time.Millisecond {
		s.t.Errorf("waits for %s, must be above 0 and at most 250 ms", timeout)
	}
	return s.Button.WaitForEdge(timeout)
}

// TestAnyHandlingKeepsPressesApart presses at random: no two presses may be closer than the lock-out, and
// each must follow a moment at which the contact was closed.
func TestAnyHandlingKeepsPressesApart(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pauses := rapid.SliceOfN(rapid.IntRange(0, 3000), 1, 40).Draw(rt, "pauses in ms")
		synctest.Test(t, func(t *testing.T) {
			b := sim.NewButton("GPIO17")
			ctx, cancel := context.WithCancel(t.Context())
			var at []time.Time
			done := make(chan error)
			go func() {
				done <- Watch(ctx, strict{b, t}, nil, func(e Event) {
					if e == Pressed {
						at = append(at, time.Now())
					}
				})
			}()
			for i, pause := range pauses {
				time.Sleep(time.Duration(pause) * time.Millisecond)
				if i%2 == 0 {
					b.Press()
				} else {
					b.Release()
				}
			}
			cancel()
			<-done
			if len(at) > (len(pauses)+1)/2 {
				t.Errorf("%d presses told of %d", len(at), (len(pauses)+1)/2)
			}
			for i := 1; i < len(at); i++ {
				if gap := at[i].Sub(at[i-1]); gap < lockOutDefault-debounceDefault {
					t.Errorf("presses %s apart", gap)
				}
			}
		})
	})
}

func TestActiveHighButtonIsPulledDown(t *testing.T) {
	got := told(t, &Opts{ActiveHigh: true}, step{11 * time.Second, func(b *sim.Button) {
		if b.Pull() != gpio.PullDown {
			t.Errorf("line is %s, want pulled down", b.Pull())
		}
		click(b)
	}}, step{time.Second, nothing})
	expect(t, got, "11.02s pressed")
}

// broken is a pin that cannot be an input.
type broken struct{ *sim.Button }

func (broken) In(gpio.Pull, gpio.Edge) error { return errors.New("line is busy") }

func TestWrongOptionsAndBusyLinesAreRefused(t *testing.T) {
	for _, c := range []struct {
		opts Opts
		want string
	}{
		{Opts{Debounce: -1}, "debounce -1ns, must be 0 (for 20ms) or more"},
		{Opts{LockOut: -time.Second}, "lock-out -1s, must be 0 (for 1.5s) or more"},
		{Opts{Stuck: -time.Second}, "stuck time -1s, must be 0 (for 10s) or more"},
		{Opts{Stuck: time.Millisecond}, "must be more than the debounce time 20ms"},
	} {
		err := Watch(t.Context(), sim.NewButton("GPIO17"), &c.opts, func(Event) {})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	err := Watch(t.Context(), broken{sim.NewButton("GPIO17")}, nil, func(Event) {})
	if err == nil || err.Error() != "button: GPIO17 as input: line is busy" {
		t.Errorf("%v, want the pin and its error", err)
	}
}

func TestEventsHaveNames(t *testing.T) {
	for e, want := range map[Event]string{Pressed: "pressed", Stuck: "stuck", Freed: "freed", 9: "event 9"} {
		if e.String() != want {
			t.Errorf("event %d is %q, want %q", int(e), e, want)
		}
	}
}
