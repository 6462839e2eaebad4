package forecast

import (
	"testing"
	"time"

	"jiaohao/protocol"
)

func TestWindowThatIsOftenDesertedThoughFreeMakesLongWaitsPossible(t *testing.T) {
	far := func(empty bool) time.Duration {
		h := newHall(t)
		minute := 1.0
		for range 30 { // one each ten minutes, called at once or, when the clerk was out, after four
			h.issue("social", protocol.Regular, minute)
			called := minute
			if empty {
				called += 4
			}
			h.press(protocol.WindowCallNext, "1", called)
			h.press(protocol.WindowArrived, "1", called)
			h.press(protocol.WindowFinish, "1", minute+7)
			minute += 10
		}
		id := h.issue("social", protocol.Regular, minute)
		w, ok := h.m.Ticket(h.s, &Outlook{}, id, h.s.At, 400, 1)
		if !ok {
			t.Fatal("the ticket has no forecast")
		}
		return w.Quantile(0.9)
	}
	if sat := far(false); sat > time.Second {
		t.Errorf("where somebody always sits at a free window, nine of ten wait up to %s", sat)
	}
	if out := far(true); out < time.Minute || out > 20*time.Minute {
		t.Errorf("where nobody ever does for four minutes, nine of ten wait up to %s", out)
	}
}

func TestWhoCalledWasThereAndTheOthersPerhaps(t *testing.T) {
	d := doubt{asking: map[protocol.TicketID][]free{"a": {{0, 0}, {1, 0}}, "b": {{0, 0}}}}
	before := d.share(0)
	d.called("a", 0, time.Second)
	d.called("b", 0, time.Second)
	if d.found[0] != 3 || d.absent[0] <= 0 || d.share(0) >= before {
		t.Errorf("after two quick calls doubt is %.4f of %+v, was %.4f", d.share(0), d, before)
	}
	d.called("a", 0, time.Hour) // it was called before
	if d.found[0] != 3 || d.spent != 0 {
		t.Errorf("a second call taught: %+v", d)
	}
}

func TestPromisesBrokenAgainAndAgainReachBeyondAllFutures(t *testing.T) {
	w := Wait{samples: []float64{600, 610, 620, 630, 640}}
	var late, early Calibration
	for range 60 {
		_, high := late.Levels()
		late.Learn(0, w.Quantile(1-high).Seconds(), 900)
		low, _ := early.Levels()
		early.Learn(w.Quantile(low).Seconds(), 1e6, 400)
	}
	if _, high := late.Levels(); w.Quantile(1-high) < 15*time.Minute*9/10 {
		t.Errorf("all waited 15 min and the end is %s", w.Quantile(1-high))
	}
	if low, _ := early.Levels(); w.Quantile(low) > 8*time.Minute || w.Quantile(low) < 0 {
		t.Errorf("all waited under 7 min and the end is %s", w.Quantile(low))
	}
}
