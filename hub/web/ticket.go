package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// ticketView is a citizen's ticket on the phone. It knows nothing of the person.
type ticketView struct {
	page
	Token  string
	Ticket protocol.Ticket
	Window string // where to go, as people say it
	Call   uint64 // grows with each call
	Calls  int
	Rating int
	at     time.Time
	Last   uint64 // event that touched it last: what a form on the page was about
}

// CanRate reports whether the citizen may still say how it was.
func (v *ticketView) CanRate() bool { return v.Ticket.Stage == protocol.Finished && v.Rating == 0 }

// CanCancel reports whether the citizen may still give the place up.
func (v *ticketView) CanCancel() bool { return v.Ticket.Stage == protocol.Waiting }

// Ratings are the five grades, best first.
func (v *ticketView) Ratings() []int { return []int{5, 4, 3, 2, 1} }

// opened returns the ticket that the link in the address opens. When it opens
// none, it has answered: always the same, whatever is wrong with the link. Only
// wrong links are bounded: a whole hall may share one address, and who holds a slip
// must not wait for who guesses.
func (s *Server) opened(w http.ResponseWriter, r *http.Request) (protocol.TicketID, bool) {
	id, ok := s.opts.Links.Open(r.PathValue("token"))
	switch {
	case ok:
		return id, true
	case s.misses.full(peer(r), time.Now()) > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int(linkWindow/time.Second)))
		s.fail(w, r, http.StatusTooManyRequests)
	default:
		s.misses.add(peer(r), time.Now())
		s.noTicket(w, r)
	}
	return "", false
}

// noTicket answers for a link that opens nothing, or nothing any more.
func (s *Server) noTicket(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/t/") {
		s.refuse(w, http.StatusNotFound, s.texts.both("ticket.gone"))
		return
	}
	s.plain(w, r, http.StatusNotFound, "ticket.gone")
}

// ticketView returns the page's data; ok is false when today has no such ticket.
func (s *Server) ticketView(r *http.Request, id protocol.TicketID) (v *ticketView, ok bool, err error) {
	v = &ticketView{Token: r.PathValue("token")}
	label := ""
	err = s.read(r.Context(), func(st *queue.State, now time.Time) {
		v.Ticket, ok = view.Ticket(st, id, now, s.opts.Links)
		v.at = now
		if t := st.Tickets[id]; ok && t != nil {
			v.Call, v.Calls, v.Rating, v.Last = t.Call, t.Calls, t.Rating, t.Last
			if v.Ticket.Window != "" {
				label = st.Plan.Label(v.Ticket.Window)
			}
		}
	})
	if err != nil || !ok {
		return nil, ok, err
	}
	v.page = s.page(r, "")
	v.Style, v.Script = "pages.css", "live.js"
	v.Window = v.WindowLabel(label)
	v.Title = v.Ticket.Number + " · " + v.T("stage."+string(v.Ticket.Stage))
	if v.Ticket.Stage == protocol.Called {
		v.Title = v.T("ticket.come") + " " + v.Window + " · " + v.Ticket.Number
	}
	return v, true, nil
}

func (s *Server) ticketPage(w http.ResponseWriter, r *http.Request) {
	if id, ok := s.opened(w, r); ok {
		s.showTicket(w, r, id, http.StatusOK, nil)
	}
}

func (s *Server) showTicket(w http.ResponseWriter, r *http.Request, id protocol.TicketID, status int, f *flash) {
	v, ok, err := s.ticketView(r, id)
	switch {
	case err != nil:
		s.fail(w, r, http.StatusServiceUnavailable)
	case !ok:
		s.noTicket(w, r)
	default:
		v.Flash = f
		v.Path = "/t/" + v.Token
		s.render(w, r, status, "ticket", v)
	}
}

// rateTicket and cancelTicket ask with an id made of what is asked and of how the
// ticket stood on the page. Pressing twice, or again after a cut line, is thus the
// same request; pressing later, when things have changed, is another.
func (s *Server) rateTicket(w http.ResponseWriter, r *http.Request) {
	rating, err := strconv.Atoi(r.PostFormValue("rating"))
	if err != nil || rating < 1 || rating > 5 {
		s.fail(w, r, http.StatusBadRequest)
		return
	}
	s.citizen(w, r, protocol.Request{Do: protocol.TicketRate, Rating: rating}, "rate-"+strconv.Itoa(rating))
}

func (s *Server) cancelTicket(w http.ResponseWriter, r *http.Request) {
	s.citizen(w, r, protocol.Request{Do: protocol.TicketCancel}, "cancel")
}

func (s *Server) citizen(w http.ResponseWriter, r *http.Request, req protocol.Request, prefix string) {
	id, ok := s.opened(w, r)
	if !ok {
		return
	}
	last, err := strconv.ParseUint(r.PostFormValue("last"), 10, 64)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest)
		return
	}
	req.ID, req.Ticket = protocol.RequestID(prefix+"-"+strconv.FormatUint(last, 10)), id
	from := queue.Source{Role: queue.RoleCitizen, Device: protocol.DeviceID("t-" + string(id)), Ticket: id}
	reply := s.opts.Hall.Ask(r.Context(), from, req)
	if reply.Refused != nil {
		lang := s.texts.choose(r)
		s.showTicket(w, r, id, httpStatus(reply.Refused.Code), &flash{Bad: true, Text: reply.Refused.Text.In(lang)})
		return
	}
	http.Redirect(w, r, "/t/"+r.PathValue("token"), http.StatusSeeOther)
}

// liveTicket streams one ticket.
func (s *Server) liveTicket(w http.ResponseWriter, r *http.Request) {
	id, ok := s.opened(w, r)
	if !ok {
		return
	}
	s.live(func(r *http.Request, _ time.Time) (frame, error) {
		v, ok, err := s.ticketView(r, id)
		if err == nil && !ok {
			err = protocol.Refuse(protocol.UnknownTicket, "", "")
		}
		if err != nil {
			return frame{}, err
		}
		return frame{at: v.at, state: publicTicket(v.Ticket), template: "ticket-live", page: v}, nil
	}, ticketPace, streamRefresh)(w, r)
}

// publicTicket is what the API gives of a ticket to who has its link.
func publicTicket(t protocol.Ticket) protocol.Ticket {
	t.Link = ""
	return t
}
