package drive

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Kind is a kind of hall that [Generate] draws.
type Kind struct {
	Name    string
	Windows int
	Load    float64 // work over the capacity of all windows, without lunch and breaks
	Penalty float64 // a service takes so much longer at a backup's
	Absent  float64 // share of windows that lose a part of the day unplanned
	Spread  float64 // log-sd of the load of services: how badly the staff fits
}

// Kinds are twelve kinds of hall, from six windows to forty.
func Kinds() []Kind {
	return []Kind{
		{"G06", 6, .71, 1.15, .08, .20}, {"G06busy", 6, .84, 1.15, .08, .20},
		{"G12", 12, .73, 1.15, .08, .20}, {"G12busy", 12, .86, 1.15, .08, .20}, {"G12free", 12, .77, 1.0, .08, .20},
		{"G12slow", 12, .75, 1.3, .08, .20}, {"G12uneven", 12, .73, 1.15, .08, .40}, {"G12absent", 12, .71, 1.15, .25, .20},
		{"G24", 24, .75, 1.15, .08, .20}, {"G24busy", 24, .86, 1.15, .08, .25},
		{"G40", 40, .75, 1.15, .08, .25}, {"G40busy", 40, .86, 1.15, .08, .20},
	}
}

// day's shape of arrivals by half hour: a morning peak, quiet at noon.
func shapeOfDay() []float64 {
	return []float64{1.25, 1.65, 1.7, 1.5, 1.25, 1, .7, .6, .75, 1.05, 1.2, 1.1, .9, .7, .45, .2}
}

const (
	openFor  = 8 * 3600.0
	stayFor  = 24 * 3600.0 // windows stay until all are served
	halfHour = 1800.0
)

// Generate draws a hall of a kind and some of its days. The same seed gives the same.
func Generate(k Kind, seed uint64, days int) []*Scenario {
	r := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	base := k.drawHall(r)
	load := k.serviceLoad(r, base)
	var all []*Scenario
	for d := range days {
		all = append(all, k.drawDay(r, base, load, fmt.Sprintf("%s/h%d/d%d", k.Name, seed, d+1)))
	}
	return all
}

// drawHall draws departments of four to eight windows in pairs, with one to three
// services a window, the partner's as backup, and one in eight backing up all.
func (k *Kind) drawHall(r *rand.Rand) *Scenario {
	s := &Scenario{Close: openFor, TurnoverS: 25, NoShowS: 50, Penalty: k.Penalty}
	for dept := 0; len(s.Windows) < k.Windows; dept++ {
		n := min(4+2*r.IntN(3), k.Windows-len(s.Windows))
		firstService, firstWindow := len(s.Services), len(s.Windows)
		for range max(2, n*3/4) {
			s.addService(r, dept)
		}
		services := len(s.Services) - firstService
		for i := range n {
			w := WindowTruth{Speed: math.Exp(.12 * r.NormFloat64())}
			w.ID, w.Dept, w.Pair = firstWindow+i, dept, (firstWindow+i)/2
			w.Partner, w.Name = w.ID^1, fmt.Sprintf("%d%c", w.Pair+1, 'A'+rune(w.ID%2))
			w.Primary = []int{firstService + i%services}
			for r.Float64() < .3 && len(w.Primary) < 3 {
				if svc := firstService + r.IntN(services); !slices.Contains(w.Primary, svc) {
					w.Primary = append(w.Primary, svc)
				}
			}
			s.Windows = append(s.Windows, w)
		}
		for i := firstWindow; i < len(s.Windows); i++ {
			s.addBackups(r, i, firstService, services)
		}
	}
	return s
}

func (s *Scenario) addService(r *rand.Rand, dept int) {
	mean := math.Exp(math.Log(210) + math.Pow(r.Float64(), 1.4)*math.Log(1380.0/210))
	svc := ServiceTruth{MeanS: mean}
	svc.ID, svc.Name = len(s.Services), fmt.Sprintf("S%02d", len(s.Services))
	svc.CfgMeanS = mean * math.Exp(.2*r.NormFloat64())
	switch {
	case mean < 500:
		svc.SLAS = 900
	case mean < 960:
		svc.SLAS = 1200
	default:
		svc.SLAS = 1800
	}
	s.Services = append(s.Services, svc)
}

func (s *Scenario) addBackups(r *rand.Rand, i, first, services int) {
	w := &s.Windows[i]
	add := func(svc int) {
		if !slices.Contains(w.Primary, svc) && !slices.Contains(w.Backup, svc) {
			w.Backup = append(w.Backup, svc)
		}
	}
	for _, svc := range s.Windows[w.Partner].Primary {
		add(svc)
	}
	if r.IntN(8) == 0 {
		for svc := range services {
			add(first + svc)
		}
	}
}

// serviceLoad returns the arrivals of each service on an average day: the load that its
// windows can bear, more or less.
func (k *Kind) serviceLoad(r *rand.Rand, s *Scenario) []float64 {
	load, total, capacity := make([]float64, len(s.Services)), .0, .0
	for i := range s.Services {
		share := 0.0
		for _, w := range s.Windows {
			if slices.Contains(w.Primary, i) {
				share += 1 / float64(len(w.Primary))
			}
		}
		load[i] = share * math.Exp(k.Spread*r.NormFloat64())
		total += load[i]
		capacity += share
	}
	for i := range load {
		load[i] *= k.Load * capacity / total * openFor * .88 / (s.Services[i].MeanS + s.TurnoverS)
	}
	return load
}

func (k *Kind) drawDay(r *rand.Rand, base *Scenario, load []float64, name string) *Scenario {
	s := *base
	s.Name, s.Tickets, s.Windows = name, nil, slices.Clone(base.Windows)
	level, noShow := math.Exp(.14*r.NormFloat64()), .05+.03*r.Float64()
	for i := range s.Services {
		cv := .6 + .3*r.Float64()
		sd := math.Sqrt(math.Log(1 + cv*cv))
		mu := math.Log(s.Services[i].MeanS) - sd*sd/2
		for _, at := range arrivals(r, load[i]*level*math.Exp(.12*r.NormFloat64())) {
			c := Citizen{Svc: i, Arr: at, Work: math.Exp(mu + sd*r.NormFloat64()), NoShow: r.Float64() < noShow}
			if r.Float64() < .05 {
				c.Cls = 1
			}
			s.Tickets = append(s.Tickets, c)
		}
	}
	slices.SortFunc(s.Tickets, func(a, b Citizen) int { return cmp.Compare(a.Arr, b.Arr) })
	for i := range s.Tickets {
		s.Tickets[i].ID = i
	}
	for i := range s.Windows {
		s.Windows[i].On = k.presence(r, i)
	}
	return &s
}

// arrivals draws the times of a day on which n are expected; 3 % wait at the door.
func arrivals(r *rand.Rand, n float64) []float64 {
	var all []float64
	shape, total := shapeOfDay(), .0
	for _, v := range shape {
		total += v
	}
	for i := 0; i < poisson(r, .03*n); i++ {
		all = append(all, -900*r.Float64())
	}
	for h, v := range shape {
		for range poisson(r, .97*n*v/total) {
			all = append(all, (float64(h)+r.Float64())*halfHour)
		}
	}
	return all
}

func poisson(r *rand.Rand, mean float64) int {
	n, p, limit := 0, r.Float64(), math.Exp(-mean)
	for p > limit {
		p *= r.Float64()
		n++
	}
	return n
}

// presence draws a window's day: lunch in turn with the partner, two breaks, and
// sometimes an absence that nobody planned.
func (k *Kind) presence(r *rand.Rand, i int) []Span {
	lunch := 9900 + 2700*float64(i%2)
	a, b := 3600+4000*r.Float64(), 19000+4800*r.Float64()
	spans := []Span{{0, a, true}, {a + 600, lunch, true}, {lunch + 2700, b, true}, {b + 600, stayFor, true}}
	if r.Float64() >= k.Absent {
		return spans
	}
	from := r.Float64() * openFor * .8
	to := from + 1800 + 7200*r.Float64()
	var cut []Span
	for _, s := range spans {
		switch {
		case s.To <= from || s.From >= to:
			cut = append(cut, s)
		default:
			if s.From < from {
				cut = append(cut, Span{s.From, from, false})
			}
			if s.To > to {
				cut = append(cut, Span{to, s.To, s.Planned})
			}
		}
	}
	return cut
}
