package voice

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/voice/internal/sound"
)

var wavFile = flag.String("wav", "", "write what TestTenCalls hears to this `file`, to be listened to")

// TestTenCallsInABurstAreHeardInOrderWithoutOverlap lets eight windows call ten numbers within two
// seconds, in two languages:
//
//	go test -run TenCalls ./firmware/voice -wav /tmp/burst.wav
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
	})
}
