package voice

import (
	"time"

	"jiaohao/protocol"
)

// FromAnnounce returns a call as the hub announces it.
func FromAnnounce(m protocol.Announce) Call {
	c := Call{
		ID: m.Call, Epoch: m.Epoch, Number: m.Number, Window: string(m.Window), Label: m.Label,
		Name: map[string]string{}, Zone: m.Zone, Again: m.Again, At: m.At,
	}
	for lang, name := range m.Name {
		c.Name[string(lang)] = name
	}
	for _, lang := range m.Languages {
		c.Languages = append(c.Languages, string(lang))
	}
	return c
}

// FromConfig returns the rules that a hall's plan has for a zone. Languages are not among
// them: calls bring their own. Nor are silent windows: their calls are not announced.
func FromConfig(c protocol.ConfigVoice) Rules {
	r := Rules{
		Times: c.Times, Gap: time.Duration(c.GapMS) * time.Millisecond, Styles: map[string]string{},
		Chime: c.Chime, ChimeAfter: time.Duration(c.ChimeAfterMS) * time.Millisecond,
		MergeMax: c.MergeMax, OneLanguageAbove: c.OneLanguageAbove, ShortAbove: c.ShortAbove,
	}
	for _, d := range c.Digits {
		r.Styles[string(d.Lang)] = d.Style
	}
	for _, h := range c.Hours {
		r.Hours = append(r.Hours, Hour{From: h.From, Percent: h.Percent})
	}
	return r
}
