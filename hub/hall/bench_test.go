package hall

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"jiaohao/hub/forecast"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// largeHall is a hall of 40 windows in 20 pairs for 20 services.
func largeHall() *queue.Plan {
	p := smallHall()
	say := protocol.Say("名", "Name")
	p.Rule, p.Services, p.Windows, p.Pairs = queue.RuleAPQ, nil, nil, nil
	pin := p.Clerks[0].PIN
	for i := range 20 {
		p.Services = append(p.Services, queue.Service{
			ID: protocol.ServiceID(fmt.Sprintf("s%d", i)), Prefix: string(rune('A'+i%24)) + string(rune('A'+i/24)), Name: say,
			Typical: queue.Duration(time.Duration(4+i%8) * time.Minute), Promise: queue.Duration(20 * time.Minute),
		})
	}
	for i := range 40 {
		w := protocol.WindowID(fmt.Sprint(i + 1))
		p.Windows = append(p.Windows, queue.Window{ID: w, Name: say, Primary: []protocol.ServiceID{p.Services[i/2].ID}})
		p.Clerks = append(p.Clerks, queue.Clerk{ID: protocol.ClerkID("k" + w), Name: say, PIN: pin})
	}
	for i := range 20 { // a ring of neighbours
		p.Pairs = append(p.Pairs, queue.Pair{A: p.Windows[2*i].ID, B: p.Windows[(2*i+3)%40].ID})
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

// fill signs everybody on and has 150 wait beside those who are served.
func fill(b *testing.B, h *Hall, p *queue.Plan) {
	b.Helper()
	for i := range p.Windows {
		ask(b, h, protocol.Request{Do: protocol.WindowSignOn, Window: p.Windows[i].ID, Clerk: "k" + protocol.ClerkID(p.Windows[i].ID)})
	}
	for i := range 190 {
		ask(b, h, protocol.Request{Do: protocol.TicketIssue, Service: p.Services[i%20].ID})
	}
	for i := range p.Windows {
		ask(b, h, protocol.Request{Do: protocol.WindowCallNext, Window: p.Windows[i].ID})
	}
}

// BenchmarkCallAtFortyWindows measures a call with its commit, without forecasts and
// with forecasts made as often as they ever are.
func BenchmarkCallAtFortyWindows(b *testing.B) {
	for _, c := range []struct {
		name  string
		every time.Duration
	}{{"alone", 0}, {"forecasting", time.Millisecond}} {
		b.Run(c.name, func(b *testing.B) {
			j, err := journal.Open(b.TempDir(), journal.Options{})
			if err != nil {
				b.Fatal(err)
			}
			p := largeHall()
			h, err := Open(j, Options{ForecastEvery: c.every, Plan: p, DayAuto: true, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- h.Run(ctx) }()
			opened(b, h, p)
			fill(b, h, p)
			took := make([]time.Duration, 0, b.N)
			b.ResetTimer()
			for i := range b.N {
				w := protocol.WindowID(fmt.Sprint(1 + i%40))
				ask(b, h, protocol.Request{Do: protocol.TicketIssue, Service: p.Services[i%20].ID})
				ask(b, h, protocol.Request{Do: protocol.WindowArrived, Window: w})
				ask(b, h, protocol.Request{Do: protocol.WindowFinish, Window: w})
				began := time.Now()
				ask(b, h, protocol.Request{Do: protocol.WindowCallNext, Window: w})
				took = append(took, time.Since(began))
			}
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
			if f := h.Foresight(); f != nil {
				b.ReportMetric(float64(f.Took.Milliseconds()), "ms-batch")
				b.ReportMetric(float64(f.Futures), "futures")
			}
			cancel()
			if err := <-ended; err != nil {
				b.Error(err)
			}
			j.Close()
		})
	}
}

// BenchmarkStillCopyAtFortyWindows is how long a forecast holds the hall up.
func BenchmarkStillCopyAtFortyWindows(b *testing.B) {
	still(b, func(s *queue.State) { s.Still() })
}

// BenchmarkForecastAtFortyWindows is one batch for 150 who wait.
func BenchmarkForecastAtFortyWindows(b *testing.B) {
	still(b, func(s *queue.State) {
		forecast.Taught(s, lessons(s), s.At).Play(s, s.At, futuresMost, s.Seq)
	})
}

func still(b *testing.B, fn func(s *queue.State)) {
	j, err := journal.Open(b.TempDir(), journal.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	p := largeHall()
	h, err := Open(j, Options{Plan: p, DayAuto: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	opened(b, h, p)
	fill(b, h, p)
	cancel()
	<-ended
	for b.Loop() {
		fn(h.state)
	}
}
