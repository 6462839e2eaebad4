package spool_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"jiaohao/protocol/link/spool"
)

// TestFullDiskLosesNothingThatWasThere runs itself again under a limit of the
// file's size, which gives a partial write and an error as a full disk does.
func TestFullDiskLosesNothingThatWasThere(t *testing.T) {
	if path := os.Getenv("SPOOL_UNDER_LIMIT"); path != "" {
		appendUnderLimit(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "s")
	put(t, open(t, path, 10), strings.Repeat("a", 300))
	self := exec.Command(os.Args[0], "-test.run=^TestFullDiskLosesNothingThatWasThere$")
	self.Env = append(os.Environ(), "SPOOL_UNDER_LIMIT="+path)
	if out, err := self.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := open(t, path, 10)
	put(t, s, "after")
	all := s.All()
	if len(all) != 3 || string(all[1].Data) != "small" || string(all[2].Data) != "after" || s.Damaged() != 0 {
		t.Errorf("after the disk was full: %q, %d damaged", list(s), s.Damaged())
	}
}

func appendUnderLimit(t *testing.T, path string) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 512, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) // for what the test binary itself writes at its end
	s, err := spool.Open(path, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append([]byte(strings.Repeat("b", 400))); err == nil {
		t.Error("a record that does not fit was taken")
	}
	if s.Len() != 1 {
		t.Errorf("%d records, want 1", s.Len())
	}
	if _, err := s.Append([]byte("small")); err != nil {
		t.Errorf("a record that fits was refused: %v", err)
	}
}
