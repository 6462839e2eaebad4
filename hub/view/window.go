package view

import (
	"cmp"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Window returns all that a window's panel and terminal show at now. A window
// that the plan does not have is closed.
func Window(s *queue.State, w protocol.WindowID, now time.Time) protocol.WindowState {
	return window(s, w, now, heldAt(s))
}

// Windows returns the state of every window in the plan's order. It is cheaper
// than [Window] for each.
func Windows(s *queue.State, now time.Time) []protocol.WindowState {
	held := heldAt(s)
	all := make([]protocol.WindowState, 0, len(s.Plan.Windows))
	for i := range s.Plan.Windows {
		all = append(all, window(s, s.Plan.Windows[i].ID, now, held))
	}
	return all
}

func window(s *queue.State, w protocol.WindowID, now time.Time, held map[protocol.WindowID][]protocol.HeldTicket) protocol.WindowState {
	v := protocol.WindowState{
		Version: protocol.Version, At: now, Window: w, Label: s.Plan.Label(w), Name: windowName(&s.Plan, w),
		Status: protocol.Closed, HeldHere: held[w], Partner: partner(s, w),
	}
	if p := s.Posts[w]; p != nil {
		v.Status, v.Since, v.Reason = p.Status, p.Since, p.Reason
		v.Clerk, v.Served, v.Help = p.Clerk, p.Served, p.Help
		if c := s.Plan.Clerk(p.Clerk); c != nil {
			v.ClerkName = c.Name
		}
		v.Current = current(s, s.Tickets[p.Ticket])
		v.Undo = undo(s, p, now)
		v.Rate = rate(s, p)
	}
	if v.Current == nil {
		v.Notice = notice(s, w, v.Status)
	}
	for _, line := range s.Callable(w) {
		v.Waiting += line.Waiting
		q := protocol.Queue{Service: line.Service, Name: serviceName(&s.Plan, line.Service), Waiting: line.Waiting, Cover: line.Cover}
		if line.Service == "" {
			q.Name = protocol.Say("转到本窗口", "Sent to this window")
		}
		v.Queues = append(v.Queues, q)
	}
	v.Next = next(s, w, now)
	return v
}

func current(s *queue.State, t *queue.Ticket) *protocol.Current {
	if t == nil {
		return nil
	}
	c := &protocol.Current{
		Ticket: t.ID, Number: t.Number, Service: t.Service, ServiceName: serviceName(&s.Plan, t.Service),
		Class: t.Class, Stage: t.Stage, Call: t.Call, Calls: t.Calls, CallsMax: s.Plan.CallsMax(),
		Since: t.Since, WaitMS: max(0, t.CalledAt.Sub(t.IssuedAt).Milliseconds()),
		ServedMS: time.Duration(t.Served).Milliseconds(), For: t.For,
	}
	if t.Why != nil {
		c.Why = t.Why.Text(&s.Plan)
	}
	return c
}

// rate is whom an evaluator asks: who is served, else who was finished last.
func rate(s *queue.State, p *queue.Post) *protocol.Rate {
	t := s.Tickets[p.Ticket]
	if t == nil || t.Stage != protocol.Serving {
		t = s.Tickets[p.Last]
	}
	if t == nil {
		return nil
	}
	return &protocol.Rate{Ticket: t.ID, Number: t.Number, Rated: t.Rating != 0}
}

func next(s *queue.State, w protocol.WindowID, now time.Time) *protocol.NextUp {
	t, why, ok := s.Next(w, now)
	if !ok {
		return nil
	}
	return &protocol.NextUp{
		Number: t.Number, Service: t.Service, ServiceName: serviceName(&s.Plan, t.Service),
		Class: t.Class, IssuedAt: t.IssuedAt, Why: why.Text(&s.Plan),
	}
}

// undo is shown only as long as the engine would still take the step back.
func undo(s *queue.State, p *queue.Post, now time.Time) *protocol.Undo {
	if p.Undo == nil {
		return nil
	}
	step := p.Undo
	until := step.At.Add(s.Plan.UndoLimit())
	t := s.Tickets[step.Ticket.ID]
	if now.After(until) || t == nil || t.Last != step.Seq {
		return nil
	}
	return &protocol.Undo{Do: step.Do, Number: step.Ticket.Number, Until: until}
}

// heldAt lists the held tickets by window, longest first.
func heldAt(s *queue.State) map[protocol.WindowID][]protocol.HeldTicket {
	held := map[protocol.WindowID][]protocol.HeldTicket{}
	for _, t := range s.Tickets {
		if t.Stage == protocol.Held {
			held[t.Window] = append(held[t.Window], protocol.HeldTicket{
				Ticket: t.ID, Number: t.Number, Since: t.Since, Reason: t.Reason,
			})
		}
	}
	for _, list := range held {
		slices.SortFunc(list, func(a, b protocol.HeldTicket) int {
			return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Ticket, b.Ticket))
		})
	}
	return held
}

// partner picks the other post of the pair. A window in several pairs shows the
// one with which it stands in cover now, else the first of the plan.
func partner(s *queue.State, w protocol.WindowID) *protocol.Partner {
	var best *protocol.Partner
	for i := range s.Plan.Pairs {
		pair := &s.Plan.Pairs[i]
		other := pair.B
		if pair.B == w {
			other = pair.A
		} else if pair.A != w {
			continue
		}
		p := &protocol.Partner{
			Window: other, Label: s.Plan.Label(other), Name: windowName(&s.Plan, other), Status: protocol.Closed,
			Covers: covers(s, other, w), Covered: covers(s, w, other),
		}
		if best == nil || (p.Covers || p.Covered) && !best.Covers && !best.Covered {
			best = p
		}
	}
	if best == nil {
		return nil
	}
	if post := s.Posts[best.Window]; post != nil {
		best.Status = post.Status
		if t := s.Tickets[post.Ticket]; t != nil {
			best.Number = t.Number
		}
	}
	if win := s.Plan.Window(best.Window); win != nil {
		for _, id := range win.Primary {
			best.Waiting += len(s.Lines[id])
		}
	}
	return best
}

func covers(s *queue.State, w, other protocol.WindowID) bool {
	return slices.ContainsFunc(s.Covers, func(c queue.Cover) bool { return c.Window == w && c.For == other })
}

// coveredBy returns the first post that covers for w, or "".
func coveredBy(s *queue.State, w protocol.WindowID) protocol.WindowID {
	for i := range s.Covers {
		if s.Covers[i].For == w {
			return s.Covers[i].Window
		}
	}
	return ""
}

// notice is what a panel without a number says. An open post says nothing, even
// while a partner helps it: whoever is called next may be called here.
func notice(s *queue.State, w protocol.WindowID, status protocol.Status) protocol.Text {
	if status == protocol.Open {
		return nil
	}
	if to := coveredBy(s, w); to != "" {
		label := s.Plan.Label(to)
		return protocol.Say("请到"+windowWord(label), "Go to "+label)
	}
	if status == protocol.Closed {
		return protocol.Say("未开放", "Closed")
	}
	return protocol.Say("暂停服务", "Paused")
}

// windowWord is a window's label in a Chinese sentence: 3号窗口, but 咨询台 stays 咨询台.
func windowWord(label string) string {
	for i := range len(label) {
		if c := label[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' {
			return label
		}
	}
	return label + "号窗口"
}
