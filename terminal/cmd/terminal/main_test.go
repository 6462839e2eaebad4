package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"jiaohao/firmware/program"
)

var sample = []string{"-broker", "tcp://127.0.0.1:1", "-hall", "h", "-device", "terminal-3", "-sim"}

func TestProgramShowsItsPageWithoutAHubAndEndsWhenAsked(t *testing.T) {
	t.Setenv("JIAOHAO_PASSWORD", "secret")
	p, err := open(append(sample, "-http", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	p.log = slog.New(slog.DiscardHandler)
	defer p.devices.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := p.run(ctx); err != nil {
			t.Errorf("ended with %v", err)
		}
	})
	page := httptest.NewServer(p.handler(true))
	defer page.Close()
	body := ""
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(body, `"connecting"`); {
		if time.Now().After(deadline) {
			t.Fatalf("the page says %q", body)
		}
		body = get(t, page.URL+"/screen")
	}
	if state := get(t, page.URL+"/sim/state"); !strings.Contains(state, `"keypads"`) {
		t.Errorf("the simulated devices are %s, want a keypad", state)
	}
	cancel()
	wg.Wait()
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestMistakesAreToldAtTheStart(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	for _, c := range []struct {
		password string
		args     []string
		says     string
	}{
		{"", sample, "no password for terminal-3"},
		{"secret", append(sample, "-http", "0.0.0.0:80"), `http address "0.0.0.0:80"`},
		{"secret", append(sample, "-http", taken.Listener.Addr().String()), "in use"},
		{"secret", append(sample, "-state-dir", "/nowhere"), "/nowhere"},
	} {
		t.Setenv("JIAOHAO_PASSWORD", c.password)
		_, err := open(c.args)
		var h *program.Hinted
		if !errors.As(err, &h) || h.Hint == "" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want %s and a hint", c.args, err, c.says)
		}
	}
}

func TestButtonsThatAreNamedAfterActionsWorkWithoutAKeyMap(t *testing.T) {
	t.Setenv("JIAOHAO_PASSWORD", "secret")
	for file, says := range map[string]string{
		`{"keypad": {"pins": {"next": "GPIO5", "recall": "GPIO6"}}}`:               "",
		`{"keypad": {"pins": {"next": "GPIO5", "red": "GPIO6"}}}`:                  `keys red are no actions`,
		`{"keypad": {"pins": {"x": "GPIO5"}}}`:                                     `no key of x does anything`,
		`{"keypad": {"pins": {"x": "GPIO5"}}, "keys": {}}`:                         `no key of x does anything`,
		`{"keypad": {"pins": {"x": "GPIO5"}}, "keys": {"x": "transfer:service:"}}`: `must be service:ID or window:ID`,
	} {
		config := filepath.Join(t.TempDir(), "terminal.json")
		if err := os.WriteFile(config, []byte(`{"hall": "h", "device": "terminal-3", `+file[1:]), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := open(append(sample, "-http", "127.0.0.1:0", "-config", config))
		var h *program.Hinted
		switch {
		case says == "" && err != nil:
			t.Errorf("%s: %v", file, err)
		case says != "" && (!errors.As(err, &h) || !h.Usage || !strings.Contains(err.Error(), says)):
			t.Errorf("%s: %v, want usage that says %s", file, err, says)
		}
		if err == nil {
			p.devices.Close()
		}
	}
}
