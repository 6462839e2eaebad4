package main

import (
	"context"
	"log/slog"
	"time"

	"jiaohao/firmware/voice"
	"jiaohao/protocol"
)

// healthEvery is how often the device says how long it has been running.
const healthEvery = 10 * time.Minute

// announcer turns what the hub says into calls that are spoken. Its methods announce and window
// belong to the session's goroutine.
type announcer struct {
	speaker *voice.Speaker
	log     *slog.Logger
	faults  chan error // from the speaker to tell
	called  map[protocol.WindowID]uint64
}

// newAnnouncer makes an announcer that is not running.
func newAnnouncer(v voiceConfig, to voice.Sink, log *slog.Logger) (*announcer, error) {
	words, err := clips(v.Clips)
	if err != nil {
		return nil, err
	}
	a := &announcer{log: log, faults: make(chan error, 1), called: map[protocol.WindowID]uint64{}}
	a.speaker, err = voice.New(voice.Options{
		Clips: words, Sink: to, Rules: v.rules(), Zone: v.Zone, Log: log, Health: a.health,
	})
	return a, err
}

// announce takes a call to be spoken.
func (a *announcer) announce(payload []byte) {
	var m protocol.Announce
	if err := protocol.Decode(payload, &m); err != nil {
		a.log.Warn("announcement is not of this contract", "err", err)
		return
	}
	c := voice.Call{
		ID: m.Call, Number: m.Number, Window: string(m.Window), Label: m.Label,
		Name: map[string]string{}, Zone: m.Zone, Again: m.Again,
	}
	for lang, name := range m.Name {
		c.Name[string(lang)] = name
	}
	for _, lang := range m.Languages {
		c.Languages = append(c.Languages, string(lang))
	}
	if err := a.speaker.Announce(c); err != nil {
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

// health hands a fault of the loudspeaker, or its end, to tell. Only the newest counts.
func (a *announcer) health(fault error) {
	select {
	case <-a.faults:
	default:
	}
	a.faults <- fault // one place, one sender: it is free
}

// tell reports the device's health at its start, at each change and now and then until ctx ends.
func (a *announcer) tell(ctx context.Context, report func(protocol.Health)) {
	started := time.Now()
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	var fault error
	for {
		h := protocol.Health{UptimeMS: time.Since(started).Truncate(healthEvery).Milliseconds()}
		if fault != nil {
			h.Faults = []protocol.Fault{{Part: "loudspeaker", Code: "play_failed",
				Text: protocol.Say("语音叫号没有声音：请检查音箱的电源和连线", "Calls are not heard: check the loudspeaker's power and cable")}}
		}
		report(h)
		select {
		case <-ctx.Done():
			return
		case fault = <-a.faults:
		case <-tick.C:
		}
	}
}
