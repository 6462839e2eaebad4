package queue

import (
	"time"

	"jiaohao/protocol"
)

// Event is a fact, always a pointer to one of the types below. Events are only ever added to, never renamed: old journals
// must replay. Each type below is one kind.
type Event interface {
	// Kind is the event's stable name in the journal.
	Kind() string
}

// Record is a committed event with its place and time.
type Record struct {
	Seq   uint64
	At    time.Time
	Event Event
}

// By is who caused an event. A request id makes the answer repeatable.
type By struct {
	Device  protocol.DeviceID  `json:"device,omitempty"`
	Person  protocol.ClerkID   `json:"person,omitempty"`
	Request protocol.RequestID `json:"request,omitempty"`
}

// Override is a manager's decision against a rule.
type Override struct {
	Manager protocol.ClerkID `json:"manager"`
	Reason  string           `json:"reason"`
}

// The events.
type (
	// HubStarted opens an epoch: one start of a hub on this journal.
	HubStarted struct {
		Epoch uint64 `json:"epoch"`
	}
	// DayOpened begins a business day with its plan; numbers begin at 001.
	DayOpened struct {
		By
		Day  string `json:"day"` // 2006-01-02
		Plan Plan   `json:"plan"`
	}
	// DayClosed ends a business day; Left tickets were cancelled just before.
	DayClosed struct {
		By
		Day  string `json:"day"`
		Left int    `json:"left"`
	}
	// PlanChanged replaces the plan in the middle of a day.
	PlanChanged struct {
		By
		Plan   Plan   `json:"plan"`
		Reason string `json:"reason"`
	}
	// Issued is a new ticket in the queue of its service.
	Issued struct {
		By
		Ticket    protocol.TicketID  `json:"ticket"`
		Number    string             `json:"number"`
		N         int                `json:"n"` // of its service or, offline, of its dispenser's letter
		Service   protocol.ServiceID `json:"service"`
		Class     protocol.Class     `json:"class"`
		GrantedBy string             `json:"granted_by,omitempty"`
		Reason    string             `json:"reason,omitempty"`
		IssuedAt  time.Time          `json:"issued_at"`         // earlier than the record for a merged offline ticket
		Order     time.Time          `json:"order"`             // its place in line
		Ahead     int                `json:"ahead"`             // as printed
		Wait      protocol.Range     `json:"wait"`              // as printed
		Promise   *Promise           `json:"promise,omitempty"` // as reckoned; old journals have none
		Offline   bool               `json:"offline,omitempty"`
		Label     string             `json:"label,omitempty"` // day under which the dispenser holds it, when that is not today
	}
	// Printed is a slip that came out, or did not.
	Printed struct {
		By
		Ticket protocol.TicketID    `json:"ticket"`
		Print  protocol.PrintReport `json:"print"`
	}
	// Leftover is a spooled ticket that could not join the queue.
	Leftover struct {
		By
		Day    string                 `json:"day"`
		Spool  protocol.SpooledTicket `json:"spool"`
		Reason protocol.Refusal       `json:"reason"`
	}
	// Called is a ticket called to a window for the first time in this visit.
	Called struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Window protocol.WindowID `json:"window"`
		Clerk  protocol.ClerkID  `json:"clerk"`
		For    protocol.WindowID `json:"for,omitempty"` // on behalf of this window
		Why    Why               `json:"why"`
	}
	// Recalled is a repeated call.
	Recalled struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Window protocol.WindowID `json:"window"`
	}
	// Arrived is the citizen at the window: service time begins.
	Arrived struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Window protocol.WindowID `json:"window"`
	}
	// NoShow is a called citizen who did not come.
	NoShow struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Window protocol.WindowID `json:"window"`
	}
	// Reactivated is a missed number back in line.
	Reactivated struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Behind Place             `json:"behind"` // the place right behind this one; without Seq: the time itself
	}
	// Held is a ticket put aside at its window.
	Held struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Window protocol.WindowID `json:"window"`
		Reason string            `json:"reason,omitempty"`
	}
	// Resumed is a held ticket taken up again.
	Resumed struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Window protocol.WindowID `json:"window"`
		Clerk  protocol.ClerkID  `json:"clerk"`
	}
	// Transferred is a ticket sent to another service's queue or to one window,
	// with its number and its place.
	Transferred struct {
		By
		Ticket  protocol.TicketID  `json:"ticket"`
		Window  protocol.WindowID  `json:"window"` // from
		Service protocol.ServiceID `json:"service"`
		To      protocol.WindowID  `json:"to,omitempty"` // only this window may call it
		Reason  string             `json:"reason,omitempty"`
	}
	// Finished is a service that ended with a result.
	Finished struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Window protocol.WindowID `json:"window"`
		Clerk  protocol.ClerkID  `json:"clerk"`
		Result protocol.Result   `json:"result"`
		Reason string            `json:"reason,omitempty"`
	}
	// Cancelled is a ticket that ended without service.
	Cancelled struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Reason string            `json:"reason,omitempty"`
	}
	// Undone takes back the last step at a window.
	Undone struct {
		By
		Window protocol.WindowID `json:"window"`
		Do     protocol.Action   `json:"do"`
		Ticket protocol.TicketID `json:"ticket"`
	}
	// Rated is a citizen's opinion, 1 to 5, or 0: asked at a window and not answered (未评价).
	Rated struct {
		By
		Ticket protocol.TicketID `json:"ticket"`
		Rating int               `json:"rating"`
		Window protocol.WindowID `json:"window,omitempty"` // of the evaluator on which it was pressed; empty: the ticket's page
	}
	// SignedOn is a clerk at a post.
	SignedOn struct {
		By
		Window protocol.WindowID `json:"window"`
		Clerk  protocol.ClerkID  `json:"clerk"`
	}
	// SignedOff is a clerk gone from a post.
	SignedOff struct {
		By
		Window   protocol.WindowID `json:"window"`
		Clerk    protocol.ClerkID  `json:"clerk"`
		Reason   string            `json:"reason,omitempty"`
		Override *Override         `json:"override,omitempty"`
	}
	// WindowPaused is a post left for a while.
	WindowPaused struct {
		By
		Window   protocol.WindowID `json:"window"`
		Reason   string            `json:"reason"`
		Override *Override         `json:"override,omitempty"`
	}
	// WindowUnpaused is a post taken up again.
	WindowUnpaused struct {
		By
		Window protocol.WindowID `json:"window"`
	}
	// HelpAsked is a clerk who needs the manager now.
	HelpAsked struct {
		By
		Window protocol.WindowID `json:"window"`
		Reason string            `json:"reason,omitempty"`
	}
	// HelpAnswered is a manager who has come.
	HelpAnswered struct {
		By
		Window protocol.WindowID `json:"window"`
	}
	// CoverStarted is post Window covering for post For from now on.
	CoverStarted struct {
		Window protocol.WindowID `json:"window"`
		For    protocol.WindowID `json:"for"`
		Cause  CoverCause        `json:"cause"`
	}
	// CoverEnded is the end of a cover.
	CoverEnded struct {
		Window protocol.WindowID `json:"window"`
		For    protocol.WindowID `json:"for"`
	}
	// DeviceWasLost is a device that the broker no longer hears.
	DeviceWasLost struct {
		Device protocol.DeviceID `json:"device"`
	}
	// DeviceCameBack is that device heard again.
	DeviceCameBack struct {
		Device protocol.DeviceID `json:"device"`
	}
)

// CoverCause is why a post covers for its partner.
type CoverCause string

// The causes of cover.
const (
	CoverAway     CoverCause = "away"     // nobody works at the partner's post
	CoverOverload CoverCause = "overload" // its longest wait passed the pair's threshold
	CoverIdle     CoverCause = "idle"     // this post had nobody of its own waiting (of one call, never a state)
)
