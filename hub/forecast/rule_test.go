package forecast

import (
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// fifoHall is the hall with the rule fifo-class-ratio and a pair that helps when the
// partner's first in line has waited ten minutes, and not when it is idle.
func fifoHall(t *testing.T, change func(*queue.Pair)) *hall {
	t.Helper()
	h := newHall(t)
	plan := h.s.Plan
	plan.Rule = queue.RuleFIFO
	pair := plan.Pairs[0]
	change(&pair)
	plan.Pairs = []queue.Pair{pair}
	h.do(queue.Command{Request: protocol.Request{Do: queue.PlanChange, Reason: "test"}, Plan: &plan}, 0)
	h.m.Begin(&h.s.Plan)
	return h
}

func (h *hall) lastOf(n int, svc protocol.ServiceID) protocol.TicketID {
	h.t.Helper()
	var id protocol.TicketID
	for range n {
		id = h.issue(svc, protocol.Regular, 1)
	}
	return id
}

// TestForecastKnowsThePairsThresholds: window 2 has nobody of its own. It helps window 1
// at once with idle help, after a while with a threshold, and never without both.
func TestForecastKnowsThePairsThresholds(t *testing.T) {
	waits := map[string]time.Duration{}
	for name, change := range map[string]func(*queue.Pair){
		"never":     func(*queue.Pair) {},
		"threshold": func(p *queue.Pair) { p.On = queue.Duration(10 * time.Minute) },
		"idle":      func(p *queue.Pair) { p.IdleHelp = true },
	} {
		h := fifoHall(t, change)
		h.m.arrivals, h.m.days = grid(2), 1 // nobody else comes
		w := h.wait(h.lastOf(8, "social"), &Outlook{})
		waits[name] = w.Quantile(0.5)
	}
	if !(waits["idle"] < waits["threshold"] && waits["threshold"] < waits["never"]) {
		t.Errorf("the eighth waits %s with idle help, %s with a threshold, %s with neither", waits["idle"], waits["threshold"], waits["never"])
	}
}

// TestForecastKnowsTheDelayOfCover: while window 1 is away, window 2 covers for it once the
// pair's delay is over.
func TestForecastKnowsTheDelayOfCover(t *testing.T) {
	waits := map[time.Duration]time.Duration{}
	for _, delay := range []time.Duration{0, 20 * time.Minute} {
		h := fifoHall(t, func(p *queue.Pair) { p.Delay = queue.Duration(delay) })
		h.m.arrivals, h.m.days = grid(2), 1
		id := h.lastOf(3, "social")
		h.do(queue.Command{Request: protocol.Request{Do: protocol.WindowPause, Window: "1", Reason: "lunch"}}, 1)
		w := h.wait(id, &Outlook{})
		waits[delay] = w.Quantile(0.5)
	}
	if more := waits[20*time.Minute] - waits[0]; more < 10*time.Minute {
		t.Errorf("a delay of 20 min makes the wait longer by %s only: %v", more, waits)
	}
}

// TestForecastKnowsAnAppointmentsHeadStart: it is called before those who came earlier.
func TestForecastKnowsAnAppointmentsHeadStart(t *testing.T) {
	h := fifoHall(t, func(*queue.Pair) {})
	last := h.lastOf(6, "social")
	due := nine.Sub(nine.Truncate(24*time.Hour)) + 2*time.Minute
	r := protocol.Request{Do: protocol.TicketIssue, Service: "social", Class: protocol.Appointment, AppointmentMS: due.Milliseconds()}
	id := h.do(queue.Command{Request: r}, 2)[0].(*queue.Issued).Ticket
	if h.s.Tickets[id].HeadStart() < 20*time.Minute {
		t.Fatalf("its head start is %s", h.s.Tickets[id].HeadStart())
	}
	appointment, walkIn := h.wait(id, &Outlook{}), h.wait(last, &Outlook{})
	if appointment.Quantile(0.5) >= walkIn.Quantile(0.5)/2 {
		t.Errorf("an appointment that is due waits %s, the last walk-in %s", appointment.Quantile(0.5), walkIn.Quantile(0.5))
	}
}

// TestWhoLeavesMakesTheWaitShorter: when one in ten minutes of waiting ends by leaving,
// those behind wait less.
func TestWhoLeavesMakesTheWaitShorter(t *testing.T) {
	h := newHall(t)
	id := h.lastOf(12, "social")
	stay := h.wait(id, &Outlook{})
	h.m.left, h.m.waited = 600, 600*600
	leave := h.wait(id, &Outlook{})
	if leave.Quantile(0.5) > stay.Quantile(0.5)*9/10 {
		t.Errorf("with many who leave the last waits %s, without %s", leave.Quantile(0.5), stay.Quantile(0.5))
	}
}

// TestAdviceCountsWhatTheOtherWorkCosts: to give a window of another part a service helps
// less when people wait there.
func TestAdviceCountsWhatTheOtherWorkCosts(t *testing.T) {
	saved := map[int]float64{}
	for _, busy := range []int{0, 12} {
		h := fifoHall(t, func(*queue.Pair) {})
		plan := h.s.Plan
		plan.Pairs = nil
		h.do(queue.Command{Request: protocol.Request{Do: queue.PlanChange, Reason: "test"}, Plan: &plan}, 0)
		h.m.Begin(&h.s.Plan)
		h.lastOf(14, "social")
		if busy > 0 {
			h.lastOf(busy, "tax")
		}
		h.press(protocol.WindowCallNext, "1", 1)
		for _, a := range h.m.Advise(h.s, "social", h.s.At, 200, 3) {
			if a.Kind == AdviceTeach && a.Window == "2" {
				saved[busy] = a.Saved
			}
		}
	}
	if saved[0] < adviceLeast || saved[12] > saved[0]*3/4 {
		t.Errorf("to give window 2 the service saves %.0f person-minutes when it is idle, %.0f when 12 wait there", saved[0], saved[12])
	}
}
