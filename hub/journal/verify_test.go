package journal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestVerifyNamesTheEventThatWasChanged(t *testing.T) {
	cases := []struct {
		name string
		sql  string
		seq  uint64
		what Breach
	}{
		{"its time by one microsecond", "UPDATE event SET at = at + 1 WHERE seq = 7", 7, Changed},
		{"its kind by one letter", "UPDATE event SET kind = 'Issued' WHERE seq = 7", 7, Changed},
		{"one byte of its body", `UPDATE event SET body = CAST('{"ticket":"A008"}' AS BLOB) WHERE seq = 7`, 7, Changed},
		{"a letter moved from kind to body", `UPDATE event SET kind = 'issue', body = CAST('d{"ticket":"A007"}' AS BLOB) WHERE seq = 7`, 7, Changed},
		{"its hash", "UPDATE event SET hash = zeroblob(32) WHERE seq = 7", 7, Changed},
		{"the length of its hash", "UPDATE event SET hash = x'00' WHERE seq = 7", 7, Changed},
		{"its sequence", "UPDATE event SET seq = 700 WHERE seq = 7", 7, Missing},
		{"an event removed", "DELETE FROM event WHERE seq = 7", 7, Missing},
		{"the first removed", "DELETE FROM event WHERE seq = 1", 1, Missing},
		{"two exchanged", "UPDATE event SET body = (SELECT body FROM event o WHERE o.seq = 19 - event.seq) WHERE seq IN (9, 10)", 9, Changed},
		{"the tail cut off", "DELETE FROM event WHERE seq > 17", 18, Missing},
		{"all events removed", "DELETE FROM event", 1, Missing},
		{"an event added", "INSERT INTO event SELECT 21, at, kind, body, hash FROM event WHERE seq = 20", 21, Changed},
		{"the head moved back", "UPDATE head SET seq = 19, hash = (SELECT hash FROM event WHERE seq = 19)", 20, BeyondHead},
		{"the head's hash", "UPDATE head SET hash = zeroblob(32)", 20, Changed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := closedJournal(t, 20)
			tamper(t, dir, c.sql)
			s, err := Verify(t.Context(), dir)
			b := broken(t, err)
			if b.Seq != c.seq || b.What != c.what || !strings.Contains(err.Error(), fmt.Sprintf("event %d %s", c.seq, c.what)) {
				t.Errorf("Verify says %v, want event %d %s", err, c.seq, c.what)
			}
			if c.seq < 20 && s.Events != c.seq-1 {
				t.Errorf("the summary counts %d events before it, want %d", s.Events, c.seq-1)
			}
		})
	}
}

// cutWithCare removes events after 17 and corrects the head, as somebody would who knows this package.
var cutWithCare = []string{
	"DELETE FROM event WHERE seq > 17",
	"UPDATE head SET seq = 17, hash = (SELECT hash FROM event WHERE seq = 17)",
}

func TestTailCutOffWithCareIsFoundByASnapshot(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	mustAppend(t, j, 20)
	if err := errors.Join(j.SaveSnapshot(19, []byte("state")), j.Close()); err != nil {
		t.Fatal(err)
	}
	tamper(t, dir, cutWithCare...)
	_, err := Verify(t.Context(), dir)
	if b := broken(t, err); b.Seq != 18 || b.What != Missing {
		t.Errorf("Verify says %v, want event 18 missing", err)
	}
}

func TestTailCutOffWithCareIsFoundOnlyByANotedHead(t *testing.T) {
	dir := closedJournal(t, 20)
	before, err := Verify(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	tamper(t, dir, cutWithCare...)
	if s, err := Verify(t.Context(), dir); err != nil || s.Events != 17 {
		t.Errorf("without help Verify says %v, %v; the documented limit is that it finds nothing", s, err)
	}
	noted := Head{Seq: before.Events, Hash: before.Hash}
	_, err = Verify(t.Context(), dir, noted)
	if b := broken(t, err); b.Seq != 18 || b.What != Missing {
		t.Errorf("with the noted head Verify says %v, want event 18 missing", err)
	}
}

func TestChainComputedAnewIsFoundByANotedHead(t *testing.T) {
	before, err := Verify(t.Context(), closedJournal(t, 20))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	j := mustOpen(t, dir)
	forged := event(1)
	forged.Body = []byte(`{"ticket":"B001"}`)
	if _, err := j.Append(0, []Entry{forged}); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, 29)
	_, err = Verify(t.Context(), dir, Head{Seq: before.Events, Hash: before.Hash})
	if b := broken(t, err); b.Seq != 20 || b.What != Other {
		t.Errorf("Verify says %v, want event 20 another one than noted", err)
	}
}

func TestVerifySeesOneMomentOfAJournalInUse(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	mustAppend(t, j, 2000)
	done := make(chan error, 1)
	go func() {
		for range 100 {
			if err := appendEvents(j, 3); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for running, last := true, uint64(0); running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
		}
		s, err := Verify(t.Context(), dir)
		if err != nil || s.Events < last || (s.Events-2000)%3 != 0 {
			t.Fatalf("Verify saw %v after %d events, error %v", s, last, err)
		}
		last = s.Events
	}
}

func TestVerifyRefusesWhatIsNotAJournal(t *testing.T) {
	dir := t.TempDir()
	if _, err := Verify(t.Context(), dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty directory gave %v, want that there is no such file", err)
	}
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, bytes.Repeat([]byte("buy thermal paper "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), text); broken(t, err).What != Unreadable {
		t.Errorf("a text file gave %v, want that it cannot be read", err)
	}
	empty := filepath.Join(dir, "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), empty); err == nil || !strings.Contains(err.Error(), "not a journal") {
		t.Errorf("an empty file gave %v, want that it is not a journal", err)
	}
}

func TestOpenRefusesACutTail(t *testing.T) {
	dir := closedJournal(t, 20)
	tamper(t, dir, "DELETE FROM event WHERE seq = 20")
	_, err := Open(dir, Options{})
	if b := broken(t, err); b.Seq != 20 || b.What != Missing {
		t.Errorf("Open says %v, want event 20 missing", err)
	}
}

// TestNoFlippedBitChangesWhatIsRead flips single bits all over the file. SQLite itself is silent about most of
// them; the chain must find each one that changes what a reader gets.
func TestNoFlippedBitChangesWhatIsRead(t *testing.T) {
	dir := closedJournal(t, 200)
	whole, err := Verify(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	clean, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	path := filepath.Join(t.TempDir(), "flipped.db")
	found := 0
	for range 300 {
		at, bit := random.IntN(len(clean)), random.IntN(8)
		flipped := bytes.Clone(clean)
		flipped[at] ^= 1 << bit
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Verify(t.Context(), path)
		switch {
		case err != nil:
			found++
		case s != whole:
			t.Fatalf("bit %d of byte %d gave %v without an error, want %v", bit, at, s, whole)
		}
	}
	t.Logf("%d of 300 flips were found, the others changed nothing that is read", found)
	for _, ticket := range []string{"A001", "A100", "A200"} {
		body, changed := []byte(`{"ticket":"`+ticket), []byte(`{"ticket":"B`+ticket[1:])
		flipped := bytes.ReplaceAll(clean, body, changed)
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Verify(t.Context(), path)
		if b := broken(t, err); fmt.Sprintf("A%03d", b.Seq) != ticket || b.What != Changed {
			t.Errorf("one changed byte in the body of %s gave %v", ticket, err)
		}
	}
}

// TestWhateverIsAppendedIsReadBack drives a journal through random batches, snapshots and restarts beside
// a plain list.
func TestWhateverIsAppendedIsReadBack(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(base, "")
		if err != nil {
			rt.Fatal(err)
		}
		j, err := Open(dir, Options{NoSync: true})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = j.Close() }() // its error belongs to the step that failed before
		var want []Entry
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				batch := rapid.SliceOfN(entries, 1, 5).Draw(rt, "batch")
				if _, err := j.Append(uint64(len(want)), batch); err != nil {
					rt.Fatal(err)
				}
				want = append(want, batch...)
			},
			"snapshot": func(rt *rapid.T) {
				if len(want) == 0 {
					rt.Skip("nothing to keep")
				}
				seq := rapid.IntRange(1, len(want)).Draw(rt, "seq")
				if err := j.SaveSnapshot(uint64(seq), []byte("state")); err != nil {
					rt.Fatal(err)
				}
			},
			"restart": func(rt *rapid.T) {
				if rapid.IntRange(0, 3).Draw(rt, "rarely") > 0 {
					rt.Skip("a restart costs more than all else")
				}
				if err := j.Close(); err != nil {
					rt.Fatal(err)
				}
				if j, err = Open(dir, Options{NoSync: true}); err != nil {
					rt.Fatal(err)
				}
			},
		})
		checkChain(rt, readAll(t, j, 0), want)
		s, err := Verify(t.Context(), dir)
		if seq, hash := j.Last(); err != nil || s.Hash != hash || s.Events != seq {
			rt.Fatalf("Verify says %v, %v, the journal says %d", s, err, seq)
		}
	})
}

var entries = rapid.Custom(func(rt *rapid.T) Entry {
	return Entry{
		At:   morning.AddDate(0, 0, rapid.IntRange(-9000, 9000).Draw(rt, "day")),
		Kind: rapid.StringN(1, 8, MaxKind).Draw(rt, "kind"),
		Body: rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(rt, "body"),
	}
})

// checkChain computes the chain once more from the entries alone.
func checkChain(rt *rapid.T, got []Record, want []Entry) {
	if len(got) != len(want) {
		rt.Fatalf("read %d events, want %d", len(got), len(want))
	}
	var hash [32]byte
	for i, e := range want {
		hash = link(hash, uint64(i)+1, e.At.UnixMicro(), e.Kind, e.Body)
		r := got[i]
		if r.Kind != e.Kind || !bytes.Equal(r.Body, e.Body) || !r.At.Equal(e.At) || r.Hash != hash {
			rt.Fatalf("event %d is %+v, want %+v with hash %x", i+1, r, e, hash)
		}
	}
}
