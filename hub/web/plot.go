package web

import (
	"fmt"
	"slices"
	"time"
)

// The plots are drawn by the server as SVG in a frame of these units. Colours and
// letters are the style sheet's.
const (
	plotWidth  = 640
	plotHeight = 312
	plotLeft   = 44 // for the numbers of the axis
	plotRight  = 12
	plotTop    = 14
	plotBottom = 60 // for the names of the columns and the axis
)

// plotTick is a line across with its number.
type plotTick struct {
	Y    float64
	Text string
}

// plot is the frame that every plot has.
type plot struct {
	Width, Height int
	Left, Right   float64 // of the field
	Top, Bottom   float64
	Ticks         []plotTick
	Unit          string // of the axis
	Below         string // what the columns are
}

func newPlot(most, step float64, unit, below, format string) plot {
	p := plot{
		Width: plotWidth, Height: plotHeight, Left: plotLeft, Right: plotWidth - plotRight, Top: plotTop, Bottom: plotHeight - plotBottom,
		Unit: unit, Below: below,
	}
	for v := 0.0; v <= most+step/1000; v += step {
		p.Ticks = append(p.Ticks, plotTick{p.y(v, most), fmt.Sprintf(format, v)})
	}
	return p
}

func (p *plot) y(v, most float64) float64 { return p.Bottom - (p.Bottom-p.Top)*min(v/most, 1) }

// column returns where the i-th of n columns begins and how wide it is.
func (p *plot) column(i, n int, most float64) (x, width float64) {
	each := (p.Right - p.Left) / float64(n)
	width = min(each*0.62, most)
	return p.Left + each*(float64(i)+0.5) - width/2, width
}

// rangePlot sets what was promised beside what came: a column for tickets that were
// promised about as much.
type rangePlot struct {
	plot
	Bins []rangeBin
}

// rangeBin is one column: the mean range promised, and the waits that came.
type rangeBin struct {
	Text, Count          string
	Label                string // for those who do not see it
	X, Mid, Width        float64
	PromiseTop, PromiseH float64
	Whisker, WhiskerEnd  float64 // nine tenths, one tenth
	Median               float64
	low, high            time.Duration // sums
	waits                []time.Duration
	from, to             int // min of the promised middle
}

// newRangePlot returns nil when nobody who was promised a range was called.
func newRangePlot(p *page, visits []visit) *rangePlot {
	bins := []rangeBin{{from: 0, to: 5}, {from: 5, to: 10}, {from: 10, to: 15}, {from: 15, to: 20}, {from: 20, to: 30}, {from: 30, to: 45}, {from: 45, to: 60}, {from: 60, to: 1 << 30}}
	for i := range visits {
		v := &visits[i]
		if !v.Promise.Known {
			continue
		}
		mid := int((v.Promise.Low + v.Promise.High).Minutes() / 2)
		b := &bins[slices.IndexFunc(bins, func(b rangeBin) bool { return mid >= b.from && mid < b.to })]
		b.low, b.high = b.low+v.Promise.Low, b.high+v.Promise.High
		b.waits = append(b.waits, v.wait())
	}
	bins = slices.DeleteFunc(bins, func(b rangeBin) bool { return len(b.waits) == 0 })
	if len(bins) == 0 {
		return nil
	}
	most := 10.0
	for i := range bins {
		b := &bins[i]
		slices.Sort(b.waits)
		n := time.Duration(len(b.waits))
		b.low, b.high = b.low/n, b.high/n
		most = max(most, b.high.Minutes(), tenths(b.waits, 9).Minutes())
	}
	step := 5.0
	for most/step > 6 {
		step *= 2
	}
	most = float64(int(most/step)+1) * step
	f := &rangePlot{plot: newPlot(most, step, p.T("plot.minutes"), p.T("plot.promised"), "%.0f"), Bins: bins}
	for i := range bins {
		bins[i].place(p, f, i, most)
	}
	return f
}

func (b *rangeBin) place(p *page, f *rangePlot, i int, most float64) {
	b.X, b.Width = f.column(i, len(f.Bins), 56)
	b.Mid = b.X + b.Width/2
	b.PromiseTop = f.y(b.high.Minutes(), most)
	b.PromiseH = max(f.y(b.low.Minutes(), most)-b.PromiseTop, 2)
	b.Whisker, b.WhiskerEnd = f.y(tenths(b.waits, 9).Minutes(), most), f.y(tenths(b.waits, 1).Minutes(), most)
	b.Median = f.y(tenths(b.waits, 5).Minutes(), most)
	b.Text = fmt.Sprintf("%d–%d", b.from, b.to)
	if b.to == 1<<30 {
		b.Text = fmt.Sprintf("%d+", b.from)
	}
	b.Count = fmt.Sprintf("n=%d", len(b.waits))
	b.Label = p.T("plot.bin", b.Text, p.Clock(b.low), p.Clock(b.high), p.Clock(tenths(b.waits, 1)), p.Clock(tenths(b.waits, 9)))
}

// tenths is the value at the nearest rank of so many tenths of sorted values.
func tenths(sorted []time.Duration, n int) time.Duration {
	return sorted[max((len(sorted)*n+9)/10-1, 0)]
}

// sharePlot shows of each half hour which share came early, inside and late.
type sharePlot struct {
	plot
	Target float64 // where 80 % is
	Bars   []shareBar
}

// shareBar is one half hour.
type shareBar struct {
	Text          string // every second has one
	Label         string
	X, Mid, Width float64
	Late          span
	Inside        span
	Early         span
}

// span is a part of a bar.
type span struct{ Y, H float64 }

// newSharePlot returns nil when nobody was promised a range.
func newSharePlot(p *page, rows []Honest) *sharePlot {
	rows = slices.DeleteFunc(slices.Clone(rows), func(h Honest) bool { return h.Told() == 0 })
	if len(rows) == 0 {
		return nil
	}
	f := &sharePlot{plot: newPlot(100, 20, "%", p.T("plot.issued"), "%.0f")}
	f.Target = f.y(80, 100)
	every := len(rows)/12 + 1
	for i, h := range rows {
		b := shareBar{Label: p.T("plot.share", h.Key, h.Percent(), h.Told())}
		if i%every == 0 {
			b.Text = h.Key
		}
		b.X, b.Width = f.column(i, len(rows), 34)
		b.Mid = b.X + b.Width/2
		part := func(from, to int) span {
			n := float64(h.Told())
			top := f.y(100*float64(to)/n, 100)
			return span{top, f.y(100*float64(from)/n, 100) - top}
		}
		b.Inside, b.Early, b.Late = part(0, h.Inside), part(h.Inside, h.Inside+h.Early), part(h.Inside+h.Early, h.Told())
		f.Bars = append(f.Bars, b)
	}
	return f
}
