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

// unnamedDay is Issued.Label of paper from before the dispenser was told any day.
const unnamedDay = "-"

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
	seen, given := map[string]bool{}, map[protocol.TicketID]bool{}
	for i := range d.req.Spool {
		sp := &d.req.Spool[i]
		key := spoolKey(dev.ID, sp)
		if d.s.settled(key) || seen[key] {
			continue
		}
		seen[key] = true
		id := ticketID(d.s.Day, sp.Number)
		n, refusal := d.spoolNumber(dev, sp)
		if refusal == nil && (given[id] || d.s.Tickets[id] != nil) {
			refusal = protocol.Refuse(protocol.BadRequest,
				fmt.Sprintf("离线号 %s 今日已有人持有，请持号人重新取号", sp.Number),
				fmt.Sprintf("offline number %s is somebody else's today, its holder needs a new ticket", sp.Number))
		}
		if refusal != nil {
			events = append(events, &Leftover{By: d.by, Day: or(sp.Day, d.s.Day), Spool: *sp, Reason: *refusal})
			continue
		}
		given[id] = true
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
	if sp.Day != d.s.Day {
		e.Label = or(sp.Day, unnamedDay)
	}
	if class == protocol.Green {
		e.GrantedBy = grantedSelf
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
	if sp.Day != d.s.Day && !d.ofToday(sp) {
		return 0, protocol.Refuse(protocol.HallClosed,
			fmt.Sprintf("离线号 %s 属于 %s，今日为 %s，不能合并", sp.Number, or(sp.Day, "此前某日"), d.s.Day),
			fmt.Sprintf("offline number %s is of %s, today is %s", sp.Number, or(sp.Day, "an earlier day"), d.s.Day))
	}
	if _, refusal := d.service(sp.Service); refusal != nil {
		return 0, refusal
	}
	return n, nil
}

// ofToday reports whether the paper came out today by the hub's clock. A dispenser
// that was not told of the new day labels it with an old one.
func (d *decision) ofToday(sp *protocol.SpooledTicket) bool {
	if sp.AgoMS <= d.now.Sub(d.s.OpenedAt).Milliseconds() {
		return true
	}
	y, m, day := d.now.In(d.s.zone()).Date()
	midnight := time.Date(y, m, day, 0, 0, 0, 0, d.s.zone())
	return midnight.Format(time.DateOnly) == d.s.Day && sp.AgoMS <= d.now.Sub(midnight).Milliseconds()
}

// spoolKey is under which [State.Left] and [State.Spooled] remember a spooled ticket.
// A dispenser counts its numbers by the day of its label, so label and number name
// the paper also when it is asked about again.
func spoolKey(device protocol.DeviceID, sp *protocol.SpooledTicket) string {
	return leftKey(device, ticketID(sp.Day, sp.Number))
}

// leftKey scopes a spooled ticket to its dispenser, so that a wrong number sent
// by one can never settle a right one of another.
func leftKey(device protocol.DeviceID, id protocol.TicketID) string {
	return string(device) + "/" + string(id)
}

func (s *State) settled(key string) bool {
	_, merged := s.Spooled[key]
	return merged || s.Left[key] != nil
}

// mergedAnswer answers a spool.sync whose tickets are all settled.
func (s *State) mergedAnswer(c Command) (Outcome, bool) {
	var out Outcome
	for i := range c.Request.Spool {
		sp := &c.Request.Spool[i]
		key := spoolKey(c.From.Device, sp)
		if !s.settled(key) {
			return Outcome{}, false
		}
		out.Merged = append(out.Merged, protocol.MergedTicket{Number: sp.Number, Ticket: s.Spooled[key], Refused: s.Left[key]})
	}
	return out, true
}
