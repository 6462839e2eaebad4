package escpos

import (
	"bytes"
	"image"
	"strings"
	"testing"
)

func TestForeignCommandsThatWeCannotPrintAreRefused(t *testing.T) {
	for in, want := range map[string]string{
		"\x1bM\x01":                 "argument 1 of 1b 4d is not from 0 to 0", // font B
		"\x1b \x05":                 "argument 5 of 1b 20 is not from 0 to 0",
		"\x1b{\x01":                 "argument 1 of 1b 7b", // upside down
		"\x1cC1":                    "argument 49 of 1c 43",
		"\x1cS\x00\x04":             "is not FS S 0 0",
		"\x1c(A\x02\x0001":          "is not FS S 0 0 or FS ( A with font A",
		"\x1b3":                     "not complete",
		"\x1dW\x40":                 "not complete",
		"\x1dW\xff\xff":             "distance of 65535 dots in 1d 57 is not from 0 to 1024",
		"\x1bt\x01\xe3":             "e3 is not in code page 1",
		"\x1d8L\x02\x00":            "not complete",
		"\x1d8L\xff\xff\xff\x7f0p0": "graphics 1d 38 4c with 2147483647 bytes is not",
		"\x1d(L\x02\x000\x31":       "graphics function 30 31 is not",
		"\x1d(L\x0b\x000p0\x02\x011\x08\x00\x01\x00\xff": "graphics function 30 70 30 02 01 31 is not",
		"\x1d(L\x0b\x000p0\x01\x011\x08\x00\x02\x00\xff": "picture of 8 by 2 dots is empty",
		"\x1d(L\x02\x0002": "graphics are to be printed and none are stored",
		"ab\x1b$\x00\x00":  "position is 24 dots left of what is on the line",
		"\x1b$\x81\x01":    "position is 1 dots beyond the margin",
	} {
		if _, err := Render([]byte(in), 384, block); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

// inked returns the smallest rectangle of paper with all ink of the bytes.
func inked(t *testing.T, in string) image.Rectangle {
	t.Helper()
	img, err := Render([]byte(in), 384, block)
	if err != nil {
		t.Fatalf("%q: %v", in, err)
	}
	var r image.Rectangle
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if img.ColorIndexAt(x, y) == Ink {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

func TestMarginsAndPositionsMoveWhatIsPrinted(t *testing.T) {
	plain := inked(t, "a\n")
	for in, dx := range map[string]int{
		"\x1dL\x18\x00a\n":                    24,
		"\x1b$\x30\x00a\n":                    48,
		"\x1b\\\x30\x00a\n":                   48,
		"\x1dW\x60\x00\x1ba\x02a\n":           96 - 12,
		"\x1dL\x18\x00\x1dW\x60\x00\x1ba1a\n": 24 + (96-12)/2,
		"\x1b$\x00\x00\x1b\\\x0c\x00a\n":      12,
	} {
		if got := inked(t, in); got != plain.Add(image.Pt(dx, 0)) {
			t.Errorf("%q: ink at %v, want %v", in, got, plain.Add(image.Pt(dx, 0)))
		}
	}
}

func TestLineSpacingIsObeyed(t *testing.T) {
	for in, height := range map[string]int{
		"a\na\n": 2 * lineHeight, "\x1b3\x00a\na\n": 2 * cellHeight, "\x1b3\x40a\na\n": 128, "\x1b3\x00\x1b2a\na\n": 2 * lineHeight,
		"\x1b3\x40\x1bd\x02": 128, "\x1b3\x40\x1b@a\n": lineHeight,
	} {
		img, err := Render([]byte(in), 384, block)
		if err != nil || img.Rect.Dy() != height {
			t.Errorf("%q: %v, %v; want %d dots", in, img.Rect.Dy(), err, height)
		}
	}
}

func TestCharactersOfACodePageAreNarrow(t *testing.T) {
	wide, narrow := inked(t, "\x1c&\xa9\xa4\n"), inked(t, "\xc4\n") // the same line of GB 2312 and of PC437
	if wide.Dx() < 2*narrow.Dx() {
		t.Errorf("── is %d dots wide in Chinese mode and %d in a code page, want about half", wide.Dx(), narrow.Dx())
	}
}

func TestUnderlineAndInvertedTextAreDrawn(t *testing.T) {
	if got, plain := inked(t, "\x1b-2 \n"), image.Rect(0, 28-4-2, 12, 24); got.Dy() != 2 || got.Max.Y != plain.Max.Y {
		t.Errorf("an underlined space has ink %v, want two rows up to %d", got, plain.Max.Y)
	}
	if got := inked(t, "\x1dB1 \x1dB0\n"); got.Dx() != 12 || got.Dy() != 24 {
		t.Errorf("an inverted space has ink %v, want the whole cell", got)
	}
}

func TestGraphicsGiveTheSamePictureAsARaster(t *testing.T) {
	const dots = "\xf0\x0f\xaa\x55"
	want, err := Render([]byte("\x1ba1\x1dv0\x00\x02\x00\x02\x00"+dots), 384, block)
	if err != nil {
		t.Fatal(err)
	}
	for _, head := range []string{"\x1d(L\x0e\x00", "\x1d8L\x0e\x00\x00\x00"} {
		got, err := Render([]byte("\x1ba1"+head+"0p0\x01\x011\x10\x00\x02\x00"+dots+"\x1d(L\x02\x0002"), 384, block)
		if err != nil || !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%q gives another picture than GS v 0, or %v", head, err)
		}
	}
}

func TestAlignmentInALineWaitsForTheNext(t *testing.T) {
	if got, want := inked(t, "a\x1ba\x02\n"), inked(t, "a\n"); got != want {
		t.Errorf("ink at %v, want %v: printers obey ESC a at the start of a line only", got, want)
	}
}
