package protocol

import "time"

// Stamp orders the retained states of one topic. A receiver ignores a state
// whose stamp is not newer than the one it has. Epoch rises at each start of
// the hub, Seq with each publication inside it.
type Stamp struct {
	Epoch uint64 `json:"epoch"` // rises at each start of the hub
	Seq   uint64 `json:"seq"`   // rises with each publication inside an epoch
}

// NewerThan reports whether s was published after old.
func (s Stamp) NewerThan(old Stamp) bool {
	if s.Epoch != old.Epoch {
		return s.Epoch > old.Epoch
	}
	return s.Seq > old.Seq
}

// Presence is a device's birth (online) and its will (offline), retained.
type Presence struct {
	Online  bool       `json:"online"`            // true in the birth, false in the will
	Kind    DeviceKind `json:"kind"`              // what the device is
	Version string     `json:"version,omitempty"` // of the program
	Boot    string     `json:"boot,omitempty"`    // random, new at each start: two boots alternating are two boxes with one name
	Session int        `json:"session,omitempty"` // connections of this boot so far: a new one gets all states once more
}

// DeviceKind is what a device is.
type DeviceKind string

// The kinds of device.
const (
	KindDispenser DeviceKind = "dispenser" // 取号机
	KindDisplay   DeviceKind = "display"   // 窗口屏
	KindTerminal  DeviceKind = "terminal"  // 窗口终端
	KindAnnouncer DeviceKind = "announcer" // 语音终端
	KindGuest     DeviceKind = "guest"     // a program of somebody else: may watch the public states and issue tickets
)

// Health is what a device knows of its own parts, retained.
type Health struct {
	Faults      []Fault `json:"faults,omitempty"`        // what is wrong now; empty is well
	Paper       string  `json:"paper,omitempty"`         // ok, low, out, unknown
	PaperSlips  int     `json:"paper_slips,omitempty"`   // slips that the roll is good for, about; 0 is not known or none
	PaperDays   int     `json:"paper_days,omitempty"`    // days that it lasts at the usual rate, about; 0 is not known
	SpoolDepth  int     `json:"spool_depth,omitempty"`   // tickets and reports that wait for the hub
	DiskFreeMiB int64   `json:"disk_free_mib,omitempty"` // free disk, MiB
	CPUMilliC   int64   `json:"cpu_milli_c,omitempty"`   // temperature, thousandths of a degree Celsius
	UptimeMS    int64   `json:"uptime_ms,omitempty"`     // ms since the program started
}

// Fault is one thing that is wrong with a device, in words that a janitor understands.
type Fault struct {
	Part string `json:"part"` // printer, panel, button, disk, link
	Code string `json:"code"` // paper_out, cover_open, stuck, …
	Text Text   `json:"text"` // for the person with the screwdriver
}

// Ticket is a ticket as a citizen, a clerk or a dispenser may see it.
type Ticket struct {
	ID          TicketID  `json:"id"`                    // for ever
	Number      string    `json:"number"`                // on the slip: prefix and at least three digits, "A012"
	Service     ServiceID `json:"service"`               // for which it waits
	ServiceName Text      `json:"service_name"`          // of the service
	Class       Class     `json:"class"`                 // priority
	Stage       Stage     `json:"stage"`                 // where it is in its life
	IssuedAt    time.Time `json:"issued_at"`             // by the hub's clock
	Ahead       int       `json:"ahead"`                 // people who will be called before, at this moment
	Wait        Range     `json:"wait"`                  // estimate from this moment to the call
	Window      WindowID  `json:"window,omitempty"`      // of a called, serving or held ticket
	WindowName  Text      `json:"window_name,omitempty"` // of the window
	Link        string    `json:"link,omitempty"`        // URL of the phone page, for the QR code
	Offline     bool      `json:"offline,omitempty"`     // issued by a dispenser without the hub
}

// Stage is where a ticket is in its life.
type Stage string

// The stages of a ticket.
const (
	Waiting   Stage = "waiting"   // 等候
	Called    Stage = "called"    // 已叫号
	Serving   Stage = "serving"   // 办理中
	Held      Stage = "held"      // 挂起
	NoShow    Stage = "no_show"   // 过号
	Finished  Stage = "finished"  // 办结
	Cancelled Stage = "cancelled" // 已取消
)

// Range is an estimate of a wait. When Known is false there is none, and
// faces say so.
type Range struct {
	Known  bool  `json:"known"`             // false: there is no estimate
	LowMS  int64 `json:"low_ms,omitempty"`  // ms at least
	HighMS int64 `json:"high_ms,omitempty"` // ms at most
}

// Status is what a window is doing.
type Status string

// The states of a window (post).
const (
	Closed Status = "closed" // nobody signed on
	Open   Status = "open"   // somebody is signed on and works
	Paused Status = "paused" // signed on, but away for a while
	Away   Status = "away"   // signed on, but its terminal is lost
)

// WindowState is all that a window's panel and terminal show, retained.
type WindowState struct {
	Version int `json:"v,omitempty"` // wire version; 0 means 1
	Stamp
	At        time.Time `json:"at"`                   // when the hub said this
	Window    WindowID  `json:"window"`               // id
	Label     string    `json:"label"`                // short, for a panel and a voice: "3"
	Name      Text      `json:"name"`                 // for people
	Status    Status    `json:"status"`               // what the window is doing
	Clerk     ClerkID   `json:"clerk,omitempty"`      // who is signed on
	ClerkName Text      `json:"clerk_name,omitempty"` // of the clerk
	Reason    string    `json:"reason,omitempty"`     // of a pause
	Since     time.Time `json:"since"`                // of the status

	Current *Current `json:"current,omitempty"` // the ticket at the window, when there is one
	Notice  Text     `json:"notice,omitempty"`  // short text for the panel when there is none: paused, go to window B

	Waiting  int          `json:"waiting"`             // that this window may call now
	Queues   []Queue      `json:"queues,omitempty"`    // the lines behind waiting, one for each service
	Next     *NextUp      `json:"next,omitempty"`      // what call-next would call; none when nobody waits
	HeldHere []HeldTicket `json:"held_here,omitempty"` // tickets held by this window
	Partner  *Partner     `json:"partner,omitempty"`   // the other post of the pair
	Undo     *Undo        `json:"undo,omitempty"`      // what can be taken back now
	Rate     *Rate        `json:"rate,omitempty"`      // whom the window's evaluator asks
	Served   int          `json:"served"`              // finished here today
	Help     bool         `json:"help,omitempty"`      // the clerk has asked for help
}

// Current is the ticket at a window.
type Current struct {
	Ticket      TicketID  `json:"ticket"`              // its id
	Number      string    `json:"number"`              // as on the slip
	Service     ServiceID `json:"service"`             // for which it came
	ServiceName Text      `json:"service_name"`        // of the service
	Class       Class     `json:"class"`               // priority
	Stage       Stage     `json:"stage"`               // called or serving
	Call        uint64    `json:"call"`                // journal sequence of the last call or recall: a panel blinks when it grows
	Calls       int       `json:"calls"`               // how often called for this visit to the window
	CallsMax    int       `json:"calls_max"`           // calls that the plan allows
	Since       time.Time `json:"since"`               // of the stage
	WaitMS      int64     `json:"wait_ms"`             // from issue to first call
	ServedMS    int64     `json:"served_ms,omitempty"` // service time before a hold, to be added
	Why         Text      `json:"why,omitempty"`       // why this ticket was called
	For         WindowID  `json:"for,omitempty"`       // on behalf of this window
}

// Queue is one service's line as a window sees it.
type Queue struct {
	Service ServiceID `json:"service"`         // id
	Name    Text      `json:"name"`            // for people
	Waiting int       `json:"waiting"`         // tickets
	Cover   bool      `json:"cover,omitempty"` // the partner's service, covered now
}

// NextUp is what call-next would call now.
type NextUp struct {
	Number      string    `json:"number"`       // as on the slip
	Service     ServiceID `json:"service"`      // id
	ServiceName Text      `json:"service_name"` // for people
	Class       Class     `json:"class"`        // priority
	IssuedAt    time.Time `json:"issued_at"`    // by the hub's clock
	Why         Text      `json:"why"`          // why it is the next
}

// HeldTicket is a ticket that a window holds.
type HeldTicket struct {
	Ticket TicketID  `json:"ticket"`           // its id
	Number string    `json:"number"`           // as on the slip
	Since  time.Time `json:"since"`            // when it was put on hold
	Reason string    `json:"reason,omitempty"` // as the clerk typed it
}

// Partner is the other post of an A/B pair.
type Partner struct {
	Window  WindowID `json:"window"`            // id
	Label   string   `json:"label"`             // short, as on its panel
	Name    Text     `json:"name"`              // for people
	Status  Status   `json:"status"`            // what it is doing
	Number  string   `json:"number,omitempty"`  // of the ticket there now
	Waiting int      `json:"waiting"`           // tickets that it may call now
	Covers  bool     `json:"covers,omitempty"`  // it covers for this window now
	Covered bool     `json:"covered,omitempty"` // this window covers for it now
}

// Rate is the ticket that a window's evaluator may rate: who is served there, else who was
// finished last.
type Rate struct {
	Ticket TicketID `json:"ticket"`          // its id
	Number string   `json:"number"`          // as on the slip
	Rated  bool     `json:"rated,omitempty"` // somebody has rated it: how, is nobody's business at the window
}

// Undo is what can be taken back now, and until when.
type Undo struct {
	Do     Action    `json:"do"`     // the action that window.undo takes back
	Number string    `json:"number"` // of the ticket concerned
	Until  time.Time `json:"until"`  // by the hub's clock
}

// ServiceState is one service's queue, retained and public.
type ServiceState struct {
	Version int `json:"v,omitempty"` // wire version; 0 means 1
	Stamp
	At         time.Time `json:"at"`                    // when the hub said this
	Service    ServiceID `json:"service"`               // id
	Name       Text      `json:"name"`                  // for people
	Open       bool      `json:"open"`                  // tickets are issued now
	Reason     Text      `json:"reason,omitempty"`      // why not open
	Waiting    int       `json:"waiting"`               // tickets
	Wait       Range     `json:"wait"`                  // for who takes a ticket now
	Unmanned   bool      `json:"unmanned,omitempty"`    // tickets are issued, and no window at work calls them
	LastCalled string    `json:"last_called,omitempty"` // number
}

// Board is the whole hall board, retained and public. It fits [PayloadMax] with
// 200 windows, so windows are named by label only.
type Board struct {
	Version int `json:"v,omitempty"` // wire version; 0 means 1
	Stamp
	At       time.Time      `json:"at"`               // when the hub said this
	Hall     HallID         `json:"hall"`             // id
	Name     Text           `json:"name"`             // of the hall
	Open     bool           `json:"open"`             // tickets are issued now
	Calls    []BoardCall    `json:"calls,omitempty"`  // newest first, at most 12
	Windows  []BoardWindow  `json:"windows"`          // in the order of the plan
	Services []BoardService `json:"services"`         // in the order of the plan
	Notice   Text           `json:"notice,omitempty"` // for everybody in the hall
}

// BoardCall is a number that was called.
type BoardCall struct {
	Number string    `json:"number"`         // as on the slip
	Window WindowID  `json:"window"`         // where to go: id
	Label  string    `json:"label"`          // where to go: short
	At     time.Time `json:"at"`             // of the last call or recall
	Call   uint64    `json:"call"`           // as in [Current]
	Live   bool      `json:"live,omitempty"` // still called and not yet arrived
}

// BoardWindow is a window on the board.
type BoardWindow struct {
	Window WindowID `json:"window"`           // id
	Label  string   `json:"label"`            // short, as on its panel
	Status Status   `json:"status"`           // what it is doing
	Number string   `json:"number,omitempty"` // of the ticket there now
	To     string   `json:"to,omitempty"`     // label of the window that covers for it now
}

// BoardService is a service on the board.
type BoardService struct {
	Service  ServiceID `json:"service"`            // id
	Name     Text      `json:"name"`               // for people
	Open     bool      `json:"open"`               // tickets are issued now
	Waiting  int       `json:"waiting"`            // tickets
	Wait     Range     `json:"wait"`               // for who takes a ticket now
	Unmanned bool      `json:"unmanned,omitempty"` // tickets are issued, and no window at work calls them
}

// Config is what a device is and says, retained on its config topic.
type Config struct {
	Version int `json:"v,omitempty"` // wire version; 0 means 1
	Stamp
	Hall       HallID          `json:"hall"`                  // id
	HallName   Text            `json:"hall_name"`             // for people
	Device     DeviceID        `json:"device"`                // this device: id
	Kind       DeviceKind      `json:"kind"`                  // what this device is
	Languages  []Lang          `json:"languages"`             // to show and speak, the first one first
	Zone       string          `json:"zone"`                  // IANA time zone, "Asia/Shanghai"
	Day        string          `json:"day,omitempty"`         // the open business day, 2006-01-02
	Services   []ConfigService `json:"services,omitempty"`    // of a dispenser; of a terminal, for its printer
	Letter     string          `json:"letter,omitempty"`      // its own letter for numbers without the hub
	LetterLast int             `json:"letter_last,omitempty"` // last number of the letter that the hub knows of today: a dispenser with a new memory goes on behind it
	Window     WindowID        `json:"window,omitempty"`      // of a display or terminal
	Slip       SlipText        `json:"slip,omitzero"`         // of a dispenser or terminal: how its slips look
	Clerks     []ConfigClerk   `json:"clerks,omitempty"`      // of a terminal: who may sign on here
	Reasons    []Text          `json:"reasons,omitempty"`     // of a terminal: usual reasons for a pause
	Transfers  []ConfigTarget  `json:"transfers,omitempty"`   // of a terminal: where a ticket may go
	Notice     Text            `json:"notice,omitempty"`      // of a display: for everybody in the hall, shown while nobody is called
	PhoneURL   string          `json:"phone_url,omitempty"`   // base of links on slips
	Voice      *ConfigVoice    `json:"voice,omitempty"`       // of an announcer: how it speaks
}

// ConfigService is a service as a dispenser offers it.
type ConfigService struct {
	Service   ServiceID `json:"service"`             // id
	Prefix    string    `json:"prefix"`              // of its numbers
	Name      Text      `json:"name"`                // for people
	Group     Text      `json:"group,omitempty"`     // under which a kiosk shows it
	Materials []Text    `json:"materials,omitempty"` // what to bring
	Slip      Text      `json:"slip,omitempty"`      // what its slips say besides
}

// ConfigClerk is a clerk who may sign on.
type ConfigClerk struct {
	Clerk ClerkID `json:"clerk"` // id
	Name  Text    `json:"name"`  // for people
}

// ConfigTarget is a service to which a ticket may be transferred.
type ConfigTarget struct {
	Service ServiceID `json:"service"` // id
	Name    Text      `json:"name"`    // for people
}

// Announce is one call to be spoken, once.
type Announce struct {
	Version int `json:"v,omitempty"` // wire version; 0 means 1
	Stamp
	At        time.Time `json:"at"`              // of the call: the hall's time, by which the volume goes
	Call      uint64    `json:"call"`            // the same call is spoken once
	Number    string    `json:"number"`          // as on the slip
	Window    WindowID  `json:"window"`          // id
	Label     string    `json:"label"`           // short, as it is spoken
	Name      Text      `json:"name"`            // of the window
	Languages []Lang    `json:"languages"`       // in this order
	Zone      string    `json:"zone,omitempty"`  // loudspeakers that say it; empty means all
	Again     bool      `json:"again,omitempty"` // a recall
}

// Event is one committed event of the journal, for supervisors.
type Event struct {
	Version int       `json:"v,omitempty"` // wire version; 0 means 1
	Epoch   uint64    `json:"epoch"`       // rises at each start of the hub
	Seq     uint64    `json:"seq"`         // of the journal, without gaps
	At      time.Time `json:"at"`          // when it happened, by the hub's clock
	Kind    string    `json:"kind"`        // of the event, such as called
	Body    []byte    `json:"body"`        // base64 of the event's JSON, byte for byte as it was hashed
	Hash    string    `json:"hash"`        // hex SHA-256 of the chain up to here
}
