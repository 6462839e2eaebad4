package glyph

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

var _ draw.Image = (*Bitmap)(nil)

func TestDotsOutsideAreOffAndSettingThemDoesNothing(t *testing.T) {
	b := NewBitmap(10, 3)
	for _, p := range []image.Point{{-1, 0}, {0, -1}, {10, 0}, {15, 1}, {0, 3}} {
		b.SetOn(p.X, p.Y, true)
		if b.On(p.X, p.Y) {
			t.Errorf("dot %v is on", p)
		}
	}
	for i, v := range b.Pix {
		if v != 0 {
			t.Errorf("byte %d is %02x, want 0", i, v)
		}
	}
}

func TestRowsAreBytesWithTheLeftDotInTheHighBit(t *testing.T) {
	b := NewBitmap(10, 2)
	b.SetOn(0, 0, true)
	b.SetOn(9, 1, true)
	if b.Stride != 2 || b.Pix[0] != 0x80 || b.Pix[3] != 0x40 {
		t.Errorf("stride %d, bytes % x; want 2, 80 00 00 40", b.Stride, b.Pix)
	}
	b.SetOn(0, 0, false)
	if b.Pix[0] != 0 {
		t.Errorf("first byte is %02x after the dot went off", b.Pix[0])
	}
}

func TestFillAndInvertStayInside(t *testing.T) {
	b := NewBitmap(10, 2)
	b.Fill(image.Rect(-5, -5, 50, 50), true)
	if b.Pix[0] != 0xff || b.Pix[1] != 0xc0 {
		t.Errorf("full row is % x, want ff c0: bits behind the width stay 0", b.Pix[:2])
	}
	b.Invert(image.Rect(0, 0, 20, 1))
	if b.Pix[0] != 0 || b.Pix[1] != 0 || b.Pix[2] != 0xff {
		t.Errorf("after inverting the first row the bytes are % x", b.Pix)
	}
	b.Clear()
	if b.On(0, 1) {
		t.Error("a dot is on after Clear")
	}
}

func TestBitmapIsAnImageWhereBrightMeansOn(t *testing.T) {
	b := NewBitmap(4, 1)
	src := image.NewRGBA(b.Bounds())
	for x, c := range []color.Color{color.Black, color.White, color.RGBA{R: 0xff, A: 0xff}, color.Gray{Y: 0x80}} {
		src.Set(x, 0, c)
	}
	draw.Draw(b, b.Bounds(), src, image.Point{}, draw.Src)
	if b.Pix[0] != 0x50 {
		t.Errorf("black, white, red, middle grey became %08b, want 01010000", b.Pix[0])
	}
	if b.At(1, 0) != (color.Gray{Y: 0xff}) || b.At(0, 0) != (color.Gray{}) {
		t.Errorf("colours are %v and %v", b.At(1, 0), b.At(0, 0))
	}
	if b.ColorModel().Convert(color.White) != (color.Gray{Y: 0xff}) {
		t.Error("white is not white in the bitmap's colour model")
	}
}

func TestBitmapOfImpossibleSizePanics(t *testing.T) {
	for _, size := range []image.Point{{-1, 1}, {1, -1}, {dimMax + 1, 1}, {1, dimMax + 1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a bitmap of %v was made", size)
				}
			}()
			NewBitmap(size.X, size.Y)
		}()
	}
}
