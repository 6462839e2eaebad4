package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/display"
	"jiaohao/firmware/escpos"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/terminal"
)

const (
	headerMax  = 5 * time.Second       // for a browser to send its request's head
	slipsShown = 4                     // per kiosk on the page, the newest on top
	frameEvery = 40 * time.Millisecond // of a panel's pictures: a driver writes one in eight transactions
)

// device is one box of the hall: a program, its session, its cable and what is
// simulated of it.
type device struct {
	id      protocol.DeviceID
	window  protocol.WindowID // empty for a dispenser
	part    string            // on the stage: kiosk/1, panel/3, terminal/3, announcer/1
	cable   *cable
	link    *link.Link
	board   *board.Board
	run     func(context.Context) error
	handler http.Handler // its own page; nil for a panel
	site    net.Listener // of its own page

	dispenser *dispenser.Dispenser // of a kiosk
	terminal  *terminal.Terminal   // of a terminal
}

// maker makes the devices of a plan.
type maker struct {
	hall    protocol.HallID
	dir     string
	broker  string // host:port
	site    string // host of the devices' own pages
	version string
	log     *slog.Logger
	stage   *stage
	enroll  func(protocol.DeviceID) (password string, err error)
}

// device makes one device of the plan. n counts the devices of its kind from 1.
func (m *maker) device(spec *queue.Device, n int) (*device, error) {
	d := &device{id: spec.ID, window: spec.Window}
	dir := filepath.Join(m.dir, "devices", string(spec.ID))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	var err error
	if d.cable, err = newCable(m.broker, func() { d.showCable(m.stage) }); err != nil {
		return nil, err
	}
	password, err := m.enroll(spec.ID)
	if err != nil {
		return nil, err
	}
	log := m.log.With("device", spec.ID)
	d.link, err = link.New(
		link.MQTT(link.MQTTOptions{Broker: d.cable.url(), ClientID: string(spec.ID), Password: password}),
		link.Identity{Hall: m.hall, Device: spec.ID, Kind: spec.Kind, Version: m.version},
		link.Options{StateDir: dir, Log: log})
	if err != nil {
		return nil, err
	}
	switch spec.Kind {
	case protocol.KindDispenser:
		d.part = fmt.Sprintf("kiosk/%d", n)
		err = d.makeDispenser(m.hall, dir, log)
	case protocol.KindDisplay:
		d.part = "panel/" + string(spec.Window)
		err = d.makeDisplay(m.hall, log)
	case protocol.KindTerminal:
		d.part = "terminal/" + string(spec.Window)
		err = d.makeTerminal(m.hall, log)
	case protocol.KindAnnouncer:
		d.part = fmt.Sprintf("announcer/%d", n)
		d.run = d.beQuiet
	default:
		err = fmt.Errorf("demo: device %s is a %s, which is not had here", spec.ID, spec.Kind)
	}
	if err == nil && d.handler != nil {
		d.site, err = net.Listen("tcp", net.JoinHostPort(m.site, "0"))
	}
	return d, err
}

func (d *device) makeDispenser(hall protocol.HallID, dir string, log *slog.Logger) (err error) {
	d.board, err = board.Open(board.Config{Printer: &board.PrinterConfig{Port: board.Sim, Profile: "simulated"}}, board.OpenPrinter)
	if err != nil {
		return err
	}
	d.dispenser, err = dispenser.New(dispenser.Options{
		Hall: hall, Device: d.id, Link: d.link, Log: log,
		Printer: d.board.Printer, Profile: d.board.Printer.Profile(), StateDir: dir,
	})
	if err != nil {
		return err
	}
	d.run, d.handler = d.dispenser.Run, d.dispenser.Handler()
	return nil
}

func (d *device) makeDisplay(hall protocol.HallID, log *slog.Logger) (err error) {
	d.board, err = board.Open(board.Config{Panel: panelOf(d.window)}, board.OpenPanel)
	if err != nil {
		return err
	}
	if d.board.Panel == nil {
		return d.makeSigns(hall, log)
	}
	program, err := display.New(display.Options{
		Hall: hall, Device: d.id, Window: d.window, Link: d.link, Panel: d.board.Panel, Log: log,
	})
	if err != nil {
		return err
	}
	d.run = program.Run
	return nil
}

// makeSigns makes the program of signs that take text.
func (d *device) makeSigns(hall protocol.HallID, log *slog.Logger) error {
	signs := map[protocol.WindowID]display.Sign{}
	for window, s := range d.board.Signs {
		signs[window] = s
	}
	program, err := display.NewSigns(display.SignsOptions{Hall: hall, Device: d.id, Link: d.link, Signs: signs, Log: log})
	if err != nil {
		return err
	}
	d.run = program.Run
	return nil
}

func (d *device) makeTerminal(hall protocol.HallID, log *slog.Logger) (err error) {
	d.board, err = board.Open(deskOf(d.window), board.OpenKeypad, board.OpenEvaluator, board.OpenPrinter, board.OpenPad)
	if err != nil {
		return err
	}
	o := terminal.Options{Hall: hall, Device: d.id, Window: d.window, Link: d.link, Log: log, Keypad: d.board.Keypad, Lights: d.board.Keypad.Lights}
	if e := d.board.Evaluator; e != nil {
		o.Evaluator, o.EvaluatorLights = e, e.Lights
	}
	if p := d.board.Printer; p != nil {
		o.Printer, o.Profile = p, p.Profile()
	}
	if p := d.board.Pad; p != nil {
		o.Hand = p
	}
	if d.terminal, err = terminal.New(o); err != nil {
		return err
	}
	d.run, d.handler = d.terminal.Run, d.terminal.Handler()
	return nil
}

// beQuiet is an announcer whose loudspeaker is simulated, so that nobody hears it: the board page speaks.
func (d *device) beQuiet(ctx context.Context) error {
	d.link.Health(protocol.Health{})
	<-ctx.Done()
	return nil
}

// live switches the device on until ctx ends, and keeps its picture on the stage.
// page is what it serves at its own address.
func (d *device) live(ctx context.Context, s *stage, page http.Handler) error {
	// The cable outlives the program, which says goodbye over it.
	wire, unplug := context.WithCancel(context.WithoutCancel(ctx))
	var cable, program, looks sync.WaitGroup
	var errs [4]error
	cable.Go(func() { errs[0] = d.cable.run(wire) })
	program.Go(func() { errs[1] = d.link.Run(ctx) })
	program.Go(func() { errs[2] = d.run(ctx) })
	looks.Go(func() { d.watchCable(ctx, s) })
	if d.handler != nil {
		looks.Go(func() { d.watchPage(ctx, s) })
		looks.Go(func() { errs[3] = d.serve(ctx, page) })
	}
	if d.board != nil && d.board.SimPrinter != nil {
		looks.Go(func() { d.watchPrinter(ctx, s) })
	}
	if d.board != nil {
		looks.Go(func() { d.watchScreen(ctx, s) })
	}
	program.Wait()
	unplug()
	cable.Wait()
	looks.Wait()
	return errors.Join(errors.Join(errs[:]...), d.close())
}

// serve serves the device's own page until ctx ends.
func (d *device) serve(ctx context.Context, page http.Handler) error {
	server := &http.Server{
		Handler: page, ReadHeaderTimeout: headerMax, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(d.site); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("demo: page of %s: %w", d.id, err)
	}
	return nil
}

// abandon releases a device that was never switched on.
func (d *device) abandon() error {
	if d.site != nil {
		d.site.Close()
	}
	return errors.Join(d.cable.listener.Close(), d.link.Close(), d.close())
}

// close switches off what hangs on the device.
func (d *device) close() error {
	if d.board == nil {
		return nil
	}
	return d.board.Close()
}

// watchPage shows what the device's own page shows.
func (d *device) watchPage(ctx context.Context, s *stage) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/events", http.NoBody)
	if err != nil {
		panic("demo: " + err.Error()) // method and path are constants
	}
	d.handler.ServeHTTP(&tap{header: http.Header{}, set: func(b json.RawMessage) { s.set(d.part, b) }}, r)
}

// cableState is a device's network on the stage.
type cableState struct {
	Out    bool `json:"out"`    // the cable is pulled
	Online bool `json:"online"` // the device has a session
}

func (d *device) showCable(s *stage) {
	s.put("cable/"+string(d.id), cableState{Out: d.cable.out(), Online: d.link.Online()})
}

func (d *device) watchCable(ctx context.Context, s *stage) {
	for {
		changed := d.link.OnlineChanged()
		d.showCable(s)
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// printerState is a printer on the stage.
type printerState struct {
	OK    bool        `json:"ok"`    // it can print
	Fault string      `json:"fault"` // else why not, as firmware/escpos names it
	Total int         `json:"total"` // slips since the start
	Slips []slipState `json:"slips"` // newest first
}

// slipState is one slip on the stage; its picture is the page's to fetch.
type slipState struct {
	Seq      int    `json:"seq"`
	Complete bool   `json:"complete"`
	Link     string `json:"link,omitempty"` // what the QR code on it says
}

func (d *device) watchPrinter(ctx context.Context, s *stage) {
	printer := d.board.SimPrinter
	for {
		changed := printer.Changed()
		status := printer.Status()
		state := printerState{OK: status.CanPrint(), Fault: string(status.Problem()), Slips: []slipState{}}
		slips := printer.Slips()
		slices.Reverse(slips)
		for i, slip := range slips {
			state.Total = max(state.Total, slip.Seq)
			if i < slipsShown {
				state.Slips = append(state.Slips, slipState{slip.Seq, slip.Complete, codeOn(slip.Bytes)})
			}
		}
		s.put("printer/"+d.part, state)
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// codeOn reads the QR code on a slip from the bytes that the printer got, as a
// phone reads it from the paper. It is empty when there is none.
func codeOn(slip []byte) string {
	commands, err := escpos.Parse(slip)
	if err != nil {
		return "" // torn off in the middle
	}
	for _, c := range commands {
		if c.Op == escpos.OpQR && c.Text != "" {
			return c.Text
		}
	}
	return ""
}
