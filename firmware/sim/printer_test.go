package sim

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/escpos"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const ticketLink = "https://hall.example.cn/t/7Qm2xW9dKpRz4nVb"

// ticket is a slip as a hall of this kind prints it.
func ticket() escpos.Doc {
	return escpos.Doc{
		escpos.Line{Text: "政务服务中心", Align: escpos.Center, Size: escpos.Size{W: 2, H: 2}},
		escpos.Feed(10),
		escpos.Rule{},
		escpos.Feed(10),
		escpos.Line{Text: "社会保险", Align: escpos.Center, Size: escpos.Size{W: 2, H: 2}, Bold: true},
		escpos.Feed(6),
		escpos.Line{Text: "Social insurance", Align: escpos.Center},
		escpos.Feed(20),
		escpos.Line{Text: "A012", Align: escpos.Center, Size: escpos.Size{W: 6, H: 5}},
		escpos.Feed(24),
		escpos.Line{Text: "前面还有 5 人", Align: escpos.Center, Size: escpos.Size{W: 2, H: 2}},
		escpos.Feed(8),
		escpos.Line{Text: "预计等候约 10–20 分钟", Align: escpos.Center},
		escpos.Line{Text: "5 ahead, about 10–20 min", Align: escpos.Center},
		escpos.Rule{},
		escpos.Pair{Left: "取号时间", Right: "2026-02-03 09:01"},
	}
}

// withLink adds the code that opens the ticket on a phone.
func withLink(doc escpos.Doc) escpos.Doc {
	return append(doc,
		escpos.Feed(16),
		escpos.QR{Text: ticketLink},
		escpos.Feed(12),
		escpos.Line{Text: "扫码查看排队进度", Align: escpos.Center},
	)
}

// newPrinter returns a simulated printer of that profile and its driver.
func newPrinter(t testing.TB, name string) (*Printer, *escpos.Dev) {
	t.Helper()
	profile, err := escpos.ProfileByName(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPrinter(profile)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := escpos.New(p, &escpos.Opts{Profile: profile, Glyph: DrawGlyph})
	if err != nil {
		t.Fatal(err)
	}
	return p, dev
}

// pngOf returns img as a PNG file.
func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSlipLooksAsApproved(t *testing.T) {
	for _, name := range []string{"simulated-58", "simulated", "generic-58", "generic-80"} {
		t.Run(name, func(t *testing.T) {
			p, dev := newPrinter(t, name)
			if err := dev.Print(append(withLink(ticket()), escpos.Cut{})); err != nil {
				t.Fatal(err)
			}
			slips := p.Slips()
			if len(slips) != 1 || slips[0].Err != nil {
				t.Fatalf("%d slips, error %v; want one without error", len(slips), slips[0].Err)
			}
			golden(t, name+".png", pngOf(t, slips[0].Image), sameImage)
			if strings.HasPrefix(name, "simulated") {
				golden(t, name+".escpos", slips[0].Bytes, bytes.Equal)
			}
		})
	}
}

// golden compares got with a file in testdata, or rewrites the file.
func golden(t *testing.T, name string, got []byte, same func(a, b []byte) bool) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !same(got, want) {
		bad := filepath.Join(t.ArtifactDir(), name)
		if err := os.WriteFile(bad, got, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s differs; look at %s (go test -artifacts keeps it) and rewrite it with -update if it is better", path, bad)
	}
}

// sameImage compares pixels, since compressors may differ.
func sameImage(a, b []byte) bool {
	x, errX := png.Decode(bytes.NewReader(a))
	y, errY := png.Decode(bytes.NewReader(b))
	if errX != nil || errY != nil || x.Bounds() != y.Bounds() {
		return false
	}
	px, okX := x.(*image.Paletted)
	py, okY := y.(*image.Paletted)
	return okX && okY && bytes.Equal(px.Pix, py.Pix)
}

func TestTextSlipIsAtMost300Bytes(t *testing.T) {
	for _, name := range []string{"simulated-58", "simulated"} {
		profile, err := escpos.ProfileByName(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := escpos.Encode(append(ticket(), escpos.Cut{}), profile, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 300 {
			t.Errorf("%s: %d bytes; a serial printer needs them in 0.3 s at 9600 baud, so at most 300", name, len(b))
		}
	}
}

func TestCodeOnEverySlipOpensTheTicket(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg (Debian package zbar-tools) is not installed: the QR code on the slip is NOT checked")
	}
	for _, name := range escpos.ProfileNames() {
		p, dev := newPrinter(t, name)
		if p := dev.Profile(); p.Baud > 0 && !p.QR {
			continue // it would take seconds to draw: TestSerialSlip… has these
		}
		if err := dev.Print(append(withLink(ticket()), escpos.Cut{})); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "slip.png")
		if err := os.WriteFile(path, pngOf(t, p.Slips()[0].Image), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(zbar, "--raw", "-q", path).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != ticketLink {
			t.Errorf("%s: code reads %q (%v), want %q", name, got, err, ticketLink)
		}
	}
}

func TestTextAndPictureModeGiveTheSameTextLines(t *testing.T) {
	profile, err := escpos.ProfileByName("simulated")
	if err != nil {
		t.Fatal(err)
	}
	doc := escpos.Doc{
		escpos.Line{Text: "政务服务中心 Service Centre", Align: escpos.Center, Size: escpos.Size{W: 2, H: 2}, Bold: true},
		escpos.Pair{Left: "取号时间", Right: "09:01"},
		escpos.Line{Text: "请听到叫号后到窗口办理，过号请重新取号。Please wait until your number is called.", Align: escpos.Right},
	}
	var pictures [2]*image.Paletted
	for i, set := range []escpos.Charset{escpos.CharsetGBK, escpos.CharsetNone} {
		profile.Charset = set
		b, err := escpos.Encode(doc, profile, DrawGlyph)
		if err != nil {
			t.Fatal(err)
		}
		if pictures[i], err = escpos.Render(b, profile.Dots, DrawGlyph); err != nil {
			t.Fatal(err)
		}
	}
	if pictures[0].Rect != pictures[1].Rect || !bytes.Equal(pictures[0].Pix, pictures[1].Pix) {
		t.Errorf("the slip as text (%v) and as picture (%v) differ", pictures[0].Rect, pictures[1].Rect)
	}
}

func TestRareCharacterIsPrintedAsPictureBetweenTextLines(t *testing.T) {
	p, dev := newPrinter(t, "simulated")
	doc := escpos.Doc{
		escpos.Line{Text: "申请人", Align: escpos.Center},
		escpos.Line{Text: "王㼆", Align: escpos.Center},
		escpos.Line{Text: "社会保险", Align: escpos.Center},
		escpos.Cut{},
	}
	if err := dev.Print(doc); err != nil {
		t.Fatal(err)
	}
	cmds, err := escpos.Parse(p.Slips()[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, c := range cmds {
		switch c.Op {
		case escpos.OpText:
			kinds = append(kinds, c.Text)
		case escpos.OpRaster:
			kinds = append(kinds, "picture")
		}
	}
	if got, want := strings.Join(kinds, " "), "申请人 picture 社会保险"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestSlipIsConfirmedOnlyWhenItIsOnPaper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, dev := newPrinter(t, "simulated")
		if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil {
			t.Fatal(err)
		}
		s, err := dev.Confirm()
		if err != nil || !s.Printed || !s.CanPrint() {
			t.Fatalf("after a good slip: %v, %v; want printed", s, err)
		}
		p.SetPaperLeft(200)
		if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil {
			t.Fatal(err)
		}
		s, err = dev.Confirm()
		if err != nil || s.Printed || s.Problem() != escpos.ProblemPaperOut {
			t.Fatalf("after paper ran out: %v, %v; want not printed, paper out", s, err)
		}
		slips := p.Slips()
		if last := slips[len(slips)-1]; last.Complete || last.Image.Bounds().Dy() < 200 {
			t.Errorf("half a slip should hang out: complete %v, %v", last.Complete, last.Image.Bounds())
		}
	})
}

func TestOldSlipComesOutAfterRefillUnlessDiscarded(t *testing.T) {
	for _, tt := range []struct {
		name     string
		discard  bool
		complete int
	}{{"kept", false, 1}, {"discarded", true, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			p, dev := newPrinter(t, "simulated")
			p.SetPaperLeft(0)
			if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil {
				t.Fatal(err)
			}
			if tt.discard {
				if err := dev.Discard(); err != nil {
					t.Fatal(err)
				}
			}
			p.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
			complete := 0
			for _, s := range p.Slips() {
				if s.Complete {
					complete++
				}
			}
			if complete != tt.complete {
				t.Errorf("%d slips came out after new paper, want %d", complete, tt.complete)
			}
		})
	}
}

func TestSilentPrinterIsNeverWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, dev := newPrinter(t, "simulated")
		p.SetStatus(escpos.Status{Online: true, Paper: escpos.PaperOK})
		start := time.Now()
		s, err := dev.Status()
		if err != nil || s.Answered || s.CanPrint() || s.Problem() != escpos.ProblemNoAnswer {
			t.Errorf("status %v, %v; want no answer", s, err)
		}
		if took := time.Since(start); took > printerReadTimeout {
			t.Errorf("silence took %v, want at most %v", took, printerReadTimeout)
		}
		if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil || len(p.Slips()) != 1 {
			t.Errorf("silent printer must print all the same: %v, %d slips", err, len(p.Slips()))
		}
	})
}

func TestEveryStateIsReadBackAsSet(t *testing.T) {
	good := escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK}
	for problem, change := range map[escpos.Problem]func(*escpos.Status){
		escpos.ProblemNone:     func(*escpos.Status) {},
		escpos.ProblemPaperLow: func(s *escpos.Status) { s.Paper = escpos.PaperLow },
		escpos.ProblemPaperOut: func(s *escpos.Status) { s.Paper = escpos.PaperOut },
		escpos.ProblemCover:    func(s *escpos.Status) { s.CoverOpen = true },
		escpos.ProblemCutter:   func(s *escpos.Status) { s.CutterError = true },
		escpos.ProblemFault:    func(s *escpos.Status) { s.Fault = true },
		escpos.ProblemOffline:  func(s *escpos.Status) { s.Online = false },
	} {
		p, dev := newPrinter(t, "simulated")
		set := good
		change(&set)
		p.SetStatus(set)
		if s, err := dev.Status(); err != nil || s.Problem() != problem {
			t.Errorf("%q: read back %v, %v", problem, s, err)
		}
	}
}

func TestStoppedPrinterKeepsTheWriterNoLongerThanFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPrinter(t, "simulated")
		p.SetStatus(escpos.Status{Answered: true, CoverOpen: true})
		start := time.Now()
		n, err := p.Write(bytes.Repeat([]byte("ABCDEFG\n"), 600))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n != printerBuffer {
			t.Errorf("wrote %d, %v; want %d and a deadline", n, err, printerBuffer)
		}
		if took := time.Since(start); took != printerWriteTimeout {
			t.Errorf("waited %v, want %v", took, printerWriteTimeout)
		}
	})
}

func TestWriterGoesOnWhenTheCoverIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPrinter(t, "simulated")
		p.SetStatus(escpos.Status{Answered: true, CoverOpen: true})
		done := make(chan error, 1)
		go func() {
			_, err := p.Write(bytes.Repeat([]byte("ABCDEFG\n"), 600))
			done <- err
		}()
		synctest.Wait()
		p.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
		if err := <-done; err != nil {
			t.Errorf("write after closing the cover: %v", err)
		}
	})
}

func TestGarbageIsNamedOnTheSlip(t *testing.T) {
	p, dev := newPrinter(t, "simulated")
	if _, err := p.Write([]byte("\x1b@ok\x01\n")); err != nil {
		t.Fatal(err)
	}
	if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil {
		t.Fatal(err)
	}
	slip := p.Slips()[0]
	if slip.Err == nil || !strings.Contains(slip.Err.Error(), "byte 4 of the slip: 01 begins no known command") {
		t.Errorf("error on the slip is %v, want byte 4 named", slip.Err)
	}
}

func TestChangeIsToldWhenASlipComesOut(t *testing.T) {
	p, dev := newPrinter(t, "simulated")
	changed := p.Changed()
	if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("nobody was told of the slip")
	}
	for range slipsMax {
		if err := dev.Print(escpos.Doc{escpos.Line{Text: "A"}, escpos.Cut{}}); err != nil {
			t.Fatal(err)
		}
	}
	slips := p.Slips()
	if len(slips) != slipsMax || slips[0].Seq != 2 || slips[slipsMax-1].Seq != slipsMax+1 {
		t.Errorf("%d slips kept from %d to %d", len(slips), slips[0].Seq, slips[len(slips)-1].Seq)
	}
}

func TestTextTooNearTheCutStandsOnTheNextSlip(t *testing.T) {
	p, _ := newPrinter(t, "simulated")
	if _, err := p.Write([]byte("\x1b@A012\n\x1dV\x01" + "\x1bJ\xff\x1dV\x01")); err != nil {
		t.Fatal(err)
	}
	first, second := p.Slips()[0], p.Slips()[1]
	if inked(first.Image) || !inked(second.Image) {
		t.Error("a cut without feed must leave the last line between head and knife, on the next slip")
	}
}

// inked reports whether anything is printed on img.
func inked(img image.Image) bool {
	return bytes.ContainsRune(img.(*image.Paletted).Pix, escpos.Ink)
}

// FuzzPrinter checks that no bytes break the printer and that it prints a good slip after them, once
// it is told to drop what it holds.
func FuzzPrinter(f *testing.F) {
	f.Add([]byte("\x1b@\x1c&\xc9\xe7\n\x1dV\x01"), 100)
	f.Add([]byte("\x1dv0\x00\x48\x00\x80\x00"), 5)
	f.Add([]byte("\x10\x04\x01\x1dr\x01\x10\x05\x02"), 0)
	f.Fuzz(func(t *testing.T, b []byte, left int) {
		p, dev := newPrinter(t, "simulated")
		p.SetPaperLeft(left % 1000)
		if _, err := p.Write(b[:min(len(b), printerBuffer)]); err != nil {
			t.Fatal(err)
		}
		p.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOut})
		if err := dev.Discard(); err != nil {
			t.Fatal(err)
		}
		p.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK})
		p.SetPaperLeft(unlimited)
		if err := dev.Print(append(ticket(), escpos.Cut{})); err != nil {
			t.Fatal(err)
		}
		slips := p.Slips()
		if last := slips[len(slips)-1]; !last.Complete || last.Err != nil {
			t.Fatalf("slip after garbage: complete %v, error %v", last.Complete, last.Err)
		}
	})
}
