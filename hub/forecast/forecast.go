package forecast

import (
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Futures is how many futures a forecast plays when the caller does not say: with 60
// the quantiles move by a tenth, with more by little less.
const Futures = 80

// Wait is what the futures say of one ticket.
type Wait struct {
	Ticket  protocol.TicketID
	samples []float64 // s from now until the call, in order
	limit   float64   // s from now until its promise is broken
}

// beyond is how fast a quantile below 0 or above 1 leaves the futures, in shares of the last.
const beyond = 2

// Quantile returns the wait from now that a share q of the futures stays within. Below 0
// and above 1 it reaches beyond all futures, ever further: what nobody foresaw happens.
func (w *Wait) Quantile(q float64) time.Duration {
	n := len(w.samples)
	at := q*float64(n) - 0.5
	var s float64
	switch i := int(at); {
	case at <= 0:
		s = w.samples[0] * max(0, 1+max(at, -0.5)/2+min(q, 0)*beyond)
	case i+1 >= n:
		s = w.samples[n-1] * (1 + (at-float64(n-1))/float64(n)*beyond)
	default:
		s = w.samples[i] + (at-float64(i))*(w.samples[i+1]-w.samples[i])
	}
	return time.Duration(s * float64(time.Second))
}

// Late returns the probability that the ticket waits longer than its service promises.
func (w *Wait) Late() float64 {
	i, _ := slices.BinarySearch(w.samples, w.limit)
	return float64(len(w.samples)-i) / float64(len(w.samples))
}

// Ticket forecasts one waiting ticket, and false when it does not wait for a service.
// The seed makes it repeatable; a state's sequence is one.
func (m *Model) Ticket(s *queue.State, out *Outlook, id protocol.TicketID, now time.Time, futures int, seed uint64) (Wait, bool) {
	t := s.Tickets[id]
	if t == nil || t.Stage != protocol.Waiting || t.Only != "" || m.shape == nil {
		return Wait{}, false
	}
	svc, known := m.shape.services[t.Service]
	if !known {
		return Wait{}, false
	}
	sc := m.newScene(s, out, now, &m.shape.parts[m.shape.part[svc]])
	all := sc.play(s, futures, seed, func(other protocol.TicketID) bool { return other == id })
	return all[0], true
}

// All forecasts every waiting ticket of the hall, part by part, in the plan's order of
// services and each line's order.
func (m *Model) All(s *queue.State, out *Outlook, now time.Time, futures int, seed uint64) []Wait {
	if m.shape == nil {
		return nil
	}
	var all []Wait
	for i := range m.shape.parts {
		p := &m.shape.parts[i]
		if len(p.windows) == 0 {
			continue
		}
		sc := m.newScene(s, out, now, p)
		if len(sc.marks) > 0 {
			all = append(all, sc.play(s, futures, seed, func(protocol.TicketID) bool { return true })...)
		}
	}
	return all
}

// play runs the futures and gathers those marks that are wanted.
func (sc *scene) play(s *queue.State, futures int, seed uint64, wanted func(protocol.TicketID) bool) []Wait {
	var waits []Wait
	place := make([]int, len(sc.marks))
	for i, id := range sc.marks {
		place[i] = -1
		if wanted(id) {
			place[i] = len(waits)
			waits = append(waits, Wait{Ticket: id, samples: make([]float64, 0, futures), limit: sc.left(s, id)})
		}
	}
	for i := range sc.lines {
		for c := range sc.lines[i].class {
			for j := range sc.lines[i].class[c] {
				st := &sc.lines[i].class[c][j]
				st.mark = place[st.mark]
			}
		}
	}
	sc.marks = sc.marks[:len(waits)]
	var f future
	for n := range futures {
		sc.begin(&f, seed*0x9e3779b97f4a7c15+uint64(n)*0xd1342543de82ef95)
		f.open = len(waits)
		f.run()
		for i, at := range f.called {
			if at < 0 {
				at = sc.horizon
			}
			waits[i].samples = append(waits[i].samples, at-sc.start)
		}
	}
	for i := range waits {
		slices.Sort(waits[i].samples)
	}
	return waits
}

// left returns the s until a ticket's promise is broken.
func (sc *scene) left(s *queue.State, id protocol.TicketID) float64 {
	t := s.Tickets[id]
	svc := s.Plan.Service(t.Service)
	return svc.Limit() - (sc.start - since(t.IssuedAt, s))
}
