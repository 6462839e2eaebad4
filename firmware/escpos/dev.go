package escpos

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// confirmWait is how long Confirm waits for the answer in turn: a slip of a full picture is on
// paper after 3 s at the slowest speed sold, 50 mm/s.
const confirmWait = 5 * time.Second

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
}

// New returns the printer on rw. It sends nothing.
//
// rw must bound each Write and each Read by a time of its own, and return os.ErrDeadlineExceeded
// when it runs out: a printer may stop listening or never answer. A Write should drop input that
// came before it, so that a late answer is not taken for that of the next question.
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
	return &Dev{rw: rw, opts: *opts}, nil
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
	return d.write(p, "print")
}

// Discard drops what the printer holds and has it recover from an error, so that an old slip does
// not come out after new paper is put in. Not every printer obeys.
func (d *Dev) Discard() error {
	var b Builder
	b.Discard()
	b.Init()
	return d.write(b.Bytes(), "discard")
}

// Status asks for the state. It blocks for at most one Read of the port per question, and for
// only one in all if the printer is silent, which is a state (Answered false) and no error. A
// profile without Status is not asked. The error is that of a port that is gone.
func (d *Dev) Status() (Status, error) {
	if !d.opts.Profile.Status {
		return d.silent(), nil
	}
	var answers [4]byte
	for i := range answers {
		var b Builder
		b.AskStatus(i + 1)
		if err := d.write(b.Bytes(), "ask for status"); err != nil {
			return Status{}, err
		}
		answer, ok, err := d.read(isStatus, 0)
		if err != nil {
			return Status{}, err
		}
		if !ok {
			return d.silent(), nil
		}
		answers[i] = answer
	}
	return ParseStatus(answers[:])
}

// lineStatus is a port that knows the three status lines of an old parallel printer, which USB
// printers still report: bit 5 is paper out.
type lineStatus interface {
	LineStatus() (bits byte, ok bool)
}

// silent returns the state of a printer that has not answered. Of the status lines only bad news
// counts: many printers report good news for ever.
func (d *Dev) silent() Status {
	const paperOut = 0x20
	if l, ok := d.rw.(lineStatus); ok {
		if bits, ok := l.LineStatus(); ok && bits&paperOut != 0 {
			return Status{Answered: true, Paper: PaperOut}
		}
	}
	return Status{}
}

// Confirm waits up to 5 s until all that was sent is on paper, and returns the state then.
// Printed says whether the printer has confirmed it; it stays false on a printer whose profile
// has no Receipt, and then only the state after the slip is known.
func (d *Dev) Confirm() (Status, error) {
	printed := false
	if d.opts.Profile.Receipt {
		var b Builder
		b.AskReceipt()
		if err := d.write(b.Bytes(), "ask for receipt"); err != nil {
			return Status{}, err
		}
		answer, ok, err := d.read(isReceipt, confirmWait)
		if err != nil {
			return Status{}, err
		}
		printed = ok && answer&receiptEnd == 0
	}
	s, err := d.Status()
	s.Printed = printed && s.Answered
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
	for range strayMax {
		n, err := d.rw.Read(p[:])
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
