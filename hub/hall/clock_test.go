package hall

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/protocol"
)

// machineOf is a machine whose wall clock is shift wrong, and whose monotonic one
// is right.
func machineOf(shift *atomic.Int64) func() (time.Time, time.Duration) {
	began := time.Now()
	return func() (time.Time, time.Duration) {
		return time.Now().Round(0).Add(time.Duration(shift.Load())), time.Since(began)
	}
}

// onMachine runs a hall on a machine whose wall clock is shift wrong.
func onMachine(t *testing.T, shift *atomic.Int64, warnings *bytes.Buffer) *running {
	t.Helper()
	floor := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	c := guard(machineOf(shift), floor, time.Time{}, false, slog.New(slog.NewTextHandler(warnings, nil)))
	return start(t, t.TempDir(), Options{Now: c.now, Plan: smallHall(), DayAuto: true, ClockFloor: floor})
}

func TestAMomentOfWrongTimeNeitherTurnsTheDayNorDatesATicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shift atomic.Int64
		var warnings bytes.Buffer
		h := onMachine(t, &shift, &warnings)
		defer h.stop()
		h.at("2000-01-01", "10:00")
		h.do(dispenser(), issue("before", "social"))
		for moment, wrong := range []time.Duration{15 * time.Hour, 0, 20 * 365 * 24 * time.Hour, -3 * time.Hour, 0} {
			shift.Store(int64(wrong))
			time.Sleep(2 * idleWait)
			synctest.Wait()
			ticket := h.do(dispenser(), issue(id("press-", moment), "social")).Ticket
			if want := id("A00", moment+2); ticket.Number != want {
				t.Errorf("with the clock %v wrong the number is %s, want %s", wrong, ticket.Number, want)
			}
			if !ticket.IssuedAt.Equal(time.Now()) {
				t.Errorf("with the clock %v wrong the ticket is dated %v, it is %v", wrong, ticket.IssuedAt, time.Now())
			}
		}
		if n := strings.Count(warnings.String(), "not believed yet"); n != 2 {
			t.Errorf("two times the clock went wrong, it was logged %d times:\n%s", n, warnings.String())
		}
	})
}

func TestNewTimeThatHoldsForTenMinutesIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shift atomic.Int64
		var warnings bytes.Buffer
		h := onMachine(t, &shift, &warnings)
		defer h.stop()
		h.at("2000-01-01", "10:00")
		shift.Store(int64(12 * time.Hour)) // set, and corrected after five minutes
		time.Sleep(5 * time.Minute)
		shift.Store(int64(24 * time.Hour))
		time.Sleep(clockSteady - time.Second)
		synctest.Wait()
		if day := h.day(); day != "2000-01-01" {
			t.Errorf("before ten minutes are over the day is %s", day)
		}
		time.Sleep(2*idleWait + time.Second)
		synctest.Wait()
		if day := h.day(); day != "2000-01-02" {
			t.Errorf("after ten minutes the day is %s", day)
		}
		if n := strings.Count(warnings.String(), "level=WARN"); n != 2 {
			t.Errorf("want one warning of the doubt and one of its end:\n%s", warnings.String())
		}
	})
}

func TestClockThatIsSlewedIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shift atomic.Int64
		c := guard(machineOf(&shift), time.Time{}, time.Time{}, false, slog.New(slog.DiscardHandler))
		for range 10 {
			time.Sleep(time.Minute)
			shift.Add(int64(30 * time.Second))
			if want := time.Now().Add(time.Duration(shift.Load())); !c.now().Equal(want) {
				t.Fatalf("the trusted time is %v, want %v", c.now(), want)
			}
		}
	})
}

func TestComputerWithoutABatteryBelievesTheFirstTimeThatCanBeRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shift atomic.Int64
		shift.Store(int64(-20 * 365 * 24 * time.Hour))
		var warnings bytes.Buffer
		h := onMachine(t, &shift, &warnings)
		defer h.stop()
		time.Sleep(2 * idleWait)
		synctest.Wait()
		if code := h.refused(dispenser(), issue("early", "social")); code != protocol.ClockNotSet {
			t.Errorf("with the clock in 1980: %s", code)
		}
		shift.Store(0)
		time.Sleep(idleWait)
		synctest.Wait()
		if day := h.day(); day != "2000-01-01" || warnings.Len() > 0 {
			t.Errorf("with the clock set the day is %q, and the log says %s", day, warnings.String())
		}
	})
}

func TestStartLongAfterAnOpenDayWaitsTenMinutesBeforeTheDayTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{Plan: smallHall(), DayAuto: true})
		h.at("2000-01-01", "10:00")
		h.stop()
		time.Sleep(48 * time.Hour) // a weekend

		h = start(t, dir, Options{Plan: smallHall(), DayAuto: true})
		time.Sleep(idleWait)
		synctest.Wait()
		if day := h.day(); day != "2000-01-03" {
			t.Errorf("after a weekend the day is %s", day)
		}
		h.stop()
		time.Sleep(7 * 24 * time.Hour)

		h = start(t, dir, Options{Plan: smallHall(), DayAuto: true})
		defer h.stop()
		time.Sleep(clockSteady - time.Second)
		synctest.Wait()
		if day := h.day(); day != "2000-01-03" {
			t.Errorf("at once after a week the day is %s", day)
		}
		time.Sleep(2 * idleWait)
		synctest.Wait()
		if day := h.day(); day != "2000-01-10" {
			t.Errorf("ten minutes later the day is %s", day)
		}
	})
}
