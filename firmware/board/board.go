package board

import (
	"errors"
	"fmt"
	"strings"

	"periph.io/x/conn/v3/driver/driverreg"
	_ "periph.io/x/host/v3/gpioioctl" // pins by the kernel's names
	_ "periph.io/x/host/v3/sysfs"     // SPI buses

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sign"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
)

// Board holds a device's parts, opened. A part that the configuration does not
// name is nil.
type Board struct {
	Printer *escpos.Dev
	Panel   Panel // shows pictures; nil with signs
	Signs   map[protocol.WindowID]*sign.Dev
	Pad     Panel
	Buttons []Button

	Keypad    *Keypad
	Evaluator *Keypad

	// The simulated parts behind them, for people to look at and press; nil for real ones.
	SimPrinter *sim.Printer
	SimPanel   *sim.Panel // when the panel is of MAX7219 modules
	SimScreen  SimScreen  // a panel of any kind, or the pad

	// Drivers tells which of periph's drivers failed, or is nil. That matters only
	// when a part is not found: on many kernels some driver fails and nobody needs it.
	Drivers error

	hosted bool         // periph's drivers are loaded
	blank  func() error // takes the texts from the signs; a function, so that who has none links no letters
	close  []func() error
}

// Part opens one kind of part of a configuration: [OpenPrinter] and its like. A
// program names those that it has, and links nothing of the others.
type Part func(*Board, Config) error

// MistakeError is a configuration that cannot work, whatever is plugged in. Any other error of [Open] may go when a part is
// plugged in or a driver has come up.
type MistakeError struct{ Err error }

// Error returns the text of what is wrong.
func (e *MistakeError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *MistakeError) Unwrap() error { return e.Err }

// mistake marks err, if there is one.
func mistake(err error) error {
	if err == nil {
		return nil
	}
	return &MistakeError{err}
}

// Open opens those of parts that c names. Pins and buses are looked for only when a
// part needs them, so that a network printer needs no Pi.
//
// The error names the part and what there is, and is a *[MistakeError] when c is to blame. Then nothing stays open.
func Open(c Config, parts ...Part) (*Board, error) {
	// Simulated parts take the same values as real ones and are always there: what they refuse, c has wrong.
	trial, err := open(c.Simulated(), parts)
	if err != nil {
		return nil, mistake(err)
	}
	if err := trial.Close(); err != nil {
		return nil, err
	}
	return open(c, parts)
}

func open(c Config, parts []Part) (*Board, error) {
	b := &Board{}
	for _, open := range parts {
		if err := open(b, c); err != nil {
			return nil, errors.Join(fmt.Errorf("board: %w", err), b.Drivers, b.Close())
		}
	}
	return b, nil
}

// Close switches panels and signs off and releases all parts. It may be called again.
func (b *Board) Close() error {
	var err error
	for _, panel := range []Panel{b.Panel, b.Pad} {
		if panel != nil {
			err = errors.Join(err, panel.Halt())
		}
	}
	if b.blank != nil {
		err = errors.Join(err, b.blank())
	}
	for _, f := range b.close {
		err = errors.Join(err, f())
	}
	b.Panel, b.Pad, b.Signs, b.blank, b.close = nil, nil, nil, nil, nil
	return err
}

// host loads periph's drivers once: those of the Linux kernel's own interfaces,
// which every board has. The drivers of single chips, which package host adds, know
// pins by names that mainline kernels do not have, and make programs a megabyte
// larger. A driver that fails is no error by itself.
func (b *Board) host() error {
	if b.hosted {
		return nil
	}
	state, err := driverreg.Init()
	if err != nil {
		return fmt.Errorf("pins and buses: %w", err)
	}
	b.hosted = true
	for _, f := range state.Failed {
		b.Drivers = errors.Join(b.Drivers, fmt.Errorf("driver %s: %w", f.D, f.Err))
	}
	return nil
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " ")
}
