package view

import (
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

const (
	boardCalls = 12  // calls on the board: what a TV shows in letters that one can read from the back row
	stampRoom  = 100 // bytes that the stamp may add when a board is published
)

// Service returns one service's queue at now.
func Service(s *queue.State, id protocol.ServiceID, now time.Time) protocol.ServiceState {
	b := boardService(s, id, now)
	v := protocol.ServiceState{
		Version: protocol.Version, At: now, Service: id, Name: b.Name, Open: b.Open, Waiting: b.Waiting, Wait: b.Wait, Unmanned: b.Unmanned,
	}
	if refusal := s.ServiceOpen(id, now); refusal != nil {
		v.Reason = refusal.Text
	}
	for _, t := range s.Recent {
		if t := s.Tickets[t]; t != nil && t.Service == id {
			v.LastCalled = t.Number
			break
		}
	}
	return v
}

// Board returns the whole hall board at now. In halls so large that it would not
// fit one message, it leaves out first the windows without anything to show, then
// services, whose states have topics of their own, then older calls.
func Board(s *queue.State, now time.Time) protocol.Board {
	b := protocol.Board{
		Version: protocol.Version, At: now, Hall: s.Plan.Hall, Name: s.Plan.Name, Notice: s.Plan.Notice,
		Windows: []protocol.BoardWindow{}, Services: []protocol.BoardService{},
	}
	for _, id := range s.Recent {
		if t := s.Tickets[id]; t != nil && len(b.Calls) < boardCalls {
			b.Calls = append(b.Calls, boardCall(s, t))
		}
	}
	for i := range s.Plan.Windows {
		b.Windows = append(b.Windows, boardWindow(s, s.Plan.Windows[i].ID))
	}
	for i := range s.Plan.Services {
		id := s.Plan.Services[i].ID
		b.Services = append(b.Services, boardService(s, id, now))
		refusal := s.ServiceOpen(id, now)
		b.Open = b.Open || s.Day != "" && (refusal == nil || refusal.Code != protocol.HallClosed)
	}
	shrink(&b)
	return b
}

func boardCall(s *queue.State, t *queue.Ticket) protocol.BoardCall {
	at := t.RecalledAt
	if at.IsZero() {
		at = t.CalledAt
	}
	return protocol.BoardCall{
		Number: t.Number, Window: t.Window, Label: s.Plan.Label(t.Window), At: at, Call: t.Call,
		Live: t.Stage == protocol.Called,
	}
}

func boardWindow(s *queue.State, id protocol.WindowID) protocol.BoardWindow {
	v := protocol.BoardWindow{Window: id, Label: s.Plan.Label(id), Status: protocol.Closed}
	p := s.Posts[id]
	if p == nil {
		return v
	}
	v.Status = p.Status
	if t := s.Tickets[p.Ticket]; t != nil {
		v.Number = t.Number
	}
	if to := coveredBy(s, id); to != "" && v.Status != protocol.Open {
		v.To = s.Plan.Label(to)
	}
	return v
}

func boardService(s *queue.State, id protocol.ServiceID, now time.Time) protocol.BoardService {
	_, wait := s.Estimate(id, protocol.Regular, now)
	open := s.ServiceOpen(id, now) == nil
	return protocol.BoardService{
		Service: id, Name: serviceName(&s.Plan, id), Open: open, Waiting: len(s.Lines[id]), Wait: wait,
		Unmanned: open && !wait.Known && !manned(s, id), // a wait is foreseen only where somebody works
	}
}

// manned reports whether a window at work calls from a service's line.
func manned(s *queue.State, id protocol.ServiceID) bool {
	for w, p := range s.Posts {
		if p.Status == protocol.Open && slices.ContainsFunc(s.Callable(w), func(l queue.Line) bool { return l.Service == id }) {
			return true
		}
	}
	return false
}

// shrink makes the board fit one message.
func shrink(b *protocol.Board) {
	keep := b.Windows[:0:0]
	for _, w := range b.Windows {
		if w.Number != "" || w.To != "" {
			keep = append(keep, w)
		}
	}
	for !fits(b) {
		switch {
		case len(keep) < len(b.Windows):
			b.Windows = keep
		case len(b.Services) > 0:
			b.Services = b.Services[:len(b.Services)-1]
		case len(b.Calls) > 0:
			b.Calls = b.Calls[:len(b.Calls)-1]
		default:
			b.Windows = b.Windows[:len(b.Windows)-1]
			keep = b.Windows
		}
	}
}

// fits reports whether a message can be published with its stamp.
func fits(message any) bool {
	payload, err := protocol.Encode(message)
	return err == nil && len(payload) <= protocol.PayloadMax-stampRoom
}
