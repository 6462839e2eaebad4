package hall

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// smallHall is a hall with two services, a pair of windows and a third one.
func smallHall() *queue.Plan {
	cheap := hashPIN("2468", []byte("salt of the tests"), 8, 1)
	say := protocol.Say
	return &queue.Plan{
		Version: 1, Hall: "bemowo", Name: say("别莫沃大厅", "Bemowo"), Zone: "Asia/Shanghai",
		Services: []queue.Service{
			{ID: "social", Prefix: "A", Name: say("社保", "Social insurance")},
			{ID: "tax", Prefix: "B", Name: say("税务", "Tax")},
		},
		Windows: []queue.Window{
			{ID: "1", Name: say("1号窗口", "Window 1"), Primary: []protocol.ServiceID{"social"}},
			{ID: "2", Name: say("2号窗口", "Window 2"), Primary: []protocol.ServiceID{"social"}},
			{ID: "3", Name: say("3号窗口", "Window 3"), Primary: []protocol.ServiceID{"tax"}},
		},
		Pairs: []queue.Pair{{A: "1", B: "3", Delay: queue.Duration(90 * time.Second)}},
		Clerks: []queue.Clerk{
			{ID: "c1", Name: say("王芳", "Wang Fang"), PIN: cheap},
			{ID: "c2", Name: say("李强", "Li Qiang"), PIN: cheap},
			{ID: "c3", Name: say("张敏", "Zhang Min"), PIN: cheap},
			{ID: "m1", Name: say("陈主任", "Manager Chen"), PIN: cheap, Manager: true},
		},
		Devices: []queue.Device{
			{ID: "dispenser-1", Kind: protocol.KindDispenser, Letter: "Y"},
			{ID: "terminal-1", Kind: protocol.KindTerminal, Window: "1"},
			{ID: "terminal-2", Kind: protocol.KindTerminal, Window: "2"},
			{ID: "terminal-3", Kind: protocol.KindTerminal, Window: "3"},
		},
	}
}

// running is a hall at work on a real journal.
type running struct {
	*Hall
	t       *testing.T
	journal *journal.Journal
	end     context.CancelFunc
	ended   chan error
}

// start opens the journal in dir and runs a hall on it. Inside a bubble the clock
// is at 2000-01-01, which is plausible enough here.
func start(t *testing.T, dir string, o Options) *running {
	t.Helper()
	return startOn(t, dir, journal.Options{}, o)
}

func startOn(t *testing.T, dir string, disk journal.Options, o Options) *running {
	t.Helper()
	j, err := journal.Open(dir, disk)
	if err != nil {
		t.Fatal(err)
	}
	if o.ClockFloor.IsZero() {
		o.ClockFloor = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	o.Log = slog.New(slog.DiscardHandler)
	o.Links = view.Links{Base: "http://hub:8080", Key: []byte("0123456789abcdef")}
	h, err := Open(j, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{Hall: h, t: t, journal: j, end: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- h.Run(ctx) }()
	return r
}

// stop ends the hall as a supervisor does.
func (r *running) stop() {
	r.t.Helper()
	r.end()
	if err := <-r.ended; err != nil {
		r.t.Errorf("Run: %v", err)
	}
	if err := r.journal.Close(); err != nil {
		r.t.Errorf("Close: %v", err)
	}
}

// openDay opens the business day with the plan of the tests.
func (r *running) openDay() {
	r.t.Helper()
	c := queue.Command{From: queue.Source{Role: queue.RoleHub, Device: "hub"}, Plan: smallHall()}
	c.Request.Do = queue.DayOpen
	if _, err := r.Do(r.t.Context(), c); err != nil {
		r.t.Fatal(err)
	}
}

func dispenser() queue.Source {
	return queue.Source{Role: queue.RoleDevice, Device: "dispenser-1", Kind: protocol.KindDispenser}
}

func terminal(window protocol.WindowID) queue.Source {
	return queue.Source{
		Role: queue.RoleDevice, Device: protocol.DeviceID("terminal-" + string(window)),
		Kind: protocol.KindTerminal, Window: window,
	}
}

func request(id string, do protocol.Action) protocol.Request {
	return protocol.Request{ID: protocol.RequestID(id), Do: do}
}

func issue(id string, service protocol.ServiceID) protocol.Request {
	r := request(id, protocol.TicketIssue)
	r.Service = service
	return r
}

func signOn(id string, clerk protocol.ClerkID, pin string) protocol.Request {
	r := request(id, protocol.WindowSignOn)
	r.Clerk, r.PIN = clerk, pin
	return r
}

// ask returns the reply as it would go over the wire.
func (r *running) ask(from queue.Source, req protocol.Request) string {
	r.t.Helper()
	payload, err := protocol.Encode(r.Ask(r.t.Context(), from, req))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(payload)
}

// do asks for what must be carried out.
func (r *running) do(from queue.Source, req protocol.Request) *protocol.OK {
	r.t.Helper()
	reply := r.Ask(r.t.Context(), from, req)
	if reply.Refused != nil {
		r.t.Fatalf("%s %s: %v", req.ID, req.Do, reply.Refused)
	}
	return reply.OK
}

// refused asks for what must be refused, and returns why.
func (r *running) refused(from queue.Source, req protocol.Request) protocol.Code {
	r.t.Helper()
	reply := r.Ask(r.t.Context(), from, req)
	if reply.Refused == nil {
		r.t.Fatalf("%s %s was carried out, it should be refused", req.ID, req.Do)
	}
	if reply.Refused.Text[protocol.Chinese] == "" || reply.Refused.Text[protocol.English] == "" {
		r.t.Errorf("the refusal %s lacks a language: %v", reply.Refused.Code, reply.Refused.Text)
	}
	return reply.Refused.Code
}

// seq returns the sequence of the last committed event.
func (r *running) seq() uint64 {
	seq, _ := r.journal.Last()
	return seq
}

// snapshotNow returns the whole state as text.
func (r *running) snapshotNow() string {
	r.t.Helper()
	var text string
	err := r.Read(r.t.Context(), func(s *queue.State, _ time.Time) {
		b, err := json.Marshal(s)
		if err != nil {
			r.t.Error(err)
		}
		text = string(b)
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return text
}

func id(parts ...any) string { return fmt.Sprint(parts...) }
