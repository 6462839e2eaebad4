package drive

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"jiaohao/hub/forecast"
	"jiaohao/hub/queue"
)

// TestWhatADriverMayNotKnowHasADefault: a day told in the fewest words is the day with
// them written out, and what only a newer driver says is let be.
func TestWhatADriverMayNotKnowHasADefault(t *testing.T) {
	day := func(init, cls string) []string {
		return talk(t, init,
			`{"op":"window","t":0,"w":1,"on":true}`,
			`{"op":"issue","t":5,"ticket":1,"svc":0`+cls+`}`,
			`{"op":"issue","t":6,"ticket":2,"svc":1`+cls+`}`,
			`{"op":"next","t":7,"w":1,"mood":{"of":["clerk"]}}`,
			`{"op":"issue","t":8,"ticket":3,"svc":1`+cls+`}`,
		)
	}
	want := day(`{"op":"init","day":0,"services":[{"id":0,"name":"","cfg_mean_s":0,"sla_s":0},{"id":1,"name":"","cfg_mean_s":0,"sla_s":0}],"windows":[`+
		`{"id":0,"name":"","dept":0,"pair":0,"partner":-1,"primary":[0],"backup":[],"roster":[]},`+
		`{"id":1,"name":"","dept":0,"pair":0,"partner":-1,"primary":[1],"backup":[0],"roster":[{"from":0,"to":600,"planned":true},{"from":900,"to":9000,"planned":true}]}],`+
		`"turnover_s":0,"close_s":0}`, `,"cls":0`)
	for _, init := range []string{
		`{"op":"init","services":[{"id":0},{"id":1}],"windows":[{"id":0,"primary":[0]},` +
			`{"id":1,"primary":[1],"backup":[0],"roster":[{"from":900,"to":9000},{"from":0,"to":600}]}]}`,
		`{"op":"init","day":null,"services":[{"id":0.0,"name":null,"cfg_mean_s":null,"sla_s":null},{"id":1e0}],"lang":"zh","windows":[` +
			`{"id":0,"partner":9,"primary":[0],"backup":null,"roster":null,"name":null,"dept":null,"pair":null},` +
			`{"id":1,"primary":[1,1.0],"backup":[0,0,1],"roster":[{"from":0,"to":600,"planned":null},{"from":900,"to":9000}]}],"turnover_s":null,"close_s":null}`,
	} {
		if got := day(init, ""); !slices.Equal(got, want) {
			t.Errorf("%s\n  got  %v\n  want %v", init, got, want)
		}
	}
	if want[0] != `{"ok":true}` || want[4] != `{"ticket":1}` {
		t.Errorf("the day in full is answered %v", want)
	}
}

func TestWholeFloatIsAWholeNumber(t *testing.T) {
	got := talk(t, strings.Replace(initLine, `"id":1,"name":"1B"`, `"id":1.0,"name":"1B"`, 1),
		`{"op":"window","t":0,"w":1.0,"on":true}`,
		`{"op":"issue","t":5,"ticket":7.0,"svc":1e0,"cls":0.0}`,
		`{"op":"next","t":6,"w":10e-1}`,
		`{"op":"done","t":7,"w":1.0,"ticket":7.0,"outcome":"served"}`,
		`{"op":"next","t":8,"w":1e300}`,
	)
	if got[1] != `{"ok":true}` || got[3] != `{"ticket":7}` || got[4] != `{"ok":true}` || got[5] != `{"error":"w is 1e300, legal is [0 1]"}` {
		t.Errorf("answered %v", got)
	}
}

// odd is a hall with a service (2) that is only backed up, one (3) that nobody serves, and
// a window (2) that only backs up.
const odd = `{"op":"init","services":[{"id":0},{"id":1},{"id":2},{"id":3}],"windows":[{"id":0,"primary":[0],"backup":[2]},` +
	`{"id":1,"primary":[1],"backup":[0,2]},{"id":2,"primary":[],"backup":[1,2]},{"id":3,"primary":[]}]}`

func TestServiceThatWindowsOnlyBackUpIsServedUnderEveryRule(t *testing.T) {
	for _, opts := range []Options{{}, {APQ: queue.APQ{Strict: true}}, {Rule: queue.RuleLongest}, {Rule: queue.RuleOwnFirst}, {Rule: queue.RulePriority}, {Rule: queue.RuleFIFO}} {
		hub := New(opts)
		for _, c := range []struct{ line, want string }{
			{odd, `{"ok":true}`},
			{`{"op":"window","t":0,"w":0,"on":true}`, `{"ok":true}`},
			{`{"op":"window","t":0,"w":2,"on":true}`, `{"ok":true}`},
			{`{"op":"window","t":0,"w":3,"on":true}`, `{"ok":true}`},
			{`{"op":"issue","t":0,"ticket":1,"svc":1}`, ""},
			{`{"op":"issue","t":0,"ticket":2,"svc":2}`, ""},
			{`{"op":"issue","t":1,"ticket":3,"svc":2}`, ""},
			{`{"op":"next","t":2,"w":3}`, `{"ticket":-1}`}, // can do nothing
			{`{"op":"next","t":2,"w":2}`, `{"ticket":1}`},  // whose own window is away
			{`{"op":"next","t":3,"w":0}`, `{"ticket":2}`},
			{`{"op":"done","t":9,"w":0,"ticket":2,"outcome":"served"}`, `{"ok":true}`},
			{`{"op":"done","t":9,"w":2,"ticket":1,"outcome":"served"}`, `{"ok":true}`},
			{`{"op":"next","t":10,"w":2}`, `{"ticket":3}`},
			{`{"op":"end"}`, `{"ok":true}`},
		} {
			got, err := json.Marshal(answer(hub, []byte(c.line), false))
			if err != nil || c.want != "" && string(got) != c.want || strings.Contains(string(got), "error") {
				t.Errorf("under %s, %s is answered %s, want %s", hub.opts.Rule, c.line, got, c.want)
			}
		}
	}
}

func TestTicketThatNobodyCanServeWaitsAndIsPromisedALongWait(t *testing.T) {
	got := talk(t, odd,
		`{"op":"window","t":0,"w":0,"on":true}`,
		`{"op":"window","t":0,"w":2,"on":true}`,
		`{"op":"issue","t":5,"ticket":1,"svc":3}`,
		`{"op":"next","t":6,"w":0}`,
		`{"op":"next","t":7,"w":2}`,
		`{"op":"window","t":8,"w":-1,"on":true}`,
		`{"op":"issue","t":8,"ticket":2,"svc":-1}`,
		`{"op":"end"}`,
	)
	var q Quantiles
	if err := json.Unmarshal([]byte(got[3]), &q); err != nil || !(q.P50 > 3600 && q.P10 <= q.P50 && q.P50 <= q.P90) || math.IsInf(q.P90, 0) {
		t.Errorf("the promise is %s, %v", got[3], err)
	}
	want := []string{`{"ticket":-1}`, `{"ticket":-1}`, `{"error":"w -1 is unknown, legal are [0 1 2 3]"}`, `{"error":"svc -1 is unknown, legal are [0 1 2 3]"}`, `{"ok":true}`}
	if !slices.Equal(got[4:], want) {
		t.Errorf("answered %v, want %v", got[4:], want)
	}
}

// TestPromisesOfAnOrdinaryDayPlayAllFutures, and those of a crowd fewer.
func TestPromisesOfAnOrdinaryDayPlayAllFutures(t *testing.T) {
	hub := New(Options{})
	say := func(line string) {
		t.Helper()
		if failed, bad := answer(hub, []byte(line), false).(failed); bad {
			t.Fatal(failed.Error)
		}
	}
	say(odd)
	hub.opts.Silent = true // the tickets, without what is counted here
	for i := range 2*crowd + 1 {
		if n := hub.futures(); i <= crowd && n != forecast.Futures {
			t.Fatalf("with %d waiting a promise plays %d futures, want %d", i, n, forecast.Futures)
		}
		say(fmt.Sprintf(`{"op":"issue","t":0,"ticket":%d,"svc":%d}`, i, i%3))
	}
	if n := hub.futures(); n < fewFutures || n > forecast.Futures/2 {
		t.Errorf("with %d waiting a promise plays %d futures", 2*crowd+1, n)
	}
}

// TestHallThatIsTooLargeIsToldWhatStillFits, also with what stands in for what is missing.
func TestHallThatIsTooLargeIsToldWhatStillFits(t *testing.T) {
	hall := func(services, windows int, primary string) string {
		var s, w []string
		for i := range services {
			s = append(s, fmt.Sprintf(`{"id":%d}`, i))
		}
		for i := range windows {
			w = append(w, fmt.Sprintf(`{"id":%d,"primary":[%s]}`, i, primary))
		}
		return `{"op":"init","services":[` + strings.Join(s, ",") + `],"windows":[` + strings.Join(w, ",") + `]}`
	}
	for _, c := range []struct{ line, want string }{
		{hall(64, 137, "0"), `{"ok":true}`},
		{hall(63, 100, ""), `{"ok":true}`},
		{hall(65, 1, "0"), `services are 65, legal are 1 to 64"`},
		{hall(1, 201, "0"), `windows are 201, legal are 1 to 200"`},
		{hall(64, 1, ""), `services are 64, legal are 1 to 63 when a window has no primary`},
		{hall(64, 138, "0"), `windows are 138, legal are 1 to 137 when 63 services are no window's primary`},
	} {
		if got := talk(t, c.line)[0]; !strings.Contains(got, c.want) {
			t.Errorf("%.60s… is answered %s, want %s", c.line, got, c.want)
		}
	}
}
