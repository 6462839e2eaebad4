package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// othersMax is how many of those who waited are shown: more than a screen tells nobody
// anything.
const othersMax = 40

// whyView is the page of how a ticket's calls came about.
type whyView struct {
	page
	Search  string
	Number  string // "" when there is no such ticket
	Service string
	Class   protocol.Class
	Issued  time.Time
	Promise protocol.Range // as printed
	Calls   []callFacts
}

// callFacts are the facts of one call at its moment.
type callFacts struct {
	At       time.Time
	Window   string
	Clerk    string
	Wait     time.Duration // since issue
	Kept     string        // key of what became of the promise, "" without one
	Why      string
	Choices  int // tickets to choose from
	Services []string
	Passed   []other // who waited longer and was not called
	More     int     // of them not shown
	Others   int     // who waited besides
}

// other is one who waited longer than the called one.
type other struct {
	Number  string
	Service string
	Class   protocol.Class
	Wait    time.Duration
	Reason  string
}

func (s *Server) whyPage(w http.ResponseWriter, r *http.Request) {
	v := &whyView{page: s.page(r, "why.title"), Search: strings.ToUpper(strings.TrimSpace(r.PathValue("ticket")))}
	v.Style = "pages.css"
	if err := s.reconstruct(r.Context(), v); err != nil {
		s.unavailable(w, r, err)
		return
	}
	status := http.StatusOK
	if v.Number == "" {
		status = http.StatusNotFound
	}
	s.render(w, r, status, "why", v)
}

// reconstruct plays the ticket's day again from the journal and stops at each of its
// calls to look around. A number is of the open day, an id tells its day.
func (s *Server) reconstruct(ctx context.Context, v *whyView) error {
	if protocol.CheckID("ticket", v.Search) != nil {
		return nil
	}
	var open string
	var opened time.Time
	err := s.read(ctx, func(st *queue.State, _ time.Time) { open, opened = st.Day, st.OpenedAt })
	if err != nil {
		return err
	}
	day := open
	if digits, _, ok := strings.Cut(v.Search, "-"); ok {
		if at, err := time.ParseInLocation("20060102", digits, v.zone); err == nil && at.Format(time.DateOnly) != open {
			day, opened = at.Format(time.DateOnly), at
		}
	}
	if day == "" {
		return nil
	}
	st := queue.New()
	err = s.opts.Journal.Read(ctx, s.seqBefore(ctx, opened), func(r journal.Record) error {
		if st.Day == "" && (r.Kind != (queue.DayOpened{}).Kind() || !bytes.Contains(r.Body, []byte(day))) {
			return nil
		}
		e, err := queue.DecodeEvent(r.Kind, r.Body)
		if err != nil {
			return err
		}
		if st.Day == "" {
			st.Seq = r.Seq - 1
		}
		if call, ok := e.(*queue.Called); ok && v.about(st, call.Ticket) {
			v.Calls = append(v.Calls, v.facts(st, call, r.At))
		}
		st.Apply(queue.Record{Seq: r.Seq, At: r.At, Event: e})
		if issued, ok := e.(*queue.Issued); ok && v.about(st, issued.Ticket) {
			v.head(st, issued)
		}
		if st.Day == "" {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (v *whyView) about(st *queue.State, id protocol.TicketID) bool {
	t := st.Tickets[id]
	return t != nil && (strings.EqualFold(string(id), v.Search) || strings.EqualFold(t.Number, v.Search))
}

func (v *whyView) head(st *queue.State, e *queue.Issued) {
	v.Number, v.Class, v.Issued, v.Promise = e.Number, e.Class, e.IssuedAt, e.Wait
	v.Title = v.Number + " · " + v.T("why.title") + " · " + v.Hall
	v.Service = v.serviceName(&st.Plan, e.Service)
}

func (p *page) serviceName(plan *queue.Plan, id protocol.ServiceID) string {
	if svc := plan.Service(id); svc != nil {
		return p.Say(svc.Name)
	}
	return string(id)
}

// facts looks around right before a call.
func (v *whyView) facts(st *queue.State, e *queue.Called, at time.Time) callFacts {
	called := st.Tickets[e.Ticket]
	f := callFacts{
		At: at, Window: v.windowText(&st.Plan, e.Window), Wait: at.Sub(called.IssuedAt), Why: v.Say(e.Why.Text(&st.Plan)), Choices: e.Why.Count,
	}
	if c := st.Plan.Clerk(e.Clerk); c != nil {
		f.Clerk = v.Say(c.Name)
	}
	for _, id := range e.Why.Among {
		f.Services = append(f.Services, v.serviceName(&st.Plan, id))
	}
	if called.CalledAt.IsZero() && called.Wait.Known {
		wait := f.Wait.Milliseconds()
		f.Kept = "why.kept"
		if wait < called.Wait.LowMS {
			f.Kept = "why.early"
		}
		if wait > called.Wait.HighMS {
			f.Kept = "why.late"
		}
	}
	for _, line := range st.Lines {
		for _, id := range line {
			t := st.Tickets[id]
			switch {
			case id == e.Ticket:
			case t.IssuedAt.Before(called.IssuedAt):
				f.Passed = append(f.Passed, other{
					t.Number, v.serviceName(&st.Plan, t.Service), t.Class, at.Sub(t.IssuedAt), v.reason(st, t, called, e),
				})
			default:
				f.Others++
			}
		}
	}
	slices.SortFunc(f.Passed, func(a, b other) int { return cmp.Or(cmp.Compare(b.Wait, a.Wait), cmp.Compare(a.Number, b.Number)) })
	f.More = max(0, len(f.Passed)-othersMax)
	f.Passed = f.Passed[:len(f.Passed)-f.More]
	return f
}

// reason says why one who came earlier was not called, from the facts of the call.
func (v *whyView) reason(st *queue.State, t, called *queue.Ticket, e *queue.Called) string {
	why := &e.Why
	switch {
	case t.Only != "" && t.Only != e.Window && t.Only != e.For:
		return v.T("why.not.only", v.windowText(&st.Plan, t.Only))
	case t.Only == "" && len(why.Among) > 0 && !slices.Contains(why.Among, t.Service):
		return v.T("why.not.served", v.windowText(&st.Plan, e.Window))
	case why.Rule == "chosen":
		return v.T("why.not.chosen")
	case called.Class == protocol.Green && t.Class != protocol.Green:
		return v.T("why.not.green")
	case called.Class != protocol.Green && t.Class == protocol.Green:
		return v.T("why.not.ratio")
	case why.CreditMS != 0:
		return v.T("why.not.appointment")
	case t.Misses > 0:
		return v.T("why.not.missed")
	case t.Class == protocol.Appointment:
		return v.T("why.not.due")
	case why.Rule == string(queue.TierBudget):
		return v.T("why.not.budget", why.Skips)
	case why.Passed != nil && why.Passed.Number == t.Number && why.Weighed != nil:
		return v.T("why.not.weighed", why.Passed.Score(), why.Weighed.Score())
	case why.Weighed != nil:
		return v.T("why.not.weight")
	}
	return v.T("why.not.place")
}
