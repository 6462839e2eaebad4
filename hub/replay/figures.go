package replay

import (
	"cmp"
	"math"
	"slices"

	"jiaohao/hub/journal"
	"jiaohao/protocol"
)

// longWait is what a hall calls a long wait, s.
const longWait = 20 * 60

// Spread describes times in seconds.
type Spread struct {
	Count int     `json:"count"`
	MeanS float64 `json:"mean_s"`
	P50S  float64 `json:"p50_s"`
	P95S  float64 `json:"p95_s"`
	MaxS  float64 `json:"max_s"`
}

// Figures are a day's figures, as recorded or as the hub had it.
type Figures struct {
	Served     int     `json:"served"`
	Left       int     `json:"left"`
	Wait       Spread  `json:"wait"`          // of the served, from issue to call
	Over20     int     `json:"over_20_min"`   // of the served, how many waited so long
	Over20Part float64 `json:"over_20_share"` // 0 to 1
	Service    Spread  `json:"service"`       // of the served, from arrival at the window to the end
	Patience   Spread  `json:"patience"`      // of who left, from issue to leaving
}

// Deviation is how far the service log is from the file, ticket by ticket, in seconds.
type Deviation struct {
	Count   int     `json:"count"`
	Exact   int     `json:"exact"`        // to the millisecond
	Within1 int     `json:"within_1_s"`   // exact ones too
	Allowed int     `json:"within_grain"` // within 1 s and the granularity of the row
	Beyond  int     `json:"beyond"`       // the others
	MeanS   float64 `json:"mean_abs_s"`   // of the absolute values
	P95S    float64 `json:"p95_abs_s"`    // of the absolute values
	MaxS    float64 `json:"max_abs_s"`    // of the absolute values
	MaxLine int     `json:"max_line"`     // line of the file with the greatest
}

// pair is a row of the file with its line of the service log.
type pair struct {
	t    *trace
	line *journal.ServiceLine
}

// pairs joins rows and lines by the ticket that the dispenser was given.
func (d *driver) pairs(e *evidence) []pair {
	byTicket := map[protocol.TicketID]*trace{}
	for _, t := range d.traces {
		byTicket[t.ticket] = t
	}
	var all []pair
	for i := range e.lines {
		if t := byTicket[protocol.TicketID(e.lines[i].Ticket)]; t != nil {
			all = append(all, pair{t: t, line: &e.lines[i]})
		}
	}
	return all
}

func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	n := len(values)
	return Spread{
		Count: n, MeanS: milli(sum / float64(n)), P50S: milli(rank(values, 50)), P95S: milli(rank(values, 95)), MaxS: milli(values[n-1]),
	}
}

// rank is the value at the nearest rank of sorted values: percent of them are not greater.
func rank(sorted []float64, percent int) float64 {
	return sorted[(len(sorted)*percent+99)/100-1]
}

func milli(v float64) float64 { return math.Round(v*1000) / 1000 }

// figures sums up one day, each visit being told by one call of add.
func figures(visits int, visit func(i int) (left bool, wait, service float64)) Figures {
	var f Figures
	var waits, services, patience []float64
	for i := range visits {
		left, wait, service := visit(i)
		if left {
			patience = append(patience, wait)
			continue
		}
		waits, services = append(waits, wait), append(services, service)
		if wait > longWait {
			f.Over20++
		}
	}
	f.Served, f.Left = len(waits), len(patience)
	f.Wait, f.Service, f.Patience = spread(waits), spread(services), spread(patience)
	f.Over20Part = milli(float64(f.Over20) / float64(max(1, f.Served)))
	return f
}

func (d *driver) recorded() Figures {
	return figures(len(d.traces), func(i int) (bool, float64, float64) {
		t := d.traces[i]
		return t.Left, float64(t.Start - t.Arrive), float64(t.End - t.Start)
	})
}

func measured(lines []journal.ServiceLine) Figures {
	return figures(len(lines), func(i int) (bool, float64, float64) {
		l := &lines[i]
		if l.CalledAt.IsZero() {
			return true, seconds(l.FinishedAt.Sub(l.IssuedAt)), 0
		}
		return false, seconds(l.Wait), seconds(l.Serve)
	})
}

// deviation compares where both sides have a value.
func deviation(pairs []pair, compare func(p pair) (hub, file float64, ok bool)) Deviation {
	var d Deviation
	var all []float64
	for _, p := range pairs {
		hub, file, ok := compare(p)
		if !ok {
			continue
		}
		off := math.Abs(hub - file)
		all = append(all, off)
		switch {
		case off < 0.0005:
			d.Exact++
			d.Within1++
			d.Allowed++
		case off <= 1:
			d.Within1++
			d.Allowed++
		case off <= float64(1+p.t.Grain):
			d.Allowed++
		default:
			d.Beyond++
		}
		if off > d.MaxS {
			d.MaxS, d.MaxLine = off, p.t.Line
		}
	}
	if d.Count = len(all); d.Count > 0 {
		s := spread(all)
		d.MeanS, d.P95S, d.MaxS = s.MeanS, s.P95S, s.MaxS
	}
	return d
}

func waitByInstants(p pair) (hub, file float64, ok bool) {
	return seconds(p.line.Wait), float64(p.t.Start - p.t.Arrive), !p.t.Left && !p.line.CalledAt.IsZero()
}

func waitByField(p pair) (hub, file float64, ok bool) {
	return seconds(p.line.Wait), float64(p.t.Wait), !p.t.Left && !p.line.CalledAt.IsZero()
}

func serviceTime(p pair) (hub, file float64, ok bool) {
	return seconds(p.line.Serve), float64(p.t.End - p.t.Start), !p.t.Left && !p.line.ArrivedAt.IsZero()
}

func patience(p pair) (hub, file float64, ok bool) {
	return seconds(p.line.FinishedAt.Sub(p.line.IssuedAt)), float64(p.t.Wait), p.t.Left && p.line.CalledAt.IsZero()
}

// latencies describes how long devices waited for replies, in milliseconds.
func latencies(answers []answer) (mean, p95, longest float64) {
	var all []float64
	for _, a := range answers {
		all = append(all, float64(a.took.Microseconds())/1000)
	}
	s := spread(all)
	return s.MeanS, s.P95S, cmp.Or(s.MaxS, 0)
}
