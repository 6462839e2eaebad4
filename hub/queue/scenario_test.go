package queue

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"
)

// A scenario file tells a piece of a hall's day, one line a step:
//
//	09:04:30 2 next -> B001 longest wait (1:30)
//
// is time, window, action, and what must come of it. See scenarioStep for the
// actions. After each step every invariant is checked, and the state must be the
// same when it is folded again from its events.
func TestScenarios(t *testing.T) {
	for _, file := range scenarios(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runScenario(t, file) })
	}
}

func scenarios(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	return files
}

// runScenario plays a file in testdata/hall.yaml, or in the hall that a first
// line such as "hall ring.yaml" names.
func runScenario(t *testing.T, file string) *testHall {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var h *testHall
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "hall "); ok && h == nil {
			h = newTestHall(t, strings.TrimSpace(name))
			continue
		}
		if h == nil {
			h = newTestHall(t, "hall.yaml")
		}
		step, want, ok := strings.Cut(line, "->")
		if !ok {
			t.Fatalf("%s:%d: no -> in %q", file, n, line)
		}
		got := h.step(strings.Fields(step))
		if want = strings.TrimSpace(want); got != want {
			t.Fatalf("%s:%d: %s\n  got  %s\n  want %s", file, n, strings.TrimSpace(step), got, want)
		}
	}
	if err := lines.Err(); err != nil || h == nil {
		t.Fatalf("%s: no steps, %v", file, err)
	}
	h.refold()
	return h
}

// testHall is a state, its journal in memory, and a day that is open.
type testHall struct {
	t        testing.TB
	s        *State
	records  []Record
	n        int // of the last request
	sent     int
	pureEach int                           // how many commands until one is looked at for changing the state
	date     string                        // of the steps' times
	last     Command                       // as it was sent
	told     map[protocol.RequestID][]byte // the answer to each request, as it must stay
	codes    map[protocol.Code]bool        // refusals seen
}

func readPlan(t testing.TB, name string) Plan {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := ParsePlan(src)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return plan
}

func newTestHall(t testing.TB, name string) *testHall {
	t.Helper()
	plan := readPlan(t, name)
	h := &testHall{
		t: t, s: New(), date: "2026-11-23", pureEach: 1,
		told: map[protocol.RequestID][]byte{}, codes: map[protocol.Code]bool{},
	}
	h.do(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: HubStart}, Epoch: 1}, h.clock("07:00"))
	h.do(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: DayOpen}, Plan: &plan, Day: "2026-11-23"}, h.clock("07:00"))
	return h
}

// clock returns a time of the hall's day, at first a Monday, in the hall's zone.
func (h *testHall) clock(s string) time.Time {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, form := range []string{"15:04", "15:04:05"} {
		if at, err := time.ParseInLocation("2006-01-02 "+form, h.date+" "+s, zone); err == nil {
			return at
		}
	}
	h.t.Fatalf("%q is no time", s)
	return time.Time{}
}

// do decides, commits and checks one command. Deciding must change nothing, a
// refusal must come without events, and an answer must stay what it was.
func (h *testHall) do(c Command, now time.Time) ([]Event, error) {
	h.t.Helper()
	if c.Request.ID == "" && c.From.Role != RoleHub {
		h.n++
		c.Request.ID = protocol.RequestID(fmt.Sprintf("r%d", h.n))
	}
	if now.Before(h.s.At) {
		now = h.s.At
	}
	h.last = c
	h.sent++
	pure := h.sent%h.pureEach == 0
	var before []byte
	if pure {
		before = snapshot(h.t, h.s)
	}
	events, err := Decide(h.s, c, now)
	if pure && !bytes.Equal(before, snapshot(h.t, h.s)) {
		h.t.Fatalf("deciding %s changed the state", c.Request.Do)
	}
	if err != nil {
		h.refused(c, events, err)
		return nil, err
	}
	for _, e := range events {
		r := Record{Seq: h.s.Seq + 1, At: now, Event: e}
		h.records = append(h.records, r)
		h.s.Apply(r)
		if broken := h.s.Check(); broken != nil {
			h.t.Fatalf("%s at %s: %v", c.Request.Do, now.Format(time.TimeOnly), broken)
		}
	}
	h.sameAnswer(c)
	return events, nil
}

func (h *testHall) refused(c Command, events []Event, err error) {
	h.t.Helper()
	var refusal *protocol.Refusal
	if !errors.As(err, &refusal) || len(events) > 0 {
		h.t.Fatalf("%s gave %d events and %v, want a refusal alone", c.Request.Do, len(events), err)
	}
	if refusal.Text[protocol.Chinese] == "" || refusal.Text[protocol.English] == "" {
		h.t.Fatalf("the refusal %s of %s lacks a language: %v", refusal.Code, c.Request.Do, refusal.Text)
	}
	h.codes[refusal.Code] = true
}

// sameAnswer demands that whatever was carried out has an answer, and that a
// request has the answer that it had before.
func (h *testHall) sameAnswer(c Command) {
	h.t.Helper()
	if c.Request.ID == "" || c.From.Role == RoleHub {
		return
	}
	out, ok := h.s.Answer(c)
	if !ok {
		h.t.Fatalf("%s %s was carried out and has no answer", c.Request.Do, c.Request.ID)
	}
	got, err := json.Marshal(struct {
		Outcome
		Merged []protocol.MergedTicket
	}{out, out.Merged})
	if err != nil {
		h.t.Fatal(err)
	}
	if old := h.told[c.Request.ID]; old != nil && !bytes.Equal(got, old) {
		h.t.Fatalf("%s %s was answered %s and now %s", c.Request.Do, c.Request.ID, old, got)
	}
	h.told[c.Request.ID] = got
}

func snapshot(t testing.TB, s *State) []byte {
	t.Helper()
	b, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// refold replays the journal through its bytes and demands the same state.
func (h *testHall) refold() {
	h.t.Helper()
	again := New()
	for _, r := range h.records {
		body, err := EncodeEvent(r.Event)
		if err != nil {
			h.t.Fatal(err)
		}
		e, err := DecodeEvent(r.Event.Kind(), body)
		if err != nil {
			h.t.Fatal(err)
		}
		again.Apply(Record{Seq: r.Seq, At: r.At, Event: e})
	}
	if a, b := snapshot(h.t, h.s), snapshot(h.t, again); !bytes.Equal(a, b) {
		h.t.Fatalf("the journal replays to another state:\n%s\n%s", a, b)
	}
}
