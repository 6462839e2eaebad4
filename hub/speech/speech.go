package speech

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"jiaohao/firmware/voice"
	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// Options are what the voice of a hall is made of.
type Options struct {
	Hall  *hall.Hall
	Plan  *queue.Plan  // the plan file: zones before the first day was opened; may be nil
	Clips string       // folder of the hall's own recordings, as voice.Load reads it; it need not exist
	Log   *slog.Logger // nil means slog.Default()
}

// Speech is the voice of a hall in browsers. Make it with [Open].
type Speech struct {
	opts  Options
	clips *voice.Clips
	plan  *queue.Plan       // of which the zones are; Run's own, as is live
	live  map[uint64]string // number by call: said or to be said, until the person is there

	mu    sync.Mutex       // guards what follows: pages have goroutines of their own
	zones map[string]*zone // "" is the whole hall
}

// Open reads the recordings and prepares the zones of the plan. It starts nothing. The error names the
// recording that is broken or missing.
func Open(o Options) (*Speech, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	from := []fs.FS{voice.Demo()}
	if o.Clips != "" {
		if _, err := os.Stat(o.Clips); err == nil {
			from = append(from, os.DirFS(o.Clips))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("speech: recordings: %w", err)
		}
	}
	s := &Speech{opts: o, live: map[uint64]string{}, zones: map[string]*zone{}}
	var err error
	if s.clips, err = voice.Load(from...); err != nil {
		return nil, fmt.Errorf("speech: recordings: %w", err)
	}
	return s, s.arrange()
}

// Listen has a page at the address peer hear what is said in a zone, "" being the whole hall, from now on. A page that was
// cut off names what it heard last and first gets what began since, if that is worth it. stop must be called
// at the end. The channel is closed when the zone is there no more; ok is false when there is none such, or
// too many listen: 64 in all, or 8 at that address.
func (s *Speech) Listen(zone, peer, after string) (heard <-chan Utterance, stop func(), ok bool) {
	if z := s.zone(zone); z != nil {
		return z.listen(peer, after)
	}
	return nil, nil, false
}

// Sound returns an utterance of a zone as a WAV file, unless it is of long ago.
func (s *Speech) Sound(zone, id string) (wav []byte, ok bool) {
	if z := s.zone(zone); z != nil {
		return z.sound(id)
	}
	return nil, false
}

// Has reports whether the plan has a zone; "" is the whole hall.
func (s *Speech) Has(zone string) bool { return s.zone(zone) != nil }

func (s *Speech) zone(id string) *zone {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.zones[id]
}

// Run speaks the calls that are committed from now on until ctx ends, then returns nil. It returns the hall's
// error when the hall has stopped.
func (s *Speech) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	s.start(ctx, &wg)
	var after uint64
	if err := s.opts.Hall.Read(ctx, func(st *queue.State, _ time.Time) { after = st.Seq }); err != nil {
		return ended(ctx, err)
	}
	return ended(ctx, s.opts.Hall.Follow(ctx, after, func(r journal.Record) error {
		if s.inForce() != s.plan {
			if err := s.arrange(); err != nil {
				s.opts.Log.Error("the plan's voice is not taken", "err", err)
			}
			s.start(ctx, &wg)
		}
		return s.hear(ctx, r)
	}))
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// inForce is the plan in force or, before the first day, the plan file.
func (s *Speech) inForce() *queue.Plan {
	p := s.opts.Hall.Plan()
	if p.Version == 0 && s.opts.Plan != nil {
		return s.opts.Plan
	}
	return p
}

// arrange makes the zones those of the plan in force, with its rules.
func (s *Speech) arrange() error {
	plan := s.inForce()
	s.plan = plan
	s.mu.Lock()
	defer s.mu.Unlock()
	want := map[string]bool{"": true}
	for i := range plan.Voice.Zones {
		want[plan.Voice.Zones[i].ID] = true
	}
	for id, z := range s.zones {
		if !want[id] {
			z.close()
			delete(s.zones, id)
		}
	}
	var errs []error
	for id := range want {
		errs = append(errs, s.set(id, voice.FromConfig(view.Voice(plan, id))))
	}
	for lang := range plan.Voice.Digits {
		if err := s.clips.Check(voice.Rules{Styles: map[string]string{string(lang): plan.Voice.Digits[lang]}}); err != nil {
			s.opts.Log.Warn("digits are read in the plain style", "err", err)
		}
	}
	for _, lang := range plan.Voice.Languages {
		if err := s.clips.Check(voice.Rules{Languages: []string{string(lang)}}); err != nil {
			s.opts.Log.Warn("the board page does not speak a language of the plan", "err", err)
		}
	}
	return errors.Join(errs...)
}

// set gives a zone its rules and makes it if need be; s.mu is held.
func (s *Speech) set(id string, rules voice.Rules) error {
	z := s.zones[id]
	if z == nil {
		z = newZone()
		var err error
		if z.speaker, err = voice.New(voice.Options{Clips: s.clips, Sink: z, Zone: id}); err != nil {
			return err
		}
		s.zones[id] = z
	}
	return z.speaker.Set(id, rules)
}

// start runs the speakers of new zones until ctx ends. That of a zone which has gone stays silent: no
// call is for it.
func (s *Speech) start(ctx context.Context, wg *sync.WaitGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, z := range s.zones {
		if !z.started {
			z.started = true
			wg.Go(func() { _ = z.speaker.Run(ctx) }) // it returns nil
		}
	}
}

// hear takes one committed event: a call to be said, or the end of one. The error is the hall's.
func (s *Speech) hear(ctx context.Context, r journal.Record) error {
	call := r.Kind == (queue.Called{}).Kind() || r.Kind == (queue.Recalled{}).Kind()
	if !call && len(s.live) == 0 {
		return nil
	}
	var e queue.Event
	if call {
		var err error
		if e, err = queue.DecodeEvent(r.Kind, r.Body); err != nil {
			return err
		}
	}
	var say protocol.Announce
	var gone []uint64
	spoken := false
	err := s.opts.Hall.Read(ctx, func(st *queue.State, _ time.Time) {
		if call {
			say, spoken = view.Spoken(st, e, r.Seq)
			spoken = spoken && st.Find(protocol.TicketID(say.Number)).Stage == protocol.Called
		}
		for id, number := range s.live {
			if t := st.Find(protocol.TicketID(number)); t == nil || t.Call != id || t.Stage != protocol.Called {
				gone = append(gone, id)
			}
		}
		if spoken {
			s.live[say.Call] = say.Number
		}
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, z := range s.zones {
		for _, id := range gone {
			z.speaker.Arrived(id)
		}
		if !spoken {
			continue
		}
		if err := z.speaker.Announce(voice.FromAnnounce(say)); err != nil {
			s.opts.Log.Debug("call is not spoken", "call", say.Call, "ticket", say.Number, "err", err)
		}
	}
	for _, id := range gone {
		delete(s.live, id)
	}
	return nil
}
