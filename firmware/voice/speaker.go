package voice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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

	mu   sync.Mutex // guards plan: callers need the refusal at once and before Run, for which a channel would carry replies
	plan *Plan
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
	for _, tag := range o.Rules.Languages {
		if !slices.Contains(o.Clips.Languages(), tag) {
			return nil, fmt.Errorf("voice: language %q, legal are %q", tag, o.Clips.Languages())
		}
	}
	for tag, style := range o.Rules.Styles {
		l := o.Clips.languages[tag]
		if l == nil {
			return nil, fmt.Errorf("voice: style of language %q, legal are %q", tag, o.Clips.Languages())
		}
		if _, ok := l.Styles[style]; !ok {
			return nil, fmt.Errorf("voice: style %q of %s, legal are %q", style, tag, l.styles())
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Speaker{opts: o, plan: plan, changed: make(chan struct{}, 1)}, nil
}

// Announce takes a call to be spoken as the rules say, unless it is for another zone. It never
// waits. It returns [ErrFull] if too many calls wait, and another error if the
// call has no number or one that is too long.
func (s *Speaker) Announce(c Call) error {
	if c.Zone != "" && s.opts.Zone != "" && c.Zone != s.opts.Zone {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
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
		s.mu.Unlock()
		if ok {
			err := s.play(ctx, a)
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
		case <-timer.C:
		}
	}
	return nil
}

// play speaks a to its end.
func (s *Speaker) play(ctx context.Context, a Announcement) error {
	samples := sound.Scale(s.opts.Clips.Say(a, s.opts.Rules.Styles), gain(a.Percent))
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
