package study

import (
	"fmt"
	"math"
	"slices"
	"time"

	"jiaohao/hub/forecast"
	"jiaohao/hub/queue"
	"jiaohao/hub/replay"
	"jiaohao/protocol"
)

// Names of the estimators that are compared.
const (
	Ours      = "forecast"      // our forward simulation
	QueueLen  = "queue length"  // QL: (ahead + 1) × mean / windows
	HeadAge   = "head of line"  // HOL: how long the first in line has waited
	LastEnter = "last to enter" // LES: how long the last one called had waited
	Published = "published"     // what the city published
)

// Error is how far an estimator was off, in min over all who were estimated, and over
// those who waited over half a minute.
type Error struct {
	Name    string  `json:"name"`
	N       int     `json:"n"`
	MAE     float64 `json:"mae_min"`
	Delayed int     `json:"delayed"`
	LateMAE float64 `json:"mae_delayed_min"`
	Covered float64 `json:"covered,omitempty"` // percent of the delayed within the 80 % interval, of ours
}

const (
	delayed  = 30               // s of the shortest wait that counts as one
	notThere = 10 * time.Second // idle for so long while somebody waits

	usualPause = 10 * time.Minute // until the hall has its own

	nearPromise = 5 * time.Minute // promises below, between and above these are calibrated by themselves
	farPromise  = 20 * time.Minute
)

// follower plays the records of one hall through the engine, call by call.
type follower struct {
	plan    queue.Plan
	state   *queue.State
	model   forecast.Model
	honest  [3]forecast.Calibration // near, middle, far, as a hall keeps them
	told    map[protocol.TicketID]told
	errors  map[string]*Error
	skip    bool // teaches only
	blind   bool // what happens teaches nothing
	inside  int  // of the delayed, waits within our interval
	city    City
	day     *replay.Day
	zero    time.Time
	tickets []protocol.TicketID                     // by visit
	windows map[protocol.WindowID]protocol.WindowID // of the day's record to the plan's
	entered map[protocol.ServiceID]float64          // by line: how long the last one called had waited, s
	paused  map[protocol.WindowID]time.Time         // and since when nobody is there
	away    time.Duration                           // that was so, in all
	returns int
	freed   map[protocol.WindowID]time.Time // when a window was free last
}

// told is an interval in s that a ticket was promised.
type told struct {
	low, high float64
	kind      int // of the calibration
}

// City returns what a hall published as the wait when a visit of a day began, in min.
type City func(day *replay.Day, visit int) (float64, bool)

// Estimates follows days of one hall in their order and returns how far each estimator
// was off. The first skip days only teach; city may be nil.
func Estimates(days []*replay.Day, city City, skip int) ([]Error, error) {
	f := &follower{state: queue.New(), errors: map[string]*Error{}, city: city}
	names := f.build(days)
	for n, day := range days {
		f.skip, f.day, f.windows = n < skip, day, names[n]
		f.zero = time.Date(2020, 1, 6+3*n, 0, 0, 0, 0, time.UTC)
		if err := f.run(); err != nil {
			return nil, fmt.Errorf("study: %s %s: %w", day.Hall, day.Date, err)
		}
	}
	return f.result(), nil
}

func (f *follower) result() []Error {
	var all []Error
	for _, name := range []string{Published, QueueLen, HeadAge, LastEnter, Ours} {
		e := f.errors[name]
		if e == nil {
			continue
		}
		e.Name, e.MAE, e.LateMAE = name, e.MAE/max(1, float64(e.N)), e.LateMAE/max(1, float64(e.Delayed))
		if name == Ours {
			e.Covered = 100 * float64(f.inside) / max(1, float64(e.Delayed))
		}
		all = append(all, *e)
	}
	return all
}

// build makes one plan of all days, so that what one taught holds for the next, and
// returns of each day which window of the plan each of its windows is.
func (f *follower) build(days []*replay.Day) []map[protocol.WindowID]protocol.WindowID {
	name := protocol.Say("名", "Name")
	f.plan = queue.Plan{Version: 1, Hall: "study", Name: name, Zone: "UTC", Rule: queue.RuleLongest}
	var all []map[protocol.WindowID]protocol.WindowID
	for _, day := range days {
		for _, svc := range day.Services {
			if f.plan.Service(svc.ID) == nil {
				f.plan.Services = append(f.plan.Services, queue.Service{ID: svc.ID, Prefix: prefix(len(f.plan.Services)), Name: name})
			}
		}
		here, count := map[protocol.WindowID]protocol.WindowID{}, map[protocol.ServiceID]int{}
		for i := range day.Posts {
			post, id := &day.Posts[i], day.Posts[i].ID
			if day.Format == "warsaw" { // numbered anew each day: the n-th of its queue
				count[post.Services[0]]++
				id = protocol.WindowID(fmt.Sprintf("%s-%d", post.Services[0], count[post.Services[0]]))
			}
			here[post.ID] = id
			if f.plan.Window(id) == nil {
				f.plan.Windows = append(f.plan.Windows, queue.Window{ID: id, Name: name, Primary: post.Services})
				f.plan.Clerks = append(f.plan.Clerks, queue.Clerk{ID: clerk(id), Name: name, PIN: "$argon2id$"})
			}
		}
		all = append(all, here)
	}
	if days[0].Format == "bank" {
		for i := range f.plan.Windows {
			f.plan.Windows[i].Primary = nil
			for _, svc := range f.plan.Services {
				f.plan.Windows[i].Primary = append(f.plan.Windows[i].Primary, svc.ID)
			}
		}
	}
	return all
}

func prefix(i int) string { return string([]byte{'A' + byte(i/26), 'A' + byte(i%26)}) }

func clerk(w protocol.WindowID) protocol.ClerkID { return protocol.ClerkID("c" + string(w)) }

// step is something that happened at a second of the record. Of one second, what ends
// comes first, then who comes, who leaves, who is called.
type step struct{ at, kind, visit int }

const (
	ends = iota
	goes // a window's day is over
	comes
	leaves
	called
)

func (f *follower) steps() []step {
	var all []step
	for i := range f.day.Visits {
		v := &f.day.Visits[i]
		all = append(all, step{v.Arrive, comes, i})
		if v.Left {
			all = append(all, step{v.Start, leaves, i})
		} else {
			all = append(all, step{v.Start, called, i}, step{max(v.End, v.Start+1), ends, i})
		}
	}
	for i := range f.day.Posts {
		on := f.day.Posts[i].On
		all = append(all, step{on[len(on)-1].To + 1, goes, i})
	}
	slices.SortStableFunc(all, func(a, b step) int {
		if a.at != b.at {
			return a.at - b.at
		}
		return a.kind - b.kind
	})
	return all
}

func (f *follower) run() error {
	f.tickets = make([]protocol.TicketID, len(f.day.Visits))
	f.entered, f.told = map[protocol.ServiceID]float64{}, map[protocol.TicketID]told{}
	f.freed, f.paused = map[protocol.WindowID]time.Time{}, map[protocol.WindowID]time.Time{}
	hub := queue.Source{Role: queue.RoleHub}
	open := queue.Command{From: hub, Request: protocol.Request{Do: queue.DayOpen}, Plan: &f.plan, Day: f.zero.Format(time.DateOnly)}
	if _, err := f.do(0, open); err != nil {
		return err
	}
	f.model.Begin(&f.state.Plan)
	last := 0
	for _, s := range f.steps() {
		if err := f.step(s); err != nil {
			return err
		}
		last = s.at
	}
	_, err := f.do(last, queue.Command{From: hub, Request: protocol.Request{Do: queue.DayClose}})
	return err
}

func (f *follower) do(at int, c queue.Command) ([]queue.Event, error) {
	if c.From.Role == "" {
		c.From = queue.Source{Role: queue.RoleManager, Person: "record"}
	}
	now := f.zero.Add(time.Duration(at) * time.Second)
	events, err := queue.Decide(f.state, c, now)
	if err != nil {
		return nil, fmt.Errorf("%s at %d s: %w", c.Request.Do, at, err)
	}
	for _, e := range events {
		r := queue.Record{Seq: f.state.Seq + 1, At: now, Event: e}
		f.state.Apply(r)
		if !f.blind {
			f.model.Observe(f.state, r)
		}
	}
	return events, nil
}

func (f *follower) step(s step) error {
	if s.kind == goes {
		w := f.windows[f.day.Posts[s.visit].ID]
		if post := f.state.Posts[w]; post.Status != protocol.Open || post.Ticket != "" {
			return nil
		}
		_, err := f.do(s.at, queue.Command{Request: protocol.Request{Do: protocol.WindowSignOff, Window: w}})
		return err
	}
	v := &f.day.Visits[s.visit]
	r := protocol.Request{Window: f.windows[v.Window], Ticket: f.tickets[s.visit], Reason: "record"}
	switch s.kind {
	case comes:
		events, err := f.do(s.at, queue.Command{Request: protocol.Request{Do: protocol.TicketIssue, Service: v.Service}})
		if err != nil {
			return err
		}
		f.tickets[s.visit] = events[0].(*queue.Issued).Ticket
		if err := f.missing(s.at, v); err != nil {
			return err
		}
		f.estimate(v, s.visit)
		return nil
	case leaves:
		r.Do, r.Window = protocol.TicketCancel, ""
	case ends:
		r.Do = protocol.WindowFinish
		f.freed[r.Window] = f.zero.Add(time.Duration(s.at) * time.Second)
		if f.state.Tickets[r.Ticket].Stage != protocol.Serving {
			return nil // a call that found the window busy took its place
		}
	case called:
		return f.call(s.at, v, r)
	}
	_, err := f.do(s.at, queue.Command{Request: r})
	return err
}

// over ends services that have lasted longer than usual when v finds nobody waiting: a
// record without ends of services has them last until the next call. They teach nothing.
func (f *follower) over(at int, v *replay.Visit) error {
	now := f.zero.Add(time.Duration(at) * time.Second)
	for i := range f.plan.Windows {
		w := &f.plan.Windows[i]
		t := f.state.Tickets[f.state.Posts[w.ID].Ticket]
		if t == nil || t.Service != v.Service || now.Sub(t.ServeFrom).Seconds() < f.state.Expected(v.Service) {
			continue
		}
		f.blind = true
		_, err := f.do(at, queue.Command{Request: protocol.Request{Do: protocol.WindowFinish, Window: w.ID}})
		f.blind = false
		if err != nil {
			return err
		}
		f.freed[w.ID] = now
	}
	return nil
}

// missing pauses windows that have stood idle while somebody waits whom they could call:
// nobody can be there. The record does not say it; whoever looks at the hall sees it.
func (f *follower) missing(at int, v *replay.Visit) error {
	if f.day.Format == "warsaw" && len(f.state.Lines[v.Service]) == 1 {
		if err := f.over(at, v); err != nil {
			return err
		}
	}
	now := f.zero.Add(time.Duration(at) * time.Second)
	longest := time.Duration(0)
	for svc, line := range f.state.Lines {
		if len(line) > 0 && f.line(svc) == f.line(v.Service) {
			longest = max(longest, now.Sub(f.state.Tickets[line[0]].IssuedAt))
		}
	}
	for i := range f.plan.Windows {
		w := &f.plan.Windows[i]
		post := f.state.Posts[w.ID]
		idle := post.Status == protocol.Open && post.Ticket == "" && slices.Contains(w.Primary, v.Service)
		if !idle || min(longest, now.Sub(f.freed[w.ID])) < notThere {
			continue
		}
		f.paused[w.ID] = now
		if _, err := f.do(at, queue.Command{Request: protocol.Request{Do: protocol.WindowPause, Window: w.ID, Reason: "record"}}); err != nil {
			return err
		}
	}
	return nil
}

// call brings a ticket to its window. Whoever is there still is done.
func (f *follower) call(at int, v *replay.Visit, r protocol.Request) error {
	f.entered[f.line(v.Service)] = float64(v.Start - v.Arrive)
	f.kept(r.Ticket, float64(v.Start-v.Arrive))
	post := f.state.Posts[r.Window]
	if post.Status == protocol.Paused {
		f.away += f.zero.Add(time.Duration(at) * time.Second).Sub(f.paused[r.Window])
		f.returns++
		if _, err := f.do(at, queue.Command{Request: protocol.Request{Do: protocol.WindowUnpause, Window: r.Window}}); err != nil {
			return err
		}
	} else if post.Status != protocol.Open {
		on := protocol.Request{Do: protocol.WindowSignOn, Window: r.Window, Clerk: clerk(r.Window)}
		if _, err := f.do(at, queue.Command{Request: on}); err != nil {
			return err
		}
	}
	if post.Ticket != "" {
		if _, err := f.do(at, queue.Command{Request: protocol.Request{Do: protocol.WindowFinish, Window: r.Window}}); err != nil {
			return err
		}
	}
	r.Do = protocol.WindowCall
	if _, err := f.do(at, queue.Command{Request: r}); err != nil {
		return err
	}
	_, err := f.do(at, queue.Command{Request: protocol.Request{Do: protocol.WindowArrived, Window: r.Window}})
	return err
}

// line is what a wait depends on: the bank's agents take all calls.
func (f *follower) line(svc protocol.ServiceID) protocol.ServiceID {
	if f.day.Format == "bank" {
		return ""
	}
	return svc
}

// estimate asks everybody how long the visit that has just come will wait, and takes how
// far off they were. Who came while nobody worked, or left, is not asked about.
func (f *follower) estimate(v *replay.Visit, visit int) {
	windows := 0.0
	for i := range f.plan.Windows {
		w := &f.plan.Windows[i]
		if f.state.Posts[w.ID].Status != protocol.Closed && slices.Contains(w.Primary, v.Service) {
			windows++
		}
	}
	if f.skip || windows == 0 || v.Left {
		return
	}
	id := f.tickets[visit]
	own, ok := f.model.Ticket(f.state, f.outlook(), id, f.state.At, forecast.Futures, f.state.Seq)
	if !ok {
		return
	}
	wait := float64(v.Start - v.Arrive)
	ahead, oldest := 0.0, 0.0
	for svc, line := range f.state.Lines {
		for _, other := range line {
			if t := f.state.Tickets[other]; other != id && f.line(svc) == f.line(v.Service) {
				ahead++
				oldest = max(oldest, f.state.At.Sub(t.IssuedAt).Seconds())
			}
		}
	}
	f.off(QueueLen, f.quickest(ahead, windows, v.Service), wait)
	f.off(HeadAge, oldest, wait)
	f.off(LastEnter, f.entered[f.line(v.Service)], wait)
	f.off(Ours, own.Quantile(0.5).Seconds(), wait)
	if f.city != nil {
		if min, told := f.city(f.day, visit); told {
			f.off(Published, 60*min, wait)
		}
	}
	if wait > delayed {
		t := f.interval(&own)
		f.told[id] = t
		if t.low <= wait && wait <= t.high {
			f.inside++
		}
	}
}

// interval is what a ticket is promised.
func (f *follower) interval(own *forecast.Wait) told {
	t := told{}
	switch mid := own.Quantile(0.5); {
	case mid > farPromise:
		t.kind = 2
	case mid > nearPromise:
		t.kind = 1
	}
	low, high := f.honest[t.kind].Levels()
	t.low, t.high = own.Quantile(low).Seconds(), own.Quantile(1-high).Seconds()
	return t
}

// kept learns at a call, as a hall does, what became of a promise.
func (f *follower) kept(id protocol.TicketID, wait float64) {
	if t, ok := f.told[id]; ok {
		f.honest[t.kind].Learn(t.low, t.high, wait)
	}
}

// outlook says of who is missing that they come back as others did, and of all that
// they stay.
func (f *follower) outlook() *forecast.Outlook {
	out := &forecast.Outlook{Shifts: map[protocol.WindowID][]forecast.Shift{}, Absence: usualPause}
	if f.returns > 0 {
		out.Absence = (5*usualPause + f.away) / time.Duration(5+f.returns)
	}
	for w := range f.paused {
		if f.state.Posts[w].Status == protocol.Paused {
			out.Shifts[w] = []forecast.Shift{{From: f.zero, To: f.zero.Add(72 * time.Hour)}}
		}
	}
	return out
}

// quickest is QL: nobody waits while a window is free.
func (f *follower) quickest(ahead, windows float64, svc protocol.ServiceID) float64 {
	busy := 0.0
	for i := range f.plan.Windows {
		w := &f.plan.Windows[i]
		if slices.Contains(w.Primary, svc) && f.state.Posts[w.ID].Ticket != "" {
			busy++
		}
	}
	if busy < windows && ahead == 0 {
		return 0
	}
	return (ahead + 1) * f.state.Expected(svc) / windows
}

func (f *follower) off(name string, estimate, wait float64) {
	e := f.errors[name]
	if e == nil {
		e = &Error{}
		f.errors[name] = e
	}
	off := math.Abs(estimate-wait) / 60
	e.N++
	e.MAE += off
	if wait > delayed {
		e.Delayed++
		e.LateMAE += off
	}
}
