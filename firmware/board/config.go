package board

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"jiaohao/protocol"
)

// configMax bounds a configuration file in bytes: a hundred times a real one.
const configMax = 256 << 10

// Sim is what stands in place of a port, bus or pin that is simulated.
const Sim = "sim"

// Config is a device's configuration file. A device that it does not name is not
// there.
type Config struct {
	Hall         protocol.HallID   `json:"hall"`
	Device       protocol.DeviceID `json:"device"`
	Broker       string            `json:"broker"`        // tcp://host:port or tls://host:port
	PasswordFile string            `json:"password_file"` // one line; read by the program, not by this package
	CAFile       string            `json:"ca_file"`       // PEM; empty means the system's
	StateDir     string            `json:"state_dir"`     // folder for what must survive a power cut
	HTTP         string            `json:"http"`          // address of the local page, such as "127.0.0.1:8080"
	Window       protocol.WindowID `json:"window"`        // of a display or terminal
	Help         protocol.Text     `json:"help"`          // where citizens go when a dispenser fails

	Printer *PrinterConfig `json:"printer"`
	Panel   *PanelConfig   `json:"panel"`
	Buttons []ButtonConfig `json:"buttons"`
	Keypad  *KeypadConfig  `json:"keypad"`
}

// Load reads and checks a configuration file. The error names the file, the line
// and what would be right.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("board: configuration: %w", err)
	}
	defer f.Close() // nothing was written
	raw, err := io.ReadAll(io.LimitReader(f, configMax+1))
	if err != nil {
		return Config{}, fmt.Errorf("board: configuration: %w", err)
	}
	c, err := Parse(raw)
	if err != nil {
		return Config{}, fmt.Errorf("board: configuration %s: %w", path, err)
	}
	return c, nil
}

// Parse reads and checks a configuration. Fields that do not exist are errors,
// so that a slip of the pen is not a silent default.
func Parse(raw []byte) (Config, error) {
	var c Config
	if len(raw) > configMax {
		return c, fmt.Errorf("more than %d bytes", configMax)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, parseError(raw, d.InputOffset(), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("line %d: text behind the end", line(raw, d.InputOffset()))
	}
	return c, c.check()
}

func parseError(raw []byte, offset int64, err error) error {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", line(raw, syntax.Offset), err)
	case errors.As(err, &wrongType):
		return fmt.Errorf("line %d: %s cannot be a %s", line(raw, wrongType.Offset), wrongType.Field, wrongType.Value)
	}
	return fmt.Errorf("line %d: %w", line(raw, offset), err)
}

func line(raw []byte, offset int64) int {
	return 1 + bytes.Count(raw[:min(int(offset), len(raw))], []byte("\n"))
}

func (c *Config) check() error {
	if err := protocol.CheckID("hall", string(c.Hall)); err != nil {
		return err
	}
	if err := protocol.CheckID("device", string(c.Device)); err != nil {
		return err
	}
	if c.Window != "" {
		if err := protocol.CheckID("window", string(c.Window)); err != nil {
			return err
		}
	}
	for i, b := range c.Buttons {
		if err := protocol.CheckID("service", string(b.Service)); err != nil {
			return fmt.Errorf("button %d: %w", i+1, err)
		}
		if b.Pin == "" {
			return fmt.Errorf("button %d: no pin; legal are names such as %q and %q", i+1, "GPIO17", Sim)
		}
	}
	return nil
}

// Simulated returns c with every part that it names simulated.
func (c Config) Simulated() Config {
	if c.Printer != nil {
		printer := *c.Printer
		printer.Port = Sim
		c.Printer = &printer
	}
	if c.Panel != nil {
		panel := *c.Panel
		panel.SPI = Sim
		c.Panel = &panel
	}
	buttons := make([]ButtonConfig, len(c.Buttons))
	for i, b := range c.Buttons {
		b.Pin, b.ActiveHigh = Sim, false
		buttons[i] = b
	}
	c.Buttons = buttons
	if c.Keypad != nil {
		keypad := *c.Keypad
		keypad.Rows, keypad.Cols = nil, nil
		c.Keypad = &keypad
	}
	return c
}
