package terminal_test

import (
	"context"
	"image"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/glyph"
	"jiaohao/firmware/keyport"
	"jiaohao/firmware/lamp"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
	"jiaohao/terminal"
)

// lights keep what they were told.
type lights struct {
	mu   sync.Mutex // the test reads while the terminal tells
	told []lamp.Signal
}

func (l *lights) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func (l *lights) Tell(s lamp.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, s)
}

// expect compares what was told since the last look.
func (l *lights) expect(t *testing.T, when string, want ...lamp.Signal) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.told, want) {
		t.Errorf("%s: lights told %q, want %q", when, l.told, want)
	}
	l.told = nil
}

// numpad is a simulated number pad at a cable.
func numpad(t *testing.T) (*sim.Cable, *keyport.Dev) {
	t.Helper()
	cable := sim.NewCable()
	dev, err := keyport.NumpadAt("pad", cable.Open, "")
	if err != nil {
		t.Fatal(err)
	}
	return cable, dev
}

func TestEachKeyClicksAndTheLampTellsWhatComesOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cable, pad := numpad(t)
		l := &lights{}
		_, h, _ := hallWithTerminal(t, terminal.Options{Keypad: pad, Lights: l})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07"})
		l.expect(t, "nobody waits", lamp.Wait)
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Next: next()})
		l.expect(t, "somebody waits", lamp.Ready)
		cable.Send(pad.Bytes("Enter"))
		l.expect(t, "call next", lamp.Click, lamp.Wait)
		h.reply(protocol.Reply{ID: h.last().ID, Refused: protocol.Refuse(protocol.NobodyWaiting, "没有可叫的号", "nobody is waiting")})
		l.expect(t, "refused by the hub", lamp.Ready, lamp.Refused)
		cable.Send(pad.Bytes("+"))
		l.expect(t, "recall without a number", lamp.Click, lamp.Refused)
	})
}

func TestBigKeyAfterAnAccidentalFirstKeyIsRefusedAndSaysWhatWasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cable, pad := numpad(t)
		l := &lights{}
		_, h, term := hallWithTerminal(t, terminal.Options{Keypad: pad, Lights: l})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Next: next()})
		l.expect(t, "somebody waits", lamp.Wait, lamp.Ready)
		cable.Send(pad.Bytes("0"))
		l.expect(t, "a first key by accident", lamp.Click)
		cable.Send(pad.Bytes("Enter"))
		l.expect(t, "the big key behind it", lamp.Click, lamp.Refused)
		n := term.Screen().Note
		if n == nil || n.Key != terminal.KeyBig || n.What.In(protocol.English) != "Call next" || !strings.Contains(n.Text.In(protocol.English), "0 was pressed before, and 0 Enter means nothing") {
			t.Errorf("the screen says %+v, want which keys were begun", n)
		}
		if len(h.requests()) != 0 {
			t.Errorf("asked %+v, want nothing", h.requests())
		}
		cable.Send(pad.Bytes("Enter"))
		l.expect(t, "the big key again", lamp.Click, lamp.Wait)
		if r := h.last(); r.Do != protocol.WindowCallNext || term.Screen().Note != nil {
			t.Errorf("asked %+v, note %+v; want the next number and no note", r, term.Screen().Note)
		}
	})
}

func TestKeyWithoutMeaningBlinksTwiceAndIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cable, pad := numpad(t)
		l := &lights{}
		_, h, term := hallWithTerminal(t, terminal.Options{Keypad: pad, Lights: l})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07"})
		l.expect(t, "nobody waits", lamp.Wait)
		cable.Send(pad.Bytes("8"))
		l.expect(t, "8 is nothing", lamp.Click, lamp.Refused)
		if n := term.Screen().Note; n == nil || !strings.Contains(n.Text.In(protocol.Chinese), "按键 8 在此没有功能") {
			t.Errorf("the screen says %+v, want that 8 does nothing", n)
		}
	})
}

func TestKeypadThatIsPulledIsSaidAndWorksAgainByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cable, pad := numpad(t)
		bus, h, term := hallWithTerminal(t, terminal.Options{Keypad: pad})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Next: next()})
		cable.Plug(false)
		time.Sleep(3 * time.Second)
		if b := term.Screen().Banners; len(b) != 1 || b[0].Kind != "keypad" {
			t.Errorf("%+v, want that the keypad is gone", b)
		}
		health := protocol.DeviceTopic(hall, device, protocol.KindHealth).String()
		if payload, _ := bus.Retained(health); !strings.Contains(string(payload), "check its plug") {
			t.Errorf("health is %s", payload)
		}
		cable.Plug(true)
		time.Sleep(3 * time.Second)
		if b := term.Screen().Banners; len(b) != 0 {
			t.Errorf("%+v, want nothing", b)
		}
		if payload, _ := bus.Retained(health); strings.Contains(string(payload), "keypad") {
			t.Errorf("health is %s", payload)
		}
		cable.Send(pad.Bytes("Enter"))
		synctest.Wait()
		if r := h.last(); r.Do != protocol.WindowCallNext {
			t.Errorf("asked %+v", r)
		}
	})
}

func TestCitizenRatesWhileTheClerkCallsTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cable, keys := numpad(t)
		l := &lights{}
		_, h, term := hallWithTerminal(t, terminal.Options{Evaluator: keys, EvaluatorLights: l})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Next: next(), Rate: &protocol.Rate{Ticket: "20261123-A011", Number: "A011"}})
		cable.Send(keys.Bytes("5")) // nobody was asked
		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeyRate})
		l.expect(t, "asked", lamp.Ask)
		press(t, term, terminal.Press{ID: "k2", Key: terminal.KeyBig}) // and waits for its answer
		cable.Send(keys.Bytes("9"))                                    // is no grade
		cable.Send(keys.Bytes("2"))
		l.expect(t, "answered", lamp.Thanks)
		r := h.last()
		if r.Do != protocol.TicketRate || r.Ticket != "20261123-A011" || r.Rating != 2 || len(h.requests()) != 2 {
			t.Errorf("asked %+v", h.requests())
		}
		h.reply(protocol.Reply{ID: r.ID, Refused: protocol.Refuse(protocol.WrongStage, "已评价过", "has been rated")})
		synctest.Wait()
		if v := term.Screen().Rate; v == nil || v.State != "failed" || !strings.Contains(v.Text.In(protocol.English), "has been rated") {
			t.Errorf("%+v, want that it was not recorded", v)
		}
	})
}

func TestNoAnswerIsWrittenDownAndTheLampGoesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, keys := numpad(t)
		l := &lights{}
		_, h, term := hallWithTerminal(t, terminal.Options{Evaluator: keys, EvaluatorLights: l, RateFor: 10 * time.Second})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Rate: &protocol.Rate{Ticket: "20261123-A011", Number: "A011"}})
		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeyRate})
		time.Sleep(10*time.Second + time.Millisecond)
		l.expect(t, "time is over", lamp.Ask, lamp.Wait)
		if r := h.last(); r.Do != protocol.TicketRate || r.Rating != 0 || r.Ticket != "20261123-A011" {
			t.Errorf("asked %+v, want a rating of 0", r)
		}
	})
}

// dropping is a printer that counts how often it was told to drop what it holds.
type dropping struct {
	*escpos.Dev
	n atomic.Int32
}

func (d *dropping) Discard() error {
	d.n.Add(1)
	return d.Dev.Discard()
}

func TestPaperIsPrintedOrItIsSaidWhyNot(t *testing.T) {
	profile, err := escpos.ProfileByName("simulated")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		printer, err := sim.NewPrinter(profile)
		if err != nil {
			t.Fatal(err)
		}
		defer printer.Close()
		dev, err := escpos.New(printer, &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph})
		if err != nil {
			t.Fatal(err)
		}
		drops := &dropping{Dev: dev}
		_, h, term := hallWithTerminal(t, terminal.Options{Printer: drops, Profile: profile})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Current: current(protocol.Serving)})
		state := func() string {
			for range 100 {
				if p := term.Screen().Paper; p != nil && p.State != "coming" {
					return p.State + ": " + p.Text.In(protocol.English)
				}
				time.Sleep(100 * time.Millisecond)
			}
			return "nothing came of it"
		}
		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeyPrint, Choice: "hand_over"})
		if got := state(); got != "printed: Hand-over slip: printed" || len(printer.Slips()) != 1 {
			t.Errorf("%s, %d slips", got, len(printer.Slips()))
		}
		if n := drops.n.Load(); n != 1 {
			t.Errorf("what the printer held of before was dropped %d times, want once, at the start", n)
		}
		printer.SetStatus(escpos.Status{Answered: true, Paper: escpos.PaperOut})
		press(t, term, terminal.Press{ID: "k2", Key: terminal.KeyPrint, Choice: "hand_over"})
		if got := state(); !strings.HasPrefix(got, "failed: ") || !strings.Contains(got, "Out of paper") {
			t.Errorf("%s", got)
		}
		if b := term.Screen().Banners; len(b) != 1 || b[0].Kind != "printer" {
			t.Errorf("%+v", b)
		}
	})
}

// oled is a small display that may fail.
type oled struct {
	mu     sync.Mutex // the terminal writes while the test reads
	frame  []byte
	broken error
}

func (*oled) Bounds() image.Rectangle { return image.Rect(0, 0, 128, 64) }

func (o *oled) Write(rows []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.frame = slices.Clone(rows)
	return len(rows), o.broken
}

func TestSmallDisplayShowsTheNumberAndItsFailureIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		small := &oled{}
		_, h, term := hallWithTerminal(t, terminal.Options{Hand: small})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Waiting: 3, Current: current(protocol.Called)})
		synctest.Wait()
		lit := 0
		b := glyph.NewBitmap(128, 64)
		small.mu.Lock()
		copy(b.Pix, small.frame)
		small.broken = context.DeadlineExceeded
		small.mu.Unlock()
		for y := 16; y < 48; y++ {
			for x := range 128 {
				if b.On(x, y) {
					lit++
				}
			}
		}
		if lit < 200 {
			t.Errorf("%d dots of the number are lit", lit)
		}
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Waiting: 4, Current: current(protocol.Serving)})
		if b := term.Screen().Banners; len(b) != 1 || b[0].Kind != "pad" {
			t.Errorf("%+v, want that the display fails", b)
		}
	})
}
