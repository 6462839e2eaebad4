package queue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jiaohao/protocol"
)

// appointmentLate is how long after its time an appointment still counts as one.
const appointmentLate = 15 * time.Minute

// grantedSelf is who granted the green channel when nobody but the citizen did.
const grantedSelf = "self"

func (d *decision) issue() ([]Event, *protocol.Refusal) {
	svc, refusal := d.serviceFor()
	if refusal != nil {
		return nil, refusal
	}
	class := d.req.Class
	if class == "" {
		class = protocol.Regular
	}
	if refusal := d.mayClaim(class); refusal != nil {
		return nil, refusal
	}
	if class == protocol.Green && d.req.GrantedBy == "" {
		return nil, protocol.Refuse(protocol.BadRequest,
			"绿色通道须注明由谁批准（granted_by）", "the green channel needs granted_by: who granted it")
	}
	if class == protocol.Appointment && d.req.AppointmentMS == 0 {
		return nil, protocol.Refuse(protocol.BadRequest,
			"预约号须注明预约时间（appointment_ms）", "an appointment needs appointment_ms: its time of day")
	}
	n := d.s.Issued[svc.Prefix] + 1
	number := fmt.Sprintf("%s%03d", svc.Prefix, n)
	ahead, wait, promise := d.s.promise(svc.ID, class, d.now)
	return []Event{&Issued{
		By: d.by, Ticket: ticketID(d.s.Day, number), Number: number, N: n,
		Service: svc.ID, Class: class, GrantedBy: d.req.GrantedBy, Reason: d.req.Reason,
		IssuedAt: d.now, Order: d.order(class), Ahead: ahead, Wait: wait, Promise: promise,
	}}, nil
}

// mayClaim refuses what a machine cannot know: who granted the green channel, and
// from a guest's phone that there is an appointment.
func (d *decision) mayClaim(class protocol.Class) *protocol.Refusal {
	from := d.c.From
	if from.Role != RoleDevice {
		return nil
	}
	if by := d.req.GrantedBy; by != "" && by != grantedSelf {
		return protocol.Refuse(protocol.BadRequest,
			fmt.Sprintf("自助取号的 granted_by 只能是 %s，不能是 %q；由工作人员批准的，请值班经理取号", grantedSelf, by),
			fmt.Sprintf("granted_by %q is not legal from a machine, legal is %s; a manager issues what a person granted", by, grantedSelf))
	}
	if class == protocol.Appointment && from.Kind == protocol.KindGuest {
		return protocol.Refuse(protocol.NotAllowed,
			"手机不能取预约号，请到取号机取号", "a phone cannot take an appointment ticket, please use a dispenser")
	}
	return nil
}

// serviceFor returns the service that a ticket is wanted for, or why none is issued.
func (d *decision) serviceFor() (*Service, *protocol.Refusal) {
	svc, refusal := d.service(d.req.Service)
	if refusal != nil {
		return nil, refusal
	}
	dev := d.s.Plan.Device(d.c.From.Device)
	if dev != nil && len(dev.Services) > 0 && !slices.Contains(dev.Services, svc.ID) {
		return nil, protocol.Refuse(protocol.NotAllowed,
			fmt.Sprintf("本机不受理“%s”，可取：%v", svc.Name.In(protocol.Chinese), dev.Services),
			fmt.Sprintf("%s does not offer service %s, it offers %v", dev.ID, svc.ID, dev.Services))
	}
	return svc, d.s.ServiceOpen(svc.ID, d.now)
}

func (d *decision) service(id protocol.ServiceID) (*Service, *protocol.Refusal) {
	if svc := d.s.Plan.Service(id); svc != nil {
		return svc, nil
	}
	var all []string
	for i := range d.s.Plan.Services {
		all = append(all, string(d.s.Plan.Services[i].ID))
	}
	list := strings.Join(all, ", ")
	return nil, protocol.Refuse(protocol.UnknownService,
		fmt.Sprintf("没有“%s”这项业务，可选：%s", id, list), fmt.Sprintf("service %q is unknown, this hall has %s", id, list))
}

// order is the place in line of a ticket issued now.
func (d *decision) order(class protocol.Class) time.Time {
	if class != protocol.Appointment {
		return d.now
	}
	y, m, day := d.now.In(d.s.zone()).Date()
	due := time.Date(y, m, day, 0, 0, 0, 0, d.s.zone()).Add(time.Duration(d.req.AppointmentMS) * time.Millisecond)
	if d.now.Sub(due) > appointmentLate {
		return d.now
	}
	if due.Before(d.now) {
		due = d.now
	}
	return due.Add(-d.s.Plan.Classes.credit())
}

// ServiceOpen returns nil when a ticket of the service would be issued at now,
// or the refusal that a citizen would read.
func (s *State) ServiceOpen(id protocol.ServiceID, now time.Time) *protocol.Refusal {
	if s.Day == "" {
		return protocol.Refuse(protocol.HallClosed, "今日尚未开始营业", "the business day is not open")
	}
	if hours, open := s.Plan.openAt(now.In(s.zone())); !open {
		return protocol.Refuse(protocol.HallClosed,
			"现在不是取号时间，取号时间："+hours.zh, "tickets are not issued now; hours are "+hours.en)
	}
	svc := s.Plan.Service(id)
	if svc == nil {
		return protocol.Refuse(protocol.UnknownService, fmt.Sprintf("没有“%s”这项业务", id), fmt.Sprintf("service %q is unknown", id))
	}
	if n := s.Issued[svc.Prefix]; n >= svc.quota() {
		return protocol.Refuse(protocol.QuotaUsed,
			fmt.Sprintf("“%s”今日 %d 个号已取完", svc.Name.In(protocol.Chinese), svc.quota()),
			fmt.Sprintf("all %d tickets of %s for today are taken", svc.quota(), svc.Name.In(protocol.English)))
	}
	if waiting := len(s.Lines[id]); svc.MaxWaiting > 0 && waiting >= svc.MaxWaiting {
		return protocol.Refuse(protocol.QueueFull,
			fmt.Sprintf("“%s”排队已满（%d 人等候，上限 %d 人），请稍后再取", svc.Name.In(protocol.Chinese), waiting, svc.MaxWaiting),
			fmt.Sprintf("the queue of %s is full: %d wait, at most %d may", svc.Name.In(protocol.English), waiting, svc.MaxWaiting))
	}
	return nil
}

// own returns the ticket when it is the sender's to report on or to cancel.
func (d *decision) own() (*Ticket, *protocol.Refusal) {
	t, refusal := d.ticket()
	if refusal != nil {
		return nil, refusal
	}
	from := d.c.From
	foreign := from.Role == RoleDevice && t.Device != from.Device || from.Role == RoleCitizen && t.ID != from.Ticket
	if foreign {
		return nil, protocol.Refuse(protocol.NotAllowed,
			fmt.Sprintf("%s 号不是由此处取的号", t.Number), fmt.Sprintf("ticket %s was not issued here", t.Number))
	}
	return t, nil
}

func (d *decision) printed() ([]Event, *protocol.Refusal) {
	t, refusal := d.own()
	if refusal != nil {
		return nil, refusal
	}
	if d.req.Print == nil {
		return nil, protocol.Refuse(protocol.BadRequest, "缺少打印结果 print", "print is missing: what became of the slip")
	}
	return []Event{&Printed{By: d.by, Ticket: t.ID, Print: *d.req.Print}}, nil
}

func (d *decision) cancel() ([]Event, *protocol.Refusal) {
	t, refusal := d.own()
	if refusal != nil {
		return nil, refusal
	}
	switch t.Stage {
	case protocol.Waiting, protocol.Held, protocol.NoShow:
		return []Event{&Cancelled{By: d.by, Ticket: t.ID, Reason: d.req.Reason}}, nil
	case protocol.Called:
		if d.c.From.Role == RoleManager || d.c.From.Role == RoleHub {
			return []Event{&Cancelled{By: d.by, Ticket: t.ID, Reason: d.req.Reason}}, nil
		}
	}
	return nil, wrongStage(t, "只有等候、挂起或过号的号可以取消", "only a waiting, held or missed ticket can be cancelled")
}

func (d *decision) reactivate() ([]Event, *protocol.Refusal) {
	t, refusal := d.ticket()
	if refusal != nil {
		return nil, refusal
	}
	if t.Stage != protocol.NoShow {
		return nil, wrongStage(t, "只有过号可以恢复排队", "only a missed number can come back")
	}
	if most := d.s.Plan.Missed.times(); t.Misses > most {
		return nil, protocol.Refuse(protocol.RecallLimit,
			fmt.Sprintf("%s 号已过号 %d 次，最多可恢复 %d 次，请重新取号", t.Number, t.Misses, most),
			fmt.Sprintf("ticket %s was missed %d times and may come back %d times, please take a new one", t.Number, t.Misses, most))
	}
	return []Event{&Reactivated{By: d.by, Ticket: t.ID, Behind: d.reentry(t)}}, nil
}

// reentry is where a missed number comes back, by the plan's rule.
func (d *decision) reentry(t *Ticket) Place {
	line, after := d.s.Lines[t.Service], d.s.Plan.Missed.after()
	if d.s.Plan.Missed.Reentry == "end" || len(line) < after {
		return Place{At: d.now}
	}
	return d.s.Tickets[line[after-1]].Place
}

// rate takes a citizen's opinion: from the phone page of the ticket, or from the
// evaluator of the window where it is or was served last. A terminal has no other key for it than the
// evaluator's, which says 0 when nobody answered.
func (d *decision) rate() ([]Event, *protocol.Refusal) {
	if d.c.From.Role == RoleDevice {
		return d.rateAtWindow()
	}
	t, refusal := d.own()
	switch {
	case refusal != nil:
		return nil, refusal
	case d.req.Rating < 1:
		return nil, protocol.Refuse(protocol.BadRequest, "缺少评价 rating，应为 1 至 5", "rating is missing, legal are 1 to 5")
	case t.Stage != protocol.Finished:
		return nil, wrongStage(t, "办结后才能评价", "it can be rated when it is finished")
	case t.Rating != 0:
		return nil, protocol.Refuse(protocol.WrongStage,
			fmt.Sprintf("%s 号已评价过", t.Number), fmt.Sprintf("ticket %s has been rated", t.Number))
	}
	return []Event{&Rated{By: d.by, Ticket: t.ID, Rating: d.req.Rating}}, nil
}

// rateAtWindow goes by the ticket that the evaluator asked about, whoever has been called
// there since.
func (d *decision) rateAtWindow() ([]Event, *protocol.Refusal) {
	if id := d.c.From.Device; !d.s.Plan.mayRate(id) {
		return nil, protocol.Refuse(protocol.NotAllowed,
			fmt.Sprintf("终端 %s 没有评价器，不能评价", id), fmt.Sprintf("terminal %s has no evaluator in the hall's plan, it cannot rate", id))
	}
	t, refusal := d.ticket()
	if refusal != nil {
		return nil, refusal
	}
	w := d.c.From.Window
	post := d.s.Posts[w]
	switch {
	case t.Rating != 0:
		return nil, protocol.Refuse(protocol.WrongStage,
			fmt.Sprintf("%s 号已评价过", t.Number), fmt.Sprintf("ticket %s has been rated", t.Number))
	case post != nil && (post.Last == t.ID || post.Ticket == t.ID && t.Stage == protocol.Serving):
		return []Event{&Rated{By: d.by, Ticket: t.ID, Rating: d.req.Rating, Window: w}}, nil
	}
	return nil, protocol.Refuse(protocol.NotAllowed,
		fmt.Sprintf("%s 号不在%s号窗口办理，也不是该窗口最近办结的号，评价器不能评价", t.Number, w),
		fmt.Sprintf("ticket %s is neither served at window %s nor the last that was finished there, its evaluator cannot rate it", t.Number, w))
}

// waitsFrom is when the wait of a ticket began: its arrival, and for one that came
// back after it was missed its new place.
func (t *Ticket) waitsFrom() time.Time {
	if t.Misses > 0 && t.Place.At.After(t.IssuedAt) {
		return t.Place.At
	}
	return t.IssuedAt
}

// HeadStart returns how much earlier its place in line is than it came, as of an
// appointment that is due.
func (t *Ticket) HeadStart() time.Duration { return t.waitsFrom().Sub(t.Place.At) }

// waited returns the wait of a ticket at now, in ms.
func waited(t *Ticket, now time.Time) int64 { return max(0, now.Sub(t.waitsFrom()).Milliseconds()) }

// creditMS is how much longer an appointment counts as having waited than it has.
func creditMS(t *Ticket) int64 {
	if t.Class != protocol.Appointment {
		return 0
	}
	return t.waitsFrom().Sub(t.Place.At).Milliseconds()
}
