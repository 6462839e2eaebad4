package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"jiaohao/hub/broker"
	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/speech"
	"jiaohao/hub/view"
	"jiaohao/hub/web"
	"jiaohao/hub/wire"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// revokeEvery is how often the accounts are looked at for revoked devices, so
// that a revoked one is cut long before a minute has passed.
const revokeEvery = 2 * time.Second

// Options say what a hub is made of.
type Options struct {
	Dir  string      // the hub's folder: journal, accounts, broker; made if need be
	Plan *queue.Plan // the hall's plan; nil takes the one of the journal
	HTTP string      // host:port of the pages; port 0 lets the system choose
	MQTT string      // host:port of the embedded broker for the devices

	// Broker is the URL of an external MQTT broker, tcp:// or tls://; then there
	// is no embedded one and MQTT means nothing. BrokerPassword is the hub's there.
	Broker         string
	BrokerPassword string

	PublicURL string // base of the links on slips; empty means http:// and the pages' address
	DayAuto   bool   // open and close the business day by the plan's calendar
	Version   string // of the program
	Log       *slog.Logger

	// Around puts further pages before the hub's on the same address, as the demo
	// does; nil means none.
	Around func(http.Handler) http.Handler

	// Now, Speed and ClockFloor are the hall's, for a replay; see hall.Options.
	Now        func() time.Time
	Speed      float64
	ClockFloor time.Time
	// Rate bounds what one device may send, in packets a second; 0 is the broker's own limit.
	Rate int
}

// forecastEvery is the shortest time between two forecasts: a wait in minutes needs no more.
const forecastEvery = 3 * time.Second

// Hub is a hub with its parts. Make it with Open, then call Run once.
type Hub struct {
	Hall     *hall.Hall
	Journal  *journal.Journal
	Wire     *wire.Wire
	Accounts *Accounts

	opt      Options
	web      *web.Server
	speech   *speech.Speech
	listener net.Listener
	broker   *broker.Broker // nil with an external one
}

// Open opens the journal, replays it, and takes the addresses. When Plan is nil
// and the journal has none either it says so.
func Open(ctx context.Context, o Options) (_ *Hub, err error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	h := &Hub{opt: o, Accounts: OpenAccounts(o.Dir)}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if h.Journal, err = journal.Open(o.Dir, journal.Options{}); err != nil {
		return nil, err
	}
	if h.listener, err = net.Listen("tcp", o.HTTP); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	links, err := h.links()
	if err != nil {
		return nil, err
	}
	h.Hall, err = hall.Open(h.Journal, hall.Options{
		Now: o.Now, Speed: o.Speed, ClockFloor: o.ClockFloor, Log: o.Log, Links: links, Plan: o.Plan, DayAuto: o.DayAuto,
		ForecastEvery: forecastEvery,
	})
	if err != nil {
		return nil, err
	}
	id, err := h.hallID()
	if err != nil {
		return nil, err
	}
	transport, err := h.transport(ctx, id)
	if err != nil {
		return nil, err
	}
	if h.Wire, err = wire.New(h.Hall, id, transport, wire.Options{Log: o.Log}); err != nil {
		return nil, err
	}
	h.speech, err = speech.Open(speech.Options{Hall: h.Hall, Plan: o.Plan, Clips: filepath.Join(o.Dir, "clips"), Log: o.Log})
	if err != nil {
		return nil, err
	}
	h.web, err = web.New(web.Options{
		Hall: h.Hall, Journal: h.Journal, Links: links, Plan: o.Plan, Devices: h.devices, Voice: h.speech, Log: o.Log, Version: o.Version, Around: o.Around,
	})
	return h, err
}

// hallID is the hall of the plan in force or, before the first day, of the plan given.
func (h *Hub) hallID() (protocol.HallID, error) {
	if h.opt.Plan != nil {
		return h.opt.Plan.Hall, nil
	}
	if p := h.Hall.Plan(); p != nil && p.Hall != "" {
		return p.Hall, nil
	}
	return "", errors.New("the journal has no plan yet, give one with --plan")
}

// links returns the maker of ticket links, with the key that the journal keeps.
func (h *Hub) links() (view.Links, error) {
	const name = "link_key"
	base := h.opt.PublicURL
	if base == "" {
		base = "http://" + h.HTTPAddr().String()
	}
	text, ok, err := h.Journal.Meta(name)
	if err != nil {
		return view.Links{}, err
	}
	if !ok {
		text = rand.Text()
		if err := h.Journal.SetMeta(name, text); err != nil {
			return view.Links{}, err
		}
	}
	return view.Links{Base: base, Key: []byte(text)}, nil
}

// transport returns the hub's own way to the broker, and starts the embedded
// broker when there is no external one.
func (h *Hub) transport(ctx context.Context, id protocol.HallID) (link.Transport, error) {
	if h.opt.Broker != "" {
		return link.MQTT(link.MQTTOptions{Broker: h.opt.Broker, ClientID: wire.ClientID, Password: h.opt.BrokerPassword}), nil
	}
	password := rand.Text()
	secret := sha256.Sum256([]byte(password))
	var err error
	h.broker, err = broker.Start(ctx, broker.Options{
		Listen: h.opt.MQTT, StoreDir: filepath.Join(h.opt.Dir, "broker"), Log: h.opt.Log, Rate: h.opt.Rate, Burst: 10 * h.opt.Rate,
	}, func(user string) (broker.Account, bool) { return h.account(id, user, secret) })
	if err != nil {
		return nil, err
	}
	url := "tcp://" + h.MQTTAddr().String()
	return link.MQTT(link.MQTTOptions{Broker: url, ClientID: wire.ClientID, Password: password, Queue: 4096}), nil
}

// account answers the broker: the hub itself, or a device that the plan has and
// that is enrolled.
func (h *Hub) account(id protocol.HallID, user string, hub [sha256.Size]byte) (broker.Account, bool) {
	if user == wire.ClientID {
		return grant(user, hub, wire.HubRights(id), true), true
	}
	plan := h.Hall.Plan()
	if h.opt.Plan != nil && (plan == nil || plan.Device(protocol.DeviceID(user)) == nil) {
		plan = h.opt.Plan
	}
	if plan == nil || plan.Device(protocol.DeviceID(user)) == nil {
		return broker.Account{}, false
	}
	secret, ok := h.Accounts.Secret(protocol.DeviceID(user))
	return grant(user, secret, wire.Rights(plan, id, protocol.DeviceID(user)), false), ok
}

func grant(user string, secret [sha256.Size]byte, g wire.Grants, trusted bool) broker.Account {
	return broker.Account{
		ID: user, Secret: secret, Publish: g.Publish, Retain: g.Retain, Subscribe: g.Subscribe, Will: g.Will, Trusted: trusted,
	}
}

func (h *Hub) devices() []web.Device {
	var all []web.Device
	for _, d := range h.Wire.Devices() {
		all = append(all, web.Device{
			ID: d.ID, Kind: d.Kind, Window: d.Window, Online: d.Online, LastSeen: d.Seen, Version: d.Version, Health: d.Health,
		})
	}
	return all
}

// HTTPAddr is where the pages are.
func (h *Hub) HTTPAddr() net.Addr { return h.listener.Addr() }

// MQTTAddr is where devices connect; nil with an external broker.
func (h *Hub) MQTTAddr() net.Addr {
	if h.broker == nil {
		return nil
	}
	return h.broker.Addr()
}

// Run works until ctx ends, then stops every part and returns nil; or it returns
// the first fault of a part, and then the process should end.
func (h *Hub) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer h.close()
	hallCtx, stopHall := context.WithCancel(context.WithoutCancel(ctx))
	defer stopHall()

	var faces, core sync.WaitGroup
	fault := func(err error) {
		if err != nil {
			cancel(err)
		}
	}
	core.Go(func() {
		fault(h.Hall.Run(hallCtx))
		cancel(nil)
	})
	faces.Go(func() { fault(h.Wire.Run(ctx)) })
	faces.Go(func() { fault(h.speech.Run(ctx)) })
	faces.Go(func() { fault(h.web.Serve(ctx, h.listener)) })
	faces.Go(func() { h.watchRevoked(ctx) })
	faces.Wait() // the hall answers until nobody can ask any more
	stopHall()
	core.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Alive returns nil when the hall's loop has answered, and else the hall's error or ctx's.
func (h *Hub) Alive(ctx context.Context) error {
	if err := h.Hall.Read(ctx, func(*queue.State, time.Time) {}); err != nil {
		return fmt.Errorf("the hall does not answer: %w", err)
	}
	return nil
}

// StatusLine says in one line how many devices need somebody.
func (h *Hub) StatusLine() string {
	all, away, faulty := h.Wire.Devices(), 0, 0
	for i := range all {
		switch d := &all[i]; {
		case !d.Online:
			away++
		case len(d.Health.Faults) > 0:
			faulty++
		}
	}
	return fmt.Sprintf("%[1]d 台设备，%[2]d 台联系不上，%[3]d 台有故障 / %[1]d devices, %[2]d away, %[3]d with faults", len(all), away, faulty)
}

// watchRevoked cuts devices whose account has ended.
func (h *Hub) watchRevoked(ctx context.Context) {
	if h.broker == nil {
		return
	}
	tick := time.NewTicker(revokeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, id := range h.Accounts.Revoked() {
				h.broker.Kick(string(id))
			}
		}
	}
}

func (h *Hub) close() {
	if h.broker != nil {
		if err := h.broker.Close(); err != nil {
			h.opt.Log.Warn("broker did not stop cleanly", "err", err)
		}
	}
	if h.listener != nil {
		h.listener.Close()
	}
	if h.Journal != nil {
		if err := h.Journal.Close(); err != nil {
			h.opt.Log.Warn("journal did not close cleanly", "err", err)
		}
	}
}
