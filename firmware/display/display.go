package display

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

const (
	drawEvery    = scrollStep * stepFrames // while something moves
	refreshEvery = 5 * time.Second         // modules on long wires lose bits; see max7219
)

// Panel shows pictures, whatever hangs behind it: a chain of MAX7219, a WS2812 matrix, an
// OLED, or a controller card on the network.
type Panel interface {
	Bounds() image.Rectangle
	Write(rows []byte) (int, error) // a whole picture, rows from the top, most significant bit left
	Refresh() error                 // sets the panel up anew and shows the picture again
}

// Dimmer is a panel whose brightness can be set.
type Dimmer interface {
	SetIntensity(step int) error // 0 (darkest, not off) to 15; kept over a Refresh
}

// Impatient is a panel that forgets its picture when it hears nothing: it wants a
// Refresh sooner than the others.
type Impatient interface {
	RefreshEvery() time.Duration
}

// Options are what a display is made of. Link, Panel and Window are needed.
type Options struct {
	Hall   protocol.HallID
	Device protocol.DeviceID
	Window protocol.WindowID
	Link   *link.Link // its Run belongs to the caller
	Panel  Panel
	Hours  []Hour       // brightness by the time of day; empty leaves the panel as it is
	Test   bool         // show the test pattern at the start, until the first call
	Log    *slog.Logger // nil discards
}

// Display is the program of one panel.
type Display struct {
	opts    Options
	size    image.Point
	updates chan func()
	done    chan struct{}

	state   *protocol.WindowState
	config  protocol.Config
	calls   calls
	called  time.Time // when the last new one came, zero when none has since the start
	shown   time.Time // since when this text or number stands
	faulty  bool
	drawn   []byte
	started time.Time

	lights lights
	step   int // brightness that the panel has, or -1 for the one it was opened with
}

// New makes a display and registers what it watches at the link, which must not
// run yet. It starts and draws nothing.
func New(o Options) (*Display, error) {
	if o.Link == nil || o.Panel == nil {
		return nil, errors.New("display: link and panel are needed")
	}
	if err := protocol.CheckID("window", string(o.Window)); err != nil {
		return nil, fmt.Errorf("display: %w", err)
	}
	size := o.Panel.Bounds().Size()
	if size.X < widthMin || size.Y < 8 || size.X%8 != 0 {
		return nil, fmt.Errorf("display: panel of %d x %d dots, legal are widths from %d that divide by 8, so that %s fits, and heights from 8",
			size.X, size.Y, widthMin, numberLongest)
	}
	lights, err := newLights(o.Hours)
	if err != nil {
		return nil, fmt.Errorf("display: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	now := time.Now()
	d := &Display{opts: o, size: size, updates: make(chan func()), done: make(chan struct{}), shown: now, started: now, lights: lights, step: -1}
	o.Link.Watch(protocol.DeviceTopic(o.Hall, o.Device, protocol.KindConfig), watched(d, d.configure))
	o.Link.Watch(protocol.WindowTopic(o.Hall, o.Window), watched(d, d.set))
	return d, nil
}

// watched decodes a state and hands it to Run's goroutine.
func watched[T any](d *Display, set func(T)) func([]byte) {
	return func(payload []byte) {
		var state T
		if err := protocol.Decode(payload, &state); err != nil {
			d.opts.Log.Warn("state is not of this contract", "err", err)
			return
		}
		select {
		case d.updates <- func() { set(state) }:
		case <-d.done:
		}
	}
}

// Run shows the window's state until ctx ends and returns nil. A panel that
// cannot be written is reported as a fault and tried again.
func (d *Display) Run(ctx context.Context) error {
	defer close(d.done)
	every := refreshEvery
	if p, ok := d.opts.Panel.(Impatient); ok {
		every = p.RefreshEvery()
	}
	refresh := time.NewTicker(every)
	defer refresh.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		changed := d.opts.Link.OnlineChanged()
		d.draw()
		d.dim()
		d.health()
		timer.Reset(d.pause())
		select {
		case <-ctx.Done():
			return nil
		case f := <-d.updates:
			f()
		case <-changed:
		case <-timer.C:
		case <-refresh.C:
			d.check(d.opts.Panel.Refresh())
		}
	}
}

func (d *Display) configure(c protocol.Config) {
	d.config = c
	d.lights.zone(c.Zone)
}

// Alive returns nil when Run's loop has answered, and an error when ctx has ended before.
func (d *Display) Alive(ctx context.Context) error {
	select {
	case d.updates <- func() {}:
		return nil
	case <-d.done:
		return nil
	case <-ctx.Done():
		return errors.New("display: the loop does not answer")
	}
}

// set takes a newer state of the window.
func (d *Display) set(s protocol.WindowState) {
	now := time.Now()
	d.lights.hear(s.At, now)
	if d.calls.hear(&s) && d.state != nil {
		d.called = now
	}
	last := d.scene(now)
	d.state = &s
	if next := d.scene(now); !same(last, next) {
		d.shown = now
	}
}

// same reports whether two scenes show the same number or the same texts, so that
// a text that scrolls goes on when a state comes again.
func same(a, b Scene) bool {
	if (a.State == nil) != (b.State == nil) || a.State == nil {
		return false
	}
	ca, cb := a.State.Current, b.State.Current
	if ca != nil || cb != nil {
		return ca != nil && cb != nil && ca.Number == cb.Number
	}
	for _, lang := range []protocol.Lang{protocol.Chinese, protocol.English} {
		if a.text().In(lang) != b.text().In(lang) {
			return false
		}
	}
	return true
}

func (d *Display) scene(now time.Time) Scene {
	s := Scene{State: d.state, Languages: d.config.Languages, Notice: d.config.Notice, SinceCall: -1, Shown: now.Sub(d.shown)}
	if !d.called.IsZero() {
		s.SinceCall = now.Sub(d.called)
	}
	if heard := d.opts.Link.LastHeard(); d.state != nil && !heard.IsZero() && !d.opts.Link.Online() {
		s.Age = now.Sub(heard)
	}
	return s
}

// pause is how long the present picture stands.
func (d *Display) pause() time.Duration {
	now := time.Now()
	s := d.scene(now)
	switch {
	case d.testing(now):
		return testStep
	case s.blinking():
		return blinkHalf - s.SinceCall%blinkHalf
	case s.moving(d.size):
		return drawEvery
	case s.Age > 0:
		return dotHalf / 2
	}
	return refreshEvery
}

// draw shows the picture if it differs from the one that the panel has.
func (d *Display) draw() {
	now := time.Now()
	frame := Frame(d.scene(now), d.size)
	if d.testing(now) {
		frame = TestPattern(d.size, now.Sub(d.started))
	}
	if string(frame.Pix) == string(d.drawn) && !d.faulty {
		return
	}
	_, err := d.opts.Panel.Write(frame.Pix)
	d.check(err)
	d.drawn = frame.Pix
}

// testing reports whether the test pattern is shown: a number ends it at once.
func (d *Display) testing(now time.Time) bool {
	return d.opts.Test && now.Sub(d.started) < TestLength(d.size) && (d.state == nil || d.state.Current == nil)
}

// dim sets the brightness of the hour.
func (d *Display) dim() {
	step, known := d.lights.step(time.Now())
	panel, can := d.opts.Panel.(Dimmer)
	if !known || !can || step == d.step {
		return
	}
	err := panel.SetIntensity(step)
	d.check(err)
	if err == nil {
		d.step = step
	}
}

// check notes whether the panel could be written.
func (d *Display) check(err error) {
	if (err != nil) != d.faulty {
		d.opts.Log.Warn("panel", "err", err)
	}
	d.faulty = err != nil
}

func (d *Display) health() {
	const coarse = 10 * time.Minute
	h := protocol.Health{UptimeMS: time.Since(d.started).Truncate(coarse).Milliseconds()}
	if d.faulty {
		h.Faults = []protocol.Fault{protocol.NewFault("panel", "write_failed", nil)}
	}
	if !fits(d.state, d.size) {
		number := d.state.Current.Number
		h.Faults = append(h.Faults, protocol.NewFault("panel", "too_narrow", protocol.Say(number, number)))
	}
	d.opts.Link.Health(h)
}
