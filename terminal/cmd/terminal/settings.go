package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"jiaohao/firmware/board"
	"jiaohao/protocol"
	"jiaohao/terminal"
)

const (
	configUsual = "/etc/jiaohao/terminal.json"
	httpUsual   = "127.0.0.1:8090"
	passwordEnv = "JIAOHAO_PASSWORD" // where the broker's password may stand when no file is named
)

// settings are what the command line, the configuration file and the environment say.
type settings struct {
	board.Config
	password string
	keys     map[rune]terminal.KeyID
	sim      bool
	verbose  bool
}

// parse reads the command line and the configuration. Every error is one of usage.
func parse(args []string) (settings, error) {
	var s settings
	var flags board.Config
	set := flag.NewFlagSet("terminal", flag.ContinueOnError)
	file := set.String("config", configUsual, "configuration `file`; without this flag it need not exist")
	set.StringVar(&flags.Broker, "broker", "", "broker `url`: tcp://host:port or tls://host:port")
	hall := set.String("hall", "", "`id` of the hall")
	device := set.String("device", "", "`id` of this terminal")
	window := set.String("window", "", "`id` of the window; the hall's plan decides")
	set.StringVar(&flags.PasswordFile, "password-file", "", "`file` whose first line is the broker's password")
	set.StringVar(&flags.CAFile, "ca-file", "", "`file` with the hall's root certificates in PEM, for tls")
	set.StringVar(&flags.HTTP, "http", "", "`address` of the page on this machine (default "+httpUsual+")")
	keys := set.String("keys", "", "what keypad keys do, such as `#=big,A=recall,B=arrived`")
	set.BoolVar(&s.sim, "sim", false, "simulated keypad: what is typed on standard input presses its keys")
	set.BoolVar(&s.verbose, "v", false, "log more")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return s, err
		}
		return s, usage("see terminal -h", "%w", err)
	}
	if set.NArg() > 0 {
		return s, usage("see terminal -h", "argument %q is not expected", set.Arg(0))
	}
	flags.Hall, flags.Device, flags.Window = protocol.HallID(*hall), protocol.DeviceID(*device), protocol.WindowID(*window)
	named := false
	set.Visit(func(f *flag.Flag) { named = named || f.Name == "config" })
	var err error
	if s.Config, err = load(*file, named); err != nil {
		return s, err
	}
	s.merge(flags)
	if s.keys, err = parseKeys(*keys); err != nil {
		return s, usage("keys are characters of the keypad's layout", "%w", err)
	}
	if err := s.check(); err != nil {
		return s, err
	}
	s.password, err = password(s.PasswordFile, s.Device)
	return s, err
}

func load(file string, named bool) (board.Config, error) {
	c, err := board.Load(file)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return board.Config{}, nil
	}
	if err != nil {
		return c, usage("correct the file, or name another one with -config", "%w", err)
	}
	return c, nil
}

// merge lets the flags win over the file.
func (s *settings) merge(flags board.Config) {
	for _, f := range []struct{ to, from *string }{
		{&s.Broker, &flags.Broker}, {&s.PasswordFile, &flags.PasswordFile}, {&s.CAFile, &flags.CAFile}, {&s.HTTP, &flags.HTTP},
		{(*string)(&s.Hall), (*string)(&flags.Hall)}, {(*string)(&s.Device), (*string)(&flags.Device)}, {(*string)(&s.Window), (*string)(&flags.Window)},
	} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	if s.HTTP == "" {
		s.HTTP = httpUsual
	}
	if s.sim {
		s.Config = s.Config.Simulated()
		if s.Keypad == nil {
			s.Keypad = &board.KeypadConfig{Layout: terminal.DefaultLayout()}
		}
	}
	s.Printer, s.Panel, s.Buttons = nil, nil, nil // a terminal has none
}

func (s *settings) check() error {
	if s.Broker == "" {
		return usage("name it: -broker tcp://hub.local:1883", "no broker")
	}
	for _, id := range []struct{ what, id string }{{"hall", string(s.Hall)}, {"device", string(s.Device)}, {"window", string(s.Window)}} {
		if id.what == "window" && id.id == "" {
			continue
		}
		if err := protocol.CheckID(id.what, id.id); err != nil {
			return usage("name it: -"+id.what+" ID, as in the hall's plan", "%w", err)
		}
	}
	host, _, err := net.SplitHostPort(s.HTTP)
	if err != nil || !loopback(host) {
		return usage("the page is for this machine only: -http "+httpUsual, "http address %q is not of the form 127.0.0.1:PORT", s.HTTP)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// parseKeys reads changes to the usual key map.
func parseKeys(s string) (map[rune]terminal.KeyID, error) {
	keys := terminal.DefaultKeyMap()
	known := []terminal.KeyID{terminal.KeyBack}
	for _, k := range keys {
		known = append(known, k)
	}
	slices.Sort(known)
	for part := range strings.SplitSeq(s, ",") {
		if part == "" {
			continue
		}
		name, id, ok := strings.Cut(part, "=")
		if !ok || utf8.RuneCountInString(name) != 1 || !slices.Contains(known, terminal.KeyID(id)) {
			return nil, fmt.Errorf("key %q is not CHARACTER=KEY with a key of %v", part, known)
		}
		r, _ := utf8.DecodeRuneInString(name)
		keys[r] = terminal.KeyID(id)
	}
	return keys, nil
}

func password(file string, device protocol.DeviceID) (string, error) {
	text := os.Getenv(passwordEnv)
	if file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return "", usage("the password comes from hub enroll; the file must be readable by this user", "password: %w", err)
		}
		text = string(raw)
	}
	text, _, _ = strings.Cut(text, "\n")
	if text = strings.TrimSuffix(text, "\r"); text == "" {
		return "", usage("enrol the device with hub enroll, then name -password-file or set $"+passwordEnv, "no password for %s", device)
	}
	return text, nil
}
