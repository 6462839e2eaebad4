package hall

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// hugePlan is a legal plan whose event is larger than the journal takes.
func hugePlan() *queue.Plan {
	p := smallHall()
	name := protocol.Say(strings.Repeat("长", protocol.TextMax), strings.Repeat("x", protocol.TextMax))
	for n := range 1800 {
		p.Clerks = append(p.Clerks, queue.Clerk{ID: protocol.ClerkID(id("x", n)), Name: name, PIN: p.Clerks[0].PIN})
	}
	return p
}

func TestWhatTheJournalDoesNotTakeHasNotHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		h.do(dispenser(), issue("press-1", "social"))
		before, seq := h.snapshotNow(), h.seq()

		change := queue.Command{From: queue.Source{Role: queue.RoleHub, Device: "hub"}, Plan: hugePlan()}
		change.Request = protocol.Request{ID: "change", Do: queue.PlanChange, Reason: "测试"}
		for range 2 { // the second time as well: nothing was decided, so nothing is remembered
			if _, err := h.Do(t.Context(), change); !errors.Is(err, unavailable()) {
				t.Fatalf("a plan of more than a megabyte: %v", err)
			}
		}
		if after := h.snapshotNow(); after != before {
			t.Errorf("the state after the failed commit:\n%s\nbefore:\n%s", after, before)
		}
		if h.seq() != seq {
			t.Errorf("the journal has %d events more", h.seq()-seq)
		}
		if len(h.Plan().Clerks) != len(smallHall().Clerks) {
			t.Error("the plan that was not recorded is in force")
		}
		if number := h.do(dispenser(), issue("press-2", "social")).Ticket.Number; number != "A002" {
			t.Errorf("the number after the fault is %s, want A002", number)
		}
	})
}

func TestWithADeadJournalTheHallTellsEverybodyAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		h.openDay()
		if err := h.journal.Close(); err != nil {
			t.Fatal(err)
		}
		if code := h.refused(dispenser(), issue("press-1", "social")); code != protocol.Unavailable {
			t.Errorf("the refusal is %s, want unavailable", code)
		}
		if err := <-h.ended; !errors.Is(err, journal.ErrDead) {
			t.Errorf("Run returned %v, want ErrDead", err)
		}
		if code := h.refused(dispenser(), issue("press-2", "social")); code != protocol.Unavailable {
			t.Errorf("after the end the refusal is %s, want unavailable", code)
		}
		if err := h.Read(t.Context(), func(*queue.State, time.Time) {}); !errors.Is(err, ErrStopped) {
			t.Errorf("Read after the end: %v", err)
		}
		if err := h.Follow(t.Context(), 0, func(journal.Record) error { return nil }); err == nil {
			t.Error("Follow goes on after the end")
		}
	})
}

func TestBrokenInvariantEndsTheProcessBeforeAnythingIsWritten(t *testing.T) {
	h := start(t, t.TempDir(), Options{})
	h.openDay()
	h.do(dispenser(), issue("press-1", "social"))
	h.end()
	if err := <-h.ended; err != nil {
		t.Fatal(err)
	}
	defer h.journal.Close()
	seq := h.seq()
	h.state.Tickets["20000101-X001"] = &queue.Ticket{ID: "20000101-X001", Number: "X001", Stage: protocol.Waiting}
	defer func() {
		if recover() == nil {
			t.Error("a ticket that waits in no line went unnoticed")
		}
		if h.seq() != seq {
			t.Errorf("%d events were written all the same", h.seq()-seq)
		}
	}()
	press := &task{command: queue.Command{From: dispenser(), Request: issue("press-2", "social")}, answer: make(chan answer, 1)}
	if err := h.work(press); err != nil {
		t.Error(err)
	}
}

func TestAFaultShowsNoInternals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		reply := h.Ask(ctx, dispenser(), issue("press-1", "social"))
		if reply.Refused == nil || reply.Refused.Code != protocol.Unavailable {
			t.Fatalf("the reply is %+v", reply)
		}
		if text := reply.Refused.Text.In(protocol.English); strings.Contains(text, "context") {
			t.Errorf("a person would read %q", text)
		}
	})
}

func TestSnapshotAndEventsGiveTheSameStateAsEventsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{SnapshotEvery: 7})
		h.openDay()
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		for n := range 10 {
			time.Sleep(time.Minute)
			h.do(dispenser(), issue(id("press-", n), "social"))
			if n%2 == 0 {
				h.do(terminal("1"), request(id("call-", n), protocol.WindowCallNext))
				h.do(terminal("1"), request(id("finish-", n), protocol.WindowFinish))
			}
		}
		want := h.snapshotNow()
		kill(h)

		j, err := journal.Open(dir, journal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		seq, _, ok, err := j.Snapshot()
		if last, _ := j.Last(); err != nil || !ok || seq == last {
			t.Fatalf("the snapshot is of event %d of %d, %v: it should be older than the last event", seq, last, err)
		}
		withSnapshot, err := Open(j, Options{})
		if err != nil {
			t.Fatal(err)
		}
		alone := queue.New()
		if err := j.Read(t.Context(), 0, func(r journal.Record) error { _, err := apply(alone, r); return err }); err != nil {
			t.Fatal(err)
		}
		for name, s := range map[string]*queue.State{"snapshot and events": withSnapshot.state, "events alone": alone} {
			got, err := s.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != want {
				t.Errorf("from %s:\n%s\nwant:\n%s", name, got, want)
			}
		}
	})
}

// TestASnapshotWaitsUntilNobodyWaits: it takes as long as a day is full, and a call must
// not wait for it.
func TestASnapshotWaitsUntilNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{SnapshotEvery: 1})
		defer h.stop()
		h.openDay()
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		saved := func() uint64 {
			seq, _, ok, err := h.journal.Snapshot()
			if err != nil || !ok {
				t.Fatalf("no snapshot: %v", err)
			}
			return seq
		}
		h.snapshotNow() // after the batch
		before := saved()
		h.do(dispenser(), issue("press", "social"))
		h.do(terminal("1"), request("call", protocol.WindowCallNext))
		if after := saved(); after != before {
			t.Errorf("a snapshot was made of event %d while a citizen was at the window", after)
		}
		h.do(terminal("1"), request("finish", protocol.WindowFinish))
		h.snapshotNow()
		if after := saved(); after <= before {
			t.Errorf("the snapshot is of event %d, that of before all was served %d", after, before)
		}
	})
}

func TestFollowerSeesEveryEventOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		ctx, cancel := context.WithCancel(t.Context())
		var seqs []uint64
		ended := make(chan error, 1)
		go func() {
			ended <- h.Follow(ctx, 1, func(r journal.Record) error {
				time.Sleep(time.Second) // a slow one: the hall does not wait for it
				seqs = append(seqs, r.Seq)
				return nil
			})
		}()
		began := time.Now()
		for n := range 20 {
			h.do(dispenser(), issue(id("press-", n), "social"))
		}
		if waited := time.Since(began); waited > 0 {
			t.Errorf("the hall waited %v for a follower", waited)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Follow: %v", err)
		}
		for i, seq := range seqs {
			if seq != uint64(i)+2 {
				t.Fatalf("the events seen are %v", seqs)
			}
		}
		if uint64(len(seqs)) != h.seq()-1 {
			t.Errorf("%d events seen of %d after the first", len(seqs), h.seq()-1)
		}
	})
}
