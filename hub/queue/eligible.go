package queue

import (
	"math"
	"slices"
	"time"

	"jiaohao/protocol"
)

// ways is what the rules that weigh look up in a plan: made once when it comes into
// force, and never a part of what a hall says of itself.
type ways struct {
	covers   []coverRule
	coversOf map[protocol.WindowID][]coverRule
	services map[protocol.ServiceID]*Service
	primary  map[protocol.ServiceID][]*Window // the windows whose own the service is
}

func newWays(p *Plan) *ways {
	w := &ways{
		covers: p.covers(), coversOf: map[protocol.WindowID][]coverRule{},
		services: map[protocol.ServiceID]*Service{}, primary: map[protocol.ServiceID][]*Window{},
	}
	for i := range p.Services {
		w.services[p.Services[i].ID] = &p.Services[i]
	}
	for i := range p.Windows {
		win := &p.Windows[i]
		w.coversOf[win.ID] = p.coversOf(win.ID)
		for _, svc := range win.Primary {
			w.primary[svc] = append(w.primary[svc], win)
		}
	}
	return w
}

func (s *State) paths() *ways {
	if s.ways == nil {
		return newWays(&s.Plan)
	}
	return s.ways
}

// share returns how many windows' worth of the service's own windows are at work:
// a window of several services counts for each by its part.
func (s *State) share(w *ways, svc protocol.ServiceID) float64 {
	total := 0.0
	for _, win := range w.primary[svc] {
		if s.Posts[win.ID].Status == protocol.Open {
			total += 1 / float64(len(win.Primary))
		}
	}
	return total
}

// pressure is [Pressure] of a service's line.
func (s *State) pressure(w *ways, svc protocol.ServiceID, now time.Time) float64 {
	line, service := s.Lines[svc], w.services[svc]
	if len(line) == 0 || service == nil {
		return 0
	}
	wait := now.Sub(s.Tickets[line[0]].Place.At).Seconds()
	return Pressure(wait, len(line), s.expected(service), s.share(w, svc), service.Limit())
}

// wantsHelp reports whether a partner at work is to be helped.
func (s *State) wantsHelp(rule coverRule, now time.Time) bool {
	if s.Plan.rule() != RuleAPQ {
		return false
	}
	o, w := s.Order(), s.paths()
	on := s.helping(rule)
	return slices.ContainsFunc(rule.services, func(svc protocol.ServiceID) bool {
		return o.Pressed(s.pressure(w, svc, now), on)
	})
}

// helping reports whether the cover of rule for overload is on.
func (s *State) helping(rule coverRule) bool {
	cover, on := s.covering(rule.window, rule.forWindow)
	return on && cover.Cause == CoverOverload
}

// helpMoments are the times at which a first in line will have waited so long that
// help begins.
func (s *State) helpMoments(rule coverRule) []time.Time {
	if s.Plan.rule() != RuleAPQ || s.Plan.APQ.Strict || s.helping(rule) {
		return nil
	}
	o, w := s.Order(), s.paths()
	var moments []time.Time
	for _, svc := range rule.services {
		line, service := s.Lines[svc], w.services[svc]
		if len(line) == 0 || service == nil {
			continue
		}
		ms := math.Ceil(o.On*service.Limit()*1000) + 1
		moments = append(moments, s.Tickets[line[0]].Place.At.Add(time.Duration(ms)*time.Millisecond))
	}
	return moments
}

// eligible returns the lines that a window may call from by a rule that weighs: its
// own, those sent to it alone, and those it covers, if the rule lets it now.
func (s *State) eligible(win *Window, now time.Time) []callLine {
	lines := make([]callLine, 0, 8)
	waiting, own := 0, 0.0
	for _, svc := range win.Primary {
		lines = append(lines, callLine{key: svc, service: svc, factor: 1})
		waiting += len(s.Lines[svc])
	}
	lines = append(lines, callLine{key: onlyLine(win.ID), factor: 1})
	waiting += len(s.Lines[onlyLine(win.ID)])
	o, w := s.Order(), s.paths()
	if o.Rule == RuleAPQ {
		for _, svc := range win.Primary {
			own = max(own, s.pressure(w, svc, now))
		}
	}
	for _, rule := range w.coversOf[win.ID] {
		cause, want := s.wantsCover(rule, now)
		away := want && cause == CoverAway
		since, on := s.covering(win.ID, rule.forWindow)
		if !on {
			since = Cover{Window: win.ID, For: rule.forWindow}
		}
		for _, svc := range rule.services {
			if slices.ContainsFunc(lines, func(l callLine) bool { return l.key == svc }) {
				continue
			}
			nobody := away && s.share(w, svc) == 0
			pressed := o.Rule == RuleAPQ && o.Helps(s.pressure(w, svc, now), own, on && since.Cause == CoverOverload)
			factor, may := o.BackupFactor(nobody, pressed, waiting > 0)
			if !may {
				continue
			}
			cover := since
			cover.Cause = o.cause(nobody, pressed)
			if cover.Cause != since.Cause {
				cover.Since = time.Time{}
			}
			lines = append(lines, callLine{key: svc, service: svc, cover: cover, factor: factor})
		}
		if away {
			since.Cause = CoverAway
			lines = append(lines, callLine{key: onlyLine(rule.forWindow), cover: since, factor: 1})
		}
	}
	return lines
}

// cause returns why a window may call a covered service.
func (o *Order) cause(away, pressed bool) CoverCause {
	switch {
	case away:
		return CoverAway
	case o.Rule != RuleAPQ:
		return ""
	case pressed:
		return CoverOverload
	}
	return CoverIdle
}
