package board

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"net"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2creg"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spireg"

	"jiaohao/firmware/ddp"
	"jiaohao/firmware/max7219"
	"jiaohao/firmware/port"
	"jiaohao/firmware/sign"
	"jiaohao/firmware/sim"
	"jiaohao/firmware/ssd1306"
	"jiaohao/firmware/ws2812"
	"jiaohao/protocol"
)

// The kinds of panel.
const (
	PanelMAX7219 = "max7219" // fields of LED modules on SPI; what is meant when no kind is named
	PanelWS2812  = "ws2812"  // strips and matrices of coloured LEDs on SPI
	PanelSSD1306 = "ssd1306" // an OLED on I²C
	PanelDDP     = "ddp"     // a controller card on the network, for HUB75 and others
	PanelSigns   = "signs"   // LED signs that take text, on a serial bus
)

// colorDefault is the red of LED panels.
const colorDefault = "#ff2a00"

// brightnessMax is the highest step of brightness of every panel.
const brightnessMax = 15

// PanelConfig is a panel of any kind; each kind has fields of its own. "sim" as bus, address or port simulates it.
type PanelConfig struct {
	Kind       string       `json:"kind"`       // empty means max7219
	Brightness int          `json:"brightness"` // until the hour is known, and always without hours: 0 to 15; signs keep their own with 0
	Hours      []HourConfig `json:"hours"`      // not of a pad: brightness by the time of day, by the hall's clock
	Test       bool         `json:"test"`       // not of signs and pads: show the test pattern at each start, until the first call

	SPI        string `json:"spi"`      // of max7219 and ws2812: such as "SPI0.0"
	ClockHz    int64  `json:"clock_hz"` // of max7219: 0 means the driver's own
	Columns    int    `json:"columns"`  // of max7219: modules
	Rows       int    `json:"rows"`
	FromLeft   bool   `json:"from_left"`
	FromBottom bool   `json:"from_bottom"`
	Serpentine bool   `json:"serpentine"`
	Rotate     int    `json:"rotate"`
	Mirror     bool   `json:"mirror"`

	Width       int    `json:"width"` // of ws2812 and ddp: dots
	Height      int    `json:"height"`
	Color       string `json:"color"`        // of ws2812 and ddp: such as "#ff2a00", which is the default
	BoardWidth  int    `json:"board_width"`  // of ws2812: dots of one board of several
	BoardHeight int    `json:"board_height"` // of ws2812
	Down        bool   `json:"down"`         // of ws2812: the chain runs along columns
	FromRight   bool   `json:"from_right"`   // of ws2812
	CurrentMA   int    `json:"current_ma"`   // of ws2812: what a picture may draw; 0 means 2000

	UDP string `json:"udp"` // of ddp: HOST:PORT of the card, such as "10.0.0.8:4048"

	I2C     string `json:"i2c"`     // of ssd1306: such as "I2C1"; Height is 64 or 32
	Address int    `json:"address"` // of ssd1306: 60 or 61; 0 means 60
	Flip    bool   `json:"flip"`    // of ssd1306: upside down

	Port    string       `json:"port"`    // of signs: as firmware/port has it, such as "serial:/dev/ttyUSB0?baud=9600"
	Profile string       `json:"profile"` // of signs: of firmware/sign, or a file's path
	Signs   []SignConfig `json:"signs"`   // of signs: one entry for each
}

// HourConfig says how bright a panel is from a time of day on, until the next one.
type HourConfig struct {
	From       string `json:"from"`       // "07:30"
	Brightness int    `json:"brightness"` // 0 to 15
}

// SignConfig is one sign on a bus.
type SignConfig struct {
	Window  protocol.WindowID `json:"window"`
	Address int               `json:"address"` // as it is set on the sign: from its profile's lowest to 255
}

// Panel is an opened panel that shows pictures. All kinds but signs are such.
type Panel interface {
	Bounds() image.Rectangle
	Write(rows []byte) (int, error) // rows from the top, most significant bit left
	Refresh() error
	SetIntensity(step int) error // 0 to 15
	Halt() error
}

// SimScreen is a simulated panel of any kind, to look at and to pull the plug of.
type SimScreen interface {
	Image() image.Image
	Unplug()
	Plug()
	Unplugged() bool
}

// OpenPanel opens the panel, or the signs.
func OpenPanel(b *Board, c Config) error {
	if c.Panel == nil {
		return nil
	}
	open, known := map[string]func(*Board, *PanelConfig) (Panel, error){
		"": openMAX7219, PanelMAX7219: openMAX7219, PanelWS2812: openWS2812, PanelSSD1306: openSSD1306, PanelDDP: openDDP, PanelSigns: openSigns,
	}[c.Panel.Kind]
	if !known {
		return fmt.Errorf("panel: kind %q; legal are max7219, ws2812, ssd1306, ddp, signs", c.Panel.Kind)
	}
	panel, err := open(b, c.Panel)
	if err != nil {
		return fmt.Errorf("panel: %w", err)
	}
	b.Panel = panel
	return nil
}

// OpenPad opens the small display at a clerk's hand, which is a panel of kind ssd1306.
func OpenPad(b *Board, c Config) error {
	if c.Pad == nil {
		return nil
	}
	if k := c.Pad.Kind; k != "" && k != PanelSSD1306 {
		return fmt.Errorf("pad: kind %q, legal is ssd1306", k)
	}
	if len(c.Pad.Hours) > 0 || c.Pad.Test {
		return errors.New("pad: hours and test are a panel's; a pad keeps its brightness")
	}
	pad, err := openSSD1306(b, c.Pad)
	if err != nil {
		return fmt.Errorf("pad: %w", err)
	}
	b.Pad = pad
	return nil
}

func openMAX7219(b *Board, c *PanelConfig) (Panel, error) {
	w := max7219.Wiring{Columns: c.Columns, Rows: c.Rows, FromLeft: c.FromLeft, FromBottom: c.FromBottom,
		Serpentine: c.Serpentine, Rotate: c.Rotate, Mirror: c.Mirror}
	bus, err := b.openSPI(c.SPI, func() (spi.Port, error) {
		p, err := sim.NewPanel(w)
		b.SimPanel, b.SimScreen = p, p
		return p, err
	})
	if err != nil {
		return nil, err
	}
	return max7219.New(bus, &max7219.Opts{Wiring: w, Intensity: c.Brightness, Clock: physic.Frequency(c.ClockHz) * physic.Hertz})
}

func openWS2812(b *Board, c *PanelConfig) (Panel, error) {
	w := ws2812.Wiring{Width: c.Width, Height: c.Height, BoardWidth: c.BoardWidth, BoardHeight: c.BoardHeight,
		Down: c.Down, Serpentine: c.Serpentine, FromRight: c.FromRight, FromBottom: c.FromBottom}
	lamp, err := parseColor(c.Color)
	if err != nil {
		return nil, err
	}
	bus, err := b.openSPI(c.SPI, func() (spi.Port, error) {
		s, err := sim.NewStrip(w)
		b.SimScreen = s
		return s, err
	})
	if err != nil {
		return nil, err
	}
	return ws2812.New(bus, &ws2812.Opts{Wiring: w, Color: lamp, Intensity: c.Brightness, CurrentMax: c.CurrentMA})
}

func openSSD1306(b *Board, c *PanelConfig) (Panel, error) {
	switch c.Address {
	case 0, ssd1306.AddressDefault, ssd1306.AddressDefault + 1: // the chip has one pin for its address
	default:
		return nil, fmt.Errorf("address %d, legal are 60 and 61, or 0 for 60", c.Address)
	}
	opts := &ssd1306.Opts{Height: c.Height, Address: uint16(c.Address), Intensity: c.Brightness, Flip: c.Flip}
	if c.I2C == Sim {
		o, err := sim.NewOLED(c.Height)
		if err != nil {
			return nil, err
		}
		b.SimScreen = o
		return ssd1306.New(o, opts)
	}
	bus, err := b.openI2C(c.I2C)
	if err != nil {
		return nil, err
	}
	return ssd1306.New(bus, opts)
}

func openDDP(b *Board, c *PanelConfig) (Panel, error) {
	lamp, err := parseColor(c.Color)
	if err != nil {
		return nil, err
	}
	opts := &ddp.Opts{Width: c.Width, Height: c.Height, Color: lamp, Intensity: c.Brightness}
	if c.UDP == Sim {
		w, err := sim.NewWall(c.Width, c.Height)
		if err != nil {
			return nil, err
		}
		b.SimScreen = w
		return ddp.New(w, opts)
	}
	if _, _, err := net.SplitHostPort(c.UDP); err != nil {
		return nil, mistake(fmt.Errorf("udp %q, legal is HOST:PORT, with port %d as a rule: %w", c.UDP, ddp.Port, err))
	}
	card, err := net.Dial("udp", c.UDP) // sends nothing yet
	if err != nil {
		return nil, fmt.Errorf("udp %q: %w", c.UDP, err)
	}
	b.close = append(b.close, card.Close)
	return ddp.New(card, opts)
}

// openSigns opens signs; they are no Panel, since they take text.
func openSigns(b *Board, c *PanelConfig) (Panel, error) {
	profile, err := sign.Find(c.Profile)
	if err != nil {
		return nil, err
	}
	if len(c.Signs) == 0 {
		return nil, errors.New(`no signs; legal is one entry for each: {"window": "1", "address": 1}`)
	}
	if c.Brightness < 0 || c.Brightness > brightnessMax {
		return nil, fmt.Errorf("brightness %d, legal is 0 to %d", c.Brightness, brightnessMax)
	}
	bus, err := b.openSignBus(c, profile)
	if err != nil {
		return nil, err
	}
	b.Signs = map[protocol.WindowID]*sign.Dev{}
	windows := map[int]protocol.WindowID{} // by address
	for _, s := range c.Signs {
		if b.Signs[s.Window] != nil {
			return nil, fmt.Errorf("window %q has two signs on the bus", s.Window)
		}
		if other, twice := windows[s.Address]; twice {
			return nil, fmt.Errorf("address %d is given to windows %q and %q; legal is one address for each sign", s.Address, other, s.Window)
		}
		windows[s.Address] = s.Window
		dev, err := sign.New(bus, &profile, s.Address)
		if err != nil {
			return nil, err
		}
		b.Signs[s.Window] = dev
	}
	b.blank = b.blankSigns
	return nil, nil
}

// blankSigns takes the text from all signs. It stops at the first that fails: the others
// of the bus would fail the same way, each after its time.
func (b *Board) blankSigns() error {
	for _, s := range b.Signs {
		if err := s.WriteText(""); err != nil {
			return err
		}
	}
	return nil
}

func (b *Board) openSignBus(c *PanelConfig, profile sign.Profile) (signBus, error) {
	if c.Port == Sim {
		var addresses []int
		for _, s := range c.Signs {
			addresses = append(addresses, s.Address)
		}
		signs, err := sim.NewSigns(profile, addresses...)
		b.SimScreen = signs
		return signs, err
	}
	p, err := port.Open(c.Port)
	if err != nil {
		return nil, mistake(err) // it touches no device yet
	}
	b.close = append(b.close, p.Close)
	return p, nil
}

// signBus is a port or a simulated bus.
type signBus interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
}

func (b *Board) openSPI(name string, simulated func() (spi.Port, error)) (spi.Port, error) {
	if name == Sim {
		return simulated()
	}
	if err := b.host(); err != nil {
		return nil, err
	}
	var names []string
	for _, ref := range spireg.All() {
		names = append(names, ref.Name)
	}
	if name == "" { // the registry would take whichever it has first
		return nil, mistake(missingBus("SPI", name, "SPI0.0", names, errNoBus))
	}
	bus, err := newBus(func() (spi.PortCloser, error) { return spireg.Open(name) })
	if err != nil {
		return nil, missingBus("SPI", name, "SPI0.0", names, err)
	}
	b.close = append(b.close, bus.Close)
	return bus, nil
}

func (b *Board) openI2C(name string) (i2c.Bus, error) {
	if err := b.host(); err != nil {
		return nil, err
	}
	var names []string
	for _, ref := range i2creg.All() {
		names = append(names, ref.Name)
	}
	if name == "" {
		return nil, mistake(missingBus("I2C", name, "I2C1", names, errNoBus))
	}
	bus, err := i2creg.Open(name)
	if err != nil {
		return nil, missingBus("I2C", name, "I2C1", names, err)
	}
	b.close = append(b.close, bus.Close)
	return bus, nil
}

// errNoBus is why no bus is taken where none is named.
var errNoBus = errors.New("none is named")

// missingBus is the error of a bus that cannot be opened. Where there is none at all, periph's cause speaks of its own calls.
func missingBus(kind, name, example string, names []string, cause error) error {
	if len(names) == 0 {
		return fmt.Errorf("%s bus %q, legal are names such as %q; there are: %s", kind, name, example, list(names))
	}
	return fmt.Errorf("%s bus %q, legal are names such as %q; there are: %s: %w", kind, name, example, list(names), cause)
}

// parseColor reads "#rrggbb"; empty is the red of LED panels.
func parseColor(s string) (color.RGBA, error) {
	if s == "" {
		s = colorDefault
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != len("#rrggbb") || s[0] != '#' {
		return color.RGBA{}, fmt.Errorf("color %q, legal is #rrggbb such as %s", s, colorDefault)
	}
	return color.RGBA{R: byte(n >> 16), G: byte(n >> 8), B: byte(n), A: 0xff}, nil
}

// simulated returns c with every bus, address and port simulated.
func (c *PanelConfig) simulated() *PanelConfig {
	out := *c
	out.SPI, out.UDP, out.I2C, out.Port = Sim, Sim, Sim, Sim
	return &out
}
