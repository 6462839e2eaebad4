package whatif

import (
	"testing"
	"time"
)

// lateDay is the busy day begun at 09:10 and ended so that it does not fill its last half hour.
func lateDay(t *testing.T) *Day {
	t.Helper()
	d := busyDay(t)
	const late = 10 * time.Minute
	d.From, d.To = d.From.Add(late), d.To.Add(late)
	for i := range d.Shifts {
		d.Shifts[i].From, d.Shifts[i].To = d.Shifts[i].From.Add(late), d.Shifts[i].To.Add(late)
	}
	for i := range d.People {
		d.People[i].Came = d.People[i].Came.Add(late)
	}
	return d
}

func TestNobodyIsDrawnBeforeTheFirstOrAfterTheLastOfTheDay(t *testing.T) {
	d := lateDay(t)
	first, last := d.People[0].Came, d.People[len(d.People)-1].Came
	for seed := range uint64(50) {
		for _, p := range Draw([]*Day{d}, seed).People {
			if p.Came.Before(first) || p.Came.After(last) {
				t.Fatalf("seed %d: somebody came at %s, the recorded day goes from %s to %s", seed, p.Came, first, last)
			}
		}
	}
}

func TestOnePersonADayCanBeDrawn(t *testing.T) {
	d := lateDay(t)
	d.People = d.People[:1]
	for seed := range uint64(20) {
		for _, p := range Draw([]*Day{d}, seed).People {
			if !p.Came.Equal(d.People[0].Came) {
				t.Errorf("somebody came at %s, want %s", p.Came, d.People[0].Came)
			}
		}
	}
}

func TestDayThatBeginsBetweenHalfHoursIsNotLateBecauseOfIt(t *testing.T) {
	d := lateDay(t)
	for i := range d.Shifts { // all are there in time, and go when the last has come
		d.Shifts[i].From, d.Shifts[i].To = d.From, d.People[len(d.People)-1].Came.Add(5*time.Minute)
	}
	p, err := Staff(t.Context(), []*Day{d}, 0.10, Work{Draws: 6})
	if err != nil {
		t.Fatal(err)
	}
	real := 0.0
	for _, s := range d.Shifts {
		real += s.To.Sub(s.From).Hours()
	}
	if p.Now < real-1 || p.Now > real {
		t.Errorf("%.2f window hours now, the shifts are %.2f", p.Now, real)
	}
	if most := float64(len(d.Plan.Windows)); p.Slots[0].Now < most-0.01 {
		t.Errorf("%.2f windows are staffed in the first half hour, want all %g from the opening on", p.Slots[0].Now, most)
	}
	whole := 0.0
	for _, s := range p.Slots {
		whole += float64(len(s.Windows)) * Slot.Hours()
	}
	if p.Hours >= whole {
		t.Errorf("%.2f window hours needed, want less than %.2f: the first half hour is a part only", p.Hours, whole)
	}
	full := busyDay(t)
	full.Shifts = lateDay(t).Shifts
	for i := range full.Shifts {
		full.Shifts[i].From = full.From
	}
	same, err := Staff(t.Context(), []*Day{full}, 0.10, Work{Draws: 6})
	if err != nil {
		t.Fatal(err)
	}
	if off := p.MeanNow.Mean - same.MeanNow.Mean; off > 1 || off < -1 {
		t.Errorf("mean wait %.2f min now, %.2f of the same day begun at nine", p.MeanNow.Mean, same.MeanNow.Mean)
	}
}
