package dispenser

import (
	"fmt"
	"slices"
	"time"

	"jiaohao/protocol"
)

// slip is a ticket whose paper is not known to have come out. It is in the book
// before the printer gets it, so that the number is still offered for printing
// after a power cut, for as long as its business day is open.
type slip struct {
	Ticket  protocol.Ticket `json:"ticket"`
	Day     string          `json:"day,omitempty"`     // business day that was known when it was issued
	Offline string          `json:"offline,omitempty"` // ref in the book; empty for a ticket that the hub knows
	Reader                  // who it is for

	printing bool // in the printer's hands
	again    bool // a reprint
}

// ref names s in the book: a number comes once a day.
func (s *slip) ref() string { return s.Day + "/" + s.Ticket.Number }

// ask keeps the id of a press before its request is sent. After an error it is
// known until the next start only.
func (b *book) ask(id protocol.RequestID) error {
	e := entry{Asked: id}
	b.note(e)
	if err := b.append(e); err != nil {
		return fmt.Errorf("dispenser: keep press: %w", err)
	}
	return nil
}

// owe keeps s before it goes to the printer, and with it that the press answered
// by it is settled. After an error the press is still open on the disk.
func (b *book) owe(s *slip, answers protocol.RequestID) error {
	if err := b.append(entry{Slip: s, Settled: answers}); err != nil {
		return fmt.Errorf("dispenser: keep slip %s: %w", s.Ticket.Number, err)
	}
	b.note(entry{Slip: s, Settled: answers})
	return nil
}

// noteSlip applies what became of presses and slips.
func (b *book) noteSlip(e entry) {
	if e.Asked != "" && !slices.Contains(b.asked, e.Asked) {
		b.asked = append(b.asked, e.Asked)
	}
	b.asked = slices.DeleteFunc(b.asked, func(id protocol.RequestID) bool {
		return id == e.Settled || e.Issue != nil && id == e.Issue.Doubt
	})
	if s := e.Slip; s != nil {
		if i := slices.IndexFunc(b.owed, func(o *slip) bool { return o.ref() == s.ref() }); i >= 0 {
			b.owed[i] = s
		} else {
			b.owed = append(b.owed, s)
		}
		b.owed = slices.Delete(b.owed, 0, max(0, len(b.owed)-unprintedMax))
	}
	b.owed = slices.DeleteFunc(b.owed, func(s *slip) bool { return s.ref() == e.Paper })
}

// closeDay forgets the slips of all business days but one. The disk follows when
// the book is compacted; until then the day of each tells that it is over.
func (b *book) closeDay(but string) {
	b.owed = slices.DeleteFunc(b.owed, func(s *slip) bool { return s.Day != but })
}

// unprinted are the slips that can be printed when somebody asks, oldest first.
func (d *Dispenser) unprinted() []*slip {
	var out []*slip
	for _, s := range d.book.owed {
		if !s.printing {
			out = append(out, s)
		}
	}
	return out
}

// doubt returns the oldest press that got no answer in time, or was cut off by
// the end of the power, and got no number of this dispenser's own either: its
// ticket, if there is one, must be cancelled. It is empty when there is none.
func (d *Dispenser) doubt() protocol.RequestID {
	for _, id := range d.book.asked {
		if d.issuing == nil || d.issuing.id != id {
			return id
		}
	}
	return ""
}

// unsettled reports whether there is something to bring to the hub.
func (d *Dispenser) unsettled() bool { return len(d.book.open) > 0 || d.doubt() != "" }

// label is the business day of a number that is given out now: the last that the
// hub named, or none when the device's own clock shows a later date, so that the
// hub decides by the number's age. A clock that shows an earlier date is wrong.
func (d *Dispenser) label(now time.Time) string {
	zone := d.zone()
	if zone == nil || now.In(zone).Format(time.DateOnly) <= d.config.Day {
		return d.config.Day
	}
	return ""
}

// zone is the hall's, or nil when it is not known here.
func (d *Dispenser) zone() *time.Location {
	zone, err := time.LoadLocation(d.config.Zone)
	if err != nil || d.config.Zone == "" {
		return nil
	}
	return zone
}
