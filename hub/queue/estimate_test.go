package queue

import (
	"testing"
	"time"

	"jiaohao/protocol"
)

// TestMorePeopleAheadNeverShortenTheWait fills a line and looks at what each next
// ticket is promised.
func TestMorePeopleAheadNeverShortenTheWait(t *testing.T) {
	for staff := 1; staff <= 2; staff++ {
		h := newTestHall(t, "hall.yaml")
		h.s.Plan.Service("social").MaxWaiting = 0
		h.step([]string{"09:00", "1", "sign_on", "lin"})
		if staff == 2 {
			h.step([]string{"09:00", "3", "sign_on", "zhou"})
		}
		now := h.clock("09:00")
		before := protocol.Range{Known: true}
		for n := range 60 {
			ahead, wait := h.s.Estimate("social", protocol.Regular, now)
			if ahead != n || !wait.Known || wait.LowMS < before.LowMS || wait.HighMS < before.HighMS || wait.LowMS > wait.HighMS {
				t.Fatalf("%d staff, %d ahead (want %d): %+v after %+v", staff, ahead, n, wait, before)
			}
			before = wait
			h.step([]string{"09:00", "take", "social"})
		}
	}
}

func TestGreenTicketIsPromisedLessThanARegularOne(t *testing.T) {
	h := newTestHall(t, "hall.yaml")
	h.step([]string{"09:00", "1", "sign_on", "lin"})
	for range 5 {
		h.step([]string{"09:00", "take", "social"})
	}
	now := h.clock("09:00")
	green, _ := h.s.Estimate("social", protocol.Green, now)
	regular, _ := h.s.Estimate("social", protocol.Regular, now)
	if green != 0 || regular != 5 {
		t.Errorf("green has %d ahead, regular %d; want 0 and 5", green, regular)
	}
}

func TestWaitIsUnknownRatherThanWrong(t *testing.T) {
	h := newTestHall(t, "plans/returns_last.yaml")
	now := h.clock("09:00")
	for _, c := range []struct {
		name    string
		step    []string
		service protocol.ServiceID
	}{
		{"a service that the hall does not have", nil, "nothing"},
		{"nobody at work", nil, "social"},
		{"no service time known", []string{"09:00", "1", "sign_on", "lin"}, "social"},
	} {
		if c.step != nil {
			h.step(c.step)
		}
		if _, wait := h.s.Estimate(c.service, protocol.Regular, now); wait != (protocol.Range{}) {
			t.Errorf("%s: %+v", c.name, wait)
		}
	}
	if ahead, wait := h.s.Remaining("20261123-X001", now); ahead != 0 || wait.Known {
		t.Errorf("a ticket that is none: %d, %+v", ahead, wait)
	}
}

func TestServicesOfNoLengthGiveARangeAndNoNonsense(t *testing.T) {
	h := newTestHall(t, "plans/returns_last.yaml")
	h.step([]string{"09:00", "1", "sign_on", "lin"})
	for range 3 {
		h.step([]string{"09:00", "take", "social"})
		h.step([]string{"09:00", "1", "next"})
		h.step([]string{"09:00", "1", "finish"})
	}
	h.step([]string{"09:00", "take", "social"})
	_, wait := h.s.Estimate("social", protocol.Regular, h.clock("09:00"))
	if !wait.Known || wait.LowMS < 0 || wait.HighMS < wait.LowMS || wait.HighMS > time.Hour.Milliseconds() {
		t.Errorf("after services of no length the wait is %+v", wait)
	}
}
