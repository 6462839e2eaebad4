package speech

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/voice"
	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// cheapPIN is the hash of 2468 at the least cost that argon2id allows.
const cheapPIN = "$argon2id$v=19$m=8,t=1,p=1$c2FsdCBvZiB0aGUgdGVzdHM$ym2c/m5YwJNBO2rWMfoOUk7rt44yJzHUkRrb3GyHv28"

// smallHall has four windows: 1 in the east, 2 in the west, 3 in no zone, 4 silent.
func smallHall() *queue.Plan {
	p := &queue.Plan{
		Version: 1, Hall: "bemowo", Name: protocol.Say("别莫沃大厅", "Bemowo"), Zone: "Asia/Shanghai",
		Services: []queue.Service{{ID: "tax", Prefix: "A", Name: protocol.Say("税务", "Tax")}},
		Voice: queue.Voice{
			Languages: []protocol.Lang{protocol.Chinese}, Silent: []protocol.WindowID{"4"},
			Zones: []queue.Zone{
				{ID: "east", Name: protocol.Say("东厅", "East"), Windows: []protocol.WindowID{"1"}},
				{ID: "west", Name: protocol.Say("西厅", "West"), Windows: []protocol.WindowID{"2"}},
			},
		},
	}
	for n := range 4 {
		id := fmt.Sprint(n + 1)
		p.Windows = append(p.Windows, queue.Window{ID: protocol.WindowID(id), Name: protocol.Say(id+"号窗口", "Window "+id), Primary: []protocol.ServiceID{"tax"}})
		p.Clerks = append(p.Clerks, queue.Clerk{ID: protocol.ClerkID("c" + id), Name: protocol.Say("王芳", "Wang Fang"), PIN: cheapPIN})
	}
	return p
}

// site is a hall with an open day and its voice.
type site struct {
	*Speech
	t    *testing.T
	hall *hall.Hall
	n    int
}

// open starts a hall inside a bubble, with a clerk at each window.
func open(t *testing.T) *site {
	t.Helper()
	j, err := journal.Open(t.TempDir(), journal.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	h, err := hall.Open(j, hall.Options{
		ClockFloor: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Log: quiet, Plan: smallHall(), DayAuto: true,
		Links: view.Links{Base: "http://hub:8080", Key: []byte("0123456789abcdef")},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, hall: h}
	if s.Speech, err = Open(Options{Hall: h, Plan: smallHall(), Clips: filepath.Join(t.TempDir(), "none"), Log: quiet}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	hallCtx, stopHall := context.WithCancel(context.Background())
	var faces, core sync.WaitGroup
	core.Go(func() {
		if err := h.Run(hallCtx); err != nil {
			t.Errorf("hall: %v", err)
		}
	})
	time.Sleep(100 * time.Millisecond) // on the bubble's clock: the day opens
	faces.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("speech: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		faces.Wait()
		stopHall()
		core.Wait()
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	for n := range 4 {
		id := fmt.Sprint(n + 1)
		s.ask(protocol.Request{Do: protocol.WindowSignOn, Window: protocol.WindowID(id), Clerk: protocol.ClerkID("c" + id), PIN: "2468"})
	}
	return s
}

func (s *site) ask(r protocol.Request) {
	s.t.Helper()
	s.n++
	r.ID = protocol.RequestID(fmt.Sprint("r", s.n))
	from := queue.Source{Role: queue.RoleManager, Device: "test", Person: "m"}
	if r.Window != "" {
		from = queue.Source{Role: queue.RoleDevice, Kind: protocol.KindTerminal, Device: "t" + protocol.DeviceID(r.Window), Window: r.Window}
	}
	if reply := s.hall.Ask(s.t.Context(), from, r); reply.Refused != nil {
		s.t.Fatalf("%s: %v", r.Do, reply.Refused)
	}
}

// call has somebody come and be called to a window.
func (s *site) call(window protocol.WindowID) {
	s.t.Helper()
	s.ask(protocol.Request{Do: protocol.TicketIssue, Service: "tax"})
	s.ask(protocol.Request{Do: protocol.WindowCallNext, Window: window})
}

func (s *site) listen(zone, after string) (heard <-chan Utterance, stop func()) {
	s.t.Helper()
	heard, stop, ok := s.Listen(zone, "10.0.0.31", after)
	if !ok {
		s.t.Fatalf("zone %q cannot be listened to", zone)
	}
	return heard, stop
}

// all returns what has come in by now.
func all(heard <-chan Utterance) (list []Utterance) {
	synctest.Wait()
	for {
		select {
		case u := <-heard:
			list = append(list, u)
		default:
			return list
		}
	}
}

func pass(d time.Duration) {
	time.Sleep(d) // on the bubble's clock
	synctest.Wait()
}

func TestEachZoneHearsItsOwnCallsAndSilentWindowsAreNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		east, stopEast := s.listen("east", "")
		west, stopWest := s.listen("west", "")
		whole, stopWhole := s.listen("", "")
		defer stopEast()
		defer stopWest()
		defer stopWhole()
		counts := func(call protocol.WindowID) [3]int {
			s.call(call)
			pass(7 * time.Second) // said once, not yet again
			n := [3]int{len(all(east)), len(all(west)), len(all(whole))}
			s.ask(protocol.Request{Do: protocol.WindowArrived, Window: call})
			pass(time.Minute)
			return n
		}
		for window, want := range map[protocol.WindowID][3]int{"1": {1, 0, 1}, "2": {0, 1, 1}, "3": {1, 1, 1}, "4": {0, 0, 0}} {
			if got := counts(window); got != want {
				t.Errorf("window %s is heard in east, west, hall %v times, want %v", window, got, want)
			}
		}
		if n := len(all(east)) + len(all(west)) + len(all(whole)); n != 0 {
			t.Errorf("%d repeats for people who had arrived", n)
		}
	})
}

func TestUtterancesFollowEachOtherWithoutOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		heard, stop := s.listen("", "")
		defer stop()
		var said []Utterance
		for _, w := range []protocol.WindowID{"1", "2", "3"} {
			s.call(w)
			said = append(said, all(heard)...)
		}
		for range 60 {
			pass(time.Second)
			said = append(said, all(heard)...)
		}
		if len(said) != 6 {
			t.Fatalf("%d utterances of three calls, want each twice", len(said))
		}
		for i, u := range said {
			if i > 0 && u.Began.Before(said[i-1].Began.Add(said[i-1].Length)) {
				t.Errorf("%s begins %v before %s ends", u.ID, said[i-1].Began.Add(said[i-1].Length).Sub(u.Began), said[i-1].ID)
			}
			if u.Length < 2*time.Second || u.Length > 8*time.Second {
				t.Errorf("%s lasts %v", u.ID, u.Length)
			}
		}
		last := said[len(said)-1]
		if wav, ok := s.Sound("", last.ID); !ok || voice.Duration(wav) != last.Length {
			t.Errorf("the last one cannot be fetched")
		}
		if _, ok := s.Sound("", said[0].ID); ok {
			t.Error("the first one is kept for ever")
		}
	})
}

func TestAPageHearsWhatBeginsAfterItHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		first, stopFirst := s.listen("", "")
		s.call("1")
		pass(time.Second)
		before := all(first)
		late, stopLate := s.listen("", "")
		if n := len(all(late)); len(before) != 1 || n != 0 {
			t.Errorf("the first page heard %d, one that comes later %d; want 1 and none", len(before), n)
		}
		stopLate()
		stopFirst() // the connection is lost; window 2 calls meanwhile
		s.ask(protocol.Request{Do: protocol.WindowArrived, Window: "1"})
		s.call("2")
		pass(7 * time.Second)
		again, stop := s.listen("", before[0].ID)
		defer stop()
		missed := all(again)
		if len(missed) != 1 || missed[0].ID == before[0].ID {
			t.Fatalf("the page that comes back hears %d utterances, want the one that it missed", len(missed))
		}
		other, stopOther := s.listen("", "stranger-1")
		defer stopOther()
		if n := len(all(other)); n != 0 {
			t.Errorf("a page of another hub's time hears %d old utterances", n)
		}
	})
}

func TestAHallWhereNobodyListensKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.call("1")
		pass(time.Second)
		if z := s.zone(""); len(z.recent) != 0 {
			t.Errorf("%d utterances are kept", len(z.recent))
		}
		if _, _, ok := s.Listen("attic", "10.0.0.31", ""); ok || s.Has("attic") {
			t.Error("a zone that the plan does not have is there")
		}
	})
}

func TestTooManyPagesAreRefused(t *testing.T) {
	z := newZone()
	for n := range earsMax {
		if _, _, ok := z.listen(fmt.Sprint("10.0.0.", n/peerMax), ""); !ok {
			t.Fatal("refused too early")
		}
	}
	if _, _, ok := z.listen("10.0.0.99", ""); ok {
		t.Error("one page too many")
	}
	z.close()
	if _, _, ok := z.listen("10.0.0.99", ""); ok {
		t.Error("a zone that is gone is listened to")
	}
}

func TestOneBrowserDoesNotTakeTheVoiceFromTheTelevisions(t *testing.T) {
	z := newZone()
	var stops []func()
	for range earsMax {
		if _, stop, ok := z.listen("10.0.0.66", ""); ok {
			stops = append(stops, stop)
		}
	}
	if len(stops) != peerMax {
		t.Errorf("one address has %d pages, want %d", len(stops), peerMax)
	}
	if _, _, ok := z.listen("10.0.0.31", ""); !ok {
		t.Error("a television is shut out")
	}
	stops[0]()
	if _, _, ok := z.listen("10.0.0.66", ""); !ok {
		t.Error("a page that comes back is shut out")
	}
}

func TestABrokenRecordingIsNamedAtTheStart(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "zh-CN"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "zh-CN", "qing3.wav"), []byte("no sound"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Clips: folder}); err == nil || !strings.Contains(err.Error(), "zh-CN/qing3.wav: sound: not a WAV file") {
		t.Errorf("error %v, want one that names the file", err)
	}
}

// TestEveryRuleThatAPlanMayHaveIsSpokenBy guards the limits that plan and scheduler both have.
func TestEveryRuleThatAPlanMayHaveIsSpokenBy(t *testing.T) {
	most := queue.Voice{Times: 5, Gap: queue.Duration(5 * time.Minute), Chime: "always", ChimeAfter: queue.Duration(5 * time.Minute), Merge: 5, OneLanguageAbove: 100, ShortAbove: 100}
	for n := range 48 {
		most.Hours = append(most.Hours, queue.Volume{From: fmt.Sprintf("%02d:%02d", n/2, n%2*30), Percent: 100})
	}
	for _, v := range []queue.Voice{{}, most, {Chime: "silence"}, {Chime: "never"}} {
		p := smallHall()
		p.Voice = v
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		if _, err := voice.NewPlan(voice.FromConfig(view.Voice(p, ""))); err != nil {
			t.Error(err)
		}
	}
}

func TestANewPlanInTheMiddleOfTheDayMovesTheZones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		west, stopWest := s.listen("west", "")
		defer stopWest()
		plan := smallHall()
		plan.Voice.Zones[1].ID, plan.Voice.Times = "north", 1
		from := queue.Source{Role: queue.RoleManager, Device: "test", Person: "m"}
		c := queue.Command{From: from, Request: protocol.Request{ID: "plan", Do: queue.PlanChange, Reason: "test"}, Plan: plan}
		if _, err := s.hall.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, ok := <-west; ok || s.Has("west") {
			t.Error("the zone that the plan has no more still speaks")
		}
		north, stopNorth := s.listen("north", "")
		defer stopNorth()
		s.call("2")
		pass(2 * time.Minute)
		if n := len(all(north)); n != 1 {
			t.Errorf("the new zone heard a call %d times, want once by the new rule", n)
		}
	})
}
