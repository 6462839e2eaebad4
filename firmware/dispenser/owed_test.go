package dispenser

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"jiaohao/protocol"
)

func hubSlip(number string) *slip {
	return &slip{Ticket: protocol.Ticket{ID: protocol.TicketID("20261123-" + number), Number: number, Service: "social"}, Day: "2026-11-23"}
}

// A press is an open press, then a slip that waits for paper, then nothing: at no
// byte of the file is it none of them too early, or two of them.
func TestPowerCutAtAnyByteForgetsNoPressAndNoSlip(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, bookName)
	b := mustOpen(t, dir, someday)
	var sizes []int64 // of the file after each step
	for _, step := range []func() error{
		func() error { return b.ask("first") },
		func() error { return b.owe(hubSlip("A001"), "first") },
		func() error { return b.record(entry{Paper: "2026-11-23/A001"}) },
		func() error { _, err := b.issue(offline{Letter: "Y", Doubt: "second"}, 0, someday); return err },
	} {
		if len(sizes) == 3 {
			if err := b.ask("second"); err != nil {
				t.Fatal(err)
			}
		}
		if err := step(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, info.Size())
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
		at, bad := int64(cut), ""
		switch first := slices.Contains(b.asked, "first"); {
		case at >= sizes[0] && at < sizes[1]:
			bad = wrong(!first || len(b.owed) != 0, "an open press")
		case at >= sizes[1] && at < sizes[2]:
			bad = wrong(first || len(b.owed) != 1, "a slip without paper")
		case at >= sizes[2] && at < sizes[3]:
			bad = wrong(first || len(b.owed) != 0, "done")
		case at >= sizes[3]:
			bad = wrong(len(b.asked) != 0 || b.open[0].Doubt != "second", "a doubt of Y001")
		}
		if bad != "" {
			t.Fatalf("cut at byte %d of %d: open presses %v, %d slips owed, %s", cut, len(whole), b.asked, len(b.owed), bad)
		}
		b.close()
	}
}

func wrong(is bool, want string) string {
	if is {
		return "want " + want
	}
	return ""
}

func TestCompactedBookStillKnowsOpenPressesAndSlipsWithoutPaper(t *testing.T) {
	dir := t.TempDir()
	b := mustOpen(t, dir, someday)
	if err := errors.Join(b.ask("open"), b.owe(hubSlip("A001"), "")); err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		s := hubSlip(fmt.Sprintf("B%03d", n+1))
		if err := errors.Join(b.owe(s, ""), b.record(entry{Paper: s.ref()})); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.compact(); err != nil {
		t.Fatal(err)
	}
	if n := b.spool.Len(); n != 3 {
		t.Errorf("%d records in the file, want counters, press and slip", n)
	}
	b.close()
	b = mustOpen(t, dir, someday)
	if !slices.Equal(b.asked, []protocol.RequestID{"open"}) || len(b.owed) != 1 || b.owed[0].Ticket.ID != "20261123-A001" {
		t.Errorf("open presses %v, slips owed %+v, want one press and A001", b.asked, b.owed)
	}
}

func TestOnlyTheNewestSlipsWithoutPaperAreOffered(t *testing.T) {
	b := mustOpen(t, t.TempDir(), someday)
	for n := range unprintedMax + 5 {
		b.note(entry{Slip: hubSlip(fmt.Sprintf("A%03d", n+1))})
	}
	if len(b.owed) != unprintedMax || b.owed[0].Ticket.Number != "A006" {
		t.Errorf("%d slips from %s, want %d from A006", len(b.owed), b.owed[0].Ticket.Number, unprintedMax)
	}
}

// On a broken disk nothing is known after a restart: the hub's tickets go on.
func TestFullDiskKeepsAPressUntilTheNextStartOnly(t *testing.T) {
	b := mustOpen(t, t.TempDir(), someday)
	b.close() // every write fails from now on
	if err := b.ask("press"); err == nil || len(b.asked) != 1 {
		t.Errorf("ask: %v and %d presses known, want an error and one", err, len(b.asked))
	}
	if err := b.owe(hubSlip("A001"), "press"); err == nil || len(b.owed) != 0 || len(b.asked) != 1 {
		t.Errorf("owe: %v, want an error and the press still open", err)
	}
}

func TestNumberAboveTheLimitIsRefusedEvenWhenOnlyTheHubKnowsTheLast(t *testing.T) {
	b := mustOpen(t, t.TempDir(), someday)
	if o, err := b.issue(own("2026-11-23"), numberMax, someday); !errors.Is(err, errBookFull) {
		t.Errorf("number behind %d: %v, %v, want refused", numberMax, o, err)
	}
	if o, err := b.issue(own("2026-11-24"), numberMax-1, someday); err != nil || o.N != numberMax {
		t.Errorf("number behind %d: %v, %v, want %d", numberMax-1, o, err, numberMax)
	}
}

func TestNumberOfAnUnknownDayRepeatsNoneOfAKnownDay(t *testing.T) {
	b := mustOpen(t, t.TempDir(), someday)
	for _, c := range []struct{ day, want string }{
		{"2026-11-23", "Y001"}, {"2026-11-23", "Y002"}, {"", "Y003"}, {"", "Y004"},
		{"2026-11-23", "Y005"}, // it was still that day
		{"", "Y006"}, {"2026-11-24", "Y007"}, {"2026-11-24", "Y008"}, {"2026-11-25", "Y001"},
	} {
		if got := mustIssue(t, b, c.day).Number; got != c.want {
			t.Errorf("day %q: %s, want %s", c.day, got, c.want)
		}
	}
}

// BenchmarkPressAndSlipOnDiskBeforePaper measures what a citizen waits for the
// disk, beside one bare write and fsync on the same folder.
func BenchmarkPressAndSlipOnDiskBeforePaper(b *testing.B) {
	dir := b.TempDir()
	book := mustOpen(b, dir, someday)
	bare, err := os.Create(filepath.Join(dir, "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	var ours, raw time.Duration
	for n := 0; b.Loop(); n++ {
		id := protocol.RequestID(fmt.Sprint("press", n))
		start := time.Now()
		if err := errors.Join(book.ask(id), book.owe(hubSlip(fmt.Sprintf("A%03d", n%999)), id)); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		start = time.Now()
		if _, err := bare.WriteString("one record of a hundred bytes or so\n"); err != nil {
			b.Fatal(err)
		}
		if err := bare.Sync(); err != nil {
			b.Fatal(err)
		}
		raw += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(max(raw, 1)), "×fsync")
}
