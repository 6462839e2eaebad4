package whatif

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

const (
	// limitUsual is the longest wait that is meant to be kept where a service promises none.
	limitUsual = 15 * time.Minute
	// targetUsual is the share of people who may wait longer, in every half hour.
	targetUsual = 0.10
	// roundsMax bounds how often windows are added or taken away in turn.
	roundsMax = 30
	// slotsMax bounds a day: what comes later belongs to the night.
	slotsMax = 48
)

// StaffPlan is how many windows each half hour needs. Shares are in percent, waits in minutes.
type StaffPlan struct {
	Target  float64     `json:"target"`
	Slots   []StaffSlot `json:"slots"`
	Hours   float64     `json:"hours"`     // windows staffed, in all
	Now     float64     `json:"hours_now"` // as on the last recorded day
	Mean    Interval    `json:"mean"`
	MeanNow Interval    `json:"mean_now"`
	Late    Interval    `json:"late"` // of all people
	LateNow Interval    `json:"late_now"`
	Met     bool        `json:"met"` // the target holds in every half hour
	Rounds  int         `json:"rounds"`
}

// StaffSlot is one half hour.
type StaffSlot struct {
	From    time.Time           `json:"from"`
	Load    float64             `json:"load"` // windows kept busy if nobody waited: the offered load in Erlang
	Now     float64             `json:"now"`  // windows staffed on the last recorded day, on average
	Windows []protocol.WindowID `json:"windows"`
	Late    float64             `json:"late"` // of those who come in it
	LateNow float64             `json:"late_now"`
}

// part is a set of services that are linked by windows which serve several of them.
type part struct {
	services []protocol.ServiceID
	windows  []protocol.WindowID
}

// verdict is what drawn days say of a roster.
type verdict struct {
	mean, late Interval    // mean in min, late in percent
	parts      [][]float64 // share late, 0 to 1, by part and half hour
	slots      []float64   // and by half hour
}

// Staff looks for the fewest windows with which in every half hour at most target (0 means
// 0.10) of those who come wait over their service's promise, or over 15 min where there is
// none. It begins with the offered load of each half hour and the tail of Erlang's C
// formula, then plays drawn days, adds a window where a half hour misses the target
// and takes one away where it holds without: the iterative staffing of Feldman, Mandelbaum,
// Massey and Whitt (Management Science 54, 2008). The last of days is what is now.
func Staff(ctx context.Context, days []*Day, target float64, w Work) (*StaffPlan, error) {
	target = cmp.Or(target, targetUsual)
	if target < 0.01 || target > 0.5 {
		return nil, fmt.Errorf("whatif: target %g, legal are 0.01 to 0.5", target)
	}
	s := newStaffing(ctx, days, target, w)
	if s.slots == 0 {
		return nil, fmt.Errorf("whatif: nobody came on %s", s.day.Date)
	}
	was, err := s.judge(s.day.Shifts)
	if err != nil {
		return nil, err
	}
	s.begin()
	best, err := s.improve()
	if err != nil {
		return nil, err
	}
	return s.plan(was, best), nil
}

// staffing is a search for a roster.
type staffing struct {
	ctx    context.Context
	days   []*Day
	day    *Day // the last
	work   Work
	target float64
	limits map[protocol.ServiceID]time.Duration
	parts  []part
	partOf map[protocol.ServiceID]int
	from   time.Time // begin of the first half hour
	first  time.Time // when the first came or the first window opened, within that half hour
	last   time.Time // when the last came or the last window closed, within the last half hour
	slots  int
	loads  [][]float64 // by part and half hour
	stay   []float64   // mean stay in s, by part
	open   map[protocol.WindowID][]bool
	rounds int
	judged int // rosters played
}

func newStaffing(ctx context.Context, days []*Day, target float64, w Work) *staffing {
	s := &staffing{ctx: ctx, days: days, day: days[len(days)-1], work: w, target: target,
		limits: map[protocol.ServiceID]time.Duration{}, partOf: map[protocol.ServiceID]int{}, open: map[protocol.WindowID][]bool{}}
	for i := range s.day.Plan.Services {
		svc := &s.day.Plan.Services[i]
		s.limits[svc.ID] = cmp.Or(time.Duration(svc.Promise), limitUsual)
	}
	s.parts = parts(&s.day.Plan)
	for i := range s.parts {
		for _, id := range s.parts[i].services {
			s.partOf[id] = i
		}
	}
	s.measure()
	for i := range s.day.Plan.Windows {
		s.open[s.day.Plan.Windows[i].ID] = make([]bool, s.slots)
	}
	return s
}

// parts joins the services that share a window.
func parts(p *queue.Plan) []part {
	root := map[protocol.ServiceID]protocol.ServiceID{}
	find := func(id protocol.ServiceID) protocol.ServiceID {
		for root[id] != "" {
			id = root[id]
		}
		return id
	}
	for i := range p.Windows {
		for _, id := range p.Windows[i].Primary[1:] {
			if a, b := find(p.Windows[i].Primary[0]), find(id); a != b {
				root[b] = a
			}
		}
	}
	index := map[protocol.ServiceID]int{}
	var out []part
	for i := range p.Services {
		top := find(p.Services[i].ID)
		if _, known := index[top]; !known {
			index[top] = len(out)
			out = append(out, part{})
		}
		at := &out[index[top]]
		at.services = append(at.services, p.Services[i].ID)
	}
	for i := range p.Windows {
		at := &out[index[find(p.Windows[i].Primary[0])]]
		at.windows = append(at.windows, p.Windows[i].ID)
	}
	return out
}

// measure computes what comes: the first half hour, how many there are, and the load of each.
func (s *staffing) measure() {
	if s.frame(); s.slots == 0 {
		return
	}
	s.loads, s.stay = make([][]float64, len(s.parts)), make([]float64, len(s.parts))
	for i := range s.loads {
		s.loads[i] = make([]float64, s.slots)
	}
	people := make([]float64, len(s.parts))
	const samples = 20
	for seed := range uint64(samples) {
		d := Draw(s.days, seed)
		for i := range d.People {
			who := &d.People[i]
			at := s.partOf[who.Service]
			stay := d.Turnover
			for _, v := range who.Visits {
				stay += v.Stay
			}
			s.stay[at] += stay.Seconds()
			people[at]++
			for n := range s.slots {
				from, to := s.slot(n)
				over := min(to.Sub(who.Came), stay, who.Came.Add(stay).Sub(from), to.Sub(from))
				s.loads[at][n] += max(float64(over), 0) / float64(max(to.Sub(from), 1)) / samples
			}
		}
	}
	for i := range s.stay {
		s.stay[i] /= max(people[i], 1)
	}
}

// frame finds the half hours in which people came, on any of the days, and how much of the first
// and of the last the hall was open.
func (s *staffing) frame() {
	for _, d := range s.days {
		if len(d.People) == 0 {
			continue
		}
		shift := d.until(s.day)
		first, last := d.People[0].Came.Add(shift), d.People[len(d.People)-1].Came.Add(shift)
		if s.first.IsZero() || first.Before(s.first) {
			s.first = first
		}
		if last.After(s.last) {
			s.last = last
		}
	}
	if s.first.IsZero() {
		return
	}
	s.from = s.first.Truncate(Slot)
	s.slots = min(int(s.last.Sub(s.from)/Slot)+1, slotsMax)
	end := s.from.Add(time.Duration(s.slots) * Slot)
	for _, shift := range s.day.Shifts {
		if shift.From.Before(s.first) {
			s.first = shift.From
		}
		if shift.To.After(s.last) {
			s.last = shift.To
		}
	}
	if s.first.Before(s.from) {
		s.first = s.from
	}
	if s.last.After(end) {
		s.last = end
	}
}

// slot is half hour n: of the first and the last only the part in which the hall was open, so
// that windows needed and windows staffed are hours of the same time.
func (s *staffing) slot(n int) (from, to time.Time) {
	from = s.from.Add(time.Duration(n) * Slot)
	to = from.Add(Slot)
	if n == 0 {
		from = s.first
	}
	if n == s.slots-1 {
		to = s.last
	}
	return from, to
}

// begin opens as many windows in each half hour as Erlang's C formula asks for.
func (s *staffing) begin() {
	for i := range s.parts {
		limit := limitUsual
		for _, id := range s.parts[i].services {
			limit = min(limit, s.limits[id])
		}
		for n := range s.slots {
			need := erlangNeed(s.loads[i][n], s.stay[i], limit.Seconds(), s.target, len(s.parts[i].windows))
			for range need {
				s.add(i, n)
			}
		}
	}
}

// add opens the window of a part that helps most in a half hour: one whose services have
// the fewest windows for their load so far. It reports whether there was one.
func (s *staffing) add(at, slot int) bool {
	best, score := protocol.WindowID(""), -1.0
	for _, id := range s.parts[at].windows {
		if s.open[id][slot] {
			continue
		}
		sum := 0.0
		for _, svc := range s.day.Plan.Window(id).Primary {
			sum += 1 / (1 + float64(s.openFor(svc, slot)))
		}
		if sum > score {
			best, score = id, sum
		}
	}
	if best == "" {
		return false
	}
	s.open[best][slot] = true
	return true
}

// openFor counts the windows open for a service in a half hour.
func (s *staffing) openFor(svc protocol.ServiceID, slot int) int {
	n := 0
	for i := range s.day.Plan.Windows {
		w := &s.day.Plan.Windows[i]
		if s.open[w.ID][slot] && slices.Contains(w.Primary, svc) {
			n++
		}
	}
	return n
}

// remove closes the window of a part that is needed least in a half hour: one whose services have
// others, of equals the last, so that a day has few changes. It returns the window, or "" when
// each is the only one of a service.
func (s *staffing) remove(at, slot int) protocol.WindowID {
	best, score := protocol.WindowID(""), 0
	for _, id := range s.parts[at].windows {
		if !s.open[id][slot] {
			continue
		}
		least := math.MaxInt
		for _, svc := range s.day.Plan.Window(id).Primary {
			least = min(least, s.openFor(svc, slot)-1)
		}
		if least > 0 && least >= score {
			best, score = id, least
		}
	}
	if best != "" {
		s.open[best][slot] = false
	}
	return best
}

// shifts is the roster that stands now. The last half hour's windows stay until all are served.
func (s *staffing) shifts() []Shift {
	var out []Shift
	for i := range s.day.Plan.Windows {
		id := s.day.Plan.Windows[i].ID
		for n, open := range s.open[id] {
			if !open {
				continue
			}
			from, to := s.slot(n)
			if n == s.slots-1 {
				to = to.Add(2 * Slot)
			}
			if k := len(out) - 1; k >= 0 && out[k].Window == id && out[k].To.Equal(from) {
				out[k].To = to
				continue
			}
			out = append(out, Shift{Window: id, From: from, To: to})
		}
	}
	return out
}

// improve adds windows where the target is missed and then takes away those without which it
// holds, each judged by drawn days.
func (s *staffing) improve() (verdict, error) {
	now, err := s.judge(s.shifts())
	for ; err == nil && s.rounds < roundsMax; s.rounds++ {
		grown := false
		for i := range s.parts {
			for n := range s.slots {
				if now.parts[i][n] > s.target && (s.add(i, n) || n > 0 && s.add(i, n-1)) {
					grown = true
				}
			}
		}
		if !grown {
			break
		}
		now, err = s.judge(s.shifts())
	}
	for n := 0; err == nil && n < s.slots; n++ {
		now, err = s.trim(n, now)
	}
	return now, err
}

// trim takes one window of each part away in a half hour, if all still holds.
func (s *staffing) trim(slot int, now verdict) (verdict, error) {
	for i := range s.parts {
		if now.parts[i][slot] > s.target/2 {
			continue
		}
		id := s.remove(i, slot)
		if id == "" {
			continue
		}
		then, err := s.judge(s.shifts())
		if err != nil {
			return now, err
		}
		if slices.Max(then.parts[i]) > max(s.target, slices.Max(now.parts[i])) {
			s.open[id][slot] = true
			continue
		}
		now = then
	}
	return now, nil
}

// judge plays drawn days with a roster.
func (s *staffing) judge(shifts []Shift) (verdict, error) {
	played, err := s.work.play(s.ctx, s.days, s.day.Plan, shifts)
	if err != nil {
		return verdict{}, err
	}
	came, late := s.table(), s.table()
	var means, shares []Figure
	for _, p := range played {
		n, over := 0.0, 0.0
		for i := range p.People {
			who := &p.People[i]
			slot := int(who.Came.Sub(s.from) / Slot)
			if slot < 0 || slot >= s.slots {
				continue
			}
			at := s.partOf[who.Service]
			came[at][slot]++
			n++
			if s.isLate(who) {
				late[at][slot]++
				over++
			}
		}
		m, _ := p.everybody()
		means = append(means, m)
		shares = append(shares, Figure(100*over/max(n, 1)))
	}
	v := verdict{mean: interval(means), late: interval(shares), parts: s.table(), slots: make([]float64, s.slots)}
	for n := range s.slots {
		sumCame, sumLate := 0.0, 0.0
		for i := range s.parts {
			v.parts[i][n] = late[i][n] / max(came[i][n], 1)
			sumCame, sumLate = sumCame+came[i][n], sumLate+late[i][n]
		}
		v.slots[n] = sumLate / max(sumCame, 1)
	}
	s.judged++
	if s.work.Progress != nil {
		most := s.slots*len(s.parts) + roundsMax/3
		s.work.Progress(min(s.judged, most), most)
	}
	return v, nil
}

// isLate reports whether somebody waited over the limit, or was never called and did not
// leave in time.
func (s *staffing) isLate(who *Seen) bool {
	switch {
	case who.GaveUp, who.Refused:
		return false
	case who.Called.IsZero():
		return true
	}
	return who.Called.Sub(who.Came) > s.limits[who.Service]
}

// table has a cell for each part and half hour.
func (s *staffing) table() [][]float64 {
	t := make([][]float64, len(s.parts))
	for i := range t {
		t[i] = make([]float64, s.slots)
	}
	return t
}

// plan says what was found.
func (s *staffing) plan(was, best verdict) *StaffPlan {
	out := &StaffPlan{Target: s.target, Rounds: s.judged, Mean: best.mean, MeanNow: was.mean, Late: best.late, LateNow: was.late, Met: true}
	for n := range s.slots {
		slot := StaffSlot{From: s.from.Add(time.Duration(n) * Slot), Windows: []protocol.WindowID{}, Late: 100 * best.slots[n], LateNow: 100 * was.slots[n]}
		for i := range s.parts {
			slot.Load += s.loads[i][n]
			out.Met = out.Met && best.parts[i][n] <= s.target
		}
		for i := range s.day.Plan.Windows {
			if id := s.day.Plan.Windows[i].ID; s.open[id][n] {
				slot.Windows = append(slot.Windows, id)
			}
		}
		from, to := s.slot(n)
		slot.Now = staffedIn(s.day.Shifts, from, to)
		out.Hours += float64(len(slot.Windows)) * to.Sub(from).Hours()
		out.Now += slot.Now * to.Sub(from).Hours()
		out.Slots = append(out.Slots, slot)
	}
	return out
}

// staffedIn is how many windows are staffed from one time to another, on average.
func staffedIn(shifts []Shift, from, to time.Time) float64 {
	sum := time.Duration(0)
	for _, s := range shifts {
		sum += max(min(s.To.Sub(from), to.Sub(s.From), to.Sub(from), s.To.Sub(s.From)), 0)
	}
	return float64(sum) / float64(max(to.Sub(from), 1))
}
