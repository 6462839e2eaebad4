package dispenser

import (
	"context"
	"errors"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// cancelReason is what the hub's journal says of a ticket that it issued too late.
const cancelReason = "离线已另发号"

// noTicket is a ticket that no hall has: numbers begin with a letter.
const noTicket = "0"

// merge brings the oldest offline tickets to the hub, if that is due: one step
// at a time, in the order of issue.
func (d *Dispenser) merge(ctx context.Context, now time.Time) {
	if d.merging || now.Before(d.mergeAt) || !d.opts.Link.Online() {
		return
	}
	work := d.settle()
	if work == nil {
		work = d.sync(now)
	}
	if work == nil {
		return
	}
	d.merging = true
	d.wg.Go(func() {
		answer, cancel := context.WithTimeout(ctx, mergeAnswer)
		defer cancel()
		done, err := work(answer)
		d.call(func() {
			d.merging = false
			if err != nil {
				d.log.Info("offline tickets not merged yet", "err", err)
				d.mergeAt = time.Now().Add(mergeAgain)
				return
			}
			d.suspect = false
			done()
		})
	})
}

// work asks the hub something and returns what to do with the answer.
type work func(context.Context) (done func(), err error)

// settle clears up the first press whose request got no answer in time, or
// returns nil. It asks under the press's own id for something that cannot be done:
// the same id gets the same answer, so a ticket that was issued comes to light and
// is cancelled, since nobody has its paper, and if there is none the id is used up by
// the refusal, so that a copy that is still under way issues none.
func (d *Dispenser) settle() work {
	id := d.doubt()
	for _, o := range d.book.open {
		if id == "" {
			id = o.Doubt
		}
	}
	if id == "" {
		return nil
	}
	return d.clear(id, func() { d.keep(entry{Settled: id}) })
}

// clear clears up the press of one id and then calls done.
func (d *Dispenser) clear(id protocol.RequestID, done func()) work {
	req := protocol.Request{ID: id, Do: protocol.TicketCancel, Ticket: noTicket, Reason: cancelReason}
	return func(ctx context.Context) (func(), error) {
		reply, err := d.final(ctx, req)
		if err != nil {
			return nil, err
		}
		if reply.OK != nil && reply.OK.Ticket != nil {
			cancel := protocol.Request{ID: "x" + id, Do: protocol.TicketCancel, Ticket: reply.OK.Ticket.ID, Reason: cancelReason}
			if _, err := d.final(ctx, cancel); err != nil {
				return nil, err
			}
		}
		return done, nil
	}
}

// final asks until the hub has said yes or no for good.
func (d *Dispenser) final(ctx context.Context, req protocol.Request) (protocol.Reply, error) {
	reply, err := d.opts.Link.Request(ctx, req)
	if err != nil {
		var refusal *protocol.Refusal
		if errors.As(err, &refusal) {
			return protocol.Reply{ID: req.ID, Refused: refusal}, nil
		}
		return reply, err
	}
	if r := reply.Refused; r != nil {
		switch r.Code {
		case protocol.Overloaded, protocol.Unavailable, protocol.ClockNotSet:
			return reply, r
		}
	}
	return reply, nil
}

// sync sends the oldest offline tickets, or returns nil. Those whose paper is on
// its way wait for it, and so do all behind them. A batch is of one day, since the
// answer names numbers, and these begin anew each day.
func (d *Dispenser) sync(now time.Time) work {
	var batch []*offline
	req := protocol.Request{ID: link.NewRequestID(), Do: protocol.SpoolSync}
	for _, o := range d.book.open {
		if o.printing || len(batch) == protocol.SpoolMax || len(batch) > 0 && o.Day != batch[0].Day {
			break
		}
		batch = append(batch, o)
		req.Spool = append(req.Spool, protocol.SpooledTicket{
			Number: o.Number, Service: o.Service, Class: o.Class, Day: o.Day, Printed: o.Printed,
			AgoMS: max(now.Sub(o.issued).Milliseconds(), 0),
		})
	}
	if len(batch) == 0 {
		return nil
	}
	return func(ctx context.Context) (func(), error) {
		reply, err := d.final(ctx, req)
		if err != nil {
			return nil, err
		}
		return func() { d.merged(batch, reply) }, nil
	}
}

// merged takes the hub's line for each ticket of a batch. A line is final, also
// when it is a refusal; a ticket without a line is sent again.
func (d *Dispenser) merged(batch []*offline, reply protocol.Reply) {
	d.mergeAt = time.Now()
	if reply.OK == nil {
		d.log.Error("offline tickets refused", "tickets", len(batch), "code", reply.Refused.Code, "err", reply.Refused)
		d.mergeAt = time.Now().Add(healthEvery)
		return
	}
	var done []string
	for _, o := range batch {
		for _, m := range reply.OK.Merged {
			if m.Number != o.Number {
				continue
			}
			if m.Refused != nil {
				d.log.Warn("offline ticket is a leftover", "ticket", o.Number, "err", m.Refused)
			}
			done = append(done, o.ref())
			d.known(o.ref(), m.Ticket)
			d.tellAgain(o, m.Ticket)
			break
		}
	}
	if len(done) < len(batch) {
		d.mergeAt = time.Now().Add(mergeAgain)
	}
	if len(done) > 0 {
		d.keep(entry{Merged: done})
	}
}

// known gives a slip that has no paper yet the id by which the hub knows it.
func (d *Dispenser) known(ref string, id protocol.TicketID) {
	for _, s := range d.book.owed {
		if s.Offline == ref {
			s.Ticket.ID, s.Offline = id, ""
			d.keep(entry{Slip: s})
		}
	}
}
