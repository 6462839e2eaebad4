package forecast

import (
	"slices"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// at is a time of the day, in min after nine.
func at(minute float64) time.Time { return nine.Add(time.Duration(minute * float64(time.Minute))) }

// threeWindows is the hall with a third window, which serves tax as window 2 does, without
// any cover, and with six who wait for tax.
func threeWindows(t *testing.T) *hall {
	h := newHall(t)
	plan := h.s.Plan
	plan.Pairs = nil
	plan.Windows = append(slices.Clone(plan.Windows), queue.Window{ID: "3", Name: plan.Name, Primary: []protocol.ServiceID{"tax"}})
	plan.Clerks = append(slices.Clone(plan.Clerks), queue.Clerk{ID: "c3", Name: plan.Name, PIN: "$argon2id$"})
	h.do(queue.Command{Request: protocol.Request{Do: queue.PlanChange, Reason: "新窗口"}, Plan: &plan}, 0)
	h.do(queue.Command{Request: protocol.Request{Do: protocol.WindowSignOn, Window: "3", Clerk: "c3"}}, 0)
	for range 6 {
		h.issue("tax", protocol.Regular, 1)
	}
	return h
}

// last is what one more for tax is told so many min after nine, when these are the usual
// hours of window 2.
func (h *hall) last(minute float64, hours ...Shift) time.Duration {
	h.t.Helper()
	l := usual()
	l.Hours = map[protocol.WindowID][]Shift{"2": hours}
	w, ok := Taught(h.s, l, at(minute)).Play(h.s, at(minute), 200, 3).Last["tax"]
	if !ok {
		h.t.Fatal("no forecast")
	}
	return w.Quantile(0.5)
}

// lunch are usual hours from 8:30 to 17:00 with lunch from 11:45 to 12:30.
func lunch() []Shift { return []Shift{{at(-30), at(165)}, {at(210), at(480)}} }

func TestWindowThatLunchesAt1145LetsPeopleWaitLongerAt1140(t *testing.T) {
	h := threeWindows(t)
	ten, soon, unknown := h.last(60, lunch()...), h.last(160, lunch()...), h.last(160)
	if soon < ten+5*time.Minute || unknown > ten+2*time.Minute {
		t.Errorf("one more is told %s at 10:00, %s at 11:40, and %s then when no hours are known", ten, soon, unknown)
	}
}

func TestWhoIsGoneComesWhenTheUsualHoursBegin(t *testing.T) {
	for do, name := range map[protocol.Action]string{protocol.WindowSignOff: "closed", protocol.WindowPause: "paused"} {
		h := threeWindows(t)
		h.do(queue.Command{Request: protocol.Request{Do: do, Window: "2", Reason: "用餐"}}, 165)
		soon, early := h.last(208, lunch()...), h.last(170, lunch()...)
		if soon > early-5*time.Minute {
			t.Errorf("window 2 is %s: one more is told %s at 11:50 and %s at 12:28", name, early, soon)
		}
	}
}

func TestClosedWindowWhoseClerkIsIllIsNotExpectedForLong(t *testing.T) {
	h := threeWindows(t)
	h.do(queue.Command{Request: protocol.Request{Do: protocol.WindowSignOff, Window: "2", Reason: "病假"}}, 2)
	if late, never := h.last(241, lunch()...), h.last(241); late != never {
		t.Errorf("at 13:01 it has not come: one more is told %s, with a window that never works %s", late, never)
	}
	if due, never := h.last(215, lunch()...), h.last(215); due > never-3*time.Minute {
		t.Errorf("at 12:35 it may still come: one more is told %s, with a window that never works %s", due, never)
	}
}

func TestWhoStaysBeyondTheUsualHoursIsTakenToStay(t *testing.T) {
	h := threeWindows(t)
	if lunch, unknown := h.last(170, lunch()...), h.last(170); lunch != unknown {
		t.Errorf("window 2 works at 11:50: one more is told %s, and %s when no hours are known", lunch, unknown)
	}
}
