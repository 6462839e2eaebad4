package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/whatif"
	"jiaohao/protocol"
)

// staffPath is where the page on staffing is.
const staffPath = "/staff"

// staffDaysMax is how many recorded days demand is taken from at most.
const staffDaysMax = 10

// staffAsk is the question.
type staffAsk struct {
	What   string // windows, lunch, skills
	Day    string // the last day
	Days   int
	Target int // percent
	From   string
	To     string
	Lunch  int // min
}

// staffView is the page on which windows, lunches and skills are planned.
type staffView struct {
	page
	Plan    *queue.Plan
	Days    []string
	Open    string
	Ask     staffAsk
	Job     *job
	Busy    bool
	Windows *whatif.StaffPlan
	Bars    *barPlot
	Lunch   *whatif.LunchPlan
	Skills  []whatif.SkillAdvice
	Tried   bool // skills were tried
	Partial bool // the last day of the result is not over
}

// Whats are the questions.
func (v *staffView) Whats() []string { return []string{"windows", "lunch", "skills"} }

// Between writes a mean with its 95 % interval.
func (v *staffView) Between(i whatif.Interval) string {
	digits := 1
	if max(math.Abs(float64(i.Low)), math.Abs(float64(i.High))) >= 100 {
		digits = 0
	}
	say := func(n whatif.Figure) string { return strings.Replace(n.Text(digits), "-", "−", 1) }
	if !i.Mean.Known() {
		return say(i.Mean)
	}
	return v.T("staff.between", say(i.Mean), say(i.Low), say(i.High))
}

// Misfit says in words why the work came to nothing.
func (v *staffView) Misfit(err error) string { return v.misfit(v.Plan, err) }

// Label is a window as people say it.
func (v *staffView) Label(id protocol.WindowID) string { return v.windowText(v.Plan, id) }

// Labels are windows by their short labels.
func (v *staffView) Labels(ids []protocol.WindowID) string {
	text := ""
	for i, id := range ids {
		if i > 0 {
			text += " "
		}
		text += v.Plan.Label(id)
	}
	return text
}

// ServiceName is a service for people.
func (v *staffView) ServiceName(id protocol.ServiceID) string {
	if s := v.Plan.Service(id); s != nil {
		return v.Say(s.Name)
	}
	return string(id)
}

// Try is the address at which a backup skill can be looked at by itself.
func (v *staffView) Try(a whatif.SkillAdvice) string {
	ask := whatifAsk{Day: v.Ask.Day, Changes: []whatif.Change{{Do: whatif.Backup, Window: a.Window, Service: a.Service}}}
	return ask.address(-1)
}

// Sure grades an interval of minutes saved.
func (v *staffView) Sure(i whatif.Interval) string {
	switch {
	case i.Low > 0:
		return "good"
	case i.High < 0:
		return "bad"
	}
	return ""
}

func (s *Server) staffPage(w http.ResponseWriter, r *http.Request) {
	s.showStaff(w, r, http.StatusOK, nil, nil)
}

// showStaff shows the page; with what was asked, when that came to nothing.
func (s *Server) showStaff(w http.ResponseWriter, r *http.Request, status int, f *flash, asked *staffAsk) {
	v := &staffView{page: s.page(r, "nav.staff"), Plan: s.plan()}
	v.Style, v.Flash, v.Path = "plans.css", f, staffPath
	var err error
	if v.Days, v.Open, err = s.days(r.Context()); err != nil {
		s.opts.Log.Error("staff page failed", "err", err)
		s.fail(w, r, http.StatusServiceUnavailable)
		return
	}
	v.Ask = staffAsk{What: "windows", Days: 5, Target: 10, From: "11:00", To: "13:30", Lunch: 60}
	if len(v.Days) > 0 {
		v.Ask.Day = v.Days[0]
	}
	v.Job, v.Busy = s.shop.look(staffPath)
	if v.Job != nil {
		v.Ask = v.Job.Asked.(staffAsk)
	}
	if v.Job != nil && v.Job.Err == nil && !v.Job.Running { // a search that was stopped has a result of its kind that is nil
		v.Partial = v.Ask.Day == v.Open
		switch result := v.Job.Result.(type) {
		case *whatif.StaffPlan:
			v.Windows, v.Bars = result, newBarPlot(&v.page, result)
		case *whatif.LunchPlan:
			v.Lunch = result
		case []whatif.SkillAdvice:
			v.Skills, v.Tried = result, true
		}
	}
	if asked != nil {
		v.Ask.fill(asked)
	}
	s.render(w, r, status, "staff", v)
}

// fill takes over what was filled in and can be.
func (a *staffAsk) fill(in *staffAsk) {
	*a = staffAsk{
		What: cmp.Or(in.What, a.What), Day: cmp.Or(in.Day, a.Day), Days: cmp.Or(in.Days, a.Days), Target: cmp.Or(in.Target, a.Target),
		From: in.From, To: in.To, Lunch: cmp.Or(in.Lunch, a.Lunch),
	}
}

// readStaff reads the form; the error names the value and what is legal.
func readStaff(r *http.Request, days []string) (staffAsk, error) {
	if err := parseForm(r); err != nil {
		return staffAsk{}, err
	}
	a := staffAsk{What: r.PostForm.Get("what"), Day: r.PostForm.Get("day"), From: r.PostForm.Get("from"), To: r.PostForm.Get("to")}
	var bad error
	for _, n := range []struct {
		name     string
		to       *int
		from, up int
	}{{"days", &a.Days, 1, staffDaysMax}, {"target", &a.Target, 1, 50}, {"lunch", &a.Lunch, 10, 180}} {
		v, err := legalNumber("staff.bad."+n.name, r.PostForm.Get(n.name), n.from, n.up)
		*n.to, bad = v, cmp.Or(bad, err)
	}
	switch {
	case bad != nil:
		return a, bad
	case len(days) == 0:
		return a, notLegal("whatif.empty")
	case !slices.Contains(days, a.Day):
		return a, notLegal("whatif.bad.day", a.Day, days[len(days)-1], days[0])
	case !slices.Contains((&staffView{}).Whats(), a.What):
		return a, notLegal("whatif.bad.address")
	case a.What == "lunch":
		return a, a.lunchFits()
	}
	return a, nil
}

// lunchFits returns what is the matter with the time for lunch: both of a pair must fit
// into it, one after the other.
func (a *staffAsk) lunchFits() error {
	var at [2]time.Time
	for i, text := range []string{a.From, a.To} {
		var err error
		if at[i], err = time.Parse("15:04", text); err != nil {
			return notLegal("staff.bad.time", text)
		}
	}
	if least := 2 * a.Lunch; at[1].Sub(at[0]) < time.Duration(least)*time.Minute {
		return notLegal("staff.bad.span", a.From, a.To, a.Lunch, least)
	}
	return nil
}

// tryStaff begins the search.
func (s *Server) tryStaff(w http.ResponseWriter, r *http.Request) {
	days, _, err := s.days(r.Context())
	var ask staffAsk
	if err == nil {
		ask, err = readStaff(r, days)
	}
	if err != nil {
		p := s.page(r, "")
		s.showStaff(w, r, http.StatusBadRequest, &flash{Bad: true, Text: p.misfit(s.plan(), err)}, &ask)
		return
	}
	err = s.shop.start(job{Page: staffPath, Started: s.opts.Hall.Now(), By: s.who(r).Name, Asked: ask}, func(ctx context.Context, tell func(done, all int)) (any, error) {
		days, err := s.recorded(ctx, ask.Day, ask.Days)
		if err != nil {
			return nil, err
		}
		switch last := days[len(days)-1]; {
		case len(last.People) == 0:
			return nil, notLegal("whatif.bad.nobody", ask.Day)
		case ask.What == "lunch" && len(last.Plan.Pairs) == 0:
			return nil, notLegal("staff.bad.pairs", ask.Day)
		}
		work := whatif.Work{Draws: workDraws, Workers: workWorkers, Progress: tell}
		switch ask.What {
		case "windows":
			return whatif.Staff(ctx, days, float64(ask.Target)/100, work)
		case "lunch":
			return whatif.Lunches(ctx, days, ask.From, ask.To, time.Duration(ask.Lunch)*time.Minute, work)
		}
		return whatif.Skills(ctx, days, work)
	})
	if errors.Is(err, errBusy) {
		s.showStaff(w, r, http.StatusConflict, &flash{Bad: true, Text: s.texts.say(s.texts.choose(r), "work.busy")}, &ask)
		return
	}
	http.Redirect(w, r, staffPath, http.StatusSeeOther)
}

// barPlot shows what each half hour needs beside what it had.
type barPlot struct {
	plot
	Bars []staffBar
	Load string // points of the offered load
}

type staffBar struct {
	Label         string
	Text          string
	X, Mid, Width float64
	End           float64
	Need          span
	Now           float64 // height of the mark
}

func newBarPlot(p *page, s *whatif.StaffPlan) *barPlot {
	most := 1.0
	for _, slot := range s.Slots {
		most = max(most, float64(len(slot.Windows)), slot.Now, slot.Load)
	}
	step := 1.0
	for most/step > 6 {
		step *= 2
	}
	most = float64(int(most/step)+1) * step
	f := &barPlot{plot: newPlot(most, step, p.T("staff.unit"), p.T("whatif.halfhours"), "%.0f")}
	every := len(s.Slots)/10 + 1
	for i, slot := range s.Slots {
		b := staffBar{Label: p.T("staff.bar", p.HM(slot.From), len(slot.Windows), p.F(slot.Now), p.F(slot.Load))}
		if i%every == 0 {
			b.Text = p.HM(slot.From)
		}
		b.X, b.Width = f.column(i, len(s.Slots), 34)
		b.Mid, b.End = b.X+b.Width/2, b.X+b.Width
		top := f.y(float64(len(slot.Windows)), most)
		b.Need, b.Now = span{top, f.Bottom - top}, f.y(slot.Now, most)
		f.Load += fmt.Sprintf("%.1f,%.1f ", b.Mid, f.y(slot.Load, most))
		f.Bars = append(f.Bars, b)
	}
	return f
}
