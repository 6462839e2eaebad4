package whatif

import (
	"math"
	"slices"
	"time"

	"jiaohao/protocol"
)

// Slot is the length of the pieces into which a day is cut.
const Slot = 30 * time.Minute

// Figures say what a day was like. Waits are in minutes, from coming to the first call, of
// those who were called; shares are in percent.
type Figures struct {
	People  int     `json:"people"` // who got a ticket
	Called  int     `json:"called"`
	GaveUp  int     `json:"gave_up"`
	Left    int     `json:"left"`    // never called, and had not given up
	Refused int     `json:"refused"` // got no ticket
	Mean    float64 `json:"mean"`
	P50     float64 `json:"p50"`
	P95     float64 `json:"p95"`
	Max     float64 `json:"max"`
	Late    float64 `json:"late"` // over the promise of their service, of those whose service has one
	Green   float64 `json:"green"`
	Covers  float64 `json:"covers"` // called by a partner of their window
	Busy    float64 `json:"busy"`   // of the time in which windows were staffed
	Hours   float64 `json:"hours"`  // that windows were staffed, in all

	Services []ServiceFigures `json:"services"` // in the order of the plan
	Slots    []SlotFigures    `json:"slots"`    // from the first who came to the last call
}

// ServiceFigures are those of one service.
type ServiceFigures struct {
	Service protocol.ServiceID `json:"service"`
	Called  int                `json:"called"`
	Mean    float64            `json:"mean"`
	P95     float64            `json:"p95"`
	Late    float64            `json:"late"`
}

// SlotFigures are those of half an hour.
type SlotFigures struct {
	From    time.Time `json:"from"`
	Came    int       `json:"came"`
	Called  int       `json:"called"`
	Waiting int       `json:"waiting"` // at its end
	Mean    float64   `json:"mean"`    // wait of those who came in it
	P95     float64   `json:"p95"`
}

// Figures computes what became of the people.
func (p *Played) Figures() Figures {
	f := Figures{Refused: p.Refused, Left: p.Left}
	limits := map[protocol.ServiceID]float64{}
	for i := range p.Plan.Services {
		limits[p.Plan.Services[i].ID] = time.Duration(p.Plan.Services[i].Promise).Minutes()
	}
	var waits, green []float64
	services := map[protocol.ServiceID][]float64{}
	for i := range p.People {
		who := &p.People[i]
		switch {
		case who.GaveUp:
			f.GaveUp++
		case !who.Called.IsZero():
			f.Called++
			wait := max(who.Called.Sub(who.Came).Minutes(), 0)
			waits = append(waits, wait)
			services[who.Service] = append(services[who.Service], wait)
			if who.Class == protocol.Green {
				green = append(green, wait)
			}
			if who.Covered {
				f.Covers++
			}
		}
	}
	f.People = len(p.People) - p.Refused
	f.Mean, f.P50, f.P95, f.Max, f.Green = mean(waits), quantile(waits, 0.5), quantile(waits, 0.95), quantile(waits, 1), mean(green)
	f.Covers = share(f.Covers, f.Called)
	f.services(p, services, limits)
	f.staff(p)
	f.slots(p)
	return f
}

func (f *Figures) services(p *Played, waits map[protocol.ServiceID][]float64, limits map[protocol.ServiceID]float64) {
	late, judged := 0, 0
	for i := range p.Plan.Services {
		id := p.Plan.Services[i].ID
		w := waits[id]
		s := ServiceFigures{Service: id, Called: len(w), Mean: mean(w), P95: quantile(w, 0.95)}
		if limits[id] > 0 {
			n := 0
			for _, wait := range w {
				if wait > limits[id] {
					n++
				}
			}
			s.Late = share(float64(n), len(w))
			late, judged = late+n, judged+len(w)
		}
		f.Services = append(f.Services, s)
	}
	f.Late = share(float64(late), judged)
}

func (f *Figures) staff(p *Played) {
	var busy, staffed time.Duration
	for _, d := range p.Busy {
		busy += d
	}
	for _, d := range p.Staffed {
		staffed += d
	}
	f.Hours = staffed.Hours()
	if staffed > 0 {
		f.Busy = 100 * float64(busy) / float64(staffed)
	}
}

func (f *Figures) slots(p *Played) {
	var first, last time.Time
	for i := range p.People {
		who := &p.People[i]
		if first.IsZero() || who.Came.Before(first) {
			first = who.Came
		}
		for _, at := range []time.Time{who.Came, who.Called} {
			if at.After(last) {
				last = at
			}
		}
	}
	if first.IsZero() {
		return
	}
	from := first.Truncate(Slot)
	for end := from.Add(Slot); !from.After(last); from, end = end, end.Add(Slot) {
		s := SlotFigures{From: from}
		var waits []float64
		for i := range p.People {
			who := &p.People[i]
			if !who.Called.IsZero() && !who.Called.Before(from) && who.Called.Before(end) {
				s.Called++
			}
			if who.Came.Before(end) && !who.GaveUp && (who.Called.IsZero() || !who.Called.Before(end)) {
				s.Waiting++
			}
			if who.Came.Before(from) || !who.Came.Before(end) {
				continue
			}
			s.Came++
			if !who.Called.IsZero() {
				waits = append(waits, max(who.Called.Sub(who.Came).Minutes(), 0))
			}
		}
		s.Mean, s.P95 = mean(waits), quantile(waits, 0.95)
		f.Slots = append(f.Slots, s)
	}
}

func share(n float64, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * n / float64(of)
}

func mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// quantile is the nearest-rank quantile; 0 of nothing.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Clone(v)
	slices.Sort(v)
	return v[max(int(math.Ceil(q*float64(len(v))))-1, 0)]
}
