package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/whatif"
	"jiaohao/protocol"
)

// changesMax bounds how many changes one question has.
const changesMax = 12

// whatifPath is where the page of other plans is.
const whatifPath = "/whatif"

// whatifAsk is the question: a day and what would be different.
type whatifAsk struct {
	Day     string
	Changes []whatif.Change
}

// whatifView is the page on which another plan is tried, and put in force.
type whatifView struct {
	page
	Plan    *queue.Plan
	Days    []string
	Open    string // the open business day
	Ask     whatifAsk
	Job     *job
	Busy    bool
	Result  *whatif.Compared
	Waiting *linePlot
	Waits   *linePlot
	Undo    bool // the plan in force is one that this page has made
}

// Query is the question as an address has it, without change number except.
func (v *whatifView) Query(except int) string {
	q := url.Values{"day": {v.Ask.Day}}
	for i, c := range v.Ask.Changes {
		if i != except {
			q.Add("c", encodeChange(c))
		}
	}
	return whatifPath + "?" + q.Encode()
}

// Encoded is a change as forms carry it.
func (v *whatifView) Encoded(c whatif.Change) string { return encodeChange(c) }

func encodeChange(c whatif.Change) string {
	text, err := json.Marshal(c)
	if err != nil {
		panic("web: a change has no JSON: " + err.Error()) // it is plain data
	}
	return string(text)
}

// Planned reports whether there is a change that can be put in force: staff at a window
// comes by signing on, not by the plan.
func (v *whatifView) Planned() bool { return len(planned(v.Ask.Changes)) > 0 }

func planned(changes []whatif.Change) []whatif.Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c whatif.Change) bool { return c.Do == whatif.OpenWindow || c.Do == whatif.CloseWindow })
}

// changeForm is a sentence of the form: words and fields, and what can be done with them.
type changeForm struct {
	Parts []string // words, or a colon and the name of a field
	Do    []whatif.ChangeKind
}

// Forms are the sentences with which a change is added.
func (v *whatifView) Forms() []changeForm {
	return []changeForm{
		{[]string{":window", v.T("whatif.from"), ":from", v.T("whatif.to"), ":to"}, []whatif.ChangeKind{whatif.OpenWindow, whatif.CloseWindow}},
		{[]string{":window", ":service"}, []whatif.ChangeKind{whatif.Teach, whatif.Backup, whatif.Untake}},
		{[]string{":window", v.T("whatif.and"), ":partner"}, []whatif.ChangeKind{whatif.MakePair, whatif.BreakPair}},
		{[]string{v.T("whatif.rule"), ":rule"}, []whatif.ChangeKind{whatif.SetRule}},
		{[]string{":service", v.T("whatif.promise"), ":number", v.T("whatif.minutes")}, []whatif.ChangeKind{whatif.SetPromise}},
		{[]string{v.T("whatif.green"), ":number"}, []whatif.ChangeKind{whatif.SetGreen}},
	}
}

// picker is a choice of a window under a name.
type picker struct {
	View *whatifView
	Name string
}

// Pick is a choice of a window.
func (v *whatifView) Pick(name string) picker { return picker{v, name} }

// RuleName is a calling order for people.
func (v *whatifView) RuleName(rule string) string {
	return v.T("rule." + strings.ReplaceAll(rule, "-", "_"))
}

// Plots are the plots of the result.
func (v *whatifView) Plots() []*linePlot {
	return slices.DeleteFunc([]*linePlot{v.Waiting, v.Waits}, func(p *linePlot) bool { return p == nil })
}

// besideRow is one figure of three days.
type besideRow struct {
	Name, Recorded, Same, Changed string
	Grade                         string // of the changed one: good, bad or nothing
}

// Rows are the figures side by side.
func (v *whatifView) Rows() []besideRow {
	c := v.Result
	row := func(key string, less bool, of func(whatif.Figures) float64) besideRow {
		say := v.F
		if key == "whatif.row.gave_up" || key == "whatif.row.left" {
			say = func(n float64) string { return strconv.Itoa(int(n)) } // people are whole
		}
		r := besideRow{v.T(key), say(of(c.Recorded)), say(of(c.Same)), say(of(c.Changed)), ""}
		if less {
			r.Grade = grade(of(c.Changed), of(c.Same))
		}
		return r
	}
	return []besideRow{
		row("whatif.row.mean", true, func(f whatif.Figures) float64 { return f.Mean }),
		row("whatif.row.p95", true, func(f whatif.Figures) float64 { return f.P95 }),
		row("whatif.row.max", true, func(f whatif.Figures) float64 { return f.Max }),
		row("whatif.row.late", true, func(f whatif.Figures) float64 { return f.Late }),
		row("whatif.row.green", true, func(f whatif.Figures) float64 { return f.Green }),
		row("whatif.row.gave_up", true, func(f whatif.Figures) float64 { return float64(f.GaveUp) }),
		row("whatif.row.left", true, func(f whatif.Figures) float64 { return float64(f.Left) }),
		row("whatif.row.covers", false, func(f whatif.Figures) float64 { return f.Covers }),
		row("whatif.row.busy", false, func(f whatif.Figures) float64 { return f.Busy }),
		row("whatif.row.hours", false, func(f whatif.Figures) float64 { return f.Hours }),
	}
}

// grade says whether less is clearly less, or more clearly more.
func grade(changed, same float64) string {
	switch {
	case changed < same*0.98-0.05:
		return "good"
	case changed > same*1.02+0.05:
		return "bad"
	}
	return ""
}

// Rules are the calling orders.
func (v *whatifView) Rules() []string {
	return []string{queue.RuleFIFO, queue.RuleAPQ, queue.RuleLongest, queue.RulePriority, queue.RuleOwnFirst}
}

// Sentence says a change in words.
func (v *whatifView) Sentence(c whatif.Change) string {
	window := func(id protocol.WindowID) string { return v.windowText(v.Plan, id) }
	service := string(c.Service)
	if s := v.Plan.Service(c.Service); s != nil {
		service = v.Say(s.Name)
	}
	switch c.Do {
	case whatif.OpenWindow, whatif.CloseWindow:
		return v.T("whatif.say."+string(c.Do), window(c.Window), v.clockOr(c.From, "whatif.begin"), v.clockOr(c.To, "whatif.end"))
	case whatif.Teach, whatif.Untake, whatif.Backup:
		return v.T("whatif.say."+string(c.Do), window(c.Window), service)
	case whatif.MakePair, whatif.BreakPair:
		return v.T("whatif.say."+string(c.Do), window(c.Window), window(c.Partner))
	case whatif.SetRule:
		return v.T("whatif.say.rule", v.RuleName(c.Rule))
	case whatif.SetPromise:
		return v.T("whatif.say.promise", service, int(time.Duration(c.Duration).Minutes()))
	}
	return v.T("whatif.say.green_in_row", c.Count)
}

func (v *whatifView) clockOr(text, key string) string {
	if text == "" {
		return v.T(key)
	}
	return text
}

// F writes a figure with one decimal.
func (p *page) F(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

func (s *Server) whatifView(r *http.Request) (*whatifView, error) {
	v := &whatifView{page: s.page(r, "nav.whatif"), Plan: s.plan()}
	v.Style = "plans.css"
	var err error
	if v.Days, v.Open, err = s.days(r.Context()); err != nil {
		return nil, err
	}
	s.kept.Lock()
	v.Undo = s.kept.plan != nil
	s.kept.Unlock()
	v.Job, v.Busy = s.shop.look(whatifPath)
	return v, nil
}

// whatifPage shows the question and what came of the last one.
func (s *Server) whatifPage(w http.ResponseWriter, r *http.Request) {
	s.showWhatif(w, r, http.StatusOK, nil)
}

func (s *Server) showWhatif(w http.ResponseWriter, r *http.Request, status int, f *flash) {
	v, err := s.whatifView(r)
	if err != nil {
		s.opts.Log.Error("what-if page failed", "err", err)
		s.fail(w, r, http.StatusServiceUnavailable)
		return
	}
	if f == nil && r.FormValue("done") != "" {
		f = &flash{Text: v.T("flash.done")}
	}
	if v.Ask, err = readAsk(r, v.Days); err != nil && f == nil {
		status, f = http.StatusBadRequest, &flash{Bad: true, Text: err.Error()}
	}
	v.Flash, v.Path = f, whatifPath
	if v.Job != nil {
		if asked, ok := v.Job.Asked.(whatifAsk); ok && !r.Form.Has("day") {
			v.Ask = asked
		}
		if c, ok := v.Job.Result.(*whatif.Compared); ok && v.Job.Err == nil {
			v.Result = c
			v.Waiting = newLinePlot(&v.page, c, "whatif.waiting", func(s whatif.SlotFigures) float64 { return float64(s.Waiting) })
			v.Waits = newLinePlot(&v.page, c, "whatif.mean", func(s whatif.SlotFigures) float64 { return s.Mean })
		}
	}
	s.render(w, r, status, "whatif", v)
}

// readAsk reads the question of a form or an address, with the change that it adds.
func readAsk(r *http.Request, days []string) (whatifAsk, error) {
	if err := r.ParseForm(); err != nil {
		return whatifAsk{}, err
	}
	a := whatifAsk{Day: r.Form.Get("day")}
	if a.Day == "" && len(days) > 0 {
		a.Day = days[0]
	}
	for _, text := range r.Form["c"] {
		var c whatif.Change
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&c); err != nil {
			return a, fmt.Errorf("c=%.60q: %w", text, err)
		}
		a.Changes = append(a.Changes, c)
	}
	if do := whatif.ChangeKind(r.Form.Get("add")); do != "" {
		c, err := readChange(do, r.Form)
		if err != nil {
			return a, err
		}
		a.Changes = append(a.Changes, c)
	}
	if len(a.Changes) > changesMax {
		return a, fmt.Errorf("%d changes, at most %d", len(a.Changes), changesMax)
	}
	return a, nil
}

// readChange reads the fields of one sentence of the form. Whether the change can be is
// told by [whatif.Day.With].
func readChange(do whatif.ChangeKind, form url.Values) (whatif.Change, error) {
	c := whatif.Change{Do: do, Window: protocol.WindowID(form.Get("window")), Partner: protocol.WindowID(form.Get("partner")),
		Service: protocol.ServiceID(form.Get("service")), From: form.Get("from"), To: form.Get("to"), Rule: form.Get("rule")}
	if !slices.Contains(whatif.ChangeKinds(), do) {
		return c, fmt.Errorf("%q: %v", do, whatif.ChangeKinds())
	}
	number := form.Get("number")
	if number == "" {
		return c, nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > 600 {
		return c, fmt.Errorf("%q: 0–600", number)
	}
	if do == whatif.SetPromise {
		c.Duration = queue.Duration(time.Duration(n) * time.Minute)
	} else {
		c.Count = n
	}
	return c, nil
}

// tryWhatif begins to play the day of the question.
func (s *Server) tryWhatif(w http.ResponseWriter, r *http.Request) {
	days, _, err := s.days(r.Context())
	var ask whatifAsk
	if err == nil {
		ask, err = readAsk(r, days)
	}
	if err == nil && !slices.Contains(days, ask.Day) {
		err = fmt.Errorf("%q: %v", ask.Day, days)
	}
	if err != nil {
		s.showWhatif(w, r, http.StatusBadRequest, &flash{Bad: true, Text: err.Error()})
		return
	}
	err = s.shop.start(job{Page: whatifPath, By: s.who(r).Name, Asked: ask}, func(ctx context.Context, tell func(done, all int)) (any, error) {
		days, err := s.recorded(ctx, ask.Day, 1)
		if err != nil {
			return nil, err
		}
		tell(1, 3)
		return whatif.Compare(ctx, days[0], ask.Changes)
	})
	if err != nil {
		s.showWhatif(w, r, http.StatusConflict, &flash{Bad: true, Text: s.texts.say(s.texts.choose(r), "work.busy")})
		return
	}
	http.Redirect(w, r, whatifPath, http.StatusSeeOther)
}

// applyWhatif puts the changes of the plan in force for the rest of the day.
func (s *Server) applyWhatif(w http.ResponseWriter, r *http.Request) {
	ask, err := readAsk(r, nil)
	now := s.opts.Hall.Plan()
	var plan queue.Plan
	if err == nil {
		plan, _, err = (&whatif.Day{Plan: *now}).With(planned(ask.Changes))
	}
	if err != nil {
		s.showWhatif(w, r, http.StatusBadRequest, &flash{Bad: true, Text: err.Error()})
		return
	}
	if !s.changePlan(w, r, &plan) {
		return
	}
	s.kept.Lock()
	s.kept.plan = now
	s.kept.Unlock()
	http.Redirect(w, r, whatifPath+"?done=1", http.StatusSeeOther)
}

// undoWhatif puts the plan from before in force again.
func (s *Server) undoWhatif(w http.ResponseWriter, r *http.Request) {
	s.kept.Lock()
	before := s.kept.plan
	s.kept.Unlock()
	if before == nil {
		s.showWhatif(w, r, http.StatusConflict, &flash{Bad: true, Text: s.texts.say(s.texts.choose(r), "whatif.nothing")})
		return
	}
	if !s.changePlan(w, r, before) {
		return
	}
	s.kept.Lock()
	s.kept.plan = nil
	s.kept.Unlock()
	http.Redirect(w, r, whatifPath+"?done=1", http.StatusSeeOther)
}

// changePlan has the hall change its plan; if not, it shows why and returns false.
func (s *Server) changePlan(w http.ResponseWriter, r *http.Request, plan *queue.Plan) bool {
	req := protocol.Request{ID: protocol.RequestID(r.PostFormValue("id")), Do: queue.PlanChange, Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	err := protocol.CheckRequestID(string(req.ID))
	if err == nil {
		err = protocol.CheckText("reason", req.Reason)
	}
	if err == nil {
		_, err = s.opts.Hall.Do(r.Context(), queue.Command{From: source(s.who(r)), Request: req, Plan: plan})
	}
	var refused *protocol.Refusal
	switch {
	case err == nil:
		return true
	case errors.As(err, &refused):
		s.showWhatif(w, r, httpStatus(refused.Code), &flash{Bad: true, Text: refused.Text.In(s.texts.choose(r))})
	default:
		s.showWhatif(w, r, http.StatusBadRequest, &flash{Bad: true, Text: err.Error()})
	}
	return false
}

// linePlot shows three days over the half hours.
type linePlot struct {
	plot
	Title string
	Lines []plotLine
	Names []plotName
}

type plotLine struct {
	Class  string // recorded, same, changed
	Points string
}

type plotName struct {
	X    float64
	Text string
}

// newLinePlot returns nil when there are fewer than two half hours.
func newLinePlot(p *page, c *whatif.Compared, title string, of func(whatif.SlotFigures) float64) *linePlot {
	days := []struct {
		class string
		slots []whatif.SlotFigures
	}{{"recorded", c.Recorded.Slots}, {"same", c.Same.Slots}, {"changed", c.Changed.Slots}}
	var first, last time.Time
	most := 1.0
	for _, d := range days {
		for _, s := range d.slots {
			if first.IsZero() || s.From.Before(first) {
				first = s.From
			}
			if s.From.After(last) {
				last = s.From
			}
			most = max(most, of(s))
		}
	}
	n := int(last.Sub(first)/whatif.Slot) + 1
	if n < 2 {
		return nil
	}
	step := 1.0
	for _, next := range []float64{2, 5, 10, 20, 50, 100, 200} {
		if most/step > 6 {
			step = next
		}
	}
	most = float64(int(most/step)+1) * step
	f := &linePlot{plot: newPlot(most, step, p.T(title+".unit"), p.T("whatif.halfhours"), "%.0f"), Title: p.T(title)}
	x := func(at time.Time) float64 {
		return f.Left + (f.Right-f.Left)*(float64(at.Sub(first)/whatif.Slot)+0.5)/float64(n)
	}
	for _, d := range days {
		line := plotLine{Class: d.class}
		for _, s := range d.slots {
			line.Points += fmt.Sprintf("%.1f,%.1f ", x(s.From), f.y(of(s), most))
		}
		f.Lines = append(f.Lines, line)
	}
	every := n/8 + 1
	for i := 0; i < n; i += every {
		at := first.Add(time.Duration(i) * whatif.Slot)
		f.Names = append(f.Names, plotName{x(at), p.HM(at)})
	}
	return f
}
