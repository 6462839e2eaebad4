package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/program"
	"jiaohao/firmware/voice"
	"jiaohao/protocol"
)

// between is the silence between two samples, long enough to tell them apart.
const between = time.Second

// voiceFlags are what probe voice is asked for.
type voiceFlags struct {
	device, clips, number, window, languages, style, wav string
	volume                                               int
}

func probeVoice(ctx context.Context, set *flag.FlagSet, args []string) error {
	var f voiceFlags
	set.StringVar(&f.device, "device", "default", "sound card as ALSA names it, such as default or plughw:1,0 (aplay -L lists them), or sim")
	set.StringVar(&f.clips, "clips", "", "`folder` of the hall's own recordings")
	set.StringVar(&f.number, "number", "A012", "number to call")
	set.StringVar(&f.window, "window", "3", "window to call it to: its label or recorded name")
	set.StringVar(&f.languages, "languages", "", "such as zh-CN,en; empty is all that there are")
	set.StringVar(&f.style, "digits", voice.Plain, "how digits are read: plain 零一二, yao 零幺二, radio 洞幺两")
	set.IntVar(&f.volume, "volume", 100, "`percent`, as in the plan")
	set.StringVar(&f.wav, "wav", "", "write what would be heard to this `file` instead")
	if err := parse(set, args); err != nil {
		return err
	}
	from := []fs.FS{voice.Demo()}
	if f.clips != "" {
		from = append(from, os.DirFS(f.clips))
	}
	words, err := voice.Load(from...)
	if err != nil {
		return &program.Hinted{Err: err, Hint: "the folder has one folder for each language; see docs/voice.md", Usage: true}
	}
	samples, err := f.samples(words)
	if err != nil {
		return err
	}
	if f.wav != "" {
		return writeWAV(f.wav, samples)
	}
	return f.play(ctx, samples)
}

// utterance is one thing to be heard, and its words.
type utterance struct {
	say   string
	sound []int16
}

// samples are the chime and a call in each language.
func (f *voiceFlags) samples(words *voice.Clips) ([]utterance, error) {
	languages := words.Languages()
	if f.languages != "" {
		languages = split(f.languages)
	}
	if f.volume < 1 || f.volume > 100 {
		return nil, program.Usage("-volume 50 sounds about half as loud as 100", "volume %d, legal are 1 to 100", f.volume)
	}
	if err := words.Check(voice.Rules{Languages: languages}); err != nil {
		return nil, program.Usage("a language is a folder in -clips; see docs/voice.md", "%w", err)
	}
	samples := []utterance{{"叮咚提示音 / the chime", words.Say(voice.Announcement{Chime: true}, nil)}}
	for _, tag := range languages {
		a := voice.Announcement{
			Calls: []voice.Call{{Number: f.number, Label: f.window, Name: map[string]string{tag: f.window}}}, Languages: []string{tag},
		}
		said := words.Words(a, tag, f.style)
		if len(said) == 0 {
			return nil, program.Usage("each letter and digit needs a recording", "number %.20q cannot be read in %s", f.number, tag)
		}
		samples = append(samples, utterance{tag + ": " + strings.Join(said, " "), words.Say(a, map[string]string{tag: f.style})})
	}
	for i := range samples {
		samples[i].sound = voice.Louder(samples[i].sound, f.volume)
	}
	return samples, nil
}

func writeWAV(path string, samples []utterance) error {
	var all []int16
	for _, s := range samples {
		fmt.Printf("%6.2f s  %s\n", voice.Duration(voice.WAV(all)).Seconds(), s.say)
		all = append(append(all, s.sound...), make([]int16, int(between.Seconds())*voice.Rate)...)
	}
	if err := os.WriteFile(path, voice.WAV(all), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %.1f s\n", path, voice.Duration(voice.WAV(all)).Seconds())
	return nil
}

func (f *voiceFlags) play(ctx context.Context, samples []utterance) error {
	card := voice.Aplay(f.device)
	for i, s := range samples {
		wav := voice.WAV(s.sound)
		fmt.Printf("%d/%d 现在应该听到 / you should hear now (%.1f s)  %s\n", i+1, len(samples), voice.Duration(wav).Seconds(), s.say)
		if f.device == board.Sim {
			continue
		}
		limit, cancel := context.WithTimeout(ctx, voice.Duration(wav)+5*time.Second)
		err := card.Play(limit, wav)
		cancel()
		if err != nil && ctx.Err() == nil {
			return silent(f.device, err)
		}
		select {
		case <-time.After(between):
		case <-ctx.Done():
			return nil
		}
	}
	fmt.Println("没有听到：看音箱电源和音量，再运行 alsamixer 调大主音量 / heard nothing: check the loudspeaker's power and volume, then raise Master in alsamixer")
	return nil
}

// silent says what to do about a card that does not play.
func silent(device string, err error) error {
	hint := "aplay -l lists the cards, aplay -L their names; choose one with -device"
	switch {
	case errors.Is(err, exec.ErrNotFound):
		hint = "apt-get install alsa-utils"
	case errors.Is(err, context.DeadlineExceeded):
		hint = "pull the sound card and plug it in again"
	case strings.Contains(err.Error(), "busy"):
		hint = "stop the program that plays, such as the announcer, and try again"
	case strings.Contains(err.Error(), "Permission denied"):
		hint = "put this user into the group audio"
	}
	if why := voice.Advice(err); why != nil {
		err = fmt.Errorf("sound card %s: %s / %s: %w", device, why.In(protocol.Chinese), why.In(protocol.English), err)
	}
	return &program.Hinted{Err: err, Hint: hint}
}
