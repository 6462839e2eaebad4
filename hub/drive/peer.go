package drive

import (
	"slices"
)

// FQM is the rule of the queue manager of that name, which binds a ticket at issue
// to the office with the fewest waiting tickets; an office is a pair of windows, and
// a window calls the oldest ticket of its own office that it may serve. It knows no
// priority. It binds early, so it is not a rule of the engine.
type FQM struct {
	pooled  bool
	setup   Setup
	waiting []bound
}

// bound is a waiting ticket and the office it was dealt to.
type bound struct{ ticket, svc, pair, cls int }

// Pooled calls the longest waiting of all at every window. Played with everybody
// serving everything, it is what no calling order can reach.
func Pooled() *FQM { return &FQM{pooled: true} }

// pooled returns the day with every window serving every service as its own.
func (s *Scenario) pooled() *Scenario {
	all := *s
	all.Windows = slices.Clone(s.Windows)
	for i := range all.Windows {
		w := &all.Windows[i]
		w.Primary, w.Backup = nil, nil
		for _, svc := range s.Services {
			w.Primary = append(w.Primary, svc.ID)
		}
	}
	return &all
}

// Init begins a day.
func (q *FQM) Init(s Setup) error {
	q.setup, q.waiting = s, nil
	return nil
}

// Window is of no interest to the rule.
func (q *FQM) Window(float64, int, bool) error { return nil }

// Issue binds a ticket to an office.
func (q *FQM) Issue(_ float64, ticket, svc, cls int) (Quantiles, error) {
	best, fewest := -1, 0
	for i := range q.setup.Windows {
		w := &q.setup.Windows[i]
		if !slices.Contains(w.Primary, svc) && !slices.Contains(w.Backup, svc) {
			continue
		}
		n := 0
		for _, b := range q.waiting {
			if b.pair == w.Pair {
				n++
			}
		}
		if best < 0 || n < fewest {
			best, fewest = w.Pair, n
		}
	}
	q.waiting = append(q.waiting, bound{ticket, svc, best, cls})
	return Quantiles{}, nil
}

// Next calls the oldest ticket of the window's office that it may serve.
func (q *FQM) Next(_ float64, w int) (int, error) {
	i := slices.IndexFunc(q.setup.Windows, func(x WindowSetup) bool { return x.ID == w })
	win := &q.setup.Windows[i]
	at := slices.IndexFunc(q.waiting, func(b bound) bool {
		can := slices.Contains(win.Primary, b.svc) || slices.Contains(win.Backup, b.svc)
		return q.pooled || b.pair == win.Pair && can
	})
	if at < 0 {
		return -1, nil
	}
	ticket := q.waiting[at].ticket
	q.waiting = slices.Delete(q.waiting, at, at+1)
	return ticket, nil
}

// Done is of no interest to the rule.
func (q *FQM) Done(float64, int, int, string) error { return nil }

// End ends the day.
func (q *FQM) End() error { return nil }
