package drive

import (
	"context"
	"reflect"
	"testing"

	"jiaohao/hub/queue"
)

func TestHallsDrawnAreWholeAndTheSameTwice(t *testing.T) {
	for _, k := range Kinds() {
		days := Generate(k, 5, 2)
		if !reflect.DeepEqual(days, Generate(k, 5, 2)) {
			t.Fatalf("%s is drawn otherwise the second time", k.Name)
		}
		if reflect.DeepEqual(days[0].Tickets, days[1].Tickets) || len(days[0].Windows) != k.Windows {
			t.Errorf("%s: two days with the same people, or %d windows, want %d", k.Name, len(days[0].Windows), k.Windows)
		}
		setup := days[0].Setup(0)
		plan := setup.Plan(queue.RuleAPQ, queue.APQ{})
		if err := plan.Check(); err != nil {
			t.Errorf("%s: %v", k.Name, err)
		}
		work, present := 0.0, 0.0
		for _, c := range days[0].Tickets {
			work += c.Work
		}
		for _, w := range days[0].Windows {
			for _, s := range w.On {
				if s.From >= s.To {
					t.Errorf("%s: a window is there from %v to %v", k.Name, s.From, s.To)
				}
				present += max(0, min(s.To, openFor)-s.From)
			}
		}
		if load := work / present; load < 0.3 || load > 1.4 {
			t.Errorf("%s has a load of %.2f", k.Name, load)
		}
	}
}

// TestDrawnHallsLoseNobody plays one small hall under every rule.
func TestDrawnHallsLoseNobody(t *testing.T) {
	rows, err := CompareDays(context.Background(), Generate(Kinds()[0], 11, 2), Rules(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Rule != "fqm" && row.Rule != Strict && row.Faults != 0 {
			t.Errorf("%s: %d faults", row.Rule, row.Faults)
		}
	}
}
