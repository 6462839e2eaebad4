package port

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"jiaohao/firmware/tty"
)

// settings are those of a serial line.
type settings struct {
	path   string
	mode   tty.Mode
	perSec int // bytes a second
}

// parseSerial splits PATH?OPTIONS.
func parseSerial(rest string) (s settings, err error) {
	path, query, _ := strings.Cut(rest, "?")
	if path == "" {
		return s, errors.New("path of the serial line is missing")
	}
	o, err := parseOptions(query, "baud", "parity", "data", "stop", "flow")
	if err != nil {
		return s, err
	}
	s.path = path
	baud, err1 := o.number("baud", baudDefault, baudMin, baudMax)
	parity, err2 := o.word("parity", "none", "odd", "even", "mark", "space")
	data, err3 := o.number("data", 8, 7, 8)
	stop, err4 := o.number("stop", 1, 1, 2)
	control, err5 := o.word("flow", "none", "rtscts", "xonxoff")
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return s, err
	}
	s.mode = tty.Mode{Baud: baud, DataBits: data, StopBits: stop, Parity: tty.Parity(parity), RTSCTS: control == 1, XONXOFF: control == 2}
	bits := 1 + data + stop // start, data, stop
	if parity > 0 {
		bits++
	}
	s.perSec = baud / bits
	return s, nil
}

// line is a serial line that knows how long its bytes take.
type line struct {
	*os.File
	perSec int
	write  time.Time // deadline of the next Write
}

func openSerial(s settings) (handle, error) {
	f, err := tty.Open(s.path, s.mode)
	if err != nil {
		return nil, fmt.Errorf("at %d baud: %w", s.mode.Baud, err)
	}
	return &line{File: f, perSec: s.perSec}, nil
}

// SetWriteDeadline bounds the next Write, not counting the time on the wire.
func (l *line) SetWriteDeadline(t time.Time) error {
	l.write = t
	return nil
}

// Write sends p and waits until it is on the wire: what the kernel still holds would come out of a
// printer that was stopped when it goes on, an old slip. When the deadline passes that is dropped.
func (l *line) Write(p []byte) (int, error) {
	end := l.write.Add(time.Duration(len(p)) * time.Second / time.Duration(l.perSec))
	if err := l.File.SetWriteDeadline(end); err != nil {
		return 0, err
	}
	n, err := l.File.Write(p)
	if err == nil {
		err = l.drain(end)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		_ = tty.Discard(l.File) // the line is closed next
	}
	return n, err
}

// drain waits until the kernel holds nothing any more. Dropping what it holds ends the goroutine.
func (l *line) drain(end time.Time) error {
	done := make(chan error, 1)
	go func() { done <- tty.Drain(l.File) }()
	timeout := time.NewTimer(time.Until(end))
	defer timeout.Stop()
	select {
	case err := <-done:
		return err
	case <-timeout.C:
		return os.ErrDeadlineExceeded
	}
}

// Close closes the line and lets others open it; a Read that waits returns.
func (l *line) Close() error { return errors.Join(tty.Share(l.File), l.File.Close()) }
