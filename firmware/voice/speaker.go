package voice

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"jiaohao/firmware/voice/internal/sound"
)

// playSlack is how much longer than its sound an announcement may take: a sound
// card that wakes up needs a second or two.
const playSlack = 5 * time.Second

// Options are what a speaker is made of. Clips and Sink are needed.
type Options struct {
	Clips  *Clips
	Sink   Sink
	Rules  Rules
	Zone   string            // of its loudspeakers; empty speaks the calls of all zones
	Log    *slog.Logger      // nil discards
	Health func(fault error) // told when the sink fails and, with nil, when it works again; may be nil
}

// Speaker speaks the calls of one zone, one after the other.
type Speaker struct {
	opts    Options
	changed chan struct{} // something was added: Run looks again
	asked   chan struct{} // Run takes from it: it is at work

	mu     sync.Mutex // guards what follows: callers need the refusal at once and before Run, for which a channel would carry replies
	plan   *Plan
	zone   string
	styles map[string]string
}

// New makes a speaker. It starts and plays nothing. It fails if a rule is not legal or
// names a language or style that is not among the clips.
func New(o Options) (*Speaker, error) {
	if o.Clips == nil || o.Sink == nil {
		return nil, errors.New("voice: clips and sink are needed")
	}
	plan, err := NewPlan(o.Rules)
	if err != nil {
		return nil, err
	}
	if err := o.Clips.Check(o.Rules); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Speaker{opts: o, plan: plan, changed: make(chan struct{}, 1), asked: make(chan struct{}), zone: o.Zone, styles: o.Rules.Styles}, nil
}

// Set changes zone and rules from the next announcement on. It fails if a rule is not
// legal. A language that is not among the clips is not spoken and a style that its
// language does not have is read as [Plain]: a hall's new plan must not silence it. See [Clips.Check].
func (s *Speaker) Set(zone string, r Rules) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.plan.Set(r); err != nil {
		return err
	}
	s.zone, s.styles = zone, r.Styles
	s.wake()
	return nil
}

// Announce takes a call to be spoken as the rules say, unless it is for another zone. It never
// waits. It returns [ErrFull] if too many calls wait, and another error if the
// call has no number or one that is too long.
func (s *Speaker) Announce(c Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Zone != "" && s.zone != "" && c.Zone != s.zone {
		return nil
	}
	if err := s.plan.Add(time.Now(), c); err != nil {
		return err
	}
	s.wake()
	return nil
}

// Arrived says that the call with this id need not be spoken (again): the person has
// arrived, or the call was taken back. What is being spoken is spoken to its end.
func (s *Speaker) Arrived(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan.Arrived(id)
	s.wake()
}

func (s *Speaker) wake() {
	select {
	case s.changed <- struct{}{}:
	default: // Run will look anyway
	}
}

// Run speaks until ctx ends and returns nil. Only the end of ctx cuts an announcement.
func (s *Speaker) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	faulty := false
	for ctx.Err() == nil {
		s.mu.Lock()
		a, wake, ok := s.plan.Next(time.Now())
		styles := s.styles
		s.mu.Unlock()
		if ok {
			err := s.speak(ctx, a, styles)
			if ctx.Err() != nil {
				return nil
			}
			s.finish(a, err)
			s.report(err, &faulty)
			continue
		}
		timer.Stop()
		if !wake.IsZero() {
			timer.Reset(time.Until(wake))
		}
		select {
		case <-ctx.Done():
		case <-s.changed:
		case <-s.asked:
		case <-timer.C:
		}
	}
	return nil
}

// Alive returns nil when Run has answered, also while it speaks, and an error when ctx has
// ended before.
func (s *Speaker) Alive(ctx context.Context) error {
	select {
	case s.asked <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errors.New("voice: the speaker does not answer")
	}
}

// speak plays a and answers [Speaker.Alive] meanwhile: play ends by itself in its time.
func (s *Speaker) speak(ctx context.Context, a Announcement, styles map[string]string) error {
	played := make(chan error, 1)
	go func() { played <- s.play(ctx, a, styles) }()
	for {
		select {
		case err := <-played:
			return err
		case <-s.asked:
		}
	}
}

// play speaks a to its end, or fails when that takes longer than it may.
func (s *Speaker) play(ctx context.Context, a Announcement, styles map[string]string) error {
	samples := Louder(s.opts.Clips.Say(a, styles), a.Percent)
	ctx, cancel := context.WithTimeout(ctx, sound.Duration(len(samples))+playSlack)
	defer cancel()
	return s.opts.Sink.Play(ctx, sound.EncodePCM(samples))
}

// finish tells the plan how a went.
func (s *Speaker) finish(a Announcement, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.plan.Done(time.Now())
		for _, c := range a.Calls {
			s.opts.Log.Info("spoken", "call", c.ID, "ticket", c.Number, "window", c.Window, "turn", a.Turn)
		}
		return
	}
	for _, c := range s.plan.Failed(time.Now()) {
		s.opts.Log.Warn("call was not spoken", "call", c.ID, "ticket", c.Number, "window", c.Window)
	}
}

// report tells of a fault at its start and its end, not in between.
func (s *Speaker) report(err error, faulty *bool) {
	if (err != nil) == *faulty {
		return
	}
	*faulty = err != nil
	if err != nil {
		s.opts.Log.Error("loudspeaker does not play", "err", err)
	} else {
		s.opts.Log.Info("loudspeaker plays again")
	}
	if s.opts.Health != nil {
		s.opts.Health(err)
	}
}
