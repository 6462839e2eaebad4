package hall

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/learn"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestClosedDayTeachesAndARestartKnowsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{})
		h.openWith(promising(), "2000-01-01")
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		for n := range 30 {
			h.serve(n, 12*time.Minute)
		}
		h.do(terminal("1"), request("off", protocol.WindowSignOff))
		h.closeDay()
		var mean float64
		h.see(func(s *queue.State, _ time.Time) {
			if s.Figures == nil || s.Figures.Version != 1 || s.Figures.Day != "2000-01-01" {
				t.Fatalf("the day taught %+v", s.Figures)
			}
			mean = learn.Of(s.Figures, &s.Plan).Mean("social")
		})
		if mean < 480 || mean > 780 {
			t.Errorf("thirty services of 12 min taught a mean of %.0f s, typed in were 360 s", mean)
		}
		h.closeAgain()
		before := h.snapshotNow()
		h.stop()
		h = start(t, dir, Options{})
		h.sameFigures(before)
		h.openWith(promising(), "2000-01-02")
		if err := h.ResetFigure(t.Context(), boss(), "reset-1", "time/social", ""); !refusedAs(err, protocol.BadRequest) {
			t.Errorf("a reset without a reason: %v", err)
		}
		if err := h.ResetFigure(t.Context(), terminal("1"), "reset-2", "", "x"); !refusedAs(err, protocol.NotAllowed) {
			t.Errorf("a reset by a terminal: %v", err)
		}
		if err := h.ResetFigure(t.Context(), boss(), "reset-3", "time/social", "流程变了"); err != nil {
			t.Error(err)
		}
		h.see(func(s *queue.State, _ time.Time) {
			b := learn.Of(s.Figures, &s.Plan)
			if b.Mean("social") != learn.Of(nil, &s.Plan).Mean("social") || b.Version() != 1 {
				t.Errorf("after the reset the mean is %.0f s of version %d", b.Mean("social"), b.Version())
			}
			if s.Learned["social"].N != 0 || s.Skills["social"].N != 0 {
				t.Error("the engine's own estimate still remembers")
			}
		})
		h.stop()
	})
}

// closeAgain demands that a closed day cannot be closed, nor taught, again.
func (r *running) closeAgain() {
	r.t.Helper()
	seq := r.seq()
	c := queue.Command{From: queue.Source{Role: queue.RoleHub, Device: "hub"}}
	c.Request.Do = queue.DayClose
	if _, err := r.Do(r.t.Context(), c); !refusedAs(err, protocol.HallClosed) || r.seq() != seq {
		r.t.Errorf("the second close came to %v and %d events", err, r.seq()-seq)
	}
}

// sameFigures demands the figures of a state that was written before a restart, after
// which the epoch is another.
func (r *running) sameFigures(before string) {
	r.t.Helper()
	old, err := queue.Restore([]byte(before))
	if err != nil {
		r.t.Fatal(err)
	}
	r.see(func(s *queue.State, _ time.Time) {
		want, got := learn.Of(old.Figures, &old.Plan).List(), learn.Of(s.Figures, &s.Plan).List()
		for i := range want {
			if got[i] != want[i] {
				r.t.Errorf("after the restart %+v, before it %+v", got[i], want[i])
			}
		}
	})
}

func boss() queue.Source {
	return queue.Source{Role: queue.RoleManager, Device: "web-m1", Person: "m1"}
}

func refusedAs(err error, code protocol.Code) bool {
	var r *protocol.Refusal
	return errors.As(err, &r) && r.Code == code
}

func TestDayWithoutATicketTeachesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openWith(promising(), "2000-01-01")
		h.closeDay()
		if n := h.kinds()["learned"]; n != 0 {
			t.Errorf("a day without a ticket taught %d times", n)
		}
	})
}

func TestDayThatTheNextOneClosesTeachesToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openWith(promising(), "2000-01-01")
		h.do(dispenser(), issue("take", "social"))
		h.openWith(promising(), "2000-01-02")
		h.see(func(s *queue.State, _ time.Time) {
			if s.Figures == nil || s.Figures.Day != "2000-01-01" || s.Figures.Services["social"].Days != 1000 {
				t.Errorf("the day that was left open taught %+v", s.Figures)
			}
		})
	})
}

// TestJournalFromBeforeLearningLoads writes what an older hub wrote: events without
// promises, and a snapshot of the older format.
func TestJournalFromBeforeLearningLoads(t *testing.T) {
	dir := t.TempDir()
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan := promising()
	at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	var entries []journal.Entry
	for _, e := range []queue.Event{
		&queue.HubStarted{Epoch: 1}, &queue.DayOpened{Day: "2026-11-23", Plan: *plan},
		&queue.Issued{Ticket: "20261123-A001", Number: "A001", N: 1, Service: "social", Class: protocol.Regular, IssuedAt: at, Order: at},
		&queue.SignedOn{Window: "1", Clerk: "c1"},
		&queue.Called{Ticket: "20261123-A001", Window: "1", Clerk: "c1", Why: queue.Why{Rule: "longest"}},
	} {
		body, err := queue.EncodeEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, journal.Entry{At: at, Kind: e.Kind(), Body: body})
	}
	if _, err := j.Append(0, entries); err != nil {
		t.Fatal(err)
	}
	if err := j.SaveSnapshot(5, []byte(`{"format":1,"last_day":"2026-11-23","state":{}}`)); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	h := start(t, dir, Options{})
	h.see(func(s *queue.State, _ time.Time) {
		if s.Figures != nil || s.Honest != (queue.Honesty{}) || s.Find("A001").Promise != nil {
			t.Errorf("an old journal gave %+v, %+v", s.Figures, s.Honest)
		}
	})
	h.do(terminal("1"), request("here", protocol.WindowArrived))
	h.do(terminal("1"), request("done", protocol.WindowFinish))
	h.closeDay()
	h.stop()
	if _, err := Verify(t.Context(), dir); err != nil {
		t.Errorf("after a day of the new hub: %v", err)
	}
}
