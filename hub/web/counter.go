package web

import (
	"sync"
	"time"
)

// counter counts events by name in windows of a fixed length, to bound how often
// somebody may be wrong. It holds at most countersMax names.
type counter struct {
	most   int
	window time.Duration

	mu    sync.Mutex // guards names; requests come from many goroutines and hold it for a map access
	names map[string]tally
}

type tally struct {
	n     int
	until time.Time
}

func newCounter(most int, window time.Duration) *counter {
	return &counter{most: most, window: window, names: map[string]tally{}}
}

// full returns how long name is still locked out at now, or 0.
func (c *counter) full(name string, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.names[name]
	if t.n < c.most || !now.Before(t.until) {
		return 0
	}
	return t.until.Sub(now)
}

// add counts one event. The event that reaches the limit starts the window anew.
func (c *counter) add(name string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.names[name]
	if !now.Before(t.until) {
		t = tally{until: now.Add(c.window)}
	}
	t.n++
	if t.n == c.most {
		t.until = now.Add(c.window)
	}
	c.names[name] = t
	if len(c.names) > countersMax {
		c.forget(now)
	}
}

// clear forgets a name, after it was right.
func (c *counter) clear(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.names, name)
}

// forget drops what has run out and, if that was nothing, what runs out first.
func (c *counter) forget(now time.Time) {
	oldest, first := "", time.Time{}
	for name, t := range c.names {
		if !now.Before(t.until) {
			delete(c.names, name)
			continue
		}
		if oldest == "" || t.until.Before(first) {
			oldest, first = name, t.until
		}
	}
	if len(c.names) > countersMax {
		delete(c.names, oldest)
	}
}
