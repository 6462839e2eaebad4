package whatif

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"jiaohao/hub/queue"
)

// Draw makes a day like the recorded ones: on average as many people in each half hour as on one
// of them, each with the needs of somebody who came in that half hour. Nobody comes before the first or
// after the last of that recorded day: the hall was shut. Plan and shifts are those of the last day.
// The same seed draws the same day.
func Draw(days []*Day, seed uint64) *Day {
	rng := rand.New(rand.NewPCG(seed, uint64(len(days))))
	last := *days[len(days)-1]
	var people []Person
	for _, d := range days {
		shift := d.until(&last)
		for i := range d.People {
			for range poisson(rng, 1/float64(len(days))) {
				p := d.People[i]
				from, to := p.Came.Truncate(Slot), p.Came.Truncate(Slot).Add(Slot)
				if first := d.People[0].Came; from.Before(first) {
					from = first
				}
				if last := d.People[len(d.People)-1].Came; to.After(last) {
					to = last
				}
				p.Came = from.Add(shift + time.Duration(rng.Int64N(max(int64(to.Sub(from)), 1))))
				p.CalledAt, p.Window, p.Covered = time.Time{}, "", false
				people = append(people, p)
			}
		}
	}
	slices.SortStableFunc(people, func(a, b Person) int { return a.Came.Compare(b.Came) })
	last.People = people
	return &last
}

// until is the time from midnight of the day to midnight of another.
func (d *Day) until(o *Day) time.Duration {
	zone, err := time.LoadLocation(o.Plan.Zone)
	if err != nil {
		zone = time.UTC
	}
	midnight := func(d *Day) time.Time {
		y, m, day := d.From.In(zone).Date()
		return time.Date(y, m, day, 0, 0, 0, 0, zone)
	}
	return midnight(o).Sub(midnight(d))
}

// poisson draws a small Poisson number by multiplication (Knuth, The Art of Computer
// Programming 3.4.1).
func poisson(rng *rand.Rand, mean float64) int {
	limit, product, n := math.Exp(-mean), rng.Float64(), 0
	for product > limit {
		product *= rng.Float64()
		n++
	}
	return n
}

// Interval is a mean over drawn days with its 95 % interval.
type Interval struct {
	Mean Figure `json:"mean"`
	Low  Figure `json:"low"`
	High Figure `json:"high"`
}

// interval computes the normal interval of the mean of those of figures that there are.
func interval(figures []Figure) Interval {
	v := known(figures)
	m := mean(v)
	if len(v) < 2 {
		return Interval{m, m, m}
	}
	sum := 0.0
	for _, x := range v {
		sum += (x - float64(m)) * (x - float64(m))
	}
	const z = 1.96
	half := Figure(z * math.Sqrt(sum/float64(len(v)-1)/float64(len(v))))
	return Interval{m, m - half, m + half}
}

// known are those of figures that there are.
func known(figures []Figure) []float64 {
	var v []float64
	for _, f := range figures {
		if f.Known() {
			v = append(v, float64(f))
		}
	}
	return v
}

// Work bounds long work and tells how far it is.
type Work struct {
	Draws    int                 // days drawn for each thing that is tried; 0 means 20
	Workers  int                 // 0 means all cores
	Progress func(done, all int) // may be nil; called from several goroutines
}

func (w Work) draws() int   { return cmp.Or(w.Draws, 20) }
func (w Work) workers() int { return cmp.Or(w.Workers, runtime.GOMAXPROCS(0)) }

// play plays the drawn days, the same for the same days, under a plan and a roster.
func (w Work) play(ctx context.Context, days []*Day, plan queue.Plan, shifts []Shift) ([]*Played, error) {
	out := make([]*Played, w.draws())
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int, len(out))
	for n := range out {
		next <- n
	}
	close(next)
	var wg sync.WaitGroup
	for range w.workers() {
		wg.Go(func() {
			for n := range next {
				p, err := Play(ctx, Draw(days, uint64(n)), plan, shifts)
				if err != nil {
					cancel(err)
					return
				}
				out[n] = p
			}
		})
	}
	wg.Wait()
	return out, context.Cause(ctx)
}
