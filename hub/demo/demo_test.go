package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// patience is how long a test waits for what takes milliseconds on an idle machine.
const patience = 20 * time.Second

// stopMax is what a person waits after Ctrl-C before pressing it again.
const stopMax = 3 * time.Second

// running is a hall that runs until its test ends.
type running struct {
	*Hall
	t    *testing.T
	stop func() // and wait until it has stopped
}

func open(t *testing.T, o Options) *running {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.HTTP, o.MQTT = "127.0.0.1:0", "127.0.0.1:0"
	o.Log = slog.New(slog.DiscardHandler)
	hall, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- hall.Run(ctx) }()
	r := &running{Hall: hall, t: t}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		asked := time.Now()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
			if took := time.Since(asked); took > stopMax {
				t.Errorf("stopped after %v, must be at most %v", took, stopMax)
			}
		case <-time.After(patience):
			t.Fatal("does not stop")
		}
	}
	t.Cleanup(r.stop)
	r.until("the hub is well", func() bool { return r.get("/healthz") == "ok" })
	return r
}

// until waits for something that comes from another goroutine.
func (r *running) until(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if ok() {
			return
		}
		select {
		case <-r.t.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	r.t.Fatalf("not within %v: %s", patience, what)
}

func (r *running) get(path string) string {
	r.t.Helper()
	answer, err := http.Get(r.base + path)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(body))
}

// post presses something as a page of the demo does.
func (r *running) post(path, body string) int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.base+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Origin", r.base)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// story replays a stopped hall's journal from its first event. It fails the test
// when an invariant is broken after any event.
func story(t *testing.T, dir string) (kinds map[string]int, end *queue.State) {
	t.Helper()
	if _, err := journal.Verify(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	kinds, end = map[string]int{}, queue.New()
	err = j.Read(t.Context(), 0, func(r journal.Record) error {
		event, err := queue.DecodeEvent(r.Kind, r.Body)
		if err != nil {
			return err
		}
		kinds[r.Kind]++
		end.Apply(queue.Record{Seq: r.Seq, At: r.At, Event: event})
		return end.Check()
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds, end
}

func TestHallLivesByItself(t *testing.T) {
	dir := t.TempDir()
	hall := open(t, Options{Dir: dir, Autopilot: true, Pace: 20, Seed: 7})
	served := func() (n int) {
		for _, d := range hall.devices {
			if d.terminal != nil {
				n += d.terminal.Screen().Served
			}
		}
		return n
	}
	hall.until("five people are served", func() bool { return served() >= 5 })
	hall.stop()
	kinds, _ := story(t, dir)
	for _, kind := range []string{"issued", "printed", "called", "arrived", "finished"} {
		if kinds[kind] < 5 {
			t.Errorf("%d events %q, want at least 5: %v", kinds[kind], kind, kinds)
		}
	}
}

func TestSameFolderGoesOnWithTheSameDay(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		hall := open(t, Options{Dir: dir})
		hall.until("the dispenser is ready", func() bool {
			return strings.Contains(hall.get("/demo/kiosk/1/sim/state"), `"slips":null`) && hall.devices[0].link.Online()
		})
		hall.until("a ticket is taken", func() bool { return hall.post("/demo/kiosk/1/press", `{"service":"tax"}`) == http.StatusAccepted })
		hall.until("the slip is out", func() bool { return strings.Contains(hall.get("/demo/kiosk/1/sim/state"), `"complete":true`) })
		hall.stop()
	}
	kinds, end := story(t, dir)
	if kinds["issued"] != 2 || kinds["day_opened"] != 1 || end.Find("C002") == nil {
		t.Errorf("events %v, want 2 issued on one day, the second C002", kinds)
	}
}

func TestPulledCableIsSeenAndPutBack(t *testing.T) {
	hall := open(t, Options{})
	screen := func() string { return hall.get("/demo/terminal/5/screen") }
	hall.until("the terminal is online", func() bool { return strings.Contains(screen(), `"stage":"signed_off"`) })
	if status := hall.post("/demo/cable/terminal-5?out=true", ""); status != http.StatusNoContent {
		t.Fatalf("pulling the cable answers %d", status)
	}
	hall.until("the terminal says so", func() bool { return strings.Contains(screen(), `"kind":"away"`) })
	hall.until("the hub knows", func() bool {
		for _, d := range hall.hub.Wire.Devices() {
			if d.ID == "terminal-5" {
				return !d.Online
			}
		}
		return false
	})
	hall.post("/demo/cable/terminal-5?out=false", "")
	hall.until("the terminal is back", func() bool { return !strings.Contains(screen(), `"kind":"away"`) })
}

func TestWrongWishesAreRefused(t *testing.T) {
	hall := open(t, Options{})
	for path, want := range map[string]int{
		"/demo/pilot?pace=1000":          http.StatusBadRequest,
		"/demo/pilot?pace=NaN":           http.StatusBadRequest,
		"/demo/pilot?on=perhaps":         http.StatusBadRequest,
		"/demo/cable/terminal-5?out=2":   http.StatusBadRequest,
		"/demo/cable/terminal-77?out=1":  http.StatusNotFound,
		"/demo/kiosk/1/sim/printer/fire": http.StatusNotFound,
	} {
		if got := hall.post(path, ""); got != want {
			t.Errorf("POST %s answers %d, want %d", path, got, want)
		}
	}
	req, err := http.NewRequest(http.MethodPost, hall.base+"/demo/pilot?on=true", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "http://elsewhere.example")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("another site's page gets %d, want %d", answer.StatusCode, http.StatusForbidden)
	}
	if on, _ := hall.pilot.state(); on {
		t.Error("the autopilot was switched on all the same")
	}
}

func TestFrontDoorLeadsToTheHall(t *testing.T) {
	hall := open(t, Options{})
	if page := hall.get("/"); !strings.Contains(page, "demo.js") {
		t.Errorf("/ is not the hall's page: %.80s", page)
	}
	if page := hall.get("/?lang=en"); strings.Contains(page, "demo.js") || !strings.Contains(page, "/board") {
		t.Errorf("/?lang=en is not the hub's front page: %.80s", page)
	}
	var welcome strings.Builder
	if err := hall.Welcome(&welcome); err != nil || !strings.Contains(welcome.String(), hall.URL()) {
		t.Errorf("welcome %q, %v, must name %s", welcome.String(), err, hall.URL())
	}
}

func TestPlanIsTheHallThatThePageDraws(t *testing.T) {
	plan, err := Plan()
	if err != nil {
		t.Fatal(err)
	}
	if w, p, s, c := len(plan.Windows), len(plan.Pairs), len(plan.Services), len(plan.Clerks); w < 6 || p < 3 || s < 5 || c < 8 {
		t.Errorf("%d windows, %d pairs, %d services, %d clerks; want at least 6, 3, 5, 8", w, p, s, c)
	}
	kinds := map[protocol.DeviceKind]int{}
	for _, d := range plan.Devices {
		kinds[d.Kind]++
	}
	if kinds[protocol.KindDispenser] != 2 || kinds[protocol.KindDisplay] != 6 || kinds[protocol.KindTerminal] != 6 {
		t.Errorf("devices %v, want 2 dispensers, 6 displays, 6 terminals", kinds)
	}
	if len(plan.Hours) != 0 {
		t.Error("the demo's hall must be open at any time")
	}
	if v := plan.Voice; len(v.Zones) != 2 || len(v.Silent) != 1 || plan.Slip.Logo == "" || kinds[protocol.KindAnnouncer] != 1 {
		t.Errorf("%d zones, %d silent windows, logo %t, %d announcers; want 2, 1, a logo, 1", len(v.Zones), len(v.Silent), plan.Slip.Logo != "", kinds[protocol.KindAnnouncer])
	}
}

// press presses keys of the terminal of the window that has everything, as its page does.
func (r *running) press(presses ...string) {
	r.t.Helper()
	for i, press := range presses {
		body := fmt.Sprintf(`{"id":"test-%d-%d",%s}`, time.Now().UnixNano(), i, press)
		if got := r.post("/demo/terminal/1/press", body); got != http.StatusAccepted {
			r.t.Fatalf("%s answers %d: %s", press, got, r.get("/demo/terminal/1/screen"))
		}
	}
}

func TestWindowThatHasEverythingPrintsAndIsRated(t *testing.T) {
	dir := t.TempDir()
	hall := open(t, Options{Dir: dir})
	stage := func(want string) {
		hall.until(want, func() bool { return strings.Contains(hall.get("/demo/terminal/1/screen"), `"stage":"`+want+`"`) })
	}
	stage("signed_off")
	hall.until("a ticket is taken", func() bool { return hall.post("/demo/kiosk/1/press", `{"service":"social"}`) == http.StatusAccepted })
	hall.until("it waits", func() bool { return strings.Contains(hall.get("/demo/terminal/1/screen"), `"number":"A001"`) })
	hall.press(`"key":"sign_on","clerk":"c01","pin":"1234"`)
	stage("idle")
	hall.press(`"key":"big"`)
	stage("called")
	hall.press(`"key":"arrived"`)
	stage("serving")
	hall.press(`"key":"print","choice":"notice"`, `"key":"print","choice":"tick:1"`, `"key":"print","choice":"go"`)
	hall.until("the notice is on paper", func() bool { return strings.Contains(hall.get("/demo/terminal/1/screen"), `"state":"printed"`) })
	if state := hall.get("/demo/terminal/1/sim/state"); !strings.Contains(state, `"complete":true`) {
		t.Errorf("no paper is out: %s", state)
	}
	hall.press(`"key":"rate"`)
	hall.until("the evaluator asks", func() bool {
		return strings.Contains(hall.get("/demo/terminal/1/sim/state"), `"name":"evaluator","rows":[["1","2","3","4"],["5"]],"lit":true`)
	})
	if got := hall.post("/demo/terminal/1/sim/keys/evaluator?key=4", ""); got != http.StatusNoContent {
		t.Fatalf("the evaluator's key answers %d", got)
	}
	hall.until("thanks", func() bool { return strings.Contains(hall.get("/demo/terminal/1/screen"), `"state":"thanks"`) })
	hall.until("the hub knows", func() bool { return strings.Contains(hall.get("/demo/terminal/1/screen"), "A001 号已评价") })
	hall.stop()
	if kinds, _ := story(t, dir); kinds["rated"] != 1 {
		t.Errorf("events %v, want one rating", kinds)
	}
}

func TestPanelsOfAllKindsShowTheirWindow(t *testing.T) {
	hall := open(t, Options{})
	for _, d := range hall.devices {
		if !strings.HasPrefix(d.part, "panel/") {
			continue
		}
		hall.until(d.part+" shines", func() bool { return strings.Trim(hall.shown(d.part), "A=") != "" })
	}
}

// shown is what a part of the stage shows, in base64.
func (r *running) shown(part string) string {
	list, _, _ := r.stage.since(0)
	for _, p := range list {
		var panel struct {
			Rows string `json:"rows"`
		}
		if p.ID == part && json.Unmarshal(p.Body, &panel) == nil {
			return panel.Rows
		}
	}
	return ""
}
