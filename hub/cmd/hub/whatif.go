package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/whatif"
)

type whatifCmd struct {
	Data   string   `default:"/var/lib/jiaohao" help:"Folder or file of the journal; the hub may run."`
	Day    string   `help:"Business day, 2006-01-02; without it the last one."`
	Plan   string   `help:"Another plan file for that day."`
	Change []string `sep:"none" help:"What would be different, as JSON; may be repeated. An example of each stands above."`
	JSON   bool     `name:"json" help:"Print JSON instead of the table."`
}

// changeExamples has one change of each kind, a line each.
const changeExamples = `  {"do":"open","window":"3","from":"12:00","to":"13:30"}      staff the window then
  {"do":"close","window":"3","from":"10:00","to":"12:00"}     do not; without times all day
  {"do":"teach","window":"3","service":"social"}              the window serves it, too
  {"do":"untake","window":"6","service":"company"}            it serves it no more
  {"do":"backup","window":"3","service":"social"}             it stands in for who serves it
  {"do":"pair","window":"1","partner":"5"}                    an A/B pair
  {"do":"unpair","window":"1","partner":"2"}                  no longer one
  {"do":"rule","rule":"longest"}                              calling order
  {"do":"promise","service":"social","duration":"15m"}        longest wait that is promised
  {"do":"green_in_row","count":2}                             green calls in a row at most
`

// Help is shown by hub whatif --help.
func (whatifCmd) Help() string {
	return "Each --change takes one JSON object, in single quotes for the shell:\n\n" + changeExamples +
		"\nOn a day that went on after midnight, a time before its opening is of the next morning.\n"
}

// Run plays a recorded day again and prints it beside what was.
func (c whatifCmd) Run(ctx context.Context) error {
	changes, err := c.changes()
	if err != nil {
		return err
	}
	days, err := readDays(ctx, c.Data, c.Day, 1)
	if err != nil {
		return err
	}
	day := days[0]
	plan := &day.Plan
	if other, err := readPlan(c.Plan); err != nil {
		return err
	} else if other != nil {
		plan = other
	}
	compared, err := whatif.CompareTo(ctx, day, plan, changes)
	var fault *whatif.Fault
	if errors.As(err, &fault) {
		return usageError{fmt.Errorf("--change: %w", err)}
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(compared)
	}
	return printCompared(os.Stdout, compared)
}

// readDays reads up to n recorded days that end with last.
func readDays(ctx context.Context, data, last string, n int) ([]*whatif.Day, error) {
	if _, err := time.Parse(time.DateOnly, last); last != "" && err != nil {
		return nil, usageError{fmt.Errorf("--day %q is no date, legal is one of the calendar, as 2006-01-02", last)}
	}
	recorder := whatif.Record(last, n)
	_, err := journal.Audit(ctx, data, func(_ journal.Reading, r journal.Record) error { return recorder.Add(r.At, r.Kind, r.Body) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{fmt.Errorf("--data %s holds no journal, legal is the folder of a hub, or its file hub.db: %w", data, err)}
	}
	if err != nil {
		return nil, err
	}
	days, dates := recorder.Days(), recorder.Dates()
	switch {
	case len(dates) == 0:
		return nil, usageError{fmt.Errorf("--data %s has no business day yet", data)}
	case days == nil:
		return nil, usageError{fmt.Errorf("--day %s is not in the journal, legal are %s", last, strings.Join(dates, ", "))}
	}
	return days, nil
}

func (c whatifCmd) changes() ([]whatif.Change, error) {
	var changes []whatif.Change
	for _, text := range c.Change {
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		var change whatif.Change
		if err := d.Decode(&change); err != nil {
			return nil, usageError{fmt.Errorf("--change %s: %w", text, err)}
		}
		changes = append(changes, change)
	}
	return changes, nil
}

func printCompared(out io.Writer, c *whatif.Compared) error {
	fmt.Fprintf(out, "%s: %d people, %d windows, %s until the next call\n", c.Date, c.Recorded.People, len(c.Windows), c.Turnover)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tmean min\tp50\tp95\tmax\tlate %\tgreen\tgave up\tleft over\tcover %\tbusy %\twindow h\t")
	for _, row := range []struct {
		name string
		f    whatif.Figures
	}{{"recorded", c.Recorded}, {"same, played", c.Same}, {"changed", c.Changed}} {
		f := row.f
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%.1f\t\n",
			row.name, f.Mean.Text(2), f.P50.Text(2), f.P95.Text(2), f.Max.Text(1), f.Late.Text(1), f.Green.Text(2),
			f.GaveUp, f.Left, f.Covers.Text(1), f.Busy.Text(1), f.Hours)
	}
	return w.Flush()
}
