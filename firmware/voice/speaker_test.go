package voice

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/voice/internal/sound"
)

// loudspeaker is a sink that can be pulled. What it plays takes its time on the test's clock.
type loudspeaker struct {
	Recorder
	pulled atomic.Bool
	hangs  bool
	wavs   [][]byte
	begun  chan struct{} // if there is one, told at each start
}

var errPulled = errors.New("no such device")

func (l *loudspeaker) Play(ctx context.Context, wav []byte) error {
	if l.begun != nil {
		l.begun <- struct{}{}
	}
	switch {
	case l.pulled.Load():
		return errPulled
	case l.hangs:
		<-ctx.Done()
		return ctx.Err()
	}
	l.wavs = append(l.wavs, wav)
	return l.Recorder.Play(ctx, wav)
}

// start runs a speaker until the test's end.
func start(t *testing.T, o Options) *Speaker {
	t.Helper()
	o.Clips = demoClips(t)
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return s
}

// say announces number A001, A002, … as the call with that id.
func say(t *testing.T, s *Speaker, id uint64, number, window, zone string) {
	t.Helper()
	c := Call{ID: id, Number: number, Window: window, Label: window, Languages: []string{"zh-CN", "en"}, Zone: zone}
	if err := s.Announce(c); err != nil {
		t.Fatal(err)
	}
}

// settle lets everything that is under way end, and d pass.
func settle(d time.Duration) {
	time.Sleep(d) // on the bubble's clock: it takes no time
	synctest.Wait()
}

func TestACallIsHeardAtOnceAndAgainAfterSixSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l loudspeaker
		s := start(t, Options{Sink: &l})
		settle(time.Hour)
		begin := time.Now()
		say(t, s, 1, "A001", "3", "")
		settle(time.Minute)
		spans := l.Spans()
		if len(spans) != 2 {
			t.Fatalf("heard %d times, want 2", len(spans))
		}
		if !spans[0].Start.Equal(begin) {
			t.Errorf("heard after %v, want at once", spans[0].Start.Sub(begin))
		}
		if gap := spans[1].Start.Sub(spans[0].End); gap != 6*time.Second {
			t.Errorf("repeated after %v, want 6s", gap)
		}
	})
}

func TestEachZoneSpeaksItsOwnCallsAndThoseForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var east, west, hall loudspeaker
		rules := Rules{Times: 1}
		speakers := []*Speaker{
			start(t, Options{Sink: &east, Zone: "east", Rules: rules}),
			start(t, Options{Sink: &west, Zone: "west", Rules: rules}),
			start(t, Options{Sink: &hall, Rules: rules}),
		}
		for _, s := range speakers {
			say(t, s, 1, "A001", "1", "east")
			say(t, s, 2, "A002", "2", "west")
			say(t, s, 3, "A003", "3", "")
		}
		settle(time.Hour)
		if a, b, c := len(east.wavs), len(west.wavs), len(hall.wavs); a != 2 || b != 2 || c != 3 {
			t.Errorf("east spoke %d, west %d, the hall %d; want 2, 2 and 3", a, b, c)
		}
	})
}

func TestAPulledLoudspeakerIsToldOnceAndSpeaksAgainWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l loudspeaker
		l.pulled.Store(true)
		told := make(chan error, 10)
		s := start(t, Options{Sink: &l, Rules: Rules{Times: 1}, Health: func(err error) { told <- err }})
		say(t, s, 1, "A001", "1", "")
		settle(10 * time.Second)
		if len(told) != 1 {
			t.Fatalf("told %d times, want the fault once", len(told))
		}
		if err := <-told; !errors.Is(err, errPulled) {
			t.Fatalf("told %v, want the fault", err)
		}
		l.pulled.Store(false)
		if err := <-told; err != nil {
			t.Errorf("told %v, want the recovery", err)
		}
		if n := len(l.Spans()); n != 1 {
			t.Errorf("heard %d times, want once", n)
		}
	})
}

func TestASoundCardThatHangsIsGivenUpAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan error, 10)
		s := start(t, Options{Sink: &loudspeaker{hangs: true}, Health: func(err error) { told <- err }})
		begin := time.Now()
		say(t, s, 1, "A001", "1", "")
		err := <-told
		if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took > 20*time.Second {
			t.Errorf("told %v after %v, want that time was up", err, took)
		}
	})
}

func TestVolumeIsInTheSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var loud, soft loudspeaker
		for l, percent := range map[*loudspeaker]int{&loud: 100, &soft: 50} {
			say(t, start(t, Options{Sink: l, Rules: Rules{Times: 1, Hours: []Hour{{"00:00", percent}}}}), 1, "A001", "1", "")
		}
		settle(time.Minute)
		a, b := peakOf(t, loud.wavs[0]), peakOf(t, soft.wavs[0])
		if ratio := float64(a) / float64(b); ratio < 3.9 || ratio > 4.1 {
			t.Errorf("peaks of %d and %d, want four to one", a, b)
		}
	})
}

func peakOf(t *testing.T, wav []byte) int {
	t.Helper()
	s, err := sound.Decode(wav)
	if err != nil {
		t.Fatal(err)
	}
	top := 0
	for _, v := range s {
		top = max(top, int(v), -int(v))
	}
	return top
}

func TestWhoStopsTheSpeakerCutsTheAnnouncement(t *testing.T) {
	l := &loudspeaker{hangs: true, begun: make(chan struct{})}
	s, err := New(Options{Clips: demoClips(t), Sink: l})
	if err != nil {
		t.Fatal(err)
	}
	say(t, s, 1, "A001", "1", "") // before Run
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	<-l.begun
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(2 * time.Second):
		t.Fatal("Run goes on")
	}
}

func TestASpeakerThatCannotWorkIsRefusedAtTheStart(t *testing.T) {
	clips := demoClips(t)
	for name, o := range map[string]Options{
		"no clips":         {Sink: &Recorder{}},
		"no sink":          {Clips: clips},
		"wrong rule":       {Clips: clips, Sink: &Recorder{}, Rules: Rules{Times: 99}},
		"unknown language": {Clips: clips, Sink: &Recorder{}, Rules: Rules{Languages: []string{"fr"}}},
		"style of nobody":  {Clips: clips, Sink: &Recorder{}, Rules: Rules{Styles: map[string]string{"fr": "plain"}}},
		"unknown style":    {Clips: clips, Sink: &Recorder{}, Rules: Rules{Styles: map[string]string{"en": "radio"}}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s, err := New(Options{Clips: clips, Sink: &Recorder{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Announce(Call{ID: 1}); err == nil {
		t.Error("a call without a number is taken")
	}
}
