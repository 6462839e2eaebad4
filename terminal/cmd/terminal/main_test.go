package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/button"
	"jiaohao/firmware/sim"
	"jiaohao/terminal"
)

// file writes a file for one test and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// quiet keeps the flag package's own words off the test's output.
func quiet(t *testing.T) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stderr
	os.Stderr = null
	t.Cleanup(func() { os.Stderr = old; null.Close() })
}

func TestWrongCommandLinesAreUsageWithAHint(t *testing.T) {
	quiet(t)
	t.Setenv(passwordEnv, "secret")
	good := []string{"-broker", "tcp://127.0.0.1:1883", "-hall", "bemowo", "-device", "terminal-3"}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-nonsense"}, "nonsense"},
		{append(good, "extra"), `argument "extra" is not expected`},
		{nil, "no broker"},
		{[]string{"-broker", "tcp://h:1"}, `hall id ""`},
		{append(good, "-device", "a b"), `device id "a b"`},
		{append(good, "-window", "/"), `window id "/"`},
		{append(good, "-http", "0.0.0.0:80"), `http address "0.0.0.0:80"`},
		{append(good, "-http", "8080"), `http address "8080"`},
		{append(good, "-keys", "#=bang"), `key "#=bang"`},
		{append(good, "-keys", "##=big"), `key "##=big"`},
		{append(good, "-password-file", "/nowhere"), "/nowhere"},
		{append(good, "-config", "/nowhere"), "/nowhere"},
		{append(good, "-config", file(t, "c.json", "{\n\"hal\": 1}")), "line 2"},
	} {
		_, err := parse(c.args)
		var h *hinted
		if !errors.As(err, &h) || !h.usage || h.hint == "" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want usage that says %s", c.args, err, c.says)
		}
	}
	if _, err := parse([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
	t.Setenv(passwordEnv, "")
	if _, err := parse(good); err == nil || !strings.Contains(err.Error(), "no password for terminal-3") {
		t.Errorf("without a password: %v", err)
	}
}

func TestFlagsWinOverTheFileAndThePasswordIsItsFirstLine(t *testing.T) {
	config := file(t, "terminal.json", `{"hall": "bemowo", "device": "terminal-3", "broker": "tcp://old:1883", "window": "3",
		"keypad": {"rows": ["GPIO5"], "cols": ["GPIO6"], "layout": ["1"]}}`)
	s, err := parse([]string{"-config", config, "-broker", "tls://hub:8883", "-password-file", file(t, "p", "secret\r\nrest\n"), "-keys", "0=help,#=back", "-sim"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Broker != "tls://hub:8883" || s.Hall != "bemowo" || s.Window != "3" || s.password != "secret" || s.HTTP != httpUsual {
		t.Errorf("%+v", s.Config)
	}
	if s.keys['0'] != terminal.KeyHelp || s.keys['#'] != terminal.KeyBack || s.keys['A'] != terminal.KeyRecall {
		t.Errorf("keys are %v", s.keys)
	}
	if len(s.Keypad.Rows) != 0 || s.Printer != nil || s.Panel != nil {
		t.Errorf("-sim left %+v", s.Keypad)
	}
}

func TestProgramShowsItsPageWithoutAHubAndEndsWhenAsked(t *testing.T) {
	t.Setenv(passwordEnv, "secret")
	s, err := parse([]string{"-broker", "tcp://127.0.0.1:1", "-hall", "h", "-device", "terminal-3", "-http", "127.0.0.1:0", "-sim"})
	if err != nil {
		t.Fatal(err)
	}
	quiet(t)
	p, err := open(s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.run(ctx) }()
	url := "http://" + p.listener.Addr().String() + "/"
	body := ""
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(body, `"connecting"`); {
		if time.Now().After(deadline) {
			t.Fatalf("the page says %q", body)
		}
		resp, err := http.Get(url + "screen")
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		body = string(raw)
	}
	stream, err := http.Get(url + "events") // an open page does not hold the program up
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the program does not end")
	}
	if second, err := open(s); err != nil {
		t.Errorf("the port is not free again: %v", err)
	} else if err := second.listener.Close(); err != nil {
		t.Error(err)
	}
}

func TestTakenPortIsAFaultWithAHint(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	s := settings{}
	s.HTTP = taken.Listener.Addr().String()
	_, err := open(s)
	var h *hinted
	if !errors.As(err, &h) || h.usage || !strings.Contains(h.hint, "-http") {
		t.Errorf("%v", err)
	}
}

func TestPageUnderAnotherNameIsRefused(t *testing.T) {
	page := ownName(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, want := range map[string]int{
		"127.0.0.1:8090": 204, "localhost:8090": 204, "[::1]:8090": 204, "localhost": 204,
		"evil.example:8090": 403, "192.168.1.4:8090": 403, "": 403,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if page.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%q got %d, want %d", host, w.Code, want)
		}
	}
}

func TestTypedCharactersPressTheSimulatedKeypad(t *testing.T) {
	pad := sim.NewKeypad(4, 4)
	keys, err := button.NewKeypad(pad.Rows(), pad.Cols(), terminal.DefaultLayout())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got := ""
	in, out := io.Pipe()
	go tap(in, pad, terminal.DefaultLayout())
	go func() {
		// The first scans only learn which keys are up, so the first taps may be too early.
		for ctx.Err() == nil {
			_, _ = io.WriteString(out, "7 #d\n")
		}
	}()
	_ = keys.Run(ctx, func(key rune) {
		if got += string(key); strings.Contains(got, "7#D") {
			cancel()
		}
	})
	_ = out.Close()
	if !strings.Contains(got, "7#D") {
		t.Errorf("the keypad told %q", got)
	}
}
