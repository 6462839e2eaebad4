package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// engine is the nats-server behind the gate. It listens for MQTT on loopback and lets in only who has a pass.
type engine struct {
	server *server.Server
	addr   string // host:port of its MQTT listener
	passes passes
	tasks  sync.WaitGroup
}

// passes are one-time passwords from the gate to the engine. The zero value is ready, and safe for concurrent use.
type passes struct {
	mu    sync.Mutex
	users map[string]*server.User // by password
}

// issue makes a password that lets id in once with the given rights; nil rights mean all. Drop it when it is of no more
// use, whether or not it was used.
func (p *passes) issue(id string, rights *server.Permissions) (password string) {
	password = rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.users == nil {
		p.users = make(map[string]*server.User)
	}
	p.users[password] = &server.User{Username: id, Permissions: rights}
	return password
}

func (p *passes) drop(password string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.users, password)
}

// Check implements server.Authentication. A pass is 130 random bits, so that finding it in a map tells nobody anything.
func (p *passes) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	p.mu.Lock()
	user := p.users[o.Password]
	delete(p.users, o.Password)
	p.mu.Unlock()
	if user == nil || user.Username != o.Username {
		return false
	}
	c.RegisterUser(user)
	return true
}

// startEngine returns when the engine accepts MQTT connections and its streams exist.
func startEngine(ctx context.Context, o Options, log *report) (*engine, error) {
	e := &engine{}
	settings, err := engineSettings(o, &e.passes)
	if err != nil {
		return nil, err
	}
	if e.server, err = server.NewServer(settings); err != nil {
		return nil, err
	}
	e.server.SetLoggerV2(engineLog{log}, false, false, false)
	e.tasks.Go(e.server.Start)
	if !e.server.ReadyForConnections(engineWait) {
		return nil, errors.Join(fmt.Errorf("not ready within %v", engineWait), e.stop())
	}
	e.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(settings.MQTT.Port)) // the server has put the real port there
	if err := e.makeStreams(ctx); err != nil {
		return nil, errors.Join(err, e.stop())
	}
	return e, nil
}

// engineSettings are the hardened settings of the server. What a value stands against is said where it is not plain.
func engineSettings(o Options, auth server.Authentication) (*server.Options, error) {
	s := &server.Options{}
	// These two can be set in the configuration text only.
	if err := s.ProcessConfigString("mqtt { port: -1, reject_qos2_publish: true, downgrade_qos2_subscribe: true }"); err != nil {
		return nil, err
	}
	s.ServerName, s.Host, s.DontListen = "hall", "127.0.0.1", true // no listener for the server's own protocol
	s.NoSigs, s.NoLog, s.NoSystemAccount, s.DisableJetStreamBanner = true, true, true, true
	s.JetStream, s.StoreDir = true, o.StoreDir
	s.JetStreamMaxMemory, s.JetStreamMaxStore = 32<<20, 1<<20 // bytes; all streams are in memory, see streams
	s.MaxPayload, s.MaxControlLine, s.MaxSubs = payloadMax+headerRoom, 4096, 64
	s.MaxConn = 2*o.MaxClients + 16                       // the gate has the real limit; the rest is dying connections
	s.MaxPending, s.WriteDeadline = 1<<20, 2*time.Second  // a stalled client costs 1 MiB and stalls nobody
	s.WriteTimeout = server.WriteTimeoutPolicyClose       // not the default, which waits and tries again
	s.NoFastProducerStall = true                          // a slow reader must not slow who publishes
	s.CustomClientAuthentication, s.AuthTimeout = auth, 3 // seconds
	s.MQTT.Host, s.MQTT.Port, s.MQTT.AuthTimeout = "127.0.0.1", -1, 3
	s.MQTT.ConsumerMemoryStorage, s.MQTT.ConsumerInactiveThreshold = true, 10*time.Minute
	s.MQTT.AckWait, s.MQTT.MaxAckPending = 30*time.Second, 64
	return s, nil
}

// streams are the stores of the server's MQTT part. It would make them on disk and without bounds, but takes what is
// there. Names and subjects are its own.
var streams = [...]jetstream.StreamConfig{
	{Name: "$MQTT_sess", Subjects: []string{"$MQTT.sess.>"}, MaxMsgsPerSubject: 1},
	// Messages for QoS 1 subscribers: the oldest goes when a subscriber falls behind, never the publisher.
	{Name: "$MQTT_msgs", Subjects: []string{"$MQTT.msgs.>"}, Retention: jetstream.InterestPolicy,
		MaxBytes: 8 << 20, MaxAge: 30 * time.Second},
	{Name: "$MQTT_rmsgs", Subjects: []string{"$MQTT.rmsgs.>"}, MaxMsgsPerSubject: 1, MaxBytes: 8 << 20},
	{Name: "$MQTT_qos2in", Subjects: []string{"$MQTT.qos2.in.>"}, MaxMsgsPerSubject: 1,
		Discard: jetstream.DiscardNew, DiscardNewPerSubject: true},
	{Name: "$MQTT_out", Subjects: []string{"$MQTT.out.>"}, Retention: jetstream.InterestPolicy},
}

func (e *engine) makeStreams(ctx context.Context) error {
	const self = "broker"
	password := e.passes.issue(self, nil)
	defer e.passes.drop(password)
	conn, err := nats.Connect("", nats.InProcessServer(e.server), nats.UserInfo(self, password), nats.NoReconnect())
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, engineWait)
	defer cancel()
	for _, config := range streams {
		config.Storage = jetstream.MemoryStorage
		if _, err := js.CreateStream(ctx, config); err != nil {
			return fmt.Errorf("stream %s: %w", config.Name, err)
		}
	}
	return nil
}

// stop ends the server and waits for its end, at most closeWait.
func (e *engine) stop() error {
	done := make(chan struct{})
	go func() {
		e.server.Shutdown()
		e.server.WaitForShutdown()
		e.tasks.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(closeWait):
		return fmt.Errorf("broker engine still runs after %v", closeWait)
	}
}
