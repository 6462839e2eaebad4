package hall

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// Limits of the hall. Over the limit is a named refusal, never growth.
const (
	BatchMax    = 256  // commands that share one commit: its events stay far below one journal batch
	InFlightMax = 4096 // commands that wait at once: 64 of each of 64 busy sources, about 4 s of commits
	SourceMax   = 64   // commands that wait at once from one source: nobody presses so fast
	RefusedMax  = 8192 // refusals remembered: minutes of the busiest hall's wrong keys

	batchEvents   = 1024             // events after which a batch takes no further command
	snapshotEvery = 5000             // events between snapshots, and more until nobody waits: a start replays at most a day's, some 100,000 a second
	idleWait      = time.Minute      // longest sleep: nobody reports that the clock was set
	tickAgain     = time.Second      // until the next tick when one changed nothing although it was due
	timerMin      = time.Millisecond // shortest sleep, so that rounding cannot make a busy loop
)

// ErrStopped means that the hall's Run has ended. What was asked in its last
// moment may have been committed: the next hub on this journal knows.
var ErrStopped = errors.New("the hall has stopped")

// Options say how a hall works; the zero value is right for a test.
type Options struct {
	// Now is the hub's only clock, called by many goroutines; a replay gives its own,
	// which is believed. Nil means the machine's, which is believed 10 minutes after
	// it was set by more than a minute.
	Now func() time.Time
	// Speed is how many seconds of Now pass in one real second; 0 means 1.
	Speed float64
	// ClockFloor is the earliest plausible time; zero means 2024-01-01. A replay of an old day sets it.
	ClockFloor time.Time
	// Log receives faults and the turns of the day; nil means slog.Default().
	Log *slog.Logger
	// Links makes the links on slips.
	Links view.Links
	// SnapshotEvery is the number of events after which a snapshot is made as soon as nobody
	// waits and nobody is at a window; 0 means 5000.
	SnapshotEvery int
	// Plan is the hall's plan file, in force from the day's opening or, when the day
	// is open already, from this start. Nobody may change it afterwards.
	Plan *queue.Plan
	// DayAuto opens and closes the business day by the plan's calendar. It needs Plan.
	DayAuto bool
	// ForecastEvery is the shortest time between two forecasts of the waits; 0 means
	// none, and waits are the engine's own estimate.
	ForecastEvery time.Duration
}

// Hall is the single writer of one hall. Make it with Open, then call Run once.
type Hall struct {
	journal *journal.Journal
	opts    Options
	log     *slog.Logger

	// Of the goroutine in Run alone.
	state    *queue.State
	zone     *time.Location
	refused  refusals
	saved    uint64    // sequence of the last snapshot
	lastDay  string    // last business day that was ever opened: its numbers must not be given again
	idleTick time.Time // no tick before this one
	idleDay  time.Time // no turn of the day before this one
	doubted  bool      // the clock was found not plausible, and that was logged
	compared bool      // the plan file was compared with the plan in force

	tasks chan *task
	reads chan *read
	done  chan struct{} // closed when Run has ended
	plan  atomic.Pointer[queue.Plan]

	foreseen  chan *Foresight // from the goroutine that forecasts
	foresight atomic.Pointer[Foresight]

	pins pins

	// mu guards the counters of waiting commands and the watchers, which belong to
	// the callers' goroutines: a channel to Run would make them wait for an fsync.
	mu       sync.Mutex
	waiting  map[string]int
	watchers map[chan struct{}]bool
}

// task is one command that waits for its answer.
type task struct {
	command  queue.Command
	asked    bool              // the answer is a reply of the protocol
	unproven *protocol.Refusal // a PIN was wrong, or is nothing for this sender
	alone    bool              // the hub's own: what waits is decided after it, such as after the day's opening
	answer   chan answer       // takes one without blocking
	result   answer
}

type answer struct {
	outcome queue.Outcome
	reply   protocol.Reply
	err     error
}

type read struct {
	fn   func(s *queue.State, now time.Time)
	done chan struct{}
}

// Open reads the state from the journal: the newest usable snapshot and all
// events after it. It starts nothing. The error is a *journal.BrokenError for a
// damaged journal, or says which event this version does not know.
func Open(j *journal.Journal, o Options) (*Hall, error) {
	if o.DayAuto && o.Plan == nil {
		return nil, errors.New("hall: open: the day cannot open by itself without a plan")
	}
	if o.Speed <= 0 {
		o.Speed = 1
	}
	if o.ClockFloor.IsZero() {
		o.ClockFloor = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.SnapshotEvery <= 0 {
		o.SnapshotEvery = snapshotEvery
	}
	h := &Hall{
		journal: j, opts: o, log: o.Log,
		tasks: make(chan *task, InFlightMax), reads: make(chan *read), done: make(chan struct{}),
		pins: newPINs(), foreseen: make(chan *Foresight),
		waiting: map[string]int{}, watchers: map[chan struct{}]bool{},
	}
	if err := h.load(context.Background()); err != nil {
		return nil, fmt.Errorf("hall: open: %w", err)
	}
	if o.Now == nil {
		h.opts.Now = guard(machine(), o.ClockFloor, h.state.At, h.state.Day != "", o.Log).now
	}
	return h, nil
}

// Do carries out a command and returns what it came to. It blocks until the
// command is committed or refused.
//
// The error is a *protocol.Refusal when the command was refused: Overloaded and
// Unavailable say that nothing was decided and the same request may be sent again.
// It is ErrStopped when the hall does not run any more, and the context's error
// when the caller gave up: the command may then still be carried out.
//
// A DayOpen without a Plan takes the plan file, or the plan in force; without a Day
// it takes the present date of the hall's time zone.
func (h *Hall) Do(ctx context.Context, c queue.Command) (queue.Outcome, error) {
	a := h.submit(ctx, &task{command: c})
	return a.outcome, a.err
}

// Read runs fn on the hall's goroutine between two commits, with the state and
// the hall's time. fn must be quick, must not keep anything of the state, and must
// not call the hall. The error is ErrStopped or the context's.
func (h *Hall) Read(ctx context.Context, fn func(s *queue.State, now time.Time)) error {
	r := &read{fn: fn, done: make(chan struct{})}
	select {
	case h.reads <- r:
		<-r.done
		return nil
	case <-h.done:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Plan returns the plan in force. It is shared: nobody may change it.
func (h *Hall) Plan() *queue.Plan { return h.plan.Load() }

// Now returns what the hub's clock says, for whoever has to date something that
// is not a fact of the journal.
func (h *Hall) Now() time.Time { return h.opts.Now() }

// Stopped reports whether Run has ended. After it a refusal as unavailable proves
// nothing: whoever can ask again must ask the next hub.
func (h *Hall) Stopped() bool {
	select {
	case <-h.done:
		return true
	default:
		return false
	}
}

// Links returns what makes the links on slips.
func (h *Hall) Links() view.Links { return h.opts.Links }

func (h *Hall) submit(ctx context.Context, t *task) answer {
	t.answer = make(chan answer, 1)
	source := string(t.command.From.Role) + "/" + string(t.command.From.Device)
	if !h.enter(source) {
		return answer{err: overloaded()}
	}
	defer h.leave(source)
	select {
	case h.tasks <- t:
	case <-h.done:
		return answer{err: ErrStopped}
	default:
		return answer{err: overloaded()}
	}
	select {
	case a := <-t.answer:
		return a
	case <-ctx.Done():
		return answer{err: ctx.Err()}
	case <-h.done:
	}
	select {
	case a := <-t.answer: // it was given in the last moment
		return a
	default:
		return answer{err: ErrStopped}
	}
}

func (h *Hall) enter(source string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting[source] >= SourceMax {
		return false
	}
	h.waiting[source]++
	return true
}

func (h *Hall) leave(source string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting[source]--; h.waiting[source] == 0 {
		delete(h.waiting, source)
	}
}

func overloaded() *protocol.Refusal {
	return protocol.Refuse(protocol.Overloaded, "系统繁忙，请稍后再试", "too many commands wait, please try again")
}

func unavailable() *protocol.Refusal {
	return protocol.Refuse(protocol.Unavailable, "系统暂时无法记录，本次操作未生效，请稍后再试",
		"the hub cannot record right now, nothing was done, please try again")
}
