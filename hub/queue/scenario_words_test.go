package queue

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/protocol"
)

// The steps of a scenario, after the time:
//
//	take SERVICE [green=WHO] [at=10:00]         a citizen at dispenser d1
//	d1|d2|guest|phone|manager|boss ACTION …     somebody else; boss is a manager without a name
//	WINDOW ACTION [TICKET or CLERK] [field=…]   a clerk at a terminal
//	d1 spool Y001/SERVICE[/field=value…] …      a dispenser that comes back
//	open DATE [PLAN], close, plan FILE          the day and its plan, by the manager
//	lost DEVICE, back DEVICE, tick, restart     what the hub notices
//	foresee SERVICE=PERCENT …, learn            what a forecast says, what the day has taught
//	forget FIGURE|all reason=…                  a manager resets what was learned
//
// and questions, which change nothing:
//
//	why TICKET      the reason of its call in Chinese
//	stage TICKET    its stage
//	line LINE       who stands in it
//	post WINDOW     status, clerk, ticket and whether help is wanted
//	estimate SERVICE, remaining TICKET
//	alarms          the services that will break their promise
//	figure KEY      how many have taught it, and since when
func (h *testHall) step(words []string) string {
	h.t.Helper()
	now := h.clock(words[0])
	if answer, ok := h.question(words, now); ok {
		return answer
	}
	c := Command{From: Source{Role: RoleDevice, Kind: protocol.KindDispenser, Device: "d1"}}
	switch words[1] {
	case "tick":
		return h.tick(now)
	case "take":
		c.Request.Do, c.Request.Service = protocol.TicketIssue, protocol.ServiceID(words[2])
	case "lost", "back":
		c.From, c.Device = Source{Role: RoleHub}, protocol.DeviceID(words[2])
		c.Request.Do = protocol.Action("device." + words[1])
	case "learn":
		c.From, c.Request.Do, c.Figures = Source{Role: RoleHub}, LearnNight, lesson(h.date)
	case "foresee":
		c.From, c.Request.Do = Source{Role: RoleHub}, ForeseeLate
		h.lateness(&c, words[2:])
	case "forget":
		c.From, c.Request.Do = Source{Role: RoleManager, Person: "chen", Device: "web"}, ResetFigure
		c.Figure = strings.TrimPrefix(words[2], "all")
	case "restart":
		c.From, c.Request.Do, c.Epoch = Source{Role: RoleHub}, HubStart, h.s.Epoch+1
	case "open", "close", "plan":
		now = h.dayStep(&c, words, now)
	default:
		h.actor(&c, words)
	}
	for _, w := range words[2:] {
		if name, value, ok := strings.Cut(w, "="); ok && c.Request.Do != protocol.SpoolSync && c.Request.Do != ForeseeLate {
			h.field(&c, name, value)
		}
	}
	events, err := h.do(c, now)
	var refused *protocol.Refusal
	if errors.As(err, &refused) {
		return "refused " + string(refused.Code)
	}
	return h.outcome(events)
}

func (h *testHall) dayStep(c *Command, words []string, now time.Time) time.Time {
	h.t.Helper()
	c.From = Source{Role: RoleManager, Person: "chen", Device: "web"}
	var file string
	switch words[1] {
	case "close":
		c.Request.Do = DayClose
		return now
	case "open":
		c.Request.Do, c.Day, file = DayOpen, words[2], "hall.yaml"
		if _, err := time.Parse(time.DateOnly, c.Day); err == nil {
			h.date = c.Day
			now = h.clock(words[0])
		}
		if len(words) > 3 && !strings.Contains(words[3], "=") {
			file = words[3]
		}
	case "plan":
		c.Request.Do, file = PlanChange, words[2]
	}
	if file == "none" {
		return now
	}
	plan := readPlan(h.t, file)
	c.Plan = &plan
	return now
}

// actor reads who acts, what, and on which ticket.
func (h *testHall) actor(c *Command, words []string) {
	h.t.Helper()
	switch who := words[1]; who {
	case "manager":
		c.From = Source{Role: RoleManager, Person: "chen", Device: "web"}
	case "boss":
		c.From = Source{Role: RoleManager, Device: "web"}
	case "phone":
		c.From = Source{Role: RoleCitizen, Device: "phone"}
	case "guest":
		c.From = Source{Role: RoleDevice, Kind: protocol.KindGuest, Device: "guest"}
	case "d1", "d2", "d9":
		c.From.Device = protocol.DeviceID(who)
	default:
		c.From = Source{Role: RoleDevice, Kind: protocol.KindTerminal, Device: protocol.DeviceID("t" + who), Window: protocol.WindowID(who)}
	}
	do := map[string]protocol.Action{
		"next": protocol.WindowCallNext, "cancel": protocol.TicketCancel, "reactivate": protocol.TicketReactivate,
		"rate": protocol.TicketRate, "printed": protocol.TicketPrinted, "issue": protocol.TicketIssue,
		"spool": protocol.SpoolSync,
	}[words[2]]
	if do == "" {
		do = protocol.Action("window." + words[2])
	}
	c.Request.Do = do
	if do == protocol.SpoolSync {
		h.spooled(c, words[3:])
		return
	}
	if len(words) < 4 || strings.Contains(words[3], "=") {
		return
	}
	if do == protocol.WindowSignOn {
		c.Request.Clerk = protocol.ClerkID(words[3])
		return
	}
	c.Request.Ticket = protocol.TicketID(words[3])
	if words[1] == "phone" {
		c.From.Ticket = h.s.Find(c.Request.Ticket).ID
	}
}

// spooled reads tickets such as Y001/social/ago=5m/green/day=2026-11-22.
func (h *testHall) spooled(c *Command, words []string) {
	h.t.Helper()
	for _, w := range words {
		if id, ok := strings.CutPrefix(w, "id="); ok {
			c.Request.ID = protocol.RequestID(id)
			continue
		}
		parts := strings.Split(w, "/")
		sp := protocol.SpooledTicket{Number: parts[0], Service: protocol.ServiceID(parts[1]), Day: h.date, Printed: true}
		for _, p := range parts[2:] {
			switch name, value, _ := strings.Cut(p, "="); name {
			case "green":
				sp.Class = protocol.Green
			case "day":
				sp.Day = value
			case "ago":
				ago, err := time.ParseDuration(value)
				if err != nil {
					h.t.Fatal(err)
				}
				sp.AgoMS = ago.Milliseconds()
			default:
				h.t.Fatalf("unknown field %q of a spooled ticket", name)
			}
		}
		c.Request.Spool = append(c.Request.Spool, sp)
	}
}

func (h *testHall) field(c *Command, name, value string) {
	h.t.Helper()
	r := &c.Request
	switch name {
	case "id":
		r.ID = protocol.RequestID(value)
	case "do":
		r.Do = protocol.Action(value)
	case "reason":
		r.Reason = value
	case "manager":
		r.Manager = protocol.ClerkID(value)
	case "window":
		r.Window = protocol.WindowID(value)
	case "service":
		r.Service = protocol.ServiceID(value)
	case "to":
		r.ToWindow = protocol.WindowID(value)
	case "result":
		r.Result = protocol.Result(value)
	case "green":
		r.Class, r.GrantedBy = protocol.Green, value
	case "class":
		r.Class = protocol.Class(value)
	case "at":
		at := h.clock(value)
		r.Class = protocol.Appointment
		r.AppointmentMS = int64(at.Hour()*60+at.Minute()) * 60_000
	case "rating":
		rating, err := strconv.Atoi(value)
		if err != nil {
			h.t.Fatal(err)
		}
		r.Rating = rating
	case "fault":
		r.Print = &protocol.PrintReport{Fault: value}
	case "paper":
		r.Print = &protocol.PrintReport{OK: true, Again: value == "again"}
	default:
		h.t.Fatalf("unknown field %q", name)
	}
}

func (h *testHall) tick(now time.Time) string {
	h.t.Helper()
	events, err := h.do(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: Tick}}, now)
	if err != nil {
		return err.Error()
	}
	var told []string
	for _, e := range events {
		switch e := e.(type) {
		case *CoverStarted:
			told = append(told, fmt.Sprintf("cover %s for %s %s", e.Window, e.For, e.Cause))
		case *CoverEnded:
			told = append(told, fmt.Sprintf("end %s for %s", e.Window, e.For))
		}
	}
	if len(told) == 0 {
		return "nothing"
	}
	return strings.Join(told, ", ")
}

// outcome says what came of a step: the number of an issued or called ticket
// with the reason of the call, what became of a spool, or ok.
func (h *testHall) outcome(events []Event) string {
	h.t.Helper()
	if h.last.Request.Do == protocol.SpoolSync {
		return h.merged(events)
	}
	if len(events) == 0 {
		return "again"
	}
	switch e := events[len(events)-1].(type) {
	case *Issued:
		return e.Number
	case *Called:
		return h.s.Tickets[e.Ticket].Number + " " + e.Why.Text(&h.s.Plan).In(protocol.English)
	}
	return "ok"
}

func (h *testHall) merged(events []Event) string {
	h.t.Helper()
	settled := 0
	for _, e := range events {
		if _, printed := e.(*Printed); !printed {
			settled++
		}
	}
	out, ok := h.s.Answer(h.last)
	if !ok || len(out.Merged) != len(h.last.Request.Spool) {
		h.t.Fatalf("a spool of %d was answered by %v, %v", len(h.last.Request.Spool), out.Merged, ok)
	}
	told := []string{fmt.Sprintf("%d new", settled)}
	for _, m := range out.Merged {
		if m.Refused != nil {
			told = append(told, m.Number+" "+string(m.Refused.Code))
			continue
		}
		told = append(told, string(m.Ticket))
	}
	return strings.Join(told, ", ")
}

// question answers what a step asks without changing anything.
func (h *testHall) question(words []string, now time.Time) (string, bool) {
	h.t.Helper()
	if words[1] == "alarms" {
		return h.alarms(), true
	}
	if len(words) < 3 {
		return "", false
	}
	switch words[1] {
	case "why":
		return h.ticket(words[2]).Why.Text(&h.s.Plan).In(protocol.Chinese), true
	case "stage":
		return string(h.ticket(words[2]).Stage), true
	case "line":
		var numbers []string
		for _, id := range h.s.Lines[protocol.ServiceID(words[2])] {
			numbers = append(numbers, h.s.Tickets[id].Number)
		}
		return strings.Join(numbers, " "), true
	case "post":
		return h.post(protocol.WindowID(words[2])), true
	case "estimate":
		ahead, wait := h.s.Estimate(protocol.ServiceID(words[2]), protocol.Regular, now)
		return rangeText(ahead, wait), true
	case "remaining":
		ahead, wait := h.s.Remaining(h.ticket(words[2]).ID, now)
		return rangeText(ahead, wait), true
	case "figure":
		return h.figure(words[2]), true
	}
	return "", false
}

func (h *testHall) ticket(ref string) *Ticket {
	h.t.Helper()
	t := h.s.Find(protocol.TicketID(ref))
	if t == nil {
		h.t.Fatalf("there is no ticket %s", ref)
	}
	return t
}

func (h *testHall) post(w protocol.WindowID) string {
	post := h.s.Posts[w]
	if post == nil {
		return "none"
	}
	told := []string{string(post.Status)}
	if post.Clerk != "" {
		told = append(told, string(post.Clerk))
	}
	if t := h.s.Tickets[post.Ticket]; t != nil {
		told = append(told, t.Number)
		if t.For != "" {
			told = append(told, "for "+string(t.For))
		}
	}
	if post.Help {
		told = append(told, "help")
	}
	if by := h.s.CoveredBy(w); by != "" {
		told = append(told, "covered by "+string(by))
	}
	return strings.Join(told, " ")
}

func rangeText(ahead int, wait protocol.Range) string {
	if !wait.Known {
		return fmt.Sprintf("%d ahead, unknown", ahead)
	}
	minutes := []int64{wait.LowMS / 60_000, wait.HighMS / 60_000}
	if !slices.IsSorted(minutes) {
		return fmt.Sprintf("%d ahead, %v is no range", ahead, minutes)
	}
	return fmt.Sprintf("%d ahead, %d to %d min", ahead, minutes[0], minutes[1])
}
