package display

import (
	"fmt"
	"image"
	"slices"
	"time"

	"jiaohao/firmware/glyph"
	"jiaohao/protocol"
)

// How a panel moves.
const (
	blinkFor   = 5 * time.Second        // after a call: long enough to look up
	blinkHalf  = 250 * time.Millisecond // on and off: 2 Hz, below what may harm people with epilepsy (3 Hz)
	holdText   = 4 * time.Second        // a text that fits, before the other language
	scrollStep = 30 * time.Millisecond  // a dot: 33 dots a second are read with ease at 5 m
	stepFrames = 3                      // dots of a scrolling text that move together: 11 pictures a second
	awayAfter  = 45 * time.Second       // the hub is noticed away up to 30 s late; shorter cuts need no mark
	awayTold   = 3 * time.Minute        // then a panel without number says it in words
	dotHalf    = time.Second            // the mark's rhythm
)

// Scene is all that a picture follows from.
type Scene struct {
	State     *protocol.WindowState // nil before the first one
	Languages []protocol.Lang       // that texts alternate in; empty means Chinese
	SinceCall time.Duration         // since the window last called, or negative when it has not since the start
	Shown     time.Duration         // since the present text or number stands here
	Age       time.Duration         // of the state: 0 while the hub is there
}

// Frame draws the scene on a panel of size dots.
func Frame(s Scene, size image.Point) *glyph.Bitmap {
	b := glyph.NewBitmap(size.X, size.Y)
	if s.State != nil && s.State.Current != nil {
		if !s.dark() {
			drawNumber(b, s.State.Current.Number)
		}
	} else {
		drawTexts(b, s.texts(), s.Shown)
	}
	if s.Age >= awayAfter && s.Age/dotHalf%2 == 0 {
		drawAway(b)
	}
	return b
}

// blinking reports whether the window has just called.
func (s Scene) blinking() bool {
	return s.State != nil && s.State.Current != nil && s.SinceCall >= 0 && s.SinceCall < blinkFor
}

// dark reports whether a blinking number is off now.
func (s Scene) dark() bool { return s.blinking() && s.SinceCall/blinkHalf%2 == 1 }

// moving reports whether the picture changes by itself, besides blinking.
func (s Scene) moving(size image.Point) bool {
	if s.State != nil && s.State.Current != nil {
		return false
	}
	texts := s.texts()
	return len(texts) > 1 || glyph.Width(texts[0], textScale(size)) > size.X
}

// textScale is how often the text face fits on the panel's height.
func textScale(size image.Point) int { return max(size.Y/glyph.Text.Height(1), 1) }

// texts are what a panel without number says, one after the other.
func (s Scene) texts() []string {
	var texts []string
	for _, lang := range s.languages() {
		if text := s.text().In(lang); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
		if s.Age >= awayTold {
			texts = append(texts, protocol.Say(
				fmt.Sprintf("离线%d分", s.Age/time.Minute), fmt.Sprintf("offline %d min", s.Age/time.Minute)).In(lang))
		}
	}
	return texts
}

func (s Scene) languages() []protocol.Lang {
	if len(s.Languages) == 0 {
		return []protocol.Lang{protocol.Chinese}
	}
	return s.Languages
}

// text is the hub's notice, or what the window's status says by itself.
func (s Scene) text() protocol.Text {
	switch {
	case s.State == nil:
		return protocol.Say("连接中…", "connecting")
	case len(s.State.Notice) > 0:
		return s.State.Notice
	case s.State.Status == protocol.Open && len(s.State.Name) > 0:
		return s.State.Name
	case s.State.Status == protocol.Open:
		return protocol.Say(s.State.Label+"号窗口", "Window "+s.State.Label)
	case s.State.Status == protocol.Closed:
		return protocol.Say("未开放", "Closed")
	default:
		return protocol.Say("暂停服务", "Paused")
	}
}

// drawNumber draws a number in the middle, as large as fits: bold, or plain if
// it has too many characters, and never so that it moves.
func drawNumber(b *glyph.Bitmap, number string) {
	size := b.Rect.Size()
	for _, face := range []glyph.Face{glyph.Panel, glyph.Text} {
		for scale := max(size.Y/face.Height(1), 1); scale >= 1; scale-- {
			w := face.Width(number, scale)
			if w <= size.X || face == glyph.Text && scale == 1 {
				face.Draw(b, max((size.X-w)/2, 0), (size.Y-face.Height(scale))/2, number, scale)
				return
			}
		}
	}
}

// drawTexts draws the text whose turn it is.
func drawTexts(b *glyph.Bitmap, texts []string, shown time.Duration) {
	size := b.Rect.Size()
	scale := textScale(size)
	turn := func(text string) time.Duration {
		w := glyph.Width(text, scale)
		if w <= size.X {
			return holdText
		}
		return time.Duration(size.X+w) * scrollStep
	}
	var round time.Duration
	for _, text := range texts {
		round += turn(text)
	}
	shown %= round
	for _, text := range texts {
		if shown >= turn(text) {
			shown -= turn(text)
			continue
		}
		w := glyph.Width(text, scale)
		x := (size.X - w) / 2
		if w > size.X {
			x = size.X - int(shown/scrollStep)/stepFrames*stepFrames
		}
		glyph.Draw(b, x, (size.Y-glyph.Text.Height(scale))/2, text, scale)
		return
	}
}

// drawAway marks an old picture: two dots in the lower right corner, with dark
// ones around them.
func drawAway(b *glyph.Bitmap) {
	size := b.Rect.Size()
	b.Fill(image.Rect(size.X-3, size.Y-2, size.X, size.Y), false)
	b.SetOn(size.X-1, size.Y-1, true)
	b.SetOn(size.X-2, size.Y-1, true)
}
