package escpos

import (
	"errors"
	"fmt"
	"image"
	"strings"
	"unicode/utf8"
)

// Doc is a slip from top to bottom. It says nothing of bytes: [Encode] decides by the printer's
// profile what is sent as text and what as a picture. Both look the same.
type Doc []Item

// Item is a part of a slip: [Line], [Pair], [Rule], [QR], [Feed] or [Cut].
type Item interface {
	check() error
	text(e *textEncoder) error
	draw(p *Paper) error
}

// Line is text between the margins, wrapped if it is too long. The zero Size is 1×1. An empty
// Text is an empty line.
type Line struct {
	Text  string
	Align Align
	Size  Size
	Bold  bool
}

// Pair is a name at the left margin and a value at the right one. If they do not fit on one line
// the value comes right-aligned below.
type Pair struct {
	Left, Right string
	Size        Size
	Bold        bool
}

// Rule is a thin line from margin to margin.
type Rule struct{}

// QR is text as a QR code in the middle of the slip, with correction level M. Module is the side
// of one dark square in dots, 3 to 16; zero means 6, which every phone reads.
type QR struct {
	Text   string
	Module int
}

// Feed is that many dots of blank paper, of 1/8 mm each.
type Feed int

// Cut ends the slip: it feeds the last line past the knife or the tear bar and cuts, if the
// printer can.
type Cut struct{}

// defaultModule is the QR module in dots of a zero QR.Module: 0.75 mm.
const defaultModule = 6

// Encode returns the bytes that print doc on a printer of that profile, beginning with ESC @.
//
// glyph draws characters of lines that go as pictures; it may be nil if the profile has a
// character set and doc keeps to it. Errors name the item, the bad value and what would be right.
func Encode(doc Doc, profile Profile, glyph Glyph) ([]byte, error) {
	if err := profile.check(); err != nil {
		return nil, err
	}
	if len(doc) == 0 || len(doc) > maxItems {
		return nil, fmt.Errorf("escpos: slip has %d items, not 1 to %d", len(doc), maxItems)
	}
	e := &textEncoder{profile: profile, glyph: glyph, wire: slowMax * profile.Baud / bitsPerByte}
	e.out.Init()
	if profile.Chinese == ChineseOn || profile.Chinese == ChineseOff {
		e.out.Chinese(profile.Chinese == ChineseOn)
	}
	for i, item := range doc {
		if item == nil {
			return nil, fmt.Errorf("escpos: item %d of the slip is nil", i+1)
		}
		err := item.check()
		if err == nil {
			err = e.add(item)
		}
		if err != nil {
			return nil, fmt.Errorf("escpos: item %d of the slip: %w", i+1, err)
		}
	}
	e.flush()
	return e.out.Bytes(), nil
}

// textEncoder is the state of one Encode: what the printer is set to, and the picture not yet sent.
type textEncoder struct {
	profile Profile
	glyph   Glyph
	out     Builder
	picture *Paper // nil if nothing waits
	wire    int    // bytes of pictures that a serial line has time for

	align Align
	size  Size
	bold  bool
}

// add sends item as text if the profile has a font, else draws it on the waiting picture.
func (e *textEncoder) add(item Item) error {
	_, cut := item.(Cut)
	if e.profile.Charset != CharsetNone || cut {
		return item.text(e)
	}
	return e.drawn(item)
}

// drawn adds item to the picture that waits.
func (e *textEncoder) drawn(item Item) error {
	if e.picture == nil {
		p, err := NewPaper(e.profile.Dots, e.glyph)
		if err != nil {
			return err
		}
		e.picture = p
	}
	if err := item.draw(e.picture); err != nil {
		return err
	}
	return e.picture.checkHeight()
}

// flush sends the picture that waits.
func (e *textEncoder) flush() {
	if e.picture == nil {
		return
	}
	img := e.picture.Tear()
	e.picture = nil
	if e.align != Left {
		e.align = Left
		e.out.Align(Left)
	}
	e.out.Raster(img)
}

// style sets what differs from the printer's present setting.
func (e *textEncoder) style(a Align, s Size, bold bool) {
	e.flush()
	if e.align != a {
		e.align = a
		e.out.Align(a)
	}
	if e.size.norm() != s.norm() {
		e.size = s
		e.out.Size(s)
	}
	if e.bold != bold {
		e.bold = bold
		e.out.Bold(bold)
	}
}

func checkText(text string, size Size) error {
	if n := utf8.RuneCountInString(text); n > maxText {
		return fmt.Errorf("text of %d characters is longer than %d", n, maxText)
	}
	return size.check()
}

func (l Line) check() error {
	if l.Align > Right {
		return fmt.Errorf("alignment %d is not from %d to %d", l.Align, Left, Right)
	}
	return checkText(l.Text, l.Size)
}

// lines splits l to the width of the paper.
func (l Line) lines(dots int) []string {
	lines := wrap(l.Text, dots/halfWidth/l.Size.norm().W)
	if len(lines) == 0 {
		return []string{""}
	}
	return lines
}

func (l Line) text(e *textEncoder) error {
	large := e.profile.Number == NumberRaster && l.Size.norm().H >= largeSize
	for _, s := range l.lines(e.profile.Dots) {
		if large || len(Foreign(s, e.profile.Charset)) > 0 {
			if e.profile.Baud > 0 {
				if err := e.band(Line{Text: s, Align: l.Align, Size: l.Size, Bold: l.Bold}); err != nil {
					return err
				}
				continue
			}
			if err := e.drawn(Line{Text: s, Align: l.Align, Size: l.Size, Bold: l.Bold}); err != nil {
				return err
			}
			continue
		}
		e.style(l.Align, l.Size, l.Bold)
		e.out.Text(s, e.profile.Charset)
		e.out.Line()
	}
	return nil
}

func (l Line) draw(p *Paper) error {
	p.setStyle(l.Align, l.Size, l.Bold)
	for _, s := range l.lines(p.dots) {
		if err := p.text(s); err != nil {
			return err
		}
		p.endLine()
	}
	return nil
}

func (p Pair) check() error {
	if err := checkText(p.Right, Size{}); err != nil {
		return err
	}
	return checkText(p.Left, p.Size)
}

// lines returns p as one padded line, or as two if it does not fit.
func (p Pair) lines(dots int) []Line {
	left, right := strings.TrimSpace(Clean(p.Left)), strings.TrimSpace(Clean(p.Right))
	gap := dots/halfWidth/p.Size.norm().W - Columns(left) - Columns(right)
	if gap >= 1 {
		return []Line{{Text: left + strings.Repeat(" ", gap) + right, Size: p.Size, Bold: p.Bold}}
	}
	return []Line{
		{Text: left, Size: p.Size, Bold: p.Bold},
		{Text: right, Align: Right, Size: p.Size, Bold: p.Bold},
	}
}

func (p Pair) text(e *textEncoder) error {
	for _, l := range p.lines(e.profile.Dots) {
		if err := l.text(e); err != nil {
			return err
		}
	}
	return nil
}

func (p Pair) draw(paper *Paper) error {
	for _, l := range p.lines(paper.dots) {
		if err := l.draw(paper); err != nil {
			return err
		}
	}
	return nil
}

func (Rule) check() error { return nil }

// text sends box-drawing dashes at double width: half the bytes of single ones.
func (Rule) text(e *textEncoder) error {
	const wide = 2
	dashes := strings.Repeat("─", e.profile.Dots/(2*halfWidth*wide))
	return Line{Text: dashes, Align: Center, Size: Size{W: wide, H: 1}}.text(e)
}

func (Rule) draw(p *Paper) error {
	const thick = 2
	p.endPending()
	y := p.y + (lineHeight-thick)/2
	p.feed(lineHeight)
	fill(p.sheet, image.Rect(0, y, p.dots, y+thick), Ink)
	return nil
}

func (q QR) check() error {
	if n := len(Clean(q.Text)); n == 0 || n > maxQR {
		return fmt.Errorf("QR text of %d bytes is not from 1 to %d", n, maxQR)
	}
	if q.Module != 0 && (q.Module < minModule || q.Module > maxModule) {
		return fmt.Errorf("QR module of %d dots is not from %d to %d", q.Module, minModule, maxModule)
	}
	return nil
}

// code returns q as a picture of one dot a module, and the side of a module in dots. The error is
// for a code that does not fit between the margins with its quiet zone.
func (q QR) code(dots int) (img *image.Paletted, module int, err error) {
	module = q.Module
	if module == 0 {
		module = defaultModule
	}
	if img, err = qrImage(Clean(q.Text)); err != nil {
		return nil, 0, err
	}
	const quiet = 4
	side := img.Rect.Dx() + 2*quiet
	if side*module > dots {
		return nil, 0, fmt.Errorf("QR code of %d modules with %d dots each is wider than the %d dots of the paper; use %d dots or a shorter text",
			side, module, dots, dots/side)
	}
	return img, module, nil
}

func (q QR) text(e *textEncoder) error {
	if !e.profile.QR {
		return e.drawnQR(q)
	}
	_, module, err := q.code(e.profile.Dots)
	if err != nil {
		return err
	}
	e.style(Center, e.size, e.bold)
	e.out.QR(Clean(q.Text), module)
	return nil
}

func (q QR) draw(p *Paper) error {
	img, module, err := q.code(p.dots)
	if err != nil {
		return err
	}
	p.setStyle(Center, Size{}, false)
	return p.stamp(img, module)
}

func (f Feed) check() error {
	if f < 0 || f > maxFeed*4 {
		return fmt.Errorf("feed of %d dots is not from 0 to %d", int(f), maxFeed*4)
	}
	return nil
}

func (f Feed) text(e *textEncoder) error {
	e.flush()
	e.out.Feed(int(f))
	return nil
}

func (f Feed) draw(p *Paper) error {
	p.feed(int(f))
	return nil
}

func (Cut) check() error { return nil }

func (Cut) text(e *textEncoder) error {
	e.flush()
	e.out.Feed(e.profile.TailFeed)
	e.out.Cut(e.profile.Cutter)
	return nil
}

// draw is not reached: Encode sends a cut as a command on every printer.
func (Cut) draw(*Paper) error { return errors.New("a cut cannot be drawn") }
