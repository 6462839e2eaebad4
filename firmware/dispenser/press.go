package dispenser

import (
	"context"
	"errors"
	"slices"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// Press is what a citizen asks for by a tap or a button.
type Press struct {
	Service protocol.ServiceID `json:"service"`
	Class   protocol.Class     `json:"class,omitempty"`  // empty or regular, or green
	Reason  string             `json:"reason,omitempty"` // why green: a key of [GreenReasons]
	Reader
}

// ErrIgnored says that a press came so soon after the last one that it was the
// same finger, or while a number is being made.
var ErrIgnored = errors.New("dispenser: pressed again too soon, ignored")

// GreenReasons are who may take a number of the green channel (绿色通道) at a
// kiosk, in the order of the page.
func GreenReasons() []protocol.Text {
	return []protocol.Text{
		protocol.Say("老年人", "Elderly"),
		protocol.Say("残疾人", "Disabled"),
		protocol.Say("孕妇", "Pregnant"),
		protocol.Say("带婴幼儿", "With an infant"),
		protocol.Say("现役或退役军人", "Soldier or veteran"),
	}
}

// Press asks for a ticket as if the service's button went down. It returns when
// the press is accepted, not when there is a ticket: pages and panels follow that live.
//
// The errors are [ErrIgnored], a *[protocol.Refusal] when there can be no
// ticket, or ctx's.
func (d *Dispenser) Press(ctx context.Context, p Press) error {
	return d.ask(ctx, func() error { return d.accept(p) })
}

// ask has f executed by Run's goroutine and returns what it returned.
func (d *Dispenser) ask(ctx context.Context, f func() error) error {
	answer := make(chan error, 1)
	select {
	case d.calls <- func() { answer <- f() }:
		return <-answer
	case <-d.done:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errStopped = protocol.Refuse(protocol.Unavailable, "取号机正在重新启动，请稍候", "The dispenser is restarting, please wait")

// accept begins a ticket. It belongs to Run's goroutine, like all that follows.
func (d *Dispenser) accept(p Press) error {
	now := time.Now()
	if d.issuing != nil || now.Before(d.lockedTill) {
		return ErrIgnored
	}
	if r := d.refuse(p); r != nil {
		d.show(now, Result{Kind: ResultRefused, Service: p.Service, Text: r.Text}, showRefusal)
		return r
	}
	d.lockedTill = now.Add(lockOut)
	if d.away() {
		d.issueOffline(p, "")
		return nil
	}
	d.issuing = &issue{press: p, id: link.NewRequestID()}
	d.show(now, Result{Kind: ResultWorking, Service: p.Service}, showWorking)
	return nil
}

// issue is a press that waits for the hub.
type issue struct {
	press Press
	id    protocol.RequestID // made at the press
	asked bool
	kept  bool // the id is on the disk
}

// request asks the hub for the ticket of a new press. The press's id is on disk
// before: when the power ends now, the ticket is found and cancelled at the next start.
func (d *Dispenser) request(ctx context.Context) {
	i := d.issuing
	if i == nil || i.asked {
		return
	}
	i.asked = true
	if err := d.book.ask(i.id); err != nil {
		d.failWrite(err)
	} else {
		i.kept = true
	}
	d.wg.Go(func() {
		answer, cancel := context.WithTimeout(ctx, AnswerMax)
		defer cancel()
		reply, err := d.opts.Link.Request(answer, i.press.request(i.id))
		d.call(func() { d.answered(i, reply, err) })
	})
}

func (p Press) request(id protocol.RequestID) protocol.Request {
	req := protocol.Request{ID: id, Do: protocol.TicketIssue, Service: p.Service, Class: p.Class}
	if p.Class == protocol.Green {
		req.GrantedBy, req.Reason = "self", p.Reason
	}
	return req
}

// refuse returns why there is no ticket for p without asking the hub, or nil.
func (d *Dispenser) refuse(p Press) *protocol.Refusal {
	switch {
	case d.config == nil:
		return protocol.Refuse(protocol.Unavailable, "本机尚未启用，请到服务台取号", "This dispenser is not set up yet, please go to the service desk")
	case d.service(p.Service) == nil:
		return protocol.Refuse(protocol.UnknownService, "没有这项业务，请重新选择", "There is no such service, please choose again")
	case p.Class != "" && p.Class != protocol.Regular && p.Class != protocol.Green:
		return protocol.Refuse(protocol.BadRequest, "号别应为 regular 或 green", "class must be regular or green")
	case p.Class == protocol.Green && !greenReason(p.Reason):
		return protocol.Refuse(protocol.BadRequest, "请选择绿色通道的对象", "Please choose who the green channel is for")
	case p.known() != nil:
		return p.known()
	case d.slips >= slipsMax:
		return protocol.Refuse(protocol.Overloaded, "打印机正在出票，请稍候再取号", "The printer is busy, please take your number in a moment")
	case d.away():
		return d.refuseAway(p)
	}
	return nil
}

// refuseAway returns why there is no offline ticket for p, or nil. What the hub
// said last counts for a while; after that an open door beats an old state.
func (d *Dispenser) refuseAway(p Press) *protocol.Refusal {
	if d.config.Letter == "" {
		return protocol.Refuse(protocol.Unavailable, "网络中断，暂时不能取号，"+d.opts.Help.In(protocol.Chinese),
			"The hall system is away and no number can be given. "+d.opts.Help.In(protocol.English))
	}
	if s, known := d.services[p.Service]; known && !s.state.Open && time.Since(s.at) < staleAfter {
		return &protocol.Refusal{Code: protocol.ServiceClosed, Text: closedText(s.state)}
	}
	return nil
}

func closedText(s protocol.ServiceState) protocol.Text {
	if len(s.Reason) > 0 {
		return s.Reason
	}
	return protocol.Say("这项业务现在不办理", "This service is closed now")
}

func greenReason(reason string) bool {
	return slices.ContainsFunc(GreenReasons(), func(t protocol.Text) bool { return t[protocol.Chinese] == reason })
}

func (d *Dispenser) service(id protocol.ServiceID) *protocol.ConfigService {
	for i := range d.config.Services {
		if d.config.Services[i].Service == id {
			return &d.config.Services[i]
		}
	}
	return nil
}

// answered takes the hub's answer to a press, or its silence.
func (d *Dispenser) answered(i *issue, reply protocol.Reply, err error) {
	p := i.press
	d.issuing = nil
	now := time.Now()
	var refusal *protocol.Refusal
	switch {
	case errors.As(err, &refusal):
	case err != nil:
		d.log.Warn("no answer, own letter", "req", i.id, "err", err)
		d.suspect = true
		d.issueOffline(p, i.id)
		return
	case reply.OK != nil && reply.OK.Ticket != nil:
		d.issued(i, *reply.OK.Ticket)
		return
	default:
		refusal = reply.Refused
	}
	if refusal == nil {
		refusal = protocol.Refuse(protocol.Unavailable, "系统没有给出号码，请再试一次", "The hall system gave no number, please try again")
	}
	d.keep(entry{Settled: i.id})
	if refusal.Code == protocol.Unavailable {
		// The hub says that nothing was done and that it cannot now: the same as away.
		d.issueOffline(p, "")
		return
	}
	d.log.Info("refused", "service", p.Service, "code", refusal.Code)
	d.show(now, Result{Kind: ResultRefused, Service: p.Service, Text: refusal.Text}, showRefusal)
}

// issued takes the hub's ticket for a press to the printer. When the disk knows
// the press and takes nothing more, the next start would cancel a ticket that
// somebody holds: there is no paper then and it is cancelled now.
func (d *Dispenser) issued(i *issue, t protocol.Ticket) {
	s := &slip{Ticket: t, Day: d.config.Day, Reader: i.press.Reader}
	if err := d.book.owe(s, i.id); err != nil {
		if i.kept {
			d.refuseUnkept(i.press, err)
			return
		}
		d.failWrite(err)
		d.book.note(entry{Slip: s, Settled: i.id})
	}
	d.print(s)
}

// refuseUnkept says that there is no number because the disk does not keep it.
func (d *Dispenser) refuseUnkept(p Press, err error) {
	d.failWrite(err)
	d.show(time.Now(), Result{Kind: ResultRefused, Service: p.Service, Text: protocol.Say(
		"本机暂时不能取号，"+d.opts.Help.In(protocol.Chinese),
		"This dispenser cannot give a number. "+d.opts.Help.In(protocol.English))}, showFault)
}

// issueOffline gives a number of this dispenser's own letter. doubt is the id of
// a request to which the hub may have issued a ticket all the same; without a number
// it stays an open press in the book.
func (d *Dispenser) issueOffline(p Press, doubt protocol.RequestID) {
	now := time.Now()
	if r := d.refuseAway(p); r != nil {
		d.show(now, Result{Kind: ResultRefused, Service: p.Service, Text: r.Text}, showRefusal)
		return
	}
	o, err := d.book.issue(offline{
		Day: d.label(now), Letter: d.config.Letter, Service: p.Service, Class: p.Class, Reason: p.Reason, Doubt: doubt,
	}, d.config.LetterLast, now)
	if err != nil {
		d.refuseUnkept(p, err)
		return
	}
	o.printing = true
	t := protocol.Ticket{Number: o.Number, Service: o.Service, Class: o.Class, Offline: true}
	if s := d.service(o.Service); s != nil {
		t.ServiceName = s.Name
	}
	s := &slip{Ticket: t, Day: d.config.Day, Offline: o.ref(), Reader: p.Reader}
	if err := d.book.owe(s, ""); err != nil {
		d.failWrite(err)
		d.book.note(entry{Slip: s})
	}
	d.print(s)
}
