package drive

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLineThatCannotBeCarriedOutSaysWhyAndWhatIsLegal(t *testing.T) {
	before := []string{
		initLine,
		`{"op":"window","t":0,"w":0,"on":true}`,
		`{"op":"issue","t":10,"ticket":7,"svc":0,"cls":0}`,
		`{"op":"issue","t":20,"ticket":8,"svc":1,"cls":0}`,
		`{"op":"next","t":30,"w":0}`,
	}
	for _, c := range []struct{ line, want string }{
		{`{"op":"fly","t":30}`, `op "fly" is unknown, legal are init, window`},
		{`{"op":`, `line "{\"op\":" is not JSON (unexpected end of JSON input), legal is one JSON object`},
		{`{"op":"next","t":NaN,"w":0}`, `is not JSON`},
		{`[1,2]`, `line is a JSON array, legal is one JSON object`},
		{`{"op":"next","t":1e999,"w":0}`, `t is 1e999, legal is a number from -21600 to 604800`},
		{`{"op":"next","t":"noon","w":0}`, `t is "noon", legal is a number from -21600 to 604800`},
		{`{"op":"next","t":30,"w":1.5}`, `w is 1.5, legal is [0 1]`},
		{`{"op":"window","t":30,"w":0,"on":1}`, `on is 1, legal is true or false`},
		{`{"op":"next","t":1e300,"w":0}`, `t 1e+300 is out of range, legal are -21600 to 604800 s from opening`},
		{`{"op":"issue","t":-30000,"ticket":9,"svc":0,"cls":0}`, `t -30000 is out of range`},
		{`{"op":"issue","t":29.5,"ticket":9,"svc":0,"cls":0}`, `t 29.5 runs backwards, legal are 30, where the line before was, to 604800`},
		{`{"op":"issue","t":30,"ticket":9,"svc":0,"cls":7}`, `cls 7 is unknown, legal are 0 (regular) and 1 (green)`},
		{`{"op":"issue","t":30,"ticket":9,"svc":5,"cls":0}`, `svc 5 is unknown, legal are [0 1]`},
		{`{"op":"issue","t":30,"ticket":7,"svc":0,"cls":0}`, `ticket 7 was issued before, legal is each once a day`},
		{`{"op":"issue","t":30,"ticket":-1,"svc":0,"cls":0}`, `ticket -1 is negative, legal are whole numbers from 0`},
		{`{"op":"window","t":30,"w":-2,"on":true}`, `w -2 is unknown, legal are [0 1]`},
		{`{"op":"next","t":30,"w":9}`, `w 9 is unknown, legal are [0 1]`},
		{`{"op":"done","t":30,"w":0,"ticket":3,"outcome":"served"}`, `ticket 3 is unknown, legal are those issued today`},
		{`{"op":"done","t":30,"w":0,"ticket":8,"outcome":"served"}`, `ticket 8 is not at window 0, legal is the one there: 7`},
		{`{"op":"done","t":30,"w":1,"ticket":7,"outcome":"served"}`, `ticket 7 is not at window 1, which has none`},
		{`{"op":"done","t":30,"w":0,"ticket":7,"outcome":"lost"}`, `outcome "lost" is unknown, legal are served and noshow`},
		{`{"op":"init"}`, `services is missing, legal is a list of services`},
		{strings.Replace(initLine, `"sla_s":900`, `"sla_s":-1`, 1), `services[0].sla_s -1 is out of range, legal are 0 to 86400 s`},
		{strings.Replace(initLine, `"turnover_s":25`, `"turnover_s":1e300`, 1), `turnover_s 1e+300 is out of range`},
		{strings.Replace(initLine, `"primary":[1]`, `"primary":[4]`, 1), `windows[1].primary: service 4 is unknown, legal are [0 1]`},
		{strings.Replace(initLine, `{"id":1,"name":"S01"`, `{"id":0,"name":"S01"`, 1), `services[1].id 0 is negative or twice there`},
		{`null`, `line is a JSON null, legal is one JSON object`},
		{`{"op":null}`, `op is null, legal is init, window`},
		{`{"op":"next"}`, `t is missing, legal is a number from -21600 to 604800`},
		{`{"op":"next","t":30}`, `w is missing, legal is [0 1]`},
		{`{"op":"next","t":null,"w":1}`, `t is null, legal is a number from`},
		{`{"op":"window","t":30,"w":0}`, `on is missing, legal is true or false`},
		{`{"op":"window","t":30,"w":0,"on":null}`, `on is null, legal is true or false`},
		{`{"op":"issue","t":30,"svc":0}`, `ticket is missing, legal is a whole number from 0`},
		{`{"op":"issue","t":30,"ticket":9}`, `svc is missing, legal is [0 1]`},
		{`{"op":"done","t":30,"w":0,"outcome":"served"}`, `ticket is missing, legal is one issued today`},
		{`{"op":"done","t":30,"w":0,"ticket":7}`, `outcome is missing, legal is served or noshow`},
		{`{"op":"init","services":null,"windows":[]}`, `services is null, legal is a list of services`},
		{`{"op":"init","services":[],"windows":[]}`, `services are 0, legal are 1 to 64`},
		{`{"op":"init","services":[{"id":0}],"windows":[]}`, `windows are 0, legal are 1 to 200`},
		{`{"op":"init","services":[null],"windows":[]}`, `services[0] is null, legal is an object`},
		{strings.Replace(initLine, `{"id":1,"name":"S01",`, `{"name":"S01",`, 1), `services[1].id is missing, legal is a whole number from 0`},
		{strings.Replace(initLine, `"name":"S01"`, `"name":"`+strings.Repeat("号", 201)+`"`, 1), `has 201 characters, legal are at most 200`},
		{strings.Replace(initLine, `"name":"S01"`, `"name":"\u0000"`, 1), `services[1].name "\x00" holds the control character`},
		{strings.Replace(initLine, `"primary":[1],`, ``, 1), `windows[1].primary is missing, legal is a list of services' ids, [] for none`},
		{strings.Replace(initLine, `"primary":[1]`, `"primary":["1"]`, 1), `windows[1].primary[0] is "1", legal is a whole number`},
		{strings.Replace(initLine, `"from":12600,`, `"from":60000,`, 1), `windows[0].roster[1].to is 50400, legal is a number from 60000`},
		{strings.Replace(initLine, `"from":12600,`, ``, 1), `windows[0].roster[1].from is missing`},
		{strings.Replace(initLine, `"day":1`, `"day":-1`, 1), `day is -1, legal is a whole number from 0`},
		{strings.Replace(initLine, `"close_s":28800`, `"close_s":"late"`, 1), `close_s is "late", legal is 0 to 604800 s`},
		{`{"op":"init","services":7}`, `services is 7, legal is a list`},
	} {
		after := []string{c.line, `{"op":"done","t":40,"w":0,"ticket":7,"outcome":"served"}`, `{"op":"next","t":65,"w":0}`, `{"op":"end"}`}
		got := talk(t, append(slices.Clone(before), after...)...)[len(before):]
		var refused failed
		if err := json.Unmarshal([]byte(got[0]), &refused); err != nil || !strings.Contains(refused.Error, c.want) {
			t.Errorf("%s is answered %s, want %q", c.line, got[0], c.want)
		}
		if want := []string{`{"ok":true}`, `{"ticket":8}`, `{"ok":true}`}; !slices.Equal(got[1:], want) {
			t.Errorf("after %s the day goes on with %v, want %v", c.line, got[1:], want)
		}
	}
}

func TestNothingIsDoneBeforeTheDayBeginsOrAfterItEnded(t *testing.T) {
	lines := []string{
		`{"op":"window","t":0,"w":0,"on":true}`, `{"op":"issue","t":0,"ticket":7,"svc":0,"cls":0}`, `{"op":"next","t":0,"w":0}`,
		`{"op":"done","t":0,"w":0,"ticket":7,"outcome":"served"}`, `{"op":"end"}`,
	}
	for i, answer := range talk(t, lines...) {
		if answer != `{"error":"no day is open, legal is init first"}` {
			t.Errorf("%s before init is answered %s", lines[i], answer)
		}
	}
	if got := talk(t, initLine, `{"op":"end"}`, lines[1]); got[2] != `{"error":"no day is open, legal is init first"}` {
		t.Errorf("a ticket after the end is answered %s", got[2])
	}
}

func TestEqualTimesAndTheNoiseOfSumsAreNoStepBack(t *testing.T) {
	for _, answer := range talk(t, initLine,
		`{"op":"window","t":0.3,"w":0,"on":true}`,
		`{"op":"window","t":0.3,"w":1,"on":true}`,
		`{"op":"issue","t":0.29999999999999998,"ticket":7,"svc":0,"cls":0}`,
		`{"op":"next","t":0.2999995,"w":0}`,
	) {
		if strings.Contains(answer, "error") {
			t.Errorf("answered %s", answer)
		}
	}
}

func TestWindowThatIsNotThereGetsNobodyWithoutAnError(t *testing.T) {
	got := talk(t, initLine,
		`{"op":"issue","t":0,"ticket":7,"svc":0,"cls":0}`,
		`{"op":"next","t":1,"w":0}`, // never came
		`{"op":"window","t":2,"w":0,"on":true}`,
		`{"op":"next","t":3,"w":0}`,
		`{"op":"next","t":4,"w":0}`, // has one
		`{"op":"window","t":5,"w":0,"on":false}`,
		`{"op":"done","t":6,"w":0,"ticket":7,"outcome":"noshow"}`,
		`{"op":"next","t":31,"w":0}`, // left
	)
	if want := []string{`{"ticket":-1}`, `{"ok":true}`, `{"ticket":7}`, `{"ticket":-1}`, `{"ok":true}`, `{"ok":true}`, `{"ticket":-1}`}; !slices.Equal(got[2:], want) {
		t.Errorf("answered %v, want %v", got[2:], want)
	}
}

// TestDayFollowsDay with an end and without one, also after one that lasted far into the
// night; ticket numbers and times begin anew.
func TestDayFollowsDay(t *testing.T) {
	long := strings.Replace(initLine, `"to":50400`, `"to":1e300`, 1)
	long = strings.Replace(long, `{"from":0,"to":9900`, `{"from":-1e9,"to":-5`, 1)
	day := []string{
		`{"op":"window","t":0,"w":0,"on":true}`, `{"op":"issue","t":5,"ticket":1,"svc":0,"cls":0}`, `{"op":"next","t":5,"w":0}`,
		`{"op":"done","t":90000,"w":0,"ticket":1,"outcome":"served"}`, `{"op":"issue","t":90001,"ticket":2,"svc":0,"cls":1}`,
	}
	var lines []string
	for _, end := range []string{`{"op":"end"}`, "", `{"op":"end"}`} {
		lines = append(append(append(lines, long), day...), end)
	}
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" })
	for i, answer := range talk(t, lines...) {
		if strings.Contains(answer, "error") || strings.Contains(lines[i], `"next"`) && answer != `{"ticket":1}` {
			t.Errorf("%s is answered %s", lines[i], answer)
		}
	}
}

func TestLineThatIsTooLongIsRefusedAndTheNextOneIsAnswered(t *testing.T) {
	got := talk(t, initLine, `{"op":"`+strings.Repeat("x", lineMax+1)+`"}`, `{"op":"end"}`)
	if !strings.Contains(got[1], `"error":"line is longer than 4194304 bytes`) || got[2] != `{"ok":true}` {
		t.Errorf("answered %.200s and %s", got[1], got[2])
	}
}

// TestAnswerComesBeforeTheNextLineIsSent: a driver waits for each.
func TestAnswerComesBeforeTheNextLineIsSent(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	in, say := io.Pipe()
	hear, out := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, New(Options{}), in, out) }()
	answers := json.NewDecoder(hear)
	for _, line := range []string{initLine + "\r\n", "\n{\"op\":\"window\",\"t\":0,\"w\":0,\"on\":true}\n", "  {\"op\":\"end\"}\n"} {
		if _, err := io.WriteString(say, line); err != nil {
			t.Fatal(err)
		}
		var ok done
		if err := answers.Decode(&ok); err != nil || !ok.OK {
			t.Fatalf("%q is answered %+v, %v", line, ok, err)
		}
	}
	if err := say.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestRefusedLinesLeaveNoTrace: a day that is driven with them is the day without them.
func TestRefusedLinesLeaveNoTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines, now := []string{initLine}, 0.0
		for range rapid.IntRange(5, 60).Draw(t, "lines") {
			now += rapid.Float64Range(0, 200).Draw(t, "later")
			at := rapid.SampledFrom([]float64{now, now, now, now, -3, 1e12}).Draw(t, "t")
			w, ticket := rapid.IntRange(-1, 2).Draw(t, "w"), rapid.IntRange(-1, 12).Draw(t, "ticket")
			lines = append(lines, rapid.SampledFrom([]string{
				fmt.Sprintf(`{"op":"window","t":%v,"w":%d,"on":%v}`, at, w, ticket%2 == 0),
				fmt.Sprintf(`{"op":"issue","t":%v,"ticket":%d,"svc":%d,"cls":%d}`, at, ticket, w, ticket%3),
				fmt.Sprintf(`{"op":"next","t":%v,"w":%d}`, at, w),
				fmt.Sprintf(`{"op":"done","t":%v,"w":%d,"ticket":%d,"outcome":%q}`, at, w, ticket, []string{"served", "noshow", "lost"}[(w+1)%3]),
				fmt.Sprintf(`{"op":"next","t":%v}`, at), fmt.Sprintf(`{"op":"window","t":%v,"w":%d,"on":null}`, at, w), fmt.Sprintf(`{"op":"issue","t":%v,"ticket":%d}`, at, ticket),
				`{"op":"init","services":[]}`, `{"op":"next","t":`, "7",
			}).Draw(t, "line"))
		}
		say := func(lines []string) []string {
			hub, answers := New(Options{Silent: true}), []string(nil)
			for _, line := range lines {
				b, err := json.Marshal(answer(hub, []byte(line), false))
				if err != nil {
					t.Fatal(err)
				}
				answers = append(answers, string(b))
			}
			return answers
		}
		var legal, want []string
		for i, answer := range say(lines) {
			if !strings.Contains(answer, "error") {
				legal, want = append(legal, lines[i]), append(want, answer)
			}
		}
		if got := say(legal); !slices.Equal(got, want) {
			t.Fatalf("without what was refused the day is answered\n%v\nwith it\n%v", got, want)
		}
	})
}
