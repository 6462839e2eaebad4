package dispenser

import (
	"context"
	"embed"
	"errors"
	"net/http"

	"jiaohao/firmware/page"
	"jiaohao/protocol"
)

//go:embed web
var web embed.FS

// bodyMax bounds a request of the page in bytes: ten times what it sends.
const bodyMax = 1 << 10

// Handler serves the kiosk page and what it needs, with paths relative to where
// it is mounted (with [http.StripPrefix], the mount ending in a slash):
//
//	GET  /         the page
//	GET  /events   the view, live: server-sent events of [View] as JSON
//	POST /press    a [Press]
//	POST /reprint  {"number":"A012"}: once more on paper, if its paper never came
//	POST /materials {"service":"tax"}: what to bring, on paper, without a number
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
		mux.HandleFunc("GET "+f.path, page.File(web, "web/"+f.name, f.kind))
	}
	mux.HandleFunc("GET /events", d.live.Serve(d.done))
	mux.HandleFunc("POST /press", command(d, func(ctx context.Context, p Press) error { return d.Press(ctx, p) }))
	mux.HandleFunc("POST /reprint", command(d, func(ctx context.Context, r reprint) error {
		return d.ask(ctx, func() error { return d.reprint(r.Number) })
	}))
	mux.HandleFunc("POST /materials", command(d, func(ctx context.Context, w wanted) error {
		return d.ask(ctx, func() error { return d.printMaterials(w) })
	}))
	mux.HandleFunc("POST /done", command(d, func(ctx context.Context, r read) error {
		return d.ask(ctx, func() error { d.dismiss(r.No); return nil })
	}))
	return page.Guard(mux, protocol.Refuse(protocol.NotAllowed, "只接受取号机自己页面的请求", "only the dispenser's own page may do that"))
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

// command makes a handler of one POST.
func command[T any](d *Dispenser, do func(context.Context, T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body T
		if refusal := page.Decode(w, r, bodyMax, &body); refusal != nil {
			page.Refuse(w, http.StatusBadRequest, refusal)
			return
		}
		var refusal *protocol.Refusal
		switch err := do(r.Context(), body); {
		case err == nil:
			w.WriteHeader(http.StatusAccepted)
		case errors.Is(err, ErrIgnored):
			w.WriteHeader(http.StatusNoContent)
		case errors.As(err, &refusal):
			page.Refuse(w, http.StatusConflict, refusal)
		default:
			d.log.Debug("page has gone", "err", err)
		}
	}
}
