package ws2812

import (
	"fmt"
	"image"
	"image/color"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"jiaohao/firmware/frame"
)

const (
	// clock makes three SPI bits last 1.25 µs, one bit of the LEDs (datasheet page 5: TH+TL).
	clock = 2400 * physic.KiloHertz
	// bytesPerLED is 24 bits, of three SPI bits each.
	bytesPerLED = 9
	// lead is sent first: some controllers leave the line high between transactions.
	lead = 1
	// tail is the reset, 300 µs of low; newer chips want 280, older ones 50.
	tail = 90
	// channelMA is what one colour of one LED draws at full brightness, in mA, and idleMA
	// what an LED draws when it is dark. Measured values of LEDs on sale lie below.
	channelMA, idleMA = 20, 1
	// CurrentDefault bounds the picture's current in mA when Opts has no bound: what a common
	// 5 V supply gives beside a Pi.
	CurrentDefault = 2000
	// currentMax is the largest bound in mA that can be asked for: beyond it a field needs several feeds and fuses.
	currentMax = 40_000
)

// Opts holds the options of New.
type Opts struct {
	// Wiring is the layout of the field.
	Wiring Wiring
	// Color is that of lit LEDs at full brightness; alpha is not used. Black is refused.
	Color color.RGBA
	// Intensity is the brightness to start with, 0 (darkest, not off) to 15.
	Intensity int
	// CurrentMax bounds what a picture draws, in mA up to 40,000; 0 means 2,000. A picture that would draw
	// more is dimmed.
	CurrentMax int
}

// Dev is a field of LEDs. It is not safe for concurrent use.
type Dev struct {
	c       spi.Conn
	name    string
	opts    Opts
	places  []int // of each dot of the picture in the chain
	frame   frame.Frame
	current int // mA of the picture as it was sent
	off     bool
	tx      []byte
}

// New connects to the LEDs on p and switches them off.
//
// The LEDs answer nothing: New succeeds without any connected. It returns an error if o is wrong,
// if the port refuses the connection, or if it cannot take a picture in one transaction.
func New(p spi.Port, o *Opts) (*Dev, error) {
	if err := check(o); err != nil {
		return nil, err
	}
	w := o.Wiring
	f, err := frame.New("ws2812", image.Pt(w.Width, w.Height), o.Intensity)
	if err != nil {
		return nil, err
	}
	c, err := p.Connect(clock, spi.Mode0, 8)
	if err != nil {
		return nil, fmt.Errorf("ws2812: connect: %w", err)
	}
	d := &Dev{
		c: c, name: fmt.Sprintf("ws2812{%s, %dx%d}", c, w.Width, w.Height), opts: *o,
		frame: f, tx: make([]byte, lead+bytesPerLED*w.Width*w.Height+tail),
	}
	if d.opts.CurrentMax == 0 {
		d.opts.CurrentMax = CurrentDefault
	}
	if l, ok := c.(conn.Limits); ok && l.MaxTxSize() > 0 && l.MaxTxSize() < len(d.tx) {
		return nil, fmt.Errorf("ws2812: a picture is %d bytes, the SPI driver takes %d: start the kernel with spidev.bufsiz=%d",
			len(d.tx), l.MaxTxSize(), max(16384, (len(d.tx)+4095)/4096*4096))
	}
	for y := range w.Height {
		for x := range w.Width {
			d.places = append(d.places, w.place(x, y))
		}
	}
	return d, d.show()
}

func check(o *Opts) error {
	if err := o.Wiring.Validate(); err != nil {
		return err
	}
	if o.Color.R == 0 && o.Color.G == 0 && o.Color.B == 0 {
		return errBlack
	}
	least := idleMA*o.Wiring.Width*o.Wiring.Height + 3*channelMA
	if o.CurrentMax != 0 && (o.CurrentMax < least || o.CurrentMax > currentMax) {
		return fmt.Errorf("ws2812: at most %d mA, must be %d (the dark LEDs' own and one lit) to %d, or 0 for %d",
			o.CurrentMax, least, currentMax, CurrentDefault)
	}
	return nil
}

// String implements conn.Resource.
func (d *Dev) String() string { return d.name }

// Bounds returns the field. The upper left LED is at the origin.
func (d *Dev) Bounds() image.Rectangle {
	return d.frame.Bounds()
}

// Write shows a whole picture: the rows from the top down, most significant bit left. It
// blocks for the bits, 30 µs for each LED. It returns an error and changes nothing if rows has not exactly the length of
// the field.
func (d *Dev) Write(rows []byte) (int, error) {
	if err := d.frame.Put(rows); err != nil {
		return 0, err
	}
	d.off = false
	if err := d.show(); err != nil {
		return 0, err
	}
	return len(rows), nil
}

// SetIntensity sets the brightness, 0 (darkest, not off) to 15, and shows the picture.
func (d *Dev) SetIntensity(n int) error {
	if err := d.frame.Dim(n); err != nil {
		return err
	}
	return d.show()
}

// Current returns what the picture draws at most, in mA, as it was last sent.
func (d *Dev) Current() int { return d.current }

// Refresh shows the picture again: an LED that was disturbed takes it anew.
func (d *Dev) Refresh() error {
	d.off = false
	return d.show()
}

// Halt switches all LEDs off. The picture is kept; Refresh shows it again.
func (d *Dev) Halt() error {
	d.off = true
	return d.show()
}

// show sends the frame in one transaction.
func (d *Dev) show() error {
	width, lit := d.opts.Wiring.Width, 0
	on := func(i int) bool { return !d.off && d.frame.On(i%width, i/width) }
	for i := range d.places {
		if on(i) {
			lit++
		}
	}
	c := d.lamp(lit)
	dark, bright := encode(color.RGBA{}), encode(c)
	for i, place := range d.places {
		bits := dark
		if on(i) {
			bits = bright
		}
		copy(d.tx[lead+bytesPerLED*place:], bits[:])
	}
	d.current = idleMA*len(d.places) + lit*draw(c)/255
	if err := d.c.Tx(d.tx, nil); err != nil {
		return fmt.Errorf("ws2812: %w", err)
	}
	return nil
}

// lamp is the colour of a lit LED when lit of them shine: dimmed to the intensity, and
// further until the picture draws no more than it may.
func (d *Dev) lamp(lit int) color.RGBA {
	c := scale(d.opts.Color, d.frame.Step()+1, frame.StepMax+1)
	free := d.opts.CurrentMax - idleMA*len(d.places)
	if need := lit * draw(c); need > free*255 {
		c = scale(c, max(free, 0)*255, need)
	}
	return c
}

// draw is what an LED of colour c draws, in 255ths of a mA.
func draw(c color.RGBA) int { return channelMA * (int(c.R) + int(c.G) + int(c.B)) }

// scale dims c to n parts of m.
func scale(c color.RGBA, n, m int) color.RGBA {
	part := func(v uint8) uint8 { return uint8(int(v) * n / m) }
	return color.RGBA{R: part(c.R), G: part(c.G), B: part(c.B)}
}

// encode makes the SPI bits of one LED: green, red, blue, each from its highest bit.
func encode(c color.RGBA) (bits [bytesPerLED]byte) {
	for i, v := range []byte{c.G, c.R, c.B} {
		var pulses uint32
		for b := range 8 {
			pulses <<= 3
			pulses |= 0b100
			if v&(0x80>>b) != 0 {
				pulses |= 0b110
			}
		}
		bits[3*i], bits[3*i+1], bits[3*i+2] = byte(pulses>>16), byte(pulses>>8), byte(pulses)
	}
	return bits
}

var _ conn.Resource = (*Dev)(nil)
