package queue

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"
)

// lesson are figures of two services and a clerk.
func lesson(day string) *Figures {
	of := func(n int64) Tally { return Tally{N: n * 1000, Sum: n * 5_000_000, Squares: n * 26_000_000, From: day} }
	return &Figures{
		Version: 1, Day: day,
		Services: map[protocol.ServiceID]ServiceFigure{
			"social": {Time: of(40), Arrivals: []int64{1000, 2000}, Days: 1000, From: day}, "tax": {Time: of(7)},
		},
		Clerks:  map[protocol.ClerkID]Tally{"lin": of(12)},
		Windows: map[protocol.WindowID]WindowFigure{"1": {Here: []int64{0, 2000}, Days: 2000, From: day}},
		Cover:   of(3), NoShow: of(50), GaveUp: of(2), Green: of(60),
	}
}

// lateness reads SERVICE=PERCENT.
func (h *testHall) lateness(c *Command, words []string) {
	h.t.Helper()
	for _, w := range words {
		service, percent, _ := strings.Cut(w, "=")
		chance, err := strconv.Atoi(percent)
		if err != nil {
			h.t.Fatal(err)
		}
		c.Late = append(c.Late, Lateness{Service: protocol.ServiceID(service), Chance: chance, Tickets: 1})
	}
}

func (h *testHall) alarms() string {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(h.s.Alarms)) {
		all = append(all, fmt.Sprintf("%s %d%% since %s", id, h.s.Alarms[id].Chance, h.s.Alarms[id].Since.In(h.s.zone()).Format("15:04")))
	}
	return strings.Join(all, ", ")
}

func (h *testHall) figure(key string) string {
	f := h.s.Figures
	if f == nil {
		return "nothing"
	}
	kind, id, _ := strings.Cut(key, "/")
	tally := map[string]Tally{
		FigureTime: f.Services[protocol.ServiceID(id)].Time, FigureClerk: f.Clerks[protocol.ClerkID(id)],
		FigureCover: f.Cover, FigureNoShow: f.NoShow, FigureGreen: f.Green,
	}[kind]
	switch kind {
	case FigureHours:
		tally = Tally{N: f.Windows[protocol.WindowID(id)].Days, From: f.Windows[protocol.WindowID(id)].From}
	case FigureArrivals:
		tally = Tally{N: f.Services[protocol.ServiceID(id)].Days, From: f.Services[protocol.ServiceID(id)].From}
	}
	if tally.N == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%d since %s", tally.N/1000, tally.From)
}

func TestAHallOfManyYearsKeepsItsFiguresSmall(t *testing.T) {
	f := Figures{Version: 9999, Day: "2039-12-31", Services: map[protocol.ServiceID]ServiceFigure{}, Clerks: map[protocol.ClerkID]Tally{}}
	full := Tally{N: 99_999_000, Sum: 999_999_999_999, Squares: 9_999_999_999_999, From: "2026-01-01"}
	for i := range ServicesMax {
		svc := ServiceFigure{Time: full, Days: 20_000, From: "2026-01-01", Arrivals: make([]int64, HalfHours)}
		for slot := range svc.Arrivals {
			svc.Arrivals[slot] = 999_999
		}
		f.Services[protocol.ServiceID(fmt.Sprintf("service-%d", i))] = svc
	}
	for i := range 200 {
		f.Clerks[protocol.ClerkID(fmt.Sprintf("clerk-%d", i))] = full
	}
	f.Windows = map[protocol.WindowID]WindowFigure{}
	for i := range WindowsMax {
		here := slices.Repeat([]int64{16_666}, Quarters)
		f.Windows[protocol.WindowID(fmt.Sprintf("window-%d", i))] = WindowFigure{Here: here, Days: 16_666, From: "2026-01-01"}
	}
	body, err := EncodeEvent(&NightLearned{Figures: f})
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 192<<10 {
		t.Errorf("the largest hall's night takes %d bytes, want at most 192 KiB", len(body))
	}
}

func TestForecastStandsBesideTheFactsAndNotAmongThem(t *testing.T) {
	h := newTestHall(t, "hall.yaml")
	for _, step := range []string{"09:00 1 sign_on lin", "09:00 take social", "09:00 take social"} {
		h.step(strings.Fields(step))
	}
	before := snapshot(t, h.s)
	span := Span{Low: 4 * time.Minute, Mid: 9 * time.Minute, High: 15*time.Minute + time.Second}
	h.s.Foresee(&Foreseen{
		At: h.s.At, Model: "f3",
		Services: map[protocol.ServiceID]ForeseenLine{"social": {Waiting: 2, Last: span, Each: 2 * time.Minute}},
		Tickets:  map[protocol.TicketID]ForeseenTicket{h.s.Lines["social"][0]: {Span: span}},
	})
	if string(before) != string(snapshot(t, h.s)) {
		t.Error("a forecast changed the snapshot")
	}
	for _, c := range []struct{ step, want string }{
		{"09:00 estimate social", "2 ahead, 4 to 16 min"},
		{"09:01 remaining A001", "0 ahead, 3 to 15 min"},
		{"09:01 remaining A002", "1 ahead, 2 to 14 min"},
		{"09:01 take social", "A003"},
		{"09:01 estimate social", "3 ahead, 6 to 18 min"},
		{"09:01 remaining A003", "2 ahead, 4 to 16 min"},
	} {
		if got := h.step(strings.Fields(c.step)); got != c.want {
			t.Errorf("%s: %s, want %s", c.step, got, c.want)
		}
	}
	if p := h.ticket("A003").Promise; p == nil || p.Model != "f3" || p.HighMS != 901_000 {
		t.Errorf("A003 was promised %+v, want the forecast's", p)
	}
	if got := h.step(strings.Fields("09:03 estimate social")); got == "3 ahead, 6 to 18 min" {
		t.Error("a forecast of three minutes ago still counts")
	}
	h.step(strings.Fields("09:03 1 sign_off manager=chen reason=停电"))
	h.s.Foresee(&Foreseen{At: h.s.At, Services: map[protocol.ServiceID]ForeseenLine{"social": {Waiting: 3, Last: span}}})
	if got := h.step(strings.Fields("09:03 estimate social")); got != "3 ahead, unknown" {
		t.Errorf("while nobody works: %s", got)
	}
}

func TestPromisesThatWereBrokenGrowWider(t *testing.T) {
	var h Honesty
	middle := 10 * time.Minute
	p := &Promise{Model: "f1", Known: true, LowMS: 300_000, MidMS: 600_000, HighMS: 900_000}
	low, high := h.Levels(middle)
	for range 20 {
		h.kept(p, 20*time.Minute)
	}
	if l, u := h.Levels(middle); u >= high || u >= 0 || l <= low {
		t.Errorf("after 20 broken promises the levels are %v and %v, were %v and %v", l, u, low, high)
	}
	if l, u := h.Levels(time.Hour); l != low || u != high {
		t.Errorf("promises of another kind moved to %v and %v", l, u)
	}
	before := h
	h.kept(p, 20*time.Second)
	h.kept(nil, time.Hour)
	h.kept(&Promise{Model: ModelSimple, Known: true, HighMS: 1}, time.Hour)
	h.kept(&Promise{Model: "f1"}, time.Hour)
	if h != before {
		t.Error("who did not wait, or was promised nothing by the forecast, moved a level")
	}
	for range 1000 {
		h.kept(p, 10*time.Minute)
	}
	if l, u := h.Levels(middle); l != 0.45 || u != 0.45 {
		t.Errorf("after a thousand kept ones the levels are %v and %v, want their bound", l, u)
	}
}

func TestStillCopyIsNotTouchedByWhatComesAfter(t *testing.T) {
	h := newTestHall(t, "hall.yaml")
	for _, step := range []string{"09:00 1 sign_on lin", "09:00 take social", "09:00 take social", "09:00 take tax", "09:01 1 next", "09:02 1 arrived"} {
		h.step(strings.Fields(step))
	}
	still := h.s.Still()
	before, err := json.Marshal(still)
	if err != nil {
		t.Fatal(err)
	}
	if err := still.Check(); err != nil {
		t.Error(err)
	}
	for _, step := range []string{"09:03 1 finish", "09:03 1 next", "09:04 take social", "09:05 manager cancel B001 reason=x", "09:06 close reason=x"} {
		h.step(strings.Fields(step))
	}
	after, err := json.Marshal(still)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Errorf("the copy changed:\n%s\n%s", before, after)
	}
}

func TestVisitLeftOpenOvernightTeachesNothing(t *testing.T) {
	h := newTestHall(t, "plans/fourth_window.yaml")
	window := h.s.Plan.Windows[0].ID
	service := h.s.Plan.Windows[0].Primary[0]
	manager := func(r protocol.Request, at string) {
		t.Helper()
		if _, err := h.do(Command{From: Source{Role: RoleManager, Person: "m"}, Request: r}, h.clock(at)); err != nil {
			t.Fatal(err)
		}
	}
	manager(protocol.Request{Do: protocol.WindowSignOn, Window: window, Clerk: h.s.Plan.Clerks[0].ID}, "09:00")
	manager(protocol.Request{Do: protocol.TicketIssue, Service: service}, "09:00")
	manager(protocol.Request{Do: protocol.WindowCallNext, Window: window}, "09:01")
	manager(protocol.Request{Do: protocol.WindowArrived, Window: window}, "09:02")
	before := h.s.Expected(service)
	h.do(Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: DayClose}}, h.clock("23:59"))
	if got := h.s.Expected(service); got != before || h.s.Learned[service].N != 0 {
		t.Errorf("after the night a service is expected to take %.0f s, before it %.0f s; learned %+v", got, before, h.s.Learned[service])
	}
}
