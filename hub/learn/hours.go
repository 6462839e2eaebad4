package learn

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

const (
	quarter = 24 * time.Hour / queue.Quarters
	twoDays = 1500 // thousandths of a day that two days exceed however much they have faded: one day says nothing of the next
)

// Span is a part of every usual day, from local midnight.
type Span struct{ From, To time.Duration }

// String writes a span as 8:30–11:45.
func (s Span) String() string {
	clock := func(d time.Duration) string { return fmt.Sprintf("%d:%02d", int(d.Hours()), int(d.Minutes())%60) }
	return clock(s.From) + "–" + clock(s.To)
}

// AddHours adds to the figures that [From] returned when somebody was at work at each
// window on the day of s, which closes at until: who is still there leaves then.
func AddHours(f *queue.Figures, s *queue.State, until time.Time) {
	midnight := Midnight(s.OpenedAt, &s.Plan)
	for i := range s.Plan.Windows {
		id := s.Plan.Windows[i].ID
		post, w := s.Posts[id], f.Windows[id]
		if w.From == "" {
			w = queue.WindowFigure{Here: make([]int64, queue.Quarters), From: f.Day}
		}
		w.Days += 1000
		hours := append(slices.Clone(post.Hours), until)
		for j := 0; j+1 < len(hours); j += 2 {
			from, to := hours[j].Sub(midnight), hours[j+1].Sub(midnight)
			for q := range w.Here {
				begin := time.Duration(q) * quarter
				w.Here[q] += int64(1000 * max(0, min(to, begin+quarter)-max(from, begin)) / quarter)
			}
		}
		f.Windows[id] = w
	}
}

// Midnight returns the midnight before a time in the plan's zone.
func Midnight(at time.Time, p *queue.Plan) time.Time {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		zone = time.UTC
	}
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// Hours returns when somebody is usually at work at a window: in the quarter hours of
// which at least half was worked on the days behind it. There are none before two days
// have taught, nor for a window that has no usual hours.
func (b Beliefs) Hours(id protocol.WindowID) []Span {
	w := b.figures.Windows[id]
	if w.Days < twoDays {
		return nil
	}
	var all []Span
	for q, n := range w.Here {
		from := time.Duration(q) * quarter
		switch last := len(all) - 1; {
		case 2*n < w.Days:
		case last >= 0 && all[last].To == from:
			all[last].To += quarter
		default:
			all = append(all, Span{from, from + quarter})
		}
	}
	return all
}

// hours are a window's usual hours in one line, and how many they are.
func (b Beliefs) hours(id protocol.WindowID) (text string, n float64) {
	var all []string
	for _, span := range b.Hours(id) {
		all = append(all, span.String())
		n += (span.To - span.From).Hours()
	}
	return strings.Join(all, ", "), n
}
