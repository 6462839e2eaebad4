package display

import (
	"image"
	"time"

	"jiaohao/firmware/glyph"
)

const (
	testAll   = 1500 * time.Millisecond // all dots: what is dark now is dead
	testStep  = 150 * time.Millisecond  // each module alone: what shines beside it is wired wrongly
	blocksMax = 32                      // modules shown one by one; larger panels go by larger squares, so that it ends within 7 s
)

// TestPattern is the picture, elapsed after its start, by which a person finds a dead module: first
// all dots, then one module of 8 by 8 dots after the other, in the order of reading. On a panel of more than 32 modules
// the squares are larger. [TestLength] is when it ends.
func TestPattern(size image.Point, elapsed time.Duration) *glyph.Bitmap {
	b := glyph.NewBitmap(size.X, size.Y)
	if elapsed < testAll {
		b.Fill(b.Rect, true)
		return b
	}
	b.Fill(TestBlock(size, int((elapsed-testAll)/testStep)), true)
	return b
}

// TestLength is how long the test pattern of a panel takes.
func TestLength(size image.Point) time.Duration {
	side := blockSide(size)
	return testAll + time.Duration(across(size.X, side)*across(size.Y, side))*testStep
}

// TestBlock is the n-th square of the test pattern, from 0; it is empty behind the last.
func TestBlock(size image.Point, n int) image.Rectangle {
	side := blockSide(size)
	columns := across(size.X, side)
	corner := image.Pt(n%columns*side, n/columns*side)
	return image.Rectangle{Min: corner, Max: corner.Add(image.Pt(side, side))}.Intersect(image.Rectangle{Max: size})
}

func blockSide(size image.Point) int {
	side := 8
	for across(size.X, side)*across(size.Y, side) > blocksMax {
		side *= 2
	}
	return side
}

func across(length, side int) int { return (length + side - 1) / side }
