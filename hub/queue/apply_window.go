package queue

import (
	"fmt"
	"slices"
	"time"

	"jiaohao/protocol"
)

func (s *State) applyWindow(r Record) {
	switch e := r.Event.(type) {
	case *SignedOn:
		s.setPost(e.By, e.Window, s.working(e.Window), r.At).Clerk = e.Clerk
	case *SignedOff:
		post := s.setPost(e.By, e.Window, protocol.Closed, r.At)
		post.Clerk, post.Help, post.Greens = "", false, 0
	case *WindowPaused:
		s.setPost(e.By, e.Window, protocol.Paused, r.At).Reason = e.Reason
	case *WindowUnpaused:
		s.setPost(e.By, e.Window, s.working(e.Window), r.At)
	case *HelpAsked:
		s.Posts[e.Window].Help = true
		s.answer(e.By, Outcome{Window: e.Window})
	case *HelpAnswered:
		s.Posts[e.Window].Help = false
		s.answer(e.By, Outcome{Window: e.Window})
	case *Undone:
		s.undone(r, e)
	default:
		s.applyService(r)
	}
}

func (s *State) setPost(by By, w protocol.WindowID, status protocol.Status, at time.Time) *Post {
	post := s.Posts[w]
	post.Status, post.Since, post.Reason, post.Undo = status, at, "", nil
	if here := status == protocol.Open || status == protocol.Away; here != (len(post.Hours)%2 == 1) {
		post.Hours = append(post.Hours, at)
	}
	s.answer(by, Outcome{Window: w})
	return post
}

// applyService folds what happens between a window and its ticket.
func (s *State) applyService(r Record) {
	switch e := r.Event.(type) {
	case *Called:
		s.called(r, e)
	case *Recalled:
		t := s.touch(e.Ticket, r)
		t.Calls, t.Call, t.RecalledAt = t.Calls+1, r.Seq, r.At
		s.remember(t.ID)
		s.answerTicket(e.By, t)
	case *Arrived:
		t, post := s.step(protocol.WindowArrived, e.Ticket, e.Window, r)
		t.Stage, t.Since, t.ServeFrom = protocol.Serving, r.At, r.At
		if t.ArrivedAt.IsZero() {
			t.ArrivedAt = r.At
		}
		post.Ticket = t.ID
		s.answerTicket(e.By, t)
	case *NoShow:
		t, _ := s.step(protocol.WindowNoShow, e.Ticket, e.Window, r)
		s.leave(t, protocol.NoShow, r.At)
		t.Misses++
		s.answerTicket(e.By, t)
	case *Held:
		t, _ := s.step(protocol.WindowHold, e.Ticket, e.Window, r)
		t.Served += t.piece(r.At)
		s.leave(t, protocol.Held, r.At)
		t.Reason = e.Reason
		s.answerTicket(e.By, t)
	case *Resumed:
		t, post := s.step(protocol.WindowResume, e.Ticket, e.Window, r)
		t.Stage, t.Since, t.ServeFrom, t.Reason = protocol.Serving, r.At, r.At, ""
		t.Window, t.Clerk, post.Ticket = e.Window, e.Clerk, t.ID
		s.answerTicket(e.By, t)
	case *Transferred:
		t, _ := s.step(protocol.WindowTransfer, e.Ticket, e.Window, r)
		t.Served += t.piece(r.At)
		s.leave(t, protocol.Waiting, r.At)
		t.Service, t.Only, t.Window, t.For, t.Why = e.Service, e.To, "", "", nil
		s.join(t, t.Place, r.At)
		s.answerTicket(e.By, t)
	case *Finished:
		s.finished(r, e)
	default:
		panic(fmt.Sprintf("queue: event %d of kind %s has no fold", r.Seq, r.Event.Kind()))
	}
}

// piece returns the service time that ends at at.
func (t *Ticket) piece(at time.Time) Duration {
	return Duration(max(0, at.Sub(t.ServeFrom)))
}

// step returns ticket and post of a step at a window, and keeps what they were
// so that the step can be taken back.
func (s *State) step(do protocol.Action, id protocol.TicketID, w protocol.WindowID, r Record) (*Ticket, *Post) {
	t, post := s.touch(id, r), s.Posts[w]
	before := *post
	before.Undo, before.Hours = nil, nil
	post.Undo = &UndoStep{Do: do, At: r.At, Seq: r.Seq, Ticket: *t, Post: before}
	return t, post
}

func (s *State) called(r Record, e *Called) {
	do := protocol.WindowCallNext
	if e.Why.Rule == "chosen" {
		do = protocol.WindowCall
	}
	last := s.Posts[e.Window].Undo
	t, post := s.step(do, e.Ticket, e.Window, r)
	if last != nil && last.Do == protocol.WindowFinish && last.Seq == r.Seq-1 && last.Request == e.Request {
		post.Undo.Then = last
	}
	post.Undo.Passed = s.passOver(t, e.Window, &e.Why)
	s.leave(t, protocol.Called, r.At)
	t.Window, t.Clerk, t.For, t.Why = e.Window, e.Clerk, e.For, &e.Why
	t.Call, t.Calls, t.ServeFrom, t.RecalledAt = r.Seq, 1, r.At, r.At
	if t.CalledAt.IsZero() {
		t.CalledAt = r.At
		s.Honest.kept(t.Promise, r.At.Sub(t.IssuedAt))
	}
	post.Ticket = t.ID
	switch {
	case t.Class != protocol.Green:
		post.Greens = 0
	case do == protocol.WindowCallNext:
		post.Greens++
	}
	s.remember(t.ID)
	s.answer(e.By, Outcome{Ticket: t.ID, Service: t.Service, Stage: t.Stage, Window: t.Window, Why: &e.Why})
}

// remember puts a ticket at the head of the recently called.
func (s *State) remember(id protocol.TicketID) {
	s.Recent = slices.DeleteFunc(s.Recent, func(other protocol.TicketID) bool { return other == id })
	s.Recent = slices.Insert(s.Recent, 0, id)
	s.Recent = s.Recent[:min(len(s.Recent), recentMax)]
}

func (s *State) finished(r Record, e *Finished) {
	t, post := s.step(protocol.WindowFinish, e.Ticket, e.Window, r)
	post.Undo.Request = e.Request
	t.Served += t.piece(r.At)
	s.leave(t, protocol.Finished, r.At)
	t.Result, t.Reason, t.FinishedAt = e.Result, e.Reason, r.At
	post.Served++
	post.Last = t.ID
	post.Help = false
	if e.Reason != dayClosed { // nobody was served for as long as the hall was dark
		l := s.Learned[t.Service]
		s.Learned[t.Service] = Learned{N: l.N + 1, Total: l.Total + t.Served}
		s.learn(t, 1)
	}
	s.answerTicket(e.By, t)
}

// undone puts ticket and post back to what they were before the last step.
func (s *State) undone(r Record, e *Undone) {
	post := s.Posts[e.Window]
	u := post.Undo
	t := s.touch(e.Ticket, r)
	if u.Do == protocol.WindowFinish {
		l := s.Learned[t.Service]
		s.Learned[t.Service] = Learned{N: l.N - 1, Total: l.Total - t.Served}
		s.learn(t, -1)
	}
	for _, id := range u.Passed {
		if other := s.Tickets[id]; other != nil {
			other.Skips--
		}
	}
	s.leave(t, u.Ticket.Stage, r.At)
	call := t.Call
	*t = u.Ticket
	t.Last, t.Call = r.Seq, call
	now := *post
	*post = u.Post
	post.Status, post.Since, post.Clerk, post.Reason, post.Hours = now.Status, now.Since, now.Clerk, now.Reason, now.Hours
	post.Undo = u.Then
	post.Help = now.Help || u.Do == protocol.WindowFinish && u.Post.Help
	if t.Stage == protocol.Waiting {
		s.join(t, t.Place, t.Since)
	}
	s.Recent = slices.DeleteFunc(s.Recent, func(id protocol.TicketID) bool { return id == t.ID && t.CalledAt.IsZero() })
	s.answerTicket(e.By, t)
}
