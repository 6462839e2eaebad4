package sim

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/escpos"
)

func TestUnpluggedPrinterIsAnErrorAtOnceAndPrintsAgainWhenPlugged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, dev := newPrinter(t, "simulated")
		read := make(chan error, 1)
		go func() {
			_, err := p.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		start := time.Now()
		p.Unplug()
		if err := <-read; !errors.Is(err, syscall.ENODEV) || time.Since(start) != 0 {
			t.Errorf("read of a printer that is pulled out: %v after %v", err, time.Since(start))
		}
		_, err := dev.Status()
		for _, err := range []error{err, dev.Print(append(ticket(), escpos.Cut{}))} {
			if !errors.Is(err, syscall.ENODEV) || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("error %v, want no such device", err)
			}
		}
		if !p.Unplugged() || len(p.Slips()) > 0 {
			t.Errorf("unplugged %v, %d slips", p.Unplugged(), len(p.Slips()))
		}
		p.Plug()
		if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil || len(p.Slips()) != 1 {
			t.Errorf("after replug: %v, %d slips", err, len(p.Slips()))
		}
	})
}

func TestPrinterTellsEachChangeOfItselfWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		profile, err := escpos.ProfileByName("simulated")
		if err != nil {
			t.Fatal(err)
		}
		profile.Ask, profile.Receipt = escpos.AskAuto, false
		p, err := NewPrinter(profile)
		if err != nil {
			t.Fatal(err)
		}
		dev, err := escpos.New(p, &escpos.Opts{Profile: profile, Glyph: DrawGlyph})
		if err != nil {
			t.Fatal(err)
		}
		if s, err := dev.Status(); err != nil || s.Problem() != escpos.ProblemNone {
			t.Fatalf("well: %v, %v", s, err)
		}
		if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil {
			t.Fatal(err)
		}
		if s, err := dev.Confirm(); err != nil || !s.Printed {
			t.Fatalf("after a slip: %v, %v; want printed", s, err)
		}
		p.SetPaperLeft(200)
		if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil {
			t.Fatal(err)
		}
		// It has stopped in the middle and obeys GS a no more: what it told of itself counts.
		if s, err := dev.Confirm(); err != nil || s.Printed || s.Problem() != escpos.ProblemPaperOut {
			t.Errorf("paper ended in the slip: %v, %v; want paper out", s, err)
		}
		if err := dev.Discard(); err != nil {
			t.Fatal(err)
		}
		p.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperLow})
		if s, err := dev.Status(); err != nil || s.Problem() != escpos.ProblemPaperLow {
			t.Errorf("new paper: %v, %v; want paper low", s, err)
		}
	})
}

func TestLengthOfASlipIsThatOfItsPaper(t *testing.T) {
	for _, name := range []string{"simulated-58", "simulated", "generic-58", "generic-80"} {
		p, dev := newPrinter(t, name)
		if err := dev.Print(append(withLink(ticket()), escpos.Cut{})); err != nil {
			t.Fatal(err)
		}
		img := p.Slips()[0].Image.Bounds()
		if got, want := dev.Length(), img.Dy(); got != want && got != want-knife { // not cut: it still hangs out
			t.Errorf("%s: %d dots, the picture has %d", name, got, want)
		}
	}
}

func TestPrinterWithASwitchForChineseNeedsNoCommand(t *testing.T) {
	profile, err := escpos.ProfileByName("simulated")
	if err != nil {
		t.Fatal(err)
	}
	profile.Chinese = escpos.ChineseNone
	p, err := NewPrinter(profile)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := escpos.New(p, &escpos.Opts{Profile: profile, Glyph: DrawGlyph})
	if err != nil {
		t.Fatal(err)
	}
	want, other := newPrinter(t, "simulated")
	for _, d := range []*escpos.Dev{dev, other} {
		if err := d.Print(append(ticket(), escpos.Cut{})); err != nil {
			t.Fatal(err)
		}
	}
	a, b := p.Slips()[0], want.Slips()[0]
	if !sameImage(pngOf(t, a.Image), pngOf(t, b.Image)) || len(a.Bytes) != len(b.Bytes)-2 {
		t.Errorf("%d and %d bytes; want the same paper without FS &", len(a.Bytes), len(b.Bytes))
	}
}
