package forecast

import (
	"math"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Shift is a time at a window that the roster knows.
type Shift struct{ From, To time.Time }

// Outlook is what is known of the day beyond the hall's state. All of it may be empty.
type Outlook struct {
	Shifts   map[protocol.WindowID][]Shift   // by roster, in order; without any, a window stays as it is
	Ready    map[protocol.WindowID]time.Time // a free window calls no sooner: its clerk still writes
	Leaving  map[protocol.WindowID]bool      // leaves when its ticket is done
	Turnover time.Duration                   // between the end of a service and the next call
	Absence  time.Duration                   // that somebody stays away who should be there, on average; 0 means 80 min
}

// absence is how long somebody stays away who should be there, in s, by expectation.
const absence = 4800.0

// scene is what all futures of a batch begin with.
type scene struct {
	model    *Model
	order    queue.Order
	services []int // of the part: indices in the plan
	windows  []int
	own      [][]int     // of a window of the part: services by index in the part
	covers   [][]coverOf // and what it covers
	primary  [][]int     // of a service of the part
	cover    [][]int
	weights  []float64
	limits   []float64
	means    []float64
	mu, sd   []float64
	speed    []float64
	penalty  float64
	rates    [][]float64 // arrivals a second, by slot and service of the part
	total    []float64
	green    float64
	turnover float64
	noShow   float64

	noShowCost float64
	horizon    float64
	leaving    float64   // share of those who wait that leaves in a second
	doubt      []float64 // of a window: the share of futures in which it is free and nobody is there
	back       float64   // s until somebody is back there, after notice
	absence    float64   // s that somebody stays away who should be there, by expectation
	start      float64
	lines      []line
	desks      []desk
	shifts     [][]float64 // edges of a window's roster: comes, leaves, comes, …
	work       []work      // what goes on at a window
	marks      []protocol.TicketID
}

// coverOf is one duty of a window.
type coverOf struct {
	partner        int   // window of the part
	all            []int // lines
	lines          []int // without those that are its own
	delay, on, off float64
	idle           bool
}

// work is a service that is going on.
type work struct {
	line    int // -1 when its service is of no line of the part
	elapsed float64
	backup  bool
	ready   float64 // of a free window: when it can call
}

// reach is how far a forecast looks, in s.
const reach = 8 * 3600.0

// newScene copies what a part of the hall looks like.
func (m *Model) newScene(s *queue.State, out *Outlook, now time.Time, p *part) *scene {
	sc := &scene{model: m, order: s.Order(), services: p.services, windows: p.windows, green: m.greenShare()}
	sc.start = since(now, s)
	sc.horizon = sc.start + reach
	sc.absence, sc.leaving = absence, m.leaving()
	sc.back = m.doubt.back()
	if out.Absence > 0 {
		sc.absence = out.Absence.Seconds()
	}
	sc.turnover = out.Turnover.Seconds()
	sc.noShow, sc.noShowCost = m.noShow()
	sc.noShowCost += sc.turnover
	sc.penalty = m.penalty
	at := map[int]int{}
	for i, svc := range p.services {
		at[svc] = i
		plan := &s.Plan.Services[svc]
		mean := s.Expected(plan.ID)
		sc.means = append(sc.means, mean)
		sc.weights = append(sc.weights, sc.order.Weight(mean))
		sc.limits = append(sc.limits, m.shape.limit[svc])
		sc.mu = append(sc.mu, m.mu[svc]+m.driftOf(svc))
		sc.sd = append(sc.sd, m.sd[svc])
	}
	sc.primary, sc.cover = make([][]int, len(p.services)), make([][]int, len(p.services))
	for i, w := range p.windows {
		sc.speed = append(sc.speed, m.speed[w])
		own, backup := local(m.shape.own[w], at), local(m.shape.backup[w], at)
		sc.own = append(sc.own, own)
		sc.addCovers(m.shape, w, own, at)
		for _, l := range own {
			sc.primary[l] = append(sc.primary[l], i)
		}
		for _, l := range backup {
			sc.cover[l] = append(sc.cover[l], i)
		}
	}
	sc.addLines(s)
	sc.addDesks(s, out, now)
	sc.addRates()
	return sc
}

func local(services []int, at map[int]int) []int {
	var all []int
	for _, svc := range services {
		if l, here := at[svc]; here {
			all = append(all, l)
		}
	}
	return all
}

// addCovers adds the duties of window w.
func (sc *scene) addCovers(s *shape, w int, own []int, at map[int]int) {
	var covers []coverOf
	for _, d := range s.duties[w] {
		partner := slices.Index(sc.windows, d.partner)
		if partner < 0 {
			continue
		}
		c := coverOf{partner: partner, all: local(d.services, at), delay: d.delay, on: d.on, off: d.off, idle: d.idle}
		c.lines = slices.DeleteFunc(slices.Clone(c.all), func(l int) bool { return slices.Contains(own, l) })
		covers = append(covers, c)
	}
	sc.covers = append(sc.covers, covers)
}

func since(at time.Time, s *queue.State) float64 { return at.Sub(s.OpenedAt).Seconds() }

func (sc *scene) addLines(s *queue.State) {
	sc.lines = make([]line, len(sc.services))
	for i, svc := range sc.services {
		for _, id := range s.Lines[s.Plan.Services[svc].ID] {
			t := s.Tickets[id]
			class := 0
			if t.Class == protocol.Green {
				class = 1
			}
			l := &sc.lines[i]
			l.class[class] = append(l.class[class], standing{at: since(t.Place.At, s), start: t.HeadStart().Seconds(), skips: t.Skips, mark: len(sc.marks)})
			sc.marks = append(sc.marks, id)
		}
	}
}

func (sc *scene) addDesks(s *queue.State, out *Outlook, now time.Time) {
	for i, w := range sc.windows {
		id := s.Plan.Windows[w].ID
		post := s.Posts[id]
		d := desk{
			open: post.Status == protocol.Open, leaves: out.Leaving[id], greens: post.Greens,
			shut: since(post.Since, s), duties: sc.dutiesOf(s, i),
		}
		wk := work{line: -1, ready: sc.start}
		if t := s.Tickets[post.Ticket]; t != nil {
			d.busy = true
			wk.elapsed, wk.backup = now.Sub(t.ServeFrom).Seconds(), t.For != ""
			wk.line = slices.IndexFunc(sc.services, func(svc int) bool { return s.Plan.Services[svc].ID == t.Service })
		} else if at := out.Ready[id]; at.After(now) {
			d.busy, wk.ready = true, since(at, s)
		}
		doubt := 0.0
		if d.open && !d.busy {
			doubt = sc.model.doubt.share(freeKind(s, post, now))
		}
		sc.doubt = append(sc.doubt, doubt)
		var edges []float64
		for _, shift := range out.Shifts[id] {
			edges = append(edges, since(shift.From, s), since(shift.To, s))
		}
		sc.desks, sc.work, sc.shifts = append(sc.desks, d), append(sc.work, wk), append(sc.shifts, edges)
	}
}

// dutiesOf are the covers that stand at window i.
func (sc *scene) dutiesOf(s *queue.State, i int) []duty {
	duties := make([]duty, len(sc.covers[i]))
	for k := range duties {
		w, partner := s.Plan.Windows[sc.windows[i]].ID, s.Plan.Windows[sc.windows[sc.covers[i][k].partner]].ID
		for _, c := range s.Covers {
			if c.Window == w && c.For == partner {
				duties[k] = duty{on: true, pressed: c.Cause == queue.CoverOverload}
			}
		}
	}
	return duties
}

func (sc *scene) addRates() {
	first, last := slot(sc.start), slot(sc.horizon)
	sc.rates, sc.total = make([][]float64, slots), make([]float64, slots)
	for at := first; at <= last; at++ {
		sc.rates[at] = make([]float64, len(sc.services))
		for i, svc := range sc.services {
			r := sc.model.rate(svc, at, sc.start)
			sc.rates[at][i] = r
			sc.total[at] += r
		}
	}
}

// begin makes f a new future of the scene.
func (sc *scene) begin(f *future, seed uint64) {
	f.scene, f.now, f.random = sc, sc.start, random{x: seed}
	if f.lines == nil {
		f.lines, f.desks = make([]line, len(sc.lines)), make([]desk, len(sc.desks))
		f.share, f.called = make([]float64, len(sc.services)), make([]float64, len(sc.marks))
		for i := range f.desks {
			f.desks[i].duties = make([]duty, len(sc.desks[i].duties))
		}
	}
	for i := range sc.lines {
		for c := range sc.lines[i].class {
			f.lines[i].class[c] = append(f.lines[i].class[c][:0], sc.lines[i].class[c]...)
			f.lines[i].head[c] = 0
		}
		f.lines[i].asks = sc.lines[i].asks
	}
	clear(f.share)
	f.area = 0
	for i := range f.called {
		f.called[i] = -1
	}
	for i := range sc.desks {
		duties := f.desks[i].duties
		f.desks[i] = sc.desks[i]
		f.desks[i].duties = duties
		copy(duties, sc.desks[i].duties)
		if f.desks[i].open {
			for _, l := range sc.own[i] {
				f.share[l] += 1 / float64(len(sc.own[i]))
			}
		}
		f.firstEdge(i)
		f.desks[i].until = f.residual(i)
		f.desert(i)
	}
	f.nextArrival()
}

// desert draws whether nobody is at window i, though it is free.
func (f *future) desert(i int) {
	if f.doubt[i] > 0 && f.uniform() < f.doubt[i] {
		d := &f.desks[i]
		d.busy, d.until = true, f.now+notice.Seconds()+f.back*f.exponential()
	}
}

// residual draws when window i will be free.
func (f *future) residual(i int) float64 {
	wk := &f.work[i]
	switch {
	case !f.desks[i].busy:
		return f.now
	case wk.ready > f.now:
		return wk.ready
	case wk.line < 0:
		return f.now + 300*f.exponential()
	}
	if left := f.noShowCost - f.turnover - wk.elapsed; left > 0 && f.uniform() < f.noShow {
		return f.now + left + f.turnover
	}
	return f.now + f.turnover + f.service(wk.line, i, wk.backup, wk.elapsed)
}

// service draws what is left of a service of which spent has gone by.
func (f *future) service(l, i int, backup bool, spent float64) float64 {
	mu := f.mu[l] + f.speed[i]
	if backup {
		mu += f.penalty
	}
	return f.remaining(mu, f.sd[l], spent)
}

const never = math.MaxFloat64

// firstEdge finds where window i is in its roster. Who is away and should be there
// comes back after a time that nobody knows.
func (f *future) firstEdge(i int) {
	d, edges := &f.desks[i], f.shifts[i]
	d.shift = 0
	for d.shift < len(edges) && edges[d.shift] <= f.now {
		d.shift++
	}
	here := d.shift%2 == 1
	present := d.open && !d.leaves
	switch {
	case len(edges) == 0:
		d.edge = never
	case present == here:
		d.edge = f.edgeAt(i)
	case here:
		d.edge = f.now + f.absence*f.exponential()
		if d.shift < len(edges) && d.edge >= edges[d.shift] { // after its end: with the next shift
			d.shift++
			d.edge = f.edgeAt(i)
			return
		}
		d.shift--
	default: // there before its time, or still there
		d.shift++
		d.edge = f.edgeAt(i)
	}
}

func (f *future) edgeAt(i int) float64 {
	if d := &f.desks[i]; d.shift < len(f.shifts[i]) {
		return f.shifts[i][d.shift]
	}
	return never
}

// nextEdge moves to the edge after the one that has come.
func (f *future) nextEdge(i int) {
	f.desks[i].shift++
	f.desks[i].edge = f.edgeAt(i)
}

// nextArrival draws when the next citizen of the part comes, by the rates of the day.
func (f *future) nextArrival() {
	t, left := max(f.now, 0), f.exponential()
	for at := slot(t); at < slots && t < f.horizon; at++ {
		end := float64(at+1) * slotLength
		if rate := f.total[at]; rate > 0 {
			if need := left / rate; t+need < end {
				f.comes = t + need
				return
			}
			left -= rate * (end - t)
		}
		t = end
	}
	f.comes = never
}

// draw draws the service of an arrival now.
func (f *future) draw() int {
	at := slot(f.now)
	u := f.uniform() * f.total[at]
	for l, r := range f.rates[at] {
		if u -= r; u < 0 {
			return l
		}
	}
	return len(f.services) - 1
}

func (f *future) servers(l int, backup bool) []int {
	if backup {
		return f.cover[l]
	}
	return f.primary[l]
}
