// Package program is what the device programs have in common: their exit codes
// and messages, and the session that their configuration file describes.
package program

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

const (
	// passwordEnv is where the broker's password may stand when no file is named.
	passwordEnv = "JIAOHAO_PASSWORD"
	// headerMax bounds the time in which a browser must send its request's head.
	headerMax = 5 * time.Second
	// closeMax is how long pages may take to go at the end.
	closeMax = 2 * time.Second
)

// Hinted is an error with a line that says what to do.
type Hinted struct {
	Err   error
	Hint  string
	Usage bool // the caller's mistake: exit code 2
}

// Error returns the error's text without the hint.
func (h *Hinted) Error() string { return h.Err.Error() }

// Unwrap returns the error.
func (h *Hinted) Unwrap() error { return h.Err }

// Usage makes the error of a wrong command line or file.
func Usage(hint, format string, args ...any) error {
	return &Hinted{Err: fmt.Errorf(format, args...), Hint: hint, Usage: true}
}

// Exit prints err, if there is one, as "name: text" and its hint, and ends the
// program: 0 well, 1 a fault, 2 a wrong command line or configuration.
func Exit(name string, err error) {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	}
	code := 1
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, strings.TrimPrefix(err.Error(), name+": "))
	var h *Hinted
	if errors.As(err, &h) {
		fmt.Fprintf(os.Stderr, "hint: %s\n", h.Hint)
		if h.Usage {
			code = 2
		}
	}
	os.Exit(code)
}

// Flags are the command line that all device programs have.
type Flags struct {
	Config  string
	Sim     bool
	Verbose bool
}

// Parse reads the command line. Errors of usage have been printed by flag.
func Parse(name string) (Flags, error) {
	var f Flags
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.StringVar(&f.Config, "config", "/etc/jiaohao/"+name+".json", "configuration `file`")
	set.BoolVar(&f.Sim, "sim", false, "simulated devices; see them at /sim/ of the local page")
	set.BoolVar(&f.Verbose, "v", false, "log more")
	if err := set.Parse(os.Args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return f, err
		}
		return f, Usage("see "+name+" -h", "%w", err)
	}
	if set.NArg() > 0 {
		return f, Usage("see "+name+" -h", "argument %q is not expected", set.Arg(0))
	}
	return f, nil
}

// Log returns the program's logger.
func (f Flags) Log() *slog.Logger {
	level := slog.LevelInfo
	if f.Verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// Open reads the configuration and opens those of parts that it names. standard are those that -sim
// simulates when the file names none.
func (f Flags) Open(standard board.Config, parts ...board.Part) (board.Config, *board.Board, error) {
	c, err := board.Load(f.Config)
	if err != nil {
		return c, nil, &Hinted{Err: err, Hint: "see docs/operations.md for an example; -config names another file", Usage: true}
	}
	if f.Sim {
		if c.Printer == nil {
			c.Printer = standard.Printer
		}
		if c.Panel == nil {
			c.Panel = standard.Panel
		}
		c = c.Simulated()
	}
	b, err := board.Open(c, parts...)
	if err != nil {
		return c, nil, &Hinted{Err: err, Hint: "try the part by hand with probe, or run with -sim"}
	}
	return c, b, nil
}

// Link makes the session that c describes. The password is the file's first
// line or, without a file, $JIAOHAO_PASSWORD.
func Link(c board.Config, kind protocol.DeviceKind, log *slog.Logger) (*link.Link, error) {
	password := os.Getenv(passwordEnv)
	if c.PasswordFile != "" {
		raw, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return nil, &Hinted{Err: fmt.Errorf("password: %w", err), Hint: "the password comes from hub enroll; the file must be readable by this user", Usage: true}
		}
		password, _, _ = strings.Cut(string(raw), "\n")
		password = strings.TrimSuffix(password, "\r")
	}
	if password == "" {
		return nil, Usage("enrol the device with hub enroll, then set password_file or $"+passwordEnv, "no password for %s", c.Device)
	}
	o := link.MQTTOptions{Broker: c.Broker, ClientID: string(c.Device), User: string(c.Device), Password: password}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, Usage("ca_file is the hall's root in PEM", "ca_file %s holds no certificate", c.CAFile)
		}
		o.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	l, err := link.New(link.MQTT(o), link.Identity{Hall: c.Hall, Device: c.Device, Kind: kind, Version: version()},
		link.Options{StateDir: c.StateDir, Log: log})
	if err != nil {
		return nil, &Hinted{Err: err, Hint: "state_dir must exist and be writable"}
	}
	return l, nil
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}

// Run runs all parts until one fails or the system asks the program to end, and
// then waits for all to end. It returns the first error.
func Run(parts ...func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, part := range parts {
		wg.Go(func() {
			if err := part(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Serve returns a part that serves handler at address, for browsers on this
// machine only, until ctx ends. It listens at once, so that a taken port is told at
// the start.
func Serve(address string, handler http.Handler, log *slog.Logger) (func(context.Context) error, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !loopback(host) {
		return nil, Usage("the page is for this machine only: \"http\": \"127.0.0.1:8080\"", "http address %q is not of the form 127.0.0.1:PORT", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &Hinted{Err: fmt.Errorf("local page: %w", err), Hint: "another program has the port; change \"http\" in the configuration"}
	}
	server := &http.Server{Handler: local(handler), ReadHeaderTimeout: headerMax, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	log.Info("page", "url", "http://"+listener.Addr().String()+"/")
	return func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeMax)
			defer cancel()
			if server.Shutdown(end) != nil {
				server.Close() // live pages do not go by themselves
			}
		})
		defer stop()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("local page: %w", err)
		}
		return nil
	}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// local takes requests only under this machine's own names, so that no foreign
// page reaches the device through a name of its own that leads here.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !loopback(strings.Trim(host, "[]")) {
			http.Error(w, "this page is for this machine only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
