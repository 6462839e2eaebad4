package learn

import (
	"fmt"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// atWork returns a day's state in which window 1 was worked at at these times, HH:MM by
// the hall's clock: from, to, from, …
func atWork(t *testing.T, p *queue.Plan, day string, times ...string) *queue.State {
	t.Helper()
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		t.Fatal(err)
	}
	at := func(clock string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, zone)
		if err != nil {
			t.Fatal(err)
		}
		return when.UTC()
	}
	s := queue.New()
	step := func(e queue.Event, clock string) { s.Apply(queue.Record{Seq: s.Seq + 1, At: at(clock), Event: e}) }
	step(&queue.DayOpened{Day: day, Plan: *p}, "06:00")
	for i, clock := range times {
		switch {
		case i == 0:
			step(&queue.SignedOn{Window: "1", Clerk: "lin"}, clock)
		case i%2 == 1:
			step(&queue.WindowPaused{Window: "1", Reason: "用餐"}, clock)
		default:
			step(&queue.WindowUnpaused{Window: "1"}, clock)
		}
	}
	return s
}

// night teaches a day that closes at 18:00 by the hall's clock, 10:00 in London.
func night(f *queue.Figures, s *queue.State) *queue.Figures {
	next := From(nil, f, &s.Plan, s.Day)
	day, _ := time.Parse(time.DateOnly, s.Day)
	AddHours(&next, s, day.Add(10*time.Hour))
	return &next
}

func TestTwoDaysTeachWhenAWindowIsAtWork(t *testing.T) {
	p := plan()
	one := night(nil, atWork(t, p, "2026-11-23", "08:31", "11:45", "12:30", "17:00"))
	if hours := Of(one, p).Hours("1"); hours != nil {
		t.Errorf("a single day taught %v", hours)
	}
	two := night(one, atWork(t, p, "2026-11-24", "08:28", "11:40", "12:25"))
	if text, n := Of(two, p).hours("1"); text != "8:30–11:45, 12:30–18:00" || n != 8.75 {
		t.Errorf("two days, after one of which nobody signed off before the close, taught %q: %v h", text, n)
	}
}

func TestWindowThatWorksOneDayInThreeHasNoUsualHours(t *testing.T) {
	p := plan()
	var f *queue.Figures
	for n := range 9 {
		day := fmt.Sprintf("2026-11-%02d", n+1)
		s := atWork(t, p, day)
		if n%3 == 0 {
			s = atWork(t, p, day, "09:00", "12:00")
		}
		f = night(f, s)
	}
	if hours := Of(f, p).Hours("1"); hours != nil {
		t.Errorf("it is expected at %v", hours)
	}
	all := Of(f, p).List()
	for _, g := range all {
		if g.Key == "hours/1" && (g.Value != 0 || g.Hours != "" || g.Count < 6 || g.Since != "2026-11-01") {
			t.Errorf("the manager sees %+v", g)
		}
	}
}

func TestNewHoursAreFollowedAfterThreeWeeksAndAResetForgetsTheOldAtOnce(t *testing.T) {
	p := plan()
	var f *queue.Figures
	for n := range 20 {
		f = night(f, atWork(t, p, fmt.Sprintf("2026-11-%02d", n+1), "08:00", "12:00"))
	}
	late := func(f *queue.Figures, nights int) *queue.Figures {
		for n := range nights {
			f = night(f, atWork(t, p, fmt.Sprintf("2026-12-%02d", n+1), "13:00", "17:00"))
		}
		return f
	}
	usual := func(f *queue.Figures) string {
		text, _ := Of(f, p).hours("1")
		return text
	}
	if text := usual(late(f, 5)); text != "8:00–12:00" {
		t.Errorf("after a week of afternoons the usual hours are %q", text)
	}
	if text := usual(late(f, 21)); text != "13:00–17:00" {
		t.Errorf("after three weeks of afternoons the usual hours are %q", text)
	}
	s := queue.New()
	s.Plan = *p
	s.Apply(queue.Record{Seq: 1, Event: &queue.NightLearned{Figures: *f}})
	s.Apply(queue.Record{Seq: 2, Event: &queue.FigureReset{Figure: queue.FigureKey(queue.FigureHours, "1"), Reason: "换班"}})
	if text := usual(s.Figures); text != "" {
		t.Errorf("after a reset the usual hours are %q", text)
	}
	if text := usual(late(s.Figures, 2)); text != "13:00–17:00" {
		t.Errorf("two days after a reset the usual hours are %q", text)
	}
}

func TestWindowThatThePlanDroppedIsForgotten(t *testing.T) {
	p := plan()
	f := night(nil, atWork(t, p, "2026-11-23", "08:00", "12:00"))
	p.Windows = []queue.Window{{ID: "2", Primary: []protocol.ServiceID{"tax"}}}
	f = night(f, atWork(t, p, "2026-11-24"))
	if _, ok := f.Windows["1"]; ok || f.Windows["2"].Days != 1000 {
		t.Errorf("the figures are %+v", f.Windows)
	}
}
