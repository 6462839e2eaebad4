package terminal

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"jiaohao/protocol"
)

//go:embed web
var web embed.FS

const (
	bodyMax   = 4 << 10          // bytes of a press: two texts of 200 Chinese characters and the rest
	beatEvery = 10 * time.Second // the page takes 25 s of silence for a dead program
	writeMax  = 5 * time.Second  // for a page to take an update
	pagesMax  = 8                // live pages: one screen, and some who watch it
)

// Handler serves the clerk's page and what it needs, with paths relative to where
// it is mounted (with [http.StripPrefix], the mount ending in a slash):
//
//	GET  /        the page; ?lang=en for English
//	GET  /events  the [Screen], live: server-sent events, the whole screen each time
//	GET  /screen  the [Screen], once
//	POST /press   a [Press]
//
// A press that was taken answers 202, one that cannot be pressed now 409 and a
// malformed one 400, both with a [protocol.Refusal] as JSON. What the hub says to
// it is on the screen. A press from another site's page is refused with 403.
func (t *Terminal) Handler() http.Handler {
	files, err := fs.Sub(web, "web")
	if err != nil {
		panic("terminal: " + err.Error()) // the folder is part of the program
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /events", t.serveEvents)
	mux.HandleFunc("GET /screen", t.serveScreen)
	mux.HandleFunc("POST /press", t.servePress)
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusForbidden, protocol.Refuse(protocol.NotAllowed, "只接受本终端页面的操作", "only the terminal's own page may do that"))
	}))
	guarded := origin.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		guarded.ServeHTTP(w, r)
	})
}

func (t *Terminal) servePress(w http.ResponseWriter, r *http.Request) {
	var p Press
	if refusal := decode(w, r, &p); refusal != nil {
		refuse(w, http.StatusBadRequest, refusal)
		return
	}
	var refusal *protocol.Refusal
	switch err := t.Press(r.Context(), p); {
	case err == nil:
		w.WriteHeader(http.StatusAccepted)
	case errors.As(err, &refusal) && refusal.Code == protocol.BadRequest:
		refuse(w, http.StatusBadRequest, refusal)
	case errors.As(err, &refusal):
		refuse(w, http.StatusConflict, refusal)
	case errors.Is(err, ErrStopped):
		refuse(w, http.StatusServiceUnavailable, protocol.Refuse(protocol.Unavailable, "终端正在重新启动", "the terminal is restarting"))
	default:
		t.log.Debug("page has gone", "err", err)
	}
}

// decode reads one JSON object, and nothing behind it.
func decode(w http.ResponseWriter, r *http.Request, body any) *protocol.Refusal {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		return protocol.Refuse(protocol.BadRequest, fmt.Sprintf("请求过长或不完整，上限 %d 字节", bodyMax),
			fmt.Sprintf("the request is incomplete or longer than %d bytes", bodyMax))
	}
	var wrongType *json.UnmarshalTypeError
	switch err := json.Unmarshal(raw, body); {
	case !utf8.Valid(raw):
		return protocol.Refuse(protocol.BadRequest, "请求不是有效的 UTF-8 文本", "the request is not valid UTF-8")
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return protocol.Refuse(protocol.BadRequest, fmt.Sprintf("字段 %q 不能是 %s", wrongType.Field, wrongType.Value),
			fmt.Sprintf("field %q cannot be a %s", wrongType.Field, wrongType.Value))
	case err != nil:
		return protocol.Refuse(protocol.BadRequest, "请求应为一个 JSON 对象，如 {\"id\":\"…\",\"key\":\"big\"}",
			"the request must be one JSON object such as {\"id\":\"…\",\"key\":\"big\"}")
	}
	return nil
}

// refusalOf is an error as a refusal.
func refusalOf(err error) *protocol.Refusal {
	var refusal *protocol.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return protocol.Refuse(protocol.BadRequest, "请求有误", err.Error())
}

func refuse(w http.ResponseWriter, status int, r *protocol.Refusal) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// A page that has gone needs no answer.
	_ = json.NewEncoder(w).Encode(r)
}

func (t *Terminal) serveScreen(w http.ResponseWriter, r *http.Request) {
	screen, _ := t.live.get()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A page that has gone needs no answer.
	_, _ = w.Write(encode(screen))
}

// serveEvents sends the whole screen at once and whenever it changes.
func (t *Terminal) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !t.live.join() {
		refuse(w, http.StatusServiceUnavailable, protocol.Refuse(protocol.Overloaded,
			fmt.Sprintf("最多同时打开 %d 个页面", pagesMax), fmt.Sprintf("at most %d pages may be open", pagesMax)))
		return
	}
	defer t.live.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		screen, changed := t.live.get()
		// Recorders in tests have no deadline; servers do.
		_ = control.SetWriteDeadline(time.Now().Add(writeMax))
		if _, err := fmt.Fprintf(w, "data: %s\n\n", encode(screen)); err != nil {
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
		case <-t.done:
			return
		}
	}
}

func encode(s Screen) []byte {
	payload, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("terminal: screen: %v", err)) // plain texts and numbers always encode
	}
	return payload
}

// live hands the newest screen to any number of pages.
type live struct {
	mu      sync.Mutex // guards what follows: each page has a goroutine of its own
	screen  Screen
	at      time.Time     // when the screen was made
	changed chan struct{} // closed and replaced by set
	pages   int
}

func newLive() *live { return &live{changed: make(chan struct{})} }

func (l *live) set(s Screen, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.screen, l.at = s, now
	close(l.changed)
	l.changed = make(chan struct{})
}

// get returns the screen with its age, and what is closed when there is a newer one.
func (l *live) get() (s Screen, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s = l.screen
	s.AgeMS = time.Since(l.at).Milliseconds()
	return s, l.changed
}

func (l *live) join() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages == pagesMax {
		return false
	}
	l.pages++
	return true
}

func (l *live) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pages--
}
