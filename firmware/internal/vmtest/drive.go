//go:build linux

package main

import (
	"errors"
	"fmt"
	"image"
	"net/http"
	"slices"
	"strings"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/display"
	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// place is a whole hall at work in the machine.
type place struct {
	*test
	printer    *printer
	button     line
	bus        *bus
	hubProgram *program
	kioskProg  *program
	manager    *http.Client
	clerk      *clerk
	papers     []string // numbers that came out
	last       slip
}

// drive is the long run: every part, end to end.
func drive(t *test) {
	p := &place{test: t}
	var err error
	t.enroll()
	p.bus, err = openBus()
	t.need("SPI recorder", err)
	p.printer, err = openPrinter(t)
	t.need("printer", err)
	p.button, err = findLine(0)
	t.need("button", err)
	p.hubProgram = t.hub()
	t.need("hub", t.hubUp())
	p.kioskProg = t.dispenser()
	t.display()
	t.need("dispenser", t.kioskOnline())
	p.manager, err = t.login()
	t.need("manager", err)
	p.clerk = t.signOn()

	t.check("panel: first bytes", p.panelStarts)
	t.check("button: press to slip", p.pressToSlip)
	t.check("slip: the hall's time of day", p.slipTime)
	t.check("panel: called number, byte for byte", p.callToPanel)
	t.check("button: second press within the lock-out", p.lockOut)
	t.check("button: 100 bounces", p.bounces)
	t.check("button: stuck", p.stuck)
	t.check("printer: paper out, told by DLE EOT", p.paperOut)
	t.check("printer: paper out, told by the status lines only", p.paperOutLines)
	t.check("printer: silent", p.silent)
	t.check("printer: paper ends in the middle of a slip", p.paperEndsInSlip)
	t.check("printer: unplugged and back", p.unplugged)
	t.check("hub away: own letter, merged later", p.hubAway)
	t.check("dispenser's disk full", p.stateDiskFull)
	t.check("hub's disk full", p.hubDiskFull)
	t.check("journal", p.verify)
}

// panelStarts checks what the panel got before anything was drawn.
func (p *place) panelStarts() (string, error) {
	want, err := expected(nil)
	if err != nil {
		return "", err
	}
	if err := p.await(upMax, func() error {
		if n := p.bus.len(); n < len(want) {
			return fmt.Errorf("%d transfers, %d are due", n, len(want))
		}
		return nil
	}); err != nil {
		return "", err
	}
	sent, err := p.bus.since(0)
	if err != nil {
		return "", err
	}
	if _, err := parse(sent[:len(want)], []picture{{"start", want}}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d transfers of %d bytes as expected, mode 0, %d Hz", len(want), len(want[0]), sent[0].Speed), nil
}

// press waits until the lock-out of the last press or tap is over, and presses.
func (p *place) press() error {
	p.pause(1600 * time.Millisecond)
	return p.button.press()
}

// pressToSlip is the path of a ticket, three times.
func (p *place) pressToSlip() (string, error) {
	seen := ""
	for _, want := range []string{"A001", "A002", "A003"} {
		p.pause(1600 * time.Millisecond)
		start := time.Now()
		if err := p.button.press(); err != nil {
			return "", err
		}
		s, err := p.printer.next(p.test, slipMax)
		if err != nil {
			return "", err
		}
		if s.Number != want || s.Again {
			return "", fmt.Errorf("slip %s (reprint %v), want %s", s.Number, s.Again, want)
		}
		if !slices.Contains(s.Lines, "社会保险") {
			return "", fmt.Errorf("the slip does not name its service: %q", s.Lines)
		}
		p.last = s
		seen += fmt.Sprintf("%s of %d bytes, its first %d ms after the edge; ", s.Number, s.Bytes, s.First.Sub(start).Milliseconds())
	}
	return seen + "all strict ESC/POS", nil
}

// slipTime reads the time on the last slip: the hall's, on a machine without zone
// files too.
func (p *place) slipTime() (string, error) {
	const east = 8 * 60 * 60 // Asia/Shanghai, which has no summer time
	const form = "2006-01-02 15:04"
	now := time.Now().In(time.FixedZone("", east))
	for _, text := range p.last.Lines {
		if _, err := time.Parse(form, text); err != nil {
			continue
		}
		for _, at := range []time.Time{now, now.Add(-time.Minute)} {
			if text == at.Format(form) {
				return text, nil
			}
		}
		return "", fmt.Errorf("the slip says %q, it is %s", text, now.Format(form))
	}
	return "", fmt.Errorf("the slip has no time: %q", p.last.Lines)
}

// callToPanel calls a number and compares all that went over the bus with what
// the frames' bytes are.
func (p *place) callToPanel() (string, error) {
	from := p.bus.len()
	called := time.Now()
	n, err := p.clerk.callNext(p.test)
	if err != nil {
		return "", err
	}
	var state protocol.WindowState
	if err := p.await(replyMax, func() error {
		if state = p.clerk.now(); state.Current == nil || state.Current.Number != n {
			return fmt.Errorf("the window's state is not %s", n)
		}
		return nil
	}); err != nil {
		return "", err
	}
	size := image.Pt(wiring.Columns*8, wiring.Rows*8)
	lit := display.Frame(display.Scene{State: &state, SinceCall: -1}, size)
	known, err := pictures(n, lit.Pix)
	if err != nil {
		return "", err
	}
	dark, err := pictures("dark", make([]byte, len(lit.Pix)))
	if err != nil {
		return "", err
	}
	known = append(known, dark...)
	p.pause(12 * time.Second) // it blinks for 5 s, and is sent anew every 5 s
	sent, err := p.bus.since(from)
	if err != nil {
		return "", err
	}
	// What was on its way to the panel when the call came: texts of before.
	for len(sent) > 0 && !starts(sent, known[0].sent) {
		sent = sent[1:]
	}
	names, err := parse(sent, known)
	if err != nil {
		return "", err
	}
	blinks := 0
	for _, name := range names {
		if name == "dark" {
			blinks++
		}
	}
	if len(names) < 4 || blinks < 5 || blinks > 11 || !strings.HasPrefix(names[len(names)-1], n) || !slices.Contains(names, n+" anew") {
		return "", fmt.Errorf("the panel got %v", names)
	}
	last := sent[len(known[0].sent)-1]
	return fmt.Sprintf("%s: %d updates of 8 x 32 bytes as display.Frame and max7219 make them, dark %d times, then steady; "+
		"last byte of the first %d ms after the clerk's key", n, len(names), blinks, sinceBoot(called, last.NS).Milliseconds()), nil
}

// lockOut presses twice within 1.5 s.
func (p *place) lockOut() (string, error) {
	if err := p.press(); err != nil {
		return "", err
	}
	p.pause(300 * time.Millisecond)
	if err := p.button.press(); err != nil {
		return "", err
	}
	s, err := p.printer.next(p.test, slipMax)
	if err != nil {
		return "", err
	}
	return "one slip, " + s.Number, p.printer.none(p.test, quietTime)
}

// bounces makes 100 edges going down and 100 going up. A machine that is too busy
// to make them as fast as a contact does is given some more attempts.
func (p *place) bounces() (string, error) {
	const restMax, tookMax, attempts = 15 * time.Millisecond, time.Second, 16
	var took, rest time.Duration
	for range attempts {
		p.pause(2 * time.Second)
		down, rest1, err1 := p.button.bounce(100, true)
		p.pause(300 * time.Millisecond)
		up, rest2, err2 := p.button.bounce(100, false)
		if err := errors.Join(err1, err2); err != nil {
			return "", err
		}
		s, err := p.printer.next(p.test, slipMax)
		if err == nil {
			err = p.printer.none(p.test, quietTime)
		}
		took, rest = max(down, up), max(rest1, rest2)
		if rest < restMax && took < tookMax {
			return fmt.Sprintf("one slip, %s; 100 changes of level within %d ms, and again on release", s.Number, took.Milliseconds()), err
		}
	}
	return "", fmt.Errorf("this machine is too busy to bounce: 100 changes in %v, a rest of %v between two", took, rest)
}

// stuck holds the button: one ticket, and the hub is told.
func (p *place) stuck() (string, error) {
	p.pause(2 * time.Second)
	if err := p.button.set(true); err != nil {
		return "", err
	}
	s, err := p.printer.next(p.test, slipMax)
	if err == nil {
		err = p.awaitFault(p.manager, "button stuck", true)
	}
	if err == nil {
		err = p.printer.none(p.test, quietTime)
	}
	if err := errors.Join(err, p.button.set(false)); err != nil {
		return "", err
	}
	return "one slip, " + s.Number + "; the hub says that the button is stuck, and no longer after it is freed",
		p.awaitFault(p.manager, "button stuck", false)
}

// missing presses and waits until the kiosk shows a new number without paper.
func (p *place) missing() (string, error) {
	before, err := p.kiosk()
	if err != nil {
		return "", err
	}
	no := 0
	if before.Result != nil {
		no = before.Result.No
	}
	if err := p.press(); err != nil {
		return "", err
	}
	n := ""
	err = p.awaitKiosk(slipMax, func(v dispenser.View) error {
		if v.Result == nil || v.Result.No <= no || v.Result.Ticket == nil || v.Result.Paper != dispenser.PaperMissing {
			return fmt.Errorf("the kiosk shows %+v", v.Result)
		}
		n = v.Result.Ticket.Number
		return nil
	})
	return n, err
}

// reprinted has a number printed that has no paper: once, and marked.
func (p *place) reprinted(n string) error {
	if err := p.printer.none(p.test, quietTime); err != nil {
		return fmt.Errorf("after the refill: %w", err)
	}
	if err := p.awaitKiosk(slipMax, func(v dispenser.View) error {
		if !slices.Contains(v.Unprinted, n) {
			return fmt.Errorf("the kiosk offers %v for printing, not %s", v.Unprinted, n)
		}
		return nil
	}); err != nil {
		return err
	}
	p.pause(1600 * time.Millisecond)
	if err := p.tap("/reprint", fmt.Sprintf(`{"number":%q}`, n)); err != nil {
		return err
	}
	s, err := p.printer.next(p.test, slipMax)
	if err == nil && (s.Number != n || !s.Again) {
		err = fmt.Errorf("slip %s (reprint %v), want %s as a reprint", s.Number, s.Again, n)
	}
	return err
}

// withFault runs the middle of a story about a printer: a press without paper,
// the fault told, the printer well again, the reprint.
func (p *place) withFault(fault string, spoil, mend func() error) (string, error) {
	err := spoil()
	n := ""
	if err == nil {
		n, err = p.missing()
	}
	if err == nil {
		err = p.awaitFault(p.manager, fault, true)
	}
	if err == nil {
		err = p.printer.none(p.test, time.Second)
	}
	if err := errors.Join(err, mend()); err != nil {
		return "", err
	}
	if err := p.awaitFault(p.manager, fault, false); err != nil {
		return "", err
	}
	return n + " large on the kiosk and no slip; the hub says " + fault + "; afterwards no burst, reprint marked", p.reprinted(n)
}

func (p *place) paperOut() (string, error) {
	paper := func(state escpos.PaperState, lines uintptr) func() error {
		return func() error {
			p.printer.set(func(q *printer) { q.status.Paper = state; q.status.Online = state == escpos.PaperOK })
			return p.printer.lines(lines)
		}
	}
	return p.withFault("printer paper_out", paper(escpos.PaperOut, linesPaperOut), paper(escpos.PaperOK, linesWell))
}

// paperOutLines is a printer without back channel: only the kernel's LPGETSTATUS
// tells.
func (p *place) paperOutLines() (string, error) {
	state := func(mute bool, lines uintptr) func() error {
		return func() error {
			p.printer.set(func(q *printer) { q.mute = mute })
			return p.printer.lines(lines)
		}
	}
	return p.withFault("printer paper_out", state(true, linesPaperOut), state(false, linesWell))
}

func (p *place) silent() (string, error) {
	mute := func(on bool) func() error {
		return func() error { p.printer.set(func(q *printer) { q.mute = on }); return nil }
	}
	return p.withFault("printer no_answer", mute(true), mute(false))
}

// paperEndsInSlip has the paper end when the number is printed already.
func (p *place) paperEndsInSlip() (string, error) {
	ended := make(chan struct{})
	p.printer.set(func(q *printer) {
		q.middle = func() {
			p.printer.set(func(q *printer) { q.status.Paper, q.status.Online, q.now = escpos.PaperOut, false, slip{} })
			close(ended)
		}
	})
	n, err := p.missing()
	if err != nil {
		return "", err
	}
	<-ended
	p.printer.set(func(q *printer) {
		q.status.Paper, q.status.Online = escpos.PaperOK, true
		q.wrong, q.now, q.line = nil, slip{}, "" // the rest of the slip came without paper, as it must
	})
	for len(p.printer.out) > 0 {
		<-p.printer.out // the end of the torn slip
	}
	return n + " half on paper and large on the kiosk; reprint marked", p.reprinted(n)
}

// unplugged takes the printer off the bus.
func (p *place) unplugged() (string, error) {
	well, err := p.withFault("printer no_answer", func() error { return plug(false) }, func() error { return plug(true) })
	if err != nil {
		return "", err
	}
	if err := p.press(); err != nil {
		return "", err
	}
	s, err := p.printer.next(p.test, slipMax)
	return well + "; then " + s.Number, err
}

// hubAway kills the hub, issues without it, and calls the ticket when it is back.
func (p *place) hubAway() (string, error) {
	p.hubProgram.kill()
	if err := p.kioskAway(); err != nil {
		return "", err
	}
	var own []string
	for range 2 {
		if err := p.press(); err != nil {
			return "", err
		}
		s, err := p.printer.next(p.test, slipMax)
		if err != nil {
			return "", err
		}
		own = append(own, s.Number)
	}
	if own[0] != "Y001" || own[1] != "Y002" {
		return "", fmt.Errorf("slips %v, want Y001 and Y002", own)
	}
	if err := p.hubBack(); err != nil {
		return "", err
	}
	called, err := p.callAll()
	if err != nil {
		return "", err
	}
	for _, n := range own {
		if !slices.Contains(called, n) {
			return "", fmt.Errorf("%s was never called; called: %v", n, called)
		}
	}
	return fmt.Sprintf("slips %v; after the hub's return everybody was called: %v", own, called), nil
}

// hubBack starts the hub again after it was killed.
func (p *place) hubBack() error {
	p.hubProgram = p.hub()
	if err := errors.Join(p.hubUp(), p.kioskOnline()); err != nil {
		return err
	}
	var err error
	p.manager, err = p.login()
	if err != nil {
		return err
	}
	return p.await(upMax, func() error {
		if !p.clerk.link.Online() {
			return errors.New("the terminal is not online")
		}
		return nil
	})
}

// callAll calls until nobody waits any more, also not after a while.
func (p *place) callAll() ([]string, error) {
	var called []string
	for quiet := 0; quiet < 2; {
		n, err := p.clerk.serve(p.test)
		switch {
		case errors.Is(err, errNobody):
			quiet++
			p.pause(quietTime)
		case err != nil:
			return called, err
		default:
			called, quiet = append(called, n), 0
		}
	}
	return called, nil
}

// sinceBoot is the time from a moment of ours to one of the kernel's.
func sinceBoot(from time.Time, ns uint64) time.Duration {
	return time.Duration(ns) - (monotonic() - time.Since(from))
}
