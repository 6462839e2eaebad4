package display

import (
	"image"
	"strings"

	"jiaohao/firmware/glyph"
	"jiaohao/protocol"
)

const (
	// numberLongest is as long as a number can be: two letters, and four digits since a service issues at most 9999 a day.
	numberLongest = "AB9999"
	// widthMin is what numberLongest needs in the narrowest face, in whole modules.
	widthMin = 32
	// dashes stand for a number that does not fit: a part of it would be somebody else's.
	dashes = "--"
)

// lettering is how a number is drawn.
type lettering struct {
	face  glyph.Face
	scale int
	bold  bool // each stroke twice
}

// width is how much room the number takes in dots. The low faces have a gap behind the last character.
func (l lettering) width(number string) int {
	w := l.face.Width(number, l.scale)
	switch {
	case l.bold:
		return w + 2*(len([]rune(number))-1)
	case l.face == glyph.Small || l.face == glyph.Slim:
		return w - l.scale
	}
	return w
}

// letterings are those for a panel, the best first: as large as can be, bold before plain before slim.
func letterings(size image.Point) []lettering {
	if low(size) {
		return []lettering{{glyph.Small, 1, true}, {glyph.Small, 1, false}, {glyph.Slim, 1, false}}
	}
	var all []lettering
	for _, face := range []glyph.Face{glyph.Panel, glyph.Text, glyph.Small, glyph.Slim} {
		for scale := size.Y / face.Height(1); scale >= 1; scale-- {
			all = append(all, lettering{face, scale, false})
		}
	}
	return all
}

// letter finds the best lettering in which the whole number fits.
func letter(number string, size image.Point) (lettering, bool) {
	for _, l := range letterings(size) {
		whole := l.face != glyph.Small && l.face != glyph.Slim || l.face.Holds(number)
		if whole && l.width(number) <= size.X {
			return l, true
		}
	}
	return lettering{}, false
}

// numberOf is the number that a panel of this height shows for a state, or "".
func numberOf(s *protocol.WindowState, size image.Point) string {
	switch {
	case s == nil || s.Current == nil:
		return ""
	case low(size):
		return strings.ToUpper(s.Current.Number)
	}
	return s.Current.Number
}

// fits reports whether a panel can show the state's number whole, if it has one.
func fits(s *protocol.WindowState, size image.Point) bool {
	_, ok := letter(numberOf(s, size), size)
	return ok
}

// drawNumber draws a number in the middle, as large as fits, and never so that it moves. One that does not fit
// is dashes.
func drawNumber(b *glyph.Bitmap, number string) {
	size := b.Rect.Size()
	l, ok := letter(number, size)
	if !ok {
		number = dashes
		if l, ok = letter(number, size); !ok {
			return
		}
	}
	x, height := (size.X-l.width(number))/2, l.face.Height(l.scale)
	switch {
	case l.bold:
		for _, r := range number {
			l.face.Draw(b, x, (size.Y-height)/2, string(r), 1)
			l.face.Draw(b, x+1, (size.Y-height)/2, string(r), 1)
			x += l.face.Width(string(r), 1) + 2
		}
	case height*2 <= size.Y && (l.face == glyph.Small || l.face == glyph.Slim):
		drawTall(b, l, x, number)
	default:
		l.face.Draw(b, x, (size.Y-height)/2, number, l.scale)
	}
}

// drawTall draws a number twice as high as its lettering is, so that a narrow panel does not waste its height.
func drawTall(b *glyph.Bitmap, l lettering, x int, number string) {
	height := l.face.Height(l.scale)
	once := glyph.NewBitmap(b.Rect.Dx(), height)
	l.face.Draw(once, x, 0, number, l.scale)
	top := b.Rect.Dy()/2 - height
	for y := range 2 * height {
		for x := range b.Rect.Dx() {
			if once.On(x, y/2) {
				b.SetOn(x, top+y, true)
			}
		}
	}
}

// calls tells new calls of a window from those that were seen.
type calls struct{ call, epoch uint64 }

// hear takes a state and reports whether its number was called since the last one. Calls rise, but after a start of the hub from
// a backup they begin again lower, and only the call that stood here is no new one then.
func (c *calls) hear(s *protocol.WindowState) bool {
	now := s.Current
	if now == nil || now.Call <= c.call && (s.Epoch <= c.epoch || now.Call == c.call) {
		if now != nil && now.Call == c.call {
			c.epoch = max(c.epoch, s.Epoch)
		}
		return false
	}
	c.call, c.epoch = now.Call, s.Epoch
	return true
}
