package main

import (
	"encoding/binary"
	"fmt"
	"image"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

const (
	ticketHeight = 96  // dots; 12 mm at the 203 dpi of slip printers
	ticketWidth  = 120 // dots; room for the widest letter
	ticketSize   = 122 // pixels per em; makes capitals 88 dots high
	ticketBase   = 92  // dots from the top to the base line

	zeroSide = 18 // dots; the width of an upright stroke of Go Bold at this size
	zeroCap  = 14 // dots; the width of a level one
)

// ticketChars are the characters of a ticket number, sorted.
const ticketChars = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// packTicket draws the characters of ticket numbers. A record holds the advance in
// dots in a byte before the cell.
func packTicket() ([]byte, error) {
	parsed, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("go bold: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: ticketSize, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("go bold: %w", err)
	}
	defer face.Close()
	var out []byte
	for _, r := range ticketChars {
		cell := image.NewGray(image.Rect(0, 0, ticketWidth, ticketHeight))
		pen := font.Drawer{Dst: cell, Src: image.White, Face: face, Dot: fixed.P(0, ticketBase)}
		pen.DrawString(string(r))
		if r == '0' {
			hollow(cell)
		}
		advance := pen.Dot.X.Ceil()
		if advance > ticketWidth {
			return nil, fmt.Errorf("%q is %d dots wide, must be at most %d", r, advance, ticketWidth)
		}
		out = append(binary.BigEndian.AppendUint16(out, uint16(r)), byte(advance))
		out = appendCell(out, cell, 0, ticketWidth, ticketHeight)
	}
	return out, nil
}

// hollow takes the slash out of the zero, which people in a hall would read as an 8:
// it fills the outline and then cuts out what lies a stroke's width inside of it.
func hollow(zero *image.Gray) {
	b := zero.Bounds()
	solid := image.NewGray(b)
	for y := range b.Dy() {
		first, last := b.Dx(), -1
		for x := range b.Dx() {
			if zero.GrayAt(x, y).Y >= 0x80 {
				first, last = min(first, x), x
			}
		}
		for x := first; x <= last; x++ {
			solid.Pix[solid.PixOffset(x, y)] = 0xff
		}
	}
	for y := range b.Dy() {
		for x := range b.Dx() {
			at := zero.PixOffset(x, y)
			zero.Pix[at] = solid.Pix[at]
			if deepInside(solid, x, y) {
				zero.Pix[at] = 0
			}
		}
	}
}

// deepInside reports whether an ellipse of half axes zeroSide and zeroCap around
// x, y lies wholly in solid.
func deepInside(solid *image.Gray, x, y int) bool {
	for dy := -zeroCap; dy <= zeroCap; dy++ {
		for dx := -zeroSide; dx <= zeroSide; dx++ {
			within := dx*dx*zeroCap*zeroCap+dy*dy*zeroSide*zeroSide <= zeroSide*zeroSide*zeroCap*zeroCap
			if within && solid.GrayAt(x+dx, y+dy).Y == 0 {
				return false
			}
		}
	}
	return true
}

// double makes every dot 2 by 2 dots and then cuts and fills the corners of
// diagonal steps: a corner takes the colour of its two outer neighbours if they agree
// and the two opposite ones do not (the rule is known as Scale2x).
func double(src *image.Gray) *image.Gray {
	b := src.Bounds()
	dst := image.NewGray(image.Rect(0, 0, 2*b.Dx(), 2*b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			up, down := src.GrayAt(x, y-1), src.GrayAt(x, y+1)
			left, right := src.GrayAt(x-1, y), src.GrayAt(x+1, y)
			for i := range 4 {
				near, side := up, left
				if i >= 2 {
					near = down
				}
				if i%2 == 1 {
					side = right
				}
				c := src.GrayAt(x, y)
				if near == side && up != down && left != right {
					c = near
				}
				dst.SetGray(2*x+i%2, 2*y+i/2, c)
			}
		}
	}
	return dst
}
