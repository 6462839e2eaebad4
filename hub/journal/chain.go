package journal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// Breach says how an event fails to fit the chain, in words that complete "event 17 …".
type Breach string

// The ways in which an event can fail to fit.
const (
	// Missing means that a later event, the head or a snapshot is there and this one is not.
	Missing Breach = "is missing"
	// Changed means that its sequence, time, kind, body or hash is not what was committed.
	Changed Breach = "was changed: its hash does not fit"
	// Unreadable means that the file is damaged at this place.
	Unreadable Breach = "cannot be read"
	// BeyondHead means that it stands after the end that the head records.
	BeyondHead Breach = "stands after the recorded end"
	// Other means that it has another hash than the one that was noted for it.
	Other Breach = "is another one than the one noted before"
)

// BrokenError names the first event that does not fit the chain.
type BrokenError struct {
	Seq  uint64
	What Breach
	Err  error // what the file said, when What is Unreadable
}

// Error says which event is broken and how.
func (e *BrokenError) Error() string {
	text := fmt.Sprintf("the chain is broken: event %d %s", e.Seq, e.What)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause, if there is one.
func (e *BrokenError) Unwrap() error { return e.Err }

// link computes the hash of an event that stands after prev.
func link(prev [hashSize]byte, seq uint64, atMicros int64, kind string, body []byte) [hashSize]byte {
	buf := make([]byte, 0, hashSize+4*8+len(kind)+len(body))
	buf = append(buf, prev[:]...)
	buf = binary.BigEndian.AppendUint64(buf, seq)
	buf = binary.BigEndian.AppendUint64(buf, uint64(atMicros))
	buf = binary.BigEndian.AppendUint64(buf, uint64(len(kind)))
	buf = append(buf, kind...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(len(body)))
	buf = append(buf, body...)
	return sha256.Sum256(buf)
}

// check compares the head's record of the end with the last event that is really there.
func (h head) check(last head) error {
	switch {
	case last.seq < h.seq:
		return &BrokenError{Seq: last.seq + 1, What: Missing}
	case last.seq > h.seq:
		return &BrokenError{Seq: h.seq + 1, What: BeyondHead}
	case last.hash != h.hash:
		return &BrokenError{Seq: h.seq, What: Changed}
	}
	return nil
}

// walk reads up to limit events after prev in order (all with limit -1), checks that each fits the
// one before, and calls fn. It returns the last one that fits.
func walk(ctx context.Context, q querier, prev head, limit int, fn func(Record) error) (last head, err error) {
	rows, err := q.QueryContext(ctx,
		"SELECT seq, at, kind, body, hash FROM event WHERE seq > ? ORDER BY seq LIMIT ?", int64(prev.seq), limit)
	if err != nil {
		return prev, unreadable(prev.seq+1, err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := fitting(rows, prev)
		if err != nil {
			return prev, err
		}
		if err := fn(r); err != nil {
			return prev, err
		}
		prev = head{seq: r.Seq, bytes: prev.bytes + int64(len(r.Body)), hash: r.Hash}
	}
	return prev, unreadable(prev.seq+1, rows.Err())
}

// fitting scans one event and makes sure that it is the one after prev.
func fitting(rows *sql.Rows, prev head) (Record, error) {
	var (
		seq, at int64
		kind    string
		body    []byte
		stored  sql.RawBytes
	)
	want := prev.seq + 1
	if err := rows.Scan(&seq, &at, &kind, &body, &stored); err != nil {
		return Record{}, unreadable(want, err)
	}
	if uint64(seq) != want {
		return Record{}, &BrokenError{Seq: want, What: Missing}
	}
	hash := link(prev.hash, want, at, kind, body)
	if string(stored) != string(hash[:]) {
		return Record{}, &BrokenError{Seq: want, What: Changed}
	}
	return Record{Seq: want, At: time.UnixMicro(at).UTC(), Kind: kind, Body: body, Hash: hash}, nil
}

// damaged reports whether err is SQLite's word for a damaged file.
func damaged(err error) bool {
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR:
		return true
	}
	return false
}

// unreadable makes an error from a damaged file a *BrokenError at seq; other errors stay.
func unreadable(seq uint64, err error) error {
	if damaged(err) {
		return &BrokenError{Seq: seq, What: Unreadable, Err: err}
	}
	return err
}

// readHead reads the recorded end of the chain.
func readHead(ctx context.Context, q querier) (head, error) {
	var (
		h    head
		seq  int64
		hash []byte
	)
	err := q.QueryRowContext(ctx, "SELECT seq, bytes, hash FROM head WHERE one = 1").Scan(&seq, &h.bytes, &hash)
	if err != nil {
		return head{}, fmt.Errorf("read the head: %w", err)
	}
	h.seq, h.hash = uint64(seq), fixed(hash)
	return h, nil
}

// hashAt returns the stored hash of event seq; zeros for seq 0.
func hashAt(ctx context.Context, q querier, seq uint64) ([hashSize]byte, error) {
	if seq == 0 {
		return [hashSize]byte{}, nil
	}
	var hash []byte
	err := q.QueryRowContext(ctx, "SELECT hash FROM event WHERE seq = ?", int64(seq)).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return [hashSize]byte{}, &BrokenError{Seq: seq, What: Missing}
	}
	return fixed(hash), unreadable(seq, err)
}

// fixed gives b as a hash; one of another length becomes zeros, which is the hash of nothing.
func fixed(b []byte) (hash [hashSize]byte) {
	if len(b) == hashSize {
		copy(hash[:], b)
	}
	return hash
}

// Read calls fn with each event after the given sequence, in order, to the last one committed, and
// checks the chain as it goes. It holds no transaction while fn runs, so fn may take its time and may
// call other methods.
//
// It stops at the first error of fn and returns it as it is. It returns a *BrokenError for an event that
// does not fit, and an error if after is beyond the last event.
func (j *Journal) Read(ctx context.Context, after uint64, fn func(Record) error) error {
	if last, _ := j.Last(); after > last {
		return fmt.Errorf("journal: read after event %d: the legal range is 0 to %d", after, last)
	}
	hash, err := hashAt(ctx, j.read, after)
	if err != nil {
		return fmt.Errorf("journal: read after event %d: %w", after, err)
	}
	prev := head{seq: after, hash: hash}
	page := make([]Record, 0, pageRecords)
	for {
		page = page[:0]
		prev, err = walk(ctx, j.read, prev, pageRecords, func(r Record) error {
			page = append(page, r)
			return nil
		})
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
		}
		if err != nil {
			return fmt.Errorf("journal: read after event %d: %w", prev.seq, err)
		}
		if len(page) < pageRecords {
			return nil
		}
	}
}
