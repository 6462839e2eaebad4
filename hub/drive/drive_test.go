package drive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"jiaohao/protocol"
)

const initLine = `{"op":"init","day":1,"services":[{"id":0,"name":"S00","cfg_mean_s":300,"sla_s":900},{"id":1,"name":"S01","cfg_mean_s":600,"sla_s":1200}],` +
	`"windows":[{"id":0,"name":"1A","dept":0,"pair":0,"partner":1,"primary":[0],"backup":[1],"roster":[{"from":0,"to":9900,"planned":true},{"from":12600,"to":50400,"planned":true}]},` +
	`{"id":1,"name":"1B","dept":0,"pair":0,"partner":0,"primary":[1],"backup":[0],"roster":[{"from":0,"to":50400,"planned":true}]}],"turnover_s":25,"close_s":28800}`

// talk sends lines and returns the answers.
func talk(t *testing.T, lines ...string) []string {
	t.Helper()
	var out bytes.Buffer
	if err := Serve(context.Background(), New(Options{}), strings.NewReader(strings.Join(lines, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(answers) != len(lines) {
		t.Fatalf("%d lines got %d answers", len(lines), len(answers))
	}
	return answers
}

func TestDayOverTheProtocol(t *testing.T) {
	lines := []string{
		initLine,
		`{"op":"issue","t":-60,"ticket":7,"svc":0,"cls":0}`,
		`{"op":"window","t":0,"w":0,"on":true}`,
		`{"op":"window","t":0,"w":1,"on":true}`,
		`{"op":"next","t":0,"w":0}`,
		`{"op":"next","t":0,"w":1}`,
		`{"op":"issue","t":10,"ticket":8,"svc":0,"cls":0}`,
		`{"op":"issue","t":11,"ticket":9,"svc":1,"cls":1}`,
		`{"op":"next","t":12,"w":1}`,
		`{"op":"window","t":100,"w":0,"on":false}`,
		`{"op":"done","t":310,"w":0,"ticket":7,"outcome":"served"}`,
		`{"op":"next","t":335,"w":0}`,
		`{"op":"done","t":400,"w":1,"ticket":9,"outcome":"noshow"}`,
		`{"op":"next","t":425,"w":1}`,
		`{"op":"done","t":800,"w":1,"ticket":8,"outcome":"served"}`,
		`{"op":"end"}`,
	}
	got := talk(t, lines...)
	for i, want := range map[int]string{
		0: `{"ok":true}`, 4: `{"ticket":7}`, 5: `{"ticket":-1}`, 8: `{"ticket":9}`, 11: `{"ticket":-1}`, 13: `{"ticket":8}`, 15: `{"ok":true}`,
	} {
		if got[i] != want {
			t.Errorf("%s\n  got  %s\n  want %s", lines[i], got[i], want)
		}
	}
	var q Quantiles
	if err := json.Unmarshal([]byte(got[6]), &q); err != nil || !(q.P10 <= q.P50 && q.P50 <= q.P90) {
		t.Errorf("the promise is %s", got[6])
	}
}

// TestWhatADayTaughtIsKeptForTheNext, and forgotten when the hall is another.
func TestWhatADayTaughtIsKeptForTheNext(t *testing.T) {
	day, err := ReadScenario("testdata/D2_03.json")
	if err != nil {
		t.Fatal(err)
	}
	hub := New(Options{})
	var n [2]int
	for i := range n {
		if _, err := Play(day, hub, i); err != nil {
			t.Fatal(err)
		}
		for _, k := range hub.State().Skills {
			n[i] += k.N + k.Covered
		}
	}
	if n[0] < 600 || n[1] != 2*n[0] {
		t.Errorf("after one day %d services are known, after two %d", n[0], n[1])
	}
	if p := hub.model.Penalty(); p < 1.05 || p > 1.3 {
		t.Errorf("the penalty of cover is learned as %.2f, it is 1.15", p)
	}
	other, err := ReadScenario("testdata/D1_00.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := hub.Init(other.Setup(3)); err != nil {
		t.Fatal(err)
	}
	if len(hub.State().Skills) != 0 {
		t.Error("another hall begins with what this one taught")
	}
}

func TestBackupSkillsBecomePairs(t *testing.T) {
	day, err := ReadScenario("testdata/D2_03.json")
	if err != nil {
		t.Fatal(err)
	}
	setup := day.Setup(0)
	plan := setup.Plan("apq", New(Options{}).opts.APQ)
	if err := plan.Check(); err != nil {
		t.Fatal(err)
	}
	for _, w := range setup.Windows {
		var want []string
		for _, svc := range w.Backup {
			want = append(want, string(serviceID(svc)))
		}
		got := plan.Backup(windowID(w.ID))
		have := map[protocol.ServiceID]bool{}
		for _, svc := range got {
			have[svc] = true
		}
		for _, svc := range want {
			if !have[protocol.ServiceID(svc)] {
				t.Errorf("window %s backs up %v, the plan says %v", w.Name, want, got)
			}
		}
		if len(got) != len(want) {
			t.Errorf("window %s backs up %v, the plan says %v", w.Name, want, got)
		}
	}
}

func ExampleServe() {
	lines := strings.NewReader(initLine + `
{"op":"window","t":0,"w":0,"on":true}
{"op":"issue","t":5,"ticket":1,"svc":0,"cls":0}
{"op":"next","t":5,"w":0}
`)
	var out bytes.Buffer
	if err := Serve(context.Background(), New(Options{}), lines, &out); err != nil {
		fmt.Println(err)
	}
	fmt.Print(out.String())
	// Output:
	// {"ok":true}
	// {"ok":true}
	// {"p10":0,"p50":0,"p90":0}
	// {"ticket":1}
}
