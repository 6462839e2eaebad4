package sim

import (
	"image"
	"image/color"
	"math"
)

const (
	// panelPitch is the distance of two LEDs in Image in pixels: a field of 64 by 16 becomes 640 by 160.
	panelPitch = 10
	// panelScaleMax bounds the pitch, so that a picture stays below some 50 MB.
	panelScaleMax = 64
	// shades is the number of steps between background and LED at a LED's soft edge.
	shades = 15
)

// Image returns a picture of the panel as it is now: round red LEDs, 10 pixels apart, on black.
// LEDs that are off are just visible. A dimmed panel is darker.
func (p *Panel) Image() image.Image { return p.ImageAt(panelPitch) }

// ImageAt is Image with LEDs that are pitch pixels apart; pitch is brought into 1 to 64.
func (p *Panel) ImageAt(pitch int) image.Image {
	pitch = min(max(pitch, 1), panelScaleMax)
	w, h := p.Size()
	img := image.NewPaletted(image.Rect(0, 0, w*pitch, h*pitch), panelPalette())
	led := disc(pitch)
	for i, level := range p.levels() {
		x0, y0 := i%w*pitch, i/w*pitch
		for j, shade := range led {
			if shade != 0 {
				img.SetColorIndex(x0+j%pitch, y0+j/pitch, uint8((level+1)*shades)+shade)
			}
		}
	}
	return img
}

// disc returns the coverage of each pixel of a tile by a round LED, 0 to shades.
func disc(pitch int) []uint8 {
	const sub = 4 // samples along a pixel's side
	tile := make([]uint8, pitch*pitch)
	centre, radius := float64(pitch)/2, float64(pitch)*0.42
	for i := range tile {
		in := 0
		for s := range sub * sub {
			x := float64(i%pitch) + (float64(s%sub)+0.5)/sub - centre
			y := float64(i/pitch) + (float64(s/sub)+0.5)/sub - centre
			if math.Hypot(x, y) <= radius {
				in++
			}
		}
		tile[i] = uint8(in * shades / (sub * sub))
	}
	if pitch == 1 {
		tile[0] = shades
	}
	return tile
}

// panelPalette holds the background, then the shades of a LED that is off, then those of each
// intensity step from the lowest.
func panelPalette() color.Palette {
	board := color.RGBA{R: 0x0a, G: 0x08, B: 0x08, A: 0xff}
	off := color.RGBA{R: 0x2a, G: 0x12, B: 0x10, A: 0xff}
	full := color.RGBA{R: 0xff, G: 0x3a, B: 0x22, A: 0xff}
	palette := color.Palette{board}
	for level := -1; level < 16; level++ {
		led := off
		if level >= 0 {
			// The eye sees the step from 1/32 to 2/32 of the time as large as that from 16/32 to 32/32.
			led = mix(off, full, 0.55+0.45*math.Log2(float64(2*level+1))/math.Log2(31))
		}
		for shade := 1; shade <= shades; shade++ {
			palette = append(palette, mix(board, led, float64(shade)/shades))
		}
	}
	return palette
}

// mix returns the colour that lies the given part of the way from a to b.
func mix(a, b color.RGBA, part float64) color.RGBA {
	channel := func(x, y uint8) uint8 { return uint8(float64(x) + part*(float64(y)-float64(x)) + 0.5) }
	return color.RGBA{R: channel(a.R, b.R), G: channel(a.G, b.G), B: channel(a.B, b.B), A: 0xff}
}
