package whatif

import (
	"context"
	"fmt"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// lunchEvery is the grid on which lunches begin.
const lunchEvery = 30 * time.Minute

// LunchPlan is in which order the posts of each pair go to lunch.
type LunchPlan struct {
	Pairs []LunchPair `json:"pairs"`
	Mean  Interval    `json:"mean"` // wait of everybody in min, in this order; who is left over waits until the end
	// Saved is by how much the mean is shorter than with all first posts at the first moment and
	// all partners right after.
	Saved Interval `json:"saved"`
}

// LunchPair is one pair: never are both away together.
type LunchPair struct {
	A     protocol.WindowID `json:"a"`
	B     protocol.WindowID `json:"b"`
	AFrom string            `json:"a_from"` // 11:30
	BFrom string            `json:"b_from"`
}

// lunch is when the two of a pair go.
type lunch struct{ a, b time.Time }

// Lunches looks for the order in which the posts of the plan's pairs go to lunch for so
// long between two times of the day ("11:00", "13:30"), one pair after the other, each with what was found
// for those before. Windows that are in no pair, or in two of them for the second time, are left alone.
func Lunches(ctx context.Context, days []*Day, from, to string, long time.Duration, w Work) (*LunchPlan, error) {
	day := days[len(days)-1]
	span := Change{Do: CloseWindow, From: from, To: to}
	first, last, err := span.span(day, day.Shifts)
	if err != nil {
		return nil, fmt.Errorf("whatif: lunch: %w", err)
	}
	if long < 10*time.Minute || 2*long > last.Sub(first) {
		return nil, fmt.Errorf("whatif: a lunch of %s, legal are 10m to half of the time from %s to %s", long, from, to)
	}
	pairs := lunchPairs(&day.Plan)
	if len(pairs) == 0 {
		return nil, fmt.Errorf("whatif: the plan of %s has no pairs", day.Date)
	}
	options := orders(first, last, long)
	chosen := make([]lunch, len(pairs))
	for i := range chosen {
		chosen[i] = lunch{first, first.Add(long)}
	}
	judge := func() ([]Figure, error) {
		played, err := w.play(ctx, days, day.Plan, withLunches(day.Shifts, pairs, chosen, long))
		var means []Figure
		for _, p := range played {
			if err == nil {
				m, _ := p.everybody()
				means = append(means, m)
			}
		}
		return means, err
	}
	before, err := judge()
	if err != nil {
		return nil, err
	}
	best := before
	done, all := 1, 1+len(pairs)*len(options)
	for i := range pairs {
		keep := chosen[i]
		for _, o := range options {
			chosen[i] = o
			got, err := judge()
			if err != nil {
				return nil, err
			}
			if mean(known(got)) < mean(known(best)) {
				best, keep = got, o
			}
			if done++; w.Progress != nil {
				w.Progress(done, all)
			}
		}
		chosen[i] = keep
	}
	return lunchPlan(day, pairs, chosen, before, best), nil
}

func lunchPlan(day *Day, pairs []queue.Pair, chosen []lunch, before, best []Figure) *LunchPlan {
	out := &LunchPlan{Mean: interval(best)}
	var saved []Figure
	for i := range before {
		saved = append(saved, before[i]-best[i])
	}
	out.Saved = interval(saved)
	zone, err := time.LoadLocation(day.Plan.Zone)
	if err != nil {
		zone = time.UTC
	}
	for i, p := range pairs {
		out.Pairs = append(out.Pairs, LunchPair{A: p.A, B: p.B, AFrom: chosen[i].a.In(zone).Format("15:04"), BFrom: chosen[i].b.In(zone).Format("15:04")})
	}
	return out
}

// lunchPairs are the pairs whose posts are in none before.
func lunchPairs(p *queue.Plan) []queue.Pair {
	var out []queue.Pair
	var taken []protocol.WindowID
	for _, q := range p.Pairs {
		if slices.Contains(taken, q.A) || slices.Contains(taken, q.B) {
			continue
		}
		taken = append(taken, q.A, q.B)
		out = append(out, q)
	}
	return out
}

// orders are all ways in which one goes when the other has come back, on the grid.
func orders(first, last time.Time, long time.Duration) []lunch {
	var out []lunch
	for at := first; !at.Add(2 * long).After(last); at = at.Add(lunchEvery) {
		out = append(out, lunch{at, at.Add(long)}, lunch{at.Add(long), at})
	}
	return out
}

// withLunches takes the lunches out of the shifts.
func withLunches(shifts []Shift, pairs []queue.Pair, at []lunch, long time.Duration) []Shift {
	for i, p := range pairs {
		shifts = without(shifts, p.A, at[i].a, at[i].a.Add(long))
		shifts = without(shifts, p.B, at[i].b, at[i].b.Add(long))
	}
	return shifts
}
