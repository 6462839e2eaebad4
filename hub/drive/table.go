package drive

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"jiaohao/hub/queue"
)

// Settings of the rule apq that [Compare] plays as rules of their own, with what they are for.
const (
	Strict   = "strict"   // B only when A is away
	Equal    = "equal"    // the dial at 0: equal by promise
	Shortest = "shortest" // the dial at its end: the shortest mean wait
)

// Rules lists the calling orders that [Compare] can play: those of the engine, settings
// of its rule apq, and two that only a driver can play.
func Rules() []string {
	return []string{
		"pooled", "fqm", queue.RuleLongest, queue.RulePriority, queue.RuleOwnFirst, queue.RuleFIFO,
		Strict, Equal, Shortest, queue.RuleAPQ,
	}
}

// newCaller returns a caller for one hall's days.
func newCaller(rule string, opts Options) Caller {
	dial := func(at float64) {
		rule, opts.APQ.Dial = queue.RuleAPQ, &at
	}
	switch rule {
	case "pooled":
		return Pooled()
	case "fqm":
		return &FQM{}
	case Strict:
		rule, opts.APQ.Strict = queue.RuleAPQ, true
	case Equal:
		dial(0)
	case Shortest:
		dial(queue.DialMax)
	}
	opts.Rule = rule
	return New(opts)
}

// Row is a rule and its figures over all days.
type Row struct {
	Rule string `json:"rule"`
	Figures
	Kinds map[string]Figures `json:"kinds"` // by the kind of hall: the scenario's name up to the first slash
}

// job is the days of one hall under one rule, which are played in order.
type job struct {
	rule, kind string
	days       []*Scenario
	figures    []Figures
	err        error
}

// Compare plays every scenario file of a folder under every rule, the same people for
// each; the days of one hall in their order, so that it can learn. It uses all cores
// and stops when ctx is done.
func Compare(ctx context.Context, dir string, rules []string, opts Options) ([]Row, error) {
	days, err := readDays(dir)
	if err != nil {
		return nil, err
	}
	return CompareDays(ctx, days, rules, opts)
}

// CompareDays is [Compare] of days at hand.
func CompareDays(ctx context.Context, days []*Scenario, rules []string, opts Options) ([]Row, error) {
	jobs, err := makeJobs(days, rules)
	if err != nil {
		return nil, err
	}
	next := make(chan *job)
	var players sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		players.Go(func() {
			for j := range next {
				j.run(ctx, opts)
			}
		})
	}
	for _, j := range jobs {
		next <- j
	}
	close(next)
	players.Wait()
	var rows []Row
	for _, rule := range rules {
		row := Row{Rule: rule, Kinds: map[string]Figures{}}
		kinds, all := map[string][]Figures{}, []Figures(nil)
		for _, j := range jobs {
			if j.err != nil {
				return nil, j.err
			}
			if j.rule == rule {
				kinds[j.kind] = append(kinds[j.kind], j.figures...)
				all = append(all, j.figures...)
			}
		}
		row.Figures = Average(all)
		for kind, figures := range kinds {
			row.Kinds[kind] = Average(figures)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func readDays(dir string) ([]*Scenario, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("drive: %s holds no scenario files (*.json)", dir)
	}
	var days []*Scenario
	for _, file := range files {
		s, err := ReadScenario(file)
		if err != nil {
			return nil, err
		}
		days = append(days, s)
	}
	return days, nil
}

// makeJobs gathers the days of each hall: the scenario's name up to the last slash.
func makeJobs(days []*Scenario, rules []string) ([]*job, error) {
	halls, order := map[string][]*Scenario{}, []string(nil)
	for _, s := range days {
		hall := s.Name[:max(0, strings.LastIndex(s.Name, "/"))]
		if !slices.Contains(order, hall) {
			order = append(order, hall)
		}
		halls[hall] = append(halls[hall], s)
	}
	var jobs []*job
	for _, rule := range rules {
		if !slices.Contains(Rules(), rule) {
			return nil, fmt.Errorf("drive: rule %q is unknown, legal are %s", rule, strings.Join(Rules(), ", "))
		}
		for _, hall := range order {
			kind, _, _ := strings.Cut(hall, "/")
			jobs = append(jobs, &job{rule: rule, kind: kind, days: halls[hall]})
		}
	}
	return jobs, nil
}

func (j *job) run(ctx context.Context, opts Options) {
	caller := newCaller(j.rule, opts)
	for n, day := range j.days {
		if j.err = ctx.Err(); j.err != nil {
			return
		}
		if j.rule == "pooled" {
			day = day.pooled()
		}
		played, err := Play(day, caller, n)
		if err != nil {
			j.err = err
			return
		}
		j.figures = append(j.figures, played.Measure())
	}
}

// WriteTable prints the rows and, for the rule apq, what is demanded of it.
func WriteTable(w io.Writer, rows []Row) {
	fmt.Fprintf(w, "%-17s %6s %6s %6s %5s %5s %5s %5s %5s %5s %5s %11s %5s %11s %4s %6s\n", "rule (min, %)",
		"mean", "p95", "p99", "max", ">15", ">20", ">30", ">SLA", "Jain", "over", "green", "cover", "MAE/naive", "cov", "faults")
	for i := range rows {
		f, promised := &rows[i].Figures, [2]string{"-", "-"}
		if f.promised() {
			promised = [2]string{fmt.Sprintf("%.2f/%5.2f", f.MAE, f.NaiveMAE), fmt.Sprintf("%.0f", f.Covered)}
		}
		fmt.Fprintf(w, "%-17s %6.2f %6.1f %6.1f %5.0f %5.1f %5.1f %5.1f %5.1f %5.3f %5.2f %5.1f/%5.1f %5.1f %11s %4s %6d\n", rows[i].Rule,
			f.Mean, f.P95, f.P99, f.Max, f.Over15, f.Over20, f.Over30, f.OverSLA, f.Jain, f.Overtaken,
			f.GreenMean, f.GreenP95, f.Covers, promised[0], promised[1], f.Faults)
	}
	writeCost(w, rows)
	apq, zms, fqm := find(rows, queue.RuleAPQ), find(rows, queue.RulePriority), find(rows, "fqm")
	if apq == nil || zms == nil || fqm == nil {
		return
	}
	fmt.Fprintln(w)
	for _, d := range demands(&apq.Figures, &zms.Figures, &fqm.Figures) {
		verdict := "met"
		if !d.met {
			verdict = "MISSED"
		}
		fmt.Fprintf(w, "%-34s %7.3f   demanded %s   %s\n", d.name, d.value, d.demand, verdict)
	}
	if !apq.promised() {
		return
	}
	writeChances(w, &apq.Figures)
	worst, kind := 0.0, ""
	for k, f := range apq.Kinds {
		if r := f.MAE / f.NaiveMAE; r > worst {
			worst, kind = r, k
		}
	}
	fmt.Fprintf(w, "%-34s %7.3f   demanded <= 0.65   in %s\n", "MAE / naive, the worst kind", worst, kind)
}

// writeChances prints how often tickets were late that were told to be so.
func writeChances(w io.Writer, f *Figures) {
	fmt.Fprintf(w, "chance told at issue to be late, and how often it came so (Brier %.3f, of the day's share %.3f):", f.Brier, f.Base)
	for _, b := range f.Chances {
		if b.N > 0 {
			fmt.Fprintf(w, "  %.0f %%: %.0f %% of %d", 100*b.Told/float64(b.N), 100*float64(b.Late)/float64(b.N), b.N)
		}
	}
	fmt.Fprintln(w)
}

// writeCost prints what the settings of the rule apq cost and bring.
func writeCost(w io.Writer, rows []Row) {
	apq := find(rows, queue.RuleAPQ)
	if apq == nil {
		return
	}
	for _, name := range []string{Strict, Equal, Shortest} {
		if row := find(rows, name); row != nil {
			fmt.Fprintf(w, "%-17s against apq: mean wait %+.1f %%, p95 %+.1f %%, over SLA %+.1f %%, Jain %+.3f\n", name,
				100*(row.Mean/apq.Mean-1), 100*(row.P95/apq.P95-1), 100*(row.OverSLA/apq.OverSLA-1), row.Jain-apq.Jain)
		}
	}
}

// WriteCSV writes the rows with one column for each figure.
func WriteCSV(w io.Writer, rows []Row) error {
	out := csv.NewWriter(w)
	if err := out.Write(append([]string{"rule", "days", "faults"}, columnNames()...)); err != nil {
		return fmt.Errorf("drive: csv: %w", err)
	}
	for i := range rows {
		f := &rows[i].Figures
		line := []string{rows[i].Rule, strconv.Itoa(f.Days), strconv.Itoa(f.Faults)}
		for _, v := range f.columns() {
			line = append(line, strconv.FormatFloat(*v, 'f', 4, 64))
		}
		if err := out.Write(line); err != nil {
			return fmt.Errorf("drive: csv: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("drive: csv: %w", err)
	}
	return nil
}

func find(rows []Row, rule string) *Row {
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Rule == rule }); i >= 0 {
		return &rows[i]
	}
	return nil
}

// promised reports whether waits were promised at all; see Options.Silent.
func (f *Figures) promised() bool { return f.Covered > 0 }

type demand struct {
	name   string
	value  float64
	demand string
	met    bool
}

// demands are what the rule apq must reach against what peers do on the same people.
func demands(apq, zms, fqm *Figures) []demand {
	most := func(name string, value, limit float64) demand {
		return demand{name, value, fmt.Sprintf("<= %.2f", limit), value <= limit}
	}
	jain := apq.Jain - zms.Jain
	all := []demand{
		most("mean / priority (ZMS cluster)", apq.Mean/zms.Mean, .82),
		most("p95 / priority", apq.P95/zms.P95, .85),
		most("p99 / priority", apq.P99/zms.P99, .98),
		most("share over SLA / priority", apq.OverSLA/zms.OverSLA, .84),
		most("mean / FQM", apq.Mean/fqm.Mean, .74),
		{"Jain - priority's", jain, ">= -0.05", jain >= -.05},
		most("green mean, min", apq.GreenMean, 2.5),
		{"faults", float64(apq.Faults), "0", apq.Faults == 0},
	}
	if apq.promised() {
		all = append(all, most("forecast MAE / naive", apq.MAE/apq.NaiveMAE, .50),
			demand{"coverage of the 80 % interval", apq.Covered, "75 to 87", apq.Covered >= 75 && apq.Covered <= 87})
	}
	if a := &apq.Alarms; a.Raised > 0 { // looked for
		least := func(name string, value float64, of int, limit float64) demand {
			value /= max(1, float64(of))
			return demand{name, value, fmt.Sprintf(">= %.2f", limit), value >= limit}
		}
		all = append(all, least("share of alarms that came true", float64(a.Right), a.Raised, .85),
			least("share of late ones with an alarm", float64(a.Right), a.Late, .95), least("alarm before the limit, min", a.Lead, a.Right, 10))
	}
	return all
}
