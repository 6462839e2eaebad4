package hall

import (
	"log/slog"
	"sync"
	"time"
)

// How far the machine's clock is believed.
const (
	clockStep   = time.Minute        // change against the monotonic clock since the last look: more than any slewing or leap second
	clockSteady = 10 * time.Minute   // until a clock that was set is believed: a time server that lied is put right within a few polls
	clockAbsent = 3 * 24 * time.Hour // since the last fact, with a day left open: longer than a weekend is more likely a wrong clock
)

// clock is the machine's clock, dated on by the monotonic one while somebody has
// just set it: one wrong answer of a time server must neither turn the day over
// nor date facts that the right time reaches hours later.
type clock struct {
	look  func() (wall time.Time, mono time.Duration)
	floor time.Time // the earliest time that can be right
	log   *slog.Logger

	mu    sync.Mutex // guards what is below: everybody who dates something looks at the clock
	wall  time.Time  // at the last look
	mono  time.Duration
	ahead time.Duration // of wall before the time that is trusted; 0 while wall itself is trusted
	since time.Duration // mono when wall was last set, while ahead is not 0
}

// machine reads both clocks of the machine in one moment.
func machine() func() (time.Time, time.Duration) {
	began := time.Now()
	return func() (time.Time, time.Duration) {
		now := time.Now()
		return now.Round(0), now.Sub(began) // without its monotonic part, so that differences are those of the wall
	}
}

// guard begins to watch a clock. With a day left open it doubts one that is far
// past the last fact.
func guard(look func() (time.Time, time.Duration), floor, lastFact time.Time, open bool, log *slog.Logger) *clock {
	c := &clock{look: look, floor: floor, log: log}
	if lastFact.After(floor) {
		c.floor = lastFact
	}
	c.wall, c.mono = look()
	if ahead := c.wall.Sub(lastFact); open && ahead > clockAbsent {
		c.ahead, c.since = ahead, c.mono
		c.warn()
	}
	return c
}

// now returns the time that is trusted.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, mono := c.look()
	trusted := c.wall.Add(-c.ahead)
	step := wall.Sub(c.wall) - (mono - c.mono)
	c.wall, c.mono = wall, mono
	switch {
	case step.Abs() > clockStep:
		c.set(step, trusted)
	case c.ahead != 0 && mono-c.since >= clockSteady:
		c.log.Warn("the clock held its new time and is believed", slog.Time("now", wall), slog.Duration("step", c.ahead))
		c.ahead = 0
	}
	return wall.Add(-c.ahead)
}

// set notes that the wall clock was set by step. The first time that can be right
// is better than the one before it, and the old time come back needs no proof.
func (c *clock) set(step time.Duration, trusted time.Time) {
	before := c.ahead
	c.ahead, c.since = before+step, c.mono
	switch {
	case trusted.Before(c.floor) && !c.wall.Before(c.floor), c.ahead.Abs() <= clockStep:
		c.ahead = 0
	case before == 0:
		c.warn()
	}
}

func (c *clock) warn() {
	c.log.Warn("the clock was set and is not believed yet",
		slog.Time("now", c.wall), slog.Duration("step", c.ahead), slog.Duration("until_steady", clockSteady))
}
