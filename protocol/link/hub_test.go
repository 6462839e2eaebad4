package link_test

import (
	"context"
	"sync"
	"testing"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

// hub answers requests on a bus, as much of a hub as a link can see.
type hub struct {
	t         *testing.T
	transport link.Transport
	answer    func(protocol.Request) *protocol.Reply // nil means no reply

	mu   sync.Mutex // guards seen: tests read it while the hub runs
	seen []protocol.Request
}

func startHub(t *testing.T, bus *linktest.Bus, answer func(protocol.Request) *protocol.Reply) *hub {
	t.Helper()
	h := &hub{t: t, transport: bus.Transport("hub"), answer: answer}
	run(t, func(ctx context.Context) error {
		return h.transport.Run(ctx, link.Session{
			Subscribe: []string{protocol.DeviceTopic("h", "+", protocol.KindRequest).String()},
			Up:        func() {},
			Down:      func(error) {},
			Message:   h.receive,
		})
	})
	return h
}

func (h *hub) receive(m link.Message) {
	var req protocol.Request
	if err := protocol.Decode(m.Payload, &req); err != nil {
		h.t.Errorf("request %s: %v", m.Payload, err)
		return
	}
	h.mu.Lock()
	h.seen = append(h.seen, req)
	h.mu.Unlock()
	reply := h.answer(req)
	if reply == nil {
		return
	}
	topic, err := protocol.ParseTopic(m.Topic)
	if err != nil {
		h.t.Error(err)
		return
	}
	h.send(protocol.DeviceTopic("h", topic.Device, protocol.KindReply), reply, false)
}

// send publishes as the hub; a hub that is cut off sends nothing.
func (h *hub) send(topic protocol.Topic, message any, retain bool) {
	payload, err := protocol.Encode(message)
	if err != nil {
		h.t.Error(err)
		return
	}
	if err := h.transport.Publish(topic.String(), payload, 0, retain); err != nil {
		h.t.Logf("hub: %v", err)
	}
}

func (h *hub) requests() []protocol.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]protocol.Request(nil), h.seen...)
}

// yes answers with a ticket whose number is the request's service.
func yes(req protocol.Request) *protocol.Reply {
	return &protocol.Reply{ID: req.ID, OK: &protocol.OK{Ticket: &protocol.Ticket{Number: string(req.Service)}}}
}

func silence(protocol.Request) *protocol.Reply { return nil }

// run runs f until the test ends or stop is called, which waits for its end.
func run(t *testing.T, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

var dispenser = link.Identity{Hall: "h", Device: "dispenser-1", Kind: protocol.KindDispenser, Version: "0.1.0", Boot: "b1"}

func newLink(t *testing.T, bus *linktest.Bus, o link.Options) *link.Link {
	t.Helper()
	l, err := link.New(bus.Transport("dispenser-1"), dispenser, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func issue(service protocol.ServiceID) protocol.Request {
	return protocol.Request{Do: protocol.TicketIssue, Service: service}
}
