package board

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"

	"jiaohao/firmware/button"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
)

// ButtonConfig is a push button for a service.
type ButtonConfig struct {
	Service    protocol.ServiceID `json:"service"`
	Pin        string             `json:"pin"` // such as "GPIO17", or "sim"
	ActiveHigh bool               `json:"active_high"`
}

// KeypadConfig is a matrix of keys. Rows and Cols are pins; both empty means a
// simulated one.
type KeypadConfig struct {
	Rows   []string `json:"rows"`
	Cols   []string `json:"cols"`
	Layout []string `json:"layout"` // one string for each row, one character for each key
}

// Button is a push button and what it is for.
type Button struct {
	Service protocol.ServiceID
	Pin     gpio.PinIn
	Opts    *button.Opts
	Sim     *sim.Button // nil for a real one
}

// OpenButtons opens the push buttons.
func OpenButtons(b *Board, c Config) error {
	for i, bc := range c.Buttons {
		out := Button{Service: bc.Service, Opts: &button.Opts{ActiveHigh: bc.ActiveHigh}}
		if bc.Pin == Sim {
			out.Sim = sim.NewButton("sim " + string(bc.Service))
			out.Pin = out.Sim
		} else {
			p, err := b.pin(bc.Pin)
			if err != nil {
				return fmt.Errorf("button %d (%s): %w", i+1, bc.Service, err)
			}
			out.Pin = p
		}
		b.Buttons = append(b.Buttons, out)
	}
	return nil
}

// OpenKeypad opens the clerk's keypad.
func OpenKeypad(b *Board, c Config) error {
	k := c.Keypad
	if k == nil {
		return nil
	}
	var rows, cols []gpio.PinIO
	if len(k.Rows) == 0 && len(k.Cols) == 0 {
		if len(k.Layout) == 0 || k.Layout[0] == "" {
			return errors.New("keypad: no layout; legal is one string for each row")
		}
		b.SimKeypad = sim.NewKeypad(len(k.Layout), utf8.RuneCountInString(k.Layout[0]))
		rows, cols = b.SimKeypad.Rows(), b.SimKeypad.Cols()
	}
	for _, part := range []struct {
		names []string
		pins  *[]gpio.PinIO
	}{{k.Rows, &rows}, {k.Cols, &cols}} {
		for _, name := range part.names {
			p, err := b.pin(name)
			if err != nil {
				return fmt.Errorf("keypad: %w", err)
			}
			*part.pins = append(*part.pins, p)
		}
	}
	b.layout = k.Layout
	var err error
	b.Keypad, err = button.NewKeypad(rows, cols, k.Layout)
	return err
}

// pin finds a line by the kernel's name for it.
func (b *Board) pin(name string) (gpio.PinIO, error) {
	if err := b.host(); err != nil {
		return nil, err
	}
	if p := gpioreg.ByName(name); p != nil {
		return p, nil
	}
	var names []string
	for _, p := range gpioreg.All() {
		names = append(names, p.Name())
	}
	return nil, fmt.Errorf("pin %q is not there; there are: %s", name, list(names))
}
