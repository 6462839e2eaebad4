package display

import (
	"fmt"
	"image"
	"slices"
	"strings"
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
	Notice    protocol.Text         // of the hall, in turn with the name of an open window without a number
	SinceCall time.Duration         // since the window last called, or negative when it has not since the start
	Shown     time.Duration         // since the present text or number stands here
	Age       time.Duration         // of the state: 0 while the hub is there
}

// Frame draws the scene on a panel of size dots. A panel below 16 dots of height shows
// digits and capitals alone: Chinese cannot be read on it.
func Frame(s Scene, size image.Point) *glyph.Bitmap {
	b := glyph.NewBitmap(size.X, size.Y)
	if s.State != nil && s.State.Current != nil {
		if !s.dark() {
			drawNumber(b, numberOf(s.State, size))
		}
	} else {
		drawTexts(b, s.texts(size), s.Shown)
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
	texts := s.texts(size)
	face, scale := textFace(size, texts[0])
	return len(texts) > 1 || face.Width(texts[0], scale) > size.X
}

// textFace is what a text is written in, and how large: as large as it fits whole, or as high as
// the panel when it has to scroll anyway.
func textFace(size image.Point, text string) (glyph.Face, int) {
	if low(size) {
		return glyph.Small, 1
	}
	highest := size.Y / glyph.Text.Height(1)
	for scale := highest; scale > 1; scale-- {
		if glyph.Width(text, scale) <= size.X {
			return glyph.Text, scale
		}
	}
	if glyph.Width(text, 1) <= size.X {
		return glyph.Text, 1
	}
	return glyph.Text, highest
}

// low reports whether a panel is too low for Chinese.
func low(size image.Point) bool { return size.Y < glyph.Text.Height(1) }

// texts are what a panel without number says, one after the other.
func (s Scene) texts(size image.Point) []string {
	if low(size) {
		return []string{s.plain()}
	}
	var texts []string
	add := func(text string) {
		if text != "" && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	for _, lang := range s.languages() {
		add(s.text().In(lang))
		if s.State != nil && s.State.Status == protocol.Open {
			add(s.Notice.In(lang))
		}
		if s.Age >= awayTold {
			add(protocol.Say(
				fmt.Sprintf("离线%d分", s.Age/time.Minute), fmt.Sprintf("offline %d min", s.Age/time.Minute)).In(lang))
		}
	}
	if len(texts) == 0 {
		return []string{""} // a window without a name
	}
	return texts
}

// plain is the text of a panel that has digits and capitals alone: what English has for it, else
// the window's label, else a bar which says that nobody is called here.
func (s Scene) plain() string {
	texts := []string{strings.ToUpper(s.text()[protocol.English])}
	if s.State != nil && s.State.Status == protocol.Open {
		texts = append(texts, strings.ToUpper(s.State.Label))
	}
	for _, text := range texts {
		if text != "" && glyph.Small.Holds(text) {
			return text
		}
	}
	return "--"
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

// drawTexts draws the text whose turn it is.
func drawTexts(b *glyph.Bitmap, texts []string, shown time.Duration) {
	size := b.Rect.Size()
	turn := func(text string) time.Duration {
		face, scale := textFace(size, text)
		w := face.Width(text, scale)
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
		face, scale := textFace(size, text)
		w := face.Width(text, scale)
		x := (size.X - w) / 2
		if w > size.X {
			x = size.X - int(shown/scrollStep)/stepFrames*stepFrames
		}
		face.Draw(b, x, (size.Y-face.Height(scale))/2, text, scale)
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
