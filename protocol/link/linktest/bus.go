package linktest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"jiaohao/protocol/link"
)

// Limits of a bus, each with its reason.
const (
	queueMax   = 4096                  // messages under way for one client: a slower one is cut off, as by a real broker
	reorderMax = 50 * time.Millisecond // by which a reordered message is late: later ones overtake it
	retryMin   = time.Second           // between two attempts to connect, as over a network
	retryMax   = 2 * time.Second
)

// Faults is how bad the network is. The zero value is a perfect one: each message
// arrives at once, in order, once. Each of a message's ways, to the broker and
// from it to each client, is subject to it on its own.
type Faults struct {
	Loss      float64       // share of messages that are lost, 0 to 1
	Duplicate float64       // share that comes twice
	Reorder   float64       // share that later messages may overtake
	Delay     time.Duration // each message is late by a random time below this
}

// Bus is a broker in memory. Its methods may be called from any goroutine and do
// not block.
type Bus struct {
	seed uint64

	mu       sync.Mutex // guards what follows; never held across a callback or a wait
	faults   Faults
	down     bool
	cut      map[string]bool
	sessions map[string]*session
	retained map[string]link.Message
	tap      func(client string, m link.Message)
}

// NewBus makes a broker that is up. The faults of each client follow from seed,
// the client's id and its own messages alone.
func NewBus(seed uint64) *Bus {
	return &Bus{
		seed:     seed,
		cut:      map[string]bool{},
		sessions: map[string]*session{},
		retained: map[string]link.Message{},
	}
}

// Transport makes the transport of one client.
func (b *Bus) Transport(clientID string) link.Transport {
	h := fnv.New64a()
	h.Write([]byte(clientID))
	return &transport{
		bus: b, client: clientID,
		random: rand.New(rand.NewPCG(b.seed, h.Sum64())),
		retry:  rand.New(rand.NewPCG(b.seed, ^h.Sum64())),
	}
}

// SetFaults changes how bad the network is from now on.
func (b *Bus) SetFaults(f Faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = f
}

// Cut breaks a client's connection, so that its will is sent, and keeps it from
// connecting until Restore. As over a network, a client tries again every 1 to 2 s.
func (b *Bus) Cut(clientID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cut[clientID] = true
	if s := b.sessions[clientID]; s != nil {
		b.drop(s, errors.New("linktest: the client is cut off"))
	}
}

// Restore lets a client connect again.
func (b *Bus) Restore(clientID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.cut, clientID)
}

// Stop kills the broker: all connections break, no will is sent, and what was
// retained is forgotten, as by a broker that keeps its state in memory.
func (b *Bus) Stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = true
	for _, s := range b.sessions {
		s.will = link.Message{}
		b.drop(s, errors.New("linktest: the broker was stopped"))
	}
	clear(b.retained)
}

// Start lets clients connect again after Stop.
func (b *Bus) Start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = false
}

// Clients are the ids of those who are connected, sorted.
func (b *Bus) Clients() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.sessions))
}

// Retained returns what is retained on a topic.
func (b *Bus) Retained(topic string) (payload []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.retained[topic]
	return slices.Clone(m.Payload), ok
}

// Tap has fn called with each message that reaches the broker, and the client
// that sent it. fn must not block and must not call the bus.
func (b *Bus) Tap(fn func(clientID string, m link.Message)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tap = fn
}

// open makes the client's session, or says why not. An older session of the same id ends.
func (b *Bus) open(t *transport, ls link.Session) (*session, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return nil, errors.New("linktest: the broker is stopped")
	}
	if b.cut[t.client] {
		return nil, fmt.Errorf("linktest: %s is cut off", t.client)
	}
	if old := b.sessions[t.client]; old != nil {
		b.drop(old, errors.New("linktest: another client of this id has connected"))
	}
	s := &session{
		client: t.client, random: t.random, filters: ls.Subscribe, will: ls.Will,
		more: make(chan struct{}, 1), lost: make(chan error, 1),
	}
	b.sessions[t.client] = s
	for _, topic := range slices.Sorted(maps.Keys(b.retained)) {
		if s.wants(topic) {
			s.queue(b.retained[topic], toClient, Faults{Delay: b.faults.Delay})
		}
	}
	return s, nil
}

// drop ends a session and sends its will. b.mu is held.
func (b *Bus) drop(s *session, why error) {
	if b.sessions[s.client] != s {
		return
	}
	delete(b.sessions, s.client)
	s.lost <- why
	if s.will.Topic != "" {
		b.route(s.client, s.will)
	}
}

// close ends a session without its will.
func (b *Bus) close(s *session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sessions[s.client] == s {
		delete(b.sessions, s.client)
	}
}

// arrive takes a message that a client sent.
func (b *Bus) arrive(s *session, m link.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sessions[s.client] == s {
		b.route(s.client, m)
	}
}

// route keeps and distributes a message. b.mu is held.
func (b *Bus) route(from string, m link.Message) {
	if b.tap != nil {
		b.tap(from, m)
	}
	if m.Retained && len(m.Payload) == 0 {
		delete(b.retained, m.Topic)
	} else if m.Retained {
		b.retained[m.Topic] = m
	}
	m.Retained, m.QoS = false, 0
	for _, s := range b.sessions {
		if s.wants(m.Topic) && !s.queue(m, toClient, b.faults) {
			b.drop(s, fmt.Errorf("linktest: %s is too slow, %d messages wait for it", s.client, queueMax))
		}
	}
}
