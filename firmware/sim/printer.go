package sim

import (
	"errors"
	"fmt"
	"image"
	"os"
	"sync"
	"syscall"
	"time"

	"jiaohao/firmware/escpos"
)

// Limits of the simulated printer.
const (
	// knife is the way from the print head to the knife in dots (8 mm): so much of each slip's
	// end is the blank head of the next.
	knife = 64
	// paperMargin is the bare paper beside the print area in dots, on each side.
	paperMargin = 36
	// printerBuffer is how many bytes wait in a printer that has stopped, as in real ones.
	printerBuffer = 4096
	// printerWriteTimeout and printerReadTimeout are those of a real port.
	printerWriteTimeout = 5 * time.Second
	printerReadTimeout  = time.Second
	// slipsMax is how many slips are kept for people to look at.
	slipsMax = 64
	// slipBytesMax bounds the log of one slip: twice a full picture on 80 mm paper.
	slipBytesMax = 256 << 10
	// realTimeMax is how long a Write may be to count as one that asks out of turn. Longer ones
	// are print data, in which the same bytes may stand by chance.
	realTimeMax = 8
	// unlimited is more paper than a day of tests prints, in dots.
	unlimited = 1 << 30
)

// Slip is a piece of paper that came out of a simulated printer.
type Slip struct {
	Seq      int         // counts from 1
	Bytes    []byte      // what was printed; status requests are not among them
	Image    image.Image // made from these bytes alone, with the bare paper around
	Complete bool        // it was cut; otherwise it is still in the printer or was torn off
	Err      error       // the first byte that no command begins with, or nil
}

// Printer is a simulated slip printer and the port it hangs on. It takes real ESC/POS bytes,
// answers status requests from its state, and stops where paper, cover or knife make it stop;
// what it then holds comes out later, as on real ones. All methods may be called concurrently.
type Printer struct {
	profile escpos.Profile

	mu      sync.Mutex // guards all below: a page, a program and a test look at one printer
	status  escpos.Status
	left    int // dots of paper on the roll
	buf     []byte
	decoder escpos.Decoder
	paper   *escpos.Paper
	bytes   []byte
	err     error
	head    *image.Paletted // the paper between head and knife, printed by the slip before
	slips   []Slip
	seq     int
	answers []byte
	late    []byte // answers that the last Write dropped
	auto    bool   // it tells each change of its state (GS a)
	told    [4]byte
	off     bool // unplugged: the port is gone
	changed chan struct{}
	closed  bool
}

// NewPrinter returns a printer of that profile, with paper, switched on and closed.
func NewPrinter(profile escpos.Profile) (*Printer, error) {
	paper, err := escpos.NewPaper(profile.Dots, DrawGlyph)
	if err != nil {
		return nil, fmt.Errorf("sim: printer %q: %w", profile.Name, err)
	}
	return &Printer{
		profile: profile,
		status:  escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK},
		left:    unlimited,
		paper:   paper,
		changed: make(chan struct{}),
	}, nil
}

// String returns the name of the simulated port.
func (p *Printer) String() string { return "sim:" + p.profile.Name }

// Write takes print data. It first drops answers that nobody has read, as a port does. While the
// printer has stopped and its buffer is full Write waits, for at most 5 s, and then returns
// os.ErrDeadlineExceeded; what fitted stays in the buffer.
func (p *Printer) Write(b []byte) (int, error) {
	timeout := time.NewTimer(printerWriteTimeout)
	defer timeout.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late, p.answers = p.answers, nil
	rest := p.realTime(b)
	for len(rest) > 0 {
		if err := p.gone(); err != nil {
			return len(b) - len(rest), err
		}
		room := len(rest)
		if !p.running() {
			room = min(room, max(printerBuffer-len(p.buf), 0))
		}
		p.buf = append(p.buf, rest[:room]...)
		rest = rest[room:]
		p.print()
		if room > 0 {
			continue
		}
		if !p.wait(timeout.C) {
			return len(b) - len(rest), fmt.Errorf("sim: printer takes no data: %w", os.ErrDeadlineExceeded)
		}
	}
	return len(b), nil
}

// Read returns the answers to status requests, or os.ErrDeadlineExceeded if none comes within 1 s.
func (p *Printer) Read(b []byte) (int, error) {
	timeout := time.NewTimer(printerReadTimeout)
	defer timeout.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.answers) == 0 {
		if err := p.gone(); err != nil {
			return 0, err
		}
		if !p.wait(timeout.C) {
			return 0, fmt.Errorf("sim: printer gives no answer: %w", os.ErrDeadlineExceeded)
		}
	}
	n := copy(b, p.answers)
	p.answers = p.answers[n:]
	return n, nil
}

// Late returns the answers that nobody had read when the last Write dropped them.
func (p *Printer) Late() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.late
}

// gone is the error of a port that is closed or pulled out, or nil.
func (p *Printer) gone() error {
	switch {
	case p.closed:
		return fmt.Errorf("sim: printer: %w", os.ErrClosed)
	case p.off:
		return fmt.Errorf("sim: printer: %w", syscall.ENODEV)
	}
	return nil
}

// Unplug pulls the cable out: each Read and Write, also one that waits, fails with ENODEV like those
// of a USB printer that is gone. What the printer holds it keeps, and prints.
func (p *Printer) Unplug() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off, p.answers, p.auto = true, nil, false
	p.tell()
}

// Plug puts the cable back.
func (p *Printer) Plug() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off = false
	p.tell()
}

// Unplugged reports whether the cable is out.
func (p *Printer) Unplugged() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.off
}

// Close ends every Read and Write. The slips stay.
func (p *Printer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.tell()
	return nil
}

// Slips returns the last 64 slips, the oldest first. The last one may be in the printer still.
func (p *Printer) Slips() []Slip {
	p.mu.Lock()
	defer p.mu.Unlock()
	slips := append([]Slip(nil), p.slips...)
	if p.paper.Height() > 0 {
		slips = append(slips, Slip{
			Seq: p.seq + 1, Bytes: append([]byte(nil), p.bytes...), Image: p.strip(p.paper.Picture()), Err: p.err,
		})
	}
	return slips
}

// Changed returns a channel that is closed at the next change of slips or state. Ask for it before
// looking at them.
func (p *Printer) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// Status returns the state that the printer is in. Answered false is a printer that prints
// and never answers.
func (p *Printer) Status() escpos.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// SetStatus puts the printer into a state, as a person or an accident would: paper, cover, knife,
// power. If it can print again, what it holds comes out. Printed means nothing here.
func (p *Printer) SetStatus(s escpos.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.Paper != escpos.PaperOut && p.left <= 0 {
		p.left = unlimited
	}
	p.status = s
	p.print()
	p.tell()
}

// SetPaperLeft leaves that many dots of paper (8 to the millimetre) on the roll. When they are
// used up the printer stops, in the middle of a slip if need be, until SetStatus brings new paper.
func (p *Printer) SetPaperLeft(dots int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = max(dots, 0)
	if p.left == 0 {
		p.status.Paper = escpos.PaperOut
	}
	p.tell()
}

// state is what the printer answers.
func (p *Printer) state() escpos.Status {
	s := p.status
	s.Online = p.running()
	return s
}

// running reports whether the printer obeys print commands.
func (p *Printer) running() bool {
	s := p.status
	return s.Online && s.Paper != escpos.PaperOut && !s.CoverOpen && !s.CutterError && !s.Fault && !s.Hot && !s.Broken
}

// tell wakes all that wait for a change.
func (p *Printer) tell() {
	if now := p.state().Auto(); p.auto && now != p.told {
		p.told = now
		p.answers = append(p.answers, now[:]...)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// wait lets others in until something changes; it returns false if the time is over.
func (p *Printer) wait(timeout <-chan time.Time) bool {
	changed := p.changed
	p.mu.Unlock()
	defer p.mu.Lock()
	select {
	case <-changed:
		return true
	case <-timeout:
		return false
	}
}

// realTime obeys the requests at the start of a short b that a printer answers even when it has stopped, and
// returns the rest.
func (p *Printer) realTime(b []byte) []byte {
	if p.gone() != nil || len(b) > realTimeMax || len(p.buf) > 0 && p.running() {
		return b
	}
	var d escpos.Decoder
	for len(b) > 0 {
		c, n, err := d.Next(b)
		if err != nil || c.Op != escpos.OpStatus && c.Op != escpos.OpDiscard {
			return b
		}
		p.obey(c)
		b = b[n:]
	}
	return b
}

// print obeys the commands in the buffer until it is empty or the printer stops.
func (p *Printer) print() {
	for p.running() && len(p.buf) > 0 {
		c, n, err := p.decoder.Next(p.buf)
		if errors.Is(err, escpos.ErrShort) {
			return
		}
		if err != nil {
			p.complain(err)
			p.log(p.buf[:1])
			p.buf = p.buf[1:]
			continue
		}
		raw := p.buf[:n]
		p.buf = p.buf[n:]
		if c.Op == escpos.OpInit && p.profile.Cutter == escpos.CutterNone && p.paper.Height() > 0 {
			p.tear(true)
		}
		if c.Op == escpos.OpInit {
			p.reset()
		}
		switch c.Op {
		case escpos.OpStatus, escpos.OpReceipt, escpos.OpDiscard, escpos.OpAuto:
		default:
			p.log(raw)
		}
		p.obey(c)
	}
}

// reset puts a printer whose switch has set Chinese mode back into it.
func (p *Printer) reset() {
	if p.profile.Charset == escpos.CharsetNone || p.profile.Chinese != escpos.ChineseNone {
		return
	}
	var b escpos.Builder
	b.Chinese(true)
	if _, _, err := p.decoder.Next(b.Bytes()); err != nil {
		panic("sim: " + err.Error()) // the decoder knows that command
	}
}

// obey carries out one command.
func (p *Printer) obey(c escpos.Command) {
	switch c.Op {
	case escpos.OpStatus:
		p.answer(p.profile.Ask == escpos.AskDLE, p.state().Answers()[c.N-1])
		return
	case escpos.OpAuto:
		p.auto, p.told = c.N != 0 && p.profile.Ask == escpos.AskAuto && p.status.Answered, p.state().Auto()
		p.answer(p.auto, p.told[:]...)
		return
	case escpos.OpReceipt:
		p.answer(p.profile.Receipt, p.status.Receipt())
		return
	case escpos.OpDiscard:
		p.buf = nil
		p.tear(false)
		return
	}
	before := p.paper.Height()
	if err := p.paper.Do(c); err != nil {
		p.complain(err)
		p.tear(false)
		return
	}
	if p.left -= p.paper.Height() - before; p.left <= 0 {
		p.status.Paper = escpos.PaperOut
		p.tell()
	}
	if c.Op == escpos.OpCut && p.profile.Cutter != escpos.CutterNone {
		p.tear(true)
	}
}

// answer puts bytes where Read finds them, if the printer is one that answers.
func (p *Printer) answer(can bool, b ...byte) {
	if can && p.status.Answered {
		p.answers = append(p.answers, b...)
		p.tell()
	}
}

// complain keeps the first error of the slip.
func (p *Printer) complain(err error) {
	if p.err == nil {
		p.err = fmt.Errorf("sim: printer: byte %d of the slip: %w", len(p.bytes), err)
	}
}

// log keeps the bytes of the slip, up to a bound.
func (p *Printer) log(raw []byte) {
	p.bytes = append(p.bytes, raw[:min(len(raw), slipBytesMax-len(p.bytes))]...)
}

// tear ends the slip. After a cut the paper between head and knife begins the next one; a person
// tears off all of it.
func (p *Printer) tear(cut bool) {
	printed := p.paper.Tear()
	height := printed.Rect.Dy()
	if height == 0 {
		p.bytes, p.err = nil, nil
		return
	}
	strip := p.strip(printed)
	p.head = nil
	if cut {
		p.head = rows(strip, height, height+knife)
		strip = rows(strip, 0, height)
	}
	p.seq++
	p.slips = append(p.slips, Slip{Seq: p.seq, Bytes: p.bytes, Image: strip, Complete: cut, Err: p.err})
	p.slips = p.slips[max(0, len(p.slips)-slipsMax):]
	p.bytes, p.err = nil, nil
	p.tell()
}

// strip returns the paper that hangs out of the head: first what was between head and knife at
// the last cut, then what was printed since.
func (p *Printer) strip(printed *image.Paletted) *image.Paletted {
	size := printed.Rect.Size()
	strip := image.NewPaletted(image.Rect(0, 0, size.X+2*paperMargin, knife+size.Y), printed.Palette)
	if p.head != nil {
		copy(strip.Pix, p.head.Pix) // as wide, with its margins
	}
	for y := range size.Y {
		copy(strip.Pix[strip.PixOffset(paperMargin, knife+y):], printed.Pix[y*printed.Stride:][:size.X])
	}
	return strip
}

// rows returns a copy of the lines y0 to y1 of img, whose corner is at the origin.
func rows(img *image.Paletted, y0, y1 int) *image.Paletted {
	out := image.NewPaletted(image.Rect(0, 0, img.Rect.Dx(), y1-y0), img.Palette)
	copy(out.Pix, img.Pix[y0*img.Stride:])
	return out
}
