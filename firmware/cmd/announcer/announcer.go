package main

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"time"

	"jiaohao/firmware/voice"
	"jiaohao/protocol"
)

// healthEvery is how often the device says how long it has been running.
const healthEvery = 10 * time.Minute

// announcer turns what the hub says into calls that are spoken. Its methods config, announce
// and window belong to the session's goroutine.
type announcer struct {
	file    voiceConfig
	words   *voice.Clips
	speaker *voice.Speaker
	log     *slog.Logger
	faults  chan error  // from the speaker to tell
	lacks   chan string // languages without words, to tell
	called  map[protocol.WindowID]uint64
	plan    protocol.Config // of which voice and languages are in use
}

// newAnnouncer makes an announcer that is not running.
func newAnnouncer(v voiceConfig, to voice.Sink, log *slog.Logger) (*announcer, error) {
	words, err := clips(v.Clips)
	if err != nil {
		return nil, err
	}
	a := &announcer{
		file: v, words: words, log: log, called: map[protocol.WindowID]uint64{},
		faults: make(chan error, 1), lacks: make(chan string, 1),
	}
	a.speaker, err = voice.New(voice.Options{
		Clips: words, Sink: to, Rules: v.rules(), Zone: v.Zone, Log: log, Health: func(fault error) { newest(a.faults, fault) },
	})
	return a, err
}

// config takes the zone and the rules of the hall's plan in place of the voice file's. A zone in the
// file wins, so that a box can be carried to another part of the hall. A guest gets no rules.
func (a *announcer) config(payload []byte) {
	var m protocol.Config
	if err := protocol.Decode(payload, &m); err != nil {
		a.log.Warn("configuration is not of this contract", "err", err)
		return
	}
	if m.Voice == nil || reflect.DeepEqual(m.Voice, a.plan.Voice) && slices.Equal(m.Languages, a.plan.Languages) {
		return // the hub says again now and then what it has said
	}
	zone := m.Voice.Zone
	if a.file.Zone != "" {
		zone = a.file.Zone
	}
	rules := voice.FromConfig(*m.Voice)
	if err := a.speaker.Set(zone, rules); err != nil {
		a.log.Error("the plan's rules are not taken", "err", err)
		return
	}
	have := a.words.Languages()
	var lacks []string
	for _, lang := range m.Languages {
		if !slices.Contains(have, string(lang)) {
			lacks = append(lacks, string(lang))
		}
	}
	if err := a.words.Check(voice.Rules{Styles: rules.Styles}); err != nil {
		a.log.Warn("digits are read in the plain style", "err", err)
	}
	newest(a.lacks, strings.Join(lacks, " "))
	a.plan = m
	a.log.Info("the plan's voice", "zone", zone, "languages", m.Languages)
}

// announce takes a call to be spoken.
func (a *announcer) announce(payload []byte) {
	var m protocol.Announce
	if err := protocol.Decode(payload, &m); err != nil {
		a.log.Warn("announcement is not of this contract", "err", err)
		return
	}
	if err := a.speaker.Announce(voice.FromAnnounce(m)); err != nil {
		a.log.Warn("call is not spoken", "call", m.Call, "ticket", m.Number, "err", err)
	}
}

// window stops a call when its person has arrived or the window calls nobody any
// more: the ticket was held, transferred, closed, or the call was taken back.
func (a *announcer) window(payload []byte) {
	var s protocol.WindowState
	if err := protocol.Decode(payload, &s); err != nil {
		a.log.Warn("window state is not of this contract", "err", err)
		return
	}
	if s.Current == nil {
		if id, ok := a.called[s.Window]; ok {
			a.speaker.Arrived(id)
			delete(a.called, s.Window)
		}
		return
	}
	a.called[s.Window] = s.Current.Call
	if s.Current.Stage != protocol.Called {
		a.speaker.Arrived(s.Current.Call)
	}
}

// newest hands a value to tell in place of one that it has not taken yet. Each channel has one sender.
func newest[T any](to chan T, value T) {
	select {
	case <-to:
	default:
	}
	to <- value
}

// tell reports the device's health at its start, at each change and now and then until ctx ends.
func (a *announcer) tell(ctx context.Context, report func(protocol.Health)) {
	started := time.Now()
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	var fault error
	lacks := ""
	for {
		h := protocol.Health{UptimeMS: time.Since(started).Truncate(healthEvery).Milliseconds()}
		if fault != nil {
			h.Faults = append(h.Faults, protocol.NewFault("loudspeaker", "play_failed", voice.Advice(fault)))
		}
		if lacks != "" {
			h.Faults = append(h.Faults, protocol.NewFault("loudspeaker", "no_words", protocol.Say(lacks, lacks)))
		}
		report(h)
		select {
		case <-ctx.Done():
			return
		case fault = <-a.faults:
		case lacks = <-a.lacks:
		case <-tick.C:
		}
	}
}
