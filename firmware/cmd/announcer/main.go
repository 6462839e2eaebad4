// Command announcer speaks the calls of a hall or of one of its zones (语音叫号).
//
//	announcer [-config FILE] [-voice FILE] [-sim] [-v]; -help tells the other flags
//
// The hall's plan says how calls are spoken and, for a device of the kind announcer, in which zone. The
// voice file names the sound card, the folder of the hall's own recordings and, if it is not the plan's,
// the zone. An announcer that is enrolled as a guest has its rules in that file, too.
package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"jiaohao/firmware/program"
	"jiaohao/firmware/voice"
	"jiaohao/protocol"
)

func main() { program.Exit("announcer", mainImpl(os.Args[1:])) }

func mainImpl(args []string) error {
	var voiceFile string
	flags, err := program.Command{
		Name: "announcer", About: "speaks the calls of a hall or of one of its zones (语音叫号)",
		Also: func(set *flag.FlagSet) {
			set.StringVar(&voiceFile, "voice", "", "`file` that names the sound card and the folder of recordings")
		},
	}.Parse(args)
	if err != nil {
		return err
	}
	log := flags.Log()
	config, err := flags.Load()
	if err != nil {
		return err
	}
	v, err := loadVoice(voiceFile)
	if err != nil {
		return &program.Hinted{Err: err, Hint: "-voice names a JSON file; all its fields may be left out", Usage: true}
	}
	session, err := program.Link(config, protocol.KindAnnouncer, log)
	if err != nil {
		return err
	}
	a, err := newAnnouncer(v, sink(v, flags.Sim, log), log)
	if err != nil {
		return &program.Hinted{Err: err, Hint: "see the voice file and the folder of clips that it names", Usage: true}
	}
	session.Watch(protocol.DeviceTopic(config.Hall, config.Device, protocol.KindConfig), a.config)
	session.Watch(protocol.HallTopic(config.Hall, protocol.KindAnnounce), a.announce)
	session.Watch(protocol.WindowTopic(config.Hall, "+"), a.window)
	health := func(ctx context.Context) error { a.tell(ctx, session.Health); return nil }
	return program.Run(session.Run, a.speaker.Run, health, program.Tell(session.StatusLine, session.Alive, a.speaker.Alive))
}

// clips loads the words that the program carries and the hall's own over them.
func clips(folder string) (*voice.Clips, error) {
	from := []fs.FS{voice.Demo()}
	if folder != "" {
		if info, err := os.Stat(folder); err != nil {
			return nil, fmt.Errorf("clips: %w", err)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("clips %q is no folder, must be one with a folder for each language", folder)
		}
		from = append(from, os.DirFS(folder))
	}
	return voice.Load(from...)
}

func sink(v voiceConfig, sim bool, log *slog.Logger) voice.Sink {
	if sim {
		return nothing{log}
	}
	return voice.Aplay(v.Device)
}

// nothing is a loudspeaker that only takes its time.
type nothing struct{ log *slog.Logger }

// Play waits as long as the sound would last.
func (n nothing) Play(ctx context.Context, wav []byte) error {
	length := voice.Duration(wav)
	n.log.Info("announcement", "length", length.Round(time.Millisecond))
	select {
	case <-time.After(length):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
