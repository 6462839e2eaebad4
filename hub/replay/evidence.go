package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// life is what the journal says of one ticket.
type life struct {
	number  string
	request protocol.RequestID // that issued it

	issued, called, arrived, finished, cancelled int // how often

	issuedAt, calledAt, arrivedAt, endedAt time.Time

	window protocol.WindowID // of the last call
}

// evidence is what the journal says when the replay is over, read without the engine's
// state: the events one by one, and the service log.
type evidence struct {
	chain    journal.Summary
	chainErr error

	lives map[protocol.TicketID]*life
	order []protocol.TicketID // of issue
	lines []journal.ServiceLine

	requests map[string]int // events by "kind device/request"
	unasked  []string       // steps that no device asked for
	crowded  []string       // tickets that met another at a window, or two windows
	left     int            // tickets that the end of the day had to end
}

// collect reads the journal in dir; the hub must have ended.
func collect(ctx context.Context, dir, day string) (*evidence, error) {
	e := &evidence{lives: map[protocol.TicketID]*life{}, requests: map[string]int{}}
	e.chain, e.chainErr = hall.Verify(ctx, dir)
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		return nil, err
	}
	at := map[protocol.WindowID]protocol.TicketID{}
	err = j.Read(ctx, 0, func(r journal.Record) error {
		event, err := queue.DecodeEvent(r.Kind, r.Body)
		if err != nil {
			return err
		}
		return e.take(event, r.At, at)
	})
	if err == nil {
		err = j.ServiceLines(ctx, day, func(l journal.ServiceLine) error {
			e.lines = append(e.lines, l)
			return nil
		})
	}
	return e, errors.Join(err, j.Close())
}

// take notes one event. at is who is at which window.
func (e *evidence) take(event queue.Event, when time.Time, at map[protocol.WindowID]protocol.TicketID) error {
	switch ev := event.(type) {
	case *queue.Issued:
		l := e.life(ev.Ticket)
		l.issued++
		l.number, l.request, l.issuedAt = ev.Number, ev.Request, when
		e.order = append(e.order, ev.Ticket)
		e.asked(event, ev.By, ev.Ticket)
	case *queue.Called:
		l := e.life(ev.Ticket)
		for w, other := range at {
			if w == ev.Window || other == ev.Ticket {
				e.crowded = append(e.crowded, fmt.Sprintf("%s called to window %s while %s was at window %s", ev.Ticket, ev.Window, other, w))
			}
		}
		at[ev.Window] = ev.Ticket
		l.called++
		l.window, l.calledAt = ev.Window, when
		e.asked(event, ev.By, ev.Ticket)
	case *queue.Arrived:
		l := e.life(ev.Ticket)
		l.arrived++
		l.arrivedAt = when
		e.asked(event, ev.By, ev.Ticket)
	case *queue.Finished:
		l := e.life(ev.Ticket)
		if at[ev.Window] != ev.Ticket {
			e.crowded = append(e.crowded, fmt.Sprintf("%s finished at window %s, which had %q", ev.Ticket, ev.Window, at[ev.Window]))
		}
		delete(at, ev.Window)
		l.finished++
		l.endedAt = when
		e.asked(event, ev.By, ev.Ticket)
	case *queue.Cancelled:
		l := e.life(ev.Ticket)
		l.cancelled++
		l.endedAt = when
		e.asked(event, ev.By, ev.Ticket)
	case *queue.DayClosed:
		e.left += ev.Left
	}
	return nil
}

func (e *evidence) life(id protocol.TicketID) *life {
	l := e.lives[id]
	if l == nil {
		l = &life{}
		e.lives[id] = l
	}
	return l
}

func (e *evidence) asked(event queue.Event, by queue.By, id protocol.TicketID) {
	if by.Request == "" {
		e.unasked = append(e.unasked, event.Kind()+" "+string(id))
		return
	}
	e.requests[requestKey(event.Kind(), by.Device, by.Request)]++
}

func requestKey(kind string, device protocol.DeviceID, id protocol.RequestID) string {
	return fmt.Sprintf("%s %s/%s", kind, device, id)
}
