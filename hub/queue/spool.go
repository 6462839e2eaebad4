package queue

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"jiaohao/protocol"
)

// leftDays is how long a settled ticket of a spool is remembered: a dispenser
// that was away for a week still gets its answer.
const leftDays = 7

// spool merges the tickets that a dispenser issued by its own letter. Paper is
// out, so neither a full queue nor closing time refuses one.
func (d *decision) spool() ([]Event, *protocol.Refusal) {
	dev := d.s.Plan.Device(d.c.From.Device)
	if dev == nil || dev.Letter == "" {
		return nil, protocol.Refuse(protocol.NotAllowed,
			fmt.Sprintf("%s 没有离线号字母，不能合并离线号", d.c.From.Device),
			fmt.Sprintf("%s has no letter of its own for numbers without the hub", d.c.From.Device))
	}
	var events []Event
	seen := map[protocol.TicketID]bool{}
	for i := range d.req.Spool {
		sp := &d.req.Spool[i]
		id := d.s.spoolID(sp)
		if d.s.settled(dev.ID, id) || seen[id] {
			continue
		}
		seen[id] = true
		n, refusal := d.spoolNumber(dev, sp)
		if refusal != nil {
			events = append(events, &Leftover{By: d.by, Day: d.s.spoolDay(sp), Spool: *sp, Reason: *refusal})
			continue
		}
		events = append(events, d.merge(sp, id, n))
		if sp.Printed {
			events = append(events, &Printed{By: d.by, Ticket: id, Print: protocol.PrintReport{OK: true}})
		}
	}
	return events, nil
}

func (d *decision) merge(sp *protocol.SpooledTicket, id protocol.TicketID, n int) *Issued {
	at := d.s.OpenedAt
	if sp.AgoMS < d.now.Sub(at).Milliseconds() { // compared in ms: any AgoMS fits, also one that is no duration
		at = d.now.Add(-time.Duration(sp.AgoMS) * time.Millisecond)
	}
	class := sp.Class
	if class == "" {
		class = protocol.Regular
	}
	e := &Issued{
		By: d.by, Ticket: id, Number: sp.Number, N: n, Service: sp.Service, Class: class,
		IssuedAt: at, Order: at, Offline: true,
	}
	if class == protocol.Green {
		e.GrantedBy = "self"
	}
	return e
}

// spoolNumber returns the counter of a spooled number, or why it cannot join.
func (d *decision) spoolNumber(dev *Device, sp *protocol.SpooledTicket) (int, *protocol.Refusal) {
	n, err := strconv.Atoi(strings.TrimPrefix(sp.Number, dev.Letter))
	if err != nil || n < 1 || n > TicketsMax || sp.Number != fmt.Sprintf("%s%03d", dev.Letter, n) {
		return 0, protocol.Refuse(protocol.BadRequest,
			fmt.Sprintf("离线号 %s 不符，应为字母 %s 加三位以上数字", sp.Number, dev.Letter),
			fmt.Sprintf("offline number %s does not fit, legal are letter %s and three digits or more", sp.Number, dev.Letter))
	}
	if day := d.s.spoolDay(sp); day != d.s.Day {
		return 0, protocol.Refuse(protocol.HallClosed,
			fmt.Sprintf("离线号 %s 属于 %s，今日为 %s，不能合并", sp.Number, day, d.s.Day),
			fmt.Sprintf("offline number %s is of %s, today is %s", sp.Number, day, d.s.Day))
	}
	if _, refusal := d.service(sp.Service); refusal != nil {
		return 0, refusal
	}
	return n, nil
}

func (s *State) spoolDay(sp *protocol.SpooledTicket) string {
	if sp.Day == "" {
		return s.Day
	}
	return sp.Day
}

func (s *State) spoolID(sp *protocol.SpooledTicket) protocol.TicketID {
	return ticketID(s.spoolDay(sp), sp.Number)
}

// leftKey scopes a spooled ticket to its dispenser, so that a wrong number sent
// by one can never settle a right one of another.
func leftKey(device protocol.DeviceID, id protocol.TicketID) string {
	return string(device) + "/" + string(id)
}

func (s *State) settled(device protocol.DeviceID, id protocol.TicketID) bool {
	_, left := s.Left[leftKey(device, id)]
	t := s.Tickets[id]
	return left || t != nil && t.Offline && t.Device == device
}

// mergedAnswer answers a spool.sync whose tickets are all settled.
func (s *State) mergedAnswer(c Command) (Outcome, bool) {
	var out Outcome
	for i := range c.Request.Spool {
		sp := &c.Request.Spool[i]
		id := s.spoolID(sp)
		if !s.settled(c.From.Device, id) {
			return Outcome{}, false
		}
		line := protocol.MergedTicket{Number: sp.Number, Ticket: id}
		if why := s.Left[leftKey(c.From.Device, id)]; why != nil {
			line.Ticket, line.Refused = "", why
		}
		out.Merged = append(out.Merged, line)
	}
	return out, true
}
