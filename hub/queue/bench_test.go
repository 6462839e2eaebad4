package queue

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"jiaohao/protocol"
)

// busyHall is a hall of 40 windows in a ring, 20 services and 150 waiting.
func busyHall(b *testing.B, rule string) *testHall {
	b.Helper()
	p := Plan{Version: 1, Hall: "busy", Name: protocol.Say("大厅", "Hall"), Zone: "Asia/Shanghai", Rule: rule}
	for i := range 20 {
		p.Services = append(p.Services, Service{
			ID: protocol.ServiceID(fmt.Sprintf("s%d", i)), Prefix: string(rune('A' + i)), Name: protocol.Say("业务", "Service"),
			Typical: Duration(5 * time.Minute),
		})
	}
	for i := range 40 {
		w := protocol.WindowID(fmt.Sprint(i + 1))
		p.Windows = append(p.Windows, Window{
			ID: w, Name: protocol.Say("窗口", "Window"), Primary: []protocol.ServiceID{p.Services[i%20].ID, p.Services[(i+7)%20].ID},
		})
		p.Clerks = append(p.Clerks, Clerk{ID: protocol.ClerkID(fmt.Sprintf("c%d", i+1)), Name: protocol.Say("职员", "Clerk"), PIN: "$argon2id$"})
		p.Pairs = append(p.Pairs, Pair{
			A: w, B: protocol.WindowID(fmt.Sprint((i+1)%40 + 1)), Delay: Duration(time.Minute), On: Duration(20 * time.Minute), IdleHelp: true,
		})
	}
	h := newTestHall(b, "hall.yaml")
	h.pureEach = 1 << 30
	h.date = "2026-11-24"
	at := h.clock("08:00")
	hub := Source{Role: RoleHub}
	if _, err := h.do(Command{From: hub, Request: protocol.Request{Do: DayOpen}, Plan: &p, Day: h.date}, at); err != nil {
		b.Fatal(err)
	}
	for i := range 40 {
		r := protocol.Request{Do: protocol.WindowSignOn, Window: p.Windows[i].ID, Clerk: p.Clerks[i].ID}
		if _, err := h.do(Command{From: hub, Request: r}, at); err != nil {
			b.Fatal(err)
		}
	}
	for i := range 150 {
		h.issueBusy(i, at.Add(time.Duration(i)*time.Second))
	}
	return h
}

func (h *testHall) issueBusy(i int, at time.Time) {
	r := protocol.Request{Do: protocol.TicketIssue, Service: protocol.ServiceID(fmt.Sprintf("s%d", i%20))}
	if i%9 == 0 {
		r.Class, r.GrantedBy = protocol.Green, "self"
	}
	if _, err := h.do(Command{From: Source{Role: RoleDevice, Kind: protocol.KindDispenser, Device: "d1"}, Request: r}, at); err != nil {
		h.t.Fatal(err)
	}
}

func BenchmarkDecideCallNext(b *testing.B) {
	h := busyHall(b, "")
	c := Command{
		From:    Source{Role: RoleDevice, Kind: protocol.KindTerminal, Device: "t1", Window: "1"},
		Request: protocol.Request{ID: "key", Do: protocol.WindowCallNext},
	}
	now := h.s.At.Add(time.Minute)
	for b.Loop() {
		if events, err := Decide(h.s, c, now); err != nil || len(events) != 1 {
			b.Fatal(events, err)
		}
	}
}

func BenchmarkDecideCallNextWeighed(b *testing.B) {
	h := busyHall(b, RuleAPQ)
	c := Command{
		From:    Source{Role: RoleDevice, Kind: protocol.KindTerminal, Device: "t1", Window: "1"},
		Request: protocol.Request{ID: "key", Do: protocol.WindowCallNext},
	}
	now := h.s.At.Add(time.Minute)
	for b.Loop() {
		if events, err := Decide(h.s, c, now); err != nil || len(events) != 1 {
			b.Fatal(events, err)
		}
	}
}

func BenchmarkDeadlineWeighed(b *testing.B) {
	h := busyHall(b, RuleAPQ)
	for b.Loop() {
		h.s.Deadline()
	}
}

func BenchmarkDecideIssue(b *testing.B) {
	h := busyHall(b, "")
	c := Command{
		From:    Source{Role: RoleDevice, Kind: protocol.KindDispenser, Device: "d1"},
		Request: protocol.Request{ID: "press", Do: protocol.TicketIssue, Service: "s3"},
	}
	for b.Loop() {
		if events, err := Decide(h.s, c, h.s.At); err != nil || len(events) != 1 {
			b.Fatal(events, err)
		}
	}
}

func BenchmarkDeadline(b *testing.B) {
	h := busyHall(b, "")
	for b.Loop() {
		h.s.Deadline()
	}
}

func BenchmarkCheck(b *testing.B) {
	h := busyHall(b, "")
	for b.Loop() {
		if err := h.s.Check(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefold folds 115,000 events, a large hall's month, from their bytes; the
// metric "x-json" is how many times as long as decoding the bytes alone.
func BenchmarkRefold(b *testing.B) {
	type line struct {
		seq  uint64
		at   time.Time
		kind string
		body []byte
	}
	var lines []line
	for seed := uint64(1); len(lines) < 115_000; seed++ {
		d := newSeededDay(b, seed)
		d.run()
		for _, r := range d.records {
			body, err := EncodeEvent(r.Event)
			if err != nil {
				b.Fatal(err)
			}
			lines = append(lines, line{r.Seq, r.At, r.Event.Kind(), body})
		}
	}
	lines = lines[:115_000]
	var bare time.Duration
	b.ResetTimer()
	for b.Loop() {
		start := time.Now()
		for i := range lines {
			var e map[string]json.RawMessage
			if err := json.Unmarshal(lines[i].body, &e); err != nil {
				b.Fatal(err)
			}
		}
		bare += time.Since(start)
		var s *State
		for _, l := range lines {
			if l.seq == 1 {
				s = New()
			}
			e, err := DecodeEvent(l.kind, l.body)
			if err != nil {
				b.Fatal(err)
			}
			s.Apply(Record{Seq: l.seq, At: l.at, Event: e})
		}
	}
	whole := b.Elapsed() - bare
	b.ReportMetric(float64(whole)/float64(bare), "x-json")
	b.ReportMetric(whole.Seconds()*1000/float64(b.N), "ms/refold")
}
