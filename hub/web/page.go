package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

//go:embed template/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// page is what every page's template has; its methods are the templates' words.
type page struct {
	Lang    protocol.Lang
	Path    string
	Title   string
	Style   string // further style sheet
	Script  string // module of a live page
	Hall    string
	User    *person
	Flash   *flash
	Version string

	texts *catalogue
	query url.Values
	zone  *time.Location
}

// flash is what became of the last action.
type flash struct {
	Bad  bool
	Head string // instead of the usual first words
	Text string
}

// T returns a text of the catalogue.
func (p *page) T(key string, args ...any) string { return p.texts.say(p.Lang, key, args...) }

// Say returns a text of the plan in the page's language.
func (p *page) Say(t protocol.Text) string { return t.In(p.Lang) }

// Other is the language that the switch link leads to.
func (p *page) Other() protocol.Lang { return p.texts.other(p.Lang) }

// Switch is this page in the other language.
func (p *page) Switch() string {
	q := url.Values{}
	for k, v := range p.query {
		q[k] = v
	}
	q.Set("lang", string(p.Other()))
	q.Del("done")
	return p.Path + "?" + q.Encode()
}

// Zone is the hall's time zone by its IANA name.
func (p *page) Zone() string { return p.zone.String() }

// ISO writes a time for the datetime attribute.
func (p *page) ISO(t time.Time) string { return t.In(p.zone).Format(time.RFC3339) }

// HM writes the time of day to the minute.
func (p *page) HM(t time.Time) string { return t.In(p.zone).Format("15:04") }

// HMS writes the time of day to the second.
func (p *page) HMS(t time.Time) string { return t.In(p.zone).Format("15:04:05") }

// Date writes month, day and time of day.
func (p *page) Date(t time.Time) string { return t.In(p.zone).Format("01-02 15:04") }

// Clock writes a duration as minutes and seconds, with hours when there are any.
func (p *page) Clock(d time.Duration) string {
	s := int(max(0, d).Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Minutes writes the range of a wait as the slip does: rounded outwards to minutes,
// and nobody is promised 0.
func (p *page) Minutes(r protocol.Range) string {
	const minute = 60_000
	high := max((r.HighMS+minute-1)/minute, 1)
	low := min(max(r.LowMS/minute, 1), high)
	switch {
	case !r.Known:
		return p.T("wait.unknown")
	case low == high:
		return p.T("wait.about", high)
	}
	return p.T("wait.range", low, high)
}

// WindowLabel is a window's short label as people say it: 3号窗口.
func (p *page) WindowLabel(label string) string {
	for i := range len(label) {
		if c := label[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' {
			return label
		}
	}
	if label == "" {
		return ""
	}
	return p.T("window.label", label)
}

// Long reports whether s is wider than most columns and needs smaller letters. A
// Latin letter takes one column, a Chinese character two.
func (p *page) Long(s string, most int) bool {
	width := 0
	for _, r := range s {
		width++
		if r >= 0x1100 {
			width++
		}
	}
	return width > most
}

// Stars draws a rating.
func (p *page) Stars(n int) string {
	n = min(max(n, 0), 5)
	return strings.Repeat("★", n) + strings.Repeat("☆", 5-n)
}

// NewID is a request id for a form: made when the page was, so that pressing
// twice is one request.
func (p *page) NewID() string { return "web-" + rand.Text() }

// parseTemplates reads all pages once. They use nothing but methods of their data.
func parseTemplates() (*template.Template, error) {
	t, err := template.New("").ParseFS(templateFiles, "template/*.html")
	if err != nil {
		return nil, fmt.Errorf("web: templates: %w", err)
	}
	return t, nil
}

// page begins the data of a page for this request.
func (s *Server) page(r *http.Request, title string) page {
	p := page{
		Lang: s.texts.choose(r), Path: r.URL.Path, query: r.URL.Query(), texts: s.texts,
		zone: time.Local, Version: s.opts.Version, User: s.who(r),
	}
	p.Hall = p.T("site.name")
	p.place(s.plan())
	if title != "" {
		p.Title = p.T(title) + " · " + p.Hall
	}
	return p
}

// place takes the hall's name and time zone from its plan.
func (p *page) place(plan *queue.Plan) {
	if name := p.Say(plan.Name); name != "" {
		p.Hall = name
	}
	if plan.Zone == "" {
		return
	}
	if zone, err := time.LoadLocation(plan.Zone); err == nil {
		p.zone = zone
	}
}

// render writes a page, or an error page when its template fails: nothing is
// sent before the whole page stands.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := s.templates.ExecuteTemplate(&b, name, data); err != nil {
		s.opts.Log.Error("page failed", "page", name, "err", err)
		if name == "error" {
			http.Error(w, "500", http.StatusInternalServerError)
			return
		}
		s.fail(w, r, http.StatusInternalServerError)
		return
	}
	s.texts.remember(w, r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser may be gone; there is nobody to tell
}

// errorPage is a plain page that says what is the matter in everyday words.
type errorPage struct {
	page
	Heading string
	Message string
}

// fail answers with the plain page of a status.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int) {
	key := "error.other"
	switch status {
	case http.StatusNotFound, http.StatusForbidden, http.StatusBadRequest, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		key = fmt.Sprintf("error.%d", status)
	}
	s.failFor(w, r, status, key)
}

// failFor answers with the reason that key words: a page, or a refusal to a program.
func (s *Server) failFor(w http.ResponseWriter, r *http.Request, status int, key string) {
	if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/live/") {
		s.refuse(w, status, s.texts.both(key))
		return
	}
	s.plain(w, r, status, key)
}

// plain answers with a heading and a sentence.
func (s *Server) plain(w http.ResponseWriter, r *http.Request, status int, key string) {
	p := errorPage{page: s.page(r, key+".title")}
	p.Style, p.Heading, p.Message = "pages.css", p.T(key+".title"), p.T(key)
	s.render(w, r, status, "error", &p)
}

// headers sets what every answer has. Nothing comes from or goes to elsewhere.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		framers := "'none'"
		if r.URL.Path == "/board" || strings.HasPrefix(r.URL.Path, "/window/") || strings.HasPrefix(r.URL.Path, "/t/") {
			framers = "'self'" // pages without a login may stand beside others on one screen
		}
		h.Set("Content-Security-Policy",
			"default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors "+framers)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("X-Robots-Tag", "noindex")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// windowText is a window's label as this page says it.
func (p *page) windowText(plan *queue.Plan, id protocol.WindowID) string {
	return p.WindowLabel(plan.Label(id))
}
