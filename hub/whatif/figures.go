package whatif

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/protocol"
)

// Slot is the length of the pieces into which a day is cut.
const Slot = 30 * time.Minute

// Figure is one figure. It is NaN where there is nothing that it could be of, such as the mean
// wait of a day on which nobody was called: null in JSON, and a dash in text.
type Figure float64

// none is the figure of nothing.
func none() Figure { return Figure(math.NaN()) }

// Known reports whether there is a figure.
func (f Figure) Known() bool { return !math.IsNaN(float64(f)) }

// Text writes the figure with so many decimals.
func (f Figure) Text(decimals int) string {
	if !f.Known() {
		return "–"
	}
	text := strconv.FormatFloat(float64(f), 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-") // nothing is less than 0.0 and reads as it
	}
	return text
}

// MarshalJSON writes a number or null.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

// UnmarshalJSON reads what [Figure.MarshalJSON] writes.
func (f *Figure) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*f = none()
		return nil
	}
	return json.Unmarshal(b, (*float64)(f))
}

// Figures say what a day was like. Waits are in minutes, from coming to the first call, of
// those who were called; shares are in percent.
type Figures struct {
	People  int    `json:"people"` // who got a ticket
	Called  int    `json:"called"`
	GaveUp  int    `json:"gave_up"`
	Left    int    `json:"left"`    // left over: never called until the end, and had not given up
	Refused int    `json:"refused"` // got no ticket
	Mean    Figure `json:"mean"`
	P50     Figure `json:"p50"`
	P95     Figure `json:"p95"`
	Max     Figure `json:"max"`
	// Late is the share over the promise of their service, called or left over, of those whose
	// service has one.
	Late   Figure  `json:"late"`
	Green  Figure  `json:"green"`
	Covers Figure  `json:"covers"` // called by a partner of their window
	Busy   Figure  `json:"busy"`   // of the time in which windows were staffed
	Hours  float64 `json:"hours"`  // that windows were staffed, in all

	Services []ServiceFigures `json:"services"` // in the order of the plan
	Slots    []SlotFigures    `json:"slots"`    // from the first who came to the last call
}

// ServiceFigures are those of one service.
type ServiceFigures struct {
	Service protocol.ServiceID `json:"service"`
	Called  int                `json:"called"`
	Left    int                `json:"left"`
	Mean    Figure             `json:"mean"`
	P95     Figure             `json:"p95"`
	Late    Figure             `json:"late"`
}

// SlotFigures are those of half an hour.
type SlotFigures struct {
	From    time.Time `json:"from"`
	Came    int       `json:"came"`
	Called  int       `json:"called"`
	Waiting int       `json:"waiting"` // at its end
	Mean    Figure    `json:"mean"`    // wait of those who came in it
	P95     Figure    `json:"p95"`
}

// Figures computes what became of the people.
func (p *Played) Figures() Figures {
	f := Figures{Refused: p.Refused, People: len(p.People) - p.Refused}
	var waits, green []float64
	covers := 0
	services := map[protocol.ServiceID]*serviceWaits{}
	for i := range p.Plan.Services {
		services[p.Plan.Services[i].ID] = &serviceWaits{limit: time.Duration(p.Plan.Services[i].Promise)}
	}
	for i := range p.People {
		who := &p.People[i]
		wait, of := p.wait(who), services[who.Service]
		switch {
		case who.Refused:
		case who.GaveUp:
			f.GaveUp++
		case who.Called.IsZero():
			f.Left++
			if of != nil {
				of.left = append(of.left, wait.Minutes())
			}
		default:
			f.Called++
			waits = append(waits, wait.Minutes())
			if of != nil {
				of.called = append(of.called, wait.Minutes())
			}
			if who.Class == protocol.Green {
				green = append(green, wait.Minutes())
			}
			if who.Covered {
				covers++
			}
		}
	}
	f.Mean, f.P50, f.P95, f.Max, f.Green = mean(waits), quantile(waits, 0.5), quantile(waits, 0.95), quantile(waits, 1), mean(green)
	f.Covers = share(covers, f.Called)
	f.services(p, services)
	f.staff(p)
	f.slots(p)
	return f
}

// wait is how long somebody waited: until the call, or until the end when there was none.
func (p *Played) wait(who *Seen) time.Duration {
	until := who.Called
	if until.IsZero() {
		until = p.End
	}
	return max(until.Sub(who.Came), 0)
}

// everybody returns the mean wait in min of all who did not give up, those left over included.
func (p *Played) everybody() (mean Figure, people int) {
	sum := 0.0
	for i := range p.People {
		if who := &p.People[i]; !who.GaveUp && !who.Refused {
			sum += p.wait(who).Minutes()
			people++
		}
	}
	if people == 0 {
		return none(), 0
	}
	return Figure(sum / float64(people)), people
}

// serviceWaits are the waits in min of those who came for a service, and its promise.
type serviceWaits struct {
	called, left []float64
	limit        time.Duration
}

// late counts who waited over the promise, and whose wait can be judged by one.
func (w *serviceWaits) late() (late, judged int) {
	if w.limit <= 0 {
		return 0, 0
	}
	for _, waits := range [][]float64{w.called, w.left} {
		for _, wait := range waits {
			if wait > w.limit.Minutes() {
				late++
			}
		}
		judged += len(waits)
	}
	return late, judged
}

func (f *Figures) services(p *Played, waits map[protocol.ServiceID]*serviceWaits) {
	late, judged := 0, 0
	for i := range p.Plan.Services {
		id := p.Plan.Services[i].ID
		w := waits[id]
		n, of := w.late()
		f.Services = append(f.Services, ServiceFigures{Service: id, Called: len(w.called), Left: len(w.left),
			Mean: mean(w.called), P95: quantile(w.called, 0.95), Late: share(n, of)})
		late, judged = late+n, judged+of
	}
	f.Late = share(late, judged)
}

func (f *Figures) staff(p *Played) {
	var busy, staffed time.Duration
	for _, d := range p.Busy {
		busy += d
	}
	for _, d := range p.Staffed {
		staffed += d
	}
	f.Hours, f.Busy = staffed.Hours(), none()
	if staffed > 0 {
		f.Busy = Figure(100 * float64(busy) / float64(staffed))
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
			if who.Came.Before(end) && !who.GaveUp && !who.Refused && (who.Called.IsZero() || !who.Called.Before(end)) {
				s.Waiting++
			}
			if who.Came.Before(from) || !who.Came.Before(end) {
				continue
			}
			s.Came++
			if !who.Called.IsZero() {
				waits = append(waits, p.wait(who).Minutes())
			}
		}
		s.Mean, s.P95 = mean(waits), quantile(waits, 0.95)
		f.Slots = append(f.Slots, s)
	}
}

func share(n, of int) Figure {
	if of == 0 {
		return none()
	}
	return Figure(100 * float64(n) / float64(of))
}

func mean(v []float64) Figure {
	if len(v) == 0 {
		return none()
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return Figure(sum / float64(len(v)))
}

// quantile is the nearest-rank quantile.
func quantile(v []float64, q float64) Figure {
	if len(v) == 0 {
		return none()
	}
	v = slices.Clone(v)
	slices.Sort(v)
	return Figure(v[max(int(math.Ceil(q*float64(len(v))))-1, 0)])
}
