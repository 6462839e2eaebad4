package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// screen is what a window's screen shows: nothing of it is about persons.
type screen struct {
	At     time.Time         `json:"at"` // by the hub's clock
	Window protocol.WindowID `json:"window"`
	Label  string            `json:"label"`            // short
	Name   protocol.Text     `json:"name"`             // for people
	Status protocol.Status   `json:"status"`           // what the window is doing
	Number string            `json:"number,omitempty"` // at the window now
	Called bool              `json:"called,omitempty"` // and not yet there
	Call   uint64            `json:"call,omitempty"`   // of the number: the screen blinks when it grows
	To     string            `json:"to,omitempty"`     // label of the window that covers for it now
	Serves []protocol.Text   `json:"serves,omitempty"` // names of its services
	Notice protocol.Text     `json:"notice,omitempty"` // for everybody in the hall

	languages []protocol.Lang
}

// windowView is the page of a screen beside or over a window. It speaks all languages of the
// hall at once, or the one of ?lang=.
type windowView struct {
	page
	screen
	Langs []protocol.Lang
}

// In returns a text of the catalogue in one language.
func (v *windowView) In(lang protocol.Lang, key string, args ...any) string {
	return v.texts.say(lang, key, args...)
}

// WindowIn is a window's short label as people say it in one language.
func (v *windowView) WindowIn(lang protocol.Lang, label string) string {
	p := page{Lang: lang, texts: v.texts}
	return p.WindowLabel(label)
}

// Titled reports whether the name says more than the label does.
func (v *windowView) Titled(lang protocol.Lang) bool {
	return v.Name[lang] != "" && v.Name[lang] != v.WindowIn(lang, v.Label)
}

// Word is the key of what the window says below its number, or instead of one.
func (v *windowView) Word() string {
	switch {
	case v.Called:
		return "window.come"
	case v.Number != "":
		return "window.serving"
	case v.To != "":
		return "window.goto"
	case v.Status == protocol.Open:
		return "window.free"
	case v.Status == protocol.Closed:
		return "window.closed"
	}
	return "window.paused"
}

// screens returns the screens of all windows as they were at since or later: they share one fold,
// however many of them are watched.
func (s *Server) screensNow(ctx context.Context, since time.Time) ([]screen, error) {
	return s.screens.get(since, func() (all []screen, err error) {
		err = s.read(ctx, func(st *queue.State, now time.Time) { all = foldScreens(st, now) })
		return all, err
	})
}

func foldScreens(st *queue.State, now time.Time) []screen {
	var all []screen
	board := view.Board(st, now)
	for i, w := range board.Windows {
		one := screen{
			At: now, Window: w.Window, Label: w.Label, Status: w.Status, Number: w.Number, To: w.To,
			Notice: board.Notice, languages: st.Plan.Languages,
		}
		plan := &st.Plan.Windows[i]
		one.Name = plan.Name
		for _, id := range plan.Primary {
			if service := st.Plan.Service(id); service != nil {
				one.Serves = append(one.Serves, service.Name)
			}
		}
		if post := st.Posts[w.Window]; post != nil {
			if t := st.Tickets[post.Ticket]; t != nil {
				one.Called, one.Call = t.Stage == protocol.Called, t.Call
			}
		}
		all = append(all, one)
	}
	return all
}

func (s *Server) windowPage(w http.ResponseWriter, r *http.Request) {
	f, ok, err := s.windowFrame(r, time.Now())
	switch {
	case err != nil:
		s.fail(w, r, http.StatusServiceUnavailable)
	case !ok:
		s.fail(w, r, http.StatusNotFound)
	default:
		s.render(w, r, http.StatusOK, "window", f.page)
	}
}

// liveWindow streams a window's screen; a window that the plan does not have is not found.
func (s *Server) liveWindow(w http.ResponseWriter, r *http.Request) {
	if _, ok, err := s.windowFrame(r, recent()); err == nil && !ok {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	s.live(func(r *http.Request, since time.Time) (frame, error) {
		f, _, err := s.windowFrame(r, since)
		return f, err
	}, streamPace, streamRefresh)(w, r)
}

// windowFrame makes the screen of the window in r's path; ok is false when the plan does not have it.
func (s *Server) windowFrame(r *http.Request, since time.Time) (f frame, ok bool, err error) {
	all, err := s.screensNow(r.Context(), since)
	if err != nil {
		return frame{}, false, err
	}
	i := slices.IndexFunc(all, func(o screen) bool { return string(o.Window) == r.PathValue("id") })
	if i < 0 {
		return frame{}, false, nil
	}
	v := &windowView{page: s.page(r, ""), screen: all[i]}
	v.Style, v.Script = "window.css", "live.js"
	v.Title = v.WindowLabel(v.Label) + " · " + v.Hall
	v.Langs = v.languages
	if s.texts.texts[protocol.Lang(r.URL.Query().Get("lang"))] != nil || len(v.Langs) == 0 {
		v.Langs = []protocol.Lang{v.Lang}
	}
	v.Lang = v.Langs[0]
	return frame{at: all[i].At, state: all[i], template: "window-live", page: v}, true, nil
}
