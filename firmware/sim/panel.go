package sim

import (
	"errors"
	"fmt"
	"sync"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"jiaohao/firmware/max7219"
)

const (
	// moduleSide is the number of LEDs along a module's side.
	moduleSide = 8
	// panelClockMax is the highest clock that the chip's datasheet allows.
	panelClockMax = 10 * physic.MegaHertz
)

// Panel is a field of LED modules behind a chain of MAX7219 chips. It is the SPI port to which the
// chain is connected: give it to max7219.New and look at it by [Panel.Image], [Panel.Lit]
// and [Panel.Rows].
//
// As after power-on of real chips all LEDs are off until a driver has set the registers up.
type Panel struct {
	wiring max7219.Wiring

	mu      sync.Mutex // several viewers read while the driver writes
	open    bool
	out     bool
	clock   physic.Frequency // limit set by LimitSpeed; 0 means none
	chain   []chip
	held    []byte // bytes of packets that keep chip select low
	seq     uint64
	changed chan struct{}
}

// chip holds the registers of one MAX7219. The zero value is the state after power-on: off, blank, one
// digit scanned, lowest intensity (datasheet page 7).
type chip struct {
	digits                    [moduleSide]byte
	intensity, scan, on, test byte
}

// NewPanel returns a panel with the given wiring, switched off.
func NewPanel(w max7219.Wiring) (*Panel, error) {
	if err := w.Validate(); err != nil {
		return nil, fmt.Errorf("sim: panel: %w", err)
	}
	return &Panel{wiring: w, chain: make([]chip, w.Columns*w.Rows), changed: make(chan struct{})}, nil
}

// String implements spi.Port.
func (p *Panel) String() string {
	w, h := p.Size()
	return fmt.Sprintf("sim.Panel(%dx%d)", w, h)
}

// Size returns the number of LEDs across and down.
func (p *Panel) Size() (w, h int) {
	return p.wiring.Columns * moduleSide, p.wiring.Rows * moduleSide
}

// Close implements spi.PortCloser. The LEDs stay as they are, as on a real panel. The port may be
// connected again.
func (p *Panel) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = false
	return nil
}

// LimitSpeed implements spi.PortCloser. f must be above 0.
func (p *Panel) LimitSpeed(f physic.Frequency) error {
	if f <= 0 {
		return fmt.Errorf("sim: panel: speed limit %s, must be above 0", f)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock = f
	return nil
}

// Connect implements spi.Port. It refuses what the chip cannot do: a clock above 10 MHz, another
// mode than 0, words of other than 8 bits, and a second connection.
func (p *Panel) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.clock != 0 && (f == 0 || f > p.clock) {
		f = p.clock
	}
	switch {
	case p.open:
		return nil, errors.New("sim: panel: connected twice, must be closed before")
	case f <= 0 || f > panelClockMax:
		return nil, fmt.Errorf("sim: panel: clock %s, must be above 0 and at most %s", f, panelClockMax)
	case mode != spi.Mode0:
		return nil, fmt.Errorf("sim: panel: mode %s, must be %s", mode, spi.Mode0)
	case bits != 8:
		return nil, fmt.Errorf("sim: panel: %d bits a word, must be 8", bits)
	}
	p.open = true
	return panelConn{p}, nil
}

// Unplug pulls the panel's plug: it is dark and takes nothing. No error tells it, as on a real bus: SPI has no
// acknowledge, so neither the kernel nor a driver can know whether anything is connected.
func (p *Panel) Unplug() { p.plug(true) }

// Plug puts the plug back. The chips have lost their registers: they are off until the driver refreshes them.
func (p *Panel) Plug() { p.plug(false) }

func (p *Panel) plug(out bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = out
	clear(p.chain)
	p.change()
}

// Unplugged reports whether the plug is pulled.
func (p *Panel) Unplugged() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out
}

// Seq returns the number of transactions so far that changed a register.
func (p *Panel) Seq() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seq
}

// Changed returns a channel that is closed at the next change of a register.
// To miss nothing, take the channel first, then the picture, then wait.
func (p *Panel) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// Lit reports whether the LED at x, y gives light. Outside the field nothing does.
func (p *Panel) Lit(x, y int) bool { return p.level(x, y) >= 0 }

// Rows returns the picture that is lit: rows from the top down, most significant bit left, one byte
// for 8 LEDs. It is what was given to the driver's Write, if all went well.
func (p *Panel) Rows() []byte {
	w, h := p.Size()
	rows := make([]byte, w/8*h)
	for i, level := range p.levels() {
		if level >= 0 {
			rows[i/8] |= 0x80 >> (i % 8)
		}
	}
	return rows
}

// levels returns the brightness of each LED, row by row: the intensity step 0 to 15, or -1 for dark.
func (p *Panel) levels() []int {
	w, h := p.Size()
	all := make([]int, w*h)
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.chain {
		for digit := range moduleSide {
			for segment := range moduleSide {
				x, y := p.place(i, digit, segment)
				all[y*w+x] = p.chain[i].level(digit, segment)
			}
		}
	}
	return all
}

func (p *Panel) level(x, y int) int {
	w, h := p.Size()
	if x < 0 || y < 0 || x >= w || y >= h {
		return -1
	}
	return p.levels()[y*w+x]
}

// place returns where on the field a LED is, seen from the chip: segment 0 is the most
// significant bit. It follows the board as it is built and does not use the driver's way, which runs
// from the field to the chip, so that each proves the other.
func (p *Panel) place(module, digit, segment int) (x, y int) {
	w := p.wiring
	x, y = segment, digit
	if w.Mirror {
		x = moduleSide - 1 - x
	}
	row, column := module/w.Columns, module%w.Columns
	turns := w.Rotate / 90
	rightToLeft := !w.FromLeft
	if w.Serpentine && row%2 == 1 {
		turns += 2
		rightToLeft = !rightToLeft
	}
	for range turns % 4 {
		x, y = moduleSide-1-y, x
	}
	if rightToLeft {
		column = w.Columns - 1 - column
	}
	if w.FromBottom {
		row = w.Rows - 1 - row
	}
	return column*moduleSide + x, row*moduleSide + y
}

// level returns the brightness of one LED: 0 to 15, or -1 for dark.
func (c *chip) level(digit, segment int) int {
	switch {
	case c.test == 1:
		return 15 // the test overrides shutdown and intensity (datasheet page 10)
	case c.on == 0, digit > int(c.scan), c.digits[digit]&(0x80>>segment) == 0:
		return -1
	}
	return int(c.intensity)
}

// panelConn is the connection of a driver to a Panel.
type panelConn struct{ p *Panel }

// String implements conn.Conn.
func (c panelConn) String() string { return c.p.String() }

// Duplex implements conn.Conn: nothing comes back from the chain.
func (c panelConn) Duplex() conn.Duplex { return conn.Half }

// Tx implements conn.Conn: one transaction, after which chip select rises.
func (c panelConn) Tx(w, r []byte) error {
	return c.TxPackets([]spi.Packet{{W: w, R: r}})
}

// TxPackets implements spi.Conn. A packet that keeps chip select low belongs to the same
// transaction as the next one.
func (c panelConn) TxPackets(packets []spi.Packet) error {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open {
		return errors.New("sim: panel: write after close")
	}
	for _, packet := range packets {
		if len(packet.R) != 0 {
			return fmt.Errorf("sim: panel: read of %d bytes, the chain's output is not connected", len(packet.R))
		}
		p.held = append(p.held, packet.W...)
		if packet.KeepCS {
			continue
		}
		err := p.latch(p.held)
		p.held = p.held[:0]
		if err != nil {
			return err
		}
	}
	return nil
}

// latch carries out the words that stand in the shift register when chip select rises. On an error no
// chip has changed.
func (p *Panel) latch(w []byte) error {
	if len(w) != 2*len(p.chain) {
		return fmt.Errorf("sim: panel: transaction of %d bytes, must be one 16-bit word for each of %d modules, %d bytes",
			len(w), len(p.chain), 2*len(p.chain))
	}
	next := make([]chip, len(p.chain))
	same := true
	for i, c := range p.chain {
		at := len(w) - 2*(i+1) // what went in last stands in the first chip
		next[i] = c
		if err := next[i].set(w[at]&0x0f, w[at+1]); err != nil {
			return fmt.Errorf("sim: panel: module %d of the chain: %w", i, err)
		}
		same = same && next[i] == c
	}
	if p.out {
		return nil
	}
	p.chain = next
	if !same {
		p.change()
	}
	return nil
}

func (p *Panel) change() {
	p.seq++
	close(p.changed)
	p.changed = make(chan struct{})
}

// set carries out one word.
func (c *chip) set(register, value byte) error {
	switch register {
	case max7219.NoOp:
	case max7219.DecodeMode:
		if value != 0 {
			return fmt.Errorf("decode mode 0x%02x, must be 0 for a matrix", value)
		}
	case max7219.Intensity:
		c.intensity = value & 0x0f
	case max7219.ScanLimit:
		c.scan = value & 0x07
	case max7219.Shutdown:
		c.on = value & 1
	case max7219.DisplayTest:
		c.test = value & 1
	default:
		if register > max7219.Digit0+moduleSide-1 {
			return fmt.Errorf("register 0x%02x, must be 0x00 to 0x0c or 0x0f", register)
		}
		c.digits[register-max7219.Digit0] = value
	}
	return nil
}

var (
	_ spi.PortCloser = (*Panel)(nil)
	_ spi.Conn       = panelConn{}
)
