package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"jiaohao/hub/whatif"
)

type staffCmd struct {
	Data   string        `default:"/var/lib/jiaohao" help:"Folder or file of the journal; the hub may run."`
	Day    string        `help:"Last business day to look at, 2006-01-02; without it the last one."`
	Days   int           `default:"5" help:"So many days up to that one, of the same plan's windows."`
	Ask    string        `arg:"" enum:"windows,lunch,skills" help:"windows: how many each half hour needs; lunch: in which order pairs go; skills: which backup is worth teaching."`
	Target float64       `default:"0.1" help:"Share that may wait over its limit, in every half hour."`
	From   string        `default:"11:00" help:"Lunches begin here at the earliest."`
	To     string        `default:"13:30" help:"And end here at the latest."`
	Lunch  time.Duration `default:"1h" help:"Length of a lunch."`
	Draws  int           `default:"20" help:"Days drawn for each plan that is tried; more narrow the interval."`
	JSON   bool          `name:"json" help:"Print JSON instead of the table."`
}

// check names the first value that cannot be, before the journal is read.
func (c staffCmd) check() error {
	bad := func(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
	switch {
	case c.Days < 1 || c.Days > 60:
		return bad("--days %d is out of range, legal are 1 to 60", c.Days)
	case c.Draws < 2 || c.Draws > 1000:
		return bad("--draws %d is out of range, legal are 2 to 1000", c.Draws)
	case !(c.Target >= 0.01 && c.Target <= 0.5):
		return bad("--target %g is out of range, legal are 0.01 to 0.5 (1 %% to 50 %%)", c.Target)
	case c.Ask != "lunch":
		return nil
	}
	var at [2]time.Time
	for i, flag := range []struct{ name, value string }{{"--from", c.From}, {"--to", c.To}} {
		var err error
		if at[i], err = time.Parse("15:04", flag.value); err != nil {
			return bad("%s %q is no time of the day, legal are 00:00 to 23:59, as 11:30", flag.name, flag.value)
		}
	}
	if most := at[1].Sub(at[0]) / 2; c.Lunch < 10*time.Minute || c.Lunch > most {
		return bad("--lunch %s does not fit between --from %s and --to %s, legal are 10m to half of that time: two of a pair go one after the other", c.Lunch, c.From, c.To)
	}
	return nil
}

// Run tries plans on drawn days and prints what is best.
func (c staffCmd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	days, err := readDays(ctx, c.Data, c.Day, c.Days)
	if err != nil {
		return err
	}
	if !c.JSON && !slices.ContainsFunc(days, func(d *whatif.Day) bool { return len(d.People) > 0 }) {
		_, err := fmt.Printf("nobody came, %d day(s) up to %s: there is nothing to compare\n", len(days), days[len(days)-1].Date)
		return err
	}
	work := whatif.Work{Draws: c.Draws, Progress: func(done, all int) { fmt.Fprintf(os.Stderr, "\r%d of at most %d", done, all) }}
	var found any
	var print func(io.Writer) error
	switch c.Ask {
	case "windows":
		p, err := whatif.Staff(ctx, days, c.Target, work)
		if err != nil {
			return err
		}
		found, print = p, func(w io.Writer) error { return printStaff(w, p, days[len(days)-1].Plan.Zone) }
	case "lunch":
		p, err := whatif.Lunches(ctx, days, c.From, c.To, c.Lunch, work)
		if err != nil {
			return err
		}
		found, print = p, func(w io.Writer) error { return printLunch(w, p) }
	default:
		p, err := whatif.Skills(ctx, days, work)
		if err != nil {
			return err
		}
		found, print = p, func(w io.Writer) error { return printSkills(w, p) }
	}
	fmt.Fprintln(os.Stderr)
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(found)
	}
	return print(os.Stdout)
}

func printStaff(out io.Writer, p *whatif.StaffPlan, zone string) error {
	at, err := time.LoadLocation(zone)
	if err != nil {
		at = time.UTC
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "half hour\tload\tnow\tneeded\tlate now %\tlate %\twindows\t")
	for _, s := range p.Slots {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%d\t%.1f\t%.1f\t%v\t\n", s.From.In(at).Format("15:04"), s.Load, s.Now, len(s.Windows), s.LateNow, s.Late, s.Windows)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	verdict := "the target holds in every half hour"
	if !p.Met {
		verdict = "the target does not hold in every half hour: all windows that could help are open"
	}
	_, err = fmt.Fprintf(out, "window hours %.1f, now %.1f; mean wait %s min, now %s; late %s %%, now %s; %s (at most %.0f %%)\n",
		p.Hours, p.Now, between(p.Mean), between(p.MeanNow), between(p.Late), between(p.LateNow), verdict, 100*p.Target)
	return err
}

func between(i whatif.Interval) string {
	if !i.Mean.Known() {
		return i.Mean.Text(2)
	}
	return fmt.Sprintf("%s (%s to %s)", i.Mean.Text(2), i.Low.Text(2), i.High.Text(2))
}

func printLunch(out io.Writer, p *whatif.LunchPlan) error {
	for _, q := range p.Pairs {
		fmt.Fprintf(out, "windows %s and %s: %s at %s, %s at %s\n", q.A, q.B, q.A, q.AFrom, q.B, q.BFrom)
	}
	_, err := fmt.Fprintf(out, "mean wait %s min; saves %s min against all first posts at once, partners after them\n", between(p.Mean), between(p.Saved))
	return err
}

func printSkills(out io.Writer, all []whatif.SkillAdvice) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no window with idle time could learn a service that people wait for")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "window\tservice\tmean wait min\tp95 min\tsaved min a day\t")
	for _, a := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", a.Window, a.Service, between(a.Mean), between(a.P95), between(a.Saved))
	}
	return w.Flush()
}
