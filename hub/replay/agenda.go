package replay

import (
	"context"
	"slices"
	"time"

	"jiaohao/protocol"
)

// trace is a visit and what has become of it in the replay.
type trace struct {
	*Visit
	from   protocol.DeviceID // dispenser
	ticket protocol.TicketID // as the reply to its issue said; "" when refused
	number string

	issued protocol.RequestID
	window protocol.WindowID // that called it in the replay
	takes  int               // service time if it is called, s
}

// moment is all that belongs to one second, but what the hub decides.
type moment struct {
	finish []*trace
	signOn []*shift
	issue  []*trace
	leave  []*trace
	call   []*trace // following the record: in order, for each window
}

// agenda is what is still to happen.
type agenda struct {
	seconds []int // in order
	moments map[int]*moment
}

// on returns the moment of a second, for something to be added.
func (a *agenda) on(second int) *moment {
	if a.moments == nil {
		a.moments = map[int]*moment{}
	}
	m := a.moments[second]
	if m == nil {
		m = &moment{}
		a.moments[second] = m
		i, _ := slices.BinarySearch(a.seconds, second)
		a.seconds = slices.Insert(a.seconds, i, second)
	}
	return m
}

// next takes the earliest moment out.
func (a *agenda) next() (second int, m *moment, ok bool) {
	if len(a.seconds) == 0 {
		return 0, nil, false
	}
	second, a.seconds = a.seconds[0], a.seconds[1:]
	m = a.moments[second]
	delete(a.moments, second)
	return second, m, true
}

// paceStep is how often the clock moves while nothing happens, so that pages which
// somebody looks at show the time.
const paceStep = 250 * time.Millisecond

// pace keeps the replay from being faster than it should.
type pace struct {
	began time.Time // real
	first time.Time // of the record
}

// wait waits until it is time for the moment at, and tells the clock how time goes by.
func (d *driver) wait(ctx context.Context, at time.Time) error {
	if d.o.Speed > 0 {
		if d.pace.began.IsZero() {
			d.pace = pace{began: time.Now(), first: at}
		}
		for {
			passed := time.Duration(float64(time.Since(d.pace.began)) * d.o.Speed)
			now := d.pace.first.Add(passed)
			if !now.Before(at) {
				break
			}
			if err := d.hub.set(ctx, now); err != nil {
				return err
			}
			left := time.Duration(float64(at.Sub(now)) / d.o.Speed)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(min(left, paceStep)):
			}
		}
	}
	return d.hub.set(ctx, at)
}
