package drive

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"testing"

	"jiaohao/hub/queue"
)

var scenarios = flag.String("scenarios", "testdata", "folder of the scenario days that the table is made of")

// TestTableOfAllRules plays the same people under every rule. With all the days of
// -scenarios it prints what is demanded; two days alone are too few to demand it.
func TestTableOfAllRules(t *testing.T) {
	rules := slices.DeleteFunc(Rules(), func(rule string) bool { return rule == Strict || rule == Equal || rule == Shortest })
	rows, err := Compare(context.Background(), *scenarios, rules, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	WriteTable(&table, rows)
	t.Log("\n" + table.String())
	for _, row := range rows {
		if row.Rule == "fqm" {
			continue // binds at issue, so that a window may be idle while others wait
		}
		if row.Faults != 0 {
			t.Errorf("%s: %d faults in %d days", row.Rule, row.Faults, row.Days)
		}
		if pooled := rows[0].Mean; row.Mean < pooled {
			t.Errorf("%s has a mean wait of %.2f min, better than all serving all, %.2f", row.Rule, row.Mean, pooled)
		}
	}
	apq, zms := find(rows, queue.RuleAPQ), find(rows, queue.RulePriority)
	if apq.Mean > zms.Mean || apq.MAE > 0.75*apq.NaiveMAE || apq.GreenMean > 5 {
		t.Errorf("apq is no better than the rule of its peers:\n%s", table.String())
	}
	for _, want := range []string{"mean / FQM", "forecast MAE / naive", "own_first"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table has no %q", want)
		}
	}
}

func TestComparisonRefusesWhatItCannotPlay(t *testing.T) {
	if _, err := Compare(context.Background(), "testdata", []string{"lottery"}, Options{}); err == nil || !strings.Contains(err.Error(), "legal are pooled, fqm") {
		t.Errorf("an unknown rule gives %v", err)
	}
	if _, err := Compare(context.Background(), t.TempDir(), Rules(), Options{}); err == nil {
		t.Error("an empty folder gives no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Compare(ctx, "testdata", []string{"apq"}, Options{}); err == nil {
		t.Error("a comparison that was stopped gives no error")
	}
}

// TestSameDayIsPlayedTheSameTwice: no map's order and no clock reaches a call or a
// promise.
func TestSameDayIsPlayedTheSameTwice(t *testing.T) {
	day, err := ReadScenario("testdata/D1_00.json")
	if err != nil {
		t.Fatal(err)
	}
	var first []byte
	for range 2 {
		played, err := Play(day, New(Options{}), 1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal([]any{played.Calls, played.Promises})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		} else if !bytes.Equal(first, b) {
			t.Fatal("the same day was played otherwise the second time")
		}
	}
}

// TestDialTurnsTheMeanWait: from equal by promise to the shortest mean wait, the mean
// falls and the services' waits become less equal, on halls of two kinds.
func TestDialTurnsTheMeanWait(t *testing.T) {
	var days []*Scenario
	for _, kind := range []int{3, 9} {
		days = append(days, Generate(Kinds()[kind], 9, 3)...)
	}
	rows, err := CompareDays(context.Background(), days, []string{Equal, queue.RuleAPQ, Shortest, Strict}, Options{Silent: true})
	if err != nil {
		t.Fatal(err)
	}
	equal, usual, shortest, strict := &rows[0], &rows[1], &rows[2], &rows[3]
	if !(equal.Mean > usual.Mean && usual.Mean > shortest.Mean && equal.Jain > usual.Jain && usual.Jain > shortest.Jain) {
		t.Errorf("mean waits are %.2f, %.2f, %.2f min and Jain's indices %.3f, %.3f, %.3f",
			equal.Mean, usual.Mean, shortest.Mean, equal.Jain, usual.Jain, shortest.Jain)
	}
	var table bytes.Buffer
	WriteTable(&table, rows)
	if strict.Mean < 1.1*usual.Mean || !strings.Contains(table.String(), "strict            against apq: mean wait +") {
		t.Errorf("what a strict hall costs is not told, %.2f min against %.2f:\n%s", strict.Mean, usual.Mean, table.String())
	}
}

// TestWhoWillBeLateIsTold: on one day, nearly all who are late had an alarm before, most
// alarms come true, and chances told at issue come so.
func TestWhoWillBeLateIsTold(t *testing.T) {
	day, err := ReadScenario("testdata/D2_03.json")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := CompareDays(context.Background(), []*Scenario{day, day, day}, []string{queue.RuleAPQ}, Options{Alarms: true})
	if err != nil {
		t.Fatal(err)
	}
	f, a := &rows[0].Figures, &rows[0].Alarms
	if a.Late < 100 || float64(a.Right) < 0.9*float64(a.Late) || float64(a.Right) < 0.8*float64(a.Raised) || a.Lead < 8*float64(a.Right) {
		t.Errorf("of the alarms became %+v", *a)
	}
	if f.Brier > f.Base/2 || f.Chances[0].N == 0 || f.Chances[4].N == 0 ||
		float64(f.Chances[0].Late) > 0.1*float64(f.Chances[0].N) || float64(f.Chances[4].Late) < 0.8*float64(f.Chances[4].N) {
		t.Errorf("chances are told with a Brier score of %.3f, of the day's share %.3f: %+v", f.Brier, f.Base, f.Chances)
	}
}

// TestRowsAreWrittenAsCSVAndDrawn: a line for each rule, and a bar.
func TestRowsAreWrittenAsCSVAndDrawn(t *testing.T) {
	rows, err := CompareDays(context.Background(), Generate(Kinds()[0], 3, 1), []string{queue.RulePriority, queue.RuleAPQ}, Options{Silent: true})
	if err != nil {
		t.Fatal(err)
	}
	var table, plot bytes.Buffer
	if err := WriteCSV(&table, rows); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(table.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "rule,days,faults,mean_min,") || strings.Count(lines[0], ",") != strings.Count(lines[2], ",") {
		t.Errorf("the CSV is\n%s", table.String())
	}
	if err := WriteSVG(&plot, []Panel{Waits("a <hall>", rows)}, "made up"); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"<svg", "a &lt;hall&gt;", ">apq<", "made up", "</svg>"} {
		if !strings.Contains(plot.String(), part) {
			t.Errorf("the plot lacks %s", part)
		}
	}
}
