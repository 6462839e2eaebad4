package terminal

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"jiaohao/firmware/page"
	"jiaohao/protocol"
)

//go:embed web
var web embed.FS

// bodyMax bounds a press in bytes: two texts of 200 Chinese characters and the rest.
const bodyMax = 4 << 10

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
// it is on the screen. A press that is not from this page itself is refused with 403.
func (t *Terminal) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, f := range []struct{ path, name, kind string }{
		{"/{$}", "index.html", "text/html"}, {"/terminal.css", "terminal.css", "text/css"}, {"/icon.svg", "icon.svg", "image/svg+xml"},
		{"/terminal.js", "terminal.js", "text/javascript"}, {"/words.js", "words.js", "text/javascript"},
	} {
		mux.HandleFunc("GET "+f.path, page.File(web, "web/"+f.name, f.kind))
	}
	mux.HandleFunc("GET /events", t.live.Serve(t.done))
	mux.HandleFunc("GET /screen", t.serveScreen)
	mux.HandleFunc("POST /press", t.servePress)
	return page.Guard(mux, protocol.Refuse(protocol.NotAllowed, "只接受本终端页面的操作", "only the terminal's own page may do that"))
}

func (t *Terminal) servePress(w http.ResponseWriter, r *http.Request) {
	var p Press
	if refusal := page.Decode(w, r, bodyMax, &p); refusal != nil {
		page.Refuse(w, http.StatusBadRequest, refusal)
		return
	}
	var refusal *protocol.Refusal
	switch err := t.Press(r.Context(), p); {
	case err == nil:
		w.WriteHeader(http.StatusAccepted)
	case errors.As(err, &refusal) && refusal.Code == protocol.BadRequest:
		page.Refuse(w, http.StatusBadRequest, refusal)
	case errors.As(err, &refusal):
		page.Refuse(w, http.StatusConflict, refusal)
	case errors.Is(err, ErrStopped):
		page.Refuse(w, http.StatusServiceUnavailable, protocol.Refuse(protocol.Unavailable, "终端正在重新启动", "the terminal is restarting"))
	default:
		t.log.Debug("page has gone", "err", err)
	}
}

// refusalOf is an error as a refusal.
func refusalOf(err error) *protocol.Refusal {
	var refusal *protocol.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return protocol.Refuse(protocol.BadRequest, "请求有误", err.Error())
}

func (t *Terminal) serveScreen(w http.ResponseWriter, r *http.Request) {
	state, _ := t.live.Get()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A page that has gone needs no answer.
	_, _ = w.Write(state)
}

func encode(s Screen) []byte {
	payload, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("terminal: screen: %v", err)) // plain texts and numbers always encode
	}
	return payload
}
