package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/whatif"
	"jiaohao/protocol"
)

// whatifPath is where the page of other plans is.
const whatifPath = "/whatif"

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
	Partial bool     // the result's day is not over
	Steps   []replan // of the plan today
	Undo    bool     // the last change can be taken back
	Force   string   // why the changes cannot be put in force; "" when they can
}

// Query is the question as an address has it, without change number except.
func (v *whatifView) Query(except int) string { return v.Ask.address(except) }

// Encoded is a change as forms carry it.
func (v *whatifView) Encoded(c whatif.Change) string { return encodeChange(c) }

// Sentence says a change in words.
func (v *whatifView) Sentence(c whatif.Change) string { return v.sentence(v.Plan, c) }

// Misfit says in words why the work came to nothing.
func (v *whatifView) Misfit(err error) string { return v.misfit(v.Plan, err) }

// Who is the person who changed the plan.
func (v *whatifView) Who(id protocol.ClerkID) string {
	if id == "" {
		return v.T("whatif.step.hub")
	}
	if c := v.Plan.Clerk(id); c != nil {
		return v.Say(c.Name)
	}
	return string(id)
}

// ReasonOf is the reason of a change; the hub has none of its own words.
func (v *whatifView) ReasonOf(r replan) string {
	if r.By == "" {
		return ""
	}
	return r.Reason
}

// RuleName is a calling order for people.
func (v *whatifView) RuleName(rule string) string { return v.ruleName(rule) }

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

// Plots are the plots of the result.
func (v *whatifView) Plots() []*linePlot {
	return slices.DeleteFunc([]*linePlot{v.Waiting, v.Waits}, func(p *linePlot) bool { return p == nil })
}

// Turnover is the time until the next call, in seconds.
func (v *whatifView) Turnover() string {
	d, err := time.ParseDuration(v.Result.Turnover)
	if err != nil {
		return v.Result.Turnover
	}
	return v.F(d.Seconds())
}

// besideRow is one figure of three days.
type besideRow struct {
	Name, Recorded, Same, Changed string
	Grade                         string // of the changed one: good, bad or nothing
}

// Rows are the figures side by side.
func (v *whatifView) Rows() []besideRow {
	c := v.Result
	const green = "whatif.row.green"
	left := "whatif.row.left"
	if v.Partial {
		left = "whatif.row.waiting" // they may still be called
	}
	row := func(key string, less bool, of func(whatif.Figures) whatif.Figure) besideRow {
		decimals := 1
		if key == "whatif.row.gave_up" || key == left {
			decimals = 0 // people are whole
		}
		recorded, same, changed := of(c.Recorded), of(c.Same), of(c.Changed)
		r := besideRow{v.T(key), recorded.Text(decimals), same.Text(decimals), changed.Text(decimals), ""}
		if less {
			r.Grade = grade(changed, same)
		}
		return r
	}
	rows := []besideRow{
		row("whatif.row.mean", true, func(f whatif.Figures) whatif.Figure { return f.Mean }),
		row("whatif.row.p95", true, func(f whatif.Figures) whatif.Figure { return f.P95 }),
		row("whatif.row.max", true, func(f whatif.Figures) whatif.Figure { return f.Max }),
		row("whatif.row.late", true, func(f whatif.Figures) whatif.Figure { return f.Late }),
		row(green, true, func(f whatif.Figures) whatif.Figure { return f.Green }),
		row("whatif.row.gave_up", true, func(f whatif.Figures) whatif.Figure { return whatif.Figure(f.GaveUp) }),
		row(left, true, func(f whatif.Figures) whatif.Figure { return whatif.Figure(f.Left) }),
		row("whatif.row.covers", false, func(f whatif.Figures) whatif.Figure { return f.Covers }),
		row("whatif.row.busy", false, func(f whatif.Figures) whatif.Figure { return f.Busy }),
		row("whatif.row.hours", false, func(f whatif.Figures) whatif.Figure { return whatif.Figure(f.Hours) }),
	}
	return slices.DeleteFunc(rows, func(r besideRow) bool { // nobody came by the green channel
		return r.Name == v.T(green) && !c.Recorded.Green.Known() && !c.Same.Green.Known() && !c.Changed.Green.Known()
	})
}

// grade says whether less is clearly less, or more clearly more; nothing of figures that are none.
func grade(changed, same whatif.Figure) string {
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
	return []string{queue.RuleAPQ, queue.RuleFIFO, queue.RuleLongest, queue.RulePriority, queue.RuleOwnFirst}
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
	if v.Open != "" {
		plans, err := s.replans(r.Context())
		if err != nil {
			return nil, err
		}
		v.Steps, v.Undo = plans.steps, plans.before() != nil
	}
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
		status, f = http.StatusBadRequest, &flash{Bad: true, Text: v.Misfit(err)}
	}
	v.Flash, v.Path = f, whatifPath
	v.takeJob(r.Form.Has("day") || r.Form.Has("done"))
	v.Force = v.force()
	s.render(w, r, status, "whatif", v)
}

// takeJob shows what came of the last question, and asks it again unless there is another.
func (v *whatifView) takeJob(other bool) {
	if v.Job == nil {
		return
	}
	if asked, ok := v.Job.Asked.(whatifAsk); ok && !other {
		v.Ask = asked
	}
	c, ok := v.Job.Result.(*whatif.Compared)
	if !ok || v.Job.Err != nil {
		return
	}
	v.Result, v.Partial = c, c.Date == v.Open
	v.Waiting = newLinePlot(&v.page, c, "whatif.waiting", func(s whatif.SlotFigures) whatif.Figure { return whatif.Figure(s.Waiting) })
	v.Waits = newLinePlot(&v.page, c, "whatif.mean", func(s whatif.SlotFigures) whatif.Figure { return s.Mean })
}

// force says why the changes cannot be put in force today.
func (v *whatifView) force() string {
	changes := planned(v.Ask.Changes)
	switch {
	case v.Open == "":
		return v.T("whatif.force.closed")
	case len(changes) == 0:
		return v.T("whatif.force.none")
	}
	if _, _, err := (&whatif.Day{Plan: *v.Plan}).With(changes); err != nil {
		return v.Misfit(err)
	}
	return ""
}

// tryWhatif begins to play the day of the question.
func (s *Server) tryWhatif(w http.ResponseWriter, r *http.Request) {
	days, _, err := s.days(r.Context())
	var ask whatifAsk
	if err == nil {
		ask, err = readAsk(r, days)
	}
	if err == nil && len(days) == 0 {
		err = notLegal("whatif.empty")
	}
	if err != nil {
		s.badWhatif(w, r, err)
		return
	}
	err = s.shop.start(job{Page: whatifPath, Started: s.opts.Hall.Now(), By: s.who(r).Name, Asked: ask}, func(ctx context.Context, tell func(done, all int)) (any, error) {
		days, err := s.recorded(ctx, ask.Day, 1)
		if err != nil {
			return nil, err
		}
		if len(days[0].People) == 0 {
			return nil, notLegal("whatif.bad.nobody", ask.Day)
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
	var plan queue.Plan
	if err == nil {
		plan, _, err = (&whatif.Day{Plan: *s.opts.Hall.Plan()}).With(planned(ask.Changes))
	}
	if err != nil {
		s.badWhatif(w, r, err)
		return
	}
	if !s.changePlan(w, r, &plan) {
		return
	}
	http.Redirect(w, r, whatifPath+"?done=1", http.StatusSeeOther)
}

// badWhatif shows the page with what is the matter with the question.
func (s *Server) badWhatif(w http.ResponseWriter, r *http.Request, err error) {
	p := s.page(r, "")
	s.showWhatif(w, r, http.StatusBadRequest, &flash{Bad: true, Text: p.misfit(s.plan(), err)})
}

// undoWhatif puts the plan from before in force again.
func (s *Server) undoWhatif(w http.ResponseWriter, r *http.Request) {
	plans, err := s.replans(r.Context())
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	before := plans.before()
	if before == nil {
		s.showWhatif(w, r, http.StatusConflict, &flash{Bad: true, Text: s.texts.say(s.texts.choose(r), "whatif.nothing")})
		return
	}
	if s.changePlan(w, r, before) {
		http.Redirect(w, r, whatifPath+"?done=1", http.StatusSeeOther)
	}
}

// changePlan has the hall change its plan; if not, it shows why and returns false.
func (s *Server) changePlan(w http.ResponseWriter, r *http.Request, plan *queue.Plan) bool {
	req := protocol.Request{ID: protocol.RequestID(r.PostFormValue("id")), Do: queue.PlanChange, Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	err := protocol.CheckRequestID(string(req.ID))
	if err == nil && (req.Reason == "" || protocol.CheckText("reason", req.Reason) != nil) {
		err = notLegal("whatif.bad.reason", protocol.TextMax)
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
		s.badWhatif(w, r, err)
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
func newLinePlot(p *page, c *whatif.Compared, title string, of func(whatif.SlotFigures) whatif.Figure) *linePlot {
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
			if f := of(s); f.Known() {
				most = max(most, float64(f))
			}
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
		f.Lines = append(f.Lines, f.lines(d.class, d.slots, x, func(s whatif.SlotFigures) (float64, bool) {
			figure := of(s)
			return f.y(float64(figure), most), figure.Known()
		})...)
	}
	every := n/8 + 1
	for i := 0; i < n; i += every {
		at := first.Add(time.Duration(i) * whatif.Slot)
		f.Names = append(f.Names, plotName{x(at), p.HM(at)})
	}
	return f
}

// lines are the pieces of a day's line: it breaks where there is no figure, and one by
// itself is a dot.
func (f *linePlot) lines(class string, slots []whatif.SlotFigures, x func(time.Time) float64, y func(whatif.SlotFigures) (float64, bool)) []plotLine {
	var pieces []plotLine
	goesOn := false
	for _, s := range slots {
		high, known := y(s)
		point := fmt.Sprintf("%.1f,%.1f ", x(s.From), high)
		switch {
		case known && goesOn:
			pieces[len(pieces)-1].Points += point
		case known:
			pieces = append(pieces, plotLine{class, point + point})
		}
		goesOn = known
	}
	return pieces
}
