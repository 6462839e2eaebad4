package voice

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestASpeakerAnswersBetweenTwoCallsOfABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loudspeaker{}
		s := start(t, Options{Sink: l, Rules: Rules{Languages: []string{"zh-CN"}}})
		for id := range uint64(5) {
			if err := s.Announce(Call{ID: id + 1, Number: "A001", Window: "3", Label: "3"}); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // of the bubble
			if err := s.Alive(ctx); err != nil {
				t.Error(err)
			}
			cancel()
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		stopped, err := New(Options{Sink: l, Clips: demoClips(t)})
		if err != nil {
			t.Fatal(err)
		}
		if stopped.Alive(ended) == nil {
			t.Error("a speaker that does not run has answered")
		}
	})
}
