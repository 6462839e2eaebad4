package dispenser

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link/spool"
)

// book is the durable record of the numbers that this dispenser gave out without
// the hub, of the presses that wait for the hub and of the slips that wait for paper.
// A number is on disk before its paper is printed, and is never given
// twice in a day: what a power cut tears is a number whose paper never came.
//
// A book belongs to one goroutine.
type book struct {
	spool *spool.Spool
	last  map[string]int // last number, by day and letter
	keys  []string       // of last, oldest first
	open  []*offline     // not merged yet, in the order of issue

	asked []protocol.RequestID // presses that the hub was asked about and that are not settled, oldest first
	owed  []*slip              // whose paper is not known to have come out, oldest first
}

// offline is a ticket that was issued without the hub.
type offline struct {
	N       int                `json:"n"`
	Number  string             `json:"number"`
	Day     string             `json:"day,omitempty"`
	Letter  string             `json:"letter"`
	Service protocol.ServiceID `json:"service"`
	Class   protocol.Class     `json:"class,omitempty"`
	Reason  string             `json:"reason,omitempty"` // of a green channel
	Printed bool               `json:"printed,omitempty"`
	Again   bool               `json:"again,omitempty"` // its paper came out as a reprint, which the merge does not tell

	// Doubt is the id of a request that got no answer in time: the hub may have
	// issued a ticket for it, which must then be cancelled.
	Doubt protocol.RequestID `json:"doubt,omitempty"`
	// At is the device's own clock in ms of Unix time, compared only with itself.
	At int64 `json:"at"`

	issued   time.Time // with the monotonic clock; of an earlier run it is a guess
	printing bool      // its paper is on the way: Printed is not known yet
}

// entry is one record of the spool: what happened together.
type entry struct {
	Asked   protocol.RequestID `json:"asked,omitempty"` // a press, before the hub gets its request
	Issue   *offline           `json:"issue,omitempty"`
	Printed string             `json:"printed,omitempty"` // ref of a ticket
	Again   string             `json:"again,omitempty"`   // ref of a ticket that was reprinted before its merge
	Merged  []string           `json:"merged,omitempty"`  // refs of tickets
	Settled protocol.RequestID `json:"settled,omitempty"` // a press or a doubt
	Slip    *slip              `json:"slip,omitempty"`    // before the printer gets it
	Paper   string             `json:"paper,omitempty"`   // ref of a slip that came out
	Last    map[string]int     `json:"last,omitempty"`    // counters, when the entries that they came from are dropped
}

const bookName = "offline.spool"

// unknownDay begins the key of a counter before the hub has named any day.
const unknownDay = "/"

// errBookFull says that no number can be given out any more.
var errBookFull = errors.New("no offline number is left")

// openBook reads the book in dir, or begins one. dir must exist.
func openBook(dir string, now time.Time) (*book, error) {
	s, err := spool.Open(filepath.Join(dir, bookName), recordsMax)
	if err != nil {
		return nil, fmt.Errorf("dispenser: offline numbers: %w", err)
	}
	b := &book{spool: s, last: map[string]int{}}
	for _, r := range s.All() {
		var e entry
		if json.Unmarshal(r.Data, &e) == nil {
			b.replay(e, now)
		}
	}
	// A damaged record may have been a number: better a gap than a number twice.
	for key := range b.last {
		b.last[key] += s.Damaged()
	}
	if err := b.compact(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return b, nil
}

func (b *book) replay(e entry, now time.Time) {
	if o := e.Issue; o != nil && b.find(o.ref()) == nil {
		o.issued = now.Add(-age(o.At, now))
		b.open = append(b.open, o)
		b.count(o.key(), o.N)
	}
	for key, n := range e.Last {
		b.count(key, n)
	}
	b.note(e)
}

// age is how long ago the device's own clock showed at, as well as it can be
// known after a restart: a clock that went back says nothing.
func age(at int64, now time.Time) time.Duration {
	const most = 48 * time.Hour
	d := time.Duration(now.UnixMilli()-at) * time.Millisecond
	return min(max(d, 0), most)
}

// key names the counter that o's number comes from.
func (o *offline) key() string { return o.Day + "/" + o.Letter }

// ref names o for ever: yesterday's Y001 is not today's.
func (o *offline) ref() string { return o.Day + "/" + o.Number }

func (b *book) find(ref string) *offline {
	for _, o := range b.open {
		if o.ref() == ref {
			return o
		}
	}
	return nil
}

func (b *book) count(key string, n int) {
	if _, known := b.last[key]; !known {
		b.keys = append(b.keys, key)
	}
	b.last[key] = max(b.last[key], n)
}

// note applies what became of tickets, presses and slips.
func (b *book) note(e entry) {
	b.noteSlip(e)
	for _, o := range b.open {
		if e.Printed == o.ref() {
			o.Printed = true
		}
		if e.Again == o.ref() {
			o.Again = true
		}
		if e.Settled != "" && e.Settled == o.Doubt {
			o.Doubt = ""
		}
	}
	b.open = slices.DeleteFunc(b.open, func(o *offline) bool { return slices.Contains(e.Merged, o.ref()) })
}

// issue keeps o under the next number of its day and letter, behind the last that
// the hub knows of, and returns it when it is on disk. After an error no paper may
// be printed.
func (b *book) issue(o offline, behind int, now time.Time) (*offline, error) {
	key := o.key()
	b.count(key, max(behind, b.unnamed(&o))) // the hub knows more than a new memory
	if len(b.open) >= offlineMax || b.last[key] >= numberMax {
		return nil, fmt.Errorf("dispenser: %d offline tickets wait and the last number is %s%03d, legal are %d and %d: %w",
			len(b.open), o.Letter, b.last[key], offlineMax, numberMax, errBookFull)
	}
	o.N = b.last[key] + 1
	o.Number = fmt.Sprintf("%s%03d", o.Letter, o.N)
	o.At, o.issued = now.UnixMilli(), now
	b.count(key, o.N) // used up even if the disk fails
	if err := b.append(entry{Issue: &o}); err != nil {
		return nil, fmt.Errorf("dispenser: keep offline number %s: %w", o.Number, err)
	}
	b.open = append(b.open, &o)
	b.noteSlip(entry{Issue: &o})
	return &o, nil
}

// unnamed returns the last number that may be of o's day under another name, or
// of none: a day without a name may be any day, and any day may be the one that
// had no name yet, which then has its name.
func (b *book) unnamed(o *offline) int {
	unknown, last := unknownDay+o.Letter, 0
	if o.key() != unknown {
		last = b.last[unknown]
		delete(b.last, unknown)
		b.keys = slices.DeleteFunc(b.keys, func(key string) bool { return key == unknown })
		return last
	}
	for key, n := range b.last {
		if strings.HasSuffix(key, unknown) {
			last = max(last, n)
		}
	}
	return last
}

// record keeps what became of tickets, presses and slips. An entry that is lost is asked from the
// hub again, which gives the same answer.
func (b *book) record(e entry) error {
	b.note(e)
	if err := b.append(e); err != nil {
		return fmt.Errorf("dispenser: keep offline numbers: %w", err)
	}
	if b.spool.Len() < compactAt {
		return nil
	}
	return b.compact()
}

func (b *book) append(e entry) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = b.spool.Append(raw)
	return err
}

// compact writes down what still counts and then drops everything before it, so
// that a power cut leaves the one or both, which reads the same.
func (b *book) compact() error {
	if n := len(b.keys) - countersKept; n > 0 {
		for _, key := range b.keys[:n] {
			delete(b.last, key)
		}
		b.keys = slices.Delete(b.keys, 0, n)
	}
	old := b.spool.All()
	if len(old) <= 1+len(b.open)+len(b.asked)+len(b.owed) && b.spool.Damaged() == 0 {
		return nil
	}
	keep := []entry{{Last: b.last}}
	for _, o := range b.open {
		keep = append(keep, entry{Issue: o})
	}
	for _, id := range b.asked {
		keep = append(keep, entry{Asked: id})
	}
	for _, s := range b.owed {
		keep = append(keep, entry{Slip: s})
	}
	for _, e := range keep {
		if err := b.append(e); err != nil {
			return fmt.Errorf("dispenser: compact offline numbers: %w", err)
		}
	}
	if err := b.spool.Drop(old[len(old)-1].N); err != nil {
		return fmt.Errorf("dispenser: compact offline numbers: %w", err)
	}
	return nil
}

func (b *book) close() error { return b.spool.Close() }
