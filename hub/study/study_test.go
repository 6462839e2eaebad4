package study

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jiaohao/protocol"
)

// The samples are cut from the recorded days: see testdata/README.
const (
	bankSample   = "testdata/bank.csv"
	warsawSample = "testdata/warsaw.csv"
)

func study(t testing.TB, file string) *Result {
	t.Helper()
	r, err := Run(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecordedDaysArePlayedUnderEveryRuleWithTheSamePeople(t *testing.T) {
	for _, file := range []string{bankSample, warsawSample} {
		r := study(t, file)
		if len(r.Rules) != len(Rules())+1 || r.Days < 2 || r.Attribution == "" {
			t.Fatalf("%s: %d rules, %d days, of %q", file, len(r.Rules), r.Days, r.Attribution)
		}
		for i := range r.Rules[1:] {
			row := &r.Rules[i+1]
			if row.Rule != "fqm" && row.Faults != 0 {
				t.Errorf("%s: %s has %d faults", file, row.Rule, row.Faults)
			}
		}
	}
}

// TestServicesAreShortenedUntilTheQueueWaitsAsItDid: with windows of its own each queue
// of Warsaw has about the mean wait that was recorded.
func TestServicesAreShortenedUntilTheQueueWaitsAsItDid(t *testing.T) {
	halls, _, err := readAll(warsawSample)
	if err != nil {
		t.Fatal(err)
	}
	day := halls[0][0]
	s := Scenario(day)
	total, n := 0.0, 0.0
	for svc := range s.Services {
		people := 0.0
		for i := range s.Tickets {
			if s.Tickets[i].Svc == svc {
				people++
			}
		}
		total, n = total+people*ownLine(s, svc, 1)/60, n+people
	}
	if was := recorded(day, s).Mean; total/n < 0.8*was || total/n > 1.05*was {
		t.Errorf("lines of their own wait %.2f min, recorded are %.2f", total/n, was)
	}
}

func TestEstimatesAreHeldAgainstWhatCame(t *testing.T) {
	for file, want := range map[string]int{bankSample: 4, warsawSample: 5} {
		r := study(t, file)
		if len(r.Estimates) != want {
			t.Fatalf("%s: %+v", file, r.Estimates)
		}
		for _, e := range r.Estimates {
			if e.N < 50 || e.MAE <= 0 || e.MAE > 120 || e.Delayed > e.N {
				t.Errorf("%s: %+v", file, e)
			}
		}
	}
}

func TestResultIsWrittenAsTableAndPlot(t *testing.T) {
	r := study(t, warsawSample)
	dir := t.TempDir()
	if err := Write(dir, []*Result{r}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"study.csv", "study.json", "study-warsaw.svg"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(b) < 100 {
			t.Errorf("%s has %d bytes, %v", name, len(b), err)
		}
		if strings.HasSuffix(name, ".svg") {
			parse(t, b)
		}
	}
	var table bytes.Buffer
	r.WriteTable(&table)
	for _, word := range []string{"as recorded", "apq", "published", "Warsaw"} {
		if !strings.Contains(table.String(), word) {
			t.Errorf("the table lacks %q:\n%s", word, table.String())
		}
	}
}

func parse(t *testing.T, b []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFileThatIsNoRecordIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "other.csv")
	if err := os.WriteFile(file, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), file); err == nil || !strings.Contains(err.Error(), "other.csv") {
		t.Errorf("another file gives %v", err)
	}
}

func ExampleRun() {
	r, err := Run(context.Background(), bankSample)
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(r.Record + ", estimates: " + r.Estimates[0].Name + " and others\n")
	// Output: bank, estimates: queue length and others
}

func TestWhatCameOfAPromiseTeachesAtTheCallAlone(t *testing.T) {
	f := follower{told: map[protocol.TicketID]told{"A001": {low: 60, high: 600, kind: 1}}}
	before := f.honest
	f.kept("A002", 900) // nothing was promised
	if f.honest != before {
		t.Error("a ticket without a promise taught")
	}
	f.kept("A001", 900)
	_, was := before[1].Levels()
	if _, high := f.honest[1].Levels(); high >= was || f.honest[0] != before[0] || f.honest[2] != before[2] {
		t.Errorf("a wait beyond the promise moved the upper end from %.3f to %.3f", was, high)
	}
}
