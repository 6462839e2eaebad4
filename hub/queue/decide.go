package queue

import (
	"fmt"
	"time"

	"jiaohao/protocol"
)

// decision is one command being decided. It only reads the state.
type decision struct {
	s   *State
	c   *Command
	req *protocol.Request
	now time.Time
	by  By
}

// Decide returns the events that command c causes at time now, or a refusal of
// type *[protocol.Refusal]. It changes nothing. A request that was answered
// before gives no events and no refusal: its answer is [State.Answer]. A now
// before the last event counts as the time of the last event.
func Decide(s *State, c Command, now time.Time) ([]Event, error) {
	if _, done := s.Answer(c); done {
		return nil, nil
	}
	if now.Before(s.At) {
		now = s.At
	}
	d := decision{s: s, c: &c, req: &c.Request, now: now}
	d.by = By{Device: c.From.Device, Person: c.From.Person, Request: c.Request.ID}
	if err := d.allowed(); err != nil {
		return nil, err
	}
	events, refusal := d.run()
	if refusal != nil {
		return nil, refusal
	}
	return events, nil
}

func (d *decision) run() ([]Event, *protocol.Refusal) {
	switch d.req.Do {
	case HubStart:
		return []Event{&HubStarted{Epoch: d.c.Epoch}}, nil
	case Tick:
		return d.s.tick(d.now), nil
	case DeviceLost, DeviceBack:
		return d.device()
	case DayOpen:
		return d.dayOpen()
	case ResetFigure:
		return d.figureReset()
	}
	if d.s.Day == "" {
		return nil, protocol.Refuse(protocol.HallClosed, "今日尚未开始营业", "the business day is not open")
	}
	switch d.req.Do {
	case DayClose:
		return d.dayClose()
	case PlanChange:
		return d.planChange()
	case LearnNight:
		return d.learnNight(), nil
	case ForeseeLate:
		return d.foresee()
	case protocol.TicketIssue:
		return d.issue()
	case protocol.TicketPrinted:
		return d.printed()
	case protocol.TicketCancel:
		return d.cancel()
	case protocol.TicketReactivate:
		return d.reactivate()
	case protocol.TicketRate:
		return d.rate()
	case protocol.SpoolSync:
		return d.spool()
	}
	return d.window()
}

// allowed refuses what the sender may not do at all.
func (d *decision) allowed() error {
	from, do := d.c.From, d.req.Do
	ok := false
	switch from.Role {
	case RoleHub:
		ok = true
	case RoleManager:
		ok = do != HubStart && do != Tick && do != ForeseeLate && do != LearnNight && do != DeviceLost && do != DeviceBack
	case RoleCitizen:
		ok = do == protocol.TicketCancel || do == protocol.TicketRate
	case RoleClerk:
		ok = isWindowAction(do)
	case RoleDevice:
		ok = deviceMay(from.Kind, do)
	}
	if ok {
		return nil
	}
	who := string(from.Role)
	if from.Role == RoleDevice {
		who = string(from.Kind) + " " + string(from.Device)
	}
	return protocol.Refuse(protocol.NotAllowed,
		fmt.Sprintf("%s 无权执行 %s", who, do), fmt.Sprintf("%s may not do %s", who, do))
}

func deviceMay(kind protocol.DeviceKind, do protocol.Action) bool {
	switch kind {
	case protocol.KindDispenser:
		switch do {
		case protocol.TicketIssue, protocol.TicketPrinted, protocol.TicketCancel, protocol.TicketReactivate, protocol.SpoolSync:
			return true
		}
	case protocol.KindTerminal:
		return isWindowAction(do) || do == protocol.TicketRate
	case protocol.KindGuest:
		return do == protocol.TicketIssue || do == protocol.TicketCancel
	}
	return false
}

func isWindowAction(do protocol.Action) bool {
	const prefix = "window."
	return len(do) > len(prefix) && do[:len(prefix)] == prefix
}

// Answer returns the outcome of a request that was carried out before.
func (s *State) Answer(c Command) (Outcome, bool) {
	if c.Request.ID == "" {
		return Outcome{}, false
	}
	if c.Request.Do == protocol.SpoolSync {
		return s.mergedAnswer(c)
	}
	out, ok := s.Answers[answerKey(c.From.Device, c.Request.ID)]
	return out, ok
}

func answerKey(device protocol.DeviceID, id protocol.RequestID) string {
	return string(device) + "/" + string(id)
}

// ticket finds a ticket of the day by id or by number.
func (d *decision) ticket() (*Ticket, *protocol.Refusal) {
	ref := d.req.Ticket
	if ref == "" {
		return nil, protocol.Refuse(protocol.BadRequest, "缺少 ticket：请给出票号", "ticket is missing: give a ticket id or number")
	}
	if t := d.s.Find(ref); t != nil {
		return t, nil
	}
	return nil, protocol.Refuse(protocol.UnknownTicket,
		fmt.Sprintf("今日没有 %s 号", ref), fmt.Sprintf("there is no ticket %s today", ref))
}

// Find returns a ticket of the day by its id or its number, or nil.
func (s *State) Find(ref protocol.TicketID) *Ticket {
	if t := s.Tickets[ref]; t != nil {
		return t
	}
	return s.Tickets[ticketID(s.Day, string(ref))]
}

// ticketID joins a business day (2006-01-02) and a number: 20060102-A001.
func ticketID(day, number string) protocol.TicketID {
	if len(day) != len(time.DateOnly) {
		return protocol.TicketID(number)
	}
	return protocol.TicketID(day[0:4] + day[5:7] + day[8:10] + "-" + number)
}

// wrongStage refuses a step that the ticket's stage does not allow.
func wrongStage(t *Ticket, zh, en string) *protocol.Refusal {
	return protocol.Refuse(protocol.WrongStage,
		fmt.Sprintf("%s 号当前为“%s”，%s", t.Number, stageZH(t.Stage), zh),
		fmt.Sprintf("ticket %s is %s, %s", t.Number, t.Stage, en))
}

func stageZH(stage protocol.Stage) string {
	switch stage {
	case protocol.Waiting:
		return "等候"
	case protocol.Called:
		return "已叫号"
	case protocol.Serving:
		return "办理中"
	case protocol.Held:
		return "挂起"
	case protocol.NoShow:
		return "过号"
	case protocol.Finished:
		return "办结"
	}
	return "已取消"
}
