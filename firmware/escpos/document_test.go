package escpos

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"jiaohao/firmware/internal/golden"
)

// listing writes commands one a line, so that a golden file can be reviewed as text.
func listing(t *testing.T, p []byte) string {
	t.Helper()
	cmds, err := Parse(p)
	if err != nil {
		t.Fatal(err)
	}
	names := map[Op]string{OpText: "text", OpLine: "line", OpInit: "init", OpAlign: "align", OpSize: "size", OpBold: "bold",
		OpChinese: "chinese", OpFeed: "feed", OpRaster: "picture", OpQR: "qr", OpCut: "cut"}
	var out strings.Builder
	for _, c := range cmds {
		fmt.Fprintf(&out, "%s", names[c.Op])
		switch c.Op {
		case OpText:
			fmt.Fprintf(&out, " %q", c.Text)
		case OpSize:
			fmt.Fprintf(&out, " %dx%d", c.Size.W, c.Size.H)
		case OpRaster:
			fmt.Fprintf(&out, " %d bytes by %d lines", c.Width, len(c.Data)/c.Width)
		case OpQR:
			fmt.Fprintf(&out, " %c %q", c.N, c.Data)
		case OpAlign, OpBold, OpChinese, OpFeed:
			fmt.Fprintf(&out, " %d", c.N)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func TestSlipBecomesTheseCommands(t *testing.T) {
	for _, name := range []string{"generic-58", "gbk-58", "gbk-80"} {
		t.Run(name, func(t *testing.T) {
			golden.Text(t, name, listing(t, whole(t, name)))
		})
	}
}

func TestBadSlipIsRefusedWithItemAndRange(t *testing.T) {
	profile := profileNamed(t, "gbk-58")
	for want, doc := range map[string]Doc{
		"slip has 0 items, not 1 to 200":                        {},
		"item 2 of the slip is nil":                             {Cut{}, nil},
		"item 1 of the slip: escpos: size 9×1 is not from":      {Line{Text: "A", Size: Size{9, 1}}},
		"alignment 7 is not from 0 to 2":                        {Line{Text: "A", Align: 7}},
		"text of 1001 characters is longer than 1000":           {Pair{Left: "A", Right: strings.Repeat("长", 1001)}},
		"feed of -1 dots is not from 0 to 1020":                 {Feed(-1)},
		"QR text of 0 bytes is not from 1 to 300":               {QR{Text: "\x1b"}},
		"QR module of 17 dots is not from 3 to 16":              {QR{Text: "A", Module: 17}},
		"is wider than the 384 dots of the paper; use 5 dots o": {QR{Text: strings.Repeat("a", 200), Module: 16}},
		"there is no glyph function to draw text with":          {Line{Text: "王㼆"}},
	} {
		if _, err := Encode(doc, profile, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestPairThatDoesNotFitTakesTwoLines(t *testing.T) {
	p := Pair{Left: "办理业务", Right: "企业职工基本养老保险参保登记"}
	lines := p.lines(384)
	if len(lines) != 2 || lines[1].Align != Right {
		t.Errorf("lines %+v, want the value right-aligned below", lines)
	}
	lines = Pair{Left: "时间", Right: "09:01"}.lines(384)
	if len(lines) != 1 || Columns(lines[0].Text) != 32 {
		t.Errorf("lines %+v, want one of 32 columns", lines)
	}
}

// inkBox returns the smallest rectangle around the ink of img.
func inkBox(img *image.Paletted) image.Rectangle {
	var box image.Rectangle
	for y := range img.Rect.Dy() {
		for x, p := range row(img, y) {
			if p == Ink {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

func TestTextStandsWhereTheCommandsPutIt(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     image.Rectangle // of the ink; block leaves 2 dots of each cell free
	}{
		{"left", "A\n", image.Rect(2, 2, 10, 22)},
		{"centre", "\x1ba\x01AB\n", image.Rect(182, 2, 202, 22)},
		{"right", "\x1ba\x02A\n", image.Rect(374, 2, 382, 22)},
		{"Chinese", "\x1c&\xc9\xe7\n", image.Rect(2, 2, 22, 22)},
		{"6 wide 5 high", "\x1d!\x54A\n", image.Rect(2, 2, 70, 118)},
		{"sizes on one base line", "\x1d!\x11A\x1d!\x00A\n", image.Rect(2, 2, 34, 46)},
		{"bold is wider", "\x1bE\x01A\n", image.Rect(2, 2, 11, 22)},
		{"second line", "\nA\n", image.Rect(2, 32, 10, 52)},
		{"after feed", "\x1bJ\x0aA\n", image.Rect(2, 12, 10, 32)},
		{"after two lines' feed", "\x1bd\x02A\n", image.Rect(2, 62, 10, 82)},
		{"reset forgets the line", "B\x1b@A\n", image.Rect(2, 2, 10, 22)},
		{"picture in the centre", "\x1ba\x01\x1dv0\x00\x01\x00\x01\x00\xff", image.Rect(188, 0, 196, 1)},
	} {
		img, err := Render([]byte(tt.in), 384, block)
		if err != nil || inkBox(img) != tt.want {
			t.Errorf("%s: ink in %v, %v; want %v", tt.name, inkBox(img), err, tt.want)
		}
	}
}

func TestTooLongLineGoesOnBelow(t *testing.T) {
	img, err := Render([]byte(strings.Repeat("A", 33)+"\n"), 384, block)
	if err != nil || img.Rect.Dy() != 2*lineHeight {
		t.Errorf("%v, %v; want two lines", img.Rect, err)
	}
}

func TestPaperHasAnEnd(t *testing.T) {
	_, err := Render([]byte(strings.Repeat("\x1bJ\xff", 200)), 384, block)
	if err == nil || !strings.Contains(err.Error(), "paper is longer than 20000 dots") {
		t.Errorf("error %v", err)
	}
	long := Doc{Line{Text: strings.Repeat("长", 1000), Size: Size{8, 8}}}
	if _, err = Encode(long, profileNamed(t, "generic-58"), block); err == nil || !strings.Contains(err.Error(), "longer than 20000") {
		t.Errorf("slip of 96 m as a picture: %v", err)
	}
	if _, err = Render([]byte("\x1d!\x70\x1c&\xc9\xe7"), 184, block); err == nil {
		t.Error("paper of 184 dots was accepted")
	}
	if _, err = Render([]byte("\x1d(k\x03\x001Q0"), 384, block); err == nil || !strings.Contains(err.Error(), "no text is stored") {
		t.Errorf("printing no QR code: %v", err)
	}
}
