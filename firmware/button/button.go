package button

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

const (
	// waitMax is how long Watch sleeps before it looks at its context and at the line again.
	waitMax = 250 * time.Millisecond
	// lookEvery is the shortest time between two looks at a line on which edges never end.
	lookEvery = time.Millisecond
	// debounceDefault outlasts the bounce of push buttons, some 1 to 10 ms, and is too short to be felt.
	debounceDefault = 20 * time.Millisecond
	// lockOutDefault is the time in which a person who sees nothing happen presses again.
	lockOutDefault = 1500 * time.Millisecond
	// stuckDefault is longer than anybody holds a button.
	stuckDefault = 10 * time.Second
)

// Event is what happened to a button.
type Event int

// The events.
const (
	Pressed Event = iota + 1 // a person pressed
	Stuck                    // the line has been active for too long; presses are not told until Freed
	Freed                    // the stuck line is idle again
)

// String returns the event's name in lower case.
func (e Event) String() string {
	switch e {
	case Pressed:
		return "pressed"
	case Stuck:
		return "stuck"
	case Freed:
		return "freed"
	}
	return fmt.Sprintf("event %d", int(e))
}

// Opts holds the options of Watch. A zero value means the default.
type Opts struct {
	// ActiveHigh says that the line is high while the button is pressed; it is then pulled
	// down. By default the button joins the line to ground and the line is pulled up.
	ActiveHigh bool
	// Debounce is how long the line must keep a level to be believed; by default 20 ms.
	Debounce time.Duration
	// LockOut is how long after a press further presses are ignored; by default 1.5 s.
	LockOut time.Duration
	// Stuck is how long the line may be active before it counts as stuck; by default 10 s.
	Stuck time.Duration
}

// withDefaults returns o with every zero value replaced.
func (o *Opts) withDefaults() (Opts, error) {
	full := Opts{}
	if o != nil {
		full = *o
	}
	for _, field := range []struct {
		name     string
		value    *time.Duration
		standard time.Duration
	}{
		{"debounce", &full.Debounce, debounceDefault},
		{"lock-out", &full.LockOut, lockOutDefault},
		{"stuck time", &full.Stuck, stuckDefault},
	} {
		if *field.value < 0 {
			return Opts{}, fmt.Errorf("button: %s %s, must be 0 (for %s) or more", field.name, *field.value, field.standard)
		}
		if *field.value == 0 {
			*field.value = field.standard
		}
	}
	if full.Stuck <= full.Debounce {
		return Opts{}, fmt.Errorf("button: stuck time %s, must be more than the debounce time %s", full.Stuck, full.Debounce)
	}
	return full, nil
}

// Watch sets pin up as an input and tells what happens to its button until ctx is done.
//
// tell is called by Watch itself, one call after the other; while it runs no
// press is seen, so it should hand over and return. Pressed is told when the button goes down, not
// when it comes up. A button that is down already when Watch starts is not a press.
//
// Watch returns the context's error within 250 ms after ctx is done, or at once an error if an
// option is wrong or the pin cannot be an input with edges.
func Watch(ctx context.Context, pin gpio.PinIn, o *Opts, tell func(Event)) error {
	full, err := o.withDefaults()
	if err != nil {
		return err
	}
	pull := gpio.PullUp
	if full.ActiveHigh {
		pull = gpio.PullDown
	}
	if err := pin.In(pull, gpio.BothEdges); err != nil {
		return fmt.Errorf("button: %s as input: %w", pin, err)
	}
	read := func() bool { return bool(pin.Read()) == full.ActiveHigh }
	b := newContact(full, read(), time.Now())
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait := b.patience(time.Now())
		if err := sleep(ctx, pin, wait); err != nil {
			return err
		}
		if event := b.look(read(), time.Now()); event != 0 {
			tell(event)
		}
	}
}

// sleep waits for an edge, but at most for the given time. Some drivers return at once when they
// fail, and a line may hum; sleep then pauses by itself, so that the worst is a slow button and
// not a busy processor.
func sleep(ctx context.Context, pin gpio.PinIn, wait time.Duration) error {
	start := time.Now()
	pause := lookEvery
	if !pin.WaitForEdge(wait) {
		pause = min(wait-time.Since(start), debounceDefault)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// contact is the state of a button. It is pure: levels and times go in, events come out.
type contact struct {
	opts    Opts
	raw     bool      // the last level seen, true while the contact is closed
	rawAt   time.Time // since when
	down    bool      // the believed level
	downAt  time.Time // since when, if down
	stuck   bool
	blocked time.Time // end of the lock-out
}

func newContact(o Opts, raw bool, now time.Time) *contact {
	return &contact{opts: o, raw: raw, rawAt: now, down: raw, downAt: now}
}

// look takes in a level and returns what happened, or 0.
func (c *contact) look(raw bool, now time.Time) Event {
	if raw != c.raw {
		c.raw, c.rawAt = raw, now
	}
	if c.raw != c.down && now.Sub(c.rawAt) >= c.opts.Debounce {
		return c.turn(now)
	}
	if c.down && c.raw && !c.stuck && now.Sub(c.downAt) >= c.opts.Stuck {
		c.stuck = true
		return Stuck
	}
	return 0
}

// turn believes the new level.
func (c *contact) turn(now time.Time) Event {
	c.down = c.raw
	switch {
	case c.down && now.Before(c.blocked):
		c.downAt = c.rawAt
		return 0
	case c.down:
		c.downAt = c.rawAt
		c.blocked = c.rawAt.Add(c.opts.LockOut)
		return Pressed
	case c.stuck:
		c.stuck = false
		return Freed
	}
	return 0
}

// patience returns how long nothing needs to be looked at if no edge comes; above 0.
func (c *contact) patience(now time.Time) time.Duration {
	wait := waitMax
	if c.raw != c.down {
		wait = min(wait, c.rawAt.Add(c.opts.Debounce).Sub(now))
	}
	return max(wait, lookEvery)
}
