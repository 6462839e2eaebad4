// Package lamp answers a person who pressed a key, with a lamp and a buzzer: a click when the key was
// seen, light when it is the person's turn, a double blink for a no. What each signal looks and
// sounds like is a table.
package lamp

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Signal is what a person is told.
type Signal string

// The signals.
const (
	Click   Signal = "click"   // a key was seen
	Ready   Signal = "ready"   // it is your turn: the next step can be pressed, or the answer has come
	Wait    Signal = "wait"    // nothing to press: the answer is outstanding, nobody waits, or the hub is away
	Refused Signal = "refused" // the press came to nothing: look at the screen
	Ask     Signal = "ask"     // please rate
	Thanks  Signal = "thanks"  // the rating has come
)

// Pattern is how a signal is told. Times are in ms, on, off, on and so on, each 1 to 10,000 and at most 20 of
// them. A pattern of the lamp begins dark when the lamp is lit, so that it is seen.
type Pattern struct {
	Lamp   []int `json:"lamp,omitempty"`
	Buzzer []int `json:"buzzer,omitempty"`
	Lit    *bool `json:"lit,omitempty"` // whether the lamp is lit from then on; nil leaves it
}

const (
	stepMax  = 10_000 // ms: longer is a lamp, not a signal
	stepsMax = 20
	queueMax = 16 // signals that wait to be played: people do not press faster
)

// Usual returns the patterns for those who configure none.
func Usual() map[Signal]Pattern {
	lit, dark := true, false
	return map[Signal]Pattern{
		Click:   {Buzzer: []int{15}},
		Ready:   {Lit: &lit},
		Wait:    {Lit: &dark},
		Refused: {Lamp: []int{120, 120, 120, 120}, Buzzer: []int{60, 60, 60}},
		Ask:     {Lit: &lit, Buzzer: []int{200}},
		Thanks:  {Lit: &dark, Buzzer: []int{60, 60, 60}},
	}
}

// Dev is a lamp and a buzzer, or several that go together.
type Dev struct {
	lamps, buzzers []func(on bool)
	patterns       map[Signal]Pattern
	signals        chan Signal
}

// New returns what tells by lamps and buzzers, which are called by Run alone and must not block. patterns win over
// [Usual], signal by signal. The error names the signal or the time that is wrong.
func New(lamps, buzzers []func(on bool), patterns map[Signal]Pattern) (*Dev, error) {
	all := Usual()
	for _, signal := range slices.Sorted(maps.Keys(patterns)) {
		if _, known := all[signal]; !known {
			return nil, fmt.Errorf("lamp: signal %q, must be one of %v", signal, slices.Sorted(maps.Keys(all)))
		}
		p := patterns[signal]
		for _, steps := range [][]int{p.Lamp, p.Buzzer} {
			if len(steps) > stepsMax {
				return nil, fmt.Errorf("lamp: signal %q has %d times, must be at most %d", signal, len(steps), stepsMax)
			}
			for _, ms := range steps {
				if ms < 1 || ms > stepMax {
					return nil, fmt.Errorf("lamp: signal %q has a time of %d ms, must be 1 to %d", signal, ms, stepMax)
				}
			}
		}
		all[signal] = p
	}
	return &Dev{lamps: lamps, buzzers: buzzers, patterns: all, signals: make(chan Signal, queueMax)}, nil
}

// Tell has a signal told, and returns at once. One that comes while a pattern plays waits for it; more than 16 are
// dropped.
func (d *Dev) Tell(s Signal) {
	select {
	case d.signals <- s:
	default:
	}
}

// Run tells until ctx ends, then puts everything out and returns ctx's error.
func (d *Dev) Run(ctx context.Context) error {
	lit := false
	defer func() {
		set(d.lamps, false)
		set(d.buzzers, false)
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s := <-d.signals:
			p := d.patterns[s]
			was := lit
			if p.Lit != nil {
				lit = *p.Lit
			}
			d.play(ctx, p, was, lit)
		}
	}
}

// play plays a pattern's two parts beside each other. The lamp was lit or not, and is so in the end.
func (d *Dev) play(ctx context.Context, p Pattern, was, lit bool) {
	changes := append(timeline(p.Lamp, d.lamps, !was, lit), timeline(p.Buzzer, d.buzzers, true, false)...)
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	start := time.Now()
	for _, c := range changes {
		timer := time.NewTimer(c.at - time.Since(start))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			set(c.outs, c.on)
		}
	}
}

// change is one of the moments of a pattern.
type change struct {
	at   time.Duration // since its begin
	outs []func(on bool)
	on   bool
}

// timeline is what steps come to, with the last level behind them.
func timeline(steps []int, outs []func(on bool), first, last bool) []change {
	var list []change
	at := time.Duration(0)
	for i, ms := range steps {
		list = append(list, change{at, outs, first == (i%2 == 0)})
		at += time.Duration(ms) * time.Millisecond
	}
	return append(list, change{at, outs, last})
}

func set(outs []func(on bool), on bool) {
	for _, out := range outs {
		out(on)
	}
}
