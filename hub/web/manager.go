package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// Figures are the day's figures: what was counted, and how long it took.
type Figures struct {
	Day      string           `json:"day"`
	At       time.Time        `json:"at"`
	Counts   Counts           `json:"counts"`
	All      ServiceFigures   `json:"all"`
	Services []ServiceFigures `json:"services"`
}

// ServiceFigures are the figures of the visits of one service that have ended.
type ServiceFigures struct {
	Service protocol.ServiceID `json:"service,omitempty"`
	Name    protocol.Text      `json:"name,omitempty"`
	Count   int                `json:"count"`
	Wait    Spread             `json:"wait"`  // from issue to call
	Serve   Spread             `json:"serve"` // from arrival to the end
}

// Spread describes a set of durations.
type Spread struct {
	Count    int   `json:"count"`
	MeanMS   int64 `json:"mean_ms"`
	MedianMS int64 `json:"median_ms"`
	P90MS    int64 `json:"p90_ms"`
	MaxMS    int64 `json:"max_ms"`
}

// managerView is the manager's page.
type managerView struct {
	page
	glance
	Figures Figures
	Search  string // number or id that was searched
	Ticket  *protocol.Ticket
	History []step
	Window  *protocol.WindowState // chosen for an action
	Reasons []protocol.Text
	labels  map[protocol.WindowID]string
}

// Twice makes the two halves of the table's head.
func (v *managerView) Twice() [2]struct{} { return [2]struct{}{} }

// Spread writes mean, median and p90.
func (v *managerView) Spread(s Spread) [3]string {
	if s.Count == 0 {
		return [3]string{"—", "—", "—"}
	}
	return [3]string{v.ClockMS(s.MeanMS), v.ClockMS(s.MedianMS), v.ClockMS(s.P90MS)}
}

// ClockMS writes milliseconds as minutes and seconds.
func (p *page) ClockMS(ms int64) string { return p.Clock(time.Duration(ms) * time.Millisecond) }

// StatusSign draws a status, so that it is not told by colour alone.
func (p *page) StatusSign(s protocol.Status) string {
	switch s {
	case protocol.Open:
		return "●"
	case protocol.Paused:
		return "‖"
	case protocol.Away:
		return "✕"
	}
	return "○"
}

// LabelOf is a window's label as people say it.
func (v *managerView) LabelOf(id protocol.WindowID) string { return v.WindowLabel(v.labels[id]) }

// ReasonText is a pause's reason in the page's language when it is one of the
// plan's, in whatever language it was chosen, else as it was typed.
func (v *managerView) ReasonText(typed string) string {
	for _, reason := range v.Reasons {
		for _, text := range reason {
			if text == typed {
				return v.Say(reason)
			}
		}
	}
	return typed
}

// IdleSince is since when an open window has had nobody.
func (v *managerView) IdleSince(id protocol.WindowID) time.Time { return v.idle[id] }

// ForText says for whose window a ticket is served at a window: idle help is no
// standing in, and so is not among the covers.
func (v *managerView) ForText(at, of protocol.WindowID) string {
	if v.helps[at] {
		return v.T("posts.helps", v.LabelOf(of))
	}
	return v.T("posts.for", v.LabelOf(of))
}

// CoversOf says for whom a window stands in now, and who stands in for it.
func (v *managerView) CoversOf(id protocol.WindowID) []string {
	var all []string
	for _, c := range v.Covers {
		switch id {
		case c.Window:
			all = append(all, v.T("posts.covers", v.WindowLabel(c.Of)))
		case c.For:
			all = append(all, v.T("posts.covered", v.WindowLabel(c.Label)))
		}
	}
	return all
}

// Back is where an action returns to.
func (v *managerView) Back() string {
	q := url.Values{}
	if v.Search != "" {
		q.Set("ticket", v.Search)
	}
	if v.Window != nil {
		q.Set("window", string(v.Window.Window))
	}
	if len(q) == 0 {
		return "/manager"
	}
	return "/manager?" + q.Encode()
}

func (s *Server) managerView(r *http.Request, since time.Time) (*managerView, error) {
	g, err := s.look(r.Context(), since)
	if err != nil {
		return nil, err
	}
	v := &managerView{page: s.page(r, "nav.manager"), glance: g, labels: map[protocol.WindowID]string{}}
	v.Style, v.Script, v.Reasons = "pages.css", "live.js", s.plan().PauseReasons
	for i := range g.Windows {
		v.labels[g.Windows[i].Window] = g.Windows[i].Label
	}
	if v.Figures, err = s.figuresNow(r.Context(), &g); err != nil {
		return nil, err
	}
	return v, nil
}

// figuresNow reads the day's figures, at most once in five seconds: they are a
// look at the whole service log.
func (s *Server) figuresNow(ctx context.Context, g *glance) (Figures, error) {
	f, err := s.figures.get(time.Now().Add(-streamBeat), func() (Figures, error) {
		f := Figures{Day: g.Day, Services: []ServiceFigures{}}
		if g.Day == "" {
			return f, nil
		}
		day, err := s.opts.Journal.DayFigures(ctx, g.Day)
		if err != nil {
			return f, err
		}
		f.All = serviceFigures(&day.All)
		f.Services = inPlanOrder(day.Services, g.Queues)
		return f, nil
	})
	f.At, f.Counts = g.At, g.Counts
	return f, err
}

// inPlanOrder names the figures and sorts them as the plan lists its services;
// those that the plan no longer has come last.
func inPlanOrder(day []journal.Figures, queues []QueueNow) []ServiceFigures {
	place := func(id protocol.ServiceID) int {
		if i := slices.IndexFunc(queues, func(q QueueNow) bool { return q.Service == id }); i >= 0 {
			return i
		}
		return len(queues)
	}
	all := make([]ServiceFigures, 0, len(day))
	for i := range day {
		v := serviceFigures(&day[i])
		if j := place(v.Service); j < len(queues) {
			v.Name = queues[j].Name
		}
		all = append(all, v)
	}
	slices.SortStableFunc(all, func(a, b ServiceFigures) int { return cmp.Compare(place(a.Service), place(b.Service)) })
	return all
}

func serviceFigures(f *journal.Figures) ServiceFigures {
	return ServiceFigures{Service: protocol.ServiceID(f.Service), Count: f.Count, Wait: spreadOf(&f.Wait), Serve: spreadOf(&f.Serve)}
}

func spreadOf(s *journal.Spread) Spread {
	return Spread{
		Count: s.Count, MeanMS: s.Mean.Milliseconds(), MedianMS: s.Median.Milliseconds(),
		P90MS: s.P90.Milliseconds(), MaxMS: s.Max.Milliseconds(),
	}
}

func (s *Server) managerFeed(r *http.Request, since time.Time) (frame, error) {
	v, err := s.managerView(r, since)
	if err != nil {
		return frame{}, err
	}
	return frame{at: v.At, state: hallState(v), template: "manager-live", page: v}, nil
}

// hallState is the manager's page as data.
func hallState(v *managerView) map[string]any {
	return map[string]any{
		"at": v.At, "day": v.Day, "windows": v.Windows, "queues": v.Queues, "alarms": v.Alarms,
		"covers": v.Covers, "figures": v.Figures,
	}
}

func (s *Server) managerPage(w http.ResponseWriter, r *http.Request) {
	s.showManager(w, r, http.StatusOK, nil)
}

func (s *Server) showManager(w http.ResponseWriter, r *http.Request, status int, f *flash) {
	v, err := s.managerView(r, time.Now())
	if err == nil {
		err = s.choose(r, v)
	}
	if err != nil {
		s.opts.Log.Error("manager page failed", "err", err)
		s.fail(w, r, http.StatusServiceUnavailable)
		return
	}
	v.Flash, v.Path = f, "/manager"
	if f == nil && r.URL.Query().Has("done") {
		v.Flash = &flash{Text: v.T("flash.done")}
	}
	s.render(w, r, status, "manager", v)
}

// choose fills in the window or ticket that the address names.
func (s *Server) choose(r *http.Request, v *managerView) error {
	id := protocol.WindowID(r.FormValue("window"))
	for i := range v.Windows {
		if v.Windows[i].Window == id {
			v.Window = &v.Windows[i]
		}
	}
	search := strings.ToUpper(strings.TrimSpace(r.FormValue("ticket")))
	if search == "" || protocol.CheckID("ticket", search) != nil {
		return nil
	}
	v.Search = search
	err := s.read(r.Context(), func(st *queue.State, now time.Time) {
		id := findTicket(st, search)
		if t, ok := view.Ticket(st, id, now, s.opts.Links); ok {
			v.Ticket = &t
		}
	})
	if err != nil || v.Ticket == nil {
		return err
	}
	v.History, err = s.history(r.Context(), v, v.Ticket.ID)
	return err
}

// findTicket returns the id of today's ticket with this id or number. Ids are of
// letters as the engine writes them; a person may type small ones.
func findTicket(st *queue.State, search string) protocol.TicketID {
	for id, t := range st.Tickets {
		if strings.EqualFold(string(id), search) || strings.EqualFold(t.Number, search) {
			return id
		}
	}
	return ""
}

// managerAct carries out a form of the manager's page.
func (s *Server) managerAct(w http.ResponseWriter, r *http.Request) {
	who := s.who(r)
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, http.StatusBadRequest)
		return
	}
	form := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	req := protocol.Request{
		ID: protocol.RequestID(form("id")), Do: protocol.Action(form("do")),
		Window: protocol.WindowID(form("window")), Ticket: protocol.TicketID(form("ticket")), Reason: form("reason"),
	}
	if form("override") != "" {
		req.Manager = who.ID
	}
	if refused := s.command(r.Context(), who, req); refused != nil {
		lang := s.texts.choose(r)
		s.showManager(w, r, httpStatus(refused.Code), &flash{Bad: true, Text: refused.Text.In(lang)})
		return
	}
	back, err := url.Parse(form("back"))
	if err != nil || back.Path != "/manager" || back.Host != "" {
		back = &url.URL{Path: "/manager"}
	}
	q := back.Query()
	q.Set("done", "1")
	back.RawQuery, back.Fragment = q.Encode(), ""
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// command carries out a manager's request: those of the wire by the way of all
// requests, opening and closing the day as the hall's own commands.
func (s *Server) command(ctx context.Context, who *person, req protocol.Request) *protocol.Refusal {
	from := source(who)
	if (req.Do == protocol.WindowPause || req.Do == protocol.WindowSignOff) && req.Manager == "" {
		// A manager's word would count as the override. Without it, the rule "never
		// both away" is to be told first, as it is told to the clerk.
		from.Role, from.Window = queue.RoleClerk, req.Window
	}
	if req.Do != queue.DayOpen && req.Do != queue.DayClose {
		return s.opts.Hall.Ask(ctx, from, req).Refused
	}
	if err := protocol.CheckRequestID(string(req.ID)); err != nil {
		return protocol.Refuse(protocol.BadRequest, "请求编号有误", err.Error())
	}
	_, err := s.opts.Hall.Do(ctx, queue.Command{From: from, Request: req})
	var refused *protocol.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return refused
	}
	s.opts.Log.Error("the day was not turned", "do", string(req.Do), "err", err)
	return &protocol.Refusal{Code: protocol.Unavailable, Text: s.texts.both("error.503")}
}

// source is a logged-in manager as the engine sees him.
func source(who *person) queue.Source {
	return queue.Source{Role: queue.RoleManager, Device: who.Device, Person: who.ID}
}
