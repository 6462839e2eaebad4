package display

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

const (
	signGap     = 5 * time.Millisecond // between two frames on a bus: above the 3.5 characters that Modbus asks for at 9600 baud
	signRefresh = 30 * time.Second     // a sign that lost power has its text again after it; thirty signs use 5 % of a slow bus
	signRetry   = 5 * time.Second      // for a sign that failed: it must not keep the others waiting
	signsMax    = 64                   // on one bus: at 9600 baud a round of all takes 3 s
)

// Sign shows texts of its own letters. *sign.Dev is one.
type Sign interface {
	WriteText(text string) error
	SetIntensity(step int) error // 0 (darkest, not off) to 15
	Fits(text string) bool       // whole: neither cut nor with characters that it does not have
}

// SignsOptions are what the signs of one bus are made of.
type SignsOptions struct {
	Hall   protocol.HallID
	Device protocol.DeviceID
	Link   *link.Link // its Run belongs to the caller
	Signs  map[protocol.WindowID]Sign
	Hours  []Hour       // brightness by the time of day
	Usual  int          // brightness until the hour is known, and always without hours: 1 to 15; 0 leaves the signs as they are
	Log    *slog.Logger // nil discards
}

// Signs is the program of LED signs that take text, of one window or of many on one bus. A bus is slow (46 ms for a
// text at 9600 baud), so a call goes first, then what else has changed, then what is only refreshed.
type Signs struct {
	opts  SignsOptions
	wake  chan struct{}
	asked chan struct{}
	done  chan struct{}

	mu     sync.Mutex // guards what follows: the session's goroutine must not wait for the bus
	config protocol.Config
	lights lights
	order  uint64
	all    []*oneSign
}

// oneSign is what a sign should show and what it shows.
type oneSign struct {
	window  protocol.WindowID
	sign    Sign
	state   *protocol.WindowState
	calls   calls
	calling uint64 // order of a call that is not yet on the sign, 0 when there is none
	changed uint64 // order of another change
	text    string // on the sign
	step    int    // brightness of the sign, or -1
	told    time.Time
	retry   time.Time
	faulty  error
}

// NewSigns makes the program and registers what it watches at the link, which must not run yet. It starts and
// writes nothing. Signs of more than one window need a device that belongs to none in the hall's plan: it may
// read all.
func NewSigns(o SignsOptions) (*Signs, error) {
	if o.Link == nil || len(o.Signs) == 0 || len(o.Signs) > signsMax {
		return nil, fmt.Errorf("display: %d signs and link %t, legal are 1 to %d and a link", len(o.Signs), o.Link != nil, signsMax)
	}
	lights, err := newLights(o.Hours)
	if err != nil {
		return nil, fmt.Errorf("display: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Signs{opts: o, wake: make(chan struct{}, 1), asked: make(chan struct{}), done: make(chan struct{}), lights: lights}
	topic := protocol.WindowTopic(o.Hall, "+")
	for id, sign := range o.Signs {
		if err := protocol.CheckID("window", string(id)); err != nil {
			return nil, fmt.Errorf("display: %w", err)
		}
		if !sign.Fits(numberLongest) {
			return nil, fmt.Errorf("display: sign of window %q cannot show %s, legal are signs of %d columns or more", id, numberLongest, len(numberLongest))
		}
		if len(o.Signs) == 1 {
			topic = protocol.WindowTopic(o.Hall, id)
		}
		s.all = append(s.all, &oneSign{window: id, sign: sign, step: -1})
	}
	o.Link.Watch(protocol.DeviceTopic(o.Hall, o.Device, protocol.KindConfig), take(s, func(c protocol.Config) {
		s.config = c
		s.lights.zone(c.Zone)
	}))
	o.Link.Watch(topic, take(s, s.set))
	return s, nil
}

// take decodes a state, keeps it and wakes Run.
func take[T any](s *Signs, set func(T)) func([]byte) {
	return func(payload []byte) {
		var state T
		if err := protocol.Decode(payload, &state); err != nil {
			s.opts.Log.Warn("state is not of this contract", "err", err)
			return
		}
		s.mu.Lock()
		set(state)
		s.mu.Unlock()
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// set takes a newer state of a window.
func (s *Signs) set(state protocol.WindowState) {
	s.lights.hear(state.At, time.Now())
	for _, one := range s.all {
		if one.window != state.Window {
			continue
		}
		s.order++
		if one.calls.hear(&state) && one.state != nil {
			one.calling = s.order
		}
		one.state, one.changed = &state, s.order
	}
}

// Run writes the signs until ctx ends and returns nil. A sign that cannot be written is reported as a fault and
// tried again, the others go on.
func (s *Signs) Run(ctx context.Context) error {
	defer close(s.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		changed := s.opts.Link.OnlineChanged()
		timer.Reset(s.step(time.Now()))
		select {
		case <-ctx.Done():
			return nil
		case <-s.asked:
		case <-s.wake:
		case <-changed:
		case <-timer.C:
			continue
		}
		select { // the bus wants its pause also when something has changed
		case <-ctx.Done():
			return nil
		case <-time.After(signGap):
		}
	}
}

// step writes the sign whose turn it is, and returns how long there is nothing else to do.
func (s *Signs) step(now time.Time) time.Duration {
	one, text, step := s.next(now)
	if one == nil {
		s.health()
		return time.Second
	}
	err := one.sign.WriteText(text)
	if err == nil && step >= 0 && step != one.step {
		err = one.sign.SetIntensity(step)
	}
	s.mu.Lock()
	if (err != nil) != (one.faulty != nil) {
		s.opts.Log.Warn("sign", "window", one.window, "err", err)
	}
	one.faulty, one.retry = err, time.Time{}
	if err != nil {
		one.retry = now.Add(signRetry)
	} else {
		one.told, one.text, one.step = now, text, step
	}
	s.mu.Unlock()
	s.health()
	return signGap
}

// next chooses a sign: the oldest call that is not shown, else the oldest change, else the sign that was
// written longest ago. It takes note that the choice is on its way, so that a change meanwhile is a new one.
func (s *Signs) next(now time.Time) (best *oneSign, text string, step int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	step = cmp.Or(s.opts.Usual, -1)
	if n, known := s.lights.step(now); known {
		step = n
	}
	rank := func(o *oneSign) (int, int64) {
		switch {
		case now.Before(o.retry):
			return 9, 0
		case o.calling != 0:
			return 0, int64(o.calling)
		case s.text(o) != o.text:
			return 1, int64(o.changed)
		case now.Sub(o.told) >= signRefresh || step >= 0 && step != o.step:
			return 2, o.told.UnixNano()
		}
		return 9, 0
	}
	class, since := 9, int64(0)
	for _, o := range s.all {
		if c, at := rank(o); c < class || c == class && c < 9 && at < since {
			best, class, since = o, c, at
		}
	}
	if best != nil {
		best.calling = 0
		text = s.text(best)
	}
	return best, text, step
}

// text is what a sign should show.
func (s *Signs) text(o *oneSign) string {
	scene := Scene{State: o.state, Languages: s.config.Languages}
	if heard := s.opts.Link.LastHeard(); o.state != nil && !heard.IsZero() && !s.opts.Link.Online() {
		scene.Age = time.Since(heard)
	}
	return SignText(scene, o.sign.Fits)
}

// health tells what is wrong with which sign.
func (s *Signs) health() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var h protocol.Health
	for _, o := range s.all {
		name := string(o.window)
		if o.state != nil {
			name = o.state.Label
		}
		where := protocol.Say(name+"号窗口", "window "+name)
		if o.faulty != nil {
			h.Faults = append(h.Faults, protocol.NewFault("panel", "write_failed", where))
		}
		if o.state != nil && o.state.Current != nil && !o.sign.Fits(o.state.Current.Number) {
			h.Faults = append(h.Faults, protocol.NewFault("panel", "too_narrow", where))
		}
	}
	s.opts.Link.Health(h)
}

// Alive returns nil when Run's loop has answered, and an error when ctx has ended before: a bus that hangs.
func (s *Signs) Alive(ctx context.Context) error {
	select {
	case s.asked <- struct{}{}:
		return nil
	case <-s.done:
		return nil
	case <-ctx.Done():
		return errors.New("display: the signs' loop does not answer")
	}
}

// SignText is what a sign says for a scene: the number, while it is called with the word for it, else the hub's notice or the
// window's status. fits tells what the sign shows whole; of several wordings the first that fits is taken, and if none
// does, the first, cut, but dashes for a number: a part of it would be somebody else's.
func SignText(s Scene, fits func(string) bool) string {
	var wordings []string
	switch c := s.State; {
	case c != nil && c.Current != nil && c.Current.Stage == protocol.Called:
		number := c.Current.Number
		wordings = append(wordings, protocol.Say("请"+number+"号", number).In(s.languages()[0]), number)
	case c != nil && c.Current != nil:
		wordings = append(wordings, c.Current.Number)
	case s.Age >= awayTold:
		wordings = append(wordings, protocol.Say("离线", "offline").In(s.languages()[0]), "--")
	default:
		for _, lang := range slices.Concat(s.languages(), []protocol.Lang{protocol.English}) {
			wordings = append(wordings, s.text().In(lang))
		}
		wordings = append(wordings, s.plain())
	}
	for _, w := range wordings {
		if fits(w) {
			return w
		}
	}
	if s.State != nil && s.State.Current != nil {
		return dashes
	}
	return wordings[0]
}
