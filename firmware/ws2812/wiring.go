package ws2812

import (
	"errors"
	"fmt"
)

// ledsMax is the longest chain: a picture of 2048 LEDs takes 62 ms on the wire.
const ledsMax = 2048

// Wiring tells how the chain runs over the field, seen from the front. The zero value of all but Width and Height is
// a chain that runs along each row from the left to the right, from the top row down.
type Wiring struct {
	// Width and Height are the size of the field in LEDs. Their product must be 1 to 2048.
	Width, Height int
	// BoardWidth and BoardHeight are the size of one board, if the field is made of several
	// that are chained in the order of reading. 0 means one board. They must divide Width and Height.
	BoardWidth, BoardHeight int
	// Down says that the chain runs along columns, not rows.
	Down bool
	// Serpentine says that every second row (or column) runs back.
	Serpentine bool
	// FromRight and FromBottom say at which corner of a board the chain begins.
	FromRight, FromBottom bool
}

// Validate returns an error that names the wrong value if w cannot be built.
func (w Wiring) Validate() error {
	if w.Width < 1 || w.Height < 1 || w.Width > ledsMax || w.Height > ledsMax || w.Width*w.Height > ledsMax {
		return fmt.Errorf("ws2812: field of %d x %d LEDs, must be 1 to %d LEDs", w.Width, w.Height, ledsMax)
	}
	if w.BoardWidth < 0 || w.BoardHeight < 0 || (w.BoardWidth == 0) != (w.BoardHeight == 0) {
		return fmt.Errorf("ws2812: boards of %d x %d LEDs, must both be 0 or above", w.BoardWidth, w.BoardHeight)
	}
	if bw, bh := w.board(); w.Width%bw != 0 || w.Height%bh != 0 {
		return fmt.Errorf("ws2812: boards of %d x %d LEDs do not fill a field of %d x %d", bw, bh, w.Width, w.Height)
	}
	return nil
}

func (w Wiring) board() (width, height int) {
	if w.BoardWidth == 0 {
		return w.Width, w.Height
	}
	return w.BoardWidth, w.BoardHeight
}

// place returns the place of the LED at x, y in the chain.
func (w Wiring) place(x, y int) int {
	bw, bh := w.board()
	board := y/bh*(w.Width/bw) + x/bw
	x, y = x%bw, y%bh
	if w.FromRight {
		x = bw - 1 - x
	}
	if w.FromBottom {
		y = bh - 1 - y
	}
	line, along, length := y, x, bw
	if w.Down {
		line, along, length = x, y, bh
	}
	if w.Serpentine && line%2 == 1 {
		along = length - 1 - along
	}
	return board*bw*bh + line*length + along
}

var errBlack = errors.New("ws2812: color is black, nothing would shine")
