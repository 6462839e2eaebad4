package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"jiaohao/firmware/voice"
	"jiaohao/firmware/voice/internal/sound"
)

func needEspeak(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("espeak-ng is not installed")
	}
}

// spoken is a language of few words.
const spoken = `{"name":"x","call":"qing3 {number} {window}","short":"{number} {window}","look":"{number}","join":"","window":"{label} chuang1kou3",
	"borrow":"en","styles":{"plain":"yi1 yi1 yi1 yi1 yi1 yi1 yi1 yi1 yi1 yi1"},"espeak":{"voice":"cmn-latn-pinyin","speed":160}}`

func folder(t *testing.T, language string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "zh")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "language.json"), []byte(language), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWordsThatWereRecordedAreLeftAlone(t *testing.T) {
	needEspeak(t)
	dir := folder(t, spoken)
	recorded := filepath.Join(dir, "qing3.wav")
	if err := os.WriteFile(recorded, []byte("a person's voice"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(filepath.Dir(dir), false); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(recorded); err != nil || string(got) != "a person's voice" {
		t.Errorf("the recording became %q, %v", got, err)
	}
	for _, word := range []string{"yi1", "chuang1kou3"} {
		data, err := os.ReadFile(filepath.Join(dir, word+".wav"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := sound.Decode(data)
		if err != nil || len(s) < sound.Rate/5 || len(s) > sound.Rate {
			t.Errorf("%s: %d samples, %v; want 0.2 to 1 s", word, len(s), err)
		}
	}
}

func TestTheWrongVoiceForMandarinIsFound(t *testing.T) {
	needEspeak(t)
	dir := folder(t, strings.Replace(spoken, "cmn-latn-pinyin", "cmn", 1))
	if err := run(filepath.Dir(dir), true); err == nil || !strings.Contains(err.Error(), "as English") {
		t.Errorf("error %v, want that it is read as English", err)
	}
}

func TestALanguageOfRecordingsNeedsNoSynthesiser(t *testing.T) {
	dir := folder(t, spoken[:strings.LastIndex(spoken, `,"espeak"`)]+"}")
	if err := run(filepath.Dir(dir), true); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, true); err == nil {
		t.Error("a folder without languages is no error")
	}
}

func TestSyllablesAreSpokenApart(t *testing.T) {
	r := &voice.Recipe{Say: map[string]string{"Z": "zee"}}
	for word, want := range map[string]string{"chuang1kou3": "chuang1 kou3", "please-go-to": "please go to", "qing3": "qing3", "Z": "zee"} {
		if got := text(r, word); got != want {
			t.Errorf("%s is spoken as %q, want %q", word, got, want)
		}
	}
}

// TestTheWordsInTheRepositoryAreThoseThatTheProgramMakes holds for the version of espeak-ng
// that made them.
func TestTheWordsInTheRepositoryAreThoseThatTheProgramMakes(t *testing.T) {
	needEspeak(t)
	if version, err := exec.Command("espeak-ng", "--version").Output(); err != nil || !bytes.Contains(version, []byte("1.51 ")) {
		t.Skipf("made by espeak-ng 1.51, here is %s %v", version, err)
	}
	for tag, word := range map[string]string{"zh-CN": "qing3", "en": "A"} {
		file := filepath.Join("..", "..", "clips", tag)
		data, err := os.ReadFile(filepath.Join(file, "language.json"))
		if err != nil {
			t.Fatal(err)
		}
		l, err := voice.ParseLanguage(data)
		if err != nil {
			t.Fatal(err)
		}
		s, err := speak(l.Espeak, text(l.Espeak, word))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(file, word+".wav"))
		if err != nil || !bytes.Equal(want, sound.EncodeMuLaw(s)) {
			t.Errorf("%s/%s.wav is not what make voice makes (%v)", tag, word, err)
		}
	}
}
