package protocol

// ConfigVoice is how an announcer speaks. What is zero is as the announcer has it.
type ConfigVoice struct {
	Zone             string         `json:"zone,omitempty"`               // its loudspeakers: it speaks the calls of this zone and those for all; empty speaks all
	Times            int            `json:"times,omitempty"`              // how often a call is spoken
	GapMS            int64          `json:"gap_ms,omitempty"`             // ms from the end of a call to its repeat
	Chime            string         `json:"chime,omitempty"`              // silence (before what breaks one, and before recalls), always, never
	ChimeAfterMS     int64          `json:"chime_after_ms,omitempty"`     // ms of silence that the chime breaks
	Digits           []ConfigDigits `json:"digits,omitempty"`             // how languages read digits; plain where none is named
	Hours            []ConfigVolume `json:"hours,omitempty"`              // volume by the hall's clock, in the order of the day; none is always 100
	MergeMax         int            `json:"merge_max,omitempty"`          // numbers of one window in one sentence
	OneLanguageAbove int            `json:"one_language_above,omitempty"` // waiting announcements above which only one language is spoken
	ShortAbove       int            `json:"short_above,omitempty"`        // waiting announcements above which sentences are short
}

// ConfigDigits is the style in which a language reads the digits of a number.
type ConfigDigits struct {
	Lang  Lang   `json:"lang"`  // language tag
	Style string `json:"style"` // name of a style of its clips: plain 零一二, yao 零幺二, radio 洞幺两
}

// ConfigVolume is the volume from a time of day on. The last of a day holds until
// the first of the next.
type ConfigVolume struct {
	From    string `json:"from"`    // hall time, such as 08:30
	Percent int    `json:"percent"` // 0 to 100; 0 is silence
}
