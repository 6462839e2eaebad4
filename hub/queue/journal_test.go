package queue

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"jiaohao/protocol"
)

var update = flag.Bool("update", false, "write the golden files anew")

// journalLine is one event as testdata/events.jsonl keeps it.
type journalLine struct {
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// TestOldJournalsStillDecode holds the journal's form. A line of the file is never
// changed or taken away: a hall somewhere has it on its disk. A new kind of event
// gets a new line.
func TestOldJournalsStillDecode(t *testing.T) {
	if *update {
		addMissingLines(t)
	}
	seen := map[string]bool{}
	for _, line := range readLines(t) {
		seen[line.Kind] = true
		e, err := DecodeEvent(line.Kind, line.Body)
		if err != nil {
			t.Error(err)
			continue
		}
		body, err := EncodeEvent(e)
		if err != nil {
			t.Error(err)
		}
		if !bytes.Equal(body, line.Body) {
			t.Errorf("%s changed its form:\n  was %s\n  is  %s", line.Kind, line.Body, body)
		}
	}
	for _, kind := range Kinds() {
		if !seen[kind] {
			t.Errorf("testdata/events.jsonl has no %s; add one with go test -run OldJournals -update", kind)
		}
	}
}

func readLines(t testing.TB) []journalLine {
	t.Helper()
	src, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []journalLine
	lines := bufio.NewScanner(bytes.NewReader(src))
	for lines.Scan() {
		var line journalLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		all = append(all, line)
	}
	return all
}

// addMissingLines appends an event of each kind that the file does not have,
// taken from the scenarios.
func addMissingLines(t *testing.T) {
	t.Helper()
	var have []string
	if _, err := os.Stat("testdata/events.jsonl"); err == nil {
		for _, line := range readLines(t) {
			have = append(have, line.Kind)
		}
	}
	f, err := os.OpenFile("testdata/events.jsonl", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, file := range scenarios(t) {
		for _, r := range runScenario(t, file).records {
			if slices.Contains(have, r.Event.Kind()) {
				continue
			}
			have = append(have, r.Event.Kind())
			body, err := EncodeEvent(r.Event)
			if err != nil {
				t.Fatal(err)
			}
			line, err := json.Marshal(journalLine{r.Event.Kind(), body})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write(append(line, '\n')); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestEventThatThisVersionDoesNotKnowIsNamed(t *testing.T) {
	for _, c := range []struct{ kind, body, want string }{
		{"teleported", `{}`, `queue: event kind "teleported" is unknown to this version`},
		{"issued", `{"n":"one"}`, "queue: event issued: json: cannot unmarshal string into Go struct field Issued.n of type int"},
		{"issued", `{`, "queue: event issued: unexpected end of JSON input"},
	} {
		_, err := DecodeEvent(c.kind, []byte(c.body))
		if err == nil || err.Error() != c.want {
			t.Errorf("DecodeEvent(%s, %s)\n  got  %v\n  want %s", c.kind, c.body, err, c.want)
		}
	}
}

func TestSnapshotThatIsDamagedIsNotRestored(t *testing.T) {
	h := newTestHall(t, "hall.yaml")
	b := snapshot(t, h.s)
	if _, err := Restore(b[:len(b)/2]); err == nil {
		t.Error("half a snapshot was restored")
	}
	s, err := Restore(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(snapshot(t, s), b) {
		t.Errorf("the restored state has another snapshot:\n%s\n%s", b, snapshot(t, s))
	}
	if s.zone().String() != "Asia/Shanghai" {
		t.Errorf("the restored state is in zone %s", s.zone())
	}
}

func TestEventOutOfSequenceIsABug(t *testing.T) {
	for name, r := range map[string]Record{
		"gap":            {Seq: 2, Event: &HubStarted{}},
		"unknown ticket": {Seq: 1, Event: &Cancelled{Ticket: "20261123-A001"}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: the event was applied", name)
				}
			}()
			New().Apply(r)
		}()
	}
}

// TestStateStaysSmallOverManyDays opens and closes thirty days: what the state
// remembers is bounded by one day and a week of offline numbers.
func TestStateStaysSmallOverManyDays(t *testing.T) {
	h := newTestHall(t, "hall.yaml")
	plan := h.s.Plan
	hub := Source{Role: RoleHub}
	d1 := Source{Role: RoleDevice, Kind: protocol.KindDispenser, Device: "d1"}
	day := h.clock("07:00")
	var first, size int
	for n := range 30 {
		day = day.AddDate(0, 0, 1)
		h.date = day.Format(time.DateOnly)
		if _, err := h.do(Command{From: hub, Request: protocol.Request{Do: DayOpen}, Plan: &plan, Day: h.date}, day); err != nil {
			t.Fatal(err)
		}
		spool := protocol.Request{Do: protocol.SpoolSync, Spool: []protocol.SpooledTicket{
			{Number: "Y001", Service: "tax", Day: h.date}, {Number: "Q001", Service: "tax", Day: h.date},
			{Number: "Y002", Service: "tax", Day: "2999-01-01"},
		}}
		if _, err := h.do(Command{From: d1, Request: spool}, day.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if n == 10 {
			first = len(h.s.Left)
		}
		size = len(snapshot(t, h.s))
	}
	if got := len(h.s.Left); got != first || got > 2*(leftDays+1)+2 {
		t.Errorf("settled offline numbers: %d after 10 days, %d after 30", first, got)
	}
	if size > 20_000 {
		t.Errorf("the snapshot of a nearly empty hall has %d bytes", size)
	}
}

func FuzzDecodeEvent(f *testing.F) {
	for _, line := range readLines(f) {
		f.Add(line.Kind, []byte(line.Body))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		e, err := DecodeEvent(kind, body)
		if err != nil {
			return
		}
		once, err := EncodeEvent(e)
		if err != nil {
			t.Skip(err) // a year of five digits decodes nowhere else
		}
		again, err := DecodeEvent(kind, once)
		if err != nil {
			t.Fatalf("%s does not decode again: %v", once, err)
		}
		twice, err := EncodeEvent(again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s is written again as %s, %v", once, twice, err)
		}
	})
}
