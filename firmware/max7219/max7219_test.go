package max7219

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"strings"
	"testing"

	"periph.io/x/conn/v3/conntest"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spitest"
)

// setUp is what New sends to a chain of two modules with intensity 4, by the datasheet's numbers.
var setUp = []conntest.IO{
	{W: []byte{0x0f, 0x00, 0x0f, 0x00}}, // display test off
	{W: []byte{0x09, 0x00, 0x09, 0x00}}, // no decoding
	{W: []byte{0x0b, 0x07, 0x0b, 0x07}}, // scan all eight digits
	{W: []byte{0x0a, 0x04, 0x0a, 0x04}}, // intensity 9/32
	{W: []byte{0x01, 0x00, 0x01, 0x00}}, // picture: all off
	{W: []byte{0x02, 0x00, 0x02, 0x00}},
	{W: []byte{0x03, 0x00, 0x03, 0x00}},
	{W: []byte{0x04, 0x00, 0x04, 0x00}},
	{W: []byte{0x05, 0x00, 0x05, 0x00}},
	{W: []byte{0x06, 0x00, 0x06, 0x00}},
	{W: []byte{0x07, 0x00, 0x07, 0x00}},
	{W: []byte{0x08, 0x00, 0x08, 0x00}},
	{W: []byte{0x0c, 0x01, 0x0c, 0x01}}, // normal operation
}

// pair is a field of 16 by 8 LEDs. The first module of the chain is on the right.
var pair = Opts{Wiring: Wiring{Columns: 2, Rows: 1}, Intensity: 4}

// play returns a device set up on a port that accepts exactly the given bytes after the set-up. The
// test fails if bytes differ or if some are left over at its end.
func play(t *testing.T, o Opts, ops ...conntest.IO) *Dev {
	t.Helper()
	port := &spitest.Playback{Playback: conntest.Playback{Ops: append(setUp[:len(setUp):len(setUp)], ops...), DontPanic: true}}
	t.Cleanup(func() {
		if err := port.Close(); err != nil {
			t.Error(err)
		}
	})
	d, err := New(port, &o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNewSetsEveryRegisterBeforeItSwitchesTheLightOn(t *testing.T) {
	d := play(t, pair)
	if got := d.Bounds(); got != image.Rect(0, 0, 16, 8) {
		t.Errorf("field is %v, want 16 by 8", got)
	}
	if got := d.String(); got != "max7219{playback, 16x8}" {
		t.Errorf("name is %q", got)
	}
}

// arrow is a picture of 16 by 8: the left module's dots differ from the right one's in every row.
var arrow = []byte{
	0x80, 0x01,
	0xc0, 0x02,
	0xe0, 0x04,
	0xf0, 0x08,
	0xf8, 0x10,
	0xfc, 0x20,
	0xfe, 0x40,
	0xff, 0x80,
}

// arrowBytes is arrow on the wire: the word for the left module, which is the far one, goes first.
var arrowBytes = []conntest.IO{
	{W: []byte{0x01, 0x80, 0x01, 0x01}},
	{W: []byte{0x02, 0xc0, 0x02, 0x02}},
	{W: []byte{0x03, 0xe0, 0x03, 0x04}},
	{W: []byte{0x04, 0xf0, 0x04, 0x08}},
	{W: []byte{0x05, 0xf8, 0x05, 0x10}},
	{W: []byte{0x06, 0xfc, 0x06, 0x20}},
	{W: []byte{0x07, 0xfe, 0x07, 0x40}},
	{W: []byte{0x08, 0xff, 0x08, 0x80}},
}

func TestWriteSendsTheFarModuleFirst(t *testing.T) {
	d := play(t, pair, arrowBytes...)
	if n, err := d.Write(arrow); n != len(arrow) || err != nil {
		t.Errorf("wrote %d bytes, %v", n, err)
	}
}

func TestDrawSendsTheSameBytesAsWrite(t *testing.T) {
	d := play(t, pair, arrowBytes...)
	src := image.NewGray(image.Rect(3, 3, 19, 11))
	for i := range 16 * 8 {
		if arrow[i/8]&(0x80>>(i%8)) != 0 {
			src.SetGray(3+i%16, 3+i/16, color.Gray{Y: 0x80})
		}
	}
	if err := d.Draw(d.Bounds(), src, image.Pt(3, 3)); err != nil {
		t.Error(err)
	}
}

func TestDrawChangesOnlyItsRectangle(t *testing.T) {
	bar := append([]conntest.IO{}, arrowBytes...)
	bar[2] = conntest.IO{W: []byte{0x03, 0xe3, 0x03, 0xc4}} // four dots across both modules
	cut := append([]conntest.IO{}, bar...)
	cut[7] = conntest.IO{W: []byte{0x08, 0xff, 0x08, 0x00}} // the part inside of the field
	d := play(t, pair, append(append(append([]conntest.IO{}, arrowBytes...), bar...), cut...)...)
	if _, err := d.Write(arrow); err != nil {
		t.Fatal(err)
	}
	if err := d.Draw(image.Rect(6, 2, 10, 3), image.White, image.Point{}); err != nil {
		t.Error(err)
	}
	if err := d.Draw(image.Rect(8, 7, 99, 99), image.Black, image.Point{}); err != nil {
		t.Error(err)
	}
}

func TestRefreshWritesAllRegistersAgainWithThePicture(t *testing.T) {
	ops := append([]conntest.IO{}, arrowBytes...)
	ops = append(ops, setUp[:4]...)
	ops = append(ops, arrowBytes...)
	ops = append(ops, setUp[12])
	d := play(t, pair, ops...)
	if _, err := d.Write(arrow); err != nil {
		t.Fatal(err)
	}
	if err := d.Refresh(); err != nil {
		t.Error(err)
	}
}

func TestIntensityIsSetAndKeptByRefresh(t *testing.T) {
	ops := []conntest.IO{{W: []byte{0x0a, 0x0f, 0x0a, 0x0f}}}
	ops = append(ops, setUp...)
	ops[4] = ops[0] // the fourth of Refresh
	d := play(t, pair, ops...)
	if err := d.SetIntensity(15); err != nil {
		t.Error(err)
	}
	if err := d.Refresh(); err != nil {
		t.Error(err)
	}
	for _, n := range []int{-1, 16} {
		if err := d.SetIntensity(n); err == nil || !strings.Contains(err.Error(), "0 to 15") {
			t.Errorf("intensity %d: %v, want an error that names 0 to 15", n, err)
		}
	}
}

func TestDisplayTestGoesOnAndOff(t *testing.T) {
	d := play(t, pair,
		conntest.IO{W: []byte{0x0f, 0x01, 0x0f, 0x01}},
		conntest.IO{W: []byte{0x0f, 0x00, 0x0f, 0x00}},
	)
	if err := errors.Join(d.Test(true), d.Test(false)); err != nil {
		t.Error(err)
	}
}

func TestHaltSwitchesTheLightOff(t *testing.T) {
	d := play(t, pair,
		conntest.IO{W: []byte{0x0f, 0x00, 0x0f, 0x00}}, // else a running test would keep it on
		conntest.IO{W: []byte{0x0c, 0x00, 0x0c, 0x00}},
	)
	if err := d.Halt(); err != nil {
		t.Error(err)
	}
}

func TestPictureOfWrongSizeIsRefusedBeforeAnyByte(t *testing.T) {
	d := play(t, pair)
	for _, n := range []int{0, 15, 17} {
		if _, err := d.Write(make([]byte, n)); err == nil || !strings.Contains(err.Error(), "must be 16") {
			t.Errorf("picture of %d bytes: %v, want an error that names 16", n, err)
		}
	}
}

func TestFieldOf64By16TakesEightTransactionsOf32Bytes(t *testing.T) {
	port := &spitest.Record{}
	d, err := New(port, nil)
	if err != nil {
		t.Fatal(err)
	}
	port.Ops = nil
	rows := bytes.Repeat([]byte{0x5a}, 128)
	rows[0] = 0x81   // upper left: the last module of the first row
	rows[127] = 0x18 // lower right: the first module of the second row
	if _, err := d.Write(rows); err != nil {
		t.Fatal(err)
	}
	if len(port.Ops) != 8 {
		t.Fatalf("%d transactions, want 8", len(port.Ops))
	}
	first := bytes.Repeat([]byte{0x01, 0x5a}, 16)
	first[2*8+1] = 0x81 // module 7 of 0 to 15; 15 goes first
	if !bytes.Equal(port.Ops[0].W, first) {
		t.Errorf("digit 0 is % x\nwant       % x", port.Ops[0].W, first)
	}
	last := bytes.Repeat([]byte{0x08, 0x5a}, 16)
	last[2*7+1] = 0x18 // module 8
	if !bytes.Equal(port.Ops[7].W, last) {
		t.Errorf("digit 7 is % x\nwant       % x", port.Ops[7].W, last)
	}
}

func TestWrongOptionsAreRefusedWithTheRange(t *testing.T) {
	for _, c := range []struct {
		change func(*Opts)
		want   string
	}{
		{func(o *Opts) { o.Wiring.Columns = 0 }, "0 x 1 modules, must be 1 to 64"},
		{func(o *Opts) { o.Wiring.Rows = -1 }, "2 x -1 modules, must be 1 to 64"},
		{func(o *Opts) { o.Wiring.Rows = 33 }, "2 x 33 modules, must be 1 to 64"},
		{func(o *Opts) { o.Wiring.Rotate = 45 }, "45 degrees, must be 0, 90, 180 or 270"},
		{func(o *Opts) { o.Intensity = 16 }, "intensity 16, must be 0 to 15"},
		{func(o *Opts) { o.Clock = 11 * physic.MegaHertz }, "clock 11MHz, must be above 0 and at most 10MHz"},
		{func(o *Opts) { o.Clock = -1 }, "must be above 0"},
	} {
		o := pair
		c.change(&o)
		if _, err := New(&spitest.Record{}, &o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want %q", err, c.want)
		}
	}
}

// port is a SPI port that notes how it is connected and can fail.
type port struct {
	spitest.Record
	clock physic.Frequency
	mode  spi.Mode
	bits  int
	err   error
}

func (p *port) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	if p.err != nil {
		return nil, p.err
	}
	p.clock, p.mode, p.bits = f, mode, bits
	return p.Record.Connect(f, mode, bits)
}

func TestConnectsInMode0At2MHzUnlessTold(t *testing.T) {
	p := &port{}
	if _, err := New(p, nil); err != nil || p.clock != 2*physic.MegaHertz || p.mode != spi.Mode0 || p.bits != 8 {
		t.Errorf("%v, %s, %s, %d bits", err, p.clock, p.mode, p.bits)
	}
	fast := DefaultOpts
	fast.Clock = 10 * physic.MegaHertz
	p = &port{}
	if _, err := New(p, &fast); err != nil || p.clock != 10*physic.MegaHertz {
		t.Errorf("%v, %s, want 10MHz", err, p.clock)
	}
}

func TestPortErrorsAreHandedUp(t *testing.T) {
	busy := errors.New("busy")
	if _, err := New(&port{err: busy}, nil); !errors.Is(err, busy) {
		t.Errorf("connect: %v, want busy", err)
	}
	closed := &spitest.Playback{Playback: conntest.Playback{DontPanic: true}}
	if _, err := New(closed, nil); err == nil || !strings.Contains(err.Error(), "register 0x0f") {
		t.Errorf("write: %v, want an error that names the register", err)
	}
}
