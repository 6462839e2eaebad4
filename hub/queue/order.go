package queue

import (
	"slices"
	"time"

	"jiaohao/protocol"
)

// callLine is a line that a window may call from, and on whose behalf.
type callLine struct {
	key     protocol.ServiceID // of State.Lines
	service protocol.ServiceID // "" for tickets transferred to one window
	cover   Cover              // For is "" for the window's own
	factor  float64            // what its tickets count, by the rules that weigh
}

// line is the key of the line in which a waiting ticket stands: its service, or
// "@" and the only window that may call it. Ids never begin with "@".
func (t *Ticket) line() protocol.ServiceID {
	if t.Only != "" {
		return onlyLine(t.Only)
	}
	return t.Service
}

func onlyLine(w protocol.WindowID) protocol.ServiceID { return protocol.ServiceID("@" + w) }

// Line is one queue as a window may call it.
type Line struct {
	Service protocol.ServiceID // "" for tickets transferred to this window only
	Waiting int
	Cover   bool // the partner's, callable now because of cover
}

// Callable returns the lines that window w may call from: its primary services
// in the plan's order, then tickets sent to it alone, then those it covers.
func (s *State) Callable(w protocol.WindowID) []Line {
	var lines []Line
	for _, l := range s.callable(w, s.At) {
		n := len(s.Lines[l.key])
		if l.service == "" && n == 0 {
			continue
		}
		lines = append(lines, Line{Service: l.service, Waiting: n, Cover: l.cover.For != ""})
	}
	return lines
}

func (s *State) callable(w protocol.WindowID, now time.Time) []callLine {
	win := s.Plan.Window(w)
	if win == nil || s.Posts[w] == nil {
		return nil
	}
	if s.Plan.rule() != RuleFIFO {
		return s.eligible(win, now)
	}
	var own []callLine
	waiting := 0
	for _, svc := range win.Primary {
		own = append(own, callLine{key: svc, service: svc})
		waiting += len(s.Lines[svc])
	}
	own = append(own, callLine{key: onlyLine(w)})
	waiting += len(s.Lines[onlyLine(w)])
	for _, c := range s.Plan.coversOf(w) {
		cover, on := s.covering(w, c.forWindow)
		if !on && c.pair.IdleHelp && waiting == 0 {
			cover, on = Cover{Window: w, For: c.forWindow, Cause: CoverIdle}, true
		}
		if !on {
			continue
		}
		for _, svc := range c.services {
			if !slices.ContainsFunc(own, func(l callLine) bool { return l.key == svc }) {
				own = append(own, callLine{key: svc, service: svc, cover: cover})
			}
		}
		if cover.Cause == CoverAway {
			own = append(own, callLine{key: onlyLine(c.forWindow), cover: cover})
		}
	}
	return own
}

// choice is the best ticket of one side of the calling order.
type choice struct {
	ticket *Ticket
	line   callLine
}

func (c *choice) offer(t *Ticket, l callLine) {
	if c.ticket == nil || t.Place.Before(c.ticket.Place) {
		c.ticket, c.line = t, l
	}
}

// Next returns what call-next at window w would call at now, and why. See the
// package's doc for the rule.
func (s *State) Next(w protocol.WindowID, now time.Time) (*Ticket, Why, bool) {
	if s.Plan.rule() != RuleFIFO {
		return s.nextByRule(w, now)
	}
	var regular, green choice
	var why Why
	for _, l := range s.callable(w, now) {
		line := s.Lines[l.key]
		if len(line) == 0 {
			continue
		}
		why.Count += len(line)
		if l.service != "" {
			why.Among = append(why.Among, l.service)
		}
		s.offerHeads(line, l, &regular, &green)
	}
	pick := s.pick(w, now, &regular, &green, &why)
	if pick.ticket == nil {
		return nil, Why{}, false
	}
	why.WaitMS, why.CreditMS = waited(pick.ticket, now), creditMS(pick.ticket)
	why.For, why.Cause, why.Since = pick.line.cover.For, pick.line.cover.Cause, pick.line.cover.Since
	return pick.ticket, why, true
}

// offerHeads offers the first green and the first other ticket of a line, which
// is in order of place.
func (s *State) offerHeads(line []protocol.TicketID, l callLine, regular, green *choice) {
	var haveRegular, haveGreen bool
	for _, id := range line {
		t := s.Tickets[id]
		if t.Class == protocol.Green && !haveGreen {
			green.offer(t, l)
			haveGreen = true
		}
		if t.Class != protocol.Green && !haveRegular {
			regular.offer(t, l)
			haveRegular = true
		}
		if haveRegular && haveGreen {
			return
		}
	}
}

func (s *State) pick(w protocol.WindowID, now time.Time, regular, green *choice, why *Why) *choice {
	rules, greens := &s.Plan.Classes, s.Posts[w].Greens
	why.Rule = "longest"
	if green.ticket == nil {
		return regular
	}
	why.GreenOf = rules.greenInRow()
	if regular.ticket == nil {
		why.Rule = "green"
		return green
	}
	aged := now.Sub(regular.ticket.waitsFrom()) >= rules.aging() && regular.ticket.Place.Before(green.ticket.Place)
	switch {
	case aged:
		why.Rule = "aged"
		return regular
	case greens >= rules.greenInRow():
		why.Green = greens
		why.Rule = "ratio"
		return regular
	}
	why.Rule, why.Green = "green", greens+1
	return green
}
