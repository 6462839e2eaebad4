package queue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jiaohao/protocol"
)

// dayClosed is the reason of tickets that the end of the day ends.
const dayClosed = "day closed"

func (d *decision) dayOpen() ([]Event, *protocol.Refusal) {
	if d.c.Plan == nil {
		return nil, protocol.Refuse(protocol.BadRequest, "开始营业须给出配置", "day.open needs a plan")
	}
	if err := d.c.Plan.Check(); err != nil {
		return nil, protocol.Refuse(protocol.BadRequest, "配置有误："+err.Error(), "the plan has a mistake: "+err.Error())
	}
	if _, err := time.Parse(time.DateOnly, d.c.Day); err != nil {
		return nil, protocol.Refuse(protocol.BadRequest,
			fmt.Sprintf("营业日 %q 应为 2006-01-02 的形式", d.c.Day), fmt.Sprintf("day %q is not of the form 2006-01-02", d.c.Day))
	}
	if d.c.Day == d.s.Day {
		return nil, protocol.Refuse(protocol.WrongStage,
			fmt.Sprintf("%s 已在营业", d.c.Day), fmt.Sprintf("day %s is open already", d.c.Day))
	}
	var events []Event
	if d.s.Day != "" {
		events = d.clearDay()
	}
	return append(events, &DayOpened{By: d.by, Day: d.c.Day, Plan: *d.c.Plan}), nil
}

func (d *decision) dayClose() ([]Event, *protocol.Refusal) {
	for i := range d.s.Plan.Windows {
		post := d.s.Posts[d.s.Plan.Windows[i].ID]
		if post.Ticket == "" || d.c.From.Role == RoleHub || d.req.Reason != "" {
			continue
		}
		t := d.s.Tickets[post.Ticket]
		return nil, protocol.Refuse(protocol.WindowBusy,
			fmt.Sprintf("%s号窗口还在办理 %s 号；先办结，或注明原因后强制日结", post.Window, t.Number),
			fmt.Sprintf("window %s still has ticket %s: finish it, or close the day with a reason", post.Window, t.Number))
	}
	return d.clearDay(), nil
}

// clearDay ends every ticket that is not ended and then the day. A service that
// is going on is finished, so that its record is not lost.
func (d *decision) clearDay() []Event {
	var open []*Ticket
	for _, t := range d.s.Tickets {
		if t.Stage != protocol.Finished && t.Stage != protocol.Cancelled && t.Stage != protocol.NoShow {
			open = append(open, t)
		}
	}
	slices.SortFunc(open, func(a, b *Ticket) int { return strings.Compare(string(a.ID), string(b.ID)) })
	var events []Event
	left := 0
	for _, t := range open {
		if t.Stage == protocol.Serving {
			events = append(events, &Finished{Ticket: t.ID, Window: t.Window, Clerk: t.Clerk, Result: protocol.Done, Reason: dayClosed})
			continue
		}
		left++
		events = append(events, &Cancelled{Ticket: t.ID, Reason: dayClosed})
	}
	return append(events, &DayClosed{By: d.by, Day: d.s.Day, Left: left})
}

func (d *decision) planChange() ([]Event, *protocol.Refusal) {
	p := d.c.Plan
	if p == nil {
		return nil, protocol.Refuse(protocol.BadRequest, "须给出新配置", "plan.change needs a plan")
	}
	if err := p.Check(); err != nil {
		return nil, protocol.Refuse(protocol.BadRequest, "配置有误："+err.Error(), "the plan has a mistake: "+err.Error())
	}
	if p.Hall != d.s.Plan.Hall || p.Zone != d.s.Plan.Zone {
		return nil, protocol.Refuse(protocol.BadRequest, "营业中不能更改大厅编号或时区", "hall and zone cannot change while the day is open")
	}
	for i := range d.s.Plan.Windows {
		id := d.s.Plan.Windows[i].ID
		if post := d.s.Posts[id]; p.Window(id) == nil && (post.Status != protocol.Closed || len(d.s.Lines[onlyLine(id)]) > 0) {
			return nil, protocol.Refuse(protocol.WindowBusy,
				fmt.Sprintf("%s号窗口还在使用，不能从配置中删除", id), fmt.Sprintf("window %s is in use and cannot be removed", id))
		}
	}
	if refusal := d.keepsNumbers(p); refusal != nil {
		return nil, refusal
	}
	return []Event{&PlanChanged{By: d.by, Plan: *p, Reason: d.req.Reason}}, nil
}

// keepsNumbers refuses a new plan that would leave a ticket of the day without
// its service, or give letters under which numbers were issued to somebody else,
// so that a number could be issued twice.
func (d *decision) keepsNumbers(p *Plan) *protocol.Refusal {
	used := map[protocol.ServiceID]bool{}
	for _, t := range d.s.Tickets {
		used[t.Service] = true
	}
	for i := range d.s.Plan.Services {
		old := &d.s.Plan.Services[i]
		now := p.Service(old.ID)
		if now == nil && used[old.ID] {
			return protocol.Refuse(protocol.WrongStage,
				fmt.Sprintf("业务 %s 今日已有号，不能从配置中删除", old.ID), fmt.Sprintf("service %s has tickets today and cannot be removed", old.ID))
		}
		if now != nil && now.Prefix != old.Prefix && d.s.Issued[old.Prefix] > 0 {
			return protocol.Refuse(protocol.WrongStage,
				fmt.Sprintf("业务 %s 今日已发号，不能更改号码前缀 %s", old.ID, old.Prefix),
				fmt.Sprintf("service %s has issued numbers today, its prefix %s cannot change", old.ID, old.Prefix))
		}
	}
	old := d.s.Plan.letters()
	for _, l := range p.letters() {
		if d.s.Issued[l.prefix] > 0 && !slices.Contains(old, l) {
			return protocol.Refuse(protocol.WrongStage,
				fmt.Sprintf("今日已发过 %s 字头的号，不能改给 %s", l.prefix, l.owner),
				fmt.Sprintf("numbers of %s were issued today, it cannot pass to %s", l.prefix, l.owner))
		}
	}
	return nil
}

// letter is who numbers tickets under a prefix: a service, or without the hub a
// dispenser.
type letter struct{ prefix, owner string }

func (p *Plan) letters() []letter {
	var all []letter
	for i := range p.Services {
		all = append(all, letter{p.Services[i].Prefix, "service " + string(p.Services[i].ID)})
	}
	for i := range p.Devices {
		if l := p.Devices[i].Letter; l != "" {
			all = append(all, letter{l, "dispenser " + string(p.Devices[i].ID)})
		}
	}
	return all
}

// device decides what a lost or returned device means.
func (d *decision) device() ([]Event, *protocol.Refusal) {
	if d.s.Plan.Device(d.c.Device) == nil {
		return nil, protocol.Refuse(protocol.BadRequest,
			fmt.Sprintf("没有设备 %q", d.c.Device), fmt.Sprintf("device %q is unknown", d.c.Device))
	}
	_, lost := d.s.Lost[d.c.Device]
	switch {
	case d.req.Do == DeviceLost && !lost:
		return []Event{&DeviceWasLost{Device: d.c.Device}}, nil
	case d.req.Do == DeviceBack && lost:
		return []Event{&DeviceCameBack{Device: d.c.Device}}, nil
	}
	return nil, nil
}
