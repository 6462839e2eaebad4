package hall

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/learn"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// promising is the small hall with what a forecast needs.
func promising() *queue.Plan {
	p := smallHall()
	p.Services[0].Typical, p.Services[0].Promise = queue.Duration(6*time.Minute), queue.Duration(20*time.Minute)
	p.Services[1].Typical = queue.Duration(8 * time.Minute)
	return p
}

func (r *running) openWith(p *queue.Plan, day string) {
	r.t.Helper()
	c := queue.Command{From: queue.Source{Role: queue.RoleHub, Device: "hub"}, Plan: p, Day: day}
	c.Request.Do = queue.DayOpen
	if _, err := r.Do(r.t.Context(), c); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) closeDay() {
	r.t.Helper()
	c := queue.Command{From: queue.Source{Role: queue.RoleHub, Device: "hub"}}
	c.Request.Do = queue.DayClose
	if _, err := r.Do(r.t.Context(), c); err != nil {
		r.t.Fatal(err)
	}
}

// serve takes a ticket at dispenser-1 and serves it at window 1 for so long.
func (r *running) serve(n int, long time.Duration) {
	r.t.Helper()
	r.do(dispenser(), issue(id("take-", n), "social"))
	r.do(terminal("1"), request(id("next-", n), protocol.WindowCallNext))
	r.do(terminal("1"), request(id("here-", n), protocol.WindowArrived))
	time.Sleep(long)
	r.do(terminal("1"), request(id("done-", n), protocol.WindowFinish))
}

// kinds counts the events of the journal by kind.
func (r *running) kinds() map[string]int {
	r.t.Helper()
	all := map[string]int{}
	if err := r.journal.Read(r.t.Context(), 0, func(e journal.Record) error { all[e.Kind]++; return nil }); err != nil {
		r.t.Fatal(err)
	}
	return all
}

func (r *running) see(look func(s *queue.State, now time.Time)) {
	r.t.Helper()
	if err := r.Read(r.t.Context(), look); err != nil {
		r.t.Fatal(err)
	}
}

func TestPromiseIsTheForecastsAndGrowsWithTheLineBeforeTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{ForecastEvery: 3 * time.Second})
		defer h.stop()
		h.openWith(promising(), "2000-01-01")
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		for n := range 4 {
			h.do(dispenser(), issue(id("early-", n), "social"))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		first := h.do(dispenser(), issue("fifth", "social")).Ticket
		second := h.do(dispenser(), issue("sixth", "social")).Ticket
		h.see(func(s *queue.State, _ time.Time) {
			p, q := s.Find(first.ID).Promise, s.Find(second.ID).Promise
			if p == nil || p.Model != "f0" || !p.Known || p.LowMS > p.MidMS || p.MidMS > p.HighMS {
				t.Fatalf("the fifth was promised %+v, want the forecast's", p)
			}
			if mid := time.Duration(p.MidMS) * time.Millisecond; mid < 12*time.Minute || mid > 40*time.Minute {
				t.Errorf("with four of 6 min ahead at one window the middle is %v", mid)
			}
			if q.MidMS <= p.MidMS {
				t.Errorf("the sixth is promised %d ms, no more than the fifth's %d", q.MidMS, p.MidMS)
			}
			if first.Wait.LowMS > p.LowMS || first.Wait.HighMS < p.HighMS {
				t.Errorf("the slip says %+v, which does not reach around %+v", first.Wait, p)
			}
		})
		if f := h.Foresight(); f == nil || f.Model != "f0" || len(f.Late) != 1 {
			t.Errorf("the foresight is %+v, want one service with a promise", f)
		}
	})
}

func TestGreenNumberIsPromisedByTheForecastAndLessThanARegularOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{ForecastEvery: 3 * time.Second})
		defer h.stop()
		h.openWith(promising(), "2000-01-01")
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		for n := range 6 {
			h.do(dispenser(), issue(id("early-", n), "social"))
		}
		h.do(terminal("1"), request("next", protocol.WindowCallNext))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		green := func(name string) *protocol.Ticket {
			r := issue(name, "social")
			r.Class, r.GrantedBy = protocol.Green, "self"
			return h.do(dispenser(), r).Ticket
		}
		first, second := green("first"), green("second")
		regular := h.do(dispenser(), issue("regular", "social")).Ticket
		h.see(func(s *queue.State, now time.Time) {
			p, q, r := s.Find(first.ID).Promise, s.Find(second.ID).Promise, s.Find(regular.ID).Promise
			if p.Model != "f0" || q.Model != "f0" || p.LowMS > p.MidMS || p.MidMS > p.HighMS {
				t.Fatalf("green numbers were promised %+v and %+v, want the forecast's", p, q)
			}
			if p.MidMS >= q.MidMS || q.MidMS >= r.MidMS {
				t.Errorf("two green numbers are promised %d and %d ms, a regular one %d: want each more", p.MidMS, q.MidMS, r.MidMS)
			}
			if _, phone := s.Remaining(second.ID, now); phone != second.Wait {
				t.Errorf("the phone says %+v, the slip %+v", phone, second.Wait)
			}
		})
	})
}

func TestAlarmComesBeforeThePromiseIsBrokenAndGoesWhenHelpHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{ForecastEvery: 3 * time.Second})
		defer h.stop()
		h.openWith(promising(), "2000-01-01")
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		for n := range 9 {
			h.do(dispenser(), issue(id("take-", n), "social"))
		}
		time.Sleep(15 * time.Second)
		synctest.Wait()
		h.see(func(s *queue.State, now time.Time) {
			a, on := s.Alarms["social"]
			if !on || a.Tickets == 0 || a.LeftMS <= (10*time.Minute).Milliseconds() {
				t.Fatalf("a quarter of a minute after nine came for one window the alarm is %+v, %v", a, on)
			}
		})
		f := h.Foresight()
		if len(f.Advice) == 0 || f.Advice[0].Kind != "open" || f.Advice[0].Window != "2" || f.Advice[0].Service != "social" || f.Advice[0].Saved < 10 {
			t.Fatalf("the advice is %+v, want window 2 opened", f.Advice)
		}
		h.do(terminal("2"), signOn("on-2", "c2", "2468"))
		for n := range 7 {
			h.do(terminal(protocol.WindowID(id(1+n%2))), request(id("next-", n), protocol.WindowCallNext))
			h.do(terminal(protocol.WindowID(id(1+n%2))), request(id("gone-", n), protocol.WindowNoShow))
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		h.see(func(s *queue.State, _ time.Time) {
			if len(s.Alarms) > 0 {
				t.Errorf("with two left and two windows the alarm is still %+v", s.Alarms)
			}
		})
		kinds := h.kinds()
		if kinds["alarm_raised"] != 1 || kinds["alarm_cleared"] != 1 {
			t.Errorf("the journal has %d alarms raised and %d cleared, want one each", kinds["alarm_raised"], kinds["alarm_cleared"])
		}
	})
}

func TestHallWhereNothingHappensIsForeseenSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{ForecastEvery: time.Second})
		defer h.stop()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if h.Foresight() != nil {
			t.Error("a closed hall was foreseen")
		}
		h.openWith(promising(), "2000-01-01")
		h.do(dispenser(), issue("take", "social"))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		first := h.Foresight()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if first == nil || h.Foresight() != first {
			t.Error("a forecast was made again though nothing happened")
		}
		if first != nil && len(first.waits.Services) > 0 {
			t.Errorf("nobody works and yet there is a wait: %+v", first.waits.Services)
		}
		time.Sleep(2 * forecastStale)
		synctest.Wait()
		if h.Foresight() == first {
			t.Error("the forecast is older than a minute")
		}
		h.closeDay()
		time.Sleep(2 * time.Second)
		h.see(func(s *queue.State, now time.Time) {
			if len(s.Alarms) > 0 {
				t.Errorf("after the day alarms stand: %+v", s.Alarms)
			}
		})
	})
}

func TestOutcomesOfPromisesAreRememberedOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{ForecastEvery: time.Second})
		h.openWith(promising(), "2000-01-01")
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		h.do(dispenser(), issue("first", "social"))
		time.Sleep(5 * time.Second)
		h.do(dispenser(), issue("second", "social"))
		time.Sleep(time.Hour)
		h.do(terminal("1"), request("n1", protocol.WindowCallNext))
		h.do(terminal("1"), request("g1", protocol.WindowNoShow))
		h.do(terminal("1"), request("n2", protocol.WindowCallNext))
		h.do(terminal("1"), request("g2", protocol.WindowNoShow))
		var honest queue.Honesty
		h.see(func(s *queue.State, _ time.Time) { honest = s.Honest })
		if honest == (queue.Honesty{}) {
			t.Error("a promise was broken by hours and nothing was learned from it")
		}
		h.stop()
		again := start(t, dir, Options{})
		defer again.stop()
		again.see(func(s *queue.State, _ time.Time) {
			if s.Honest != honest {
				t.Errorf("after the restart %+v, before it %+v", s.Honest, honest)
			}
		})
		var lines []journal.ServiceLine
		err := again.journal.ServiceLines(t.Context(), "2000-01-01", func(l journal.ServiceLine) error {
			lines = append(lines, l)
			return nil
		})
		if err != nil || len(lines) != 2 || !lines[1].Promise.Known || lines[1].Promise.Model != "f0" || lines[1].Wait <= lines[1].Promise.High {
			t.Errorf("the service log has %+v, %v; want the broken promise in it", lines, err)
		}
		if err := Rebuild(t.Context(), again.journal); err != nil {
			t.Error(err)
		}
	})
}

// workday has windows 1 and 2 work from 8:00 to 12:00 by the hall's clock, window 2 with
// lunch from 11:00 to 11:45. The promises to one more behind eight are taken at 9:30 and 10:55.
func (r *running) workday(day string) (early, soon queue.Promise) {
	r.t.Helper()
	begin := time.Now()
	at := func(hour, minute int) {
		time.Sleep(time.Until(begin.Add(time.Duration(hour-8)*time.Hour + time.Duration(minute)*time.Minute)))
		synctest.Wait()
	}
	told := func(hour, minute int) queue.Promise {
		at(hour, minute)
		name := fmt.Sprint(day, "-", hour, "-")
		var line []protocol.TicketID
		for n := range 8 {
			line = append(line, r.do(dispenser(), issue(id(name, n), "social")).Ticket.ID)
		}
		at(hour, minute+1)
		last := r.do(dispenser(), issue(name+"last", "social")).Ticket
		var p queue.Promise
		r.see(func(s *queue.State, _ time.Time) { p = *s.Find(last.ID).Promise })
		for n, ticket := range append(line, last.ID) {
			cancel := request(id(name+"cancel-", n), protocol.TicketCancel)
			cancel.Ticket, cancel.Reason = ticket, "演练"
			r.do(boss(), cancel)
		}
		return p
	}
	r.openWith(promising(), day)
	r.do(terminal("1"), signOn("on-1-"+day, "c1", "2468"))
	r.do(terminal("2"), signOn("on-2-"+day, "c2", "2468"))
	early, soon = told(9, 30), told(10, 55)
	at(11, 0)
	pause := request("pause-"+day, protocol.WindowPause)
	pause.Reason = "用餐"
	r.do(terminal("2"), pause)
	at(11, 45)
	r.do(terminal("2"), request("back-"+day, protocol.WindowUnpause))
	at(12, 0)
	r.closeDay()
	time.Sleep(20 * time.Hour)
	return early, soon
}

func TestHallLearnsWhenAWindowGoesToLunchAndPromisesByIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{ForecastEvery: 3 * time.Second})
		for n := range 3 {
			early, soon := h.workday(fmt.Sprintf("2000-01-%02d", n+1))
			longer := time.Duration(soon.MidMS-early.MidMS) * time.Millisecond
			if learned := n == 2; learned != (longer > 4*time.Minute) || early.Model != fmt.Sprintf("f%d", n) {
				t.Errorf("on day %d one more is promised %d ms at 9:30, and %s more right before lunch", n+1, early.MidMS, longer)
			}
		}
		h.see(func(s *queue.State, _ time.Time) {
			b := learn.Of(s.Figures, &s.Plan)
			if got := fmt.Sprint(b.Hours("1"), b.Hours("2"), b.Hours("3")); got != "[8:00–12:00] [8:00–11:00 11:45–12:00] []" {
				t.Errorf("three days taught the hours %s", got)
			}
		})
		h.openWith(promising(), "2000-01-04")
		if err := h.ResetFigure(t.Context(), boss(), "reset", "hours/2", "换班"); err != nil {
			t.Fatal(err)
		}
		h.see(func(s *queue.State, _ time.Time) {
			if l := lessons(s); len(l.Hours["2"]) != 0 || len(l.Hours["1"]) != 1 {
				t.Errorf("after a reset of window 2 alone the forecast takes %+v", l.Hours)
			}
		})
		h.stop()
		if _, err := Verify(t.Context(), dir); err != nil {
			t.Error(err)
		}
	})
}
