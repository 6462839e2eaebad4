package simulation

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/protocol"
)

const (
	answerMax  = 3 * time.Second // after which people press again
	giveUp     = 15 * time.Second
	triesMax   = 4
	greenShare = 0.08
)

// citizens come to a dispenser until the doors close, most in the morning.
func (k *kiosk) citizens(ctx context.Context, r *rand.Rand, people int) {
	opened := time.Now()
	for {
		part := float64(time.Since(opened)) / float64(k.s.o.Length)
		rate := 1.5 - part // a busy morning, a quiet evening
		mean := float64(k.s.o.Length) / float64(people) / rate
		if !pause(ctx, time.Duration(r.ExpFloat64()*mean)) {
			return
		}
		k.citizen(ctx, r)
	}
}

// pause lets time pass; it reports false when ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// citizen wants a number, and tries some times.
func (k *kiosk) citizen(ctx context.Context, r *rand.Rand) {
	services := k.s.plan.Services
	p := dispenser.Press{Service: services[r.IntN(len(services))].ID}
	if r.Float64() < greenShare {
		p.Class, p.Reason = protocol.Green, dispenser.GreenReasons()[0].In(protocol.Chinese)
	}
	twice, gap := r.Float64() < 0.15, 100*time.Millisecond+time.Duration(r.IntN(1200))*time.Millisecond
	for range triesMax {
		if k.press(ctx, p, twice, gap) {
			return
		}
		if !pause(ctx, 2*time.Second+time.Duration(r.IntN(3000))*time.Millisecond) {
			return
		}
	}
}

// press presses once, or twice with a gap, and waits for what comes of it. It
// reports true when the citizen is done here.
func (k *kiosk) press(ctx context.Context, p dispenser.Press, twice bool, gap time.Duration) bool {
	before, d, _ := k.state()
	if d == nil {
		return false
	}
	start := time.Now()
	err := d.Press(ctx, p)
	var refusal *protocol.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal.Code != protocol.Overloaded && refusal.Code != protocol.Unavailable
	case err != nil:
		return false
	}
	k.mu.Lock()
	k.pressed++
	k.pending++
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.pending--
	}()
	if twice {
		k.again(ctx, d, p, gap)
	}
	return k.await(ctx, d, before.Result, start)
}

// again is the impatient second press: it must never give a second number.
func (k *kiosk) again(ctx context.Context, d *dispenser.Dispenser, p dispenser.Press, gap time.Duration) {
	k.s.witness.fault("second presses")
	if !pause(ctx, gap) {
		return
	}
	if err := d.Press(ctx, p); err == nil {
		k.s.breaks("double press", "%s took a second press %s after the first", k.id, gap)
	}
}

// await waits until the screen says what the press came to.
func (k *kiosk) await(ctx context.Context, d *dispenser.Dispenser, before *dispenser.Result, start time.Time) bool {
	old := 0
	if before != nil {
		old = before.No
	}
	late := time.NewTimer(giveUp)
	defer late.Stop()
	for {
		v, now, changed := k.state()
		if now != d {
			return false // the power went
		}
		if res := v.Result; res != nil && res.No > old && res.Kind != dispenser.ResultWorking {
			k.s.waited(k.id, time.Since(start))
			return true
		}
		select {
		case <-ctx.Done():
			return true
		case <-changed:
		case <-late.C:
			k.s.breaks("answer at the kiosk", "%s showed nothing for %s", k.id, giveUp)
			return true
		}
	}
}
