// Package slip lays out the papers of a hall: the slip with a number, and the second documents
// that the same printer gives out (notice, receipt, hand-over slip, list of materials).
//
// It is pure: a document and the hall's layout become an [escpos.Doc], which says nothing of
// bytes. The layout comes from the hall's plan by [protocol.Config], so that a hall changes it
// without a new program.
//
// The number comes first, also on the wire: a slow printer begins with it while the rest is
// still being sent. On a printer with a Chinese font a slip with its QR code, title and footer has at
// most 300 bytes in Chinese-first order, 0.3 s at 9600 baud; header, logo and a service's own text come
// on top.
package slip

import (
	"strings"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// Style is what a document is laid out for: the paper, and who reads it.
type Style struct {
	Dots  int            // printable width in dots of 1/8 mm, as in [escpos.Profile]: 384 or 576
	Lang  protocol.Lang  // that the reader has chosen; it leads if the hall prints it; empty means the hall's order
	Large bool           // large print (大字票), for weak eyes
	Zone  *time.Location // where times are shown; nil means the offset that the hub sent
}

// Limits of a layout.
const (
	feedDots    = 16  // 2 mm, around a QR code: its quiet zone; half of it between other parts
	codeDots    = 5   // side of a QR module: a link of 60 bytes is 2 cm wide
	linkMax     = 120 // bytes of a link: a longer one does not fit 58 mm paper at that size
	cellDots    = 12  // a half-width character
	numberScale = 8   // the most that a printer's characters grow
	logoDots    = 2   // side of one dot of a logo: 96 of them are 24 mm
)

// The sizes of characters, by use.
var (
	normal = escpos.Size{}
	tall   = escpos.Size{W: 1, H: 2}
	double = escpos.Size{W: 2, H: 2}
	triple = escpos.Size{W: 3, H: 3}
)

// sheet is a document in the making.
type sheet struct {
	doc    escpos.Doc
	config *protocol.Config
	style  Style
	langs  []protocol.Lang // on this paper, the leading one first; at least one
}

func newSheet(c *protocol.Config, s Style) *sheet {
	return &sheet{config: c, style: s, langs: languages(c, s.Lang)}
}

// languages returns what is printed: the layout's languages, or else the hall's, or else both,
// with the reader's first.
func languages(c *protocol.Config, reader protocol.Lang) []protocol.Lang {
	list := c.Slip.Languages
	if len(list) == 0 {
		list = c.Languages
	}
	var langs []protocol.Lang
	for _, l := range list {
		if l != protocol.Chinese && l != protocol.English {
			continue
		}
		if l == reader {
			langs = append([]protocol.Lang{l}, langs...)
			continue
		}
		langs = append(langs, l)
	}
	if len(langs) == 0 {
		langs = []protocol.Lang{protocol.Chinese, protocol.English}
	}
	return langs
}

// lead is the language that comes first and large.
func (p *sheet) lead() protocol.Lang { return p.langs[0] }

// texts returns what t says in each language of the paper, the leading one first, nothing twice.
func (p *sheet) texts(t protocol.Text) []string {
	var out []string
	for i, l := range p.langs {
		s := t[l]
		if i == 0 {
			s = t.In(l)
		}
		if s != "" && (len(out) == 0 || out[0] != s) {
			out = append(out, s)
		}
	}
	return out
}

// both returns t in the languages of the paper on one line.
func (p *sheet) both(t protocol.Text) string { return strings.Join(p.texts(t), " ") }

// say returns a text of our own in the languages of the paper on one line.
func (p *sheet) say(zh, en string) string { return p.both(protocol.Say(zh, en)) }

// columns is how many half-width characters of that size fit on a line.
func (p *sheet) columns(size escpos.Size) int { return p.style.Dots / cellDots / max(size.W, 1) }

// fit returns the first of sizes at which text fits on one line, or the last.
func (p *sheet) fit(text string, sizes ...escpos.Size) escpos.Size {
	for _, s := range sizes {
		if escpos.Columns(text) <= p.columns(s) {
			return s
		}
	}
	return sizes[len(sizes)-1]
}

func (p *sheet) add(items ...escpos.Item) { p.doc = append(p.doc, items...) }

// line adds centred text, if there is any.
func (p *sheet) line(text string, size escpos.Size, bold bool) {
	if text != "" {
		p.add(escpos.Line{Text: text, Align: escpos.Center, Size: size, Bold: bold})
	}
}

// lines adds t centred, one line for each language.
func (p *sheet) lines(t protocol.Text, first, other escpos.Size, bold bool) {
	for i, s := range p.texts(t) {
		size := first
		if i > 0 {
			size = other
		}
		p.line(s, size, bold && i == 0)
	}
}

// body is the size of running text.
func (p *sheet) body() escpos.Size {
	if p.style.Large {
		return double
	}
	return normal
}

// second is the size of what is less important.
func (p *sheet) second() escpos.Size {
	if p.style.Large {
		return tall
	}
	return normal
}

// title adds the hall's name, or what the layout has for it.
func (p *sheet) title() {
	t := p.config.Slip.Title
	if t.In(p.lead()) == "" {
		t = p.config.HallName
	}
	p.words(t)
}

// words adds a text of the hall, in the leading language only: the second one would cost an
// ordinary slip a fifth of its bytes and 8 mm of paper.
func (p *sheet) words(t protocol.Text) { p.line(t.In(p.lead()), p.second(), false) }

// gap leaves some paper free between two parts.
func (p *sheet) gap() {
	if len(p.doc) > 0 {
		p.add(escpos.Feed(feedDots / 2))
	}
}

// logo adds the layout's picture where the paper is wide enough.
func (p *sheet) logo() {
	logo := p.config.Slip.Logo
	if logo == nil || logo.Width*logoDots > p.style.Dots || logo.Check() != nil {
		return
	}
	p.gap()
	p.add(escpos.Image{Width: logo.Width, Bits: logo.Bits, Dot: logoDots})
}

// code adds a link as a QR code with what it is good for, if there is a link that fits.
func (p *sheet) code(link string) {
	if link == "" || len(link) > linkMax {
		return
	}
	p.add(escpos.Feed(feedDots), escpos.QR{Text: link, Module: codeDots}, escpos.Feed(feedDots/2))
	p.line(p.say("扫码看进度", "Scan"), p.second(), false)
}

// list adds papers with a box before each: ticked where mark says so, empty elsewhere.
func (p *sheet) list(papers []protocol.Text, mark func(i int) bool) {
	large := p.listSize(papers)
	for i, t := range papers {
		box, size := "□", large
		if mark(i) {
			box = "√"
		}
		for _, s := range p.texts(t) {
			p.add(escpos.Point{Mark: box, Text: s, Size: size})
			box, size = "", normal // the other language stands below in small print
		}
	}
}

// listSize is the size at which no name of a list takes too many lines.
func (p *sheet) listSize(papers []protocol.Text) escpos.Size {
	const lines, box = 2, 3
	for _, t := range papers {
		if escpos.Columns(t.In(p.lead())) > lines*(p.columns(double)-box) {
			return p.second()
		}
	}
	return p.body()
}

// when says an instant by the hub's clock.
func (p *sheet) when(at time.Time) string {
	if p.style.Zone != nil {
		at = at.In(p.style.Zone)
	}
	return at.Format("2006-01-02 15:04")
}
