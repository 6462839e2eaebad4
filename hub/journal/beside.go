package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// change is commit for a method that does not hold mu.
func (j *Journal) change(fn func(ctx context.Context) error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.commit(fn)
}

// Meta returns the value kept under key; ok is false if there is none.
func (j *Journal) Meta(key string) (value string, ok bool, err error) {
	err = j.read.QueryRow("SELECT value FROM meta WHERE key = ?", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("journal: read meta %q: %w", key, err)
	}
	return value, true, nil
}

// SetMeta keeps value under key, durably. Key and value are at most MaxText bytes; the key is not empty.
func (j *Journal) SetMeta(key, value string) error {
	if err := checkTexts(key, value); err != nil {
		return fmt.Errorf("journal: set meta: %w", err)
	}
	err := j.change(func(ctx context.Context) error {
		_, err := j.conn.ExecContext(ctx, "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value)
		return err
	})
	if err != nil {
		return fmt.Errorf("journal: set meta %q: %w", key, err)
	}
	return nil
}

func checkTexts(key string, values ...string) error {
	if key == "" {
		return fmt.Errorf("the key is empty, the legal range is 1 to %d bytes", MaxText)
	}
	for _, v := range append(values, key) {
		if len(v) > MaxText {
			return fmt.Errorf("a text of %d bytes, the legal range is 0 to %d", len(v), MaxText)
		}
	}
	return nil
}

// PutPersonal keeps one field of personal data (phone, name, ID number) of a ticket, apart from the
// events, as given at the time at. A later value of the same field replaces it.
func (j *Journal) PutPersonal(ticket, field, value string, at time.Time) error {
	if err := errors.Join(checkTexts(ticket), checkTexts(field, value)); err != nil {
		return fmt.Errorf("journal: put personal data: %w", err) // never the value: errors are logged
	}
	err := j.change(func(ctx context.Context) error {
		_, err := j.conn.ExecContext(ctx,
			"INSERT OR REPLACE INTO personal (ticket, field, value, at) VALUES (?, ?, ?, ?)",
			ticket, field, value, at.UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("journal: put personal %q of ticket %q: %w", field, ticket, err)
	}
	return nil
}

// Personal returns the personal data of a ticket by field; empty if none was given or all was erased.
func (j *Journal) Personal(ticket string) (map[string]string, error) {
	fields, err := personal(j.read, ticket)
	if err != nil {
		return nil, fmt.Errorf("journal: read personal data of ticket %q: %w", ticket, err)
	}
	return fields, nil
}

func personal(db *sql.DB, ticket string) (map[string]string, error) {
	rows, err := db.Query("SELECT field, value FROM personal WHERE ticket = ?", ticket)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	fields := map[string]string{}
	for rows.Next() {
		var field, value string
		if err := rows.Scan(&field, &value); err != nil {
			return nil, err
		}
		fields[field] = value
	}
	return fields, rows.Err()
}

// ErasePersonal erases all personal data given before the time before and returns how many fields that
// were. Their bytes are overwritten in the file, and the write-ahead log is emptied, not only forgotten; while
// a long read is under way the latter happens at the next erasure or when the journal is closed. Older
// backups keep what they hold.
func (j *Journal) ErasePersonal(before time.Time) (fields int64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.dead != nil {
		return 0, fmt.Errorf("journal: erase personal data: %w: %w", ErrDead, j.dead)
	}
	db, err := sql.Open("sqlite", eraseDSN(j.path))
	if err == nil {
		fields, err = erase(db, before)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		return 0, fmt.Errorf("journal: erase personal data: %w", j.judge(err, nil))
	}
	return fields, nil
}

func erase(db *sql.DB, before time.Time) (int64, error) {
	result, err := db.Exec("DELETE FROM personal WHERE at < ?", before.UnixMicro())
	if err != nil {
		return 0, err
	}
	if _, err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil && code(err) != busy {
		return 0, err
	}
	return result.RowsAffected()
}
