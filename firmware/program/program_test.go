package program_test

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
	"testing"

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
