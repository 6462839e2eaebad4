package sim

import (
	"fmt"
	"image"
	"image/color"
	"sync"
	"syscall"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"jiaohao/firmware/ssd1306"
)

const (
	oledWidth, oledPages = 128, 8
	oledPitch            = 4 // pixels of a dot in a picture
)

// oledArguments are the commands that the chip has and we use, with the bytes that follow each.
var oledArguments = map[byte]int{
	ssd1306.SetAddressing: 1, ssd1306.SetColumns: 2, ssd1306.SetPages: 2, ssd1306.SetStartLine: 0, ssd1306.SetContrast: 1,
	ssd1306.SetChargePump: 1, ssd1306.SetRemap: 0, ssd1306.SetRemap | 1: 0, ssd1306.ShowMemory: 0, ssd1306.ShowNormal: 0,
	ssd1306.SetMultiplex: 1, ssd1306.DisplayOff: 0, ssd1306.DisplayOn: 0, ssd1306.SetScan: 0, ssd1306.SetScan | 8: 0,
	ssd1306.SetOffset: 1, ssd1306.SetClock: 1, ssd1306.SetPrecharge: 1, ssd1306.SetPins: 1, ssd1306.SetVcomh: 1,
}

// OLED is a display behind an SSD1306, alone on an I²C bus: give it to ssd1306.New. A command that the chip does not have, or
// whose arguments are cut off, is an error.
type OLED struct {
	height  int
	address uint16

	mu       sync.Mutex // several viewers read while the driver writes
	out      bool
	memory   [oledPages][oledWidth]byte
	register map[byte]byte // last argument of each command; of those without, what their lowest bit says
	first    [2]byte       // of the window: column, page
	last     [2]byte
	at       [2]byte
}

// NewOLED returns a display of 64 or 32 rows at the usual address, switched off, its memory full of what power-on leaves there.
func NewOLED(height int) (*OLED, error) {
	if height != 64 && height != 32 {
		return nil, fmt.Errorf("sim: oled: height %d, must be 64 or 32", height)
	}
	o := &OLED{height: height, address: ssd1306.AddressDefault}
	o.power()
	return o, nil
}

// power is the state after power-on.
func (o *OLED) power() {
	o.register = map[byte]byte{}
	o.first, o.last, o.at = [2]byte{}, [2]byte{oledWidth - 1, oledPages - 1}, [2]byte{}
	for page := range o.memory {
		for x := range o.memory[page] {
			o.memory[page][x] = byte(x*37 + page*11)
		}
	}
}

// String implements i2c.Bus.
func (o *OLED) String() string { return fmt.Sprintf("sim.OLED(%dx%d)", oledWidth, o.height) }

// SetSpeed implements i2c.Bus. The chip follows up to 400 kHz.
func (o *OLED) SetSpeed(f physic.Frequency) error {
	if f > 400*physic.KiloHertz {
		return fmt.Errorf("sim: oled: bus at %s, must be at most 400kHz", f)
	}
	return nil
}

// Unplug pulls the display off the bus: every transaction fails, as without an acknowledge.
func (o *OLED) Unplug() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.out = true
}

// Plug puts it back; it has lost power and is off.
func (o *OLED) Plug() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.out = false
	o.power()
}

// Unplugged reports whether it is off the bus.
func (o *OLED) Unplugged() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.out
}

// Tx implements i2c.Bus.
func (o *OLED) Tx(address uint16, w, r []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.out || address != o.address:
		return fmt.Errorf("sim: oled: address 0x%02x: %w", address, syscall.EREMOTEIO) // what Linux says when nobody answers
	case len(r) != 0 || len(w) < 2:
		return fmt.Errorf("sim: oled: %d bytes to write and %d to read, must be 2 and 0 at least", len(w), len(r))
	case w[0] == 0x40:
		return o.data(w[1:])
	case w[0] == 0x00:
		return o.commands(w[1:])
	}
	return fmt.Errorf("sim: oled: control byte 0x%02x, must be 0x00 or 0x40", w[0])
}

func (o *OLED) commands(w []byte) error {
	for len(w) > 0 {
		n, known := oledArguments[w[0]]
		if !known || len(w) < n+1 {
			return fmt.Errorf("sim: oled: command % x is not known or has not its %d arguments", w[:1], n)
		}
		if err := o.command(w[0], w[1:n+1]); err != nil {
			return err
		}
		w = w[n+1:]
	}
	return nil
}

func (o *OLED) command(c byte, args []byte) error {
	switch c {
	case ssd1306.SetColumns, ssd1306.SetPages:
		i := int(c - ssd1306.SetColumns)
		if args[0] > args[1] || args[1] >= []byte{oledWidth, oledPages}[i] {
			return fmt.Errorf("sim: oled: window % x of command 0x%02x", args, c)
		}
		o.first[i], o.last[i], o.at[i] = args[0], args[1], args[0]
		return nil
	case ssd1306.SetAddressing:
		if args[0] != 0 {
			return fmt.Errorf("sim: oled: addressing mode %d, must be 0", args[0])
		}
	case ssd1306.SetMultiplex:
		if int(args[0]) != o.height-1 {
			return fmt.Errorf("sim: oled: %d rows scanned, the glass has %d", args[0]+1, o.height)
		}
	case ssd1306.SetRemap, ssd1306.SetRemap | 1:
		o.register[ssd1306.SetRemap] = c & 1
	case ssd1306.SetScan, ssd1306.SetScan | 8:
		o.register[ssd1306.SetScan] = c >> 3 & 1
	case ssd1306.DisplayOff, ssd1306.DisplayOn:
		o.register[ssd1306.DisplayOn] = c & 1
	}
	if len(args) > 0 {
		o.register[c] = args[0]
	}
	return nil
}

// data writes bytes into the window, column by column, page by page.
func (o *OLED) data(w []byte) error {
	for _, b := range w {
		o.memory[o.at[1]][o.at[0]] = b
		for i := range o.at {
			if o.at[i]++; o.at[i] <= o.last[i] {
				break
			}
			o.at[i] = o.first[i]
		}
	}
	return nil
}

// Lit reports whether the dot at x, y gives light: the display is on, its pump runs, and the pins are those of its glass.
func (o *OLED) Lit(x, y int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lit(x, y)
}

func (o *OLED) lit(x, y int) bool {
	pins := byte(0x12)
	if o.height == 32 {
		pins = 0x02
	}
	if o.out || o.register[ssd1306.DisplayOn] != 1 || o.register[ssd1306.SetChargePump] != 0x14 || o.register[ssd1306.SetPins] != pins {
		return false
	}
	if o.register[ssd1306.SetRemap] == 0 { // the glass is mounted so that the remapped order is upright
		x = oledWidth - 1 - x
	}
	if o.register[ssd1306.SetScan] == 0 {
		y = o.height - 1 - y
	}
	return o.memory[y/8][x]&(1<<(y%8)) != 0
}

// Rows returns the picture that is lit: rows from the top down, most significant bit left.
func (o *OLED) Rows() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return lamps(oledWidth, o.height, func(i int) bool { return o.lit(i%oledWidth, i/oledWidth) })
}

// Contrast is the brightness that is set, 0 to 255.
func (o *OLED) Contrast() byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.register[ssd1306.SetContrast]
}

// Image returns a picture of the display as it is lit now: square dots of 4 pixels.
func (o *OLED) Image() image.Image {
	o.mu.Lock()
	defer o.mu.Unlock()
	img := image.NewRGBA(image.Rect(0, 0, oledWidth*oledPitch, o.height*oledPitch))
	glass, full := color.RGBA{R: 0x05, G: 0x08, B: 0x0e, A: 0xff}, color.RGBA{R: 0xcf, G: 0xf2, B: 0xff, A: 0xff}
	lamp := mix(glass, full, 0.5+0.5*float64(o.register[ssd1306.SetContrast])/0xff)
	for y := range o.height * oledPitch {
		for x := range oledWidth * oledPitch {
			c := glass
			if x%oledPitch != 0 && y%oledPitch != 0 && o.lit(x/oledPitch, y/oledPitch) {
				c = lamp
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

var _ i2c.Bus = (*OLED)(nil)
