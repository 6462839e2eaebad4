package replay

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"sync"
	"time"

	"jiaohao/hub/hall"
)

// Mode says who chooses what is called.
type Mode string

// The modes.
const (
	Order  Mode = "order"  // the record
	Decide Mode = "decide" // the hub
)

// Options say how a day is replayed.
type Options struct {
	Day   *Day
	Mode  Mode    // empty means Order
	Speed float64 // seconds of the record in one real second; 0 means as fast as the hub can
	Kills int     // how often the hub is killed on the way
	Seed  uint64  // of the moments of the kills

	Dir  string // the hub's folder, which must be there and empty
	HTTP string // host:port of the pages; empty means a free port of 127.0.0.1
	MQTT string // host:port of the broker; empty as above

	Child []string // command line of a program that calls Child
	Env   []string // added to its environment

	Log *slog.Logger // nil discards
}

// driver is one replay under way.
type driver struct {
	o        Options
	midnight time.Time
	hub      process
	fleet    *fleet
	traces   []*trace // by arrival
	posts    []Post
	pin      string
	pace     pace
}

// Run replays a day and reports what came of it. The error is a fault of the replay itself;
// what the hub did wrong is in the report's checks.
func Run(ctx context.Context, o Options) (*Report, error) {
	d, err := newDriver(o)
	if err != nil {
		return nil, err
	}
	r, err := d.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return r, nil
}

func newDriver(o Options) (*driver, error) {
	o.Mode, o.HTTP, o.MQTT = cmp.Or(o.Mode, Order), cmp.Or(o.HTTP, "127.0.0.1:0"), cmp.Or(o.MQTT, "127.0.0.1:0")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Mode != Order && o.Mode != Decide {
		return nil, fmt.Errorf("replay: mode %q, legal are %s and %s", o.Mode, Order, Decide)
	}
	if o.Speed < 0 {
		return nil, fmt.Errorf("replay: speed %g, legal are 0 (as fast as can be) and more", o.Speed)
	}
	if entries, err := os.ReadDir(o.Dir); err != nil || len(entries) > 0 {
		return nil, fmt.Errorf("replay: folder %q must be there and empty, it has %d entries: %w", o.Dir, len(entries), err)
	}
	midnight, err := o.Day.midnight()
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	d := &driver{o: o, midnight: midnight, posts: o.Day.posts(o.Mode)}
	for i := range o.Day.Visits {
		d.traces = append(d.traces, &trace{Visit: &o.Day.Visits[i], from: dispenser(i % dispensers)})
	}
	serviceTimes(d.traces)
	return d, nil
}

// at is the real moment of a second of the record.
func (d *driver) at(second int) time.Time { return d.midnight.Add(time.Duration(second) * time.Second) }

// lead is how long before the first ticket the windows sign on, s.
const lead = 60

func (d *driver) run(ctx context.Context) (*Report, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return nil, err
	}
	d.pin = fmt.Sprintf("%06d", n)
	hash, err := hall.HashPIN(d.pin)
	if err != nil {
		return nil, err
	}
	plan, err := d.o.Day.plan(d.o.Mode, hash)
	if err != nil {
		return nil, err
	}
	killer, err := newKiller(d.o.Kills, d.o.Seed, d.requestsAtLeast())
	if err != nil {
		return nil, err
	}
	first, _ := d.o.Day.span()
	d.hub = process{argv: d.o.Child, env: d.o.Env, setup: setup{
		Dir: d.o.Dir, HTTP: d.o.HTTP, MQTT: d.o.MQTT, Day: d.o.Day.Date, Now: d.at(first - lead).UnixMicro(), Plan: plan,
	}}
	if err := d.hub.start(ctx); err != nil {
		return nil, err
	}
	d.o.Log.Info("the hub of the replay runs", "pages", "http://"+d.hub.setup.HTTP, "mqtt", d.hub.setup.MQTT, "data", d.o.Dir)
	if d.fleet, err = newFleet(plan, d.o.Dir, d.hub.setup.MQTT, killer.asked); err != nil {
		return nil, errors.Join(err, d.hub.stop())
	}
	began := time.Now()
	if err := errors.Join(d.drive(ctx, killer), d.hub.stop()); err != nil {
		return nil, err
	}
	return d.report(ctx, killer, time.Since(began))
}

// drive lets the devices live and goes through the day.
func (d *driver) drive(ctx context.Context, k *killer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	part := func(run func() error) {
		wg.Go(func() {
			if err := run(); err != nil {
				cancel(err)
			}
		})
	}
	devices, leave := context.WithCancel(ctx)
	defer leave()
	part(func() error { return d.fleet.run(devices) })
	killed := make(chan struct{})
	part(func() error {
		defer close(killed)
		return k.run(ctx, &d.hub, d.fleet, d.o.Log)
	})
	err := d.day(ctx)
	if err == nil {
		<-killed
		err = d.hub.closeDay(ctx)
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	leave()
	cancel(err)
	wg.Wait()
	return err
}

// requestsAtLeast is how many requests the day takes in any mode.
func (d *driver) requestsAtLeast() int {
	n := 0
	for _, t := range d.traces {
		if n += 4; t.Left { // issue, call, arrived, finish; or issue, cancel
			n -= 2
		}
	}
	return n
}
