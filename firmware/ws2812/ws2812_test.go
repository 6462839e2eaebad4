package ws2812_test

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"periph.io/x/conn/v3/conntest"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spitest"

	"jiaohao/firmware/ws2812"
)

var red = color.RGBA{R: 0xff}

func opts(w, h int) *ws2812.Opts {
	return &ws2812.Opts{Wiring: ws2812.Wiring{Width: w, Height: h}, Color: red, Intensity: 15}
}

// low is n bytes of 0.
func low(n int) []byte { return make([]byte, n) }

// lamp is the nine bytes of an LED, each bit of it three of the line.
func lamp(grb uint32) []byte {
	var bits, out = "", []byte(nil)
	for i := 23; i >= 0; i-- {
		bits += []string{"100", "110"}[grb>>i&1]
	}
	for ; len(bits) > 0; bits = bits[8:] {
		var b byte
		for _, c := range bits[:8] {
			b = b<<1 | byte(c-'0')
		}
		out = append(out, b)
	}
	return out
}

func picture(all ...[]byte) conntest.IO {
	w := low(1)
	for _, b := range all {
		w = append(w, b...)
	}
	return conntest.IO{W: append(w, low(90)...)}
}

func TestPictureIsOneTransactionGreenFirst(t *testing.T) {
	port := &spitest.Playback{Playback: conntest.Playback{Ops: []conntest.IO{
		picture(lamp(0), lamp(0)),                 // New: dark
		picture(lamp(0x00ff00), lamp(0)),          // Write: red is the second of green, red, blue
		picture(lamp(0x007f00), lamp(0)),          // SetIntensity(7): half
		picture(lamp(0), lamp(0)),                 // Halt
		picture(lamp(0x007f00), lamp(0)),          // Refresh
		picture(lamp(0x007f00), lamp(0x00_7f_00)), // Write
	}}}
	d, err := ws2812.New(port, opts(2, 1))
	if err != nil {
		t.Fatal(err)
	}
	write := func(b byte) error { _, err := d.Write([]byte{b}); return err }
	for _, err := range []error{write(0x80), d.SetIntensity(7), d.Halt(), d.Refresh(), write(0xc0)} {
		if err != nil {
			t.Error(err)
		}
	}
	if err := port.Close(); err != nil {
		t.Error(err)
	}
	if got := d.String(); !strings.HasPrefix(got, "ws2812{") || d.Bounds() != image.Rect(0, 0, 2, 1) {
		t.Errorf("%s %s", got, d.Bounds())
	}
}

func TestPictureNeverDrawsMoreThanItMay(t *testing.T) {
	o := opts(64, 16)
	o.Color, o.CurrentMax = color.RGBA{R: 0xff, G: 0xff, B: 0xff}, 3000
	d, err := ws2812.New(&spitest.Record{}, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lit  int // rows of 64
		most int // mA
	}{{0, 1024}, {1, 3000}, {8, 3000}, {16, 3000}} {
		rows := make([]byte, 128)
		for i := range 8 * c.lit {
			rows[i] = 0xff
		}
		if _, err := d.Write(rows); err != nil {
			t.Fatal(err)
		}
		if got := d.Current(); got > c.most || got < c.most*8/10 {
			t.Errorf("%d rows lit draw %d mA, want at most %d and not much less", c.lit, got, c.most)
		}
	}
}

// narrow is a port that takes few bytes at once.
type narrow struct{ *spitest.Record }

func (n narrow) Connect(f physic.Frequency, m spi.Mode, bits int) (spi.Conn, error) {
	c, err := n.Record.Connect(f, m, bits)
	return narrowConn{c}, err
}

type narrowConn struct{ spi.Conn }

func (narrowConn) MaxTxSize() int { return 4096 }

func TestNewNamesWhatIsWrong(t *testing.T) {
	change := func(f func(*ws2812.Opts)) *ws2812.Opts { o := opts(8, 8); f(o); return o }
	for _, c := range []struct {
		o   *ws2812.Opts
		say string
	}{
		{opts(0, 8), "field of 0 x 8 LEDs, must be 1 to 2048"},
		{opts(64, 64), "must be 1 to 2048"},
		{change(func(o *ws2812.Opts) { o.Wiring.BoardWidth = 8 }), "boards of 8 x 0"},
		{change(func(o *ws2812.Opts) { o.Wiring.BoardWidth, o.Wiring.BoardHeight = 3, 8 }), "do not fill"},
		{change(func(o *ws2812.Opts) { o.Color = color.RGBA{} }), "black"},
		{change(func(o *ws2812.Opts) { o.Intensity = 16 }), "intensity 16, must be 0 to 15"},
		{change(func(o *ws2812.Opts) { o.CurrentMax = 100 }), "at most 100 mA, must be 124"},
		{opts(64, 8), "spidev.bufsiz=16384"},
	} {
		if _, err := ws2812.New(narrow{&spitest.Record{}}, c.o); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v, want %q", err, c.say)
		}
	}
	d, err := ws2812.New(&spitest.Record{}, opts(8, 8))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write([]byte{1}); err == nil || !strings.Contains(err.Error(), "1 bytes, must be 8") {
		t.Error(err)
	}
	if err := d.SetIntensity(-1); err == nil {
		t.Error("intensity -1 was taken")
	}
}

func ExampleDev_Write() {
	port := &spitest.Record{} // on a Pi: spireg.Open("SPI0.0")
	d, err := ws2812.New(port, &ws2812.Opts{Wiring: ws2812.Wiring{Width: 8, Height: 1}, Color: color.RGBA{R: 0xff, G: 0x40}, Intensity: 15})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := d.Write([]byte{0b11000000}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(len(port.Ops[1].W), "bytes,", d.Current(), "mA")
	// Output: 163 bytes, 58 mA
}
