package sim

import (
	"image"
	"image/color"
)

// dotsImage draws a field of w by h coloured LEDs that are pitch pixels apart, round, on
// black. A dark LED is just visible.
func dotsImage(w, h, pitch int, at func(i int) color.RGBA) image.Image {
	pitch = min(max(pitch, 1), panelScaleMax)
	img := image.NewRGBA(image.Rect(0, 0, w*pitch, h*pitch))
	board, off := color.RGBA{R: 0x0a, G: 0x08, B: 0x08, A: 0xff}, color.RGBA{R: 0x20, G: 0x20, B: 0x22, A: 0xff}
	for i := range img.Pix {
		img.Pix[i] = []uint8{board.R, board.G, board.B, board.A}[i%4]
	}
	led := disc(pitch)
	for i := range w * h {
		c := glow(at(i))
		if c == (color.RGBA{}) {
			c = off
		}
		x0, y0 := i%w*pitch, i/w*pitch
		for j, shade := range led {
			if shade != 0 {
				img.SetRGBA(x0+j%pitch, y0+j/pitch, mix(board, c, float64(shade)/shades))
			}
		}
	}
	return img
}

// glow is how a person sees an LED's colour: a light of a sixteenth is still a light.
func glow(c color.RGBA) color.RGBA {
	top := max(c.R, c.G, c.B)
	if top == 0 {
		return color.RGBA{}
	}
	bright := 0.55 + 0.45*float64(top)/0xff
	part := func(v uint8) uint8 { return uint8(float64(v) / float64(top) * bright * 0xff) }
	return color.RGBA{R: part(c.R), G: part(c.G), B: part(c.B), A: 0xff}
}

// lamps packs lit dots into rows as drivers take them.
func lamps(w, h int, lit func(i int) bool) []byte {
	rows := make([]byte, (w+7)/8*h)
	for i := range w * h {
		if lit(i) {
			rows[i/w*((w+7)/8)+i%w/8] |= 0x80 >> (i % w % 8)
		}
	}
	return rows
}
