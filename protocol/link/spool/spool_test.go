package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jiaohao/protocol/link/spool"

	"pgregory.net/rapid"
)

func open(t *testing.T, path string, most int) *spool.Spool {
	t.Helper()
	s, err := spool.Open(path, most)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func put(t *testing.T, s *spool.Spool, records ...string) {
	t.Helper()
	for _, r := range records {
		if _, err := s.Append([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
}

func list(s *spool.Spool) string {
	var all []string
	for _, r := range s.All() {
		all = append(all, fmt.Sprintf("%d:%s", r.N, r.Data))
	}
	return strings.Join(all, " ")
}

func TestRecordsSurviveRestartAndNumbersAreNeverUsedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := open(t, path, 10)
	put(t, s, "a", "two\nlines", "号 \x00\xff")
	if err := s.Drop(1); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, 10)
	if got, want := list(s), "2:two\nlines 3:号 \x00\xff"; got != want {
		t.Errorf("after the restart %q, want %q", got, want)
	}
	if err := s.Drop(99); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, 10)
	put(t, s, "d")
	if got := list(s); got != "4:d" {
		t.Errorf("after all were dropped %q, want 4:d", got)
	}
}

func TestTornTailIsCutOffAndNothingElseIsLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	put(t, open(t, path, 10), "a", "b")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := bytes.IndexByte(whole, '\n') + 1
	for cut := second; cut < len(whole); cut++ {
		torn := append(bytes.Clone(whole[:cut]), make([]byte, 3)...) // and zeros, as file systems leave them
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, path, 10)
		if list(s) != "1:a" || s.Damaged() != 0 {
			t.Fatalf("cut at byte %d: %q, %d damaged", cut, list(s), s.Damaged())
		}
		put(t, s, "c")
		if got := list(open(t, path, 10)); got != "1:a 2:c" {
			t.Fatalf("cut at byte %d, then appended: %q", cut, got)
		}
	}
}

func TestDamagedRecordIsLeftOutAndCountedAndTheOthersStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	put(t, open(t, path, 10), "aaa", "bbb", "ccc")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(whole, []byte("bbb"), []byte("bxb"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, 10)
	if list(s) != "1:aaa 3:ccc" || s.Damaged() != 1 {
		t.Errorf("%q, %d damaged, want records 1 and 3, 1 damaged", list(s), s.Damaged())
	}
}

func TestFullSpoolRefusesByNameAndTakesAgainAfterADrop(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s"), 2)
	put(t, s, "a", "b")
	if _, err := s.Append([]byte("c")); !errors.Is(err, spool.ErrFull) || !strings.Contains(err.Error(), "at most 2") {
		t.Errorf("error %v, want ErrFull with the limit", err)
	}
	if err := s.Drop(1); err != nil {
		t.Fatal(err)
	}
	put(t, s, "c")
	if got := list(s); got != "2:b 3:c" {
		t.Errorf("%q, want 2:b 3:c", got)
	}
}

func TestTooLargeRecordAndWrongLimitAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := open(t, path, 1)
	if _, err := s.Append(make([]byte, spool.RecordMax+1)); !errors.Is(err, spool.ErrTooLarge) || s.Len() != 0 {
		t.Errorf("error %v, %d records; want ErrTooLarge and none", err, s.Len())
	}
	for _, most := range []int{0, -1, spool.RecordsMax + 1} {
		if _, err := spool.Open(path, most); err == nil || !strings.Contains(err.Error(), fmt.Sprint(most)) {
			t.Errorf("limit %d: error %v", most, err)
		}
	}
}

func TestClosedSpoolStoresNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s"), 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append([]byte("a")); !errors.Is(err, spool.ErrClosed) || s.Len() != 0 {
		t.Errorf("error %v, %d records; want ErrClosed and none", err, s.Len())
	}
}

func TestFileStaysSmallOverManyDays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := open(t, path, 10)
	record := strings.Repeat("x", 4000)
	for range 200 {
		put(t, s, record)
		first, _ := s.First()
		if s.Len() == 3 {
			if err := s.Drop(first.N); err != nil {
				t.Fatal(err)
			}
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 200<<10 {
		t.Errorf("after 800 kB of records that came and went the file has %d bytes", info.Size())
	}
	if got := open(t, path, 10).All(); len(got) != 2 || got[1].N != 200 {
		t.Errorf("after the restart %d records, the last is %d; want 2 and 200", len(got), got[len(got)-1].N)
	}
}

func TestAnySequenceOfAppendsDropsAndRestartsKeepsExactlyWhatWasNotDropped(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		path := filepath.Join(folder, "s")
		os.Remove(path)
		s, err := spool.Open(path, 20)
		if err != nil {
			r.Fatal(err)
		}
		defer func() { s.Close() }()
		var want []spool.Record
		for range rapid.IntRange(1, 15).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"append", "append", "append", "drop", "restart"}).Draw(r, "step") {
			case "append":
				data := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(r, "data")
				n, err := s.Append(data)
				if err != nil {
					r.Fatal(err)
				}
				want = append(want, spool.Record{N: n, Data: data})
			case "drop":
				k := rapid.IntRange(0, len(want)).Draw(r, "k")
				if k > 0 {
					if err := s.Drop(want[k-1].N); err != nil {
						r.Fatal(err)
					}
					want = want[k:]
				}
			case "restart":
				s.Close()
				if s, err = spool.Open(path, 20); err != nil {
					r.Fatal(err)
				}
			}
			got := s.All()
			if len(got) != len(want) || s.Damaged() != 0 {
				r.Fatalf("%d records, %d damaged, want %d", len(got), s.Damaged(), len(want))
			}
			for i := range got {
				if got[i].N != want[i].N || !bytes.Equal(got[i].Data, want[i].Data) {
					r.Fatalf("record %d is %+v, want %+v", i, got[i], want[i])
				}
			}
		}
	})
}

func FuzzOpenAnyFile(f *testing.F) {
	f.Add([]byte("+ 1 \"a\" 00000000\n- 1 00000000\n"))
	f.Add([]byte("\n\n \n"))
	path := filepath.Join(f.TempDir(), "s")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := spool.Open(path, 10)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if s.Len() >= 10 {
			return
		}
		n, err := s.Append([]byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := spool.Open(path, 10)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		all := again.All()
		if len(all) == 0 || all[len(all)-1].N != n || string(all[len(all)-1].Data) != "x" {
			t.Fatalf("appended record %d is not the last of %v", n, all)
		}
	})
}

func Example() {
	folder, err := os.MkdirTemp("", "spool")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	s, err := spool.Open(filepath.Join(folder, "reports.spool"), 100)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	n, err := s.Append([]byte(`{"ticket":"A012"}`)) // on the disk when it returns
	fmt.Println(n, err, s.Len())
	err = s.Drop(n) // the hub has it
	fmt.Println(err, s.Len())
	// Output:
	// 1 <nil> 1
	// <nil> 0
}
