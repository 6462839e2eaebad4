package voice

import (
	"io/fs"
	"math"
	"math/cmplx"
	"testing"
	"time"

	"jiaohao/firmware/voice/internal/sound"
)

// decibels of full scale.
func decibels(amplitude float64) float64 { return 20 * math.Log10(amplitude/math.MaxInt16) }

func loudestSample(s []int16) float64 {
	top := 0.0
	for _, v := range s {
		top = max(top, math.Abs(float64(v)))
	}
	return top
}

// loudness is the root mean square of the frames of 10 ms that are within 20 dB of the loudest.
func loudness(s []int16) float64 {
	const frame = Rate / 100
	var power []float64
	top := 0.0
	for ; len(s) >= frame; s = s[frame:] {
		sum := 0.0
		for _, v := range s[:frame] {
			sum += float64(v) * float64(v)
		}
		power = append(power, sum/frame)
		top = max(top, sum/frame)
	}
	sum, n := 0.0, 0.0
	for _, p := range power {
		if p > top/100 {
			sum += p
			n++
		}
	}
	return math.Sqrt(sum / n)
}

// TestAllWordsAreEquallyLoudAndNoneIsCut is what a person with headphones would check first.
func TestAllWordsAreEquallyLoudAndNoneIsCut(t *testing.T) {
	low, high, words := 0.0, -100.0, 0
	for tag, l := range demoClips(t).languages {
		for word, s := range l.words {
			words++
			level, peak, length := decibels(loudness(s)), decibels(loudestSample(s)), sound.Duration(len(s))
			low, high = min(low, level), max(high, level)
			if peak > -3 || s[0] != 0 || s[len(s)-1] != 0 {
				t.Errorf("%s/%s: peak %.1f dB, ends %d and %d; want at most -3 dB and soft ends", tag, word, peak, s[0], s[len(s)-1])
			}
			if length < 100*time.Millisecond || length > 2*time.Second {
				t.Errorf("%s/%s lasts %v", tag, word, length)
			}
		}
	}
	t.Logf("%d words from %.1f to %.1f dB", words, low, high)
	if high-low > 2 || words < 70 {
		t.Errorf("%d words are %.1f to %.1f dB loud, want all within 2 dB", words, low, high)
	}
	chime := demoClips(t).chime
	if peak := decibels(loudestSample(chime)); peak > -3 || peak < -12 {
		t.Errorf("the chime peaks at %.1f dB, want -12 to -3", peak)
	}
}

// TestWordsHaveTheSoundOfSpeech finds hum, hiss and clicks: most of the energy lies between 60 Hz and
// 4 kHz, and hardly any below.
func TestWordsHaveTheSoundOfSpeech(t *testing.T) {
	for tag, l := range demoClips(t).languages {
		for word, s := range l.words {
			hum, speech, hiss := bands(s)
			if hum > 0.05 || speech < 0.6 {
				t.Errorf("%s/%s: %.0f %% of its energy is hum, %.0f %% speech, %.0f %% hiss", tag, word, 100*hum, 100*speech, 100*hiss)
			}
		}
	}
}

// bands are the shares of the energy of s below 60 Hz, from there to 4 kHz, and above.
func bands(s []int16) (hum, speech, hiss float64) {
	const n = 512
	all := 0.0
	for ; len(s) >= n; s = s[n:] {
		line := make([]complex128, n)
		for i := range line {
			line[i] = complex(float64(s[i])*(0.5-0.5*math.Cos(2*math.Pi*float64(i)/n)), 0)
		}
		for k, v := range fourier(line)[:n/2] {
			p := real(v)*real(v) + imag(v)*imag(v)
			all += p
			switch hz := float64(k) * Rate / n; {
			case hz < 60:
				hum += p
			case hz < 4000:
				speech += p
			default:
				hiss += p
			}
		}
	}
	return hum / all, speech / all, hiss / all
}

// fourier transforms a line whose length is a power of two.
func fourier(line []complex128) []complex128 {
	n := len(line)
	if n == 1 {
		return line
	}
	halves := [2][]complex128{}
	for i, v := range line {
		halves[i%2] = append(halves[i%2], v)
	}
	even, odd := fourier(halves[0]), fourier(halves[1])
	out := make([]complex128, n)
	for k := range n / 2 {
		turn := cmplx.Rect(1, -2*math.Pi*float64(k)/float64(n)) * odd[k]
		out[k], out[k+n/2] = even[k]+turn, even[k]-turn
	}
	return out
}

func TestTheDemoHasTheWordsThatTheDocumentCounts(t *testing.T) {
	for tag, want := range map[string]int{"zh-CN": 21, "en": 58} {
		files, err := fs.Glob(Demo(), tag+"/*.wav")
		if err != nil || len(files) != want {
			t.Errorf("%s has %d words, %v; docs/voice.md says %d", tag, len(files), err, want)
		}
	}
}
