package link_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"

	"github.com/nats-io/nats-server/v2/server"
)

// broker is a real broker on loopback that gives the user "narrow" only what lies
// below narrow/.
type broker struct {
	t       testing.TB
	options server.Options
	server  *server.Server
}

func startBroker(t testing.TB) *broker {
	t.Helper()
	b := &broker{t: t}
	b.options = server.Options{
		ServerName: "test", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: t.TempDir(),
		Users: []*server.User{
			{Username: "hub", Password: "secret"},
			{Username: "dispenser-1", Password: "secret"},
			{Username: "narrow", Password: "secret", Permissions: &server.Permissions{
				Subscribe: &server.SubjectPermission{Allow: []string{"narrow.>"}},
			}},
		},
	}
	b.options.MQTT.Host, b.options.MQTT.Port = "127.0.0.1", -1
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	b.t.Helper()
	s, err := server.NewServer(&b.options)
	if err != nil {
		b.t.Fatal(err)
	}
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		b.t.Fatal("the broker is not ready after 10 s")
	}
	b.server = s // options hold its real port now
}

func (b *broker) stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

func (b *broker) client(user, password string) link.Transport {
	return link.MQTT(link.MQTTOptions{
		Broker:   fmt.Sprintf("tcp://127.0.0.1:%d", b.options.MQTT.Port),
		ClientID: user, Password: password,
	})
}

// next takes from a channel or fails after a time that no working code needs.
func next[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("%s did not come within 20 s", what)
		panic("unreachable")
	}
}

// until takes messages until one fits; a birth, for one, may come more than once.
func until(t *testing.T, what string, from <-chan link.Message, fits func(link.Message) bool) {
	t.Helper()
	for !fits(next(t, what, from)) {
	}
}

// listen runs a session and gives its messages and failures.
func listen(t *testing.T, transport link.Transport, filters ...string) (up chan struct{}, down chan error, messages chan link.Message) {
	t.Helper()
	up, down, messages = make(chan struct{}, 100), make(chan error, 100), make(chan link.Message, 100)
	run(t, func(ctx context.Context) error {
		return transport.Run(ctx, link.Session{
			Subscribe: filters,
			Up:        func() { up <- struct{}{} },
			Down:      func(err error) { down <- err },
			Message:   func(m link.Message) { messages <- m },
		})
	})
	return up, down, messages
}

func TestRealBrokerCarriesRequestsStatesAndPresenceAcrossItsOwnRestart(t *testing.T) {
	b := startBroker(t)
	hub := b.client("hub", "secret")
	up, _, messages := listen(t, hub, "jh1/h/device/+/request", "jh1/h/device/+/presence")
	next(t, "the hub's session", up)

	l, err := link.New(b.client("dispenser-1", "secret"), dispenser, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	boards := make(chan string, 10)
	l.Watch(protocol.HallTopic("h", protocol.KindBoard), func(p []byte) { boards <- string(p) })
	stop := run(t, l.Run)
	for round := range 2 {
		until(t, "the birth", messages, func(m link.Message) bool { return string(m.Payload) == []string{online, again}[round] })
		state := fmt.Sprintf(`{"epoch":%d,"seq":1}`, round+1)
		if err := hub.Publish("jh1/h/board", []byte(state), 0, true); err != nil {
			t.Fatal(err)
		}
		if got := next(t, "the board", boards); got != state {
			t.Errorf("round %d: board %s, want %s", round, got, state)
		}
		answered := make(chan protocol.Reply, 1)
		go func() {
			reply, err := l.Request(t.Context(), protocol.Request{ID: "r1", Do: protocol.TicketIssue, Service: "a"})
			if err != nil {
				t.Error(err)
			}
			answered <- reply
		}()
		until(t, "the request", messages, func(m link.Message) bool {
			return !m.Retained && strings.HasSuffix(m.Topic, "/request") && strings.Contains(string(m.Payload), `"id":"r1"`)
		})
		if err := hub.Publish("jh1/h/device/dispenser-1/reply", []byte(`{"id":"r1","ok":{}}`), 0, false); err != nil {
			t.Fatal(err)
		}
		if reply := next(t, "the reply", answered); reply.OK == nil {
			t.Errorf("round %d: reply %+v", round, reply)
		}
		if round == 0 {
			// The hub is back before the device, so that it hears the birth.
			b.stop()
			b.start()
			next(t, "the hub's second session", up)
		}
	}
	stop()
	until(t, "the last word", messages, func(m link.Message) bool { return string(m.Payload) == offline })
}

func TestWrongPasswordIsToldAndTriedAgain(t *testing.T) {
	_, down, _ := listen(t, startBroker(t).client("dispenser-1", "wrong"))
	for range 2 {
		if err := next(t, "a refusal", down); !errors.Is(err, link.ErrRefused) {
			t.Errorf("cause %v, want that the broker refuses name and password", err)
		}
	}
}

func TestRefusedSubscriptionIsNamed(t *testing.T) {
	up, down, _ := listen(t, startBroker(t).client("narrow", "secret"), "narrow/a", "wide/a")
	err := next(t, "a refusal", down)
	if err == nil || !strings.Contains(err.Error(), "wide/a") || len(up) != 0 {
		t.Errorf("cause %v after %d sessions, want one that names wide/a and no session", err, len(up))
	}
}

func TestTwoBoxesOfOneNameDoNotStormTheBroker(t *testing.T) {
	b := startBroker(t)
	one, _, _ := listen(t, b.client("dispenser-1", "secret"))
	next(t, "the first box", one)
	began := time.Now()
	two, _, _ := listen(t, b.client("dispenser-1", "secret"))
	next(t, "the second box", two)
	next(t, "the first box again", one)
	if pause := time.Since(began); pause < 1500*time.Millisecond {
		t.Errorf("it came back after %v, want 1.5 s or more", pause)
	}
}

func TestStopSendsWhatIsQueuedBeforeItDisconnects(t *testing.T) {
	b := startBroker(t)
	up, _, messages := listen(t, b.client("hub", "secret"), "x/+")
	next(t, "the hub's session", up)
	device := b.client("dispenser-1", "secret")
	ctx, stop := context.WithCancel(t.Context())
	err := device.Run(ctx, link.Session{
		Will: link.Message{Topic: "x/will", Payload: []byte("dead"), QoS: 1},
		Up: func() {
			for i := range 50 {
				if err := device.Publish("x/n", fmt.Appendf(nil, "%d", i), byte(i%2), false); err != nil {
					t.Error(err)
				}
			}
			stop()
		},
		Down:    func(error) {},
		Message: func(link.Message) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if m := next(t, "a queued message", messages); string(m.Payload) != fmt.Sprint(i) {
			t.Fatalf("message %d is %s %s", i, m.Topic, m.Payload)
		}
	}
}

func TestPublishWithoutASessionAndIntoAFullQueueIsRefused(t *testing.T) {
	b := startBroker(t)
	device := link.MQTT(link.MQTTOptions{
		Broker:   fmt.Sprintf("tcp://127.0.0.1:%d", b.options.MQTT.Port),
		ClientID: "dispenser-1", Password: "secret", Queue: 2,
	})
	if err := device.Publish("x", nil, 0, false); err != link.ErrOffline {
		t.Errorf("offline: error %v, want ErrOffline", err)
	}
	up := make(chan []error, 1)
	run(t, func(ctx context.Context) error {
		return device.Run(ctx, link.Session{
			Up: func() { // the writer has not begun yet
				var errs []error
				for range 3 {
					errs = append(errs, device.Publish("x", nil, 0, false))
				}
				up <- errs
			},
			Down: func(error) {}, Message: func(link.Message) {},
		})
	})
	if errs := next(t, "the session", up); errs[1] != nil || errs[2] != link.ErrQueueFull {
		t.Errorf("queue of 2: errors %v, want the third to be ErrQueueFull", errs)
	}
}

func TestBrokerThatNeverAnswersDoesNotHoldUpAStop(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		if conn, err := silent.Accept(); err == nil {
			accepted <- conn
		}
	}()
	transport := link.MQTT(link.MQTTOptions{Broker: "tcp://" + silent.Addr().String(), ClientID: "x"})
	stop := run(t, func(ctx context.Context) error {
		return transport.Run(ctx, link.Session{Down: func(error) {}})
	})
	defer next(t, "the connection", accepted).Close()
	began := time.Now()
	stop()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("stopping took %v", took)
	}
}

func TestMalformedBrokerAddressEndsRunAtOnceAndIsNamed(t *testing.T) {
	for _, address := range []string{"", "hall", "tcp://", "tcp://hall", "ws://hall:1", "tcp://user:pin@hall:1", "tcp://%zz:1"} {
		err := link.MQTT(link.MQTTOptions{Broker: address}).Run(t.Context(), link.Session{})
		if err == nil || !strings.Contains(err.Error(), "tcp://host:port") {
			t.Errorf("%q: error %v, want one that says what is legal", address, err)
		}
	}
}

// BenchmarkRequestOverARealBroker is the way of a press to its answer: request,
// broker, a hub that answers at once, broker, reply.
func BenchmarkRequestOverARealBroker(b *testing.B) {
	broker := startBroker(b)
	hub := broker.client("hub", "secret")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	up := make(chan struct{}, 1)
	go hub.Run(ctx, link.Session{
		Subscribe: []string{"jh1/h/device/+/request"},
		Up:        func() { up <- struct{}{} }, Down: func(error) {},
		Message: func(m link.Message) {
			var req protocol.Request
			if protocol.Decode(m.Payload, &req) == nil {
				hub.Publish("jh1/h/device/dispenser-1/reply", fmt.Appendf(nil, `{"id":%q,"ok":{}}`, req.ID), 0, false)
			}
		},
	})
	<-up
	l, err := link.New(broker.client("dispenser-1", "secret"), dispenser, link.Options{})
	if err != nil {
		b.Fatal(err)
	}
	go l.Run(ctx)
	for b.Loop() {
		if _, err := l.Request(ctx, issue("a")); err != nil {
			b.Fatal(err)
		}
	}
}
