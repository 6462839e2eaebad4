package dispenser

import (
	"encoding/json"
	"fmt"
	"time"

	"jiaohao/firmware/escpos"
	layout "jiaohao/firmware/slip"
	"jiaohao/protocol"
)

// View is all that the kiosk page shows, as JSON.
type View struct {
	Ready     bool            `json:"ready"` // the hub has said what this device is, now or before
	Hall      protocol.Text   `json:"hall"`
	Device    string          `json:"device"`
	Away      bool            `json:"away"` // numbers come from this dispenser's own letter
	Services  []ServiceView   `json:"services"`
	Green     []protocol.Text `json:"green"`     // who the green channel is for
	Printer   protocol.Text   `json:"printer"`   // what is wrong with the printer; empty when nothing
	Line      protocol.Text   `json:"line"`      // what is wrong, for who mends it; empty when nothing
	Help      protocol.Text   `json:"help"`      // where to go
	Unprinted []string        `json:"unprinted"` // numbers without paper that can be printed now
	Result    *Result         `json:"result"`    // what the last press came to, while it is shown
}

// ServiceView is a service on the page.
type ServiceView struct {
	Service   protocol.ServiceID `json:"service"`
	Prefix    string             `json:"prefix"`
	Name      protocol.Text      `json:"name"`
	Group     protocol.Text      `json:"group,omitempty"`
	Materials []protocol.Text    `json:"materials,omitempty"`
	Known     bool               `json:"known"` // what follows is known now
	Open      bool               `json:"open"`  // true when not known
	Reason    protocol.Text      `json:"reason,omitempty"`
	Waiting   int                `json:"waiting"`
	Wait      *Minutes           `json:"wait,omitempty"`     // nil: unknown
	Unmanned  bool               `json:"unmanned,omitempty"` // no window at work calls these numbers
}

// Minutes is a range of a wait in whole minutes, rounded outwards.
type Minutes struct {
	Low  int64 `json:"low"`
	High int64 `json:"high"`
}

// Kind is what a press came to.
type Kind string

// The kinds of result.
const (
	ResultWorking Kind = "working" // the hub is being asked
	ResultTicket  Kind = "ticket"  // there is a number
	ResultRefused Kind = "refused" // there is none; Text says why
	ResultList    Kind = "list"    // there is a list of what to bring
)

// Paper is where a ticket's slip is.
type Paper string

// The places of a slip.
const (
	PaperComing  Paper = "coming"
	PaperTaken   Paper = "out"     // out of the printer
	PaperMissing Paper = "missing" // did not come; Text says why and what to do
)

// Result is what the last press came to.
type Result struct {
	No      int                `json:"no"` // rises with each new result
	Kind    Kind               `json:"kind"`
	Service protocol.ServiceID `json:"service"`
	Ticket  *protocol.Ticket   `json:"ticket,omitempty"`
	Wait    *Minutes           `json:"wait,omitempty"` // of the ticket
	Paper   Paper              `json:"paper,omitempty"`
	Again   bool               `json:"again,omitempty"` // a reprint
	Text    protocol.Text      `json:"text,omitempty"`
}

// show puts r on the page for a while.
func (d *Dispenser) show(now time.Time, r Result, keep time.Duration) {
	d.resultNo++
	r.No = d.resultNo
	if r.Ticket != nil {
		r.Wait = minutesOf(r.Ticket.Wait)
	}
	d.result, d.until = &r, now.Add(keep)
}

func minutesOf(r protocol.Range) *Minutes {
	if !r.Known {
		return nil
	}
	low, high := layout.Minutes(r)
	return &Minutes{Low: low, High: high}
}

// refresh sends the view to all pages if it has changed.
func (d *Dispenser) refresh(now time.Time) {
	payload, err := json.Marshal(d.view(now))
	if err != nil {
		panic(fmt.Sprintf("dispenser: view: %v", err)) // plain texts and numbers always encode
	}
	if string(payload) == d.shown {
		return
	}
	d.shown = string(payload)
	d.live.Set(func() []byte { return payload })
}

func (d *Dispenser) view(now time.Time) View {
	v := View{
		Device: string(d.opts.Device), Away: d.away(), Green: GreenReasons(), Help: d.opts.Help, Result: d.result,
		Services: []ServiceView{}, Unprinted: []string{}, Hall: protocol.Text{}, Printer: d.printerText(), Line: protocol.Text{},
	}
	if online := d.opts.Link.Online(); len(d.told.Troubles(online)) > 0 {
		v.Line = d.told.StatusLine(online)
	}
	if d.config == nil {
		return v
	}
	if len(v.Printer) == 0 {
		for _, s := range d.unprinted() {
			v.Unprinted = append(v.Unprinted, s.Ticket.Number)
		}
	}
	v.Ready, v.Hall = true, d.config.HallName
	for _, s := range d.config.Services {
		v.Services = append(v.Services, d.serviceView(s, now))
	}
	return v
}

func (d *Dispenser) serviceView(s protocol.ConfigService, now time.Time) ServiceView {
	v := ServiceView{Service: s.Service, Prefix: s.Prefix, Name: s.Name, Group: s.Group, Materials: s.Materials, Open: true}
	h, known := d.services[s.Service]
	if !known || d.away() && now.Sub(h.at) >= staleAfter {
		return v
	}
	v.Open = h.state.Open
	if !v.Open {
		v.Reason = closedText(h.state)
	}
	if !d.away() {
		v.Known, v.Waiting, v.Wait, v.Unmanned = true, h.state.Waiting, minutesOf(h.state.Wait), h.state.Unmanned
	}
	return v
}

// printerText says what is wrong with the printer, or nothing. Silence counts
// only for a printer that should answer.
func (d *Dispenser) printerText() protocol.Text {
	if !d.opts.Profile.Answers() {
		return protocol.Text{}
	}
	switch d.printer.Problem() {
	case escpos.ProblemNone, escpos.ProblemPaperLow:
		return protocol.Text{}
	case escpos.ProblemPaperOut:
		return protocol.Say("打印纸用完，取号后请记住屏幕上的号码", "Out of paper: please remember the number on the screen")
	case escpos.ProblemCover:
		return protocol.Say("打印机盖子未关，取号后请记住屏幕上的号码", "Printer cover open: please remember the number on the screen")
	default:
		return protocol.Say("打印机故障，取号后请记住屏幕上的号码", "Printer fault: please remember the number on the screen")
	}
}
