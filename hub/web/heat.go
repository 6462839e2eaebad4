package web

import (
	"fmt"
	"net/http"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// heatLevels is how many shades there are: more cannot be told apart.
const heatLevels = 8

// heatView is the page of a day's load by half hour.
type heatView struct {
	page
	dayChoice
	Slots []string // when each half hour begins
	Maps  []heatMap
}

// Shades are the levels of a legend.
func (v *heatView) Shades() [heatLevels]int {
	var all [heatLevels]int
	for i := range all {
		all[i] = i + 1
	}
	return all
}

// heatMap is one table: a row for each service or window, a column for each half hour.
type heatMap struct {
	Key  string // arrivals, waits or calls
	Rows []heatRow
	Most string // what the darkest shade is
}

type heatRow struct {
	Name  string
	Cells []heatCell
	Total string
}

// heatCell is a number and its shade.
type heatCell struct {
	Text  string // empty: nothing was
	Level int    // 0 to heatLevels
	Label string
}

// grid counts by row and half hour.
type grid struct {
	n   [][queue.HalfHours]int
	sum [][queue.HalfHours]time.Duration
}

func newGrid(rows int) *grid {
	return &grid{make([][queue.HalfHours]int, rows), make([][queue.HalfHours]time.Duration, rows)}
}

func (g *grid) add(row, slot int, d time.Duration) {
	if row >= 0 {
		g.n[row][slot]++
		g.sum[row][slot] += d
	}
}

// heat gathers a day into three grids, and the half hours between the first and the
// last in which anything was.
func heat(p *page, plan *queue.Plan, visits []visit) (arrivals, waits, calls *grid, first, last int) {
	services, windows := map[protocol.ServiceID]int{}, map[protocol.WindowID]int{}
	for i := range plan.Services {
		services[plan.Services[i].ID] = i + 1
	}
	for i := range plan.Windows {
		windows[plan.Windows[i].ID] = i + 1
	}
	arrivals, waits, calls = newGrid(len(plan.Services)), newGrid(len(plan.Services)), newGrid(len(plan.Windows))
	first, last = queue.HalfHours, -1
	seen := func(slot int) { first, last = min(first, slot), max(last, slot) }
	for i := range visits {
		v := &visits[i]
		came := p.slot(v.Issued)
		seen(came)
		arrivals.add(services[v.Service]-1, came, 0)
		if v.Called.IsZero() {
			continue
		}
		waits.add(services[v.Service]-1, came, v.wait())
		seen(p.slot(v.Called))
		calls.add(windows[v.Window]-1, p.slot(v.Called), v.Busy)
	}
	return arrivals, waits, calls, first, last
}

func (s *Server) heatPage(w http.ResponseWriter, r *http.Request) {
	v := &heatView{page: s.page(r, "nav.heat")}
	v.Style = "pages.css"
	choice, err := s.chooseDay(r)
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	v.dayChoice = choice
	visits, err := s.visits(r.Context(), v.Day, v.Open)
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	if len(visits) > 0 {
		v.fill(s.plan(), visits)
	}
	s.render(w, r, http.StatusOK, "heat", v)
}

// fill makes the three tables.
func (v *heatView) fill(plan *queue.Plan, visits []visit) {
	arrivals, waits, calls, first, last := heat(&v.page, plan, visits)
	for slot := first; slot <= last; slot++ {
		v.Slots = append(v.Slots, slotText(slot))
	}
	var services, windows []string
	for i := range plan.Services {
		services = append(services, v.Say(plan.Services[i].Name))
	}
	for i := range plan.Windows {
		windows = append(windows, v.windowText(plan, plan.Windows[i].ID))
	}
	count := func(g *grid) func(row, slot int) (float64, string, bool) {
		return func(row, slot int) (float64, string, bool) {
			n := g.n[row][slot]
			return float64(n), fmt.Sprint(n), n > 0
		}
	}
	mean := func(row, slot int) (float64, string, bool) {
		n := waits.n[row][slot]
		if n == 0 {
			return 0, "", false
		}
		m := waits.sum[row][slot].Minutes() / float64(n)
		return m, fmt.Sprintf("%.0f", m), true
	}
	v.Maps = []heatMap{
		v.table("arrivals", services, first, count(arrivals), func(row int) string { return fmt.Sprint(total(arrivals.n[row])) }),
		v.table("waits", services, first, mean, func(row int) string {
			var sum time.Duration
			for _, d := range waits.sum[row] {
				sum += d
			}
			if n := total(waits.n[row]); n > 0 {
				return fmt.Sprintf("%.0f", sum.Minutes()/float64(n))
			}
			return "—"
		}),
		v.table("calls", windows, first, count(calls), func(row int) string { return fmt.Sprint(total(calls.n[row])) }),
	}
}

func total(n [queue.HalfHours]int) int {
	sum := 0
	for _, v := range n {
		sum += v
	}
	return sum
}

// heatLeast is what the darkest shade stands for at least: people, minutes, calls.
func heatLeast(key string) float64 {
	if key == "waits" {
		return 10
	}
	return 4
}

// table shades a grid by its own largest value.
func (v *heatView) table(key string, names []string, first int, at func(row, slot int) (float64, string, bool), sum func(row int) string) heatMap {
	most := heatLeast(key) // a few people, or a short wait, are never dark
	m := heatMap{Key: key, Most: fmt.Sprintf("%.0f", most)}
	for row := range names {
		for i := range v.Slots {
			if value, text, ok := at(row, first+i); ok && value > most {
				most, m.Most = value, text
			}
		}
	}
	for row, name := range names {
		r := heatRow{Name: name, Total: sum(row)}
		for i, slot := range v.Slots {
			value, text, ok := at(row, first+i)
			c := heatCell{Label: v.T("heat."+key+".cell", name, slot, text)}
			if ok {
				c.Text, c.Level = text, max(1, int(value/most*heatLevels+0.5))
			}
			r.Cells = append(r.Cells, c)
		}
		m.Rows = append(m.Rows, r)
	}
	return m
}
