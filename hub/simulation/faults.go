package simulation

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/hub/wire"
	"jiaohao/protocol/link/linktest"
)

// roll is a new roll of paper, in dots of 1/8 mm: more than a day prints.
const roll = 1 << 30

// fault is one kind of thing that goes wrong. It returns when it is mended, at the
// latest soon after ctx has ended.
type fault struct {
	name  string
	times int
	run   func(ctx context.Context, r *rand.Rand)
}

func (s *site) faults() []fault {
	f := &s.o.Faults
	return []fault{
		{"cut links", f.Cuts, s.cutLink},
		{"long cut of a dispenser", min(int(f.LongCut), 1), s.longCut},
		{"storms", f.Storms, s.storm},
		{"hub killed", f.Kills, s.hubKilled},
		{"hub killed before it answered", f.Answers, s.hubKilledBeforeAnswer},
		{"hub stopped with a request under way", f.Stops, s.hubStopped},
		{"broker restarted", f.Broker, s.brokerRestarted},
		{"clock stepped", f.Clocks, s.clockStepped},
		{"printer trouble", f.Paper, s.printerTrouble},
		{"power cut of a device", f.Power, s.powerCut},
	}
}

// trouble makes everything go wrong that the options say, each at its time, until
// ctx ends and all is mended.
func (s *site) troubles(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, f := range s.faults() {
		r := s.random("fault " + f.name)
		for range f.times {
			at := time.Duration((0.02 + 0.88*r.Float64()) * float64(s.o.Length))
			own := rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
			wg.Go(func() {
				if pause(ctx, at) {
					f.run(ctx, own)
				}
			})
		}
	}
}

// span is a random time between two bounds, short ones more often than long ones.
func span(r *rand.Rand, least, most time.Duration) time.Duration {
	x := r.Float64()
	return least + time.Duration(x*x*x*float64(most-least))
}

func (s *site) cutLink(ctx context.Context, r *rand.Rand) {
	names, _ := s.devices()
	names = append(names, wire.ClientID)
	id := names[r.IntN(len(names))]
	s.begin("cut links")
	defer s.end()
	s.cut(id)
	defer s.restore(id)
	pause(ctx, span(r, time.Second, min(20*time.Minute, s.o.Length/10)))
}

func (s *site) longCut(ctx context.Context, _ *rand.Rand) {
	s.begin("long cut of a dispenser")
	defer s.end()
	id := s.kiosks[0].id
	s.cut(id)
	defer s.restore(id)
	pause(ctx, s.o.Faults.LongCut)
}

func (s *site) storm(ctx context.Context, r *rand.Rand) {
	s.begin("storms")
	defer s.end()
	s.bus.SetFaults(linktest.Faults{
		Loss: s.o.Faults.Loss * r.Float64(), Duplicate: 0.1 * r.Float64(), Reorder: 0.2 * r.Float64(),
		Delay: time.Duration(1 + r.IntN(int(400*time.Millisecond))),
	})
	defer s.bus.SetFaults(linktest.Faults{})
	pause(ctx, span(r, 30*time.Second, 10*time.Minute))
}

// turn has run do something to the hub alone, and starts the hub again after a time.
func (s *site) turn(ctx context.Context, r *rand.Rand, name string, down func() bool) {
	select {
	case <-ctx.Done():
		return
	case s.hubTurn <- struct{}{}:
	}
	defer func() { <-s.hubTurn }()
	s.begin(name)
	defer s.end()
	if !down() {
		return // the moment did not come
	}
	pause(ctx, span(r, 200*time.Millisecond, 5*time.Minute))
	if err := s.startHub(); err != nil {
		s.breaks("start of the hub", "%v", err)
	}
}

func (s *site) hubKilled(ctx context.Context, r *rand.Rand) {
	s.turn(ctx, r, "hub killed", func() bool { s.killHub(); return true })
}

// hubKilledBeforeAnswer kills the hub when it has committed and would answer.
func (s *site) hubKilledBeforeAnswer(ctx context.Context, r *rand.Rand) {
	s.turn(ctx, r, "hub killed before it answered", func() bool {
		strike := make(chan struct{})
		h := s.theHub()
		h.spy.arm(func() { close(strike) }, nil)
		select {
		case <-strike:
		case <-ctx.Done():
			h.spy.arm(nil, nil)
		}
		s.killHub()
		return true
	})
}

// hubStopped stops the hub in good order while a request is under way.
func (s *site) hubStopped(ctx context.Context, r *rand.Rand) {
	s.turn(ctx, r, "hub stopped with a request under way", func() bool {
		strike := make(chan struct{})
		h := s.theHub()
		h.spy.arm(nil, func() {
			for range r.IntN(400) {
				runtime.Gosched() // so that it strikes anywhere on the request's way
			}
			h.end()
			time.Sleep(time.Millisecond) // the connection outlives the hall, so that last words get out
			close(strike)
		})
		select {
		case <-strike:
		case <-ctx.Done():
			h.spy.arm(nil, nil)
		}
		if err := s.stopHub(); err != nil {
			s.breaks("stop of the hub", "%v", err)
		}
		return true
	})
}

// brokerRestarted stops the broker, half of the time with the hub in whose process it runs.
func (s *site) brokerRestarted(ctx context.Context, r *rand.Rand) {
	if r.IntN(2) == 0 {
		s.turn(ctx, r, "broker and hub killed", func() bool {
			s.bus.Stop()
			s.killHub()
			return true
		})
		s.bus.Start()
		return
	}
	s.begin("broker restarted")
	defer s.end()
	s.bus.Stop()
	defer s.bus.Start()
	pause(ctx, span(r, time.Second, 2*time.Minute))
}

// clockStepped sets the hub's clock, as somebody does who finds it wrong.
func (s *site) clockStepped(ctx context.Context, r *rand.Rand) {
	s.begin("clock stepped")
	defer s.end()
	step := span(r, time.Second, 10*time.Minute)
	if r.IntN(2) == 0 {
		step = -step
	}
	s.clock.Add(int64(step))
	pause(ctx, time.Minute)
}

func (s *site) printerTrouble(ctx context.Context, r *rand.Rand) {
	k := s.kiosks[r.IntN(len(s.kiosks))]
	s.begin("printer trouble")
	defer s.end()
	well := escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK}
	bad := well
	switch r.IntN(5) {
	case 0:
		bad.Paper = escpos.PaperOut
	case 1:
		bad.CoverOpen = true
	case 2:
		bad.CutterError = true
	case 3:
		bad = escpos.Status{} // switched off
	case 4:
		k.printer.SetPaperLeft(100 + r.IntN(2000)) // out in the middle of a slip
		pause(ctx, span(r, 2*time.Minute, 15*time.Minute))
		k.printer.SetPaperLeft(roll)
		k.printer.SetStatus(well)
		return
	}
	k.printer.SetStatus(bad)
	defer k.printer.SetStatus(well)
	pause(ctx, span(r, 10*time.Second, 10*time.Minute))
}

// powerCut cuts the power of a device, or stops its program in good order.
func (s *site) powerCut(ctx context.Context, r *rand.Rand) {
	names, all := s.devices()
	n := r.IntN(len(all))
	if r.IntN(2) == 0 {
		n = r.IntN(len(s.kiosks)) // what dispensers remember matters most
	}
	s.dark(ctx, names[n], all[n], r.IntN(3) == 0, span(r, time.Second, 10*time.Minute))
}

// dark has a device without power, or its program ended, for a time.
func (s *site) dark(ctx context.Context, name string, d device, orderly bool, off time.Duration) {
	select {
	case <-ctx.Done():
		return
	case s.powerTurn <- struct{}{}:
	}
	defer func() { <-s.powerTurn }()
	s.begin("power cut of a device")
	defer s.end()
	d.powerOff(orderly)
	if k, is := d.(*kiosk); is && s.o.Mutant == DispenserBlank {
		s.forget(k)
	}
	pause(ctx, off)
	if err := d.on(); err != nil {
		s.breaks("start of a device", "%s: %v", name, err)
	}
}

// forget empties a dispenser's folder.
func (s *site) forget(k *kiosk) {
	if err := os.RemoveAll(k.dir); err != nil {
		s.breaks("mutant", "%v", err)
	}
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		s.breaks("mutant", "%v", err)
	}
}
