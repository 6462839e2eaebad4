package escpos

import "strings"

// A serial line is slow: at 9600 baud a whole slip as pictures takes half a minute. So there text
// is sent as text, and what has to be a picture has a bounded share of the line's time.
const (
	// slowMax is how many seconds all pictures of a slip may take on a serial line: people at a
	// dispenser wait no longer.
	slowMax = 2
	// bitsPerByte is what a byte takes on a serial line: start, eight data bits and stop.
	bitsPerByte = 10
	// largeSize is from what height on a line is the large number (of Profile.Number).
	largeSize = 4
	// missing stands for a character that is neither in the font nor drawn: GB 2312 has it for that.
	missing = '〓'
)

// band sends l as one small picture as wide as its text. It shrinks until the slip has time for it; when
// there is none left it goes as text, with a mark for each character that the font lacks.
func (e *textEncoder) band(l Line) error {
	plain, align := l, l.Align
	l.Align = Left
	for size := l.Size.norm(); size.W > 0 && size.H > 0; size = (Size{W: size.W - 1, H: size.H - 1}) {
		width := (Columns(l.Text)*halfWidth*size.W + size.W + 7) / 8 // bold makes it a little wider
		bytes := width * cellHeight * size.H
		if bytes > e.wire || width*8 > e.profile.Dots {
			continue
		}
		p, err := NewPaper(e.profile.Dots, e.glyph)
		if err != nil {
			return err
		}
		l.Size = size
		if err := l.draw(p); err != nil {
			return err
		}
		e.style(align, e.size, e.bold)
		before := len(e.out.buf)
		e.out.raster(p.Tear(), width)
		e.wire -= len(e.out.buf) - before
		return nil
	}
	e.style(align, plain.Size, plain.Bold)
	e.out.Text(e.marked(plain.Text), e.profile.Charset)
	e.out.Line()
	return nil
}

// marked returns text with the mark in place of what the font lacks.
func (e *textEncoder) marked(text string) string {
	foreign := string(Foreign(text, e.profile.Charset))
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(foreign, fold(r)) {
			return missing
		}
		return r
	}, Clean(text))
}

// drawnQR draws a code for a printer without the QR command. On a serial line it is left out if it
// takes too long: the number counts, and is already on the slip.
func (e *textEncoder) drawnQR(q QR) error {
	if e.profile.Baud == 0 {
		return e.drawn(q)
	}
	img, module, err := q.code(e.profile.Dots)
	if err != nil {
		return err
	}
	side := img.Rect.Dx() * module
	width := (side + 7) / 8
	if width*side > e.wire {
		return nil
	}
	p, err := NewPaper(e.profile.Dots, e.glyph)
	if err != nil {
		return err
	}
	if err := p.stamp(img, module); err != nil {
		return err
	}
	e.style(Center, e.size, e.bold)
	e.out.raster(p.Tear(), width)
	e.wire -= width * side
	return nil
}
