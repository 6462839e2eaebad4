package queue

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jiaohao/protocol"
)

// steps is how much happens in one run; rapid decides how many runs there are:
// go test -rapid.checks=10000.
const steps = 60

// TestWhateverHappensTheHallStaysWhole: see machine for the rules.
func TestWhateverHappensTheHallStaysWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		for range rapid.IntRange(1, steps).Draw(t, "steps") {
			m.act()
		}
	})
}

// TestJournalAloneGivesTheSameHall folds the bytes of the journal again, and goes
// on from a snapshot taken in the middle.
func TestJournalAloneGivesTheSameHall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		n := rapid.IntRange(1, steps).Draw(t, "steps")
		for range n / 2 {
			m.act()
		}
		half, middle := m.snapshot(), len(m.records)
		for range n - n/2 {
			m.act()
		}
		want := m.snapshot()
		for name, from := range map[string]*State{"from nothing": New(), "from a snapshot": restored(t, half)} {
			rest := m.records
			if from.Seq > 0 {
				rest = rest[middle:]
			}
			if got := refolded(t, from, rest); !bytes.Equal(got, want) {
				t.Fatalf("%s the journal gives another hall:\n%s\n%s", name, want, got)
			}
		}
	})
}

func restored(t *rapid.T, b []byte) *State {
	s, err := Restore(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func refolded(t *rapid.T, s *State, records []Record) []byte {
	for _, r := range records {
		body, err := EncodeEvent(r.Event)
		if err != nil {
			t.Fatal(err)
		}
		e, err := DecodeEvent(r.Event.Kind(), body)
		if err != nil {
			t.Fatal(err)
		}
		s.Apply(Record{Seq: r.Seq, At: r.At, Event: e})
	}
	b, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSameCommandsGiveTheSameEvents runs a day's commands a second time, from a
// snapshot after each, so that nothing that a snapshot lacks can matter, and no
// map's order does.
func TestSameCommandsGiveTheSameEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		for range rapid.IntRange(1, steps/2).Draw(t, "steps") {
			m.act()
		}
		s, n := New(), 0
		for _, sent := range m.sent {
			if rapid.IntRange(0, 7).Draw(t, "restart") == 0 {
				b, err := s.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				s = restored(t, b)
			}
			events, _ := Decide(s, sent.c, sent.now)
			for _, e := range events {
				if n >= len(m.records) || !sameEvent(t, e, m.records[n].Event) {
					t.Fatalf("%s gave another event the second time: %#v", sent.c.Request.Do, e)
				}
				s.Apply(m.records[n])
				n++
			}
		}
		if n != len(m.records) {
			t.Fatalf("the second time gave %d events, the first %d", n, len(m.records))
		}
	})
}

func sameEvent(t *rapid.T, a, b Event) bool {
	x, err1 := EncodeEvent(a)
	y, err2 := EncodeEvent(b)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return a.Kind() == b.Kind() && bytes.Equal(x, y)
}

// TestUndoRestoresExactly takes back every step that can be taken back and
// compares the whole state with what it was before the step, but for what an undo
// leaves behind on purpose: sequence and time, the answers, the last called, and
// on ticket and post the sequences that make panels look again.
func TestUndoRestoresExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		for range rapid.IntRange(1, steps/2).Draw(t, "steps") {
			m.act()
		}
		for range steps / 4 {
			before, seq := bare(t, m.snapshot()), m.s.Seq
			m.windowAction()
			post, done := m.lastStep(seq)
			if post == nil {
				continue
			}
			i := m.indexOf(post.Window)
			if i < 0 || m.s.Seq != done {
				continue // a tick came of it, or the window is no more
			}
			events := m.send(Command{From: m.terminal(i), Request: protocol.Request{ID: m.newID(), Do: protocol.WindowUndo}})
			if len(events) != 1 || m.s.Seq != done+1 {
				continue // refused, or a cover began by it
			}
			if after := bare(t, m.snapshot()); !reflect.DeepEqual(before, after) {
				t.Fatalf("undo did not restore\n%s", difference(before, after))
			}
		}
	})
}

// lastStep returns the post whose step is the only event after seq.
func (m *machine) lastStep(seq uint64) (*Post, uint64) {
	for i := range m.s.Plan.Windows {
		post := m.s.Posts[m.s.Plan.Windows[i].ID]
		if post.Undo != nil && post.Undo.Seq == seq+1 {
			return post, seq + 1
		}
	}
	return nil, 0
}

func (m *machine) indexOf(w protocol.WindowID) int {
	for i := range m.s.Plan.Windows {
		if m.s.Plan.Windows[i].ID == w {
			return i
		}
	}
	return -1
}

// bare is a snapshot without what an undo leaves behind.
func bare(t *rapid.T, b []byte) map[string]any {
	var s map[string]any
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(s, func(k string, _ any) bool { return k == "seq" || k == "at" || k == "answers" || k == "recent" })
	for _, ticket := range s["tickets"].(map[string]any) {
		delete(ticket.(map[string]any), "last")
		delete(ticket.(map[string]any), "call")
	}
	for _, post := range s["posts"].(map[string]any) {
		delete(post.(map[string]any), "undo")
	}
	lines := s["lines"].(map[string]any)
	maps.DeleteFunc(lines, func(_ string, v any) bool { line, _ := v.([]any); return len(line) == 0 })
	learned := s["learned"].(map[string]any)
	maps.DeleteFunc(learned, func(_ string, v any) bool { return v.(map[string]any)["n"] == 0.0 })
	return s
}

func difference(before, after map[string]any) string {
	for k := range before {
		if !reflect.DeepEqual(before[k], after[k]) {
			a, _ := json.Marshal(before[k])
			b, _ := json.Marshal(after[k])
			return k + ":\n" + string(a) + "\n" + string(b)
		}
	}
	return "a key is there that was not"
}

// TestRangesOfTheWaitAreSane looks at every promise in any hall.
func TestRangesOfTheWaitAreSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		for range rapid.IntRange(1, steps/2).Draw(t, "steps") {
			m.act()
			for i := range m.s.Plan.Services {
				svc := m.s.Plan.Services[i].ID
				ahead, wait := m.s.Estimate(svc, protocol.Regular, m.now)
				m.saneRange(string(svc), ahead, wait)
				if wait.Known && len(m.s.staff()[svc]) == 0 {
					t.Fatalf("service %s promises %+v and nobody works for it", svc, wait)
				}
			}
			for id := range m.s.Tickets {
				ahead, wait := m.s.Remaining(id, m.now)
				m.saneRange(string(id), ahead, wait)
			}
		}
	})
}

func (m *machine) saneRange(what string, ahead int, wait protocol.Range) {
	const most = 100 * time.Hour
	if ahead < 0 || wait.LowMS < 0 || wait.LowMS > wait.HighMS || wait.HighMS > most.Milliseconds() || !wait.Known && wait.HighMS != 0 {
		m.t.Fatalf("%s: %d ahead and a wait of %+v", what, ahead, wait)
	}
}

// TestOneMoreWindowTakesNobodysChance: when one more window of a service is at work, it
// and every other window whose own the service is may call whoever waits for it, and
// nobody who could be called before cannot be called now.
func TestOneMoreWindowTakesNobodysChance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		for range rapid.IntRange(1, steps/2).Draw(t, "steps") {
			m.act()
		}
		if m.s.Day == "" {
			return
		}
		i := rapid.IntRange(0, len(m.s.Plan.Windows)-1).Draw(t, "one more")
		win := &m.s.Plan.Windows[i]
		if m.s.Posts[win.ID].Status == protocol.Open || slices.ContainsFunc(m.s.Plan.Windows, func(w Window) bool {
			return m.s.Posts[w.ID].Clerk == m.s.Plan.Clerks[i].ID
		}) {
			return
		}
		before := m.callableAnywhere()
		if len(m.send(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: protocol.WindowSignOn, Window: win.ID, Clerk: m.s.Plan.Clerks[i].ID}})) == 0 {
			return
		}
		if m.s.Posts[win.ID].Status != protocol.Open {
			return // its terminal is lost: it is not at work
		}
		after := m.callableAnywhere()
		for _, svc := range win.Primary {
			for _, id := range m.s.Lines[svc] {
				if before[id] && !after[id] {
					t.Fatalf("%s could be called before window %s opened, and now by nobody", id, win.ID)
				}
				for _, w := range m.s.Plan.Windows {
					own := slices.Contains(w.Primary, svc) && m.s.Posts[w.ID].Status == protocol.Open
					if own && !slices.Contains(m.lines(w.ID), id) {
						t.Fatalf("window %s may not call %s of its own service %s", w.ID, id, svc)
					}
				}
			}
		}
	})
}

// callableAnywhere are the tickets that some window at work may call.
func (m *machine) callableAnywhere() map[protocol.TicketID]bool {
	all := map[protocol.TicketID]bool{}
	for _, w := range m.s.Plan.Windows {
		if m.s.Posts[w.ID].Status != protocol.Open {
			continue
		}
		for _, id := range m.lines(w.ID) {
			all[id] = true
		}
	}
	return all
}
