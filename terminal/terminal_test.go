package terminal_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/button"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
	"jiaohao/terminal"
)

const (
	hall   = protocol.HallID("h")
	device = protocol.DeviceID("terminal-3")
)

var identity = link.Identity{Hall: hall, Device: device, Kind: protocol.KindTerminal, Version: "0.1.0", Boot: "b1"}

// hub plays the hub's part by hand: it remembers what was asked and answers when
// the test says so.
type hub struct {
	t         *testing.T
	transport link.Transport

	mu    sync.Mutex // guards what follows: the test reads it while the bus delivers
	asked []protocol.Request
	seq   uint64
	deaf  bool
}

func startHub(t *testing.T, bus *linktest.Bus) *hub {
	h := &hub{t: t, transport: bus.Transport("hub")}
	run(t, func(ctx context.Context) error {
		return h.transport.Run(ctx, link.Session{
			Subscribe: []string{protocol.DeviceTopic(hall, "+", protocol.KindRequest).String()},
			Up:        func() {}, Down: func(error) {}, Message: h.receive,
		})
	})
	synctest.Wait()
	return h
}

func (h *hub) receive(m link.Message) {
	var req protocol.Request
	if err := protocol.Decode(m.Payload, &req); err != nil {
		h.t.Errorf("request %s: %v", m.Payload, err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.deaf {
		h.asked = append(h.asked, req)
	}
}

func (h *hub) setDeaf(deaf bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deaf = deaf
}

// requests are what was asked, each id once.
func (h *hub) requests() []protocol.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	var once []protocol.Request
	for _, r := range h.asked {
		if !slices.ContainsFunc(once, func(o protocol.Request) bool { return o.ID == r.ID }) {
			once = append(once, r)
		}
	}
	return once
}

func (h *hub) last() protocol.Request {
	h.t.Helper()
	synctest.Wait()
	all := h.requests()
	if len(all) == 0 {
		h.t.Fatal("the hub was asked nothing")
	}
	return all[len(all)-1]
}

func (h *hub) send(topic protocol.Topic, message any, retain bool) {
	h.t.Helper()
	payload, err := protocol.Encode(message)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.transport.Publish(topic.String(), payload, 0, retain); err != nil {
		h.t.Fatal(err)
	}
	synctest.Wait()
}

func (h *hub) reply(r protocol.Reply) {
	h.t.Helper()
	h.send(protocol.DeviceTopic(hall, device, protocol.KindReply), r, false)
}

// show publishes the state of window 3 as the hub does, retained.
func (h *hub) show(w protocol.WindowState) {
	h.t.Helper()
	h.seq++
	w.Stamp, w.At, w.Window, w.Label = protocol.Stamp{Epoch: 1, Seq: h.seq}, time.Now(), "3", "3"
	h.send(protocol.WindowTopic(hall, "3"), w, true)
}

func (h *hub) configure(window protocol.WindowID) {
	h.t.Helper()
	h.seq++
	h.send(protocol.DeviceTopic(hall, device, protocol.KindConfig), protocol.Config{
		Stamp: protocol.Stamp{Epoch: 1, Seq: h.seq}, Hall: hall, Device: device, Kind: protocol.KindTerminal, Window: window,
		Clerks: []protocol.ConfigClerk{{Clerk: "c07", Name: protocol.Say("林晓", "Lin Xiao")}},
	}, true)
}

// run runs f until the test ends or stop is called, which waits for its end.
func run(t *testing.T, f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// hallWithTerminal is a hub by hand and a running terminal at window 3.
func hallWithTerminal(t *testing.T, o terminal.Options) (*linktest.Bus, *hub, *terminal.Terminal) {
	t.Helper()
	bus := linktest.NewBus(1)
	h := startHub(t, bus)
	l, err := link.New(bus.Transport(string(device)), identity, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Hall, o.Device, o.Window, o.Link = hall, device, "3", l
	term, err := terminal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	run(t, term.Run)
	run(t, l.Run)
	h.configure("3")
	return bus, h, term
}

func press(t *testing.T, term *terminal.Terminal, p terminal.Press) {
	t.Helper()
	if err := term.Press(t.Context(), p); err != nil {
		t.Fatalf("%s: %v", p.Key, err)
	}
	synctest.Wait()
}

func next() *protocol.NextUp { return &protocol.NextUp{Number: "A012", Service: "social"} }

func current(stage protocol.Stage) *protocol.Current {
	return &protocol.Current{Ticket: "20261123-A012", Number: "A012", Service: "social", Stage: stage, Calls: 1, CallsMax: 3, Since: time.Now()}
}

func expectStage(t *testing.T, term *terminal.Terminal, want terminal.Stage) {
	t.Helper()
	if got := term.Screen().Stage; got != want {
		t.Errorf("the stage is %s, want %s", got, want)
	}
}

func TestClerkSignsOnCallsServesAndFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, h, term := hallWithTerminal(t, terminal.Options{})
		h.show(protocol.WindowState{Status: protocol.Closed})
		expectStage(t, term, terminal.StageSignedOff)

		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeySignOn, Clerk: "c07", PIN: "2580"})
		if r := h.last(); r.Do != protocol.WindowSignOn || r.Clerk != "c07" || r.PIN != "2580" || r.ID != "k1" {
			t.Fatalf("asked %+v", r)
		}
		h.reply(protocol.Reply{ID: "k1", OK: &protocol.OK{}})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Next: next(), Waiting: 1})
		expectStage(t, term, terminal.StageIdle)

		press(t, term, terminal.Press{ID: "k2", Key: terminal.KeyBig})
		if r := h.last(); r.Do != protocol.WindowCallNext {
			t.Fatalf("asked %+v", r)
		}
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Current: current(protocol.Called)})
		h.reply(protocol.Reply{ID: "k2", OK: &protocol.OK{}})
		expectStage(t, term, terminal.StageCalled)

		time.Sleep(20 * time.Second)
		press(t, term, terminal.Press{ID: "k3", Key: terminal.KeyArrived})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Current: current(protocol.Serving)})
		h.reply(protocol.Reply{ID: "k3", OK: &protocol.OK{}})
		expectStage(t, term, terminal.StageServing)

		press(t, term, terminal.Press{ID: "k4", Key: terminal.KeyFinish, Choice: "immediate"})
		if r := h.last(); r.Do != protocol.WindowFinish || r.Result != protocol.Immediate || r.Ticket != "20261123-A012" {
			t.Fatalf("asked %+v", r)
		}
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Served: 1})
		h.reply(protocol.Reply{ID: "k4", OK: &protocol.OK{}})
		if s := term.Screen(); s.Stage != terminal.StageIdle || s.Served != 1 || s.Busy != nil {
			t.Errorf("at the end: %s, served %d, busy %+v", s.Stage, s.Served, s.Busy)
		}
	})
}

func TestUnansweredPressIsRepeatedUnderOneIDAndNothingElseIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, h, term := hallWithTerminal(t, terminal.Options{})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Next: next(), Waiting: 1})
		h.setDeaf(true)
		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeyBig})
		time.Sleep(3*time.Second + time.Millisecond)
		synctest.Wait()
		if b := term.Screen().Banners; len(b) != 1 || b[0].Kind != "waiting" {
			t.Errorf("after 3 s the banners are %+v", b)
		}
		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeyBig}) // the same press again is welcome
		var refusal *protocol.Refusal
		if err := term.Press(t.Context(), terminal.Press{ID: "k2", Key: terminal.KeyPause, Choice: "1"}); !errors.As(err, &refusal) || refusal.Code != protocol.Overloaded {
			t.Errorf("another key while waiting: %v", err)
		}
		h.setDeaf(false)
		time.Sleep(10 * time.Second)
		if r := h.requests(); len(r) != 1 || r[0].ID != "k1" {
			t.Errorf("the hub was asked %+v, want k1 alone", r)
		}
		h.reply(protocol.Reply{ID: "k1", OK: &protocol.OK{}})
		if s := term.Screen(); s.Busy != nil || len(s.Banners) != 0 || s.Done != "k1" {
			t.Errorf("after the reply: busy %+v, banners %+v", s.Busy, s.Banners)
		}
	})
}

func TestCutCableIsSaidPlainlyAndThePressIsCarriedOutAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, h, term := hallWithTerminal(t, terminal.Options{})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Next: next(), Waiting: 1})
		h.setDeaf(true)
		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeyBig})
		bus.Cut(string(device))
		synctest.Wait()
		s := term.Screen()
		if len(s.Banners) == 0 || s.Banners[0].Kind != "away" || s.Big.Live {
			t.Fatalf("cut off: %+v, big key live %v", s.Banners, s.Big.Live)
		}
		h.setDeaf(false)
		bus.Restore(string(device))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if r := h.last(); r.ID != "k1" {
			t.Errorf("asked %+v", r)
		}
		h.reply(protocol.Reply{ID: "k1", OK: &protocol.OK{}})
		if s := term.Screen(); len(s.Banners) != 0 || !s.Big.Live || s.Busy != nil {
			t.Errorf("back again: %+v, live %v", s.Banners, s.Big.Live)
		}
	})
}

func TestPressThatTheHubNeverAnswersIsGivenUpAfterTwoMinutesAndSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, h, term := hallWithTerminal(t, terminal.Options{})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Next: next(), Waiting: 1})
		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeyBig})
		time.Sleep(2*time.Minute + time.Second)
		synctest.Wait()
		s := term.Screen()
		if s.Busy != nil || s.Note == nil || s.Note.ID != "k1" || !strings.Contains(s.Note.Text.In(protocol.Chinese), "主机没有应答") {
			t.Errorf("busy %+v, note %+v", s.Busy, s.Note)
		}
	})
}

func TestRefusalIsShownInBothLanguages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, h, term := hallWithTerminal(t, terminal.Options{})
		h.show(protocol.WindowState{Status: protocol.Closed})
		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeySignOn, Clerk: "c07", PIN: "0000"})
		h.reply(protocol.Reply{ID: "k1", Refused: protocol.Refuse(protocol.PINLocked, "已锁定，请 5 分钟后再试", "locked, try again in 5 min")})
		n := term.Screen().Note
		if n == nil || n.Code != protocol.PINLocked || n.Text.In(protocol.Chinese) == n.Text.In(protocol.English) {
			t.Errorf("%+v", n)
		}
	})
}

func TestKeypadSignsOnAndCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pad := sim.NewKeypad(4, 4)
		keys, err := button.NewKeypad(pad.Rows(), pad.Cols(), terminal.DefaultLayout())
		if err != nil {
			t.Fatal(err)
		}
		_, h, term := hallWithTerminal(t, terminal.Options{Keypad: keys})
		h.show(protocol.WindowState{Status: protocol.Closed})
		tap := func(names string) {
			for _, name := range names {
				for r, row := range terminal.DefaultLayout() {
					if c := strings.IndexRune(row, name); c >= 0 {
						pad.Press(r, c)
						time.Sleep(100 * time.Millisecond)
						pad.Release(r, c)
						time.Sleep(100 * time.Millisecond)
					}
				}
			}
			synctest.Wait()
		}
		time.Sleep(time.Second)
		tap("7#2580#")
		if r := h.last(); r.Do != protocol.WindowSignOn || r.Clerk != "c07" || r.PIN != "2580" {
			t.Fatalf("asked %+v, the screen notes %+v", r, term.Screen().Note)
		}
		h.reply(protocol.Reply{ID: h.last().ID, OK: &protocol.OK{}})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Current: current(protocol.Serving)})
		tap("D1")
		if r := h.last(); r.Do != protocol.WindowFinish || r.Result != protocol.Immediate {
			t.Errorf("D and 1 asked %+v", r)
		}
	})
}

// brokenPad fails at once, as a keypad whose lines are taken.
type brokenPad struct{}

func (brokenPad) Run(context.Context, func(string), func(error)) error {
	return errors.New("GPIO5 is busy")
}
func (brokenPad) Keys() []string { return []string{"#"} }

func TestBrokenKeypadIsSaidAndThePageWorksOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, h, term := hallWithTerminal(t, terminal.Options{Keypad: brokenPad{}})
		h.show(protocol.WindowState{Status: protocol.Open, Clerk: "c07", Next: next()})
		if b := term.Screen().Banners; len(b) != 1 || b[0].Kind != "keypad" || !strings.Contains(b[0].Text.In(protocol.English), "check its plug") {
			t.Errorf("%+v", b)
		}
		payload, _ := bus.Retained(protocol.DeviceTopic(hall, device, protocol.KindHealth).String())
		if !strings.Contains(string(payload), `"part":"keypad","code":"gone"`) {
			t.Errorf("health is %s", payload)
		}
		press(t, term, terminal.Press{ID: "k1", Key: terminal.KeyBig})
		if r := h.last(); r.Do != protocol.WindowCallNext {
			t.Errorf("asked %+v", r)
		}
	})
}

func TestTerminalThatIsMovedToAnotherWindowEndsAndNamesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		h := startHub(t, bus)
		l, err := link.New(bus.Transport(string(device)), identity, link.Options{})
		if err != nil {
			t.Fatal(err)
		}
		term, err := terminal.New(terminal.Options{Hall: hall, Device: device, Link: l})
		if err != nil {
			t.Fatal(err)
		}
		run(t, l.Run)
		done := make(chan error, 1)
		go func() { done <- term.Run(t.Context()) }()
		h.configure("")
		expectStage(t, term, terminal.StageUnassigned)
		h.configure("5")
		var moved *terminal.MovedError
		if err := <-done; !errors.As(err, &moved) || moved.Window != "5" {
			t.Errorf("ended with %v", err)
		}
		if err := term.Press(t.Context(), terminal.Press{ID: "k", Key: terminal.KeyBig}); !errors.Is(err, terminal.ErrStopped) {
			t.Errorf("a press afterwards: %v", err)
		}
	})
}

func TestTerminalWithoutLinkOrWithWrongNamesIsRefused(t *testing.T) {
	l, err := link.New(linktest.NewBus(1).Transport("x"), identity, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]terminal.Options{
		"terminal: a link is needed":    {Hall: "h", Device: "d"},
		`terminal: hall id "h all"`:     {Hall: "h all", Device: "d", Link: l},
		`terminal: device id ""`:        {Hall: "h", Link: l},
		`terminal: window id "window/"`: {Hall: "h", Device: "d", Window: "window/", Link: l},
	} {
		if _, err := terminal.New(o); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s…", err, want)
		}
	}
}
