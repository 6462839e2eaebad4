// Package tty opens serial lines as plain files: raw, with any speed, and with the deadlines and the
// Close of [os.File], which ends a read that waits.
//
// It asks the kernel directly (termios(4), ioctl_tty(2)): a library for it brings regular
// expressions and all of Unicode's tables with it, 200 KB in each device program.
package tty

import (
	"errors"
	"fmt"
	"os"
)

// Parity is the bit that guards each character.
type Parity int

// The parities.
const (
	NoParity Parity = iota
	OddParity
	EvenParity
	MarkParity
	SpaceParity
)

// The slowest and the fastest line that is opened: below it a slip takes minutes, above it nothing follows.
const (
	BaudMin = 300
	BaudMax = 921600
)

// Mode is how a line speaks. DataBits and StopBits of 0 are 8 and 1.
type Mode struct {
	Baud     int // 300 to 921600
	DataBits int // 7 or 8
	StopBits int // 1 or 2
	Parity   Parity
	RTSCTS   bool // flow control by wires
	XONXOFF  bool // the other end stops us by a character; we take all that it sends
}

func (m *Mode) check() error {
	switch {
	case m.Baud < BaudMin || m.Baud > BaudMax:
		return fmt.Errorf("baud %d, must be %d to %d", m.Baud, BaudMin, BaudMax)
	case m.DataBits != 0 && m.DataBits != 7 && m.DataBits != 8:
		return fmt.Errorf("%d data bits, must be 7 or 8", m.DataBits)
	case m.StopBits != 0 && m.StopBits != 1 && m.StopBits != 2:
		return fmt.Errorf("%d stop bits, must be 1 or 2", m.StopBits)
	case m.Parity < NoParity || m.Parity > SpaceParity:
		return fmt.Errorf("parity %d, must be %d to %d", m.Parity, NoParity, SpaceParity)
	}
	return nil
}

// Open opens a serial line for this program alone, without making it the program's terminal. The error names the
// path and what is wrong.
func Open(path string, m Mode) (*os.File, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("tty: %s: %w", path, err)
	}
	f, err := os.OpenFile(path, openFlags, 0)
	if err != nil {
		return nil, fmt.Errorf("tty: %w", err)
	}
	if err := m.set(f); err != nil {
		return nil, errors.Join(fmt.Errorf("tty: %s is no serial line: %w", path, err), f.Close())
	}
	return f, nil
}
