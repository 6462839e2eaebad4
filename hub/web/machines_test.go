package web

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/protocol"
)

func TestHealthIsOKWhileTheHallAnswers(t *testing.T) {
	b := newBench(t, smallPlan(t))
	if a := b.get("/healthz"); a.status != http.StatusOK || a.body != "ok\n" {
		t.Errorf("%d %q", a.status, a.body)
	}
}

// stopped is the faces of a hall that does not run.
func stopped(t *testing.T) *Server {
	t.Helper()
	j, err := journal.Open(t.TempDir(), journal.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	h, err := hall.Open(j, hall.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Run(ended); err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Hall: h, Journal: j, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhenTheHallHasStoppedPagesSaySoPlainly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- stopped(t).Serve(ctx, l) }()
	for path, text := range map[string]string{
		"/healthz": "hall\n", "/board": "系统暂时无法应答", "/live/board": "unavailable", "/api/v1/board": "unavailable",
	} {
		resp, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), text) {
			t.Errorf("%s: %d %s %v", path, resp.StatusCode, body, err)
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
}

func TestMetricsCountTicketsWindowsAndRequests(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.signOn("1", "lin")
	b.issue("social")
	b.issue("social")
	b.at("1", protocol.WindowCallNext)
	b.get("/board")
	b.get("/t/" + b.token("20261123-A009"))
	a := b.get("/metrics")
	b.has(a, `jiaohao_tickets_total{event="issued"} 2`, `jiaohao_tickets_total{event="called"} 1`,
		`jiaohao_waiting_tickets{service="social"} 1`, `jiaohao_windows{status="open"} 1`, `jiaohao_windows{status="closed"} 2`,
		`jiaohao_http_requests_total{code="200",route="GET /board"} 1`,
		`jiaohao_http_requests_total{code="404",route="GET /t/{token}"} 1`, "jiaohao_journal_events_total", "go_goroutines")
	if strings.Contains(a.body, "A009") {
		t.Error("the metrics hold a ticket's link")
	}
}

func TestStaticFilesAreAskedForAgainAndNotSentAgain(t *testing.T) {
	b := newBench(t, smallPlan(t))
	first := b.get("/static/board.css")
	r := b.request(http.MethodGet, "/static/board.css", "", nil)
	r.Header.Set("If-None-Match", first.header.Get("ETag"))
	if a := b.do(b.client, r); a.status != http.StatusNotModified {
		t.Errorf("status %d", a.status)
	}
	for name, kind := range map[string]string{"live.js": "text/javascript", "pages.css": "text/css", "icon.svg": "image/svg+xml"} {
		if a := b.get("/static/" + name); !strings.HasPrefix(a.header.Get("Content-Type"), kind) {
			t.Errorf("%s is %s", name, a.header.Get("Content-Type"))
		}
	}
}
