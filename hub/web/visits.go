package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/learn"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// daysBack is how many business days the pages on past days offer.
const daysBack = 14

// visit is one ticket of a day as the pages on what has been look at it.
type visit struct {
	Day     string
	Number  string
	Service protocol.ServiceID
	Window  protocol.WindowID
	Issued  time.Time
	Called  time.Time // zero: never
	Busy    time.Duration
	Promise journal.Promise
}

// wait is from issue to the first call.
func (v *visit) wait() time.Duration { return max(0, v.Called.Sub(v.Issued)) }

// slot is the half hour of the day of a time in the hall's zone.
func (p *page) slot(at time.Time) int { return learn.Slot(at.In(p.zone)) }

// slotText is when a half hour begins, 09:30.
func slotText(slot int) string {
	return time.Date(2000, 1, 1, 0, 30*slot, 0, 0, time.UTC).Format("15:04")
}

// days returns the business days that there is something of, the newest first.
func (s *Server) days(ctx context.Context) (days []string, open string, err error) {
	if days, err = s.opts.Journal.Days(ctx, daysBack); err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(st *queue.State, _ time.Time) { open = st.Day })
	if open != "" && !slices.Contains(days, open) {
		days = append([]string{open}, days...)
	}
	return days[:min(len(days), daysBack)], open, err
}

// visits returns the tickets of a day by their issue: of the open day all, of a past
// one those of the service log.
func (s *Server) visits(ctx context.Context, day, open string) ([]visit, error) {
	var all []visit
	var err error
	if day == open {
		err = s.read(ctx, func(st *queue.State, _ time.Time) {
			for _, t := range st.Tickets {
				all = append(all, visitOf(day, t))
			}
		})
	} else {
		err = s.opts.Journal.ServiceLines(ctx, day, func(l journal.ServiceLine) error {
			all = append(all, visit{
				Day: day, Number: l.Number, Service: protocol.ServiceID(l.Service), Window: protocol.WindowID(l.Window),
				Issued: l.IssuedAt, Called: l.CalledAt, Busy: l.Way + l.Serve, Promise: l.Promise,
			})
			return nil
		})
	}
	slices.SortFunc(all, func(a, b visit) int { return cmp.Or(a.Issued.Compare(b.Issued), cmp.Compare(a.Number, b.Number)) })
	return all, err
}

func visitOf(day string, t *queue.Ticket) visit {
	v := visit{Day: day, Number: t.Number, Service: t.Service, Window: t.Window, Issued: t.IssuedAt, Called: t.CalledAt, Busy: time.Duration(t.Served)}
	if !t.ArrivedAt.IsZero() {
		v.Busy += t.ArrivedAt.Sub(t.CalledAt)
	}
	if p := t.Promise; p != nil {
		ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
		v.Promise = journal.Promise{Model: p.Model, Known: t.Wait.Known, Low: ms(t.Wait.LowMS), High: ms(t.Wait.HighMS)}
	}
	return v
}

// dayChoice is the row of days at the head of a page.
type dayChoice struct {
	Days []string
	Day  string // the one that is shown, "" when there is none
	Open string
}

// chooseDay takes the day from the address, or the newest. A day that is not on record is an error
// that says which are.
func (s *Server) chooseDay(r *http.Request) (dayChoice, error) {
	days, open, err := s.days(r.Context())
	c := dayChoice{Days: days, Open: open}
	if len(days) > 0 {
		c.Day = days[0]
	}
	switch day := r.URL.Query().Get("day"); {
	case err != nil || day == "":
	case len(days) == 0:
		err = notLegal("whatif.empty")
	case !slices.Contains(days, day):
		err = notLegal("whatif.bad.day", day, days[len(days)-1], days[0])
	default:
		c.Day = day
	}
	return c, err
}

// unavailable answers for a page whose facts could not be read, or were not asked for in a way that can be.
func (s *Server) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	var bad *wrong
	if errors.As(err, &bad) {
		p := errorPage{page: s.page(r, "error.400.title")}
		p.Style, p.Heading, p.Message = "pages.css", p.T("error.400.title"), p.T(bad.key, bad.args...)
		s.render(w, r, http.StatusBadRequest, "error", &p)
		return
	}
	s.opts.Log.Error("page failed", "path", r.Pattern, "err", err)
	s.fail(w, r, http.StatusServiceUnavailable)
}
