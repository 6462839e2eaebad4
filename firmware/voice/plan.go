package voice

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Limits of a plan.
const (
	waitingMax = 500  // announcements: half an hour of speech; nobody would wait for the last
	seenMax    = 4096 // calls that are known as spoken: far more than any retry comes late
	numberMax  = 16   // characters of a number
	labelMax   = 64   // characters of a label
	// staleAfter is when a repeat that new calls kept back is no longer worth it.
	staleAfter = 30 * time.Second
	// retryAfter is the rest after a loudspeaker that failed.
	retryAfter = 2 * time.Second
	// giveUpAfter is how old a call may be when the loudspeaker works again: older
	// ones have long been read on the panel.
	giveUpAfter = time.Minute
)

// ErrFull is the refusal of a call because too many wait to be spoken.
var ErrFull = errors.New("voice: more than 500 announcements wait")

// Call is one call of a number to a window.
type Call struct {
	ID        uint64            // the same call is spoken once; a recall has an id of its own, and later calls have larger ones
	Epoch     uint64            // rises at each start of the hub
	Number    string            // as on the slip, such as A012
	Window    string            // id
	Label     string            // of the window, as it is spoken: 3, 12, B2
	Name      map[string]string // of the window, by language tag; spoken if recorded
	Languages []string          // tags, in the order of speaking
	Zone      string            // loudspeakers that say it; empty means all
	Again     bool              // a recall: somebody did not hear it, so the chime comes first
	At        time.Time         // of the call, by the hall's clock and in its time zone; zero goes by the device's
}

// check reports what is wrong with c.
func (c Call) check() error {
	if n := utf8.RuneCountInString(c.Number); n < 1 || n > numberMax {
		return fmt.Errorf("voice: number %.40q of %d characters, legal are 1 to %d", c.Number, n, numberMax)
	}
	if n := utf8.RuneCountInString(c.Label); n > labelMax {
		return fmt.Errorf("voice: label of %d characters, legal are at most %d", n, labelMax)
	}
	return nil
}

// Announcement is what is spoken in one breath: calls of one window.
type Announcement struct {
	Calls     []Call   // in the order in which they came
	Languages []string // in the order of speaking
	Short     bool     // number and window only
	Chime     bool     // the chime first
	Turn      int      // 1 the first time, 2 the first repeat
	Percent   int      // volume
}

// item is an announcement that waits.
type item struct {
	calls []Call
	turn  int
	since time.Time // when its first call came
	due   time.Time // of a repeat
}

func (i *item) languages() []string { return i.calls[0].Languages }

// Plan decides what is spoken when. It is pure: it knows no clock and plays nothing. Its
// caller plays what Next returns and then says Done or Failed.
type Plan struct {
	rules   Rules
	fresh   []item // new calls in the order of speaking
	repeats []item
	running *item  // what Next returned last, until Done or Failed
	again   []Call // those of running that are to be repeated
	rest    time.Time
	ended   time.Time // of the last announcement
	spoken  bool      // there was one
	seen    map[uint64]bool
	order   []uint64 // of seen, oldest first
	top     uint64   // largest id of seen
	epoch   uint64   // of the newest call

	ahead time.Duration  // of the hall's clock before the device's
	zone  *time.Location // of the hall; nil until a call has told
}

// NewPlan returns an empty plan. It fails if a rule is not legal.
func NewPlan(r Rules) (*Plan, error) {
	r, err := r.checked()
	if err != nil {
		return nil, err
	}
	return &Plan{rules: r, seen: map[uint64]bool{}}, nil
}

// Set changes the rules from the next announcement on. It changes nothing and fails if a
// rule is not legal.
func (p *Plan) Set(r Rules) error {
	r, err := r.checked()
	if err != nil {
		return err
	}
	p.rules = r
	silent := func(c Call) bool { return slices.Contains(r.Silent, c.Window) }
	p.fresh = without(p.fresh, silent)
	p.dropRepeats(silent)
	p.dropRetry(silent)
	return nil
}

// volume returns the percentage at now, which is by the device's clock. Hours are the
// hall's: a device may have another time zone or no clock.
func (p *Plan) volume(now time.Time) int {
	if p.zone != nil {
		now = now.Add(p.ahead).In(p.zone)
	}
	return p.rules.percent(now)
}

// Waiting returns how many announcements wait for the first time.
func (p *Plan) Waiting() int { return len(p.fresh) }

// Add takes a call. A call that was taken before, is of a silent window or comes in a silent hour is
// left out without an error. It returns [ErrFull] if too many wait, and another error if the
// call cannot be one.
func (p *Plan) Add(now time.Time, c Call) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Epoch > p.epoch {
		p.epoch = c.Epoch
		if c.ID <= p.top { // the hub was restored from a backup: its ids begin again from there
			clear(p.seen)
			p.order, p.top = nil, 0
		}
	}
	if p.seen[c.ID] {
		return nil
	}
	if len(p.fresh) >= waitingMax {
		return ErrFull
	}
	p.remember(c.ID)
	if !c.At.IsZero() {
		p.ahead, p.zone = c.At.Sub(now), c.At.Location()
	}
	if slices.Contains(p.rules.Silent, c.Window) || p.volume(now) == 0 {
		return nil
	}
	if len(p.rules.Languages) > 0 {
		c.Languages = p.rules.Languages
	}
	number := func(o Call) bool { return o.Number == c.Number }
	p.dropRepeats(func(o Call) bool { return number(o) || o.Window == c.Window })
	p.dropRetry(number)
	if p.replace(c) {
		return nil
	}
	for i := range p.fresh {
		f := &p.fresh[i]
		if f.calls[0].Window == c.Window && len(f.calls) < p.rules.MergeMax && slices.Equal(f.languages(), c.Languages) {
			f.calls = append(f.calls, c)
			return nil
		}
	}
	p.fresh = append(p.fresh, item{calls: []Call{c}, turn: 1, since: now})
	return nil
}

// replace puts c in the place of an unspoken call of the same number at the same window. Of
// another window it only takes the older call away: the person is wanted there no more.
func (p *Plan) replace(c Call) bool {
	for _, f := range p.fresh {
		for i, o := range f.calls {
			if o.Number == c.Number && o.Window == c.Window {
				f.calls[i] = c
				return true
			}
		}
	}
	p.fresh = without(p.fresh, func(o Call) bool { return o.Number == c.Number })
	return false
}

// Arrived says that a call need not be spoken (again): the person is there, or
// the call was taken back.
func (p *Plan) Arrived(id uint64) {
	p.remember(id)
	same := func(c Call) bool { return c.ID == id }
	p.fresh = without(p.fresh, same)
	p.dropRepeats(same)
	p.dropRetry(same)
}

// dropRepeats takes the calls that match out of all repeats, also out of the one that the
// running announcement would have. What is being said is said to its end.
func (p *Plan) dropRepeats(match func(Call) bool) {
	p.repeats = without(p.repeats, match)
	p.again = slices.DeleteFunc(p.again, match)
}

// dropRetry takes the calls that match out of what comes again if the running
// announcement fails.
func (p *Plan) dropRetry(match func(Call) bool) {
	if p.running != nil {
		p.running.calls = slices.DeleteFunc(slices.Clone(p.running.calls), match)
	}
}

func (p *Plan) remember(id uint64) {
	if p.seen[id] {
		return
	}
	p.seen[id] = true
	p.top = max(p.top, id)
	p.order = append(p.order, id)
	if len(p.order) > seenMax {
		delete(p.seen, p.order[0])
		p.order = p.order[1:]
	}
}

// Next returns what is to be spoken now. If ok is false, there is nothing before wake, or
// before the next call if wake is zero. Between Next and Done or Failed it returns nothing.
func (p *Plan) Next(now time.Time) (a Announcement, wake time.Time, ok bool) {
	if p.running != nil {
		return a, wake, false
	}
	percent := p.volume(now)
	if percent == 0 {
		p.fresh, p.repeats = nil, nil
		return a, wake, false
	}
	p.repeats = slices.DeleteFunc(p.repeats, func(i item) bool { return now.Sub(i.due) > staleAfter })
	if now.Before(p.rest) && len(p.fresh)+len(p.repeats) > 0 {
		return a, p.rest, false
	}
	waiting := len(p.fresh) // with the one that is next
	var next item
	switch {
	case waiting > 0:
		next, p.fresh = p.fresh[0], p.fresh[1:]
	case len(p.repeats) > 0 && !now.Before(p.repeats[0].due): // in the order of due
		next, p.repeats = p.repeats[0], p.repeats[1:]
	case len(p.repeats) > 0:
		return a, p.repeats[0].due, false
	default:
		return a, wake, false
	}
	p.running, p.again = &next, slices.Clone(next.calls)
	a = Announcement{
		Calls: next.calls, Languages: next.languages(), Turn: next.turn, Percent: percent,
		Short: waiting > p.rules.ShortAbove,
	}
	a.Chime = p.chime(now, a)
	if waiting > p.rules.OneLanguageAbove && len(a.Languages) > 1 {
		a.Languages = a.Languages[:1]
	}
	return a, wake, true
}

// chime reports whether the chime comes before a.
func (p *Plan) chime(now time.Time, a Announcement) bool {
	switch p.rules.Chime {
	case ChimeAlways:
		return true
	case ChimeNever:
		return false
	}
	silence := !p.spoken || now.Sub(p.ended) >= p.rules.ChimeAfter
	recall := !a.Short && slices.ContainsFunc(a.Calls, func(c Call) bool { return c.Again })
	return a.Turn == 1 && (silence || recall)
}

// Done says that what Next returned has been spoken to its end.
func (p *Plan) Done(now time.Time) {
	next := p.running
	if next == nil {
		return
	}
	p.running, p.ended, p.spoken = nil, now, true
	if next.turn < p.rules.Times && len(p.again) > 0 {
		p.repeats = append(p.repeats, item{calls: p.again, turn: next.turn + 1, due: now.Add(p.rules.Gap)})
	}
}

// Failed says that what Next returned could not be spoken. A new call comes again after a
// rest, a repeat does not. Calls that have waited for over a minute are given up and returned.
func (p *Plan) Failed(now time.Time) (lost []Call) {
	next := p.running
	if next == nil {
		return nil
	}
	p.running, p.rest = nil, now.Add(retryAfter)
	if next.turn == 1 && len(next.calls) > 0 {
		p.fresh = slices.Insert(p.fresh, 0, *next)
	}
	p.fresh = slices.DeleteFunc(p.fresh, func(i item) bool {
		old := now.Sub(i.since) > giveUpAfter
		if old {
			lost = append(lost, i.calls...)
		}
		return old
	})
	return lost
}

// without returns items without the calls that match, and without the items that
// have no other.
func without(items []item, match func(Call) bool) []item {
	var out []item
	for _, i := range items {
		i.calls = slices.DeleteFunc(slices.Clone(i.calls), match)
		if len(i.calls) > 0 {
			out = append(out, i)
		}
	}
	return out
}
