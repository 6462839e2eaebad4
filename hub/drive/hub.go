package drive

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"jiaohao/hub/forecast"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// first is the opening of day 0: any day will do, in virtual time.
var first = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// early is how long before opening a day begins for the engine.
const early = 6 * time.Hour

// Options say how a driven hall works.
type Options struct {
	Rule   string    // calling order; empty means apq
	APQ    queue.APQ // its parameters
	Silent bool      // promises no waits, which is most of the work
	Alarms bool      // looks each minute for who will be late, which is several times that
}

// Hub is a hall in virtual time. It is not safe for use by two goroutines.
type Hub struct {
	opts    Options
	setup   Setup
	state   *queue.State
	journal []queue.Record // of the day
	open    time.Time      // t = 0 of the day
	last    float64        // t of the line before

	numbers map[int]protocol.TicketID // the driver's ticket to the engine's
	tickets map[protocol.TicketID]int
	leaving map[int]bool // told to leave while a ticket is at the window

	model    forecast.Model
	outlook  forecast.Outlook
	promises map[protocol.TicketID]promise
	honest   [3]forecast.Calibration // by how far off the call is: near, middle, far
}

// New returns a hub that waits for its first init.
func New(opts Options) *Hub {
	if opts.Rule == "" {
		opts.Rule = queue.RuleAPQ
	}
	return &Hub{opts: opts, state: queue.New()}
}

// State is the engine's state; it changes with the next call.
func (h *Hub) State() *queue.State { return h.state }

// Journal is what happened since the day began, oldest first.
func (h *Hub) Journal() []queue.Record { return h.journal }

// Init begins a day; one that is still open ends. What was learned stays while the hall
// is the same.
func (h *Hub) Init(setup Setup) error {
	if err := setup.check(); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	plan := setup.Plan(h.opts.Rule, h.opts.APQ)
	if err := plan.Check(); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	if h.state.Day != "" {
		if err := h.End(); err != nil {
			return fmt.Errorf("init: end of the day before: %w", err)
		}
	}
	if !setup.sameHall(&h.setup) {
		h.state, h.model = queue.New(), forecast.Model{}
	}
	h.setup, h.journal, h.last = setup, nil, tMin
	h.numbers, h.tickets, h.leaving = map[int]protocol.TicketID{}, map[protocol.TicketID]int{}, map[int]bool{}
	if h.open.IsZero() {
		h.open = first
	} else {
		h.open = h.open.AddDate(0, 0, 1)
	}
	for h.open.Add(-early).Before(h.state.At) { // the day before was longer than usual
		h.open = h.open.AddDate(0, 0, 1)
	}
	c := queue.Command{From: queue.Source{Role: queue.RoleHub}, Request: protocol.Request{Do: queue.DayOpen}, Plan: &plan}
	c.Day = h.open.Format(time.DateOnly)
	if _, err := h.decide(c, h.open.Add(-early)); err != nil {
		return err
	}
	h.beginForecasts()
	return nil
}

// sameHall reports whether two days are of one hall, so that what one taught holds
// for the other.
func (s *Setup) sameHall(o *Setup) bool {
	if len(s.Services) != len(o.Services) || len(s.Windows) != len(o.Windows) {
		return false
	}
	for i := range s.Services {
		if s.Services[i] != o.Services[i] {
			return false
		}
	}
	for i := range s.Windows {
		a, b := &s.Windows[i], &o.Windows[i]
		if a.ID != b.ID || a.Name != b.Name || fmt.Sprint(a.Primary, a.Backup) != fmt.Sprint(b.Primary, b.Backup) {
			return false
		}
	}
	return true
}

func (h *Hub) at(t float64) time.Time {
	return h.open.Add(time.Duration(t * float64(time.Second)))
}

// decide carries out a command as a hall does: what was due before comes first.
func (h *Hub) decide(c queue.Command, at time.Time) ([]queue.Event, error) {
	if due := h.state.Deadline(); !due.IsZero() && !due.After(at) {
		tick := queue.Command{From: queue.Source{Role: queue.RoleHub}, Request: protocol.Request{Do: queue.Tick}}
		if err := h.commit(tick, due, nil); err != nil {
			return nil, err
		}
	}
	var events []queue.Event
	err := h.commit(c, at, &events)
	return events, err
}

func (h *Hub) commit(c queue.Command, at time.Time, out *[]queue.Event) error {
	events, err := queue.Decide(h.state, c, at)
	if err != nil {
		return err
	}
	if at.Before(h.state.At) {
		at = h.state.At
	}
	for _, e := range events {
		r := queue.Record{Seq: h.state.Seq + 1, At: at, Event: e}
		h.state.Apply(r)
		h.journal = append(h.journal, r)
		h.model.Observe(h.state, r)
	}
	if out != nil {
		*out = events
	}
	return nil
}

// manager may let both posts of a pair leave, which the driver's roster does.
func manager(do protocol.Action, w int) queue.Command {
	return queue.Command{
		From:    queue.Source{Role: queue.RoleManager, Person: "driver"},
		Request: protocol.Request{Do: do, Window: windowID(w), Clerk: clerkID(w), Reason: "roster"},
	}
}

func (h *Hub) post(w int) (*queue.Post, error) {
	if post := h.state.Posts[windowID(w)]; post != nil && w >= 0 {
		return post, nil
	}
	return nil, fmt.Errorf("w %d is unknown, legal are %v", w, h.setup.windowIDs())
}

// lookUp returns the time and the post of a line.
func (h *Hub) lookUp(t float64, w int) (float64, *queue.Post, error) {
	t, err := h.moment(t)
	if err != nil {
		return 0, nil, err
	}
	post, err := h.post(w)
	return t, post, err
}

// Window opens or leaves a window at t. One that has a ticket leaves when it is done.
func (h *Hub) Window(t float64, w int, on bool) error {
	t, post, err := h.lookUp(t, w)
	if err != nil {
		return err
	}
	leaves := false
	switch {
	case on && post.Status == protocol.Closed:
		_, err = h.decide(manager(protocol.WindowSignOn, w), h.at(t))
	case on && post.Status == protocol.Paused:
		_, err = h.decide(manager(protocol.WindowUnpause, w), h.at(t))
	case !on && post.Status == protocol.Open && post.Ticket != "":
		leaves = true
	case !on && post.Status == protocol.Open:
		_, err = h.decide(manager(protocol.WindowPause, w), h.at(t))
	}
	if err != nil {
		return err
	}
	h.leave(w, leaves)
	h.last = t
	return nil
}

// Issue gives a ticket at t and promises its wait. cls is 0 for regular, 1 for green.
func (h *Hub) Issue(t float64, ticket, svc, cls int) (Quantiles, error) {
	t, err := h.moment(t)
	if err == nil {
		err = h.issues(ticket, svc, cls)
	}
	if err != nil {
		return Quantiles{}, err
	}
	r := protocol.Request{Do: protocol.TicketIssue, Service: serviceID(svc), Class: protocol.Regular}
	if cls == 1 {
		r.Class, r.GrantedBy = protocol.Green, "self"
	}
	events, err := h.decide(queue.Command{From: queue.Source{Role: queue.RoleHub}, Request: r}, h.at(t))
	if err != nil {
		return Quantiles{}, err
	}
	e, ok := events[0].(*queue.Issued)
	if !ok {
		return Quantiles{}, errors.New("issue gave no ticket")
	}
	h.numbers[ticket], h.tickets[e.Ticket], h.last = e.Ticket, ticket, t
	return h.promise(t, e.Ticket), nil
}

// issues checks the words of an issue.
func (h *Hub) issues(ticket, svc, cls int) error {
	if ticket < 0 {
		return fmt.Errorf("ticket %d is negative, legal are whole numbers from 0", ticket)
	}
	if _, twice := h.numbers[ticket]; twice {
		return fmt.Errorf("ticket %d was issued before, legal is each once a day", ticket)
	}
	if cls != 0 && cls != 1 {
		return fmt.Errorf("cls %d is unknown, legal are 0 (regular) and 1 (green)", cls)
	}
	if ids := h.setup.serviceIDs(); !slices.Contains(ids, svc) {
		return fmt.Errorf("svc %d is unknown, legal are %v", svc, ids)
	}
	return nil
}

// Next calls the next ticket to w at t and returns it, or -1 when there is none for
// this window. A window that is not open or has a ticket gets -1, too: its driver may ask at
// the moment at which it leaves.
func (h *Hub) Next(t float64, w int) (int, error) {
	t, post, err := h.lookUp(t, w)
	if err != nil {
		return -1, err
	}
	if post.Status != protocol.Open || post.Ticket != "" || h.leaving[w] {
		h.last = t
		return -1, nil
	}
	events, err := h.decide(manager(protocol.WindowCallNext, w), h.at(t))
	var refusal *protocol.Refusal
	if errors.As(err, &refusal) && refusal.Code == protocol.NobodyWaiting {
		h.last = t
		return -1, nil
	}
	if err != nil {
		return -1, err
	}
	e := events[0].(*queue.Called)
	h.kept(t, e.Ticket)
	h.last = t
	return h.tickets[e.Ticket], nil
}

// Done ends the service of a ticket at w, with "served" or "noshow".
func (h *Hub) Done(t float64, w, ticket int, outcome string) error {
	t, post, err := h.lookUp(t, w)
	if err != nil {
		return err
	}
	if err := h.holds(post, w, ticket); err != nil {
		return err
	}
	do := protocol.WindowFinish
	switch outcome {
	case "served":
	case "noshow":
		do = protocol.WindowNoShow
	default:
		return fmt.Errorf("outcome %q is unknown, legal are served and noshow", outcome)
	}
	if _, err := h.decide(manager(do, w), h.at(t)); err != nil {
		return err
	}
	h.last = t
	h.outlook.Ready[windowID(w)] = h.at(t).Add(h.outlook.Turnover)
	if h.leaving[w] {
		return h.Window(t, w, false)
	}
	return nil
}

// holds checks that a window has the ticket that a driver names.
func (h *Hub) holds(post *queue.Post, w, ticket int) error {
	id, known := h.numbers[ticket]
	switch {
	case !known:
		return fmt.Errorf("ticket %d is unknown, legal are those issued today", ticket)
	case post.Ticket == "":
		return fmt.Errorf("ticket %d is not at window %d, which has none", ticket, w)
	case post.Ticket != id:
		return fmt.Errorf("ticket %d is not at window %d, legal is the one there: %d", ticket, w, h.tickets[post.Ticket])
	}
	return nil
}

// End closes the day.
func (h *Hub) End() error {
	if h.state.Day == "" {
		return errNoDay
	}
	at := h.state.At.Add(time.Second)
	c := queue.Command{From: queue.Source{Role: queue.RoleHub}, Request: protocol.Request{Do: queue.DayClose}}
	_, err := h.decide(c, at)
	return err
}
