package replay

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Check is one thing that must be true after a replay.
type Check struct {
	Name   string `json:"name"`
	Pass   bool   `json:"pass"`
	Detail string `json:"detail"` // what was counted; of a failed one, what is wrong
}

// faultsShown is how many examples of what is wrong a check names.
const faultsShown = 5

// verdict passes without faults.
func verdict(name, counted string, faults []string) Check {
	if len(faults) == 0 {
		return Check{Name: name, Pass: true, Detail: counted}
	}
	shown := strings.Join(faults[:min(len(faults), faultsShown)], "; ")
	return Check{Name: name, Detail: fmt.Sprintf("%d faults in %s: %s", len(faults), counted, shown)}
}

// judge compares the file, the replies that devices got, and the journal.
func (d *driver) judge(e *evidence, k *killer) []Check {
	checks := []Check{
		d.issuedOnce(e), d.noNumberTwice(e), d.nobodyLost(e), d.oneWindowEach(e),
		d.repliesHold(e), d.noRefusal(), d.logComplete(e), d.timesAgree(e, d.o.Mode == Order),
		d.chainWhole(e),
	}
	if n := cap(k.due); n > 0 {
		var faults []string
		if k.done != n {
			faults = []string{fmt.Sprintf("only %d", k.done)}
		}
		checks = append(checks,
			verdict("the hub was killed as often as wanted", fmt.Sprintf("%d kills", n), faults),
			verdict("a repeated request gets the same answer", fmt.Sprintf("%d repeated requests", d.fleet.repeated), d.fleet.changed))
	}
	return checks
}

func (d *driver) issuedOnce(e *evidence) Check {
	var faults []string
	seen := map[protocol.TicketID]int{}
	for _, t := range d.traces {
		l := e.lives[t.ticket]
		switch {
		case t.ticket == "" || l == nil:
			faults = append(faults, fmt.Sprintf("line %d has no ticket", t.Line))
		case seen[t.ticket] > 0:
			faults = append(faults, fmt.Sprintf("lines %d and %d have both ticket %s", seen[t.ticket], t.Line, t.ticket))
		case l.issued != 1 || l.request != t.issued || l.number != t.number:
			faults = append(faults, fmt.Sprintf("line %d: ticket %s was issued %d times, by request %s as %s; the device asked by %s and has %s",
				t.Line, t.ticket, l.issued, l.request, l.number, t.issued, t.number))
		}
		seen[t.ticket] = t.Line
	}
	if n := len(e.order); n != len(d.traces) {
		faults = append(faults, fmt.Sprintf("%d tickets were issued", n))
	}
	return verdict("every ticket of the file was issued once", fmt.Sprintf("%d rows", len(d.traces)), faults)
}

func (d *driver) noNumberTwice(e *evidence) Check {
	var faults []string
	byNumber := map[string]protocol.TicketID{}
	for _, id := range e.order {
		number := e.lives[id].number
		if other, twice := byNumber[number]; twice {
			faults = append(faults, fmt.Sprintf("%s is on %s and %s", number, other, id))
		}
		byNumber[number] = id
	}
	return verdict("no number twice", fmt.Sprintf("%d numbers", len(e.order)), faults)
}

func (d *driver) nobodyLost(e *evidence) Check {
	var faults []string
	for _, t := range d.traces {
		l := e.lives[t.ticket]
		if l == nil {
			faults = append(faults, fmt.Sprintf("line %d has no ticket", t.Line))
			continue
		}
		left := t.Left
		if d.o.Mode == Decide {
			left = t.window == ""
		}
		good := l.called == 1 && l.arrived == 1 && l.finished == 1 && l.cancelled == 0
		if left {
			good = l.called == 0 && l.arrived == 0 && l.finished == 0 && l.cancelled == 1
		}
		if !good {
			faults = append(faults, fmt.Sprintf("line %d: ticket %s was called %d times, arrived %d, finished %d, cancelled %d",
				t.Line, t.ticket, l.called, l.arrived, l.finished, l.cancelled))
		}
	}
	if e.left > 0 {
		faults = append(faults, fmt.Sprintf("%d tickets waited when the day closed", e.left))
	}
	faults = append(faults, e.unasked...)
	return verdict("no ticket lost: each was called and finished once, or left", fmt.Sprintf("%d rows", len(d.traces)), faults)
}

func (d *driver) oneWindowEach(e *evidence) Check {
	faults := slices.Clone(e.crowded)
	for _, t := range d.traces {
		if l := e.lives[t.ticket]; l != nil && l.window != t.window {
			faults = append(faults, fmt.Sprintf("line %d: ticket %s was at window %q, the journal says %q", t.Line, t.ticket, t.window, l.window))
		}
	}
	return verdict("none called at two windows, no window with two tickets", fmt.Sprintf("%d tickets", len(e.order)), faults)
}

// kindOf is the event that a request causes when it is carried out.
var kindOf = map[protocol.Action]string{
	protocol.TicketIssue:    queue.Issued{}.Kind(),
	protocol.TicketCancel:   queue.Cancelled{}.Kind(),
	protocol.WindowCall:     queue.Called{}.Kind(),
	protocol.WindowCallNext: queue.Called{}.Kind(),
	protocol.WindowArrived:  queue.Arrived{}.Kind(),
	protocol.WindowFinish:   queue.Finished{}.Kind(),
}

func (d *driver) repliesHold(e *evidence) Check {
	var faults []string
	done := 0
	for _, a := range d.fleet.answers {
		kind := kindOf[a.req.Do]
		if a.reply.OK == nil || kind == "" {
			continue
		}
		done++
		if n := e.requests[requestKey(kind, a.device, a.req.ID)]; n != 1 {
			faults = append(faults, fmt.Sprintf("%s %s of %s was answered and stands %d times in the journal", a.req.Do, a.req.ID, a.device, n))
		}
	}
	if n := len(e.requests); n != done {
		faults = append(faults, fmt.Sprintf("the journal has %d requests", n))
	}
	return verdict("each answered request stands in the journal once", fmt.Sprintf("%d requests", done), faults)
}

func (d *driver) noRefusal() Check {
	var faults []string
	for _, a := range d.fleet.answers {
		if a.reply.OK == nil {
			faults = append(faults, fmt.Sprintf("%s %s %s: %v", a.device, a.req.Do, a.req.Ticket, a.reply.Refused))
		}
	}
	return verdict("no request was refused", fmt.Sprintf("%d requests", len(d.fleet.answers)), faults)
}

func (d *driver) logComplete(e *evidence) Check {
	var faults []string
	seen := map[protocol.TicketID]bool{}
	for _, l := range e.lines {
		id := protocol.TicketID(l.Ticket)
		life := e.lives[id]
		if life == nil || seen[id] {
			faults = append(faults, fmt.Sprintf("a line of ticket %s too many", id))
			continue
		}
		seen[id] = true
		outcome := "finished"
		if life.finished == 0 {
			outcome = "cancelled"
		}
		same := l.Outcome == outcome && l.Number == life.number && l.Window == string(life.window) && l.IssuedAt.Equal(life.issuedAt) &&
			l.CalledAt.Equal(life.calledAt) && l.ArrivedAt.Equal(life.arrivedAt) && l.FinishedAt.Equal(life.endedAt)
		if !same {
			faults = append(faults, fmt.Sprintf("the line of ticket %s does not say what its events say", id))
		}
	}
	if n := len(e.lines); n != len(d.traces) {
		faults = append(faults, fmt.Sprintf("the log has %d lines", n))
	}
	return verdict("the service log has one line for each row", fmt.Sprintf("%d rows", len(d.traces)), faults)
}

// timesAgree compares the service log with the file: a second, and what the file's own times
// are uncertain by. Deciding, only service times can agree.
func (d *driver) timesAgree(e *evidence, waits bool) Check {
	var faults []string
	n := 0
	for _, p := range d.pairs(e) {
		allowed := float64(1 + p.t.Grain)
		off := func(what string, seconds float64) {
			if n++; seconds > allowed || -seconds > allowed {
				faults = append(faults, fmt.Sprintf("line %d: %s differs by %+.3f s, legal are ±%g", p.t.Line, what, seconds, allowed))
			}
		}
		if waits && !p.t.Left {
			off("the wait", seconds(p.line.Wait)-float64(p.t.Start-p.t.Arrive))
		}
		if waits && p.t.Left {
			off("the patience", seconds(p.line.FinishedAt.Sub(p.line.IssuedAt))-float64(p.t.Wait))
		}
		if p.t.window != "" {
			off("the service", seconds(p.line.Serve)-float64(p.t.takes))
		}
	}
	name := "waiting and service times agree with the file"
	if !waits {
		name = "service times agree with the file"
	}
	return verdict(name, fmt.Sprintf("%d times", n), faults)
}

func (d *driver) chainWhole(e *evidence) Check {
	if e.chainErr != nil {
		return verdict("the journal's chain is whole", "the journal", []string{e.chainErr.Error()})
	}
	return verdict("the journal's chain is whole", fmt.Sprintf("%d events", e.chain.Events), nil)
}

func seconds(t time.Duration) float64 { return t.Seconds() }
