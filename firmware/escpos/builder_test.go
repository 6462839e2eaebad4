package escpos

import (
	"bytes"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
)

// block is a Glyph that fills the middle of each cell, so that tests see where text stands.
func block(dst *image.Paletted, cell image.Rectangle, _ rune) {
	fill(dst, cell.Inset(2), Ink)
}

// profileNamed returns a known profile.
func profileNamed(t testing.TB, name string) Profile {
	t.Helper()
	p, err := ProfileByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCommandsAreTheBytesOfTheManual compares each command with the bytes that the reference
// gives, and reads it back.
func TestCommandsAreTheBytesOfTheManual(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*Builder)
		want string
		back Command
	}{
		{"ESC @", (*Builder).Init, "\x1b@", Command{Op: OpInit}},
		{"ESC a right", func(b *Builder) { b.Align(Right) }, "\x1ba\x02", Command{Op: OpAlign, N: 2}},
		{"GS ! smallest", func(b *Builder) { b.Size(Size{}) }, "\x1d!\x00", Command{Op: OpSize, Size: Size{1, 1}}},
		{"GS ! 6 wide 5 high", func(b *Builder) { b.Size(Size{6, 5}) }, "\x1d!\x54", Command{Op: OpSize, N: 0x54, Size: Size{6, 5}}},
		{"GS ! largest", func(b *Builder) { b.Size(Size{8, 8}) }, "\x1d!\x77", Command{Op: OpSize, N: 0x77, Size: Size{8, 8}}},
		{"ESC E on", func(b *Builder) { b.Bold(true) }, "\x1bE\x01", Command{Op: OpBold, N: 1}},
		{"ESC E off", func(b *Builder) { b.Bold(false) }, "\x1bE\x00", Command{Op: OpBold}},
		{"FS &", func(b *Builder) { b.Chinese(true) }, "\x1c&", Command{Op: OpChinese, N: 1}},
		{"FS .", func(b *Builder) { b.Chinese(false) }, "\x1c.", Command{Op: OpChinese}},
		{"ESC t", func(b *Builder) { b.CodePage(16) }, "\x1bt\x10", Command{Op: OpCodePage, N: 16}},
		{"ESC R", func(b *Builder) { b.National(15) }, "\x1bR\x0f", Command{Op: OpNational, N: 15}},
		{"text", func(b *Builder) { b.Text("A012", CharsetGBK) }, "A012", Command{Op: OpText, Text: "A012"}},
		{"LF", (*Builder).Line, "\n", Command{Op: OpLine}},
		{"ESC J", func(b *Builder) { b.Feed(96) }, "\x1bJ\x60", Command{Op: OpFeed, N: 96}},
		{"GS V partial", func(b *Builder) { b.Cut(CutterPartial) }, "\x1dV\x01", Command{Op: OpCut}},
		{"GS V full", func(b *Builder) { b.Cut(CutterFull) }, "\x1dV\x00", Command{Op: OpCut}},
		{"GS a", (*Builder).AskAuto, "\x1da\x0e", Command{Op: OpAuto, N: 14}},
		{"DLE EOT", func(b *Builder) { b.AskStatus(4) }, "\x10\x04\x04", Command{Op: OpStatus, N: 4}},
		{"GS r", (*Builder).AskReceipt, "\x1dr\x01", Command{Op: OpReceipt, N: 1}},
		{"DLE ENQ", (*Builder).Discard, "\x10\x05\x02", Command{Op: OpDiscard, N: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b Builder
			tt.do(&b)
			if string(b.Bytes()) != tt.want {
				t.Errorf("bytes % x, want % x", b.Bytes(), tt.want)
			}
			cmds, err := Parse(b.Bytes())
			if err != nil || len(cmds) != 1 || !same(cmds[0], tt.back) {
				t.Errorf("read back as %+v, %v; want %+v", cmds, err, tt.back)
			}
		})
	}
}

func same(a, b Command) bool {
	return a.Op == b.Op && a.N == b.N && a.Size == b.Size && a.Text == b.Text && a.Width == b.Width && bytes.Equal(a.Data, b.Data)
}

func TestChineseIsTwoBytesOfGB18030(t *testing.T) {
	var b Builder
	if foreign := b.Text("政务", CharsetGB2312); foreign != nil {
		t.Errorf("foreign %q in common words", foreign)
	}
	if want := "\xd5\xfe\xce\xf1"; string(b.Bytes()) != want {
		t.Errorf("bytes % x, want % x", b.Bytes(), want)
	}
}

func TestLongFeedIsSplit(t *testing.T) {
	var b Builder
	b.Feed(300)
	b.Feed(0)
	if want := "\x1bJ\xff\x1bJ\x2d"; string(b.Bytes()) != want {
		t.Errorf("bytes % x, want % x", b.Bytes(), want)
	}
}

func TestQRCommandHasItsFourFunctions(t *testing.T) {
	var b Builder
	b.QR("hi", 6)
	want := "\x1d(k\x03\x001C\x06" + "\x1d(k\x03\x001E1" + "\x1d(k\x05\x001P0hi" + "\x1d(k\x03\x001Q0"
	if string(b.Bytes()) != want {
		t.Errorf("bytes %q, want %q", b.Bytes(), want)
	}
}

func TestPictureIsSentInBandsWithoutItsBlanks(t *testing.T) {
	img := newSheet(384, 400)
	fill(img, image.Rect(0, 10, 16, 210), Ink) // 200 lines: one full band and a rest
	fill(img, image.Rect(0, 390, 8, 391), Ink)
	var b Builder
	b.Raster(img)
	cmds, err := Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range cmds {
		if c.Op == OpRaster {
			got = append(got, fmt.Sprintf("%dx%d", c.Width, len(c.Data)/c.Width))
			continue
		}
		got = append(got, fmt.Sprintf("feed %d", c.N))
	}
	want := []string{"feed 10", "2x128", "2x72", "feed 180", "1x1", "feed 9"}
	if !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
	back, err := Render(b.Bytes(), 384, block)
	if err != nil || !bytes.Equal(back.Pix, img.Pix) {
		t.Errorf("the printed picture differs from the sent one (%v)", err)
	}
}

func TestConstantOutsideItsRangePanicsWithTheRange(t *testing.T) {
	for want, do := range map[string]func(*Builder){
		"width 9 is not from 1 to 8":             func(b *Builder) { b.Size(Size{9, 1}) },
		"alignment 3 is not from 0 to 2":         func(b *Builder) { b.Align(3) },
		"status 5 is not from 1 to 4":            func(b *Builder) { b.AskStatus(5) },
		"module 2 is not from 3 to 16":           func(b *Builder) { b.QR("x", 2) },
		"QR text of 0 bytes is not from 1 to 30": func(b *Builder) { b.QR("", 6) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), want) {
					t.Errorf("panic %v, want %q", r, want)
				}
			}()
			do(&Builder{})
		}()
	}
}

func TestUnknownProfileIsRefusedWithTheNamesThereAre(t *testing.T) {
	_, err := ProfileByName("epson")
	if err == nil || !strings.Contains(err.Error(), `"epson"`) || !strings.Contains(err.Error(), "generic-58") {
		t.Errorf("error %v must name the bad profile and the known ones", err)
	}
	for _, name := range ProfileNames() {
		if err := profileNamed(t, name).check(); err != nil {
			t.Error(err)
		}
	}
	if CharsetGBK.String() != "gbk" || CharsetGB2312.String() != "gb2312" || CharsetNone.String() != "none" {
		t.Error("names of character sets changed; profiles write them")
	}
}
