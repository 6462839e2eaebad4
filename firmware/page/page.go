// Package page is what the devices' local pages have in common: they take requests from
// themselves only, of a bounded size, answer a no in words, and show what is so live.
package page

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"jiaohao/protocol"
)

const (
	beatEvery = 10 * time.Second // a page takes 25 s of silence for a dead program
	writeMax  = 5 * time.Second  // for a page to take an update
	pagesMax  = 8                // live pages: one screen, and some who watch it
)

// Guard sets what keeps foreign pages and scripts out, and answers a POST that does not
// come from a page of this server with 403 and foreign.
func Guard(next http.Handler, foreign *protocol.Refusal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		if r.Method == http.MethodPost && !sameOrigin(r) {
			Refuse(w, http.StatusForbidden, foreign)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin reports whether the browser says that the request comes from a page
// of this server. No Origin is no browser.
func sameOrigin(r *http.Request) bool {
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || origin.Host == "" || !strings.EqualFold(origin.Host, r.Host) {
		return false
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin"
}

// Decode reads one JSON object of at most most bytes into body, and nothing behind it. The
// refusal says what is wrong; nil is well.
func Decode(w http.ResponseWriter, r *http.Request, most int64, body any) *protocol.Refusal {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		return protocol.Refuse(protocol.BadRequest, fmt.Sprintf("请求过长或不完整，上限 %d 字节", most),
			fmt.Sprintf("the request is incomplete or longer than %d bytes", most))
	}
	var wrongType *json.UnmarshalTypeError
	switch err := json.Unmarshal(raw, body); {
	case !utf8.Valid(raw):
		return protocol.Refuse(protocol.BadRequest, "请求不是有效的 UTF-8 文本", "the request is not valid UTF-8")
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return protocol.Refuse(protocol.BadRequest, fmt.Sprintf("字段 %q 不能是 %s", wrongType.Field, wrongType.Value),
			fmt.Sprintf("field %q cannot be a %s", wrongType.Field, wrongType.Value))
	case err != nil:
		return protocol.Refuse(protocol.BadRequest, "请求应为一个 JSON 对象", "the request must be one JSON object")
	}
	return nil
}

// Refuse answers with status and r as JSON.
func Refuse(w http.ResponseWriter, status int, r *protocol.Refusal) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// A page that has gone needs no answer.
	_ = json.NewEncoder(w).Encode(r)
}

// File serves one file of a page, which is small enough to send it whole. It panics when the file is not
// there: it is part of the program.
func File(files embed.FS, name, kind string) http.HandlerFunc {
	content, err := files.ReadFile(name)
	if err != nil {
		panic("page: " + err.Error())
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind+"; charset=utf-8")
		// A page that has gone needs no answer.
		_, _ = w.Write(content)
	}
}

// Live hands the newest state to any number of pages.
type Live struct {
	mu      sync.Mutex // guards what follows: each page has a goroutine of its own
	state   func() []byte
	changed chan struct{} // closed and replaced by Set
	pages   int
}

// NewLive returns a Live of a state that is not known yet: JSON's null.
func NewLive() *Live {
	return &Live{changed: make(chan struct{}), state: func() []byte { return []byte("null") }}
}

// Set tells all pages of a new state. state makes its JSON, on one line, at the moment at which it is
// sent, and may be called by several goroutines.
func (l *Live) Set(state func() []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = state
	close(l.changed)
	l.changed = make(chan struct{})
}

// Get returns the newest state's JSON, and what is closed when there is a newer one.
func (l *Live) Get() (state []byte, changed <-chan struct{}) {
	l.mu.Lock()
	render, changed := l.state, l.changed
	l.mu.Unlock()
	return render(), changed
}

// Serve sends the whole state at once, whenever it changes, and every 10 s, as server-sent events, until
// the page goes or done is closed. More than 8 pages at once are answered with 503.
func (l *Live) Serve(done <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !l.count(1) {
			Refuse(w, http.StatusServiceUnavailable, protocol.Refuse(protocol.Overloaded,
				fmt.Sprintf("最多同时打开 %d 个页面", pagesMax), fmt.Sprintf("at most %d pages may be open", pagesMax)))
			return
		}
		defer l.count(-1)
		w.Header().Set("Content-Type", "text/event-stream")
		control := http.NewResponseController(w)
		beat := time.NewTicker(beatEvery)
		defer beat.Stop()
		for {
			state, changed := l.Get()
			// Recorders in tests have no deadline; servers do.
			_ = control.SetWriteDeadline(time.Now().Add(writeMax))
			if _, err := fmt.Fprintf(w, "data: %s\n\n", state); err != nil {
				return
			}
			if err := control.Flush(); err != nil {
				return
			}
			select {
			case <-changed:
			case <-beat.C:
			case <-r.Context().Done():
				return
			case <-done:
				return
			}
		}
	}
}

// count adds n pages; it reports false when there would be too many.
func (l *Live) count(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages+n > pagesMax {
		return false
	}
	l.pages += n
	return true
}
