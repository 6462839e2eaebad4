package queue

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Kind names the event in the journal.
func (HubStarted) Kind() string { return "hub_started" }

// Kind names the event in the journal.
func (DayOpened) Kind() string { return "day_opened" }

// Kind names the event in the journal.
func (DayClosed) Kind() string { return "day_closed" }

// Kind names the event in the journal.
func (PlanChanged) Kind() string { return "plan_changed" }

// Kind names the event in the journal.
func (Issued) Kind() string { return "issued" }

// Kind names the event in the journal.
func (Printed) Kind() string { return "printed" }

// Kind names the event in the journal.
func (Leftover) Kind() string { return "leftover" }

// Kind names the event in the journal.
func (Called) Kind() string { return "called" }

// Kind names the event in the journal.
func (Recalled) Kind() string { return "recalled" }

// Kind names the event in the journal.
func (Arrived) Kind() string { return "arrived" }

// Kind names the event in the journal.
func (NoShow) Kind() string { return "no_show" }

// Kind names the event in the journal.
func (Reactivated) Kind() string { return "reactivated" }

// Kind names the event in the journal.
func (Held) Kind() string { return "held" }

// Kind names the event in the journal.
func (Resumed) Kind() string { return "resumed" }

// Kind names the event in the journal.
func (Transferred) Kind() string { return "transferred" }

// Kind names the event in the journal.
func (Finished) Kind() string { return "finished" }

// Kind names the event in the journal.
func (Cancelled) Kind() string { return "cancelled" }

// Kind names the event in the journal.
func (Undone) Kind() string { return "undone" }

// Kind names the event in the journal.
func (Rated) Kind() string { return "rated" }

// Kind names the event in the journal.
func (SignedOn) Kind() string { return "signed_on" }

// Kind names the event in the journal.
func (SignedOff) Kind() string { return "signed_off" }

// Kind names the event in the journal.
func (WindowPaused) Kind() string { return "paused" }

// Kind names the event in the journal.
func (WindowUnpaused) Kind() string { return "unpaused" }

// Kind names the event in the journal.
func (HelpAsked) Kind() string { return "help_asked" }

// Kind names the event in the journal.
func (HelpAnswered) Kind() string { return "help_answered" }

// Kind names the event in the journal.
func (CoverStarted) Kind() string { return "cover_started" }

// Kind names the event in the journal.
func (CoverEnded) Kind() string { return "cover_ended" }

// Kind names the event in the journal.
func (DeviceWasLost) Kind() string { return "device_lost" }

// Kind names the event in the journal.
func (DeviceCameBack) Kind() string { return "device_back" }

// Kinds lists the name of every event.
func Kinds() []string {
	var all []string
	for _, e := range zeroEvents() {
		all = append(all, e.Kind())
	}
	return all
}

func zeroEvents() []Event {
	return []Event{
		&HubStarted{},
		&DayOpened{},
		&DayClosed{},
		&PlanChanged{},
		&Issued{},
		&Printed{},
		&Leftover{},
		&Called{},
		&Recalled{},
		&Arrived{},
		&NoShow{},
		&Reactivated{},
		&Held{},
		&Resumed{},
		&Transferred{},
		&Finished{},
		&Cancelled{},
		&Undone{},
		&Rated{},
		&SignedOn{},
		&SignedOff{},
		&WindowPaused{},
		&WindowUnpaused{},
		&HelpAsked{},
		&HelpAnswered{},
		&CoverStarted{},
		&CoverEnded{},
		&DeviceWasLost{},
		&DeviceCameBack{},
		&NightLearned{},
		&FigureReset{},
		&AlarmRaised{},
		&AlarmCleared{},
	}
}

// eventTypes is every event's type by its kind, so that a journal of a year folds
// without trying kind after kind.
var eventTypes = byKind()

func byKind() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, e := range zeroEvents() {
		types[e.Kind()] = reflect.TypeOf(e).Elem()
	}
	return types
}

// DecodeEvent reads an event of the given kind from its journal body.
func DecodeEvent(kind string, body []byte) (Event, error) {
	typ := eventTypes[kind]
	if typ == nil {
		return nil, fmt.Errorf("queue: event kind %q is unknown to this version", kind)
	}
	e := reflect.New(typ).Interface().(Event)
	if err := json.Unmarshal(body, e); err != nil {
		return nil, fmt.Errorf("queue: event %s: %w", kind, err)
	}
	return e, nil
}

// EncodeEvent returns the canonical body of an event for the journal.
func EncodeEvent(e Event) ([]byte, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("queue: event %s: %w", e.Kind(), err)
	}
	return b, nil
}
