package voice

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// morning is when the tests' days begin.
var morning = time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)

// floor is a plan that a test talks to in short lines.
type floor struct {
	*Plan
	t   testing.TB
	now time.Time
	id  uint64
}

func newFloor(t testing.TB, r Rules) *floor {
	t.Helper()
	p, err := NewPlan(r)
	if err != nil {
		t.Fatal(err)
	}
	return &floor{Plan: p, t: t, now: morning}
}

// call adds "A1@3": number A1 to window 3. It returns the call's id.
func (f *floor) call(what string) uint64 {
	f.t.Helper()
	f.id++
	number, window, _ := strings.Cut(what, "@")
	c := Call{ID: f.id, Number: number, Window: window, Label: window, Languages: []string{"zh-CN", "en"}}
	if err := f.Add(f.now, c); err != nil {
		f.t.Fatal(err)
	}
	return f.id
}

func (f *floor) calls(what string) {
	f.t.Helper()
	for w := range strings.FieldsSeq(what) {
		f.call(w)
	}
}

// text writes an announcement as "A1+A2@3 zh-CN,en chime turn1".
func text(a Announcement) string {
	var numbers []string
	for _, c := range a.Calls {
		numbers = append(numbers, c.Number)
	}
	s := fmt.Sprintf("%s@%s %s", strings.Join(numbers, "+"), a.Calls[0].Window, strings.Join(a.Languages, ","))
	if a.Chime {
		s += " chime"
	}
	if a.Short {
		s += " short"
	}
	return fmt.Sprintf("%s turn%d", s, a.Turn)
}

// next starts what comes next, "" if nothing does now.
func (f *floor) next() string {
	a, _, ok := f.Next(f.now)
	if !ok {
		return ""
	}
	return text(a)
}

// want checks what is spoken next and lets it take 4 seconds.
func (f *floor) want(want string) {
	f.t.Helper()
	if got := f.next(); got != want {
		f.t.Fatalf("at %s: got %q, want %q", f.now.Format("15:04:05"), got, want)
	}
	f.now = f.now.Add(4 * time.Second)
	f.Done(f.now)
}

func (f *floor) wait(d time.Duration) { f.now = f.now.Add(d) }

func TestACallIsSpokenTwiceWithAPauseBetween(t *testing.T) {
	f := newFloor(t, Rules{})
	f.call("A1@3")
	f.want("A1@3 zh-CN,en chime turn1")
	_, wake, ok := f.Next(f.now)
	if ok || wake.Sub(f.now) != 6*time.Second {
		t.Fatalf("next in %v, want a repeat in 6s", wake.Sub(f.now))
	}
	f.wait(6 * time.Second)
	f.want("A1@3 zh-CN,en turn2")
	if _, wake, ok := f.Next(f.now.Add(time.Hour)); ok || !wake.IsZero() {
		t.Error("a third time is planned")
	}
}

func TestADuplicateIsSpokenOnceAndARecallAgain(t *testing.T) {
	f := newFloor(t, Rules{Times: 1})
	id := f.call("A1@3")
	f.id-- // the same message once more
	f.call("A1@3")
	f.want("A1@3 zh-CN,en chime turn1")
	if err := f.Add(f.now, Call{ID: id, Number: "A1", Window: "3", Label: "3"}); err != nil {
		t.Fatal(err)
	}
	if got := f.next(); got != "" {
		t.Fatalf("the duplicate is spoken: %s", got)
	}
	f.wait(time.Minute)
	f.call("A1@3")
	f.want("A1@3 zh-CN,en chime turn1")
}

func TestTheChimeBreaksASilenceAndComesBeforeARecall(t *testing.T) {
	f := newFloor(t, Rules{Times: 1, OneLanguageAbove: 50})
	f.call("A1@1")
	f.want("A1@1 zh-CN,en chime turn1")
	f.call("A2@2")
	f.want("A2@2 zh-CN,en turn1")
	if err := f.Add(f.now, Call{ID: 77, Number: "A1", Window: "1", Label: "1", Languages: []string{"en"}, Again: true}); err != nil {
		t.Fatal(err)
	}
	f.want("A1@1 en chime turn1")
	f.wait(defaultChimeAfter)
	f.call("A3@3")
	f.want("A3@3 zh-CN,en chime turn1")
}

func TestARunningAnnouncementIsNeverCut(t *testing.T) {
	f := newFloor(t, Rules{})
	id := f.call("A1@3")
	f.next()
	f.Arrived(id)
	f.calls("A2@3 B1@4")
	if got := f.next(); got != "" {
		t.Fatalf("%s is spoken over A1", got)
	}
	f.Done(f.now)
	f.want("A2@3 zh-CN,en turn1")
}

func TestCallsAreSpokenInTheirOrderAndThoseOfOneWindowTogether(t *testing.T) {
	f := newFloor(t, Rules{Times: 1})
	f.calls("A1@1 B1@2 A2@3 B2@2 A3@1 A4@1 A5@1")
	f.want("A1+A3+A4@1 zh-CN chime turn1") // three numbers at most; four announcements wait
	f.want("B1+B2@2 zh-CN,en turn1")
	f.want("A2@3 zh-CN,en turn1")
	f.want("A5@1 zh-CN,en turn1")
}

func TestARecallThatOvertakesItsFirstCallIsSpokenOnce(t *testing.T) {
	f := newFloor(t, Rules{Times: 1})
	f.calls("A1@1 A2@2 A1@1")
	f.want("A1@1 zh-CN,en chime turn1")
	f.want("A2@2 zh-CN,en turn1")
	if got := f.next(); got != "" {
		t.Errorf("%s is spoken once too often", got)
	}
}

func TestANumberThatMovedIsCalledToItsNewWindowOnly(t *testing.T) {
	f := newFloor(t, Rules{Times: 1})
	f.calls("A1@1 A2@2 A1@5")
	f.want("A2@2 zh-CN,en chime turn1")
	f.want("A1@5 zh-CN,en turn1")
}

func TestABurstDropsTheSecondLanguageThenWordsButNeverANumber(t *testing.T) {
	f := newFloor(t, Rules{})
	for i := 1; i <= 10; i++ {
		f.call(fmt.Sprintf("A%d@%d", i, i))
	}
	f.want("A1@1 zh-CN chime short turn1")
	f.want("A2@2 zh-CN short turn1")
	for i := 3; i <= 7; i++ {
		f.want(fmt.Sprintf("A%d@%d zh-CN turn1", i, i))
	}
	for i := 8; i <= 10; i++ {
		f.want(fmt.Sprintf("A%d@%d zh-CN,en turn1", i, i))
	}
	f.wait(time.Second)
	// The repeat of A1 is 31 s late and not worth it any more.
	f.want("A2@2 zh-CN,en turn2")
}

func TestNewCallsComeBeforeRepeats(t *testing.T) {
	f := newFloor(t, Rules{})
	f.call("A1@1")
	f.want("A1@1 zh-CN,en chime turn1")
	f.wait(7 * time.Second)
	f.call("A2@2")
	f.want("A2@2 zh-CN,en chime turn1")
	f.want("A1@1 zh-CN,en turn2")
	f.wait(2 * time.Second)
	f.want("A2@2 zh-CN,en turn2")
}

func TestNoRepeatWhenThePersonHasArrivedOrTheWindowHasMovedOn(t *testing.T) {
	for name, f := range map[string]func(*floor, uint64){
		"arrived":                 func(f *floor, id uint64) { f.Arrived(id) },
		"window calls the next":   func(f *floor, _ uint64) { f.call("A2@1"); f.want("A2@1 zh-CN,en turn1"); f.Arrived(f.id) },
		"called to another place": func(f *floor, _ uint64) { f.call("A1@7"); f.want("A1@7 zh-CN,en turn1"); f.Arrived(f.id) },
	} {
		floor := newFloor(t, Rules{})
		id := floor.call("A1@1")
		floor.want("A1@1 zh-CN,en chime turn1")
		f(floor, id)
		floor.wait(10 * time.Second)
		if got := floor.next(); got != "" {
			t.Errorf("%s: still spoken: %s", name, got)
		}
	}
}

func TestArrivingWhileTheNumberIsSpokenStopsItsRepeatOnly(t *testing.T) {
	f := newFloor(t, Rules{})
	first := f.call("A1@1")
	f.call("A2@1")
	f.next()
	f.Arrived(first)
	f.Done(f.now)
	f.wait(6 * time.Second)
	f.want("A2@1 zh-CN,en turn2")
}

func TestAPersonWhoArrivesBeforeTheCallIsNotCalled(t *testing.T) {
	f := newFloor(t, Rules{})
	id := f.call("A1@1")
	f.call("A2@1")
	f.Arrived(id)
	f.Arrived(99) // of a call that is still on its way
	if err := f.Add(f.now, Call{ID: 99, Number: "A9", Window: "9", Label: "9"}); err != nil {
		t.Fatal(err)
	}
	f.want("A2@1 zh-CN,en chime turn1")
	if got := f.next(); got != "" {
		t.Errorf("%s is spoken", got)
	}
}

func TestASilentWindowIsNeverSpoken(t *testing.T) {
	f := newFloor(t, Rules{Silent: []string{"5"}})
	f.calls("A1@5 A2@6")
	f.want("A2@6 zh-CN,en chime turn1")
}

func TestVolumeFollowsTheHoursAndZeroIsSilence(t *testing.T) {
	f := newFloor(t, Rules{Times: 1, Hours: []Hour{{"08:00", 80}, {"12:00", 0}, {"13:30", 60}, {"18:00", 30}}})
	for clock, want := range map[string]int{"07:59": 30, "08:00": 80, "11:59": 80, "12:00": 0, "13:29": 0, "13:30": 60, "23:59": 30, "00:00": 30} {
		at, err := time.Parse("2006-01-02 15:04", "2026-09-01 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		f.now = at
		f.call("A1@1")
		a, _, _ := f.Next(at)
		if f.Done(at); a.Percent != want {
			t.Errorf("volume of %d at %s, want %d", a.Percent, clock, want)
		}
	}
	if g := gain(50); g != 0.25 {
		t.Errorf("gain of 50 percent is %v, want a quarter", g)
	}
}

func TestWhatWaitsWhenSilenceBeginsIsNotSpokenAfterIt(t *testing.T) {
	f := newFloor(t, Rules{Hours: []Hour{{"08:00", 80}, {"12:00", 0}, {"13:30", 60}}})
	f.now = morning.Add(3*time.Hour - time.Second)
	f.call("A1@1")
	f.wait(time.Second)
	if got := f.next(); got != "" {
		t.Fatalf("%s is spoken at noon", got)
	}
	f.wait(2 * time.Hour)
	if got := f.next(); got != "" {
		t.Errorf("%s is spoken two hours late", got)
	}
}

func TestTheHallsLanguagesStandInForTheCalls(t *testing.T) {
	f := newFloor(t, Rules{Languages: []string{"yue"}})
	f.call("A1@1")
	f.want("A1@1 yue chime turn1")
}

func TestALoudspeakerThatFailsSpeaksTheCallWhenItWorksAgain(t *testing.T) {
	f := newFloor(t, Rules{})
	f.calls("A1@1 A2@2")
	f.next()
	if lost := f.Failed(f.now); len(lost) > 0 {
		t.Fatalf("%v given up at once", lost)
	}
	if _, wake, ok := f.Next(f.now); ok || wake.Sub(f.now) != retryAfter {
		t.Fatalf("tried again in %v, want %v", wake.Sub(f.now), retryAfter)
	}
	f.wait(retryAfter)
	f.want("A1@1 zh-CN,en chime turn1")
	f.next()
	f.call("A3@2") // the window goes on, but nobody has heard A2 yet
	f.Failed(f.now)
	f.wait(retryAfter)
	f.want("A2@2 zh-CN,en turn1")
	f.next()
	f.call("A4@4")
	f.wait(giveUpAfter + time.Second)
	if lost := f.Failed(f.now); len(lost) != 2 || lost[0].Number != "A3" {
		t.Errorf("given up %v, want A3 and A4, which are older than a minute", lost)
	}
}

func TestARecallWhileTheFirstCallFailsIsSpokenOnce(t *testing.T) {
	f := newFloor(t, Rules{Times: 1})
	f.call("A1@1")
	f.next()
	f.call("A1@1")
	f.Failed(f.now)
	f.wait(retryAfter)
	f.want("A1@1 zh-CN,en chime turn1")
	if got := f.next(); got != "" {
		t.Errorf("%s is spoken once too often", got)
	}
}

func TestACallThatCannotBeOneIsRefused(t *testing.T) {
	f := newFloor(t, Rules{})
	for want, c := range map[string]Call{
		"legal are 1 to 16":    {ID: 1},
		"of 17 characters":     {ID: 1, Number: "01234567890123456"},
		"label of 65 characte": {ID: 1, Number: "1", Label: strings.Repeat("窗", 65)},
	} {
		if err := f.Add(f.now, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for i := range waitingMax {
		f.call(fmt.Sprintf("A%d@%d", i, i))
	}
	if err := f.Add(f.now, Call{ID: 9999, Number: "B1"}); !errors.Is(err, ErrFull) {
		t.Errorf("error %v, want ErrFull", err)
	}
	if f.want("A0@0 zh-CN chime short turn1"); f.Waiting() != waitingMax-1 {
		t.Errorf("%d wait, want %d", f.Waiting(), waitingMax-1)
	}
	if err := f.Add(f.now, Call{ID: 9999, Number: "B1"}); err != nil {
		t.Errorf("a refused call is refused again when there is room: %v", err)
	}
}

func TestRulesThatCannotWorkAreRefused(t *testing.T) {
	for want, r := range map[string]Rules{
		"spoken 6 times":            {Times: 6},
		"gap of -1ns":               {Gap: -1},
		"9 numbers":                 {MergeMax: 9},
		"legal are 1 and more":      {ShortAbove: -1},
		"chime after":               {ChimeAfter: -1},
		`"24:00", legal are 00:00`:  {Hours: []Hour{{"24:00", 5}}},
		`"8:00", legal are 00:00`:   {Hours: []Hour{{"8:00", 5}}},
		"101 percent":               {Hours: []Hour{{"08:00", 101}}},
		"08:00 after that from 09":  {Hours: []Hour{{"09:00", 1}, {"08:00", 1}}},
		"49 volumes of a day":       {Hours: make([]Hour, 49)},
		"08:00 after that from 08:": {Hours: []Hour{{"08:00", 1}, {"08:00", 1}}},
	} {
		if _, err := NewPlan(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestNoNumberIsEverLost: whatever happens, each number that was called and has not arrived, moved or
// failed is spoken, calls of one window in their order.
func TestNoNumberIsEverLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFloor(t, Rules{})
		open := map[string]bool{}
		var lastOf = map[string]int{}
		speak := func() {
			a, _, ok := f.Next(f.now)
			if !ok {
				return
			}
			for _, c := range a.Calls {
				delete(open, c.Number)
				var n int
				fmt.Sscanf(c.Number, "A%d", &n)
				if a.Turn == 1 && n < lastOf[c.Window] {
					rt.Fatalf("window %s: A%d after A%d", c.Window, n, lastOf[c.Window])
				}
				lastOf[c.Window] = max(lastOf[c.Window], n)
			}
			f.wait(time.Duration(rapid.IntRange(1, 9).Draw(rt, "seconds")) * time.Second)
			f.Done(f.now)
		}
		for n := range rapid.IntRange(1, 60).Draw(rt, "calls") {
			number := fmt.Sprintf("A%d", n+1)
			open[number] = true
			f.call(fmt.Sprintf("%s@%d", number, rapid.IntRange(1, 12).Draw(rt, "window")))
			if rapid.Bool().Draw(rt, "speak") {
				speak()
			}
		}
		for range 200 {
			speak()
			f.wait(time.Second)
		}
		if len(open) > 0 {
			rt.Fatalf("never spoken: %v", open)
		}
	})
}
