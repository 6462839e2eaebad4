package hall

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestRepeatedRequestGetsTheSameBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		first := h.ask(dispenser(), issue("press-1", "social"))
		if !strings.Contains(first, `"A001"`) || !strings.Contains(first, "http://hub:8080/t/20000101-A001.") {
			t.Fatalf("the reply has no number or no link: %s", first)
		}
		time.Sleep(20 * time.Minute)
		h.do(dispenser(), issue("press-2", "social"))
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		h.do(terminal("1"), request("call", protocol.WindowCallNext))
		seq := h.seq()
		if again := h.ask(dispenser(), issue("press-1", "social")); again != first {
			t.Errorf("repeated after the call:\n%s\nfirst:\n%s", again, first)
		}
		if h.seq() != seq {
			t.Errorf("the repetition made %d events", h.seq()-seq)
		}
	})
}

func TestKilledBeforeTheAnswerTheHubGivesItAfterTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{})
		h.openDay()
		first := h.ask(dispenser(), issue("press-1", "social"))
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		call := h.ask(terminal("1"), request("call", protocol.WindowCallNext))
		before := h.snapshotNow()
		// The answers above are taken as lost: nothing but the journal reaches the next hub.
		kill(h)

		h = start(t, dir, Options{})
		defer h.stop()
		after := h.snapshotNow()
		if again := h.ask(dispenser(), issue("press-1", "social")); again != first {
			t.Errorf("the number after the start:\n%s\nbefore:\n%s", again, first)
		}
		if again := h.ask(terminal("1"), request("call", protocol.WindowCallNext)); again != call {
			t.Errorf("the call after the start:\n%s\nbefore:\n%s", again, call)
		}
		if cut := func(s string) string { _, rest, _ := strings.Cut(s, `"day"`); return rest }; cut(before) != cut(after) {
			t.Errorf("the state after the start:\n%s\nbefore:\n%s", after, before)
		}
		if next := h.do(dispenser(), issue("press-2", "social")).Ticket.Number; next != "A002" {
			t.Errorf("the next number is %s, want A002", next)
		}
	})
}

// kill ends a hall without its farewell snapshot.
func kill(h *running) {
	h.t.Helper()
	if err := h.journal.Close(); err != nil {
		h.t.Error(err)
	}
	h.end()
	<-h.ended
}

func TestRefusedRequestStaysRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		call := request("call", protocol.WindowCallNext)
		first := h.ask(terminal("1"), call)
		if !strings.Contains(first, `"nobody_waiting"`) {
			t.Fatalf("an empty queue: %s", first)
		}
		h.do(dispenser(), issue("press-1", "social"))
		if late := h.ask(terminal("1"), call); late != first {
			t.Errorf("the copy of a refused call was carried out late: %s", late)
		}
		call.ID = "call-2"
		h.do(terminal("1"), call)
	})
}

func TestOneHundredPeopleAtOnceGetOneHundredNumbersAndFewCommits(t *testing.T) {
	h := start(t, t.TempDir(), Options{})
	defer h.stop()
	h.openDay()
	commits, stop := countCommits(h)
	var mu sync.Mutex
	numbers := map[string]bool{}
	var wg sync.WaitGroup
	for i := range 4 {
		from := dispenser()
		from.Device = protocol.DeviceID(id("dispenser-", i))
		for n := range 50 {
			wg.Go(func() {
				ticket := h.do(from, issue(id("press-", i, "-", n), "social")).Ticket
				mu.Lock()
				defer mu.Unlock()
				numbers[ticket.Number] = true
			})
		}
	}
	wg.Wait()
	if len(numbers) != 200 {
		t.Errorf("200 requests got %d different numbers", len(numbers))
	}
	stop()
	if n := commits(); n > 100 {
		t.Errorf("%d signals for 200 tickets, the commits should be shared", n)
	}
}

// countCommits counts the signals that a watcher gets.
func countCommits(h *running) (count func() int, stop func()) {
	changed, forget := h.Changed()
	done, ended := make(chan struct{}), make(chan struct{})
	n := 0
	go func() {
		defer close(ended)
		for {
			select {
			case <-changed:
				n++
			case <-done:
				return
			}
		}
	}()
	return func() int { return n }, func() { close(done); <-ended; forget() }
}

func TestTwoWindowsNeverCallTheSameTicket(t *testing.T) {
	const each = 1000
	h := startOn(t, t.TempDir(), journal.Options{NoSync: true}, Options{})
	defer h.stop()
	h.openDay()
	var mu sync.Mutex
	calledAt := map[string]protocol.WindowID{}
	var wg sync.WaitGroup
	for i, window := range []protocol.WindowID{"1", "2"} {
		h.do(terminal(window), signOn("on", protocol.ClerkID(id("c", i+1)), "2468"))
		wg.Go(func() {
			for n := range each {
				h.do(dispenser(), issue(id("press-", window, "-", n), "social"))
				ticket := h.do(terminal(window), request(id("call-", n), protocol.WindowCallNext)).Ticket
				mu.Lock()
				if other, twice := calledAt[ticket.Number]; twice {
					t.Errorf("%s was called to window %s and to window %s", ticket.Number, other, window)
				}
				calledAt[ticket.Number] = window
				mu.Unlock()
				h.do(terminal(window), request(id("finish-", n), protocol.WindowFinish))
			}
		})
	}
	wg.Wait()
	if len(calledAt) != 2*each {
		t.Errorf("%d of %d tickets were called", len(calledAt), 2*each)
	}
}

func TestTooManyCommandsOfOneSourceAreRefusedByName(t *testing.T) {
	j, err := journal.Open(t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	h, err := Open(j, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error)
	for n := range SourceMax + 1 {
		go func() {
			_, err := h.Do(ctx, queue.Command{From: dispenser(), Request: issue(id("p", n), "social")})
			results <- err
		}()
	}
	if err := <-results; !errors.Is(err, overloaded()) {
		t.Errorf("the command over the limit: %v", err)
	}
	cancel()
	for range SourceMax {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("a command that nobody waits for any more: %v", err)
		}
	}
}

func TestCoverStartsByItselfWhenItsTimeHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		h.do(terminal("3"), signOn("on", "c3", "2468"))
		pause := request("pause", protocol.WindowPause)
		pause.Reason = "喝水"
		h.do(terminal("1"), pause)
		covers := func() (n int) {
			if err := h.Read(t.Context(), func(s *queue.State, _ time.Time) { n = len(s.Covers) }); err != nil {
				t.Fatal(err)
			}
			return n
		}
		time.Sleep(89 * time.Second)
		synctest.Wait()
		if covers() != 0 {
			t.Error("window 3 covers before the delay of 90 s is over")
		}
		time.Sleep(time.Second + timerMin)
		synctest.Wait()
		if covers() != 1 {
			t.Error("window 3 does not cover 90 s after window 1 was paused")
		}
	})
}

func TestReplayRunsTheTimersAtItsOwnSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const speed = 60
		began := time.Now()
		clock := func() time.Time { return began.Add(speed * time.Since(began)) }
		h := start(t, t.TempDir(), Options{Now: clock, Speed: speed})
		defer h.stop()
		h.openDay()
		for i, window := range []protocol.WindowID{"1", "3"} {
			h.do(terminal(window), signOn("on", protocol.ClerkID(id("c", i+1)), "2468"))
		}
		pause := request("pause", protocol.WindowPause)
		pause.Reason = "喝水"
		h.do(terminal("1"), pause)
		time.Sleep(2 * time.Second) // two minutes of the hall: the cover was due after 90 s
		synctest.Wait()
		var covers []queue.Cover
		if err := h.Read(t.Context(), func(s *queue.State, _ time.Time) { covers = append(covers, s.Covers...) }); err != nil {
			t.Fatal(err)
		}
		if len(covers) != 1 || covers[0].Since.Sub(began) > 92*time.Second {
			t.Errorf("the covers are %+v", covers)
		}
	})
}
