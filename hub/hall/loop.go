package hall

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// batch is what one commit will make true.
type batch struct {
	now     time.Time
	prev    uint64 // last sequence before it
	tasks   []*task
	entries []journal.Entry
	lines   []journal.ServiceLine

	replanned bool // another plan is in force after it
}

// Run takes commands until ctx ends, and then returns nil. It begins with a new
// epoch. It returns an error when the journal is dead or is written by somebody
// else; then the process should end. It may be called once.
func (h *Hall) Run(ctx context.Context) error {
	defer close(h.done)
	if err := h.begin(); err != nil {
		return fmt.Errorf("hall: begin: %w", err)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	if h.opts.ForecastEvery > 0 {
		var aside sync.WaitGroup
		defer aside.Wait()
		ahead, stop := context.WithCancel(ctx)
		defer stop()
		aside.Go(func() { h.foresee(ahead) })
	}
	for {
		due, err := h.byItself()
		if err != nil {
			return fmt.Errorf("hall: %w", err)
		}
		timer.Reset(h.sleep(due))
		select {
		case <-ctx.Done():
			h.snapshot()
			return nil
		case r := <-h.reads:
			r.fn(h.state, h.now())
			close(r.done)
		case t := <-h.tasks:
			if err := h.work(t); err != nil {
				return fmt.Errorf("hall: %w", err)
			}
		case f := <-h.foreseen:
			if err := h.takeForesight(f); err != nil {
				return fmt.Errorf("hall: %w", err)
			}
		case <-timer.C:
		}
	}
}

// begin opens an epoch that is greater than every epoch before, also when the
// journal was put back to an older one.
func (h *Hall) begin() error {
	epoch := max(h.state.Epoch+1, uint64(max(0, h.now().Unix())))
	t := hubTask(queue.HubStart)
	t.command.Epoch = epoch
	if err := h.work(t); err != nil {
		return err
	}
	if err := t.result.err; err != nil {
		return err
	}
	h.log.Info("the hall is open for commands", slog.Uint64("epoch", epoch), slog.Uint64("seq", h.state.Seq))
	return nil
}

func hubTask(do protocol.Action) *task {
	from := queue.Source{Role: queue.RoleHub, Device: "hub"}
	return &task{
		command: queue.Command{From: from, Request: protocol.Request{Do: do}},
		alone:   true,
		answer:  make(chan answer, 1),
	}
}

// work decides first and whatever else waits, commits it all at once, and
// answers. An error means that the hall cannot go on.
func (h *Hall) work(first *task) error {
	b := &batch{now: h.now(), prev: h.state.Seq}
	for t := first; t != nil; t = h.more(b) {
		b.tasks = append(b.tasks, t)
		if err := h.decide(b, t); err != nil {
			return err
		}
	}
	if len(b.entries) > 0 {
		if err := h.state.Check(); err != nil {
			panic(fmt.Sprintf("hall: after event %d: %v", h.state.Seq, err))
		}
	}
	if err := h.commit(b); err != nil {
		return h.fail(b, err)
	}
	h.tell(b)
	if h.state.Seq-h.saved >= uint64(h.opts.SnapshotEvery) && h.quiet() {
		h.snapshot()
	}
	return nil
}

// more returns the next command that waits, or nil when there is none or the
// batch is full.
func (h *Hall) more(b *batch) *task {
	if b.tasks[0].alone || len(b.tasks) >= BatchMax || len(b.entries) >= batchEvents {
		return nil
	}
	select {
	case t := <-h.tasks:
		return t
	default:
		return nil
	}
}

// decide asks the engine and applies its events to the state, on trial.
func (h *Hall) decide(b *batch, t *task) error {
	c := &t.command
	if r := h.refused.of(c); r != nil {
		t.refuse(r)
		return nil
	}
	if t.unproven != nil {
		t.refuse(t.unproven)
		return nil
	}
	h.fillDay(c)
	if r := h.dayRefusal(c); r != nil {
		t.refuse(r)
		return nil
	}
	events, err := queue.Decide(h.state, *c, b.now)
	if err != nil {
		t.refuse(asRefusal(err))
		return nil
	}
	for _, e := range events {
		if _, closes := e.(*queue.DayClosed); closes {
			if err := h.learnNight(b); err != nil {
				return err
			}
		}
		if err := h.apply(b, e); err != nil {
			return err
		}
	}
	t.result.outcome, _ = h.state.Answer(*c)
	if t.asked {
		t.result.reply = view.Reply(h.state, c.Request.ID, t.result.outcome, h.opts.Links)
	}
	return nil
}

// apply adds an event to the batch and to the state, on trial.
func (h *Hall) apply(b *batch, e queue.Event) error {
	body, err := queue.EncodeEvent(e)
	if err != nil {
		return err
	}
	b.entries = append(b.entries, journal.Entry{At: b.now, Kind: e.Kind(), Body: body})
	switch e := e.(type) {
	case *queue.DayOpened:
		h.lastDay, b.replanned = e.Day, true
	case *queue.PlanChanged:
		b.replanned = true
	}
	r := queue.Record{Seq: h.state.Seq + 1, At: b.now, Event: e}
	day := h.state.Day
	h.state.Apply(r)
	b.lines = appendLine(b.lines, h.state, day, r)
	return nil
}

// asRefusal is what Decide's error is by contract; anything else is a bug.
func asRefusal(err error) *protocol.Refusal {
	var r *protocol.Refusal
	if !errors.As(err, &r) {
		panic(fmt.Sprintf("hall: the engine failed instead of refusing: %v", err))
	}
	return r
}

func (t *task) refuse(r *protocol.Refusal) {
	t.result.err = r
	t.result.reply = view.Refused(t.command.Request.ID, r)
}

// commit writes the batch. Only the close of a day with thousands of waiting
// tickets needs more than one transaction, each with its own lines of the service
// log; if the hub is killed between two of them, the day is still open and is
// closed again.
func (h *Hall) commit(b *batch) error {
	prev, lines := b.prev, b.lines
	for rest := b.entries; len(rest) > 0; {
		n := min(len(rest), journal.MaxBatch)
		last := prev + uint64(n)
		own := 0
		for own < len(lines) && lines[own].Seq <= last {
			own++
		}
		if _, err := h.journal.AppendWith(prev, rest[:n], lines[:own]); err != nil {
			return err
		}
		prev, rest, lines = last, rest[n:], lines[own:]
	}
	return nil
}

// fail takes back a batch that was not committed and tells its senders so.
func (h *Hall) fail(b *batch, cause error) error {
	h.log.Error("the journal did not take the events", slog.Int("commands", len(b.tasks)), slog.Any("err", cause))
	if errors.Is(cause, journal.ErrDead) || errors.Is(cause, journal.ErrConflict) {
		return cause // what is on the disk is not known: nobody is told that nothing was done
	}
	for _, t := range b.tasks {
		t.result = answer{}
		t.refuse(unavailable())
		t.answer <- t.result
	}
	if err := h.load(context.Background()); err != nil {
		return fmt.Errorf("read the state again: %w", err)
	}
	return nil
}

// tell answers everybody in the batch and wakes who follows.
func (h *Hall) tell(b *batch) {
	if b.replanned {
		h.planNow()
	}
	for _, t := range b.tasks {
		if r, ok := t.result.err.(*protocol.Refusal); ok {
			h.refused.keep(&t.command, r)
		}
		t.answer <- t.result
	}
	if len(b.entries) > 0 {
		h.wake()
	}
}

// now is the hall's time: whole microseconds as the journal keeps them, and never
// before the last fact.
func (h *Hall) now() time.Time {
	now := h.opts.Now().UTC().Truncate(time.Microsecond)
	if now.Before(h.state.At) {
		return h.state.At
	}
	return now
}
