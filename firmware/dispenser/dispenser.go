package dispenser

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"jiaohao/firmware/button"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/page"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// AnswerMax is how long a citizen waits for the hub before the dispenser gives a
// number of its own: with printing it stays below the 3 s after which people press again.
const AnswerMax = 2500 * time.Millisecond

// Limits of a dispenser, each with its reason.
const (
	lockOut      = 1500 * time.Millisecond // a second tap within it is the same finger
	slipsMax     = 2                       // one printing, one waiting: nobody stands longer before a slow printer
	offlineMax   = 2000                    // offline tickets that wait for the hub: a day without it
	numberMax    = 9999                    // of one letter and day: more than paper in the roll
	recordsMax   = 10_000                  // of the spool: five for each offline ticket
	compactAt    = 6000                    // records at which the spool is compacted
	countersKept = 14                      // days and letters whose last number is remembered
	doubtsMax    = 100                     // presses to be cleared up, before the hub is asked for another ticket
	unprintedMax = 20                      // numbers without paper that are offered for printing
	strayNames   = 6                       // services that a wrong one is answered with on the page: a line; the log has all
	staleAfter   = 10 * time.Minute        // a service's state that is older says nothing any more
	mergeAnswer  = 10 * time.Second        // for the hub to merge a batch
	mergeAgain   = 5 * time.Second         // between two attempts
	pollEvery    = 3 * time.Second         // the printer is asked how it is
	healthEvery  = time.Minute             // what changes slowly is looked at

	showTicket  = 6 * time.Second  // to take the slip
	showRefusal = 8 * time.Second  // to read a sentence
	showFault   = 60 * time.Second // to write a number down
	showWorking = 30 * time.Second // longer than anything that it waits for
)

// Printer puts slips on paper. *escpos.Dev is one. Each method returns within
// some seconds; they are called one at a time.
type Printer interface {
	Print(escpos.Doc) error
	Status() (escpos.Status, error)  // now
	Confirm() (escpos.Status, error) // when all that was sent is on paper
}

// Button is a push button for one service.
type Button struct {
	Service protocol.ServiceID
	Pin     gpio.PinIn
	Opts    *button.Opts // nil for its defaults
}

// Options are what a dispenser is made of. Link, Printer and StateDir are needed.
type Options struct {
	Hall     protocol.HallID
	Device   protocol.DeviceID
	Link     *link.Link // with a state folder; its Run belongs to the caller
	Printer  Printer
	Profile  escpos.Profile // of the printer: paper width, and whether it tells its state
	Buttons  []Button
	StateDir string        // folder for offline numbers and the last configuration, which must exist
	Help     protocol.Text // where to go when something fails; empty means the service desk
	Log      *slog.Logger  // nil discards
}

// Dispenser is a ticket dispenser. Press and Handler may be used from any
// goroutine while Run runs.
type Dispenser struct {
	opts  Options
	log   *slog.Logger
	calls chan func() // executed by Run's goroutine, which alone touches what follows
	done  chan struct{}
	jobs  chan job
	live  *page.Live
	shown string // on the pages
	wg    sync.WaitGroup

	book     *book
	config   *protocol.Config // nil until the hub has said what this device is
	services map[protocol.ServiceID]heard
	started  time.Time

	issuing    *issue
	lockedTill time.Time
	suspect    bool // the hub did not answer, and has not been heard since
	slips      int  // in the printer's hands
	printer    escpos.Status
	roll       *roll
	held       bool // the printer may hold a slip that it must not print; only the printer's goroutine touches it
	stuck      map[protocol.ServiceID]bool
	broken     []protocol.Fault // buttons and disks that failed
	stray      []protocol.Fault // buttons for services that the hall does not have
	told       protocol.Health  // last

	merging bool
	mergeAt time.Time // not before

	result   *Result
	resultNo int
	until    time.Time // of result
}

// heard is a service's state and when it came.
type heard struct {
	state protocol.ServiceState
	at    time.Time
}

// New makes a dispenser: it reads what StateDir holds and registers what it
// watches at the link, which must not run yet. It starts nothing.
func New(o Options) (*Dispenser, error) {
	if o.Link == nil || o.Printer == nil || o.StateDir == "" {
		return nil, errors.New("dispenser: link, printer and state folder are needed")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Help) == 0 {
		o.Help = protocol.Say("请到服务台", "Please go to the service desk")
	}
	now := time.Now()
	d := &Dispenser{
		opts: o, log: o.Log,
		calls: make(chan func()), done: make(chan struct{}),
		jobs: make(chan job, slipsMax), live: page.NewLive(),
		services: map[protocol.ServiceID]heard{}, stuck: map[protocol.ServiceID]bool{},
		started: now,
	}
	var err error
	if d.config, err = loadConfig(o.StateDir); err != nil {
		d.log.Warn("last configuration is unreadable, waiting for the hub", "err", err)
	}
	if d.book, err = openBook(o.StateDir, now); err != nil {
		return nil, err
	}
	if d.roll, err = openRoll(o.StateDir, o.Profile.RollMM); err != nil {
		d.log.Warn("paper roll is taken for new", "err", err)
	}
	// A slip that a power cut left in the printer's buffer is offered as a reprint; it must not come out too.
	d.held = o.Profile.Answers()
	if d.config != nil {
		d.book.closeDay(d.config.Day)
		d.checkButtons()
	}
	o.Link.Watch(protocol.DeviceTopic(o.Hall, o.Device, protocol.KindConfig), watched(d, d.setConfig))
	o.Link.Watch(protocol.ServiceTopic(o.Hall, "+"), watched(d, d.setService))
	d.refresh(now)
	return d, nil
}

// watched decodes a state and hands it to Run's goroutine.
func watched[T any](d *Dispenser, set func(T)) func([]byte) {
	return func(payload []byte) {
		var state T
		if err := protocol.Decode(payload, &state); err != nil {
			d.log.Warn("state is not of this contract", "err", err)
			return
		}
		d.call(func() { set(state) })
	}
}

// Run works until ctx ends and returns nil; a slip that is being printed is
// finished first. It may be called once.
func (d *Dispenser) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	d.wg.Go(func() { d.runPrinter(work) })
	for _, b := range d.opts.Buttons {
		d.wg.Go(func() { d.watchButton(work, b) })
	}
	d.loop(work)
	close(d.done)
	d.wg.Wait()
	return errors.Join(d.roll.keep(), d.book.close())
}

func (d *Dispenser) loop(ctx context.Context) {
	health := time.NewTicker(healthEvery)
	defer health.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		changed := d.opts.Link.OnlineChanged()
		d.step(ctx, time.Now())
		timer.Reset(time.Until(d.deadline()))
		select {
		case <-ctx.Done():
			return
		case f := <-d.calls:
			f()
		case <-changed:
			d.suspect, d.mergeAt = false, time.Time{}
		case <-timer.C:
		case <-health.C:
		}
	}
}

// call has f executed by Run's goroutine. It reports false when Run has ended.
func (d *Dispenser) call(f func()) bool {
	select {
	case d.calls <- f:
		return true
	case <-d.done:
		return false
	}
}

// step does what is due and shows what has changed.
func (d *Dispenser) step(ctx context.Context, now time.Time) {
	if d.result != nil && !now.Before(d.until) {
		d.result = nil
	}
	if !d.unsettled() {
		d.suspect = false // nothing is left that would ask the hub: the next press does
	}
	d.merge(ctx, now)
	d.told = d.health(now)
	d.opts.Link.Health(d.told)
	d.refresh(now)
	d.request(ctx) // behind the rest: it waits for the disk
}

// deadline is when step must be called next even if nothing happens.
func (d *Dispenser) deadline() time.Time {
	next := time.Now().Add(healthEvery)
	if d.result != nil && d.until.Before(next) {
		next = d.until
	}
	if !d.merging && d.unsettled() && d.mergeAt.Before(next) && d.opts.Link.Online() {
		next = d.mergeAt
	}
	return next
}

// Alive returns nil when Run's loop has answered, and an error when ctx has ended before.
func (d *Dispenser) Alive(ctx context.Context) error {
	select {
	case d.calls <- func() {}:
		return nil
	case <-d.done:
		return nil
	case <-ctx.Done():
		return errors.New("dispenser: the loop does not answer")
	}
}

func (d *Dispenser) setConfig(c protocol.Config) {
	if c.Day == "" && d.config != nil {
		// Between two days, or the hub is just starting: numbers go on where they were.
		c.Day = d.config.Day
	}
	if err := keepConfig(d.opts.StateDir, d.config, &c); err != nil {
		d.failWrite(err)
	}
	d.book.closeDay(c.Day) // yesterday's numbers are printed no more
	d.config = &c
	d.checkButtons()
}

// checkButtons looks whether every button has its service in the hall, and logs when that has changed.
func (d *Dispenser) checkButtons() {
	before := d.stray
	d.stray = d.strays()
	if reflect.DeepEqual(before, d.stray) {
		return
	}
	for _, f := range d.stray {
		d.log.Error(f.Text.In(protocol.English), "legal", d.offered())
	}
}

func (d *Dispenser) setService(s protocol.ServiceState) {
	d.services[s.Service] = heard{state: s, at: time.Now()}
}

// away reports whether tickets come from this dispenser's own letter now.
func (d *Dispenser) away() bool {
	return d.suspect || !d.opts.Link.Online() || len(d.book.asked) >= doubtsMax
}

func (d *Dispenser) watchButton(ctx context.Context, b Button) {
	err := button.Watch(ctx, b.Pin, b.Opts, func(e button.Event) {
		d.call(func() {
			switch e {
			case button.Pressed:
				if err := d.accept(Press{Service: b.Service}); err != nil {
					d.log.Info("press", "service", b.Service, "err", err)
				}
			case button.Stuck:
				d.stuck[b.Service] = true
			case button.Freed:
				delete(d.stuck, b.Service)
			}
		})
	})
	if err != nil && ctx.Err() == nil {
		d.call(func() {
			d.fail(protocol.NewFault("button", "broken", protocol.Say(b.Pin.String(), b.Pin.String())), err)
		})
	}
}

// fail notes what is broken until the next start.
func (d *Dispenser) fail(f protocol.Fault, err error) {
	d.log.Error(f.Text.In(protocol.English), "err", err)
	for _, known := range d.broken {
		if known.Text.In(protocol.English) == f.Text.In(protocol.English) {
			return
		}
	}
	d.broken = append(d.broken, f)
}
