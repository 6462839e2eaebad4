package queue

import (
	"fmt"
	"time"

	"jiaohao/protocol"
)

// Limits of a plan, with the reason for each.
const (
	ServicesMax = 64   // one dispenser page per eight, and the board must fit 16 KiB
	WindowsMax  = 200  // the largest hall that the board message holds
	ClerksMax   = 2000 // four shifts of the largest hall
	DevicesMax  = 1000 // what the broker is sized for
	TicketsMax  = 9999 // of one service a day: four digits still fit slip and panel

	MaterialsMax = 30 // papers of one service: the list is a slip, not a roll
	MaterialMax  = 80 // characters of one paper's name, for the same reason
)

// Plan is how a hall works: data, versioned, part of the journal.
type Plan struct {
	Version   int             `json:"version" yaml:"version"`
	Hall      protocol.HallID `json:"hall" yaml:"hall"`
	Name      protocol.Text   `json:"name" yaml:"name"`
	Zone      string          `json:"zone" yaml:"zone"` // IANA time zone, "Asia/Shanghai"
	Languages []protocol.Lang `json:"languages,omitempty" yaml:"languages,omitempty"`
	Hours     []Hours         `json:"hours,omitempty" yaml:"hours,omitempty"` // empty means open all day, every day
	Services  []Service       `json:"services" yaml:"services"`
	Windows   []Window        `json:"windows" yaml:"windows"`
	Pairs     []Pair          `json:"pairs,omitempty" yaml:"pairs,omitempty"`
	Clerks    []Clerk         `json:"clerks,omitempty" yaml:"clerks,omitempty"`
	Devices   []Device        `json:"devices,omitempty" yaml:"devices,omitempty"`
	Classes   Classes         `json:"classes,omitzero" yaml:"classes,omitempty"`
	Rule      string          `json:"rule,omitempty" yaml:"rule,omitempty"` // calling order; empty means apq
	APQ       APQ             `json:"apq,omitzero" yaml:"apq,omitempty"`    // parameters of the rule apq
	Missed    Missed          `json:"missed,omitzero" yaml:"missed,omitempty"`
	UndoFor   Duration        `json:"undo_for,omitempty" yaml:"undo_for,omitempty"` // how long a step can be taken back; 0 means 60 s

	PauseReasons []protocol.Text `json:"pause_reasons,omitempty" yaml:"pause_reasons,omitempty"`
	Slip         Slip            `json:"slip,omitzero" yaml:"slip,omitempty"`
	Notice       protocol.Text   `json:"notice,omitempty" yaml:"notice,omitempty"` // on the board
	Voice        Voice           `json:"voice,omitzero" yaml:"voice,omitempty"`    // how calls are spoken
}

// Hours are opening hours: tickets are issued from Open to Close on the days named.
type Hours struct {
	Days  []string `json:"days" yaml:"days"`   // mon tue wed thu fri sat sun
	Open  string   `json:"open" yaml:"open"`   // 08:30
	Close string   `json:"close" yaml:"close"` // 17:00
}

// Service is a kind of business (业务) with one queue.
type Service struct {
	ID         protocol.ServiceID `json:"id" yaml:"id"`
	Prefix     string             `json:"prefix" yaml:"prefix"` // one or two capital letters, unlike all others and all dispensers' letters
	Name       protocol.Text      `json:"name" yaml:"name"`
	Group      protocol.Text      `json:"group,omitempty" yaml:"group,omitempty"`
	Materials  []protocol.Text    `json:"materials,omitempty" yaml:"materials,omitempty"`
	Slip       protocol.Text      `json:"slip,omitempty" yaml:"slip,omitempty"`               // what its slips say besides
	MaxWaiting int                `json:"max_waiting,omitempty" yaml:"max_waiting,omitempty"` // 0 means no limit of its own
	Quota      int                `json:"quota,omitempty" yaml:"quota,omitempty"`             // tickets a day; 0 means TicketsMax
	Promise    Duration           `json:"promise,omitempty" yaml:"promise,omitempty"`         // longest wait that the hall promises; 0 means none
	Typical    Duration           `json:"typical,omitempty" yaml:"typical,omitempty"`         // mean service time until the day has its own; 0 means unknown
}

// Window is a window (窗口) and its post.
type Window struct {
	ID      protocol.WindowID    `json:"id" yaml:"id"`
	Label   string               `json:"label,omitempty" yaml:"label,omitempty"` // short; empty means the id
	Name    protocol.Text        `json:"name" yaml:"name"`
	Primary []protocol.ServiceID `json:"primary" yaml:"primary"`
}

// PairMode says who covers for whom.
type PairMode string

// The modes of a pair.
const (
	Mutual PairMode = "mutual"  // 互为顶岗
	OneWay PairMode = "one_way" // 单向备岗: B covers for A only
)

// Pair is an A/B pair (AB岗): two posts that stand in for each other. A window may
// be in several pairs, so that a ring of neighbours is a list of pairs.
type Pair struct {
	A        protocol.WindowID    `json:"a" yaml:"a"`
	B        protocol.WindowID    `json:"b" yaml:"b"`
	Mode     PairMode             `json:"mode,omitempty" yaml:"mode,omitempty"`           // empty means mutual
	Services []protocol.ServiceID `json:"services,omitempty" yaml:"services,omitempty"`   // what both may serve; empty means all that the other serves
	Delay    Duration             `json:"delay,omitempty" yaml:"delay,omitempty"`         // away for so long before cover starts
	On       Duration             `json:"on,omitempty" yaml:"on,omitempty"`               // of the rule fifo-class-ratio: cover for overload starts when the partner's longest wait reaches this; 0 means never
	Off      Duration             `json:"off,omitempty" yaml:"off,omitempty"`             // of the rule fifo-class-ratio: and ends when it falls below this; 0 means half of On
	IdleHelp bool                 `json:"idle_help,omitempty" yaml:"idle_help,omitempty"` // of the rule fifo-class-ratio: with nobody of its own waiting, a post may call the partner's
}

// Clerk is a person who signs on.
type Clerk struct {
	ID      protocol.ClerkID `json:"id" yaml:"id"`
	Name    protocol.Text    `json:"name" yaml:"name"`
	PIN     string           `json:"pin" yaml:"pin"` // argon2id hash as "hub pin" prints it
	Manager bool             `json:"manager,omitempty" yaml:"manager,omitempty"`
}

// Device is an enrolled device.
type Device struct {
	ID       protocol.DeviceID    `json:"id" yaml:"id"`
	Kind     protocol.DeviceKind  `json:"kind" yaml:"kind"`
	Window   protocol.WindowID    `json:"window,omitempty" yaml:"window,omitempty"`     // of a display or terminal
	Letter   string               `json:"letter,omitempty" yaml:"letter,omitempty"`     // of a dispenser: for numbers without the hub
	Services []protocol.ServiceID `json:"services,omitempty" yaml:"services,omitempty"` // of a dispenser; empty means all
	Zone     string               `json:"zone,omitempty" yaml:"zone,omitempty"`         // of an announcer: the calls that it speaks; empty means all

	// Evaluator says that a terminal has one: only such terminals rate. Where no device says so, each terminal may.
	Evaluator bool `json:"evaluator,omitempty" yaml:"evaluator,omitempty"`
}

// Classes are the rules between priority classes.
type Classes struct {
	GreenInRow int      `json:"green_in_row,omitempty" yaml:"green_in_row,omitempty"` // 0 means 2
	Aging      Duration `json:"aging,omitempty" yaml:"aging,omitempty"`               // 0 means 30 min
	Credit     Duration `json:"credit,omitempty" yaml:"credit,omitempty"`             // an appointment that is due counts as having waited so long; 0 means 30 min
}

// Missed are the rules for numbers that did not come (过号).
type Missed struct {
	Calls   int    `json:"calls,omitempty" yaml:"calls,omitempty"`     // how often a number is called at most; 0 means 3
	Reentry string `json:"reentry,omitempty" yaml:"reentry,omitempty"` // where a number that comes back goes: "after" (default) or "end"
	After   int    `json:"after,omitempty" yaml:"after,omitempty"`     // with "after": behind so many waiting; 0 means 3
	Times   int    `json:"times,omitempty" yaml:"times,omitempty"`     // how often it may come back; 0 means 1
}

// Duration is a time.Duration that reads and writes as "90s" or "1h30m".
type Duration time.Duration

// MarshalText writes d as time.Duration prints it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads "90s", "5m" or "1h30m". Negative durations are refused.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return fmt.Errorf("duration %q is not of the form 90s, 5m or 1h30m", b)
	}
	*d = Duration(v)
	return nil
}
