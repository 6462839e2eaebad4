package replay

import (
	"strings"
	"testing"

	"jiaohao/protocol"
)

func read(t *testing.T, file string) *Day {
	t.Helper()
	day, err := Read(strings.NewReader(file), Pick{})
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func TestSecondCallOfAnAgentAtTheSameTimeGetsAWindowOfItsOwn(t *testing.T) {
	day := read(t, bankHead+
		"1999-02-01,PS,0,100,100,200,A1,served,0\n"+
		"1999-02-01,PS,0,150,150,250,A1,served,0\n"+
		"1999-02-01,PS,0,199,200,200,A1,served,1\n"+
		"1999-02-01,PS,0,199,200,300,A1,served,1\n"+
		"1999-02-01,PS,0,260,260,270,A1,served,0\n")
	var got []string
	for _, v := range day.Visits {
		got = append(got, string(v.Window))
	}
	if text := strings.Join(got, " "); text != "A1 A1-2 A1 A1 A1-2" {
		t.Errorf("windows %s, want A1 A1-2 A1 A1 A1-2", text)
	}
	if n := len(day.posts(Order)); n != 2 {
		t.Errorf("%d windows in recorded order, want 2", n)
	}
	posts := day.posts(Decide)
	if len(posts) != 1 || posts[0].On[0] != (Span{From: 100, To: 300}) {
		t.Errorf("posts when the hub decides %+v, want A1 from 100 to 300", posts)
	}
}

func TestServiceEndsWhenItsWindowCallsNext(t *testing.T) {
	row := func(ticket, arrive, call, open string) string {
		return "2020-02-03,UD_A,11,A: Meldunki," + ticket + "," + arrive + "," + call + ",0," + open + ",0,5,60\n"
	}
	day := read(t, warsawHead+
		row("1", "100", "100", "2")+ // window 1
		row("2", "100", "130", "2")+ // window 2, which is free
		row("3", "120", "160", "2")+ // window 1, busy longest
		row("4", "170", "200", "1")+ // one counter closes: both end, the one busy longest calls
		row("5", "180", "200", "0")) // none open is one: the same window, in no time
	want := []struct {
		window     protocol.WindowID
		start, end int
	}{{"1", 100, 160}, {"2", 130, 200}, {"1", 160, 200}, {"2", 200, 200}, {"2", 200, 260}}
	for i, w := range want {
		v := day.Visits[i]
		if v.Window != w.window || v.Start != w.start || v.End != w.end || v.EndKnown {
			t.Errorf("ticket %d: window %s from %d to %d, want %+v", i+1, v.Window, v.Start, v.End, w)
		}
	}
	if on := day.Posts[0].On; len(on) != 1 || on[0] != (Span{From: 100, To: 200}) {
		t.Errorf("window 1 is staffed %v, want 100 to 200", on)
	}
}

func TestPlanOfADayNamesServicesWindowsAndDevices(t *testing.T) {
	day := read(t, warsawHead+warsawGood+strings.Replace(warsawGood, "11,A: Meldunki", "12,B: Odbiór", 1))
	p, err := day.plan(Order, "$argon2id$x")
	if err != nil {
		t.Fatal(err)
	}
	if p.Hall != "UD_A" || p.Zone != "Europe/Warsaw" || len(p.Windows) != 2 || len(p.Devices) != 2+dispensers {
		t.Errorf("plan %+v, want hall UD_A with two windows", p)
	}
	if s := p.Service("12"); s == nil || s.Prefix != "B" || s.Name.In(protocol.Chinese) != "B: Odbiór" {
		t.Errorf("service 12 is %+v, want prefix B and its recorded name", s)
	}
	if w := p.Window("2"); w == nil || len(w.Primary) != 1 || w.Primary[0] != "12" {
		t.Errorf("window 2 is %+v, want only service 12", w)
	}
}

func TestPrefixesGoOnAfterZ(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 27: "AB", 63: "BL"} {
		if got := prefix(i); got != want {
			t.Errorf("prefix %d is %s, want %s", i, got, want)
		}
	}
}

func TestWhoLeftAndIsCalledTakesAsLongAsTheOneBefore(t *testing.T) {
	traces := []*trace{
		{Visit: &Visit{Service: "a", Left: true}},
		{Visit: &Visit{Service: "a", Start: 10, End: 40}},
		{Visit: &Visit{Service: "b", Left: true}},
		{Visit: &Visit{Service: "a", Left: true}},
		{Visit: &Visit{Service: "a", Start: 50, End: 60}},
		{Visit: &Visit{Service: "a", Left: true}},
	}
	serviceTimes(traces)
	for i, want := range []int{30, 30, usualService, 30, 10, 10} {
		if traces[i].takes != want {
			t.Errorf("visit %d takes %d s, want %d", i, traces[i].takes, want)
		}
	}
}

func TestAgendaGivesMomentsInOrderAlsoOfWhatIsAddedLater(t *testing.T) {
	var a agenda
	a.on(30)
	a.on(10)
	a.on(30).leave = []*trace{nil}
	var got []int
	for second, m, ok := a.next(); ok; second, m, ok = a.next() {
		if second == 10 {
			a.on(20)
		}
		if second == 30 && len(m.leave) != 1 {
			t.Error("what was added to second 30 is gone")
		}
		got = append(got, second)
	}
	if len(got) != 3 || got[0] != 10 || got[1] != 20 || got[2] != 30 {
		t.Errorf("moments %v, want 10 20 30", got)
	}
}

func TestSameSeedKillsAtTheSameMoments(t *testing.T) {
	one, err := newKiller(20, 7, 5000)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := newKiller(20, 7, 5000)
	other, _ := newKiller(20, 8, 5000)
	same := 0
	for n, delay := range one.after {
		if two.after[n] != delay || n < 1 || n > 5000 || delay >= killDelayMax {
			t.Errorf("kill after request %d and %v, the second time after %v", n, delay, two.after[n])
		}
		if _, ok := other.after[n]; ok {
			same++
		}
	}
	if len(one.after) != 20 || same == 20 {
		t.Errorf("%d kills, of which %d are those of another seed; want 20 others", len(one.after), same)
	}
}
