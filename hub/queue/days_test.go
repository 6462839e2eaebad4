package queue

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"jiaohao/protocol"
)

var (
	days = flag.Int("days", 20, "how many seeded days TestSeededDays plays")
	seed = flag.Uint64("seed", 0, "play only the day of this seed")
)

// TestSeededDays plays believable days of a hall in virtual time: people come in
// waves, some are green, some have appointments, some leave or do not hear; clerks
// begin late, take breaks, hold, transfer and press wrong keys. Every invariant
// holds after each event, and in the evening every ticket has its end.
func TestSeededDays(t *testing.T) {
	if *seed != 0 {
		newSeededDay(t, *seed).run()
		return
	}
	for n := range *days {
		t.Run(fmt.Sprint("seed ", n+1), func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("repeat with: go test ./hub/queue -run TestSeededDays -seed %d", n+1)
				}
			}()
			newSeededDay(t, uint64(n+1)).run()
		})
	}
}

// seededDay is a hall and its people. Each window has the moment at which its
// clerk will press the next key.
type seededDay struct {
	*testHall
	rnd     *rand.Rand
	keyAt   map[protocol.WindowID]time.Time
	arrival time.Time
	closing time.Time
	leaving map[protocol.TicketID]time.Time // who will lose patience, and when
	missed  []protocol.TicketID
}

func newSeededDay(t testing.TB, seed uint64) *seededDay {
	return newSeededDayOf(t, seed, "plans/fourth_window.yaml")
}

func newSeededDayOf(t testing.TB, seed uint64, plan string) *seededDay {
	d := &seededDay{
		testHall: newTestHall(t, plan), rnd: rand.New(rand.NewPCG(seed, 0)),
		keyAt: map[protocol.WindowID]time.Time{}, leaving: map[protocol.TicketID]time.Time{},
	}
	d.pureEach = 500 // the snapshot of a whole day is dear
	d.arrival, d.closing = d.clock("08:30"), d.clock("17:00")
	for i := range d.s.Plan.Windows {
		d.keyAt[d.s.Plan.Windows[i].ID] = d.clock("08:20").Add(d.about(10 * time.Minute))
	}
	return d
}

// about returns an exponential time of the given mean, at most four times it.
func (d *seededDay) about(mean time.Duration) time.Duration {
	return time.Duration(min(4, d.rnd.ExpFloat64()) * float64(mean)).Truncate(time.Millisecond)
}

func (d *seededDay) chance(percent int) bool { return d.rnd.IntN(100) < percent }

func (d *seededDay) run() {
	d.t.Helper()
	for {
		w, at := d.nextKey()
		if d.arrival.Before(at) {
			at, w = d.arrival, ""
		}
		if due := d.s.Deadline(); !due.IsZero() && due.Before(at) {
			d.do(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: Tick}}, due)
			continue
		}
		if at.After(d.closing.Add(2 * time.Hour)) {
			break
		}
		d.impatient(at)
		if w == "" {
			d.come(at)
			continue
		}
		d.press(w, at)
	}
	d.evening()
}

func (d *seededDay) nextKey() (protocol.WindowID, time.Time) {
	var first protocol.WindowID
	for i := range d.s.Plan.Windows {
		if w := d.s.Plan.Windows[i].ID; first == "" || d.keyAt[w].Before(d.keyAt[first]) {
			first = w
		}
	}
	return first, d.keyAt[first]
}

// come lets one citizen in. The morning is busier than noon.
func (d *seededDay) come(at time.Time) {
	gap := 110 * time.Second
	if h := at.In(d.s.zone()).Hour(); h >= 11 && h < 14 {
		gap *= 2
	}
	d.arrival = at.Add(time.Second + d.about(gap))
	if !at.Before(d.closing) {
		d.arrival = d.closing.Add(24 * time.Hour)
		return
	}
	svc := []protocol.ServiceID{"social", "social", "tax", "tax", "permit"}[d.rnd.IntN(5)]
	r := protocol.Request{Do: protocol.TicketIssue, Service: svc}
	switch {
	case d.chance(12):
		r.Class, r.GrantedBy = protocol.Green, "self"
	case d.chance(10):
		r.Class, r.AppointmentMS = protocol.Appointment, int64(at.In(d.s.zone()).Hour())*3_600_000
	}
	dispenser := Source{Role: RoleDevice, Kind: protocol.KindDispenser, Device: "d1"}
	events, err := d.do(Command{From: dispenser, Request: r}, at)
	if err != nil {
		return // full, or no number left today
	}
	id := events[0].(*Issued).Ticket
	if d.chance(90) {
		r = protocol.Request{Do: protocol.TicketPrinted, Ticket: id, Print: &protocol.PrintReport{OK: true}}
		d.do(Command{From: dispenser, Request: r}, at.Add(3*time.Second))
	}
	if d.chance(8) {
		d.leaving[id] = at.Add(d.about(30 * time.Minute))
	}
}

// impatient lets those go who have waited too long.
func (d *seededDay) impatient(at time.Time) {
	var gone []protocol.TicketID
	for id, until := range d.leaving {
		if !at.Before(until) {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	for _, id := range gone {
		delete(d.leaving, id)
		phone := Source{Role: RoleCitizen, Device: "phone", Ticket: id}
		d.do(Command{From: phone, Request: protocol.Request{Do: protocol.TicketCancel, Ticket: id}}, at)
	}
}

// press is one key of a clerk, and the time until the next.
func (d *seededDay) press(w protocol.WindowID, at time.Time) {
	post := d.s.Posts[w]
	r := protocol.Request{Reason: "日常"}
	pause := d.about(20 * time.Second)
	t := d.s.Tickets[post.Ticket]
	switch {
	case post.Status == protocol.Closed:
		r.Do, r.Clerk = protocol.WindowSignOn, map[protocol.WindowID]protocol.ClerkID{"1": "lin", "2": "wang", "3": "zhou", "4": "chen"}[w]
	case post.Status == protocol.Paused:
		r.Do = protocol.WindowUnpause
	case t == nil:
		pause = d.free(w, &r)
	case t.Stage == protocol.Called:
		pause = d.called(t, &r)
	default:
		d.serving(t, &r)
	}
	d.keyAt[w] = at.Add(time.Second + pause)
	events, err := d.do(Command{From: d.terminal(w), Request: r}, at)
	if err == nil && d.chance(2) {
		d.do(Command{From: d.terminal(w), Request: protocol.Request{Do: protocol.WindowUndo}}, at.Add(5*time.Second))
	}
	for _, e := range events {
		if missed, ok := e.(*NoShow); ok {
			d.missed = append(d.missed, missed.Ticket)
		}
	}
}

func (d *seededDay) terminal(w protocol.WindowID) Source {
	return Source{Role: RoleDevice, Kind: protocol.KindTerminal, Device: "t" + protocol.DeviceID(w), Window: w}
}

// free is what a clerk does with nobody at the window.
func (d *seededDay) free(w protocol.WindowID, r *protocol.Request) time.Duration {
	for _, t := range d.held(w) {
		if d.chance(50) {
			r.Do, r.Ticket = protocol.WindowResume, t.ID
			return d.about(5 * time.Minute)
		}
	}
	switch {
	case d.chance(3):
		r.Do = protocol.WindowPause
		return d.about(12 * time.Minute)
	case len(d.missed) > 0 && d.chance(20):
		r.Do, r.Ticket = protocol.WindowCall, d.missed[0]
		if d.chance(50) {
			r.Do = protocol.TicketReactivate // which a terminal may not, and is refused
		}
		d.missed = d.missed[1:]
	default:
		r.Do = protocol.WindowCallNext
	}
	return d.about(20 * time.Second)
}

func (d *seededDay) held(w protocol.WindowID) []*Ticket {
	var held []*Ticket
	for _, t := range d.s.Tickets {
		if t.Stage == protocol.Held && t.Window == w {
			held = append(held, t)
		}
	}
	slices.SortFunc(held, func(a, b *Ticket) int { return int(a.Last) - int(b.Last) })
	return held
}

func (d *seededDay) called(t *Ticket, r *protocol.Request) time.Duration {
	switch {
	case d.chance(85):
		r.Do = protocol.WindowArrived
		return d.about(d.mean(t))
	case t.Calls < d.s.Plan.CallsMax():
		r.Do = protocol.WindowRecall
	default:
		r.Do = protocol.WindowNoShow
	}
	return d.about(15 * time.Second)
}

func (d *seededDay) mean(t *Ticket) time.Duration {
	return time.Duration(d.s.Plan.Service(t.Service).Typical)
}

func (d *seededDay) serving(t *Ticket, r *protocol.Request) {
	switch {
	case d.chance(6):
		r.Do = protocol.WindowHold
	case d.chance(4):
		r.Do, r.Service = protocol.WindowTransfer, "tax"
	case d.chance(4):
		r.Do, r.ToWindow = protocol.WindowTransfer, "3"
	case d.chance(50):
		r.Do, r.Result = protocol.WindowFinish, protocol.Immediate
	default:
		r.Do = protocol.WindowCallNext
	}
}

// evening closes the day and looks at what became of everybody.
func (d *seededDay) evening() {
	d.t.Helper()
	d.do(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: DayClose}}, d.closing.Add(3*time.Hour))
	d.refold()
	if d.s.Day != "" || len(d.s.Tickets) < 100 {
		d.t.Fatalf("day %q is open in the evening, %d tickets", d.s.Day, len(d.s.Tickets))
	}
	finished := 0
	for id, t := range d.s.Tickets {
		switch t.Stage {
		case protocol.Finished:
			finished++
			if t.Served < 0 || t.CalledAt.Before(t.IssuedAt) || t.FinishedAt.Before(t.CalledAt) {
				d.t.Errorf("ticket %s was issued %s, called %s, finished %s, served %s", id, t.IssuedAt, t.CalledAt, t.FinishedAt, time.Duration(t.Served))
			}
		case protocol.NoShow, protocol.Cancelled:
		default:
			d.t.Errorf("ticket %s is %s after the day", id, t.Stage)
		}
	}
	if finished < len(d.s.Tickets)/2 {
		d.t.Errorf("only %d of %d were served", finished, len(d.s.Tickets))
	}
}
