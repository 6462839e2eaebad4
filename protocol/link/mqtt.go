package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// ErrRefused says that the broker knows no such device, or not with this password. It is
// tried again all the same: the device may be enrolled while it waits.
var ErrRefused = errors.New("the broker refuses this device's name and password")

// Limits of a session over a network, each with its reason.
const (
	// KeepAlive is how often a silent connection is probed. The broker notices a
	// lost device after 1.5 times that, the device a lost broker after as long.
	KeepAlive = 20 * time.Second

	pingMax    = 10 * time.Second // a probe unanswered for so long is a lost connection
	connectMax = 5 * time.Second  // dial, TLS and CONNACK together: a hall's network answers in 10 ms
	writeMax   = 3 * time.Second  // one packet of 16 KiB over the slowest line of a village
	ackMax     = 10 * time.Second // for a PUBACK; a broker that gives none is lost
	unackedMax = 64               // QoS 1 messages without PUBACK, as many as a link has in flight
	queueUsual = 256              // messages that wait for the network: 4 MiB at the very most

	// The broker locks an id out for a second when two boxes fight over it, and
	// all devices of a hall fall together: so never at once, and never in step.
	reconnectMin   = time.Second
	reconnectMax   = 2 * time.Second
	kickedMin      = 1500 * time.Millisecond
	kickedMax      = 3 * time.Second
	sessionIsShort = 10 * time.Second // a session that ends sooner was perhaps taken by another box of this name
)

// MQTTOptions say where the broker is and who connects.
type MQTTOptions struct {
	Broker   string      // tcp://host:port or tls://host:port
	ClientID string      // a device's id; a broker closes the older of two sessions of one id
	User     string      // empty means ClientID
	Password string      // never logged
	TLS      *tls.Config // for tls; nil means the system's roots
	Queue    int         // messages that may wait for the network; 0 means 256
}

// MQTT is the transport over TCP or TLS by MQTT 3.1.1. All settings of the
// client library are made here and nowhere else.
//
// Each connection is a new client of the library: nothing of an old session,
// neither a message nor an id nor a token, reaches the next one. What has to
// survive is the [Link]'s, which sends it again.
func MQTT(o MQTTOptions) Transport {
	if o.User == "" {
		o.User = o.ClientID
	}
	if o.Queue <= 0 {
		o.Queue = queueUsual
	}
	return &mqttTransport{options: o}
}

type mqttTransport struct {
	options MQTTOptions

	mu    sync.Mutex   // guards queue: Publish comes from any goroutine and must not wait for Run
	queue chan Message // of the present session; nil without one
}

// Publish implements [Transport].
func (t *mqttTransport) Publish(topic string, payload []byte, qos byte, retain bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queue == nil {
		return ErrOffline
	}
	select {
	case t.queue <- Message{Topic: topic, Payload: payload, QoS: qos, Retained: retain}:
		return nil
	default:
		return ErrQueueFull
	}
}

// Run implements [Transport].
func (t *mqttTransport) Run(ctx context.Context, s Session) error {
	broker, err := parseBroker(t.options.Broker)
	if err != nil {
		return err
	}
	for {
		c := &connection{session: s, lost: make(chan error, 1)}
		began := time.Now()
		err := t.connect(ctx, broker, c)
		c.call(func() { s.Down(err) })
		if ctx.Err() != nil {
			return nil
		}
		wait := between(reconnectMin, reconnectMax)
		if c.up && time.Since(began) < sessionIsShort {
			wait = between(kickedMin, kickedMax)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// connect lives for one connection and returns why it ended.
func (t *mqttTransport) connect(ctx context.Context, broker *url.URL, c *connection) error {
	client := mqtt.NewClient(t.settings(ctx, broker, c))
	defer client.Disconnect(uint(FlushMax.Milliseconds()))
	err := finished(client.Connect(), 2*connectMax)
	if errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) || errors.Is(err, packets.ErrorRefusedNotAuthorised) {
		err = ErrRefused
	}
	if err != nil {
		return fmt.Errorf("link: connect to %s: %w", broker, err)
	}
	c.connected()
	defer c.end()
	if err := subscribe(client, c.session.Subscribe); err != nil {
		return err
	}
	queue := make(chan Message, t.options.Queue)
	t.setQueue(queue)
	defer t.setQueue(nil)
	c.up = true
	c.call(c.session.Up)
	return write(ctx, client, queue, c.lost)
}

func (t *mqttTransport) setQueue(q chan Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = q
}

// settings are all settings of the library that matter, also those that are its
// defaults in the version that was looked at.
func (t *mqttTransport) settings(ctx context.Context, broker *url.URL, c *connection) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions()
	o.Servers = []*url.URL{broker}
	o.SetClientID(t.options.ClientID)
	o.SetUsername(t.options.User)
	o.SetPassword(t.options.Password)
	o.SetProtocolVersion(4)           // 3.1.1, without falling back to 3.1
	o.SetCleanSession(true)           // the broker keeps nothing for us: states are retained, requests repeated
	o.SetStore(mqtt.NewMemoryStore()) // the library's file store has no fsync and panics on a full disk
	o.SetResumeSubs(false)
	o.SetAutoReconnect(false) // Run connects again, with jitter and with a new client
	o.SetConnectRetry(false)
	o.SetConnectTimeout(connectMax)
	o.SetWriteTimeout(writeMax)
	o.SetKeepAlive(KeepAlive)
	o.SetPingTimeout(pingMax)
	o.SetOrderMatters(true) // one goroutine calls the handler, which only enqueues
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		c.receive(Message{Topic: m.Topic(), Payload: m.Payload(), Retained: m.Retained(), QoS: m.Qos()})
	})
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { c.lost <- err })
	if will := c.session.Will; will.Topic != "" {
		o.SetBinaryWill(will.Topic, will.Payload, will.QoS, will.Retained)
	}
	o.SetCustomOpenConnectionFn(func(broker *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		return t.dial(ctx, broker, c)
	})
	return o
}

// dial opens the network connection. When ctx ends before the handshakes are
// done, it is closed; afterwards it stays open, so that the rest can be sent.
func (t *mqttTransport) dial(ctx context.Context, broker *url.URL, c *connection) (net.Conn, error) {
	dialing, done := context.WithTimeout(ctx, connectMax)
	defer done()
	var conn net.Conn
	var err error
	if broker.Scheme == "tls" {
		conn, err = (&tls.Dialer{Config: t.options.TLS}).DialContext(dialing, "tcp", broker.Host)
	} else {
		conn, err = new(net.Dialer).DialContext(dialing, "tcp", broker.Host)
	}
	if err != nil {
		return nil, err
	}
	closing := context.AfterFunc(ctx, func() { conn.Close() })
	c.connected = func() { closing() }
	return conn, nil
}

// connection is one connection's callbacks, one at a time and none after its end.
type connection struct {
	session   Session
	lost      chan error
	up        bool
	connected func() // to be called when the handshakes are done

	mu    sync.Mutex // held during a callback: the library has a goroutine of its own for messages
	ended bool
}

func (c *connection) call(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (c *connection) receive(m Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.session.Message(m)
	}
}

func (c *connection) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

func subscribe(client mqtt.Client, filters []string) error {
	if len(filters) == 0 {
		return nil
	}
	wanted := make(map[string]byte, len(filters))
	for _, f := range filters {
		wanted[f] = 0
	}
	token := client.SubscribeMultiple(wanted, nil)
	if err := finished(token, connectMax); err != nil {
		return fmt.Errorf("link: subscribe: %w", err)
	}
	for filter, granted := range token.(*mqtt.SubscribeToken).Result() {
		if granted > 2 { // 0x80 of MQTT-3.9.3
			return fmt.Errorf("link: the broker refuses the subscription to %s", filter)
		}
	}
	return nil
}

// write sends what is queued until the connection is lost or ctx ends; then it
// sends the rest.
func write(ctx context.Context, client mqtt.Client, queue <-chan Message, lost <-chan error) error {
	w := writer{client: client}
	for {
		select {
		case <-ctx.Done():
			return w.flush(queue)
		case err := <-lost:
			return fmt.Errorf("link: connection lost: %w", err)
		case m := <-queue:
			if err := w.send(m); err != nil {
				return err
			}
		}
	}
}

type writer struct {
	client  mqtt.Client
	unacked []mqtt.Token // QoS 1, oldest first
}

// send hands one message to the library. Tokens bound how much is under way and
// tell of a dead broker; they are no receipts.
func (w *writer) send(m Message) error {
	token := w.client.Publish(m.Topic, m.QoS, m.Retained, m.Payload)
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			return fmt.Errorf("link: publish to %s: %w", m.Topic, err)
		}
	default:
	}
	if m.QoS == 0 {
		return nil
	}
	w.unacked = append(w.unacked, token)
	w.unacked = slices.DeleteFunc(w.unacked, func(t mqtt.Token) bool {
		select {
		case <-t.Done():
			return true
		default:
			return false
		}
	})
	if len(w.unacked) < unackedMax {
		return nil
	}
	if err := finished(w.unacked[0], ackMax); err != nil {
		return fmt.Errorf("link: publish: %w", err)
	}
	return nil
}

func (w *writer) flush(queue <-chan Message) error {
	deadline := time.Now().Add(FlushMax)
	for time.Now().Before(deadline) {
		select {
		case m := <-queue:
			if err := w.send(m); err != nil {
				return err
			}
			continue
		default:
		}
		break
	}
	for _, token := range w.unacked {
		if err := finished(token, time.Until(deadline)); err != nil {
			return err
		}
	}
	return nil
}

// finished waits for a token and returns its error, or that it did not finish.
func finished(token mqtt.Token, most time.Duration) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-time.After(most):
		return fmt.Errorf("no answer from the broker within %v", most)
	}
}

func parseBroker(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err == nil && (u.Scheme != "tcp" && u.Scheme != "tls" || u.Hostname() == "" || u.Port() == "" || u.User != nil) {
		err = errors.New("the form does not fit")
	}
	if err != nil {
		return nil, fmt.Errorf("link: broker %q, legal are tcp://host:port and tls://host:port: %w", address, err)
	}
	return u, nil
}

func between(low, high time.Duration) time.Duration { return low + mathrand.N(high-low) }
