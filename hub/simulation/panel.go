package simulation

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"sync"
	"time"

	"jiaohao/firmware/display"
	"jiaohao/firmware/max7219"
	"jiaohao/firmware/sim"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

const (
	panelWide, panelHigh = 64, 16
	blink                = 6 * time.Second // after a call a number is off half of the time
	scroll               = 90 * time.Millisecond
	scrollMax            = 2 * time.Minute // of the longest notice
	heals                = time.Minute     // until the hub says again what the network lost
)

// panel is a window's LED field and the program that draws on it.
type panel struct {
	s      *site
	id     string
	window protocol.WindowID
	leds   *sim.Panel

	mu   sync.Mutex // guards what follows
	link *link.Link
	off  func(orderly bool)
}

func newPanel(s *site, id string, w protocol.WindowID) (*panel, error) {
	leds, err := sim.NewPanel(max7219.DefaultOpts.Wiring)
	return &panel{s: s, id: id, window: w, leds: leds}, err
}

// lazy is a driver that drops every second picture.
type lazy struct {
	*max7219.Dev
	n int
}

// Write implements display.Panel.
func (l *lazy) Write(rows []byte) (int, error) {
	if l.n++; l.n%2 == 0 {
		return len(rows), nil
	}
	return l.Dev.Write(rows)
}

func (p *panel) on() error {
	dev, err := max7219.New(p.leds, nil)
	if err != nil {
		return err
	}
	var leds display.Panel = dev
	if p.s.o.Mutant == DeafPanel {
		leds = &lazy{Dev: dev}
	}
	l, err := p.s.newLink(p.id, protocol.KindDisplay, "")
	if err != nil {
		return err
	}
	d, err := display.New(display.Options{Hall: hallID, Device: protocol.DeviceID(p.id), Window: p.window, Link: l, Panel: leds})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	p.s.watch(l, p.id, protocol.WindowTopic(hallID, p.window))
	off := p.s.power(p.id, l, d.Run)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.link, p.off = l, off
	return nil
}

func (p *panel) powerOff(orderly bool) {
	p.mu.Lock()
	off := p.off
	p.link, p.off = nil, nil
	p.mu.Unlock()
	if off != nil {
		off(orderly)
	}
	// The SPI bus is free for the next program; the LEDs stay as they are.
	_ = p.leds.Close()
}

// online reports whether the panel is in touch with the broker.
func (p *panel) online() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link != nil && p.link.Online()
}

// compare looks whether the LEDs show what the hub's state says. It reports false
// when there is nothing to compare: while something moves or a link is away.
func (p *panel) compare() (told protocol.WindowState, same, can bool) {
	want, ok := p.wanted()
	if !ok || !p.online() {
		return want, false, false
	}
	rows := p.leds.Rows()
	for shown := time.Duration(0); shown < scrollMax; shown += scroll {
		frame := display.Frame(display.Scene{State: &want, Languages: p.s.plan.Languages, SinceCall: -1, Shown: shown}, image.Pt(panelWide, panelHigh))
		if string(frame.Pix) == string(rows) {
			return want, true, true
		}
		if want.Current != nil {
			break // a number never moves
		}
	}
	return want, false, true
}

// wanted is what the hub's state says of the window; false while the hub is down.
func (p *panel) wanted() (protocol.WindowState, bool) {
	var want protocol.WindowState
	if !p.s.truth(func(q *queue.State, now time.Time) { want = view.Window(q, p.window, now) }) {
		return want, false
	}
	return want, true
}

// watchPanels compares all panels every few minutes: a difference must be gone after
// the settling time, unless it is a new one or the network was bad a minute ago.
func (s *site) watchPanels(ctx context.Context) {
	const every, settling = 3 * time.Minute, 10 * time.Second
	for pause(ctx, every) {
		first := make([]string, len(s.panels))
		for i, p := range s.panels {
			want, ok := p.wanted()
			if ok && s.calm() && p.online() {
				first[i] = fingerprint(want)
			}
		}
		if !pause(ctx, settling) {
			return
		}
		for i, p := range s.panels {
			want, same, can := p.compare()
			if !can || first[i] == "" || first[i] != fingerprint(want) || !s.calmFor(heals+settling+blink) {
				continue
			}
			s.compared.Add(1)
			if !same {
				s.breaks("panel", "%s at %s shows something else than %s", p.id, s.clockText(), fingerprint(want))
			}
		}
	}
}

// fingerprint is what a panel can show of a state.
func fingerprint(w protocol.WindowState) string {
	var short struct {
		Status protocol.Status
		Notice protocol.Text
		Number string
		Call   uint64
	}
	short.Status, short.Notice = w.Status, w.Notice
	if w.Current != nil {
		short.Number, short.Call = w.Current.Number, w.Current.Call
	}
	text, err := json.Marshal(short)
	if err != nil {
		panic("simulation: " + err.Error()) // plain texts always encode
	}
	return string(text)
}
