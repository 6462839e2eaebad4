package simulation

import (
	"encoding/json"
	"fmt"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/protocol"
)

// fact is one event of the journal, read without the engine's types.
type fact struct {
	Seq  uint64
	At   time.Time
	Kind string

	Device  string                  `json:"device"`
	Request string                  `json:"request"`
	Ticket  string                  `json:"ticket"`
	Number  string                  `json:"number"`
	Window  string                  `json:"window"`
	Reason  json.RawMessage         `json:"reason"`
	Offline bool                    `json:"offline"`
	Print   *protocol.PrintReport   `json:"print"`
	Spool   *protocol.SpooledTicket `json:"spool"`
}

// visit is a ticket as the ledger knows it.
type visit struct {
	id, number, device string
	request            string
	at                 time.Time
	offline            bool
	issued             time.Time
	stage              string
	window             string
	called             int
	late               bool // cancelled as the dispenser's own late ticket
	prints             []protocol.PrintReport
	before             *place // before the last step
}

// place is where a ticket was.
type place struct{ stage, window string }

// ledger folds the journal by rules of its own.
type ledger struct {
	r       *Report
	facts   []fact
	hashes  map[uint64]string
	visits  map[string]*visit
	windows map[string]string // ticket at each window
	numbers map[string]string // of the day
	asked   map[string][]fact // by device/request
	left    map[string]bool   // leftovers, by device/number
	lastAt  time.Time
}

// lateReason is what a dispenser says of a ticket that came too late.
const lateReason = `"离线已另发号"`

func newLedger(r *Report) *ledger {
	return &ledger{
		r: r, hashes: map[uint64]string{}, visits: map[string]*visit{}, windows: map[string]string{},
		numbers: map[string]string{}, asked: map[string][]fact{}, left: map[string]bool{},
	}
}

func (l *ledger) add(rec journal.Record) error {
	f := fact{Seq: rec.Seq, At: rec.At, Kind: rec.Kind}
	if rec.Kind != "day_opened" && rec.Kind != "plan_changed" {
		if err := json.Unmarshal(rec.Body, &f); err != nil {
			return fmt.Errorf("event %d %s: %w", rec.Seq, rec.Kind, err)
		}
	}
	l.hashes[rec.Seq] = hexOf(rec.Hash)
	if rec.At.Before(l.lastAt) {
		l.breaks(f, "happened before event %d", rec.Seq-1)
	}
	l.lastAt = rec.At
	l.r.Kinds[f.Kind]++
	l.facts = append(l.facts, f)
	if f.Request != "" {
		key := f.Device + "/" + f.Request
		l.asked[key] = append(l.asked[key], f)
	}
	l.fold(f)
	return nil
}

func (l *ledger) breaks(f fact, format string, args ...any) {
	l.r.broken("journal", "event %d %s of %s%s: %s", f.Seq, f.Kind, f.Ticket, f.Number, fmt.Sprintf(format, args...))
}

func (l *ledger) fold(f fact) {
	switch f.Kind {
	case "hub_started":
		l.r.Epochs++
	case "day_opened":
		clear(l.numbers)
		clear(l.windows)
	case "issued":
		l.issued(f)
	case "leftover":
		l.left[f.Device+"/"+f.Spool.Number] = true
	case "printed":
		if v := l.visits[f.Ticket]; v == nil {
			l.breaks(f, "is of no ticket")
		} else {
			v.prints = append(v.prints, *f.Print)
		}
	case "called", "recalled", "arrived", "no_show", "held", "resumed", "transferred", "finished", "cancelled", "reactivated", "undone":
		l.step(f)
	}
}

func (l *ledger) issued(f fact) {
	if other, twice := l.numbers[f.Number]; twice {
		l.breaks(f, "the number was issued before as %s", other)
	}
	if l.visits[f.Ticket] != nil {
		l.breaks(f, "the ticket was issued before")
	}
	l.numbers[f.Number] = f.Ticket
	l.r.Issued++
	if f.Offline {
		l.r.Offline++
	}
	l.visits[f.Ticket] = &visit{
		id: f.Ticket, number: f.Number, device: f.Device, request: f.Request, at: f.At, offline: f.Offline, stage: "waiting",
	}
}

// moves are the steps of a ticket: from which stages, to which one, and whether the
// ticket is at the window before and after.
var moves = map[string]struct {
	from   []string
	to     string
	leaves bool // the window must have had it and has it no more
	comes  bool // the window must be free and has it now
}{
	"called":      {[]string{"waiting", "no_show"}, "called", false, true},
	"recalled":    {[]string{"called"}, "called", false, false},
	"arrived":     {[]string{"called"}, "serving", false, false},
	"no_show":     {[]string{"called"}, "no_show", true, false},
	"held":        {[]string{"called", "serving"}, "held", true, false},
	"resumed":     {[]string{"held"}, "serving", false, true},
	"transferred": {[]string{"called", "serving"}, "waiting", true, false},
	"finished":    {[]string{"called", "serving"}, "finished", true, false},
	"cancelled":   {[]string{"waiting", "held", "no_show"}, "cancelled", false, false},
	"reactivated": {[]string{"no_show"}, "waiting", false, false},
}

func (l *ledger) step(f fact) {
	v := l.visits[f.Ticket]
	if v == nil {
		l.breaks(f, "is of no ticket")
		return
	}
	if f.Kind == "undone" {
		l.undone(f, v)
		return
	}
	m := moves[f.Kind]
	legal := false
	for _, from := range m.from {
		legal = legal || from == v.stage
	}
	if !legal {
		l.breaks(f, "the ticket is %s", v.stage)
	}
	if v.stage == "called" || v.stage == "serving" {
		if f.Window != "" && f.Window != v.window {
			l.breaks(f, "at window %s, but the ticket is at window %s", f.Window, v.window)
		}
	}
	before := place{v.stage, v.window}
	if m.leaves {
		delete(l.windows, v.window)
	}
	if m.comes {
		if other := l.windows[f.Window]; other != "" {
			l.breaks(f, "window %s has %s", f.Window, other)
		}
		l.windows[f.Window], v.window = v.id, f.Window
	}
	if f.Kind == "called" {
		v.called++
		l.r.Called++
	}
	if f.Kind == "cancelled" && string(f.Reason) == lateReason {
		v.late = true
		l.r.Late++
	}
	if f.Kind != "recalled" {
		v.before = &before
	}
	v.stage = m.to
}

// undone puts a ticket back to where it was before its last step.
func (l *ledger) undone(f fact, v *visit) {
	if v.before == nil {
		l.breaks(f, "there is no step before")
		return
	}
	if l.windows[v.window] == v.id {
		delete(l.windows, v.window)
	}
	v.stage, v.window, v.before = v.before.stage, v.before.window, nil
	if v.stage == "called" || v.stage == "serving" {
		if other := l.windows[v.window]; other != "" {
			l.breaks(f, "window %s has %s", v.window, other)
		}
		l.windows[v.window] = v.id
	}
}

// ended are the tickets that are over, by how.
func (l *ledger) ended() map[string]string {
	all := map[string]string{}
	for id, v := range l.visits {
		switch v.stage {
		case "finished", "cancelled", "no_show":
			all[id] = v.stage
		}
	}
	return all
}
