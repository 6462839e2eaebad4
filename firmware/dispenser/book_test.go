package dispenser

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jiaohao/protocol"
)

var someday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func own(day string) offline {
	return offline{Day: day, Letter: "Y", Service: "social"}
}

// mustOpen opens the book in dir; the test's end closes it.
func mustOpen(t testing.TB, dir string, now time.Time) *book {
	t.Helper()
	b, err := openBook(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.close() })
	return b
}

func mustIssue(t testing.TB, b *book, day string) *offline {
	t.Helper()
	o, err := b.issue(own(day), 0, someday)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestNumbersStartAt001EachBusinessDay(t *testing.T) {
	b := mustOpen(t, t.TempDir(), someday)
	for _, c := range []struct{ day, want string }{
		{"2026-11-23", "Y001"}, {"2026-11-23", "Y002"}, {"2026-11-24", "Y001"},
		{"2026-11-23", "Y003"}, // the hub came back with the older day
	} {
		if got := mustIssue(t, b, c.day).Number; got != c.want {
			t.Errorf("%s: %s, want %s", c.day, got, c.want)
		}
	}
}

func TestNumbersOfADayThatHadNoNameYetAreNotRepeated(t *testing.T) {
	b := mustOpen(t, t.TempDir(), someday)
	for _, c := range []struct{ day, want string }{
		{"", "Y001"}, {"", "Y002"}, {"2026-11-23", "Y003"}, {"2026-11-24", "Y001"},
	} {
		if got := mustIssue(t, b, c.day).Number; got != c.want {
			t.Errorf("day %q: %s, want %s", c.day, got, c.want)
		}
	}
}

// A power cut may leave any part of the file's end unwritten, except what fsync
// has promised before the paper came out.
func TestPowerCutAtAnyByteRepeatsNoNumberThatIsOnPaper(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, bookName)
	b := mustOpen(t, dir, someday)
	onPaper := map[int64]string{} // size of the file when the paper came, and the number
	for range 4 {
		o := mustIssue(t, b, "2026-11-23")
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		onPaper[info.Size()] = o.Number
		if err := b.record(entry{Printed: o.ref()}); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, bookName), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		b := mustOpen(t, dir, someday)
		next := mustIssue(t, b, "2026-11-23").Number
		kept := map[string]bool{}
		for _, o := range b.open {
			kept[o.Number] = true
		}
		for size, number := range onPaper {
			if size > int64(cut) {
				continue
			}
			if number == next {
				t.Fatalf("cut at byte %d of %d: %s is given out twice", cut, len(whole), number)
			}
			if !kept[number] {
				t.Fatalf("cut at byte %d of %d: %s is on paper and forgotten", cut, len(whole), number)
			}
		}
		b.close()
	}
}

func TestDamagedRecordLeavesAGapAndNoDouble(t *testing.T) {
	dir := t.TempDir()
	b := mustOpen(t, dir, someday)
	for range 3 {
		mustIssue(t, b, "2026-11-23")
	}
	b.close()
	path := filepath.Join(dir, bookName)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(raw, []byte("Y003"))
	raw[at] = 'Z'
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := mustIssue(t, mustOpen(t, dir, someday), "2026-11-23").Number; got != "Y004" {
		t.Errorf("next number is %s, want Y004: Y003 may be on paper", got)
	}
}

func TestFullDiskGivesNoNumber(t *testing.T) {
	b := mustOpen(t, t.TempDir(), someday)
	mustIssue(t, b, "2026-11-23")
	b.close() // every write fails from now on
	if _, err := b.issue(own("2026-11-23"), 0, someday); err == nil {
		t.Fatal("a number was given out that is not on the disk")
	}
	if len(b.open) != 1 {
		t.Errorf("%d tickets, want only the first", len(b.open))
	}
}

func TestNumbersEndBeforeTheCounterDoes(t *testing.T) {
	b := mustOpen(t, t.TempDir(), someday)
	b.count("2026-11-23/Y", numberMax)
	if _, err := b.issue(own("2026-11-23"), 0, someday); !errors.Is(err, errBookFull) {
		t.Errorf("number after %d: %v, want refused", numberMax, err)
	}
}

func TestAgeAfterARestartIsTheDevicesOwnClocksUnlessItWentBack(t *testing.T) {
	dir := t.TempDir()
	b := mustOpen(t, dir, someday)
	mustIssue(t, b, "2026-11-23")
	b.close()
	for _, c := range []struct{ now, want time.Duration }{
		{7 * time.Minute, 7 * time.Minute}, {-time.Hour, 0}, {1000 * time.Hour, 48 * time.Hour},
	} {
		now := someday.Add(c.now)
		b := mustOpen(t, dir, now)
		if got := now.Sub(b.open[0].issued); got != c.want {
			t.Errorf("%s later by the device's clock: age %s, want %s", c.now, got, c.want)
		}
		b.close()
	}
}

// Whatever happens in whatever order, with power cuts between, no number comes
// twice on a day and no ticket is forgotten before it is merged.
func TestBookKeepsEveryTicketUntilItIsMerged(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "book")
		if err != nil {
			t.Fatal(err)
		}
		b := mustOpen(t, dir, someday)
		seen, open := map[string]bool{}, map[string]bool{}
		days := []string{"2026-11-23", "2026-11-24"}
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"issue", "issue", "merge", "settle", "restart"}).Draw(r, "step") {
			case "issue":
				o := mustIssue(t, b, rapid.SampledFrom(days).Draw(r, "day"))
				if seen[o.ref()] {
					r.Fatalf("%s was given out twice", o.ref())
				}
				seen[o.ref()], open[o.ref()] = true, true
			case "merge":
				if len(b.open) == 0 {
					continue
				}
				ref := rapid.SampledFrom(b.open).Draw(r, "ticket").ref()
				if err := b.record(entry{Merged: []string{ref}}); err != nil {
					r.Fatal(err)
				}
				delete(open, ref)
			case "settle":
				if err := b.record(entry{Settled: protocol.RequestID("none")}); err != nil {
					r.Fatal(err)
				}
			case "restart":
				b.close()
				b = mustOpen(t, dir, someday)
			}
			if len(b.open) != len(open) {
				r.Fatalf("%d tickets in the book, want %d", len(b.open), len(open))
			}
		}
		b.close()
	})
}

func TestNewMemoryCardGoesOnBehindTheLastNumberThatTheHubKnows(t *testing.T) {
	b := mustOpen(t, t.TempDir(), someday)
	for i, want := range []string{"Y013", "Y014"} {
		o, err := b.issue(own("2026-11-23"), 12, someday)
		if err != nil || o.Number != want {
			t.Errorf("number %d is %v, %v, want %s", i+1, o, err, want)
		}
	}
}
