package dispenser_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/protocol"
)

// request sends a request as the page would, changed by edit.
func request(h *hall, method, path, body string, edit func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	r.Header.Set("Origin", "http://127.0.0.1:8080")
	if edit != nil {
		edit(r)
	}
	w := httptest.NewRecorder()
	h.d.Handler().ServeHTTP(w, r)
	return w
}

func TestPageTakesATicket(t *testing.T) {
	inHall(t, func(h *hall) {
		if w := request(h, "POST", "/press", `{"service":"social"}`, nil); w.Code != http.StatusAccepted {
			t.Fatalf("press: %d %s", w.Code, w.Body)
		}
		if w := request(h, "POST", "/press", `{"service":"social"}`, nil); w.Code != http.StatusNoContent {
			t.Errorf("double tap: %d, want 204", w.Code)
		}
		h.later(2 * time.Second)
		if len(h.slips()) != 1 {
			t.Fatalf("%d slips, want 1", len(h.slips()))
		}
		if w := request(h, "POST", "/done", `{"no":`+strconv.Itoa(h.view().Result.No)+`}`, nil); w.Code != http.StatusAccepted {
			t.Errorf("done: %d %s", w.Code, w.Body)
		}
		if v := h.view(); v.Result != nil {
			t.Errorf("screen shows %+v after done", v.Result)
		}
	})
}

func TestWrongRequestsOfThePageAreRefusedByName(t *testing.T) {
	inHall(t, func(h *hall) {
		for _, c := range []struct {
			name, path, body string
			edit             func(*http.Request)
			status           int
			say              string
		}{
			{"foreign page", "/press", `{"service":"social"}`, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403, "取号机自己"},
			{"no browser", "/press", `{"service":"social"}`, func(r *http.Request) { r.Header.Del("Origin") }, 403, "取号机自己"},
			{"foreign frame", "/press", `{"service":"social"}`, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403, "取号机自己"},
			{"no JSON", "/press", `service=social`, nil, 400, "JSON"},
			{"two values", "/press", `{"service":"social"}{}`, nil, 400, "JSON"},
			{"wrong type", "/press", `{"service":7}`, nil, 400, "service"},
			{"too long", "/press", `{"service":"` + strings.Repeat("a", 2000) + `"}`, nil, 400, "1024"},
			{"no UTF-8", "/press", "{\"service\":\"\xff\"}", nil, 400, "UTF-8"},
			{"unknown service", "/press", `{"service":"<script>"}`, nil, 409, "没有这项业务"},
			{"number without fault", "/reprint", `{"number":"A999"}`, nil, 409, "A999"},
		} {
			w := request(h, "POST", c.path, c.body, c.edit)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.say) {
				t.Errorf("%s: %d %s, want %d with %q", c.name, w.Code, w.Body, c.status, c.say)
			}
		}
		h.later(3 * time.Second)
		if len(h.issued) != 0 {
			t.Errorf("%d tickets were issued", len(h.issued))
		}
	})
}

func TestEveryFileOfThePageForbidsForeignScripts(t *testing.T) {
	inHall(t, func(h *hall) {
		for _, path := range []string{"/", "/kiosk.css", "/kiosk.js", "/icon.svg"} {
			w := request(h, "GET", path, "", nil)
			if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'self'") {
				t.Errorf("%s: %d %v", path, w.Code, w.Header())
			}
			if body := w.Body.String(); strings.Contains(body, "style=") || strings.Contains(body, "<script>") {
				t.Errorf("%s holds inline script or style, which the browser will not take", path)
			}
		}
		if w := request(h, "GET", "/../dispenser.go", "", nil); w.Code == 200 {
			t.Error("a file outside the page is served")
		}
	})
}

func TestPageHearsOfEachChange(t *testing.T) {
	inHall(t, func(h *hall) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		pr, pw := io.Pipe()
		go func() {
			r := httptest.NewRequest("GET", "http://127.0.0.1:8080/events", nil).WithContext(ctx)
			h.d.Handler().ServeHTTP(&stream{ResponseRecorder: httptest.NewRecorder(), to: pw}, r)
			pw.Close()
		}()
		updates := make(chan string, 100)
		go func() {
			buf := make([]byte, 32<<10)
			for {
				n, err := pr.Read(buf)
				if err != nil {
					close(updates)
					return
				}
				updates <- string(buf[:n])
			}
		}()
		synctest.Wait()
		wants(t, <-updates, "data: {", "社会保险")
		h.tellService("social", true, 77)
		synctest.Wait()
		wants(t, <-updates, `"waiting":77`)
		cancel()
		synctest.Wait()
		if _, open := <-updates; open {
			t.Error("the stream goes on after the page has gone")
		}
	})
}

// stream is a recorder that hands on what is written at once.
type stream struct {
	*httptest.ResponseRecorder
	to io.Writer
}

func (s *stream) Write(b []byte) (int, error) { return s.to.Write(b) }

func TestButtonForAServiceThatIsGoneIsAnswered(t *testing.T) {
	inHall(t, func(h *hall) {
		w := request(h, "POST", "/press", `{"service":"gone"}`, nil)
		var r protocol.Refusal
		if err := protocol.Decode(w.Body.Bytes(), &r); err != nil || r.Code != protocol.UnknownService {
			t.Errorf("%s, %v: want unknown_service", w.Body, err)
		}
	})
}
