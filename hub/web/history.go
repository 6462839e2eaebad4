package web

import (
	"bytes"
	"context"
	"errors"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// step is one line of a ticket's history.
type step struct {
	At   time.Time
	What string
	Why  string // of a call: why this ticket and no other
}

var errEnough = errors.New("enough")

// history reads a ticket's events of the open day from the journal and words them.
func (s *Server) history(ctx context.Context, v *managerView, id protocol.TicketID) ([]step, error) {
	var steps []step
	name, plan := []byte(id), s.plan()
	err := s.opts.Journal.Read(ctx, s.seqBefore(ctx, v.OpenedAt), func(r journal.Record) error {
		if !bytes.Contains(r.Body, name) { // cheaper than decoding a whole day
			return nil
		}
		event, err := queue.DecodeEvent(r.Kind, r.Body)
		if err != nil {
			return err
		}
		if st, ok := v.word(event, id, plan); ok {
			st.At = r.At
			steps = append(steps, st)
		}
		if len(steps) == historyMax {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return steps, nil
}

// seqBefore finds, by halving, a sequence before the first event at or after t:
// years of journal are passed over in some twenty looks.
func (s *Server) seqBefore(ctx context.Context, t time.Time) uint64 {
	last, _ := s.opts.Journal.Last()
	low, high := uint64(0), last
	for low < high {
		mid := low + (high-low)/2
		early := false
		err := s.opts.Journal.Read(ctx, mid, func(r journal.Record) error {
			early = r.At.Before(t)
			return errEnough
		})
		if err != nil && !errors.Is(err, errEnough) {
			return 0 // the whole journal is slow, but never wrong
		}
		if early {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// word puts an event of ticket id into a line; ok is false for events that are
// about another ticket.
func (v *managerView) word(event queue.Event, id protocol.TicketID, plan *queue.Plan) (step, bool) {
	at := func(w protocol.WindowID) string { return v.windowText(plan, w) }
	key := "event." + event.Kind()
	switch e := event.(type) {
	case *queue.Issued:
		return step{What: v.T(key, v.T("class."+string(e.Class)), e.Device)}, e.Ticket == id
	case *queue.Printed:
		if !e.Print.OK {
			key = "event.print_failed"
		}
		return step{What: v.T(key)}, e.Ticket == id
	case *queue.Called:
		return step{What: v.T(key, at(e.Window)), Why: v.Say(e.Why.Text(plan))}, e.Ticket == id
	case *queue.Recalled:
		return step{What: v.T(key, at(e.Window))}, e.Ticket == id
	case *queue.Arrived:
		return step{What: v.T(key, at(e.Window))}, e.Ticket == id
	case *queue.NoShow:
		return step{What: v.T(key, at(e.Window))}, e.Ticket == id
	case *queue.Reactivated:
		return step{What: v.T(key)}, e.Ticket == id
	case *queue.Held:
		return step{What: v.T(key, at(e.Window)), Why: e.Reason}, e.Ticket == id
	case *queue.Resumed:
		return step{What: v.T(key, at(e.Window))}, e.Ticket == id
	case *queue.Finished:
		return step{What: v.T(key, at(e.Window), v.T("result."+string(e.Result))), Why: e.Reason}, e.Ticket == id
	case *queue.Cancelled:
		return step{What: v.T(key), Why: e.Reason}, e.Ticket == id
	case *queue.Undone:
		return step{What: v.T(key, at(e.Window))}, e.Ticket == id
	case *queue.Rated:
		return step{What: v.T(key, v.T("rate."+string(rune('0'+e.Rating))))}, e.Ticket == id
	case *queue.Transferred:
		to := ""
		if e.To != "" {
			to = at(e.To)
		} else if service := plan.Service(e.Service); service != nil {
			to = v.Say(service.Name)
		}
		return step{What: v.T(key, to), Why: e.Reason}, e.Ticket == id
	}
	return step{}, false
}
