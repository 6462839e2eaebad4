package dispenser

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"jiaohao/protocol"
)

//go:embed web
var web embed.FS

const (
	bodyMax   = 1 << 10          // bytes of a request of the page: ten times what it sends
	beatEvery = 10 * time.Second // the page takes 25 s of silence for a dead program
	writeMax  = 5 * time.Second  // for a page to take an update
)

// Handler serves the kiosk page and what it needs, with paths relative to where
// it is mounted (with [http.StripPrefix], the mount ending in a slash):
//
//	GET  /         the page
//	GET  /events   the view, live: server-sent events of [View] as JSON
//	POST /press    a [Press]
//	POST /reprint  {"number":"A012"}: once more on paper, if its paper never came
//	POST /done     {"no":7}: the citizen has read result 7
//
// A POST answers 202, or 4xx with a [protocol.Refusal] as JSON. It is taken only
// from the page itself.
func (d *Dispenser) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, f := range []struct{ path, name, kind string }{
		{"/{$}", "index.html", "text/html"}, {"/kiosk.css", "kiosk.css", "text/css"},
		{"/kiosk.js", "kiosk.js", "text/javascript"}, {"/icon.svg", "icon.svg", "image/svg+xml"},
	} {
		mux.HandleFunc("GET "+f.path, file(f.name, f.kind))
	}
	mux.HandleFunc("GET /events", d.serveEvents)
	mux.HandleFunc("POST /press", command(d, func(ctx context.Context, p Press) error { return d.Press(ctx, p) }))
	mux.HandleFunc("POST /reprint", command(d, func(ctx context.Context, r reprint) error {
		return d.ask(ctx, func() error { return d.reprint(r.Number) })
	}))
	mux.HandleFunc("POST /done", command(d, func(ctx context.Context, r read) error {
		return d.ask(ctx, func() error { d.dismiss(r.No); return nil })
	}))
	return guard(mux)
}

// file serves one file of the page, which is small enough to send it whole.
func file(name, kind string) http.HandlerFunc {
	content, err := web.ReadFile("web/" + name)
	if err != nil {
		panic("dispenser: " + err.Error()) // the file is part of the program
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind+"; charset=utf-8")
		// A page that has gone needs no answer.
		_, _ = w.Write(content)
	}
}

type reprint struct {
	Number string `json:"number"`
}

type read struct {
	No int `json:"no"`
}

// dismiss returns to the start if result no is still shown and final.
func (d *Dispenser) dismiss(no int) {
	if d.result != nil && d.result.No == no && d.result.Kind != ResultWorking {
		d.result = nil
	}
}

// guard sets what keeps foreign pages and scripts out.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		if r.Method == http.MethodPost && !sameOrigin(r) {
			refuse(w, http.StatusForbidden, protocol.Refuse(protocol.NotAllowed, "只接受取号机自己页面的请求", "only the dispenser's own page may do that"))
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

// command makes a handler of one POST.
func command[T any](d *Dispenser, do func(context.Context, T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body T
		if refusal := decode(w, r, &body); refusal != nil {
			refuse(w, http.StatusBadRequest, refusal)
			return
		}
		var refusal *protocol.Refusal
		switch err := do(r.Context(), body); {
		case err == nil:
			w.WriteHeader(http.StatusAccepted)
		case errors.Is(err, ErrIgnored):
			w.WriteHeader(http.StatusNoContent)
		case errors.As(err, &refusal):
			refuse(w, http.StatusConflict, refusal)
		default:
			d.log.Debug("page has gone", "err", err)
		}
	}
}

// decode reads one JSON object of known fields, and nothing behind it.
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
		return protocol.Refuse(protocol.BadRequest, "请求应为一个 JSON 对象", "the request must be one JSON object")
	}
	return nil
}

func refuse(w http.ResponseWriter, status int, r *protocol.Refusal) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// A page that has gone needs no answer.
	_ = json.NewEncoder(w).Encode(r)
}

// serveEvents sends the view at once and whenever it changes.
func (d *Dispenser) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !d.live.join() {
		refuse(w, http.StatusServiceUnavailable, protocol.Refuse(protocol.Overloaded,
			fmt.Sprintf("最多同时打开 %d 个页面", clientsMax), fmt.Sprintf("at most %d pages may be open", clientsMax)))
		return
	}
	defer d.live.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		payload, changed := d.live.get()
		// Recorders in tests have no deadline; servers do.
		_ = control.SetWriteDeadline(time.Now().Add(writeMax))
		if _, err := fmt.Fprintf(w, "data: %s\n\n", payload); err != nil {
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
		case <-d.done:
			return
		}
	}
}
