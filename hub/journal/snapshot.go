package journal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// SaveSnapshot keeps body as the state after event seq, for a start that need not read from the first
// event. The last two snapshots are kept. It blocks for one fsync.
//
// It returns an error for a seq that is not in the journal or a body over MaxSnapshot, and ErrFull and ErrDead
// as Append does.
func (j *Journal) SaveSnapshot(seq uint64, body []byte) error {
	if last, _ := j.Last(); seq < 1 || seq > last {
		return fmt.Errorf("journal: snapshot after event %d: the legal range is 1 to %d", seq, last)
	}
	if len(body) < 1 || len(body) > MaxSnapshot {
		return fmt.Errorf("journal: snapshot of %d bytes: the legal range is 1 to %d", len(body), MaxSnapshot)
	}
	hash, err := hashAt(context.Background(), j.read, seq)
	if err != nil {
		return fmt.Errorf("journal: snapshot after event %d: %w", seq, err)
	}
	sum := snapshotSum(seq, hash, body)
	err = j.change(func(ctx context.Context) error {
		_, err := j.conn.ExecContext(ctx, "INSERT OR REPLACE INTO snapshot (seq, hash, sum, body) VALUES (?, ?, ?, ?)",
			int64(seq), hash[:], sum[:], body)
		if err != nil {
			return err
		}
		_, err = j.conn.ExecContext(ctx,
			"DELETE FROM snapshot WHERE seq NOT IN (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT ?)", keepSnapshots)
		return err
	})
	if err != nil {
		return fmt.Errorf("journal: snapshot after event %d: %w", seq, err)
	}
	return nil
}

// Snapshot returns the newest snapshot that is whole and belongs to this chain; ok is false if there is
// none, and then the state comes from reading all events. A damaged one is passed over.
func (j *Journal) Snapshot() (seq uint64, body []byte, ok bool, err error) {
	ctx := context.Background()
	seqs, err := snapshotSeqs(ctx, j.read)
	if err != nil && !damaged(err) {
		return 0, nil, false, fmt.Errorf("journal: list snapshots: %w", err)
	}
	for _, seq := range seqs {
		hash, body, whole, err := readSnapshot(ctx, j.read, seq)
		var chain [hashSize]byte
		if err == nil && whole {
			chain, err = hashAt(ctx, j.read, seq)
		}
		var broken *BrokenError
		if err != nil && !errors.As(err, &broken) {
			return 0, nil, false, fmt.Errorf("journal: read the snapshot after event %d: %w", seq, err)
		}
		if err == nil && whole && hash == chain {
			return seq, body, true, nil
		}
	}
	return 0, nil, false, nil
}

// snapshotSeqs lists after which events there are snapshots, the newest first.
func snapshotSeqs(ctx context.Context, q querier) ([]uint64, error) {
	rows, err := q.QueryContext(ctx, "SELECT seq FROM snapshot ORDER BY seq DESC")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var seqs []uint64
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, err
		}
		seqs = append(seqs, uint64(seq))
	}
	return seqs, rows.Err()
}

// readSnapshot reads one snapshot and the chain hash it was taken at; whole is false if it is damaged.
func readSnapshot(ctx context.Context, q querier, seq uint64) (hash [hashSize]byte, body []byte, whole bool, err error) {
	var stored, sum []byte
	err = q.QueryRowContext(ctx, "SELECT hash, sum, body FROM snapshot WHERE seq = ?", int64(seq)).Scan(&stored, &sum, &body)
	if damaged(err) {
		return hash, nil, false, nil
	}
	hash = fixed(stored)
	want := snapshotSum(seq, hash, body)
	return hash, body, string(sum) == string(want[:]), err
}

func snapshotSum(seq uint64, hash [hashSize]byte, body []byte) [hashSize]byte {
	sum := sha256.New()
	_, _ = sum.Write(binary.BigEndian.AppendUint64(nil, seq)) // a hash takes everything
	_, _ = sum.Write(hash[:])
	_, _ = sum.Write(body)
	return [hashSize]byte(sum.Sum(nil))
}
