package glyph

import (
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"
	"unicode"
)

// textHeight is the height in dots of a Unifont cell.
const textHeight = 16

// The font data. Each file is a sorted row of records: code point, two bytes,
// big-endian, then the cell's rows from the top down, most significant bit left.
var (
	//go:embed narrow.bin
	narrowData string
	//go:embed wide.bin.gz
	widePacked string
	//go:embed panel.bin
	panelData string
	//go:embed small.bin
	smallData string
	//go:embed slim.bin
	slimData string
	//go:embed ticket.bin
	ticketData string
)

var (
	wideOnce  sync.Once
	wideCells string
)

// wideData unpacks the wide cells at their first use: it costs a megabyte of memory
// then, and saves half a megabyte of every device program. It is a function, not a
// variable with a value, so that a program that draws nothing links no cells.
func wideData() string {
	wideOnce.Do(func() {
		z, err := gzip.NewReader(strings.NewReader(widePacked))
		if err != nil {
			panic(fmt.Sprintf("glyph: the embedded font: %v", err))
		}
		data, err := io.ReadAll(z)
		if err != nil {
			panic(fmt.Sprintf("glyph: the embedded font: %v", err))
		}
		wideCells = string(data)
	})
	return wideCells
}

// table is one file of cells that are all of the same size in dots.
type table struct {
	data          string
	width, height int
	// advance is 1 if a byte before each cell says how much of its width is used, else 0.
	advance int
}

// stride returns the length of a cell's row in bytes.
func (t table) stride() int { return (t.width + 7) / 8 }

// find returns the cell of r in t.
func (t table) find(r rune) (cell, bool) {
	size := 2 + t.advance + t.stride()*t.height
	n := len(t.data) / size
	i := sort.Search(n, func(i int) bool { return codePoint(t.data[i*size:]) >= r })
	if i == n || codePoint(t.data[i*size:]) != r {
		return cell{}, false
	}
	c := cell{rows: t.data[i*size+2+t.advance : (i+1)*size], width: t.width, height: t.height, stride: t.stride(), scale: 1}
	if t.advance == 1 {
		c.width = int(t.data[i*size+2])
	}
	return c, true
}

func codePoint(s string) rune { return rune(s[0])<<8 | rune(s[1]) }

// cell is one glyph ready to draw: every dot becomes scale times scale dots.
type cell struct {
	rows          string
	width, height int
	stride        int
	scale         int
}

// missing is the box that stands for a character which no face holds: it is better to see that
// a character is missing than to lose it.
const missing = "\x00\x00\x7e\x42\x42\x42\x42\x42\x42\x42\x42\x42\x42\x7e\x00\x00"

// missingSmall is the same for [Small] and [Slim].
const missingSmall = "\xf8\x88\x88\x88\x88\x88\x88\xf8"

// Face is one of the package's typefaces.
type Face int

// The faces. See the package comment for what each is for.
const (
	Text   Face = iota // GNU Unifont, 16 dots high, 8 or 16 wide
	Panel              // bold digits and capitals, 16 dots high, 12 wide
	Ticket             // large digits and capitals, 96 dots high, digits 68 wide
	Small              // digits, capitals and a little punctuation, 8 dots high, 6 wide
	Slim               // digits, capitals and the hyphen, 8 dots high, 5 wide
)

// own returns the table of the face's own glyphs, beside which it borrows from Text.
func (f Face) own() table {
	switch f {
	case Panel:
		return table{panelData, 12, textHeight, 0}
	case Ticket:
		return table{ticketData, 120, 96, 1}
	case Small:
		return table{smallData, 6, 8, 0}
	case Slim:
		return table{slimData, 5, 8, 0}
	default:
		return table{narrowData, 8, textHeight, 0}
	}
}

// Height returns the height of a line in dots at the given scale.
func (f Face) Height(scale int) int { return f.own().height * max(scale, 1) }

// cell returns what stands for r in f; its width is 0 for a character that takes no room.
func (f Face) cell(r rune) cell {
	own := f.own()
	if c, ok := own.find(r); ok {
		return c
	}
	if f == Small || f == Slim { // nothing of Text is low enough to borrow
		return cell{rows: missingSmall, width: own.width, height: 8, stride: 1, scale: 1}
	}
	c, ok := textCell(r)
	switch {
	case !ok && unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me):
		return cell{scale: 1}
	case !ok:
		c = cell{rows: missing, width: 8, height: textHeight, stride: 1}
	}
	c.scale = own.height / textHeight
	return c
}

func textCell(r rune) (cell, bool) {
	if c, ok := (table{narrowData, 8, textHeight, 0}).find(r); ok {
		return c, true
	}
	return table{wideData(), 16, textHeight, 0}.find(r)
}

// Width returns the width of s in dots as Draw would draw it.
func (f Face) Width(s string, scale int) int {
	scale = max(scale, 1)
	w := 0
	for _, r := range s {
		c := f.cell(r)
		w += c.width * c.scale * scale
	}
	return w
}

// Draw draws s with its upper left corner at x, y and returns the x behind the
// last character. Only dots that are on are drawn, so that text may be laid over
// other things. Every dot becomes scale times scale dots; a scale below 1 counts as 1.
// What falls outside dst is cut off, so that a line can scroll through a panel.
//
// A character that no face holds is drawn as a box. Marks that take no room of
// their own (joiners, variation selectors, combining accents) are left out.
func (f Face) Draw(dst *Bitmap, x, y int, s string, scale int) int {
	scale = max(scale, 1)
	for _, r := range s {
		c := f.cell(r)
		c.scale *= scale
		c.draw(dst, x, y)
		x += c.width * c.scale
	}
	return x
}

func (c cell) draw(dst *Bitmap, x0, y0 int) {
	if x0 >= dst.Rect.Max.X || x0+c.width*c.scale <= 0 {
		return
	}
	for i := range c.height * c.width {
		row, col := i/c.width, i%c.width
		if c.rows[row*c.stride+col/8]&(0x80>>(col%8)) == 0 {
			continue
		}
		for d := range c.scale * c.scale {
			dst.SetOn(x0+col*c.scale+d%c.scale, y0+row*c.scale+d/c.scale, true)
		}
	}
}

// Width returns the width of s in dots in the face [Text].
func Width(s string, scale int) int { return Text.Width(s, scale) }

// Draw draws s in the face [Text]; see [Face.Draw].
func Draw(dst *Bitmap, x, y int, s string, scale int) int { return Text.Draw(dst, x, y, s, scale) }

// Holds reports whether all characters of s are among the face's own glyphs.
func (f Face) Holds(s string) bool {
	for _, r := range s {
		if _, ok := f.own().find(r); !ok {
			return false
		}
	}
	return true
}

// Has reports whether r has a glyph. Characters without one are drawn as a box.
func Has(r rune) bool {
	_, ok := textCell(r)
	return ok
}
