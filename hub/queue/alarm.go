package queue

import (
	"time"

	"jiaohao/protocol"
)

// AlarmOn is the chance, in %, of a broken promise at which an alarm is raised.
const AlarmOn = 70

// An alarm is cleared when a broken promise has become unlikely and a while has passed:
// it must not flutter on a manager's page, nor fill the journal.
const (
	alarmOff = 40              // % below which it is cleared
	alarmFor = 2 * time.Minute // that it stands at least
)

// Lateness is how probable it is that somebody in a line waits longer than the hall
// promises.
type Lateness struct {
	Service protocol.ServiceID `json:"service"`
	Chance  int                `json:"chance"`            // % for the one who is worst off
	Tickets int                `json:"tickets"`           // that are more likely late than not
	Ticket  protocol.TicketID  `json:"ticket,omitempty"`  // the next whose promise would be broken
	LeftMS  int64              `json:"left_ms,omitempty"` // until then; 0: it is broken
}

// Alarm stands since the time given.
type Alarm struct {
	Lateness
	Since time.Time `json:"since"`
}

// Events of alarms.
type (
	// AlarmRaised is the warning that a line will break its promise.
	AlarmRaised struct {
		Lateness
	}
	// AlarmCleared is its end.
	AlarmCleared struct {
		Service protocol.ServiceID `json:"service"`
	}
)

// Kind names the event in the journal.
func (AlarmRaised) Kind() string { return "alarm_raised" }

// Kind names the event in the journal.
func (AlarmCleared) Kind() string { return "alarm_cleared" }

// foresee decides which alarms are raised and cleared by what a forecast says.
func (d *decision) foresee() ([]Event, *protocol.Refusal) {
	var events []Event
	for i := range d.s.Plan.Services {
		id := d.s.Plan.Services[i].ID
		var late Lateness
		for _, l := range d.c.Late {
			if l.Service == id {
				late = l
			}
		}
		alarm, on := d.s.Alarms[id]
		switch {
		case !on && late.Chance >= AlarmOn:
			events = append(events, &AlarmRaised{late})
		case on && late.Chance < alarmOff && d.now.Sub(alarm.Since) >= alarmFor:
			events = append(events, &AlarmCleared{id})
		}
	}
	return events, nil
}

// alarm folds an alarm that was raised.
func (s *State) alarm(l Lateness, at time.Time) {
	if s.Alarms == nil {
		s.Alarms = map[protocol.ServiceID]Alarm{}
	}
	s.Alarms[l.Service] = Alarm{l, at}
}
