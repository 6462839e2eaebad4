package display

import (
	"fmt"
	"slices"
	"time"
)

const (
	// StepMax is the highest brightness.
	StepMax = 15
	// hoursMax bounds a schedule: one change an hour is more than eyes ask for.
	hoursMax = 24
)

// Hour says how bright a panel is from a time of day on, until the next one of
// the schedule; the last one holds over midnight.
type Hour struct {
	From       string // time of day by the hall's clock, "07:30"
	Brightness int    // 0 (darkest, not off) to 15
}

// lights finds the brightness of the hour by the hub's clock, since a device's own may
// stand in 1970. Until hub and zone are known there is none.
type lights struct {
	from  []time.Duration // since midnight, rising
	level []int

	place *time.Location // of the hall
	hub   time.Time      // what the hub's clock showed
	heard time.Time      // when
}

func newLights(hours []Hour) (lights, error) {
	var l lights
	if len(hours) > hoursMax {
		return l, fmt.Errorf("%d hours of brightness, legal are at most %d", len(hours), hoursMax)
	}
	for _, h := range hours {
		at, err := time.Parse("15:04", h.From)
		if err != nil {
			return l, fmt.Errorf("brightness from %q, legal are times such as \"07:30\"", h.From)
		}
		if h.Brightness < 0 || h.Brightness > StepMax {
			return l, fmt.Errorf("brightness %d from %s, legal is 0 to %d", h.Brightness, h.From, StepMax)
		}
		from := sinceMidnight(at)
		i, twice := slices.BinarySearch(l.from, from)
		if twice {
			return l, fmt.Errorf("brightness from %s is given twice", h.From)
		}
		l.from, l.level = slices.Insert(l.from, i, from), slices.Insert(l.level, i, h.Brightness)
	}
	return l, nil
}

// zone takes the hall's zone by its IANA name. One that this machine has no file
// for is left alone: then the hub's own offset holds.
func (l *lights) zone(name string) {
	if place, err := time.LoadLocation(name); err == nil && name != "" {
		l.place = place
	}
}

// hear takes what the hub's clock shows.
func (l *lights) hear(hub, now time.Time) { l.hub, l.heard = hub, now }

// step is the brightness of the hour, if it is known.
func (l *lights) step(now time.Time) (int, bool) {
	if len(l.from) == 0 || l.hub.IsZero() {
		return 0, false
	}
	at := l.hub.Add(now.Sub(l.heard))
	if l.place != nil {
		at = at.In(l.place)
	}
	i, exact := slices.BinarySearch(l.from, sinceMidnight(at))
	if !exact {
		i--
	}
	return l.level[(i+len(l.level))%len(l.level)], true
}

func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}
