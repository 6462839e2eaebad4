package forecast

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// usual are lessons that say what the plan says.
func usual() *Lessons {
	spread := math.Log(1 + usualCV*usualCV)
	lesson := func(mean float64) Lesson { return Lesson{Mu: math.Log(mean) - spread/2, SD: math.Sqrt(spread)} }
	return &Lessons{
		Services: map[protocol.ServiceID]Lesson{"social": lesson(300), "tax": lesson(600)}, Clerks: map[protocol.ClerkID]float64{},
		Cover: math.Log(1.15), NoShow: 0.06, NoShowCost: 50, Green: 0.05,
	}
}

// TestWhoOnlyAsksChangesNobodysWait compares the waits with and without one more at the
// end of each line who only asks: they must be the same to the last digit.
func TestWhoOnlyAsksChangesNobodysWait(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		h := newHall(t)
		for n := range rapid.IntRange(0, 12).Draw(r, "tickets") {
			svc := protocol.ServiceID(rapid.SampledFrom([]string{"social", "tax"}).Draw(r, "service"))
			class := rapid.SampledFrom([]protocol.Class{protocol.Regular, protocol.Regular, protocol.Green}).Draw(r, "class")
			h.issue(svc, class, float64(n))
		}
		if rapid.Bool().Draw(r, "busy") && len(h.s.Lines["social"]) > 0 {
			h.press(protocol.WindowCallNext, "1", 20)
		}
		m := Taught(h.s, usual(), h.s.At)
		out := m.Play(h.s, h.s.At, 20, 3)
		alone := m.All(h.s, &Outlook{}, h.s.At, 20, 3)
		if len(out.Tickets) != len(alone) {
			r.Fatalf("%d waits with askers, %d without", len(out.Tickets), len(alone))
		}
		for i := range alone {
			if a, b := alone[i], out.Tickets[i]; a.Ticket != b.Ticket || a.limit != b.limit || !slices.Equal(a.samples, b.samples) {
				r.Fatalf("%s waits %v, beside those who ask %v", a.Ticket, a.samples, b.samples)
			}
		}
	})
}

func TestOneMoreWaitsAboutAsLongAsWhoTakesATicketThen(t *testing.T) {
	h := newHall(t)
	for range 3 {
		h.issue("social", protocol.Regular, 1)
		h.issue("tax", protocol.Regular, 1)
	}
	h.press(protocol.WindowCallNext, "1", 1)
	h.press(protocol.WindowCallNext, "2", 1)
	m := Taught(h.s, usual(), h.s.At)
	asks := m.Play(h.s, h.s.At, 400, 5).Last["social"]
	id := h.issue("social", protocol.Regular, 1)
	m = Taught(h.s, usual(), h.s.At)
	for _, w := range m.Play(h.s, h.s.At, 400, 5).Tickets {
		if w.Ticket != id {
			continue
		}
		for _, q := range []float64{0.1, 0.5, 0.9} {
			if a, b := asks.Quantile(q).Minutes(), w.Quantile(q).Minutes(); math.Abs(a-b) > 0.2*b+0.5 {
				t.Errorf("at %.1f who asks is told %.1f min, who takes the ticket %.1f", q, a, b)
			}
		}
		return
	}
	t.Error("the ticket has no forecast")
}

func TestFasterClerkAndAQuietHallShortenTheWait(t *testing.T) {
	h := newHall(t)
	for range 6 {
		h.issue("social", protocol.Regular, 1)
		h.issue("tax", protocol.Regular, 1)
	}
	wait := func(l *Lessons) time.Duration {
		w := Taught(h.s, l, h.s.At).Play(h.s, h.s.At, 200, 9).Last["social"]
		return w.Quantile(0.5)
	}
	fast := usual()
	fast.Clerks["c1"], fast.Clerks["c2"] = math.Log(0.5), math.Log(0.5)
	if usually, quick := wait(usual()), wait(fast); quick >= usually*7/10 {
		t.Errorf("with clerks twice as fast the wait is %s, else %s", quick, usually)
	}
	long := usual()
	long.Services["social"] = Lesson{Mu: math.Log(900), SD: 0.5}
	if usually, slow := wait(usual()), wait(long); slow <= usually {
		t.Errorf("with services three times as long the wait is %s, else %s", slow, usually)
	}
}

func TestHallInWhichNobodyWorksHasNoForecast(t *testing.T) {
	h := newHall(t)
	h.issue("social", protocol.Regular, 1)
	for _, w := range []protocol.WindowID{"1", "2"} {
		r := protocol.Request{Do: protocol.WindowSignOff, Window: w, Reason: "x", Manager: "c2"}
		h.do(queue.Command{Request: r}, 2)
	}
	if out := Taught(h.s, usual(), h.s.At).Play(h.s, h.s.At, 20, 1); len(out.Tickets)+len(out.Last) > 0 {
		t.Errorf("nobody works and there is a forecast: %+v", out)
	}
}

func TestWhoPausedIsExpectedBackAndAdviceSaysSo(t *testing.T) {
	h := newHall(t)
	for range 8 {
		h.issue("social", protocol.Regular, 1)
	}
	for range 2 {
		h.issue("tax", protocol.Regular, 1)
	}
	h.do(queue.Command{Request: protocol.Request{Do: protocol.WindowPause, Window: "1", Reason: "用餐"}}, 2)
	m := Taught(h.s, usual(), h.s.At)
	last := m.Play(h.s, h.s.At, 200, 1).Last["social"]
	if last.Beyond() || last.Late() < 0.5 {
		t.Errorf("with one window at lunch eight wait %s, late %.2f", last.Quantile(0.5), last.Late())
	}
	all := m.Advise(h.s, "social", h.s.At, 60, 1)
	if len(all) == 0 || all[0].Kind != AdviceReturn || all[0].Window != "1" || all[0].Saved < adviceLeast || all[0].Error <= 0 {
		t.Fatalf("the advice is %+v, want window 1 to go on", all)
	}
	if again := m.Advise(h.s, "social", h.s.At, 60, 1); !slices.Equal(again, all) {
		t.Errorf("asked again the advice is %+v", again)
	}
	if none := m.Advise(h.s, "nothing", h.s.At, 60, 1); none != nil {
		t.Errorf("an unknown service has the advice %+v", none)
	}
}

func TestQuietHallNeedsNoAdvice(t *testing.T) {
	h := newHall(t)
	h.issue("social", protocol.Regular, 1)
	if all := Taught(h.s, usual(), h.s.At).Advise(h.s, "social", h.s.At, 40, 1); len(all) > 0 {
		t.Errorf("one waits for two free windows and the advice is %+v", all)
	}
}
