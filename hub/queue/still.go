package queue

import (
	"maps"
	"slices"

	"jiaohao/protocol"
)

// Still returns a copy of what calling and waiting depend on, which another goroutine
// may read while this state goes on: without tickets that have ended, answers, and
// what became of spools.
func (s *State) Still() *State {
	n := &State{
		Plan: s.Plan, Seq: s.Seq, At: s.At, Epoch: s.Epoch, Day: s.Day, OpenedAt: s.OpenedAt,
		Tickets: map[protocol.TicketID]*Ticket{}, Lines: make(map[protocol.ServiceID][]protocol.TicketID, len(s.Lines)),
		Posts: make(map[protocol.WindowID]*Post, len(s.Posts)), Covers: slices.Clone(s.Covers),
		Learned: maps.Clone(s.Learned), Skills: maps.Clone(s.Skills), Lost: maps.Clone(s.Lost),
		Figures: s.Figures, Honest: s.Honest, Alarms: maps.Clone(s.Alarms),
		loc: s.loc, ways: s.ways, pen: s.pen, ord: s.ord,
	}
	keep := func(id protocol.TicketID) {
		if t := s.Tickets[id]; t != nil {
			still := *t
			n.Tickets[id] = &still
		}
	}
	for key, line := range s.Lines {
		if len(line) == 0 {
			continue
		}
		n.Lines[key] = slices.Clone(line)
		for _, id := range line {
			keep(id)
		}
	}
	for id, post := range s.Posts {
		still := *post
		still.Undo = nil
		n.Posts[id] = &still
		keep(post.Ticket)
	}
	return n
}
