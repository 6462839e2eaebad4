package replay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/replay"
)

// childEnv makes this test program the hub of a replay.
const childEnv = "JIAOHAO_REPLAY_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := replay.Child(ctx, os.Stdin, os.Stdout, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func readDay(t *testing.T, file string) *replay.Day {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	day, err := replay.Read(f, replay.Pick{})
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func run(t *testing.T, o replay.Options) *replay.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o.Child, o.Env = []string{os.Args[0]}, []string{childEnv + "=1"}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	r, err := replay.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func passes(t *testing.T, r *replay.Report) {
	t.Helper()
	for _, c := range r.Checks {
		if !c.Pass {
			t.Errorf("%s: %s", c.Name, c.Detail)
		}
	}
	if len(r.Checks) < 9 {
		t.Errorf("only %d checks were made", len(r.Checks))
	}
}

func TestRecordedOrderIsKeptToTheMillisecondOverThreeKills(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := run(t, replay.Options{Day: readDay(t, "bank.csv"), Kills: 3, Seed: 2, Dir: dir})
	passes(t, r)
	want := replay.Tickets{File: 40, Issued: 40, Called: 34, Finished: 34, Cancelled: 6, ServiceLog: 40}
	if r.Tickets != want {
		t.Errorf("tickets %+v, want %+v", r.Tickets, want)
	}
	for name, d := range map[string]replay.Deviation{"wait": r.Deviation.Wait, "service": r.Deviation.Service, "left": r.Deviation.Patience} {
		if d.Count == 0 || d.Exact != d.Count || d.MaxS != 0 {
			t.Errorf("%s deviates: %+v", name, d)
		}
	}
	if r.Hub != r.Recorded {
		t.Errorf("figures of the hub %+v, recorded %+v", r.Hub, r.Recorded)
	}
	if r.Work.Kills != 3 || r.Work.Events < 40+3*34 {
		t.Errorf("work %+v, want 3 kills and the events of all tickets", r.Work)
	}
	if sum, err := journal.Verify(t.Context(), dir); err != nil || sum.Events != r.Work.Events {
		t.Errorf("the journal left behind: %v, %v; want %d events", sum, err, r.Work.Events)
	}
}

func TestHubDecidesWhoIsCalledOverThreeKills(t *testing.T) {
	t.Parallel()
	r := run(t, replay.Options{Day: readDay(t, "warsaw.csv"), Mode: replay.Decide, Kills: 3, Seed: 5})
	passes(t, r)
	want := replay.Tickets{File: 40, Issued: 40, Called: 40, Finished: 40, ServiceLog: 40}
	if r.Tickets != want {
		t.Errorf("tickets %+v, want %+v", r.Tickets, want)
	}
	if r.Hub.Service != r.Recorded.Service {
		t.Errorf("service times %+v, recorded %+v", r.Hub.Service, r.Recorded.Service)
	}
}

func TestHubDecidesTheSameEachTime(t *testing.T) {
	t.Parallel()
	day := readDay(t, "bank.csv")
	a := run(t, replay.Options{Day: day, Mode: replay.Decide})
	b := run(t, replay.Options{Day: day, Mode: replay.Decide})
	passes(t, a)
	if a.Hub != b.Hub || a.Tickets != b.Tickets {
		t.Errorf("the same day twice: %+v and %+v", a.Hub, b.Hub)
	}
	if a.Tickets.Finished+a.Tickets.Cancelled != 40 {
		t.Errorf("tickets %+v, want 40 ended", a.Tickets)
	}
}

func TestWarsawWaitsAgreeWhereOnlyCallsAreRecorded(t *testing.T) {
	t.Parallel()
	r := run(t, replay.Options{Day: readDay(t, "warsaw.csv"), Speed: 2000})
	passes(t, r)
	if d := r.Deviation; d.Wait.Exact != 40 || d.WaitField.Allowed != 40 || d.EndsWorkedOut != 40 {
		t.Errorf("deviation %+v, want 40 exact waits", d)
	}
	if least := r.Work.RecordS / 2000; r.Work.RealS < least {
		t.Errorf("%v s of record took %v s at speed 2000, want at least %v s", r.Work.RecordS, r.Work.RealS, least)
	}
}

func TestReportIsReadByPeopleAndPrograms(t *testing.T) {
	t.Parallel()
	r := run(t, replay.Options{Day: readDay(t, "bank.csv")})
	var b strings.Builder
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"40 in the file, 40 issued, 34 called, 34 finished, 6 left, 40 lines in the service log",
		"wait, recorded", "wait, hub", "pass  no number twice (40 numbers)", "Data: Call centre of",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, b.String())
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back replay.Report
	if err := json.Unmarshal(text, &back); err != nil || back.Hub != r.Hub || back.Attribution == "" {
		t.Errorf("the JSON does not hold the report: %v\n%s", err, text)
	}
}

func TestReplayRefusesWhatItCannotDo(t *testing.T) {
	day := readDay(t, "bank.csv")
	used := t.TempDir()
	if err := os.WriteFile(filepath.Join(used, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    replay.Options
		want string
	}{
		"mode":        {replay.Options{Day: day, Mode: "guess", Dir: t.TempDir()}, `mode "guess", legal are order and decide`},
		"speed":       {replay.Options{Day: day, Speed: -1, Dir: t.TempDir()}, "speed -1, legal are 0"},
		"used folder": {replay.Options{Day: day, Dir: used}, "must be there and empty"},
		"kills":       {replay.Options{Day: day, Kills: 10_000, Dir: t.TempDir()}, "10000 kills, legal for this day are 0 to 74"},
	} {
		if _, err := replay.Run(t.Context(), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestHubThatEndsByItselfIsReportedWithItsLastWords(t *testing.T) {
	_, err := replay.Run(t.Context(), replay.Options{
		Day: readDay(t, "bank.csv"), Dir: t.TempDir(), Child: []string{"sh", "-c", "echo the disk is gone >&2; exit 1"},
	})
	if err == nil || !strings.Contains(err.Error(), "the disk is gone") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("error %v, want the child's last words and its exit status", err)
	}
}
