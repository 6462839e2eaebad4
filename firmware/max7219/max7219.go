package max7219

import (
	"errors"
	"fmt"
	"image"
	"image/color"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/display"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"jiaohao/firmware/frame"
)

// The registers, datasheet page 7, table 2.
const (
	NoOp        byte = 0x00 // passes the word on
	Digit0      byte = 0x01 // to 0x08: the segments of the eight digits
	DecodeMode  byte = 0x09 // 0: segments are driven as they are in the digit registers
	Intensity   byte = 0x0a // 0 to 15: (2n+1)/32 of the time
	ScanLimit   byte = 0x0b // the last digit that is scanned, 0 to 7
	Shutdown    byte = 0x0c // 0: off, registers are kept; 1: normal operation
	DisplayTest byte = 0x0f // 1: all segments on
)

// Limits of the chip.
const (
	// clockMax is the datasheet's highest serial clock (page 3, CLK clock period 100 ns).
	clockMax = 10 * physic.MegaHertz
	// clockDefault is a clock that chains on ribbon cable bear; a picture on 16 modules takes 1 ms.
	clockDefault = 2 * physic.MegaHertz
)

// Opts holds the options of New.
type Opts struct {
	// Wiring is the layout of the field.
	Wiring Wiring
	// Intensity is the brightness to start with, 0 (darkest, not off) to 15.
	Intensity int
	// Clock is the highest SPI clock, above 0 and up to 10 MHz. 0 means 2 MHz.
	Clock physic.Frequency
}

// DefaultOpts is a field of 2 by 8 FC-16 modules, 64 by 16 LEDs, at a brightness for indoors.
var DefaultOpts = Opts{Wiring: Wiring{Columns: 8, Rows: 2}, Intensity: 4}

// Dev is a field of modules. It is not safe for concurrent use.
type Dev struct {
	c      spi.Conn
	name   string
	wiring Wiring
	test   byte
	frame  frame.Frame
	spots  []spot // of each dot of the picture
	digits [side][]byte
	tx     []byte
}

// New connects to the chain on p and sets it up with all LEDs off. A nil o means DefaultOpts.
//
// The chips answer nothing: New succeeds without any module connected. It returns an error if o is
// wrong or if the port refuses the connection or the bytes.
func New(p spi.Port, o *Opts) (*Dev, error) {
	if o == nil {
		o = &DefaultOpts
	}
	if err := o.Wiring.Validate(); err != nil {
		return nil, err
	}
	f, err := frame.New("max7219", image.Pt(o.Wiring.Columns*side, o.Wiring.Rows*side), o.Intensity)
	if err != nil {
		return nil, err
	}
	clock := o.Clock
	if clock == 0 {
		clock = clockDefault
	}
	if clock < 0 || clock > clockMax {
		return nil, fmt.Errorf("max7219: clock %s, must be above 0 and at most %s", clock, clockMax)
	}
	c, err := p.Connect(clock, spi.Mode0, 8)
	if err != nil {
		return nil, fmt.Errorf("max7219: connect: %w", err)
	}
	d := newDev(c, o.Wiring, f)
	if err := d.Refresh(); err != nil {
		return nil, err
	}
	return d, nil
}

func newDev(c spi.Conn, w Wiring, f frame.Frame) *Dev {
	d := &Dev{
		c:      c,
		name:   fmt.Sprintf("max7219{%s, %dx%d}", c, w.Columns*side, w.Rows*side),
		wiring: w,
		frame:  f,
		tx:     make([]byte, 2*w.Columns*w.Rows),
	}
	for y := range w.Rows * side {
		for x := range w.Columns * side {
			d.spots = append(d.spots, w.locate(x, y))
		}
	}
	for i := range d.digits {
		d.digits[i] = make([]byte, w.Columns*w.Rows)
	}
	return d
}

// String implements conn.Resource.
func (d *Dev) String() string { return d.name }

// Halt switches all LEDs off. The picture is kept; Refresh shows it again.
func (d *Dev) Halt() error {
	d.test = 0
	return errors.Join(d.all(DisplayTest, 0), d.all(Shutdown, 0))
}

// ColorModel implements display.Drawer. A LED is on if the colour's grey value is 128 or more.
func (d *Dev) ColorModel() color.Model { return color.ModelFunc(threshold) }

// Bounds implements display.Drawer. The upper left LED is at the origin.
func (d *Dev) Bounds() image.Rectangle {
	return d.frame.Bounds()
}

// Draw implements display.Drawer: it puts the part of src at sp into r and shows the picture.
// [Dev.Write] does the same for a whole picture without going through colours.
func (d *Dev) Draw(r image.Rectangle, src image.Image, sp image.Point) error {
	shift := sp.Sub(r.Min)
	r = r.Intersect(d.Bounds()).Intersect(src.Bounds().Sub(shift))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			d.frame.SetOn(x, y, threshold(src.At(x+shift.X, y+shift.Y)).(color.Gray).Y != 0)
		}
	}
	return d.show()
}

// Write shows a whole picture: the rows from the top down, most significant bit left, one
// byte for 8 LEDs. It returns an error and changes nothing if rows has not exactly the
// length of the field, 8 times Columns times Rows bytes.
func (d *Dev) Write(rows []byte) (int, error) {
	if err := d.frame.Put(rows); err != nil {
		return 0, err
	}
	if err := d.show(); err != nil {
		return 0, err
	}
	return len(rows), nil
}

// SetIntensity sets the brightness of all LEDs, 0 (darkest, not off) to 15.
func (d *Dev) SetIntensity(n int) error {
	if err := d.frame.Dim(n); err != nil {
		return err
	}
	return d.all(Intensity, byte(n))
}

// Test switches the chips' display test, which lights every LED at full brightness, on or off. The
// picture is kept. Sixteen modules may draw 5 A while it is on.
func (d *Dev) Test(on bool) error {
	d.test = 0
	if on {
		d.test = 1
	}
	return d.all(DisplayTest, d.test)
}

// Refresh writes every register of every chip anew and switches the LEDs on.
//
// Call it every few seconds: see the package comment. The picture is written before the chips
// are switched on, so that no random dots flash after power-on.
func (d *Dev) Refresh() error {
	for _, set := range [][2]byte{
		{DisplayTest, d.test},
		{DecodeMode, 0},
		{ScanLimit, side - 1},
		{Intensity, byte(d.frame.Step())},
	} {
		if err := d.all(set[0], set[1]); err != nil {
			return err
		}
	}
	if err := d.show(); err != nil {
		return err
	}
	return d.all(Shutdown, 1)
}

// show sends the frame, one transaction for each digit.
func (d *Dev) show() error {
	for _, digit := range d.digits {
		clear(digit)
	}
	width := d.wiring.Columns * side
	for i, s := range d.spots {
		if d.frame.On(i%width, i/width) {
			d.digits[s.digit][s.module] |= s.mask
		}
	}
	for i, digit := range d.digits {
		if err := d.send(Digit0+byte(i), digit); err != nil {
			return err
		}
	}
	return nil
}

// send writes one register of all chips; values[0] is for the chip next to the host and goes last.
func (d *Dev) send(register byte, values []byte) error {
	for i, v := range values {
		at := len(d.tx) - 2*(i+1)
		d.tx[at], d.tx[at+1] = register, v
	}
	if err := d.c.Tx(d.tx, nil); err != nil {
		return fmt.Errorf("max7219: write register 0x%02x: %w", register, err)
	}
	return nil
}

// all writes the same value to one register of all chips.
func (d *Dev) all(register, value byte) error {
	values := make([]byte, d.wiring.Columns*d.wiring.Rows)
	for i := range values {
		values[i] = value
	}
	return d.send(register, values)
}

func threshold(c color.Color) color.Color {
	if color.GrayModel.Convert(c).(color.Gray).Y >= 0x80 {
		return color.Gray{Y: 0xff}
	}
	return color.Gray{}
}

var (
	_ conn.Resource  = (*Dev)(nil)
	_ display.Drawer = (*Dev)(nil)
)
