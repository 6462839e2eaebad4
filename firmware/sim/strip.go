package sim

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"sync"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"jiaohao/firmware/ws2812"
)

// The pulses of a WS2812B, datasheet page 5. A newer chip wants the long reset.
const (
	pulseZero, pulseOne = 400 * time.Nanosecond, 800 * time.Nanosecond
	pauseZero, pauseOne = 850 * time.Nanosecond, 450 * time.Nanosecond
	pulseMay            = 150 * time.Nanosecond // either way
	resetMin            = 280 * time.Microsecond
)

// Strip is a field of WS2812B LEDs. It is the SPI port whose MOSI line leads to them: give it to ws2812.New. It
// measures the pulses on the line; one that a real LED could take for something else is an error.
//
// Real LEDs cannot be asked whether they are there: after [Strip.Unplug] every write succeeds and nothing shines.
type Strip struct {
	wiring ws2812.Wiring

	mu    sync.Mutex // several viewers read while the driver writes
	open  bool
	out   bool
	chain []color.RGBA
}

// NewStrip returns a field with the given wiring, dark.
func NewStrip(w ws2812.Wiring) (*Strip, error) {
	if err := w.Validate(); err != nil {
		return nil, fmt.Errorf("sim: strip: %w", err)
	}
	return &Strip{wiring: w, chain: make([]color.RGBA, w.Width*w.Height)}, nil
}

// String implements spi.Port.
func (s *Strip) String() string {
	return fmt.Sprintf("sim.Strip(%dx%d)", s.wiring.Width, s.wiring.Height)
}

// Connect implements spi.Port.
func (s *Strip) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open || f <= 0 || mode != spi.Mode0 || bits != 8 {
		return nil, fmt.Errorf("sim: strip: clock %s, mode %s, %d bits, connected before: %t; must be a clock, mode 0, 8 bits, once", f, mode, bits, s.open)
	}
	s.open = true
	return &stripConn{s, f.Period()}, nil
}

// Unplug pulls the field's plug: it is dark and takes nothing. A driver cannot notice it.
func (s *Strip) Unplug() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = true
	clear(s.chain)
}

// Plug puts the plug back: the field is dark until it is written.
func (s *Strip) Plug() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = false
}

// Unplugged reports whether the plug is pulled.
func (s *Strip) Unplugged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out
}

// At returns the colour of the LED at x, y of the field.
func (s *Strip) At(x, y int) color.RGBA { return s.colors()[y*s.wiring.Width+x] }

// Rows returns the LEDs that shine: rows from the top down, most significant bit left.
func (s *Strip) Rows() []byte {
	all := s.colors()
	return lamps(s.wiring.Width, s.wiring.Height, func(i int) bool { return all[i] != color.RGBA{} })
}

// Image returns a picture of the field as it shines now, LEDs 10 pixels apart.
func (s *Strip) Image() image.Image {
	all := s.colors()
	return dotsImage(s.wiring.Width, s.wiring.Height, panelPitch, func(i int) color.RGBA { return all[i] })
}

// colors returns the field row by row. It follows the chain as it is laid, not the driver's way, so
// that each proves the other.
func (s *Strip) colors() []color.RGBA {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.wiring
	bw, bh := w.BoardWidth, w.BoardHeight
	if bw == 0 {
		bw, bh = w.Width, w.Height
	}
	all := make([]color.RGBA, len(s.chain))
	for n, c := range s.chain {
		board, rest := n/(bw*bh), n%(bw*bh)
		x, y := rest%bw, rest/bw
		back := y%2 == 1
		if w.Down {
			x, y = rest/bh, rest%bh
			back = x%2 == 1
		}
		switch {
		case w.Serpentine && back && w.Down:
			y = bh - 1 - y
		case w.Serpentine && back:
			x = bw - 1 - x
		}
		if w.FromRight {
			x = bw - 1 - x
		}
		if w.FromBottom {
			y = bh - 1 - y
		}
		x, y = x+board%(w.Width/bw)*bw, y+board/(w.Width/bw)*bh
		all[y*w.Width+x] = c
	}
	return all
}

// latch takes the bits that came before a reset.
func (s *Strip) latch(bits []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(bits) != 24*len(s.chain) {
		return fmt.Errorf("sim: strip: %d bits, must be 24 for each of %d LEDs", len(bits), len(s.chain))
	}
	if s.out {
		return nil
	}
	for i := range s.chain {
		var v uint32
		for _, b := range bits[24*i : 24*i+24] {
			v = v<<1 | uint32(b)
		}
		s.chain[i] = color.RGBA{G: byte(v >> 16), R: byte(v >> 8), B: byte(v)}
		if v != 0 {
			s.chain[i].A = 0xff
		}
	}
	return nil
}

// stripConn is the connection of a driver to a Strip.
type stripConn struct {
	s      *Strip
	period time.Duration // of an SPI bit
}

// String implements conn.Conn.
func (c *stripConn) String() string { return c.s.String() }

// Duplex implements conn.Conn.
func (c *stripConn) Duplex() conn.Duplex { return conn.Half }

// TxPackets implements spi.Conn.
func (c *stripConn) TxPackets([]spi.Packet) error {
	return errors.New("sim: strip: a picture in packets has gaps, must be one transaction")
}

// Tx implements conn.Conn: the line follows the bits of w and is low before and after.
func (c *stripConn) Tx(w, r []byte) error {
	if len(r) != 0 {
		return errors.New("sim: strip: nothing can be read from LEDs")
	}
	line := edges{period: c.period}
	for _, b := range w {
		for i := range 8 {
			if err := line.bit(b&(0x80>>i) != 0); err != nil {
				return err
			}
		}
	}
	if line.high || line.low() < resetMin {
		return fmt.Errorf("sim: strip: low for %s at the end, must be %s for the picture to show", line.low(), resetMin)
	}
	return c.s.latch(line.bits)
}

// edges turns SPI bits into the pulses that LEDs see.
type edges struct {
	period time.Duration
	high   bool
	run    int // SPI bits since the last edge
	pulse  time.Duration
	bits   []byte
}

func (e *edges) low() time.Duration { return time.Duration(e.run) * e.period }

func (e *edges) bit(high bool) error {
	if high == e.high {
		e.run++
		return nil
	}
	lasted := time.Duration(e.run) * e.period
	e.high, e.run = high, 1
	if !high { // a pulse has ended
		switch {
		case within(lasted, pulseZero):
			e.bits = append(e.bits, 0)
		case within(lasted, pulseOne):
			e.bits = append(e.bits, 1)
		default:
			return fmt.Errorf("sim: strip: pulse of %s is neither 0 (%s) nor 1 (%s)", lasted, pulseZero, pulseOne)
		}
		e.pulse = lasted
		return nil
	}
	if len(e.bits) == 0 {
		return nil // low before the first bit
	}
	want := pauseZero
	if within(e.pulse, pulseOne) {
		want = pauseOne
	}
	if !within(lasted, want) {
		return fmt.Errorf("sim: strip: low for %s behind bit %d, must be %s", lasted, len(e.bits), want)
	}
	return nil
}

func within(t, want time.Duration) bool { return t >= want-pulseMay && t <= want+pulseMay }

var (
	_ spi.Port = (*Strip)(nil)
	_ spi.Conn = (*stripConn)(nil)
)
