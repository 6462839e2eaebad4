package simulation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/hub/wire"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// links are those of the slips' QR codes.
func links() view.Links {
	return view.Links{Base: "http://hub:8080", Key: []byte("0123456789abcdef")}
}

// hub is one life of the hub's process.
type hub struct {
	journal *journal.Journal
	hall    *hall.Hall
	end     context.CancelFunc
	ended   chan error
	spy     *hubSpy
}

// hubSpy is the hub's transport: it tells the witness, and strikes at chosen instants.
type hubSpy struct {
	link.Transport
	w *witness

	mu      sync.Mutex // guards what follows
	dead    bool       // nothing leaves any more
	onReply func()     // instead of the next answer
	onAsk   func()     // right after the next request came in
	lossy   bool       // retained states do not arrive
	mute    bool       // replies do not arrive
}

// Publish implements link.Transport.
func (s *hubSpy) Publish(topic string, payload []byte, qos byte, retain bool) error {
	parsed, err := protocol.ParseTopic(topic)
	s.mu.Lock()
	strike := s.onReply
	if strike != nil && err == nil && parsed.Kind == protocol.KindReply {
		s.onReply, s.dead = nil, true
	} else {
		strike = nil
	}
	dead, lost := s.dead, s.lossy && retain || s.mute && parsed.Kind == protocol.KindReply
	s.mu.Unlock()
	if strike != nil {
		strike()
	}
	if dead {
		return link.ErrOffline
	}
	if lost {
		return nil
	}
	if err := s.Transport.Publish(topic, payload, qos, retain); err != nil {
		return err
	}
	s.w.published(topic, payload)
	return nil
}

// Run implements link.Transport.
func (s *hubSpy) Run(ctx context.Context, session link.Session) error {
	message := session.Message
	session.Message = func(m link.Message) {
		message(m)
		if parsed, err := protocol.ParseTopic(m.Topic); err != nil || parsed.Kind != protocol.KindRequest {
			return
		}
		s.mu.Lock()
		strike := s.onAsk
		s.onAsk = nil
		s.mu.Unlock()
		if strike != nil {
			strike()
		}
	}
	return s.Transport.Run(ctx, session)
}

func (s *hubSpy) arm(onReply, onAsk func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onReply, s.onAsk = onReply, onAsk
}

// lose has the network lose every state, or every reply, from now on.
func (s *hubSpy) lose(states, replies bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lossy, s.mute = states, replies
}

func (s *hubSpy) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
}

// startHub starts the hub's process on what the last one left.
func (s *site) startHub() error {
	dir := filepath.Join(s.o.Dir, "hub")
	if err := s.mutateJournal(dir); err != nil {
		return err
	}
	j, err := journal.Open(dir, journal.Options{NoSync: true})
	if err != nil {
		return err
	}
	if s.o.Mutant == JournalOld {
		if err := j.Backup(context.Background(), s.backup(len(s.backups))); err != nil {
			return err
		}
		s.backups = append(s.backups, s.backup(len(s.backups)))
	}
	quiet := slog.New(slog.DiscardHandler)
	h, err := hall.Open(j, hall.Options{
		Now: s.now, ClockFloor: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Log: quiet,
		Links: links(), Plan: s.plan, DayAuto: true, SnapshotEvery: 700,
	})
	if err != nil {
		return errors.Join(err, j.Close())
	}
	spy := &hubSpy{Transport: s.bus.Transport(wire.ClientID), w: s.witness}
	w, err := wire.New(h, hallID, spy, wire.Options{Log: quiet})
	if err != nil {
		return errors.Join(err, j.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &hub{journal: j, hall: h, end: cancel, ended: make(chan error, 2), spy: spy}
	go func() { n.ended <- s.survive(func() error { return h.Run(ctx) }) }()
	go func() { n.ended <- w.Run(ctx) }()
	s.setHub(n)
	return nil
}

// survive makes a panic of the engine an error, so that the day ends with its seed.
func (s *site) survive(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			s.witness.mu.Lock()
			defer s.witness.mu.Unlock()
			s.witness.breaks("engine", "%v", err)
		}
	}()
	return run()
}

func (s *site) backup(n int) string { return filepath.Join(s.o.Dir, fmt.Sprintf("backup-%d.db", n)) }

// mutateJournal does to the journal what the mutant says, between two lives.
func (s *site) mutateJournal(dir string) error {
	switch {
	case s.o.Mutant == JournalGone:
		return os.RemoveAll(dir)
	case s.o.Mutant == JournalOld && len(s.backups) > 0:
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		return os.Rename(s.backups[len(s.backups)-1], filepath.Join(dir, "hub.db"))
	}
	return nil
}

// stopHub ends the hub's process in good order.
func (s *site) stopHub() error {
	h := s.setHub(nil)
	h.end()
	err := errors.Join(<-h.ended, <-h.ended)
	return errors.Join(err, h.journal.Close())
}

// killHub ends the hub's process as kill -9 does: nothing more leaves it, nothing
// more is written, and nobody is told.
func (s *site) killHub() {
	h := s.setHub(nil)
	h.spy.kill()
	s.cut(wire.ClientID)
	// Whatever it still wants to do fails; that is the point.
	_ = h.journal.Close()
	h.end()
	<-h.ended
	<-h.ended
	s.restore(wire.ClientID)
}

// setHub puts another life of the hub in place and returns the one before; nil is none.
func (s *site) setHub(h *hub) (before *hub) {
	s.hubMu.Lock()
	defer s.hubMu.Unlock()
	before, s.hub = s.hub, h
	return before
}

func (s *site) theHub() *hub {
	s.hubMu.Lock()
	defer s.hubMu.Unlock()
	return s.hub
}

// truth runs fn with the hub's state. It reports false while the hub is down.
func (s *site) truth(fn func(q *queue.State, now time.Time)) bool {
	h := s.theHub()
	return h != nil && h.hall.Read(context.Background(), fn) == nil
}

// now is the hub's clock.
func (s *site) now() time.Time { return time.Now().Add(time.Duration(s.clock.Load())) }
