package queue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"jiaohao/protocol"
)

// anyPlan draws a plan of 1 to 8 services and 1 to 12 windows, with no pairs, A/B
// pairs or a ring of neighbours, and any rules.
func anyPlan(t *rapid.T) Plan {
	p := Plan{Version: 1, Hall: "any", Name: protocol.Say("大厅", "Hall"), Zone: "Asia/Shanghai"}
	services := rapid.IntRange(1, 8).Draw(t, "services")
	for i := range services {
		id := string(rune('a' + i))
		p.Services = append(p.Services, Service{
			ID: protocol.ServiceID("s" + id), Prefix: strings.ToUpper(id), Name: protocol.Say("业务"+id, "Service "+id),
			Typical:    Duration(rapid.SampledFrom([]time.Duration{0, time.Second, 6 * time.Minute}).Draw(t, "typical")),
			MaxWaiting: rapid.SampledFrom([]int{0, 0, 3}).Draw(t, "max_waiting"),
			Quota:      rapid.SampledFrom([]int{0, 0, 5}).Draw(t, "quota"),
		})
	}
	windows := rapid.IntRange(1, 12).Draw(t, "windows")
	for i := range windows {
		w := Window{ID: protocol.WindowID(fmt.Sprint(i + 1)), Name: protocol.Say("窗口", "Window")}
		for j := range services {
			if j%windows == i || rapid.IntRange(0, 3).Draw(t, "serves") == 0 {
				w.Primary = append(w.Primary, p.Services[j].ID)
			}
		}
		if len(w.Primary) == 0 {
			w.Primary = append(w.Primary, p.Services[i%services].ID)
		}
		p.Windows = append(p.Windows, w)
		p.Clerks = append(p.Clerks, Clerk{ID: protocol.ClerkID(fmt.Sprintf("c%d", i+1)), Name: protocol.Say("职员", "Clerk"), PIN: "$argon2id$"})
		p.Devices = append(p.Devices, Device{ID: protocol.DeviceID(fmt.Sprintf("t%d", i+1)), Kind: protocol.KindTerminal, Window: w.ID})
	}
	p.Devices = append(p.Devices,
		Device{ID: "d1", Kind: protocol.KindDispenser, Letter: "Y"},
		Device{ID: "d2", Kind: protocol.KindDispenser, Letter: "Z"},
		Device{ID: "d3", Kind: protocol.KindDispenser})
	anyPairs(t, &p)
	anyRule(t, &p)
	p.Classes = Classes{
		GreenInRow: rapid.IntRange(0, 3).Draw(t, "green_in_row"),
		Aging:      Duration(rapid.SampledFrom([]time.Duration{0, time.Minute, 10 * time.Minute}).Draw(t, "aging")),
	}
	p.Missed = Missed{After: rapid.IntRange(0, 3).Draw(t, "after"), Times: rapid.IntRange(0, 3).Draw(t, "times")}
	if rapid.Bool().Draw(t, "reentry at the end") {
		p.Missed.Reentry = "end"
	}
	if err := p.Check(); err != nil {
		t.Fatalf("the drawn plan is wrong: %v", err)
	}
	return p
}

// anyRule draws a calling order and its parameters.
func anyRule(t *rapid.T, p *Plan) {
	p.Rule = rapid.SampledFrom([]string{"", RuleAPQ, RuleAPQ, RuleAPQ, RuleLongest, RulePriority, RuleOwnFirst}).Draw(t, "rule")
	if p.Rule != RuleAPQ {
		return
	}
	dial := rapid.SampledFrom([]float64{0, 0.5, 1, 2}).Draw(t, "dial")
	p.APQ = APQ{
		Dial: &dial, Strict: rapid.IntRange(0, 3).Draw(t, "strict") == 0,
		Skips: rapid.SampledFrom([]int{0, 1, 1, 2, 3}).Draw(t, "skips"), On: rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "on"),
		Patience: rapid.SampledFrom([]float64{0, 0.5, 1}).Draw(t, "patience"),
	}
	for i := range p.Services {
		p.Services[i].Promise = Duration(rapid.SampledFrom([]time.Duration{0, 5 * time.Minute, 15 * time.Minute, time.Hour}).Draw(t, "promise"))
	}
}

func anyPairs(t *rapid.T, p *Plan) {
	n := len(p.Windows)
	step := rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "no pairs, ring, pairs")
	if step == 0 || n < 2 {
		return
	}
	for i := 0; i < n; i += step {
		a, b := p.Windows[i].ID, p.Windows[(i+1)%n].ID
		again := slices.ContainsFunc(p.Pairs, func(q Pair) bool { return q.A == b && q.B == a })
		if a == b || again || (step == 2 && i+1 >= n) {
			continue
		}
		pair := Pair{
			A: a, B: b, IdleHelp: rapid.Bool().Draw(t, "idle_help"),
			Mode:  rapid.SampledFrom([]PairMode{"", Mutual, OneWay}).Draw(t, "mode"),
			Delay: Duration(rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "delay")),
			On:    Duration(rapid.SampledFrom([]time.Duration{0, 1, 5 * time.Minute}).Draw(t, "on")),
		}
		if rapid.IntRange(0, 3).Draw(t, "some services") == 0 {
			pair.Services = []protocol.ServiceID{p.Services[0].ID}
		}
		p.Pairs = append(p.Pairs, pair)
	}
}

// act lets time pass, or step back, and sends one command of any kind.
func (m *machine) act() {
	pass := rapid.SampledFrom([]time.Duration{0, 0, time.Second, 20 * time.Second, 90 * time.Second, 8 * time.Minute, -time.Hour}).Draw(m.t, "pass")
	if pass < 0 {
		m.now = m.s.At.Add(-time.Minute) // the hub's clock was set back
	} else {
		m.now = m.now.Add(pass)
	}
	switch rapid.IntRange(0, 99).Draw(m.t, "what") % 32 {
	case 31:
		if rapid.IntRange(0, 2).Draw(m.t, "turn of the day") == 0 {
			m.turn()
		}
	case 30:
		m.send(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: PlanChange}, Plan: m.changed()})
	case 2, 3:
		do := rapid.SampledFrom([]protocol.Action{DeviceLost, DeviceBack}).Draw(m.t, "do")
		device := protocol.DeviceID(fmt.Sprintf("t%d", m.window()+1))
		m.send(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: do}, Device: device})
	case 4:
		m.late = !m.late
	case 5:
		m.again()
	case 6, 7:
		m.spool()
	case 8, 9, 10, 11, 12, 13, 14:
		m.issue()
	case 15, 16, 17:
		m.ticketAction()
	default:
		m.windowAction()
	}
}

func (m *machine) turn() {
	manager := Source{Role: RoleManager, Device: "web", Person: "c1"}
	switch rapid.IntRange(0, 3).Draw(m.t, "turn") {
	case 0:
		m.openDay(m.s.Plan)
	case 1:
		m.openDay(anyPlan(m.t))
	case 2:
		m.send(Command{From: manager, Request: protocol.Request{ID: m.newID(), Do: DayClose, Reason: m.reason()}})
	default:
		m.send(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: HubStart}, Epoch: m.s.Epoch + 1})
	}
}

// changed is the plan with something else: a window or a service less, other
// pairs, a letter that moves, or another plan altogether.
func (m *machine) changed() *Plan {
	p := m.s.Plan
	switch rapid.IntRange(0, 4).Draw(m.t, "change") {
	case 0:
		p.Pairs = nil
		p.Windows = slices.Delete(slices.Clone(p.Windows), len(p.Windows)-1, len(p.Windows))
		p.Devices = slices.DeleteFunc(slices.Clone(p.Devices), func(d Device) bool { return d.Window != "" && p.Window(d.Window) == nil })
	case 1:
		p.Pairs = nil
		anyPairs(m.t, &p)
	case 2:
		p.Devices = slices.Clone(p.Devices)
		for i := range p.Devices {
			if d := &p.Devices[i]; d.Kind == protocol.KindDispenser {
				d.Letter = map[string]string{"Y": "Z", "Z": "X", "": "Y", "X": ""}[d.Letter]
			}
		}
	case 3:
		p.Services = slices.Clone(p.Services)
		p.Services[0].Prefix = rapid.SampledFrom([]string{"A", "X", "Q"}).Draw(m.t, "prefix")
	default:
		p = anyPlan(m.t)
	}
	return &p
}

// again repeats an old request, with its old content or with another's id.
func (m *machine) again() {
	old := m.sent[rapid.IntRange(0, len(m.sent)-1).Draw(m.t, "again")].c
	switch old.Request.Do {
	case HubStart, DayOpen, Tick, PlanChange:
		return
	}
	m.send(old)
}

func (m *machine) spool() {
	device := rapid.SampledFrom([]protocol.DeviceID{"d1", "d2", "d3"}).Draw(m.t, "device")
	r := protocol.Request{ID: m.newID(), Do: protocol.SpoolSync}
	for range rapid.IntRange(0, 4).Draw(m.t, "spooled") {
		letter := rapid.SampledFrom([]string{"Y", "Y", "Z", "A", "x"}).Draw(m.t, "letter")
		r.Spool = append(r.Spool, protocol.SpooledTicket{
			Number:  fmt.Sprintf("%s%03d", letter, rapid.IntRange(0, 12).Draw(m.t, "number")),
			Service: m.service(),
			Class:   rapid.SampledFrom([]protocol.Class{"", protocol.Green}).Draw(m.t, "class"),
			Printed: rapid.Bool().Draw(m.t, "printed"),
			AgoMS:   rapid.SampledFrom([]int64{0, 60_000, 7_200_000, 1 << 62}).Draw(m.t, "ago"),
			Day:     rapid.SampledFrom([]string{"", m.s.Day, "2026-11-22", "2026-11-24"}).Draw(m.t, "day"),
		})
	}
	m.send(Command{From: Source{Role: RoleDevice, Kind: protocol.KindDispenser, Device: device}, Request: r})
}

func (m *machine) issue() {
	r := protocol.Request{ID: m.newID(), Do: protocol.TicketIssue, Service: m.service()}
	switch rapid.IntRange(0, 5).Draw(m.t, "class") {
	case 0, 1:
		r.Class, r.GrantedBy = protocol.Green, "self"
	case 2:
		r.Class, r.AppointmentMS = protocol.Appointment, int64(rapid.IntRange(8, 18).Draw(m.t, "hour"))*3_600_000
	}
	m.send(Command{From: Source{Role: RoleDevice, Kind: protocol.KindDispenser, Device: "d1"}, Request: r})
}

func (m *machine) ticketAction() {
	r := protocol.Request{
		ID: m.newID(), Rating: rapid.IntRange(0, 5).Draw(m.t, "rating"), Reason: m.reason(),
		Do: rapid.SampledFrom([]protocol.Action{
			protocol.TicketReactivate, protocol.TicketReactivate, protocol.TicketCancel, protocol.TicketRate, protocol.TicketPrinted,
		}).Draw(m.t, "do"),
	}
	r.Ticket = m.ticket(r.Do)
	if rapid.Bool().Draw(m.t, "print") {
		r.Print = &protocol.PrintReport{OK: true}
	}
	from := rapid.SampledFrom([]Source{
		{Role: RoleDevice, Kind: protocol.KindDispenser, Device: "d1"},
		{Role: RoleManager, Device: "web", Person: "c1"},
		{Role: RoleCitizen, Device: "phone", Ticket: r.Ticket},
	}).Draw(m.t, "from")
	m.send(Command{From: from, Request: r})
}

// keys are what a clerk would press, by what is at the window.
var keys = map[string][]protocol.Action{
	"closed": {protocol.WindowSignOn},
	"paused": {protocol.WindowUnpause, protocol.WindowUnpause, protocol.WindowSignOff},
	"called": {
		protocol.WindowArrived, protocol.WindowArrived, protocol.WindowNoShow, protocol.WindowNoShow, protocol.WindowRecall,
		protocol.WindowUndo, protocol.WindowTransfer, protocol.WindowHold,
	},
	"serving": {
		protocol.WindowFinish, protocol.WindowCallNext, protocol.WindowCallNext, protocol.WindowHold, protocol.WindowTransfer,
		protocol.WindowUndo, protocol.WindowHelp,
	},
	"free": {
		protocol.WindowCallNext, protocol.WindowCallNext, protocol.WindowCallNext, protocol.WindowCallNext, protocol.WindowCall,
		protocol.WindowResume, protocol.WindowUndo, protocol.WindowUndo, protocol.WindowPause, protocol.WindowSignOff,
	},
	"any": {
		protocol.WindowCallNext, protocol.WindowArrived, protocol.WindowFinish, protocol.WindowNoShow, protocol.WindowHold,
		protocol.WindowResume, protocol.WindowTransfer, protocol.WindowUndo, protocol.WindowCall, protocol.WindowRecall,
		protocol.WindowHelp, protocol.WindowPause, protocol.WindowUnpause, protocol.WindowSignOn, protocol.WindowSignOff,
	},
}

func (m *machine) keysAt(i int) []protocol.Action {
	post := m.s.Posts[m.s.Plan.Windows[i].ID]
	t := m.s.Tickets[post.Ticket]
	switch {
	case rapid.IntRange(0, 5).Draw(m.t, "any key") == 0:
		return keys["any"]
	case t != nil:
		return keys[string(t.Stage)]
	case post.Status == protocol.Closed || post.Status == protocol.Paused:
		return keys[string(post.Status)]
	}
	return keys["free"]
}

func (m *machine) windowAction() {
	i := m.window()
	r := protocol.Request{ID: m.newID(), Reason: m.reason(), Do: rapid.SampledFrom(m.keysAt(i)).Draw(m.t, "do")}
	switch r.Do {
	case protocol.WindowSignOn:
		r.Clerk = protocol.ClerkID(fmt.Sprintf("c%d", i+1))
		if rapid.IntRange(0, 3).Draw(m.t, "another clerk") == 0 {
			r.Clerk = protocol.ClerkID(fmt.Sprintf("c%d", m.window()+2))
		}
	case protocol.WindowCall, protocol.WindowResume:
		r.Ticket = m.ticket(r.Do)
	case protocol.WindowTransfer:
		r.Service = m.service()
		if rapid.Bool().Draw(m.t, "to a window") {
			r.ToWindow = protocol.WindowID(fmt.Sprint(m.window() + 1))
		}
	case protocol.WindowFinish:
		r.Result = rapid.SampledFrom([]protocol.Result{"", protocol.Returned}).Draw(m.t, "result")
	case protocol.WindowSignOff, protocol.WindowPause:
		r.Manager = rapid.SampledFrom([]protocol.ClerkID{"", "c1"}).Draw(m.t, "manager")
	}
	from := m.terminal(i)
	if rapid.IntRange(0, 5).Draw(m.t, "by manager") == 0 {
		from, r.Window = Source{Role: RoleManager, Device: "web", Person: "c1"}, from.Window
	}
	m.send(Command{From: from, Request: r})
}

func (m *machine) terminal(i int) Source {
	id := fmt.Sprint(i + 1)
	return Source{Role: RoleDevice, Kind: protocol.KindTerminal, Device: protocol.DeviceID("t" + id), Window: protocol.WindowID(id)}
}

func (m *machine) window() int {
	return rapid.IntRange(0, len(m.s.Plan.Windows)-1).Draw(m.t, "window")
}

func (m *machine) service() protocol.ServiceID {
	i := rapid.IntRange(0, 20).Draw(m.t, "service")
	if i == 20 {
		return "nothing"
	}
	return m.s.Plan.Services[i%len(m.s.Plan.Services)].ID
}

func (m *machine) reason() string {
	return rapid.SampledFrom([]string{"", "原因"}).Draw(m.t, "reason")
}

// ticket draws a ticket of the day, mostly one with which that can be done.
func (m *machine) ticket(do protocol.Action) protocol.TicketID {
	fits := map[protocol.Action][]protocol.Stage{
		protocol.TicketReactivate: {protocol.NoShow},
		protocol.TicketRate:       {protocol.Finished},
		protocol.WindowResume:     {protocol.Held},
		protocol.WindowCall:       {protocol.NoShow, protocol.Waiting},
	}[do]
	if rapid.IntRange(0, 5).Draw(m.t, "any ticket") == 0 {
		fits = nil
	}
	ids := []protocol.TicketID{"X999"}
	for id, t := range m.s.Tickets {
		if fits == nil || slices.Contains(fits, t.Stage) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(m.t, "ticket")
}
