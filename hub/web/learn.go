package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"jiaohao/hub/learn"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// learnedView is the page of what the hall has learned.
type learnedView struct {
	page
	Nights int    // that have taught
	Day    string // last day in it
	Groups []figureGroup
}

// figureGroup are the figures of one kind.
type figureGroup struct {
	Kind string
	Rows []figureRow
}

// figureRow is one figure in the words of the page.
type figureRow struct {
	learn.Figure
	Name     string
	Was, Now string // prior and value
	N        string // observations
	Behind   string // and what they are
	Sentence string
}

// learned are all figures as the API gives them.
type learned struct {
	At      time.Time      `json:"at"`
	Version int            `json:"version"` // nights that have taught
	Day     string         `json:"day,omitempty"`
	Figures []learn.Figure `json:"figures"`
}

func (s *Server) learnedNow(r *http.Request) (learned, error) {
	l := learned{Figures: []learn.Figure{}}
	err := s.read(r.Context(), func(st *queue.State, now time.Time) {
		b := learn.Of(st.Figures, s.plan())
		l.At, l.Version, l.Figures = now, b.Version(), b.List()
		if st.Figures != nil {
			l.Day = st.Figures.Day
		}
	})
	return l, err
}

func (s *Server) apiLearned(w http.ResponseWriter, r *http.Request) {
	l, err := s.learnedNow(r)
	s.answer(w, r, l, err)
}

func (s *Server) learnedPage(w http.ResponseWriter, r *http.Request) {
	s.showLearned(w, r, http.StatusOK, nil)
}

func (s *Server) showLearned(w http.ResponseWriter, r *http.Request, status int, f *flash) {
	l, err := s.learnedNow(r)
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	v := &learnedView{page: s.page(r, "nav.learned"), Nights: l.Version, Day: l.Day}
	v.Style, v.Path, v.Flash = "pages.css", "/learned", f
	if f == nil && r.URL.Query().Has("done") {
		v.Flash = &flash{Text: v.T("flash.done")}
	}
	plan := s.plan()
	for _, figure := range l.Figures {
		if n := len(v.Groups); n == 0 || v.Groups[n-1].Kind != figure.Kind {
			v.Groups = append(v.Groups, figureGroup{Kind: figure.Kind})
		}
		g := &v.Groups[len(v.Groups)-1]
		g.Rows = append(g.Rows, v.row(figure, plan))
	}
	s.render(w, r, status, "learned", v)
}

// row words a figure.
func (v *learnedView) row(f learn.Figure, plan *queue.Plan) figureRow {
	r := figureRow{Figure: f, Name: v.T("figure." + f.Kind), N: fmt.Sprintf("%.0f", f.Count)}
	r.Behind = v.T("figure."+f.Kind+".n", r.N)
	switch f.Kind {
	case queue.FigureTime, queue.FigureArrivals:
		if svc := plan.Service(protocol.ServiceID(f.ID)); svc != nil {
			r.Name = v.Say(svc.Name)
		}
	case queue.FigureClerk:
		if c := plan.Clerk(protocol.ClerkID(f.ID)); c != nil {
			r.Name = v.Say(c.Name)
		}
	case queue.FigureHours:
		if w := plan.Window(protocol.WindowID(f.ID)); w != nil {
			r.Name = v.Say(w.Name)
		}
	}
	r.Was, r.Now = v.value(f.Unit, f.Prior), v.value(f.Unit, f.Value)
	weight := fmt.Sprintf("%.0f", f.Weight)
	key := "figure." + f.Kind + ".why"
	switch {
	case f.Count < 0.5 && f.Kind == queue.FigureArrivals:
		r.Was, r.Now, r.Sentence = "—", "—", v.T("figure.arrivals.none")
	case f.Count < 0.5 && f.Kind == queue.FigureTime && f.Weight == 1:
		r.Sentence = v.T("figure.time.untold", r.Was)
	case f.Kind == queue.FigureHours && f.Count <= 1:
		r.Was, r.Now, r.Sentence = "", "—", v.T("figure.hours.few")
	case f.Kind == queue.FigureHours && f.Hours == "":
		r.Was, r.Now, r.Sentence = "", "—", v.T("figure.hours.none", r.N)
	case f.Kind == queue.FigureHours:
		r.Was, r.Now, r.Sentence = "", f.Hours, v.T(key, r.N)
	case f.Count < 0.5:
		r.Sentence = v.T("figure.none", r.Was)
	case f.Kind == queue.FigureArrivals:
		r.Was, r.Sentence = "—", v.T(key, r.N, r.Now)
	case f.Kind == queue.FigureClerk:
		r.Sentence = v.T(key, r.N, weight)
	default:
		r.Sentence = v.T(key, r.N, r.Was, weight)
	}
	return r
}

// value writes a figure in its unit.
func (v *learnedView) value(u learn.Unit, n float64) string {
	switch u {
	case learn.Seconds:
		return v.Clock(time.Duration(n * float64(time.Second)))
	case learn.Times:
		return v.T("figure.times", n)
	case learn.Share:
		return fmt.Sprintf("%.0f%%", 100*n)
	}
	return v.T("figure.per_day", int(math.Round(n)))
}

// resetFigure carries out the form that has a figure begin anew.
func (s *Server) resetFigure(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, http.StatusBadRequest)
		return
	}
	form := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	if err := protocol.CheckRequestID(form("id")); err != nil {
		s.fail(w, r, http.StatusBadRequest)
		return
	}
	if reason := form("reason"); reason == "" || protocol.CheckText("reason", reason) != nil {
		text := s.texts.say(s.texts.choose(r), "whatif.bad.reason", protocol.TextMax)
		s.showLearned(w, r, http.StatusBadRequest, &flash{Bad: true, Text: text})
		return
	}
	err := s.opts.Hall.ResetFigure(r.Context(), source(s.who(r)), protocol.RequestID(form("id")), form("figure"), form("reason"))
	var refused *protocol.Refusal
	switch {
	case errors.As(err, &refused):
		lang := s.texts.choose(r)
		s.showLearned(w, r, httpStatus(refused.Code), &flash{Bad: true, Text: refused.Text.In(lang)})
	case err != nil:
		s.unavailable(w, r, err)
	default:
		http.Redirect(w, r, "/learned?"+url.Values{"done": {"1"}}.Encode(), http.StatusSeeOther)
	}
}
