package board

import (
	"fmt"

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

func (b *Board) pins(names []string) ([]gpio.PinIO, error) {
	var pins []gpio.PinIO
	for _, name := range names {
		p, err := b.pin(name)
		if err != nil {
			return nil, err
		}
		pins = append(pins, p)
	}
	return pins, nil
}
