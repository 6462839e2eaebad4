package linktest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"jiaohao/protocol/link"
)

type direction bool

const (
	toClient direction = false
	toBroker direction = true
)

// parcel is a message under way.
type parcel struct {
	link.Message
	due time.Time
	way direction
}

// session is one connection of one client.
type session struct {
	client  string
	filters []string
	will    link.Message
	more    chan struct{} // there is a new parcel
	lost    chan error    // the one reason why the broker ended it

	mu      sync.Mutex // guards what follows; never held across a callback or a wait
	random  *rand.Rand
	parcels []parcel // by due time
	newest  [2]time.Time
}

func (s *session) wants(topic string) bool {
	return slices.ContainsFunc(s.filters, func(f string) bool { return link.Match(f, topic) })
}

// queue sends a message on its way. It reports false when too many are on it.
func (s *session) queue(m link.Message, way direction, f Faults) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.parcels) >= queueMax {
		return false
	}
	if s.random.Float64() < f.Loss {
		return true
	}
	s.add(m, way, f)
	if s.random.Float64() < f.Duplicate {
		s.add(m, way, f)
	}
	select {
	case s.more <- struct{}{}:
	default:
	}
	return true
}

func (s *session) add(m link.Message, way direction, f Faults) {
	due := time.Now()
	if f.Delay > 0 {
		due = due.Add(below(s.random, f.Delay))
	}
	newest := &s.newest[0]
	if way == toBroker {
		newest = &s.newest[1]
	}
	if s.random.Float64() < f.Reorder {
		due = due.Add(below(s.random, reorderMax))
	} else if due.Before(*newest) {
		due = *newest
	} else {
		*newest = due
	}
	m.Payload = slices.Clone(m.Payload)
	p := parcel{Message: m, due: due, way: way}
	at := len(s.parcels)
	for at > 0 && s.parcels[at-1].due.After(due) {
		at--
	}
	s.parcels = slices.Insert(s.parcels, at, p)
}

func below(r *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(r.Int64N(int64(d)))
}

// wait is how long until a parcel is due.
func (s *session) wait() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.parcels) == 0 {
		return time.Hour
	}
	return time.Until(s.parcels[0].due)
}

// next takes the first parcel if it is due.
func (s *session) next() (parcel, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.parcels) == 0 || time.Until(s.parcels[0].due) > 0 {
		return parcel{}, false
	}
	p := s.parcels[0]
	s.parcels = s.parcels[1:]
	return p, true
}

// rest takes all parcels for the broker, however long they would still be under way.
func (s *session) rest() []parcel {
	s.mu.Lock()
	defer s.mu.Unlock()
	parcels := slices.DeleteFunc(s.parcels, func(p parcel) bool { return p.way == toClient })
	s.parcels = nil
	return parcels
}

// transport is one client.
type transport struct {
	bus    *Bus
	client string
	random *rand.Rand // of the faults; used under the lock of the present session
	retry  *rand.Rand // of the pauses before connecting again; used by Run alone

	mu      sync.Mutex // guards present: Publish comes from any goroutine
	present *session   // nil without one
}

// Publish implements [link.Transport].
func (t *transport) Publish(topic string, payload []byte, qos byte, retain bool) error {
	t.mu.Lock()
	s := t.present
	t.mu.Unlock()
	if s == nil {
		return link.ErrOffline
	}
	t.bus.mu.Lock()
	f := t.bus.faults
	t.bus.mu.Unlock()
	if !s.queue(link.Message{Topic: topic, Payload: payload, QoS: qos, Retained: retain}, toBroker, f) {
		return link.ErrQueueFull
	}
	return nil
}

// Run implements [link.Transport].
func (t *transport) Run(ctx context.Context, ls link.Session) error {
	for {
		s, err := t.bus.open(t, ls)
		if err == nil {
			err = t.serve(ctx, s, ls)
		}
		ls.Down(err)
		retry := time.NewTimer(retryMin + below(t.retry, retryMax-retryMin))
		select {
		case <-ctx.Done():
			retry.Stop()
			return nil
		case <-retry.C:
		}
	}
}

// serve lives for one session and returns why it ended.
func (t *transport) serve(ctx context.Context, s *session, ls link.Session) error {
	t.setPresent(s)
	defer t.setPresent(nil)
	ls.Up()
	for {
		later := time.NewTimer(s.wait())
		select {
		case <-ctx.Done():
			for _, p := range s.rest() {
				t.bus.arrive(s, p.Message)
			}
			t.bus.close(s)
			return nil
		case err := <-s.lost:
			return err
		case <-s.more:
		case <-later.C:
		}
		later.Stop()
		for len(s.lost) == 0 && ctx.Err() == nil {
			p, due := s.next()
			if !due {
				break
			}
			if p.way == toBroker {
				t.bus.arrive(s, p.Message)
			} else {
				ls.Message(p.Message)
			}
		}
	}
}

func (t *transport) setPresent(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.present = s
}
