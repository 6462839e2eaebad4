package forecast

import (
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// A window that is open and free may have nobody at it. What is known of that is how
// often people who found windows free were not called soon all the same.
const (
	notice      = 30 * time.Second // within it, who sits at a free window calls
	stale       = time.Minute      // free for longer, a window is another matter: of those doubt is by itself
	usualDoubt  = 0.02             // of the free windows have nobody at them
	priorDoubt  = 50               // windows that usualDoubt counts like
	usualReturn = 2 * time.Minute  // until somebody is back, after notice
	priorReturn = 5                // returns that usualReturn counts like
)

// doubt is what was seen of free windows.
type doubt struct {
	found, absent  [2]float64                   // windows found free, fresh and stale, and of them deserted, by expectation
	returns, spent float64                      // of the deserted, and the s that they stayed so
	asking         map[protocol.TicketID][]free // who found windows free and was not called yet
}

// free is a window that somebody found free.
type free struct{ window, kind int }

// freeKind says how long a free window has been so: 0 for fresh, 1 for stale.
func freeKind(s *queue.State, post *queue.Post, now time.Time) int {
	since := post.Since
	if t := s.Tickets[post.Last]; t != nil && t.Since.After(since) {
		since = t.Since
	}
	if now.Sub(since) > stale {
		return 1
	}
	return 0
}

// share is the probability that nobody is at a free window.
func (d *doubt) share(kind int) float64 {
	return (d.absent[kind] + priorDoubt*usualDoubt) / (d.found[kind] + priorDoubt)
}

// back returns the mean s until somebody is back, after notice.
func (d *doubt) back() float64 {
	return (d.spent + priorReturn*usualReturn.Seconds()) / (d.returns + priorReturn)
}

// came notes the windows that a ticket just issued finds free. Where others wait, there is
// another reason.
func (m *Model) came(s *queue.State, id protocol.TicketID, svc int, now time.Time) {
	var all []free
	for _, w := range m.shape.primary[svc] {
		post := s.Posts[s.Plan.Windows[w].ID]
		if post == nil || post.Status != protocol.Open || post.Ticket != "" {
			continue
		}
		for _, other := range m.shape.own[w] {
			if n := len(s.Lines[s.Plan.Services[other].ID]); n > 1 || n == 1 && other != svc {
				return
			}
		}
		all = append(all, free{w, freeKind(s, post, now)})
	}
	if len(all) > 0 {
		m.doubt.asking[id] = all
	}
}

// called learns whether the windows that a ticket found free had somebody at them: who
// called had, and of two of whom one called the other had half as likely.
func (d *doubt) called(id protocol.TicketID, window int, wait time.Duration) {
	all := d.asking[id]
	delete(d.asking, id)
	late := wait > notice
	if !late && !slices.ContainsFunc(all, func(f free) bool { return f.window == window }) {
		return // one that has become free since was quicker
	}
	for _, f := range all {
		d.found[f.kind]++
		p := d.share(f.kind)
		switch {
		case late:
			d.absent[f.kind]++
			d.spent += (wait - notice).Seconds()
			if f.window == window {
				d.returns++
			}
		case f.window != window:
			d.absent[f.kind] += 2 * p / (1 + p)
		}
	}
}
