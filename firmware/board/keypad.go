package board

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"periph.io/x/conn/v3/gpio"

	"jiaohao/firmware/button"
	"jiaohao/firmware/keyport"
	"jiaohao/firmware/lamp"
	"jiaohao/firmware/sim"
)

// KeypadConfig is a keypad of one of four kinds, with what answers on it:
//
//	rows, cols, layout   a matrix; without rows and cols a simulated one
//	pins                 single push buttons: name of the key to pin
//	numpad               a USB number pad: its path in /dev/input/by-id or its name
//	serial               a pad on a serial line
type KeypadConfig struct {
	Rows       []string          `json:"rows"`
	Cols       []string          `json:"cols"`
	Layout     []string          `json:"layout"` // one string for each row, one character for each key
	Pins       map[string]string `json:"pins"`
	ActiveHigh bool              `json:"active_high"` // of pins
	Numpad     string            `json:"numpad"`
	LED        string            `json:"led"` // lamp of the numpad that answers: num, caps, scroll; empty for none
	Serial     *SerialConfig     `json:"serial"`

	Lamp      string                       `json:"lamp"`       // pin of a lamp beside the keys
	LampLow   bool                         `json:"lamp_low"`   // it shines while the pin is low
	Buzzer    string                       `json:"buzzer"`     // pin of a buzzer
	BuzzerLow bool                         `json:"buzzer_low"` // it sounds while the pin is low
	Answers   map[lamp.Signal]lamp.Pattern `json:"answers"`    // how signals look and sound; what is left out is as usual
}

// SerialConfig is a serial line and how the keypad on it speaks.
type SerialConfig struct {
	Path string `json:"path"` // such as /dev/serial/by-id/…, or "sim"
	Baud int    `json:"baud"` // 0 means 9600
	keyport.Frame
}

// EvaluatorConfig is the keypad on the citizen's side of a window. Its keys are named 1 (very bad) to
// 5 (very good), whatever their kind.
type EvaluatorConfig struct {
	KeypadConfig
	Seconds int `json:"seconds"` // in which a citizen who was asked may answer; 0 means the terminal's own
}

// simulated returns c without hardware.
func (c KeypadConfig) simulated() KeypadConfig {
	c.Rows, c.Cols, c.Lamp, c.Buzzer, c.ActiveHigh = nil, nil, "", "", false
	pins := map[string]string{}
	for key := range c.Pins {
		pins[key] = Sim
	}
	c.Pins = pins
	if c.Numpad != "" {
		c.Numpad = Sim
	}
	if c.Serial != nil {
		serial := *c.Serial
		serial.Path = Sim
		c.Serial = &serial
	}
	return c
}

// KeySource is a keypad that was opened.
type KeySource interface {
	// Run tells each key that goes down until ctx ends; state is told why there are none, or nil.
	Run(ctx context.Context, press func(key string), state func(error)) error
	// Keys returns the names of the keys.
	Keys() []string
}

// Keypad is a keypad with its lamp and buzzer.
type Keypad struct {
	KeySource
	Lights *lamp.Dev
	Sim    *SimKeypad // nil for a real one
}

// OpenKeypad opens the clerk's keypad.
func OpenKeypad(b *Board, c Config) (err error) {
	if c.Keypad != nil {
		if b.Keypad, err = b.keypad(c.Keypad); err != nil {
			return fmt.Errorf("keypad: %w", err)
		}
	}
	return nil
}

// OpenEvaluator opens the keypad with which citizens rate.
func OpenEvaluator(b *Board, c Config) (err error) {
	if c.Evaluator == nil {
		return nil
	}
	if b.Evaluator, err = b.keypad(&c.Evaluator.KeypadConfig); err != nil {
		return fmt.Errorf("evaluator: %w", err)
	}
	for _, grade := range []string{"1", "2", "3", "4", "5"} {
		if !slices.Contains(b.Evaluator.Keys(), grade) {
			return fmt.Errorf("evaluator: no key %q; it needs the keys 1 (very bad) to 5 (very good)", grade)
		}
	}
	return nil
}

// part is a keypad in the making.
type part struct {
	keys           KeySource
	lamps, buzzers []func(bool)
	sim            *SimKeypad
}

func (b *Board) keypad(c *KeypadConfig) (*Keypad, error) {
	p, err := b.keys(c)
	if err != nil {
		return nil, err
	}
	for _, out := range []struct {
		pin  string
		low  bool
		outs *[]func(bool)
		sim  func(bool)
	}{{c.Lamp, c.LampLow, &p.lamps, p.sim.light}, {c.Buzzer, c.BuzzerLow, &p.buzzers, p.sim.sound}} {
		if p.sim != nil {
			*out.outs = append(*out.outs, out.sim)
		}
		if out.pin == "" {
			continue
		}
		f, err := b.output(out.pin, out.low)
		if err != nil {
			return nil, err
		}
		*out.outs = append(*out.outs, f)
	}
	lights, err := lamp.New(p.lamps, p.buzzers, c.Answers)
	if err != nil {
		return nil, err
	}
	return &Keypad{KeySource: p.keys, Lights: lights, Sim: p.sim}, nil
}

// output returns what switches a pin, which is off from now on. A line that was an output once stays one, so
// that it cannot fail later.
func (b *Board) output(name string, low bool) (func(bool), error) {
	p, err := b.pin(name)
	if err != nil {
		return nil, err
	}
	set := func(on bool) error { return p.Out(gpio.Level(on != low)) }
	if err := set(false); err != nil {
		return nil, fmt.Errorf("pin %q as output: %w", name, err)
	}
	b.close = append(b.close, func() error { return set(false) })
	return func(on bool) { _ = set(on) }, nil
}

func (b *Board) keys(c *KeypadConfig) (*part, error) {
	kinds := 0
	for _, there := range []bool{len(c.Layout) > 0, len(c.Pins) > 0, c.Numpad != "", c.Serial != nil} {
		if there {
			kinds++
		}
	}
	if kinds != 1 {
		return nil, errors.New("legal is exactly one of layout (with rows and cols), pins, numpad and serial")
	}
	switch {
	case len(c.Layout) > 0:
		return b.matrix(c)
	case len(c.Pins) > 0:
		return b.row(c)
	case c.Numpad != "":
		return ported(c.Numpad, [][]string{{"NumLock", "/", "*", "-"}, {"7", "8", "9", "+"}, {"4", "5", "6", "Backspace"}, {"1", "2", "3", "Enter"}, {"0", "."}},
			func() (*keyport.Dev, error) { return keyport.Numpad(c.Numpad, c.LED) },
			func(cable *sim.Cable) (*keyport.Dev, error) { return keyport.NumpadAt("sim numpad", cable.Open, c.LED) })
	}
	return ported(c.Serial.Path, nil,
		func() (*keyport.Dev, error) { return keyport.Serial(c.Serial.Path, c.Serial.Baud, c.Serial.Frame) },
		func(cable *sim.Cable) (*keyport.Dev, error) {
			return keyport.Wired("sim serial pad", cable.Open, c.Serial.Frame)
		})
}

func (b *Board) matrix(c *KeypadConfig) (*part, error) {
	p := &part{}
	var rows, cols []gpio.PinIO
	if len(c.Rows) == 0 && len(c.Cols) == 0 {
		width := utf8.RuneCountInString(c.Layout[0])
		if width == 0 {
			return nil, fmt.Errorf("layout row 1 is %q, must be a character for each key", c.Layout[0])
		}
		pad := sim.NewKeypad(len(c.Layout), width)
		rows, cols = pad.Rows(), pad.Cols()
		p.sim = simMatrix(pad, c.Layout)
	}
	more, err1 := b.pins(c.Rows)
	most, err2 := b.pins(c.Cols)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	keys, err := button.NewKeypad(append(rows, more...), append(cols, most...), c.Layout)
	p.keys = keys
	return p, mistake(err) // it touches no pin yet
}

func (b *Board) row(c *KeypadConfig) (*part, error) {
	p := &part{}
	var pins []gpio.PinIn
	names := slices.Sorted(maps.Keys(c.Pins))
	simulated := map[string]*sim.Button{}
	for _, key := range names {
		if c.Pins[key] == Sim {
			simulated[key] = sim.NewButton("sim " + key)
			pins = append(pins, simulated[key])
			continue
		}
		pin, err := b.pin(c.Pins[key])
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
		pins = append(pins, pin)
	}
	if len(simulated) > 0 {
		p.sim = simRow(simulated, names)
	}
	keys, err := button.NewRow(names, pins, &button.Opts{ActiveHigh: c.ActiveHigh})
	p.keys = keys
	return p, err
}

// ported opens a pad that sends bytes, or a simulated one at a cable. rows is how its keys lie.
func ported(spec string, rows [][]string, open func() (*keyport.Dev, error), simulate func(*sim.Cable) (*keyport.Dev, error)) (*part, error) {
	p := &part{}
	dev, err := (*keyport.Dev)(nil), error(nil)
	if spec != Sim {
		dev, err = open()
	} else {
		cable := sim.NewCable()
		if dev, err = simulate(cable); err == nil {
			p.sim = simCable(cable, dev, rows)
		}
	}
	if err != nil {
		return nil, mistake(err) // they open nothing yet
	}
	p.keys = dev
	if dev.HasLamp() {
		p.lamps = append(p.lamps, dev.Lamp)
	}
	if dev.HasBuzzer() {
		p.buzzers = append(p.buzzers, dev.Buzzer)
	}
	return p, nil
}
