package board

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"jiaohao/protocol"
)

// configMax bounds a configuration file in bytes: a hundred times a real one.
const configMax = 256 << 10

// evaluatorMax bounds the seconds in which a citizen may answer: in 5 minutes somebody else stands there.
const evaluatorMax = 300

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
	Pad     *PanelConfig   `json:"pad"` // the small display at a clerk's hand: of kind ssd1306
	Buttons []ButtonConfig `json:"buttons"`
	Keypad  *KeypadConfig  `json:"keypad"`

	Keys      map[string]string `json:"keys"`      // what the keypad's keys do; read by the terminal
	Evaluator *EvaluatorConfig  `json:"evaluator"` // on the citizen's side of a terminal
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
	if len(raw) > configMax {
		return Config{}, fmt.Errorf("more than %d bytes", configMax)
	}
	c, err := Decode[Config](raw)
	if err != nil {
		return c, err
	}
	return c, c.Check()
}

// Decode reads one JSON value from raw. An error tells the line, and what is legal where a value has the wrong type. Fields that
// T does not have are errors, and so is text behind the value.
func Decode[T any](raw []byte) (T, error) {
	var v T
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(&v)
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return v, fmt.Errorf("line %d: %w", line(raw, syntax.Offset), err)
	case errors.As(err, &wrongType):
		return v, fmt.Errorf("line %d: %s cannot be a %s, must be %s", line(raw, wrongType.Offset), written(wrongType.Field), wrongType.Value, form(wrongType.Type))
	case err != nil:
		return v, fmt.Errorf("line %d: %w", line(raw, unknownAt[T](raw, err)), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, fmt.Errorf("line %d: text behind the end", line(raw, d.InputOffset()))
	}
	return v, nil
}

// unknownAt returns where the unknown field of err stands in raw, since encoding/json tells its name alone and the same name
// may be legal elsewhere. It writes another name into one place after the other, the last first: no earlier place than the field's
// own changes nothing. Of any other error the place is the end: the file is too short.
func unknownAt[T any](raw []byte, err error) int64 {
	_, name, _ := strings.Cut(err.Error(), "unknown field ")
	for rest := raw; name != ""; {
		at := bytes.LastIndex(rest, []byte(name))
		if at < 0 {
			break
		}
		other := bytes.Clone(raw)
		for i := range len(name) - len(`""`) {
			other[at+1+i] = '~'
		}
		d := json.NewDecoder(bytes.NewReader(other))
		d.DisallowUnknownFields()
		if now := d.Decode(new(T)); now == nil || now.Error() != err.Error() {
			return int64(at)
		}
		rest = raw[:at]
	}
	return int64(len(raw))
}

// written is a field's path as the file has it: without the structs that are embedded, whose names are Go's.
func written(field string) string {
	names := slices.DeleteFunc(strings.Split(field, "."), func(name string) bool { return name != "" && name[0] <= 'Z' && name[0] >= 'A' })
	return strings.Join(names, ".")
}

// form is how a value of a type is written.
func form(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return `text in quotes`
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list [...] of " + form(t.Elem())
	case reflect.Map:
		return `an object {"name": ...}, each with ` + form(t.Elem())
	case reflect.Struct:
		return `an object {"name": ...}`
	case reflect.Pointer:
		return form(t.Elem())
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

func line(raw []byte, offset int64) int {
	return 1 + bytes.Count(raw[:min(int(offset), len(raw))], []byte("\n"))
}

// Check returns what is wrong with ids and names, if anything. [Load] and [Parse] have
// checked already; it is for who changes a configuration.
func (c *Config) Check() error {
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
		same := func(o ButtonConfig) bool { return o.Service == b.Service }
		if first := slices.IndexFunc(c.Buttons, same); first < i {
			return fmt.Errorf("buttons %d and %d are both for service %q, legal is one for each", first+1, i+1, b.Service)
		}
	}
	if e := c.Evaluator; e != nil && (e.Seconds < 0 || e.Seconds > evaluatorMax) {
		return fmt.Errorf("evaluator: %d seconds, must be 1 to %d, or 0 for the usual", e.Seconds, evaluatorMax)
	}
	return nil
}

// Or returns c with those parts of standard that it does not name itself.
func (c Config) Or(standard Config) Config {
	c.Printer, c.Panel, c.Keypad = cmp.Or(c.Printer, standard.Printer), cmp.Or(c.Panel, standard.Panel), cmp.Or(c.Keypad, standard.Keypad)
	c.Evaluator, c.Pad = cmp.Or(c.Evaluator, standard.Evaluator), cmp.Or(c.Pad, standard.Pad)
	return c
}

// Simulated returns c with every part that it names simulated.
func (c Config) Simulated() Config {
	if c.Printer != nil {
		printer := *c.Printer
		printer.Port = Sim
		c.Printer = &printer
	}
	if c.Panel != nil {
		c.Panel = c.Panel.simulated()
	}
	if c.Pad != nil {
		c.Pad = c.Pad.simulated()
	}
	buttons := make([]ButtonConfig, len(c.Buttons))
	for i, b := range c.Buttons {
		b.Pin, b.ActiveHigh = Sim, false
		buttons[i] = b
	}
	c.Buttons = buttons
	if c.Keypad != nil {
		keypad := c.Keypad.simulated()
		c.Keypad = &keypad
	}
	if c.Evaluator != nil {
		c.Evaluator = &EvaluatorConfig{c.Evaluator.KeypadConfig.simulated(), c.Evaluator.Seconds}
	}
	return c
}
