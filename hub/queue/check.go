package queue

import (
	"fmt"
	"strings"

	"jiaohao/protocol"
)

// Check returns nil, or names the first broken invariant: no number twice, no
// ticket at two windows, nobody lost between the lines, no clerk at two posts.
func (s *State) Check() error {
	if err := s.checkTickets(); err != nil {
		return fmt.Errorf("queue: after event %d: %w", s.Seq, err)
	}
	if err := s.checkLines(); err != nil {
		return fmt.Errorf("queue: after event %d: %w", s.Seq, err)
	}
	if err := s.checkPosts(); err != nil {
		return fmt.Errorf("queue: after event %d: %w", s.Seq, err)
	}
	return nil
}

func (s *State) checkTickets() error {
	numbers := map[string]protocol.TicketID{} // of tickets that another day labelled
	day, waiting := ticketID(s.Day, ""), 0
	for id, t := range s.Tickets {
		// Of today's label two cannot have one number: it is the rest of their id.
		if n := len(day); len(id) < n || id[:n] != day || string(id[n:]) != t.Number {
			other, twice := numbers[t.Number]
			if today := ticketID(s.Day, t.Number); s.Tickets[today] != nil {
				other, twice = today, true
			}
			if twice {
				return fmt.Errorf("number %s is on tickets %s and %s", t.Number, id, other)
			}
			numbers[t.Number] = id
		}
		switch t.Stage {
		case protocol.Waiting:
			waiting++
		case protocol.Called, protocol.Serving:
			if post := s.Posts[t.Window]; post == nil || post.Ticket != id {
				return fmt.Errorf("ticket %s is %s at window %s, which does not have it", id, t.Stage, t.Window)
			}
		case protocol.Held, protocol.NoShow, protocol.Finished, protocol.Cancelled:
		default:
			return fmt.Errorf("ticket %s has the unknown stage %q", id, t.Stage)
		}
	}
	// checkLines shows that a line holds only its own waiting tickets, each once.
	for _, line := range s.Lines {
		waiting -= len(line)
	}
	if waiting != 0 {
		return fmt.Errorf("%d tickets wait but stand in no line", waiting)
	}
	return nil
}

func (s *State) checkLines() error {
	for key, line := range s.Lines {
		if w, only := strings.CutPrefix(string(key), "@"); len(line) > 0 && s.Plan.Service(key) == nil && !(only && s.Posts[protocol.WindowID(w)] != nil) {
			return fmt.Errorf("line %s holds %d tickets, and no window of the plan can call it", key, len(line))
		}
		for i, id := range line {
			t := s.Tickets[id]
			switch {
			case t == nil:
				return fmt.Errorf("line %s holds %s, which is not a ticket of the day", key, id)
			case t.Stage != protocol.Waiting || t.line() != key:
				return fmt.Errorf("ticket %s (%s, line %s) stands in line %s", id, t.Stage, t.line(), key)
			case i > 0 && !s.Tickets[line[i-1]].Place.Before(t.Place):
				return fmt.Errorf("line %s: %s stands before %s against their places", key, line[i-1], id)
			}
		}
	}
	return nil
}

func (s *State) checkPosts() error {
	clerks := map[protocol.ClerkID]protocol.WindowID{}
	for id, post := range s.Posts {
		if t := s.Tickets[post.Ticket]; post.Ticket != "" {
			if t == nil || t.Window != id || t.Stage != protocol.Called && t.Stage != protocol.Serving {
				return fmt.Errorf("window %s has ticket %s, which is not called or serving there", id, post.Ticket)
			}
		}
		if (post.Clerk == "") != (post.Status == protocol.Closed) {
			return fmt.Errorf("window %s is %s with clerk %q", id, post.Status, post.Clerk)
		}
		if atWork := post.Status == protocol.Open || post.Status == protocol.Away; atWork && post.Status != s.working(id) {
			return fmt.Errorf("window %s is %s, and its terminal makes it %s", id, post.Status, s.working(id))
		}
		if other, twice := clerks[post.Clerk]; post.Clerk != "" && twice {
			return fmt.Errorf("clerk %s is signed on at windows %s and %s", post.Clerk, id, other)
		}
		clerks[post.Clerk] = id
	}
	return nil
}
