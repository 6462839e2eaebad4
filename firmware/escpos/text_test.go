package escpos

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestControlBytesNeverReachThePrinter(t *testing.T) {
	for in, want := range map[string]string{
		"A\x1b@012":             "A@012",
		"\x10\x04\x01社保":        "社保",
		"\x1dV\x00cut":          "Vcut",
		"line\r\nnext\ttab":     "line  next tab",
		"\x00\x7f\u0080\u009f!": "!",
		"broken \xff byte":      "broken  byte",
		"\u202eright to left":   "right to left",
		"a\u2028b\u200bc":       "abc",
		"no\u00a0break":         "no break",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCharactersThatThePrinterMayLackAreReported(t *testing.T) {
	for _, tt := range []struct {
		text string
		set  Charset
		want string
	}{
		{"政务服务中心 A012", CharsetGB2312, ""},
		{"朱镕基", CharsetGB2312, "镕"}, // a well-known name that GB 2312 lacks
		{"朱镕基", CharsetGBK, ""},
		{"王㼆", CharsetGBK, "㼆"}, // Extension A: four bytes in GB 18030
		{"𠮷田𠮷", CharsetGBK, "𠮷"},
		{"café", CharsetGBK, ""}, // é is among the pinyin letters
		{"naïve", CharsetGBK, "ï"},
		{"10–20 分钟", CharsetGB2312, ""}, // the dash is folded
		{"￥12・¥", CharsetGB2312, ""},
		{"\ue000", CharsetGBK, "\ue000"}, // private use
		{"社保", CharsetNone, "社保"},
	} {
		if got := string(Foreign(tt.text, tt.set)); got != tt.want {
			t.Errorf("Foreign(%q, %v) = %q, want %q", tt.text, tt.set, got, tt.want)
		}
	}
}

func TestOldFontIsTrustedWithTheCharactersOf1980AndNoOthers(t *testing.T) {
	n := map[Charset]int{}
	for r := rune(0x80); r < 0x30000; r++ {
		if fold(r) != r || Clean(string(r)) == "" {
			continue
		}
		for _, set := range []Charset{CharsetGB2312, CharsetGBK} {
			if trusted(encodeRune(r), set) {
				n[set]++
			}
		}
	}
	if n[CharsetGB2312] != 7445 {
		t.Errorf("%d characters are trusted, GB 2312-1980 has 7445", n[CharsetGB2312])
	}
	if n[CharsetGBK] < 21_000 || n[CharsetGBK] > 21_886 {
		t.Errorf("%d characters are trusted with GBK", n[CharsetGBK])
	}
	if got := string(Foreign("℃①ā啊座齄⑳€ⅰǹḿ〾", CharsetGB2312)); got != "⑳€ⅰǹḿ〾" {
		t.Errorf("sent as pictures are %q, want those that it lacks", got)
	}
}

func TestLongLinesBreakWhereAReaderExpects(t *testing.T) {
	for _, tt := range []struct {
		text  string
		width int
		want  []string
	}{
		{"Social insurance office", 12, []string{"Social", "insurance", "office"}},
		{"社会保险综合窗口", 10, []string{"社会保险综", "合窗口"}},
		{"请到三号窗口。谢谢", 12, []string{"请到三号窗", "口。谢谢"}}, // no full stop at the start of a line
		{"办理（养老）", 6, []string{"办理", "（养", "老）"}},    // no bracket at the end of one
		{"ABCDEFGHIJ", 4, []string{"ABCD", "EFGH", "IJ"}},
		{"  社保  ", 10, []string{"社保"}},
		{"", 10, nil},
	} {
		if got := wrap(tt.text, tt.width); !slices.Equal(got, tt.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func TestChineseIsTwiceAsWideAsLatin(t *testing.T) {
	for text, want := range map[string]int{"A012": 4, "社保": 4, "5 人": 4, "10–20": 5, "naïve": 5, "": 0} {
		if got := Columns(text); got != want {
			t.Errorf("Columns(%q) = %d, want %d", text, got, want)
		}
	}
}

// FuzzText checks that no text can carry a command: whatever comes in, the bytes for the printer
// are text and nothing else.
func FuzzText(f *testing.F) {
	for _, s := range []string{"政务服务中心", "\x1b@\x1dV\x00", "\x10\x04\x01", "\xff\xfe", "朱镕基𠮷", "a\u202eb", "\u0085"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := Clean(s)
		if !utf8.ValidString(clean) || Clean(clean) != clean {
			t.Fatalf("Clean(%q) = %q is not clean", s, clean)
		}
		for _, set := range []Charset{CharsetGB2312, CharsetGBK} {
			var b Builder
			b.Chinese(true)
			b.Text(s, set)
			cmds, err := Parse(b.Bytes())
			if err != nil {
				t.Fatalf("text %q became % x: %v", s, b.Bytes(), err)
			}
			for _, c := range cmds[1:] {
				if c.Op != OpText {
					t.Fatalf("text %q became command %+v", s, c)
				}
			}
			for _, by := range b.Bytes()[2:] {
				if by < 0x20 || by == 0x7f {
					t.Fatalf("text %q became control byte %02x", s, by)
				}
			}
		}
		for _, l := range wrap(s, 16) {
			if Columns(l) > 16 || strings.HasSuffix(l, " ") {
				t.Fatalf("wrap(%q) has line %q of %d columns", s, l, Columns(l))
			}
		}
	})
}
