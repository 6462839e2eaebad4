package queue

import (
	"math"
	"slices"
	"time"

	"jiaohao/protocol"
)

// nobodyByRule demands that nobody waits whom window w may serve: for itself or, unless
// the rule is strict, for anybody it backs up.
func (m *machine) nobodyByRule(w protocol.WindowID) {
	services := slices.Clone(m.s.Plan.Window(w).Primary)
	if !m.s.Plan.APQ.Strict {
		for _, c := range m.s.Plan.coversOf(w) {
			services = append(services, c.services...)
		}
	}
	for id, t := range m.s.Tickets {
		if t.Stage == protocol.Waiting && (t.Only == w || t.Only == "" && slices.Contains(services, t.Service)) {
			m.t.Fatalf("window %s was told that nobody waits, and %s does", w, id)
		}
	}
}

// calledByRule demands of a call by the rule apq: that nobody is passed over more often
// than the budget, that help has its cause, and that the facts of the choice hold.
func (m *machine) calledByRule(e *Called, at time.Time) {
	if m.s.Plan.rule() != RuleAPQ || e.Why.Rule == "chosen" {
		return
	}
	t := m.s.Tickets[e.Ticket]
	if isGreen(t) {
		return
	}
	o := m.s.Order()
	for _, l := range m.s.callable(e.Window, at) {
		for _, id := range m.s.Lines[l.key] {
			other := m.s.Tickets[id]
			if isGreen(other) || other.Service == t.Service || !other.Place.Before(t.Place) {
				continue
			}
			if m.passed[id] >= o.Skips {
				m.t.Fatalf("%s was passed over %d times, at most %d, and %s goes before it", id, m.passed[id], o.Skips, t.ID)
			}
			m.passed[id]++
		}
	}
	m.factsHold(e, t, at)
	m.helpHasItsCause(e, t, at)
}

func (m *machine) factsHold(e *Called, t *Ticket, at time.Time) {
	why := &e.Why
	if w := why.Weighed; w == nil || w.Number != t.Number || w.WaitMS != waitMS(t, at) {
		m.t.Fatalf("the call of %s is explained by %+v", t.ID, why.Weighed)
	}
	if why.Passed == nil {
		return
	}
	if other := m.s.Find(protocol.TicketID(why.Passed.Number)); other == nil || !other.Place.Before(t.Place) || why.Passed.WaitMS < why.Weighed.WaitMS {
		m.t.Fatalf("%s goes before %+v, who did not come earlier", t.ID, why.Passed)
	}
	const slack = 1e-9 // waits are told in whole ms
	if why.Rule == string(TierWeight) && why.Weighed.Score() < why.Passed.Score()*(1-1e-5)-slack && why.Passed.WaitMS-why.Weighed.WaitMS > 2 {
		m.t.Fatalf("%+v was called before %+v, which weighs more", *why.Weighed, *why.Passed)
	}
}

// helpHasItsCause demands that a partner's ticket is called only when nobody works for
// its service, or its line is pressed, or the window has nobody of its own.
func (m *machine) helpHasItsCause(e *Called, t *Ticket, at time.Time) {
	if e.For == "" || t.Only != "" {
		return
	}
	own := len(m.s.Lines[onlyLine(e.Window)])
	for _, svc := range m.s.Plan.Window(e.Window).Primary {
		own += len(m.s.Lines[svc])
	}
	staffed := slices.ContainsFunc(m.s.Plan.Windows, func(w Window) bool {
		return slices.Contains(w.Primary, t.Service) && m.s.Posts[w.ID].Status == protocol.Open
	})
	strict, off := m.s.Plan.APQ.Strict, m.s.Order().Off
	switch {
	case !staffed:
	case strict:
		m.t.Fatalf("window %s helps %s, who is there, and the hall is strict", e.Window, e.For)
	case own == 0:
	case apqLead*m.ownPressure(e.Window, at) > m.linePressure(t.Service, at)+1e-9:
		m.t.Fatalf("window %s, whose own line is pressed more, helps with %s", e.Window, t.ID)
	case m.linePressure(t.Service, at) < off-1e-9:
		m.t.Fatalf("window %s has %d of its own and calls %s at pressure %v, below %v", e.Window, own, t.ID, m.linePressure(t.Service, at), off)
	}
}

func (m *machine) ownPressure(w protocol.WindowID, at time.Time) float64 {
	most := 0.0
	for _, svc := range m.s.Plan.Window(w).Primary {
		most = math.Max(most, m.linePressure(svc, at))
	}
	return most
}

// linePressure is computed from the tickets alone.
func (m *machine) linePressure(svc protocol.ServiceID, at time.Time) float64 {
	n, longest, share := 0, 0.0, 0.0
	for _, t := range m.s.Tickets {
		if t.Stage == protocol.Waiting && t.Service == svc && t.Only == "" {
			n++
			longest = math.Max(longest, at.Sub(t.Place.At).Seconds())
		}
	}
	for _, w := range m.s.Plan.Windows {
		if slices.Contains(w.Primary, svc) && m.s.Posts[w.ID].Status == protocol.Open {
			share += 1 / float64(len(w.Primary))
		}
	}
	p := m.s.Plan.Service(svc)
	pressure := longest / p.Limit()
	if share > 0 {
		pressure = math.Max(pressure, float64(n)*m.s.expected(p)/share/p.Limit())
	}
	return pressure
}

func (m *machine) pressureFor(w, of protocol.WindowID, at time.Time) float64 {
	most := 0.0
	for _, svc := range m.s.Plan.coverRule(m.pair(w, of), w, of).services {
		most = math.Max(most, m.linePressure(svc, at))
	}
	return most
}

// A late tick does what was due at its moment, so pressure is looked at only when ticks
// are in time.
func (m *machine) coverStarts(e *CoverStarted, at time.Time) {
	if m.s.Plan.rule() != RuleAPQ || e.Cause != CoverOverload || m.late || at.After(m.now) {
		return
	}
	if p := m.pressureFor(e.Window, e.For, at); m.s.Plan.APQ.Strict || p < m.s.Order().On-1e-9 {
		m.t.Fatalf("help of %s for %s begins at pressure %v, below %v", e.Window, e.For, p, m.s.Order().On)
	}
}

func (m *machine) coverEnds(e *CoverEnded, at time.Time) {
	i := slices.IndexFunc(m.s.Covers, func(c Cover) bool { return c.Window == e.Window && c.For == e.For })
	both := m.s.Posts[e.Window].Status == protocol.Open && m.s.Posts[e.For].Status == protocol.Open
	if m.s.Plan.rule() != RuleAPQ || m.s.Covers[i].Cause != CoverOverload || !both || m.late || at.After(m.now) {
		return
	}
	if p := m.pressureFor(e.Window, e.For, at); p >= m.s.Order().Off+1e-9 {
		m.t.Fatalf("help of %s for %s ends at pressure %v, not below %v", e.Window, e.For, p, m.s.Order().Off)
	}
}
