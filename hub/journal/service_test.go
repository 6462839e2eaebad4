package journal

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

const monday = "2026-03-02"

// visit is a finished visit that ended with event seq: called after wait, served for serve.
func visit(seq uint64, service string, wait, serve time.Duration) ServiceLine {
	called := morning.Add(wait)
	return ServiceLine{
		Day: monday, Ticket: fmt.Sprintf("t%d", seq), Number: fmt.Sprintf("A%03d", seq), Service: service, Class: "regular",
		Window: "3", Clerk: "zhang", OnBehalfOf: "4", IssuedAt: morning, CalledAt: called, ArrivedAt: called.Add(20 * time.Second),
		FinishedAt: called.Add(20*time.Second + serve), Outcome: "finished", Result: "done",
		Wait: wait, Way: 20 * time.Second, Serve: serve, Seq: seq,
	}
}

func cancelled(seq uint64, service string) ServiceLine {
	return ServiceLine{Day: monday, Ticket: fmt.Sprintf("t%d", seq), Service: service, IssuedAt: morning,
		FinishedAt: morning.Add(time.Minute), Outcome: "cancelled", Seq: seq}
}

func dayLog(t *testing.T, j *Journal, day string) []ServiceLine {
	t.Helper()
	var lines []ServiceLine
	err := j.ServiceLines(t.Context(), day, func(l ServiceLine) error {
		lines = append(lines, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func mustAppendWith(t *testing.T, j *Journal, lines ...ServiceLine) {
	t.Helper()
	prev, _ := j.Last()
	if _, err := j.AppendWith(prev, []Entry{event(prev + 1)}, lines); err != nil {
		t.Fatal(err)
	}
}

func TestServiceLogGivesBackWhatWasWrittenInOrder(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	first, second := visit(1, "passport", time.Minute, 5*time.Minute), cancelled(2, "tax")
	mustAppendWith(t, j, second, first)
	other := visit(3, "tax", 0, 0)
	other.Day = "2026-03-03"
	mustAppendWith(t, j, other)
	got := dayLog(t, j, monday)
	if len(got) != 2 || got[0] != first || got[1] != second {
		t.Errorf("the day's log is\n%+v, want\n%+v", got, []ServiceLine{first, second})
	}
	if got := dayLog(t, j, "2026-03-01"); got != nil {
		t.Errorf("a day without visits has %+v", got)
	}
}

func TestLaterLineOfATicketReplacesTheFirst(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	mustAppendWith(t, j, cancelled(1, "tax"), cancelled(2, "tax"))
	back := visit(1, "tax", time.Minute, time.Minute)
	mustAppendWith(t, j, back)
	undone := cancelled(2, "tax")
	undone.Outcome = ""
	mustAppendWith(t, j, undone)
	if got := dayLog(t, j, monday); len(got) != 1 || got[0] != back {
		t.Errorf("the day's log is %+v, want only %+v", got, back)
	}
}

func TestLinesAreWrittenWithTheirEventsOrNotAtAll(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	line := visit(1, "tax", time.Minute, time.Minute)
	if _, err := j.AppendWith(9, []Entry{event(1)}, []ServiceLine{line}); !errors.Is(err, ErrConflict) {
		t.Fatalf("got %v, want ErrConflict", err)
	}
	wrong := map[string]func(*ServiceLine){
		"the legal form is 2006-01-02": func(l *ServiceLine) { l.Day = "2 March" },
		"the key is empty":             func(l *ServiceLine) { l.Ticket = "" },
		"5000 bytes":                   func(l *ServiceLine) { l.Result = strings.Repeat("x", 5000) },
		"begins at 0":                  func(l *ServiceLine) { l.Wait = -time.Second },
	}
	for says, change := range wrong {
		bad := line
		change(&bad)
		if _, err := j.AppendWith(0, []Entry{event(1)}, []ServiceLine{line, bad}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want an error that says %q", err, says)
		}
	}
	if last, _ := j.Last(); last != 0 || dayLog(t, j, monday) != nil {
		t.Errorf("after refusals there are %d events and lines %+v, want none", last, dayLog(t, j, monday))
	}
}

func TestRebuildReplacesTheServiceLogOrLeavesIt(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	mustAppendWith(t, j, cancelled(1, "tax"), cancelled(2, "tax"))
	broken := errors.New("the fold has failed")
	err := j.ReplaceServiceLines(func(put func(ServiceLine) error) error {
		return errors.Join(put(visit(7, "tax", 0, 0)), broken)
	})
	if !errors.Is(err, broken) || len(dayLog(t, j, monday)) != 2 {
		t.Errorf("a failed rebuild gave %v and left %d lines, want the 2 of before", err, len(dayLog(t, j, monday)))
	}
	want := visit(1, "tax", time.Second, time.Second)
	err = j.ReplaceServiceLines(func(put func(ServiceLine) error) error {
		return j.Read(t.Context(), 0, func(r Record) error { return put(want) })
	})
	if got := dayLog(t, j, monday); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("the rebuilt log is %+v (%v), want %+v", got, err, want)
	}
	mustAppend(t, j, 1)
}

func TestDayFiguresPerServiceAndForTheDay(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	var lines []ServiceLine
	for i := range uint64(10) { // waits 1 to 10 minutes, in a mixed order
		lines = append(lines, visit(i+1, "passport", time.Duration((i*7)%10+1)*time.Minute, 5*time.Minute))
	}
	absent := visit(11, "tax", 30*time.Minute, 0)
	absent.Outcome, absent.ArrivedAt, absent.Way = "no_show", time.Time{}, 0
	mustAppendWith(t, j, append(lines, absent, cancelled(12, "tax"))...)
	got, err := j.DayFigures(t.Context(), monday)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Services) != 2 || got.Services[0].Service != "passport" || got.Services[1].Service != "tax" {
		t.Fatalf("the services are %+v, want passport and tax", got.Services)
	}
	passport, tax, all := got.Services[0], got.Services[1], got.All
	minutes := func(count int, mean float64, median, p90, longest int) Spread {
		return Spread{Count: count, Mean: time.Duration(mean * float64(time.Minute)), Median: time.Duration(median) * time.Minute,
			P90: time.Duration(p90) * time.Minute, Max: time.Duration(longest) * time.Minute}
	}
	if want := minutes(10, 5.5, 5, 9, 10); passport.Wait != want {
		t.Errorf("passport waits are %+v, want %+v", passport.Wait, want)
	}
	if want := minutes(1, 30, 30, 30, 30); tax.Wait != want || tax.Serve != (Spread{}) || tax.Way != (Spread{}) {
		t.Errorf("tax waits are %+v and serves %+v, want %+v and none", tax.Wait, tax.Serve, want)
	}
	if want := minutes(10, 5, 5, 5, 5); all.Serve != want {
		t.Errorf("services took %+v, want %+v", all.Serve, want)
	}
	if want := map[string]int{"finished": 10, "no_show": 1, "cancelled": 1}; all.Count != 12 || !maps.Equal(all.Outcomes, want) {
		t.Errorf("the day has %d visits, %v; want 12, %v", all.Count, all.Outcomes, want)
	}
	if none, err := j.DayFigures(t.Context(), "2026-03-01"); err != nil || none.All.Count != 0 || none.Services != nil {
		t.Errorf("a day without visits has %+v (%v)", none, err)
	}
}

func TestDayFiguresAreReadFromTheIndexAlone(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	var id, parent, unused int
	var plan string
	err := j.read.QueryRow("EXPLAIN QUERY PLAN "+figuresSQL, monday).Scan(&id, &parent, &unused, &plan)
	if err != nil || !strings.Contains(plan, "COVERING INDEX service_line_figures") {
		t.Errorf("SQLite would %q (%v), want it to search the covering index", plan, err)
	}
}

func TestPromiseOfAVisitIsKept(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	told, untold, old := visit(1, "tax", time.Minute, time.Minute), visit(2, "tax", time.Minute, time.Minute), visit(3, "tax", 0, 0)
	told.Promise = Promise{Model: "f12", Known: true, High: 12 * time.Minute}
	untold.Promise = Promise{Model: "simple"}
	mustAppendWith(t, j, told, untold, old)
	if got := dayLog(t, j, monday); len(got) != 3 || got[0] != told || got[1] != untold || got[2] != old {
		t.Errorf("the promises came back as %+v", got)
	}
	wrong := told
	wrong.Promise.Low = -time.Second
	prev, _ := j.Last()
	if _, err := j.AppendWith(prev, []Entry{event(prev + 1)}, []ServiceLine{wrong}); err == nil {
		t.Error("a promise below 0 was taken")
	}
}

func TestJournalFromBeforePromisesIsReadAndBroughtUpToDate(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	line := visit(1, "tax", time.Minute, time.Minute)
	mustAppendWith(t, j, line)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for _, column := range []string{"model", "low_ms", "high_ms"} {
		tamper(t, dir, "ALTER TABLE service_line DROP COLUMN promise_"+column)
	}
	tamper(t, dir, "PRAGMA user_version = 1")
	var read []ServiceLine
	_, err := Audit(t.Context(), dir, func(from Reading, _ Record) error {
		lines, err := from.ServiceLines(monday)
		read = lines
		return err
	})
	if err != nil || len(read) != 1 || read[0] != line {
		t.Fatalf("the old file gives %+v, %v", read, err)
	}
	if got := dayLog(t, mustOpen(t, dir), monday); len(got) != 1 || got[0] != line {
		t.Errorf("brought up to date it gives %+v", got)
	}
}

func TestDaysOfTheServiceLogComeNewestFirst(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	for n, day := range []string{"2026-03-02", "2026-03-04", "2026-03-03"} {
		l := visit(uint64(n+1), "tax", 0, 0)
		l.Day = day
		mustAppendWith(t, j, l)
	}
	if days, err := j.Days(t.Context(), 2); err != nil || fmt.Sprint(days) != "[2026-03-04 2026-03-03]" {
		t.Errorf("the last two days are %v, %v", days, err)
	}
}
