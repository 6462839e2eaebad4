// Package learn makes of a hall's days what its forecasts need: how long services take,
// how fast clerks are, what cover costs, who does not come, when people come, when windows
// are at work.
//
// It is pure and works once a night: [From] takes the day's tickets and the figures of
// the nights before and returns the new ones, which the hall writes into its journal.
// Older days count less every night, so the figures follow a hall that changes and never
// grow. [Of] reads them: each is held to its prior, an expectation that counts like so
// many observations, so that few observations say little. Nothing learned leaves the
// hall, and a manager may reset each figure.
//
// A service of service s by clerk c is lognormal (Brown et al., JASA 100 (2005) 36-50):
//
//	ln(seconds) = service(s) + clerk(c) + cover, when c works for a partner, + chance
//
// The three are found together by a few rounds of one after the other. An observation
// that is far out, such as a key that was forgotten over lunch, is drawn in to the edge
// of what is usual. Arithmetic is done on whole millionths in an order that does not
// depend on the order of the tickets.
package learn

import (
	"cmp"
	"math"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Priors: what is expected before anything is known, and how many observations that
// counts like.
const (
	priorTime   = 5  // the plan's typical time of a service
	priorUntold = 1  // usualTime, when the plan has none
	priorSpread = 20 // usualCV
	priorClerk  = 25 // a clerk is as fast as any other
	priorCover  = 30 // usualCover
	priorNoShow = 50 // usualNoShow
	priorGaveUp = 2  // usualGaveUp
	priorGreen  = 40 // usualGreen

	usualTime   = 600.0 // s
	usualCV     = 0.75  // standard deviation over mean of service times
	usualCover  = 1.15  // times as long at a post that covers
	usualNoShow = 0.06  // of the numbers called
	usualGaveUp = 50.0  // s until a clerk gives up
	usualGreen  = 0.05  // of the tickets
)

const (
	keep     = 94              // % that a night leaves of the days before: half after 11 days at work
	rounds   = 12              // of the fit; more change nothing in the third digit
	far      = 3.0             // standard deviations at which an observation is far out
	shortest = 2 * time.Second // of a service: keys pressed one after another teach nothing
	least    = 1000            // thousandths: what has faded below one observation is dropped
	million  = 1e6             // a Tally's sums are in millionths
	slotTime = 24 * time.Hour / queue.HalfHours
)

// Line is one ticket of a day as it ended.
type Line struct {
	Service protocol.ServiceID
	Clerk   protocol.ClerkID
	Slot    int           // half hour of the day in which it came
	Green   bool          // of the green channel
	Covered bool          // served at a post that worked for its partner
	Served  time.Duration // 0: no service that tells anything
	Arrived bool          // came to a window at last
	Misses  int           // times that it was called and did not come
	GaveUp  time.Duration // from the last call until the clerk gave up, 0 when it came
}

// Lines returns the day's tickets of a hall, in the order of their ids.
func Lines(s *queue.State) []Line {
	ids := make([]protocol.TicketID, 0, len(s.Tickets))
	for id := range s.Tickets {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	zone, err := time.LoadLocation(s.Plan.Zone)
	if err != nil {
		zone = time.UTC
	}
	lines := make([]Line, 0, len(ids))
	for _, id := range ids {
		t := s.Tickets[id]
		l := Line{
			Service: t.Service, Clerk: t.Clerk, Slot: Slot(t.IssuedAt.In(zone)), Green: t.Class == protocol.Green,
			Covered: t.For != "", Arrived: !t.ArrivedAt.IsZero(), Misses: t.Misses,
		}
		if t.ServedToEnd() {
			l.Served = time.Duration(t.Served)
		}
		if t.Stage == protocol.NoShow {
			l.GaveUp = t.Since.Sub(t.ServeFrom)
		}
		lines = append(lines, l)
	}
	return lines
}

// Slot returns the half hour of the day of a local time, from 0.
func Slot(at time.Time) int { return at.Hour()*2 + at.Minute()/30 }

// cell are the services of one kind by one clerk, in millionths.
type cell struct {
	service protocol.ServiceID
	clerk   protocol.ClerkID
	covered bool
	n       int64
	sum     int64
	squares float64
}

// From returns what the day's lines teach beside the figures of the days before, which
// may be nil, but for the hours of windows, which [AddHours] adds. Services, clerks and windows
// that the plan does not have are dropped.
func From(lines []Line, prior *queue.Figures, p *queue.Plan, day string) queue.Figures {
	f := faded(prior, p)
	f.Version, f.Day = f.Version+1, day
	before := Of(prior, p)
	cells := gather(lines, before)
	after := before
	for range rounds {
		today := add(f, cells, after, day)
		after = Of(&today, p)
	}
	f = add(f, cells, after, day)
	count(&f, lines, p, day)
	return f
}

// faded returns what the night leaves of the figures.
func faded(prior *queue.Figures, p *queue.Plan) queue.Figures {
	f := queue.Figures{
		Services: map[protocol.ServiceID]queue.ServiceFigure{}, Clerks: map[protocol.ClerkID]queue.Tally{},
		Windows: map[protocol.WindowID]queue.WindowFigure{},
	}
	if prior == nil {
		return f
	}
	f.Version = prior.Version
	for i := range p.Services {
		id := p.Services[i].ID
		old, ok := prior.Services[id]
		if !ok {
			continue
		}
		s := queue.ServiceFigure{Time: fade(old.Time), Days: old.Days * keep / 100, From: old.From}
		for _, n := range old.Arrivals {
			s.Arrivals = append(s.Arrivals, n*keep/100)
		}
		f.Services[id] = s
	}
	for i := range p.Windows {
		id := p.Windows[i].ID
		old, ok := prior.Windows[id]
		if !ok {
			continue
		}
		w := queue.WindowFigure{Days: old.Days * keep / 100, From: old.From}
		for _, n := range old.Here {
			w.Here = append(w.Here, n*keep/100)
		}
		f.Windows[id] = w
	}
	for i := range p.Clerks {
		if t := fade(prior.Clerks[p.Clerks[i].ID]); t.N >= least {
			f.Clerks[p.Clerks[i].ID] = t
		}
	}
	f.Cover, f.NoShow, f.GaveUp, f.Green = fade(prior.Cover), fade(prior.NoShow), fade(prior.GaveUp), fade(prior.Green)
	return f
}

func fade(t queue.Tally) queue.Tally {
	return queue.Tally{N: t.N * keep / 100, Sum: t.Sum * keep / 100, Squares: t.Squares * keep / 100, From: t.From}
}

// gather sums the day's services by service and clerk, and draws in what is far out.
func gather(lines []Line, b Beliefs) []cell {
	type key struct {
		service protocol.ServiceID
		clerk   protocol.ClerkID
		covered bool
	}
	found := map[key]*cell{}
	for i := range lines {
		l := &lines[i]
		if l.Served < shortest || b.plan.Service(l.Service) == nil {
			continue
		}
		k := key{l.Service, l.Clerk, l.Covered}
		c := found[k]
		if c == nil {
			c = &cell{service: k.service, clerk: k.clerk, covered: k.covered}
			found[k] = c
		}
		mu, sd := b.Service(l.Service)
		mid := mu + b.Clerk(l.Clerk) + b.cover(l.Covered)
		log := min(max(math.Log(l.Served.Seconds()), mid-far*sd), mid+far*sd)
		micro := int64(math.Round(log * million))
		c.n++
		c.sum += micro
		c.squares += math.Round(float64(micro) * float64(micro) / million)
	}
	cells := make([]cell, 0, len(found))
	for _, c := range found {
		cells = append(cells, *c)
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.clerk, b.clerk), cmp.Compare(truth(a.covered), truth(b.covered)))
	})
	return cells
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// add returns the figures with the day's services, each freed of what the beliefs say
// of the other two.
func add(f queue.Figures, cells []cell, b Beliefs, day string) queue.Figures {
	services, clerks := map[protocol.ServiceID]queue.ServiceFigure{}, map[protocol.ClerkID]queue.Tally{}
	for id, s := range f.Services {
		services[id] = s
	}
	for id, t := range f.Clerks {
		clerks[id] = t
	}
	f.Services, f.Clerks = services, clerks
	for i := range cells {
		c := &cells[i]
		mu, _ := b.Service(c.service)
		clerk, cover := b.Clerk(c.clerk), b.cover(c.covered)
		s := f.Services[c.service]
		s.Time = c.into(s.Time, clerk+cover, day)
		f.Services[c.service] = s
		if b.plan.Clerk(c.clerk) != nil {
			f.Clerks[c.clerk] = c.into(f.Clerks[c.clerk], mu+cover, day)
		}
		if c.covered {
			f.Cover = c.into(f.Cover, mu+clerk, day)
		}
	}
	return f
}

// into adds the cell's services, each less by off, to a tally.
func (c *cell) into(t queue.Tally, off float64, day string) queue.Tally {
	n, sum := float64(c.n), float64(c.sum)/million
	t.N += c.n * 1000
	t.Sum += int64(math.Round((sum - n*off) * million))
	t.Squares += int64(math.Round(c.squares + (n*off*off-2*off*sum)*million))
	return since(t, day)
}

func since(t queue.Tally, day string) queue.Tally {
	if t.From == "" {
		t.From = day
	}
	return t
}

// count adds what is counted and not measured: who came when, and who did not come.
func count(f *queue.Figures, lines []Line, p *queue.Plan, day string) {
	one := func(t *queue.Tally, n, yes int64) {
		if n > 0 {
			t.N, t.Sum = t.N+n*1000, t.Sum+yes*million
			*t = since(*t, day)
		}
	}
	for i := range p.Services {
		id := p.Services[i].ID
		s := f.Services[id]
		if len(s.Arrivals) == 0 {
			s.Arrivals = make([]int64, queue.HalfHours)
		}
		for j := range lines {
			if lines[j].Service == id {
				s.Arrivals[min(max(lines[j].Slot, 0), queue.HalfHours-1)] += 1000
			}
		}
		s.Days += 1000
		if s.From == "" {
			s.From = day
		}
		f.Services[id] = s
	}
	for i := range lines {
		l := &lines[i]
		one(&f.NoShow, int64(l.Misses)+int64(truth(l.Arrived)), int64(l.Misses))
		one(&f.Green, 1, int64(truth(l.Green)))
		if l.GaveUp > 0 {
			one(&f.GaveUp, 1, 0)
			f.GaveUp.Sum += l.GaveUp.Microseconds()
		}
	}
}
