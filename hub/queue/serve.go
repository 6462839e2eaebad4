package queue

import (
	"fmt"
	"slices"

	"jiaohao/protocol"
)

// take decides what brings a ticket to a window: call next, call a chosen
// number, resume a held one. Call next ends the service that is going on, so
// that one key does for an ordinary visit.
func (d *decision) take(post *Post) ([]Event, *protocol.Refusal) {
	if post.Status == protocol.Paused {
		return nil, protocol.Refuse(protocol.WindowPaused,
			fmt.Sprintf("%s号窗口已暂停，请先恢复", post.Window), fmt.Sprintf("window %s is paused, take it up again first", post.Window))
	}
	var events []Event
	if t := d.s.Tickets[post.Ticket]; t != nil {
		if d.req.Do != protocol.WindowCallNext || t.Stage != protocol.Serving {
			return nil, d.free(post)
		}
		events = append(events, &Finished{By: d.by, Ticket: t.ID, Window: post.Window, Clerk: post.Clerk, Result: protocol.Done})
	}
	switch d.req.Do {
	case protocol.WindowCall:
		return d.callChosen(post)
	case protocol.WindowResume:
		return d.resume(post)
	}
	t, why, ok := d.s.Next(post.Window, d.now)
	if !ok && len(events) == 0 {
		return nil, protocol.Refuse(protocol.NobodyWaiting, "没有可叫的号", "nobody is waiting for this window")
	}
	if ok {
		events = append(events, d.called(post, t, why))
	}
	return events, nil
}

func (d *decision) called(post *Post, t *Ticket, why Why) *Called {
	return &Called{By: d.by, Ticket: t.ID, Window: post.Window, Clerk: post.Clerk, For: why.For, Why: why}
}

func (d *decision) callChosen(post *Post) ([]Event, *protocol.Refusal) {
	t, refusal := d.ticket()
	if refusal != nil {
		return nil, refusal
	}
	if d.req.Reason == "" {
		return nil, protocol.Refuse(protocol.BadRequest, "指定叫号须注明原因（reason）", "calling a chosen number needs a reason")
	}
	if t.Stage != protocol.Waiting && t.Stage != protocol.NoShow {
		return nil, wrongStage(t, "只有等候或过号的号可以指定叫号", "only a waiting or missed ticket can be called")
	}
	rescue := d.c.From.Role == RoleManager && t.Stage == protocol.Waiting // who is stranded at a window where nobody sits
	if !rescue && !d.s.mayCall(post.Window, t) {
		return nil, protocol.Refuse(protocol.NotAllowed,
			fmt.Sprintf("%s 号不在%s号窗口的受理范围", t.Number, post.Window),
			fmt.Sprintf("window %s does not serve ticket %s", post.Window, t.Number))
	}
	why := Why{Rule: "chosen", WaitMS: waited(t, d.now), Reason: d.req.Reason, By: post.Clerk}
	if d.c.From.Role == RoleManager {
		why.By = d.c.From.Person
	}
	why.For = d.s.onBehalf(post.Window, t)
	if why.For != "" && d.s.Posts[why.For].Status != protocol.Open {
		why.Cause = CoverAway
	}
	return []Event{d.called(post, t, why)}, nil
}

// mayCall reports whether window w may call t by choice: a ticket sent to one
// window there and where that window is covered for while it is away, any other
// where its service is served, for the window itself or for a partner.
func (s *State) mayCall(w protocol.WindowID, t *Ticket) bool {
	if t.Only != "" {
		cover, on := s.covering(w, t.Only)
		return t.Only == w || on && cover.Cause == CoverAway
	}
	return slices.Contains(s.Plan.Window(w).Primary, t.Service) || s.partnerServing(w, t.Service) != ""
}

// onBehalf returns the partner for which w would call t, or "".
func (s *State) onBehalf(w protocol.WindowID, t *Ticket) protocol.WindowID {
	switch {
	case t.Only == w:
		return ""
	case t.Only != "":
		return t.Only
	case slices.Contains(s.Plan.Window(w).Primary, t.Service):
		return ""
	}
	return s.partnerServing(w, t.Service)
}

func (s *State) partnerServing(w protocol.WindowID, svc protocol.ServiceID) protocol.WindowID {
	for _, c := range s.Plan.coversOf(w) {
		if slices.Contains(c.services, svc) {
			return c.forWindow
		}
	}
	return ""
}

func (d *decision) resume(post *Post) ([]Event, *protocol.Refusal) {
	t, refusal := d.ticket()
	if refusal != nil {
		return nil, refusal
	}
	if t.Stage != protocol.Held {
		return nil, wrongStage(t, "只有挂起的号可以恢复办理", "only a held ticket can be resumed")
	}
	holder := d.s.Posts[t.Window]
	if t.Window != post.Window && holder != nil && holder.Status == protocol.Open {
		return nil, protocol.Refuse(protocol.NotAllowed,
			fmt.Sprintf("%s 号挂起在%s号窗口", t.Number, t.Window), fmt.Sprintf("ticket %s is held at window %s", t.Number, t.Window))
	}
	return []Event{&Resumed{By: d.by, Ticket: t.ID, Window: post.Window, Clerk: post.Clerk}}, nil
}

// current decides what is done with the ticket at the window.
func (d *decision) current(post *Post) ([]Event, *protocol.Refusal) {
	t := d.s.Tickets[post.Ticket]
	if t == nil {
		return nil, protocol.Refuse(protocol.WrongStage, "本窗口没有正在办理的号，请先叫号", "no ticket is at this window, call one first")
	}
	if d.req.Ticket != "" && d.s.Find(d.req.Ticket) != t {
		return nil, protocol.Refuse(protocol.WrongStage,
			fmt.Sprintf("本窗口的号是 %s，不是 %s", t.Number, d.req.Ticket),
			fmt.Sprintf("the ticket at this window is %s, not %s", t.Number, d.req.Ticket))
	}
	called := t.Stage == protocol.Called
	switch d.req.Do {
	case protocol.WindowRecall:
		return d.recall(post, t)
	case protocol.WindowArrived:
		if !called {
			return nil, wrongStage(t, "已经开始办理", "service has begun")
		}
		return []Event{&Arrived{By: d.by, Ticket: t.ID, Window: post.Window}}, nil
	case protocol.WindowNoShow:
		if !called {
			return nil, wrongStage(t, "已到窗口的号不能过号", "who has arrived cannot be a no-show")
		}
		return []Event{&NoShow{By: d.by, Ticket: t.ID, Window: post.Window}}, nil
	case protocol.WindowHold:
		return []Event{&Held{By: d.by, Ticket: t.ID, Window: post.Window, Reason: d.req.Reason}}, nil
	case protocol.WindowTransfer:
		return d.transfer(post, t)
	}
	return d.finish(post, t)
}

// stranded reports whether nobody would call what is sent to window w: it is closed,
// and so is whoever could cover it.
func (s *State) stranded(w protocol.WindowID) bool {
	if s.Posts[w].Status != protocol.Closed {
		return false
	}
	for _, rule := range s.paths().covers {
		if rule.forWindow == w && s.Posts[rule.window].Status != protocol.Closed {
			return false
		}
	}
	return true
}

func (d *decision) recall(post *Post, t *Ticket) ([]Event, *protocol.Refusal) {
	if t.Stage != protocol.Called {
		return nil, wrongStage(t, "已到窗口，不必重呼", "who has arrived is not called again")
	}
	if most := d.s.Plan.Missed.calls(); t.Calls >= most {
		return nil, protocol.Refuse(protocol.RecallLimit,
			fmt.Sprintf("%s 号已叫 %d 次（上限 %d 次），未到请按过号", t.Number, t.Calls, most),
			fmt.Sprintf("ticket %s was called %d times (at most %d), press no-show", t.Number, t.Calls, most))
	}
	return []Event{&Recalled{By: d.by, Ticket: t.ID, Window: post.Window}}, nil
}

func (d *decision) finish(post *Post, t *Ticket) ([]Event, *protocol.Refusal) {
	result := d.req.Result
	if result == "" {
		result = protocol.Done
	}
	if result == protocol.Returned && d.req.Reason == "" {
		return nil, protocol.Refuse(protocol.BadRequest, "退回件须注明原因（reason）", "a returned matter needs a reason")
	}
	return []Event{&Finished{By: d.by, Ticket: t.ID, Window: post.Window, Clerk: post.Clerk, Result: result, Reason: d.req.Reason}}, nil
}

func (d *decision) transfer(post *Post, t *Ticket) ([]Event, *protocol.Refusal) {
	svc, to := d.req.Service, d.req.ToWindow
	if svc == "" && to == "" {
		return nil, protocol.Refuse(protocol.BadRequest,
			"转号须指定业务（service）或窗口（to_window）", "a transfer needs a service or to_window")
	}
	if svc == "" {
		svc = t.Service
	}
	if _, refusal := d.service(svc); refusal != nil {
		return nil, refusal
	}
	if to == post.Window {
		return nil, protocol.Refuse(protocol.BadRequest, "不能转到本窗口", "a ticket cannot be transferred to its own window")
	}
	if to != "" && d.s.Posts[to] == nil {
		return nil, protocol.Refuse(protocol.UnknownWindow,
			fmt.Sprintf("没有%s号窗口", to), fmt.Sprintf("window %s is unknown", to))
	}
	if to != "" && d.s.stranded(to) && d.c.From.Role != RoleManager {
		return nil, protocol.Refuse(protocol.WindowClosed,
			fmt.Sprintf("%s号窗口无人签到，也无人顶岗，不能转号", to),
			fmt.Sprintf("nobody is signed on at window %s and nobody covers it, nothing can be transferred there", to))
	}
	if to == "" && svc == t.Service && t.Only == "" {
		return nil, protocol.Refuse(protocol.BadRequest,
			fmt.Sprintf("%s 号本来就是“%s”，请选其他业务或窗口", t.Number, d.s.Plan.Service(svc).Name.In(protocol.Chinese)),
			fmt.Sprintf("ticket %s is of service %s already, choose another or a window", t.Number, svc))
	}
	return []Event{&Transferred{By: d.by, Ticket: t.ID, Window: post.Window, Service: svc, To: to, Reason: d.req.Reason}}, nil
}
