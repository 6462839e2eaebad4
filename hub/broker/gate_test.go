package broker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// dialFrom opens a TCP connection from a loopback address of its own.
func dialFrom(t *testing.T, from, addr string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestSilentConnectionsShutOutNoDeviceAndEndByThemselves(t *testing.T) {
	t.Parallel()
	b := start(t)
	for i := range 400 { // from many addresses, the device's own among them
		dialFrom(t, fmt.Sprintf("127.0.0.%d", 1+i%20), b.Addr().String())
	}
	for range 200 {
		dialFrom(t, "127.0.0.1", b.Addr().String())
	}
	slow := dialRaw(t, b.Addr().String())
	slow.send(login("d2")[:9]) // begins and does not go on
	begin := time.Now()
	for range 4 {
		dialFrom(t, "127.0.0.1", b.Addr().String())
		dialIn(t, b.Addr().String(), "d1").Close()
	}
	last := dialIn(t, b.Addr().String(), "d1")
	defer last.Close()
	if took := time.Since(begin); took > time.Second {
		t.Errorf("device came in after %v, want at once", took)
	}
	if s := b.Stats(); s.HalfOpen > halfOpenMax || s.HalfOpen < halfOpenPerAddr {
		t.Errorf("%d half open connections, want %d to %d", s.HalfOpen, halfOpenPerAddr, halfOpenMax)
	}
	slow.expectClosed()
	eventually(t, "all silent connections are gone", func() bool { return b.Stats().HalfOpen == 0 })
	if took := time.Since(begin); took < connectWait/2 {
		t.Errorf("silent connections gone after %v, want %v", took, connectWait)
	}
	if s := b.Stats(); s.Admitted != 5 || s.Silent != 605 {
		t.Errorf("%d admitted, %d silent; want 5, 605", s.Admitted, s.Silent)
	}
}

func TestWholeFleetComesBackAtOnceFromOneAddress(t *testing.T) {
	t.Parallel()
	h := newHall()
	const fleet = 100
	for i := range fleet {
		a := device(fmt.Sprint("p", i))
		a.Secret = sha256.Sum256([]byte(password(a.ID)))
		h.accounts[a.ID] = a
	}
	b := startWith(t, h.find)
	hub := dial(t, b.Addr().String(), "hub")
	publish(t, hub, "t/h1/board", 1, true, "state")
	var tasks sync.WaitGroup
	for i := range fleet {
		tasks.Go(func() {
			r := dialIn(t, b.Addr().String(), fmt.Sprint("p", i))
			r.send([]byte{0x82, 15, 0, 1, 0, 10, 't', '/', 'h', '1', '/', 'b', 'o', 'a', 'r', 'd', 0})
			r.expect(0x90, 3, 0, 1, 0)
			r.expect(append([]byte{0x31, 17, 0, 10}, "t/h1/boardstate"...)...)
		})
	}
	tasks.Wait()
}

func TestWhatWasSentJustBeforeTheEndArrives(t *testing.T) {
	t.Parallel()
	b := start(t)
	hub := dial(t, b.Addr().String(), "hub")
	in := watch(t, hub, "t/h1/device/+/health")
	words := append(login("d1"), 0x82, 15, 0, 1, 0, 10, 't', '/', 'h', '1', '/', 'b', 'o', 'a', 'r', 'd', 0)
	for i := range 20 {
		// The answer to the SUBSCRIBE is on its way when the client is gone: a careless end would be a reset.
		publish(t, hub, "t/h1/board", 0, true, strings.Repeat("x", 10_000+i))
		r := dialRaw(t, b.Addr().String())
		last := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		last.TopicName, last.Payload = "t/h1/device/d1/health", fmt.Appendf(nil, "n%03d", i)
		r.send(slices.Concat(words, encode(last), []byte{0xe0, 0}))
		r.Conn.(*net.TCPConn).CloseWrite()
		in.await(t, "t/h1/device/d1/health", fmt.Sprintf("n%03d", i))
	}
}

func TestHallFullOfClientsAnswersUnavailable(t *testing.T) {
	t.Parallel()
	b := start(t, func(o *Options) { o.MaxClients = 1 })
	first := dialIn(t, b.Addr().String(), "d1")
	r := dialRaw(t, b.Addr().String())
	r.send(login("d2"))
	r.expect(connAck, 2, 0, serverUnavailable)
	first.Close()
	eventually(t, "the place is free", func() bool { return b.Stats().Clients == 0 })
	dialIn(t, b.Addr().String(), "d2")
}

func TestRevokedAccountIsCutAtOnceAndStaysOut(t *testing.T) {
	t.Parallel()
	h := newHall()
	b := startWith(t, h.find)
	in := watch(t, dial(t, b.Addr().String(), "hub"), "t/h1/device/+/presence")
	lost := make(chan error, 1)
	dial(t, b.Addr().String(), "d1", func(o *paho.ClientOptions) {
		o.SetWill("t/h1/device/d1/presence", "gone", 1, true)
		o.SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	})
	other := dialIn(t, b.Addr().String(), "d2")
	h.revoke("d1")
	b.Kick("d1")
	select {
	case <-lost:
	case <-time.After(patience):
		t.Fatal("revoked device still connected")
	}
	in.await(t, "t/h1/device/d1/presence", "gone")
	r := dialRaw(t, b.Addr().String())
	r.send(login("d1"))
	r.expect(connAck, 2, 0, wrongUserOrSecret)
	other.send([]byte{0xc0, 0}) // the other one still gets an answer to its ping
	other.expect(0xd0, 0)
}

func TestKickFindsTheConnectionThatIsBeingLetIn(t *testing.T) {
	t.Parallel()
	h := newHall()
	asked, goOn := make(chan struct{}), make(chan struct{})
	b := startWith(t, func(id string) (Account, bool) {
		a, found := h.find(id)
		close(asked)
		<-goOn
		return a, found
	})
	r := dialRaw(t, b.Addr().String())
	r.send(login("d1"))
	<-asked
	b.Kick("d1")
	close(goOn)
	if rest := r.expectClosed(); len(rest) > 0 {
		t.Errorf("got % x, want no CONNACK", rest)
	}
	eventually(t, "nobody is in", func() bool { return b.Stats().Clients == 0 })
}

func TestStalledSubscriberIsCutAndStallsNobody(t *testing.T) {
	t.Parallel()
	b := start(t)
	stalled := dialIn(t, b.Addr().String(), "d2")
	stalled.Conn.(*net.TCPConn).SetReadBuffer(4096)
	stalled.send([]byte{0x82, 15, 0, 1, 0, 10, 't', '/', 'h', '1', '/', 'b', 'o', 'a', 'r', 'd', 0})
	stalled.expect(0x90, 3, 0, 1, 0)
	in := watch(t, dial(t, b.Addr().String(), "d1"), "t/h1/board")
	hub := dial(t, b.Addr().String(), "hub")
	pad := strings.Repeat("x", 15<<10)
	var worst time.Duration
	sent := 0
	eventually(t, "the stalled subscriber is cut", func() bool {
		begin := time.Now()
		publish(t, hub, "t/h1/board", 0, false, pad)
		worst = max(worst, time.Since(begin))
		sent++
		return b.Stats().Clients == 2
	})
	publish(t, hub, "t/h1/board", 0, false, "end")
	in.await(t, "t/h1/board", "end")
	if got := len(in.messages()); got != sent+1 {
		t.Errorf("healthy subscriber got %d of %d", got, sent+1)
	}
	if worst > time.Second {
		t.Errorf("worst publish of the hub took %v", worst)
	}
}

func TestFloodIsSlowedToItsRateAndTheOthersFeelNothing(t *testing.T) {
	t.Parallel()
	const rate, burst, flood = 100, 50, 150
	b := start(t, func(o *Options) { o.Rate, o.Burst = rate, burst })
	hub := dial(t, b.Addr().String(), "hub")
	in := watch(t, hub, "t/h1/device/+/health")
	d1, d2 := dial(t, b.Addr().String(), "d1"), dial(t, b.Addr().String(), "d2")
	begin := time.Now()
	for i := range flood {
		d1.Publish("t/h1/device/d1/health", 0, false, fmt.Sprint(i))
	}
	var slowest time.Duration
	for i := range 20 {
		asked := time.Now()
		publish(t, d2, "t/h1/device/d2/health", 1, false, fmt.Sprint(i))
		slowest = max(slowest, time.Since(asked))
	}
	in.await(t, "t/h1/device/d1/health", fmt.Sprint(flood-1))
	if took, want := time.Since(begin), time.Second*(flood-burst)/rate; took < want*9/10 {
		t.Errorf("flood of %d passed in %v, want about %v", flood, took, want)
	}
	if slowest > time.Second {
		t.Errorf("a neighbour's PUBACK took %v", slowest)
	}
	if n := len(in.messages()); n != flood+20 {
		t.Errorf("%d messages, want all %d", n, flood+20)
	}
	// A new connection has no new budget.
	d1.Disconnect(0)
	again := dial(t, b.Addr().String(), "d1")
	slowed := b.Stats().Slowed
	for range burst {
		publish(t, again, "t/h1/device/d1/health", 0, false, "again")
	}
	eventually(t, "the reconnected one is slowed too", func() bool { return b.Stats().Slowed > slowed })
}

func TestPublishOnForeignTopicsIsNeitherDeliveredNorRetained(t *testing.T) {
	t.Parallel()
	b := start(t)
	hub, d1 := dial(t, b.Addr().String(), "hub"), dial(t, b.Addr().String(), "d1")
	in := watch(t, hub, "t/h1/#")
	for _, topic := range []string{
		"t/h1/device/d2/request", "t/h1/device/d2/presence", "t/h1/device/d1/reply", "t/h1/device/d1/config",
		"t/h1/window/1/state", "t/h1/board", "t/h1", "t/h1/device/d1/request/x", "t/h1/device/d1",
		"$MQTT/rmsgs/t/h1/board", "$MQTT/msgs/t/h1/board", "$MQTT/sub/x", "$JS/API/STREAM/LIST", "$JS/API/STREAM/PURGE/$MQTT_rmsgs", "$SYS/x",
	} {
		for qos := range byte(2) {
			publish(t, d1, topic, qos, false, "live")
			publish(t, d1, topic, qos, true, "retained")
		}
	}
	publish(t, d1, "t/h1/device/d1/request", 1, false, "end")
	in.await(t, "t/h1/device/d1/request", "end")
	late := watch(t, hub, "t/h1/#") // again, for all that is retained
	publish(t, hub, "t/h1/window/1/state", 0, false, "end")
	late.await(t, "t/h1/window/1/state", "end")
	for _, m := range slices.Concat(in.messages(), late.messages()) {
		if string(m.Payload()) != "end" {
			t.Errorf("delivered: %s = %s (retained %v)", m.Topic(), m.Payload(), m.Retained())
		}
	}
}

func TestRetainFlagOnARequestIsClearedAndTheRequestStillDelivered(t *testing.T) {
	t.Parallel()
	b := start(t)
	hub, d1 := dial(t, b.Addr().String(), "hub"), dial(t, b.Addr().String(), "d1")
	in := watch(t, hub, "t/h1/device/+/request")
	publish(t, d1, "t/h1/device/d1/request", 1, true, "ask")
	in.await(t, "t/h1/device/d1/request", "ask")
	publish(t, d1, "t/h1/device/d1/health", 1, true, "good")
	late := watch(t, hub, "t/h1/device/#")
	late.await(t, "t/h1/device/d1/health", "good")
	for _, m := range late.messages() {
		if m.Topic() != "t/h1/device/d1/health" {
			t.Errorf("kept: %s = %s", m.Topic(), m.Payload())
		}
	}
	if n := b.Stats().Unretained; n != 1 {
		t.Errorf("%d retain flags cleared, want 1", n)
	}
}

func TestRetainedWillNeedsTheRightToRetain(t *testing.T) {
	t.Parallel()
	h := newHall()
	a := h.accounts["d1"]
	a.Retain = nil
	h.accounts["d1"] = a
	b := startWith(t, h.find)
	for retain, code := range map[bool]byte{true: notAuthorized, false: 0} {
		r := dialRaw(t, b.Addr().String())
		r.send(login("d1", func(p *packets.ConnectPacket) {
			p.WillFlag, p.WillTopic, p.WillMessage, p.WillRetain = true, a.Will, []byte("gone"), retain
		}))
		r.expect(connAck, 2, 0, code)
	}
}

func TestBirthAfterAQuickReconnectIsNotOverwrittenByTheOldWill(t *testing.T) {
	t.Parallel()
	b := start(t)
	addr := b.Addr().String()
	hub := dial(t, addr, "hub")
	for i := range 3 {
		old := dialRaw(t, addr)
		old.send(login("d1", func(p *packets.ConnectPacket) {
			p.WillFlag, p.WillTopic, p.WillMessage, p.WillQos, p.WillRetain = true, "t/h1/device/d1/presence", []byte("gone"), 1, true
		}))
		old.expect(connAck, 2, 0, 0)
		old.Close()
		birth := fmt.Sprint("born ", i)
		d1 := dial(t, addr, "d1")
		publish(t, d1, "t/h1/device/d1/presence", 1, true, birth)
		watch(t, hub, "t/h1/device/d1/+").await(t, "t/h1/device/d1/presence", birth)
		d1.Disconnect(100)
		wait(t, hub.Unsubscribe("t/h1/device/d1/+"))
	}
}

func TestSecondBrokerOnTheSameDirectoryIsRefusedAndARestartStartsEmpty(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	same := func(o *Options) { o.StoreDir = dir }
	first := start(t, same)
	hub := dial(t, first.Addr().String(), "hub")
	for i := range 50 {
		publish(t, hub, fmt.Sprintf("t/h1/window/%d/state", i), 1, true, strings.Repeat("x", 1000))
	}
	if _, err := Start(context.Background(), Options{Listen: "127.0.0.1:0", StoreDir: dir}, newHall().find); !errors.Is(err, ErrInUse) {
		t.Fatalf("second broker: %v, want ErrInUse", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	var bytes int64
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if info, ierr := os.Stat(path); err == nil && ierr == nil && !d.IsDir() {
			bytes += info.Size()
		}
		return err
	})
	if bytes != 0 {
		t.Errorf("%d bytes on disk, want none", bytes)
	}
	second := start(t, same)
	in := watch(t, dial(t, second.Addr().String(), "d1"), "t/h1/window/1/state")
	publish(t, dial(t, second.Addr().String(), "hub"), "t/h1/window/1/state", 0, true, "fresh")
	in.await(t, "t/h1/window/1/state", "fresh")
	if n := len(in.messages()); n != 1 {
		t.Errorf("%d messages, want only the fresh one", n)
	}
}

func TestEngineBehindTheGateLetsNobodyInWithoutAPass(t *testing.T) {
	t.Parallel()
	b := start(t)
	for _, id := range []string{"d1", "hub", "broker"} {
		r := dialRaw(t, b.engine.addr)
		r.send(login(id))
		r.expect(connAck, 2, 0, notAuthorized)
	}
	enter := func(id, pass string, code byte) {
		r := dialRaw(t, b.engine.addr)
		r.send(login(id, func(p *packets.ConnectPacket) { p.Password = []byte(pass) }))
		r.expect(connAck, 2, 0, code)
	}
	pass := b.engine.passes.issue("d1", device("d1").permissions())
	enter("d1", pass, 0)
	enter("d1", pass, notAuthorized) // a pass is good once
	enter("hub", b.engine.passes.issue("d1", nil), notAuthorized)
	dropped := b.engine.passes.issue("d1", nil)
	b.engine.passes.drop(dropped)
	enter("d1", dropped, notAuthorized)
}

func TestWrongOptionsAreRefusedAndLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for want, o := range map[string]Options{
		"store directory is empty": {Listen: "127.0.0.1:0"},
		"limit -1":                 {Listen: "127.0.0.1:0", StoreDir: dir, Rate: -1},
		"listen tcp":               {Listen: "192.0.2.1:1", StoreDir: dir},
		"not a directory":          {Listen: "127.0.0.1:0", StoreDir: "/dev/null/x"},
	} {
		if _, err := Start(context.Background(), o, newHall().find); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Start: %v, want %q", err, want)
		}
	}
	start(t, func(o *Options) { o.StoreDir = dir })
}
