package forecast

import (
	"math"
	"slices"

	"jiaohao/hub/queue"
)

// standing is a ticket in a future's line.
type standing struct {
	at    float64 // s from the day's opening
	start float64 // s of its head start, as an appointment
	skips int
	mark  int  // which forecast it is of, -1 for none
	asks  bool // takes nobody's place: it only asks when it would be called
}

// line is a service's line in a future: two classes, each with the place of its head.
type line struct {
	class [2][]standing // regular, green
	head  [2]int
	asks  int // how many only ask
}

func (l *line) waiting() int {
	return len(l.class[0]) - l.head[0] + len(l.class[1]) - l.head[1] - l.asks
}

// desk is a window in a future.
type desk struct {
	open, busy, leaves bool
	until              float64 // busy until, with the turnover
	greens             int
	shift              int     // of its roster: the next edge
	edge               float64 // when it comes or leaves
	shut               float64 // since when nobody works there
	duties             []duty  // by what it covers
}

// duty is whether a window covers for another in a future.
type duty struct {
	on      bool // for any reason
	pressed bool // because the other's lines are
}

// future is one possible rest of the day of a part of the hall.
type future struct {
	*scene
	random
	now    float64
	lines  []line // by index in the part
	desks  []desk
	share  []float64 // windows' worth at work, by service of the part
	comes  float64   // the next arrival
	called []float64 // by mark: when, or -1
	open   int       // marks that still wait
	area   float64   // person-s waited so far
	heads  []queue.Head
	refs   []headRef
}

type headRef struct {
	line, class int
}

// run plays until every marked ticket is called or the horizon is reached.
func (f *future) run() {
	f.callIdle()
	hesitant := f.order.Rule == queue.RuleFIFO || f.order.Strict // a free window may have to let people wait
	for f.open > 0 {
		at, which := f.comes, -1
		for i := range f.desks {
			if t := f.desks[i].next(); t < at {
				at, which = t, i
			}
		}
		if at > f.horizon {
			return
		}
		f.area += float64(f.waiting()) * (at - f.now)
		f.now = at
		if which < 0 {
			f.arrive()
		} else {
			f.turn(which)
		}
		if hesitant {
			f.callIdle()
		}
	}
}

// callIdle lets every free window call.
func (f *future) callIdle() {
	for i := range f.desks {
		if d := &f.desks[i]; d.open && !d.busy && f.open > 0 {
			f.call(i)
		}
	}
}

func (d *desk) next() float64 {
	if d.busy && d.until < d.edge {
		return d.until
	}
	return d.edge
}

// turn does what comes next at a window.
func (f *future) turn(i int) {
	d := &f.desks[i]
	if d.busy && d.until <= d.edge {
		d.busy = false
		if d.leaves {
			f.setOpen(i, false)
			return
		}
		f.call(i)
		return
	}
	comes := !d.open || d.leaves
	f.nextEdge(i)
	switch {
	case comes && d.open:
		d.leaves = false
	case comes:
		f.setOpen(i, true)
		if !d.busy {
			f.call(i)
		}
	case d.busy:
		d.leaves = true
	default:
		f.setOpen(i, false)
	}
}

func (f *future) setOpen(i int, open bool) {
	d := &f.desks[i]
	if d.open == open {
		return
	}
	d.open, d.leaves = open, false
	sign := 1.0
	if !open {
		sign, d.shut = -1, f.now
	}
	own := f.own[i]
	for _, l := range own {
		f.share[l] += sign / float64(len(own))
	}
}

// arrive adds somebody, whom an idle window may call at once.
func (f *future) arrive() {
	l := f.draw()
	class := 0
	if f.uniform() < f.green {
		class = 1
	}
	f.lines[l].class[class] = append(f.lines[l].class[class], standing{at: f.now, mark: -1})
	f.nextArrival()
	for _, backup := range []bool{false, true} {
		for _, i := range f.servers(l, backup) {
			d := &f.desks[i]
			if d.open && !d.busy && f.call(i) {
				return
			}
		}
	}
}

// call lets window i call by the hall's own order, and reports whether it did.
func (f *future) call(i int) bool {
	d := &f.desks[i]
	f.heads, f.refs = f.heads[:0], f.refs[:0]
	waits := false
	for _, l := range f.own[i] {
		f.offer(l, 1, false)
		waits = waits || f.lines[l].waiting() > 0
	}
	for c := range f.covers[i] {
		f.offerCovered(i, c, waits)
	}
	pick, _ := f.order.Pick(f.heads, f.now, d.greens)
	if pick >= 0 && !f.asks(pick) && f.dropAsking() {
		pick, _ = f.order.Pick(f.heads, f.now, d.greens)
	}
	if pick < 0 {
		return false
	}
	if f.asked(pick) || f.gone(pick) {
		return f.call(i)
	}
	f.take(i, pick)
	return true
}

// offerCovered adds the heads of the lines that window i may call from by its duty c. It
// follows [queue.State.Next]: away, then pressed, then idle help.
func (f *future) offerCovered(i, c int, waits bool) {
	cover, partner := &f.covers[i][c], &f.desks[f.covers[i][c].partner]
	d := &f.desks[i].duties[c]
	away := !partner.open && (d.on || f.now-partner.shut >= cover.delay)
	d.pressed = partner.open && f.wantsHelp(cover, d.pressed)
	d.on = away || d.pressed
	fifo := f.order.Rule == queue.RuleFIFO
	waits = waits || fifo && !cover.idle
	for _, l := range cover.lines {
		nobody := f.lines[l].waiting()+f.lines[l].asks == 0
		if nobody || slices.ContainsFunc(f.refs, func(r headRef) bool { return r.line == l }) {
			continue
		}
		helps := d.pressed
		if !fifo {
			helps = f.order.Helps(f.pressure(l), f.ownPressure(i), d.pressed)
		}
		if factor, may := f.order.BackupFactor(away && (fifo || f.share[l] < 1e-9), helps, waits); may {
			f.offer(l, factor, true)
		}
	}
}

// wantsHelp reports whether a partner at work is to be helped.
func (f *future) wantsHelp(cover *coverOf, on bool) bool {
	for _, l := range cover.all {
		if f.lines[l].waiting() == 0 {
			continue
		}
		switch wait := f.now - f.first(l); {
		case f.order.Rule == queue.RuleAPQ && f.order.Pressed(f.pressure(l), on):
			return true
		case f.order.Rule == queue.RuleFIFO && cover.on > 0 && (wait >= cover.on || on && wait >= cover.off):
			return true
		}
	}
	return false
}

// pressure is of a line in which somebody waits.
func (f *future) pressure(l int) float64 {
	return queue.Pressure(f.now-f.first(l), f.lines[l].waiting(), f.means[l], f.share[l], f.limits[l])
}

// ownPressure is the pressure of window i's own line that is pressed most.
func (f *future) ownPressure(i int) float64 {
	most := 0.0
	for _, l := range f.own[i] {
		if f.lines[l].waiting() > 0 {
			most = max(most, f.pressure(l))
		}
	}
	return most
}

// first is when the first in a line came.
func (f *future) first(l int) float64 {
	at := f.now
	for c := range f.lines[l].class {
		h := f.lines[l].head[c]
		if h < len(f.lines[l].class[c]) && f.lines[l].class[c][h].asks {
			h++
		}
		if h < len(f.lines[l].class[c]) {
			at = min(at, f.lines[l].class[c][h].at)
		}
	}
	return at
}

// offer adds the heads of a line.
func (f *future) offer(l int, factor float64, backup bool) {
	for c := range f.lines[l].class {
		h := f.lines[l].head[c]
		if h >= len(f.lines[l].class[c]) {
			continue
		}
		s := &f.lines[l].class[c][h]
		f.heads = append(f.heads, queue.Head{
			At: s.at, Weight: f.weights[l] * factor, Limit: f.limits[l], Credit: s.start, Skips: s.skips, Green: c == 1, Backup: backup,
		})
		f.refs = append(f.refs, headRef{l, c})
	}
}

// asks reports whether a head offered only asks.
func (f *future) asks(i int) bool {
	ref := f.refs[i]
	l := &f.lines[ref.line]
	return l.class[ref.class][l.head[ref.class]].asks
}

// dropAsking takes the green heads that only ask, with nobody behind, from those offered,
// and reports whether there were any: one would count for the ratio of green numbers.
func (f *future) dropAsking() bool {
	n := 0
	for i, ref := range f.refs {
		l := &f.lines[ref.line]
		if ref.class == 0 || !f.asks(i) || l.head[1]+1 < len(l.class[1]) {
			f.heads[n], f.refs[n] = f.heads[i], ref
			n++
		}
	}
	dropped := n < len(f.refs)
	f.heads, f.refs = f.heads[:n], f.refs[:n]
	return dropped
}

// asked answers a head that only asks, and reports whether it was one.
func (f *future) asked(pick int) bool {
	ref := f.refs[pick]
	l := &f.lines[ref.line]
	s := &l.class[ref.class][l.head[ref.class]]
	if !s.asks {
		return false
	}
	f.called[s.mark] = f.now
	l.head[ref.class]++
	l.asks--
	f.open--
	return true
}

// gone reports whether the picked head has left meanwhile. Who is forecast stays.
func (f *future) gone(pick int) bool {
	if f.leaving == 0 {
		return false
	}
	ref := f.refs[pick]
	l := &f.lines[ref.line]
	s := &l.class[ref.class][l.head[ref.class]]
	if s.mark >= 0 || f.uniform() < math.Exp(-f.leaving*(f.now-max(s.at, f.start))) {
		return false
	}
	l.head[ref.class]++
	return true
}

// take serves the picked head at window i.
func (f *future) take(i, pick int) {
	d, ref := &f.desks[i], f.refs[pick]
	l := &f.lines[ref.line]
	s := l.class[ref.class][l.head[ref.class]]
	l.head[ref.class]++
	if s.mark >= 0 {
		f.called[s.mark] = f.now
		f.open--
	}
	if d.greens++; ref.class == 0 {
		d.greens = 0
	}
	if ref.class == 0 && f.order.Rule == queue.RuleAPQ {
		f.passOver(ref.line, s.at)
	}
	d.busy, d.until = true, f.now+f.turnover+f.length(ref.line, i, f.heads[pick].Backup)
}

// passOver counts who of the other lines offered came before.
func (f *future) passOver(chosen int, at float64) {
	for k := range f.refs {
		if f.refs[k].class != 0 || f.refs[k].line == chosen {
			continue
		}
		l := &f.lines[f.refs[k].line]
		for j := l.head[0]; j < len(l.class[0]) && l.class[0][j].at < at; j++ {
			if !l.class[0][j].asks { // who only asks is never passed over
				l.class[0][j].skips++
			}
		}
	}
}

// length draws how long a called ticket keeps a window busy.
func (f *future) length(l, i int, backup bool) float64 {
	if f.uniform() < f.noShow {
		return f.noShowCost
	}
	return f.service(l, i, backup, 0)
}
