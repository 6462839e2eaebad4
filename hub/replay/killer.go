package replay

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"
)

// killDelayMax spreads a kill over the life of a request, which takes some milliseconds:
// on its way, in the commit, and on the way back.
const killDelayMax = 12 * time.Millisecond

// killer ends the hub at random moments, each some time after the n-th request went out.
type killer struct {
	rng    *rand.Rand
	after  map[int]time.Duration // by number of request; only read once the replay runs
	due    chan time.Duration
	done   int
	caught int // how often a request was under way at that moment
}

// newKiller picks the moments, all before the request of number last.
func newKiller(kills int, seed uint64, last int) (*killer, error) {
	if kills < 0 || kills > last/2 {
		return nil, fmt.Errorf("%d kills, legal for this day are 0 to %d", kills, last/2)
	}
	k := &killer{
		rng: rand.New(rand.NewPCG(seed, 0)), after: map[int]time.Duration{}, due: make(chan time.Duration, kills),
	}
	for len(k.after) < kills {
		k.after[1+k.rng.IntN(last)] = time.Duration(k.rng.Int64N(int64(killDelayMax)))
	}
	return k, nil
}

// asked is told of each request. It does not block.
func (k *killer) asked(n int) {
	if delay, ok := k.after[n]; ok {
		k.due <- delay
	}
}

// run kills until all is done or ctx ends.
func (k *killer) run(ctx context.Context, p *process, f *fleet, log *slog.Logger) error {
	for k.done < cap(k.due) {
		var delay time.Duration
		select {
		case <-ctx.Done():
			return nil
		case delay = <-k.due:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(delay):
		}
		if f.open.Load() > 0 {
			k.caught++
		}
		if err := p.kill(ctx); err != nil {
			return err
		}
		k.done++
		log.Info("the hub was killed and started again", "kill", k.done, "of", cap(k.due), "requests", f.asked.Load())
		if err := f.repeat(ctx, k.rng); err != nil {
			return err
		}
	}
	return nil
}
