// Command announcer speaks the calls of a hall or of one of its zones (语音叫号).
//
//	announcer [-config FILE] [-voice FILE] [-sim] [-v]
//
// It is enrolled as a guest, who may watch all windows. The second file says how the
// hall wants its calls spoken; without one, they are spoken twice, in the languages of the
// plan, through the default sound card.
package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/program"
	"jiaohao/firmware/voice"
	"jiaohao/protocol"
)

func main() { program.Exit("announcer", mainImpl(os.Args[1:])) }

func mainImpl(args []string) error {
	var flags program.Flags
	var voiceFile string
	set := flag.NewFlagSet("announcer", flag.ContinueOnError)
	set.StringVar(&flags.Config, "config", "/etc/jiaohao/announcer.json", "configuration `file`")
	set.StringVar(&voiceFile, "voice", "", "`file` that says how calls are spoken")
	set.BoolVar(&flags.Sim, "sim", false, "play nothing; write to the log what would be heard")
	set.BoolVar(&flags.Verbose, "v", false, "log more")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return program.Usage("see announcer -h", "%w", err)
	}
	if set.NArg() > 0 {
		return program.Usage("see announcer -h", "argument %q is not expected", set.Arg(0))
	}
	log := flags.Log()
	config, err := board.Load(flags.Config)
	if err != nil {
		return &program.Hinted{Err: err, Hint: "see docs/operations.md for an example; -config names another file", Usage: true}
	}
	v, err := loadVoice(voiceFile)
	if err != nil {
		return &program.Hinted{Err: err, Hint: "-voice names a JSON file; all its fields may be left out", Usage: true}
	}
	session, err := program.Link(config, protocol.KindGuest, log)
	if err != nil {
		return err
	}
	a, err := newAnnouncer(v, sink(v, flags.Sim, log), log)
	if err != nil {
		return &program.Hinted{Err: err, Hint: "see the voice file and the folder of clips that it names", Usage: true}
	}
	session.Watch(protocol.HallTopic(config.Hall, protocol.KindAnnounce), a.announce)
	session.Watch(protocol.WindowTopic(config.Hall, "+"), a.window)
	health := func(ctx context.Context) error { a.tell(ctx, session.Health); return nil }
	return program.Run(session.Run, a.speaker.Run, health)
}

// clips loads the words that the program carries and the hall's own over them.
func clips(folder string) (*voice.Clips, error) {
	from := []fs.FS{voice.Demo()}
	if folder != "" {
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
