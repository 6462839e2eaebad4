package terminal

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"jiaohao/protocol"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGoldenScreens compares what every story says, in both languages, with what a
// person has read and found right.
func TestGoldenScreens(t *testing.T) {
	for _, lang := range []protocol.Lang{protocol.Chinese, protocol.English} {
		var b strings.Builder
		for _, s := range append(stories(), partStories()...) {
			fmt.Fprintf(&b, "== %s\n", s.name)
			tell(&b, s.make(t).screen(device.Add(s.now)), lang)
		}
		path := "testdata/screens." + string(lang) + ".txt"
		if *update {
			if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(b.String(), "\n")
		for i, line := range strings.Split(string(want), "\n") {
			if i >= len(got) || got[i] != line {
				t.Errorf("%s:%d: the screen does not say %q any more; look, then go test -update", path, i+1, line)
				break
			}
		}
	}
}

// tell writes a screen as text: what is shown, and which keys are live.
func tell(b *strings.Builder, s Screen, lang protocol.Lang) {
	line := func(format string, args ...any) {
		b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
	}
	clock := ""
	if s.ClockMS >= 0 {
		clock = fmt.Sprintf("%02d:%02d:%02d", s.ClockMS/3600_000, s.ClockMS/60_000%60, s.ClockMS/1000%60)
	}
	line("[%s] %s %s %s %s", s.Stage, s.Label, s.Window.In(lang), s.Clerk.In(lang), clock)
	for _, banner := range s.Banners {
		line("! %s", banner.Text.In(lang))
	}
	if c := s.Current; c != nil {
		line("%s %s %s %d/%d %ds for=%s %s", c.Number, c.Service.In(lang), c.Class.In(lang), c.Calls, c.CallsMax, c.ForMS/1000, c.For, c.Why.In(lang))
	}
	if n := s.Next; n != nil {
		line("next %s %s %ds %s", n.Number, n.Service.In(lang), n.WaitMS/1000, n.Why.In(lang))
	}
	if p := s.Pause; p != nil {
		line("paused %s %ds", p.Reason, p.ForMS/1000)
	}
	for _, q := range s.Queues {
		line("queue %s %d cover=%v", q.Name.In(lang), q.Waiting, q.Cover)
	}
	for _, h := range s.Held {
		line("held %s %s %ds", h.Number, h.Reason, h.ForMS/1000)
	}
	if p := s.Partner; p != nil {
		line("partner %s %s %s %d %s", p.Name.In(lang), p.Word.In(lang), p.Number, p.Waiting, p.Cover.In(lang))
	}
	line("(( %s )) live=%v %s", s.Big.Label.In(lang), s.Big.Live, s.Big.Why.In(lang))
	for _, k := range s.Keys {
		if k.Live {
			line("(%s) %s", k.Hint, k.Label.In(lang))
		} else {
			line(" %s  %s: %s", k.Hint, k.Label.In(lang), k.Why.In(lang))
		}
	}
	tellAsked(line, s, lang)
}

// tellAsked writes what the screen asks and answers.
func tellAsked(line func(string, ...any), s Screen, lang protocol.Lang) {
	if u := s.Undo; u != nil {
		line("undo %s %ds", u.What.In(lang), u.LeftMS/1000)
	}
	if v := s.SignOn; v != nil {
		for _, c := range v.Clerks {
			line("clerk %s %s", c.No, c.Name.In(lang))
		}
		line("keypad %s %s %s", v.Typed, v.Clerk.In(lang), strings.Repeat("*", v.Stars))
	}
	if m := s.Menu; m != nil {
		line("menu %s. %s", m.Title.In(lang), m.Text.In(lang))
		for _, o := range m.Options {
			line("  %s %s %s %s", o.No, o.Label.In(lang), o.Group.In(lang), map[bool]string{true: "ticked"}[o.On])
		}
		if f := m.Form; f != nil {
			line("  form ticket=%v manager=%v reason=%q (%s)", f.Ticket, f.Manager, f.Reason, f.Submit.In(lang))
		}
	}
	if r := s.Rate; r != nil {
		line("rate %s %s %s %ds", r.State, r.Number, r.Text.In(lang), r.LeftMS/1000)
	}
	if p := s.Paper; p != nil {
		line("paper %s %s", p.State, p.Text.In(lang))
	}
	if s.Chord != "" {
		line("keypad %s _", s.Chord)
	}
	if n := s.Note; n != nil {
		line("note %s: %s", n.What.In(lang), n.Text.In(lang))
	}
}

func TestReasonOfTheNextTellsNoStaleWait(t *testing.T) {
	for why, want := range map[string]string{
		"longest wait (1:07); among Social insurance, Tax": "longest wait; among Social insurance, Tax",
		"等候最久（70:30）；在社会保险、税务中":                            "等候最久；在社会保险、税务中",
		"green channel, waited 3:45, 1 of 2 in a row":      "green channel, 1 of 2 in a row",
		"绿色通道优先，已等候 3:45":                                  "绿色通道优先",
		"waited 15:02, over 15 min goes first":             "waited 15:02, over 15 min goes first",
	} {
		if got := untimed(protocol.Text{protocol.English: why})[protocol.English]; got != want {
			t.Errorf("%q is shown as %q, want %q", why, got, want)
		}
	}
}
