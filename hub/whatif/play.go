package whatif

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

const (
	// stayUsual is how long somebody stays whose service nobody had that day.
	stayUsual = 5 * time.Minute
	// stepsMax bounds a play: ten times the events of the largest hall's day.
	stepsMax = 1_000_000
	// askEvery is how often the context is asked whether to go on, in steps.
	askEvery = 256
)

// Played is what became of a day's people.
type Played struct {
	Plan    queue.Plan
	People  []Seen // as in the day
	Refused int    // who got no ticket
	End     time.Time
	Busy    map[protocol.WindowID]time.Duration
	Staffed map[protocol.WindowID]time.Duration
}

// Seen is what became of one person.
type Seen struct {
	Service protocol.ServiceID
	Class   protocol.Class
	Came    time.Time
	Called  time.Time // zero: never
	Window  protocol.WindowID
	Covered bool
	GaveUp  bool
	Refused bool // got no ticket
}

// Recorded is the day as it was, to compare with.
func (d *Day) Recorded() *Played {
	p := &Played{Plan: d.Plan, End: d.To, Busy: map[protocol.WindowID]time.Duration{}, Staffed: staffed(d.Shifts)}
	for i := range d.People {
		who := &d.People[i]
		p.People = append(p.People, Seen{Service: who.Service, Class: who.Class, Came: who.Came,
			Called: who.CalledAt, Window: who.Window, Covered: who.Covered, GaveUp: who.GaveUp > 0})
		for _, v := range who.Visits {
			p.Busy[who.Window] += v.Stay
		}
	}
	return p
}

func staffed(shifts []Shift) map[protocol.WindowID]time.Duration {
	sum := map[protocol.WindowID]time.Duration{}
	for _, s := range shifts {
		sum[s.Window] += s.To.Sub(s.From)
	}
	return sum
}

// Play lets the day's people come again under plan, with the windows staffed as shifts
// say. It is deterministic. The error is that of ctx, or names what of plan or
// shifts cannot be.
func Play(ctx context.Context, d *Day, plan queue.Plan, shifts []Shift) (*Played, error) {
	plan.Clerks = nil // one for each window, so that shifts may overlap as they like
	for i := range plan.Windows {
		plan.Clerks = append(plan.Clerks, queue.Clerk{ID: clerkOf(plan.Windows[i].ID), Name: plan.Windows[i].Name, PIN: noPIN})
	}
	if err := plan.Check(); err != nil {
		return nil, fmt.Errorf("whatif: plan: %w", err)
	}
	h := &play{day: d, state: queue.New(), ids: map[protocol.TicketID]int{}, moved: map[protocol.TicketID]int{}, windows: map[protocol.WindowID]*window{}, usual: usualStays(d), end: d.To}
	h.out = &Played{Plan: plan, People: make([]Seen, len(d.People)), Busy: map[protocol.WindowID]time.Duration{}, Staffed: map[protocol.WindowID]time.Duration{}}
	open := byHub(protocol.Request{Do: queue.DayOpen})
	open.Plan, open.Day = &plan, d.Date
	if _, err := h.decide(open, d.From); err != nil {
		return nil, fmt.Errorf("whatif: open the day: %w", err)
	}
	for i := range plan.Windows {
		h.windows[plan.Windows[i].ID] = &window{id: plan.Windows[i].ID, primary: plan.Windows[i].Primary}
	}
	for i := range d.People {
		if d.People[i].Came.After(h.end) {
			h.end = d.People[i].Came
		}
		h.at(d.People[i].Came, stepCome, func(at time.Time) error { return h.come(i, at) })
	}
	for _, s := range shifts {
		w := h.windows[s.Window]
		if w == nil {
			return nil, fmt.Errorf("whatif: a shift is at window %q, which the plan does not have", s.Window)
		}
		if s.To.After(h.end) {
			h.end = s.To
		}
		h.at(s.From, stepStaff, func(at time.Time) error { return h.staff(w, true, at) })
		h.at(s.calls(), stepStaff, func(at time.Time) error { return h.staff(w, false, at) })
	}
	if err := h.run(ctx); err != nil {
		return nil, err
	}
	return h.out, nil
}

// noPIN is the form of a PIN's hash that no PIN has: nobody signs on by it here.
const noPIN = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func clerkOf(w protocol.WindowID) protocol.ClerkID { return protocol.ClerkID(w) }

// usualStays is the mean stay by service, for who was never served.
func usualStays(d *Day) map[protocol.ServiceID]time.Duration {
	sum, n := map[protocol.ServiceID]time.Duration{}, map[protocol.ServiceID]time.Duration{}
	for i := range d.People {
		for _, v := range d.People[i].Visits {
			if !v.NoShow {
				sum[d.People[i].Service] += v.Stay
				n[d.People[i].Service]++
			}
		}
	}
	for s := range sum {
		sum[s] /= n[s]
	}
	return sum
}

// play is a day being played.
type play struct {
	day     *Day
	state   *queue.State
	out     *Played
	usual   map[protocol.ServiceID]time.Duration
	ids     map[protocol.TicketID]int // index of the person
	moved   map[protocol.TicketID]int // how often it was transferred
	windows map[protocol.WindowID]*window
	steps   steps
	seq     int
	end     time.Time // of the day, or of the last shift
	due     time.Time // of the engine's own next step, if it stands among the steps
}

type window struct {
	id      protocol.WindowID
	primary []protocol.ServiceID
	on      bool
	busy    bool
	since   time.Time // staffed; zero: it is not
	ready   time.Time // when it is free; also orders the free ones
}

// The order of steps at one instant: who ends frees a window before others come.
const (
	stepDone = iota
	stepEngine
	stepStaff
	stepLeave
	stepCome
	stepReady
)

type step struct {
	at   time.Time
	kind int
	seq  int
	do   func(at time.Time) error
}

type steps []step

func (s steps) Len() int      { return len(s) }
func (s steps) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s steps) Less(i, j int) bool {
	a, b := &s[i], &s[j]
	if c := a.at.Compare(b.at); c != 0 {
		return c < 0
	}
	if a.kind != b.kind {
		return a.kind < b.kind
	}
	return a.seq < b.seq
}
func (s *steps) Push(x any) { *s = append(*s, x.(step)) }
func (s *steps) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

func (h *play) at(at time.Time, kind int, do func(time.Time) error) {
	h.seq++
	heap.Push(&h.steps, step{at, kind, h.seq, do})
}

func (h *play) run(ctx context.Context) error {
	for n := 0; len(h.steps) > 0; n++ {
		if n%askEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if n > stepsMax {
			return fmt.Errorf("whatif: the day does not end after %d steps", stepsMax)
		}
		s := heap.Pop(&h.steps).(step)
		if s.at.After(h.end) {
			break // whoever is still here has been called, or never will be
		}
		if err := s.do(s.at); err != nil {
			return fmt.Errorf("whatif: at %s: %w", s.at.Format("15:04:05"), err)
		}
		if err := h.callAll(s.at); err != nil {
			return fmt.Errorf("whatif: at %s: %w", s.at.Format("15:04:05"), err)
		}
		if due := h.state.Deadline(); !due.IsZero() && !due.Equal(h.due) && due.Before(h.day.To) {
			h.due = due
			h.at(due, stepEngine, h.tick)
		}
	}
	h.out.End = h.end
	for _, w := range h.windows {
		h.unstaffed(w, h.end)
	}
	return nil
}

func (h *play) tick(at time.Time) error {
	h.due = time.Time{}
	_, err := h.decide(byHub(protocol.Request{Do: queue.Tick}), at)
	return err
}

// byHub is a command of the hub itself.
func byHub(r protocol.Request) queue.Command {
	return queue.Command{From: queue.Source{Role: queue.RoleHub}, Request: r}
}

// decide carries out a command. A refusal is returned as it is.
func (h *play) decide(c queue.Command, at time.Time) ([]queue.Event, error) {
	events, err := queue.Decide(h.state, c, at)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		h.state.Apply(queue.Record{Seq: h.state.Seq + 1, At: at, Event: e})
	}
	return events, nil
}

// manage carries out what a manager may always do; reasons are for leaving a post.
func (h *play) manage(do protocol.Action, r protocol.Request, at time.Time) ([]queue.Event, error) {
	r.Do, r.Reason = do, "roster"
	return h.decide(queue.Command{From: queue.Source{Role: queue.RoleManager, Person: "whatif"}, Request: r}, at)
}

// come issues the ticket of person i, and lets them go again when they had enough.
func (h *play) come(i int, at time.Time) error {
	who := &h.day.People[i]
	h.out.People[i] = Seen{Service: who.Service, Class: who.Class, Came: who.Came}
	r := protocol.Request{Do: protocol.TicketIssue, Service: who.Service, Class: who.Class, GrantedBy: who.Granted, AppointmentMS: who.Due.Milliseconds()}
	events, err := h.decide(byHub(r), at)
	var refusal *protocol.Refusal
	if errors.As(err, &refusal) {
		h.out.Refused++
		h.out.People[i].Refused = true
		return nil
	}
	if err != nil {
		return err
	}
	id := events[0].(*queue.Issued).Ticket
	h.ids[id] = i
	if who.GaveUp > 0 {
		h.at(at.Add(who.GaveUp), stepLeave, func(at time.Time) error { return h.giveUp(id, at) })
	}
	return nil
}

func (h *play) giveUp(id protocol.TicketID, at time.Time) error {
	if t := h.state.Tickets[id]; t == nil || t.Stage != protocol.Waiting {
		return nil
	}
	h.out.People[h.ids[id]].GaveUp = true
	_, err := h.manage(protocol.TicketCancel, protocol.Request{Ticket: id}, at)
	return err
}

// unstaffed counts the time in which a window was staffed, which is longer than its shift when it
// served somebody at the end.
func (h *play) unstaffed(w *window, at time.Time) {
	if !w.since.IsZero() {
		h.out.Staffed[w.id] += at.Sub(w.since)
		w.since = time.Time{}
	}
}

// staff opens or leaves a post; one that is busy leaves when it is free.
func (h *play) staff(w *window, on bool, at time.Time) error {
	w.on = on
	post := h.state.Posts[w.id]
	if on && w.since.IsZero() {
		w.since = at
		w.ready = at.Add(h.day.settling(w.id))
		h.at(w.ready, stepReady, func(time.Time) error { return nil })
	}
	var err error
	switch {
	case on && post.Status == protocol.Closed:
		_, err = h.manage(protocol.WindowSignOn, protocol.Request{Window: w.id, Clerk: clerkOf(w.id)}, at)
	case on && post.Status == protocol.Paused:
		_, err = h.manage(protocol.WindowUnpause, protocol.Request{Window: w.id}, at)
	case !on && !w.busy && post.Status == protocol.Open:
		h.unstaffed(w, at)
		_, err = h.manage(protocol.WindowPause, protocol.Request{Window: w.id}, at)
	}
	return err
}

// callAll lets every free window call, those whose own people wait first, then the
// one that has been free for longest.
func (h *play) callAll(at time.Time) error {
	var free []*window
	for i := range h.out.Plan.Windows {
		if w := h.windows[h.out.Plan.Windows[i].ID]; w.on && !w.busy && !w.ready.After(at) {
			free = append(free, w)
		}
	}
	own := func(w *window) int {
		for _, s := range w.primary {
			if len(h.state.Lines[s]) > 0 {
				return 0
			}
		}
		return 1
	}
	slices.SortStableFunc(free, func(a, b *window) int {
		if c := own(a) - own(b); c != 0 {
			return c
		}
		return a.ready.Compare(b.ready)
	})
	for _, w := range free {
		if err := h.call(w, at); err != nil {
			return err
		}
	}
	return nil
}

func (h *play) call(w *window, at time.Time) error {
	events, err := h.manage(protocol.WindowCallNext, protocol.Request{Window: w.id}, at)
	var refusal *protocol.Refusal
	if errors.As(err, &refusal) && (refusal.Code == protocol.NobodyWaiting || refusal.Code == protocol.WindowClosed || refusal.Code == protocol.WindowPaused) {
		return nil
	}
	if err != nil {
		return err
	}
	i := slices.IndexFunc(events, func(e queue.Event) bool { _, ok := e.(*queue.Called); return ok })
	if i < 0 {
		return errors.New("a call gave no ticket at window " + strconv.Quote(string(w.id)))
	}
	e := events[i].(*queue.Called)
	who := h.ids[e.Ticket]
	if seen := &h.out.People[who]; seen.Called.IsZero() {
		seen.Called, seen.Window, seen.Covered = at, w.id, e.For != ""
	}
	visit := h.visit(who, e.Ticket)
	w.busy = true
	h.out.Busy[w.id] += min(visit.Stay, h.end.Sub(at))
	h.at(at.Add(visit.Stay), stepDone, func(at time.Time) error { return h.done(w, e.Ticket, visit, at) })
	return nil
}

// visit is the next stay of a person: as it was, or the usual one. Who gave up in truth
// and is served here stays as long as is usual.
func (h *play) visit(i int, id protocol.TicketID) Visit {
	who := &h.day.People[i]
	n := h.visits(id)
	if n < len(who.Visits) {
		return who.Visits[n]
	}
	stay, ok := h.usual[h.state.Tickets[id].Service]
	if !ok {
		stay = stayUsual
	}
	return Visit{Stay: stay}
}

// visits is how many stays of a ticket have ended: each no-show or transfer was one.
func (h *play) visits(id protocol.TicketID) int {
	t := h.state.Tickets[id]
	return t.Misses + h.moved[id]
}

func (h *play) done(w *window, id protocol.TicketID, v Visit, at time.Time) error {
	var err error
	switch {
	case v.NoShow:
		_, err = h.manage(protocol.WindowNoShow, protocol.Request{Window: w.id}, at)
		if err == nil && v.Back > 0 {
			h.at(at.Add(v.Back), stepLeave, func(at time.Time) error { return h.back(id, at) })
		}
	case v.To != "":
		h.moved[id]++
		_, err = h.manage(protocol.WindowTransfer, protocol.Request{Window: w.id, Service: v.To, ToWindow: v.Window}, at)
		var refusal *protocol.Refusal
		if errors.As(err, &refusal) { // the other plan has no such way: the visit ends here
			_, err = h.manage(protocol.WindowFinish, protocol.Request{Window: w.id}, at)
		}
	default:
		_, err = h.manage(protocol.WindowFinish, protocol.Request{Window: w.id}, at)
	}
	if err != nil {
		return err
	}
	w.busy, w.ready = false, at.Add(h.day.Turnover)
	if !w.on {
		return h.staff(w, false, at)
	}
	h.at(w.ready, stepReady, func(time.Time) error { return nil })
	return nil
}

// back lets a missed number come back. A refusal leaves it missed.
func (h *play) back(id protocol.TicketID, at time.Time) error {
	_, err := h.manage(protocol.TicketReactivate, protocol.Request{Ticket: id}, at)
	var refusal *protocol.Refusal
	if errors.As(err, &refusal) {
		return nil
	}
	return err
}
