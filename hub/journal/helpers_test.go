package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// morning is when the hall of these tests opens.
var morning = time.Date(2026, 3, 2, 8, 30, 0, 123456000, time.UTC)

// TestMain also is the process that some tests kill, starve or lock out.
func TestMain(m *testing.M) {
	if name := os.Getenv("JOURNAL_TEST_CHILD"); name != "" {
		if err := children[name](os.Getenv("JOURNAL_TEST_DIR")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func mustOpen(t testing.TB, dir string) *Journal {
	t.Helper()
	j, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// event is the event that stands at seq in all journals of these tests.
func event(seq uint64) Entry {
	return Entry{
		At:   morning.Add(time.Duration(seq) * time.Second),
		Kind: "issued",
		Body: fmt.Appendf(nil, `{"ticket":"A%03d"}`, seq),
	}
}

// appendEvents appends n events in one call.
func appendEvents(j *Journal, n int) error {
	prev, _ := j.Last()
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = event(prev + uint64(i) + 1)
	}
	_, err := j.Append(prev, entries)
	return err
}

func mustAppend(t testing.TB, j *Journal, n int) {
	t.Helper()
	if err := appendEvents(j, n); err != nil {
		t.Fatal(err)
	}
}

func readAll(t testing.TB, j *Journal, after uint64) []Record {
	t.Helper()
	var all []Record
	err := j.Read(context.Background(), after, func(r Record) error {
		all = append(all, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// closedJournal makes a journal of n events and returns the directory of the closed file.
func closedJournal(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	j := mustOpen(t, dir)
	mustAppend(t, j, n)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tamper changes a closed journal as somebody with the sqlite3 program could, past the triggers.
func tamper(t testing.TB, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", fileURI(filepath.Join(dir, fileName)))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	open := []string{"DROP TRIGGER IF EXISTS event_is_never_changed", "DROP TRIGGER IF EXISTS event_is_never_removed"}
	for _, s := range append(open, statements...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// broken returns the *BrokenError in err or fails.
func broken(t testing.TB, err error) *BrokenError {
	t.Helper()
	var b *BrokenError
	if !errors.As(err, &b) {
		t.Fatalf("got error %v, want one that names a broken event", err)
	}
	return b
}
