package pad

import (
	"image"
	"slices"
	"strconv"
	"time"

	"jiaohao/firmware/glyph"
	"jiaohao/protocol"
)

const (
	row        = 16                     // dots of a line of text
	holdLine   = time.Second            // a line that is too long stands first, so that its beginning can be read
	scrollStep = 30 * time.Millisecond  // a dot
	lineGap    = 32                     // dots between the end of such a line and its next beginning
	StepEvery  = 120 * time.Millisecond // how often a scrolling line is worth drawing: four dots, 8 pictures a second
)

// View is what the pad shows.
type View struct {
	Lang    protocol.Lang
	Status  protocol.Status // of the window, shown large when there is no number
	Number  string          // at the window now, or empty
	Stage   protocol.Stage  // of the number
	Waiting int             // that this window may call
	Line    string          // a menu, a question or an answer; empty leaves the row free
	Shown   time.Duration   // since the line stands: a long one scrolls
	Offline bool            // the hub is away
}

// words are the pad's own, short enough for half a row.
var words = [...]struct{ key, zh, en string }{
	{string(protocol.Called), "已叫号", "called"},
	{string(protocol.Serving), "办理中", "serving"},
	{string(protocol.Held), "挂起", "held"},
	{string(protocol.Open), "空闲", "Free"},
	{string(protocol.Paused), "暂停服务", "Paused"},
	{string(protocol.Away), "终端离线", "Away"},
	{string(protocol.Closed), "未签到", "No clerk"},
	{"waiting", "等候", "wait "},
	{"offline", "离线", "offline"},
}

func (v View) word(key string) string {
	i := slices.IndexFunc(words[:], func(w struct{ key, zh, en string }) bool { return w.key == key })
	switch {
	case i < 0:
		return ""
	case v.Lang == protocol.English:
		return words[i].en
	}
	return words[i].zh
}

// Frame draws v on a display of size dots, 64 by 32 at least. From 64 dots of height on the number is twice as
// high and the stage has a row of its own; below that the stage stands in the row of the line while there is none.
func Frame(v View, size image.Point) *glyph.Bitmap {
	b := glyph.NewBitmap(size.X, size.Y)
	waiting := v.word("waiting") + strconv.Itoa(v.Waiting)
	if size.Y >= 4*row {
		v.drawState(b, image.Rect(0, 0, size.X-glyph.Width(waiting, 1), row))
		glyph.Draw(b, size.X-glyph.Width(waiting, 1), 0, waiting, 1)
		v.drawNumber(b, image.Rect(0, row, size.X, size.Y-row))
		v.drawLine(b, size.Y-row, v.Line)
		return b
	}
	waiting = strconv.Itoa(v.Waiting) // beside the number there is no room for the word
	glyph.Draw(b, size.X-glyph.Width(waiting, 1), 0, waiting, 1)
	v.drawNumber(b, image.Rect(0, 0, size.X-glyph.Width(waiting, 1)-4, row))
	if v.Line == "" {
		v.drawState(b, image.Rect(0, size.Y-row, size.X, size.Y))
		return b
	}
	v.drawLine(b, size.Y-row, v.Line)
	return b
}

// Moving reports whether the line is too long for size and scrolls, so that the next
// frame is due after [StepEvery].
func (v View) Moving(size image.Point) bool { return glyph.Width(v.Line, 1) > size.X }

// drawState writes the stage of the number, or that the hub is away: white on
// black turned round, since a clerk must not miss it.
func (v View) drawState(b *glyph.Bitmap, r image.Rectangle) {
	text := ""
	switch {
	case v.Offline:
		text = v.word("offline")
	case v.Number != "":
		text = v.word(string(v.Stage))
	}
	end := glyph.Draw(b, r.Min.X, r.Min.Y, text, 1)
	if v.Offline {
		b.Invert(image.Rect(r.Min.X, r.Min.Y, end, r.Max.Y))
	}
}

// drawNumber writes the number, or the window's status, in the middle of r as large as it fits.
func (v View) drawNumber(b *glyph.Bitmap, r image.Rectangle) {
	face, text := glyph.Panel, v.Number
	if text == "" {
		face, text = glyph.Text, v.word(string(v.Status))
	}
	scale := max(r.Dy()/row, 1)
	for scale > 1 && face.Width(text, scale) > r.Dx() {
		scale--
	}
	if face.Width(text, scale) > r.Dx() {
		face = glyph.Text
	}
	x := r.Min.X + max((r.Dx()-face.Width(text, scale))/2, 0)
	face.Draw(b, x, r.Min.Y+(r.Dy()-face.Height(scale))/2, text, scale)
}

// drawLine writes the line; one that is too long stands and then runs round.
func (v View) drawLine(b *glyph.Bitmap, y int, text string) {
	width := glyph.Width(text, 1)
	if width <= b.Rect.Dx() {
		glyph.Draw(b, 0, y, text, 1)
		return
	}
	round := holdLine + time.Duration(width+lineGap)*scrollStep
	x := -int(max(v.Shown%round-holdLine, 0) / scrollStep)
	x = glyph.Draw(b, x, y, text, 1)
	glyph.Draw(b, x+lineGap, y, text, 1)
}
