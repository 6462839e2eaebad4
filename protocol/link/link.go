package link

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link/spool"
)

// Limits of a link, each with its reason.
const (
	InFlightMax = 64   // requests that wait for a reply: more than any device has buttons
	OutboxMax   = 1000 // posted requests that wait for the hub: a day of print reports, about 200 KiB
	WatchMax    = 32   // watched topics or filters: one SUBSCRIBE packet stays far below 16 KiB
	stampsMax   = 2000 // topics behind one watched filter: ten times the largest hall's windows

	resendFirst = time.Second     // a reply takes 10 ms; after a second it is lost
	resendMax   = 5 * time.Second // so that a hub that comes back has its answer soon, without a storm

	// FlushMax is how long a transport may take to send what is queued when it stops.
	FlushMax = time.Second

	rebirthFirst = 3 * time.Second // a broker may send the old session's will after the new birth
	rebirthEvery = time.Minute     // and so a lost birth heals

	// tellEvery is how often a log hears of attempts that fail: a device tries every second or two, for ever.
	tellEvery = time.Minute
)

// ErrBusy says that [InFlightMax] requests wait for their replies already.
var ErrBusy = fmt.Errorf("link: %d requests are waiting for a reply, no more are taken", InFlightMax)

// Identity is who a device is.
type Identity struct {
	Hall    protocol.HallID
	Device  protocol.DeviceID
	Kind    protocol.DeviceKind
	Version string // of the program
	Boot    string // random, new at each start of the program; New makes one when it is empty
}

// Options are what a link may have besides its transport and identity.
type Options struct {
	StateDir string       // folder for the outbox, which must exist; empty means that Post is refused
	Log      *slog.Logger // nil discards

	// OnReply gets the final answer to each posted request, from Run's goroutines,
	// once; again only when the power fails before the outbox has forgotten it. It
	// may take its time: the next posted request waits for it.
	OnReply func(protocol.Request, protocol.Reply)
}

// Link is a device's session with its hall. Its methods may be called from any
// goroutine; Watch only before Run.
type Link struct {
	transport Transport
	id        Identity
	log       *slog.Logger
	onReply   func(protocol.Request, protocol.Reply)
	outbox    *spool.Spool // nil without a StateDir
	posted    chan struct{}
	dirty     chan struct{} // health has changed
	watches   []*watch

	mu       sync.Mutex // guards what follows: callers ask from any goroutine and must not wait for Run
	online   bool
	changed  chan struct{} // closed and replaced when online changes
	told     time.Time     // when the log last heard why there is no session
	heard    time.Time     // when the last session ended
	tried    time.Time     // when the last attempt ended, or the link was made
	health   []byte
	answers  map[protocol.RequestID]chan protocol.Reply
	inFlight int
}

// New makes a link and opens its outbox. It connects nothing; Run does. Close
// releases the outbox when Run is never called.
func New(t Transport, id Identity, o Options) (*Link, error) {
	if err := protocol.CheckID("hall", string(id.Hall)); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	if err := protocol.CheckID("device", string(id.Device)); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	if id.Boot == "" {
		id.Boot = rand.Text()[:8]
	}
	l := &Link{
		transport: t, id: id, log: o.Log, onReply: o.OnReply,
		posted:  make(chan struct{}, 1),
		dirty:   make(chan struct{}, 1),
		changed: make(chan struct{}),
		tried:   time.Now(),
		answers: map[protocol.RequestID]chan protocol.Reply{},
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if o.StateDir == "" {
		return l, nil
	}
	box, err := spool.Open(filepath.Join(o.StateDir, "outbox.spool"), OutboxMax)
	if err != nil {
		return nil, fmt.Errorf("link: outbox: %w", err)
	}
	if n := box.Damaged(); n > 0 {
		l.log.Warn("outbox: damaged records were left out", "records", n)
	}
	l.outbox = box
	return l, nil
}

// Run keeps the session until ctx ends, then says "offline", disconnects, closes
// the outbox and returns nil. It returns an error only for what no further
// attempt can mend. It may be called once.
func (l *Link) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	session, disconnect := context.WithCancel(context.WithoutCancel(ctx))
	defer disconnect()

	var wg sync.WaitGroup
	wg.Go(func() {
		<-ctx.Done()
		l.publish(l.death())
		disconnect()
	})
	wg.Go(func() { l.keepTold(ctx) })
	if l.outbox != nil {
		wg.Go(func() { l.sendOutbox(ctx) })
	}
	err := l.transport.Run(session, Session{
		Will:      l.death(),
		Subscribe: l.filters(),
		Up:        l.up,
		Down:      l.down,
		Message:   l.receive,
	})
	cancel()
	wg.Wait()
	return errors.Join(err, l.Close())
}

// Close releases the outbox. Run does it too.
func (l *Link) Close() error {
	if l.outbox == nil {
		return nil
	}
	return l.outbox.Close()
}

// Online reports whether there is a session now, with everything subscribed.
func (l *Link) Online() bool {
	online, _ := l.state()
	return online
}

// OnlineChanged returns a channel that is closed when Online next changes. Ask
// for the channel first and for Online after it, then no change is missed.
func (l *Link) OnlineChanged() <-chan struct{} {
	_, changed := l.state()
	return changed
}

// LastHeard is the last moment at which the watched states were known to be
// whole: now while online, the moment of the loss while offline (noticed up to
// [KeepAlive] times 1.5 late), the zero time before the first session. It has a monotonic
// reading, so time.Since(l.LastHeard()) is the age of the picture.
func (l *Link) LastHeard() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.online {
		return time.Now()
	}
	return l.heard
}

// Health publishes what the device knows of its parts, retained. It returns at
// once; offline, the last one is published at the next connect. An unchanged
// health is not published again, so round what always changes.
func (l *Link) Health(h protocol.Health) {
	payload, err := protocol.Encode(h)
	if err != nil {
		l.log.Error("health not published", "err", err)
		return
	}
	l.mu.Lock()
	same := string(l.health) == string(payload)
	l.health = payload
	l.mu.Unlock()
	if !same {
		wake(l.dirty)
	}
}

func (l *Link) state() (online bool, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.online, l.changed
}

func (l *Link) up() {
	l.mu.Lock()
	l.online, l.told = true, time.Time{}
	l.change()
	l.mu.Unlock()
	l.log.Info("online")
}

// down is called for each failed attempt too; the log hears of the first and then of
// one in a minute.
func (l *Link) down(err error) {
	now := time.Now()
	l.mu.Lock()
	l.tried = now
	tell := l.online || l.told.IsZero() || now.Sub(l.told) >= tellEvery
	if tell {
		l.told = now
	}
	if l.online {
		l.online, l.heard = false, now
		l.change()
	}
	l.mu.Unlock()
	switch {
	case err == nil:
		l.log.Info("offline", "cause", "stopped")
	case tell && errors.Is(err, ErrRefused):
		l.log.Warn("offline", "cause", err, "hint", "the device was revoked, has an old password, or its hall "+string(l.id.Hall)+
			" is not that of the plan (hub enroll prints it): correct hall, or enrol it again with hub enroll "+
			string(l.id.Device)+", put the new password into its password file and start it again")
	case tell:
		l.log.Warn("offline", "cause", err)
	}
}

// change wakes everybody who waits for a change. l.mu is held.
func (l *Link) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// keepTold keeps the retained presence and health true: on each connect, when
// health changes, and again after a while.
func (l *Link) keepTold(ctx context.Context) {
	rebirth := time.NewTimer(rebirthFirst)
	defer rebirth.Stop()
	was, session := false, 0
	for {
		online, changed := l.state()
		if online && !was {
			session++
			l.publish(l.birth(session))
			l.publishHealth()
			rebirth.Reset(rebirthFirst)
		}
		was = online
		select {
		case <-ctx.Done():
			return
		case <-changed:
			was = false // offline, or a new session already
		case <-l.dirty:
			if online {
				l.publishHealth()
			}
		case <-rebirth.C:
			if online {
				l.publish(l.birth(session))
				l.publishHealth()
			}
			rebirth.Reset(rebirthEvery)
		}
	}
}

func (l *Link) topic(kind protocol.Kind) string {
	return protocol.DeviceTopic(l.id.Hall, l.id.Device, kind).String()
}

// birth is what the link says of itself in its session with that number.
func (l *Link) birth(session int) Message {
	return l.presence(protocol.Presence{Online: true, Version: l.id.Version, Session: session})
}

// death is its opposite: the will, and the last word of a clean stop.
func (l *Link) death() Message { return l.presence(protocol.Presence{}) }

func (l *Link) presence(p protocol.Presence) Message {
	p.Kind, p.Boot = l.id.Kind, l.id.Boot
	payload, err := protocol.Encode(p)
	if err != nil {
		panic("link: presence: " + err.Error()) // strings, a number and a bool always encode
	}
	return Message{Topic: l.topic(protocol.KindPresence), Payload: payload, Retained: true, QoS: 1}
}
func (l *Link) publishHealth() {
	select {
	case <-l.dirty: // told now
	default:
	}
	l.mu.Lock()
	payload := l.health
	l.mu.Unlock()
	if payload != nil {
		l.publish(Message{Topic: l.topic(protocol.KindHealth), Payload: payload, Retained: true, QoS: 1})
	}
}

// publish tries once: what it carries is tried again by its sender's own timer.
func (l *Link) publish(m Message) {
	if err := l.transport.Publish(m.Topic, m.Payload, m.QoS, m.Retained); err != nil {
		l.log.Debug("not published", "topic", m.Topic, "err", err)
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
