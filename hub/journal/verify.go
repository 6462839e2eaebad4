package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Head is an end of the chain that was noted at some time: an event and its hash.
type Head struct {
	Seq  uint64
	Hash [32]byte
}

// Summary is what Verify has seen.
type Summary struct {
	Events    uint64    // number of events, which is the sequence of the last
	Bytes     int64     // sum of all body lengths in bytes
	First     time.Time // when the first event happened; zero if there is none
	Last      time.Time // when the last event happened; zero if there is none
	Hash      [32]byte  // hash of the last event: note it together with Events
	Snapshots int       // snapshots that are whole
	Damaged   int       // snapshots that are not; they are harmless, a start passes them over
}

// String says the summary in one line.
func (s Summary) String() string {
	if s.Events == 0 {
		return "the journal is whole: no events"
	}
	return fmt.Sprintf("the journal is whole: %d events from %s to %s, head %s", s.Events,
		s.First.Format(time.RFC3339), s.Last.Format(time.RFC3339), hex.EncodeToString(s.Hash[:]))
}

// Verify reads the journal at path (the file, a backup, or the directory of a hub) and checks each
// event, the recorded end, and that each of the noted heads is still in the chain. It changes nothing, needs no lock,
// and sees one moment of a journal that a hub is writing.
//
// It returns a *BrokenError that names the first event that does not fit, with the summary of what
// stands before it; ErrNewer for a file of a newer program.
func Verify(ctx context.Context, path string, noted ...Head) (Summary, error) {
	return Audit(ctx, path, func(Reading, Record) error { return nil }, noted...)
}

// Audit is Verify for who knows what the events mean: it hands each event to fn once its place in the
// chain is proven, with the rest of the journal to compare. It stops at fn's first error.
func Audit(ctx context.Context, path string, fn func(Reading, Record) error, noted ...Head) (Summary, error) {
	path, dsn, err := verifyDSN(path)
	if err != nil {
		return Summary{}, fmt.Errorf("journal: verify %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return Summary{}, fmt.Errorf("journal: verify %s: %w", path, err)
	}
	summary, err := verify(ctx, db, fn, noted)
	if err := errors.Join(err, db.Close()); err != nil {
		return summary, fmt.Errorf("journal: verify %s: %w", path, err)
	}
	return summary, nil
}

// Reading is one moment of a journal, while Audit runs.
type Reading struct {
	ctx  context.Context
	from querier
	last uint64
}

// Last is the sequence of the last event that the journal records.
func (r Reading) Last() uint64 { return r.last }

// ServiceLines returns the lines of a business day ("2006-01-02") in the order in which the visits ended.
func (r Reading) ServiceLines(day string) ([]ServiceLine, error) { return dayLines(r.ctx, r.from, day) }

// Days returns the business days of the service log in their order.
func (r Reading) Days() ([]string, error) {
	rows, err := r.from.QueryContext(r.ctx, "SELECT DISTINCT day FROM service_line ORDER BY day")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var days []string
	for rows.Next() {
		var day string
		if err := rows.Scan(&day); err != nil {
			return nil, err
		}
		days = append(days, day)
	}
	return days, rows.Err()
}

// Snapshot returns the body of the snapshot after event seq; ok is false if there is none that is whole.
func (r Reading) Snapshot(seq uint64) (body []byte, ok bool, err error) {
	_, body, whole, err := readSnapshot(r.ctx, r.from, seq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return body, whole, err
}

// verifyDSN finds the file and how to open it without changing it. Where the directory cannot be
// written and there is no write-ahead log (a backup on read-only media), SQLite must be told that nobody writes.
func verifyDSN(path string) (file, dsn string, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return path, "", err
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		path = filepath.Join(path, fileName)
		_, err = os.Stat(path)
	}
	if err != nil {
		return path, "", err
	}
	dsn = fileURI(path) + "?mode=ro&_pragma=busy_timeout(5000)&_pragma=cell_size_check(1)" +
		"&_pragma=trusted_schema(0)&_pragma=query_only(1)&_dqs=0"
	_, walErr := os.Stat(path + "-wal")
	const canWrite = 2
	if os.IsNotExist(walErr) && syscall.Access(filepath.Dir(path), canWrite) != nil {
		dsn += "&immutable=1"
	}
	return path, dsn, nil
}

func verify(ctx context.Context, db *sql.DB, fn func(Reading, Record) error, noted []Head) (s Summary, err error) {
	// One transaction, so that head, events and snapshots are of the same moment.
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s, unreadable(1, err)
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	version, _, err := checkVersion(ctx, tx)
	if err != nil {
		return s, unreadable(1, err)
	}
	if version == 0 {
		return s, errors.New("it is not a journal: it has no schema version")
	}
	recorded, err := readHead(ctx, tx)
	if err != nil {
		return s, unreadable(1, err)
	}
	heads, err := s.snapshotHeads(ctx, tx)
	if err != nil {
		return s, fmt.Errorf("read the snapshots: %w", err)
	}
	heads = append(heads, noted...)
	reading := Reading{ctx, tx, recorded.seq}
	last, err := s.walk(ctx, tx, heads, func(r Record) error { return fn(reading, r) })
	if err != nil {
		return s, err
	}
	for _, h := range heads {
		if h.Seq > last.seq {
			return s, &BrokenError{Seq: last.seq + 1, What: Missing}
		}
	}
	return s, recorded.check(last)
}

// snapshotHeads returns where in the chain the whole snapshots were taken, and counts them.
func (s *Summary) snapshotHeads(ctx context.Context, q querier) ([]Head, error) {
	seqs, err := snapshotSeqs(ctx, q)
	if err != nil {
		return nil, err
	}
	var heads []Head
	for _, seq := range seqs {
		hash, _, whole, err := readSnapshot(ctx, q, seq)
		switch {
		case err != nil:
			return nil, err
		case whole:
			s.Snapshots++
			heads = append(heads, Head{Seq: seq, Hash: hash})
		default:
			s.Damaged++
		}
	}
	return heads, nil
}

// walk reads all events into the summary, makes sure that heads are among them, and hands them to fn.
func (s *Summary) walk(ctx context.Context, q querier, heads []Head, fn func(Record) error) (head, error) {
	noted := map[uint64][]Head{}
	for _, h := range heads {
		noted[h.Seq] = append(noted[h.Seq], h)
	}
	return walk(ctx, q, head{}, -1, func(r Record) error {
		for _, h := range noted[r.Seq] {
			if h.Hash != r.Hash {
				return &BrokenError{Seq: r.Seq, What: Other}
			}
		}
		if r.Seq == 1 {
			s.First = r.At
		}
		s.Events, s.Last, s.Hash = r.Seq, r.At, r.Hash
		s.Bytes += int64(len(r.Body))
		return fn(r)
	})
}
