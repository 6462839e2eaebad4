package escpos

import (
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"time"
)

// How long Confirm waits: an answer comes behind all that was sent before.
const (
	// confirmMargin is for what is not printing: the way there, a head that has to cool, the knife.
	confirmMargin = 5 * time.Second
	// slowest is 50 mm/s, the slowest speed sold, in dots of 1/7 mm (180 dpi) a second.
	slowest = 350
)

// strayMax is how many bytes that answer nothing are read before a printer counts as silent. A
// printer on a serial line may send flow control bytes.
const strayMax = 64

// Opts is how to drive a printer.
type Opts struct {
	Profile Profile // what the printer can do
	Glyph   Glyph   // draws text that the printer's font lacks; may be nil, see Encode
}

// Dev is a printer on a port. Its methods must not be called concurrently.
type Dev struct {
	rw   io.ReadWriter
	opts Opts
	last []byte // of the slip that was sent last
	auto Status // told by the printer of itself last; only with AskAuto

	unconfirmed int // dots of paper of the slips that Confirm has not yet waited for
}

// New returns the printer on rw. It sends nothing.
//
// rw must bound each Write and each Read by a time of its own, and return os.ErrDeadlineExceeded
// when it runs out: a printer may stop listening or never answer. A Write should drop input that
// came before it, so that a late answer is not taken for that of the next question.
//
// A port may know more, and then has one of these methods: Reasons, of a print spooler, which is
// asked in place of the printer; LineStatus, the three lines of the USB printer class; Late, the
// input that the last Write dropped, in which a printer may have told its state of itself; Discard, of a
// spooler, which cancels the slips that wait there.
func New(rw io.ReadWriter, opts *Opts) (*Dev, error) {
	switch {
	case rw == nil:
		return nil, errors.New("escpos: no port was given")
	case opts == nil:
		return nil, errors.New("escpos: no options were given; the profile is needed")
	}
	if err := opts.Profile.check(); err != nil {
		return nil, err
	}
	if opts.Profile.Charset == CharsetNone && opts.Glyph == nil {
		return nil, fmt.Errorf("escpos: profile %q has no character set, so a glyph function is needed", opts.Profile.Name)
	}
	d := &Dev{rw: rw, opts: *opts}
	if _, spools := rw.(spooler); spools {
		d.opts.Profile.Ask, d.opts.Profile.Receipt = AskQueue, false
	}
	return d, nil
}

// spooler is a port that prints through a queue of another program, which alone talks to the
// printer. Reasons are the keywords of RFC 8011 printer-state-reasons; none is a printer that is well.
type spooler interface {
	Reasons() ([]string, error)
}

// String returns the name of the driver, of the profile and of the port if it has one.
func (d *Dev) String() string {
	name := "escpos{" + d.opts.Profile.Name
	if s, ok := d.rw.(fmt.Stringer); ok {
		name += ", " + s.String()
	}
	return name + "}"
}

// Halt resets the printer: what is on the print line is dropped.
func (d *Dev) Halt() error {
	var b Builder
	b.Init()
	return d.write(b.Bytes(), "reset")
}

// Profile returns what the printer can do.
func (d *Dev) Profile() Profile { return d.opts.Profile }

// Print sends the slip. It returns when the port has taken all bytes, which does not mean that
// they are on paper: Confirm tells that. Errors before sending name the item of doc; after an
// error of the port any part of the slip may have been printed.
func (d *Dev) Print(doc Doc) error {
	p, err := Encode(doc, d.opts.Profile, d.opts.Glyph)
	if err != nil {
		return err
	}
	d.last = p
	if err := d.write(p, "print"); err != nil {
		return err
	}
	d.unconfirmed += d.Length()
	return nil
}

// Length returns how much paper the last slip takes, in dots, by its bytes.
func (d *Dev) Length() int {
	paper, err := NewPaper(d.opts.Profile.Dots, func(*image.Paletted, image.Rectangle, rune) {})
	if err != nil {
		return 0 // New has checked the width
	}
	cmds, err := Parse(d.last)
	if err != nil {
		return 0 // Encode makes no such bytes
	}
	for _, c := range cmds {
		if paper.Do(c) != nil {
			break
		}
	}
	return paper.Height()
}

// Discard drops what the printer holds and has it recover from an error, so that an old slip does
// not come out after new paper is put in. Not every printer obeys.
func (d *Dev) Discard() error {
	d.unconfirmed = 0
	if d.opts.Profile.Ask == AskQueue {
		return d.discardQueue()
	}
	var b Builder
	b.Discard()
	b.Init()
	return d.write(b.Bytes(), "discard")
}

// discardQueue has the spooler cancel what waits; bytes sent to it would be another slip.
func (d *Dev) discardQueue() error {
	q, can := d.rw.(interface{ Discard() error })
	if !can {
		return nil
	}
	if err := q.Discard(); err != nil {
		return fmt.Errorf("escpos: discard: %w", err)
	}
	return nil
}

// Status asks for the state. It blocks for at most one Read of the port per question, and for
// only one in all if the printer is silent, which is a state (Answered false) and no error. A
// printer whose profile says that it tells nothing is not asked. The error is that of a port that
// is gone.
func (d *Dev) Status() (Status, error) {
	switch d.opts.Profile.Ask {
	case AskQueue:
		reasons, err := d.rw.(spooler).Reasons()
		if err != nil {
			return Status{}, fmt.Errorf("escpos: ask for status: %w", err)
		}
		return QueueState(reasons), nil
	case AskAuto:
		return d.autoStatus(0)
	case AskLines:
		return d.lineStatus()
	case AskDLE:
		return d.askStatus(0)
	}
	return d.silent(), nil
}

// Ready asks only whether the printer would print now, if its profile has so short a question (DLE EOT 1),
// and for the whole state when it would not. On a serial line the three other questions cost a citizen
// more time than the rest of the way to the first printed dot. Paper is PaperUnknown when all is well.
func (d *Dev) Ready() (Status, error) {
	if d.opts.Profile.Ask != AskDLE {
		return d.Status()
	}
	answer, ok, err := d.askOne(1, 0)
	switch {
	case err != nil:
		return Status{}, err
	case !ok:
		return d.silent(), nil
	case answer&printerOffline != 0:
		return d.askStatus(0)
	}
	return Status{Answered: true, Online: true}, nil
}

// askOne asks one of the four questions and waits for the answer as read does.
func (d *Dev) askOne(n int, wait time.Duration) (answer byte, ok bool, err error) {
	var b Builder
	b.AskStatus(n)
	if err := d.write(b.Bytes(), "ask for status"); err != nil {
		return 0, false, err
	}
	return d.read(isStatus, wait)
}

// askStatus asks the four questions. Only the first may have to wait: it stands behind all that was sent.
func (d *Dev) askStatus(wait time.Duration) (Status, error) {
	var answers [4]byte
	for i := range answers {
		answer, ok, err := d.askOne(i+1, wait)
		if err != nil {
			return Status{}, err
		}
		if !ok {
			return d.silent(), nil
		}
		answers[i], wait = answer, 0
	}
	return ParseStatus(answers[:])
}

// autoStatus has the printer tell its state and waits for it as read does. A printer that has stopped may
// not obey any more; then the last that it told of itself counts if it was bad news.
func (d *Dev) autoStatus(wait time.Duration) (Status, error) {
	var b Builder
	b.AskAuto()
	if err := d.write(b.Bytes(), "ask for status"); err != nil {
		return Status{}, err
	}
	if l, ok := d.rw.(interface{ Late() []byte }); ok {
		if s, told := ParseAuto(l.Late()); told {
			d.auto = s
		}
	}
	var got []byte
	for {
		answer, ok, err := d.read(func(byte) bool { return true }, wait)
		if err != nil {
			return Status{}, err
		}
		if !ok {
			break
		}
		got = append(got, answer)
		if s, told := ParseAuto(got); told {
			d.auto = s
			return s, nil
		}
		if len(got) == strayMax {
			break
		}
	}
	if d.auto.CanPrint() {
		d.auto = Status{} // it was well and is silent now
	}
	return d.auto, nil
}

// lineStatus reads the three lines of the USB printer class, which the port knows when it is open.
func (d *Dev) lineStatus() (Status, error) {
	if err := d.write(nil, "ask for status"); err != nil { // opens it
		return Status{}, err
	}
	if l, ok := d.rw.(lineStatus); ok {
		if bits, ok := l.LineStatus(); ok {
			return lineState(bits), nil
		}
	}
	return Status{}, nil
}

// lineStatus is a port that knows the three status lines of an old parallel printer, which USB
// printers still report: bit 5 is paper out.
type lineStatus interface {
	LineStatus() (bits byte, ok bool)
}

// silent returns the state of a printer that has not answered. Of the status lines only bad news
// counts: many printers report good news for ever.
func (d *Dev) silent() Status {
	if l, ok := d.rw.(lineStatus); ok {
		if bits, ok := l.LineStatus(); ok && bits&linePaperOut != 0 {
			return Status{Answered: true, Paper: PaperOut}
		}
	}
	return Status{}
}

// Confirm waits until all that was sent is on paper, and returns the state then. It waits for 5 s and
// for as long as the slips since the last Confirm take at 50 mm/s: a network printer with a small buffer
// gets a question, also one that it answers out of turn, only behind the pictures that still wait on
// the way to it.
// Printed says whether the printer has confirmed it; it stays false on a printer whose profile
// has no Receipt and does not tell its state in turn, and then only the state after the slip is known.
func (d *Dev) Confirm() (Status, error) {
	wait := confirmMargin + time.Duration(d.unconfirmed)*time.Second/slowest
	d.unconfirmed = 0
	if d.opts.Profile.Receipt {
		return d.confirmReceipt(wait)
	}
	switch d.opts.Profile.Ask {
	case AskAuto:
		s, err := d.autoStatus(wait)
		s.Printed = s.CanPrint()
		return s, err
	case AskDLE:
		return d.askStatus(wait)
	}
	return d.Status()
}

// confirmReceipt asks for the answer in turn and then for the state.
func (d *Dev) confirmReceipt(wait time.Duration) (Status, error) {
	var b Builder
	b.AskReceipt()
	if err := d.write(b.Bytes(), "ask for receipt"); err != nil {
		return Status{}, err
	}
	answer, ok, err := d.read(isReceipt, wait)
	if err != nil {
		return Status{}, err
	}
	s, err := d.Status()
	s.Printed = ok && answer&receiptEnd == 0 && s.Answered
	return s, err
}

func (d *Dev) write(p []byte, doing string) error {
	if _, err := d.rw.Write(p); err != nil {
		return fmt.Errorf("escpos: %s: %w", doing, err)
	}
	return nil
}

// read returns the first byte that accept takes. ok is false if none came within one Read of the
// port or within wait, whichever is longer.
func (d *Dev) read(accept func(byte) bool, wait time.Duration) (answer byte, ok bool, err error) {
	start := time.Now()
	var p [1]byte
	for stray := 0; stray < strayMax; {
		n, err := d.rw.Read(p[:])
		stray += n
		switch {
		case n == 1 && accept(p[0]):
			return p[0], true, nil
		case errors.Is(err, os.ErrDeadlineExceeded) && time.Since(start) >= wait:
			return 0, false, nil
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, false, fmt.Errorf("escpos: read status: %w", err)
		}
	}
	return 0, false, nil
}
