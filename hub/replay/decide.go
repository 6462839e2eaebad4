package replay

import (
	"context"
	"fmt"
	"slices"

	"jiaohao/protocol"
)

// decider plays citizens and clerks while the hub chooses who is called.
type decider struct {
	*driver
	agenda   agenda
	byTicket map[protocol.TicketID]*trace
	waiting  map[protocol.ServiceID]int
	on       []*shift // signed on
	free     []*shift // of these, without a ticket, the longest first
}

func (d *driver) decideDay(ctx context.Context) error {
	w := &decider{driver: d, byTicket: map[protocol.TicketID]*trace{}, waiting: map[protocol.ServiceID]int{}}
	for i := range d.posts {
		p := &d.posts[i]
		for _, span := range p.On {
			m := w.agenda.on(span.From)
			m.signOn = append(m.signOn, &shift{Post: p, until: span.To})
			w.agenda.on(span.To) // to leave then
		}
	}
	for _, t := range d.traces {
		w.agenda.arrival(t)
	}
	for second, m, ok := w.agenda.next(); ok; second, m, ok = w.agenda.next() {
		if err := w.step(ctx, second, m); err != nil {
			return err
		}
	}
	return nil
}

// serviceTimes finds how long each visit takes if it is called: as in the record or, of
// who left, like the one served before it with the same business.
func serviceTimes(traces []*trace) {
	last := map[protocol.ServiceID]int{}
	for _, t := range slices.Backward(traces) { // so that who leaves first of all has the next one's
		if !t.Left {
			last[t.Service] = t.End - t.Start
		}
	}
	for _, t := range traces {
		if !t.Left {
			last[t.Service] = t.End - t.Start
		}
		t.takes = usualService
		if s, ok := last[t.Service]; ok {
			t.takes = s
		}
	}
}

// step lives through one second.
func (w *decider) step(ctx context.Context, second int, m *moment) error {
	m.leave = slices.DeleteFunc(m.leave, func(t *trace) bool { return t.window != "" })
	m.signOn = slices.DeleteFunc(m.signOn, w.stays)
	if err := w.happen(ctx, second, m); err != nil {
		return err
	}
	for _, t := range m.finish {
		w.free = append(w.free, w.at(t.window))
	}
	w.on = append(w.on, m.signOn...)
	w.free = append(w.free, m.signOn...)
	for _, t := range m.issue {
		if t.ticket != "" {
			w.byTicket[t.ticket] = t
			w.waiting[t.Service]++
		}
	}
	for _, t := range m.leave {
		if t.ticket != "" {
			w.waiting[t.Service]--
		}
	}
	if err := w.signOffDue(ctx, second); err != nil {
		return err
	}
	if err := w.callAll(ctx, second); err != nil {
		return err
	}
	return w.signOffDue(ctx, second) // who was needed a moment ago
}

// stays reports whether who was to come is there still, and makes the time longer.
func (w *decider) stays(next *shift) bool {
	s := w.at(next.ID)
	if s != nil {
		s.until = next.until
	}
	return s != nil
}

// at returns who is at a window, or nil.
func (w *decider) at(id protocol.WindowID) *shift {
	if i := slices.IndexFunc(w.on, func(s *shift) bool { return s.ID == id }); i >= 0 {
		return w.on[i]
	}
	return nil
}

// callAll lets the free windows call as long as somebody waits for them.
func (w *decider) callAll(ctx context.Context, second int) error {
	for {
		i := slices.IndexFunc(w.free, func(s *shift) bool { return w.waitFor(s) > 0 })
		if i < 0 {
			return nil
		}
		s := w.free[i]
		w.free = slices.Delete(w.free, i, i+1)
		t, err := w.callNext(ctx, s)
		if err != nil {
			return err
		}
		if t == nil {
			continue // refused, which the report tells; the window takes part no more
		}
		w.waiting[t.Service]--
		if err := w.arrived(ctx, t); err != nil {
			return err
		}
		if t.takes > 0 {
			m := w.agenda.on(second + t.takes)
			m.finish = append(m.finish, t)
			continue
		}
		if err := w.finish(ctx, t); err != nil {
			return err
		}
		w.free = append(w.free, s)
	}
}

// callNext presses the key and returns who comes, or nil when it is refused.
func (w *decider) callNext(ctx context.Context, s *shift) (*trace, error) {
	reply, id, err := w.fleet.ask(ctx, terminal(s.ID), protocol.Request{Do: protocol.WindowCallNext})
	if err != nil || reply.OK == nil {
		return nil, err
	}
	if reply.OK.Ticket == nil {
		return nil, fmt.Errorf("the reply to request %s has no ticket", id)
	}
	t := w.byTicket[reply.OK.Ticket.ID]
	if t == nil || t.window != "" {
		return nil, fmt.Errorf("window %s was told to serve %s, which does not wait", s.ID, reply.OK.Ticket.ID)
	}
	t.window = s.ID
	return t, nil
}

// waitFor is how many wait whom the post may call.
func (w *decider) waitFor(s *shift) int {
	n := 0
	for _, service := range s.Services {
		n += w.waiting[service]
	}
	return n
}

// signOffDue lets go home whose time is over, who is free, and whom nobody needs.
func (w *decider) signOffDue(ctx context.Context, second int) error {
	for _, s := range slices.Clone(w.free) {
		if s.until > second || w.needed(s) {
			continue
		}
		same := func(o *shift) bool { return o == s }
		w.free, w.on = slices.DeleteFunc(w.free, same), slices.DeleteFunc(w.on, same)
		if err := w.signOff(ctx, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// needed reports whether people wait for whom the post is the last one.
func (w *decider) needed(s *shift) bool {
	return slices.ContainsFunc(s.Services, func(service protocol.ServiceID) bool {
		other := slices.ContainsFunc(w.on, func(o *shift) bool { return o != s && slices.Contains(o.Services, service) })
		return w.waiting[service] > 0 && !other
	})
}
