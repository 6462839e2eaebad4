package sim

import (
	"bytes"
	"fmt"
	"image"
	"strings"
	"testing"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"pgregory.net/rapid"

	"jiaohao/firmware/glyph"
	"jiaohao/firmware/max7219"
)

// connect returns a panel of 2 by 1 modules, of which the first is on the left, and its connection.
func connect(t *testing.T) (*Panel, spi.Conn) {
	t.Helper()
	p, err := NewPanel(max7219.Wiring{Columns: 2, Rows: 1, FromLeft: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Connect(physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

// tx sends transactions of four bytes each.
func tx(t *testing.T, c spi.Conn, all ...[]byte) {
	t.Helper()
	for _, w := range all {
		if err := c.Tx(w, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// lit counts the LEDs that give light.
func lit(p *Panel) int {
	n := 0
	for _, level := range p.levels() {
		if level >= 0 {
			n++
		}
	}
	return n
}

func TestPanelIsDarkUntilItIsSetUp(t *testing.T) {
	p, c := connect(t)
	tx(t, c, []byte{0x01, 0xff, 0x01, 0xff}, []byte{0x02, 0xff, 0x02, 0xff})
	if n := lit(p); n != 0 {
		t.Errorf("%d LEDs are lit while the chips are shut down", n)
	}
	tx(t, c, []byte{0x0c, 0x01, 0x0c, 0x01})
	if n := lit(p); n != 16 {
		t.Errorf("%d LEDs are lit, want 16: after power-on only one digit is scanned", n)
	}
	tx(t, c, []byte{0x0b, 0x07, 0x0b, 0x07})
	if n := lit(p); n != 32 {
		t.Errorf("%d LEDs are lit, want 32", n)
	}
}

func TestLastWordGoesToTheFirstModule(t *testing.T) {
	p, c := connect(t)
	tx(t, c, []byte{0x0c, 0x01, 0x0c, 0x01}, []byte{0x01, 0x80, 0x01, 0x01})
	if !p.Lit(7, 0) || !p.Lit(8, 0) || lit(p) != 2 {
		t.Errorf("rows are % x, want 01 80 first", p.Rows())
	}
	if p.Lit(-1, 0) || p.Lit(0, 8) {
		t.Error("a LED outside the field is lit")
	}
}

func TestNoOpLeavesAModuleAlone(t *testing.T) {
	p, c := connect(t)
	tx(t, c, []byte{0x0c, 0x01, 0x0c, 0x01}, []byte{0x01, 0xff, 0x00, 0xff})
	if p.Lit(0, 0) || !p.Lit(8, 0) {
		t.Errorf("rows are % x, want 00 ff first", p.Rows())
	}
}

func TestDisplayTestLightsAllEvenWhenShutDown(t *testing.T) {
	p, c := connect(t)
	tx(t, c, []byte{0x0f, 0x01, 0x0f, 0x01})
	if n := lit(p); n != 128 {
		t.Errorf("%d LEDs are lit, want all 128", n)
	}
	if level := p.level(3, 3); level != 15 {
		t.Errorf("intensity is %d, want 15", level)
	}
	tx(t, c, []byte{0x0f, 0x00, 0x0f, 0x00})
	if n := lit(p); n != 0 {
		t.Errorf("%d LEDs are lit after the test", n)
	}
}

func TestBytesThatAChainWouldMisunderstandAreErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		w    []byte
		want string
	}{
		{"no word", nil, "must be one 16-bit word for each of 2 modules"},
		{"one word too few", []byte{0x01, 0xff}, "transaction of 2 bytes"},
		{"half a word", []byte{0x01, 0xff, 0x01}, "transaction of 3 bytes"},
		{"one word too many", []byte{1, 0, 1, 0, 1, 0}, "transaction of 6 bytes"},
		{"register that is none", []byte{0x0d, 0, 0x01, 0xff}, "module 1 of the chain: register 0x0d"},
		{"digit decoding", []byte{0x09, 0x00, 0x09, 0xff}, "module 0 of the chain: decode mode 0xff"},
	} {
		p, conn := connect(t)
		err := conn.Tx(c.w, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if p.Seq() != 0 {
			t.Errorf("%s: the panel has changed", c.name)
		}
	}
	p, c := connect(t)
	if err := c.Tx(make([]byte, 4), make([]byte, 4)); err == nil {
		t.Error("a read was accepted")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Tx(make([]byte, 4), nil); err == nil {
		t.Error("a write after close was accepted")
	}
}

func TestPacketsThatKeepChipSelectAreOneTransaction(t *testing.T) {
	p, c := connect(t)
	err := c.TxPackets([]spi.Packet{{W: []byte{0x0f, 0x01}, KeepCS: true}, {W: []byte{0x0f, 0x01}}})
	if err != nil || lit(p) != 128 {
		t.Errorf("%v, %d LEDs are lit, want 128", err, lit(p))
	}
}

func TestPortRefusesWhatTheChipCannotDo(t *testing.T) {
	for _, c := range []struct {
		clock physic.Frequency
		mode  spi.Mode
		bits  int
		want  string
	}{
		{11 * physic.MegaHertz, spi.Mode0, 8, "clock 11MHz"},
		{0, spi.Mode0, 8, "clock 0Hz"},
		{physic.MegaHertz, spi.Mode3, 8, "mode Mode3"},
		{physic.MegaHertz, spi.Mode0, 16, "16 bits"},
	} {
		p, err := NewPanel(max7219.Wiring{Columns: 2, Rows: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Connect(c.clock, c.mode, c.bits); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	p, _ := connect(t)
	if _, err := p.Connect(physic.MegaHertz, spi.Mode0, 8); err == nil {
		t.Error("a second connection was accepted")
	}
	if err := p.LimitSpeed(0); err == nil {
		t.Error("a speed limit of 0 was accepted")
	}
	if _, err := NewPanel(max7219.Wiring{}); err == nil {
		t.Error("a panel without modules was made")
	}
}

func TestSpeedLimitOfThePortWins(t *testing.T) {
	p, err := NewPanel(max7219.Wiring{Columns: 2, Rows: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.LimitSpeed(physic.MegaHertz); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Connect(50*physic.MegaHertz, spi.Mode0, 8); err != nil {
		t.Errorf("%v, want the clock lowered to the limit", err)
	}
}

func TestViewerIsWokenByAChangeOnly(t *testing.T) {
	p, c := connect(t)
	changed := p.Changed()
	tx(t, c, []byte{0x01, 0x00, 0x01, 0x00})
	select {
	case <-changed:
		t.Error("woken although every register has its old value")
	default:
	}
	tx(t, c, []byte{0x01, 0x01, 0x01, 0x00})
	select {
	case <-changed:
	default:
		t.Error("not woken by a new picture")
	}
	if p.Seq() != 1 {
		t.Errorf("sequence is %d, want 1", p.Seq())
	}
}

// TestDriverAndPanelAgreeForEveryWiring draws random pictures on fields of every build: what
// the driver was given must be what is lit, whatever the way of the wires.
func TestDriverAndPanelAgreeForEveryWiring(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := max7219.Wiring{
			Columns:    rapid.IntRange(1, 8).Draw(t, "columns"),
			Rows:       rapid.IntRange(1, 3).Draw(t, "rows"),
			FromLeft:   rapid.Bool().Draw(t, "from left"),
			FromBottom: rapid.Bool().Draw(t, "from bottom"),
			Serpentine: rapid.Bool().Draw(t, "serpentine"),
			Mirror:     rapid.Bool().Draw(t, "mirror"),
			Rotate:     rapid.SampledFrom([]int{0, 90, 180, 270}).Draw(t, "rotate"),
		}
		p, err := NewPanel(w)
		if err != nil {
			t.Fatal(err)
		}
		d, err := max7219.New(p, &max7219.Opts{Wiring: w})
		if err != nil {
			t.Fatal(err)
		}
		n := w.Columns * w.Rows * 8
		rows := rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "picture")
		if _, err := d.Write(rows); err != nil {
			t.Fatal(err)
		}
		if got := p.Rows(); !bytes.Equal(got, rows) {
			t.Fatalf("panel shows % x\nwant        % x", got, rows)
		}
	})
}

func TestRefreshRepairsAChainThatLostBits(t *testing.T) {
	p, err := NewPanel(max7219.DefaultOpts.Wiring)
	if err != nil {
		t.Fatal(err)
	}
	d, err := max7219.New(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := bytes.Repeat([]byte{0xa5}, 128)
	if _, err := d.Write(rows); err != nil {
		t.Fatal(err)
	}
	p.chain[3] = chip{test: 1} // noise: one module tests, one is off, one scans a single row
	p.chain[8].on = 0
	p.chain[15].scan = 0
	if bytes.Equal(p.Rows(), rows) {
		t.Fatal("the noise cannot be seen")
	}
	seq := p.Seq()
	if err := d.Refresh(); err != nil {
		t.Fatal(err)
	}
	if got := p.Rows(); !bytes.Equal(got, rows) {
		t.Errorf("panel shows % x after the refresh", got)
	}
	if p.Seq() == seq {
		t.Error("the sequence did not tell the change")
	}
}

func TestImageShowsLitDarkAndDimmedLEDs(t *testing.T) {
	p, c := connect(t)
	red := func(x, y int) uint8 {
		r, _, _, _ := p.ImageAt(8).At(x*8+4, y*8+4).RGBA()
		return uint8(r >> 8)
	}
	tx(t, c, []byte{0x0c, 0x01, 0x0c, 0x01}, []byte{0x01, 0xf0, 0x01, 0xf0}, []byte{0x0a, 0x00, 0x0a, 0x0f})
	bright, dim, off := red(0, 0), red(8, 0), red(4, 0)
	if bright < 0xf0 || dim >= bright || dim <= off || off == 0 {
		t.Errorf("red of a bright LED is %d, of a dim one %d, of a dark one %d", bright, dim, off)
	}
	if got := p.Image().Bounds(); got != image.Rect(0, 0, 160, 80) {
		t.Errorf("picture is %v, want 160 by 80 pixels", got)
	}
	r, g, b, _ := p.ImageAt(10).At(0, 0).RGBA()
	if r > 0x2000 || g > 0x2000 || b > 0x2000 {
		t.Error("the corner between round LEDs is not dark")
	}
	for _, pitch := range []int{-3, 0, 1, 1000} {
		if w := p.ImageAt(pitch).Bounds().Dx(); w != 16*min(max(pitch, 1), 64) {
			t.Errorf("with a pitch of %d the picture is %d pixels wide", pitch, w)
		}
	}
	if got := len(panelPalette()); got != 256 {
		t.Errorf("palette has %d colours, want 256", got)
	}
}

func ExamplePanel() {
	wiring := max7219.Wiring{Columns: 2, Rows: 2}
	panel, err := NewPanel(wiring)
	if err != nil {
		fmt.Println(err)
		return
	}
	dev, err := max7219.New(panel, &max7219.Opts{Wiring: wiring})
	if err != nil {
		fmt.Println(err)
		return
	}
	picture := glyph.NewBitmap(16, 16)
	glyph.Draw(picture, 0, 0, "请", 1)
	if _, err := dev.Write(picture.Pix); err != nil {
		fmt.Println(err)
		return
	}
	for y := range 16 {
		row := []byte(strings.Repeat(".", 16))
		for x := range row {
			if panel.Lit(x, y) {
				row[x] = '#'
			}
		}
		fmt.Println(string(row))
	}
	// Output:
	// .........#......
	// .#.......#......
	// ..#..#########..
	// ..#......#......
	// ......#######...
	// .........#......
	// ###..##########.
	// ..#.............
	// ..#...#######...
	// ..#...#.....#...
	// ..#...#######...
	// ..#...#.....#...
	// ..#.#.#######...
	// ..##..#.....#...
	// ..#...#...#.#...
	// ......#....#....
}
