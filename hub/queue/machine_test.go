package queue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"jiaohao/protocol"
)

// machine is a hall of any plan to which anything happens, with every rule that
// holds at all times checked after each event.
type machine struct {
	t       *rapid.T
	s       *State
	now     time.Time
	day     int
	late    bool // the hall's timer is late: ticks come with the next command
	records []Record
	sent    []timed                   // every command, in order
	answers map[string][]byte         // of the day, by request id
	greens  map[protocol.WindowID]int // green calls in a row
	passed  map[protocol.TicketID]int // how often it was passed over by the rule apq
}

// timed is a command and when it came.
type timed struct {
	c   Command
	now time.Time
}

var monday = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

func newMachine(t *rapid.T) *machine {
	m := &machine{t: t, s: New(), now: monday, answers: map[string][]byte{}, greens: map[protocol.WindowID]int{}, passed: map[protocol.TicketID]int{}}
	m.send(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: HubStart}, Epoch: 1})
	m.openDay(anyPlan(t))
	for i := range m.s.Plan.Windows {
		if rapid.Bool().Draw(t, "staffed") {
			m.send(Command{From: m.terminal(i), Request: protocol.Request{
				ID: m.newID(), Do: protocol.WindowSignOn, Clerk: m.s.Plan.Clerks[i].ID,
			}})
		}
	}
	return m
}

func (m *machine) openDay(p Plan) {
	m.day++
	day := monday.AddDate(0, 0, m.day-1).Format(time.DateOnly)
	m.send(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: DayOpen}, Plan: &p, Day: day})
}

func (m *machine) newID() protocol.RequestID {
	return protocol.RequestID(fmt.Sprintf("r%d", len(m.sent)))
}

// send decides one command, applies what comes of it, and ticks as the hall does.
func (m *machine) send(c Command) []Event {
	m.t.Helper()
	events := m.decide(c)
	if m.late {
		return events
	}
	for n := 0; ; n++ {
		due := m.s.Deadline()
		if due.IsZero() || due.After(m.now) && due.After(m.s.At) {
			return events
		}
		if n == 2 {
			m.t.Fatalf("after two ticks at %s the next is due at %s: the hall would spin", m.now, due)
		}
		if len(m.decide(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: Tick}})) == 0 {
			m.t.Fatalf("a tick was due at %s and nothing came of it at %s", due, m.now)
		}
	}
}

func (m *machine) decide(c Command) []Event {
	m.t.Helper()
	m.sent = append(m.sent, timed{c, m.now})
	pure := len(m.sent)%4 == 0 // a snapshot is dear
	var before []byte
	if pure {
		before = m.snapshot()
	}
	day, at := m.s.Day, m.now
	if at.Before(m.s.At) {
		at = m.s.At
	}
	events, err := Decide(m.s, c, m.now)
	if pure && !bytes.Equal(before, m.snapshot()) {
		m.t.Fatalf("deciding %s changed the state", c.Request.Do)
	}
	var refusal *protocol.Refusal
	if err != nil && (!errors.As(err, &refusal) || len(events) > 0) {
		m.t.Fatalf("%s gave %d events and %v", c.Request.Do, len(events), err)
	}
	m.workConserving(c, refusal)
	for _, e := range events {
		m.beforeEvent(e, at)
		r := Record{Seq: m.s.Seq + 1, At: at, Event: e}
		m.records = append(m.records, r)
		m.s.Apply(r)
		if broken := m.s.Check(); broken != nil {
			m.t.Fatalf("%s: %v", c.Request.Do, broken)
		}
	}
	if m.s.Day != day && m.s.Day != "" {
		clear(m.answers)
	}
	if err == nil {
		m.sameAnswer(c)
	}
	return events
}

// sameAnswer demands the answer that the request had before, whatever it asks now.
func (m *machine) sameAnswer(c Command) {
	if c.Request.ID == "" || c.From.Role == RoleHub {
		return
	}
	out, ok := m.s.Answer(c)
	if !ok {
		m.t.Fatalf("%s %s was carried out and has no answer", c.Request.Do, c.Request.ID)
	}
	got, err := json.Marshal(struct {
		Outcome
		Merged []protocol.MergedTicket
	}{out, out.Merged})
	if err != nil {
		m.t.Fatal(err)
	}
	key := answerKey(c.From.Device, c.Request.ID)
	if old := m.answers[key]; old != nil && !bytes.Equal(old, got) {
		m.t.Fatalf("%s %s was answered %s and now %s", c.Request.Do, key, old, got)
	}
	m.answers[key] = got
}

// workConserving demands that nobody_waiting is true: no line of the window's own
// services, nor its own tickets, nor those of a post it covers for, hold anybody.
func (m *machine) workConserving(c Command, refusal *protocol.Refusal) {
	if refusal == nil || refusal.Code != protocol.NobodyWaiting {
		return
	}
	w := c.From.Window
	if w == "" {
		w = c.Request.Window
	}
	if m.s.Plan.rule() != RuleFIFO {
		m.nobodyByRule(w)
		return
	}
	services := slices.Clone(m.s.Plan.Window(w).Primary)
	for _, cover := range m.s.Covers {
		back := cover.Cause == CoverAway && m.s.Posts[cover.For].Status == protocol.Open
		if cover.Window == w && !back {
			services = append(services, m.s.Plan.coverRule(m.pair(w, cover.For), w, cover.For).services...)
		}
	}
	for id, t := range m.s.Tickets {
		mine := t.Only == "" && slices.Contains(services, t.Service) || t.Only == w
		if t.Stage == protocol.Waiting && mine {
			m.t.Fatalf("window %s was told that nobody waits, and %s does", w, id)
		}
	}
}

func (m *machine) pair(a, b protocol.WindowID) *Pair {
	for i := range m.s.Plan.Pairs {
		p := &m.s.Plan.Pairs[i]
		if p.A == a && p.B == b || p.A == b && p.B == a {
			return p
		}
	}
	m.t.Fatalf("windows %s and %s are no pair", a, b)
	return nil
}

// beforeEvent looks at an event against the state that it was decided on.
func (m *machine) beforeEvent(e Event, at time.Time) {
	switch e := e.(type) {
	case *Issued:
		m.uniqueNumber(e)
		if e.IssuedAt.Before(m.s.OpenedAt) || e.IssuedAt.After(at) {
			m.t.Fatalf("%s was issued at %s, the day opened at %s and now is %s", e.Number, e.IssuedAt, m.s.OpenedAt, at)
		}
	case *Called:
		m.fairCall(e, at)
		m.calledByRule(e, at)
	case *CoverStarted:
		m.coverStarts(e, at)
	case *CoverEnded:
		m.coverEnds(e, at)
	case *Undone:
		m.greens[e.Window] = 0 // counted anew from the state's own count
		if u := m.s.Posts[e.Window].Undo; u != nil {
			m.greens[e.Window] = u.Post.Greens
			for _, id := range u.Passed {
				m.passed[id]--
			}
		}
	case *SignedOff:
		m.greens[e.Window] = 0
	case *DayClosed:
		clear(m.greens)
		clear(m.passed)
	}
}

func (m *machine) uniqueNumber(e *Issued) {
	for _, t := range m.s.Tickets {
		if t.Number == e.Number || t.ID == e.Ticket {
			m.t.Fatalf("number %s is issued a second time, as %s after %s", e.Number, e.Ticket, t.ID)
		}
	}
	if svc := m.s.Plan.Service(e.Service); !e.Offline && e.Number != fmt.Sprintf("%s%03d", svc.Prefix, e.N) {
		m.t.Fatalf("service %s gave number %s, its prefix is %s", e.Service, e.Number, svc.Prefix)
	}
}

// fairCall demands of a call by rule that nobody of the same service and class
// stood before, and that greens in a row keep to the limit.
func (m *machine) fairCall(e *Called, at time.Time) {
	t := m.s.Tickets[e.Ticket]
	if post := m.s.Posts[e.Window]; post.Ticket != "" || post.Status == protocol.Paused || post.Status == protocol.Closed {
		m.t.Fatalf("window %s is %s with %q and calls %s", e.Window, post.Status, post.Ticket, e.Ticket)
	}
	if e.Why.Rule == "chosen" {
		if t.Class != protocol.Green {
			m.greens[e.Window] = 0
		}
		return
	}
	if t.Stage != protocol.Waiting || t.Only != "" && t.Only != e.Window && m.s.Posts[t.Only].Status == protocol.Open {
		m.t.Fatalf("window %s calls %s, which is %s and of window %q only", e.Window, t.ID, t.Stage, t.Only)
	}
	regularWaits := false
	for _, id := range m.lines(e.Window) {
		other := m.s.Tickets[id]
		if other.Class != protocol.Green {
			regularWaits = true
		}
		same := other.Service == t.Service && other.Only == t.Only && (other.Class == protocol.Green) == (t.Class == protocol.Green)
		if same && other.Place.Before(t.Place) {
			m.t.Fatalf("window %s calls %s before %s, which stood before it", e.Window, t.ID, id)
		}
	}
	counts := m.s.Plan.rule() == RuleFIFO || m.s.Plan.rule() == RuleAPQ // the peers' rules know no such limit
	if t.Class != protocol.Green {
		m.greens[e.Window] = 0
		return
	}
	m.greens[e.Window]++
	if most := m.s.Plan.Classes.greenInRow(); counts && regularWaits && m.greens[e.Window] > most {
		m.t.Fatalf("window %s calls %d green numbers in a row while a regular waits, at most %d", e.Window, m.greens[e.Window], most)
	}
}

// lines are the tickets that a window may call.
func (m *machine) lines(w protocol.WindowID) []protocol.TicketID {
	var all []protocol.TicketID
	for _, l := range m.s.callable(w, m.now) {
		all = append(all, m.s.Lines[l.key]...)
	}
	return all
}

func (m *machine) snapshot() []byte {
	m.t.Helper()
	b, err := m.s.Snapshot()
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}
