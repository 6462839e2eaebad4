package escpos

import (
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

	align Align
	size  Size
	bold  bool
	cells []cell // the print line
	width int    // of the print line in dots

	qrText   string
	qrModule int
}

// cell is one character on the print line.
type cell struct {
	r    rune
	w, h int
	bold int // how many dots strokes are widened
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
		return p.text(c.Text)
	case OpLine:
		p.endLine()
	case OpInit:
		p.cells, p.width = nil, 0
		p.setStyle(Left, Size{}, false)
	case OpAlign:
		p.align = Align(c.N)
	case OpSize:
		p.size = c.Size
	case OpBold:
		p.bold = c.N == 1
	case OpFeed:
		p.endPending()
		p.feed(c.N)
	case OpLines:
		p.endPending()
		p.feed(c.N * lineHeight)
	case OpRaster:
		p.raster(c)
	case OpQR:
		return p.qrFunc(c)
	case OpCut:
		p.endPending()
		p.feed(c.N)
	}
	return p.checkHeight()
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
	p.align, p.size, p.bold = a, s, bold
}

// text puts s on the print line, and ends the line before each character that does not fit.
func (p *Paper) text(s string) error {
	size := p.size.norm()
	for _, r := range s {
		r = fold(r)
		c := cell{r: r, w: columns(r) * halfWidth * size.W, h: cellHeight * size.H}
		if p.bold {
			c.bold = size.W
		}
		if c.w > p.dots {
			return fmt.Errorf("character %q of %d dots is wider than the paper's %d", r, c.w, p.dots)
		}
		if p.width+c.w > p.dots {
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
	p.feed(max(height, lineHeight))
	for _, c := range p.cells {
		r := image.Rect(x, top+height-c.h, x+c.w, top+height)
		if c.r != ' ' {
			p.glyph(p.sheet, r, c.r)
		}
		if c.bold > 0 {
			embolden(p.sheet, r, c.bold)
		}
		x += c.w
	}
	p.cells, p.width = p.cells[:0], 0
}

// indent returns the left edge of something of that width by the present alignment.
func (p *Paper) indent(width int) int {
	switch p.align {
	case Center:
		return (p.dots - width) / 2
	case Right:
		return p.dots - width
	}
	return 0
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
	p.feed(side)
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
