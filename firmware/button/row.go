package button

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// keyLockOut is the lock-out of a key: unlike at a dispenser, somebody who types a PIN presses
// one key twice within a second and means it.
const keyLockOut = 100 * time.Millisecond

// Row is a keypad of single push buttons, each at a line of its own: a box of keys for a clerk, or the
// five of an evaluator.
type Row struct {
	keys []string
	pins []gpio.PinIn
	opts Opts
}

// NewRow returns the keypad whose button keys[i] is at pins[i]. o.LockOut is 100 ms unless it is given.
//
// It returns an error if there are not as many pins as keys, more than 64, or one key twice.
func NewRow(keys []string, pins []gpio.PinIn, o *Opts) (*Row, error) {
	r := &Row{keys: slices.Clone(keys), pins: slices.Clone(pins), opts: Opts{LockOut: keyLockOut}}
	if len(keys) != len(pins) || len(keys) == 0 || len(keys) > keysMax {
		return nil, fmt.Errorf("button: %d keys at %d lines, must be as many lines as keys, 1 to %d", len(keys), len(pins), keysMax)
	}
	for i, key := range keys {
		if slices.Contains(keys[:i], key) {
			return nil, fmt.Errorf("button: key %q twice, each key must be named once", key)
		}
	}
	if o != nil {
		lockOut := r.opts.LockOut
		r.opts = *o
		if o.LockOut == 0 {
			r.opts.LockOut = lockOut
		}
	}
	_, err := r.opts.withDefaults()
	return r, err
}

// Keys returns the names of the keys.
func (r *Row) Keys() []string { return slices.Clone(r.keys) }

// Run tells each key that goes down until ctx is done, as [Keypad.Run] does: state is told of
// stuck keys, and nil when all have come up. press and state are called one at a time.
func (r *Row) Run(ctx context.Context, press func(key string), state func(error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	var mu sync.Mutex // one button tells at a time
	stuck := map[string]bool{}
	for i, key := range r.keys {
		wg.Go(func() {
			err := Watch(ctx, r.pins[i], &r.opts, func(e Event) {
				mu.Lock()
				defer mu.Unlock()
				switch e {
				case Pressed:
					press(key)
				case Stuck, Freed:
					stuck[key] = e == Stuck
					state(r.stuckError(stuck))
				}
			})
			if !errors.Is(err, context.Canceled) {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (r *Row) stuckError(stuck map[string]bool) error {
	var names []string
	for _, key := range r.keys {
		if stuck[key] {
			names = append(names, key)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrStuck, strings.Join(names, " "))
}
