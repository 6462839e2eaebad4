package protocol

// Action is what a request asks for: the "do" of the wire.
type Action string

// The actions, with the fields that each uses. The first group is a dispenser's (a
// guest may issue and cancel, a phone cancel and rate), the second a terminal's for its own
// window; a manager may do all of them over HTTP.
const (
	TicketIssue      Action = "ticket.issue"      // service, class, granted_by, reason, appointment_ms
	TicketPrinted    Action = "ticket.printed"    // ticket, print
	TicketCancel     Action = "ticket.cancel"     // ticket, reason
	TicketReactivate Action = "ticket.reactivate" // ticket; a missed number comes back by the hall's rule
	TicketRate       Action = "ticket.rate"       // ticket, rating; also a terminal's, from the evaluator of its window
	SpoolSync        Action = "spool.sync"        // spool: the tickets that a dispenser issued without the hub

	WindowSignOn   Action = "window.sign_on"   // clerk, pin
	WindowSignOff  Action = "window.sign_off"  // reason, and manager with manager_pin to override "never both away"
	WindowPause    Action = "window.pause"     // reason, override as above
	WindowUnpause  Action = "window.unpause"   // no field: the window works again
	WindowCallNext Action = "window.call_next" // no field: the hub picks the ticket and says why
	WindowCall     Action = "window.call"      // ticket, reason: a chosen ticket
	WindowRecall   Action = "window.recall"    // no field: the same number once more
	WindowArrived  Action = "window.arrived"   // no field: the person is here, service begins
	WindowNoShow   Action = "window.no_show"   // no field: the person did not come
	WindowHold     Action = "window.hold"      // reason
	WindowResume   Action = "window.resume"    // ticket: one that is held
	WindowTransfer Action = "window.transfer"  // service or to_window, reason
	WindowFinish   Action = "window.finish"    // result
	WindowUndo     Action = "window.undo"      // no field: takes back the last action while it can be
	WindowHelp     Action = "window.help"      // reason
)

// Actions lists every action of the contract, in its order.
func Actions() []Action {
	return []Action{
		TicketIssue, TicketPrinted, TicketCancel, TicketReactivate, TicketRate,
		WindowSignOn, WindowSignOff, WindowPause, WindowUnpause, WindowCallNext, WindowCall,
		WindowRecall, WindowArrived, WindowNoShow, WindowHold, WindowResume, WindowTransfer,
		WindowFinish, WindowUndo, WindowHelp, SpoolSync,
	}
}

// Class is a priority class.
type Class string

// The priority classes.
const (
	Regular     Class = "regular"     // 普通号
	Green       Class = "green"       // 绿色通道: old, disabled, with an infant; who granted it is recorded
	Appointment Class = "appointment" // 预约号: joins the queue by its appointed time
)

// Request is one command from a device, on its request topic or over HTTP. Which
// fields an action uses stands at the [Action]; the others stay empty.
type Request struct {
	Version int       `json:"v,omitempty"` // wire version; 0 means 1
	ID      RequestID `json:"id"`          // made at the source; repeat it until the reply comes
	Do      Action    `json:"do"`          // what is asked for

	Service       ServiceID       `json:"service,omitempty"`        // of ticket.issue, and of window.transfer to a service
	Class         Class           `json:"class,omitempty"`          // empty means regular
	GrantedBy     string          `json:"granted_by,omitempty"`     // who granted the green channel: "self" from a device, a clerk's id over HTTP
	AppointmentMS int64           `json:"appointment_ms,omitempty"` // ms from local midnight of the appointed time
	Ticket        TicketID        `json:"ticket,omitempty"`         // a ticket's id or, today, its number
	Print         *PrintReport    `json:"print,omitempty"`          // of ticket.printed
	Rating        int             `json:"rating,omitempty"`         // 1 (very bad) to 5 (very good); 0 from an evaluator: asked and not answered
	Spool         []SpooledTicket `json:"spool,omitempty"`          // of spool.sync, at most SpoolMax

	Window     WindowID `json:"window,omitempty"`      // over HTTP; a terminal's own window is known by its enrolment
	ToWindow   WindowID `json:"to_window,omitempty"`   // of window.transfer to a window
	Clerk      ClerkID  `json:"clerk,omitempty"`       // of window.sign_on: who signs on
	PIN        string   `json:"pin,omitempty"`         // 4 to 12 digits; never stored, never logged
	Manager    ClerkID  `json:"manager,omitempty"`     // who overrides a rule, with manager_pin and reason
	ManagerPIN string   `json:"manager_pin,omitempty"` // as pin
	Result     Result   `json:"result,omitempty"`      // finish code; empty means done
	Reason     string   `json:"reason,omitempty"`      // at most TextMax runes
}

// PrintReport says what became of a slip.
type PrintReport struct {
	OK    bool   `json:"ok"`              // paper out of the printer, as its status says
	Fault string `json:"fault,omitempty"` // why not: no_answer, paper_out, cover_open, jam, broken, hot, cutter, offline, write_failed
	Again bool   `json:"again,omitempty"` // a reprint, marked as such on the slip
}

// SpooledTicket is a ticket that a dispenser issued while the hub was away.
type SpooledTicket struct {
	Number  string    `json:"number"`            // the dispenser's own letter and three digits or more, such as "Y012"
	Service ServiceID `json:"service"`           // for which it was issued
	Class   Class     `json:"class,omitempty"`   // regular or green; empty means regular
	AgoMS   int64     `json:"ago_ms"`            // ms since it was issued, at the time of sending
	Printed bool      `json:"printed,omitempty"` // paper came out
	Day     string    `json:"day,omitempty"`     // business day that the dispenser last knew, 2006-01-02
}

// Result is a finish code (办理结果).
type Result string

// The finish codes: the six kinds of matter (六办件), consultation, and plain done.
const (
	Done         Result = "done"         // 办结
	Immediate    Result = "immediate"    // 即办件
	Promised     Result = "promised"     // 承诺件
	Joint        Result = "joint"        // 联办件
	Returned     Result = "returned"     // 退回件, with a reason
	Supplement   Result = "supplement"   // 补办件
	Urgent       Result = "urgent"       // 急办件
	Reported     Result = "reported"     // 上报件
	Consultation Result = "consultation" // 咨询
)

// Results lists the finish codes in the order of the keypad.
func Results() []Result {
	return []Result{Done, Immediate, Promised, Joint, Returned, Supplement, Urgent, Reported, Consultation}
}

// Reply answers one request. Exactly one of OK and Refused is set.
type Reply struct {
	Version int       `json:"v,omitempty"`       // wire version; 0 means 1
	ID      RequestID `json:"id"`                // of the request
	OK      *OK       `json:"ok,omitempty"`      // it is done and in the journal
	Refused *Refusal  `json:"refused,omitempty"` // nothing was done, for this reason
}

// OK is what was committed.
type OK struct {
	Ticket *Ticket        `json:"ticket,omitempty"` // the ticket that the command concerned, as it was then
	Why    Text           `json:"why,omitempty"`    // of a call: why this ticket
	Merged []MergedTicket `json:"merged,omitempty"` // of spool.sync: one line for each ticket sent, in order
}

// MergedTicket says what became of one spooled ticket. Every line, also a
// refused one, is final: the dispenser need not send it again.
type MergedTicket struct {
	Number  string   `json:"number"`            // as it was sent
	Ticket  TicketID `json:"ticket,omitempty"`  // its id from now on; empty when refused
	Refused *Refusal `json:"refused,omitempty"` // kept in the journal as a leftover for the manager
}
