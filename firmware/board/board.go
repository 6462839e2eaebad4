package board

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spireg"
	_ "periph.io/x/host/v3/gpioioctl" // pins by the kernel's names
	_ "periph.io/x/host/v3/sysfs"     // SPI buses

	"jiaohao/firmware/button"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/max7219"
	"jiaohao/firmware/port"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
)

// Board holds a device's parts, opened. A part that the configuration does not
// name is nil.
type Board struct {
	Printer *escpos.Dev
	Panel   *max7219.Dev
	Buttons []Button
	Keypad  *button.Keypad

	// The simulated parts behind them, for people to look at and press; nil for real ones.
	SimPrinter *sim.Printer
	SimPanel   *sim.Panel
	SimKeypad  *sim.Keypad

	// Drivers tells which of periph's drivers failed, or is nil. That matters only
	// when a part is not found: on many kernels some driver fails and nobody needs it.
	Drivers error

	layout []string // of the keypad
	close  []func() error
}

// Button is a push button and what it is for.
type Button struct {
	Service protocol.ServiceID
	Pin     gpio.PinIn
	Opts    *button.Opts
	Sim     *sim.Button // nil for a real one
}

// Open opens the parts that c names. Pins and buses are looked for only when a
// part needs them, so that a network printer needs no Pi.
//
// The error names the part and what there is. Then nothing stays open.
func Open(c Config) (*Board, error) {
	b := &Board{}
	var err error
	if c.needsHost() {
		b.Drivers, err = initHost()
	}
	for _, open := range []func(Config) error{b.openPrinter, b.openPanel, b.openButtons, b.openKeypad} {
		if err == nil {
			err = open(c)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("board: %w", err), b.Drivers, b.Close())
	}
	return b, nil
}

// Close switches the panel off and releases all parts. It may be called again.
func (b *Board) Close() error {
	var err error
	if b.Panel != nil {
		err = b.Panel.Halt()
	}
	for _, f := range b.close {
		err = errors.Join(err, f())
	}
	b.Panel, b.close = nil, nil
	return err
}

func (c Config) needsHost() bool {
	if c.Panel != nil && c.Panel.SPI != Sim || c.Keypad != nil && len(c.Keypad.Rows) > 0 {
		return true
	}
	for _, b := range c.Buttons {
		if b.Pin != Sim {
			return true
		}
	}
	return false
}

// initHost loads periph's drivers: those of the Linux kernel's own interfaces,
// which every board has. The drivers of single chips, which package host adds, know
// pins by names that mainline kernels do not have, and make programs a megabyte
// larger. A driver that fails is no error of Init.
func initHost() (failed, err error) {
	state, err := driverreg.Init()
	if err != nil {
		return nil, fmt.Errorf("pins and buses: %w", err)
	}
	for _, f := range state.Failed {
		failed = errors.Join(failed, fmt.Errorf("driver %s: %w", f.D, f.Err))
	}
	return failed, nil
}

func (b *Board) openPrinter(c Config) error {
	if c.Printer == nil {
		return nil
	}
	profile, err := escpos.ProfileByName(c.Printer.Profile)
	if err != nil {
		return fmt.Errorf("printer: %w", err)
	}
	opts := &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph}
	if c.Printer.Port == Sim {
		if b.SimPrinter, err = sim.NewPrinter(profile); err != nil {
			return err
		}
		b.close = append(b.close, b.SimPrinter.Close)
		b.Printer, err = escpos.New(b.SimPrinter, opts)
		return err
	}
	p, err := port.Open(c.Printer.Port)
	if err != nil {
		return fmt.Errorf("printer: %w", err)
	}
	b.close = append(b.close, p.Close)
	b.Printer, err = escpos.New(p, opts)
	return err
}

func (b *Board) openPanel(c Config) error {
	if c.Panel == nil {
		return nil
	}
	bus, err := b.openSPI(c.Panel)
	if err != nil {
		return fmt.Errorf("panel: %w", err)
	}
	b.Panel, err = max7219.New(bus, &max7219.Opts{
		Wiring: c.Panel.wiring(), Intensity: c.Panel.Brightness, Clock: physic.Frequency(c.Panel.ClockHz) * physic.Hertz,
	})
	return err
}

func (b *Board) openSPI(c *PanelConfig) (spi.Port, error) {
	if c.SPI == Sim {
		p, err := sim.NewPanel(c.wiring())
		b.SimPanel = p
		return p, err
	}
	var names []string
	for _, ref := range spireg.All() {
		names = append(names, ref.Name)
	}
	bus, err := spireg.Open(c.SPI)
	if err != nil {
		return nil, fmt.Errorf("SPI bus %q: %w; there are: %s", c.SPI, err, list(names))
	}
	b.close = append(b.close, bus.Close)
	return bus, nil
}

func (b *Board) openButtons(c Config) error {
	for i, bc := range c.Buttons {
		out := Button{Service: bc.Service, Opts: &button.Opts{ActiveHigh: bc.ActiveHigh}}
		if bc.Pin == Sim {
			out.Sim = sim.NewButton("sim " + string(bc.Service))
			out.Pin = out.Sim
		} else {
			p, err := pin(bc.Pin)
			if err != nil {
				return fmt.Errorf("button %d (%s): %w", i+1, bc.Service, err)
			}
			out.Pin = p
		}
		b.Buttons = append(b.Buttons, out)
	}
	return nil
}

func (b *Board) openKeypad(c Config) error {
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
			p, err := pin(name)
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
func pin(name string) (gpio.PinIO, error) {
	if p := gpioreg.ByName(name); p != nil {
		return p, nil
	}
	var names []string
	for _, p := range gpioreg.All() {
		names = append(names, p.Name())
	}
	return nil, fmt.Errorf("pin %q is not there; there are: %s", name, list(names))
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " ")
}
