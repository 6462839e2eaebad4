package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func mustSnapshot(t *testing.T, j *Journal, seq uint64, body string) {
	t.Helper()
	if err := j.SaveSnapshot(seq, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

func wantSnapshot(t *testing.T, j *Journal, seq uint64, body string) {
	t.Helper()
	gotSeq, gotBody, ok, err := j.Snapshot()
	if err != nil || !ok || gotSeq != seq || string(gotBody) != body {
		t.Errorf("snapshot is %q after event %d (%v, %v), want %q after %d", gotBody, gotSeq, ok, err, body, seq)
	}
}

func TestNewestSnapshotIsUsedAndTwoAreKept(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	if _, _, ok, err := j.Snapshot(); ok || err != nil {
		t.Errorf("a new journal has a snapshot (%v, %v), want none", ok, err)
	}
	mustAppend(t, j, 10)
	mustSnapshot(t, j, 3, "three")
	mustSnapshot(t, j, 9, "nine")
	mustSnapshot(t, j, 6, "six")
	wantSnapshot(t, j, 9, "nine")
	mustSnapshot(t, j, 9, "nine again")
	wantSnapshot(t, j, 9, "nine again")
	var count, oldest int
	if err := j.read.QueryRow("SELECT count(*), min(seq) FROM snapshot").Scan(&count, &oldest); err != nil {
		t.Fatal(err)
	}
	if count != 2 || oldest != 6 {
		t.Errorf("%d snapshots are kept, the oldest after event %d; want 2, the oldest after 6", count, oldest)
	}
}

func TestDamagedSnapshotIsPassedOver(t *testing.T) {
	for name, damage := range map[string]string{
		"its body":        "UPDATE snapshot SET body = CAST('nime' AS BLOB) WHERE seq = 9",
		"its checksum":    "UPDATE snapshot SET sum = zeroblob(32) WHERE seq = 9",
		"its chain hash":  "UPDATE snapshot SET hash = zeroblob(32) WHERE seq = 9",
		"its place":       "UPDATE snapshot SET seq = 8 WHERE seq = 9",
		"beyond the last": "UPDATE snapshot SET seq = 99 WHERE seq = 9",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := mustOpen(t, dir)
			mustAppend(t, j, 10)
			mustSnapshot(t, j, 3, "three")
			mustSnapshot(t, j, 9, "nine")
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			tamper(t, dir, damage)
			j = mustOpen(t, dir)
			wantSnapshot(t, j, 3, "three")
			if s, err := Verify(t.Context(), dir); err != nil || s.Snapshots != 1 || s.Damaged != 1 {
				t.Errorf("Verify says %+v, %v, want one whole snapshot and one damaged", s, err)
			}
		})
	}
}

func TestSnapshotOnADamagedPageIsPassedOver(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	mustAppend(t, j, 10)
	mustSnapshot(t, j, 3, "three")
	mustSnapshot(t, j, 9, strings.Repeat("nine", 10_000))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fileName)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for page := 0; page < len(content); page += 4096 {
		if bytes.Contains(content[page:page+100], []byte("ninenine")) { // a page of nothing else begins with its successor
			copy(content[page:], "\xff\xff\xff\xff")
		}
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	wantSnapshot(t, mustOpen(t, dir), 3, "three")
	if s, err := Verify(t.Context(), dir); err != nil || s.Snapshots != 1 || s.Damaged != 1 {
		t.Errorf("Verify says %+v, %v, want one whole snapshot and one damaged", s, err)
	}
}

func TestOnlyDamagedSnapshotsMeanReadingFromTheFirstEvent(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	mustAppend(t, j, 10)
	mustSnapshot(t, j, 3, "three")
	mustSnapshot(t, j, 9, "nine")
	tamper(t, dir, "UPDATE snapshot SET body = x'00'")
	if _, _, ok, err := j.Snapshot(); ok || err != nil {
		t.Errorf("two damaged snapshots gave one (%v, %v), want none", ok, err)
	}
}

func TestSnapshotOutsideTheJournalIsRefused(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	mustAppend(t, j, 10)
	for _, seq := range []uint64{0, 11} {
		if err := j.SaveSnapshot(seq, []byte("state")); err == nil || !strings.Contains(err.Error(), "1 to 10") {
			t.Errorf("a snapshot after event %d gave %v, want an error with the legal range", seq, err)
		}
	}
	if err := j.SaveSnapshot(10, nil); err == nil || !strings.Contains(err.Error(), "0 bytes") {
		t.Errorf("an empty snapshot gave %v, want an error with its size", err)
	}
}
