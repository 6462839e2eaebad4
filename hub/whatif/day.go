package whatif

import (
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// pauseMax bounds what counts as the usual time between two people at a window, or from opening it
// to the first: a longer one was a rest, or the window waited for somebody else.
const pauseMax = 2 * time.Minute

// Day is what happened on a business day as far as another plan would not change it.
type Day struct {
	Date   string // 2006-01-02
	Plan   queue.Plan
	From   time.Time // when the day was opened
	To     time.Time // the last recorded event
	People []Person  // in the order in which they came
	Shifts []Shift   // in the order in which they began
	// Turnover is how long it takes on average from the end of a service to the next call while
	// somebody waits.
	Turnover time.Duration
	// Settling is the same from opening a window to its first call; of "" for windows that are not
	// there, because nobody waited when they opened.
	Settling map[protocol.WindowID]time.Duration
}

// settling is how long it takes from opening the window to its first call.
func (d *Day) settling(w protocol.WindowID) time.Duration {
	if long, ok := d.Settling[w]; ok {
		return long
	}
	return d.Settling[""]
}

// Person is somebody who came.
type Person struct {
	Number   string
	Service  protocol.ServiceID
	Class    protocol.Class
	Granted  string        // by whom, of the green channel
	Due      time.Duration // of an appointment: its time since midnight
	Came     time.Time
	Visits   []Visit
	GaveUp   time.Duration // after coming, while waiting; 0: never
	CalledAt time.Time     // first; zero: never
	Window   protocol.WindowID
	Covered  bool // served by a partner of the window whose service it was
}

// Visit is one stay at a window.
type Visit struct {
	Stay   time.Duration // from the call to the end, without holds
	NoShow bool
	Back   time.Duration      // after a no-show: when the number came back; 0: never
	To     protocol.ServiceID // transferred to this queue; empty: not
	Window protocol.WindowID  // transferred to this window; empty: any
}

// Shift is a post staffed from one time to another.
type Shift struct {
	Window   protocol.WindowID
	From, To time.Time
	// Leave is when the clerk made up their mind to leave: they called nobody after it, and were
	// there until To only to serve the last. Zero: at To.
	Leave time.Time
}

// calls is until when the window calls.
func (s *Shift) calls() time.Time {
	if s.Leave.After(s.From) && s.Leave.Before(s.To) {
		return s.Leave
	}
	return s.To
}

// Recorder reads days from the records of a journal, which it must see from the first.
type Recorder struct {
	want  string // the last day wanted, "" for the last there is
	keep  int
	dates []string // of all business days seen
	days  []*Day   // recorded before this one, the last keep
	now   string   // the open day
	day   *Day

	people map[protocol.TicketID]*visitor
	order  []protocol.TicketID
	on     map[protocol.WindowID]int       // index of the shift that goes on
	opened map[protocol.WindowID]time.Time // and has not called yet
	began  map[protocol.WindowID]time.Time // the last service
	ended  map[protocol.WindowID]time.Time
	gaps   []time.Duration
	settle map[protocol.WindowID][]time.Duration // "" is of all windows
}

// visitor is a person while the day goes on.
type visitor struct {
	Person
	since time.Time     // at the window; zero: not there
	spent time.Duration // at the window before a hold
	gone  time.Time     // when a missed number was given up
}

// Record returns a recorder of up to n business days that end with the one named; "" means the last.
func Record(last string, n int) *Recorder { return &Recorder{want: last, keep: n} }

// Dates returns the business days seen so far, in their order.
func (r *Recorder) Dates() []string { return r.dates }

// Days returns the recorded days in their order, the last one last; only those with the same
// windows and services as it. It is nil when the journal does not have that day.
func (r *Recorder) Days() []*Day {
	last := r.finish()
	if last == nil || r.want != "" && last.Date != r.want {
		return nil
	}
	var out []*Day
	for _, d := range r.days {
		if d.sameHall(last) {
			out = append(out, d)
		}
	}
	return append(out[max(len(out)-r.keep+1, 0):], last)
}

// sameHall reports whether what people needed on one day can be served on the other.
func (d *Day) sameHall(o *Day) bool {
	return slices.EqualFunc(d.Plan.Windows, o.Plan.Windows, func(a, b queue.Window) bool { return a.ID == b.ID }) &&
		slices.EqualFunc(d.Plan.Services, o.Plan.Services, func(a, b queue.Service) bool { return a.ID == b.ID })
}

// Add takes the next record of the journal. Records of other days cost next to nothing.
func (r *Recorder) Add(at time.Time, kind string, body []byte) error {
	wanted := r.day != nil && r.now == r.day.Date
	if !wanted && kind != (queue.DayOpened{}).Kind() {
		return nil
	}
	e, err := queue.DecodeEvent(kind, body)
	if err != nil {
		return err
	}
	switch e := e.(type) {
	case *queue.DayOpened:
		r.open(e, at)
	case *queue.PlanChanged:
		r.day.Plan = e.Plan
	case *queue.DayClosed:
		r.close(at)
		r.now = ""
	default:
		r.take(e, at)
	}
	if wanted {
		r.day.To = at
	}
	return nil
}

func (r *Recorder) open(e *queue.DayOpened, at time.Time) {
	r.now = e.Day
	if !slices.Contains(r.dates, e.Day) {
		r.dates = append(r.dates, e.Day)
	}
	if r.want != "" && r.want < e.Day {
		return
	}
	if before := r.finish(); before != nil {
		r.days = append(r.days[max(len(r.days)-r.keep, 0):], before)
	}
	r.day = &Day{Date: e.Day, Plan: e.Plan, From: at, To: at}
	r.people, r.order = map[protocol.TicketID]*visitor{}, nil
	r.on, r.opened = map[protocol.WindowID]int{}, map[protocol.WindowID]time.Time{}
	r.began = map[protocol.WindowID]time.Time{}
	r.ended, r.gaps, r.settle = map[protocol.WindowID]time.Time{}, nil, map[protocol.WindowID][]time.Duration{}
}

// finish returns the day as recorded so far, or nil before the first.
func (r *Recorder) finish() *Day {
	if r.day == nil {
		return nil
	}
	day := *r.day
	day.Shifts = slices.Clone(r.day.Shifts)
	for _, i := range r.on {
		day.Shifts[i].To = day.To
	}
	opens := map[protocol.WindowID]bool{} // again
	for i := range slices.Backward(day.Shifts) {
		s := &day.Shifts[i]
		if !opens[s.Window] {
			s.Leave = time.Time{} // the last of the day: they stayed until nobody waited
		}
		opens[s.Window] = true
	}
	for _, id := range r.order {
		p := r.people[id].Person
		p.Visits = slices.Clone(p.Visits)
		day.People = append(day.People, p)
	}
	slices.SortStableFunc(day.People, func(a, b Person) int { return a.Came.Compare(b.Came) })
	day.Turnover, day.Settling = meanOf(r.gaps), map[protocol.WindowID]time.Duration{}
	for w, long := range r.settle {
		day.Settling[w] = meanOf(long)
	}
	return &day
}

// meanOf is the mean, 0 of none.
func meanOf(all []time.Duration) (mean time.Duration) {
	for _, d := range all {
		mean += d
	}
	return mean / time.Duration(max(len(all), 1))
}

// close takes back that the end of the day cancelled who was left: they had not given up.
func (r *Recorder) close(at time.Time) {
	for _, v := range r.people {
		if v.GaveUp > 0 && v.Came.Add(v.GaveUp).Equal(at) {
			v.GaveUp = 0
		}
	}
	for w := range r.on {
		r.staff(w, false, at)
	}
}

// staff begins or ends a shift.
func (r *Recorder) staff(w protocol.WindowID, on bool, at time.Time) {
	i, was := r.on[w]
	switch {
	case on && !was:
		r.on[w], r.opened[w] = len(r.day.Shifts), at
		r.day.Shifts = append(r.day.Shifts, Shift{Window: w, From: at})
	case !on && was:
		r.day.Shifts[i].To = at
		if end, ok := r.ended[w]; ok && at.Sub(end) <= pauseMax {
			r.day.Shifts[i].Leave = end.Add(-end.Sub(r.began[w]) / 2) // while the last was served: on average at half
		}
		delete(r.on, w)
		delete(r.opened, w)
		delete(r.ended, w)
	}
}

func (r *Recorder) take(e queue.Event, at time.Time) {
	switch e := e.(type) {
	case *queue.SignedOn:
		r.staff(e.Window, true, at)
	case *queue.WindowUnpaused:
		r.staff(e.Window, true, at)
	case *queue.SignedOff:
		r.staff(e.Window, false, at)
	case *queue.WindowPaused:
		r.staff(e.Window, false, at)
	case *queue.Issued:
		r.issued(e)
	case *queue.Called:
		r.called(e, at)
	case *queue.Resumed:
		r.began[e.Window] = at
		delete(r.opened, e.Window)
		if v := r.people[e.Ticket]; v != nil {
			v.since = at
		}
	case *queue.Held:
		if v := r.people[e.Ticket]; v != nil {
			v.spent += at.Sub(v.since)
			r.ended[e.Window] = at
		}
	case *queue.NoShow:
		r.leave(e.Ticket, e.Window, Visit{NoShow: true}, at)
	case *queue.Transferred:
		r.leave(e.Ticket, e.Window, Visit{To: e.Service, Window: e.To}, at)
	case *queue.Finished:
		r.leave(e.Ticket, e.Window, Visit{}, at)
	case *queue.Reactivated:
		if v := r.people[e.Ticket]; v != nil && len(v.Visits) > 0 {
			v.Visits[len(v.Visits)-1].Back = max(at.Sub(v.gone), time.Second)
		}
	case *queue.Cancelled:
		r.cancelled(e, at)
	case *queue.Undone:
		r.undone(e, at)
	}
}

func (r *Recorder) issued(e *queue.Issued) {
	p := Person{Number: e.Number, Service: e.Service, Class: e.Class, Granted: e.GrantedBy, Came: e.IssuedAt}
	if e.Class == protocol.Appointment {
		due := e.Order.Add(r.day.Plan.AppointmentCredit())
		zone, err := time.LoadLocation(r.day.Plan.Zone)
		if err == nil {
			due = due.In(zone)
		}
		y, m, d := due.Date()
		p.Due = max(due.Sub(time.Date(y, m, d, 0, 0, 0, 0, due.Location())), time.Millisecond)
	}
	r.people[e.Ticket] = &visitor{Person: p}
	r.order = append(r.order, e.Ticket)
}

func (r *Recorder) called(e *queue.Called, at time.Time) {
	v := r.people[e.Ticket]
	if v == nil {
		return
	}
	if v.CalledAt.IsZero() {
		v.CalledAt, v.Window, v.Covered = at, e.Window, e.For != ""
	}
	v.since, v.spent = at, 0
	r.began[e.Window] = at
	if end, ok := r.ended[e.Window]; ok && at.Sub(end) <= pauseMax && v.Came.Before(end) {
		r.gaps = append(r.gaps, at.Sub(end))
	}
	if open, ok := r.opened[e.Window]; ok && at.Sub(open) <= pauseMax && v.Came.Before(open) {
		for _, w := range []protocol.WindowID{e.Window, ""} {
			r.settle[w] = append(r.settle[w], at.Sub(open))
		}
	}
	delete(r.opened, e.Window)
	delete(r.ended, e.Window)
}

// leave ends a stay at a window.
func (r *Recorder) leave(id protocol.TicketID, w protocol.WindowID, visit Visit, at time.Time) {
	r.ended[w] = at
	v := r.people[id]
	if v == nil {
		return
	}
	visit.Stay = v.spent
	if !v.since.IsZero() {
		visit.Stay += at.Sub(v.since)
	}
	v.Visits = append(v.Visits, visit)
	v.since, v.spent, v.gone = time.Time{}, 0, at
}

// cancelled ends the visit of who gave up, or of who was still at a window or put aside
// when the day ended.
func (r *Recorder) cancelled(e *queue.Cancelled, at time.Time) {
	v := r.people[e.Ticket]
	switch {
	case v == nil:
	case v.since.IsZero() && v.spent == 0:
		v.GaveUp = max(at.Sub(v.Came), time.Second)
	default:
		r.leave(e.Ticket, v.Window, Visit{}, at)
	}
}

// undone follows the undo of a step: a call that was none leaves the ticket waiting;
// whatever had ended a stay did not end it.
func (r *Recorder) undone(e *queue.Undone, at time.Time) {
	v := r.people[e.Ticket]
	switch {
	case v == nil:
	case e.Do == protocol.WindowCallNext || e.Do == protocol.WindowCall:
		v.since = time.Time{}
		if len(v.Visits) == 0 {
			v.CalledAt, v.Window, v.Covered = time.Time{}, "", false
		}
	case e.Do == protocol.WindowHold:
		v.since = at
	case v.since.IsZero() && len(v.Visits) > 0:
		last := v.Visits[len(v.Visits)-1]
		v.Visits = v.Visits[:len(v.Visits)-1]
		v.spent, v.since = last.Stay, at
	}
}
