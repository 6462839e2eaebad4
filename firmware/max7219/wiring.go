package max7219

import "fmt"

// Limits of a field.
const (
	// modulesMax is the longest chain. 64 modules are 128 bytes in a transaction, far below
	// the 4096 that spidev takes, and are more than the chips' supply line can feed.
	modulesMax = 64
	// side is the number of LEDs along a module's side, and of a chip's digits and segments.
	side = 8
)

// Wiring tells how the modules of a field are placed and turned, seen from the front. The zero
// value of all but Columns and Rows is a field of FC-16 modules: 4-in-1 boards,
// whose data input is on the right when the board is upright, each row fed from its right end.
type Wiring struct {
	// Columns and Rows are the size of the field in modules. Columns times Rows must be 1 to 64.
	Columns, Rows int
	// FromLeft says that the first module of the chain is at the left end of its row.
	FromLeft bool
	// FromBottom says that the chain starts in the lowest row.
	FromBottom bool
	// Serpentine says that every second row of the chain runs back to where the row before
	// it began, to save a long wire. Its boards are then mounted upside down.
	Serpentine bool
	// Rotate is how far each module is turned clockwise against FC-16, in degrees: 0, 90,
	// 180 or 270. The common single modules with the chip below the matrix (1088AS) need 270.
	Rotate int
	// Mirror says that the module's columns are wired the other way round (before it is
	// turned), as on Parola boards.
	Mirror bool
}

// Validate returns an error that names the wrong value if w cannot be built.
func (w Wiring) Validate() error {
	if w.Columns < 1 || w.Rows < 1 || w.Columns > modulesMax || w.Rows > modulesMax || w.Columns*w.Rows > modulesMax {
		return fmt.Errorf("max7219: field of %d x %d modules, must be 1 to %d modules", w.Columns, w.Rows, modulesMax)
	}
	switch w.Rotate {
	case 0, 90, 180, 270:
		return nil
	}
	return fmt.Errorf("max7219: modules turned by %d degrees, must be 0, 90, 180 or 270", w.Rotate)
}

// spot is where a LED is connected.
type spot struct {
	module int // place in the chain; 0 is next to the host
	digit  int // 0 to 7, register Digit0 + digit
	mask   byte
}

// locate returns where the LED at x, y of the field is connected.
func (w Wiring) locate(x, y int) spot {
	column, row := x/side, y/side
	u, v := x%side, y%side
	if w.FromBottom {
		row = w.Rows - 1 - row
	}
	left, turn := w.FromLeft, w.Rotate
	if w.Serpentine && row%2 == 1 {
		left, turn = !left, turn+180
	}
	if !left {
		column = w.Columns - 1 - column
	}
	for range turn / 90 % 4 {
		u, v = v, side-1-u // turn the view back, counter-clockwise
	}
	if w.Mirror {
		u = side - 1 - u
	}
	return spot{module: row*w.Columns + column, digit: v, mask: 0x80 >> u}
}
