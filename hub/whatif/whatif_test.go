package whatif_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/whatif"
	"jiaohao/protocol"
)

const planFile = `
version: 1
hall: little
name: {zh-CN: 小厅, en: Little hall}
zone: Asia/Shanghai
services:
  - {id: social, prefix: A, name: {zh-CN: 社保, en: Social}, promise: 10m}
  - {id: tax, prefix: B, name: {zh-CN: 税务, en: Tax}}
windows:
  - {id: "1", name: {zh-CN: 一号, en: One}, primary: [social]}
  - {id: "2", name: {zh-CN: 二号, en: Two}, primary: [tax]}
clerks:
  - {id: c1, name: {zh-CN: 王芳, en: Wang Fang}, pin: "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
  - {id: c2, name: {zh-CN: 李强, en: Li Qiang}, pin: "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
`

// clerkDay writes a day into a recorder as a hall would: each step is decided by the engine.
type clerkDay struct {
	t     *testing.T
	state *queue.State
	to    *whatif.Recorder
	open  time.Time
}

func newDay(t *testing.T) *clerkDay {
	plan, err := queue.ParsePlan([]byte(planFile))
	if err != nil {
		t.Fatal(err)
	}
	d := &clerkDay{t: t, state: queue.New(), to: whatif.Record("", 1), open: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	d.do(0, queue.Command{From: queue.Source{Role: queue.RoleHub}, Request: protocol.Request{Do: queue.DayOpen}, Plan: &plan, Day: "2026-11-23"})
	return d
}

func (d *clerkDay) do(after time.Duration, c queue.Command) {
	d.t.Helper()
	at := d.open.Add(after)
	events, err := queue.Decide(d.state, c, at)
	if err != nil {
		d.t.Fatalf("after %s: %v", after, err)
	}
	for _, e := range events {
		body, err := queue.EncodeEvent(e)
		if err != nil {
			d.t.Fatal(err)
		}
		d.state.Apply(queue.Record{Seq: d.state.Seq + 1, At: at, Event: e})
		if err := d.to.Add(at, e.Kind(), body); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *clerkDay) day() *whatif.Day {
	d.t.Helper()
	days := d.to.Days()
	if len(days) != 1 {
		d.t.Fatalf("recorded %d days", len(days))
	}
	return days[0]
}

// press is a request of the manager, who may do everything.
func (d *clerkDay) press(after time.Duration, r protocol.Request) {
	d.t.Helper()
	d.do(after, queue.Command{From: queue.Source{Role: queue.RoleManager, Person: "c1"}, Request: r})
}

// served is a whole visit at window: from the call to the end.
func (d *clerkDay) served(w protocol.WindowID, from, to time.Duration) {
	d.t.Helper()
	d.press(from, protocol.Request{Do: protocol.WindowCallNext, Window: w})
	d.press(to, protocol.Request{Do: protocol.WindowFinish, Window: w})
}

func issue(s protocol.ServiceID) protocol.Request {
	return protocol.Request{Do: protocol.TicketIssue, Service: s}
}

// morning is a day on which three come for social insurance at once and one for tax.
func morning(t *testing.T) *whatif.Day {
	d := newDay(t)
	const m = time.Minute
	d.press(m, protocol.Request{Do: protocol.WindowSignOn, Window: "1", Clerk: "c1"})
	d.press(m, protocol.Request{Do: protocol.WindowSignOn, Window: "2", Clerk: "c2"})
	for range 3 {
		d.press(2*m, issue("social"))
	}
	d.served("1", 2*m, 10*m)
	d.press(10*m, protocol.Request{Do: protocol.WindowCallNext, Window: "1"})
	d.press(12*m, issue("tax"))
	d.served("2", 12*m, 13*m)
	d.press(18*m, protocol.Request{Do: protocol.WindowFinish, Window: "1"})
	d.served("1", 18*m, 26*m)
	d.press(30*m, issue("tax")) // gives up
	d.press(30*m, protocol.Request{Do: protocol.WindowPause, Window: "2", Reason: "x"})
	d.press(40*m, protocol.Request{Do: protocol.TicketCancel, Ticket: "B002", Reason: "x"})
	d.do(60*m, queue.Command{From: queue.Source{Role: queue.RoleHub}, Request: protocol.Request{Do: queue.DayClose}})
	return d.day()
}

func TestTheSameDayPlayedAgainIsThatDay(t *testing.T) {
	day := morning(t)
	if len(day.People) != 5 || len(day.Shifts) != 2 || day.Turnover != 0 {
		t.Fatalf("recorded %d people, %d shifts, %s until the next call", len(day.People), len(day.Shifts), day.Turnover)
	}
	c, err := whatif.Compare(t.Context(), day, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]whatif.Figures{"recorded": c.Recorded, "same": c.Same, "changed": c.Changed} {
		// A001 waits 0, A002 8, A003 16 min; B001 0; B002 gives up.
		if f.Called != 4 || f.GaveUp != 1 || f.Left != 0 || f.Mean != 6 || f.Max != 16 {
			t.Errorf("%s: %+v", name, f)
		}
		if f.Late < 33 || f.Late > 34 || f.Services[0].P95 != 16 {
			t.Errorf("%s: one of three is over the promise of 10 min, got %.1f %%; %+v", name, f.Late, f.Services)
		}
	}
}

// shortBreaks is a day on which one window is left after each service and opened again a minute later,
// and calls half a minute after that, while people wait all the time.
func shortBreaks(t *testing.T) *whatif.Day {
	d := newDay(t)
	const m, s = time.Minute, time.Second
	for range 12 {
		d.press(m, issue("social"))
	}
	d.press(m, protocol.Request{Do: protocol.WindowSignOn, Window: "2", Clerk: "c2"})
	at := 2 * m
	d.press(at, protocol.Request{Do: protocol.WindowSignOn, Window: "1", Clerk: "c1"})
	for range 10 {
		d.served("1", at+30*s, at+4*m)
		d.press(at+4*m, protocol.Request{Do: protocol.WindowPause, Window: "1", Reason: "x"})
		d.press(at+5*m, protocol.Request{Do: protocol.WindowUnpause, Window: "1"})
		at += 5 * m
	}
	d.press(at, protocol.Request{Do: protocol.WindowPause, Window: "1", Reason: "x"})
	d.do(at+m, queue.Command{From: queue.Source{Role: queue.RoleHub}, Request: protocol.Request{Do: queue.DayClose}})
	return d.day()
}

func TestClerkWhoTakesBreaksAndTimeToBeginIsPlayedSo(t *testing.T) {
	day := shortBreaks(t)
	for w, want := range map[protocol.WindowID]time.Duration{"1": 30 * time.Second, "": 30 * time.Second} {
		if got := day.Settling[w]; got != want {
			t.Errorf("window %q calls %s after it opens, want %s", w, got, want)
		}
	}
	if _, ok := day.Settling["2"]; ok {
		t.Error("nobody waited for window 2, and it has a time until its first call")
	}
	c, err := whatif.Compare(t.Context(), day, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Same.Called != c.Recorded.Called || c.Same.Left != c.Recorded.Left || c.Same.Mean != c.Recorded.Mean {
		t.Errorf("played the same: %+v\nrecorded: %+v", c.Same, c.Recorded)
	}
	if c.Same.Busy > 100 || c.Same.Hours > c.Recorded.Hours+0.01 {
		t.Errorf("busy %.1f %% of %.2f h, recorded %.1f %% of %.2f h", c.Same.Busy, c.Same.Hours, c.Recorded.Busy, c.Recorded.Hours)
	}
}

func TestWorkBeyondTheShiftIsTimeAtTheWindow(t *testing.T) {
	day := morning(t)
	c, err := whatif.Compare(t.Context(), day, []whatif.Change{{Do: whatif.CloseWindow, Window: "2"}, {Do: whatif.CloseWindow, Window: "1", From: "09:03"}})
	if err != nil {
		t.Fatal(err)
	}
	// Window 1 is open from 1 to 3 min and serves one from 2 to 10 min.
	if c.Changed.Called != 1 || c.Changed.Busy < 88 || c.Changed.Busy > 89 || c.Changed.Hours != 0.15 {
		t.Errorf("%d called, busy %.1f %% of %.3f h, want 1, 8 of 9 min", c.Changed.Called, c.Changed.Busy, c.Changed.Hours)
	}
}

func TestTurnoverIsTheMeanWhileSomebodyWaits(t *testing.T) {
	d := newDay(t)
	const m, s = time.Minute, time.Second
	d.press(0, protocol.Request{Do: protocol.WindowSignOn, Window: "1", Clerk: "c1"})
	for range 5 {
		d.press(m, issue("social"))
	}
	at := m
	for _, gap := range []time.Duration{0, 0, 0, 10 * s} {
		d.served("1", at, at+m)
		at += m + gap
	}
	d.served("1", at, at+m)
	d.press(20*m, issue("social"))
	d.served("1", 20*m+30*s, 21*m) // it was idle
	if got := d.day().Turnover; got != 2500*time.Millisecond {
		t.Errorf("%s until the next call, want 2.5s", got)
	}
}

func TestWindowOpenedUntilItsNextShiftStaysOpen(t *testing.T) {
	day := morning(t)
	day.Shifts[0].From = day.From.Add(20 * time.Minute)
	_, shifts, err := day.With([]whatif.Change{{Do: whatif.OpenWindow, Window: "1", From: "09:01", To: "09:20"}})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range shifts {
		if s.Window == "1" {
			n++
		}
	}
	p, err := whatif.Play(t.Context(), day, day.Plan, shifts)
	if err != nil {
		t.Fatal(err)
	}
	if f := p.Figures(); n != 1 || f.Max != 16 || f.Left != 0 {
		t.Errorf("%d shifts of window 1: %+v", n, f)
	}
}

func TestWindowThatLearnsAServiceShortensItsQueue(t *testing.T) {
	day := morning(t)
	c, err := whatif.Compare(t.Context(), day, []whatif.Change{{Do: whatif.Teach, Window: "2", Service: "social"}})
	if err != nil {
		t.Fatal(err)
	}
	// Window 2 takes A002 at once and A003 follows at 8 min; tax waits until 10 + 2.
	if c.Changed.Max != 8 || c.Changed.Mean >= c.Same.Mean {
		t.Errorf("with window 2 for social: %+v", c.Changed)
	}
	if len(day.Plan.Windows[1].Primary) != 1 {
		t.Error("the recorded plan was changed")
	}
}

func TestPairHelpsAsInTheHall(t *testing.T) {
	c, err := whatif.Compare(t.Context(), morning(t), []whatif.Change{{Do: whatif.MakePair, Window: "1", Partner: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Changed.Covers == 0 || c.Changed.Mean >= c.Same.Mean {
		t.Errorf("an idle partner does not help: %+v", c.Changed)
	}
}

func TestClosedWindowLeavesItsPeopleWaiting(t *testing.T) {
	c, err := whatif.Compare(t.Context(), morning(t), []whatif.Change{{Do: whatif.CloseWindow, Window: "1", From: "09:05", To: "09:30"}})
	if err != nil {
		t.Fatal(err)
	}
	// The one at the window is served to the end; the next are called from 09:30.
	if c.Changed.Max != 36 || c.Changed.Left != 0 {
		t.Errorf("with window 1 closed for 25 min: %+v", c.Changed)
	}
	if c.Changed.Hours >= c.Same.Hours {
		t.Errorf("%.2f window hours, want fewer than %.2f", c.Changed.Hours, c.Same.Hours)
	}
}

func TestPeopleLeftOverPastTheirLimitAreLateAndNobodyServedHasNoMean(t *testing.T) {
	day := morning(t)
	c, err := whatif.Compare(t.Context(), day, []whatif.Change{{Do: whatif.CloseWindow, Window: "1"}, {Do: whatif.CloseWindow, Window: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	f := c.Changed
	// Three for social insurance wait for 58 min with a promise of 10; tax promises nothing.
	if f.Called != 0 || f.Left != 4 || f.GaveUp != 1 || f.Late != 100 || f.Services[0].Left != 3 || f.Services[0].Late != 100 {
		t.Errorf("with all windows closed: %+v", f)
	}
	for name, none := range map[string]whatif.Figure{"mean": f.Mean, "p95": f.P95, "max": f.Max, "busy": f.Busy, "late for tax": f.Services[1].Late} {
		text, err := json.Marshal(none)
		if none.Known() || none.Text(2) != "–" || string(text) != "null" || err != nil {
			t.Errorf("%s is %s, %s in JSON, want none", name, none.Text(2), text)
		}
	}
	if text := whatif.Figure(-0.01).Text(1); text != "0.0" {
		t.Errorf("a hundredth below 0 is written %s, want 0.0", text)
	}
	var back whatif.Figure
	if err := json.Unmarshal([]byte("null"), &back); err != nil || back.Known() {
		t.Errorf("null is read as %v, %v", back, err)
	}
}

func TestTimesAfterMidnightBelongToADayThatWentOnUntilThen(t *testing.T) {
	day := morning(t)
	night := 10 * time.Hour // opened at 19:00
	day.From, day.To = day.From.Add(night), day.To.Add(night+6*time.Hour)
	for i := range day.Shifts {
		day.Shifts[i].From, day.Shifts[i].To = day.Shifts[i].From.Add(night), day.To
	}
	_, shifts, err := day.With([]whatif.Change{{Do: whatif.CloseWindow, Window: "1", From: "23:30", To: "01:00"}})
	if err != nil {
		t.Fatal(err)
	}
	closed := day.Shifts[0].To.Sub(day.Shifts[0].From)
	for _, s := range shifts {
		if s.Window == "1" {
			closed -= s.To.Sub(s.From)
		}
	}
	if closed != 90*time.Minute {
		t.Errorf("window 1 is closed for %s, want 1h30m", closed)
	}
}

func TestOtherPlanIsPlayedBesideTheDaysOwn(t *testing.T) {
	day := morning(t)
	plan, _, err := day.With([]whatif.Change{{Do: whatif.Teach, Window: "2", Service: "social"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := whatif.CompareTo(t.Context(), day, &plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Same.Max != 16 || c.Changed.Max != 8 {
		t.Errorf("the longest wait is %v as it was and %v with the other plan, want 16 and 8", c.Same.Max, c.Changed.Max)
	}
}

func TestChangeThatCannotBeIsNamed(t *testing.T) {
	day := morning(t)
	for _, c := range []struct {
		change whatif.Change
		say    string
	}{
		{whatif.Change{Do: "fly"}, `"fly" is not one of [open close teach`},
		{whatif.Change{Do: whatif.Teach, Window: "9", Service: "tax"}, `window "9" is not one of 1, 2`},
		{whatif.Change{Do: whatif.Teach, Window: "1", Service: "gold"}, `service "gold" is not one of social, tax`},
		{whatif.Change{Do: whatif.Teach, Window: "1", Service: "social"}, "window 1 serves social already"},
		{whatif.Change{Do: whatif.Untake, Window: "1", Service: "tax"}, "window 1 does not serve tax"},
		{whatif.Change{Do: whatif.BreakPair, Window: "1", Partner: "2"}, "no pair"},
		{whatif.Change{Do: whatif.SetRule, Rule: "random"}, "random"},
		{whatif.Change{Do: whatif.SetGreen, Count: 11}, "legal are 1 to 10"},
		{whatif.Change{Do: whatif.SetPromise, Service: "tax", Duration: queue.Duration(99999 * time.Hour)}, "a promise of 99999h0m0s, legal are 0s (none) to 24h0m0s"},
		{whatif.Change{Do: whatif.CloseWindow, Window: "1", From: "9"}, `time "9" is not of the form 09:30`},
		{whatif.Change{Do: whatif.OpenWindow, Window: "1", From: "10:00", To: "09:00"}, "is no time"},
	} {
		_, _, err := day.With([]whatif.Change{c.change})
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%+v: %v, want %q", c.change, err, c.say)
		}
	}
}

func TestHoldsMovesAndMissedNumbersAreRecordedAsStays(t *testing.T) {
	d := newDay(t)
	const m = time.Minute
	d.press(m, protocol.Request{Do: protocol.WindowSignOn, Window: "1", Clerk: "c1"})
	d.press(m, protocol.Request{Do: protocol.WindowSignOn, Window: "2", Clerk: "c2"})
	for range 3 {
		d.press(2*m, issue("social"))
	}
	window := func(do protocol.Action, r protocol.Request) protocol.Request {
		r.Do, r.Window = do, "1"
		return r
	}
	// A001 is put aside for five minutes, then served; A002 goes on to tax; A003 misses and comes back.
	d.press(2*m, window(protocol.WindowCallNext, protocol.Request{}))
	d.press(4*m, window(protocol.WindowHold, protocol.Request{Reason: "x"}))
	d.press(9*m, window(protocol.WindowResume, protocol.Request{Ticket: "A001"}))
	d.press(10*m, window(protocol.WindowFinish, protocol.Request{}))
	d.press(10*m, window(protocol.WindowCallNext, protocol.Request{}))
	d.press(11*m, window(protocol.WindowTransfer, protocol.Request{Service: "tax", Reason: "x"}))
	d.served("2", 11*m, 14*m)
	d.press(14*m, window(protocol.WindowCallNext, protocol.Request{}))
	d.press(15*m, window(protocol.WindowNoShow, protocol.Request{}))
	d.press(20*m, protocol.Request{Do: protocol.TicketReactivate, Ticket: "A003"})
	d.served("1", 20*m, 21*m)
	people := d.day().People
	for i, want := range []string{"3m0s", "1m0s>tax 3m0s", "1m0s! 1m0s"} {
		if got := stays(people[i].Visits); got != want {
			t.Errorf("%s stayed %q, want %q", people[i].Number, got, want)
		}
	}
	if back := people[2].Visits[0].Back; back != 5*m {
		t.Errorf("A003 came back after %s, want 5 min", back)
	}
}

func stays(visits []whatif.Visit) string {
	var s []string
	for _, v := range visits {
		text := v.Stay.String()
		if v.NoShow {
			text += "!"
		}
		if v.To != "" {
			text += ">" + string(v.To)
		}
		s = append(s, text)
	}
	return strings.Join(s, " ")
}

func TestUndoneCallIsNoVisit(t *testing.T) {
	d := newDay(t)
	d.press(time.Minute, protocol.Request{Do: protocol.WindowSignOn, Window: "1", Clerk: "c1"})
	d.press(time.Minute, issue("social"))
	d.press(2*time.Minute, protocol.Request{Do: protocol.WindowCallNext, Window: "1"})
	d.press(2*time.Minute+5*time.Second, protocol.Request{Do: protocol.WindowUndo, Window: "1"})
	who := d.day().People[0]
	if !who.CalledAt.IsZero() || len(who.Visits) != 0 {
		t.Errorf("after the undo: called at %s, visits %v", who.CalledAt, who.Visits)
	}
}

func TestPlayStopsWhenItIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	day := morning(t)
	if _, err := whatif.Play(ctx, day, day.Plan, day.Shifts); !errors.Is(err, context.Canceled) {
		t.Errorf("play gave %v, want that it was cancelled", err)
	}
}
