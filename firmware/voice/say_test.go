package voice

import (
	"math"
	"slices"
	"testing"
	"time"

	"jiaohao/firmware/voice/internal/sound"
)

func call(number, label string) Announcement {
	return Announcement{Calls: []Call{{Number: number, Label: label}}, Languages: []string{"zh-CN", "en"}}
}

func TestACallTakesAsLongAsAPersonWouldTake(t *testing.T) {
	clips := demoClips(t)
	for _, c := range []struct {
		name         string
		a            Announcement
		least, above time.Duration
	}{
		{"Mandarin", Announcement{Calls: call("A012", "3").Calls, Languages: []string{"zh-CN"}}, 4 * time.Second, 5 * time.Second},
		{"both", call("A012", "3"), 8 * time.Second, 10 * time.Second},
		{"both with chime", Announcement{Calls: call("A012", "3").Calls, Languages: call("", "").Languages, Chime: true}, 9 * time.Second, 11 * time.Second},
		{"Mandarin in short", Announcement{Calls: call("A012", "3").Calls, Languages: []string{"zh-CN"}, Short: true}, 3 * time.Second, 4200 * time.Millisecond},
		{"chime alone", call("甲012", "3"), 1400 * time.Millisecond, 1800 * time.Millisecond},
	} {
		if got := sound.Duration(len(clips.Say(c.a, nil))); got < c.least || got > c.above {
			t.Errorf("%s: %v, want %v to %v", c.name, got, c.least, c.above)
		}
	}
}

func TestAnAnnouncementIsAllItsWordsWithSilencesAndNothingElse(t *testing.T) {
	clips := demoClips(t)
	a := call("A012", "3")
	want := leadIn + languageGap + leadOut
	for _, tag := range a.Languages {
		words := clips.Words(a, tag, "")
		gap := time.Duration(0)
		for _, w := range words {
			if w == Pause {
				gap = phraseGap
				continue
			}
			s, _ := clips.languages[tag].find(w)
			want += gap + sound.Duration(len(s))
			gap = wordGap
		}
	}
	got := sound.Duration(len(clips.Say(a, nil)))
	if d := (got - want).Abs(); d > time.Millisecond {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestJointsDoNotClickAndNothingIsClipped(t *testing.T) {
	clips := demoClips(t)
	for _, number := range []string{"A012", "B345", "W6789", "Z10"} {
		a := call(number, "25")
		a.Chime = true
		s := clips.Say(a, nil)
		quiet := 0 // samples of silence so far
		for i, v := range s {
			if v == math.MaxInt16 || v == math.MinInt16 {
				t.Fatalf("%s: sample %d is clipped", number, i)
			}
			if v != 0 && quiet > 100 && math.Abs(float64(v)) > 600 {
				t.Fatalf("%s: a word starts with a step of %d at %v", number, v, sound.Duration(i))
			}
			if v == 0 && i > 0 && math.Abs(float64(s[i-1])) > 600 && silent(s[i:min(i+100, len(s))]) {
				t.Fatalf("%s: a word ends with a step of %d at %v", number, s[i-1], sound.Duration(i))
			}
			if quiet++; v != 0 {
				quiet = 0
			}
		}
	}
}

func silent(s []int16) bool { return !slices.ContainsFunc(s, func(v int16) bool { return v != 0 }) }

func TestBothLanguagesAreEquallyLoud(t *testing.T) {
	clips := demoClips(t)
	loudness := func(tag string) float64 {
		a := call("A012", "3")
		a.Languages = []string{tag}
		sum, n := 0.0, 0
		for _, v := range clips.Say(a, nil) {
			if v != 0 {
				sum += float64(v) * float64(v)
				n++
			}
		}
		return math.Sqrt(sum / float64(n))
	}
	if d := 20 * math.Log10(loudness("zh-CN")/loudness("en")); math.Abs(d) > 2 {
		t.Errorf("Mandarin is %+.1f dB beside English, legal are 2", d)
	}
}

func TestStylesChangeHowDigitsAreRead(t *testing.T) {
	clips := demoClips(t)
	a := call("A012", "3")
	if slices.Equal(clips.Say(a, nil), clips.Say(a, map[string]string{"zh-CN": "radio"})) {
		t.Error("零一二 and 洞幺两 sound alike")
	}
}
