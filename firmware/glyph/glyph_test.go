package glyph

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"
)

// drawn returns s in face f on a bitmap of just its size.
func drawn(f Face, s string, scale int) *Bitmap {
	b := NewBitmap(f.Width(s, scale), f.Height(scale))
	f.Draw(b, 0, 0, s, scale)
	return b
}

func TestHanIsSixteenDotsWideAndLatinEight(t *testing.T) {
	want := `
........................
...........#########....
...........#.......#....
...........#.......#....
...##......#.......#....
..#..#.....#########....
..#..#..................
.#....#.###############.
.#....#.....#...........
.######....#............
.#....#....#########....
.#....#............#....
.#....#............#....
.#....#............#....
................#.#.....
.................#......
`
	if got := "\n" + drawn(Text, "A号", 1).String(); got != want {
		t.Errorf("A号 is%swant%s", got, want)
	}
}

func TestAllCharactersOfAHallHaveGlyphs(t *testing.T) {
	for _, block := range []struct {
		name        string
		first, last rune
		wide        bool
	}{
		{"ASCII", 0x20, 0x7e, false},
		{"Latin-1", 0xa0, 0xff, false},
		{"arrows", 0x2190, 0x21ff, false},
		{"CJK punctuation", 0x3000, 0x3020, true},
		{"Han extension A", 0x3400, 0x4dbf, true},
		{"Han", 0x4e00, 0x9fff, true},
		{"fullwidth forms", 0xff01, 0xff60, true},
	} {
		for r := block.first; r <= block.last; r++ {
			if unicode.Is(unicode.Cf, r) {
				continue // the soft hyphen
			}
			if !Has(r) {
				t.Errorf("%s: no glyph for U+%04X %c", block.name, r, r)
			}
			if block.wide && Width(string(r), 1) != 16 {
				t.Errorf("%s: U+%04X %c is %d dots wide, want 16", block.name, r, r, Width(string(r), 1))
			}
		}
	}
	for _, r := range "·—…‘’“”、。《》「」【】〇￥①→↑⇄ǎǐǒǔǚ䶮" {
		if !Has(r) {
			t.Errorf("no glyph for U+%04X %c", r, r)
		}
	}
}

func TestNoTwoDigitsOrLettersLookTheSame(t *testing.T) {
	for _, f := range []Face{Text, Panel, Ticket, Small, Slim} {
		seen := map[string]rune{}
		for _, r := range "-0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ" { // O is 0 on panels, as on number plates
			picture := drawn(f, string(r), 1).String()
			if other, ok := seen[picture]; ok {
				t.Errorf("face %d: %c looks like %c", f, r, other)
			}
			if r != '-' && strings.Count(picture, "#") < 10 {
				t.Errorf("face %d: %c is nearly empty", f, r)
			}
			seen[picture] = r
		}
	}
}

func TestFontTablesAreSortedSoThatSearchFindsAll(t *testing.T) {
	for name, f := range map[string]table{
		"narrow": {narrowData, 8, textHeight, 0}, "wide": {wideData(), 16, textHeight, 0},
		"panel": Panel.own(), "ticket": Ticket.own(), "small": Small.own(), "slim": Slim.own(),
	} {
		size := 2 + f.advance + f.stride()*f.height
		if len(f.data) == 0 || len(f.data)%size != 0 {
			t.Fatalf("%s: %d bytes, want a multiple of %d", name, len(f.data), size)
		}
		last := rune(-1)
		for at := 0; at < len(f.data); at += size {
			r := codePoint(f.data[at:])
			if r <= last {
				t.Fatalf("%s: U+%04X stands behind U+%04X", name, r, last)
			}
			if _, ok := f.find(r); !ok {
				t.Fatalf("%s: U+%04X is not found", name, r)
			}
			last = r
		}
	}
}

func TestFiveCharacterNumberFitsOnThePanelAndOnNarrowPaper(t *testing.T) {
	if w := Panel.Width("A0012", 1); w != 60 {
		t.Errorf("A0012 is %d dots wide on the panel, want 60 of 64", w)
	}
	if w := Ticket.Width("A0012", 1); w > 384 {
		t.Errorf("A0012 is %d dots wide on the slip, want at most the 384 of 58 mm paper", w)
	}
}

func TestLongestNumberFitsOnThirtyTwoDotsInTheSlimFace(t *testing.T) {
	if w := Slim.Width("AB9999", 1) - 1; w > 32 { // the last dot is the gap behind
		t.Errorf("AB9999 is %d dots wide, want at most 32", w)
	}
	if !Slim.Holds("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		t.Error("a digit or capital is missing")
	}
}

func TestTallFacesBorrowHanAtTheirOwnHeight(t *testing.T) {
	if got, want := drawn(Panel, "号", 1).String(), drawn(Text, "号", 1).String(); got != want {
		t.Errorf("Panel draws 号 as\n%s", got)
	}
	if got, want := drawn(Ticket, "号", 1).String(), drawn(Text, "号", 6).String(); got != want {
		t.Error("Ticket does not draw 号 as Text does at scale 6")
	}
}

func TestScaleMakesEveryDotASquare(t *testing.T) {
	small, large := drawn(Text, "窗口3", 1), drawn(Text, "窗口3", 3)
	for y := range large.Rect.Dy() {
		for x := range large.Rect.Dx() {
			if large.On(x, y) != small.On(x/3, y/3) {
				t.Fatalf("dot %d, %d differs from dot %d, %d of the small picture", x, y, x/3, y/3)
			}
		}
	}
	if Width("A", 0) != 8 || Width("A", -5) != 8 {
		t.Error("a scale below 1 does not count as 1")
	}
}

func TestUnknownCharacterIsABoxAndJoinersTakeNoRoom(t *testing.T) {
	if got := strings.Split(drawn(Text, "\ue000", 1).String(), "\n")[2]; got != ".######." {
		t.Errorf("third row of the box is %q", got)
	}
	if Has('\ue000') || Has('\n') || Has('\u200d') {
		t.Error("a private, a control or an invisible character has a glyph")
	}
	if w := Width("a\u200d\ufe0f\u0301b", 1); w != 16 {
		t.Errorf("a and b with marks that take no room are %d dots wide, want 16", w)
	}
}

func TestTextScrollsThroughAPanel(t *testing.T) {
	whole := drawn(Text, "请到3号窗口", 1)
	for x := -whole.Rect.Dx() - 2; x < 66; x++ {
		panel := NewBitmap(64, 16)
		if end := Draw(panel, x, 0, "请到3号窗口", 1); end != x+whole.Rect.Dx() {
			t.Fatalf("drawn from %d the text ends at %d", x, end)
		}
		for i := range 64 * 16 {
			if panel.On(i%64, i/64) != whole.On(i%64-x, i/64) {
				t.Fatalf("drawn from %d the dot %d, %d is wrong", x, i%64, i/64)
			}
		}
	}
}

func TestAnyTextCanBeDrawnAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Face(rapid.IntRange(0, 4).Draw(t, "face"))
		s := rapid.String().Draw(t, "text")
		x, y := rapid.IntRange(-200, 200).Draw(t, "x"), rapid.IntRange(-50, 50).Draw(t, "y")
		scale := rapid.IntRange(-1, 3).Draw(t, "scale")
		b := NewBitmap(rapid.IntRange(0, 70).Draw(t, "w"), rapid.IntRange(0, 20).Draw(t, "h"))
		if end := f.Draw(b, x, y, s, scale); end != x+f.Width(s, scale) {
			t.Fatalf("text ends at %d, want %d", end, x+f.Width(s, scale))
		}
	})
}

func TestDrawingAllocatesNothing(t *testing.T) {
	b := NewBitmap(64, 16)
	if n := testing.AllocsPerRun(100, func() { Draw(b, 0, 0, "A012请到3号", 1) }); n != 0 {
		t.Errorf("a line makes %v allocations, want 0", n)
	}
}

func TestEveryCharacterOfGB2312HasAGlyph(t *testing.T) {
	n := 0
	for row := byte(0xa1); row <= 0xf7; row++ {
		for cell := byte(0xa1); cell <= 0xfe; cell++ {
			b, err := simplifiedchinese.GBK.NewDecoder().Bytes([]byte{row, cell})
			r := []rune(string(b))
			if err != nil || len(r) != 1 || r[0] == unicode.ReplacementChar || row >= 0xaa && row < 0xb0 || !unicode.IsGraphic(r[0]) || unicode.Is(unicode.Co, r[0]) {
				continue // not assigned
			}
			if row == 0xa8 && cell >= 0xbb && cell <= 0xc0 || row == 0xa6 && cell >= 0xd9 || row == 0xa2 && cell <= 0xaa {
				continue // letters and signs that GBK has put between those of GB 2312
			}
			n++
			if !Has(r[0]) {
				t.Errorf("no glyph for U+%04X %c (%x%x)", r[0], r[0], row, cell)
			}
		}
	}
	if n < 7445 {
		t.Errorf("%d characters looked at, GB 2312 has 7,445", n)
	}
}
