package whatif

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Change is one thing that would be different.
type Change struct {
	Do      ChangeKind         `json:"do"`
	Window  protocol.WindowID  `json:"window,omitempty"`
	Partner protocol.WindowID  `json:"partner,omitempty"` // of pair and unpair
	Service protocol.ServiceID `json:"service,omitempty"`
	// From and To are times of the day as 09:00, of open and close; empty means from the first shift to
	// the end. On a day that went on after midnight, one before its opening is of the next morning.
	From     string         `json:"from,omitempty"`
	To       string         `json:"to,omitempty"`
	Rule     string         `json:"rule,omitempty"`
	Duration queue.Duration `json:"duration,omitempty"` // of promise
	Count    int            `json:"count,omitempty"`    // of green_in_row
}

// ChangeKind says what a change does.
type ChangeKind string

// The changes.
const (
	OpenWindow  ChangeKind = "open"         // staff Window from From to To
	CloseWindow ChangeKind = "close"        // do not staff it then
	Teach       ChangeKind = "teach"        // Window serves Service, too
	Untake      ChangeKind = "untake"       // Window serves Service no more
	Backup      ChangeKind = "backup"       // Window stands in for who serves Service
	MakePair    ChangeKind = "pair"         // Window and Partner stand in for each other
	BreakPair   ChangeKind = "unpair"       // they no longer do
	SetRule     ChangeKind = "rule"         // calling order
	SetPromise  ChangeKind = "promise"      // longest wait that is promised for Service
	SetGreen    ChangeKind = "green_in_row" // green calls in a row at most
)

// ChangeKinds lists the changes.
func ChangeKinds() []ChangeKind {
	return []ChangeKind{OpenWindow, CloseWindow, Teach, Untake, Backup, MakePair, BreakPair, SetRule, SetPromise, SetGreen}
}

// Fault is a change that cannot be made.
type Fault struct {
	N      int // which of several, from 1
	Change Change
	Why    Why
	text   string
}

// Why says what is the matter with a change.
type Why string

// The reasons why a change cannot be.
const (
	Unknown Why = "unknown" // the plan has no such window or service, or there is no such change
	Already Why = "already" // it is so already
	Never   Why = "never"   // what it would end is not so
	Range   Why = "range"   // a number that is not legal
	TooLong Why = "promise" // a promise that is not legal
	NoTime  Why = "time"    // a time of the day that is none, or an end before the beginning
)

// Error names the change, the value and what would be legal.
func (f *Fault) Error() string {
	if f.N == 0 { // a time of a question that is no change
		return f.text
	}
	return fmt.Sprintf("change %d (%s): %s", f.N, f.Change.Do, f.text)
}

func fault(why Why, format string, args ...any) error {
	return &Fault{Why: why, text: fmt.Sprintf(format, args...)}
}

// With returns the plan and the shifts of the day with the changes made, one after
// the other. The error is a [*Fault], or what the whole plan's check says. The day is
// not changed.
func (d *Day) With(changes []Change) (queue.Plan, []Shift, error) {
	plan := clonePlan(&d.Plan)
	shifts := slices.Clone(d.Shifts)
	for i, c := range changes {
		var err error
		if c.Do == OpenWindow || c.Do == CloseWindow {
			shifts, err = c.staff(d, &plan, shifts)
		} else {
			err = c.plan(&plan)
		}
		if err != nil {
			var f *Fault
			if errors.As(err, &f) {
				f.N, f.Change = i+1, c
			}
			return plan, nil, err
		}
	}
	if err := plan.Check(); err != nil {
		return plan, nil, err
	}
	return plan, shifts, nil
}

// clonePlan copies what changes touch.
func clonePlan(p *queue.Plan) queue.Plan {
	c := *p
	c.Services, c.Windows, c.Pairs = slices.Clone(p.Services), slices.Clone(p.Windows), slices.Clone(p.Pairs)
	for i := range c.Windows {
		c.Windows[i].Primary = slices.Clone(c.Windows[i].Primary)
	}
	return c
}

func (c *Change) plan(p *queue.Plan) error {
	switch c.Do {
	case Teach, Untake:
		return c.skill(p)
	case Backup:
		return c.backup(p)
	case MakePair, BreakPair:
		return c.pair(p)
	case SetRule:
		p.Rule = c.Rule // the plan's own check knows the rules
	case SetPromise:
		i := slices.IndexFunc(p.Services, func(s queue.Service) bool { return s.ID == c.Service })
		if i < 0 {
			return unknownService(p, c.Service)
		}
		if d := time.Duration(c.Duration); d < 0 || d > queue.PromiseMax {
			return fault(TooLong, "a promise of %s, legal are 0s (none) to %s", d, queue.PromiseMax)
		}
		p.Services[i].Promise = c.Duration
	case SetGreen:
		if c.Count < 1 || c.Count > 10 {
			return fault(Range, "%d green calls in a row, legal are 1 to 10", c.Count)
		}
		p.Classes.GreenInRow = c.Count
	default:
		return fault(Unknown, "%q is not one of %v", c.Do, ChangeKinds())
	}
	return nil
}

func (c *Change) skill(p *queue.Plan) error {
	i, err := windowIn(p, c.Window)
	if err != nil {
		return err
	}
	if p.Service(c.Service) == nil {
		return unknownService(p, c.Service)
	}
	at := slices.Index(p.Windows[i].Primary, c.Service)
	switch {
	case c.Do == Teach && at >= 0:
		return fault(Already, "window %s serves %s already", c.Window, c.Service)
	case c.Do == Untake && at < 0:
		return fault(Never, "window %s does not serve %s", c.Window, c.Service)
	case c.Do == Teach:
		p.Windows[i].Primary = append(p.Windows[i].Primary, c.Service)
	default:
		p.Windows[i].Primary = slices.Delete(p.Windows[i].Primary, at, at+1)
	}
	return nil
}

// backup pairs the window, one way and for one service, with a window whose service it
// is and with which it is no pair yet.
func (c *Change) backup(p *queue.Plan) error {
	i, err := windowIn(p, c.Window)
	if err != nil {
		return err
	}
	if p.Service(c.Service) == nil {
		return unknownService(p, c.Service)
	}
	if serves(p, &p.Windows[i], c.Service) {
		return fault(Already, "window %s serves %s already", c.Window, c.Service)
	}
	for j := range p.Windows {
		other := &p.Windows[j]
		if !slices.Contains(other.Primary, c.Service) || slices.ContainsFunc(p.Pairs, func(q queue.Pair) bool {
			return q.A == other.ID && q.B == c.Window || q.B == other.ID && q.A == c.Window
		}) {
			continue
		}
		p.Pairs = append(p.Pairs, queue.Pair{A: other.ID, B: c.Window, Mode: queue.OneWay, Services: []protocol.ServiceID{c.Service}, IdleHelp: true})
		return nil
	}
	return fault(Already, "window %s is a pair already with every window that serves %s", c.Window, c.Service)
}

func (c *Change) pair(p *queue.Plan) error {
	for _, w := range []protocol.WindowID{c.Window, c.Partner} {
		if _, err := windowIn(p, w); err != nil {
			return err
		}
	}
	at := slices.IndexFunc(p.Pairs, func(q queue.Pair) bool {
		return q.A == c.Window && q.B == c.Partner || q.A == c.Partner && q.B == c.Window
	})
	switch {
	case c.Do == MakePair && at >= 0:
		return fault(Already, "windows %s and %s are a pair already", c.Window, c.Partner)
	case c.Do == BreakPair && at < 0:
		return fault(Never, "windows %s and %s are no pair", c.Window, c.Partner)
	case c.Do == MakePair:
		p.Pairs = append(p.Pairs, queue.Pair{A: c.Window, B: c.Partner, IdleHelp: true})
	default:
		p.Pairs = slices.Delete(p.Pairs, at, at+1)
	}
	return nil
}

// staff opens or closes a window for a time of the day.
func (c *Change) staff(d *Day, p *queue.Plan, shifts []Shift) ([]Shift, error) {
	if _, err := windowIn(p, c.Window); err != nil {
		return nil, err
	}
	from, to, err := c.span(d, shifts)
	if err != nil {
		return nil, err
	}
	out := without(shifts, c.Window, from, to)
	if c.Do == OpenWindow {
		out = joined(append(out, Shift{Window: c.Window, From: from, To: to}))
	}
	return out, nil
}

// joined puts shifts in order, and makes one of two of a window where the next begins as one ends.
func joined(shifts []Shift) []Shift {
	slices.SortStableFunc(shifts, func(a, b Shift) int { return a.From.Compare(b.From) })
	var out []Shift
	for _, s := range shifts {
		i := slices.IndexFunc(out, func(o Shift) bool { return o.Window == s.Window && o.To.Equal(s.From) })
		if i < 0 {
			out = append(out, s)
			continue
		}
		out[i].To, out[i].Leave = s.To, s.Leave
	}
	return out
}

// without takes the time from from to to out of a window's shifts.
func without(shifts []Shift, w protocol.WindowID, from, to time.Time) []Shift {
	var out []Shift
	for _, s := range shifts {
		if s.Window != w || !s.To.After(from) || !s.From.Before(to) {
			out = append(out, s)
			continue
		}
		if s.From.Before(from) {
			out = append(out, Shift{Window: w, From: s.From, To: from})
		}
		if s.To.After(to) {
			out = append(out, Shift{Window: w, From: to, To: s.To, Leave: s.Leave})
		}
	}
	return out
}

// span is the time that the change names, in the hall's zone.
func (c *Change) span(d *Day, shifts []Shift) (from, to time.Time, err error) {
	from, to = d.From, d.To
	for i, s := range shifts {
		if i == 0 || s.From.Before(from) {
			from = s.From
		}
	}
	zone, err := time.LoadLocation(d.Plan.Zone)
	if err != nil {
		zone = time.UTC
	}
	for _, v := range []struct {
		text string
		at   *time.Time
	}{{c.From, &from}, {c.To, &to}} {
		if v.text == "" {
			continue
		}
		t, err := time.ParseInLocation("2006-01-02 15:04", d.Date+" "+v.text, zone)
		if err != nil {
			return from, to, fault(NoTime, "time %q is not of the form 09:30, legal are 00:00 to 23:59", v.text)
		}
		if night := d.To.In(zone).Format(time.DateOnly) > d.Date; night && t.Before(d.From) {
			t = t.AddDate(0, 0, 1)
		}
		*v.at = t
	}
	if !from.Before(to) {
		return from, to, fault(NoTime, "from %s to %s is no time, legal is an end after the beginning", from.In(zone).Format("15:04"), to.In(zone).Format("15:04"))
	}
	return from, to, nil
}

func windowIn(p *queue.Plan, w protocol.WindowID) (int, error) {
	i := slices.IndexFunc(p.Windows, func(o queue.Window) bool { return o.ID == w })
	if i < 0 {
		var all []string
		for j := range p.Windows {
			all = append(all, string(p.Windows[j].ID))
		}
		return 0, fault(Unknown, "window %q is not one of %s", w, strings.Join(all, ", "))
	}
	return i, nil
}

func unknownService(p *queue.Plan, id protocol.ServiceID) error {
	var all []string
	for i := range p.Services {
		all = append(all, string(p.Services[i].ID))
	}
	return fault(Unknown, "service %q is not one of %s", id, strings.Join(all, ", "))
}
