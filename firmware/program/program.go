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
	"io"
	"io/fs"
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
	"jiaohao/firmware/notify"
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

// Command is one device program's command line.
type Command struct {
	Name  string
	About string              // what the program is, in one sentence
	Also  func(*flag.FlagSet) // adds the program's own flags; nil for none
}

// Flags are the command line that all device programs have.
type Flags struct {
	Config  string
	Sim     bool
	Verbose bool

	over  board.Config // what wins over the file
	named bool         // -config was given, so the file must be there
}

// Parse reads args, the command line without the program's name. Its errors are
// those of usage, or [flag.ErrHelp] when the help has been printed.
func (c Command) Parse(args []string) (Flags, error) {
	var f Flags
	set := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	set.SetOutput(io.Discard) // Exit tells what is wrong
	set.StringVar(&f.Config, "config", "/etc/jiaohao/"+c.Name+".json", "configuration `file`; without this flag it need not exist")
	set.StringVar(&f.over.Broker, "broker", "", "broker `url`: tcp://host:port or tls://host:port")
	set.StringVar((*string)(&f.over.Hall), "hall", "", "`id` of the hall")
	set.StringVar((*string)(&f.over.Device), "device", "", "`id` of this device")
	set.StringVar((*string)(&f.over.Window), "window", "", "`id` of the window of a display or terminal")
	set.StringVar(&f.over.PasswordFile, "password-file", "", "`file` whose first line is the broker's password; without one, $"+passwordEnv)
	set.StringVar(&f.over.CAFile, "ca-file", "", "`file` with the hall's root certificates in PEM, for tls")
	set.StringVar(&f.over.StateDir, "state-dir", "", "`folder` for what must survive a power cut")
	set.StringVar(&f.over.HTTP, "http", "", "`address` of the page on this machine, such as 127.0.0.1:8090")
	set.BoolVar(&f.Sim, "sim", false, "simulated devices; see and press them at /sim/ of the page")
	set.BoolVar(&f.Verbose, "v", false, "log more")
	if c.Also != nil {
		c.Also(set)
	}
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Printf("%s: %s\n\nusage: %s [flags]; flags win over the configuration file\n\n", c.Name, c.About, c.Name)
		set.SetOutput(os.Stdout)
		set.PrintDefaults()
		fmt.Print("\nIt ends with 0 when it was asked to, 1 after a fault, 2 for a wrong command line or configuration.\n")
		return f, err
	case err != nil:
		return f, Usage("see "+c.Name+" -help", "%w", err)
	case set.NArg() > 0:
		return f, Usage("see "+c.Name+" -help", "argument %q is not expected", set.Arg(0))
	}
	set.Visit(func(one *flag.Flag) { f.named = f.named || one.Name == "config" })
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

// Load reads the configuration and lets the flags win over it.
func (f Flags) Load() (board.Config, error) {
	c, err := board.Load(f.Config)
	if errors.Is(err, fs.ErrNotExist) && !f.named && f.over.Broker != "" {
		c, err = board.Config{}, nil
	}
	if err != nil {
		return c, &Hinted{Err: err, Hint: "see docs/operations.md for an example; -config names another file", Usage: true}
	}
	for _, one := range []struct{ to, from *string }{
		{&c.Broker, &f.over.Broker}, {&c.PasswordFile, &f.over.PasswordFile}, {&c.CAFile, &f.over.CAFile},
		{&c.StateDir, &f.over.StateDir}, {&c.HTTP, &f.over.HTTP}, {(*string)(&c.Hall), (*string)(&f.over.Hall)},
		{(*string)(&c.Device), (*string)(&f.over.Device)}, {(*string)(&c.Window), (*string)(&f.over.Window)},
	} {
		if *one.from != "" {
			*one.to = *one.from
		}
	}
	if err := c.Check(); err != nil {
		return c, Usage("the ids stand in the hall's plan; -hall, -device and -window win over the file", "%w", err)
	}
	return c, nil
}

// Open reads the configuration and opens those of parts that it names. standard fills
// in the page's address, and those parts that -sim simulates when the file names none. A mistake in the file is an error of
// usage; a part that is not plugged in is none, so that the system starts the program again.
func (f Flags) Open(standard board.Config, parts ...board.Part) (board.Config, *board.Board, error) {
	c, err := f.Load()
	if err != nil {
		return c, nil, err
	}
	if c.HTTP == "" {
		c.HTTP = standard.HTTP
	}
	if f.Sim {
		c = c.Or(standard).Simulated()
	}
	b, err := board.Open(c, parts...)
	var wrong *board.MistakeError
	switch {
	case errors.As(err, &wrong):
		return c, nil, &Hinted{Err: err, Hint: "correct " + f.Config + "; docs/ tells what is legal for each part", Usage: true}
	case err != nil:
		return c, nil, &Hinted{Err: err, Hint: "try the part by hand with probe, or run with -sim"}
	}
	return c, b, nil
}

// Link makes the session that c describes. The password is the file's first
// line or, without a file, $JIAOHAO_PASSWORD.
func Link(c board.Config, kind protocol.DeviceKind, log *slog.Logger) (*link.Link, error) {
	if c.Broker == "" {
		return nil, Usage(`name it: -broker tcp://hub.local:1883, or "broker" in the configuration`, "no broker")
	}
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
			return nil, Usage("ca_file is the hall's root in PEM", "ca_file: %w", err)
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
		return nil, &Hinted{Err: err, Hint: "state_dir must exist and be writable by this user", Usage: true}
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

// Tell returns a part that tells systemd how the program is: its line, and that all loops answer.
// See package notify.
func Tell(line func() protocol.Text, loops ...notify.Ask) func(context.Context) error {
	return func(ctx context.Context) error {
		return notify.Run(ctx, func() string {
			text := line()
			return text.In(protocol.Chinese) + " / " + text.In(protocol.English)
		}, loops...)
	}
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
				server.Close() // a browser that does not hang up
			}
		})
		defer stop()
		server.BaseContext = func(net.Listener) context.Context { return ctx } // live pages end with the program
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
