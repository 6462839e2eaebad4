package simulation

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
	"jiaohao/terminal"
)

// inHall opens the hall, with window 1 signed on, for one scene.
func inHall(t *testing.T, scene func(t *testing.T, s *site)) {
	t.Helper()
	dir := memory(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := newSite(Options{Seed: 1, Dir: dir, Length: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.startHub(); err != nil {
			t.Fatal(err)
		}
		_, devices := s.devices()
		for _, d := range devices {
			if err := d.on(); err != nil {
				t.Fatal(err)
			}
		}
		pause(t.Context(), 5*time.Second)
		s.key(t, 0, terminal.Press{Key: terminal.KeySignOn, Clerk: "c01", PIN: pin})
		pause(t.Context(), time.Second) // the answer is there; the window's new state must be, too
		scene(t, s)
		for _, d := range devices {
			d.powerOff(true)
		}
		if err := s.stopHub(); err != nil {
			t.Error(err)
		}
		for _, b := range s.witness.broken {
			t.Error(b)
		}
	})
}

// key presses a key of a window and waits a moment.
func (s *site) key(t *testing.T, n int, p terminal.Press) {
	t.Helper()
	if !s.desks[n].press(t.Context(), s.desks[n].terminal(), p) {
		t.Fatalf("key %s at window %d: %+v", p.Key, n+1, s.desks[n].terminal().Screen().Note)
	}
}

// take presses at a dispenser and waits for the slip.
func (s *site) take(t *testing.T, n int, service protocol.ServiceID) {
	t.Helper()
	_, d, _ := s.kiosks[n].state()
	if err := d.Press(context.Background(), dispenser.Press{Service: service}); err != nil {
		t.Fatal(err)
	}
	pause(t.Context(), 5*time.Second)
}

func TestStateThatTheNetworkLostIsOnThePanelAMinuteLater(t *testing.T) {
	inHall(t, func(t *testing.T, s *site) {
		s.theHub().spy.lose(true, false)
		s.key(t, 0, terminal.Press{Key: terminal.KeySignOff, Choice: "yes"})
		pause(t.Context(), time.Second)
		s.theHub().spy.lose(false, false)
		pause(t.Context(), 75*time.Second)
		if want, same, _ := s.panels[0].compare(); !same || want.Status != protocol.Closed {
			t.Errorf("the panel does not show %s", fingerprint(want))
		}
	})
}

func TestNumbersOfAnHourWithoutTheHubJoinTheLineInTheirOrder(t *testing.T) {
	inHall(t, func(t *testing.T, s *site) {
		s.take(t, 0, "social")
		s.cut("dispenser-1")
		pause(t.Context(), 5*time.Second)
		for range 3 {
			s.take(t, 0, "social")
		}
		s.take(t, 1, "social") // the other dispenser has the hub
		pause(t.Context(), time.Hour)
		s.restore("dispenser-1")
		pause(t.Context(), 10*time.Second)
		for _, want := range []string{"A001", "Y001", "Y002", "Y003", "A002"} {
			s.key(t, 0, terminal.Press{Key: terminal.KeyBig})
			pause(t.Context(), time.Second)
			screen := s.desks[0].terminal().Screen()
			if screen.Current == nil || screen.Current.Number != want {
				t.Fatalf("called was %+v, want %s", screen.Current, want)
			}
			s.key(t, 0, terminal.Press{Key: terminal.KeyArrived})
			pause(t.Context(), time.Second)
		}
	})
}

// waiting counts the tickets of a service that wait.
func (s *site) waiting(t *testing.T, service protocol.ServiceID) (n int) {
	t.Helper()
	if !s.truth(func(q *queue.State, _ time.Time) { n = len(q.Lines[service]) }) {
		t.Fatal("the hub is down")
	}
	return n
}

func TestLostReplyThatFilledTheQueueLeavesNoGhost(t *testing.T) {
	inHall(t, func(t *testing.T, s *site) {
		for range 3 {
			s.take(t, 0, "estate")
		}
		s.theHub().spy.lose(false, true) // the fourth fills the queue, and its answer is lost
		s.take(t, 0, "estate")
		s.theHub().spy.lose(false, false)
		pause(t.Context(), time.Minute)
		s.kiosks[0].harvest()
		if paper, waiting := len(s.kiosks[0].sheets), s.waiting(t, "estate"); paper != waiting {
			t.Errorf("%d slips are out and %d tickets wait", paper, waiting)
		}
	})
}

func TestHubThatIsStoppedDoesNotDenyWhatItHasDone(t *testing.T) {
	inHall(t, func(t *testing.T, s *site) {
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			go s.hubStopped(ctx, s.random(s.clockText()))
			pause(t.Context(), 100*time.Millisecond)
			s.take(t, 1, "tax")
			pause(ctx, time.Hour)
			cancel()
			pause(t.Context(), time.Minute)
		}
		s.kiosks[1].harvest()
		if paper, waiting := len(s.kiosks[1].sheets), s.waiting(t, "tax"); paper != waiting {
			t.Errorf("%d slips are out and %d tickets wait", paper, waiting)
		}
	})
}
