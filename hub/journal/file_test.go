package journal

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pragmas are what every connection must have; 2 is FULL for synchronous and FAST for secure_delete.
var pragmas = map[string]string{
	"busy_timeout": "5000", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
	"cell_size_check": "1", "trusted_schema": "0", "journal_size_limit": "8388608",
}

func wantPragma(t *testing.T, conn *sql.Conn, name, want string) {
	t.Helper()
	var got string
	if err := conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got); err != nil || got != want {
		t.Errorf("%s is %q (%v), want %q", name, got, err, want)
	}
}

func TestEveryConnectionHasThePragmas(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	conns := []*sql.Conn{j.conn}
	for range 2 { // two at once, so that the pool cannot give the same one twice
		conn, err := j.read.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
		wantPragma(t, conn, "query_only", "1")
		if _, err := conn.ExecContext(t.Context(), "DELETE FROM meta"); err == nil {
			t.Error("a reading connection may write")
		}
	}
	wantPragma(t, j.conn, "secure_delete", "2")
	for _, conn := range conns {
		for name, want := range pragmas {
			wantPragma(t, conn, name, want)
		}
		if _, err := conn.ExecContext(t.Context(), `SELECT "no such column"`); err == nil {
			t.Error("a misspelt column in double quotes is taken for text")
		}
	}
}

func TestWritingConnectionIsOneAndTakesItsLockAtOnce(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	if n := j.write.Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d writing connections are allowed, want 1", n)
	}
	tx, err := j.conn.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	other, err := sql.Open("sqlite", strings.Replace(writeDSN(j.path, j.opts), "busy_timeout(5000)", "busy_timeout(0)", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.BeginTx(t.Context(), nil); code(err) != busy {
		t.Errorf("beside an open transaction another began with %v, want it busy", err)
	}
}

func TestOnlyTheOwnerMayReadTheFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "hub")
	j := mustOpen(t, dir)
	mustAppend(t, j, 1)
	want := map[string]fs.FileMode{dir: 0o700}
	for _, name := range []string{fileName, fileName + "-wal", fileName + "-shm", lockName} {
		want[filepath.Join(dir, name)] = 0o600
	}
	for name, mode := range want {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != mode {
			t.Errorf("%s has the rights %o, want %o", filepath.Base(name), got, mode)
		}
	}
}

func TestDirectoryMayHaveAnyName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "大厅 #1?mode=memory&x=100%25")
	j := mustOpen(t, dir)
	mustAppend(t, j, 3)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := Verify(t.Context(), dir); err != nil || s.Events != 3 {
		t.Errorf("Verify says %v, %v, want 3 events", s, err)
	}
}

func TestJournalOfANewerProgramIsRefused(t *testing.T) {
	dir := closedJournal(t, 3)
	tamper(t, dir, "PRAGMA user_version = 99")
	for name, err := range map[string]error{"Open": openOnce(dir), "Verify": verifyOnce(dir)} {
		if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "its schema version is 99, this program knows 0 to 2") {
			t.Errorf("%s says %v, want ErrNewer with both versions", name, err)
		}
	}
}

func verifyOnce(path string) error {
	_, err := Verify(context.Background(), path)
	return err
}

func TestInterruptedFirstStartIsTakenUpAgain(t *testing.T) {
	dir := t.TempDir()
	if err := createFile(filepath.Join(dir, fileName)); err != nil { // killed before the schema
		t.Fatal(err)
	}
	mustAppend(t, mustOpen(t, dir), 1)
}

func TestFailedSchemaStepLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	db, err := sql.Open("sqlite", fileURI(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// A table that the step makes late is in its way.
	if _, err := db.Exec("CREATE TABLE service_line (x)"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "schema/0001_journal.sql") {
		t.Fatalf("Open says %v, want the name of the schema step", err)
	}
	var tables, version int
	err = errors.Join(db.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&tables), db.QueryRow("PRAGMA user_version").Scan(&version))
	if err != nil || tables != 1 || version != 0 {
		t.Errorf("after the failed step there are %d tables and version %d (%v), want 1 and 0", tables, version, err)
	}
}

func TestBackupWhileEventsAreAppended(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, filepath.Join(dir, "hub"))
	mustAppend(t, j, 3000)
	if err := errors.Join(j.SetMeta("epoch", "4"), j.SaveSnapshot(2000, []byte("state"))); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if err := appendEvents(j, 5); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	copied := filepath.Join(dir, "copy", fileName)
	err := errors.Join(os.Mkdir(filepath.Dir(copied), 0o700), j.Backup(t.Context(), copied))
	stop()
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	s, err := Verify(t.Context(), copied)
	if last, _ := j.Last(); err != nil || s.Events < 3000 || s.Events > last || s.Snapshots != 1 {
		t.Fatalf("the copy is %+v (%v), the journal has %d events", s, err, last)
	}
	restored := mustOpen(t, filepath.Dir(copied)) // a restored copy is a journal
	mustAppend(t, restored, 1)
	wantSnapshot(t, restored, 2000, "state")
	if epoch, _, err := restored.Meta("epoch"); epoch != "4" || err != nil {
		t.Errorf("the epoch of the copy is %q (%v), want 4", epoch, err)
	}
}

func TestBackupNeverOverwritesAndLeavesNoHalfFile(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, filepath.Join(dir, "hub"))
	mustAppend(t, j, 10)
	taken := filepath.Join(dir, "monday.db")
	if err := os.WriteFile(taken, []byte("older backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.Backup(t.Context(), taken); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a taken name gave %v, want fs.ErrExist", err)
	}
	if content, err := os.ReadFile(taken); string(content) != "older backup" {
		t.Errorf("the older backup is now %q (%v)", content, err)
	}
	over, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if err := j.Backup(over, filepath.Join(dir, "tuesday.db")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a cancelled backup gave %v", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 2 {
		t.Errorf("the directory holds %q (%v), want only the hub and the older backup", names, err)
	}
	if err := j.Backup(t.Context(), filepath.Join(dir, "wednesday.db")); err != nil {
		t.Error(err)
	}
}

func TestBackupOfABrokenChainIsRefused(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, filepath.Join(dir, "hub"))
	mustAppend(t, j, 10)
	tamper(t, j.dir, "UPDATE event SET at = 0 WHERE seq = 4")
	if b := broken(t, j.Backup(t.Context(), filepath.Join(dir, "monday.db"))); b.Seq != 4 {
		t.Errorf("the backup was refused for event %d, want 4", b.Seq)
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*")); len(names) != 1 {
		t.Errorf("the directory holds %q (%v), want only the hub", names, err)
	}
}

func TestBackupOnReadOnlyMediaCanBeVerified(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, filepath.Join(dir, "hub"))
	mustAppend(t, j, 10)
	stick := filepath.Join(dir, "stick")
	copied := filepath.Join(stick, "monday.db")
	if err := errors.Join(os.Mkdir(stick, 0o700), j.Backup(t.Context(), copied), os.Chmod(stick, 0o500)); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(stick, 0o700)
	if s, err := Verify(t.Context(), copied); err != nil || s.Events != 10 {
		t.Errorf("Verify says %v, %v, want 10 events", s, err)
	}
	if names, err := filepath.Glob(filepath.Join(stick, "*")); len(names) != 1 {
		t.Errorf("after Verify the stick holds %q (%v), want the backup alone", names, err)
	}
}

// TestLibraryVersionsFitEachOther guards the pair that SQLite's authors tested: another libc has crashed.
func TestLibraryVersionsFitEachOther(t *testing.T) {
	list := func(module, field string) string {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{."+field+"}}", module).Output()
		if err != nil {
			t.Fatalf("go list %s: %v", module, err)
		}
		return strings.TrimSpace(string(out))
	}
	named, err := os.ReadFile(list("modernc.org/sqlite", "GoMod"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "modernc.org/libc " + list("modernc.org/libc", "Version") + "\n"; !strings.Contains(string(named), want) {
		t.Errorf("go.mod takes %q, the go.mod of modernc.org/sqlite names another version:\n%s", want, named)
	}
}
