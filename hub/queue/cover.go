package queue

import (
	"slices"
	"time"

	"jiaohao/protocol"
)

// coverRule is one direction of a pair: who stands in for whom, for what.
type coverRule struct {
	pair      *Pair
	window    protocol.WindowID // the one that covers
	forWindow protocol.WindowID
	services  []protocol.ServiceID // of forWindow that window may serve
}

// covers lists every direction of every pair, in the plan's order.
func (p *Plan) covers() []coverRule {
	var rules []coverRule
	for i := range p.Pairs {
		pair := &p.Pairs[i]
		rules = append(rules, p.coverRule(pair, pair.B, pair.A))
		if pair.Mode != OneWay {
			rules = append(rules, p.coverRule(pair, pair.A, pair.B))
		}
	}
	return rules
}

// coversOf lists the directions in which window w covers.
func (p *Plan) coversOf(w protocol.WindowID) []coverRule {
	var rules []coverRule
	for i := range p.Pairs {
		pair := &p.Pairs[i]
		switch {
		case pair.B == w:
			rules = append(rules, p.coverRule(pair, pair.B, pair.A))
		case pair.A == w && pair.Mode != OneWay:
			rules = append(rules, p.coverRule(pair, pair.A, pair.B))
		}
	}
	return rules
}

func (p *Plan) coverRule(pair *Pair, w, forWindow protocol.WindowID) coverRule {
	rule := coverRule{pair: pair, window: w, forWindow: forWindow}
	for _, svc := range p.Window(forWindow).Primary {
		if len(pair.Services) == 0 || slices.Contains(pair.Services, svc) {
			rule.services = append(rule.services, svc)
		}
	}
	return rule
}

// Duty is whom a window covers for, and how its pair says so.
type Duty struct {
	For      protocol.WindowID
	Services []protocol.ServiceID // of For that the window may serve
	Delay    time.Duration        // For is away for so long before cover starts
	On, Off  time.Duration        // of the rule fifo-class-ratio: its longest wait at which cover starts and ends; On 0 means never
	IdleHelp bool                 // of the rule fifo-class-ratio
}

// Duties lists what window w covers, in the order in which a calling order looks at it.
func (p *Plan) Duties(w protocol.WindowID) []Duty {
	var all []Duty
	for _, r := range p.coversOf(w) {
		all = append(all, Duty{
			For: r.forWindow, Services: r.services, Delay: time.Duration(r.pair.Delay),
			On: time.Duration(r.pair.On), Off: r.pair.off(), IdleHelp: r.pair.IdleHelp,
		})
	}
	return all
}

// covering returns the cover of window w for another, while it still stands: the
// tick that ends it may come a moment later than the partner's return.
func (s *State) covering(w, forWindow protocol.WindowID) (Cover, bool) {
	i := s.coverAt(w, forWindow)
	if i < 0 {
		return Cover{}, false
	}
	back := s.Covers[i].Cause == CoverAway && s.Posts[forWindow].Status == protocol.Open
	return s.Covers[i], !back
}

// coverAt returns the index of the cover of window w for another, or -1.
func (s *State) coverAt(w, forWindow protocol.WindowID) int {
	for i := range s.Covers {
		if s.Covers[i].Window == w && s.Covers[i].For == forWindow {
			return i
		}
	}
	return -1
}

// CoveredBy returns the window that covers for w now, or "".
func (s *State) CoveredBy(w protocol.WindowID) protocol.WindowID {
	for _, c := range s.Covers {
		if _, on := s.covering(c.Window, w); on && c.For == w {
			return c.Window
		}
	}
	return ""
}

// coverChanges returns the covers that begin and end at now.
func (s *State) coverChanges(now time.Time) []Event {
	if s.Day == "" {
		return nil
	}
	var events []Event
	for _, rule := range s.paths().covers {
		events = append(events, s.coverChange(rule, now)...)
	}
	return events
}

// coverChange returns the end and the beginning of rule's cover at now.
func (s *State) coverChange(rule coverRule, now time.Time) []Event {
	var events []Event
	cause, want := s.wantsCover(rule, now)
	at := s.coverAt(rule.window, rule.forWindow)
	same := at >= 0 && s.Covers[at].Cause == cause
	if at >= 0 && !(want && same) {
		events = append(events, &CoverEnded{Window: rule.window, For: rule.forWindow})
	}
	if want && !same {
		events = append(events, &CoverStarted{Window: rule.window, For: rule.forWindow, Cause: cause})
	}
	return events
}

// tick returns the covers that begin and end at now. A tick that comes late does
// what was due: the reason may have passed since, and without an event the state
// would go on asking for it.
func (s *State) tick(now time.Time) []Event {
	if events := s.coverChanges(now); len(events) > 0 {
		return events
	}
	if due := s.Deadline(); !due.IsZero() && !due.After(now) {
		return s.coverChanges(due)
	}
	return nil
}

// wantsCover reports whether rule's window should cover at now, and why.
func (s *State) wantsCover(rule coverRule, now time.Time) (CoverCause, bool) {
	if s.Posts[rule.window].Status != protocol.Open {
		return "", false
	}
	partner := s.Posts[rule.forWindow]
	_, on := s.covering(rule.window, rule.forWindow)
	if partner.Status != protocol.Open {
		// Cover that is on goes on: who leaves a busy post, or signs off after a
		// pause, must not leave its people alone for the delay.
		return CoverAway, on || now.Sub(partner.Since) >= time.Duration(rule.pair.Delay)
	}
	if s.Plan.rule() != RuleFIFO {
		return CoverOverload, s.wantsHelp(rule, now)
	}
	if rule.pair.On == 0 {
		return "", false
	}
	wait := s.longestWait(rule.services, now)
	if on {
		return CoverOverload, wait >= rule.pair.off()
	}
	return CoverOverload, wait >= time.Duration(rule.pair.On)
}

// longestWait returns the wait of the first in line of the services, or -1.
func (s *State) longestWait(services []protocol.ServiceID, now time.Time) time.Duration {
	longest := time.Duration(-1)
	for _, svc := range services {
		if line := s.Lines[svc]; len(line) > 0 {
			longest = max(longest, now.Sub(s.Tickets[line[0]].Place.At))
		}
	}
	return longest
}

// Deadline returns when the next [Tick] is due: the first moment at which a
// cover begins or ends by itself. It is zero when none will, and may lie in the
// past. A Tick that is due always gives events, and after two of them at one moment
// no other is due at that moment.
func (s *State) Deadline() time.Time {
	if s.Day == "" {
		return time.Time{}
	}
	var first time.Time
	for _, rule := range s.paths().covers {
		for _, at := range s.moments(rule) {
			sooner := !at.Before(s.At) && (first.IsZero() || at.Before(first))
			if sooner && len(s.coverChange(rule, at)) > 0 {
				first = at
			}
		}
	}
	return first
}

// moments are the times from now on at which rule may begin or end a cover.
func (s *State) moments(rule coverRule) []time.Time {
	moments := []time.Time{s.At}
	if partner := s.Posts[rule.forWindow]; partner.Status != protocol.Open {
		return append(moments, partner.Since.Add(time.Duration(rule.pair.Delay)))
	}
	if s.Plan.rule() != RuleFIFO {
		return append(moments, s.helpMoments(rule)...)
	}
	if rule.pair.On == 0 {
		return moments
	}
	for _, svc := range rule.services {
		if line := s.Lines[svc]; len(line) > 0 {
			moments = append(moments, s.Tickets[line[0]].Place.At.Add(time.Duration(rule.pair.On)))
		}
	}
	return moments
}
