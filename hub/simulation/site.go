package simulation

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

// site is the hall: everything that stands in it.
type site struct {
	o       Options
	plan    *queue.Plan
	bus     *linktest.Bus
	witness *witness
	opened  time.Time
	clock   atomic.Int64 // step of the hub's clock
	closing atomic.Bool
	empty   atomic.Bool
	trouble atomic.Int64 // faults that are on now, and
	calmAt  atomic.Int64 // since when none is, in ns of Unix time

	compared atomic.Int64 // panels' pictures
	longest  atomic.Int64

	kiosks []*kiosk
	desks  []*desk
	panels []*panel

	hubTurn   chan struct{} // whoever holds it may stop and start the hub; no mutex, since it waits in virtual time
	powerTurn chan struct{} // the same for the power of one device
	hubMu     sync.Mutex    // guards hub, which is nil while it is down
	hub       *hub
	backups   []string

	cutMu sync.Mutex // guards cuts
	cuts  map[string]int
}

func newSite(o Options) (*site, error) {
	s := &site{
		o: o, plan: thePlan(o.Seed), bus: linktest.NewBus(o.Seed), witness: newWitness(), opened: time.Now(),
		hubTurn: make(chan struct{}, 1), powerTurn: make(chan struct{}, 1), cuts: map[string]int{},
	}
	s.calmAt.Store(time.Now().UnixNano())
	for n := range 2 {
		k, err := newKiosk(s, fmt.Sprintf("dispenser-%d", n+1))
		if err != nil {
			return nil, err
		}
		s.kiosks = append(s.kiosks, k)
	}
	for n := range windows {
		w := protocol.WindowID(fmt.Sprint(n + 1))
		p, err := newPanel(s, "display-"+string(w), w)
		if err != nil {
			return nil, err
		}
		s.panels = append(s.panels, p)
		s.desks = append(s.desks, &desk{
			s: s, id: "terminal-" + string(w), window: w, clerk: protocol.ClerkID("c0" + string(w)),
			r: s.random("terminal-" + string(w)),
			// Partners go one after the other, at four tenths of the day and later.
			lunch: o.Length*4/10 + time.Duration(n%2)*o.Length/12, lunchFor: o.Length / 16,
		})
	}
	return s, nil
}

// random is a source of chance of its own, so that what one does changes nobody else's luck.
func (s *site) random(who string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(who))
	return rand.New(rand.NewPCG(s.o.Seed, h.Sum64()))
}

// device is what the power can be cut of.
type device interface {
	on() error
	powerOff(orderly bool)
}

// devices are all devices by name, in an order that does not change.
func (s *site) devices() (names []string, all []device) {
	for _, k := range s.kiosks {
		names, all = append(names, k.id), append(all, k)
	}
	for _, t := range s.desks {
		names, all = append(names, t.id), append(all, t)
	}
	for _, p := range s.panels {
		names, all = append(names, p.id), append(all, p)
	}
	return names, all
}

func (s *site) newLink(id string, kind protocol.DeviceKind, dir string) (*link.Link, error) {
	s.witness.begins(id)
	t := &spy{Transport: s.bus.Transport(id), w: s.witness, client: id, mutant: s.o.Mutant, alias: map[string]string{}}
	return link.New(t, link.Identity{Hall: hallID, Device: protocol.DeviceID(id), Kind: kind, Version: "sim"}, link.Options{StateDir: dir})
}

// watch has the witness see what a device's link lets through.
func (s *site) watch(l *link.Link, id string, topics ...protocol.Topic) {
	for _, topic := range topics {
		l.Watch(topic, func(payload []byte) {
			if topic.Service == "+" {
				topic := topic
				topic.Service = serviceOf(payload)
				s.witness.took(id, topic, payload)
				return
			}
			s.witness.took(id, topic, payload)
		})
	}
}

// power runs a device's program and its link until the returned function is called.
func (s *site) power(id string, l *link.Link, run func(context.Context) error) func(orderly bool) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.ran(id, l.Run(ctx)) })
	wg.Go(func() { s.ran(id, run(ctx)) })
	return func(orderly bool) {
		if !orderly {
			s.cut(id)
			defer s.restore(id)
		}
		cancel()
		wg.Wait()
	}
}

// ran notes a program that ended by a fault.
func (s *site) ran(id string, err error) {
	if err != nil {
		s.breaks("programs", "%s ended: %v", id, err)
	}
}

// cut cuts a device off, once more if it is cut already.
func (s *site) cut(id string) {
	s.cutMu.Lock()
	defer s.cutMu.Unlock()
	s.cuts[id]++
	s.bus.Cut(id)
}

// restore takes one cut back.
func (s *site) restore(id string) {
	s.cutMu.Lock()
	defer s.cutMu.Unlock()
	if s.cuts[id]--; s.cuts[id] <= 0 {
		s.bus.Restore(id)
	}
}

func (s *site) breaks(rule, format string, args ...any) {
	s.witness.mu.Lock()
	defer s.witness.mu.Unlock()
	s.witness.breaks(rule, format, args...)
}

// begin and end stand around a time in which something is broken.
func (s *site) begin(name string) {
	s.trouble.Add(1)
	s.witness.fault(name)
	s.say("%s %s", s.clockText(), name)
}

func (s *site) end() {
	s.calmAt.Store(time.Now().UnixNano())
	s.trouble.Add(-1)
}

func (s *site) say(format string, args ...any) {
	if s.o.Log != nil {
		s.o.Log(fmt.Sprintf(format, args...))
	}
}

// calm reports whether nothing is broken now.
func (s *site) calm() bool { return s.trouble.Load() == 0 }

// calmFor reports whether nothing has been broken for d.
func (s *site) calmFor(d time.Duration) bool {
	return s.calm() && time.Since(time.Unix(0, s.calmAt.Load())) >= d
}

func (s *site) clockText() string { return time.Since(s.opened).Truncate(time.Second).String() }

func (s *site) isClosing() bool { return s.closing.Load() }
func (s *site) isEmpty() bool   { return s.empty.Load() }

// waited notes how long a citizen stood before the screen.
func (s *site) waited(id string, d time.Duration) {
	for {
		old := s.longest.Load()
		if int64(d) <= old || s.longest.CompareAndSwap(old, int64(d)) {
			break
		}
	}
	if d > answerMax {
		s.breaks("answer at the kiosk", "%s took %s to say what a press came to, legal is at most %s", id, d, answerMax)
	}
}

func (s *site) folder(name string) string { return filepath.Join(s.o.Dir, name) }
