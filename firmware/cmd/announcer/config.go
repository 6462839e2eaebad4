package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/voice"
)

// configMax bounds the voice file in bytes: a hundred times a real one.
const configMax = 64 << 10

// voiceConfig is the voice file. What it leaves out is as package voice has it. All but the first
// three fields are for an announcer that is enrolled as a guest; any other has them from the hall's plan.
type voiceConfig struct {
	Device           string            `json:"device"` // of ALSA, such as "plughw:1,0"; empty is "default"
	Clips            string            `json:"clips"`  // folder of the hall's own recordings
	Zone             string            `json:"zone"`   // empty is the plan's; a guest then speaks the calls of all zones
	Times            int               `json:"times"`
	GapMS            int64             `json:"gap_ms"`
	Languages        []string          `json:"languages"`
	Styles           map[string]string `json:"styles"`
	SilentWindows    []string          `json:"silent_windows"`
	Hours            []hourConfig      `json:"hours"`
	MergeMax         int               `json:"merge_max"`
	OneLanguageAbove int               `json:"one_language_above"`
	ShortAbove       int               `json:"short_above"`
	Chime            string            `json:"chime"`
	ChimeAfterMS     int64             `json:"chime_after_ms"`
}

type hourConfig struct {
	From    string `json:"from"` // such as 08:30
	Percent int    `json:"percent"`
}

// loadVoice reads the voice file; no file is an empty one.
func loadVoice(path string) (voiceConfig, error) {
	v := voiceConfig{Device: "default"}
	if path == "" {
		return v, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return v, fmt.Errorf("voice file: %w", err)
	}
	defer f.Close() // nothing was written
	raw, err := io.ReadAll(io.LimitReader(f, configMax+1))
	if err != nil {
		return v, fmt.Errorf("voice file: %w", err)
	}
	if len(raw) > configMax {
		return v, fmt.Errorf("voice file %s: more than %d bytes", path, configMax)
	}
	if v, err = board.Decode[voiceConfig](raw); err != nil {
		return v, fmt.Errorf("voice file %s: %w", path, err)
	}
	if v.Device == "" {
		v.Device = "default"
	}
	return v, nil
}

func (v voiceConfig) rules() voice.Rules {
	r := voice.Rules{
		Times: v.Times, Gap: time.Duration(v.GapMS) * time.Millisecond, Languages: v.Languages, Styles: v.Styles,
		Chime: v.Chime, Silent: v.SilentWindows, MergeMax: v.MergeMax, OneLanguageAbove: v.OneLanguageAbove, ShortAbove: v.ShortAbove,
		ChimeAfter: time.Duration(v.ChimeAfterMS) * time.Millisecond,
	}
	for _, h := range v.Hours {
		r.Hours = append(r.Hours, voice.Hour{From: h.From, Percent: h.Percent})
	}
	return r
}
