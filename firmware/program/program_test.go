package program_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/program"
	"jiaohao/protocol"
)

var quiet = slog.New(slog.DiscardHandler)

func TestDeviceWithoutPasswordIsToldToEnrol(t *testing.T) {
	t.Setenv("JIAOHAO_PASSWORD", "")
	dir := t.TempDir()
	c := board.Config{Hall: "bemowo", Device: "dispenser-1", Broker: "tcp://127.0.0.1:1", StateDir: dir}
	_, err := program.Link(c, protocol.KindDispenser, quiet)
	var h *program.Hinted
	if !errors.As(err, &h) || !h.Usage || !strings.Contains(h.Hint, "hub enroll") {
		t.Errorf("%v, want a hint about hub enroll", err)
	}
	c.PasswordFile = filepath.Join(dir, "password")
	if _, err := program.Link(c, protocol.KindDispenser, quiet); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v, want that the file is not there", err)
	}
	if err := os.WriteFile(c.PasswordFile, []byte("secret\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := program.Link(c, protocol.KindDispenser, quiet)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c.CAFile = c.PasswordFile
	if _, err := program.Link(c, protocol.KindDispenser, quiet); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("%v, want that the file holds no certificate", err)
	}
}

func TestPageIsForThisMachineOnly(t *testing.T) {
	for _, address := range []string{":8080", "0.0.0.0:0", "10.0.0.2:80", "nonsense"} {
		if _, err := program.Serve(address, http.NotFoundHandler(), quiet); err == nil {
			t.Errorf("%q is taken, want only loopback addresses", address)
		}
	}
}

func TestForeignNameForThisMachineIsRefused(t *testing.T) {
	h := program.Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "page") }))
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "localhost": 200, "[::1]:8080": 200, "evil.example:8080": 421, "10.0.0.2": 421,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}

func TestWhenOnePartFailsAllEnd(t *testing.T) {
	broken := errors.New("broken")
	ended := false
	err := program.Run(
		func(context.Context) error { return broken },
		func(ctx context.Context) error { <-ctx.Done(); ended = true; return nil },
	)
	if !errors.Is(err, broken) || !ended {
		t.Errorf("%v, other part ended: %t", err, ended)
	}
}

func TestWrongCommandLineIsUsageWithAHint(t *testing.T) {
	good := []string{"-broker", "tcp://127.0.0.1:1883", "-hall", "bemowo", "-device", "terminal-3"}
	config := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(config, []byte("{\n\"hal\": 1}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-nonsense"}, "nonsense"},
		{append(good, "extra"), `argument "extra" is not expected`},
		{[]string{"-broker", "tcp://h:1"}, `hall id ""`},
		{append(good, "-device", "a b"), `device id "a b"`},
		{append(good, "-window", "/"), `window id "/"`},
		{append(good, "-config", "/nowhere"), "/nowhere"},
		{append(good, "-config", config), "line 2"},
		{nil, "/etc/jiaohao/nobody.json"},
	} {
		flags, err := program.Command{Name: "nobody"}.Parse(c.args)
		if err == nil {
			_, err = flags.Load()
		}
		var h *program.Hinted
		if !errors.As(err, &h) || !h.Usage || h.Hint == "" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want usage that says %s", c.args, err, c.says)
		}
	}
}

func TestFlagsWinOverTheFile(t *testing.T) {
	config := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(config, []byte(`{"hall": "bemowo", "device": "terminal-3", "broker": "tcp://old:1883", "window": "3"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	flags, err := program.Command{Name: "terminal"}.Parse([]string{"-config", config, "-broker", "tls://hub:8883", "-http", "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := flags.Load()
	if err != nil || c.Broker != "tls://hub:8883" || c.HTTP != "127.0.0.1:1" || c.Hall != "bemowo" || c.Window != "3" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestHelpIsNoError(t *testing.T) {
	for _, arg := range []string{"-h", "-help", "--help"} {
		if _, err := (program.Command{Name: "nobody", About: "a test"}).Parse([]string{arg}); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%s: %v", arg, err)
		}
	}
}

func TestOpenPageDoesNotHoldTheProgramUp(t *testing.T) {
	var told strings.Builder
	page, err := program.Serve("127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}), slog.New(slog.NewTextHandler(&told, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- page(ctx) }()
	_, url, _ := strings.Cut(strings.TrimSpace(told.String()), "url=")
	stream, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	began := time.Now()
	cancel()
	if err := <-done; err != nil || time.Since(began) > time.Second {
		t.Errorf("ended after %s with %v, want at once", time.Since(began), err)
	}
}

func TestMistakeInThePartsIsNotStartedAgainAndAnUnpluggedPartIs(t *testing.T) {
	for _, c := range []struct {
		part  string
		says  string
		usage bool
	}{
		{`"panel": {"spi": "SPI0.0", "columns": 8, "rows": 2, "brightness": 16}`, "intensity 16, must be 0 to 15", true},
		{`"panel": {"spi": "SPI0.0", "columns": 99, "rows": 2}`, "99 x 2 modules", true},
		{`"panel": {"kind": "ddp", "udp": "10.0.0.8", "width": 64, "height": 32}`, `udp "10.0.0.8", legal is HOST:PORT`, true},
		{`"printer": {"port": "tcp:10.0.0.9:9100", "profile": "epson"}`, `profile "epson"`, true},
		{`"printer": {"port": "tcp:10.0.0.9:9100", "profile": "gbk-80", "roll_mm": 3}`, "roll_mm 3", true},
		{`"printer": {"port": "lp0", "profile": "gbk-80"}`, `port "lp0"`, true},
		{`"printer": {"port": "file:/dev/usb/lp77", "profile": "gbk-80"}`, "", false}, // it is opened when it prints
		{`"keypad": {"serial": {"path": "/dev/ttyUSB0", "baud": 12, "keys": {"31": "1"}}}`, "baud 12, must be 300 to 115200", true},
		{`"keypad": {"pins": {"next": "GPIO999"}}`, `pin "GPIO999" is not there`, false},
		{`"panel": {"spi": "SPI77.0", "columns": 8, "rows": 2}`, `SPI bus "SPI77.0"`, false},
	} {
		config := filepath.Join(t.TempDir(), "c.json")
		if err := os.WriteFile(config, []byte(`{"hall": "bemowo", "device": "d-1", `+c.part+`}`), 0o600); err != nil {
			t.Fatal(err)
		}
		flags, err := program.Command{Name: "nobody"}.Parse([]string{"-config", config})
		if err != nil {
			t.Fatal(err)
		}
		_, b, err := flags.Open(board.Config{}, board.OpenPrinter, board.OpenPanel, board.OpenKeypad)
		if err == nil {
			b.Close()
		}
		var h *program.Hinted
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", c.part, err)
		case c.says != "" && (!errors.As(err, &h) || h.Usage != c.usage || h.Hint == "" || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want %s, usage %t", c.part, err, c.says, c.usage)
		}
	}
}
