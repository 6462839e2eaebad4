package hall

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// weekdays is the plan of the tests with opening hours from Monday to Friday.
func weekdays() *queue.Plan {
	p := smallHall()
	p.Hours = []queue.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Open: "08:30", Close: "17:00"}}
	return p
}

func (r *running) day() (day string) {
	r.t.Helper()
	if err := r.Read(r.t.Context(), func(s *queue.State, _ time.Time) { day = s.Day }); err != nil {
		r.t.Fatal(err)
	}
	return day
}

// at sleeps until a local time of the hall and lets everything due happen.
func (r *running) at(day, clock string) {
	r.t.Helper()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		r.t.Fatal(err)
	}
	when, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, shanghai)
	if err != nil {
		r.t.Fatal(err)
	}
	time.Sleep(time.Until(when) + idleWait)
	synctest.Wait()
}

func TestBusinessDayOpensAndClosesByTheCalendar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{Plan: weekdays(), DayAuto: true}) // Saturday 2000-01-01, 08:00 in Shanghai
		defer h.stop()
		h.at("2000-01-01", "08:01")
		if day := h.day(); day != "2000-01-01" {
			t.Errorf("on the very first start the day is %q: no device would learn what it is", day)
		}
		if code := h.refused(dispenser(), issue("saturday", "social")); code != protocol.HallClosed {
			t.Errorf("a ticket on Saturday: %s", code)
		}
		h.at("2000-01-02", "12:00")
		if day := h.day(); day != "" {
			t.Errorf("on Sunday the day is %q", day)
		}
		h.at("2000-01-03", "07:28")
		if day := h.day(); day != "" {
			t.Errorf("on Monday before 07:30 the day is %q", day)
		}
		h.at("2000-01-03", "07:30")
		if day := h.day(); day != "2000-01-03" {
			t.Errorf("on Monday at 07:31 the day is %q", day)
		}
		h.at("2000-01-03", "09:00")
		if n := h.do(dispenser(), issue("monday", "social")).Ticket.Number; n != "A001" {
			t.Errorf("the first number on Monday is %s", n)
		}
		h.at("2000-01-04", "09:00")
		if n := h.do(dispenser(), issue("tuesday", "social")).Ticket.Number; n != "A001" {
			t.Errorf("the first number on Tuesday is %s", n)
		}
	})
}

func TestDayThatWasClosedByHandStaysClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{Plan: smallHall(), DayAuto: true})
		h.at("2000-01-01", "10:00")
		h.do(dispenser(), issue("press", "social"))
		manager := queue.Source{Role: queue.RoleManager, Device: "page-1", Person: "m1"}
		closing := queue.Command{From: manager, Request: protocol.Request{ID: "close", Do: queue.DayClose}}
		if _, err := h.Do(t.Context(), closing); err != nil {
			t.Fatal(err)
		}
		h.stop()

		h = start(t, dir, Options{Plan: smallHall(), DayAuto: true})
		defer h.stop()
		h.at("2000-01-01", "20:00")
		if day := h.day(); day != "" {
			t.Errorf("the day %s is open again, its numbers would be given twice", day)
		}
		opening := queue.Command{From: manager, Request: protocol.Request{ID: "open", Do: queue.DayOpen}}
		if _, err := h.Do(t.Context(), opening); err == nil {
			t.Error("the manager could open the same day again")
		}
		h.at("2000-01-02", "00:00")
		if day := h.day(); day != "2000-01-02" {
			t.Errorf("on the next day the day is %q", day)
		}
	})
}

func TestDayDoesNotOpenWhileTheClockIsNotPlausible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shift atomic.Int64
		shift.Store(int64(-30 * 365 * 24 * time.Hour)) // as a small computer without a battery wakes up
		o := Options{Plan: smallHall(), DayAuto: true, ClockFloor: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}
		o.Now = func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
		h := start(t, t.TempDir(), o)
		defer h.stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		if day := h.day(); day != "" {
			t.Errorf("the day %q is open", day)
		}
		if code := h.refused(dispenser(), issue("press", "social")); code != protocol.ClockNotSet {
			t.Errorf("a ticket: %s, want clock_not_set", code)
		}
		shift.Store(0) // the time server has answered
		time.Sleep(idleWait)
		synctest.Wait()
		if day := h.day(); day != "2000-01-01" {
			t.Errorf("with the clock set the day is %q", day)
		}
	})
}

func TestClockThatStepsBackDatesNothingBeforeTheLastFact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shift atomic.Int64
		h := start(t, t.TempDir(), Options{Now: func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }})
		defer h.stop()
		h.openDay()
		first := h.do(dispenser(), issue("press-1", "social")).Ticket
		shift.Store(int64(-time.Hour))
		second := h.do(dispenser(), issue("press-2", "social")).Ticket
		if second.IssuedAt.Before(first.IssuedAt) {
			t.Errorf("A002 is dated %v, A001 %v", second.IssuedAt, first.IssuedAt)
		}
	})
}

func TestManagersChangeOfThePlanOutlivesAStartWithTheSameFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{Plan: smallHall(), DayAuto: true})
		synctest.Wait()
		changed := *h.Plan()
		changed.Rule = queue.RuleAPQ
		c := queue.Command{From: queue.Source{Role: queue.RoleManager, Person: "m1"}, Plan: &changed}
		c.Request = request("more", queue.PlanChange)
		c.Request.Reason = "rush"
		if _, err := h.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		h.stop()

		h = start(t, dir, Options{Plan: smallHall(), DayAuto: true})
		synctest.Wait()
		if h.Plan().Rule != queue.RuleAPQ {
			t.Error("a start with the same file took the manager's change back")
		}
		h.stop()

		file := smallHall()
		file.Rule = queue.RuleLongest
		h = start(t, dir, Options{Plan: file, DayAuto: true})
		defer h.stop()
		synctest.Wait()
		if h.Plan().Rule != queue.RuleLongest {
			t.Errorf("another file is not in force, the rule is %q", h.Plan().Rule)
		}
	})
}

func TestChangedPlanFileComesIntoForceAtTheNextStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{Plan: smallHall(), DayAuto: true})
		h.at("2000-01-01", "09:00")
		h.stop()

		h = start(t, dir, Options{Plan: smallHall(), DayAuto: true})
		h.at("2000-01-01", "09:30")
		seq := h.seq()
		h.stop()

		changed := smallHall()
		changed.Services[0].Name = protocol.Say("社会保险", "Social security")
		h = start(t, dir, Options{Plan: changed, DayAuto: true})
		defer h.stop()
		h.at("2000-01-01", "10:00")
		if h.seq() != seq+2 { // a start and a change; the start before had nothing to change
			t.Errorf("%d events, want a start and a plan change", h.seq()-seq)
		}
		if name := h.Plan().Services[0].Name.In(protocol.Chinese); name != "社会保险" {
			t.Errorf("the service is called %s", name)
		}
	})
}

func TestEachStartIsANewerEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var epochs []uint64
		for range 3 {
			h := start(t, dir, Options{})
			if err := h.Read(t.Context(), func(s *queue.State, _ time.Time) { epochs = append(epochs, s.Epoch) }); err != nil {
				t.Fatal(err)
			}
			h.stop()
		}
		if unix := uint64(time.Now().Unix()); epochs[0] != unix || epochs[1] != unix+1 || epochs[2] != unix+2 {
			t.Errorf("three starts within one second have the epochs %v", epochs)
		}
	})
}
