package queue

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"
)

// brokenPlans change one thing in testdata/hall.yaml. The error must name the
// line, the value and what would be right.
var brokenPlans = []struct{ name, from, to, want string }{
	{"version of tomorrow", "version: 1", "version: 2", `line 2: version: 2 is unknown, legal is 1`},
	{"hall with a space", "hall: test", "hall: my hall", `line 3: hall: hall id "my hall": byte 3 is not one of a-z A-Z 0-9 - _ (first a letter or digit)`},
	{"hall without a Chinese name", "name: {zh-CN: 示范大厅, en: Model hall}", "name: {en: Model hall}", `line 4: name: has no zh-CN text`},
	{"language that is not known", "name: {zh-CN: 示范大厅, en: Model hall}", "name: {zh-CN: 示范大厅, fr: Salle}", `line 4: name: language "fr" is not one of zh-CN and en`},
	{"no such zone", "zone: Asia/Shanghai", "zone: Asia/Peking", `line 5: zone: "Asia/Peking" is not a time zone, give one such as Asia/Shanghai`},
	{"day that is none", "[mon, tue, wed, thu, fri]", "[mon, tues]", `line 7: hours[0].days: "tues" is not a day, legal are sun mon tue wed thu fri sat`},
	{"hour without a zero", `open: "08:30"`, `open: "8:30"`, `line 7: hours[0].open: "8:30" is not a time of day of the form 08:30`},
	{"closing before opening", `close: "17:00"`, `close: "07:00"`, `line 7: hours[0].close: 07:00 is not after open 08:30`},
	{"service twice", "id: tax, prefix: B", "id: social, prefix: B", `line 10: services[1].id: service "social" is there twice`},
	{"prefix twice", "prefix: B", "prefix: A", `line 10: services[1].prefix: A is the prefix of service "social" already`},
	{"small prefix", "prefix: C", "prefix: c", `line 11: services[2].prefix: "c" is not one or two capital letters A to Z`},
	{"quota below nothing", "quota: 3", "quota: -3", `line 11: services[2]: max_waiting 0 and quota -3 must be 0 to 9999`},
	{"time that is none", "typical: 6m", "typical: six", `line 9: duration "six" is not of the form 90s, 5m or 1h30m`},
	{"window twice", `id: "2", name`, `id: "1", name`, `line 14: windows[1].id: window "1" is there twice`},
	{"service misspelt", "primary: [social, permit]", "primary: [socal, permit]", `line 15: windows[2].primary[0]: service "socal" is unknown, legal are social, tax, permit`},
	{"window for nothing", "primary: [tax]", "primary: []", `line 14: windows[1].primary: is empty, give some of social, tax, permit`},
	{"service at no window", "primary: [social, permit]", "primary: [social]", `line 11: services[2].id: no window has service "permit" as primary`},
	{"mistake on line 17", `b: "2", delay`, `b: "7", delay`, `line 17: pairs[0].b: window "7" is unknown, legal are 1, 2, 3`},
	{"pair with itself", `b: "2", delay`, `b: "1", delay`, `line 17: pairs[0]: windows 1 and 1 must be two, and a pair only once`},
	{"thresholds the wrong way round", "off: 10m", "off: 30m", `line 17: pairs[0].off: 30m0s is above on 20m0s`},
	{"mode that is none", `b: "2", delay`, `b: "2", mode: both, delay`, `line 17: pairs[0].mode: "both" is unknown, legal are mutual and one_way`},
	{"field that is none", "delay: 60s", "dealy: 60s", `line 17: unknown field "dealy"`},
	{"PIN in the clear", `wang, name: {zh-CN: 王, en: Wang}, pin: "$argon2id$x"`, `wang, name: {zh-CN: 王, en: Wang}, pin: "1234"`, `line 20: clerks[1].pin: is not a hash, make one with: hub pin`},
	{"clerk twice", "id: wang", "id: lin", `line 20: clerks[1].id: clerk "lin" is there twice`},
	{"letter of a service", "letter: Y", "letter: A", `line 24: devices[0].letter: "A" must be one or two capital letters that no service and no other dispenser uses`},
	{"device that is the hub", "id: d1, kind", "id: hub, kind", `line 24: devices[0].id: device "hub" is there twice, or the hub's own name`},
	{"kind of device that is none", "id: d1, kind: dispenser, letter: Y", "id: d1, kind: toaster", `line 24: devices[0].kind: "toaster" is unknown, legal are dispenser, display, terminal, announcer, guest`},
	{"terminal at no window", `kind: terminal, window: "3"`, `kind: terminal, window: "8"`, `line 28: devices[4].window: window "8" is unknown, legal are 1, 2, 3`},
	{"evaluator of a dispenser", "letter: Y", "letter: Y, evaluator: true", `line 24: devices[0].evaluator: is of a dispenser, legal is a terminal`},
	{"re-entry that is none", "times: 1", "times: 1, reentry: front", `line 30: missed.reentry: "front" is unknown, legal are after and end`},
	{"negative ratio", "green_in_row: 2", "green_in_row: -2", `line 29: classes.green_in_row: -2 must be 0 or more`},
	{"list where a word belongs", "zone: Asia/Shanghai", "zone: [Asia]", `line 5: `},
	{"half a file", "windows:", "windows: {", `line `},
}

func TestMistakeInAPlanIsNamedByItsLine(t *testing.T) {
	src, err := os.ReadFile("testdata/hall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range brokenPlans {
		if strings.Count(string(src), c.from) != 1 {
			t.Errorf("%s: %q is not once in the plan", c.name, c.from)
			continue
		}
		_, err := ParsePlan([]byte(strings.Replace(string(src), c.from, c.to, 1)))
		var wrong *PlanError
		if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), c.want) || wrong.Line == 0 {
			t.Errorf("%s\n  got  %v\n  want %s", c.name, err, c.want)
		}
	}
}

func TestPlanThatIsNoPlanIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"nothing":      {"", "the plan is empty"},
		"only remarks": {"# later\n", "the plan is empty"},
		"too large":    {strings.Repeat("#", PlanMax+1), "the plan has 1048577 bytes, legal are at most 1048576"},
		"a word":       {"hello", "line 1: "},
		"no services":  {"version: 1\nhall: h\nzone: UTC\nname: {zh-CN: 厅}\n", "services: are 0, legal are 1 to 64"},
	} {
		_, err := ParsePlan([]byte(c.src))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s\n  got  %v\n  want %s", name, err, c.want)
		}
	}
}

func TestPlanWrittenAndReadIsTheSame(t *testing.T) {
	for _, name := range []string{
		"hall.yaml", "plans/ring.yaml", "plans/one_way.yaml", "plans/returns_last.yaml", "plans/fourth_window.yaml", "plans/evaluator.yaml",
	} {
		plan := readPlan(t, name)
		b, err := FormatPlan(plan)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePlan(b)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, b)
		}
		if !reflect.DeepEqual(plan, again) {
			t.Errorf("%s was read again as another plan:\n%s", name, b)
		}
	}
}

// TestPlanSurvivesTheJournal: a journal replays alone, so its plan must be whole.
func TestPlanSurvivesTheJournal(t *testing.T) {
	plan := readPlan(t, "hall.yaml")
	body, err := EncodeEvent(&DayOpened{Day: "2026-11-23", Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	e, err := DecodeEvent("day_opened", body)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.(*DayOpened).Plan; !reflect.DeepEqual(got, plan) {
		t.Errorf("the journal gives the plan\n%+v\nwant\n%+v", got, plan)
	}
}

func TestHallIsOpenByItsHours(t *testing.T) {
	plan := readPlan(t, "hall.yaml")
	zone := plan.zone()
	for _, c := range []struct {
		at   string
		open bool
	}{
		{"2026-11-23 08:29:59", false}, {"2026-11-23 08:30:00", true}, {"2026-11-23 16:59:59", true},
		{"2026-11-23 17:00:00", false}, {"2026-11-22 10:00:00", false},
	} {
		at, err := time.ParseInLocation(time.DateTime, c.at, zone)
		if err != nil {
			t.Fatal(err)
		}
		if hours, open := plan.openAt(at); open != c.open || !open && (hours.zh == "" || hours.en == "") {
			t.Errorf("at %s open is %v (%v), want %v", c.at, open, hours, c.open)
		}
	}
	if sunday := time.Date(2026, 11, 22, 10, 0, 0, 0, zone); plan.OpenOn(sunday) || !plan.OpenOn(sunday.AddDate(0, 0, 1)) {
		t.Error("the hall is open on Sunday, or closed on Monday")
	}
}

func TestDefaultsOfThePlanAreThoseOfItsDescription(t *testing.T) {
	var p Plan
	for name, c := range map[string]struct{ got, want any }{
		"green in a row":   {p.Classes.greenInRow(), 2},
		"aging":            {p.Classes.aging(), 30 * time.Minute},
		"credit":           {p.Classes.credit(), 30 * time.Minute},
		"calls":            {p.CallsMax(), 3},
		"after":            {p.Missed.after(), 3},
		"times":            {p.Missed.times(), 1},
		"undo":             {p.UndoLimit(), time.Minute},
		"label":            {p.Label("7"), "7"},
		"half of on":       {(&Pair{On: Duration(20 * time.Minute)}).off(), 10 * time.Minute},
		"quota":            {(&Service{}).quota(), TicketsMax},
		"unknown clerk":    {p.Clerk("lin") == nil, true},
		"unknown device":   {p.Device("d1") == nil, true},
		"hall never shuts": {p.OpenOn(time.Time{}), true},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, want %v", name, c.got, c.want)
		}
	}
}

func FuzzParsePlan(f *testing.F) {
	src, err := os.ReadFile("testdata/hall.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	for _, c := range brokenPlans {
		f.Add([]byte(strings.Replace(string(src), c.from, c.to, 1)))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		plan, err := ParsePlan(src)
		if err != nil {
			var wrong *PlanError
			if !errors.As(err, &wrong) || wrong.What == "" {
				t.Fatalf("not a mistake in a plan: %#v", err)
			}
			return
		}
		b, err := FormatPlan(plan)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePlan(b); err != nil {
			t.Fatalf("a legal plan is not legal when written again: %v\n%s", err, b)
		}
		day := Command{From: Source{Role: RoleHub}, Request: protocol.Request{Do: DayOpen}, Plan: &plan, Day: "2026-11-23"}
		events, err := Decide(New(), day, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatalf("the day does not open with a legal plan: %v", err)
		}
		s := New()
		s.Apply(Record{Seq: 1, Event: events[0]})
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPromiseOfMoreThanADayIsRefused(t *testing.T) {
	for promise, ok := range map[time.Duration]bool{0: true, PromiseMax: true, PromiseMax + time.Minute: false, 99999 * time.Hour: false, -time.Minute: false} {
		plan := readPlan(t, "hall.yaml")
		plan.Services[0].Promise = Duration(promise)
		err := plan.Check()
		if ok != (err == nil) || err != nil && !strings.Contains(err.Error(), promise.String()+" is out of range, legal are 0s (none) to 24h0m0s") {
			t.Errorf("a promise of %s: %v", promise, err)
		}
	}
}
