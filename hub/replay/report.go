package replay

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what came of a replay. Times carry their unit in the name.
type Report struct {
	Format string  `json:"format"` // bank or warsaw
	Hall   string  `json:"hall"`
	Date   string  `json:"date"`
	Zone   string  `json:"zone"`
	Mode   Mode    `json:"mode"`
	Speed  float64 `json:"speed"` // asked for; 0 is as fast as can be
	Seed   uint64  `json:"seed"`

	Tickets   Tickets    `json:"tickets"`
	Deviation Deviations `json:"deviation"`
	Recorded  Figures    `json:"recorded"`
	Hub       Figures    `json:"hub"`
	Work      Work       `json:"work"`
	Checks    []Check    `json:"checks"`

	Attribution string `json:"attribution"`
}

// Tickets counts tickets from the file to the service log.
type Tickets struct {
	File       int `json:"in_file"`
	Issued     int `json:"issued"`
	Called     int `json:"called"`
	Finished   int `json:"finished"`
	Cancelled  int `json:"cancelled"`
	ServiceLog int `json:"in_service_log"`
}

// Deviations are the deviations of the service log from the file.
type Deviations struct {
	Wait      Deviation `json:"wait"`       // against the file's instants of arrival and call
	WaitField Deviation `json:"wait_field"` // against the file's own field wait_s
	Service   Deviation `json:"service"`    // against the file's instants or, where it has no end, those worked out
	Patience  Deviation `json:"patience"`   // of who left, in the record and in the replay

	// Contradictions counts served rows whose wait_s is not within their granularity of call minus arrival:
	// what agrees with one cannot agree with the other.
	Contradictions int `json:"rows_that_contradict_themselves"`
	EndsWorkedOut  int `json:"ends_worked_out"` // served rows whose end is not in the file
}

// Work is what the replay has cost.
type Work struct {
	Clients     int     `json:"mqtt_clients"`
	Events      uint64  `json:"journal_events"`
	Requests    int     `json:"requests"`
	RecordS     float64 `json:"record_s"` // from the first arrival to the last end
	RealS       float64 `json:"real_s"`
	SpeedUp     float64 `json:"speed_up"`
	PerSecond   float64 `json:"requests_per_s"`
	ReplyMeanMS float64 `json:"reply_mean_ms"`
	ReplyP95MS  float64 `json:"reply_p95_ms"`
	ReplyMaxMS  float64 `json:"reply_max_ms"`
	Kills       int     `json:"kills"`
	Caught      int     `json:"kills_with_requests_under_way"`
	Repeated    int     `json:"repeated_requests"` // earlier ones, sent again after each kill
}

// Failed lists the names of the checks that failed.
func (r *Report) Failed() []string {
	var names []string
	for _, c := range r.Checks {
		if !c.Pass {
			names = append(names, c.Name)
		}
	}
	return names
}

func (d *driver) report(ctx context.Context, k *killer, took time.Duration) (*Report, error) {
	e, err := collect(ctx, d.o.Dir, d.o.Day.Date)
	if err != nil {
		return nil, err
	}
	day := d.o.Day
	r := &Report{
		Format: day.Format, Hall: string(day.Hall), Date: day.Date, Zone: day.Zone, Mode: d.o.Mode, Speed: d.o.Speed, Seed: d.o.Seed,
		Recorded: d.recorded(), Hub: measured(e.lines), Checks: d.judge(e, k), Attribution: day.Attribution,
	}
	r.Tickets = Tickets{File: len(d.traces), Issued: len(e.order), ServiceLog: len(e.lines)}
	for _, l := range e.lives {
		r.Tickets.Called += l.called
		r.Tickets.Finished += l.finished
		r.Tickets.Cancelled += l.cancelled
	}
	pairs := d.pairs(e)
	r.Deviation = Deviations{
		Wait: deviation(pairs, waitByInstants), WaitField: deviation(pairs, waitByField),
		Service: deviation(pairs, serviceTime), Patience: deviation(pairs, patience),
	}
	for _, t := range d.traces {
		if off := t.Start - t.Arrive - t.Wait; !t.Left && (off > t.Grain || -off > t.Grain) {
			r.Deviation.Contradictions++
		}
		if !t.Left && !t.EndKnown {
			r.Deviation.EndsWorkedOut++
		}
	}
	first, last := day.span()
	r.Work = Work{
		Clients: len(d.fleet.links), Events: e.chain.Events, Requests: len(d.fleet.answers), Kills: k.done, Caught: k.caught, Repeated: d.fleet.repeated,
		RecordS: float64(last - first), RealS: milli(took.Seconds()), SpeedUp: math.Round(float64(last-first) / took.Seconds()),
		PerSecond: math.Round(float64(len(d.fleet.answers)) / took.Seconds()),
	}
	r.Work.ReplyMeanMS, r.Work.ReplyP95MS, r.Work.ReplyMaxMS = latencies(d.fleet.answers)
	return r, nil
}

// Print writes the report as a table for people.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s (%s), mode %s\n\n", r.Hall, r.Date, r.Zone, r.Mode)
	t, wk := r.Tickets, r.Work
	fmt.Fprintf(&b, "tickets   %d in the file, %d issued, %d called, %d finished, %d left, %d lines in the service log\n",
		t.File, t.Issued, t.Called, t.Finished, t.Cancelled, t.ServiceLog)
	fmt.Fprintf(&b, "work      %d requests of %d MQTT clients in %.1f s (%.0f a second), %.0f times as fast as the day; %d events\n",
		wk.Requests, wk.Clients, wk.RealS, wk.PerSecond, wk.SpeedUp, wk.Events)
	fmt.Fprintf(&b, "replies   mean %.1f ms, 95 %% within %.1f ms, longest %.0f ms\n", wk.ReplyMeanMS, wk.ReplyP95MS, wk.ReplyMaxMS)
	if wk.Kills > 0 {
		fmt.Fprintf(&b, "kills     %d, %d of them with requests under way; %d earlier requests repeated afterwards\n", wk.Kills, wk.Caught, wk.Repeated)
	}
	b.WriteByte('\n')
	r.printFigures(&b)
	r.printDeviations(&b)
	for _, c := range r.Checks {
		mark := "pass"
		if !c.Pass {
			mark = "FAIL"
		}
		fmt.Fprintf(&b, "%s  %s (%s)\n", mark, c.Name, c.Detail)
	}
	fmt.Fprintf(&b, "\nData: %s\n", r.Attribution)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) printFigures(b *strings.Builder) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tcount\tmean s\tp50 s\tp95 s\tmax s\tover 20 min\t")
	line := func(name string, s Spread, over string) {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.0f\t%.0f\t%.0f\t%s\t\n", name, s.Count, s.MeanS, s.P50S, s.P95S, s.MaxS, over)
	}
	over := func(f *Figures) string { return fmt.Sprintf("%d (%.1f %%)", f.Over20, 100*f.Over20Part) }
	line("wait, recorded", r.Recorded.Wait, over(&r.Recorded))
	line("wait, hub", r.Hub.Wait, over(&r.Hub))
	line("service, recorded", r.Recorded.Service, "")
	line("service, hub", r.Hub.Service, "")
	line("left after, recorded", r.Recorded.Patience, "")
	line("left after, hub", r.Hub.Patience, "")
	w.Flush() // a strings.Builder takes everything
	b.WriteByte('\n')
}

func (r *Report) printDeviations(b *strings.Builder) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "hub against file\ttickets\texact\twithin 1 s\t1 s + granularity\tbeyond\tmean s\tmax s\t")
	d := &r.Deviation
	names := []string{"wait by instants", "wait by wait_s", "service", "left after"}
	for i, v := range []Deviation{d.Wait, d.WaitField, d.Service, d.Patience} {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%.3f\t%.3f\t\n", names[i], v.Count, v.Exact, v.Within1, v.Allowed, v.Beyond, v.MeanS, v.MaxS)
	}
	w.Flush() // as above
	var notes []string
	if d.Contradictions > 0 {
		notes = append(notes, fmt.Sprintf("%d rows contradict themselves: wait_s is not call minus arrival, to their granularity", d.Contradictions))
	}
	if d.EndsWorkedOut > 0 {
		notes = append(notes, fmt.Sprintf("%d ends of service are not in the file: a service ends when its window calls next", d.EndsWorkedOut))
	}
	if r.Mode == Decide && r.Format == bank.name {
		notes = append(notes, "a post counts as staffed between its recorded calls too, so the hub has more hands here than the hall had")
	}
	if r.Mode == Decide && r.Format == warsaw.name {
		notes = append(notes, "windows are free when the recorded next call came, so the waits can hardly differ from the recorded ones")
	}
	for _, n := range notes {
		fmt.Fprintf(b, "note: %s\n", n)
	}
	b.WriteByte('\n')
}
