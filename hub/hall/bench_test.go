package hall

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"jiaohao/hub/forecast"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// largeHall is a hall of n windows in a ring of neighbours, two or three to a service, so
// that a forecast cannot look at a part of it by itself.
func largeHall(n int) *queue.Plan {
	p := smallHall()
	say := protocol.Say("名", "Name")
	p.Rule, p.Services, p.Windows, p.Pairs = queue.RuleAPQ, nil, nil, nil
	pin := p.Clerks[0].PIN
	services := min(n/2, 60)
	for i := range services {
		p.Services = append(p.Services, queue.Service{
			ID: protocol.ServiceID(fmt.Sprintf("s%d", i)), Prefix: string(rune('A'+i%24)) + string(rune('A'+i/24)), Name: say,
			Typical: queue.Duration(time.Duration(4+i%8) * time.Minute), Promise: queue.Duration(20 * time.Minute),
		})
	}
	for i := range n {
		w := protocol.WindowID(fmt.Sprint(i + 1))
		p.Windows = append(p.Windows, queue.Window{ID: w, Name: say, Primary: []protocol.ServiceID{p.Services[i*services/n].ID}})
		p.Clerks = append(p.Clerks, queue.Clerk{ID: protocol.ClerkID("k" + w), Name: say, PIN: pin})
	}
	for i := range n / 2 {
		p.Pairs = append(p.Pairs, queue.Pair{A: p.Windows[2*i].ID, B: p.Windows[(2*i+3)%n].ID})
	}
	return p
}

// opened waits until the calendar has opened the day.
func opened(b *testing.B, h *Hall, p *queue.Plan) {
	b.Helper()
	if err := p.Check(); err != nil {
		b.Fatal(err)
	}
	for h.Plan().Version == 0 {
		time.Sleep(time.Millisecond)
	}
}

// ask has the hub itself ask for what must be carried out.
func ask(b *testing.B, h *Hall, r protocol.Request) {
	b.Helper()
	r.ID = protocol.RequestID(rand.Text())
	if reply := h.Ask(b.Context(), queue.Source{Role: queue.RoleHub, Device: "bench"}, r); reply.Refused != nil {
		b.Fatalf("%s at %s: %v", r.Do, r.Window, reply.Refused)
	}
}

// fill signs everybody on and has so many wait beside those who are served.
func fill(b *testing.B, h *Hall, p *queue.Plan, waiting int) {
	b.Helper()
	for i := range p.Windows {
		ask(b, h, protocol.Request{Do: protocol.WindowSignOn, Window: p.Windows[i].ID, Clerk: "k" + protocol.ClerkID(p.Windows[i].ID)})
	}
	for i := range waiting + len(p.Windows) {
		ask(b, h, protocol.Request{Do: protocol.TicketIssue, Service: p.Services[i%len(p.Services)].ID})
	}
	for i := range p.Windows {
		ask(b, h, protocol.Request{Do: protocol.WindowCallNext, Window: p.Windows[i].ID})
	}
}

// BenchmarkCall measures a call until it is durable: without forecasts, with forecasts as
// often as a hall makes them, and with one batch after the other without a rest. The anchor
// is a bare file on the same disk that gets as many bytes as SQLite writes for a call, and
// one fdatasync, turn by turn with the calls.
func BenchmarkCall(b *testing.B) {
	for _, size := range []struct{ windows, waiting int }{{40, 150}, {200, 800}} {
		for _, c := range []struct {
			name  string
			every time.Duration
			beset bool
		}{{"alone", 0, false}, {"forecasting", time.Millisecond, false}, {"beset", 0, true}} {
			b.Run(fmt.Sprintf("%dwindows%dwaiting/%s", size.windows, size.waiting, c.name), func(b *testing.B) {
				j, err := journal.Open(b.TempDir(), journal.Options{})
				if err != nil {
					b.Fatal(err)
				}
				defer j.Close()
				p := largeHall(size.windows)
				h, err := Open(j, Options{ForecastEvery: c.every, Plan: p, DayAuto: true, Log: slog.New(slog.DiscardHandler)})
				if err != nil {
					b.Fatal(err)
				}
				ctx, cancel := context.WithCancel(b.Context())
				ended := make(chan error, 1)
				go func() { ended <- h.Run(ctx) }()
				opened(b, h, p)
				fill(b, h, p, size.waiting)
				var aside sync.WaitGroup
				var foresight atomic.Pointer[Foresight]
				if c.beset {
					aside.Go(func() { beset(ctx, h, &foresight) })
				}
				calls(b, h, p)
				f := h.Foresight()
				if c.beset {
					f = foresight.Load()
				}
				if f != nil {
					b.ReportMetric(float64(f.Took.Microseconds())/1000, "ms-batch")
					b.ReportMetric(float64(f.Futures), "futures")
				}
				cancel()
				aside.Wait()
				if err := <-ended; err != nil {
					b.Error(err)
				}
			})
		}
	}
}

// beset makes forecasts without a rest until ctx ends.
func beset(ctx context.Context, h *Hall, last *atomic.Pointer[Foresight]) {
	var f forecaster
	for ctx.Err() == nil {
		if next := f.look(ctx, h); next != nil {
			last.Store(next)
		}
	}
}

// commitBytes is what SQLite writes for a call, as the kernel counts it: two pages of 4 KiB
// with their frames in the write-ahead log; four where a page is split.
const commitBytes = 2 * (4096 + 24)

// calls has the windows finish and call in turn.
func calls(b *testing.B, h *Hall, p *queue.Plan) {
	raw, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	took, bare := make([]time.Duration, 0, b.N), make([]time.Duration, 0, b.N)
	bytes := make([]byte, commitBytes)
	b.ResetTimer()
	for i := range b.N {
		w := p.Windows[i%len(p.Windows)].ID
		ask(b, h, protocol.Request{Do: protocol.TicketIssue, Service: p.Services[i%len(p.Services)].ID})
		ask(b, h, protocol.Request{Do: protocol.WindowArrived, Window: w})
		ask(b, h, protocol.Request{Do: protocol.WindowFinish, Window: w})
		began := time.Now()
		ask(b, h, protocol.Request{Do: protocol.WindowCallNext, Window: w})
		called := time.Now()
		if _, err := raw.WriteAt(bytes, int64(i%200)*commitBytes); err != nil { // round and round, as the log
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(raw.Fd())); err != nil {
			b.Fatal(err)
		}
		took, bare = append(took, called.Sub(began)), append(bare, time.Since(called))
	}
	b.StopTimer()
	slices.Sort(took)
	slices.Sort(bare)
	at := func(all []time.Duration, share int) float64 { return float64(all[len(all)*share/100].Microseconds()) }
	b.ReportMetric(at(took, 50), "µs-p50")
	b.ReportMetric(at(took, 99), "µs-p99")
	b.ReportMetric(at(bare, 50), "µs-raw-p50")
	b.ReportMetric(at(bare, 99), "µs-raw-p99")
	b.ReportMetric(at(took, 50)/at(bare, 50), "x-raw")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStillCopy is how long a forecast holds the hall up.
func BenchmarkStillCopy(b *testing.B) {
	still(b, func(s *queue.State) { s.Still() })
}

// BenchmarkForecast is one batch for all who wait.
func BenchmarkForecast(b *testing.B) {
	still(b, func(s *queue.State) {
		forecast.Taught(s, lessons(s), s.At).Play(s, s.At, futuresMost, s.Seq)
	})
}

// still runs fn on halls of three sizes.
func still(b *testing.B, fn func(s *queue.State)) {
	for _, size := range []struct{ windows, waiting int }{{12, 22}, {40, 150}, {200, 800}} {
		b.Run(fmt.Sprintf("%dwindows%dwaiting", size.windows, size.waiting), func(b *testing.B) {
			j, err := journal.Open(b.TempDir(), journal.Options{NoSync: true})
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			p := largeHall(size.windows)
			h, err := Open(j, Options{Plan: p, DayAuto: true, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- h.Run(ctx) }()
			opened(b, h, p)
			fill(b, h, p, size.waiting)
			cancel()
			<-ended
			for b.Loop() {
				fn(h.state)
			}
		})
	}
}
