package hall

import (
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestSnapshotThatIsWrongIsPassedOver(t *testing.T) {
	for name, forge := range map[string]func(*queue.State){
		"whoever waits stands in no line": func(s *queue.State) { clear(s.Lines) },
		"whoever waits is not known":      func(s *queue.State) { clear(s.Tickets) },
		"a number that is given later": func(s *queue.State) {
			s.Tickets["forged"] = &queue.Ticket{ID: "forged", Number: "A004", Service: "social", Stage: protocol.Finished}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				h := start(t, dir, Options{})
				h.openDay()
				for n := range 3 {
					h.do(dispenser(), issue(id("early-", n), "social"))
				}
				h.stop() // with a snapshot
				h = start(t, dir, Options{})
				h.do(dispenser(), issue("late", "social"))
				h.do(terminal("1"), signOn("on", "c1", "2468"))
				h.do(terminal("1"), request("call", protocol.WindowCallNext))
				want := h.snapshotNow()
				kill(h)

				j, err := journal.Open(dir, journal.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer j.Close()
				forgeSnapshot(t, j, forge)
				again, err := Open(j, Options{Log: slog.New(slog.DiscardHandler)})
				if err != nil {
					t.Fatal(err)
				}
				if got, err := again.state.Snapshot(); err != nil || string(got) != want {
					t.Errorf("%v, the state is\n%s\nwant\n%s", err, got, want)
				}
				if again.lastDay != "2000-01-01" {
					t.Errorf("the last day is %q", again.lastDay)
				}
			})
		})
	}
}

// forgeSnapshot changes the newest snapshot, whole in form.
func forgeSnapshot(t *testing.T, j *journal.Journal, forge func(*queue.State)) {
	t.Helper()
	seq, body, ok, err := j.Snapshot()
	if err != nil || !ok {
		t.Fatalf("there is no snapshot: %v", err)
	}
	var kept saved
	if err := json.Unmarshal(body, &kept); err != nil {
		t.Fatal(err)
	}
	s, err := queue.Restore(kept.State)
	if err != nil {
		t.Fatal(err)
	}
	forge(s)
	if kept.State, err = s.Snapshot(); err != nil {
		t.Fatal(err)
	}
	if body, err = json.Marshal(kept); err != nil {
		t.Fatal(err)
	}
	if err := j.SaveSnapshot(seq, body); err != nil {
		t.Fatal(err)
	}
}
