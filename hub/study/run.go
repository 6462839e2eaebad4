package study

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"jiaohao/hub/drive"
	"jiaohao/hub/queue"
	"jiaohao/hub/replay"
)

// Limits of a study.
const (
	teachDays = 3  // the first days of each hall only teach: estimators know nothing yet
	fewest    = 50 // tickets of a day below which an office was closed or the record broke off
)

// Result is what a study of one record says.
type Result struct {
	Record      string      `json:"record"` // bank or warsaw
	Attribution string      `json:"attribution"`
	Days        int         `json:"days"`
	Rules       []drive.Row `json:"rules"`
	Estimates   []Error     `json:"estimates"`
}

// Rules are the calling orders that a study plays.
func Rules() []string {
	return []string{"fqm", queue.RuleLongest, queue.RulePriority, queue.RuleOwnFirst, queue.RuleFIFO, queue.RuleAPQ}
}

// Run studies all days of a CSV file of recorded days.
func Run(ctx context.Context, file string) (*Result, error) {
	halls, published, err := readAll(file)
	if err != nil {
		return nil, err
	}
	r := &Result{}
	var days []*drive.Scenario
	var errs [][]Error
	var was []drive.Figures
	for _, hall := range halls {
		r.Record, r.Attribution = hall[0].Format, hall[0].Attribution
		for _, day := range hall {
			days = append(days, Scenario(day))
			was = append(was, recorded(day, days[len(days)-1]))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, err := Estimates(hall, published, min(teachDays, len(hall)-1))
		if err != nil {
			return nil, err
		}
		errs = append(errs, e)
	}
	r.Days, r.Estimates = len(days), together(errs)
	r.Rules, err = drive.CompareDays(ctx, days, Rules(), drive.Options{Silent: true})
	r.Rules = append([]drive.Row{{Rule: "as recorded", Figures: drive.Average(was)}}, r.Rules...)
	return r, err
}

// together weighs the errors of halls by their tickets.
func together(halls [][]Error) []Error {
	var all []Error
	for _, hall := range halls {
		for _, e := range hall {
			i := slices.IndexFunc(all, func(o Error) bool { return o.Name == e.Name })
			if i < 0 {
				all = append(all, e)
				continue
			}
			a := &all[i]
			n, d := float64(a.N+e.N), max(1, float64(a.Delayed+e.Delayed))
			a.MAE = (a.MAE*float64(a.N) + e.MAE*float64(e.N)) / max(1, n)
			a.LateMAE = (a.LateMAE*float64(a.Delayed) + e.LateMAE*float64(e.Delayed)) / d
			a.Covered = (a.Covered*float64(a.Delayed) + e.Covered*float64(e.Delayed)) / d
			a.N, a.Delayed = a.N+e.N, a.Delayed+e.Delayed
		}
	}
	return all
}

// readAll reads every day of every hall of a file, and what the city published.
func readAll(file string) ([][]*replay.Day, City, error) {
	dates, offices, told, err := contents(file)
	if err != nil {
		return nil, nil, err
	}
	var halls [][]*replay.Day
	for _, office := range offices {
		var hall []*replay.Day
		for _, date := range dates {
			day, err := readDay(file, replay.Pick{Date: date, Office: office})
			var none *replay.FileError
			if errors.As(err, &none) && none.Line == 0 {
				continue // the office has nothing on that day
			}
			if err != nil {
				return nil, nil, err
			}
			if len(day.Visits) >= fewest {
				hall = append(hall, day)
			}
		}
		if len(hall) > 1 {
			halls = append(halls, hall)
		}
	}
	if len(halls) == 0 {
		return nil, nil, fmt.Errorf("study: %s has no hall with two days of %d tickets", file, fewest)
	}
	return halls, func(day *replay.Day, visit int) (float64, bool) {
		min, ok := told[day.Visits[visit].Line]
		return min, ok
	}, nil
}

func readDay(file string, pick replay.Pick) (*replay.Day, error) {
	src, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("study: %w", err)
	}
	defer src.Close()
	return replay.Read(src, pick)
}

// contents lists the dates and offices of a file, and by line what was published there.
func contents(file string) (dates, offices []string, told map[int]float64, err error) {
	src, err := os.Open(file)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("study: %w", err)
	}
	defer src.Close()
	lines := csv.NewReader(src)
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, nil, fmt.Errorf("study: %s is empty, it must begin with the names of its columns", file)
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("study: %s: %w", file, err)
	}
	date, office, wait := slices.Index(header, "date"), slices.Index(header, "office"), slices.Index(header, "city_czasObslugi_min")
	if date < 0 {
		return nil, nil, nil, fmt.Errorf("study: %s has no column date", file)
	}
	told = map[int]float64{}
	add := func(all *[]string, value string) {
		if !slices.Contains(*all, value) {
			*all = append(*all, value)
		}
	}
	for {
		row, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("study: %s: %w", file, err)
		}
		add(&dates, row[date])
		if office >= 0 {
			add(&offices, row[office])
		}
		if wait >= 0 {
			if min, err := strconv.ParseFloat(row[wait], 64); err == nil {
				line, _ := lines.FieldPos(0)
				told[line] = min
			}
		}
	}
	if office < 0 {
		offices = []string{""}
	}
	slices.Sort(dates)
	return dates, offices, told, nil
}

// WriteTable prints a result.
func (r *Result) WriteTable(w io.Writer) {
	fmt.Fprintf(w, "%s, %d days. %s\n", r.Record, r.Days, r.Attribution)
	fmt.Fprintf(w, "%-17s %7s %7s %7s %9s %9s\n", "rule", "mean", "p95", "p99", "over %", "overtaken")
	for i := range r.Rules {
		f := &r.Rules[i].Figures
		fmt.Fprintf(w, "%-17s %7.2f %7.2f %7.2f %9.2f %9.2f\n", r.Rules[i].Rule, f.Mean, f.P95, f.P99, f.OverSLA, f.Overtaken)
	}
	fmt.Fprintf(w, "%-17s %9s %9s %12s %9s\n", "estimate", "tickets", "MAE min", "delayed: MAE", "covered %")
	for _, e := range r.Estimates {
		fmt.Fprintf(w, "%-17s %9d %9.3f %12.3f %9.1f\n", e.Name, e.N, e.MAE, e.LateMAE, e.Covered)
	}
	fmt.Fprintln(w)
}

// Write writes the tables as CSV and JSON and the plots as SVG into a folder.
func Write(dir string, results []*Result) error {
	var table, figures strings.Builder
	out := csv.NewWriter(&table)
	out.Write([]string{"record", "what", "name", "mean_or_mae_min", "p95_or_mae_delayed_min", "p99_min", "over_limit_percent", "overtaken", "covered_percent"})
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
	for _, r := range results {
		for i := range r.Rules {
			g := &r.Rules[i].Figures
			out.Write([]string{r.Record, "rule", r.Rules[i].Rule, f(g.Mean), f(g.P95), f(g.P99), f(g.OverSLA), f(g.Overtaken), ""})
		}
		for _, e := range r.Estimates {
			out.Write([]string{r.Record, "estimate", e.Name, f(e.MAE), f(e.LateMAE), "", "", "", f(e.Covered)})
		}
	}
	out.Flush()
	if err := json.NewEncoder(&figures).Encode(results); err != nil {
		return fmt.Errorf("study: %w", err)
	}
	files := map[string]string{"study.csv": table.String(), "study.json": figures.String()}
	for _, r := range results {
		var plot strings.Builder
		if err := r.plot(&plot); err != nil {
			return err
		}
		files["study-"+r.Record+".svg"] = plot.String()
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("study: %w", err)
		}
	}
	return nil
}
