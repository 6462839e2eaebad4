package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"jiaohao/protocol"
)

// chosenReason is why a window calls a certain ticket.
const chosenReason = "recorded order"

// day goes through the whole day.
func (d *driver) day(ctx context.Context) error {
	if d.o.Mode == Decide {
		return d.decideDay(ctx)
	}
	var a agenda
	first, last := d.o.Day.span()
	for i := range d.posts {
		m := a.on(first - lead)
		m.signOn = append(m.signOn, &shift{Post: &d.posts[i], until: last})
	}
	for _, t := range d.traces {
		a.arrival(t)
		if t.Left {
			continue
		}
		m := a.on(t.Start)
		m.call = append(m.call, t)
		if t.End > t.Start { // else it ends where it begins
			m := a.on(t.End)
			m.finish = append(m.finish, t)
		}
	}
	for second, m, ok := a.next(); ok; second, m, ok = a.next() {
		if err := d.happen(ctx, second, m); err != nil {
			return err
		}
		slices.SortStableFunc(m.call, func(x, y *trace) int { return byStart(x.Visit, y.Visit) })
		calls := func(t *trace) error { return d.callRecorded(ctx, t) }
		if err := each(m.call, func(t *trace) protocol.WindowID { return t.Window }, calls); err != nil {
			return err
		}
	}
	return d.signOffAll(ctx, last, d.posts)
}

// shift is somebody at a post, from now on until a second of the record.
type shift struct {
	*Post
	until int
}

// arrival puts a visit's arrival and, of who left, its end on the agenda.
func (a *agenda) arrival(t *trace) {
	m := a.on(t.Arrive)
	m.issue = append(m.issue, t)
	if t.Left {
		m := a.on(t.End)
		m.leave = append(m.leave, t)
	}
}

// happen does all that a moment holds but the calls.
func (d *driver) happen(ctx context.Context, second int, m *moment) error {
	if err := d.wait(ctx, d.at(second)); err != nil {
		return err
	}
	if err := each(m.finish, (*trace).at, func(t *trace) error { return d.finish(ctx, t) }); err != nil {
		return err
	}
	if err := each(m.signOn, (*shift).id, func(s *shift) error { return d.signOn(ctx, s.ID) }); err != nil {
		return err
	}
	if err := each(m.issue, d.issuer(), func(t *trace) error { return d.issue(ctx, t) }); err != nil {
		return err
	}
	return each(m.leave, (*trace).dispenser, func(t *trace) error { return d.leave(ctx, t) })
}

// issuer says which tickets are issued one after another. When the hub decides, all of them:
// who came first within a second must not depend on the network.
func (d *driver) issuer() func(*trace) protocol.DeviceID {
	if d.o.Mode == Decide {
		return func(*trace) protocol.DeviceID { return "" }
	}
	return (*trace).dispenser
}

func (t *trace) at() protocol.WindowID        { return t.window }
func (t *trace) dispenser() protocol.DeviceID { return t.from }
func (s *shift) id() protocol.WindowID        { return s.ID }

// each does all items, those of different devices at the same time, those of one in order.
func each[T any, K comparable](items []T, device func(T) K, do func(T) error) error {
	var order []K
	groups := map[K][]T{}
	for _, item := range items {
		k := device(item)
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], item)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(order))
	for i, k := range order {
		wg.Go(func() {
			for _, item := range groups[k] {
				if errs[i] = do(item); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (d *driver) signOn(ctx context.Context, w protocol.WindowID) error {
	_, _, err := d.fleet.ask(ctx, terminal(w), protocol.Request{Do: protocol.WindowSignOn, Clerk: clerk(w), PIN: d.pin})
	return err
}

func (d *driver) signOffAll(ctx context.Context, second int, posts []Post) error {
	if err := d.wait(ctx, d.at(second)); err != nil {
		return err
	}
	return each(posts, func(p Post) protocol.WindowID { return p.ID }, func(p Post) error { return d.signOff(ctx, p.ID) })
}

func (d *driver) signOff(ctx context.Context, w protocol.WindowID) error {
	_, _, err := d.fleet.ask(ctx, terminal(w), protocol.Request{Do: protocol.WindowSignOff})
	return err
}

func (d *driver) issue(ctx context.Context, t *trace) error {
	reply, id, err := d.fleet.ask(ctx, t.from, protocol.Request{Do: protocol.TicketIssue, Service: t.Service})
	if err != nil || reply.OK == nil {
		return err
	}
	if reply.OK.Ticket == nil {
		return fmt.Errorf("the reply to request %s has no ticket", id)
	}
	t.ticket, t.number, t.issued = reply.OK.Ticket.ID, reply.OK.Ticket.Number, id
	return nil
}

// leave gives up a ticket, unless it was called before.
func (d *driver) leave(ctx context.Context, t *trace) error {
	if t.window != "" {
		return nil
	}
	_, _, err := d.fleet.ask(ctx, t.from, protocol.Request{Do: protocol.TicketCancel, Ticket: t.ticket, Reason: "left"})
	return err
}

// callRecorded calls a ticket where the record has it.
func (d *driver) callRecorded(ctx context.Context, t *trace) error {
	t.window = t.Window
	req := protocol.Request{Do: protocol.WindowCall, Ticket: t.ticket, Reason: chosenReason}
	if _, _, err := d.fleet.ask(ctx, terminal(t.window), req); err != nil {
		return err
	}
	if err := d.arrived(ctx, t); err != nil || t.End > t.Start {
		return err
	}
	return d.finish(ctx, t)
}

func (d *driver) arrived(ctx context.Context, t *trace) error {
	_, _, err := d.fleet.ask(ctx, terminal(t.window), protocol.Request{Do: protocol.WindowArrived, Ticket: t.ticket})
	return err
}

func (d *driver) finish(ctx context.Context, t *trace) error {
	_, _, err := d.fleet.ask(ctx, terminal(t.window), protocol.Request{Do: protocol.WindowFinish, Ticket: t.ticket})
	return err
}
