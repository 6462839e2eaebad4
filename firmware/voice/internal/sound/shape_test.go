package sound

import (
	"math"
	"slices"
	"testing"
	"time"
)

func peak(s []int16) float64 {
	top := 0.0
	for _, v := range s {
		top = max(top, math.Abs(float64(v)))
	}
	return top
}

func TestSilenceAroundAWordIsCutOff(t *testing.T) {
	word := tone(300, 0.3, 400*time.Millisecond)
	pad := make([]int16, Rate/2)
	got := Duration(len(Trim(slices.Concat(pad, word, pad))))
	if got < 400*time.Millisecond || got > 450*time.Millisecond {
		t.Errorf("word of 400ms is %v after the cut", got)
	}
	hiss := slices.Concat(pad, tone(3000, 0.02, 100*time.Millisecond), word, pad)
	if got := Duration(len(Trim(hiss))); got < 500*time.Millisecond {
		t.Errorf("a soft consonant of 100ms before the word was bitten off: %v", got)
	}
	if got := Prepare(make([]int16, Rate)); len(got) != 0 {
		t.Errorf("silence gives %d samples, want none", len(got))
	}
}

func TestAllWordsAreEquallyLoudAndNoneIsClipped(t *testing.T) {
	for _, amplitude := range []float64{0.01, 0.1, 0.5, 1} {
		got := Level(tone(300, amplitude, time.Second))
		if top := loudest(frames(got)); math.Abs(top/loud-1) > 0.03 {
			t.Errorf("amplitude %.2f: loudness %.0f, want %.0f", amplitude, top, loud)
		}
	}
	click := make([]int16, Rate)
	for i := range click {
		click[i] = int16(i % 2 * 50)
	}
	for i := 0; i < len(click); i += 100 {
		click[i] = 20000
	}
	if top := peak(Level(click)); top > peakMax+1 {
		t.Errorf("peak %.0f, legal are at most %.0f", top, peakMax)
	}
}

func TestAWordPreparedTwiceStaysAsItIs(t *testing.T) {
	once := Prepare(tone(300, 0.3, 400*time.Millisecond))
	twice := Prepare(slices.Clone(once))
	if d := len(once) - len(twice); d < 0 || d > 2*frame {
		t.Errorf("%d samples became %d", len(once), len(twice))
	}
	if a, b := peak(once), peak(twice); math.Abs(a/b-1) > 0.02 {
		t.Errorf("peak %.0f became %.0f", a, b)
	}
}

func TestWordsBeginAndEndSoftly(t *testing.T) {
	s := Fade([]int16{9, 9, 9, 9, 9, 9})
	if s[0] != 0 || s[5] != 0 {
		t.Errorf("ends are %d and %d, want 0", s[0], s[5])
	}
	if got := Fade(nil); len(got) != 0 {
		t.Errorf("nothing became %v", got)
	}
}

func TestVolumeBeyondFullScaleIsHeld(t *testing.T) {
	if got := Scale([]int16{20000, -20000, 100}, 2); !slices.Equal(got, []int16{32767, -32768, 200}) {
		t.Errorf("got %v", got)
	}
}

func TestTheChimeFallsByAThirdAndDiesAway(t *testing.T) {
	s := Chime()
	if d := Duration(len(s)); d < time.Second || d > 1500*time.Millisecond {
		t.Errorf("chime of %v, want about 1.2s", d)
	}
	if top := peak(s); top < 0.2*math.MaxInt16 || top > peakMax {
		t.Errorf("peak %.0f", top)
	}
	if tail := peak(s[len(s)-Rate/100:]); tail > 40 {
		t.Errorf("the chime ends with a click of %.0f", tail)
	}
	ding, dong := pitch(s[Rate/10:Rate*3/10]), pitch(s[Rate*7/10:Rate*9/10])
	if math.Abs(ding-659) > 15 || math.Abs(dong-523) > 15 {
		t.Errorf("tones of %.0f and %.0f Hz, want 659 and 523", ding, dong)
	}
}

// pitch returns the frequency between 300 and 1000 Hz at which s is most like itself.
func pitch(s []int16) float64 {
	best, at := 0.0, 0
	for lag := Rate / 1000; lag < Rate/300; lag++ {
		sum := 0.0
		for i := lag; i < len(s); i++ {
			sum += float64(s[i]) * float64(s[i-lag])
		}
		if sum > best {
			best, at = sum, lag
		}
	}
	return Rate / float64(at)
}
