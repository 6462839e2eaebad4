package queue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"jiaohao/protocol"
)

// Limits of spoken calls, with the reason for each.
const (
	ZonesMax       = 32              // loudspeakers of the largest hall, each heard apart
	voiceLanguages = 4               // half a minute for one call: more would never come to an end
	voiceTimes     = 5               // more often, nobody listens any more
	voiceGap       = 5 * time.Minute // a repeat after that is a new call
	voiceMerge     = 5               // numbers that one keeps in mind
	voiceHours     = 48              // changes of the volume in a day: one each half hour
	voiceAbove     = 100             // waiting announcements: a quarter of an hour
	AllZones       = "all"           // what a page calls the zones of a hall together: no zone has this id
)

// Voice is how the hall's calls are spoken (语音叫号). What is left out is as in brackets.
type Voice struct {
	Languages        []protocol.Lang          `json:"languages,omitempty" yaml:"languages,omitempty"` // folders of clips, in the order of speaking [the plan's]
	Digits           map[protocol.Lang]string `json:"digits,omitempty" yaml:"digits,omitempty"`       // how a language reads digits: plain 零一二, yao 零幺二, radio 洞幺两 [plain]
	Times            int                      `json:"times,omitempty" yaml:"times,omitempty"`         // how often a call is spoken [2]
	Gap              Duration                 `json:"gap,omitempty" yaml:"gap,omitempty"`             // from its end to the repeat [6s]
	Chime            string                   `json:"chime,omitempty" yaml:"chime,omitempty"`         // silence, always, never [silence: before what breaks one, and before recalls]
	ChimeAfter       Duration                 `json:"chime_after,omitempty" yaml:"chime_after,omitempty"`
	Hours            []Volume                 `json:"hours,omitempty" yaml:"hours,omitempty"`                           // volume by time of day [100]
	Merge            int                      `json:"merge,omitempty" yaml:"merge,omitempty"`                           // numbers of one window in one sentence [3]
	OneLanguageAbove int                      `json:"one_language_above,omitempty" yaml:"one_language_above,omitempty"` // waiting announcements [3]
	ShortAbove       int                      `json:"short_above,omitempty" yaml:"short_above,omitempty"`               // waiting announcements [8]
	Silent           []protocol.WindowID      `json:"silent,omitempty" yaml:"silent,omitempty"`                         // windows that are never spoken (无声叫号)
	Zones            []Zone                   `json:"zones,omitempty" yaml:"zones,omitempty"`                           // windows of none are spoken in all
}

// Volume is the volume from a time of day on. The last of a day holds until the first
// of the next.
type Volume struct {
	From    string `json:"from" yaml:"from"`       // 08:30
	Percent int    `json:"percent" yaml:"percent"` // 0 to 100; 0 is silence
}

// Zone is a part of the hall (语音分区) in which only the calls of its windows are spoken,
// and those of windows of no zone.
type Zone struct {
	ID      string              `json:"id" yaml:"id"`
	Name    protocol.Text       `json:"name" yaml:"name"`
	Windows []protocol.WindowID `json:"windows" yaml:"windows"`
	Hours   []Volume            `json:"hours,omitempty" yaml:"hours,omitempty"` // volume here [as in the hall]
}

// VoiceZone returns the zone of a window, or nil if it is spoken everywhere.
func (p *Plan) VoiceZone(w protocol.WindowID) *Zone {
	i := slices.IndexFunc(p.Voice.Zones, func(z Zone) bool { return slices.Contains(z.Windows, w) })
	if i < 0 {
		return nil
	}
	return &p.Voice.Zones[i]
}

// Zoned returns a zone of the plan, or nil.
func (v *Voice) Zoned(id string) *Zone {
	i := slices.IndexFunc(v.Zones, func(z Zone) bool { return z.ID == id })
	if i < 0 {
		return nil
	}
	return &v.Zones[i]
}

var (
	langForm  = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	styleForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
)

func (p *Plan) checkVoice() *PlanError {
	v := &p.Voice
	if n := len(v.Languages); n > voiceLanguages {
		return mistake("voice.languages", "are %d, legal are at most %d", n, voiceLanguages)
	}
	for i, lang := range v.Languages {
		if !langForm.MatchString(string(lang)) || slices.Index(v.Languages, lang) != i {
			return mistake(fmt.Sprintf("voice.languages[%d]", i), "%q is there twice or no language tag such as zh-CN, en or yue", lang)
		}
	}
	for lang, style := range v.Digits {
		if !langForm.MatchString(string(lang)) || !styleForm.MatchString(style) {
			return mistake("voice.digits", "%s: %s is not of the form zh-CN: yao", lang, style)
		}
	}
	for _, n := range []struct {
		name       string
		value, top int
	}{
		{"times", v.Times, voiceTimes}, {"merge", v.Merge, voiceMerge},
		{"one_language_above", v.OneLanguageAbove, voiceAbove}, {"short_above", v.ShortAbove, voiceAbove},
	} {
		if n.value < 0 || n.value > n.top {
			return mistake("voice."+n.name, "%d, legal are 1 to %d", n.value, n.top)
		}
	}
	if d := time.Duration(max(v.Gap, v.ChimeAfter)); d > voiceGap {
		return mistake("voice", "gap %s or chime_after %s is longer than %s", time.Duration(v.Gap), time.Duration(v.ChimeAfter), voiceGap)
	}
	if !slices.Contains([]string{"", "silence", "always", "never"}, v.Chime) {
		return mistake("voice.chime", "%q is unknown, legal are silence, always, never", v.Chime)
	}
	if err := checkVolumes("voice.hours", v.Hours); err != nil {
		return err
	}
	if err := p.knownWindows("voice.silent", v.Silent); err != nil {
		return err
	}
	return p.checkZones()
}

func checkVolumes(path string, hours []Volume) *PlanError {
	if n := len(hours); n > voiceHours {
		return mistake(path, "are %d, legal are at most %d", n, voiceHours)
	}
	for i, h := range hours {
		at := fmt.Sprintf("%s[%d]", path, i)
		if _, err := time.Parse("15:04", h.From); err != nil || len(h.From) != 5 {
			return mistake(at+".from", "%q is not a time of day of the form 08:30", h.From)
		}
		if i > 0 && h.From <= hours[i-1].From {
			return mistake(at+".from", "%s is not after %s", h.From, hours[i-1].From)
		}
		if h.Percent < 0 || h.Percent > 100 {
			return mistake(at+".percent", "%d, legal are 0 to 100", h.Percent)
		}
	}
	return nil
}

func (p *Plan) checkZones() *PlanError {
	if n := len(p.Voice.Zones); n > ZonesMax {
		return mistake("voice.zones", "are %d, legal are at most %d", n, ZonesMax)
	}
	for i := range p.Voice.Zones {
		z, at := &p.Voice.Zones[i], fmt.Sprintf("voice.zones[%d]", i)
		if err := protocol.CheckID("zone", z.ID); err != nil {
			return mistake(at+".id", "%s", err)
		}
		if z.ID == AllZones || p.Voice.Zoned(z.ID) != z {
			return mistake(at+".id", "zone %q is there twice, or the word for all zones", z.ID)
		}
		if err := checkName(at+".name", z.Name); err != nil {
			return err
		}
		if len(z.Windows) == 0 {
			return mistake(at+".windows", "is empty, give some of %s", p.windowIDs())
		}
		if err := p.knownWindows(at+".windows", z.Windows); err != nil {
			return err
		}
		for j, w := range z.Windows {
			if other := p.VoiceZone(w); other != z {
				return mistake(fmt.Sprintf("%s.windows[%d]", at, j), "window %s is in zone %q already", w, other.ID)
			}
		}
		if err := checkVolumes(at+".hours", z.Hours); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) knownWindows(path string, ids []protocol.WindowID) *PlanError {
	for i, id := range ids {
		if p.Window(id) == nil {
			return mistake(fmt.Sprintf("%s[%d]", path, i), "window %q is unknown, legal are %s", id, p.windowIDs())
		}
	}
	return nil
}

// checkAnnouncer demands that an announcer's zone is one of the hall's.
func (p *Plan) checkAnnouncer(d *Device, at string) *PlanError {
	if d.Zone == "" || p.Voice.Zoned(d.Zone) != nil {
		return nil
	}
	var ids []string
	for i := range p.Voice.Zones {
		ids = append(ids, p.Voice.Zones[i].ID)
	}
	if len(ids) == 0 {
		return mistake(at+".zone", "zone %q is unknown: voice.zones has none", d.Zone)
	}
	return mistake(at+".zone", "zone %q is unknown, legal are %s, or none for all", d.Zone, strings.Join(ids, ", "))
}
