package whatif

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// busyDay is a day of four windows in two pairs: much social insurance in the morning, little of
// everything else. The fifth window has nothing to do.
func busyDay(t *testing.T) *Day {
	t.Helper()
	plan, err := queue.ParsePlan([]byte(`version: 1
hall: busy
name: {zh-CN: 忙厅, en: Busy hall}
zone: Asia/Shanghai
services:
  - {id: social, prefix: A, name: {zh-CN: 社保, en: Social}, promise: 10m}
  - {id: tax, prefix: B, name: {zh-CN: 税务, en: Tax}, promise: 10m}
  - {id: land, prefix: C, name: {zh-CN: 不动产, en: Land}, promise: 10m}
windows:
  - {id: "1", name: {zh-CN: 一号, en: One}, primary: [social]}
  - {id: "2", name: {zh-CN: 二号, en: Two}, primary: [social]}
  - {id: "3", name: {zh-CN: 三号, en: Three}, primary: [tax]}
  - {id: "4", name: {zh-CN: 四号, en: Four}, primary: [tax]}
  - {id: "5", name: {zh-CN: 五号, en: Five}, primary: [land]}
pairs:
  - {a: "1", b: "2"}
  - {a: "3", b: "4"}
clerks: []
`))
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	d := &Day{Date: "2026-11-23", Plan: plan, From: from, To: from.Add(10 * time.Hour), Turnover: 10 * time.Second}
	for _, w := range plan.Windows {
		d.Shifts = append(d.Shifts, Shift{Window: w.ID, From: from, To: from.Add(9 * time.Hour)})
	}
	rng := rand.New(rand.NewPCG(1, 2))
	come := func(service protocol.ServiceID, n int, first, last time.Duration) {
		for range n {
			d.People = append(d.People, Person{Service: service, Class: protocol.Regular,
				Came:   from.Add(first + time.Duration(rng.Int64N(int64(last-first)))),
				Visits: []Visit{{Stay: 3*time.Minute + time.Duration(rng.Int64N(int64(4*time.Minute)))}}})
		}
	}
	come("social", 54, 0, 3*time.Hour)
	come("social", 30, 3*time.Hour, 8*time.Hour)
	come("tax", 60, 0, 8*time.Hour)
	come("land", 8, 0, 8*time.Hour)
	slices.SortStableFunc(d.People, func(a, b Person) int { return a.Came.Compare(b.Came) })
	return d
}

func TestDrawnDaysAreLikeTheRecordedOne(t *testing.T) {
	day := busyDay(t)
	if a, b := Draw([]*Day{day}, 7), Draw([]*Day{day}, 7); !slices.EqualFunc(a.People, b.People, func(x, y Person) bool {
		return x.Came.Equal(y.Came) && x.Service == y.Service
	}) {
		t.Error("the same seed drew two different days")
	}
	people, morning := 0, 0
	const draws = 200
	for seed := range uint64(draws) {
		for _, p := range Draw([]*Day{day, day}, seed).People {
			people++
			if p.Service == "social" && p.Came.Before(day.From.Add(3*time.Hour)) {
				morning++
			}
		}
	}
	if mean := float64(people) / draws; math.Abs(mean-152) > 4 {
		t.Errorf("drawn days have %.1f people on average, the recorded one 152", mean)
	}
	if mean := float64(morning) / draws; math.Abs(mean-54) > 3 {
		t.Errorf("drawn mornings have %.1f for social insurance on average, the recorded one 54", mean)
	}
}

func TestErlangC(t *testing.T) {
	// Cooper, Introduction to Queueing Theory: one server waits with its load; two with load 1 in a third.
	for _, c := range []struct {
		n    int
		load float64
		want float64
	}{{1, 0.5, 0.5}, {2, 1, 1.0 / 3}, {3, 2, 4.0 / 9}} {
		if got := erlangC(c.n, c.load); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d servers with load %g: %g, want %g", c.n, c.load, got, c.want)
		}
	}
}

func TestStaffOpensWindowsWhenPeopleCome(t *testing.T) {
	day := busyDay(t)
	p, err := Staff(t.Context(), []*Day{day}, 0.10, Work{Draws: 6})
	if err != nil {
		t.Fatal(err)
	}
	if p.Hours >= p.Now {
		t.Errorf("%.1f window hours, want fewer than the %.1f of everybody all day", p.Hours, p.Now)
	}
	served := func(s StaffSlot, ids ...protocol.WindowID) (n int) {
		for _, id := range ids {
			if slices.Contains(s.Windows, id) {
				n++
			}
		}
		return n
	}
	morning, evening := 0, 0
	for i, s := range p.Slots {
		if i < 6 {
			morning += served(s, "1", "2")
		} else {
			evening += served(s, "1", "2")
		}
	}
	if morning < 11 || evening >= 2*(len(p.Slots)-6) {
		t.Errorf("windows 1 and 2 in half hours: %d of 12 in the morning, %d of %d later", morning, evening, 2*(len(p.Slots)-6))
	}
	if p.Late.Low > 20 {
		t.Errorf("late %+v %% of all, met %v", p.Late, p.Met)
	}
}

func TestStaffTellsATargetThatCannotBe(t *testing.T) {
	if _, err := Staff(t.Context(), []*Day{busyDay(t)}, 0.9, Work{}); err == nil || !strings.Contains(err.Error(), "0.01 to 0.5") {
		t.Errorf("%v, want the legal range", err)
	}
}

func TestLunchLeavesOneOfEachPairAtWork(t *testing.T) {
	day := busyDay(t)
	p, err := Lunches(t.Context(), []*Day{day}, "11:00", "13:30", time.Hour, Work{Draws: 4})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Pairs[0].A, "+", p.Pairs[0].B, " ", p.Pairs[1].A, "+", p.Pairs[1].B); len(p.Pairs) != 2 || got != "1+2 3+4" {
		t.Fatalf("pairs %s", got)
	}
	for _, q := range p.Pairs {
		a, err1 := time.Parse("15:04", q.AFrom)
		b, err2 := time.Parse("15:04", q.BFrom)
		if err1 != nil || err2 != nil || a.Sub(b).Abs() < time.Hour {
			t.Errorf("%s at %s and %s at %s are both away", q.A, q.AFrom, q.B, q.BFrom)
		}
	}
	if p.Saved.Mean < 0 {
		t.Errorf("the order found is worse than the first by %v", p.Saved)
	}
	if _, err := Lunches(t.Context(), []*Day{day}, "noon", "13:30", time.Hour, Work{}); err == nil || err.Error() != `whatif: lunch: time "noon" is not of the form 09:30, legal are 00:00 to 23:59` {
		t.Errorf("a lunch from noon is refused with %v", err)
	}
	for _, bad := range []time.Duration{time.Minute, 2 * time.Hour} {
		if _, err := Lunches(t.Context(), []*Day{day}, "11:00", "13:30", bad, Work{}); err == nil {
			t.Errorf("a lunch of %s was taken", bad)
		}
	}
}

func TestIdleWindowIsTaughtWhatPeopleWaitFor(t *testing.T) {
	var done []int
	advice, err := Skills(t.Context(), []*Day{busyDay(t)}, Work{Draws: 6, Progress: func(n, _ int) { done = append(done, n) }})
	if err != nil {
		t.Fatal(err)
	}
	if best := advice[0]; best.Service != "social" || best.Saved.Low <= 0 || best.Mean.High >= 0 {
		t.Errorf("the best skill is %+v, want social insurance with a sure gain", best)
	}
	if !slices.IsSorted(done) || len(done) != len(advice)+1 {
		t.Errorf("progress was told as %v for %d skills", done, len(advice))
	}
}
