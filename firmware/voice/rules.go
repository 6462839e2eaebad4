package voice

import (
	"fmt"
	"slices"
	"time"
)

// Defaults of a hall that says nothing.
const (
	defaultTimes            = 2
	defaultGap              = 6 * time.Second
	defaultMerge            = 3 // numbers that one keeps in mind
	defaultOneLanguageAbove = 3 // announcements: half a minute in two languages
	defaultShortAbove       = 8 // announcements: half a minute in one language
	defaultChimeAfter       = 4 * time.Second
)

// Limits of the rules.
const (
	timesMax   = 5
	gapMax     = 5 * time.Minute
	mergeMax   = 5
	percentMax = 100
	hoursMax   = 48 // changes of the volume in a day
)

// When the chime comes.
const (
	ChimeSilence = "silence" // before an announcement that breaks a silence or recalls somebody
	ChimeAlways  = "always"  // before each announcement
	ChimeNever   = "never"   // only in place of a number that no language can read
)

// Rules say how a hall wants its calls spoken. Zero values take the defaults in brackets.
type Rules struct {
	Times            int               // how often a call is spoken [2]
	Gap              time.Duration     // from the end to the repeat [6 s]
	Languages        []string          // tags; empty takes those of the call
	Styles           map[string]string // of reading digits, by language tag [plain]
	Silent           []string          // ids of windows that are never spoken (无声叫号)
	Hours            []Hour            // volume by time of day; empty means always 100
	MergeMax         int               // numbers of one window in one sentence [3]
	OneLanguageAbove int               // waiting announcements above which only one language is spoken [3]
	ShortAbove       int               // waiting announcements above which sentences are short [8]
	Chime            string            // when the chime comes: one of the Chime constants [ChimeSilence]
	ChimeAfter       time.Duration     // silence that the chime breaks [4 s]
}

// Hour is the volume from a time of day on. The last of a day holds until the
// first of the next.
type Hour struct {
	From    string // such as 08:30, by the hall's clock if calls carry it, else by the device's
	Percent int    // 0 to 100; 0 is silence
}

// checked returns r with its defaults, or what is wrong with it.
func (r Rules) checked() (Rules, error) {
	orDefault(&r.Times, defaultTimes)
	orDefault(&r.Gap, defaultGap)
	orDefault(&r.MergeMax, defaultMerge)
	orDefault(&r.OneLanguageAbove, defaultOneLanguageAbove)
	orDefault(&r.ShortAbove, defaultShortAbove)
	orDefault(&r.ChimeAfter, defaultChimeAfter)
	orDefault(&r.Chime, ChimeSilence)
	switch {
	case r.Times < 1 || r.Times > timesMax:
		return r, fmt.Errorf("voice: a call spoken %d times, legal are 1 to %d", r.Times, timesMax)
	case r.Gap < 0 || r.Gap > gapMax:
		return r, fmt.Errorf("voice: gap of %v before a repeat, legal are 0 to %v", r.Gap, gapMax)
	case r.MergeMax < 1 || r.MergeMax > mergeMax:
		return r, fmt.Errorf("voice: %d numbers in a sentence, legal are 1 to %d", r.MergeMax, mergeMax)
	case r.OneLanguageAbove < 1 || r.ShortAbove < 1:
		return r, fmt.Errorf("voice: one language above %d and short above %d, legal are 1 and more", r.OneLanguageAbove, r.ShortAbove)
	case r.Chime != ChimeSilence && r.Chime != ChimeAlways && r.Chime != ChimeNever:
		return r, fmt.Errorf("voice: chime %.40q, legal are %s, %s and %s", r.Chime, ChimeSilence, ChimeAlways, ChimeNever)
	case r.ChimeAfter < 0:
		return r, fmt.Errorf("voice: chime after %v, legal are 0 and more", r.ChimeAfter)
	case len(r.Hours) > hoursMax:
		return r, fmt.Errorf("voice: %d volumes of a day, legal are at most %d", len(r.Hours), hoursMax)
	}
	for i, h := range r.Hours {
		if t, err := time.Parse("15:04", h.From); err != nil || t.Format("15:04") != h.From {
			return r, fmt.Errorf("voice: volume from %q, legal are 00:00 to 23:59", h.From)
		}
		if h.Percent < 0 || h.Percent > percentMax {
			return r, fmt.Errorf("voice: volume of %d percent from %s, legal are 0 to %d", h.Percent, h.From, percentMax)
		}
		if i > 0 && h.From <= r.Hours[i-1].From {
			return r, fmt.Errorf("voice: volume from %s after that from %s, legal is the order of the day", h.From, r.Hours[i-1].From)
		}
	}
	r.Hours = slices.Clone(r.Hours)
	return r, nil
}

func orDefault[T int | time.Duration | string](v *T, standard T) {
	var zero T
	if *v == zero {
		*v = standard
	}
}

// percent returns the volume at a time of the hall.
func (r Rules) percent(now time.Time) int {
	if len(r.Hours) == 0 {
		return percentMax
	}
	at := now.Format("15:04")
	volume := r.Hours[len(r.Hours)-1].Percent
	for _, h := range r.Hours {
		if h.From <= at {
			volume = h.Percent
		}
	}
	return volume
}

// gain is what samples are multiplied by: 50 percent sounds about half as loud,
// which is a quarter of the amplitude.
func gain(percent int) float64 {
	p := float64(percent) / percentMax
	return p * p
}
