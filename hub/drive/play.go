package drive

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// Scenario is a whole day with the truth: who comes when and needs how long, and
// who is at which window. Times are in s from opening.
type Scenario struct {
	Name      string         `json:"name"`
	Services  []ServiceTruth `json:"services"`
	Windows   []WindowTruth  `json:"windows"`
	Tickets   []Citizen      `json:"tickets"`
	Close     float64        `json:"close"`
	TurnoverS float64        `json:"turnover_s"`
	NoShowS   float64        `json:"noshow_s"`
	Penalty   float64        `json:"backup_penalty"` // a service takes so much longer at a backup's
}

// ServiceTruth is a service of a scenario.
type ServiceTruth struct {
	ServiceSetup
	MeanS float64 `json:"mean_s"`
}

// WindowTruth is a window of a scenario with the clerk's speed and real presence.
type WindowTruth struct {
	WindowSetup
	Speed float64 `json:"speed"`
	On    []Span  `json:"on"`
}

// Citizen is somebody who comes.
type Citizen struct {
	ID     int     `json:"id"`
	Svc    int     `json:"svc"`
	Cls    int     `json:"cls"`
	Arr    float64 `json:"arr"`
	Work   float64 `json:"work"` // s at a clerk of speed 1
	NoShow bool    `json:"noshow"`
}

// ReadScenario reads a scenario file.
func ReadScenario(path string) (*Scenario, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("drive: %w", err)
	}
	var s Scenario
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("drive: scenario %s: %w", path, err)
	}
	return &s, nil
}

// Setup is what a hub is told of the day: an absence that nobody planned is no part
// of the roster.
func (s *Scenario) Setup(day int) Setup {
	setup := Setup{Day: day, TurnoverS: s.TurnoverS, CloseS: s.Close}
	for _, svc := range s.Services {
		setup.Services = append(setup.Services, svc.ServiceSetup)
	}
	for _, w := range s.Windows {
		w.WindowSetup.Roster = planned(w.On)
		setup.Windows = append(setup.Windows, w.WindowSetup)
	}
	return setup
}

// planned joins every span whose end was not planned with the next.
func planned(spans []Span) []Span {
	var roster []Span
	joins := false
	for _, span := range spans {
		if joins {
			roster[len(roster)-1].To = span.To
		} else {
			roster = append(roster, Span{span.From, span.To, true})
		}
		joins = !span.Planned
	}
	return roster
}

// An alarm is raised once for a ticket, when it is so likely to miss its limit.
const (
	lookEach = 60.0 // s
	alarmAt  = 0.7
)

// Caller decides who is called; [Hub] is one. See Serve for the operations.
type Caller interface {
	Init(Setup) error
	Window(t float64, w int, on bool) error
	Issue(t float64, ticket, svc, cls int) (Quantiles, error)
	Next(t float64, w int) (int, error)
	Done(t float64, w, ticket int, outcome string) error
	End() error
}

// Call is one call of a played day.
type Call struct {
	Ticket, Window int
	At, End        float64
	Backup         bool // of a service that the window only backs up
	Passed         int  // who came before, waited, could have been served here, and was not called
}

// Played is what became of a day.
type Played struct {
	Scenario *Scenario
	Calls    []Call
	Promises []Quantiles // by ticket; a zero one was none
	Naive    []float64   // by ticket: people ahead × believed mean / windows at work, s
	Warned   []float64   // by ticket: when it was first likely to miss its limit, s; 0 for never
	Lost     int         // tickets never called
	Refused  int         // times that an idle window got nobody though somebody waited for it
	Invalid  int         // calls of a ticket that does not wait, or that the window cannot serve
	Breaks   int         // calls of a ticket before an earlier one of its service and class
}

// player is a day being played.
type player struct {
	Played
	hub     Caller
	wins    []playWindow
	came    int
	looked  float64     // when the hub was last asked who will be late
	byID    map[int]int // ticket to index
	waiting []int       // indices of tickets, in order of arrival
}

type playWindow struct {
	truth  *WindowTruth
	spans  []Span // still to come or going on
	on     bool
	ticket int // index, -1 when free
	until  float64
	outAt  float64 // of the turnover
	ready  bool    // waits for a ticket
	since  float64
}

// Play plays a scenario against a caller.
func Play(s *Scenario, hub Caller, day int) (*Played, error) {
	p := &player{Played: Played{Scenario: s, Promises: make([]Quantiles, len(s.Tickets)), Naive: make([]float64, len(s.Tickets)), Warned: make([]float64, len(s.Tickets))}, hub: hub, byID: map[int]int{}}
	for i := range s.Windows {
		p.wins = append(p.wins, playWindow{truth: &s.Windows[i], spans: s.Windows[i].On, ticket: -1})
	}
	if !slices.IsSortedFunc(s.Tickets, func(a, b Citizen) int {
		if a.Arr < b.Arr {
			return -1
		}
		return 1
	}) {
		return nil, fmt.Errorf("drive: the tickets of %s are not in order of arrival", s.Name)
	}
	if err := hub.Init(s.Setup(day)); err != nil {
		return nil, fmt.Errorf("drive: %s: %w", s.Name, err)
	}
	for {
		more, err := p.step()
		if err != nil {
			return nil, fmt.Errorf("drive: %s: %w", s.Name, err)
		}
		if !more {
			break
		}
	}
	p.Lost = len(p.waiting)
	return &p.Played, hub.End()
}

// step does what comes next in the day.
func (p *player) step() (bool, error) {
	const never = 1e18
	at, win := never, -1
	for i := range p.wins {
		if t := p.wins[i].next(); t < at {
			at, win = t, i
		}
	}
	tickets := p.Scenario.Tickets
	p.look(min(at, p.Scenario.Close))
	if p.came < len(tickets) && tickets[p.came].Arr <= at {
		p.came++
		return true, p.arrive(p.came - 1)
	}
	if at == never || p.came == len(tickets) && len(p.waiting) == 0 && !p.busy() {
		return false, nil
	}
	return true, p.turn(&p.wins[win], at)
}

// Foreseer is a caller that can say who will miss the limit, by ticket.
type Foreseer interface {
	Late(t float64) map[int]float64
}

// look asks each minute before t who will be late, if the caller can say so.
func (p *player) look(t float64) {
	f, ok := p.hub.(Foreseer)
	if !ok {
		return
	}
	if p.came < len(p.Scenario.Tickets) {
		t = min(t, p.Scenario.Tickets[p.came].Arr)
	}
	for p.looked+lookEach < t {
		p.looked += lookEach
		for ticket, late := range f.Late(p.looked) {
			if i := p.byID[ticket]; late > alarmAt && p.Warned[i] == 0 {
				p.Warned[i] = p.looked
			}
		}
	}
}

func (p *player) busy() bool {
	return slices.ContainsFunc(p.wins, func(w playWindow) bool { return w.ticket >= 0 })
}

// next returns when something happens at the window by itself.
func (w *playWindow) next() float64 {
	const never = 1e18
	at := never
	switch {
	case w.ticket >= 0:
		at = w.until
	case w.outAt > 0:
		at = w.outAt
	}
	if len(w.spans) > 0 {
		edge := w.spans[0].From
		if w.on {
			edge = w.spans[0].To
		}
		at = min(at, edge)
	}
	return at
}

// turn does what happens at window w at time t.
func (p *player) turn(w *playWindow, t float64) error {
	switch {
	case w.ticket >= 0 && t == w.until:
		return p.finish(w, t)
	case w.ticket < 0 && w.outAt > 0 && t == w.outAt:
		w.outAt = 0
		return p.ask(w, t)
	}
	w.on = !w.on
	if !w.on {
		w.spans, w.ready = w.spans[1:], false
	}
	if err := p.hub.Window(t, w.truth.ID, w.on); err != nil {
		return err
	}
	if w.on && w.ticket < 0 && w.outAt == 0 {
		return p.ask(w, t)
	}
	return p.offer(t)
}

func (p *player) finish(w *playWindow, t float64) error {
	who, outcome := p.Scenario.Tickets[w.ticket], "served"
	if who.NoShow {
		outcome = "noshow"
	}
	w.ticket, w.outAt = -1, t+p.Scenario.TurnoverS
	return p.hub.Done(t, w.truth.ID, who.ID, outcome)
}

// ask lets a free window call.
func (p *player) ask(w *playWindow, t float64) error {
	if !w.on {
		return nil
	}
	if !w.ready {
		w.ready, w.since = true, t
	}
	ticket, err := p.hub.Next(t, w.truth.ID)
	if err != nil {
		return err
	}
	if ticket < 0 {
		if slices.ContainsFunc(p.waiting, func(i int) bool { return w.can(p.Scenario.Tickets[i].Svc) }) {
			p.Refused++
		}
		return nil
	}
	p.call(w, t, ticket)
	return nil
}

func (w *playWindow) can(svc int) bool {
	return slices.Contains(w.truth.Primary, svc) || slices.Contains(w.truth.Backup, svc)
}

func (p *player) call(w *playWindow, t float64, ticket int) {
	i, known := p.byID[ticket]
	at := slices.Index(p.waiting, i)
	if !known || at < 0 || !w.can(p.Scenario.Tickets[i].Svc) {
		p.Invalid++
		return
	}
	who := &p.Scenario.Tickets[i]
	c := Call{Ticket: i, Window: w.truth.ID, At: t, Backup: !slices.Contains(w.truth.Primary, who.Svc)}
	for _, j := range p.waiting[:at] {
		other := &p.Scenario.Tickets[j]
		if other.Svc == who.Svc && other.Cls == who.Cls {
			p.Breaks++
		}
		if who.Cls == 0 && other.Cls == 0 && other.Svc != who.Svc && w.can(other.Svc) {
			c.Passed++
		}
	}
	p.waiting = slices.Delete(p.waiting, at, at+1)
	length := who.Work / w.truth.Speed
	if c.Backup {
		length *= p.Scenario.Penalty
	}
	if who.NoShow {
		length = p.Scenario.NoShowS
	}
	c.End = t + length
	w.ready, w.ticket, w.until = false, i, c.End
	p.Calls = append(p.Calls, c)
}

func (p *player) arrive(i int) error {
	who := &p.Scenario.Tickets[i]
	p.byID[who.ID] = i
	p.Naive[i] = p.naive(who)
	p.waiting = append(p.waiting, i)
	q, err := p.hub.Issue(who.Arr, who.ID, who.Svc, who.Cls)
	if err != nil {
		return err
	}
	p.Promises[i] = q
	return p.offer(who.Arr)
}

// naive is what a hall with a pocket calculator would promise.
func (p *player) naive(who *Citizen) float64 {
	ahead, windows, mean := 0, 0, 0.0
	for _, j := range p.waiting {
		if p.Scenario.Tickets[j].Svc == who.Svc {
			ahead++
		}
	}
	for i := range p.wins {
		if slices.Contains(p.wins[i].truth.Primary, who.Svc) && (p.wins[i].on || who.Arr < 0) {
			windows++
		}
	}
	for i := range p.Scenario.Services {
		if p.Scenario.Services[i].ID == who.Svc {
			mean = p.Scenario.Services[i].CfgMeanS
		}
	}
	return float64(ahead) * mean / float64(max(1, windows))
}

// offer lets idle windows call: those whose own it may be first, longest idle first.
func (p *player) offer(t float64) error {
	for _, backup := range []bool{false, true} {
		for _, w := range p.idle() {
			if !w.ready || !p.useful(w, backup) {
				continue
			}
			if err := p.ask(w, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// idle returns the windows that wait for a ticket, the longest idle first.
func (p *player) idle() []*playWindow {
	var idle []*playWindow
	for i := range p.wins {
		if p.wins[i].ready {
			idle = append(idle, &p.wins[i])
		}
	}
	slices.SortStableFunc(idle, func(a, b *playWindow) int { return cmp.Compare(a.since, b.since) })
	return idle
}

// useful reports whether somebody waits whom w may serve, as a backup or not.
func (p *player) useful(w *playWindow, backup bool) bool {
	return slices.ContainsFunc(p.waiting, func(j int) bool {
		svc := p.Scenario.Tickets[j].Svc
		return slices.Contains(w.truth.Primary, svc) || backup && slices.Contains(w.truth.Backup, svc)
	})
}
