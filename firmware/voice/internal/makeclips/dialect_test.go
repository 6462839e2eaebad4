package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/voice"
)

// cantonese is all that a new language needs.
const cantonese = `{
	"name": "广东话", "borrow": "en",
	"call": "cing2 {number} hou6 , dou3 {window}",
	"short": "{number} hou6 , {window}",
	"look": "cing2 {number} hou6 , tai2ping4mok6",
	"join": ",",
	"window": "{label} hou6 coeng1hau2",
	"styles": {"plain": "ling4 jat1 ji6 saam1 sei3 ng5 luk6 cat1 baat3 gau2"},
	"numbers": {"10": "sap6", "20": "ji6 sap6", "30": "saam1 sap6"},
	"espeak": {"voice": "yue-latn-jyutping", "speed": 160}
}`

// TestANewDialectIsAFolder makes the words of a third language by the same command and has a call
// spoken in all three.
func TestANewDialectIsAFolder(t *testing.T) {
	needEspeak(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "yue"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "yue", "language.json"), []byte(cantonese), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, false); err != nil {
		t.Fatal(err)
	}
	clips, err := voice.Load(voice.Demo(), os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(clips.Languages(), " "); got != "en yue zh-CN" {
		t.Fatalf("languages %s", got)
	}
	a := voice.Announcement{Calls: []voice.Call{{Number: "A012", Label: "13"}}, Languages: []string{"zh-CN", "yue", "en"}}
	if got := strings.Join(clips.Words(a, "yue", ""), " "); got != "cing2 A ling4 jat1 ji6 hou6 , dou3 sap6 saam1 hou6 coeng1hau2" {
		t.Errorf("it says %s", got)
	}
	length := func(languages ...string) time.Duration {
		a.Languages = languages
		return voice.Duration(voice.WAV(clips.Say(a, nil)))
	}
	three, one := length("zh-CN", "yue", "en"), length("yue")
	if more := three - length("zh-CN", "en"); more < one-time.Second || one < 2*time.Second || one > 7*time.Second {
		t.Errorf("a call lasts %v in Cantonese, and %v longer with it than without", one, more)
	}
}
