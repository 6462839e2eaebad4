package terminal

import (
	"context"
	"image"
	"strconv"
	"strings"
	"time"

	"jiaohao/firmware/pad"
	"jiaohao/protocol"
)

// handAgain is how often a small display that failed is tried again.
const handAgain = 5 * time.Second

// Hand is the small display at the clerk's hand; *ssd1306.Dev is one.
type Hand interface {
	Bounds() image.Rectangle
	Write(rows []byte) (int, error) // rows from the top, most significant bit left
}

// handView is the screen in a number, a stage and one line.
func (d *desk) handView(s *Screen) pad.View {
	v := pad.View{Lang: d.lang(), Waiting: s.Waiting, Offline: !d.online, Line: d.handLine(s)}
	if d.window != nil {
		v.Status = d.window.Status
	}
	if c := s.Current; c != nil {
		v.Number, v.Stage = c.Number, d.window.Current.Stage
	}
	return v
}

// handLine is what matters most besides the number.
func (d *desk) handLine(s *Screen) string {
	say := func(t protocol.Text) string { return t.In(d.lang()) }
	switch {
	case s.Busy != nil && s.Busy.Long:
		return say(protocol.Say("等待主机…", "Waiting…"))
	case s.Note != nil:
		return say(s.Note.Text)
	case s.Menu != nil && s.Menu.Multi:
		return tickedLine(s.Menu, say)
	case s.Menu != nil:
		return strings.TrimSpace(say(s.Menu.Title) + " " + s.Menu.Typed)
	case s.SignOn != nil && s.SignOn.Stars+len(s.SignOn.Clerk) > 0:
		return say(protocol.Say("密码 ", "PIN ")) + strings.Repeat("*", s.SignOn.Stars)
	case s.SignOn != nil:
		return say(protocol.Say("工号 ", "No. ")) + s.SignOn.Typed
	case s.Chord != "":
		return s.Chord + " _"
	case s.Paper != nil:
		return say(s.Paper.Text)
	case s.Rate != nil:
		return s.Rate.Number + " " + say(s.Rate.Text)
	case s.Pause != nil:
		return s.Pause.Reason
	case s.Next != nil && s.Current == nil:
		return say(protocol.Say("下一位 ", "Next ")) + s.Next.Number
	}
	return ""
}

func tickedLine(m *Menu, say func(protocol.Text) string) string {
	var on []string
	for _, o := range m.Options {
		if o.On {
			on = append(on, o.No)
		}
	}
	if len(on) == 0 {
		return say(m.Text)
	}
	return say(protocol.Say("已勾选 ", "Ticked ")) + strings.Join(on, " ") + " / " + strconv.Itoa(len(m.Options))
}

// watchHand shows each new screen on the small display until ctx ends, and moves lines that are too long.
func (t *Terminal) watchHand(ctx context.Context) {
	size := t.opts.Hand.Bounds().Size()
	line, since, broken := "", time.Now(), false
	for {
		_, changed := t.live.Get()
		v := t.shown.Load().hand
		if v.Line != line {
			line, since = v.Line, time.Now()
		}
		v.Shown = time.Since(since)
		_, err := t.opts.Hand.Write(pad.Frame(v, size).Pix)
		if broken != (err != nil) {
			broken = err != nil
			t.fault("pad", "write_failed", err)
		}
		next := time.Hour // the frame stands
		switch {
		case err != nil:
			next = handAgain
		case v.Moving(size):
			next = pad.StepEvery
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-changed:
			timer.Stop()
		case <-timer.C:
		}
	}
}
