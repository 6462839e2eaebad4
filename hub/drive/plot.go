package drive

import (
	"fmt"
	"io"
	"strings"

	"jiaohao/hub/queue"
)

// Bar is a value, and perhaps a second one that it reaches up to.
type Bar struct {
	Name        string
	Value, UpTo float64
	Ours        bool // stands out
}

// Panel is a heading and bars of one scale.
type Panel struct {
	Heading string
	Bars    []Bar
}

// Waits is the panel of how long people wait under each rule: mean and 95th percentile.
func Waits(what string, rows []Row) Panel {
	p := Panel{Heading: fmt.Sprintf("Wait in min, %s, %d days: mean and 95th percentile · 等候分钟：平均与 95%% 分位", what, rows[0].Days)}
	for i := range rows {
		f := &rows[i].Figures
		p.Bars = append(p.Bars, Bar{Name: rows[i].Rule, Value: f.Mean, UpTo: f.P95, Ours: rows[i].Rule == queue.RuleAPQ})
	}
	return p
}

// Measures of a plot in px.
const (
	plotWidth = 760
	rowHeight = 26
	labelEnd  = 176
	barsEnd   = 640

	ours   = "#0b6e4f"
	peers  = "#8aa0b4"
	longer = "#d6dee6"

	sourceHeight = 16
	lineLength   = 120 // bytes of a line of the source
)

// WriteSVG draws panels below one another, and what the data's source is.
func WriteSVG(w io.Writer, panels []Panel, source string) error {
	var b strings.Builder
	lines := wrapped(source, lineLength)
	height := 16 + sourceHeight*len(lines)
	for _, p := range panels {
		height += 36 + rowHeight*len(p.Bars)
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="Noto Sans, Noto Sans CJK SC, sans-serif" font-size="14" fill="#1c2733">`, plotWidth, height, plotWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`, plotWidth, height)
	y := -6
	for _, p := range panels {
		y = p.draw(&b, y+36)
	}
	y += 16
	for _, line := range lines {
		y += sourceHeight
		fmt.Fprintf(&b, `<text x="16" y="%d" font-size="11" fill="#5b6b7a">%s</text>`, y, escape(line))
	}
	b.WriteString("</svg>\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("drive: plot: %w", err)
	}
	return nil
}

// draw draws a heading and a bar each, and returns where it ended.
func (p *Panel) draw(b *strings.Builder, y int) int {
	fmt.Fprintf(b, `<text x="16" y="%d" font-weight="600">%s</text>`, y, escape(p.Heading))
	most := 0.0
	for _, bar := range p.Bars {
		most = max(most, bar.Value, bar.UpTo)
	}
	for _, bar := range p.Bars {
		y += rowHeight
		colour := peers
		if bar.Ours {
			colour = ours
		}
		width := func(v float64) float64 { return v / max(most, 1e-9) * (barsEnd - labelEnd) }
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, labelEnd-10, y+1, escape(bar.Name))
		text, end := fmt.Sprintf("%.2f", bar.Value), bar.Value
		if bar.UpTo > 0 {
			fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="14" fill="%s"/>`, labelEnd, y-11, width(bar.UpTo), longer)
			text, end = fmt.Sprintf("%.2f – %.2f", bar.Value, bar.UpTo), bar.UpTo
		}
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="14" fill="%s"/>`, labelEnd, y-11, width(bar.Value), colour)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" font-size="12">%s</text>`, labelEnd+width(end)+8, y+1, text)
	}
	return y
}

// wrapped breaks a text into lines of so many bytes.
func wrapped(text string, most int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		if *last != "" && len(*last)+1+len(word) > most {
			lines = append(lines, word)
			continue
		}
		*last = strings.TrimSpace(*last + " " + word)
	}
	return lines
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}
