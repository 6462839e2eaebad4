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
	path, dsn, err := verifyDSN(path)
	if err != nil {
		return Summary{}, fmt.Errorf("journal: verify %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return Summary{}, fmt.Errorf("journal: verify %s: %w", path, err)
	}
	summary, err := verify(ctx, db, noted)
	if err := errors.Join(err, db.Close()); err != nil {
		return summary, fmt.Errorf("journal: verify %s: %w", path, err)
	}
	return summary, nil
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

func verify(ctx context.Context, db *sql.DB, noted []Head) (s Summary, err error) {
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
	last, err := s.walk(ctx, tx, heads)
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

// walk reads all events into the summary and makes sure that heads are among them.
func (s *Summary) walk(ctx context.Context, q querier, heads []Head) (head, error) {
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
		return nil
	})
}
