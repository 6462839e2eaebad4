package forecast

import (
	"fmt"
	"math"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

var nine = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// hall is one window for social insurance, one for tax, each other's backup, at work.
type hall struct {
	t testing.TB
	s *queue.State
	m Model
}

func newHall(t testing.TB) *hall {
	t.Helper()
	name := protocol.Say("名", "Name")
	plan := queue.Plan{
		Version: 1, Hall: "h", Name: name, Zone: "UTC", Rule: queue.RuleAPQ,
		Services: []queue.Service{
			{ID: "social", Prefix: "A", Name: name, Typical: queue.Duration(5 * time.Minute), Promise: queue.Duration(15 * time.Minute)},
			{ID: "tax", Prefix: "B", Name: name, Typical: queue.Duration(10 * time.Minute), Promise: queue.Duration(20 * time.Minute)},
		},
		Windows: []queue.Window{
			{ID: "1", Name: name, Primary: []protocol.ServiceID{"social"}},
			{ID: "2", Name: name, Primary: []protocol.ServiceID{"tax"}},
		},
		Pairs:  []queue.Pair{{A: "1", B: "2"}},
		Clerks: []queue.Clerk{{ID: "c1", Name: name, PIN: "$argon2id$"}, {ID: "c2", Name: name, PIN: "$argon2id$"}},
	}
	h := &hall{t: t, s: queue.New()}
	h.do(queue.Command{Request: protocol.Request{Do: queue.DayOpen}, Plan: &plan, Day: "2026-11-23"}, 0)
	h.m.Begin(&h.s.Plan)
	h.do(queue.Command{Request: protocol.Request{Do: protocol.WindowSignOn, Window: "1", Clerk: "c1"}}, 0)
	h.do(queue.Command{Request: protocol.Request{Do: protocol.WindowSignOn, Window: "2", Clerk: "c2"}}, 0)
	return h
}

func (h *hall) do(c queue.Command, minute float64) []queue.Event {
	h.t.Helper()
	c.From.Role = queue.RoleHub
	at := nine.Add(time.Duration(minute * float64(time.Minute)))
	events, err := queue.Decide(h.s, c, at)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range events {
		r := queue.Record{Seq: h.s.Seq + 1, At: at, Event: e}
		h.s.Apply(r)
		if h.m.shape != nil {
			h.m.Observe(h.s, r)
		}
	}
	return events
}

func (h *hall) issue(svc protocol.ServiceID, class protocol.Class, minute float64) protocol.TicketID {
	r := protocol.Request{Do: protocol.TicketIssue, Service: svc, Class: class, GrantedBy: "self"}
	return h.do(queue.Command{Request: r}, minute)[0].(*queue.Issued).Ticket
}

func (h *hall) press(do protocol.Action, w protocol.WindowID, minute float64) {
	h.do(queue.Command{Request: protocol.Request{Do: do, Window: w}}, minute)
}

func (h *hall) wait(id protocol.TicketID, out *Outlook) Wait {
	h.t.Helper()
	w, ok := h.m.Ticket(h.s, out, id, h.s.At, 400, 7)
	if !ok {
		h.t.Fatalf("no forecast of %s", id)
	}
	return w
}

func TestTicketThatAFreeWindowMayCallWaitsNotAtAll(t *testing.T) {
	h := newHall(t)
	id := h.issue("social", protocol.Regular, 1)
	if w := h.wait(id, &Outlook{}); w.Quantile(0.9) != 0 || w.Late() != 0 {
		t.Errorf("with two free windows the wait is %s, late %v", w.Quantile(0.9), w.Late())
	}
}

// TestWaitGrowsWithThoseAhead, and green and an absent partner do what they must.
func TestWaitGrowsWithThoseAhead(t *testing.T) {
	h := newHall(t)
	out := &Outlook{Turnover: 25 * time.Second}
	for range 2 {
		h.issue("social", protocol.Regular, 1)
		h.issue("tax", protocol.Regular, 1)
	}
	h.press(protocol.WindowCallNext, "1", 1)
	h.press(protocol.WindowCallNext, "2", 1)
	var last time.Duration
	for n := range 8 {
		w := h.wait(h.issue("social", protocol.Regular, 1.5), out)
		low, mid, high := w.Quantile(0.1), w.Quantile(0.5), w.Quantile(0.9)
		if low > mid || mid > high || mid+time.Minute < last || mid == 0 {
			t.Errorf("with %d more ahead the wait is %s, %s, %s, before %s", n, low, mid, high, last)
		}
		last = mid
	}
	long := h.wait(h.issue("social", protocol.Regular, 1.6), out)
	green := h.wait(h.issue("social", protocol.Green, 1.6), out)
	if green.Quantile(0.5) >= long.Quantile(0.5)/2 {
		t.Errorf("a green ticket waits %s where another waits %s", green.Quantile(0.5), long.Quantile(0.5))
	}
	if long.Late() < 0.5 || green.Late() > 0.1 {
		t.Errorf("ten ahead and a promise of 15 min: late with %v, green with %v", long.Late(), green.Late())
	}
	lunch := &Outlook{Turnover: out.Turnover, Shifts: map[protocol.WindowID][]Shift{
		"2": {{nine, nine.Add(2 * time.Minute)}, {nine.Add(3 * time.Hour), nine.Add(8 * time.Hour)}},
	}}
	if alone := h.wait(h.s.Lines["social"][len(h.s.Lines["social"])-2], lunch); alone.Quantile(0.5) <= long.Quantile(0.5) {
		t.Errorf("with the partner at lunch the wait is %s, else %s", alone.Quantile(0.5), long.Quantile(0.5))
	}
}

func TestSameSeedGivesTheSamePromise(t *testing.T) {
	h := newHall(t)
	for range 6 {
		h.issue("social", protocol.Regular, 1)
		h.issue("tax", protocol.Regular, 1)
	}
	a, b := h.m.All(h.s, &Outlook{}, h.s.At, 60, 3), h.m.All(h.s, &Outlook{}, h.s.At, 60, 3)
	if len(a) != 12 || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("12 wait, %d are forecast, and twice the same is %v", len(a), fmt.Sprint(a) == fmt.Sprint(b))
	}
	if c := h.m.All(h.s, &Outlook{}, h.s.At, 60, 4); fmt.Sprint(a) == fmt.Sprint(c) {
		t.Error("another seed gives the very same futures")
	}
}

func TestTicketThatDoesNotWaitHasNoForecast(t *testing.T) {
	h := newHall(t)
	id := h.issue("social", protocol.Regular, 1)
	h.press(protocol.WindowCallNext, "1", 1)
	if _, ok := h.m.Ticket(h.s, &Outlook{}, id, h.s.At, 10, 1); ok {
		t.Error("a called ticket has a forecast")
	}
	if _, ok := new(Model).Ticket(h.s, &Outlook{}, id, h.s.At, 10, 1); ok {
		t.Error("a model that knows no plan has a forecast")
	}
}

// TestModelLearnsWhatServicesNeed: means, a slow clerk and the penalty of cover.
func TestModelLearnsWhatServicesNeed(t *testing.T) {
	h := newHall(t)
	r := random{x: 1}
	for range 3000 {
		h.m.finished(0, 0, false, 5+0.5*r.normal())
		h.m.finished(0, 1, true, 5.2+0.3+0.5*r.normal())
		h.m.finished(1, 1, false, 6+0.3+0.5*r.normal())
	}
	h.m.fit()
	near := func(what string, got, want, off float64) {
		if math.Abs(got-want) > off {
			t.Errorf("%s is %.3f, want %.3f", what, got, want)
		}
	}
	near("spread", h.m.sd[0], 0.5, 0.03)
	near("social at its own window", h.m.mu[0]+h.m.speed[0], 5, 0.05)
	near("social at the backup", h.m.mu[0]+h.m.speed[1]+h.m.penalty, 5.5, 0.05)
	near("tax", h.m.mu[1]+h.m.speed[1], 6.3, 0.05)
}

func TestSlowDayIsFollowed(t *testing.T) {
	h := newHall(t)
	usual := h.m.mu[0]
	for range 20 {
		h.m.finished(0, 0, false, usual+0.6)
	}
	if d := h.m.driftOf(0); d < 0.2 || d > 0.6 {
		t.Errorf("after 20 services that took 1.8 times as long the drift is %.2f", d)
	}
}

func TestRemainingTimeIsDrawnGivenWhatHasElapsed(t *testing.T) {
	r := random{x: 9}
	const mu, sd, spent, n = 5.5, 0.7, 400.0, 40000
	left, whole, over := 0.0, 0.0, 0
	for range n {
		left += r.remaining(mu, sd, spent) / n
	}
	for range 400000 {
		if x := math.Exp(mu + sd*r.normal()); x > spent {
			whole += x - spent
			over++
		}
	}
	if want := whole / float64(over); math.Abs(left-want) > 0.03*want {
		t.Errorf("after %v s there are %.1f s left on average, want %.1f", spent, left, want)
	}
	if x := r.remaining(mu, sd, 1e6); x < 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		t.Errorf("a service without end has %v s left", x)
	}
}

// TestCalibrationReachesItsCoverage though the forecaster is far too sure.
func TestCalibrationReachesItsCoverage(t *testing.T) {
	var c Calibration
	r := random{x: 4}
	inside, n := 0, 0
	for i := range 20000 {
		w := Wait{samples: make([]float64, 0, 60)}
		for k := range 60 {
			w.samples = append(w.samples, 600+100*math.Sqrt2*math.Erfinv(2*(float64(k)+0.5)/60-1))
		}
		low, high := c.Levels()
		p10, p90, wait := w.Quantile(low).Seconds(), w.Quantile(1-high).Seconds(), 600+115*r.normal()
		c.Learn(p10, p90, wait)
		if i > 5000 {
			n++
			if p10 <= wait && wait <= p90 {
				inside++
			}
		}
	}
	if share := float64(inside) / float64(n); share < 0.80 || share > 0.84 {
		t.Errorf("the interval holds %.3f of the waits, want 0.82", share)
	}
}

func BenchmarkAll(b *testing.B) {
	h := newHall(b)
	for range 25 {
		h.issue("social", protocol.Regular, 1)
		h.issue("tax", protocol.Regular, 1)
	}
	for b.Loop() {
		h.m.All(h.s, &Outlook{}, h.s.At, 60, 1)
	}
}

func ExampleModel_Ticket() {
	var t testing.T
	h := newHall(&t)
	id := h.issue("social", protocol.Regular, 0)
	wait, ok := h.m.Ticket(h.s, &Outlook{}, id, h.s.At, Futures, h.s.Seq)
	fmt.Println(ok, wait.Quantile(0.5), wait.Late())
	// Output: true 0s 0
}
