package wire

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

const hallID protocol.HallID = "bemowo"

func smallHall() *queue.Plan {
	say := protocol.Say
	return &queue.Plan{
		Version: 1, Hall: hallID, Name: say("别莫沃大厅", "Bemowo"), Zone: "Asia/Shanghai",
		Services: []queue.Service{
			{ID: "social", Prefix: "A", Name: say("社保", "Social insurance")},
			{ID: "tax", Prefix: "B", Name: say("税务", "Tax")},
		},
		Windows: []queue.Window{
			{ID: "1", Name: say("1号窗口", "Window 1"), Primary: []protocol.ServiceID{"social"}},
			{ID: "2", Name: say("2号窗口", "Window 2"), Primary: []protocol.ServiceID{"tax"}},
			{ID: "3", Name: say("3号窗口", "Window 3"), Primary: []protocol.ServiceID{"tax"}},
		},
		Pairs:  []queue.Pair{{A: "1", B: "2", Delay: queue.Duration(time.Minute)}},
		Clerks: []queue.Clerk{{ID: "c1", Name: say("王芳", "Wang Fang"), PIN: cheapPIN}, {ID: "c2", Name: say("李强", "Li Qiang"), PIN: cheapPIN}},
		Devices: []queue.Device{
			{ID: "dispenser-1", Kind: protocol.KindDispenser, Letter: "Y"},
			{ID: "terminal-1", Kind: protocol.KindTerminal, Window: "1"},
			{ID: "terminal-2", Kind: protocol.KindTerminal, Window: "2"},
			{ID: "display-1", Kind: protocol.KindDisplay, Window: "1"},
			{ID: "guest-1", Kind: protocol.KindGuest},
		},
	}
}

// cheapPIN is the hash of 2468 at the least cost that argon2id allows.
const cheapPIN = "$argon2id$v=19$m=8,t=1,p=1$c2FsdCBvZiB0aGUgdGVzdHM$ym2c/m5YwJNBO2rWMfoOUk7rt44yJzHUkRrb3GyHv28"

// site is a hall and its wire on a broker in memory.
type site struct {
	t    *testing.T
	dir  string
	bus  *linktest.Bus
	hall *hall.Hall
	wire *Wire

	journal *journal.Journal
	end     context.CancelFunc
	ended   chan error
}

// open starts a hall with an open day inside a bubble.
func open(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), bus: linktest.NewBus(1)}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *site) start() {
	s.t.Helper()
	j, err := journal.Open(s.dir, journal.Options{NoSync: true})
	if err != nil {
		s.t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	h, err := hall.Open(j, hall.Options{
		ClockFloor: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Log: quiet, Plan: smallHall(), DayAuto: true,
		Links: view.Links{Base: "http://hub:8080", Key: []byte("0123456789abcdef")},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	w, err := New(h, hallID, s.bus.Transport(ClientID), Options{Log: quiet})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.hall, s.wire, s.journal, s.end, s.ended = h, w, j, cancel, make(chan error, 2)
	go func() { s.ended <- h.Run(ctx) }()
	go func() { s.ended <- w.Run(ctx) }()
	time.Sleep(100 * time.Millisecond)
	synctest.Wait()
}

func (s *site) stop() {
	s.end()
	for range 2 {
		if err := <-s.ended; err != nil {
			s.t.Errorf("end: %v", err)
		}
	}
	if err := s.journal.Close(); err != nil {
		s.t.Error(err)
	}
}

// client is a device or anybody else on the broker.
type client struct {
	site *site
	id   protocol.DeviceID
	link.Transport
	got chan link.Message
	end context.CancelFunc
}

// connect connects a client that hears the given topics.
func (s *site) connect(id protocol.DeviceID, topics ...protocol.Topic) *client {
	s.t.Helper()
	c := &client{site: s, id: id, Transport: s.bus.Transport(string(id)), got: make(chan link.Message, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	session := link.Session{
		Up: func() {}, Down: func(error) {}, Message: func(m link.Message) { c.got <- m },
		Will: link.Message{
			Topic:   protocol.DeviceTopic(hallID, id, protocol.KindPresence).String(),
			Payload: []byte(`{"online":false}`), QoS: 1, Retained: true,
		},
	}
	for _, topic := range topics {
		session.Subscribe = append(session.Subscribe, topic.String())
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, session) }()
	s.t.Cleanup(func() { cancel(); <-ended })
	synctest.Wait()
	return c
}

func (c *client) publish(kind protocol.Kind, payload string, retain bool) {
	c.site.t.Helper()
	err := c.Publish(protocol.DeviceTopic(hallID, c.id, kind).String(), []byte(payload), 1, retain)
	if err != nil {
		c.site.t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	synctest.Wait()
}

// request sends one request.
func (c *client) request(payload string) {
	c.site.t.Helper()
	c.publish(protocol.KindRequest, payload, false)
}

// next returns the next message that the client got, or "" when there is none.
func (c *client) next() string {
	select {
	case m := <-c.got:
		return string(m.Payload)
	default:
		return ""
	}
}

// own returns a topic of a device.
func own(id protocol.DeviceID, kind protocol.Kind) protocol.Topic {
	return protocol.DeviceTopic(hallID, id, kind)
}

// retained reads what is kept on a topic.
func retained[T any](s *site, topic protocol.Topic) (v T) {
	s.t.Helper()
	payload, ok := s.bus.Retained(topic.String())
	if !ok {
		s.t.Fatalf("nothing is retained on %s", topic)
	}
	if err := protocol.Decode(payload, &v); err != nil {
		s.t.Fatal(err)
	}
	return v
}
