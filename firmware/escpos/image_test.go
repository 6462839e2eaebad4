package escpos

import (
	"bytes"
	"strings"
	"testing"
)

// arrow is 8 dots wide and 4 high.
var arrow = []byte{0x18, 0x3c, 0x7e, 0xff}

func TestImageIsInTheMiddleAtTheSizeOfItsDots(t *testing.T) {
	for _, name := range []string{"gbk-58", "generic-58"} {
		raw, err := Encode(Doc{Line{Text: "a"}, Image{Width: 8, Bits: arrow, Dot: 3}, Line{Text: "b"}, Cut{}}, profileNamed(t, name), block)
		if err != nil {
			t.Fatal(err)
		}
		img, err := Render(raw, 384, block)
		if err != nil {
			t.Fatal(err)
		}
		left := (384 - 24) / 2
		for y := range 12 {
			for x := range 24 {
				want := arrow[y/3]&(0x80>>(x/3)) != 0
				if got := img.ColorIndexAt(left+x, lineHeight+y) == Ink; got != want {
					t.Fatalf("%s: dot %d, %d of the image is %v, want %v", name, x, y, got, want)
				}
			}
		}
		if want := lineHeight + 12 + lineHeight + 96; img.Rect.Dy() != want {
			t.Errorf("%s: the paper is %d dots long, want %d: the image takes its own height", name, img.Rect.Dy(), want)
		}
	}
}

func TestImageHasNoPlaceOnASerialLine(t *testing.T) {
	p := profileNamed(t, "gbk-58")
	p.Baud = 9600
	with, err := Encode(Doc{Line{Text: "a"}, Image{Width: 8, Bits: arrow}, Cut{}}, p, block)
	if err != nil {
		t.Fatal(err)
	}
	without, err := Encode(Doc{Line{Text: "a"}, Cut{}}, p, block)
	if err != nil || !bytes.Equal(with, without) {
		t.Errorf("with an image % x, without % x (%v)", with, without, err)
	}
}

func TestBrokenImageIsNamed(t *testing.T) {
	for want, i := range map[string]Image{
		"image width of 9 dots is not a multiple of 8":    {Width: 9, Bits: arrow},
		"image of 3 bytes is not of whole rows of 2":      {Width: 16, Bits: arrow[:3]},
		"image of 0 bytes":                                {Width: 8},
		"image dot of 9 dots is not from 1 to 8":          {Width: 8, Bits: arrow, Dot: 9},
		"image of 400 dots is wider than the paper's 384": {Width: 400, Bits: make([]byte, 50)},
	} {
		if _, err := Encode(Doc{i}, profileNamed(t, "gbk-58"), block); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestFurtherLinesOfAPointStandUnderItsFirst(t *testing.T) {
	point := Point{Mark: "□", Text: "法定代表人身份证原件及复印件一式两份并加盖单位公章"}
	got := point.lines(384)
	want := []string{"□ 法定代表人身份证原件及复印件", "   一式两份并加盖单位公章"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, name := range []string{"gbk-58", "generic-58", "gb2312-58-serial"} {
		for _, text := range []string{point.Text, "䶮氏"} { // the second one is in no printer's font
			if _, err := Encode(Doc{Point{Mark: "√", Text: text}, Cut{}}, profileNamed(t, name), block); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
