package voice

import (
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"
)

func TestTheChimeComesAsTheHallWantsIt(t *testing.T) {
	for chime, want := range map[string]string{
		ChimeSilence: "chime, none, none", ChimeAlways: "chime, chime, chime", ChimeNever: "none, none, none",
	} {
		f := newFloor(t, Rules{Chime: chime})
		f.calls("A1@1 A2@2")
		var got []string
		for range 3 { // two calls, and the repeat of the first
			if text := f.next(); strings.Contains(text, "chime") {
				got = append(got, "chime")
			} else {
				got = append(got, "none")
			}
			f.wait(4 * time.Second)
			f.Done(f.now)
			if len(got) == 2 {
				f.wait(3 * time.Second)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %v, want %s", chime, got, want)
		}
	}
	if _, err := NewPlan(Rules{Chime: "ding"}); err == nil || !strings.Contains(err.Error(), "legal are silence, always and never") {
		t.Errorf("error %v, want the legal chimes", err)
	}
}

// TestVolumeGoesByTheHallsClock has a device that thinks it is 2020 in London.
func TestVolumeGoesByTheHallsClock(t *testing.T) {
	f := newFloor(t, Rules{Times: 2, Hours: []Hour{{"08:00", 80}, {"12:00", 40}}})
	f.now = time.Date(2020, 1, 1, 3, 0, 0, 0, time.UTC)
	at := time.Date(2026, 9, 1, 11, 59, 55, 0, time.FixedZone("", 8*60*60))
	if err := f.Add(f.now, Call{ID: 1, Number: "A1", Window: "1", Label: "1", At: at}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{80, 40} { // the repeat comes at 12:00:05
		a, _, ok := f.Next(f.now)
		if !ok || a.Percent != want {
			t.Errorf("time %d: %v, volume %d, want %d", i+1, ok, a.Percent, want)
		}
		f.wait(4 * time.Second)
		f.Done(f.now)
		f.wait(6 * time.Second)
	}
}

func TestANewPlanOfTheHallHoldsFromTheNextAnnouncementOn(t *testing.T) {
	f := newFloor(t, Rules{})
	f.calls("A1@1 A2@2 A3@3")
	f.next()
	if err := f.Set(Rules{Times: 1, Silent: []string{"2"}}); err != nil {
		t.Fatal(err)
	}
	f.Done(f.now)
	f.want("A3@3 zh-CN,en turn1")
	f.wait(time.Minute)
	if got := f.next(); got != "" {
		t.Errorf("%s is spoken after the rules changed", got)
	}
	if err := f.Set(Rules{Times: 9}); err == nil {
		t.Error("a rule that is not legal is taken")
	}
}

func TestAfterTheHubWasRestoredCallsAreSpokenAgain(t *testing.T) {
	f := newFloor(t, Rules{Times: 1})
	add := func(epoch, id uint64, number string) string {
		t.Helper()
		if err := f.Add(f.now, Call{ID: id, Epoch: epoch, Number: number, Window: "1", Label: "1", Languages: []string{"en"}}); err != nil {
			t.Fatal(err)
		}
		got := f.next()
		f.Done(f.now)
		return got
	}
	for _, c := range []struct {
		epoch, id uint64
		number    string
		spoken    bool
	}{
		{1, 100, "A1", true}, {1, 110, "A2", true}, {2, 120, "A3", true}, // a restart
		{2, 110, "A2", false},                      // a late copy
		{3, 110, "A4", true}, {3, 120, "A5", true}, // a backup of before 110
		{2, 120, "A3", false}, {3, 120, "A5", false}, // late copies
	} {
		if got := add(c.epoch, c.id, c.number); (got != "") != c.spoken {
			t.Errorf("%s of epoch %d: %q, want it spoken: %v", c.number, c.epoch, got, c.spoken)
		}
	}
}

func TestOneIsReadAsYaoWhereTheHallWantsIt(t *testing.T) {
	a := Announcement{Calls: []Call{{Number: "A112", Label: "11"}}}
	for style, want := range map[string]string{
		"plain": "qing3 A yi1 yi1 er4 hao4 , dao4 shi2 yi1 hao4 chuang1kou3",
		"yao":   "qing3 A yao1 yao1 er4 hao4 , dao4 shi2 yi1 hao4 chuang1kou3", // a window is counted, not spelled
		"radio": "qing3 A yao1 yao1 liang3 hao4 , dao4 shi2 yi1 hao4 chuang1kou3",
	} {
		if got := strings.Join(demoClips(t).Words(a, "zh-CN", style), " "); got != want {
			t.Errorf("%s: %s, want %s", style, got, want)
		}
	}
}

func TestWhatTheHubSaysBecomesACallAndRules(t *testing.T) {
	at := time.Date(2026, 9, 1, 9, 0, 0, 0, time.FixedZone("", 8*60*60))
	c := FromAnnounce(protocol.Announce{
		At: at, Call: 7, Number: "A012", Window: "3", Label: "3", Name: protocol.Say("3号窗口", "Window 3"),
		Languages: []protocol.Lang{"zh-CN", "yue"}, Zone: "east", Again: true,
	})
	if c.ID != 7 || c.Number != "A012" || c.Name["zh-CN"] != "3号窗口" || c.Languages[1] != "yue" || c.Zone != "east" || !c.Again || !c.At.Equal(at) {
		t.Errorf("call %+v", c)
	}
	r := FromConfig(protocol.ConfigVoice{
		Times: 3, GapMS: 8000, Chime: ChimeNever, ChimeAfterMS: 5000, MergeMax: 2, OneLanguageAbove: 4, ShortAbove: 9,
		Digits: []protocol.ConfigDigits{{Lang: "zh-CN", Style: "yao"}}, Hours: []protocol.ConfigVolume{{From: "08:00", Percent: 70}},
	})
	if r.Times != 3 || r.Gap != 8*time.Second || r.Chime != ChimeNever || r.ChimeAfter != 5*time.Second || r.MergeMax != 2 ||
		r.OneLanguageAbove != 4 || r.ShortAbove != 9 || r.Styles["zh-CN"] != "yao" || r.Hours[0] != (Hour{"08:00", 70}) {
		t.Errorf("rules %+v", r)
	}
}

func TestTheSpeakerAnswersWhileItSpeaks(t *testing.T) {
	l := &loudspeaker{hangs: true, begun: make(chan struct{})}
	s := start(t, Options{Sink: l})
	if err := s.Alive(t.Context()); err != nil {
		t.Errorf("idle: %v", err)
	}
	say(t, s, 1, "A001", "1", "")
	<-l.begun
	if err := s.Alive(t.Context()); err != nil {
		t.Errorf("speaking: %v", err)
	}
}
