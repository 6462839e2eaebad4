package main

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/program"
	"jiaohao/firmware/voice"
)

func tryVoice(t *testing.T, args ...string) error {
	t.Helper()
	set := flag.NewFlagSet("probe voice", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	return probeVoice(t.Context(), set, args)
}

func TestTheVoiceCanBeHeardFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heard.wav")
	if err := tryVoice(t, "-wav", path, "-number", "A112", "-digits", "yao", "-window", "12"); err != nil {
		t.Fatal(err)
	}
	wav, err := os.ReadFile(path)
	if err != nil || voice.Duration(wav) < 10*time.Second || voice.Duration(wav) > 20*time.Second {
		t.Errorf("%v of sound, %v; want the chime and a call in two languages", voice.Duration(wav), err)
	}
	if err := tryVoice(t, "-device", "sim"); err != nil {
		t.Error(err)
	}
}

func TestWhatKeepsTheVoiceSilentIsSaidWithItsRemedy(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, c := range []struct {
		args       []string
		want, hint string
	}{
		{nil, "没有安装播放程序 aplay / the program aplay is not installed", "apt-get install alsa-utils"},
		{[]string{"-languages", "fr"}, `language "fr", legal are ["en" "zh-CN"]`, "-clips"},
		{[]string{"-number", "Ä1"}, `number "Ä1" cannot be read in en`, "needs a recording"},
		{[]string{"-volume", "0"}, "volume 0, legal are 1 to 100", "half as loud"},
		{[]string{"-clips", "/no/such/folder"}, "no such file", "docs/voice.md"},
	} {
		err := tryVoice(t, c.args...)
		var h *program.Hinted
		if !errors.As(err, &h) || !strings.Contains(err.Error(), c.want) || !strings.Contains(h.Hint, c.hint) {
			t.Errorf("%v: %v, want %q with a hint about %q", c.args, err, c.want, c.hint)
		}
	}
	card := filepath.Join(os.Getenv("PATH"), "aplay")
	if err := os.WriteFile(card, []byte("#!/bin/sh\necho 'aplay: main:831: audio open error: Device or resource busy' >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := tryVoice(t); err == nil || !strings.Contains(err.Error(), "sound card default: 声卡被别的程序占用 / another program uses the sound card") {
		t.Errorf("a busy card: %v", err)
	}
}
