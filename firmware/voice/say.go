package voice

import (
	"time"

	"jiaohao/firmware/voice/internal/sound"
)

// The silences of an announcement. Words that follow each other without any sound
// like a machine, with more than a tenth of a second like a list.
const (
	leadIn      = 120 * time.Millisecond // some sound cards swallow the start
	wordGap     = 35 * time.Millisecond
	phraseGap   = 220 * time.Millisecond
	languageGap = 450 * time.Millisecond
	chimeGap    = 150 * time.Millisecond // the chime has died away by itself
	leadOut     = 200 * time.Millisecond
)

// Words returns the words of a in a language and style, or nothing if the language is not
// there or cannot read a number of a. An unknown style counts as [Plain].
func (c *Clips) Words(a Announcement, tag, style string) []string {
	l := c.languages[tag]
	if l == nil || len(a.Calls) == 0 {
		return nil
	}
	if _, ok := l.Styles[style]; !ok {
		style = Plain
	}
	r := reader{Language: l.Language, tag: tag, style: style, has: func(word string) bool { _, ok := l.find(word); return ok }}
	return r.sentence(a)
}

// Say returns the sound of a at [Rate] samples a second: the chime if a asks for it, then
// each language that can read it. If none can, it is the chime alone. styles names the style
// in which a language reads digits.
func (c *Clips) Say(a Announcement, styles map[string]string) []int16 {
	out := silence(nil, leadIn)
	spoken := false
	var body []int16
	for _, tag := range a.Languages {
		words := c.Words(a, tag, styles[tag])
		if len(words) == 0 {
			continue
		}
		if spoken {
			body = silence(body, languageGap)
		}
		body = c.languages[tag].join(body, words)
		spoken = true
	}
	if a.Chime || !spoken {
		out = append(out, c.chime...)
		out = silence(out, chimeGap)
	}
	return silence(append(out, body...), leadOut)
}

// join appends the recordings of words to s.
func (f *folder) join(s []int16, words []string) []int16 {
	gap := time.Duration(0)
	for _, word := range words {
		if word == Pause {
			gap = phraseGap
			continue
		}
		clip, _ := f.find(word) // there, because the reader and Load have looked
		s = append(silence(s, gap), clip...)
		gap = wordGap
	}
	return s
}

func silence(s []int16, d time.Duration) []int16 {
	return append(s, make([]int16, sound.Samples(d))...)
}

// Louder returns samples at a volume in percent, from 0 to 100: 50 sounds about half as loud.
func Louder(samples []int16, percent int) []int16 { return sound.Scale(samples, gain(percent)) }

// Rate is the rate of [Clips.Say], in samples a second.
const Rate = sound.Rate

// WAV returns samples of [Rate] as a WAV file with one channel of 16 bits.
func WAV(samples []int16) []byte { return sound.EncodePCM(samples) }

// Duration returns how long a WAV file made by [WAV] lasts.
func Duration(wav []byte) time.Duration { return sound.Duration((len(wav) - sound.HeaderSize) / 2) }
