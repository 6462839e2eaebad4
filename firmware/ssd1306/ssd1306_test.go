package ssd1306_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"periph.io/x/conn/v3/i2c/i2ctest"
	"periph.io/x/conn/v3/physic"

	"jiaohao/firmware/ssd1306"
)

func at(address uint16, w ...byte) i2ctest.IO { return i2ctest.IO{Addr: address, W: w} }

// page is the data of one page: its first columns, then dark.
func page(first ...byte) []byte {
	b := make([]byte, 129)
	b[0] = 0x40
	copy(b[1:], first)
	return b
}

func TestTransactionsAreThoseOfTheDatasheet(t *testing.T) {
	const a = 0x3c
	window := func(n byte) i2ctest.IO { return at(a, 0x00, 0x21, 0, 127, 0x22, n, n) }
	setUp := at(a, 0x00,
		0xa8, 31, // multiplex: 32 rows
		0xd3, 0, // offset
		0x40,       // start line
		0xa1,       // columns from the right
		0xc8,       // rows from the bottom
		0xda, 0x02, // pins of 32 rows
		0x81, 0x44, // contrast: 4 of 15
		0xa4, 0xa6, // show the memory, not inverted
		0xd5, 0x80, 0xd9, 0xf1, 0xdb, 0x40, // clock, precharge, level
		0x8d, 0x14, // charge pump
		0x20, 0, // horizontal addressing
	)
	bus := &i2ctest.Playback{Ops: []i2ctest.IO{
		setUp, window(0), at(a, page()...), window(1), at(a, page()...), window(2), at(a, page()...), window(3), at(a, page()...), at(a, 0x00, 0xaf),
		window(1), at(a, page(0x01, 0x80)...), // dots 0, 8 and 1, 15
		at(a, 0x00, 0x81, 0xff), // brightest
		at(a, 0x00, 0xae),       // off
	}}
	d, err := ssd1306.New(bus, &ssd1306.Opts{Height: 32, Intensity: 4})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]byte, 16*32)
	rows[8*16], rows[15*16] = 0x80, 0x40
	for range 2 { // the second is the same picture: nothing is sent
		if _, err := d.Write(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(d.SetIntensity(15), d.Halt(), bus.Close()); err != nil {
		t.Error(err)
	}
}

// gone is a bus on which nobody acknowledges.
type gone struct{ i2ctest.Record }

func (*gone) Tx(uint16, []byte, []byte) error { return errors.New("remote I/O error") }
func (*gone) SetSpeed(physic.Frequency) error { return nil }

func TestNewNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		o   ssd1306.Opts
		say string
	}{
		{ssd1306.Opts{Height: 48}, "height 48, must be 64 or 32"},
		{ssd1306.Opts{Height: 64, Intensity: 16}, "0 to 15"},
		{ssd1306.Opts{Height: 64, Address: 0x78}, "address 0x78, must be 0x3c or 0x3d"},
		{ssd1306.Opts{Height: 64}, "command 0xa8: remote I/O error"},
	} {
		if _, err := ssd1306.New(&gone{}, &c.o); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v, want %q", err, c.say)
		}
	}
	d, err := ssd1306.New(&i2ctest.Record{}, &ssd1306.Opts{Height: 64})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write([]byte{1}); err == nil || !strings.Contains(err.Error(), "1 bytes, must be 1024") {
		t.Error(err)
	}
}

func ExampleDev_Write() {
	bus := &i2ctest.Record{} // on a Pi: i2creg.Open("I2C1")
	d, err := ssd1306.New(bus, &ssd1306.Opts{Height: 32, Intensity: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	bus.Ops = nil
	rows := make([]byte, 128/8*32)
	rows[0] = 0x80 // the upper left dot
	if _, err := d.Write(rows); err != nil {
		fmt.Println(err)
	}
	for _, op := range bus.Ops {
		fmt.Printf("%x % x\n", op.Addr, op.W[:3])
	}
	// Output:
	// 3c 00 21 00
	// 3c 40 01 00
}
