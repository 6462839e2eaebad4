package forecast

import (
	"fmt"
	"math"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// wideHall is a hall of n windows in pairs, each with a service of its own, in
// departments of six, with so many waiting.
func wideHall(tb testing.TB, n, waiting int) *hall {
	tb.Helper()
	name := protocol.Say("名", "Name")
	p := queue.Plan{Version: 1, Hall: "wide", Name: name, Zone: "UTC", Rule: queue.RuleAPQ}
	for i := range n {
		svc := protocol.ServiceID(fmt.Sprintf("s%d", i))
		p.Services = append(p.Services, queue.Service{
			ID: svc, Prefix: string([]byte{'A' + byte(i/26), 'A' + byte(i%26)}), Name: name,
			Typical: queue.Duration(time.Duration(4+i%7) * time.Minute), Promise: queue.Duration(20 * time.Minute),
		})
		w := protocol.WindowID(fmt.Sprint(i))
		own := []protocol.ServiceID{svc}
		if i%6 > 0 {
			own = append(own, protocol.ServiceID(fmt.Sprintf("s%d", i-1)))
		}
		p.Windows = append(p.Windows, queue.Window{ID: w, Name: name, Primary: own})
		p.Clerks = append(p.Clerks, queue.Clerk{ID: protocol.ClerkID("c" + string(w)), Name: name, PIN: "$argon2id$"})
		if i%2 == 1 {
			p.Pairs = append(p.Pairs, queue.Pair{A: protocol.WindowID(fmt.Sprint(i - 1)), B: w})
		}
	}
	h := &hall{t: tb, s: queue.New()}
	h.do(queue.Command{Request: protocol.Request{Do: queue.DayOpen}, Plan: &p, Day: "2026-11-23"}, 0)
	h.m.Begin(&h.s.Plan)
	for i := range n {
		w := p.Windows[i].ID
		h.do(queue.Command{Request: protocol.Request{Do: protocol.WindowSignOn, Window: w, Clerk: p.Clerks[i].ID}}, 0)
	}
	for i := range n + waiting {
		h.issue(p.Services[i%n].ID, protocol.Regular, float64(i)/100)
	}
	for i := range n {
		h.press(protocol.WindowCallNext, p.Windows[i].ID, float64(n+waiting)/100)
	}
	return h
}

// BenchmarkBatch is one batch for every waiting ticket and the end of each line, in
// futures of 60. Its anchor is BenchmarkBareLoop.
func BenchmarkBatch(b *testing.B) {
	for _, c := range []struct{ windows, waiting int }{{12, 22}, {40, 112}, {40, 150}} {
		b.Run(fmt.Sprintf("%dwindows%dwaiting", c.windows, c.waiting), func(b *testing.B) {
			h := wideHall(b, c.windows, c.waiting)
			for b.Loop() {
				h.m.Play(h.s, h.s.At, 60, 1)
			}
		})
	}
}

// BenchmarkSteps plays 40 windows eight hours forward with all rules on, and tells the
// events (arrivals, calls, ends) of a second.
func BenchmarkSteps(b *testing.B) {
	h := wideHall(b, 40, 150)
	h.m.days = 1
	for svc := range h.m.arrivals {
		for i := range h.m.arrivals[svc] {
			h.m.arrivals[svc][i] = 4
		}
	}
	part := part{}
	for i := range h.m.shape.parts {
		part.services = append(part.services, h.m.shape.parts[i].services...)
		part.windows = append(part.windows, h.m.shape.parts[i].windows...)
	}
	sc := h.m.newScene(h.s, &Outlook{}, h.s.At, &part)
	var f future
	steps, seed := 0, uint64(0)
	for b.Loop() {
		seed++
		sc.begin(&f, seed)
		f.open, f.called = len(sc.marks)+1, make([]float64, len(sc.marks))
		f.run()
		for l := range f.lines {
			for c := range f.lines[l].class {
				steps += len(f.lines[l].class[c]) + 2*f.lines[l].head[c] - len(sc.lines[l].class[c])
			}
		}
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}

// BenchmarkBareLoop is what an event loop of 40 windows and one line costs without any
// rule: the anchor of the others.
func BenchmarkBareLoop(b *testing.B) {
	const windows, arrivals = 40, 5000
	steps := 0
	r := random{x: 1}
	for b.Loop() {
		var until [windows]float64
		for i := range until {
			until[i] = math.Inf(1)
		}
		now, comes, line := 0.0, 0.0, 0
		for n := 0; n < arrivals; steps++ {
			at, which := comes, -1
			for i, t := range until {
				if t < at {
					at, which = t, i
				}
			}
			now = at
			if which < 0 {
				n++
				line++
				comes = now + r.exponential()
			} else {
				until[which] = math.Inf(1)
			}
			for i := range until {
				if line > 0 && math.IsInf(until[i], 1) {
					line--
					until[i] = now + math.Exp(3.4+0.6*r.normal())
				}
			}
		}
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}
