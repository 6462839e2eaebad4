package escpos

import (
	"bytes"
	"errors"
	"fmt"
	"image"
)

// Glyph draws the character r into cell of dst in palette index Ink, and leaves the pixels
// between untouched. Cells are 12×24 dots or 24×24, times the size of the text.
type Glyph func(dst *image.Paletted, cell image.Rectangle, r rune)

// Paper is what a printer makes of commands: it prints them on a sheet. It knows the printer's
// settings, so that one Paper serves a whole stream, cut by cut. It is not for concurrent use.
type Paper struct {
	dots  int
	glyph Glyph
	sheet *image.Paletted // grows; only lines above y are printed
	y     int             // the next line to print, in dots

	set   settings
	cells []cell // the print line
	width int    // of the print line in dots

	qrText   string
	qrModule int
	stored   Command // picture of OpStore; no Width if there is none
}

// settings are what ESC @ resets. Their zero value is a printer after power on.
type settings struct {
	align     Align
	size      Size
	bold      bool
	invert    bool
	underline [2]int // dots under half-width and two-byte characters
	tight     bool   // spacing counts, else lines have the usual one
	spacing   int
	margin    int
	area      int // dots from the margin on; 0 means all
}

// cell is one character on the print line, or a gap.
type cell struct {
	r         rune
	w, h      int
	bold      int // how many dots strokes are widened
	underline int
	invert    bool
}

// NewPaper returns a blank sheet as wide as a head of that many dots. glyph draws the characters.
func NewPaper(dots int, glyph Glyph) (*Paper, error) {
	if dots < minDots || dots > maxDots || dots%8 != 0 {
		return nil, fmt.Errorf("width of %d dots is not a multiple of 8 from %d to %d", dots, minDots, maxDots)
	}
	if glyph == nil {
		return nil, errors.New("there is no glyph function to draw text with")
	}
	return &Paper{dots: dots, glyph: glyph, sheet: newSheet(dots, 1024), qrModule: minModule}, nil
}

// Render returns the picture of the paper that a printer with that many dots makes of the bytes.
// Cuts are dashed lines. It returns an error of Parse or of a command that cannot be printed, and
// the picture up to there.
func Render(p []byte, dots int, glyph Glyph) (*image.Paletted, error) {
	paper, err := NewPaper(dots, glyph)
	if err != nil {
		return nil, fmt.Errorf("escpos: %w", err)
	}
	cmds, err := Parse(p)
	for i, c := range cmds {
		if err := paper.Do(c); err != nil {
			return paper.Tear(), fmt.Errorf("escpos: command %d: %w", i+1, err)
		}
		if c.Op == OpCut {
			paper.mark()
		}
	}
	return paper.Tear(), err
}

// Do prints one command. Requests for status do nothing; a cut only feeds, since it is for the
// caller to Tear. The error is for a command that Parse accepts and paper cannot take.
func (p *Paper) Do(c Command) error {
	switch c.Op {
	case OpText:
		return p.characters(c.Text, c.N == 1)
	case OpLine:
		p.endLine()
	case OpInit:
		p.cells, p.width = nil, 0
		p.set = settings{}
	case OpFeed:
		p.endPending()
		p.feed(c.N)
	case OpLines:
		p.endPending()
		p.feed(c.N * p.lineSpacing())
	case OpRaster:
		p.raster(c)
	case OpPosition:
		return p.gap(c.N - p.width)
	case OpMove:
		return p.gap(c.N)
	case OpStore:
		p.stored = c
		p.stored.Data = bytes.Clone(c.Data)
	case OpStored:
		if p.stored.Width == 0 {
			return errors.New("graphics are to be printed and none are stored")
		}
		p.raster(p.stored)
		p.stored = Command{}
	case OpQR:
		return p.qrFunc(c)
	case OpCut:
		p.endPending()
		p.feed(c.N)
	default:
		p.change(c)
	}
	return p.checkHeight()
}

// change obeys a command that only sets something.
func (p *Paper) change(c Command) {
	switch c.Op {
	case OpAlign:
		if len(p.cells) == 0 { // printers obey at the start of a line only
			p.set.align = Align(c.N)
		}
	case OpSize:
		p.set.size = c.Size
	case OpBold:
		p.set.bold = c.N == 1
	case OpInvert:
		p.set.invert = c.N == 1
	case OpUnderline:
		p.set.underline[0] = c.N
	case OpUnderlineChinese:
		p.set.underline[1] = c.N
	case OpSpacing:
		p.set.tight, p.set.spacing = c.N >= 0, c.N
	case OpMargin:
		p.set.margin = c.N
	case OpArea:
		p.set.area = c.N
	}
}

// lineSpacing is the least from one line to the next, in dots.
func (p *Paper) lineSpacing() int {
	if p.set.tight {
		return p.set.spacing
	}
	return lineHeight
}

// room is the width between the margins in dots.
func (p *Paper) room() int {
	room := p.dots - p.set.margin
	if p.set.area > 0 {
		room = min(room, p.set.area)
	}
	return room
}

// gap moves the place of the next character to the right.
func (p *Paper) gap(dots int) error {
	if dots < 0 {
		return fmt.Errorf("position is %d dots left of what is on the line", -dots)
	}
	if p.width+dots > p.room() {
		return fmt.Errorf("position is %d dots beyond the margin", p.width+dots-p.room())
	}
	p.cells = append(p.cells, cell{r: ' ', w: dots})
	p.width += dots
	return nil
}

// checkHeight returns an error if the paper is longer than any slip.
func (p *Paper) checkHeight() error {
	if p.y > maxHeight {
		return fmt.Errorf("paper is longer than %d dots", maxHeight)
	}
	return nil
}

// Picture returns a copy of the printed paper. What is still on the print line is not on it.
func (p *Paper) Picture() *image.Paletted {
	img := newSheet(p.dots, p.y)
	copy(img.Pix, p.sheet.Pix)
	return img
}

// Tear prints what is on the print line, returns the printed paper and leaves a blank sheet. The
// settings of the printer stay.
func (p *Paper) Tear() *image.Paletted {
	p.endPending()
	img := p.Picture()
	p.y = 0
	clear(p.sheet.Pix)
	return img
}

// Height returns the length of the printed paper in dots.
func (p *Paper) Height() int { return p.y }

func (p *Paper) setStyle(a Align, s Size, bold bool) {
	p.set.align, p.set.size, p.set.bold = a, s, bold
}

// text puts s on the print line as Chinese mode prints it.
func (p *Paper) text(s string) error { return p.characters(s, false) }

// characters puts s on the print line, and ends the line before each character that does not
// fit. narrow means that each has half width, as in a code page.
func (p *Paper) characters(s string, narrow bool) error {
	size := p.set.size.norm()
	for _, r := range s {
		r = fold(r)
		n := columns(r)
		if narrow {
			n = 1
		}
		c := cell{r: r, w: n * halfWidth * size.W, h: cellHeight * size.H, underline: p.set.underline[n-1], invert: p.set.invert}
		if p.set.bold {
			c.bold = size.W
		}
		if c.w > p.room() {
			return fmt.Errorf("character %q of %d dots is wider than the paper's %d", r, c.w, p.room())
		}
		if p.width+c.w > p.room() {
			p.endLine()
		}
		p.cells = append(p.cells, c)
		p.width += c.w
	}
	return nil
}

// endPending ends the print line if anything is on it.
func (p *Paper) endPending() {
	if len(p.cells) > 0 {
		p.endLine()
	}
}

// endLine prints the line, characters on one base line, and feeds to the next.
func (p *Paper) endLine() {
	height := 0
	for _, c := range p.cells {
		height = max(height, c.h)
	}
	top, x := p.y, p.indent(p.width)
	p.feed(max(height, p.lineSpacing()))
	for _, c := range p.cells {
		r := image.Rect(x, top+height-c.h, x+c.w, top+height)
		if c.r != ' ' {
			p.glyph(p.sheet, r, c.r)
		}
		if c.bold > 0 {
			embolden(p.sheet, r, c.bold)
		}
		if c.underline > 0 {
			fill(p.sheet, image.Rect(r.Min.X, r.Max.Y-c.underline, r.Max.X, r.Max.Y), Ink)
		}
		if c.invert {
			invert(p.sheet, r)
		}
		x += c.w
	}
	p.cells, p.width = p.cells[:0], 0
}

// indent returns the left edge of something of that width by the present alignment.
func (p *Paper) indent(width int) int {
	switch p.set.align {
	case Center:
		return p.set.margin + (p.room()-width)/2
	case Right:
		return p.set.margin + p.room() - width
	}
	return p.set.margin
}

// invert makes ink of blank and blank of ink in r.
func invert(img *image.Paletted, r image.Rectangle) {
	r = r.Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			row(img, y)[x] ^= Ink
		}
	}
}

// embolden widens each stroke in r to the right by that many dots.
func embolden(img *image.Paletted, r image.Rectangle, by int) {
	r = r.Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		line := row(img, y)
		for x := r.Max.X - 1; x > r.Min.X; x-- {
			for d := 1; d <= by && x-d >= r.Min.X && line[x] != Ink; d++ {
				line[x] = max(line[x], line[x-d]&Ink)
			}
		}
	}
}

// feed moves the paper; the sheet grows with it.
func (p *Paper) feed(dots int) {
	p.y += dots
	if need := p.y * p.dots; need > len(p.sheet.Pix) {
		grown := newSheet(p.dots, 2*p.y)
		copy(grown.Pix, p.sheet.Pix)
		p.sheet = grown
	}
}

func (p *Paper) raster(c Command) {
	p.endPending()
	rows := len(c.Data) / c.Width
	top, left := p.y, p.indent(c.Width*8)
	p.feed(rows)
	for y := range rows {
		for x := range c.Width * 8 {
			if c.Data[y*c.Width+x/8]&(0x80>>(x%8)) != 0 {
				p.ink(left+x, top+y)
			}
		}
	}
}

// ink burns one dot, if the head reaches it.
func (p *Paper) ink(x, y int) {
	if x >= 0 && x < p.dots {
		p.sheet.Pix[p.sheet.PixOffset(x, y)] = Ink
	}
}

// qrFunc obeys one function of GS ( k.
func (p *Paper) qrFunc(c Command) error {
	switch c.N {
	case 'C':
		p.qrModule = int(c.Data[0])
	case 'P':
		p.qrText = c.Text
	case 'Q':
		if p.qrText == "" {
			return errors.New("QR code is to be printed and no text is stored")
		}
		img, err := qrImage(p.qrText)
		if err != nil {
			return err
		}
		return p.stamp(img, p.qrModule)
	}
	return nil
}

// stamp prints img with each dot made module dots wide and high.
func (p *Paper) stamp(img *image.Paletted, module int) error {
	side := img.Rect.Dx() * module
	if side > p.dots {
		return fmt.Errorf("QR code of %d dots is wider than the paper's %d", side, p.dots)
	}
	p.endPending()
	top, left := p.y, p.indent(side)
	p.feed(img.Rect.Dy() * module)
	for y := range img.Rect.Dy() {
		for x, c := range row(img, y) {
			at := image.Pt(left+x*module, top+y*module)
			fill(p.sheet, image.Rectangle{Min: at, Max: at.Add(image.Pt(module, module))}, c)
		}
	}
	return nil
}

// mark draws a cut.
func (p *Paper) mark() {
	const dash = 8
	top := p.y
	p.feed(3)
	for x := 0; x < p.dots; x += 2 * dash {
		fill(p.sheet, image.Rect(x, top+1, x+dash, top+2), Mark)
	}
}
