package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// restFor is how long the autopilot leaves a window or kiosk alone after a
	// person pressed something there.
	restFor = 30 * time.Second
	// pilotTick is how often the autopilot looks. People are slower.
	pilotTick = 100 * time.Millisecond

	paceMin = 0.25 // a quiet afternoon
	paceMax = 50   // faster than any device; for tests

	crowd      = 9                       // citizens who wait at the door in the morning
	crowdEvery = 2500 * time.Millisecond // between two of them at one kiosk
	arrival    = 14 * time.Second        // mean time between two citizens at one kiosk afterwards: the windows just keep up
)

// pilot moves the people of the hall: citizens who take numbers, clerks who
// serve them, and phones. It presses what a person presses, and leaves alone where
// a person is.
type pilot struct {
	kiosks []*kioskPilot
	clerks []*clerk
	voters []*voter
	phones *phones
	stage  *stage

	mu      sync.Mutex // guards what follows: pages set it while the pilot runs
	on      bool
	pace    float64
	touched map[string]time.Time // by part: when a person last pressed something there
}

// kioskPilot are the citizens at one kiosk.
type kioskPilot struct {
	device *device
	next   time.Time
	taken  int
	dice   *rand.Rand
}

func newPilot(devices []*device, hub string, seed uint64, s *stage) *pilot {
	p := &pilot{stage: s, pace: 1, touched: map[string]time.Time{}, phones: newPhones(hub, dice(seed, 0))}
	for i, d := range devices {
		switch {
		case d.dispenser != nil:
			p.kiosks = append(p.kiosks, &kioskPilot{device: d, dice: dice(seed, 100+i)})
		case d.terminal != nil:
			p.clerks = append(p.clerks, newClerk(d, len(p.clerks)+1, dice(seed, 200+i)))
			p.voters = append(p.voters, &voter{device: d, dice: dice(seed, 300+i)})
		}
	}
	return p
}

func dice(seed uint64, who int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(who))) }

// set switches the pilot and sets how many times faster than usual it lives.
func (p *pilot) set(on bool, pace float64) error {
	if !(pace >= paceMin && pace <= paceMax) {
		return fmt.Errorf("pace %g, legal are %g to %g", pace, paceMin, float64(paceMax))
	}
	p.mu.Lock()
	p.on, p.pace = on, pace
	p.mu.Unlock()
	p.show()
	return nil
}

// touch notes that a person is at a part.
func (p *pilot) touch(part string) {
	p.mu.Lock()
	p.touched[part] = time.Now()
	p.mu.Unlock()
	p.show()
}

// free reports whether no person is at a part.
func (p *pilot) free(part string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ever := p.touched[part]
	return !ever || now.Sub(at) >= restFor
}

// pilotState is the pilot on the stage.
type pilotState struct {
	On    bool             `json:"on"`
	Pace  float64          `json:"pace"`
	Rests map[string]int64 `json:"rests"` // by part: ms for which the pilot still leaves it alone
}

func (p *pilot) show() {
	now := time.Now()
	p.mu.Lock()
	state := pilotState{On: p.on, Pace: p.pace, Rests: map[string]int64{}}
	for part, at := range p.touched {
		if left := restFor - now.Sub(at); left > 0 {
			state.Rests[part] = left.Milliseconds()
		}
	}
	p.mu.Unlock()
	p.stage.put("pilot", state)
}

// run moves the people until ctx ends.
func (p *pilot) run(ctx context.Context) {
	tick := time.NewTicker(pilotTick)
	defer tick.Stop()
	p.show()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { p.runPhones(ctx) })
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			p.step(ctx, now)
		}
	}
}

// step lets everybody do what is due.
func (p *pilot) step(ctx context.Context, now time.Time) {
	on, pace := p.state()
	if !on {
		return
	}
	for _, k := range p.kiosks {
		if p.free(k.device.part, now) {
			k.step(ctx, now, pace)
		}
	}
	for _, c := range p.clerks {
		if p.free(c.device.part, now) {
			c.step(ctx, now, pace)
		} else {
			c.forget()
		}
	}
	for _, v := range p.voters {
		if p.free(v.device.part, now) {
			v.step(now, pace)
		}
	}
}

func (p *pilot) state() (on bool, pace float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.on, p.pace
}

// runPhones lets citizens look at their phones now and then.
func (p *pilot) runPhones(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if on, _ := p.state(); !on {
			continue
		}
		for _, k := range p.kiosks {
			for _, slip := range k.device.board.SimPrinter.Slips() {
				p.phones.scan(codeOn(slip.Bytes))
			}
		}
		p.phones.look(ctx)
	}
}

// after is a time scaled by the pace, spread by a half both ways.
func after(dice *rand.Rand, mean time.Duration, pace float64) time.Duration {
	return time.Duration(float64(mean) * (0.5 + dice.Float64()) / pace)
}
