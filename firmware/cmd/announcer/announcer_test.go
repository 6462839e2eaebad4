package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/voice"
	"jiaohao/protocol"
)

// hall is an announcer with a loudspeaker that remembers.
type hall struct {
	*announcer
	t     *testing.T
	sound voice.Recorder
}

func open(t *testing.T, v voiceConfig) *hall {
	t.Helper()
	h := &hall{t: t}
	var err error
	if h.announcer, err = newAnnouncer(v, &h.sound, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := h.speaker.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return h
}

func (h *hall) call(id uint64, number string, window protocol.WindowID) {
	h.t.Helper()
	payload, err := protocol.Encode(&protocol.Announce{
		Version: protocol.Version, Stamp: protocol.Stamp{Epoch: 1, Seq: id}, Call: id, Number: number, Window: window, Label: string(window),
		Name: protocol.Say("窗口", "window"), Languages: []protocol.Lang{protocol.Chinese, protocol.English},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.announce(payload)
}

// state says that a window has this call in this stage; call 0 is no ticket.
func (h *hall) state(window protocol.WindowID, id uint64, stage protocol.Stage) {
	h.t.Helper()
	s := protocol.WindowState{Version: protocol.Version, Stamp: protocol.Stamp{Epoch: 1, Seq: id + 1}, Window: window, Status: protocol.Open}
	if id > 0 {
		s.Current = &protocol.Current{Ticket: "t1", Number: "A001", Call: id, Stage: stage}
	}
	payload, err := protocol.Encode(&s)
	if err != nil {
		h.t.Fatal(err)
	}
	h.window(payload)
}

// heard lets d pass and returns how many announcements were heard so far.
func (h *hall) heard(d time.Duration) int {
	time.Sleep(d) // on the bubble's clock
	synctest.Wait()
	return len(h.sound.Spans())
}

func TestACallIsSpokenAndRepeatedUntilThePersonArrives(t *testing.T) {
	for name, c := range map[string]struct {
		then func(h *hall)
		want int
	}{
		"nobody comes":       {func(*hall) {}, 2},
		"the person arrives": {func(h *hall) { h.state("3", 10, protocol.Serving) }, 1},
		"taken back":         {func(h *hall) { h.state("3", 0, "") }, 1},
		"another window":     {func(h *hall) { h.state("4", 0, "") }, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := open(t, voiceConfig{})
			h.state("3", 10, protocol.Called)
			h.call(10, "A001", "3")
			h.call(10, "A001", "3")
			if n := h.heard(13 * time.Second); n != 1 {
				t.Fatalf("%s: heard %d times, want once", name, n)
			}
			c.then(h)
			if n := h.heard(time.Minute); n != c.want {
				t.Errorf("%s: heard %d times, want %d", name, n, c.want)
			}
		})
	}
}

func TestWhatIsNotOfTheContractIsNotSpoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, voiceConfig{})
		h.announce([]byte("{"))
		h.window([]byte("{"))
		h.call(11, "", "3")
		if n := h.heard(time.Minute); n != 0 {
			t.Errorf("heard %d announcements, want none", n)
		}
	})
}

func TestADeadLoudspeakerIsToldInBothLanguagesUntilItPlays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := newAnnouncer(voiceConfig{}, nothing{slog.New(slog.DiscardHandler)}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		told := make(chan protocol.Health)
		var wg sync.WaitGroup
		wg.Go(func() { a.tell(ctx, func(h protocol.Health) { told <- h }) })
		if h := <-told; len(h.Faults) != 0 {
			t.Errorf("faults at the start: %v", h.Faults)
		}
		newest(a.faults, errors.New("no such device"))
		h := <-told
		if len(h.Faults) != 1 || h.Faults[0].Text[protocol.Chinese] == "" || h.Faults[0].Text[protocol.English] == "" {
			t.Errorf("faults %v, want one in Chinese and English", h.Faults)
		}
		newest[error](a.faults, nil)
		if h := <-told; len(h.Faults) != 0 {
			t.Errorf("faults after the recovery: %v", h.Faults)
		}
		if h := <-told; h.UptimeMS != healthEvery.Milliseconds() {
			t.Errorf("up for %d ms, want %v", h.UptimeMS, healthEvery)
		}
		cancel()
		wg.Wait()
	})
}

func TestTheVoiceFileSaysHowCallsAreSpoken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "voice.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"zone":"east","times":3,"gap_ms":8000,"silent_windows":["5"],"hours":[{"from":"08:00","percent":80}],"styles":{"zh-CN":"radio"}}`)
	v, err := loadVoice(path)
	if err != nil {
		t.Fatal(err)
	}
	r := v.rules()
	if v.Device != "default" || v.Zone != "east" || r.Times != 3 || r.Gap != 8*time.Second || !slices.Equal(r.Silent, []string{"5"}) ||
		!slices.Equal(r.Hours, []voice.Hour{{From: "08:00", Percent: 80}}) || r.Styles["zh-CN"] != "radio" {
		t.Errorf("read %+v with rules %+v", v, r)
	}
	if v, err := loadVoice(""); err != nil || v.Device != "default" {
		t.Errorf("no file: %+v, %v", v, err)
	}
	for text, want := range map[string]string{
		`{"volume":1}`:                        "unknown field",
		`{`:                                   "unexpected EOF",
		"{\n\"times\": \"3\"}":                "line 2: times cannot be a string, must be a whole number",
		strings.Repeat(" ", configMax) + "{}": "more than",
	} {
		write(text)
		if _, err := loadVoice(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestFolderOfClipsThatIsNotThereIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "voice.json")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{filepath.Join(filepath.Dir(file), "none"), file} {
		_, err := newAnnouncer(voiceConfig{Clips: folder}, &voice.Recorder{}, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), folder) || !strings.Contains(err.Error(), "clips") {
			t.Errorf("%v, want the name of the folder %s", err, folder)
		}
	}
}

func TestAWrongCommandLineIsTold(t *testing.T) {
	for _, args := range [][]string{{"-loud"}, {"more"}, {"-config", filepath.Join(t.TempDir(), "none.json")}} {
		if err := mainImpl(args); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

// zoned counts the calls that an announcer with that zone in its file and that configuration speaks.
func zoned(t *testing.T, file string, config []byte, want int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, voiceConfig{Zone: file, Times: 5})
		h.config(config)
		for id, zone := range []string{"east", "west", ""} {
			payload, err := protocol.Encode(&protocol.Announce{
				Version: protocol.Version, Call: uint64(id + 1), Number: "A001", Window: protocol.WindowID(fmt.Sprint(id)), Label: "1",
				Zone: zone, Languages: []protocol.Lang{protocol.Chinese},
			})
			if err != nil {
				t.Fatal(err)
			}
			h.announce(payload)
			h.heard(10 * time.Second)
		}
		if n := h.heard(5 * time.Minute); n != want {
			t.Errorf("spoke %d times, want %d", n, want)
		}
	})
}
