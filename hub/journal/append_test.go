package journal

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestEventsAreNumberedFromOneWithoutGaps(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	for _, n := range []int{1, 3, 700} {
		mustAppend(t, j, n)
	}
	all := readAll(t, j, 0)
	if len(all) != 704 {
		t.Fatalf("read %d events, want 704", len(all))
	}
	var body int64
	for i, r := range all {
		want := event(uint64(i) + 1)
		if r.Seq != uint64(i)+1 || !r.At.Equal(want.At) || r.Kind != want.Kind || !bytes.Equal(r.Body, want.Body) {
			t.Fatalf("event %d is %+v, want %+v", i+1, r, want)
		}
		body += int64(len(r.Body))
	}
	if events, size := j.Stats(); events != 704 || size != body {
		t.Errorf("Stats says %d events of %d bytes, want 704 of %d", events, size, body)
	}
	if seq, hash := j.Last(); seq != 704 || hash != all[703].Hash {
		t.Errorf("Last is %d, want 704 with the hash of the last event read", seq)
	}
}

func TestReadBeginsAfterTheGivenEvent(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	mustAppend(t, j, 20)
	if got := readAll(t, j, 17); len(got) != 3 || got[0].Seq != 18 {
		t.Errorf("after 17 came %+v, want 18, 19, 20", got)
	}
	if got := readAll(t, j, 20); got != nil {
		t.Errorf("after the last event came %+v, want nothing", got)
	}
	if err := j.Read(context.Background(), 21, nil); err == nil || !strings.Contains(err.Error(), "0 to 20") {
		t.Errorf("reading after an event that is not there gave %v, want an error with the legal range", err)
	}
	stop := errors.New("enough")
	if err := j.Read(context.Background(), 0, func(Record) error { return stop }); err != stop {
		t.Errorf("got %v, want the reader's own error", err)
	}
}

func TestReaderMayAppendWhileItReads(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	mustAppend(t, j, 5)
	err := j.Read(context.Background(), 0, func(r Record) error {
		if r.Seq > 5 {
			return nil
		}
		return appendEvents(j, 1)
	})
	if last, _ := j.Last(); err != nil || last != 10 {
		t.Errorf("last is %d with error %v, want 10", last, err)
	}
}

func TestAppendReturnsWhatReadGivesLater(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	beijing := time.FixedZone("CST", 8*3600)
	at := time.Date(2026, 3, 2, 9, 0, 0, 123456789, beijing)
	got, err := j.Append(0, []Entry{{At: at, Kind: "called", Body: []byte(`{"窗口":"3"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	read := readAll(t, j, 0)
	if !got[0].At.Equal(at.Truncate(time.Microsecond)) || got[0].At != read[0].At {
		t.Errorf("time is %v when appended and %v when read, want both in UTC and whole microseconds", got[0].At, read[0].At)
	}
	if got[0].Hash != read[0].Hash || !bytes.Equal(got[0].Body, read[0].Body) || got[0].Kind != read[0].Kind {
		t.Errorf("appended %+v, read %+v", got[0], read[0])
	}
}

func TestAppendAfterAnotherEventThanTheLastIsAConflict(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	mustAppend(t, j, 3)
	for _, prev := range []uint64{0, 2, 4} {
		if _, err := j.Append(prev, []Entry{event(prev + 1)}); !errors.Is(err, ErrConflict) {
			t.Errorf("append after %d gave %v, want ErrConflict", prev, err)
		}
	}
	if last, _ := j.Last(); last != 3 || len(readAll(t, j, 0)) != 3 {
		t.Errorf("last is %d, want 3: a conflict writes nothing", last)
	}
}

func TestAppendRefusesWhatIsOutOfRange(t *testing.T) {
	good := event(1)
	with := func(change func(*Entry)) []Entry {
		e := good
		change(&e)
		return []Entry{good, e}
	}
	cases := []struct {
		name    string
		entries []Entry
		says    string
	}{
		{"no events", nil, "0 events in one call, the legal range is 1 to 4096"},
		{"too many", make([]Entry, MaxBatch+1), "4097 events in one call, the legal range is 1 to 4096"},
		{"no kind", with(func(e *Entry) { e.Kind = "" }), "kind of 0 bytes, the legal range is 1 to 64"},
		{"long kind", with(func(e *Entry) { e.Kind = strings.Repeat("k", 65) }), "kind of 65 bytes"},
		{"broken kind", with(func(e *Entry) { e.Kind = "\xff" }), "not UTF-8"},
		{"no body", with(func(e *Entry) { e.Body = nil }), "body of 0 bytes"},
		{"long body", with(func(e *Entry) { e.Body = make([]byte, MaxBody+1) }), "body of 1048577 bytes"},
		{"no time", with(func(e *Entry) { e.At = time.Time{} }), "year 1, the legal range is 1970 to 9999"},
	}
	j := mustOpen(t, t.TempDir())
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := j.Append(0, c.entries); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error that says %q", err, c.says)
			}
		})
	}
	mustAppend(t, j, 1) // after all that the journal is empty and well
}

func TestNothingIsWrittenAfterClose(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := appendEvents(j, 1); !errors.Is(err, ErrDead) {
		t.Errorf("append after close gave %v, want ErrDead", err)
	}
	if err := j.Close(); err != nil {
		t.Errorf("the second close gave %v, want nothing", err)
	}
}

func TestForeignWriterEndsTheJournal(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	mustAppend(t, j, 2)
	tamper(t, dir, "INSERT INTO event VALUES (3, 1, 'called', x'00', x'00')")
	for range 2 {
		if err := appendEvents(j, 1); !errors.Is(err, ErrDead) {
			t.Errorf("append beside a foreign writer gave %v, want ErrDead", err)
		}
	}
	if err := j.SetMeta("epoch", "2"); !errors.Is(err, ErrDead) {
		t.Errorf("set meta on a dead journal gave %v, want ErrDead", err)
	}
	if last, _ := j.Last(); last != 2 {
		t.Errorf("last is %d, want 2", last)
	}
}

func TestTriggersRefuseToChangeEvents(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	mustAppend(t, j, 2)
	for _, s := range []string{"UPDATE event SET at = 0 WHERE seq = 1", "DELETE FROM event WHERE seq = 2"} {
		if _, err := j.conn.ExecContext(context.Background(), s); err == nil || !strings.Contains(err.Error(), "events are never") {
			t.Errorf("%s gave %v, want a refusal", s, err)
		}
	}
}

func TestJournalLivesInATimeBubble(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		j, err := Open(dir, Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(time.Hour)
			prev, _ := j.Last()
			if _, err := j.Append(prev, []Entry{{At: time.Now(), Kind: "tick", Body: []byte("{}")}}); err != nil {
				t.Fatal(err)
			}
		}
		all := readAll(t, j, 0)
		if d := all[2].At.Sub(all[0].At); d != 2*time.Hour {
			t.Errorf("three events in %v, want 2h0m0s", d)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
}
