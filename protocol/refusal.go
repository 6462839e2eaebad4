package protocol

import "errors"

// Code names why a request was refused. It is stable; texts are not.
type Code string

// The refusal codes.
const (
	BadRequest     Code = "bad_request"     // not JSON, or a field is missing, too long or of the wrong form
	UnknownVersion Code = "unknown_version" // "v" is a version that the hub does not speak
	UnknownAction  Code = "unknown_action"  // "do" is not in the contract
	NotAllowed     Code = "not_allowed"     // this device or person may not do that
	ClockNotSet    Code = "clock_not_set"   // the hub's clock is not plausible yet, the day cannot open
	HallClosed     Code = "hall_closed"     // outside opening hours, or the day is not open
	UnknownService Code = "unknown_service" // the plan has no such service
	ServiceClosed  Code = "service_closed"  // this service is not offered now
	QueueFull      Code = "queue_full"      // as many wait as the plan allows
	QuotaUsed      Code = "quota_used"      // the day's quota of this service is used up
	UnknownTicket  Code = "unknown_ticket"  // no such ticket today
	WrongStage     Code = "wrong_stage"     // the ticket is not in a stage in which this can be done
	UnknownWindow  Code = "unknown_window"  // the plan has no such window
	WindowClosed   Code = "window_closed"   // nobody is signed on there
	WindowPaused   Code = "window_paused"   // the window is paused
	WindowBusy     Code = "window_busy"     // the window has a ticket that is not finished
	NobodyWaiting  Code = "nobody_waiting"  // no ticket that this window may call
	UnknownClerk   Code = "unknown_clerk"   // the plan has no such clerk
	WrongPIN       Code = "wrong_pin"       // the PIN does not match
	PINLocked      Code = "pin_locked"      // too many wrong PINs, wait
	ClerkElsewhere Code = "clerk_elsewhere" // the clerk is signed on at another window
	WindowTaken    Code = "window_taken"    // another clerk is signed on here
	PartnerAway    Code = "partner_away"    // both posts of a pair may not be away while people wait
	RecallLimit    Code = "recall_limit"    // called as often as the plan allows
	NothingToUndo  Code = "nothing_to_undo" // nothing that can be taken back, or too late
	Overloaded     Code = "overloaded"      // more commands in flight than the hub takes; try again
	Unavailable    Code = "unavailable"     // the journal cannot write; nothing was done
)

// Refusal is an expected no: it changes nothing, and a person reads its text.
type Refusal struct {
	Code Code `json:"code"` // stable; programs look at this
	Text Text `json:"text"` // for people, in zh-CN and en
}

// Error returns the code and the English text.
func (r *Refusal) Error() string { return string(r.Code) + ": " + r.Text.In(English) }

// Is reports whether target is a refusal of the same code, so that errors.Is
// finds refusals by code.
func (r *Refusal) Is(target error) bool {
	var other *Refusal
	return errors.As(target, &other) && other.Code == r.Code
}

// Refuse makes a refusal with its text in both languages.
func Refuse(code Code, zh, en string) *Refusal {
	return &Refusal{Code: code, Text: Say(zh, en)}
}
