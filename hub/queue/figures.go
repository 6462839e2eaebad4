package queue

import (
	"maps"
	"strings"

	"jiaohao/protocol"
)

// Steps of a day in what is learned.
const (
	HalfHours = 48 // of arrivals
	Quarters  = 96 // of the hours at which windows are at work
)

// Figures are what the days before have taught about a hall, as sums from which the
// next night goes on. They are a fact of the journal, so that a replay gives the same
// state whatever the arithmetic of the machine, and stay small however long a hall
// works: a line for each service, clerk and window. Nobody may change them.
type Figures struct {
	Version  int                                  `json:"version"` // rises with each night
	Day      string                               `json:"day"`     // the last business day in it
	Services map[protocol.ServiceID]ServiceFigure `json:"services,omitempty"`
	Clerks   map[protocol.ClerkID]Tally           `json:"clerks,omitempty"` // ln of how many times as long as usual a clerk needs
	Windows  map[protocol.WindowID]WindowFigure   `json:"windows,omitempty"`
	Cover    Tally                                `json:"cover"`   // ln of how many times as long a service takes at a post that covers
	NoShow   Tally                                `json:"no_show"` // of the numbers called: 1 for who did not come
	GaveUp   Tally                                `json:"gave_up"` // s from the call until the clerk gave up
	Green    Tally                                `json:"green"`   // of the tickets: 1 for the green channel
}

// ServiceFigure is what was learned of one service.
type ServiceFigure struct {
	Time     Tally   `json:"time"`               // ln(s) of a service by a usual clerk at its own window
	Arrivals []int64 `json:"arrivals,omitempty"` // tickets by half hour of the day, in thousandths
	Days     int64   `json:"days,omitempty"`     // days on which the hall was open for them, in thousandths
	From     string  `json:"from,omitempty"`     // the first of these days
}

// WindowFigure is when somebody was at work at a window.
type WindowFigure struct {
	Here []int64 `json:"here,omitempty"` // days, by quarter hour of the day, in thousandths
	Days int64   `json:"days,omitempty"` // days on which the hall was open, in thousandths
	From string  `json:"from,omitempty"` // the first of these days
}

// Tally is a sum of observations; older ones count less every night. All numbers are
// whole: millionths of the value, thousandths of an observation.
type Tally struct {
	N       int64  `json:"n,omitempty"`       // observations, in thousandths
	Sum     int64  `json:"sum,omitempty"`     // of the values, in millionths
	Squares int64  `json:"squares,omitempty"` // of their squares, in millionths
	From    string `json:"from,omitempty"`    // first day, 2006-01-02
}

// Events of learning.
type (
	// NightLearned is what a closing day and those before it have taught.
	NightLearned struct {
		Figures Figures `json:"figures"`
	}
	// FigureReset is a manager's word that a figure, or all of them, begins anew.
	FigureReset struct {
		By
		Figure string `json:"figure,omitempty"` // as [FigureKey] writes it; empty means all
		Reason string `json:"reason"`
	}
)

// Kind names the event in the journal.
func (NightLearned) Kind() string { return "learned" }

// Kind names the event in the journal.
func (FigureReset) Kind() string { return "figure_reset" }

// The kinds of learned figures. Service times, arrivals, clerks and hours have one for each id.
const (
	FigureTime     = "time"
	FigureArrivals = "arrivals"
	FigureClerk    = "clerk"
	FigureHours    = "hours"
	FigureCover    = "cover"
	FigureNoShow   = "no_show"
	FigureGreen    = "green"
)

// FigureKey names a figure: its kind and, where there are several, whose it is.
func FigureKey(kind, id string) string {
	if id == "" {
		return kind
	}
	return kind + "/" + id
}

// ServedToEnd reports whether a clerk ended the service: not the close of the day, until
// which it may have been forgotten.
func (t *Ticket) ServedToEnd() bool {
	return t.Stage == protocol.Finished && t.Served > 0 && t.Reason != dayClosed
}

// learnNight decides what a closing day has taught. A day teaches once.
func (d *decision) learnNight() []Event {
	f, had := d.c.Figures, d.s.Figures
	if f == nil || had != nil && had.Day >= d.s.Day {
		return nil
	}
	return []Event{&NightLearned{Figures: *f}}
}

// figureReset decides a manager's wish to forget.
func (d *decision) figureReset() ([]Event, *protocol.Refusal) {
	if d.req.Reason == "" {
		return nil, protocol.Refuse(protocol.BadRequest, "清除学习结果须注明原因（reason）", "to forget what was learned needs a reason")
	}
	kind, id, several := strings.Cut(d.c.Figure, "/")
	ok := d.c.Figure == ""
	switch kind {
	case FigureTime, FigureArrivals:
		ok = several && d.s.Plan.Service(protocol.ServiceID(id)) != nil
	case FigureClerk:
		ok = several && id != ""
	case FigureHours:
		ok = several && d.s.Plan.Window(protocol.WindowID(id)) != nil
	case FigureCover, FigureNoShow, FigureGreen:
		ok = !several
	}
	if !ok {
		return nil, protocol.Refuse(protocol.BadRequest, "没有这项学习结果："+d.c.Figure, "there is no learned figure "+d.c.Figure)
	}
	return []Event{&FigureReset{By: d.by, Figure: d.c.Figure, Reason: d.req.Reason}}, nil
}

// forget folds a reset: also what the engine itself has learned of it since.
func (s *State) forget(key string) {
	kind, id, _ := strings.Cut(key, "/")
	if s.Figures != nil {
		f := s.Figures.without(kind, id)
		s.Figures = &f
	}
	svc := protocol.ServiceID(id)
	switch kind {
	case "":
		clear(s.Learned)
		s.Skills = nil
	case FigureTime:
		delete(s.Learned, svc)
		delete(s.Skills, svc)
	case FigureCover:
		for id, k := range s.Skills {
			k.Covered, k.CoverLog = 0, 0
			s.Skills[id] = k
		}
	}
	s.retune()
}

// without returns a copy of the figures in which one begins anew.
func (f *Figures) without(kind, id string) Figures {
	n := *f
	n.Services, n.Clerks, n.Windows = maps.Clone(f.Services), maps.Clone(f.Clerks), maps.Clone(f.Windows)
	service, taught := n.Services[protocol.ServiceID(id)]
	switch kind {
	case "":
		return Figures{Version: f.Version, Day: f.Day}
	case FigureTime:
		service.Time = Tally{}
	case FigureArrivals:
		service.Arrivals, service.Days, service.From = nil, 0, ""
	case FigureClerk:
		delete(n.Clerks, protocol.ClerkID(id))
	case FigureHours:
		delete(n.Windows, protocol.WindowID(id))
	case FigureCover:
		n.Cover = Tally{}
	case FigureNoShow:
		n.NoShow, n.GaveUp = Tally{}, Tally{}
	case FigureGreen:
		n.Green = Tally{}
	}
	if taught {
		n.Services[protocol.ServiceID(id)] = service
	}
	return n
}
