package sim

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// edgesMax is the number of unread edges that are kept, as by Linux for a line.
const edgesMax = 16

// Button is a push button at a GPIO pin, seen as the pin. It implements gpio.PinIn. Its contact joins
// the pin to ground if In pulls the pin up, and to the supply if In pulls it down.
//
// It behaves like a line of the Pi's kernel driver, with its traps: at most 16
// unread edges are kept, so that level and number of edges may disagree; and WaitForEdge
// with a timeout that is not positive returns false at once.
type Button struct {
	line
}

// NewButton returns a button that is not pressed. The name is what String and Name return.
func NewButton(name string) *Button {
	return &Button{line{name: name, edges: make(chan struct{}, edgesMax), again: make(chan struct{})}}
}

// Press closes the contact. Pressing a pressed button does nothing.
func (b *Button) Press() { b.contact(true) }

// Release opens the contact. Releasing a released button does nothing.
func (b *Button) Release() { b.contact(false) }

// Pressed reports whether the contact is closed.
func (b *Button) Pressed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// line is an input with a contact.
type line struct {
	name  string
	edges chan struct{}

	mu     sync.Mutex // the driver waits and reads while a person presses
	pull   gpio.Pull
	edge   gpio.Edge
	closed bool
	again  chan struct{} // closed by In, which ends a wait
}

func (l *line) contact(closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.level()
	l.closed = closed
	if l.level() == before || !l.watched(l.level()) {
		return
	}
	select {
	case l.edges <- struct{}{}:
	default: // the kernel drops edges too when nobody reads them
	}
}

// level returns the level of the line. Without a pull it reads low.
func (l *line) level() gpio.Level {
	if l.closed {
		return gpio.Level(l.pull == gpio.PullDown)
	}
	return gpio.Level(l.pull == gpio.PullUp)
}

// watched reports whether the change to level is an edge that In asked for.
func (l *line) watched(level gpio.Level) bool {
	switch l.edge {
	case gpio.BothEdges:
		return true
	case gpio.RisingEdge:
		return level == gpio.High
	case gpio.FallingEdge:
		return level == gpio.Low
	}
	return false
}

// In implements gpio.PinIn. It forgets the edges so far and ends a WaitForEdge.
func (l *line) In(pull gpio.Pull, edge gpio.Edge) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pull, l.edge = pull, edge
	close(l.again)
	l.again = make(chan struct{})
	for {
		select {
		case <-l.edges:
		default:
			return nil
		}
	}
}

// Read implements gpio.PinIn.
func (l *line) Read() gpio.Level {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.level()
}

// WaitForEdge implements gpio.PinIn. With a timeout of 0 or less it returns false at once.
func (l *line) WaitForEdge(timeout time.Duration) bool {
	if timeout <= 0 {
		return false
	}
	l.mu.Lock()
	again := l.again
	l.mu.Unlock()
	expired := time.NewTimer(timeout)
	defer expired.Stop()
	select {
	case <-l.edges:
		return true
	case <-again:
		return false
	case <-expired.C:
		return false
	}
}

// Pull implements gpio.PinIn.
func (l *line) Pull() gpio.Pull {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pull
}

// DefaultPull implements gpio.PinIn.
func (l *line) DefaultPull() gpio.Pull { return gpio.PullNoChange }

// String implements conn.Resource.
func (l *line) String() string { return l.name }

// Name implements pin.Pin.
func (l *line) Name() string { return l.name }

// Number implements pin.Pin: there is no number.
func (l *line) Number() int { return -1 }

// Function implements pin.Pin.
func (l *line) Function() string { return "In" }

// Halt implements conn.Resource. It ends a WaitForEdge.
func (l *line) Halt() error { return l.In(l.Pull(), gpio.NoEdge) }

// Keypad is a matrix of keys: a key that is down joins its row's line to its column's.
// Drive one row low, and the columns of its keys that are down read low.
type Keypad struct {
	rows, cols []gpio.PinIO

	mu   sync.Mutex // the driver scans while a person types
	down [][]bool   // by row and column
	low  []bool     // rows that are driven low
}

// NewKeypad returns a keypad of the given size with no key down.
// It panics if a side is below 1, because the size is decided in code.
func NewKeypad(rows, cols int) *Keypad {
	if rows < 1 || cols < 1 {
		panic(fmt.Sprintf("sim: keypad of %d x %d keys, each side must be at least 1", rows, cols))
	}
	k := &Keypad{down: make([][]bool, rows), low: make([]bool, rows)}
	for r := range rows {
		k.down[r] = make([]bool, cols)
		k.rows = append(k.rows, &keypadPin{k: k, index: r, row: true})
	}
	for c := range cols {
		k.cols = append(k.cols, &keypadPin{k: k, index: c})
	}
	return k
}

// Rows returns the pins that are driven.
func (k *Keypad) Rows() []gpio.PinIO { return k.rows }

// Cols returns the pins that are read.
func (k *Keypad) Cols() []gpio.PinIO { return k.cols }

// Press puts the key at row, col down, counted from 0. A key that does not exist is left alone.
func (k *Keypad) Press(row, col int) { k.set(row, col, true) }

// Release lets the key at row, col up. A key that does not exist is left alone.
func (k *Keypad) Release(row, col int) { k.set(row, col, false) }

func (k *Keypad) set(row, col int, down bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if row >= 0 && row < len(k.rows) && col >= 0 && col < len(k.cols) {
		k.down[row][col] = down
	}
}

// keypadPin is one line of a Keypad.
type keypadPin struct {
	k     *Keypad
	index int
	row   bool
	pull  gpio.Pull // guarded by k.mu
}

// In implements gpio.PinIn. A row that becomes an input is no longer driven. Edges are
// not offered, because a keypad is scanned.
func (p *keypadPin) In(pull gpio.Pull, edge gpio.Edge) error {
	if edge != gpio.NoEdge {
		return fmt.Errorf("sim: %s: edge %s, must be %s", p, edge, gpio.NoEdge)
	}
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	p.pull = pull
	if p.row {
		p.k.low[p.index] = false
	}
	return nil
}

// Read implements gpio.PinIn. A row reads as it is driven.
func (p *keypadPin) Read() gpio.Level {
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	if p.row {
		return gpio.Level(!p.k.low[p.index])
	}
	for r, low := range p.k.low {
		if low && p.k.down[r][p.index] {
			return gpio.Low
		}
	}
	return gpio.Level(p.pull == gpio.PullUp)
}

// Out implements gpio.PinOut for rows. Driving a column is an error: it would short the chip when
// a key is down.
func (p *keypadPin) Out(l gpio.Level) error {
	if !p.row {
		return fmt.Errorf("sim: %s: driven %s, a column is only read", p, l)
	}
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	p.k.low[p.index] = l == gpio.Low
	return nil
}

// WaitForEdge implements gpio.PinIn; there are no edges.
func (p *keypadPin) WaitForEdge(time.Duration) bool { return false }

// Pull implements gpio.PinIn.
func (p *keypadPin) Pull() gpio.Pull {
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	return p.pull
}

// DefaultPull implements gpio.PinIn.
func (p *keypadPin) DefaultPull() gpio.Pull { return gpio.PullNoChange }

// PWM implements gpio.PinOut and fails.
func (p *keypadPin) PWM(gpio.Duty, physic.Frequency) error {
	return errors.New("sim: keypad: no pulse width modulation")
}

// String implements conn.Resource.
func (p *keypadPin) String() string {
	if p.row {
		return fmt.Sprintf("row %d", p.index)
	}
	return fmt.Sprintf("column %d", p.index)
}

// Name implements pin.Pin.
func (p *keypadPin) Name() string { return p.String() }

// Number implements pin.Pin: there is no number.
func (p *keypadPin) Number() int { return -1 }

// Function implements pin.Pin.
func (p *keypadPin) Function() string {
	if p.row {
		return "Out"
	}
	return "In"
}

// Halt implements conn.Resource. A row is no longer driven.
func (p *keypadPin) Halt() error { return p.In(p.Pull(), gpio.NoEdge) }

var (
	_ gpio.PinIn = (*Button)(nil)
	_ gpio.PinIO = (*keypadPin)(nil)
)
