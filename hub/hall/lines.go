package hall

import (
	"context"
	"fmt"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// appendLine adds the line of the service log that event r makes, or takes back.
// s is the state after r, day the business day before it.
func appendLine(lines []journal.ServiceLine, s *queue.State, day string, r queue.Record) []journal.ServiceLine {
	var id protocol.TicketID
	switch e := r.Event.(type) {
	case *queue.Finished:
		id = e.Ticket
	case *queue.Cancelled:
		id = e.Ticket
	case *queue.NoShow:
		id = e.Ticket
	case *queue.Reactivated:
		id = e.Ticket
	case *queue.Undone:
		id = e.Ticket
	default:
		return lines
	}
	t := s.Tickets[id]
	if t == nil || day == "" {
		return lines
	}
	return append(lines, serviceLine(day, t, r))
}

// serviceLine is how the visit stands after event r. A visit that has not ended
// has no outcome, which takes its line back.
func serviceLine(day string, t *queue.Ticket, r queue.Record) journal.ServiceLine {
	l := journal.ServiceLine{
		Day: day, Ticket: string(t.ID), Number: t.Number, Service: string(t.Service), Class: string(t.Class),
		Window: string(t.Window), Clerk: string(t.Clerk), OnBehalfOf: string(t.For),
		IssuedAt: t.IssuedAt, CalledAt: t.CalledAt, ArrivedAt: t.ArrivedAt, FinishedAt: r.At, Seq: r.Seq,
	}
	switch t.Stage {
	case protocol.Finished, protocol.Cancelled, protocol.NoShow:
		l.Outcome, l.Result = string(t.Stage), string(t.Result)
	}
	if p := t.Promise; p != nil {
		l.Promise = journal.Promise{Model: p.Model, Known: t.Wait.Known, Low: ms(t.Wait.LowMS), High: ms(t.Wait.HighMS)}
	}
	if !t.CalledAt.IsZero() {
		l.Wait = max(0, t.CalledAt.Sub(t.IssuedAt))
	}
	if !t.ArrivedAt.IsZero() {
		l.Way = max(0, t.ArrivedAt.Sub(t.CalledAt))
		l.Serve = max(0, time.Duration(t.Served))
	}
	return l
}

func ms(n int64) time.Duration { return time.Duration(max(0, n)) * time.Millisecond }

// Rebuild makes the service log again from the events of the journal, in one
// transaction. It replays every event and reads no snapshot. Other writers wait.
func Rebuild(ctx context.Context, j *journal.Journal) error {
	err := j.ReplaceServiceLines(func(put func(journal.ServiceLine) error) error {
		s := queue.New()
		return j.Read(ctx, 0, func(r journal.Record) error {
			day := s.Day
			e, err := apply(s, r)
			if err != nil {
				return err
			}
			for _, l := range appendLine(nil, s, day, queue.Record{Seq: r.Seq, At: r.At, Event: e}) {
				if err := put(l); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("hall: rebuild: %w", err)
	}
	return nil
}
