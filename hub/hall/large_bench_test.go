package hall

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"jiaohao/hub/drive"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// largeOpen is for how long the doors of the large hall are open; a day's time over it is
// how many times faster than life it was gone through.
const largeOpen = 8 * time.Hour

// wish is one command of a day and when it came.
type wish struct {
	at      time.Time
	command queue.Command
}

// largeDay is a drawn day of 200 windows under the rule apq: what was asked, and the events
// that this made. Each visit is asked for, printed, called, arrived, finished and rated.
func largeDay(b *testing.B) ([]wish, []queue.Record) {
	b.Helper()
	kind := drive.Kind{Name: "G200", Windows: 200, Load: .75, Penalty: 1.15, Absent: .08, Spread: .2}
	day := drive.Generate(kind, 3, 1)[0]
	brisk(day)
	hub := drive.New(drive.Options{Silent: true})
	if _, err := drive.Play(day, hub, 0); err != nil {
		b.Fatal(err)
	}
	d := drawn{called: map[protocol.WindowID]time.Time{}}
	for _, r := range hub.Journal() {
		d.wish(r)
	}
	wishes := d.wishes
	slices.SortStableFunc(wishes, func(a, b wish) int { return a.at.Compare(b.at) })
	var kept []wish
	var records []queue.Record
	s := queue.New()
	for _, w := range wishes {
		for again := true; again; {
			var finished protocol.TicketID
			n := len(records)
			if err := decideWish(s, &w, func(r queue.Record) { records = append(records, r) }); err != nil {
				break // who was called in the drawn day was called by another window in this one
			}
			kept = append(kept, w)
			for _, r := range records[n:] {
				if e, ok := r.Event.(*queue.Finished); ok {
					finished = e.Ticket
				}
			}
			again = finished != ""
			w = wish{w.at, pressed(w.command.From.Window, "rate", len(kept), protocol.TicketRate)}
			w.command.Request.Ticket, w.command.Request.Rating = finished, 5
		}
	}
	return kept, records
}

// brisk makes one service of three, so that a plan can hold them, and two short visits
// of one.
func brisk(day *drive.Scenario) {
	const of = 3
	one := func(all []int) []int {
		for i := range all {
			all[i] /= of
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	for i := range day.Windows {
		w := &day.Windows[i]
		w.Primary, w.Backup = one(w.Primary), one(w.Backup)
		w.Backup = slices.DeleteFunc(w.Backup, func(svc int) bool { return slices.Contains(w.Primary, svc) })
	}
	n := 0
	for i := 0; i < len(day.Services); i, n = i+of, n+1 {
		day.Services[n] = day.Services[i]
		day.Services[n].ID, day.Services[n].CfgMeanS = n, day.Services[i].CfgMeanS/2
	}
	day.Services = day.Services[:n]
	all := make([]drive.Citizen, 0, 2*len(day.Tickets))
	for _, c := range day.Tickets {
		c.Svc, c.Work, c.ID = c.Svc/of, c.Work/2, len(all)
		again := c
		again.Arr, again.ID = c.Arr+20, len(all)+1
		all = append(all, c, again)
	}
	slices.SortFunc(all, func(a, b drive.Citizen) int { return cmp.Compare(a.Arr, b.Arr) })
	day.Tickets = all
}

// pressed is a command of a window's terminal.
func pressed(w protocol.WindowID, id string, n int, do protocol.Action) queue.Command {
	return queue.Command{
		From:    queue.Source{Role: queue.RoleDevice, Kind: protocol.KindTerminal, Device: protocol.DeviceID("terminal-" + w), Window: w},
		Request: protocol.Request{ID: protocol.RequestID(fmt.Sprintf("01J9ZQ3W8G5T7V2M-%s-%d", id, n)), Do: do},
	}
}

// drawn gathers what had to be asked for events to happen.
type drawn struct {
	wishes []wish
	called map[protocol.WindowID]time.Time
}

func (d *drawn) press(at time.Time, w protocol.WindowID, do protocol.Action) *queue.Command {
	d.wishes = append(d.wishes, wish{at, pressed(w, "key", len(d.wishes), do)})
	return &d.wishes[len(d.wishes)-1].command
}

func (d *drawn) roster(at time.Time, w protocol.WindowID, clerk protocol.ClerkID, do protocol.Action) {
	c := d.press(at, w, do)
	c.From = queue.Source{Role: queue.RoleManager, Person: "manager"}
	c.Request.Window, c.Request.Clerk, c.Request.Reason = w, clerk, "roster"
}

// wish adds what had to be asked for event r.
func (d *drawn) wish(r queue.Record) {
	switch e := r.Event.(type) {
	case *queue.DayOpened:
		c := queue.Command{From: queue.Source{Role: queue.RoleHub}, Plan: &e.Plan, Day: e.Day}
		c.Request.Do = queue.DayOpen
		d.wishes = append(d.wishes, wish{r.At, c})
	case *queue.Issued:
		take := d.press(r.At, "", protocol.TicketIssue)
		take.Request.Service, take.Request.Class, take.Request.GrantedBy = e.Service, e.Class, e.GrantedBy
		take.From = queue.Source{Role: queue.RoleDevice, Kind: protocol.KindDispenser, Device: "dispenser-1"}
		slip := d.press(r.At.Add(time.Second), "", protocol.TicketPrinted)
		slip.Request.Ticket, slip.Request.Print = e.Ticket, &protocol.PrintReport{OK: true}
		slip.From = queue.Source{Role: queue.RoleDevice, Kind: protocol.KindDispenser, Device: "dispenser-1"}
	case *queue.SignedOn:
		d.roster(r.At, e.Window, e.Clerk, protocol.WindowSignOn)
	case *queue.WindowPaused:
		d.roster(r.At, e.Window, "", protocol.WindowPause)
	case *queue.WindowUnpaused:
		d.roster(r.At, e.Window, "", protocol.WindowUnpause)
	case *queue.Called:
		d.press(r.At, e.Window, protocol.WindowCallNext)
		d.called[e.Window] = r.At
	case *queue.NoShow:
		d.press(r.At, e.Window, protocol.WindowNoShow)
	case *queue.Finished:
		if arrived := d.called[e.Window].Add(15 * time.Second); arrived.Before(r.At) {
			d.press(arrived, e.Window, protocol.WindowArrived)
		}
		d.press(r.At, e.Window, protocol.WindowFinish)
	}
}

// decideWish decides a command and what is due by itself before it, as a hall does.
func decideWish(s *queue.State, w *wish, put func(queue.Record)) error {
	one := func(c queue.Command, at time.Time) error {
		events, err := queue.Decide(s, c, at)
		for _, e := range events {
			r := queue.Record{Seq: s.Seq + 1, At: at, Event: e}
			s.Apply(r)
			put(r)
		}
		return err
	}
	if due := s.Deadline(); !due.IsZero() && !due.After(w.at) {
		tick := queue.Command{From: queue.Source{Role: queue.RoleHub}, Request: protocol.Request{Do: queue.Tick}}
		if err := one(tick, due); err != nil {
			return err
		}
	}
	return one(w.command, w.at)
}

// spent is the processor time that fn took, the collector's included: it tells on a busy
// machine, too, what is fast.
func spent(b *testing.B, fn func()) time.Duration {
	b.Helper()
	now := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := now()
	fn()
	return now() - before
}

// told reports how many times faster than life a day went by, by the clock and by the
// processor time that it took.
func told(b *testing.B, events int, cpu time.Duration) {
	days := float64(b.N)
	b.ReportMetric(days*largeOpen.Seconds()/b.Elapsed().Seconds(), "xrealtime")
	b.ReportMetric(days*largeOpen.Seconds()/cpu.Seconds(), "xrealtime-cpu")
	b.ReportMetric(float64(events), "events")
	b.ReportMetric(cpu.Seconds()*1000/days, "cpu-ms/day")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLargeDay goes through a day of 200 windows: its events are folded, or all is
// decided again; without a journal, or from a journal and into one. Then it looks at what
// a hall pays that has the day behind it.
func BenchmarkLargeDay(b *testing.B) {
	wishes, records := largeDay(b)
	b.Run("fold", func(b *testing.B) {
		var cpu time.Duration
		for b.Loop() {
			cpu += spent(b, func() {
				s := queue.New()
				for i := range records {
					s.Apply(records[i])
				}
			})
		}
		told(b, len(records), cpu)
	})
	b.Run("decide", func(b *testing.B) {
		var cpu time.Duration
		for b.Loop() {
			cpu += spent(b, func() {
				s := queue.New()
				for i := range wishes {
					if err := decideWish(s, &wishes[i], func(queue.Record) {}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		told(b, len(records), cpu)
	})
	b.Run("recover", func(b *testing.B) { recoverDay(b, records) })
	b.Run("decideIntoJournal", func(b *testing.B) { redecide(b, wishes, len(records)) })
	atItsEnd(b, records)
}

// bodies are the events as the journal keeps them.
func bodies(b *testing.B, records []queue.Record) []journal.Entry {
	b.Helper()
	entries := make([]journal.Entry, len(records))
	for i, r := range records {
		body, err := queue.EncodeEvent(r.Event)
		if err != nil {
			b.Fatal(err)
		}
		entries[i] = journal.Entry{At: r.At, Kind: r.Event.Kind(), Body: body}
	}
	return entries
}

// keep writes events into a journal.
func keep(b *testing.B, j *journal.Journal, entries []journal.Entry) {
	b.Helper()
	for part := range slices.Chunk(entries, journal.MaxBatch) {
		prev, _ := j.Last()
		if _, err := j.Append(prev, part); err != nil {
			b.Fatal(err)
		}
	}
}

// recoverDay opens a hall on a journal without a snapshot: each event is read, its hash
// checked, decoded and folded. The anchors are reading alone and decoding alone.
func recoverDay(b *testing.B, records []queue.Record) {
	j, err := journal.Open(b.TempDir(), journal.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	entries := bodies(b, records)
	keep(b, j, entries)
	var cpu, read, decode time.Duration
	for b.Loop() {
		cpu += spent(b, func() {
			if _, err := Open(j, Options{Log: slog.New(slog.DiscardHandler)}); err != nil {
				b.Fatal(err)
			}
		})
		b.StopTimer()
		began := time.Now()
		if err := j.Read(b.Context(), 0, func(journal.Record) error { return nil }); err != nil {
			b.Fatal(err)
		}
		read += time.Since(began)
		began = time.Now()
		for i := range entries {
			var e map[string]json.RawMessage
			if err := json.Unmarshal(entries[i].Body, &e); err != nil {
				b.Fatal(err)
			}
		}
		decode += time.Since(began)
		b.StartTimer()
	}
	told(b, len(records), cpu)
	b.ReportMetric(b.Elapsed().Seconds()/read.Seconds(), "x-read")
	b.ReportMetric(b.Elapsed().Seconds()/decode.Seconds(), "x-json")
}

// redecide lets a hall decide the day again, as many commands to a commit as a commit may
// have, with replies, service log and fsync. The anchor is a bare file that gets the same
// bytes with as many syncs.
func redecide(b *testing.B, wishes []wish, events int) {
	var cpu, bare time.Duration
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		j, err := journal.Open(filepath.Join(dir, "hub"), journal.Options{})
		if err != nil {
			b.Fatal(err)
		}
		raw, err := os.Create(filepath.Join(dir, "raw"))
		if err != nil {
			b.Fatal(err)
		}
		now := wishes[0].at
		h, err := Open(j, Options{Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		for part := range slices.Chunk(wishes, BatchMax) {
			var entries []journal.Entry
			cpu += spent(b, func() { entries = commitWishes(b, h, part, &now) })
			b.StopTimer()
			bare += spill(b, raw, entries)
			b.StartTimer()
		}
		b.StopTimer()
		if h.state.Seq != uint64(events) {
			b.Fatalf("%d events, %d when the day was drawn", h.state.Seq, events)
		}
		raw.Close()
		j.Close()
		b.StartTimer()
	}
	told(b, events, cpu)
	b.ReportMetric(b.Elapsed().Seconds()/bare.Seconds(), "x-raw")
}

// commitWishes decides commands, and what is due by itself before each, in one commit.
func commitWishes(b *testing.B, h *Hall, wishes []wish, now *time.Time) []journal.Entry {
	b.Helper()
	batch := batch{prev: h.state.Seq}
	put := func(c queue.Command, at time.Time) {
		*now, batch.now = at, at
		t := &task{command: c, asked: true}
		batch.tasks = append(batch.tasks, t)
		if err := h.decide(&batch, t); err != nil || t.result.err != nil {
			b.Fatal(err, t.result.err)
		}
	}
	for i := range wishes {
		if due := h.state.Deadline(); !due.IsZero() && !due.After(wishes[i].at) {
			put(hubTask(queue.Tick).command, due)
		}
		put(wishes[i].command, wishes[i].at)
	}
	if err := h.state.Check(); err != nil {
		b.Fatal(err)
	}
	if err := h.commit(&batch); err != nil {
		b.Fatal(err)
	}
	return batch.entries
}

// spill writes entries to a bare file and syncs once.
func spill(b *testing.B, f *os.File, entries []journal.Entry) time.Duration {
	b.Helper()
	began := time.Now()
	for i := range entries {
		if _, err := f.Write(entries[i].Body); err != nil {
			b.Fatal(err)
		}
	}
	if err := syscall.Fdatasync(int(f.Fd())); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// atItsEnd is what a commit and a snapshot cost when the day lies behind, and a start from
// that snapshot.
func atItsEnd(b *testing.B, records []queue.Record) {
	j, err := journal.Open(b.TempDir(), journal.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	keep(b, j, bodies(b, records))
	quiet := Options{Log: slog.New(slog.DiscardHandler)}
	h, err := Open(j, quiet)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("checkAtItsEnd", func(b *testing.B) {
		for b.Loop() {
			if err := h.state.Check(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("deadlineAtItsEnd", func(b *testing.B) {
		for b.Loop() {
			h.state.Deadline()
		}
	})
	b.Run("snapshotAtItsEnd", func(b *testing.B) {
		var cpu time.Duration
		for b.Loop() {
			h.saved = 0
			cpu += spent(b, h.snapshot)
		}
		b.ReportMetric(cpu.Seconds()*1000/float64(b.N), "cpu-ms")
		body, err := h.state.Snapshot()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(body))/1e6, "MB")
	})
	b.Run("recoverFromSnapshot", func(b *testing.B) {
		var cpu time.Duration
		for b.Loop() {
			cpu += spent(b, func() {
				if _, err := Open(j, quiet); err != nil {
					b.Fatal(err)
				}
			})
		}
		told(b, len(records), cpu)
	})
}
