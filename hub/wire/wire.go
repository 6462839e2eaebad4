package wire

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// ClientID is the account of the hub at the broker. No device may have this id.
const ClientID = "hub"

// Limits of the wire, with the reason for each.
const (
	heardMax    = 2 * queue.DevicesMax  // devices of which anything is remembered, should the broker let strangers in
	queueMax    = 64                    // requests of one device that wait: the hall's own limit for one source
	lostAfter   = 5 * time.Second       // a terminal may reconnect before its post counts as left
	upGrace     = 15 * time.Second      // after a connect of our own, in which all terminals reconnect
	refresh     = 15 * time.Second      // between two looks at the estimates
	repeatEvery = 4                     // looks at the estimates until all states are published again: a lost one heals in a minute
	roundGap    = 25 * time.Millisecond // between two rounds of publishing: faster than an eye, slower than a storm of commits
	hallShare   = 4                     // rounds leave the hall's goroutine so many times as long as they took
	hurryMax    = 16                    // windows told before all others after one commit: more change only with a new plan
	paceStates  = 4                     // states of a round in a row: the broker takes one in 0.15 ms
	paceFor     = time.Millisecond      // and then it gets so long, so that little waits before a call
	fullPause   = 5 * time.Millisecond  // until the transport has room again
	judgePause  = 5 * time.Second       // until a refused device command is tried again
)

// Options change how a wire works; the zero value of each field is right for a hall.
type Options struct {
	// Log receives faults and messages that do not fit; nil means slog.Default().
	Log *slog.Logger
	// LostAfter is how long a terminal may be away before its post counts as left; 0 means 5 s.
	LostAfter time.Duration
}

// Wire joins one hall to one broker. Make it with New, then call Run once.
type Wire struct {
	hall      *hall.Hall
	id        protocol.HallID
	transport link.Transport
	log       *slog.Logger
	lostAfter time.Duration

	up    chan struct{} // there is a new connection: publish everything
	judge chan struct{} // the presence of a terminal has changed
	birth chan struct{} // devices have come

	// mu guards what follows: the transport's callbacks and Devices come from
	// goroutines of others and must not wait for ours.
	mu      sync.Mutex
	online  bool
	failed  bool      // an attempt failed since the last session
	since   time.Time // of the present connection
	devices map[protocol.DeviceID]*device
	workers map[protocol.DeviceID]chan protocol.Request

	newcomers []protocol.DeviceID // that have come and not been greeted
}

// New makes the wire of a hall over a transport whose client id is [ClientID]. It
// starts nothing. The error says what is wrong with the hall's id.
func New(h *hall.Hall, id protocol.HallID, t link.Transport, o Options) (*Wire, error) {
	if err := protocol.CheckID("hall", string(id)); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.LostAfter <= 0 {
		o.LostAfter = lostAfter
	}
	return &Wire{
		hall: h, id: id, transport: t, log: o.Log, lostAfter: o.LostAfter,
		up: make(chan struct{}, 1), judge: make(chan struct{}, 1), birth: make(chan struct{}, 1),
		devices: map[protocol.DeviceID]*device{}, workers: map[protocol.DeviceID]chan protocol.Request{},
	}, nil
}

// Run keeps the session with the broker and works until parent ends, then returns
// nil. It returns an error when the hall has stopped or the broker's address is no
// address. It may be called once.
func (w *Wire) Run(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	var wg sync.WaitGroup
	part := func(run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	part(w.publish)
	part(w.follow)
	part(w.watchTerminals)
	part(func(ctx context.Context) error {
		return w.transport.Run(ctx, link.Session{
			Subscribe: HubRights(w.id).Subscribe,
			Up:        w.connected, Down: w.disconnected,
			Message: func(m link.Message) { w.receive(ctx, &wg, m) },
		})
	})
	wg.Wait()
	if parent.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

func (w *Wire) connected() {
	w.mu.Lock()
	w.online, w.failed, w.since = true, false, time.Now()
	w.mu.Unlock()
	nudge(w.up)
	nudge(w.judge)
}

func (w *Wire) disconnected(err error) {
	w.mu.Lock()
	first := w.online || !w.failed // not each attempt again
	w.online, w.failed = false, true
	w.mu.Unlock()
	if first && err != nil {
		w.log.Warn("the broker is away", slog.Any("err", err))
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// source is who a device is to the engine.
func source(d *queue.Device) queue.Source {
	return queue.Source{Role: queue.RoleDevice, Device: d.ID, Kind: d.Kind, Window: d.Window}
}
