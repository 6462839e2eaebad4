package sound

import (
	"math"
	"time"
)

const (
	// frame is the length in which loudness is measured: short enough to find
	// the start of a consonant, long enough for the lowest voice.
	frame = Rate / 100
	// quiet is what counts as silence beside the loudest frame: -40 dB. The hiss of a
	// Mandarin "s" lies well above it, the room of a recording below.
	quiet = 0.01
	// margin is kept around the word, so that a soft start or end is not bitten off.
	margin = Rate * 15 / 1000
	// peakMax is what no sample exceeds: 3 dB below full scale, because sound cards
	// that change the rate overshoot. loud is the loudness of all words, as the root mean square
	// of their louder part: 20 dB below full scale, so that words with sharp peaks reach it, too.
	peakMax = 0.707 * math.MaxInt16
	loud    = 0.1 * math.MaxInt16
	// fadeTime at both ends takes away the click of a cut.
	fadeTime = 4 * time.Millisecond
	// taps is the half length of the filter that changes the rate, in samples
	// of the slower of both rates.
	taps = 16
)

// Prepare makes a recorded word ready to be joined to others: the silence around it
// is cut off, its loudness made that of all others, its ends faded. Silence gives nothing.
func Prepare(s []int16) []int16 { return Fade(Level(Trim(s))) }

// Trim returns s without the silence before and behind the word.
func Trim(s []int16) []int16 {
	power := frames(s)
	limit := quiet * loudest(power)
	first, last := -1, -1
	for i, p := range power {
		if p > limit {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return nil
	}
	return s[max(0, first*frame-margin):min(len(s), (last+1)*frame+margin)]
}

// Level returns s at the loudness of all words, measured where it is louder than a
// tenth of its loudest part, and never so loud that it would be clipped.
func Level(s []int16) []int16 {
	power := frames(s)
	limit := loudest(power) / 10
	sum, n := 0.0, 0
	for _, p := range power {
		if p > limit {
			sum += p * p
			n++
		}
	}
	if n == 0 {
		return s
	}
	peak := 1.0
	for _, v := range s {
		peak = max(peak, math.Abs(float64(v)))
	}
	return Scale(s, min(loud/math.Sqrt(sum/float64(n)), peakMax/peak))
}

// Scale returns s times gain, held within 16 bits.
func Scale(s []int16, gain float64) []int16 {
	out := make([]int16, len(s))
	for i, v := range s {
		out[i] = clamp(float64(v) * gain)
	}
	return out
}

// Fade lets s begin and end softly. It changes s and returns it.
func Fade(s []int16) []int16 {
	n := min(Samples(fadeTime), len(s)/2)
	for i := range n {
		s[i] = int16(int(s[i]) * i / n)
		j := len(s) - 1 - i
		s[j] = int16(int(s[j]) * i / n)
	}
	return s
}

// Resample returns s, whose rate is from, at [Rate]. What the new rate cannot hold is
// filtered out by a windowed sinc.
func Resample(s []int16, from int) []int16 {
	if from == Rate {
		return s
	}
	out := make([]int16, len(s)*Rate/from)
	cut := min(1, float64(Rate)/float64(from)) // of half the old rate
	reach := taps / cut
	for i := range out {
		at := float64(i) * float64(from) / Rate
		sum, weight := 0.0, 0.0
		for j := int(math.Ceil(at - reach)); j <= int(at+reach); j++ {
			x := float64(j) - at
			w := sinc(cut*x) * (0.5 + 0.5*math.Cos(math.Pi*x/reach))
			weight += w
			if j >= 0 && j < len(s) {
				sum += w * float64(s[j])
			}
		}
		out[i] = clamp(sum / weight)
	}
	return out
}

// Chime returns the two falling tones, ding and dong, that come before a call.
func Chime() []int16 {
	const (
		ding, dong = 659.26, 523.25 // Hz: E5, C5
		second     = 0.40           // seconds until the second tone
		length     = 1.20           // seconds in all
		decay      = 4.0            // per second
		gain       = 0.30 * math.MaxInt16
	)
	out := make([]int16, int(length*Rate))
	for i := range out {
		t := float64(i) / Rate
		v := bell(ding, t, decay)
		if t > second {
			v += bell(dong, t-second, decay)
		}
		out[i] = clamp(gain * v)
	}
	return fadeOut(out)
}

// bell is a struck bar: a fundamental and two weaker partials that die sooner.
func bell(hz, t, decay float64) float64 {
	rise := min(1, t/0.005)
	v := 0.0
	for partial, weight := range []float64{1, 0.35, 0.15} {
		k := float64(partial + 1)
		v += weight * math.Exp(-decay*k*t) * math.Sin(2*math.Pi*hz*k*t)
	}
	return rise * v
}

// fadeOut lets the last fifth of s die away.
func fadeOut(s []int16) []int16 {
	n := len(s) / 5
	for i := range n {
		j := len(s) - 1 - i
		s[j] = int16(int(s[j]) * i / n)
	}
	return s
}

// frames returns the root mean square of each frame of s.
func frames(s []int16) []float64 {
	var out []float64
	for len(s) > 0 {
		n := min(frame, len(s))
		sum := 0.0
		for _, v := range s[:n] {
			sum += float64(v) * float64(v)
		}
		out = append(out, math.Sqrt(sum/float64(n)))
		s = s[n:]
	}
	return out
}

func loudest(power []float64) float64 {
	top := 0.0
	for _, p := range power {
		top = max(top, p)
	}
	return top
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func clamp(v float64) int16 {
	return int16(math.Round(max(math.MinInt16, min(math.MaxInt16, v))))
}
