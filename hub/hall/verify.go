package hall

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
)

// MismatchError says that something beside the events of a journal is not what they make.
type MismatchError struct {
	What string // such as "the service log of 2026-11-22: ticket 20261122-A012"
	How  string // such as "has another line than the events make"
}

// Error says what differs and how.
func (e *MismatchError) Error() string { return e.What + " " + e.How }

// Verify checks the journal at path as [journal.Verify] does and then what was made of its
// events: each line of the service log and each snapshot must be what the events make. The
// error is then a *MismatchError; "hub rebuild" makes the service log again.
func Verify(ctx context.Context, path string, noted ...journal.Head) (journal.Summary, error) {
	a := audit{state: queue.New(), lines: map[string]journal.ServiceLine{}, seen: map[string]bool{}}
	return journal.Audit(ctx, path, a.event, noted...)
}

// audit follows the events and compares day by day, so that it holds the lines of one
// day only.
type audit struct {
	state *queue.State
	lines map[string]journal.ServiceLine // that the events of the open day have made, by ticket
	seen  map[string]bool                // days that have been compared
}

func (a *audit) event(from journal.Reading, r journal.Record) error {
	day := a.state.Day
	e, err := apply(a.state, r)
	if err != nil {
		return err
	}
	for _, l := range appendLine(nil, a.state, day, queue.Record{Seq: r.Seq, At: r.At, Event: e}) {
		if l.Outcome == "" {
			delete(a.lines, l.Ticket)
		} else {
			a.lines[l.Ticket] = l
		}
	}
	if day != "" && a.state.Day != day || day != "" && r.Seq == from.Last() {
		if err := a.compareDay(from, day); err != nil {
			return err
		}
	}
	if err := a.compareSnapshot(from, r.Seq); err != nil {
		return err
	}
	if r.Seq == from.Last() {
		return a.compareDays(from)
	}
	return nil
}

// compareDay compares the service log of a day with what its events made.
func (a *audit) compareDay(from journal.Reading, day string) error {
	what := "the service log of " + day
	lines, err := from.ServiceLines(day)
	if err != nil {
		return fmt.Errorf("hall: read %s: %w", what, err)
	}
	for _, l := range lines {
		want, ok := a.lines[l.Ticket]
		switch {
		case !ok:
			return &MismatchError{what + ": ticket " + l.Ticket, "stands there, and the events make no line of it"}
		case !sameLine(l, want):
			return &MismatchError{what + ": ticket " + l.Ticket, "has another line than the events make"}
		}
		delete(a.lines, l.Ticket)
	}
	for ticket := range a.lines {
		return &MismatchError{what + ": ticket " + ticket, "is missing, and the events make a line of it"}
	}
	a.seen[day] = true
	return nil
}

// sameLine compares a line of the log with one of the events in the resolution of the
// log: instants in microseconds, durations in milliseconds.
func sameLine(a, b journal.ServiceLine) bool {
	instants := a.IssuedAt.UnixMicro() == b.IssuedAt.UnixMicro() && a.CalledAt.UnixMicro() == b.CalledAt.UnixMicro() &&
		a.ArrivedAt.UnixMicro() == b.ArrivedAt.UnixMicro() && a.FinishedAt.UnixMicro() == b.FinishedAt.UnixMicro()
	b.IssuedAt, b.CalledAt, b.ArrivedAt, b.FinishedAt = a.IssuedAt, a.CalledAt, a.ArrivedAt, a.FinishedAt
	b.Wait, b.Way, b.Serve = b.Wait.Truncate(time.Millisecond), b.Way.Truncate(time.Millisecond), b.Serve.Truncate(time.Millisecond)
	return instants && a == b
}

// compareDays finds days in the service log that no event belongs to.
func (a *audit) compareDays(from journal.Reading) error {
	days, err := from.Days()
	if err != nil {
		return fmt.Errorf("hall: read the service log: %w", err)
	}
	for _, day := range days {
		if !a.seen[day] {
			return &MismatchError{"the service log of " + day, "stands there, and the events know no such day"}
		}
	}
	return nil
}

// compareSnapshot compares a snapshot with the state that the events make. One of another
// format is left alone: a start passes it over, too.
func (a *audit) compareSnapshot(from journal.Reading, seq uint64) error {
	body, ok, err := from.Snapshot(seq)
	if err != nil || !ok {
		return err
	}
	var s saved
	if err := json.Unmarshal(body, &s); err != nil || s.Format != snapshotFormat {
		return nil
	}
	kept, err := queue.Restore(s.State)
	if err != nil {
		return nil
	}
	want, err := a.state.Snapshot()
	if err != nil {
		return err
	}
	restored, err := queue.Restore(want)
	if err != nil {
		return err
	}
	got, err1 := kept.Snapshot()
	want, err2 := restored.Snapshot()
	if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
		return &MismatchError{fmt.Sprintf("the snapshot after event %d", seq), "is not the state that the events make"}
	}
	return nil
}
