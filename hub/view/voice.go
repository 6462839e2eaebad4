package view

import (
	"maps"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Announce returns the last call of a ticket as the loudspeakers say it.
func Announce(s *queue.State, t *queue.Ticket) protocol.Announce {
	at := t.RecalledAt
	if at.IsZero() {
		at = t.CalledAt
	}
	a := protocol.Announce{
		Version: protocol.Version, At: local(&s.Plan, at), Call: t.Call, Number: t.Number,
		Window: t.Window, Label: s.Plan.Label(t.Window), Name: windowName(&s.Plan, t.Window),
		Languages: spokenLanguages(&s.Plan), Again: t.Calls > 1,
	}
	if z := s.Plan.VoiceZone(t.Window); z != nil {
		a.Zone = z.ID
	}
	return a
}

// Spoken returns the call of a committed event as the loudspeakers say it, with its stamp, and
// whether there is one: a newer call of the ticket may have taken its place, it may have been taken back, and a
// silent window is not spoken.
func Spoken(s *queue.State, e queue.Event, seq uint64) (protocol.Announce, bool) {
	var id protocol.TicketID
	switch e := e.(type) {
	case *queue.Called:
		id = e.Ticket
	case *queue.Recalled:
		id = e.Ticket
	}
	t := s.Tickets[id]
	if t == nil || t.Call != seq || t.Stage != protocol.Called && t.Stage != protocol.Serving {
		return protocol.Announce{}, false
	}
	if slices.Contains(s.Plan.Voice.Silent, t.Window) {
		return protocol.Announce{}, false
	}
	a := Announce(s, t)
	a.Stamp = protocol.Stamp{Epoch: s.Epoch, Seq: seq}
	return a, true
}

// Voice returns how the loudspeakers of a zone speak, "" being those of the whole hall.
func Voice(p *queue.Plan, zone string) protocol.ConfigVoice {
	v := &p.Voice
	c := protocol.ConfigVoice{
		Zone: zone, Times: v.Times, GapMS: ms(v.Gap), Chime: v.Chime, ChimeAfterMS: ms(v.ChimeAfter),
		MergeMax: v.Merge, OneLanguageAbove: v.OneLanguageAbove, ShortAbove: v.ShortAbove,
	}
	for _, lang := range slices.Sorted(maps.Keys(v.Digits)) {
		c.Digits = append(c.Digits, protocol.ConfigDigits{Lang: lang, Style: v.Digits[lang]})
	}
	hours := v.Hours
	if z := v.Zoned(zone); z != nil && len(z.Hours) > 0 {
		hours = z.Hours
	}
	for _, h := range hours {
		c.Hours = append(c.Hours, protocol.ConfigVolume{From: h.From, Percent: h.Percent})
	}
	return c
}

func ms(d queue.Duration) int64 { return time.Duration(d).Milliseconds() }

// spokenLanguages are the languages of calls, which may be dialects that no page has.
func spokenLanguages(p *queue.Plan) []protocol.Lang {
	if len(p.Voice.Languages) > 0 {
		return p.Voice.Languages
	}
	return languages(p)
}
