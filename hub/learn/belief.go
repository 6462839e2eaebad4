package learn

import (
	"math"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Beliefs are what learned figures say of a hall, each held to its prior.
type Beliefs struct {
	figures *queue.Figures
	plan    *queue.Plan
	middle  float64 // of the clerks, who are fast and slow beside each other alone
}

// Of reads figures for a plan. Without figures (nil) all beliefs are their priors.
func Of(f *queue.Figures, p *queue.Plan) Beliefs {
	if f == nil {
		f = &queue.Figures{}
	}
	b := Beliefs{figures: f, plan: p}
	n := 0.0
	for i := range p.Clerks {
		t := f.Clerks[p.Clerks[i].ID]
		b.middle += observed(t) * held(t, priorClerk, 0)
		n += observed(t)
	}
	if n > 0 {
		b.middle /= n
	}
	return b
}

// Version is how many nights have taught; 0 before the first.
func (b Beliefs) Version() int { return b.figures.Version }

// spread is the variance of ln(s) that is usual.
func spread() float64 { return math.Log(1 + usualCV*usualCV) }

// typical returns the mean of a service in s that the plan tells, and what it counts.
func (b Beliefs) typical(id protocol.ServiceID) (mean, weight float64) {
	if s := b.plan.Service(id); s != nil && s.Typical > 0 {
		return float64(s.Typical) / 1e9, priorTime
	}
	return usualTime, priorUntold
}

// Service returns mean and standard deviation of ln(s) of a service by a usual clerk at
// its own window.
func (b Beliefs) Service(id protocol.ServiceID) (mu, sd float64) {
	mean, weight := b.typical(id)
	t := b.figures.Services[id].Time
	n, sum, squares := observed(t), float64(t.Sum)/million, float64(t.Squares)/million
	mu = (sum + weight*(math.Log(mean)-spread()/2)) / (n + weight)
	off := max(0, squares-2*mu*sum+n*mu*mu)
	return mu, math.Sqrt((off + priorSpread*spread()) / (n + priorSpread))
}

// Mean returns the mean time of a service in s.
func (b Beliefs) Mean(id protocol.ServiceID) float64 {
	mu, sd := b.Service(id)
	return math.Exp(mu + sd*sd/2)
}

// Clerk returns ln of how many times as long as usual a clerk needs.
func (b Beliefs) Clerk(id protocol.ClerkID) float64 {
	t, known := b.figures.Clerks[id]
	if !known || t.N == 0 {
		return 0
	}
	return held(t, priorClerk, 0) - b.middle
}

// Cover returns ln of how many times as long a service takes at a post that covers.
func (b Beliefs) Cover() float64 { return held(b.figures.Cover, priorCover, math.Log(usualCover)) }

func (b Beliefs) cover(covered bool) float64 {
	if covered {
		return b.Cover()
	}
	return 0
}

// NoShow returns the share of the numbers called that do not come, and the s that each
// of them costs a window.
func (b Beliefs) NoShow() (share, cost float64) {
	return held(b.figures.NoShow, priorNoShow, usualNoShow), held(b.figures.GaveUp, priorGaveUp, usualGaveUp)
}

// Green returns the share of tickets of the green channel.
func (b Beliefs) Green() float64 { return held(b.figures.Green, priorGreen, usualGreen) }

// Arrivals returns the tickets of a service in each half hour of a usual day, and how
// many days that stands on; nil and 0 when nothing is known.
func (b Beliefs) Arrivals(id protocol.ServiceID) (perSlot []float64, days float64) {
	s := b.figures.Services[id]
	if s.Days < least/2 {
		return nil, 0
	}
	perSlot = make([]float64, queue.HalfHours)
	for i, n := range s.Arrivals {
		perSlot[i] = float64(n) / float64(s.Days)
	}
	return perSlot, float64(s.Days) / 1000
}

// held returns a tally's mean, held to a prior that counts like so many observations.
func held(t queue.Tally, weight, prior float64) float64 {
	return (float64(t.Sum)/million + weight*prior) / (observed(t) + weight)
}

func observed(t queue.Tally) float64 { return float64(t.N) / 1000 }

// Unit says what the values of a figure are.
type Unit string

// The units of figures.
const (
	Seconds Unit = "seconds"
	Times   Unit = "times" // as long as usual
	Share   Unit = "share"
	PerDay  Unit = "per_day"
	Hours   Unit = "hours" // a day
)

// Figure is one learned figure as a manager sees it.
type Figure struct {
	Key    string  `json:"key"` // as queue.FigureKey writes it
	Kind   string  `json:"kind"`
	ID     string  `json:"id,omitempty"` // service, clerk or window
	Unit   Unit    `json:"unit"`
	Prior  float64 `json:"prior"`  // expected before anything was known
	Weight float64 `json:"weight"` // observations that the prior counts like
	Value  float64 `json:"value"`  // believed now
	Count  float64 `json:"count"`  // observations behind it; older ones count less
	Since  string  `json:"since,omitempty"`
	Hours  string  `json:"hours,omitempty"` // at which a window is usually at work: "8:30–11:45, 12:30–17:00"
}

// List returns every figure in the plan's order: services, clerks and windows of
// whom something is known, then those of the whole hall.
func (b Beliefs) List() []Figure {
	var all []Figure
	add := func(kind, id string, unit Unit, prior, weight, value, count float64, from string) {
		all = append(all, Figure{queue.FigureKey(kind, id), kind, id, unit, prior, weight, value, count, from, ""})
	}
	for i := range b.plan.Services {
		id := b.plan.Services[i].ID
		s := b.figures.Services[id]
		mean, weight := b.typical(id)
		add(queue.FigureTime, string(id), Seconds, mean, weight, b.Mean(id), observed(s.Time), s.Time.From)
	}
	for i := range b.plan.Services {
		id := b.plan.Services[i].ID
		total := 0.0
		perSlot, days := b.Arrivals(id)
		for _, n := range perSlot {
			total += n
		}
		add(queue.FigureArrivals, string(id), PerDay, 0, 0, total, days, b.figures.Services[id].From)
	}
	for i := range b.plan.Clerks {
		id := b.plan.Clerks[i].ID
		if t := b.figures.Clerks[id]; t.N > 0 {
			add(queue.FigureClerk, string(id), Times, 1, priorClerk, math.Exp(b.Clerk(id)), observed(t), t.From)
		}
	}
	for i := range b.plan.Windows {
		id := b.plan.Windows[i].ID
		if w := b.figures.Windows[id]; w.Days > 0 {
			text, n := b.hours(id)
			add(queue.FigureHours, string(id), Hours, 0, 0, n, float64(w.Days)/1000, w.From)
			all[len(all)-1].Hours = text
		}
	}
	share, _ := b.NoShow()
	add(queue.FigureCover, "", Times, usualCover, priorCover, math.Exp(b.Cover()), observed(b.figures.Cover), b.figures.Cover.From)
	add(queue.FigureNoShow, "", Share, usualNoShow, priorNoShow, share, observed(b.figures.NoShow), b.figures.NoShow.From)
	add(queue.FigureGreen, "", Share, usualGreen, priorGreen, b.Green(), observed(b.figures.Green), b.figures.Green.From)
	return all
}
