package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"jiaohao/protocol"
)

// honestDays is how many business days a report covers when none is asked for.
const honestDays = 7

// Honest says how honest promises were: of a day, a service, a half hour or a model.
type Honest struct {
	Key     string        `json:"key,omitempty"`
	Name    protocol.Text `json:"name,omitempty"`
	Called  int           `json:"called"`  // tickets that were called, of which a promise is on record
	Unknown int           `json:"unknown"` // of them promised "unknown"
	Early   int           `json:"early"`   // called before the range
	Inside  int           `json:"inside"`  // within the range
	Late    int           `json:"late"`    // after the range
	BiasMS  int64         `json:"bias_ms"` // mean of the wait less the middle of the range
	OffMS   int64         `json:"off_ms"`  // mean of the same without its sign
}

// Told is how many were promised a range.
func (h Honest) Told() int { return h.Called - h.Unknown }

// Percent is the share of those promised a range whom it held, in whole percent.
func (h Honest) Percent() int {
	if h.Told() == 0 {
		return 0
	}
	return (100*h.Inside + h.Told()/2) / h.Told()
}

func (h *Honest) add(v *visit) {
	h.Called++
	if !v.Promise.Known {
		h.Unknown++
		return
	}
	wait := v.wait()
	switch {
	case wait < v.Promise.Low:
		h.Early++
	case wait > v.Promise.High:
		h.Late++
	default:
		h.Inside++
	}
	off := (wait - (v.Promise.Low+v.Promise.High)/2).Milliseconds()
	h.BiasMS += off
	h.OffMS += max(off, -off)
}

// mean turns the sums into means.
func (h *Honest) mean() {
	if n := int64(h.Told()); n > 0 {
		h.BiasMS, h.OffMS = h.BiasMS/n, h.OffMS/n
	}
}

// Honesty is the report on promises.
type Honesty struct {
	From      string   `json:"from,omitempty"`
	To        string   `json:"to,omitempty"`
	All       Honest   `json:"all"`
	Days      []Honest `json:"days"`
	Services  []Honest `json:"services"`
	HalfHours []Honest `json:"half_hours"` // by issue
	Models    []Honest `json:"models"`
}

// promiseView is the page of promises against facts.
type promiseView struct {
	page
	dayChoice
	Report Honesty
	Ranges *rangePlot // nil without data
	Hours  *sharePlot
}

// Signed writes a difference with its sign.
func (v *promiseView) Signed(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	if d < 0 {
		return "−" + v.Clock(-d)
	}
	return "+" + v.Clock(d)
}

// honestTable is one table of the page.
type honestTable struct {
	Key  string // of its heading
	Rows []Honest
	View *promiseView
}

// Table makes a table of rows.
func (v *promiseView) Table(key string, rows []Honest) honestTable { return honestTable{key, rows, v} }

// Name is what a row is about.
func (t honestTable) Name(h Honest) string {
	switch {
	case h.Name != nil:
		return t.View.Say(h.Name)
	case t.Key == "promise.by.model":
		return t.View.ModelName(h.Key)
	}
	return h.Key
}

// ModelName says who reckoned a promise.
func (v *promiseView) ModelName(key string) string {
	if key == "simple" {
		return v.T("promise.model.simple")
	}
	return v.T("promise.model.forecast", key[min(1, len(key)):])
}

// promised reads the called tickets of one day of the address, or of the last days.
func (s *Server) promised(r *http.Request) (dayChoice, []visit, error) {
	c, err := s.chooseDay(r)
	if err != nil {
		return c, nil, err
	}
	days := c.Days[:min(len(c.Days), honestDays)]
	if r.URL.Query().Get("day") == c.Day && c.Day != "" {
		days = []string{c.Day}
	} else {
		c.Day = ""
	}
	var all []visit
	for _, day := range slices.Backward(days) {
		visits, err := s.visits(r.Context(), day, c.Open)
		if err != nil {
			return c, nil, err
		}
		for i := range visits {
			if v := &visits[i]; !v.Called.IsZero() && v.Promise.Model != "" {
				all = append(all, *v)
			}
		}
	}
	return c, all, nil
}

// honesty counts visits by day, service, half hour and model.
func (s *Server) honesty(p *page, visits []visit) Honesty {
	h := Honesty{Days: []Honest{}, Services: []Honest{}, HalfHours: []Honest{}, Models: []Honest{}}
	plan := s.plan()
	for i := range visits {
		v := &visits[i]
		h.All.add(v)
		rowOf(&h.Days, v.Day).add(v)
		rowOf(&h.Services, string(v.Service)).add(v)
		rowOf(&h.HalfHours, slotText(p.slot(v.Issued))).add(v)
		rowOf(&h.Models, v.Promise.Model).add(v)
	}
	if len(h.Days) > 0 {
		h.From, h.To = h.Days[0].Key, h.Days[len(h.Days)-1].Key
	}
	place := func(key string) int {
		for i := range plan.Services {
			if string(plan.Services[i].ID) == key {
				return i
			}
		}
		return len(plan.Services)
	}
	slices.SortStableFunc(h.Services, func(a, b Honest) int { return cmp.Compare(place(a.Key), place(b.Key)) })
	slices.SortFunc(h.HalfHours, func(a, b Honest) int { return cmp.Compare(a.Key, b.Key) })
	for i := range h.Services {
		h.Services[i].Name = protocol.Text{protocol.Chinese: h.Services[i].Key}
		if svc := plan.Service(protocol.ServiceID(h.Services[i].Key)); svc != nil {
			h.Services[i].Name = svc.Name
		}
	}
	h.All.mean()
	for _, rows := range [][]Honest{h.Days, h.Services, h.HalfHours, h.Models} {
		for i := range rows {
			rows[i].mean()
		}
	}
	return h
}

// rowOf finds the row of a key, or begins it.
func rowOf(rows *[]Honest, key string) *Honest {
	for i := range *rows {
		if (*rows)[i].Key == key {
			return &(*rows)[i]
		}
	}
	*rows = append(*rows, Honest{Key: key})
	return &(*rows)[len(*rows)-1]
}

func (s *Server) promisePage(w http.ResponseWriter, r *http.Request) {
	v := &promiseView{page: s.page(r, "nav.promises")}
	v.Style = "pages.css"
	choice, visits, err := s.promised(r)
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	v.dayChoice, v.Report = choice, s.honesty(&v.page, visits)
	v.Ranges, v.Hours = newRangePlot(&v.page, visits), newSharePlot(&v.page, v.Report.HalfHours)
	s.render(w, r, http.StatusOK, "promises", v)
}

func (s *Server) apiPromises(w http.ResponseWriter, r *http.Request) {
	_, visits, err := s.promised(r)
	var bad *wrong
	if errors.As(err, &bad) {
		s.refuse(w, http.StatusBadRequest, s.texts.both(bad.key, bad.args...))
		return
	}
	p := s.page(r, "")
	s.answer(w, r, s.honesty(&p, visits), err)
}

// promiseCSV gives every promise with what came of it, a ticket a line.
func (s *Server) promiseCSV(w http.ResponseWriter, r *http.Request) {
	_, visits, err := s.promised(r)
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	p := s.page(r, "")
	out := startCSV(w, "promises", "day", "number", "service", "issued", "model", "low_s", "high_s", "wait_s", "outcome")
	for i := range visits {
		v := &visits[i]
		var h Honest
		h.add(v)
		low, high, outcome := "", "", "unknown"
		if v.Promise.Known {
			low, high = seconds(v.Promise.Low), seconds(v.Promise.High)
			outcome = [3]string{"early", "inside", "late"}[h.Inside+2*h.Late]
		}
		_ = out.Write([]string{v.Day, v.Number, string(v.Service), v.Issued.In(p.zone).Format(time.RFC3339), v.Promise.Model, low, high, seconds(v.wait()), outcome})
	}
	out.Flush() // the caller may be gone; there is nobody to tell
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.0f", d.Seconds()) }
