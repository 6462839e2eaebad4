package journal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// ServiceLine is one line of the service log: how one ticket's visit went. A business day has one line
// for each ticket that has ended, whatever the end was.
type ServiceLine struct {
	Day        string // business day, "2006-01-02"
	Ticket     string // ticket id
	Number     string // number as called, "A017"
	Service    string
	Class      string // priority class
	Window     string // where it was last called to; empty if never
	Clerk      string // who served
	OnBehalfOf string // the window whose service this was, if a partner covered it
	IssuedAt   time.Time
	CalledAt   time.Time // zero: never called
	ArrivedAt  time.Time // zero: never arrived
	FinishedAt time.Time // when it ended, whatever the end
	Outcome    string    // "finished", "cancelled", "no_show"; empty takes the line back
	Result     string    // finish code
	// Whole milliseconds, at least 0. Wait counts in the figures if CalledAt is set, Way and Serve if
	// ArrivedAt is set.
	Wait, Way, Serve time.Duration
	Promise          Promise // what was promised at issue
	Seq              uint64  // the event that ended it
}

// Promise is the wait that was promised at issue, as it was printed.
type Promise struct {
	Model     string // who reckoned it; empty: the events do not tell, and all else is 0
	Known     bool   // false: no wait was promised
	Low, High time.Duration
}

const (
	lineColumns = "day, ticket, number, service, class, window, clerk, on_behalf_of, issued_at, called_at, arrived_at," +
		" finished_at, outcome, result, wait_ms, way_ms, serve_ms, seq, promise_model, promise_low_ms, promise_high_ms"
	putLineSQL = "INSERT OR REPLACE INTO service_line (" + lineColumns +
		") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

func (l *ServiceLine) check() error {
	if _, err := time.Parse(time.DateOnly, l.Day); err != nil {
		return fmt.Errorf("service line of ticket %q has the day %q, the legal form is 2006-01-02", l.Ticket, l.Day)
	}
	err := checkTexts(l.Ticket, l.Number, l.Service, l.Class, l.Window, l.Clerk, l.OnBehalfOf, l.Outcome, l.Result, l.Promise.Model)
	if err != nil {
		return fmt.Errorf("service line of ticket %q: %w", l.Ticket, err)
	}
	if shortest := min(l.Wait, l.Way, l.Serve, l.Promise.Low, l.Promise.High); shortest < 0 {
		return fmt.Errorf("service line of ticket %q has a duration of %v, the legal range begins at 0", l.Ticket, shortest)
	}
	return nil
}

// putLine writes a line, or takes it back, inside a transaction of the writing connection.
func (j *Journal) putLine(ctx context.Context, l *ServiceLine) error {
	if l.Outcome == "" {
		_, err := j.stmts.dropLine.ExecContext(ctx, l.Day, l.Ticket)
		return err
	}
	called, arrived := !l.CalledAt.IsZero(), !l.ArrivedAt.IsZero()
	_, err := j.stmts.putLine.ExecContext(ctx, l.Day, l.Ticket, l.Number, l.Service, l.Class, l.Window, l.Clerk, l.OnBehalfOf,
		micros(l.IssuedAt), micros(l.CalledAt), micros(l.ArrivedAt), micros(l.FinishedAt), l.Outcome, l.Result,
		millis(l.Wait, called), millis(l.Way, arrived), millis(l.Serve, arrived), int64(l.Seq),
		sql.NullString{String: l.Promise.Model, Valid: l.Promise.Model != ""}, millis(l.Promise.Low, l.Promise.Known), millis(l.Promise.High, l.Promise.Known))
	return err
}

func micros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

func millis(d time.Duration, happened bool) sql.NullInt64 {
	return sql.NullInt64{Int64: d.Milliseconds(), Valid: happened}
}

// ReplaceServiceLines rebuilds the service log: it removes all lines and keeps those that fn puts, in
// one transaction. If fn or the commit fails the old lines stay. fn may read the journal; writing to it
// from fn would wait for ever, and other writers wait until it is done.
func (j *Journal) ReplaceServiceLines(fn func(put func(ServiceLine) error) error) error {
	err := j.change(func(ctx context.Context) error {
		if _, err := j.conn.ExecContext(ctx, "DELETE FROM service_line"); err != nil {
			return err
		}
		return fn(func(l ServiceLine) error {
			if err := l.check(); err != nil {
				return err
			}
			return j.putLine(ctx, &l)
		})
	})
	if err != nil {
		return fmt.Errorf("journal: rebuild the service log: %w", err)
	}
	return nil
}

// ServiceLines calls fn with each line of a business day ("2006-01-02") in the order in which the visits ended,
// and stops at fn's first error. It holds no transaction while fn runs.
func (j *Journal) ServiceLines(ctx context.Context, day string, fn func(ServiceLine) error) error {
	lines, err := dayLines(ctx, j.read, day)
	if err != nil {
		return fmt.Errorf("journal: read the service log of %s: %w", day, err)
	}
	for _, l := range lines {
		if err := fn(l); err != nil {
			return err
		}
	}
	return nil
}

func dayLines(ctx context.Context, q querier, day string) ([]ServiceLine, error) {
	columns, err := columnsOf(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, "SELECT "+columns+" FROM service_line WHERE day = ? ORDER BY seq, ticket", day)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []ServiceLine
	for rows.Next() {
		var l ServiceLine
		var issued, called, arrived, finished, wait, way, serve, low, high sql.NullInt64
		var model sql.NullString
		var seq int64
		err := rows.Scan(&l.Day, &l.Ticket, &l.Number, &l.Service, &l.Class, &l.Window, &l.Clerk, &l.OnBehalfOf,
			&issued, &called, &arrived, &finished, &l.Outcome, &l.Result, &wait, &way, &serve, &seq, &model, &low, &high)
		if err != nil {
			return nil, err
		}
		l.IssuedAt, l.CalledAt, l.ArrivedAt, l.FinishedAt = moment(issued), moment(called), moment(arrived), moment(finished)
		l.Wait, l.Way, l.Serve = span(wait), span(way), span(serve)
		l.Promise = Promise{Model: model.String, Known: high.Valid, Low: span(low), High: span(high)}
		l.Seq = uint64(seq)
		lines = append(lines, l)
	}
	return lines, rows.Err()
}

// columnsOf names a line's columns. A file of an older program, which is read and not
// brought up to date while it is verified, has no promises.
func columnsOf(ctx context.Context, q querier) (string, error) {
	version, _, err := checkVersion(ctx, q)
	if err != nil || version >= 2 {
		return lineColumns, err
	}
	before, _, _ := strings.Cut(lineColumns, ", promise_model")
	return before + ", NULL, NULL, NULL", nil
}

func moment(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMicro(n.Int64).UTC()
}

func span(n sql.NullInt64) time.Duration { return time.Duration(n.Int64) * time.Millisecond }

// Days returns the last n business days of the service log, the newest first.
func (j *Journal) Days(ctx context.Context, n int) ([]string, error) {
	rows, err := j.read.QueryContext(ctx, "SELECT DISTINCT day FROM service_line ORDER BY day DESC LIMIT ?", n)
	if err != nil {
		return nil, fmt.Errorf("journal: read the days: %w", err)
	}
	defer rows.Close()
	var days []string
	for rows.Next() {
		var day string
		if err := rows.Scan(&day); err != nil {
			return nil, fmt.Errorf("journal: read the days: %w", err)
		}
		days = append(days, day)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("journal: read the days: %w", err)
	}
	return days, nil
}
