package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// patience bounds every wait for something that must happen; a busy machine gets that much.
const patience = 10 * time.Second

// hall is a set of accounts: the hub, two devices and a guest that may only look at the board.
type hall struct {
	mu       sync.Mutex
	accounts map[string]Account
}

func newHall() *hall {
	h := &hall{accounts: make(map[string]Account)}
	for _, a := range []Account{
		{ID: "hub", Publish: []string{"t/h1/#"}, Retain: []string{"t/h1/#"}, Subscribe: []string{"t/h1/#"}, Trusted: true},
		device("d1"), device("d2"),
		{ID: "guest", Subscribe: []string{"t/h1/board"}},
	} {
		a.Secret = sha256.Sum256([]byte(password(a.ID)))
		h.accounts[a.ID] = a
	}
	return h
}

func device(id string) Account {
	own := "t/h1/device/" + id
	return Account{
		ID:        id,
		Publish:   []string{own + "/presence", own + "/health", own + "/request"},
		Retain:    []string{own + "/presence", own + "/health"},
		Subscribe: []string{own + "/reply", own + "/config", "t/h1/window/1/state", "t/h1/board"},
		Will:      own + "/presence",
	}
}

func password(id string) string { return "random-password-of-" + id }

func (h *hall) find(id string) (Account, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, found := h.accounts[id]
	return a, found
}

func (h *hall) revoke(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.accounts, id)
}

// start runs a broker with the accounts of a hall on a port of the system's choice until the test ends.
func start(t *testing.T, change ...func(*Options)) *Broker {
	t.Helper()
	return startWith(t, newHall().find, change...)
}

func startWith(t *testing.T, find Accounts, change ...func(*Options)) *Broker {
	t.Helper()
	o := Options{Listen: "127.0.0.1:0", StoreDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&o)
	}
	b, err := Start(context.Background(), o, find)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return b
}

// eventually waits until ok, and fails the test if that does not come.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %v: %s", patience, what)
		case <-tick.C:
		}
	}
}

// pahoOptions are those of a well-behaved client.
func pahoOptions(addr, id string) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(id).SetUsername(id).SetPassword(password(id)).
		SetProtocolVersion(4).SetCleanSession(true).SetKeepAlive(30 * time.Second).SetConnectTimeout(patience).
		SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(true)
}

// dial connects a paho client until the test ends.
func dial(t *testing.T, addr, id string, change ...func(*paho.ClientOptions)) paho.Client {
	t.Helper()
	o := pahoOptions(addr, id)
	for _, f := range change {
		f(o)
	}
	c := paho.NewClient(o)
	wait(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func wait(t *testing.T, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(patience) {
		t.Fatalf("%T not done within %v", token, patience)
	}
	if err := token.Error(); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, c paho.Client, topic string, qos byte, retained bool, payload string) {
	t.Helper()
	wait(t, c.Publish(topic, qos, retained, payload))
}

// inbox holds what a client was sent, in order.
type inbox struct {
	mu   sync.Mutex
	list []paho.Message
}

func (b *inbox) add(_ paho.Client, m paho.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, m)
}

func (b *inbox) messages() []paho.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.list[:len(b.list):len(b.list)]
}

// await waits for a message on topic with payload and returns it.
func (b *inbox) await(t *testing.T, topic, payload string) (found paho.Message) {
	t.Helper()
	eventually(t, topic+" = "+payload, func() bool {
		for _, m := range b.messages() {
			if m.Topic() == topic && string(m.Payload()) == payload {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// subscribe returns the return code of the SUBACK; paho reports no error for a refused filter.
func subscribe(t *testing.T, c paho.Client, filter string, qos byte, in *inbox) byte {
	t.Helper()
	token := c.Subscribe(filter, qos, in.add)
	if !token.WaitTimeout(patience) {
		t.Fatalf("no SUBACK for %q within %v", filter, patience)
	}
	result := token.(*paho.SubscribeToken).Result()
	if len(result) != 1 { // its key is not always the filter
		t.Fatalf("SUBACK for %q: %v (%v), want one code", filter, result, token.Error())
	}
	return slices.Collect(maps.Values(result))[0]
}

// watch subscribes at QoS 0, which must be granted.
func watch(t *testing.T, c paho.Client, filter string) *inbox {
	t.Helper()
	in := &inbox{}
	if code := subscribe(t, c, filter, 0, in); code != 0 {
		t.Fatalf("subscribe %q: code %#x, want 0", filter, code)
	}
	return in
}

// rawConn speaks MQTT byte by byte.
type rawConn struct {
	t *testing.T
	net.Conn
}

func dialRaw(t *testing.T, addr string) rawConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return rawConn{t, conn}
}

func (r rawConn) send(b []byte) {
	r.t.Helper()
	r.SetWriteDeadline(time.Now().Add(patience))
	if _, err := r.Write(b); err != nil {
		r.t.Fatal(err)
	}
}

// expect reads exactly want.
func (r rawConn) expect(want ...byte) {
	r.t.Helper()
	got := make([]byte, len(want))
	r.SetReadDeadline(time.Now().Add(patience))
	n, err := io.ReadFull(r, got)
	if err != nil || !bytes.Equal(got, want) {
		r.t.Fatalf("got % x (%v), want % x", got[:n], err, want)
	}
}

// expectClosed reads what is left and wants the end of it.
func (r rawConn) expectClosed() (rest []byte) {
	r.t.Helper()
	r.SetReadDeadline(time.Now().Add(patience))
	rest, err := io.ReadAll(r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		r.t.Fatalf("connection still open after %v", patience)
	}
	return rest
}

// login is a good CONNECT, encoded by paho, that a test may spoil.
func login(id string, change ...func(*packets.ConnectPacket)) []byte {
	p := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	p.ProtocolName, p.ProtocolVersion, p.CleanSession, p.Keepalive = "MQTT", 4, true, 30
	p.ClientIdentifier, p.UsernameFlag, p.Username = id, true, id
	p.PasswordFlag, p.Password = true, []byte(password(id))
	for _, f := range change {
		f(p)
	}
	return encode(p)
}

func encode(p packets.ControlPacket) []byte {
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// dialIn is a raw connection after a good CONNECT.
func dialIn(t *testing.T, addr, id string) rawConn {
	t.Helper()
	r := dialRaw(t, addr)
	r.send(login(id))
	r.expect(0x20, 2, 0, 0)
	return r
}
