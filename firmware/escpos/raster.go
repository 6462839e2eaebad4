package escpos

import (
	"fmt"
	"image"
	"image/color"

	"github.com/boombuler/barcode/qr"
)

// minBlank is how many blank lines in a picture are worth a feed command: below it the three
// bytes and the restart of the motor cost more than the lines.
const minBlank = 8

// Palette indexes of paper pictures.
const (
	Blank = 0 // bare paper
	Ink   = 1 // a burnt dot
	Mark  = 2 // a cut; never printed
)

// newSheet returns a blank picture of that size in the three colours of paper.
func newSheet(width, height int) *image.Paletted {
	return image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{
		Blank: color.Gray{Y: 0xff},
		Ink:   color.Gray{Y: 0x10},
		Mark:  color.Gray{Y: 0xb0},
	})
}

// fill sets the pixels of r to the palette index c.
func fill(img *image.Paletted, r image.Rectangle, c uint8) {
	r = r.Intersect(img.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := img.Pix[img.PixOffset(r.Min.X, y):]
		for x := range r.Dx() {
			row[x] = c
		}
	}
}

// row returns the pixels of line y.
func row(img *image.Paletted, y int) []uint8 {
	i := img.PixOffset(img.Rect.Min.X, y)
	return img.Pix[i : i+img.Rect.Dx()]
}

// blankRows returns how many lines from y on have no ink.
func blankRows(img *image.Paletted, y int) int {
	n := 0
	for ; y+n < img.Rect.Max.Y; n++ {
		for _, p := range row(img, y+n) {
			if p == Ink {
				return n
			}
		}
	}
	return n
}

// usedColumns returns one more than the rightmost inked column of the lines y0 to y1.
func usedColumns(img *image.Paletted, y0, y1 int) int {
	used := 0
	for y := y0; y < y1; y++ {
		line := row(img, y)
		for x := len(line) - 1; x >= used; x-- {
			if line[x] == Ink {
				used = x + 1
				break
			}
		}
	}
	return used
}

// appendBits appends width bytes of line y, the leftmost pixel in the top bit.
func appendBits(buf []byte, img *image.Paletted, y, width int) []byte {
	line := row(img, y)
	for i := range width {
		var b byte
		for bit := range 8 {
			if x := i*8 + bit; x < len(line) && line[x] == Ink {
				b |= 0x80 >> bit
			}
		}
		buf = append(buf, b)
	}
	return buf
}

// qrImage returns text as a QR code with correction level M, one dot a module, without a quiet zone.
func qrImage(text string) (*image.Paletted, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("QR code of %d bytes: %w", len(text), err)
	}
	n := code.Bounds().Dx()
	img := newSheet(n, n)
	for y := range n {
		for x := range n {
			if level, _, _, _ := code.At(x, y).RGBA(); level == 0 {
				row(img, y)[x] = Ink
			}
		}
	}
	return img, nil
}
