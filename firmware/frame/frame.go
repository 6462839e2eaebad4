// Package frame is what drivers of panels have in common: the picture of dots that are on or off, and its brightness.
package frame

import (
	"fmt"
	"image"
)

// StepMax is the highest step of brightness of every panel.
const StepMax = 15

// Frame is a panel's picture. It is not safe for concurrent use.
type Frame struct {
	chip   string // for errors
	size   image.Point
	stride int    // bytes of a row
	pix    []byte // rows from the top down, most significant bit left
	step   int
}

// New makes the picture of a panel of size dots, all off, for a driver of that name. The error names a step of brightness that is
// not 0 to [StepMax].
func New(chip string, size image.Point, step int) (Frame, error) {
	stride := (size.X + 7) / 8
	f := Frame{chip: chip, size: size, stride: stride, pix: make([]byte, stride*size.Y)}
	return f, f.Dim(step)
}

// Bounds returns the panel. The upper left dot is at the origin.
func (f *Frame) Bounds() image.Rectangle { return image.Rectangle{Max: f.size} }

// Put takes a whole picture: the rows from the top down, most significant bit left, each of whole bytes. It returns an error and
// changes nothing if rows has not exactly the length of the panel.
func (f *Frame) Put(rows []byte) error {
	if len(rows) != len(f.pix) {
		return fmt.Errorf("%s: picture of %d bytes, must be %d", f.chip, len(rows), len(f.pix))
	}
	copy(f.pix, rows)
	return nil
}

// On reports whether the dot at x, y, which must be on the panel, is on.
func (f *Frame) On(x, y int) bool { return f.pix[y*f.stride+x/8]&(0x80>>(x%8)) != 0 }

// SetOn switches the dot at x, y, which must be on the panel, on or off.
func (f *Frame) SetOn(x, y int, on bool) {
	at, mask := y*f.stride+x/8, byte(0x80>>(x%8))
	f.pix[at] &^= mask
	if on {
		f.pix[at] |= mask
	}
}

// Step is the brightness, 0 (darkest, not off) to [StepMax].
func (f *Frame) Step() int { return f.step }

// Dim sets the brightness. The error names a step that is not 0 to [StepMax]; then nothing is changed.
func (f *Frame) Dim(step int) error {
	if step < 0 || step > StepMax {
		return fmt.Errorf("%s: intensity %d, must be 0 to %d", f.chip, step, StepMax)
	}
	f.step = step
	return nil
}
