package drive

import (
	"math"
	"slices"
)

// Figures are what a calling order did to the people of one or more days. Waits are
// of people served, in min, from opening at the earliest; shares are in percent.
type Figures struct {
	Days      int     `json:"days"`
	Mean      float64 `json:"mean"`
	P95       float64 `json:"p95"`
	P99       float64 `json:"p99"`
	Max       float64 `json:"max"`
	Over15    float64 `json:"over_15"`
	Over20    float64 `json:"over_20"`
	Over30    float64 `json:"over_30"`
	OverSLA   float64 `json:"over_sla"`
	Jain      float64 `json:"jain"`      // over the services' mean waits
	Overtaken float64 `json:"overtaken"` // later ones of other services called first, of a ticket
	GreenMean float64 `json:"green_mean"`
	GreenP95  float64 `json:"green_p95"`
	Covers    float64 `json:"covers"` // calls by a backup, percent

	MAE      float64 `json:"mae"`       // of the promised middle, of those who waited over 30 s, min
	NaiveMAE float64 `json:"naive_mae"` // of people ahead × believed mean / windows, of the same
	Covered  float64 `json:"covered"`   // percent of them whose wait was within p10 to p90
	Brier    float64 `json:"brier"`     // mean of (probability at issue that the limit is missed - whether it was)²
	Base     float64 `json:"base"`      // the same of always saying the day's share

	Alarms  Alarms `json:"alarms"`
	Chances [5]Bin `json:"chances"` // of probabilities told at issue of 0-20, 20-40 … 80-100 percent

	Faults int `json:"faults"` // breaks of order, invalid calls, refusals of an idle window, lost tickets
}

// delayed is the shortest wait in s that a promise is judged on.
const delayed = 30

// Measure computes the figures of one day.
func (p *Played) Measure() Figures {
	f := Figures{Days: 1, Faults: p.Breaks + p.Invalid + p.Refused + p.Lost}
	var waits, green []float64
	services := map[int][]float64{}
	limit := map[int]float64{}
	for _, s := range p.Scenario.Services {
		limit[s.ID] = s.SLAS
	}
	late, n, served := 0, 0, 0
	a, squares := &f.Alarms, 0.0
	for _, c := range p.Calls {
		who := &p.Scenario.Tickets[c.Ticket]
		wait := c.At - max(who.Arr, 0)
		f.Overtaken += float64(c.Passed)
		if c.Backup {
			f.Covers++
		}
		f.judge(p, c.Ticket, wait, &n)
		isLate := wait > limit[who.Svc]
		squares += a.judge(p, c.Ticket, isLate, max(who.Arr, 0)+limit[who.Svc])
		f.tell(p.Promises[c.Ticket].late, isLate)
		if who.NoShow {
			continue
		}
		served++
		waits = append(waits, wait/60)
		services[who.Svc] = append(services[who.Svc], wait/60)
		if who.Cls == 1 {
			green = append(green, wait/60)
		}
		if wait > limit[who.Svc] {
			late++
		}
	}
	f.Overtaken /= max(1, float64(len(p.Calls)))
	f.Covers *= 100 / max(1, float64(len(p.Calls)))
	f.MAE, f.NaiveMAE, f.Covered = f.MAE/max(1, float64(n)), f.NaiveMAE/max(1, float64(n)), 100*f.Covered/max(1, float64(n))
	f.OverSLA = 100 * float64(late) / max(1, float64(served))
	share := float64(a.Late) / max(1, float64(len(p.Calls)))
	f.Brier, f.Base = squares/max(1, float64(len(p.Calls))), share*(1-share)
	slices.Sort(waits)
	slices.Sort(green)
	f.Mean, f.P95, f.P99, f.Max = mean(waits), quantile(waits, .95), quantile(waits, .99), quantile(waits, 1)
	f.Over15, f.Over20, f.Over30 = above(waits, 15), above(waits, 20), above(waits, 30)
	f.GreenMean, f.GreenP95 = mean(green), quantile(green, .95)
	f.Jain = jain(services)
	return f
}

// tell counts a probability that was told and whether it came so.
func (f *Figures) tell(chance float64, late bool) {
	bin := &f.Chances[min(int(chance*5), 4)]
	bin.N++
	bin.Told += chance
	if late {
		bin.Late++
	}
}

func (f *Figures) judge(p *Played, ticket int, wait float64, n *int) {
	q := p.Promises[ticket]
	if wait <= delayed {
		return
	}
	*n++
	f.MAE += math.Abs(q.P50-wait) / 60
	f.NaiveMAE += math.Abs(p.Naive[ticket]-wait) / 60
	if q.P10 <= wait && wait <= q.P90 {
		f.Covered++
	}
}

// Bin are tickets that were told about the same probability to miss their limit.
type Bin struct {
	N    int     `json:"n"`
	Told float64 `json:"told"` // the sum of the probabilities
	Late int     `json:"late"`
}

// Alarms counts what became of warnings that a ticket will miss its limit.
type Alarms struct {
	Late   int     `json:"late"`   // tickets that were
	Raised int     `json:"raised"` // alarms before the limit
	Right  int     `json:"right"`  // and the ticket was late
	Lead   float64 `json:"lead"`   // min from these to the limit, in all
}

// judge takes a called ticket that was late or not, and whose limit was at due. It
// returns how far off the chance told at issue was, squared.
func (a *Alarms) judge(p *Played, ticket int, late bool, due float64) float64 {
	off := p.Promises[ticket].late
	if late {
		a.Late++
		off--
	}
	if warned := p.Warned[ticket]; warned > 0 && warned <= due {
		a.Raised++
		if late {
			a.Right++
			a.Lead += (due - warned) / 60
		}
	}
	return off * off
}

func (a *Alarms) add(o *Alarms) {
	a.Late, a.Raised, a.Right, a.Lead = a.Late+o.Late, a.Raised+o.Raised, a.Right+o.Right, a.Lead+o.Lead
}

func mean(sorted []float64) float64 {
	total := 0.0
	for _, v := range sorted {
		total += v
	}
	return total / max(1, float64(len(sorted)))
}

func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

func above(sorted []float64, limit float64) float64 {
	i, _ := slices.BinarySearch(sorted, limit)
	return 100 * float64(len(sorted)-i) / max(1, float64(len(sorted)))
}

// jain is Jain's index over the services' mean waits: 1 when all are equal.
func jain(services map[int][]float64) float64 {
	sum, squares := 0.0, 0.0
	for _, waits := range services {
		m := mean(waits)
		sum += m
		squares += m * m
	}
	if squares == 0 {
		return 1
	}
	return sum * sum / squares / float64(len(services))
}

// Average is the mean of the figures of several days.
func Average(days []Figures) Figures {
	var a Figures
	n := max(1, float64(len(days)))
	for _, f := range days {
		a.Days += f.Days
		a.Faults += f.Faults
		a.Alarms.add(&f.Alarms)
		for i := range a.Chances {
			to, from := &a.Chances[i], &f.Chances[i]
			to.N, to.Told, to.Late = to.N+from.N, to.Told+from.Told, to.Late+from.Late
		}
		to, from := a.columns(), f.columns()
		for i := range to {
			*to[i] += *from[i] / n
		}
	}
	return a
}

// columnNames are those of columns.
func columnNames() []string {
	return []string{
		"mean_min", "p95_min", "p99_min", "max_min", "over_15", "over_20", "over_30", "over_sla", "jain", "overtaken",
		"green_mean_min", "green_p95_min", "covers", "mae_min", "naive_mae_min", "covered", "brier", "brier_base",
	}
}

// columns are the figures that are averaged.
func (f *Figures) columns() []*float64 {
	return []*float64{
		&f.Mean, &f.P95, &f.P99, &f.Max, &f.Over15, &f.Over20, &f.Over30, &f.OverSLA, &f.Jain, &f.Overtaken,
		&f.GreenMean, &f.GreenP95, &f.Covers, &f.MAE, &f.NaiveMAE, &f.Covered, &f.Brier, &f.Base,
	}
}
