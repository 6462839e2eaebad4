package queue

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"jiaohao/protocol"
)

// recentMax is how many called tickets the state remembers for boards.
const recentMax = 24

// New returns the state before the first event.
func New() *State {
	return &State{
		Tickets: map[protocol.TicketID]*Ticket{},
		Lines:   map[protocol.ServiceID][]protocol.TicketID{},
		Posts:   map[protocol.WindowID]*Post{},
		Issued:  map[string]int{},
		Learned: map[protocol.ServiceID]Learned{},
		Lost:    map[protocol.DeviceID]time.Time{},
		Answers: map[string]Outcome{},
		Left:    map[string]*protocol.Refusal{},
		Spooled: map[string]protocol.TicketID{},
		loc:     time.UTC,
	}
}

func (s *State) zone() *time.Location {
	if s.loc == nil {
		return s.Plan.zone()
	}
	return s.loc
}

// Apply folds one committed event into the state. It cannot fail: an event that
// does not fit is a bug and panics.
func (s *State) Apply(r Record) {
	if r.Seq != s.Seq+1 {
		panic(fmt.Sprintf("queue: event %d after %d", r.Seq, s.Seq))
	}
	s.Seq, s.At = r.Seq, r.At
	switch e := r.Event.(type) {
	case *HubStarted:
		s.Epoch = e.Epoch
	case *DayOpened:
		s.openDay(e, r.At)
	case *DayClosed:
		s.closeDay(r.At)
		s.answer(e.By, Outcome{})
	case *PlanChanged:
		s.setPlan(e.Plan, r.At)
		s.answer(e.By, Outcome{})
	case *CoverStarted:
		s.Covers = append(s.Covers, Cover{Window: e.Window, For: e.For, Cause: e.Cause, Since: r.At})
	case *CoverEnded:
		s.Covers = slices.DeleteFunc(s.Covers, func(c Cover) bool { return c.Window == e.Window && c.For == e.For })
	case *DeviceWasLost:
		s.Lost[e.Device] = r.At
		s.terminal(e.Device, protocol.Open, protocol.Away, r.At)
	case *DeviceCameBack:
		delete(s.Lost, e.Device)
		s.terminal(e.Device, protocol.Away, protocol.Open, r.At)
	case *NightLearned:
		s.Figures = &e.Figures
	case *FigureReset:
		s.forget(e.Figure)
		s.answer(e.By, Outcome{})
	case *AlarmRaised:
		s.alarm(e.Lateness, r.At)
	case *AlarmCleared:
		delete(s.Alarms, e.Service)
	default:
		s.applyTicket(r)
	}
}

// terminal moves the post of a lost or returned terminal from one status to another.
func (s *State) terminal(id protocol.DeviceID, from, to protocol.Status, at time.Time) {
	dev := s.Plan.Device(id)
	if dev == nil || dev.Kind != protocol.KindTerminal {
		return
	}
	if to == protocol.Open {
		to = s.working(dev.Window) // another terminal of the window may be lost still
	}
	if post := s.Posts[dev.Window]; post != nil && post.Status == from && from != to {
		post.Status, post.Since = to, at
	}
}

func (s *State) applyTicket(r Record) {
	switch e := r.Event.(type) {
	case *Issued:
		s.issued(r, e)
	case *Leftover:
		sp := e.Spool
		s.Left[spoolKey(e.Device, &sp)] = &e.Reason
	case *Printed:
		s.touch(e.Ticket, r).Print = &e.Print
		s.answer(e.By, Outcome{Ticket: e.Ticket})
	case *Rated:
		t := s.touch(e.Ticket, r)
		t.Rating, t.Unrated = e.Rating, e.Rating == 0
		s.answer(e.By, Outcome{Ticket: e.Ticket})
	case *Cancelled:
		t := s.touch(e.Ticket, r)
		s.leave(t, protocol.Cancelled, r.At)
		t.Reason, t.FinishedAt = e.Reason, r.At
		s.answerTicket(e.By, t)
	case *Reactivated:
		t := s.touch(e.Ticket, r)
		t.Window, t.Only = "", ""
		place := Place{At: e.Behind.At, Seq: r.Seq}
		if e.Behind.Seq != 0 {
			place = Place{At: e.Behind.At, Seq: e.Behind.Seq, Again: r.Seq}
		}
		s.join(t, place, r.At)
		s.answerTicket(e.By, t)
	default:
		s.applyWindow(r)
	}
}

func (s *State) issued(r Record, e *Issued) {
	t := &Ticket{
		ID: e.Ticket, Number: e.Number, Service: e.Service, Class: e.Class, GrantedBy: e.GrantedBy,
		Device: e.Device, Offline: e.Offline, IssuedAt: e.IssuedAt, Ahead: e.Ahead, Wait: e.Wait, Promise: e.Promise, Request: e.Request,
		Last: r.Seq,
	}
	s.Tickets[t.ID] = t
	s.join(t, Place{At: e.Order, Seq: r.Seq}, r.At)
	if e.Offline {
		s.Spooled[leftKey(e.Device, ticketID(or(e.Label, s.Day), e.Number))] = t.ID
	}
	prefix := e.Number[:len(e.Number)-len(digits(e.Number))]
	s.Issued[prefix] = max(s.Issued[prefix], e.N)
	if !e.Offline {
		s.answer(e.By, Outcome{Ticket: t.ID, Service: t.Service, Stage: protocol.Waiting, Issue: true})
	}
}

// digits returns the digits at the end of a number.
func digits(number string) string {
	i := len(number)
	for i > 0 && number[i-1] >= '0' && number[i-1] <= '9' {
		i--
	}
	return number[i:]
}

// touch returns the ticket of an event and notes that the event touched it.
func (s *State) touch(id protocol.TicketID, r Record) *Ticket {
	t := s.Tickets[id]
	if t == nil {
		panic(fmt.Sprintf("queue: event %d (%s) of ticket %s, which is not of the day", r.Seq, r.Event.Kind(), id))
	}
	t.Last = r.Seq
	return t
}

// join puts a ticket into its line by its place.
func (s *State) join(t *Ticket, place Place, at time.Time) {
	t.Stage, t.Since, t.Place = protocol.Waiting, at, place
	line := s.Lines[t.line()]
	i := len(line)
	for i > 0 && place.Before(s.Tickets[line[i-1]].Place) {
		i--
	}
	s.Lines[t.line()] = slices.Insert(line, i, t.ID)
}

// leave takes a ticket out of its line or from its window into another stage.
func (s *State) leave(t *Ticket, stage protocol.Stage, at time.Time) {
	if t.Stage == protocol.Waiting {
		key := t.line()
		i := slices.Index(s.Lines[key], t.ID)
		s.Lines[key] = slices.Delete(s.Lines[key], i, i+1)
	}
	if post := s.Posts[t.Window]; post != nil && post.Ticket == t.ID {
		post.Ticket = ""
	}
	t.Stage, t.Since = stage, at
}

func (s *State) answer(by By, out Outcome) {
	if by.Request != "" {
		s.Answers[answerKey(by.Device, by.Request)] = out
	}
}

func (s *State) answerTicket(by By, t *Ticket) {
	s.answer(by, Outcome{Ticket: t.ID, Service: t.Service, Stage: t.Stage, Window: t.Window})
}

// setPlan puts a plan in force. No step from before can be taken back: it could
// bring a ticket back to a service or a window that is no more.
func (s *State) setPlan(p Plan, at time.Time) {
	s.Plan, s.loc = p, p.zone()
	s.ways = newWays(&s.Plan)
	s.retune()
	for id := range s.Lost {
		if p.Device(id) == nil {
			delete(s.Lost, id) // its return would be refused, so it would be lost for ever
		}
	}
	for i := range p.Windows {
		if id := p.Windows[i].ID; s.Posts[id] == nil {
			s.Posts[id] = &Post{Window: id, Status: protocol.Closed, Since: at}
		}
	}
	for id, post := range s.Posts {
		if p.Window(id) == nil {
			delete(s.Posts, id)
			continue
		}
		post.Undo = nil
		if now := s.working(id); now != post.Status && (post.Status == protocol.Away || post.Status == protocol.Open) {
			post.Status, post.Since = now, at
		}
	}
	s.Covers = nil
}

// working is the status of a post at which somebody works: without its terminal it
// is away, so that its partner covers, and may call by a web page all the same.
func (s *State) working(w protocol.WindowID) protocol.Status {
	if s.terminalLost(w) {
		return protocol.Away
	}
	return protocol.Open
}

// terminalLost reports whether a terminal of window w is lost.
func (s *State) terminalLost(w protocol.WindowID) bool {
	for id := range s.Lost {
		if dev := s.Plan.Device(id); dev != nil && dev.Kind == protocol.KindTerminal && dev.Window == w {
			return true
		}
	}
	return false
}

func (s *State) openDay(e *DayOpened, at time.Time) {
	s.settleSpool(e.Day)
	s.Day, s.OpenedAt = e.Day, at
	clear(s.Tickets)
	clear(s.Lines)
	clear(s.Posts)
	clear(s.Issued)
	clear(s.Answers)
	s.Recent = nil
	for svc, l := range s.Learned {
		s.Learned[svc] = Learned{N: l.N / 2, Total: l.Total / 2} // yesterday counts half
	}
	s.ageSkills()
	s.setPlan(e.Plan, at)
	s.answer(e.By, Outcome{})
}

// settleSpool keeps what became of offline tickets, so that a dispenser that asks
// again tomorrow learns it, and drops old ones and those of days that have not
// come.
func (s *State) settleSpool(day string) {
	today, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return
	}
	oldest, next := today.AddDate(0, 0, -leftDays).Format("20060102"), today.AddDate(0, 0, 1).Format("20060102")
	past := func(id string) bool { return id < oldest || id >= next }
	maps.DeleteFunc(s.Left, func(key string, _ *protocol.Refusal) bool {
		_, id, _ := strings.Cut(key, "/")
		return past(id)
	})
	maps.DeleteFunc(s.Spooled, func(_ string, id protocol.TicketID) bool { return past(string(id)) })
}

func (s *State) closeDay(at time.Time) {
	s.Day, s.Covers, s.Alarms = "", nil, nil
	for _, post := range s.Posts {
		*post = Post{Window: post.Window, Status: protocol.Closed, Since: at, Served: post.Served}
	}
}
