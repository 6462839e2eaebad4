package web

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

const (
	// grades are how many a citizen chooses from, the last one best.
	grades = 5
	// contentFrom is the lowest grade of those who are content: 基本满意.
	contentFrom = 3
)

// opinion is what came of asking about one finished ticket.
type opinion struct {
	window protocol.WindowID
	clerk  protocol.ClerkID
	rating int  // 1 to 5; 0 is none
	asked  bool // at the window, and not answered: 未评价
}

// ratings counts the opinions of a day, of a window, of a clerk, or of a clerk at a window.
type ratings struct {
	Name    string
	Done    int         // finished tickets
	Grades  [grades]int // the best one first
	Unrated int         // asked, and not answered

	window protocol.WindowID
	clerk  protocol.ClerkID
}

func (n *ratings) add(o *opinion) {
	n.Done++
	if o.rating > 0 {
		n.Grades[grades-o.rating]++
	} else if o.asked {
		n.Unrated++
	}
}

// Rated is how many have given a grade.
func (n *ratings) Rated() int {
	sum := 0
	for _, g := range n.Grades {
		sum += g
	}
	return sum
}

// Content is the share of those who gave a grade that are content, in whole percent.
func (n *ratings) Content() int {
	content, rated := 0, n.Rated()
	for _, g := range n.Grades[:grades-contentFrom+1] {
		content += g
	}
	return (100*content + rated/2) / max(rated, 1)
}

// ratingView is the page of what citizens thought of a day.
type ratingView struct {
	page
	dayChoice
	All    ratings
	Tables []ratingTable
}

// ratingTable is one table of the page, with the day's sum below it.
type ratingTable struct {
	Key  string // window or clerk
	Rows []ratings
	All  *ratings
	View *ratingView
}

// Scale are the five grades, best first.
func (v *ratingView) Scale() []int { return []int{5, 4, 3, 2, 1} }

// opinions returns what was thought of the tickets that were finished on a day, which may be the open one.
func (s *Server) opinions(ctx context.Context, day, open string) ([]opinion, error) {
	if day != open {
		return s.pastOpinions(ctx, day)
	}
	var all []opinion
	err := s.read(ctx, func(st *queue.State, _ time.Time) {
		for _, t := range st.Tickets {
			if t.Stage == protocol.Finished {
				all = append(all, opinion{t.Window, t.Clerk, t.Rating, t.Unrated})
			}
		}
	})
	return all, err
}

// pastOpinions reads a day that is over: its tickets from the service log, what was thought of them from the journal.
func (s *Server) pastOpinions(ctx context.Context, day string) ([]opinion, error) {
	var all []opinion
	place := map[protocol.TicketID]int{} // in all
	var first time.Time
	var last uint64 // event that ended a ticket
	err := s.opts.Journal.ServiceLines(ctx, day, func(l journal.ServiceLine) error {
		if first.IsZero() || l.IssuedAt.Before(first) {
			first = l.IssuedAt
		}
		last = max(last, l.Seq)
		if l.Outcome == string(protocol.Finished) {
			place[protocol.TicketID(l.Ticket)] = len(all)
			all = append(all, opinion{window: protocol.WindowID(l.Window), clerk: protocol.ClerkID(l.Clerk)})
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return all, err
	}
	err = s.opts.Journal.Read(ctx, s.seqBefore(ctx, first), func(r journal.Record) error {
		if r.Kind == (queue.DayClosed{}).Kind() && r.Seq >= last {
			return errEnough
		}
		if r.Kind != (queue.Rated{}).Kind() { // cheaper than decoding a whole day
			return nil
		}
		event, err := queue.DecodeEvent(r.Kind, r.Body)
		if err != nil {
			return err
		}
		if rated, ok := event.(*queue.Rated); ok {
			if i, ok := place[rated.Ticket]; ok {
				all[i].rating, all[i].asked = rated.Rating, rated.Rating == 0
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return all, err
}

// countRatings counts opinions by what key takes from them, in the order of the plan.
func countRatings(plan *queue.Plan, all []opinion, key func(o *opinion) (protocol.WindowID, protocol.ClerkID)) []ratings {
	var rows []ratings
	for i := range all {
		w, c := key(&all[i])
		at := slices.IndexFunc(rows, func(n ratings) bool { return n.window == w && n.clerk == c })
		if at < 0 {
			at = len(rows)
			rows = append(rows, ratings{window: w, clerk: c})
		}
		rows[at].add(&all[i])
	}
	window := func(n *ratings) int { // one that the plan no longer has comes first
		return slices.IndexFunc(plan.Windows, func(w queue.Window) bool { return w.ID == n.window })
	}
	clerk := func(n *ratings) int {
		return slices.IndexFunc(plan.Clerks, func(c queue.Clerk) bool { return c.ID == n.clerk })
	}
	slices.SortFunc(rows, func(a, b ratings) int {
		return cmp.Or(cmp.Compare(window(&a), window(&b)), cmp.Compare(clerk(&a), clerk(&b)), cmp.Compare(a.window, b.window), cmp.Compare(a.clerk, b.clerk))
	})
	return rows
}

func byWindow(o *opinion) (protocol.WindowID, protocol.ClerkID) { return o.window, "" }
func byClerk(o *opinion) (protocol.WindowID, protocol.ClerkID)  { return "", o.clerk }
func byBoth(o *opinion) (protocol.WindowID, protocol.ClerkID)   { return o.window, o.clerk }

// rated chooses the day of the address and reads what was thought of it.
func (s *Server) rated(r *http.Request) (dayChoice, []opinion, error) {
	c, err := s.chooseDay(r)
	if err != nil || c.Day == "" {
		return c, nil, err
	}
	all, err := s.opinions(r.Context(), c.Day, c.Open)
	return c, all, err
}

func (s *Server) ratingPage(w http.ResponseWriter, r *http.Request) {
	v := &ratingView{page: s.page(r, "nav.ratings")}
	v.Style = "pages.css"
	choice, all, err := s.rated(r)
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	v.dayChoice = choice
	plan := s.plan()
	windows, clerks := countRatings(plan, all, byWindow), countRatings(plan, all, byClerk)
	for i := range windows {
		windows[i].Name = v.windowText(plan, windows[i].window)
	}
	for i := range clerks {
		clerks[i].Name = string(clerks[i].clerk)
		if c := plan.Clerk(clerks[i].clerk); c != nil {
			clerks[i].Name = v.Say(c.Name)
		}
	}
	for i := range all {
		v.All.add(&all[i])
	}
	if len(all) > 0 {
		v.Tables = []ratingTable{{"window", windows, &v.All, v}, {"clerk", clerks, &v.All, v}}
	}
	s.render(w, r, http.StatusOK, "ratings", v)
}

// ratingCSV gives a line for each clerk at each window.
func (s *Server) ratingCSV(w http.ResponseWriter, r *http.Request) {
	choice, all, err := s.rated(r)
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	out := startCSV(w, "ratings", "day", "window", "clerk", "finished", "very_good", "good", "fair", "bad", "very_bad", "not_rated")
	for _, n := range countRatings(s.plan(), all, byBoth) {
		line := []string{choice.Day, string(n.window), string(n.clerk), strconv.Itoa(n.Done)}
		for _, g := range n.Grades {
			line = append(line, strconv.Itoa(g))
		}
		_ = out.Write(append(line, strconv.Itoa(n.Unrated)))
	}
	out.Flush() // the caller may be gone; there is nobody to tell
}

// startCSV begins a file of that name with its head.
func startCSV(w http.ResponseWriter, name string, head ...string) *csv.Writer {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	_, _ = w.Write([]byte("\ufeff")) // spreadsheets take the file for UTF-8 by it
	out := csv.NewWriter(w)
	_ = out.Write(head)
	return out
}
