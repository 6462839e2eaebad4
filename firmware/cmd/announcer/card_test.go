package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"jiaohao/firmware/voice"
	"jiaohao/protocol"
)

// aplay is a program of that name which plays like the real one: it takes as long as the file, a tenth
// of it here, and complains as ALSA does while its card is pulled.
const aplay = `#!/bin/sh
if [ ! -e "$0.card" ]; then
	echo "ALSA lib confmisc.c:855:(parse_card) cannot find card '0'" >&2
	echo "aplay: main:831: audio open error: No such file or directory" >&2
	exit 1
fi
echo "start $*" >>"$0.log"
cat >"$0.wav.$$"
[ -e "$0.card" ] || { echo "aplay: pcm_write:2127: write error: Input/output error" >&2; exit 1; }
mv "$0.wav.$$" "$0.wav"
echo end >>"$0.log"
`

// pluggable puts aplay on the path and returns its file.
func pluggable(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "aplay")
	if err := os.WriteFile(file, []byte(aplay), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	return file
}

func TestAPulledSoundCardIsToldAndSpeaksAgainWhenItIsBack(t *testing.T) {
	file := pluggable(t)
	a, err := newAnnouncer(voiceConfig{Times: 1}, voice.Aplay("plughw:1,0"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	told := make(chan protocol.Health, 10)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		if err := a.speaker.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	wg.Go(func() { a.tell(ctx, func(h protocol.Health) { told <- h }) })
	next := func() protocol.Health {
		t.Helper()
		select {
		case h := <-told:
			return h
		case <-ctx.Done():
			t.Fatal("nothing is told")
		}
		return protocol.Health{}
	}
	if h := next(); len(h.Faults) != 0 {
		t.Fatalf("faults at the start: %v", h.Faults)
	}
	if err := a.speaker.Announce(voice.Call{ID: 1, Number: "A012", Window: "3", Label: "3", Languages: []string{"zh-CN"}}); err != nil {
		t.Fatal(err)
	}
	h := next()
	if len(h.Faults) != 1 || !strings.Contains(h.Faults[0].Text.In(protocol.Chinese), "找不到声卡") {
		t.Fatalf("told %v, want that the sound card is not there", h.Faults)
	}
	if err := os.WriteFile(file+".card", nil, 0o644); err != nil { // plugged in again
		t.Fatal(err)
	}
	if h := next(); len(h.Faults) != 0 {
		t.Errorf("faults after the card is back: %v", h.Faults)
	}
	log, err := os.ReadFile(file + ".log")
	if err != nil || string(log) != "start -q -D plughw:1,0 -\nend\n" {
		t.Errorf("aplay was run as %q, %v", log, err)
	}
	wav, err := os.ReadFile(file + ".wav")
	if err != nil || voice.Duration(wav) < 3*time.Second {
		t.Errorf("aplay got %v of sound, %v; want the whole call", voice.Duration(wav), err)
	}
}

func TestTheHallsPlanTakesThePlaceOfTheVoiceFile(t *testing.T) {
	config := func(lang protocol.Lang, zone string) []byte {
		payload, err := protocol.Encode(&protocol.Config{
			Version: protocol.Version, Stamp: protocol.Stamp{Epoch: 1, Seq: 1}, Hall: "bemowo", Device: "announcer-1", Kind: protocol.KindAnnouncer,
			Languages: []protocol.Lang{protocol.Chinese, lang}, Zone: "Asia/Shanghai",
			Voice: &protocol.ConfigVoice{Zone: zone, Times: 1, Digits: []protocol.ConfigDigits{{Lang: protocol.Chinese, Style: "yao"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return payload
	}
	for _, c := range []struct {
		file, plan string
		want       int // of calls in the east, the west and everywhere
	}{{"", "", 3}, {"", "east", 2}, {"west", "east", 2}, {"attic", "east", 1}} {
		t.Run(fmt.Sprint(c.file, " over ", c.plan), func(t *testing.T) { zoned(t, c.file, config(protocol.English, c.plan), c.want) })
	}
	var log strings.Builder
	a, err := newAnnouncer(voiceConfig{}, &voice.Recorder{}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan protocol.Health)
	var wg sync.WaitGroup
	wg.Go(func() { a.tell(ctx, func(h protocol.Health) { told <- h }) })
	<-told
	a.config(config("yue", ""))
	if h := <-told; len(h.Faults) != 1 || h.Faults[0].Code != "no_words" || !strings.Contains(h.Faults[0].Text.In(protocol.English), "(yue)") {
		t.Errorf("told %v, want that the words of yue are missing", h.Faults)
	}
	a.config([]byte("{"))
	a.config(config(protocol.English, ""))
	if h := <-told; len(h.Faults) != 0 {
		t.Errorf("told %v after the plan lost yue", h.Faults)
	}
	a.config(config(protocol.English, ""))
	if n := strings.Count(log.String(), "the plan's voice"); n != 2 {
		t.Errorf("%d lines of the log tell two voices:\n%s", n, &log)
	}
	cancel()
	wg.Wait()
}
