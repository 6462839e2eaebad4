package voice

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/voice/internal/sound"
)

var wavFile = flag.String("wav", "", "write what TestTenCalls hears to this `file`, to be listened to")

// TestTenCallsInABurstAreHeardInOrderWithoutOverlap lets seven windows call ten numbers within two
// seconds, in two languages. "make voice-sample" writes what is heard.
func TestTenCallsInABurstAreHeardInOrderWithoutOverlap(t *testing.T) {
	calls := []struct{ number, window string }{
		{"A001", "1"}, {"A002", "2"}, {"B001", "3"}, {"A003", "1"}, {"A004", "4"},
		{"C001", "5"}, {"A005", "1"}, {"A006", "6"}, {"B002", "2"}, {"V001", "12"},
	}
	one, both := []string{"zh-CN"}, []string{"zh-CN", "en"}
	heard := []struct {
		calls     []int // of the ten
		languages []string
		turn      int
	}{
		{[]int{0}, both, 1},    // at once; window 1 calls again meanwhile, so it is not repeated
		{[]int{1, 8}, one, 1},  // seven wait
		{[]int{2}, one, 1},     // six
		{[]int{3, 6}, one, 1},  // five
		{[]int{4}, one, 1},     // four
		{[]int{5}, both, 1},    // three: time for English
		{[]int{7}, both, 1},    //
		{[]int{9}, both, 1},    //
		{[]int{3, 6}, both, 2}, // repeats: what is over 30 s late is left out,
		{[]int{5}, both, 2},    // and the person of A006 has come
		{[]int{9}, both, 2},    //
	}
	synctest.Test(t, func(t *testing.T) {
		var l loudspeaker
		s := start(t, Options{Sink: &l})
		begin := time.Now()
		made := make([]Call, len(calls))
		for i, c := range calls {
			made[i] = Call{
				ID: uint64(100 + i), Number: c.number, Window: c.window, Label: c.window, Languages: both,
				Name: map[string]string{"zh-CN": c.window + " 号窗口", "en": "Window " + c.window},
			}
			for range 2 { // every message comes twice
				if err := s.Announce(made[i]); err != nil {
					t.Fatal(err)
				}
			}
			settle(200 * time.Millisecond)
		}
		settle(55 * time.Second)
		s.Arrived(made[7].ID)
		settle(5 * time.Minute)
		if *wavFile != "" {
			if err := os.WriteFile(*wavFile, l.WAV(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		spans := l.Spans()
		for i, span := range spans {
			t.Logf("%6.2f to %6.2f s", span.Start.Sub(begin).Seconds(), span.End.Sub(begin).Seconds())
			if i > 0 && span.Start.Before(spans[i-1].End) {
				t.Errorf("announcement %d starts %v before the one before it ends", i, spans[i-1].End.Sub(span.Start))
			}
		}
		if len(spans) != len(heard) {
			t.Fatalf("%d announcements, want %d", len(spans), len(heard))
		}
		for i, h := range heard {
			a := Announcement{Languages: h.languages, Turn: h.turn, Chime: i == 0}
			for _, n := range h.calls {
				a.Calls = append(a.Calls, made[n])
			}
			want := sound.EncodePCM(demoClips(t).Say(a, nil))
			if !bytes.Equal(l.wavs[i], want) {
				t.Errorf("announcement %d of %d bytes is not %s of %d bytes", i, len(l.wavs[i]), text(a), len(want))
			}
			if i > 0 && h.turn == 1 && spans[i].Start.Sub(spans[i-1].End) != 0 {
				t.Errorf("announcement %d comes %v after the one before", i, spans[i].Start.Sub(spans[i-1].End))
			}
		}
		checkSamples(t, l.WAV(), l.wavs, spans)
	})
}

// checkSamples looks at the recording alone: where each announcement lies, that nothing is heard between
// them, and that no sample reaches full scale.
func checkSamples(t *testing.T, recorded []byte, wavs [][]byte, spans []Span) {
	t.Helper()
	all, err := sound.Decode(recorded)
	if err != nil {
		t.Fatal(err)
	}
	if peak := decibels(loudestSample(all)); peak > -3 {
		t.Errorf("the recording peaks at %.1f dB, want at most -3", peak)
	}
	end := 0 // of the announcement before
	for i, span := range spans {
		want, err := sound.Decode(wavs[i])
		if err != nil {
			t.Fatal(err)
		}
		at := sound.Samples(span.Start.Sub(spans[0].Start))
		if at < end || at+len(want) > len(all) || !slices.Equal(all[at:at+len(want)], want) {
			t.Fatalf("announcement %d is not whole at %v of the recording", i, sound.Duration(at))
		}
		if loudestSample(all[end:at]) > 0 {
			t.Errorf("something is heard before announcement %d", i)
		}
		// Found in the samples: the last sound of the one before and the first of this one.
		if i > 0 {
			if gap := quiet(all, at); gap < leadIn+leadOut || gap > 10*time.Second {
				t.Errorf("%v of silence around the start of announcement %d, want at least %v", gap, i, leadIn+leadOut)
			}
		}
		end = at + len(want)
	}
}

// quiet returns how long it is silent around a sample.
func quiet(s []int16, at int) time.Duration {
	from, to := at, at
	for from > 0 && s[from-1] == 0 {
		from--
	}
	for to < len(s) && s[to] == 0 {
		to++
	}
	return sound.Duration(to - from)
}
