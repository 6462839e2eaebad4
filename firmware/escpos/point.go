package escpos

import "strings"

// Point is an item of a list: a mark at the left margin and a text beside it, whose further lines
// stand under its first.
type Point struct {
	Mark string // one character, or none for a text that belongs to the point before
	Text string
	Size Size
}

// indent is the room of a mark in half-width columns: a Chinese character and a space.
const indent = 3

func (p Point) check() error {
	if err := checkText(p.Mark, Size{}); err != nil {
		return err
	}
	return checkText(p.Text, p.Size)
}

// lines returns the text with the mark or blanks before each line.
func (p Point) lines(dots int) []string {
	lines := wrap(p.Text, max(dots/halfWidth/p.Size.norm().W-indent, 1))
	lead := Clean(p.Mark)
	for i := range lines {
		lines[i] = lead + strings.Repeat(" ", max(indent-Columns(lead), 0)) + lines[i]
		lead = ""
	}
	return lines
}

func (p Point) text(e *textEncoder) error {
	lines := p.lines(e.profile.Dots)
	if len(Foreign(strings.Join(lines, ""), e.profile.Charset)) > 0 {
		if e.profile.Baud == 0 {
			return e.drawn(p)
		}
		return Line{Text: p.Mark + " " + p.Text, Size: p.Size}.text(e)
	}
	for _, s := range lines {
		e.style(Left, p.Size, false)
		e.out.Text(s, e.profile.Charset)
		e.out.Line()
	}
	return nil
}

func (p Point) draw(paper *Paper) error {
	paper.setStyle(Left, p.Size, false)
	for _, s := range p.lines(paper.dots) {
		if err := paper.text(s); err != nil {
			return err
		}
		paper.endLine()
	}
	return nil
}
