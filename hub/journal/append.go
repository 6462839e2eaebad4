package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// statements are prepared once on the writing connection.
type statements struct {
	begin, commit, rollback                *sql.Stmt
	event, events, head, putLine, dropLine *sql.Stmt
}

const (
	eventSQL = "INSERT INTO event (seq, at, kind, body, hash) VALUES (?, ?, ?, ?, ?)"
	// rowsAtOnce is how many events one statement takes when many wait.
	rowsAtOnce = 16
)

func (s *statements) all() map[**sql.Stmt]string {
	return map[**sql.Stmt]string{
		&s.begin:    "BEGIN IMMEDIATE",
		&s.commit:   "COMMIT",
		&s.rollback: "ROLLBACK",
		&s.event:    eventSQL,
		&s.events:   eventSQL + strings.Repeat(", (?, ?, ?, ?, ?)", rowsAtOnce-1),
		&s.head:     "UPDATE head SET seq = ?, bytes = ?, hash = ? WHERE one = 1",
		&s.putLine:  putLineSQL,
		&s.dropLine: "DELETE FROM service_line WHERE day = ? AND ticket = ?",
	}
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn) error {
	for stmt, text := range s.all() {
		var err error
		if *stmt, err = conn.PrepareContext(ctx, text); err != nil {
			return fmt.Errorf("prepare %q: %w", text, err)
		}
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for stmt := range s.all() {
		if *stmt != nil {
			errs = append(errs, (*stmt).Close())
		}
	}
	return errors.Join(errs...)
}

// Append writes entries as the events prev+1, prev+2 … in one transaction with one fsync, and returns
// them with their sequence, time and hash; the bodies are the given ones, not copies. It blocks for that fsync.
//
// It returns ErrConflict if prev is not the last sequence, and ErrFull if there is no space; then
// nothing was written and the journal works on. After any other fault of the disk it returns ErrDead, now and for
// ever: whether the events are there is known only to the next process that opens the journal.
func (j *Journal) Append(prev uint64, entries []Entry) ([]Record, error) {
	return j.AppendWith(prev, entries, nil)
}

// AppendWith does what Append does and writes lines of the service log in the same transaction, so that
// the log is never ahead of the events or behind them. A line replaces the one of the same day and ticket;
// one without an outcome takes it back (a finish undone, a ticket reactivated).
func (j *Journal) AppendWith(prev uint64, entries []Entry, lines []ServiceLine) ([]Record, error) {
	if err := checkBatch(entries, lines); err != nil {
		return nil, fmt.Errorf("journal: append after event %d: %w", prev, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	last := *j.head.Load()
	if prev != last.seq {
		return nil, fmt.Errorf("journal: append after event %d: %w: it is %d", prev, ErrConflict, last.seq)
	}
	records := chained(&last, entries)
	err := j.commit(func(ctx context.Context) error { return j.insert(ctx, records, last, lines) })
	if err != nil {
		return nil, fmt.Errorf("journal: append %d events after event %d: %w", len(entries), prev, err)
	}
	j.head.Store(&last)
	return records, nil
}

func checkBatch(entries []Entry, lines []ServiceLine) error {
	if len(entries) < 1 || len(entries) > MaxBatch {
		return fmt.Errorf("%d events in one call, the legal range is 1 to %d", len(entries), MaxBatch)
	}
	for i, e := range entries {
		switch {
		case len(e.Kind) < 1 || len(e.Kind) > MaxKind:
			return fmt.Errorf("event %d has a kind of %d bytes, the legal range is 1 to %d", i, len(e.Kind), MaxKind)
		case !utf8.ValidString(e.Kind):
			return fmt.Errorf("event %d has the kind %q, which is not UTF-8", i, e.Kind)
		case len(e.Body) < 1 || len(e.Body) > MaxBody:
			return fmt.Errorf("event %d (%s) has a body of %d bytes, the legal range is 1 to %d", i, e.Kind, len(e.Body), MaxBody)
		case e.At.Year() < 1970 || e.At.Year() > 9999:
			return fmt.Errorf("event %d (%s) happened in the year %d, the legal range is 1970 to 9999", i, e.Kind, e.At.Year())
		}
	}
	for _, l := range lines {
		if err := l.check(); err != nil {
			return err
		}
	}
	return nil
}

// chained gives entries their place after last and moves last to the new end.
func chained(last *head, entries []Entry) []Record {
	records := make([]Record, len(entries))
	for i, e := range entries {
		seq, at := last.seq+1, e.At.UnixMicro()
		hash := link(last.hash, seq, at, e.Kind, e.Body)
		records[i] = Record{Seq: seq, At: time.UnixMicro(at).UTC(), Kind: e.Kind, Body: e.Body, Hash: hash}
		*last = head{seq: seq, bytes: last.bytes + int64(len(e.Body)), hash: hash}
	}
	return records
}

func (j *Journal) insert(ctx context.Context, records []Record, last head, lines []ServiceLine) error {
	args := make([]any, 0, rowsAtOnce*5)
	for len(records) > 0 {
		n, stmt := 1, j.stmts.event
		if len(records) >= rowsAtOnce {
			n, stmt = rowsAtOnce, j.stmts.events
		}
		args = args[:0]
		for i := range n {
			r := &records[i]
			args = append(args, int64(r.Seq), r.At.UnixMicro(), r.Kind, r.Body, r.Hash[:])
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
		records = records[n:]
	}
	for i := range lines {
		if err := j.putLine(ctx, &lines[i]); err != nil {
			return err
		}
	}
	_, err := j.stmts.head.ExecContext(ctx, int64(last.seq), last.bytes, last.hash[:])
	return err
}

// commit runs fn in one transaction; the caller holds mu. If fn or the commit fails nothing is written.
func (j *Journal) commit(fn func(ctx context.Context) error) error {
	err := j.transaction(fn)
	if err == nil || errors.Is(err, ErrFull) || errors.Is(err, ErrDead) {
		j.fault.Store(&err)
	}
	return err
}

// Fault returns nil when the last write was well, or that error of the disk, ErrFull or ErrDead,
// that the last write met. It does not block.
func (j *Journal) Fault() error {
	if err := j.fault.Load(); err != nil {
		return *err
	}
	return nil
}

func (j *Journal) transaction(fn func(ctx context.Context) error) error {
	if j.dead != nil {
		return fmt.Errorf("%w: %w", ErrDead, j.dead)
	}
	ctx := context.Background() // half a transaction helps nobody, so nothing cancels it
	_, err := j.stmts.begin.ExecContext(ctx)
	if err == nil {
		err = fn(ctx)
	}
	if err == nil {
		_, err = j.stmts.commit.ExecContext(ctx)
	}
	if err == nil {
		return nil
	}
	_, undo := j.stmts.rollback.ExecContext(ctx)
	if code(undo) == sqlite3.SQLITE_ERROR {
		undo = nil // SQLite has already rolled back by itself
	}
	return j.judge(err, undo)
}

// judge decides whether the journal survives an error of a transaction.
func (j *Journal) judge(err, undo error) error {
	switch {
	case undo != nil:
		err = errors.Join(err, undo)
	case code(err) == sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case !fromSQLite(err), code(err) == busy, code(err) == sqlite3.SQLITE_INTERRUPT:
		return err
	}
	// Whatever is left is a fault of the disk, a damaged file or a foreign writer.
	j.dead = err
	return fmt.Errorf("%w: %w", ErrDead, err)
}

// busy is the code of a lock that another connection held for longer than busy_timeout.
const busy = sqlite3.SQLITE_BUSY

// fromSQLite reports whether err comes from the database or its connection, not from a caller's function.
func fromSQLite(err error) bool {
	var se *sqlite.Error
	return errors.As(err, &se) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn)
}

// code returns SQLite's primary result code, 0 if err has none.
func code(err error) int {
	var se *sqlite.Error
	if errors.As(err, &se) {
		return se.Code() & 0xff
	}
	return 0
}
