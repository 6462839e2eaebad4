package escpos

import (
	"fmt"
	"image"
)

// Image is a picture of one bit a dot in the middle of the slip, such as a logo. It is sent as
// picture commands, and left out on a serial line, which takes seconds for it.
type Image struct {
	Width int    // in its own dots, a multiple of 8
	Bits  []byte // its rows from the top down, the leftmost dot in the top bit
	Dot   int    // side of one of its dots on paper, 1 to 8; zero means 1
}

func (i Image) check() error {
	if i.Width < 8 || i.Width > maxDots || i.Width%8 != 0 {
		return fmt.Errorf("image width of %d dots is not a multiple of 8 up to %d", i.Width, maxDots)
	}
	if n := i.Width / 8; len(i.Bits) == 0 || len(i.Bits)%n != 0 {
		return fmt.Errorf("image of %d bytes is not of whole rows of %d bytes", len(i.Bits), n)
	}
	if i.Dot < 0 || i.Dot > maxScale {
		return fmt.Errorf("image dot of %d dots is not from 1 to %d", i.Dot, maxScale)
	}
	return nil
}

func (i Image) text(e *textEncoder) error {
	if e.profile.Baud > 0 {
		return nil
	}
	if err := i.fits(e.profile.Dots); err != nil {
		return err
	}
	p, err := NewPaper(e.profile.Dots, e.glyph)
	if err != nil {
		return err
	}
	dot := max(i.Dot, 1)
	if err := p.stamp(bitmap(i.Bits, i.Width/8), dot); err != nil {
		return err
	}
	e.style(Center, e.size, e.bold)
	e.out.raster(p.Tear(), i.Width/8*dot) // the printer brings it to the middle: its margin needs no bytes
	return nil
}

// fits returns an error if i is wider than the paper.
func (i Image) fits(dots int) error {
	if side := i.Width * max(i.Dot, 1); side > dots {
		return fmt.Errorf("image of %d dots is wider than the paper's %d", side, dots)
	}
	return nil
}

func (i Image) draw(p *Paper) error {
	if err := i.fits(p.dots); err != nil {
		return err
	}
	p.setStyle(Center, Size{}, false)
	return p.stamp(bitmap(i.Bits, i.Width/8), max(i.Dot, 1))
}

// bitmap returns rows of bytes, the leftmost dot in the top bit, as a picture.
func bitmap(bits []byte, stride int) *image.Paletted {
	img := newSheet(stride*8, len(bits)/stride)
	for y := range img.Rect.Dy() {
		line := row(img, y)
		for x := range line {
			if bits[y*stride+x/8]&(0x80>>(x%8)) != 0 {
				line[x] = Ink
			}
		}
	}
	return img
}
