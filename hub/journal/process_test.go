package journal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// children are what this test program does when it is started as another process.
var children = map[string]func(dir string) error{
	"append for ever": appendForEver,
	"open":            openOnce,
	"full disk":       fillDisk,
	"failing disk":    failDisk,
	"show files":      showFiles,
}

func child(ctx context.Context, name, dir string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "JOURNAL_TEST_CHILD="+name, "JOURNAL_TEST_DIR="+dir)
	return cmd
}

// appendForEver prints the last sequence after each append that has returned.
func appendForEver(dir string) error {
	j, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	for {
		if err := appendEvents(j, 1+rand.IntN(20)); err != nil {
			return err
		}
		last, _ := j.Last()
		fmt.Println(last)
		if last%7 == 0 {
			if err := j.SaveSnapshot(last, bytes.Repeat([]byte("state "), 5000)); err != nil {
				return err
			}
		}
	}
}

func TestAcknowledgedEventsSurviveKillMinus9(t *testing.T) {
	dir := t.TempDir()
	for round := range 10 {
		acked := killedWhileAppending(t, dir)
		if s, err := Verify(t.Context(), dir); err != nil || s.Events < acked {
			t.Fatalf("round %d: right after the kill: %v with error %v, %d were acknowledged", round, s, err, acked)
		}
		j, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		all := readAll(t, j, 0)
		if last := uint64(len(all)); last < acked {
			t.Fatalf("round %d: %d events are there, but %d were acknowledged", round, last, acked)
		}
		for _, r := range all {
			if want := event(r.Seq); !bytes.Equal(r.Body, want.Body) || !r.At.Equal(want.At) {
				t.Fatalf("round %d: event %d is %s, want %s", round, r.Seq, r.Body, want.Body)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err := Verify(t.Context(), dir); err != nil || s.Events != uint64(len(all)) || s.Damaged != 0 {
			t.Fatalf("round %d: %v, %d snapshots damaged, error %v", round, s, s.Damaged, err)
		}
		t.Logf("round %d: %d acknowledged, %d there", round, acked, len(all))
	}
}

// killedWhileAppending lets a child append, kills it at a random moment and returns the last sequence
// that it acknowledged.
func killedWhileAppending(t *testing.T, dir string) (acked uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := child(ctx, "append for ever", dir)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for first := true; ; first = false {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // half a line is not an acknowledgement
		}
		if _, err := fmt.Sscan(line, &acked); err != nil {
			t.Fatalf("the child said %q: %v", line, err)
		}
		if first {
			time.AfterFunc(rand.N(40*time.Millisecond), func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || said.Len() > 0 || acked == 0 {
		t.Fatalf("the child ended with %v after event %d and said %q, want it killed", err, acked, said.String())
	}
	return acked
}

func openOnce(dir string) error {
	j, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	return j.Close()
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	out, err := child(t.Context(), "open", dir).CombinedOutput()
	want := fmt.Sprintf("%v: process %q", ErrLocked, fmt.Sprint(os.Getpid()))
	if err == nil || !strings.Contains(string(out), want) {
		t.Errorf("the second process said %q (%v), want %q in it", out, err, want)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second Open in this process gave %v, want ErrLocked", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := child(t.Context(), "open", dir).CombinedOutput(); err != nil {
		t.Errorf("after the first had closed, the second process said %q (%v), want success", out, err)
	}
}

// fillDisk runs in a mount namespace of its own, so that its little disk ends with it.
func fillDisk(dir string) error {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		return fmt.Errorf("no little disk: %w", err)
	}
	reserve := filepath.Join(dir, "reserve")
	if err := os.WriteFile(reserve, make([]byte, 300<<10), 0o600); err != nil {
		return err
	}
	j, err := Open(filepath.Join(dir, "hub"), Options{})
	if err != nil {
		return err
	}
	var full error
	for full == nil {
		full = appendEvents(j, 50)
	}
	before, _ := j.Last()
	again := appendEvents(j, 50)
	if !errors.Is(full, ErrFull) || !errors.Is(again, ErrFull) || errors.Is(full, ErrDead) {
		return fmt.Errorf("on the full disk append gave %v, then %v, want ErrFull twice", full, again)
	}
	if fault := j.Fault(); !errors.Is(fault, ErrFull) {
		return fmt.Errorf("on the full disk the journal's fault is %w, want ErrFull", fault)
	}
	count := uint64(0)
	err = j.Read(context.Background(), 0, func(Record) error { count++; return nil })
	if after, _ := j.Last(); err != nil || count != before || after != before {
		return fmt.Errorf("%d events read with %v, last went from %d to %d", count, err, before, after)
	}
	if err := os.Remove(reserve); err != nil {
		return err
	}
	if err := appendEvents(j, 50); err != nil {
		return fmt.Errorf("append after space was made: %w", err)
	}
	if fault := j.Fault(); fault != nil {
		return fmt.Errorf("after space was made the journal's fault is still %w", fault)
	}
	if err := j.Close(); err != nil {
		return err
	}
	// Read-only, as when somebody brings a copied file on a disc.
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	s, err := Verify(context.Background(), filepath.Join(dir, "hub"))
	if err != nil || s.Events != before+50 {
		return fmt.Errorf("%v with error %w, want %d events", s, err, before+50)
	}
	fmt.Println("full after", before, "events:", full)
	return nil
}

func TestFullDiskRefusesAndGoesOnWhenThereIsSpace(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to mount a disk of one megabyte")
	}
	cmd := child(t.Context(), "full disk", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || strings.Contains(string(out), "no little disk") {
		t.Skipf("this machine lets root mount nothing: %v %s", err, out)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

// failDisk lets the write-ahead log grow no further, which the kernel reports as a fault that is not
// "disk full".
func failDisk(dir string) error {
	j, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	if err := appendEvents(j, 3); err != nil {
		return err
	}
	wal, err := os.Stat(filepath.Join(dir, fileName+"-wal"))
	if err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	tight := limit
	tight.Cur = uint64(wal.Size())
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight); err != nil {
		return err
	}
	first := appendEvents(j, 1)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	later := appendEvents(j, 1) // the disk would take it now
	if !errors.Is(first, ErrDead) || !errors.Is(later, ErrDead) || errors.Is(first, ErrFull) {
		return fmt.Errorf("append gave %v, then %v, want ErrDead twice", first, later)
	}
	fmt.Println(first)
	return j.Close()
}

func TestNothingIsWrittenAfterAFaultOfTheDisk(t *testing.T) {
	dir := t.TempDir()
	out, err := child(t.Context(), "failing disk", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	j := mustOpen(t, dir)
	if last, _ := j.Last(); last != 3 {
		t.Errorf("the next process finds %d events, want the 3 that were acknowledged", last)
	}
	mustAppend(t, j, 1)
}
