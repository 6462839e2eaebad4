package forecast

import (
	"math"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Lessons are learned figures by what they are of, as a hall keeps them.
type Lessons struct {
	Services   map[protocol.ServiceID]Lesson
	Clerks     map[protocol.ClerkID]float64  // ln of how many times as long as usual a clerk needs
	Hours      map[protocol.WindowID][]Shift // of the day at which somebody is usually at a window, in order; none when unknown
	Cover      float64                       // ln of how many times as long a service takes at a post that covers
	NoShow     float64                       // share of the called
	NoShowCost float64                       // s that one costs
	Green      float64                       // share of the tickets
}

// Lesson is what was learned of one service.
type Lesson struct {
	Mu, SD      float64   // of ln(s)
	PerHalfHour []float64 // arrivals in each half hour of a usual day, local time; nil when unknown
}

// Taught returns a model with these lessons for the plan, the clerks and the day so far
// of s. It is made for one look, and shares nothing.
func Taught(s *queue.State, l *Lessons, now time.Time) *Model {
	m := &Model{}
	m.Begin(&s.Plan)
	m.penalty, m.hours = l.Cover, l.Hours
	m.called, m.lost = 1e6, (1e6+priorNoShow)*l.NoShow-priorNoShow*usualNoShow
	m.gaveUp = l.NoShowCost*(m.lost+2) - 2*noShowTime
	m.issued, m.greens = 1e6, 1e6*l.Green
	at := slot(since(now, s))
	for i := range s.Plan.Services {
		svc := &s.Plan.Services[i]
		lesson := l.Services[svc.ID]
		m.mu[i], m.sd[i] = lesson.Mu, lesson.SD
		if len(lesson.PerHalfHour) > 0 {
			m.days = 1
			m.spread(i, lesson.PerHalfHour, s)
		}
		issued := float64(s.Issued[svc.Prefix])
		for j := range at + 1 {
			m.today[i][j] = issued / float64(at+1)
		}
		m.driftToday(i, s.Learned[svc.ID])
	}
	for i := range s.Plan.Windows {
		if post := s.Posts[s.Plan.Windows[i].ID]; post != nil {
			m.speed[i] = l.Clerks[post.Clerk]
		}
	}
	return m
}

// spread puts the arrivals of a usual day on the steps of this one.
func (m *Model) spread(svc int, perHalfHour []float64, s *queue.State) {
	zone, err := time.LoadLocation(s.Plan.Zone)
	if err != nil {
		zone = time.UTC
	}
	for i := range m.arrivals[svc] {
		mid := s.OpenedAt.Add(time.Duration((float64(i) + 0.5) * slotLength * float64(time.Second))).In(zone)
		m.arrivals[svc][i] = perHalfHour[(mid.Hour()*2+mid.Minute()/30)%len(perHalfHour)]
	}
}

// driftToday takes what today's services say beside what was learned before.
func (m *Model) driftToday(svc int, today queue.Learned) {
	if today.N == 0 || today.Total <= 0 {
		return
	}
	n := float64(today.N)
	usual := m.mu[svc] + m.sd[svc]*m.sd[svc]/2
	off := min(max(math.Log(float64(today.Total)/1e9/n)-usual, -1), 1)
	held := min(n, 1/(1-forget)) // as much as the fading sum would hold
	m.drift[svc], m.driftN[svc] = off*held, held
	m.all, m.allN = m.all+off*held, m.allN+held
}

// Outcome is what one batch of futures says of a whole hall.
type Outcome struct {
	Tickets []Wait                         // of all who wait for a service
	Last    map[protocol.ServiceID]Wait    // of one more at the end of each line that somebody can be called from
	Green   map[protocol.ServiceID]Wait    // and of one more of its green channel
	Each    map[protocol.ServiceID]float64 // s that each further one adds
}

// Play forecasts every waiting ticket, and for each service one more of each class at the
// end of its line. Who only asks takes nobody's place.
func (m *Model) Play(s *queue.State, now time.Time, futures int, seed uint64) Outcome {
	out := Outcome{Last: map[protocol.ServiceID]Wait{}, Green: map[protocol.ServiceID]Wait{}, Each: map[protocol.ServiceID]float64{}}
	if m.shape == nil {
		return out
	}
	for i := range m.shape.parts {
		p := &m.shape.parts[i]
		if len(p.windows) == 0 {
			continue
		}
		sc := m.liveScene(s, now, p)
		if !sc.works() {
			continue
		}
		asked := len(sc.marks)
		for l := range sc.lines {
			line := &sc.lines[l]
			line.asks = len(line.class)
			for c := range line.class {
				mark := asked + c*len(sc.lines) + l
				line.class[c] = append(line.class[c], standing{at: sc.start, mark: mark, asks: true})
			}
		}
		waits := sc.playMarked(asked+2*len(sc.lines), futures, seed)
		for n, id := range sc.marks {
			waits[n].Ticket, waits[n].limit = id, sc.left(s, id)
			out.Tickets = append(out.Tickets, waits[n])
		}
		for l, svc := range sc.services {
			id := s.Plan.Services[svc].ID
			last, green := &waits[asked+l], &waits[asked+len(sc.lines)+l]
			last.limit, green.limit = sc.limits[l], sc.limits[l]
			out.Last[id], out.Green[id], out.Each[id] = *last, *green, sc.each(l)
		}
	}
	return out
}

// pause is how long somebody is gone who paused the window, by expectation.
const pause = 30 * time.Minute

// liveScene is the scene of a hall without a roster.
func (m *Model) liveScene(s *queue.State, now time.Time, p *part) *scene {
	out := m.live(s, now, p)
	return m.newScene(s, &out, now, p)
}

// live takes the usual hours of windows for a roster: who is there leaves when they end,
// who is there outside of them stays until the next ones end, who is gone comes when they
// begin. Who should be there comes after a while that nobody knows, or with the next hours;
// a closed window is expected no longer than pause, since its clerk may be ill. Where no
// hours are usual, who is there stays, a closed window remains so, and who paused, or whose
// terminal is lost, comes back after a while.
func (m *Model) live(s *queue.State, now time.Time, p *part) Outlook {
	out := Outlook{Shifts: map[protocol.WindowID][]Shift{}, Absence: pause}
	for _, w := range p.windows {
		id := s.Plan.Windows[w].ID
		post, hours := s.Posts[id], m.hours[id]
		switch {
		case post.Status == protocol.Closed:
			hours = slices.DeleteFunc(slices.Clone(hours), func(h Shift) bool {
				due := h.From
				if post.Since.After(due) {
					due = post.Since
				}
				return now.Sub(due) > pause && now.Before(h.To)
			})
		case len(hours) == 0 && post.Status != protocol.Open:
			hours = []Shift{{From: s.OpenedAt.Add(-time.Hour), To: now.Add(48 * time.Hour)}}
		}
		out.Shifts[id] = hours
	}
	return out
}

// works reports whether any window of the part is at work.
func (sc *scene) works() bool {
	return slices.ContainsFunc(sc.desks, func(d desk) bool { return d.open })
}

// each is what one more in a line adds to the wait at its end.
func (sc *scene) each(l int) float64 {
	share := 0.0
	for _, servers := range [][]int{sc.primary[l], sc.cover[l]} {
		for _, i := range servers {
			if sc.desks[i].open {
				share += 1 / float64(len(sc.own[i]))
			}
		}
	}
	return sc.means[l] / max(share, 0.5)
}

func (sc *scene) playMarked(n, futures int, seed uint64) []Wait {
	waits := make([]Wait, n)
	for i := range waits {
		waits[i].samples = make([]float64, 0, futures)
	}
	marks := sc.marks
	sc.marks = make([]protocol.TicketID, n)
	var f future
	for k := range futures {
		sc.begin(&f, seed*0x9e3779b97f4a7c15+uint64(k)*0xd1342543de82ef95)
		f.open = n
		f.run()
		for i, at := range f.called {
			if at < 0 {
				at = sc.horizon
			}
			waits[i].samples = append(waits[i].samples, at-sc.start)
		}
	}
	sc.marks = marks
	for i := range waits {
		slices.Sort(waits[i].samples)
	}
	return waits
}

// Beyond reports whether so many of the futures end before the call that nothing can
// be said: more than one in five.
func (w *Wait) Beyond() bool {
	return w.Quantile(0.8) >= time.Duration(0.99*reach*float64(time.Second))
}

// Kinds of advice.
const (
	AdviceOpen   = "open"   // have somebody work at a window where nobody does
	AdviceReturn = "return" // have a paused or deserted window go on
	AdviceTeach  = "teach"  // have an open window take a service that it does not
)

// Advice is one change that would help now.
type Advice struct {
	Kind    string             `json:"kind"`
	Window  protocol.WindowID  `json:"window"`
	Service protocol.ServiceID `json:"service"`
	Saved   float64            `json:"saved"` // person-minutes of waiting less, within the next hour
	Error   float64            `json:"error"` // its standard error
}

// Bounds of advice.
const (
	adviceFor     = 3600.0 // s looked ahead
	adviceLeast   = 10.0   // person-minutes that are worth a manager's walk
	adviceWindows = 12     // tried at most
)

// Advise returns what would help a service's line most, the best first; nothing when
// nothing is sure to help. The same futures are played with and without each change.
func (m *Model) Advise(s *queue.State, service protocol.ServiceID, now time.Time, futures int, seed uint64) []Advice {
	if m.shape == nil || futures < 2 {
		return nil
	}
	svc, ok := m.shape.services[service]
	if !ok {
		return nil
	}
	part := &m.shape.parts[m.shape.part[svc]]
	alone := m.liveScene(s, now, part).areas(futures, seed)
	var all []Advice
	for _, c := range m.candidates(s, svc) {
		without, both := alone, m.shape.with(part, c.window)
		if both != part {
			without = m.liveScene(s, now, both).areas(futures, seed)
		}
		sc := m.liveScene(s, now, both)
		sc.change(c.window, svc)
		a := Advice{Kind: c.kind, Window: s.Plan.Windows[c.window].ID, Service: service}
		a.Saved, a.Error = compare(without, sc.areas(futures, seed))
		if a.Saved >= adviceLeast && a.Saved > 2*a.Error {
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b Advice) int {
		switch {
		case a.Saved > b.Saved:
			return -1
		case a.Saved < b.Saved:
			return 1
		}
		return 0
	})
	return all
}

// compare returns the mean of the differences in person-minutes, and its error.
func compare(without, with []float64) (mean, err float64) {
	sum, squares, n := 0.0, 0.0, float64(len(with))
	for i := range with {
		d := (without[i] - with[i]) / 60
		sum, squares = sum+d, squares+d*d
	}
	mean = sum / n
	return mean, math.Sqrt(max(0, squares/n-mean*mean) / (n - 1))
}

type candidate struct {
	window int
	kind   string
}

// candidates are the windows that could do more for a service, those of its own
// first.
func (m *Model) candidates(s *queue.State, svc int) []candidate {
	var own, others []candidate
	for i := range s.Plan.Windows {
		post := s.Posts[s.Plan.Windows[i].ID]
		mine := slices.Contains(m.shape.own[i], svc)
		switch {
		case post == nil:
		case mine && post.Status == protocol.Closed:
			own = append(own, candidate{i, AdviceOpen})
		case mine && post.Status != protocol.Open:
			own = append(own, candidate{i, AdviceReturn})
		case !mine && post.Status == protocol.Open:
			others = append(others, candidate{i, AdviceTeach})
		}
	}
	all := append(own, others...)
	return all[:min(len(all), adviceWindows)]
}

// with returns the part, joined with that of a window that is of another one: who takes
// on more there has less time for its own.
func (s *shape) with(p *part, window int) *part {
	if slices.Contains(p.windows, window) {
		return p
	}
	all := &part{services: slices.Clone(p.services), windows: slices.Clone(p.windows)}
	for i := range s.parts {
		if other := &s.parts[i]; slices.Contains(other.windows, window) {
			all.services = append(all.services, other.services...)
			all.windows = append(all.windows, other.windows...)
		}
	}
	return all
}

// change has a window open, and take a service as its own.
func (sc *scene) change(window, svc int) {
	i, l := slices.Index(sc.windows, window), slices.Index(sc.services, svc)
	sc.desks[i].open = true
	if slices.Contains(sc.own[i], l) {
		return
	}
	sc.own[i] = append(slices.Clone(sc.own[i]), l)
	sc.primary[l] = append(slices.Clone(sc.primary[l]), i)
	mine := func(other int) bool { return other == l }
	for c := range sc.covers[i] {
		sc.covers[i][c].lines = slices.DeleteFunc(sc.covers[i][c].lines, mine)
	}
	sc.cover[l] = slices.DeleteFunc(sc.cover[l], func(other int) bool { return other == i })
}

// areas returns of each future how long all who wait do so within the next hour, in
// person-s.
func (sc *scene) areas(futures int, seed uint64) []float64 {
	for i := range sc.lines {
		for c := range sc.lines[i].class {
			for j := range sc.lines[i].class[c] {
				sc.lines[i].class[c][j].mark = -1
			}
		}
	}
	sc.marks = nil
	sc.horizon = sc.start + adviceFor
	all := make([]float64, futures)
	var f future
	for k := range all {
		sc.begin(&f, seed*0x9e3779b97f4a7c15+uint64(k)*0xd1342543de82ef95)
		f.open = 1 // nobody is marked: play to the horizon
		f.run()
		all[k] = f.area + float64(f.waiting())*(sc.horizon-f.now)
	}
	return all
}

func (f *future) waiting() int {
	n := 0
	for i := range f.lines {
		n += f.lines[i].waiting()
	}
	return n
}
