//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"jiaohao/firmware/escpos"
)

// setPrinterStatus is GADGET_SET_PRINTER_STATUS of linux/usb/g_printer.h: the status
// lines that the host gets with LPGETSTATUS.
const setPrinterStatus = 0xc0016722

// The status lines of a printer with and without paper.
const (
	linesWell     = 0x18
	linesPaperOut = 0x38
)

const (
	pollEvery = 100 * time.Millisecond // the printer looks whether its cable is in again
	plugMax   = 20 * time.Second       // for the USB core to make a printer of the gadget
)

var number = regexp.MustCompile(`^[A-Z][0-9]{3,}$`)

// slip is what came out of the printer up to a cut.
type slip struct {
	Number string
	Again  bool // marked as a reprint
	Bytes  int
	Lines  []string
	First  time.Time // when its first byte came
}

// printer is the device behind the gadget's back: it obeys ESC/POS, answers status
// questions unless it is mute, and tells the host each number that is on paper.
type printer struct {
	dev *os.File
	out chan slip

	mu     sync.Mutex // the test changes what follows while the printer reads
	status escpos.Status
	mute   bool    // answers nothing, like a printer without back channel
	middle func()  // called once in the middle of the next slip
	after  func()  // called once when the next slip is out
	wrong  []error // bytes that are no ESC/POS, or that came when nothing can be printed
	asked  int     // status questions

	decoder escpos.Decoder
	rest    []byte
	line    string
	now     slip
}

// openPrinter waits for the gadget and begins to print.
func openPrinter(t *test) (*printer, error) {
	var dev *os.File
	err := t.await(plugMax, func() (err error) { // the host must have taken notice of it
		dev, err = os.OpenFile("/dev/g_printer0", os.O_RDWR, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	p := &printer{dev: dev, out: make(chan slip, 100), status: escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK}}
	if err := p.lines(linesWell); err != nil {
		return nil, err
	}
	go p.run()
	return p, t.await(plugMax, func() error { _, err := os.Stat("/dev/usb/lp0"); return err })
}

// lines sets the status lines.
func (p *printer) lines(bits uintptr) error {
	raw, err := p.dev.SyscallConn() // not Fd: a read that blocks in the gadget keeps all others out
	if err != nil {
		return err
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) { _, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, setPrinterStatus, bits) })
	if errno != 0 {
		return fmt.Errorf("GADGET_SET_PRINTER_STATUS: %w", errno)
	}
	return err
}

// set changes the printer's state.
func (p *printer) set(change func(*printer)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// errors returns what was wrong with the bytes so far.
func (p *printer) errors() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.wrong...)
}

func (p *printer) run() {
	buf := make([]byte, 8192)
	for {
		_ = p.dev.SetReadDeadline(time.Now().Add(pollEvery)) // after a replug only a new read makes the gadget listen
		n, err := p.dev.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		if err != nil {
			time.Sleep(pollEvery) // unplugged
			continue
		}
		p.rest = append(p.rest, buf[:n]...)
		for p.step() {
		}
	}
}

// step obeys one command and reports whether there may be another.
func (p *printer) step() bool {
	c, n, err := p.decoder.Next(p.rest)
	if errors.Is(err, escpos.ErrShort) {
		return false
	}
	p.mu.Lock()
	if err != nil {
		p.wrong = append(p.wrong, fmt.Errorf("printer got % x: %w", p.rest[:min(len(p.rest), 16)], err))
		p.mu.Unlock()
		p.rest = nil
		return false
	}
	p.rest = p.rest[n:]
	after := p.obey(c, n)
	p.mu.Unlock()
	after()
	return len(p.rest) > 0
}

// obey executes c of n bytes and returns what to do when p is free.
func (p *printer) obey(c escpos.Command, n int) (after func()) {
	after = func() {}
	switch c.Op {
	case escpos.OpStatus:
		p.asked++
		if !p.mute {
			answers := p.status.Answers()
			return func() { _, _ = p.dev.Write(answers[c.N-1 : c.N]) } // the host may have gone
		}
		return after
	case escpos.OpReceipt:
		if b := p.status.Receipt(); !p.mute {
			return func() { _, _ = p.dev.Write([]byte{b}) }
		}
		return after
	case escpos.OpDiscard:
		p.now = slip{}
		return after
	}
	if p.now.Bytes == 0 || c.Op == escpos.OpInit && p.now.Number == "" { // settings may have come long before
		p.now.First = time.Now()
	}
	p.now.Bytes += n
	switch c.Op {
	case escpos.OpText:
		p.line += c.Text // a run of text may come in pieces
		if p.status.Paper == escpos.PaperOut {
			p.wrong = append(p.wrong, fmt.Errorf("printer got %q without paper", c.Text))
		}
	case escpos.OpLine:
		return p.endLine()
	case escpos.OpCut:
		return p.cut()
	}
	return after
}

// endLine takes a whole line. The middle of a slip is the first one below the number.
func (p *printer) endLine() (after func()) {
	text := strings.TrimSpace(p.line)
	p.line = ""
	p.now.Lines = append(p.now.Lines, text)
	p.now.Again = p.now.Again || strings.Contains(text, "REPRINT")
	if number.MatchString(text) {
		p.now.Number = text
		return func() {}
	}
	middle, now := p.middle, p.now
	if middle == nil || now.Number == "" {
		return func() {}
	}
	p.middle = nil
	return func() {
		sayPaper(now)
		middle()
	}
}

func (p *printer) cut() (after func()) {
	now, then := p.now, p.after
	p.now, p.after = slip{}, nil
	return func() {
		sayPaper(now)
		if then != nil {
			then()
		}
		p.out <- now
	}
}

// sayPaper tells the host what a person holds in the hand.
func sayPaper(s slip) {
	switch {
	case s.Number == "": // the end of a torn one
	case s.Again:
		say("AGAIN %s", s.Number)
	default:
		say("PAPER %s", s.Number)
	}
}

// next waits for the next slip.
func (p *printer) next(t *test, most time.Duration) (slip, error) {
	select {
	case s := <-p.out:
		if s.Number == "" {
			return s, fmt.Errorf("a slip without number: %q", s.Lines)
		}
		return s, p.errors()
	case <-time.After(most):
		return slip{}, fmt.Errorf("no slip within %v", most)
	case <-t.ctx.Done():
		return slip{}, t.ctx.Err()
	}
}

// none checks that no slip comes for a while.
func (p *printer) none(t *test, most time.Duration) error {
	select {
	case s := <-p.out:
		return fmt.Errorf("slip %s came out, none is right", s.Number)
	case <-time.After(most):
		return p.errors()
	case <-t.ctx.Done():
		return t.ctx.Err()
	}
}

// plug puts the printer's cable in or out, seen from the host: the USB core takes
// the device's driver away, and with it /dev/usb/lp0. (Off the bus for real would be
// the gadget's soft_connect, from which dummy_hcd of Linux 6.1 does not come back.)
func plug(in bool) error {
	word := "0"
	if in {
		word = "1"
	}
	return os.WriteFile("/sys/bus/usb/devices/1-1/authorized", []byte(word), 0o644)
}
