package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/program"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/terminal"
)

// httpUsual is where the page is when nobody says otherwise.
const httpUsual = "127.0.0.1:8090"

// terminalProgram is a terminal on its machine. The page's address stays while the
// terminal behind it is made anew, when it is moved to another window.
type terminalProgram struct {
	config  board.Config
	devices *board.Board
	log     *slog.Logger
	page    func(context.Context) error
	current atomic.Pointer[seat]
}

// seat is the terminal at the present window.
type seat struct {
	*terminal.Terminal
	session *link.Link
	page    http.Handler
}

// open reads the command line and the configuration and opens what they name. It runs nothing.
func open(args []string) (*terminalProgram, error) {
	flags, err := program.Command{
		Name: "terminal", About: "the window terminal (窗口终端): the clerk's page and keypad",
	}.Parse(args)
	if err != nil {
		return nil, err
	}
	p := &terminalProgram{log: flags.Log()}
	if p.config, p.devices, err = flags.Open(standard(), board.OpenKeypad, board.OpenEvaluator, board.OpenPrinter, board.OpenPad); err != nil {
		return nil, err
	}
	if err := p.checkKeys(); err != nil {
		return nil, errors.Join(err, p.devices.Close())
	}
	session, err := program.Link(p.config, protocol.KindTerminal, p.log) // mistakes are told at the start
	if err != nil {
		return nil, errors.Join(err, p.devices.Close())
	}
	if err := session.Close(); err != nil {
		return nil, errors.Join(err, p.devices.Close())
	}
	if p.page, err = program.Serve(p.config.HTTP, p.handler(flags.Sim), p.log); err != nil {
		return nil, errors.Join(err, p.devices.Close())
	}
	return p, nil
}

// standard is what -sim simulates when the file names nothing: all that a window may have.
func standard() board.Config {
	return board.Config{
		HTTP: httpUsual, Keypad: &board.KeypadConfig{Numpad: board.Sim, LED: "num"},
		Evaluator: &board.EvaluatorConfig{KeypadConfig: board.KeypadConfig{Layout: []string{"54321"}}},
		Printer:   &board.PrinterConfig{Profile: "simulated"},
		Pad:       &board.PanelConfig{Kind: board.PanelSSD1306, Height: 64, Brightness: 8},
	}
}

// checkKeys tells a wrong key map at the start.
func (p *terminalProgram) checkKeys() error {
	if p.devices.Keypad == nil {
		if p.config.Keys == nil {
			return nil
		}
		return program.Usage(`name its keypad too, such as "keypad": {"numpad": "SIGMACHIP USB Keyboard"}`, "keys without a keypad")
	}
	if _, err := terminal.KeymapOf(p.config.Keys, p.devices.Keypad.Keys()); err != nil {
		return program.Usage(`"keys" is such as {"Enter": "big", "+": "recall", "0 1": "finish:immediate"}`, "keys: %w", err)
	}
	return nil
}

func (p *terminalProgram) handler(sim bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s := p.current.Load()
		if s == nil {
			http.Error(w, "the terminal is starting", http.StatusServiceUnavailable)
			return
		}
		s.page.ServeHTTP(w, r)
	})
	if sim {
		mux.Handle("/sim/", http.StripPrefix("/sim", p.devices.SimHandler()))
	}
	return mux
}

// run attends to one window after the other until ctx ends.
func (p *terminalProgram) run(ctx context.Context) error {
	window := p.config.Window
	for {
		err := p.attend(ctx, window)
		var moved *terminal.MovedError
		if !errors.As(err, &moved) || ctx.Err() != nil {
			return err
		}
		p.log.Info("at the window of the hall's plan", "window", moved.Window)
		window = moved.Window
	}
}

// alive is the answer of the loops at the present window.
func (p *terminalProgram) alive(ctx context.Context) error {
	s := p.current.Load()
	if s == nil {
		return errors.New("the terminal is starting")
	}
	return errors.Join(s.session.Alive(ctx), s.Terminal.Alive(ctx))
}

// line says how the terminal is; alive has answered before.
func (p *terminalProgram) line() protocol.Text { return p.current.Load().session.StatusLine() }

// attend is one session at one window. It returns nil when ctx ended.
func (p *terminalProgram) attend(ctx context.Context, window protocol.WindowID) error {
	session, err := program.Link(p.config, protocol.KindTerminal, p.log)
	if err != nil {
		return err
	}
	t, err := terminal.New(p.options(session, window))
	if err != nil {
		return errors.Join(err, session.Close())
	}
	p.current.Store(&seat{Terminal: t, session: session, page: t.Handler()})

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var linkErr error
	wg.Go(func() {
		linkErr = session.Run(ctx)
		cancel()
	})
	err = t.Run(ctx)
	cancel()
	wg.Wait()
	return errors.Join(err, linkErr)
}

// options are what the terminal at a window is made of.
func (p *terminalProgram) options(session *link.Link, window protocol.WindowID) terminal.Options {
	o := terminal.Options{Hall: p.config.Hall, Device: p.config.Device, Link: session, Window: window, Keys: p.config.Keys, Log: p.log}
	if k := p.devices.Keypad; k != nil {
		o.Keypad, o.Lights = k, k.Lights
	}
	if e := p.devices.Evaluator; e != nil {
		o.Evaluator, o.EvaluatorLights = e, e.Lights
		o.RateFor = time.Duration(p.config.Evaluator.Seconds) * time.Second
	}
	if dev := p.devices.Printer; dev != nil {
		o.Printer, o.Profile = dev, dev.Profile()
	}
	if p.devices.Pad != nil {
		o.Hand = p.devices.Pad
	}
	return o
}
