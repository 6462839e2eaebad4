package glyph

import (
	"fmt"
	"image"
	"image/color"
	"strings"
)

// dimMax bounds the width and the height of a bitmap in dots. The largest real
// one is a slip: 576 dots wide and some thousand long.
const dimMax = 1 << 14

// Bitmap is a picture of dots that are on or off. A dot that is on is lit on a
// panel and black on paper.
//
// As an [image.Image] it shows dots that are on as white and the others as
// black, which is what a panel looks like. For paper use [Bitmap.Invert] on a copy.
// A Bitmap must not be used by several goroutines while one of them draws.
type Bitmap struct {
	// Pix holds the rows from the top down, Stride bytes each. The most significant
	// bit is the leftmost dot. That is the order of ESC/POS raster images and of
	// the max7219 driver, so Pix can be handed to both as it is.
	Pix []byte
	// Stride is the length of a row in bytes, (width+7)/8. Bits behind the width are 0.
	Stride int
	// Rect has its corner at the origin; its size is the bitmap's size in dots.
	Rect image.Rectangle
}

// NewBitmap returns a bitmap of w times h dots, all off.
//
// It panics if w or h is not 0 to 16384, because the size of a bitmap is decided
// in code and not by data from outside.
func NewBitmap(w, h int) *Bitmap {
	if w < 0 || h < 0 || w > dimMax || h > dimMax {
		panic(fmt.Sprintf("glyph: bitmap of %d x %d dots, each side must be 0 to %d", w, h, dimMax))
	}
	stride := (w + 7) / 8
	return &Bitmap{Pix: make([]byte, stride*h), Stride: stride, Rect: image.Rect(0, 0, w, h)}
}

// On reports whether the dot at x, y is on. Outside the bitmap every dot is off.
func (b *Bitmap) On(x, y int) bool {
	if !(image.Point{X: x, Y: y}).In(b.Rect) {
		return false
	}
	return b.Pix[y*b.Stride+x/8]&(0x80>>(x%8)) != 0
}

// String draws the bitmap with characters, a line for each row: # for a dot that is on, . for one that is off.
func (b *Bitmap) String() string {
	var s strings.Builder
	for y := range b.Rect.Max.Y {
		for x := range b.Rect.Max.X {
			if b.On(x, y) {
				s.WriteByte('#')
			} else {
				s.WriteByte('.')
			}
		}
		s.WriteByte('\n')
	}
	return s.String()
}

// SetOn switches the dot at x, y on or off. Outside the bitmap it does nothing.
func (b *Bitmap) SetOn(x, y int, on bool) {
	if !(image.Point{X: x, Y: y}).In(b.Rect) {
		return
	}
	if on {
		b.Pix[y*b.Stride+x/8] |= 0x80 >> (x % 8)
	} else {
		b.Pix[y*b.Stride+x/8] &^= 0x80 >> (x % 8)
	}
}

// Fill switches all dots of r that lie in the bitmap on or off.
func (b *Bitmap) Fill(r image.Rectangle, on bool) {
	r = r.Intersect(b.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			b.SetOn(x, y, on)
		}
	}
}

// Clear switches all dots off.
func (b *Bitmap) Clear() { clear(b.Pix) }

// Invert swaps on and off in r.
func (b *Bitmap) Invert(r image.Rectangle) {
	r = r.Intersect(b.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			b.Pix[y*b.Stride+x/8] ^= 0x80 >> (x % 8)
		}
	}
}

// ColorModel implements [image.Image]. A colour becomes white if its grey value
// is 128 or more, else black.
func (b *Bitmap) ColorModel() color.Model { return color.ModelFunc(threshold) }

// Bounds implements [image.Image].
func (b *Bitmap) Bounds() image.Rectangle { return b.Rect }

// At implements [image.Image]: white for a dot that is on, else black.
func (b *Bitmap) At(x, y int) color.Color {
	if b.On(x, y) {
		return color.Gray{Y: 0xff}
	}
	return color.Gray{}
}

// Set implements the Image interface of [image/draw]. The dot is on if c is bright, as told at
// [Bitmap.ColorModel].
func (b *Bitmap) Set(x, y int, c color.Color) {
	b.SetOn(x, y, threshold(c).(color.Gray).Y != 0)
}

func threshold(c color.Color) color.Color {
	if color.GrayModel.Convert(c).(color.Gray).Y >= 0x80 {
		return color.Gray{Y: 0xff}
	}
	return color.Gray{}
}
