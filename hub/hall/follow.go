package hall

import (
	"context"
	"fmt"

	"jiaohao/hub/journal"
)

// Changed returns a channel that gets a signal after each commit, and at once; and
// a function that ends it. Signals that nobody has taken yet become one. It never
// holds the hall up.
func (h *Hall) Changed() (signal <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	c <- struct{}{}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers[c] = true
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, c)
	}
}

// wake signals everybody who watches.
func (h *Hall) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Follow calls fn with every committed event after the given sequence, in order:
// first those of the journal, then each as it is committed. fn may take its time.
// It blocks until fn returns an error, which it returns as it is, until ctx ends,
// or until the hall stops (ErrStopped).
func (h *Hall) Follow(ctx context.Context, after uint64, fn func(journal.Record) error) error {
	changed, stop := h.Changed()
	defer stop()
	for {
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-h.done:
			return ErrStopped
		}
		// The file may be ahead of Last for a moment, so that after is, too.
		if last, _ := h.journal.Last(); last <= after {
			continue
		}
		var failed error
		err := h.journal.Read(ctx, after, func(r journal.Record) error {
			after = r.Seq
			failed = fn(r)
			return failed
		})
		if failed != nil {
			return failed
		}
		if err != nil {
			return fmt.Errorf("hall: follow after event %d: %w", after, err)
		}
	}
}
