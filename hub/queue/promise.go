package queue

import (
	"time"

	"jiaohao/protocol"
)

// Promise is what a citizen was told at issue and who reckoned it, before it was
// rounded for the slip. It stands in the fact of the issue, so that what came can be
// held against it.
type Promise struct {
	Model  string `json:"model"`             // ModelSimple, or the forecast with the version of what was learned: "f12"
	Known  bool   `json:"known"`             // false: no wait was promised
	LowMS  int64  `json:"low_ms,omitempty"`  // 80 % of the waits are to be within these
	MidMS  int64  `json:"mid_ms,omitempty"`  //
	HighMS int64  `json:"high_ms,omitempty"` //
}

// ModelSimple names the engine's own estimate: work ahead by windows.
const ModelSimple = "simple"

// Limits of how promises are held honest: adaptive conformal inference (Gibbs and
// Candès, arXiv:2106.00170) for each end by itself, in millionths, so that every
// machine folds the same.
const (
	honestStep    = 10_000   // γ: a level moves by a hundredth of what was missed
	honestNominal = 90_000   // share that may fall beyond an end: 82 % within, as outcomes are learned late
	honestBegin   = 70_000   // before anything came of a promise: a little wider than asked for
	honestMin     = -600_000 // a level's range: below 0 an end is beyond all futures
	honestMax     = 450_000  //
	honestFloor   = 30 * time.Second
	honestNear    = 5 * time.Minute // promises below, between and above these are held by themselves
	honestFar     = 20 * time.Minute
)

// Honesty is how far the two ends of promises were moved by what came of them, for
// promises near, middle and far. Its zero value begins where nothing is known.
type Honesty [3]struct {
	Low  int64 `json:"low,omitempty"` // millionths
	High int64 `json:"high,omitempty"`
}

// far returns which of the three kinds a promise of this middle is.
func far(middle time.Duration) int {
	switch {
	case middle > honestFar:
		return 2
	case middle > honestNear:
		return 1
	}
	return 0
}

// Levels returns the shares of futures below and above which the ends of a promise of
// this middle are to be taken.
func (h *Honesty) Levels(middle time.Duration) (low, high float64) {
	l := &h[far(middle)]
	return float64(honestBegin+l.Low) / 1e6, float64(honestBegin+l.High) / 1e6
}

// kept learns from a first call. Whoever hardly had to wait teaches nothing.
func (h *Honesty) kept(p *Promise, wait time.Duration) {
	if p == nil || !p.Known || p.Model == ModelSimple || wait <= honestFloor {
		return
	}
	l := &h[far(time.Duration(p.MidMS)*time.Millisecond)]
	l.Low = moved(l.Low, wait.Milliseconds() < p.LowMS)
	l.High = moved(l.High, wait.Milliseconds() > p.HighMS)
}

func moved(level int64, missed bool) int64 {
	level += honestStep / 1000 * honestNominal / 1000
	if missed {
		level -= honestStep
	}
	return min(max(level, honestMin-honestBegin), honestMax-honestBegin)
}

// Foreseen is what the last forecast says. It is no fact: it is not in the snapshot and
// no fold reads it; a hall without one has the engine's own estimate.
type Foreseen struct {
	At       time.Time                            // of the state that was played forward
	Model    string                               // as [Promise.Model]
	Services map[protocol.ServiceID]ForeseenLine  // of each service that somebody works for
	Green    map[protocol.ServiceID]ForeseenLine  // and of its green channel
	Tickets  map[protocol.TicketID]ForeseenTicket // of each that waits for a service
}

// ForeseenLine is a service's line, or the green numbers in it, and one more at the end.
type ForeseenLine struct {
	Waiting int           // in line then
	Last    Span          // of one more at the end
	Each    time.Duration // what each further one adds
}

// ForeseenTicket is one who waits.
type ForeseenTicket struct {
	Span Span
	Late float64 // probability that the promise of its service is broken
}

// Span is a wait from [Foreseen.At]: 80 % are between Low and High.
type Span struct{ Low, Mid, High time.Duration }

// shift returns the span when so much time has gone by, not below 0.
func (p Span) shift(by time.Duration) Span {
	return Span{max(0, p.Low+by), max(0, p.Mid+by), max(0, p.High+by)}
}

// Range rounds outwards to whole minutes, as people are told.
func (p Span) Range() protocol.Range {
	const minute = time.Minute
	return protocol.Range{
		Known: true, LowMS: p.Low.Truncate(minute).Milliseconds(),
		HighMS: max(minute, (p.High + minute - 1).Truncate(minute)).Milliseconds(),
	}
}

// foreseenFor is how old a forecast may be: after it the windows are others.
const foreseenFor = 2 * time.Minute

// Foresee puts what a forecast says in the place of what the one before said; nil
// takes it away.
func (s *State) Foresee(f *Foreseen) { s.foreseen = f }

// Foreseen returns what the last forecast says, or nil when there is none that holds.
func (s *State) Foreseen(now time.Time) *Foreseen {
	if f := s.foreseen; f != nil && now.Sub(f.At) < foreseenFor {
		return f
	}
	return nil
}

// promise returns what a ticket of the service taken now is told.
func (s *State) promise(service protocol.ServiceID, class protocol.Class, now time.Time) (ahead int, wait protocol.Range, p *Promise) {
	ahead, wait = s.waitAt(service, class, last(now), now)
	p = &Promise{Model: ModelSimple, Known: wait.Known, LowMS: wait.LowMS, MidMS: (wait.LowMS + wait.HighMS) / 2, HighMS: wait.HighMS}
	if span, ok := s.foreseenLast(service, class, s.inLine(service, class, ""), now); ok && wait.Known {
		p = &Promise{
			Model: s.foreseen.Model, Known: true,
			LowMS: span.Low.Milliseconds(), MidMS: span.Mid.Milliseconds(), HighMS: span.High.Milliseconds(),
		}
		wait = span.Range()
	}
	return ahead, wait, p
}

// foreseenLast is the forecast of one more at the end of a line, as it has grown since to
// so many waiting.
func (s *State) foreseenLast(service protocol.ServiceID, class protocol.Class, waiting int, now time.Time) (Span, bool) {
	f := s.Foreseen(now)
	if f == nil {
		return Span{}, false
	}
	line, ok := f.Services[service]
	if class == protocol.Green {
		line, ok = f.Green[service]
	}
	if !ok {
		return Span{}, false
	}
	more := waiting - line.Waiting
	if more == 0 {
		return line.Last, true // nobody came and nobody was called: no nearer by that
	}
	return line.Last.shift(time.Duration(more) * line.Each), true
}

// Greens counts the green numbers in a service's line.
func (s *State) Greens(service protocol.ServiceID) int {
	return s.inLine(service, protocol.Green, "")
}

// inLine counts who stands in a line before a ticket, or all: of a green one, the green.
func (s *State) inLine(service protocol.ServiceID, class protocol.Class, before protocol.TicketID) int {
	n := 0
	for _, id := range s.Lines[service] {
		if id == before {
			break
		}
		if class != protocol.Green || s.Tickets[id].Class == protocol.Green {
			n++
		}
	}
	return n
}

// foreseenTicket is the forecast of one who waits.
func (s *State) foreseenTicket(id protocol.TicketID, now time.Time) (Span, bool) {
	f := s.Foreseen(now)
	if f == nil {
		return Span{}, false
	}
	if t, ok := f.Tickets[id]; ok {
		return t.Span.shift(f.At.Sub(now)), true
	}
	t := s.Tickets[id]
	return s.foreseenLast(t.Service, t.Class, s.inLine(t.Service, t.Class, id), now) // it came since
}
