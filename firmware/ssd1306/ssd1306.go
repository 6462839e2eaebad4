package ssd1306

import (
	"bytes"
	"fmt"
	"image"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/i2c"

	"jiaohao/firmware/frame"
)

// The commands that this driver uses, datasheet pages 28 to 32, table 9. The line above each names its arguments.
const (
	// mode: 0 horizontal
	SetAddressing byte = 0x20
	// first and last column
	SetColumns byte = 0x21
	// first and last page
	SetPages byte = 0x22
	// 0 to 63, as its low bits
	SetStartLine byte = 0x40
	// 0 to 255
	SetContrast byte = 0x81
	// 0x14: on (application note, page 3)
	SetChargePump byte = 0x8d
	// columns run from the right, when its lowest bit is set
	SetRemap       byte = 0xa0
	ShowMemory     byte = 0xa4 // not all dots on
	ShowNormal     byte = 0xa6 // a set bit shines
	SetMultiplex   byte = 0xa8 // rows - 1
	DisplayOff     byte = 0xae
	DisplayOn      byte = 0xaf
	SetScan        byte = 0xc0 // rows run from the bottom, when bit 3 is set
	SetOffset      byte = 0xd3 // 0 to 63
	SetClock       byte = 0xd5 // divider and frequency
	SetPrecharge   byte = 0xd9 // clocks of both phases
	SetPins        byte = 0xda // 0x12 for 64 rows, 0x02 for 32
	SetVcomh       byte = 0xdb // level
	controlCommand byte = 0x00 // what follows are commands (page 20)
	controlData    byte = 0x40 // what follows goes to the memory
)

const (
	width   = 128
	pageMax = 8
	// AddressDefault is the chip's address with its pin D/C# at ground; 0x3d with it at 3.3 V.
	AddressDefault = 0x3c
)

// Opts holds the options of New.
type Opts struct {
	// Height is 64 or 32.
	Height int
	// Address is 0x3c or 0x3d; 0 means 0x3c.
	Address uint16
	// Intensity is the brightness to start with, 0 (darkest, not off) to 15.
	Intensity int
	// Flip turns the picture by 180 degrees.
	Flip bool
}

// Dev is a display. It is not safe for concurrent use.
type Dev struct {
	c      conn.Conn
	name   string
	height int
	flip   bool
	frame  frame.Frame
	shown  [pageMax][]byte
}

// New sets the display up on bus and switches it on, dark. Unlike an SPI panel a display that is not there is an error:
// the chip acknowledges every byte.
func New(bus i2c.Bus, o *Opts) (*Dev, error) {
	if o.Height != 64 && o.Height != 32 {
		return nil, fmt.Errorf("ssd1306: height %d, must be 64 or 32", o.Height)
	}
	f, err := frame.New("ssd1306", image.Pt(width, o.Height), o.Intensity)
	if err != nil {
		return nil, err
	}
	address := o.Address
	if address == 0 {
		address = AddressDefault
	}
	if address != 0x3c && address != 0x3d {
		return nil, fmt.Errorf("ssd1306: address 0x%02x, must be 0x3c or 0x3d", address)
	}
	c := &i2c.Dev{Bus: bus, Addr: address}
	d := &Dev{
		c: c, name: fmt.Sprintf("ssd1306{%s, %dx%d}", c, width, o.Height), height: o.Height, flip: o.Flip, frame: f,
	}
	if err := d.Refresh(); err != nil {
		return nil, err
	}
	return d, nil
}

// String implements conn.Resource.
func (d *Dev) String() string { return d.name }

// Bounds returns the display. The upper left dot is at the origin.
func (d *Dev) Bounds() image.Rectangle { return d.frame.Bounds() }

// Write shows a whole picture: the rows from the top down, most significant bit left. It
// blocks for the pages that differ. It returns an error and changes nothing if rows has not exactly the length of the display. After a
// failed transaction the next Write or Refresh sends the page again.
func (d *Dev) Write(rows []byte) (int, error) {
	if err := d.frame.Put(rows); err != nil {
		return 0, err
	}
	if err := d.show(); err != nil {
		return 0, err
	}
	return len(rows), nil
}

// SetIntensity sets the brightness, 0 (darkest, not off) to 15.
func (d *Dev) SetIntensity(n int) error {
	if err := d.frame.Dim(n); err != nil {
		return err
	}
	return d.command(SetContrast, contrast(n))
}

// Refresh sets the chip up anew and sends the whole picture, so that a display which was
// pulled and put back shows it again.
func (d *Dev) Refresh() error {
	d.shown = [pageMax][]byte{}
	remap, scan := SetRemap|1, SetScan|8
	if d.flip {
		remap, scan = SetRemap, SetScan
	}
	pins := byte(0x12)
	if d.height == 32 {
		pins = 0x02
	}
	// The order is that of the application note, page 3. The display stays as it is meanwhile: off after power-on, and without a
	// flicker when it is on already.
	err := d.command(
		SetMultiplex, byte(d.height-1), SetOffset, 0, SetStartLine, remap, scan, SetPins, pins,
		SetContrast, contrast(d.frame.Step()), ShowMemory, ShowNormal, SetClock, 0x80, SetPrecharge, 0xf1, SetVcomh, 0x40,
		SetChargePump, 0x14, SetAddressing, 0,
	)
	if err != nil {
		return err
	}
	if err := d.show(); err != nil {
		return err
	}
	return d.command(DisplayOn)
}

// Halt switches the display off. The picture is kept; Refresh shows it again.
func (d *Dev) Halt() error { return d.command(DisplayOff) }

// show sends the pages that differ from what the display has.
func (d *Dev) show() error {
	for page := range d.height / 8 {
		data := make([]byte, 1, 1+width)
		data[0] = controlData
		for x := range width {
			var column byte
			for y := range 8 {
				if d.frame.On(x, page*8+y) {
					column |= 1 << y
				}
			}
			data = append(data, column)
		}
		if bytes.Equal(data, d.shown[page]) {
			continue
		}
		d.shown[page] = nil
		if err := d.command(SetColumns, 0, width-1, SetPages, byte(page), byte(page)); err != nil {
			return err
		}
		if err := d.c.Tx(data, nil); err != nil {
			return fmt.Errorf("ssd1306: page %d: %w", page, err)
		}
		d.shown[page] = data
	}
	return nil
}

func (d *Dev) command(bytes ...byte) error {
	if err := d.c.Tx(append([]byte{controlCommand}, bytes...), nil); err != nil {
		return fmt.Errorf("ssd1306: command 0x%02x: %w", bytes[0], err)
	}
	return nil
}

// contrast spreads the steps over the chip's 256; step 0 can still be read.
func contrast(n int) byte { return byte(n * 0xff / frame.StepMax) }

var _ conn.Resource = (*Dev)(nil)
