package demo

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
	"jiaohao/terminal"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// testClerk is a clerk whose next pause is far away.
func testClerk() *clerk {
	c := newClerk(nil, 1, dice(1, 1))
	c.pauseAt = noon.Add(time.Hour)
	return c
}

func TestClerkPressesWhatSuitsTheMoment(t *testing.T) {
	waiting := &terminal.NextView{Number: "A002"}
	called := &terminal.CurrentView{Ticket: "d-A001", Calls: 1, CallsMax: 3}
	last := &terminal.CurrentView{Ticket: "d-A001", Calls: 3, CallsMax: 3}
	for name, tc := range map[string]struct {
		screen terminal.Screen
		change func(*clerk)
		want   terminal.KeyID
	}{
		"signs on":                        {terminal.Screen{Stage: terminal.StageSignedOff}, nil, terminal.KeySignOn},
		"calls who waits":                 {terminal.Screen{Stage: terminal.StageIdle, Next: waiting}, nil, terminal.KeyBig},
		"waits when nobody waits":         {terminal.Screen{Stage: terminal.StageIdle}, nil, ""},
		"welcomes who comes":              {terminal.Screen{Stage: terminal.StageCalled, Current: called}, nil, terminal.KeyBig},
		"calls again who does not come":   {terminal.Screen{Stage: terminal.StageCalled, Current: called}, func(c *clerk) { c.gone = "d-A001" }, terminal.KeyRecall},
		"gives up after the last call":    {terminal.Screen{Stage: terminal.StageCalled, Current: last}, func(c *clerk) { c.gone = "d-A001" }, terminal.KeyNoShow},
		"ends the pause":                  {terminal.Screen{Stage: terminal.StagePaused}, nil, terminal.KeyBig},
		"closes a menu that is left open": {terminal.Screen{Stage: terminal.StageIdle, Menu: &terminal.Menu{}, Next: waiting}, nil, terminal.KeyBack},
		"pauses when it is time":          {terminal.Screen{Stage: terminal.StageIdle, Next: waiting}, func(c *clerk) { c.pauseAt = noon.Add(-time.Second) }, terminal.KeyPause},
		"stays while the partner is away": {
			terminal.Screen{Stage: terminal.StageIdle, Next: waiting, Partner: &terminal.PartnerView{Status: protocol.Paused}},
			func(c *clerk) { c.pauseAt = noon.Add(-time.Second) }, terminal.KeyBig,
		},
		"takes back who has fetched the paper": {
			terminal.Screen{Stage: terminal.StageIdle, Next: waiting, Held: []terminal.HeldView{{Ticket: "d-A003", ForMS: 60_000}}},
			nil, terminal.KeyResume,
		},
		"leaves who still fetches it": {
			terminal.Screen{Stage: terminal.StageIdle, Next: waiting, Held: []terminal.HeldView{{Ticket: "d-A003", ForMS: 1000}}},
			nil, terminal.KeyBig,
		},
	} {
		c := testClerk()
		if tc.change != nil {
			tc.change(c)
		}
		press, wait := c.decide(&tc.screen, noon, 1)
		var got terminal.KeyID
		if press != nil {
			got = press.Key
		}
		if got != tc.want || wait < 0 {
			t.Errorf("%s: pressed %q after %v, want %q", name, got, wait, tc.want)
		}
	}
}

func TestDecisionStandsWhilePeopleComeAndGo(t *testing.T) {
	waiting := &terminal.NextView{Number: "A002"}
	for _, stage := range []terminal.Stage{terminal.StagePaused, terminal.StageServing} {
		c := testClerk()
		screen := terminal.Screen{Stage: stage}
		if stage == terminal.StageServing {
			screen.Current = &terminal.CurrentView{Ticket: "d-A001", Calls: 1}
		}
		before := c.moment(&screen, noon)
		screen.Next, screen.Waiting = waiting, 1
		if after := c.moment(&screen, noon.Add(2*time.Hour)); after != before {
			t.Errorf("%s: somebody comes, and %q becomes %q", stage, before, after)
		}
	}
	c := testClerk()
	idle := terminal.Screen{Stage: terminal.StageIdle}
	before := c.moment(&idle, noon)
	if idle.Next = waiting; c.moment(&idle, noon) == before {
		t.Error("a free clerk does not notice who comes")
	}
}

// served is a screen with a citizen at a window that has everything.
func served() terminal.Screen {
	return terminal.Screen{
		Stage: terminal.StageServing, Current: &terminal.CurrentView{Ticket: "d-A001", Calls: 1},
		Keys: []terminal.Key{{ID: terminal.KeyPrint, Live: true}, {ID: terminal.KeyRate, Live: true}},
	}
}

func TestClerkTicksTheNoticeThatTheClerkBeganAndNoOther(t *testing.T) {
	c := testClerk()
	screen := served()
	screen.Menu = &terminal.Menu{Multi: true, Options: make([]terminal.Option, 2)}
	choice := func() string {
		press, _ := c.decide(&screen, noon, 1)
		return string(press.Key) + " " + press.Choice
	}
	if got := choice(); got != "back " {
		t.Errorf("a list that somebody left open: %q, want it closed", got)
	}
	c.noting = "d-A001"
	if got := choice(); got != "print tick:1" {
		t.Errorf("an empty list: %q, want the first paper ticked", got)
	}
	screen.Menu.Options[0].On = true
	if got := choice(); got != "print go" {
		t.Errorf("a ticked list: %q, want it printed", got)
	}
}

func TestClerkAsksOrPrintsAtMostOnceForOneCitizen(t *testing.T) {
	asked, printed := 0, 0
	for seed := range uint64(200) {
		c := newClerk(nil, 1, dice(seed, 1))
		c.pauseAt = noon.Add(time.Hour)
		screen, extras := served(), 0
		for range 4 {
			switch press, _ := c.decide(&screen, noon, 1); {
			case press.Key == terminal.KeyRate:
				asked++
				extras++
			case press.Key == terminal.KeyPrint && press.Choice == "notice":
				printed++
				extras++
			}
		}
		if extras > 1 {
			t.Fatalf("seed %d: %d things besides the service", seed, extras)
		}
	}
	if asked < 80 || asked > 160 || printed < 15 || printed > 70 {
		t.Errorf("of 200 citizens %d were asked and %d got a notice, want about 120 and 40", asked, printed)
	}
}

func TestAutopilotLeavesAPersonAlone(t *testing.T) {
	p := newPilot(nil, "", 1, newStage())
	now := time.Now()
	if !p.free("terminal/1", now) {
		t.Error("a window that nobody touched is not free")
	}
	p.touch("terminal/1")
	if p.free("terminal/1", now.Add(restFor-time.Second)) {
		t.Errorf("the autopilot is back before %v", restFor)
	}
	if !p.free("terminal/2", now) {
		t.Error("another window is not free")
	}
	if !p.free("terminal/1", now.Add(restFor+time.Second)) {
		t.Errorf("the autopilot is not back after %v", restFor)
	}
}

func TestPhoneRatesOnceWhenThePageAsks(t *testing.T) {
	stage, rated := "waiting", []string{}
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			rated = append(rated, r.URL.Path+" last="+r.FormValue("last"))
			return
		}
		page := `<article data-stage="` + stage + `">`
		if stage == "finished" {
			page += `<form class="rate" method="post" action="/t/abc/rate" data-key="rate"><input type="hidden" name="last" value="42">`
		}
		_, _ = w.Write([]byte(page))
	}))
	defer hub.Close()
	p := newPhones(hub.URL, dice(1, 0))
	for len(p.open) == 0 { // one half of the citizens scan
		clear(p.known)
		p.scan("http://hall.example/t/abc")
	}
	p.look(t.Context())
	if len(rated) != 0 || len(p.open) != 1 {
		t.Fatalf("while waiting: rated %v, %d pages open; want none and one", rated, len(p.open))
	}
	stage = "finished"
	for range 3 {
		p.look(t.Context())
	}
	if got := strings.Join(rated, " "); got != "/t/abc/rate last=42" {
		t.Errorf("rated %q, want once", got)
	}
}

func TestCodeIsReadFromTheBytesOfTheSlip(t *testing.T) {
	var b escpos.Builder
	b.QR("http://hall.example/t/abc", 6)
	if got := codeOn(b.Bytes()); got != "http://hall.example/t/abc" {
		t.Errorf("read %q", got)
	}
	if got := codeOn([]byte("torn off\x1b")); got != "" {
		t.Errorf("read %q from a torn slip", got)
	}
}
