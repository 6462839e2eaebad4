package hall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
)

// snapshotFormat rises when the engine's state means something else than before,
// so that an older snapshot is passed over and the events are read instead.
const snapshotFormat = 3

type saved struct {
	Format  int             `json:"format"`
	LastDay string          `json:"last_day"`
	State   json.RawMessage `json:"state"`
}

// errUnsound means that a state broke an invariant.
var errUnsound = errors.New("the state is not sound")

// load makes the state anew: the newest usable snapshot, then the events after it.
// A snapshot that the events show to be wrong is passed over.
func (h *Hall) load(ctx context.Context) error {
	state, lastDay, err := h.lastSnapshot()
	if err != nil {
		return err
	}
	seq := state.Seq
	err = h.loadFrom(ctx, state, lastDay)
	if seq > 0 && errors.Is(err, errUnsound) {
		h.log.Warn("the snapshot is wrong, all events are read", slog.Uint64("seq", seq), slog.Any("err", err))
		err = h.loadFrom(ctx, queue.New(), "")
	}
	return err
}

// loadFrom applies the events after state to it and puts it in force.
func (h *Hall) loadFrom(ctx context.Context, state *queue.State, lastDay string) error {
	h.saved, h.lastDay = state.Seq, lastDay
	err := h.journal.Read(ctx, state.Seq, func(r journal.Record) error {
		event, err := apply(state, r)
		if opened, ok := event.(*queue.DayOpened); ok {
			h.lastDay = opened.Day
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := state.Check(); err != nil {
		return fmt.Errorf("%w after event %d: %w", errUnsound, state.Seq, err)
	}
	h.state = state
	h.planNow()
	return nil
}

// lastSnapshot returns the newest snapshot of this format, or the state before
// the first event.
func (h *Hall) lastSnapshot() (state *queue.State, lastDay string, err error) {
	seq, body, ok, err := h.journal.Snapshot()
	if err != nil || !ok {
		return queue.New(), "", err
	}
	var s saved
	if err := json.Unmarshal(body, &s); err == nil && s.Format == snapshotFormat {
		if state, err := queue.Restore(s.State); err == nil && state.Seq == seq && state.Check() == nil {
			return state, s.LastDay, nil
		}
	}
	h.log.Warn("the snapshot is wrong or of another version, all events are read", slog.Uint64("seq", seq))
	return queue.New(), "", nil
}

// quiet reports that nobody waits and nobody is at a window: a snapshot of a long day
// takes a second or more, and no call may wait for it.
func (h *Hall) quiet() bool {
	for _, line := range h.state.Lines {
		if len(line) > 0 {
			return false
		}
	}
	for _, post := range h.state.Posts {
		if post.Ticket != "" {
			return false
		}
	}
	return true
}

// snapshot keeps the state for a fast start. A failure harms nothing.
func (h *Hall) snapshot() {
	if h.state.Seq == h.saved {
		return
	}
	h.saved = h.state.Seq
	body, err := h.state.Snapshot()
	if err == nil {
		body, err = json.Marshal(saved{Format: snapshotFormat, LastDay: h.lastDay, State: body})
	}
	if err == nil {
		err = h.journal.SaveSnapshot(h.state.Seq, body)
	}
	if err != nil {
		h.log.Error("the snapshot was not saved", slog.Uint64("seq", h.state.Seq), slog.Any("err", err))
	}
}

func apply(s *queue.State, r journal.Record) (queue.Event, error) {
	e, err := queue.DecodeEvent(r.Kind, r.Body)
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", r.Seq, err)
	}
	s.Apply(queue.Record{Seq: r.Seq, At: r.At, Event: e})
	return e, nil
}

// planNow gives the plan in force to the other goroutines. An applied plan is
// never changed, only replaced, so that it can be shared.
func (h *Hall) planNow() {
	p := h.state.Plan
	h.plan.Store(&p)
	h.zone = zone(&p)
}

// zone is the plan's time zone, or UTC before there is a plan.
func zone(p *queue.Plan) *time.Location {
	if z, err := time.LoadLocation(p.Zone); err == nil {
		return z
	}
	return time.UTC
}
