package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"jiaohao/firmware/board"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/terminal"
)

const (
	headerMax = 5 * time.Second // for a browser to send its request's head
	closeMax  = 2 * time.Second // for pages to go at the end

	tapFor = 60 * time.Millisecond // a simulated finger: longer than any debouncing
)

// program is a terminal on its machine. The page's address stays while the
// terminal behind it is made anew, when it is moved to another window.
type program struct {
	settings
	log      *slog.Logger
	devices  *board.Board
	tls      *tls.Config
	listener net.Listener
	page     atomic.Pointer[http.Handler]
}

// open opens what can be wrong at the start: keypad, certificates, the page's port.
func open(s settings) (*program, error) {
	level := slog.LevelInfo
	if s.verbose {
		level = slog.LevelDebug
	}
	p := &program{settings: s, log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))}
	var err error
	if p.tls, err = roots(s.CAFile); err != nil {
		return nil, err
	}
	if p.listener, err = net.Listen("tcp", s.HTTP); err != nil {
		return nil, &hinted{err: fmt.Errorf("page: %w", err), hint: "another program has the port; choose one with -http"}
	}
	if p.devices, err = board.Open(s.Config, board.OpenKeypad); err != nil {
		return nil, errors.Join(&hinted{err: err, hint: "try the keypad by hand with probe, or run with -sim"}, p.listener.Close())
	}
	return p, nil
}

func roots(file string) (*tls.Config, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("ca_file is the hall's root in PEM", "ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usage("ca_file is the hall's root in PEM", "ca_file %s holds no certificate", file)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// run serves the page and attends to one window after the other until ctx ends.
func (p *program) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	if pad := p.devices.SimKeypad; pad != nil {
		p.log.Info("simulated keypad: type its keys here and press return", "layout", p.Keypad.Layout)
		go tap(os.Stdin, pad, p.Keypad.Layout) // a read of a console ends with the program only
	}
	served := make(chan error, 1)
	wg.Go(func() {
		served <- p.serve(ctx)
		cancel()
	})
	window := p.Window
	for {
		err := p.attend(ctx, window)
		var moved *terminal.MovedError
		if errors.As(err, &moved) && ctx.Err() == nil {
			p.log.Info("at the window of the hall's plan", "window", moved.Window)
			window = moved.Window
			continue
		}
		cancel()
		return errors.Join(err, <-served)
	}
}

// attend is one session at one window. It returns nil when ctx ended.
func (p *program) attend(ctx context.Context, window protocol.WindowID) error {
	session, err := link.New(
		link.MQTT(link.MQTTOptions{Broker: p.Broker, ClientID: string(p.Device), Password: p.password, TLS: p.tls}),
		link.Identity{Hall: p.Hall, Device: p.Device, Kind: protocol.KindTerminal, Version: version()},
		link.Options{Log: p.log})
	if err != nil {
		return err
	}
	o := terminal.Options{Hall: p.Hall, Device: p.Device, Link: session, Window: window, Keys: p.keys, Log: p.log}
	if p.devices.Keypad != nil {
		o.Keypad = p.devices.Keypad
	}
	t, err := terminal.New(o)
	if err != nil {
		return err
	}
	page := t.Handler()
	p.page.Store(&page)

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

// serve serves the page until ctx ends.
func (p *program) serve(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		page := p.page.Load()
		if page == nil {
			http.Error(w, "the terminal is starting", http.StatusServiceUnavailable)
			return
		}
		(*page).ServeHTTP(w, r)
	})
	server := &http.Server{
		Handler: ownName(mux), ReadHeaderTimeout: headerMax,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	p.log.Info("page", "url", "http://"+p.listener.Addr().String()+"/")
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeMax)
		defer cancel()
		stopped <- server.Shutdown(late)
	})
	err := server.Serve(p.listener)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("page: %w", err)
	}
	return <-stopped
}

// ownName refuses requests under a name that is not this machine's own: a page
// from elsewhere may have its name point here.
func ownName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !loopback(host) {
			http.Error(w, "this page is for this machine only: http://127.0.0.1", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}

// fingers press the keys of a simulated keypad.
type fingers interface {
	Press(row, col int)
	Release(row, col int)
}

// tap presses the keys that r names, until r ends.
func tap(r io.Reader, pad fingers, layout []string) {
	in := bufio.NewReader(r)
	for {
		key, _, err := in.ReadRune()
		if err != nil {
			return
		}
		for row, names := range layout {
			for col, name := range []rune(names) {
				if name == unicode.ToUpper(key) {
					pad.Press(row, col)
					time.Sleep(tapFor)
					pad.Release(row, col)
					time.Sleep(tapFor)
				}
			}
		}
	}
}
