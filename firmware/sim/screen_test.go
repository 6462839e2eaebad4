package sim_test

import (
	"bytes"
	"context"
	"errors"
	"image/color"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"pgregory.net/rapid"

	"jiaohao/firmware/ddp"
	"jiaohao/firmware/max7219"
	"jiaohao/firmware/sign"
	"jiaohao/firmware/sim"
	"jiaohao/firmware/ssd1306"
	"jiaohao/firmware/ws2812"
)

var red = color.RGBA{R: 0xff, G: 0x20}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryWiringOfLEDsShowsThePictureAsItWasGiven draws random pictures on random
// fields: the driver goes from dots to the chain, the simulator from the chain to dots.
func TestEveryWiringOfLEDsShowsThePictureAsItWasGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
		w := ws2812.Wiring{
			BoardWidth: 8 * rapid.IntRange(1, 2).Draw(t, "bw"), BoardHeight: rapid.IntRange(1, 9).Draw(t, "bh"),
			Down: flag("down"), Serpentine: flag("serpentine"), FromRight: flag("right"), FromBottom: flag("bottom"),
		}
		w.Width, w.Height = w.BoardWidth*rapid.IntRange(1, 3).Draw(t, "across"), w.BoardHeight*rapid.IntRange(1, 3).Draw(t, "down")
		s, err := sim.NewStrip(w)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ws2812.New(s, &ws2812.Opts{Wiring: w, Color: red, Intensity: 15, CurrentMax: 30_000})
		if err != nil {
			t.Fatal(err)
		}
		rows := rapid.SliceOfN(rapid.Byte(), w.Width/8*w.Height, w.Width/8*w.Height).Draw(t, "rows")
		if _, err := d.Write(rows); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(s.Rows(), rows) {
			t.Fatalf("% x is shown as % x", rows, s.Rows())
		}
	})
}

func TestPulsesThatALEDCouldMistakeAreErrors(t *testing.T) {
	s, err := sim.NewStrip(ws2812.Wiring{Width: 1, Height: 1})
	check(t, err)
	c, err := s.Connect(2400*physic.KiloHertz, spi.Mode0, 8)
	check(t, err)
	dark := bytes.Repeat([]byte{0x92, 0x49, 0x24}, 3)
	tail := make([]byte, 90)
	for _, x := range []struct {
		say  string
		bits []byte
	}{
		{"pulse of", append([]byte{0xf0}, tail...)},
		{"behind bit 1", append([]byte{0x80, 0x80}, tail...)},
		{"must be 280µs", dark},
		{"23 bits, must be 24", append(append([]byte{0x12}, dark[1:]...), tail...)},
	} {
		if err := c.Tx(x.bits, nil); err == nil || !strings.Contains(err.Error(), x.say) {
			t.Errorf("% x: %v, want %q", x.bits[:2], err, x.say)
		}
	}
	if err := c.Tx(append(dark, tail...), nil); err != nil {
		t.Error(err)
	}
}

func TestOLEDShowsThePictureUprightAlsoWhenMountedUpsideDown(t *testing.T) {
	for _, height := range []int{32, 64} {
		o, err := sim.NewOLED(height)
		check(t, err)
		d, err := ssd1306.New(o, &ssd1306.Opts{Height: height, Intensity: 15})
		check(t, err)
		rows := make([]byte, 16*height)
		for i := range rows {
			rows[i] = byte(i * 7)
		}
		_, err = d.Write(rows)
		check(t, err)
		if !bytes.Equal(o.Rows(), rows) || o.Contrast() != 0xff {
			t.Errorf("%d rows: the picture is another, contrast %d", height, o.Contrast())
		}
		check(t, d.Halt())
		if o.Lit(0, 1) {
			t.Error("a dot shines after Halt")
		}
	}
	o, err := sim.NewOLED(64)
	check(t, err)
	d, err := ssd1306.New(o, &ssd1306.Opts{Height: 64, Flip: true})
	check(t, err)
	rows := make([]byte, 1024)
	rows[0] = 0x80
	_, err = d.Write(rows)
	check(t, err)
	if !o.Lit(127, 63) || o.Lit(0, 0) {
		t.Error("flipped, the upper left dot is not the lower right one of the glass")
	}
}

func TestBytesThatTheOLEDWouldMisunderstandAreErrors(t *testing.T) {
	o, err := sim.NewOLED(64)
	check(t, err)
	for _, w := range [][]byte{{0x00}, {0x80, 0xaf}, {0x00, 0x01}, {0x00, 0x81}, {0x00, 0xa8, 31}, {0x00, 0x20, 1}, {0x00, 0x21, 5, 4}, {0x00, 0x22, 0, 8}} {
		if err := o.Tx(0x3c, w, nil); err == nil {
			t.Errorf("% x was taken", w)
		}
	}
	if err := o.Tx(0x3d, []byte{0, 0xaf}, nil); !errors.Is(err, syscall.EREMOTEIO) {
		t.Errorf("another address: %v", err)
	}
}

// overUDP connects a panel driver to a wall by real UDP packets.
func overUDP(t *testing.T, wall *sim.Wall, o *ddp.Opts) *ddp.Dev {
	t.Helper()
	listener, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(t, err)
	served := make(chan error, 1)
	go func() { served <- wall.Serve(listener) }()
	card, err := net.Dial("udp", listener.LocalAddr().String())
	check(t, err)
	t.Cleanup(func() {
		card.Close()
		listener.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	d, err := ddp.New(card, o)
	check(t, err)
	return d
}

func TestCardOnTheNetworkShowsThePicture(t *testing.T) {
	wall, err := sim.NewWall(64, 32)
	check(t, err)
	d := overUDP(t, wall, &ddp.Opts{Width: 64, Height: 32, Color: red, Intensity: 15})
	rows := make([]byte, 8*32)
	for i := range rows {
		rows[i] = byte(i)
	}
	_, err = d.Write(rows)
	check(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for !bytes.Equal(wall.Rows(), rows) {
		select {
		case <-ctx.Done():
			t.Fatalf("after 5 s the wall shows % x", wall.Rows()[:16])
		case <-time.After(time.Millisecond):
		}
	}
	if got := wall.At(7, 0); got != (color.RGBA{}) {
		t.Errorf("a dark dot is %v", got)
	}
	if got := wall.At(15, 0); got != (color.RGBA{R: 0xff, G: 0x20, A: 0xff}) {
		t.Errorf("a lit dot is %v", got)
	}
}

func TestPacketsThatTheProtocolDoesNotHaveAreErrors(t *testing.T) {
	good := append([]byte{0x41, 1, 0x0b, 1, 0, 0, 0, 0, 0, 24}, make([]byte, 24)...)
	for i, wrong := range map[int]byte{0: 0x81, 1: 16, 2: 0x01, 3: 2, 7: 3, 9: 23} {
		w, err := sim.NewWall(8, 1)
		check(t, err)
		p := bytes.Clone(good)
		p[i] = wrong
		if _, err := w.Write(p); err == nil {
			t.Errorf("byte %d as 0x%02x was taken", i, wrong)
		}
	}
	w, err := sim.NewWall(8, 1)
	check(t, err)
	if _, err := w.Write(good); err != nil {
		t.Error(err)
	}
	if _, err := w.Write(good); err == nil {
		t.Error("the same packet again was taken")
	}
}

func TestSignsShowWhatTheyAreSentInEveryProfile(t *testing.T) {
	for _, p := range sign.Profiles() {
		bus, err := sim.NewSigns(p, 1, 2, 255)
		check(t, err)
		for address, text := range map[int]string{1: "A012", 2: "请到4号", 255: ""} {
			d, err := sign.New(bus, &p, address)
			check(t, err)
			check(t, d.WriteText(text))
			if got := bus.Text(address); got != text {
				t.Errorf("%s: sign %d shows %q, want %q", p.Name, address, got, text)
			}
			check(t, d.SetIntensity(15))
			if got := bus.Level(address); len(p.Level) > 0 && got != max(p.Levels, 16)-1 && got != p.Levels-1 {
				t.Errorf("%s: brightness %d", p.Name, got)
			}
		}
		frame := bus.Frames()[0]
		for i := range frame {
			wrong := bytes.Clone(frame)
			wrong[i] ^= 0x41
			if _, err := bus.Write(wrong); err == nil && !strings.Contains(p.Encoding, "utf") {
				t.Errorf("%s: a frame with byte %d changed was taken: % x", p.Name, i, wrong)
			}
		}
	}
}

// TestPullingThePlug is what each kind tells: SPI has no acknowledge, so a panel behind it
// is dark and nobody knows; the others are errors. All shine again after Plug and Refresh.
func TestPullingThePlug(t *testing.T) {
	modules, err := sim.NewPanel(max7219.DefaultOpts.Wiring)
	check(t, err)
	strip, err := sim.NewStrip(ws2812.Wiring{Width: 64, Height: 16})
	check(t, err)
	oled, err := sim.NewOLED(64)
	check(t, err)
	wall, err := sim.NewWall(64, 16)
	check(t, err)
	m, err1 := max7219.New(modules, nil)
	s, err2 := ws2812.New(strip, &ws2812.Opts{Wiring: ws2812.Wiring{Width: 64, Height: 16}, Color: red, CurrentMax: 4000})
	o, err3 := ssd1306.New(oled, &ssd1306.Opts{Height: 64})
	c, err4 := ddp.New(wall, &ddp.Opts{Width: 64, Height: 16, Color: red})
	check(t, errors.Join(err1, err2, err3, err4))
	for _, x := range []struct {
		name  string
		panel interface {
			Write([]byte) (int, error)
			Refresh() error
		}
		plug interface {
			Plug()
			Unplug()
			Unplugged() bool
			Rows() []byte
		}
		want error
	}{{"max7219", m, modules, nil}, {"ws2812", s, strip, nil}, {"ssd1306", o, oled, syscall.EREMOTEIO}, {"ddp", c, wall, syscall.ECONNREFUSED}} {
		rows := bytes.Repeat([]byte{0xa5}, len(x.plug.Rows()))
		_, err := x.panel.Write(rows)
		check(t, err)
		x.plug.Unplug()
		_, err = x.panel.Write(bytes.Repeat([]byte{0x5a}, len(rows)))
		if !errors.Is(err, x.want) || x.want == nil && err != nil || !x.plug.Unplugged() {
			t.Errorf("%s: %v, want %v", x.name, err, x.want)
		}
		if bytes.ContainsFunc(x.plug.Rows(), func(r rune) bool { return r != 0 }) {
			t.Errorf("%s shines without its plug", x.name)
		}
		x.plug.Plug()
		check(t, x.panel.Refresh())
		if !bytes.Equal(x.plug.Rows(), bytes.Repeat([]byte{0x5a}, len(rows))) {
			t.Errorf("%s does not show its picture again", x.name)
		}
	}
}

func TestBusOfSignsThatIsPulledAndASignThatIsSilent(t *testing.T) {
	p, err := sign.Find("modbus-rtu")
	check(t, err)
	bus, err := sim.NewSigns(p, 1, 2)
	check(t, err)
	d, err := sign.New(bus, &p, 1)
	check(t, err)
	bus.Unplug()
	if err := d.WriteText("A012"); !errors.Is(err, syscall.EIO) {
		t.Errorf("adapter out: %v", err)
	}
	bus.Plug()
	bus.Mute(1, true)
	if err := d.WriteText("A012"); !errors.Is(err, sign.ErrSilent) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("silent sign: %v", err)
	}
	bus.Mute(1, false)
	check(t, d.WriteText("A012"))
	if bus.Text(1) != "A012" || bus.Text(2) != "" {
		t.Errorf("signs show %q and %q", bus.Text(1), bus.Text(2))
	}
}
