package terminal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/lamp"
	"jiaohao/firmware/page"
	"jiaohao/protocol"
)

// Link is what a terminal needs of its session with the hall; *link.Link is one.
type Link interface {
	Request(ctx context.Context, req protocol.Request) (protocol.Reply, error)
	Watch(topic protocol.Topic, fn func(payload []byte))
	Online() bool
	OnlineChanged() <-chan struct{}
	LastHeard() time.Time
	Health(h protocol.Health)
}

// Options are what a terminal is made of. Hall, Device and Link are needed.
type Options struct {
	Hall   protocol.HallID
	Device protocol.DeviceID
	Link   Link              // its Run belongs to the caller and starts after New
	Window protocol.WindowID // empty: not known yet, see [MovedError]
	Log    *slog.Logger      // nil discards

	Keypad Keypad            // the clerk's; nil for none
	Lights Lights            // that answer on it; nil for none
	Keys   map[string]string // what its keys do, as [ParseKeys] reads it; nil for [DefaultKeys]

	Evaluator       Keypad        // the citizen's, with keys 1 (very bad) to 5 (very good); nil for none
	EvaluatorLights Lights        // that ask on it; nil for none
	RateFor         time.Duration // in which a citizen may answer; 0 for 20 s

	Printer Printer        // for notices and receipts; nil for none
	Profile escpos.Profile // of the printer
	Hand    Hand           // small display at the clerk's hand; nil for none
}

// MovedError says that the hall's plan puts this terminal at another window than the
// one it watches. What a link watches is fixed, so begin again with a new
// link and this window.
type MovedError struct {
	Window protocol.WindowID
}

// Error implements error.
func (e *MovedError) Error() string {
	return fmt.Sprintf("terminal: the hall's plan puts this terminal at window %q", e.Window)
}

// Terminal is a window terminal. Press, Screen and Handler may be used from any goroutine.
type Terminal struct {
	opts  Options
	log   *slog.Logger
	calls chan func() // executed by Run's goroutine, which alone touches desk
	done  chan struct{}
	live  *page.Live
	shown atomic.Pointer[Screen] // the newest
	wg    sync.WaitGroup

	keys Keymap
	jobs chan job        // papers for the printer: the desk has one at a time
	work context.Context // of what Run starts; set by Run

	// What follows belongs to Run's goroutine.
	desk    desk
	send    *protocol.Request // what the last press came to
	moved   error
	faults  map[string]protocol.Fault // by part
	lit     lamp.Signal               // what the clerk's lamp says
	sent    protocol.RequestID        // the last that was sent
	blinked protocol.RequestID        // the last no that the lamp has told
	asked   string                    // what the evaluator's lamp says
}

// New makes a terminal and registers what it watches at the link, which must not
// run yet. It starts nothing. The error names the id that is wrong.
func New(o Options) (*Terminal, error) {
	if o.Link == nil {
		return nil, errors.New("terminal: a link is needed")
	}
	for _, id := range []struct{ what, id string }{{"hall", string(o.Hall)}, {"device", string(o.Device)}, {"window", string(o.Window)}} {
		if id.what == "window" && id.id == "" {
			continue
		}
		if err := protocol.CheckID(id.what, id.id); err != nil {
			return nil, fmt.Errorf("terminal: %w", err)
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	keys, err := o.keymap()
	if err != nil {
		return nil, fmt.Errorf("terminal: keys: %w", err)
	}
	for _, lights := range []*Lights{&o.Lights, &o.EvaluatorLights} {
		if *lights == nil {
			*lights = dark{}
		}
	}
	t := &Terminal{
		opts: o, log: o.Log,
		calls: make(chan func()), done: make(chan struct{}), live: page.NewLive(),
		keys: keys, jobs: make(chan job, 1), faults: map[string]protocol.Fault{},
		desk: desk{device: o.Device, broken: map[string]protocol.Text{}, has: has{
			evaluator: o.Evaluator != nil, printer: o.Printer != nil, rateFor: cmp.Or(o.RateFor, rateUsual), profile: o.Profile,
		}},
	}
	o.Link.Watch(protocol.DeviceTopic(o.Hall, o.Device, protocol.KindConfig), watched(t, t.setConfig))
	if o.Window != "" {
		o.Link.Watch(protocol.HallTopic(o.Hall, protocol.KindBoard), watched(t, func(b protocol.Board) { t.desk.setBoard(b, time.Now()) }))
		o.Link.Watch(protocol.WindowTopic(o.Hall, o.Window), watched(t, func(w protocol.WindowState) { t.desk.setWindow(w, time.Now()) }))
	}
	t.show(time.Now())
	return t, nil
}

// keymap is what the keypad's keys do.
func (o *Options) keymap() (Keymap, error) {
	var names []string
	if o.Keypad != nil {
		names = o.Keypad.Keys()
	}
	return KeymapOf(o.Keys, names)
}

// watched decodes a state and hands it to Run's goroutine.
func watched[T any](t *Terminal, set func(T)) func([]byte) {
	return func(payload []byte) {
		var state T
		if err := protocol.Decode(payload, &state); err != nil {
			t.log.Warn("state is not of this contract", "err", err)
			return
		}
		t.call(func() { set(state) })
	}
}

func (t *Terminal) setConfig(c protocol.Config) {
	t.desk.setConfig(c)
	if c.Kind == protocol.KindTerminal && c.Window != "" && c.Window != t.opts.Window {
		t.moved = &MovedError{Window: c.Window}
	}
}

// Run works until ctx ends and returns nil, or a *[MovedError]. A request that is
// under way is given up then; the hub may or may not have carried it out. It may be called once.
func (t *Terminal) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	t.work = work
	t.startDevices(work)
	err := t.loop(work)
	cancel()
	close(t.done)
	t.wg.Wait()
	return err
}

func (t *Terminal) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		changed := t.opts.Link.OnlineChanged()
		now := time.Now()
		t.desk.setOnline(t.opts.Link.Online(), t.opts.Link.LastHeard())
		t.desk.expire(now)
		for _, req := range t.desk.unrated(now) {
			t.rate(req, "")
		}
		t.show(now)
		if t.moved != nil {
			return t.moved
		}
		if at := t.desk.deadline(now); !at.IsZero() {
			timer.Reset(time.Until(at))
		}
		select {
		case <-ctx.Done():
			return nil
		case f := <-t.calls:
			f()
			t.start(ctx)
		case <-changed:
		case <-timer.C:
		}
	}
}

// start starts what the last call came to.
func (t *Terminal) start(ctx context.Context) {
	if req := t.send; req != nil {
		t.send, t.sent = nil, req.ID
		t.wg.Go(func() { t.ask(ctx, *req) })
	}
	if j := t.desk.job; j != nil {
		t.desk.job = nil
		t.jobs <- *j // there is room: the next paper waits until this one is printed
	}
}

// call has f executed by Run's goroutine and reports false when Run has ended. It
// waits for Run to begin.
func (t *Terminal) call(f func()) bool {
	select {
	case t.calls <- f:
		return true
	case <-t.done:
		return false
	}
}

// Alive returns nil when Run's loop has answered, and an error when ctx has ended before.
func (t *Terminal) Alive(ctx context.Context) error {
	select {
	case t.calls <- func() {}:
		return nil
	case <-t.done:
		return nil
	case <-ctx.Done():
		return errors.New("terminal: the loop does not answer")
	}
}

// Screen returns what is shown now.
func (t *Terminal) Screen() Screen {
	return aged(*t.shown.Load())
}

func (t *Terminal) show(now time.Time) {
	screen := t.desk.screen(now)
	screen.madeAt = now
	t.shown.Store(&screen)
	t.signal(&screen)
	t.live.Set(func() []byte { return encode(aged(screen)) })
}

// aged is a screen with the age that it has now.
func aged(s Screen) Screen {
	s.AgeMS = time.Since(s.madeAt).Milliseconds()
	return s
}

// ErrStopped says that the terminal does not run any more.
var ErrStopped = errors.New("terminal: stopped")

// Press presses a key and returns at once; what comes of it is on the [Screen]. The
// same id again, until it is answered and after, does nothing more. The error is
// a *[protocol.Refusal] when the key cannot be pressed now, [ErrStopped], or ctx's.
func (t *Terminal) Press(ctx context.Context, p Press) error {
	var refusal *protocol.Refusal
	taken := make(chan struct{})
	press := func() {
		refusal = t.press(p)
		close(taken)
	}
	select {
	case t.calls <- press:
	case <-t.done:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	<-taken
	if refusal != nil {
		return refusal
	}
	return nil
}

// press runs on Run's goroutine.
func (t *Terminal) press(p Press) *protocol.Refusal {
	req, refusal := t.desk.press(p, time.Now())
	if req != nil {
		t.send = req
	}
	return refusal
}

// ask asks the hub and waits; the link repeats the same id until it is answered.
func (t *Terminal) ask(ctx context.Context, req protocol.Request) {
	t.log.Info("request", "do", req.Do, "req", req.ID)
	ctx, cancel := context.WithTimeout(ctx, answerMax)
	defer cancel()
	reply, err := t.opts.Link.Request(ctx, req)
	t.call(func() {
		var refusal *protocol.Refusal
		switch {
		case err == nil:
			t.desk.answer(reply, time.Now())
		case errors.As(err, &refusal):
			t.desk.unanswered(refusal, time.Now())
		default:
			t.log.Warn("no answer", "do", req.Do, "req", req.ID, "err", err)
			t.desk.unanswered(protocol.Refuse(protocol.Unavailable,
				"主机没有应答。恢复联系后请先看清屏幕，再决定是否重按。",
				"The hub did not answer. When it is back, look at the screen before you press again."), time.Now())
		}
	})
}
