package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
)

func TestStripIsOnePieceOfPaperThatShowsEachThing(t *testing.T) {
	cmds, err := escpos.Parse(testStrip())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[escpos.Op]int{}
	text := ""
	for _, c := range cmds {
		seen[c.Op]++
		text += c.Text
	}
	for _, want := range []string{"社会保险 不动产登记", "喆 堃 玥 昇 煊", "A012", "...45", "https://www.example.org/test"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the strip", want)
		}
	}
	if seen[escpos.OpRaster] == 0 || seen[escpos.OpCut] != 1 || seen[escpos.OpChinese] != 2 {
		t.Errorf("%d pictures, %d cuts, Chinese mode set %d times", seen[escpos.OpRaster], seen[escpos.OpCut], seen[escpos.OpChinese])
	}
	img, err := escpos.Render(testStrip(), 384, sim.DrawGlyph)
	if err != nil || img.Rect.Dy() < 500 {
		t.Errorf("picture %v, %v", img.Rect, err)
	}
}

func TestAnswersBecomeAProfile(t *testing.T) {
	for _, tt := range []struct {
		name, answers string
		baud          int
		want          func(*escpos.Profile)
	}{
		// paper, columns, no FS &, FS &, rare, large, bars, code, knife
		{"all is right", "80 45 n y y y y y partial", 0, func(p *escpos.Profile) {
			p.PaperMM, p.Dots, p.Cutter, p.TailFeed, p.RollMM = 80, 576, escpos.CutterPartial, 120, 50_000
			p.Charset, p.Chinese, p.QR = escpos.CharsetGBK, escpos.ChineseOn, true
		}},
		{"a switch has set Chinese", "58 30 y n n y y n none", 9600, func(p *escpos.Profile) { p.Charset = escpos.CharsetGB2312 }},
		{"no Chinese font", "58 30 n n y y y n none", 0, func(*escpos.Profile) {}},
		{"enlarges badly, and somebody mistypes", "58 31 30 perhaps n Y n N y n none", 19200, func(p *escpos.Profile) {
			p.Charset, p.Chinese, p.Number = escpos.CharsetGB2312, escpos.ChineseOn, escpos.NumberRaster
		}},
		{"180 dots an inch", "80 40 n y n y y y full", 0, func(p *escpos.Profile) {
			p.PaperMM, p.Dots, p.Cutter, p.TailFeed, p.RollMM = 80, 512, escpos.CutterFull, 120, 50_000
			p.Charset, p.Chinese, p.QR = escpos.CharsetGB2312, escpos.ChineseOn, true
		}},
	} {
		want := escpos.Profile{Name: "mine", PaperMM: 58, Dots: 384, Chinese: escpos.ChineseNone, Cutter: escpos.CutterNone, TailFeed: 96,
			Ask: escpos.AskDLE, Number: escpos.NumberText, Baud: tt.baud, RollMM: 25_000}
		tt.want(&want)
		var asked strings.Builder
		got, err := judge(t.Context(), strings.NewReader(strings.ReplaceAll(tt.answers, " ", "\n")), &asked, escpos.Profile{Name: "mine", Ask: escpos.AskDLE, Baud: tt.baud})
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, want)
		}
		if _, err := escpos.MarshalProfile(got, "strip"); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestPrinterThatCannotServeIsRefusedByTheStrip(t *testing.T) {
	for answers, want := range map[string]string{
		"58 30 n n n y y n none": "half a minute on a serial line",
		"58 30 n y":              "the answers ended",
		"58 30 ja ja ja":         "3 wrong answers to one question, legal are n, y",
	} {
		_, err := judge(t.Context(), strings.NewReader(strings.ReplaceAll(answers, " ", "\n")), &strings.Builder{}, escpos.Profile{Name: "mine", Baud: 9600, Ask: escpos.AskNone})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", answers, err, want)
		}
	}
	if _, err := judge(t.Context(), strings.NewReader("58\n30\nn\nn\nn\ny\nn\nn\nnone\n"), &strings.Builder{}, escpos.Profile{Name: "mine"}); err == nil {
		t.Error("a printer without text and pictures got a profile")
	}
}

// TestQuestionsEndWithTheSignal asks a person who says nothing and a pipe that never ends.
func TestQuestionsEndWithTheSignal(t *testing.T) {
	silent, w := io.Pipe()
	defer w.Close() // nobody reads it any more
	for name, in := range map[string]io.Reader{"silence": silent, "endless": endless{}} {
		ctx, stop := context.WithCancel(t.Context())
		asked := signalWriter{stop: stop}
		if _, err := judge(ctx, in, &asked, escpos.Profile{Name: "mine"}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrongAnswerIsToldWhatIsLegalOnALineOfItsOwn(t *testing.T) {
	var asked strings.Builder
	_, _ = judge(t.Context(), strings.NewReader("81\n"), &asked, escpos.Profile{Name: "mine"}) // the answers end
	if !strings.Contains(asked.String(), "legal are: 58, 80\n") {
		t.Errorf("asked %q", asked.String())
	}
}

// endless is a pipe of wrong answers.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "perhaps\n"), nil }

// signalWriter stops at the first question, as a signal would.
type signalWriter struct{ stop func() }

func (w *signalWriter) Write(p []byte) (int, error) {
	w.stop()
	return len(p), nil
}

func TestStatusCommandsAreFoundByAsking(t *testing.T) {
	for _, tt := range []struct {
		change  func(*escpos.Profile)
		ask     escpos.Ask
		receipt bool
	}{
		{func(*escpos.Profile) {}, escpos.AskDLE, true},
		{func(p *escpos.Profile) { p.Receipt = false }, escpos.AskDLE, false},
		{func(p *escpos.Profile) { p.Ask = escpos.AskAuto }, escpos.AskAuto, false},
	} {
		p, err := escpos.ProfileByName("simulated")
		if err != nil {
			t.Fatal(err)
		}
		tt.change(&p)
		printer, err := sim.NewPrinter(p)
		if err != nil {
			t.Fatal(err)
		}
		if ask := askable(printer); ask != tt.ask {
			t.Errorf("found %q, want %q", ask, tt.ask)
		}
		if tt.ask == escpos.AskDLE && receipts(printer) != tt.receipt {
			t.Errorf("GS r found %v", !tt.receipt)
		}
	}
}

func TestProfileFromTheStripCanBeConfigured(t *testing.T) {
	raw, err := escpos.MarshalProfile(escpos.Profile{Name: "mine", PaperMM: 58, Dots: 384, Chinese: escpos.ChineseNone, Cutter: escpos.CutterNone,
		Ask: escpos.AskNone, Number: escpos.NumberText, RollMM: 25_000}, "test strip")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "printers.json")
	if err := os.WriteFile(path, []byte("["+string(raw)+"]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := probePrinter(t.Context(), newSet(), []string{"-port", "sim", "-profiles", path, "-profile", "mine", "-status"}); err != nil {
		t.Error(err)
	}
	if err := probePrinter(t.Context(), newSet(), []string{"-port", "sim", "-profiles", path, "-profile", "yours", "-status"}); err == nil || !strings.Contains(err.Error(), "mine") {
		t.Errorf("error %v, want the names that there are", err)
	}
}

func newSet() *flag.FlagSet { return flag.NewFlagSet("probe printer", flag.ContinueOnError) }
