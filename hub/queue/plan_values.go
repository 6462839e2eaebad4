package queue

import (
	"slices"
	"time"

	"jiaohao/protocol"
)

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

func (c *Classes) greenInRow() int      { return or(c.GreenInRow, 2) }
func (c *Classes) aging() time.Duration { return time.Duration(or(c.Aging, Duration(30*time.Minute))) }
func (c *Classes) credit() time.Duration {
	return time.Duration(or(c.Credit, Duration(30*time.Minute)))
}

// AppointmentCredit is how long an appointment counts as having waited when it is due.
func (p *Plan) AppointmentCredit() time.Duration { return p.Classes.credit() }

func (m *Missed) calls() int           { return or(m.Calls, 3) }
func (m *Missed) after() int           { return or(m.After, 3) }
func (m *Missed) times() int           { return or(m.Times, 1) }
func (s *Service) quota() int          { return or(s.Quota, TicketsMax) }
func (p *Pair) off() time.Duration     { return time.Duration(or(p.Off, p.On/2)) }
func (p *Plan) undoFor() time.Duration { return time.Duration(or(p.UndoFor, Duration(time.Minute))) }

// CallsMax returns how often a number is called at most.
func (p *Plan) CallsMax() int { return p.Missed.calls() }

// UndoLimit returns how long a step can be taken back.
func (p *Plan) UndoLimit() time.Duration { return p.undoFor() }

// Service returns a service of the plan, or nil.
func (p *Plan) Service(id protocol.ServiceID) *Service {
	for i := range p.Services {
		if p.Services[i].ID == id {
			return &p.Services[i]
		}
	}
	return nil
}

// Window returns a window of the plan, or nil.
func (p *Plan) Window(id protocol.WindowID) *Window {
	for i := range p.Windows {
		if p.Windows[i].ID == id {
			return &p.Windows[i]
		}
	}
	return nil
}

// Label returns the short name of a window for panel and voice.
func (p *Plan) Label(id protocol.WindowID) string {
	if w := p.Window(id); w != nil && w.Label != "" {
		return w.Label
	}
	return string(id)
}

// Clerk returns a clerk of the plan, or nil.
func (p *Plan) Clerk(id protocol.ClerkID) *Clerk {
	for i := range p.Clerks {
		if p.Clerks[i].ID == id {
			return &p.Clerks[i]
		}
	}
	return nil
}

// mayRate reports whether a terminal has an evaluator, as far as the plan says.
func (p *Plan) mayRate(id protocol.DeviceID) bool {
	d := p.Device(id)
	return d != nil && d.Evaluator || !slices.ContainsFunc(p.Devices, func(d Device) bool { return d.Evaluator })
}

// Device returns a device of the plan, or nil.
func (p *Plan) Device(id protocol.DeviceID) *Device {
	for i := range p.Devices {
		if p.Devices[i].ID == id {
			return &p.Devices[i]
		}
	}
	return nil
}

// zone returns the plan's time zone. Check has made sure that it exists.
func (p *Plan) zone() *time.Location {
	if loc, err := time.LoadLocation(p.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// hoursText is today's opening hours in words.
type hoursText struct{ zh, en string }

// openAt reports whether tickets are issued at a local time, and today's hours.
func (p *Plan) openAt(local time.Time) (hoursText, bool) {
	if len(p.Hours) == 0 {
		return hoursText{}, true
	}
	day, clock := weekdays[local.Weekday()], local.Format("15:04")
	var text hoursText
	for _, h := range p.Hours {
		if !slices.Contains(h.Days, day) {
			continue
		}
		if clock >= h.Open && clock < h.Close {
			return hoursText{}, true
		}
		if text.zh != "" {
			text.zh, text.en = text.zh+"、", text.en+", "
		}
		span := h.Open + "–" + h.Close
		text.zh, text.en = text.zh+span, text.en+span
	}
	if text.zh == "" {
		return hoursText{"今日不办公", "none today"}, false
	}
	return text, false
}

// weekdays are the names of days in a plan, by time.Weekday.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// OpenOn reports whether the hall works on the local date of t.
func (p *Plan) OpenOn(local time.Time) bool {
	return len(p.Hours) == 0 || slices.ContainsFunc(p.Hours, func(h Hours) bool {
		return slices.Contains(h.Days, weekdays[local.Weekday()])
	})
}

// Backup lists the services that window w may serve for others, without its own, in
// the order in which a calling order looks at them.
func (p *Plan) Backup(w protocol.WindowID) []protocol.ServiceID {
	var all []protocol.ServiceID
	for _, rule := range p.coversOf(w) {
		for _, svc := range rule.services {
			if !slices.Contains(all, svc) && !slices.Contains(p.Window(w).Primary, svc) {
				all = append(all, svc)
			}
		}
	}
	return all
}
