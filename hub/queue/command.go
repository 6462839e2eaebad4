package queue

import "jiaohao/protocol"

// Actions of the hub itself and of managers, beside those of the wire.
const (
	HubStart   protocol.Action = "hub.start"   // first command of every start: Epoch
	DayOpen    protocol.Action = "day.open"    // Plan, Day; closes a day that was left open
	DayClose   protocol.Action = "day.close"   //
	PlanChange protocol.Action = "plan.change" // Plan, Reason
	DeviceLost protocol.Action = "device.lost" // Device
	DeviceBack protocol.Action = "device.back" // Device
	Tick       protocol.Action = "tick"        // when State.Deadline is due

	ForeseeLate protocol.Action = "foresee.late" // Late: what a forecast says of every line
	LearnNight  protocol.Action = "learn.night"  // Figures: what the closing day has taught
	ResetFigure protocol.Action = "figure.reset" // Figure, Reason
)

// Role is what a sender may do.
type Role string

// The roles.
const (
	RoleHub     Role = "hub"     // the hub itself
	RoleDevice  Role = "device"  // a device, by its kind
	RoleCitizen Role = "citizen" // who holds a ticket's link: that ticket only
	RoleClerk   Role = "clerk"   // over HTTP, as a terminal of its window
	RoleManager Role = "manager" // everything
)

// Source is who sent a command. It comes from the account, never from the payload.
type Source struct {
	Role   Role                `json:"role"`
	Device protocol.DeviceID   `json:"device,omitempty"` // or a name for the web session: scope of request ids
	Kind   protocol.DeviceKind `json:"kind,omitempty"`
	Window protocol.WindowID   `json:"window,omitempty"` // that a terminal belongs to
	Person protocol.ClerkID    `json:"person,omitempty"` // who is logged in over HTTP
	Ticket protocol.TicketID   `json:"ticket,omitempty"` // that a citizen's link opens
}

// Command is one request and who sent it. PINs have been checked and cleared
// before: Decide takes Request.Clerk and Request.Manager as proven.
type Command struct {
	From    Source
	Request protocol.Request

	Plan    *Plan             // of DayOpen and PlanChange
	Day     string            // of DayOpen, 2006-01-02
	Epoch   uint64            // of HubStart
	Device  protocol.DeviceID // of DeviceLost and DeviceBack
	Late    []Lateness        // of ForeseeLate; a service that is missing is not late
	Figures *Figures          // of LearnNight
	Figure  string            // of ResetFigure, as FigureKey writes it; empty means all
}

// Outcome is what a command came to: enough to give the same answer again.
type Outcome struct {
	Ticket  protocol.TicketID       `json:"ticket,omitempty"`
	Service protocol.ServiceID      `json:"service,omitempty"`
	Stage   protocol.Stage          `json:"stage,omitempty"`
	Window  protocol.WindowID       `json:"window,omitempty"`
	Issue   bool                    `json:"issue,omitempty"` // the reply carries the promise made at issue
	Why     *Why                    `json:"why,omitempty"`
	Merged  []protocol.MergedTicket `json:"-"` // of spool.sync: found again by number
}
