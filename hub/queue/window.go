package queue

import (
	"fmt"
	"slices"

	"jiaohao/protocol"
)

// window decides the actions of a window.
func (d *decision) window() ([]Event, *protocol.Refusal) {
	post, refusal := d.post()
	if refusal != nil {
		return nil, refusal
	}
	switch d.req.Do {
	case protocol.WindowSignOn:
		return d.signOn(post)
	case protocol.WindowHelp:
		return d.help(post)
	}
	if post.Status == protocol.Closed {
		return nil, protocol.Refuse(protocol.WindowClosed,
			fmt.Sprintf("%s号窗口无人签到，请先签到", post.Window), fmt.Sprintf("nobody is signed on at window %s", post.Window))
	}
	switch d.req.Do {
	case protocol.WindowSignOff:
		return d.signOff(post)
	case protocol.WindowPause:
		return d.pause(post)
	case protocol.WindowUnpause:
		return d.unpause(post)
	case protocol.WindowUndo:
		return d.undo(post)
	case protocol.WindowCallNext, protocol.WindowCall, protocol.WindowResume:
		return d.take(post)
	case protocol.WindowRecall, protocol.WindowArrived, protocol.WindowNoShow,
		protocol.WindowHold, protocol.WindowTransfer, protocol.WindowFinish:
		return d.current(post)
	}
	return nil, protocol.Refuse(protocol.UnknownAction, fmt.Sprintf("不认识的操作 %s", d.req.Do), fmt.Sprintf("unknown action %s", d.req.Do))
}

// post returns the post that a window action is about: a terminal's own, or the
// one that a manager names.
func (d *decision) post() (*Post, *protocol.Refusal) {
	id, from := d.req.Window, d.c.From
	if from.Role == RoleDevice || from.Role == RoleClerk {
		if id != "" && id != from.Window {
			return nil, protocol.Refuse(protocol.NotAllowed,
				fmt.Sprintf("本终端属于%s号窗口，不能操作%s号窗口", from.Window, id),
				fmt.Sprintf("this terminal belongs to window %s and cannot act for window %s", from.Window, id))
		}
		id = from.Window
	}
	if post := d.s.Posts[id]; post != nil {
		return post, nil
	}
	var all []string
	for i := range d.s.Plan.Windows {
		all = append(all, string(d.s.Plan.Windows[i].ID))
	}
	return nil, protocol.Refuse(protocol.UnknownWindow,
		fmt.Sprintf("没有 %q 号窗口，可选：%v", id, all), fmt.Sprintf("window %q is unknown, this hall has %v", id, all))
}

func (d *decision) signOn(post *Post) ([]Event, *protocol.Refusal) {
	clerk := d.s.Plan.Clerk(d.req.Clerk)
	if clerk == nil {
		return nil, protocol.Refuse(protocol.UnknownClerk,
			fmt.Sprintf("没有工号 %q", d.req.Clerk), fmt.Sprintf("clerk %q is unknown", d.req.Clerk))
	}
	if post.Clerk != "" {
		return nil, protocol.Refuse(protocol.WindowTaken,
			fmt.Sprintf("%s号窗口已由 %s 签到，请其先签退", post.Window, post.Clerk),
			fmt.Sprintf("%s is signed on at window %s and must sign off first", post.Clerk, post.Window))
	}
	for i := range d.s.Plan.Windows {
		if other := d.s.Posts[d.s.Plan.Windows[i].ID]; other.Clerk == clerk.ID {
			return nil, protocol.Refuse(protocol.ClerkElsewhere,
				fmt.Sprintf("%s 已在%s号窗口签到", clerk.ID, other.Window),
				fmt.Sprintf("%s is signed on at window %s", clerk.ID, other.Window))
		}
	}
	return []Event{&SignedOn{By: d.by, Window: post.Window, Clerk: clerk.ID}}, nil
}

func (d *decision) signOff(post *Post) ([]Event, *protocol.Refusal) {
	if refusal := d.free(post); refusal != nil {
		return nil, refusal
	}
	over, refusal := d.mayLeave(post)
	if refusal != nil {
		return nil, refusal
	}
	return []Event{&SignedOff{By: d.by, Window: post.Window, Clerk: post.Clerk, Reason: d.req.Reason, Override: over}}, nil
}

func (d *decision) pause(post *Post) ([]Event, *protocol.Refusal) {
	if post.Status == protocol.Paused {
		return nil, protocol.Refuse(protocol.WindowPaused,
			fmt.Sprintf("%s号窗口已暂停", post.Window), fmt.Sprintf("window %s is paused already", post.Window))
	}
	if d.req.Reason == "" {
		return nil, protocol.Refuse(protocol.BadRequest, "暂停须注明原因（reason）", "a pause needs a reason")
	}
	if refusal := d.free(post); refusal != nil {
		return nil, refusal
	}
	over, refusal := d.mayLeave(post)
	if refusal != nil {
		return nil, refusal
	}
	return []Event{&WindowPaused{By: d.by, Window: post.Window, Reason: d.req.Reason, Override: over}}, nil
}

func (d *decision) unpause(post *Post) ([]Event, *protocol.Refusal) {
	if post.Status != protocol.Paused {
		return nil, protocol.Refuse(protocol.WrongStage,
			fmt.Sprintf("%s号窗口没有暂停", post.Window), fmt.Sprintf("window %s is not paused", post.Window))
	}
	return []Event{&WindowUnpaused{By: d.by, Window: post.Window}}, nil
}

func (d *decision) help(post *Post) ([]Event, *protocol.Refusal) {
	if d.c.From.Role == RoleManager {
		return []Event{&HelpAnswered{By: d.by, Window: post.Window}}, nil
	}
	return []Event{&HelpAsked{By: d.by, Window: post.Window, Reason: d.req.Reason}}, nil
}

// free refuses while a ticket is at the window.
func (d *decision) free(post *Post) *protocol.Refusal {
	if post.Ticket == "" {
		return nil
	}
	t := d.s.Tickets[post.Ticket]
	return protocol.Refuse(protocol.WindowBusy,
		fmt.Sprintf("%s 号在本窗口（%s），请先办结、过号、挂起或转号", t.Number, stageZH(t.Stage)),
		fmt.Sprintf("ticket %s is at this window (%s): finish, no-show, hold or transfer it first", t.Number, t.Stage))
}

// mayLeave refuses when both posts of a pair would be away while people wait for
// them, unless a manager decides so with a reason.
func (d *decision) mayLeave(post *Post) (*Override, *protocol.Refusal) {
	partner, waiting := d.s.leavesAlone(post.Window)
	if partner == "" {
		return nil, nil
	}
	manager := d.req.Manager
	if d.c.From.Role == RoleManager && manager == "" {
		manager = d.c.From.Person
	}
	if manager != "" && d.req.Reason != "" {
		return &Override{Manager: manager, Reason: d.req.Reason}, nil
	}
	return nil, protocol.Refuse(protocol.PartnerAway,
		fmt.Sprintf("AB岗不能同时离岗：%s号窗口已离岗，还有 %d 人等候；需值班经理授权并注明原因", partner, waiting),
		fmt.Sprintf("both posts of a pair may not be away: window %s is away and %d wait; a manager can override with a reason", partner, waiting))
}

// leavesAlone returns the partner that is away already, and how many wait for
// the pair, when window w must not leave too.
func (s *State) leavesAlone(w protocol.WindowID) (partner protocol.WindowID, waiting int) {
	for i := range s.Plan.Pairs {
		pair := &s.Plan.Pairs[i]
		if pair.A != w && pair.B != w {
			continue
		}
		other := pair.A
		if other == w {
			other = pair.B
		}
		if s.Posts[other].Status == protocol.Open {
			continue
		}
		var services []protocol.ServiceID
		for _, id := range []protocol.WindowID{pair.A, pair.B} {
			waiting += len(s.Lines[onlyLine(id)]) + s.heldAt(id)
			for _, svc := range s.Plan.Window(id).Primary {
				if !slices.Contains(services, svc) {
					services = append(services, svc)
					waiting += len(s.Lines[svc])
				}
			}
		}
		if waiting > 0 {
			return other, waiting
		}
	}
	return "", 0
}

// heldAt counts the tickets held at window w.
func (s *State) heldAt(w protocol.WindowID) int {
	n := 0
	for _, t := range s.Tickets {
		if t.Stage == protocol.Held && t.Window == w {
			n++
		}
	}
	return n
}

func (d *decision) undo(post *Post) ([]Event, *protocol.Refusal) {
	u := post.Undo
	if u == nil {
		return nil, protocol.Refuse(protocol.NothingToUndo, "没有可撤销的操作", "there is no step to take back")
	}
	most := d.s.Plan.undoFor()
	if age := d.now.Sub(u.At); age > most {
		return nil, protocol.Refuse(protocol.NothingToUndo,
			fmt.Sprintf("操作已过 %d 秒，%d 秒内可以撤销", int(age.Seconds()), int(most.Seconds())),
			fmt.Sprintf("the step is %d s old, it can be taken back within %d s", int(age.Seconds()), int(most.Seconds())))
	}
	t := d.s.Tickets[u.Ticket.ID]
	if t == nil || t.Last != u.Seq {
		return nil, protocol.Refuse(protocol.NothingToUndo,
			fmt.Sprintf("%s 号此后已有新的操作，不能撤销", u.Ticket.Number),
			fmt.Sprintf("ticket %s has moved on since, the step cannot be taken back", u.Ticket.Number))
	}
	return []Event{&Undone{By: d.by, Window: post.Window, Do: u.Do, Ticket: t.ID}}, nil
}
