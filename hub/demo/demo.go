package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"jiaohao/hub/app"
	"jiaohao/protocol"
)

// Options say where the hall is and who moves in it.
type Options struct {
	HTTP      string  // host:port of the pages; port 0 lets the system choose
	MQTT      string  // host:port of the broker; port 0 lets the system choose
	Dir       string  // folder of the hall, made if need be; the same folder goes on with the same day
	PublicURL string  // what phones reach: the base of the links on slips; empty means the pages' address
	Autopilot bool    // people move by themselves from the start
	Pace      float64 // how many times faster than usual they move, 0.25 to 50; 0 means 1
	Seed      uint64  // of their dice
	Version   string  // of the program
	Log       *slog.Logger
}

// Hall is the whole hall. Make it with [Open], then call Run once.
type Hall struct {
	hub     *app.Hub
	devices []*device
	pilot   *pilot
	stage   *stage
	log     *slog.Logger
	pages   http.Handler // the demo's own
	base    string       // of all pages
}

// Open puts the hall together: it takes the addresses, opens the journal and
// enrols the devices. It switches no device on.
func Open(ctx context.Context, o Options) (_ *Hall, err error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Pace == 0 {
		o.Pace = 1
	}
	plan, err := Plan()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	h := &Hall{stage: newStage(), log: o.Log}
	h.hub, err = app.Open(ctx, app.Options{
		Dir: o.Dir, Plan: plan, HTTP: o.HTTP, MQTT: o.MQTT, PublicURL: publicURL(o),
		DayAuto: true, Version: o.Version, Log: o.Log, Around: h.around,
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.abandon())
		}
	}()
	h.base = "http://" + reachable(h.hub.HTTPAddr().String())
	site, _, err := net.SplitHostPort(h.hub.HTTPAddr().String())
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	m := &maker{
		site: site, hall: plan.Hall, dir: o.Dir, broker: reachable(h.hub.MQTTAddr().String()), version: o.Version, log: o.Log, stage: h.stage,
		enroll: func(id protocol.DeviceID) (string, error) { return h.hub.Accounts.Enroll(id, time.Now()) },
	}
	counts := map[protocol.DeviceKind]int{}
	for i := range plan.Devices {
		spec := &plan.Devices[i]
		counts[spec.Kind]++
		d, err := m.device(spec, counts[spec.Kind])
		if err != nil {
			return nil, err
		}
		h.devices = append(h.devices, d)
	}
	h.pilot = newPilot(h.devices, h.base, o.Seed, h.stage)
	if err := h.pilot.set(o.Autopilot, o.Pace); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	h.pages = h.makePages(plan)
	return h, nil
}

// URL is the address of the page that shows the whole hall.
func (h *Hall) URL() string { return h.base + "/demo/" }

// Welcome tells a person what there is to look at.
func (h *Hall) Welcome(w io.Writer) error {
	_, err := fmt.Fprintf(w, `Jiaohao 叫号 demo: a hall with 6 windows, 2 dispensers, panels, terminals and a board

  whole hall / 全景      %s
  board / 大厅显示屏      %s/board   with ?voice=all it speaks / 语音叫号
  manager / 值班台        %s/manager   %s, PIN %s
  clerks / 工作人员       c01 to c08, PIN %s
  broker / MQTT          %s

Stop with Ctrl-C. The same --data folder goes on with the same day.
`, h.URL(), h.base, h.base, managerID, managerPIN, clerkPIN, h.hub.MQTTAddr())
	return err
}

// Run runs the hall until ctx ends, then switches the devices off, stops the hub
// and returns nil. It returns the first fault of a part otherwise.
func (h *Hall) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hubCtx, stopHub := context.WithCancel(context.WithoutCancel(ctx))
	defer stopHub()
	fault := func(err error) {
		if err != nil {
			cancel(err)
		}
	}
	var hub, devices sync.WaitGroup
	hub.Go(func() {
		fault(h.hub.Run(hubCtx))
		cancel(nil)
	})
	for _, d := range h.devices {
		devices.Go(func() { fault(d.live(ctx, h.stage, h.site(d))) })
	}
	devices.Go(func() { h.pilot.run(ctx) })
	devices.Wait() // devices say goodbye while there is a hub to hear it
	stopHub()
	hub.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// abandon closes what Open has opened.
func (h *Hall) abandon() error {
	var errs []error
	for _, d := range h.devices {
		errs = append(errs, d.abandon())
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	return errors.Join(append(errs, h.hub.Run(ended))...)
}

// reachable is an address as a browser or device on this machine finds it.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// publicURL is the base of the links on slips. Without a wish it is this machine
// by name and not by number: to a browser that is another address, so that phones'
// pages do not share connections with the others (see [Hall.site]).
func publicURL(o Options) string {
	host, port, err := net.SplitHostPort(o.HTTP)
	ip := net.ParseIP(host)
	if o.PublicURL != "" || err != nil || port == "0" || ip != nil && !ip.IsLoopback() && !ip.IsUnspecified() {
		return o.PublicURL
	}
	return "http://" + net.JoinHostPort("localhost", port)
}
