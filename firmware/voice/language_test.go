package voice

import (
	"io/fs"
	"strings"
	"testing"
)

// demoClips loads the words that the package carries.
func demoClips(t testing.TB) *Clips {
	t.Helper()
	c, err := Load(Demo())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNumbersAndWindowsAreReadAsAClerkReadsThem(t *testing.T) {
	clips := demoClips(t)
	for _, c := range []struct {
		numbers, label, tag, style, want string
		short                            bool
	}{
		{numbers: "A012", label: "3", tag: "zh-CN", want: "qing3 A ling2 yi1 er4 hao4 , dao4 san1 hao4 chuang1kou3"},
		{numbers: "A012", label: "3", tag: "en", want: "number A zero one two , please-go-to window three"},
		{numbers: "A012", label: "3", tag: "zh-CN", style: "radio", want: "qing3 A dong4 yao1 liang3 hao4 , dao4 san1 hao4 chuang1kou3"},
		{numbers: "A012", label: "12", tag: "zh-CN", want: "qing3 A ling2 yi1 er4 hao4 , dao4 shi2 er4 hao4 chuang1kou3"},
		{numbers: "A012", label: "12", tag: "en", want: "number A zero one two , please-go-to window twelve"},
		{numbers: "7", label: "20", tag: "zh-CN", want: "qing3 qi1 hao4 , dao4 er4 shi2 hao4 chuang1kou3"},
		{numbers: "7", label: "45", tag: "zh-CN", want: "qing3 qi1 hao4 , dao4 si4 shi2 wu3 hao4 chuang1kou3"},
		{numbers: "7", label: "45", tag: "en", want: "number seven , please-go-to window forty five"},
		{numbers: "7", label: "2", tag: "zh-CN", style: "radio", want: "qing3 guai3 hao4 , dao4 er4 hao4 chuang1kou3"},
		{numbers: "7", label: "08", tag: "en", want: "number seven , please-go-to window zero eight"},
		{numbers: "7", label: "101", tag: "zh-CN", want: "qing3 qi1 hao4 , dao4 yi1 ling2 yi1 hao4 chuang1kou3"},
		{numbers: "C105", label: "B2", tag: "zh-CN", want: "qing3 C yi1 ling2 wu3 hao4 , dao4 B er4 hao4 chuang1kou3"},
		{numbers: "C105", label: "B2", tag: "en", want: "number C one zero five , please-go-to window B two"},
		{numbers: "a-01 2", label: "B-12", tag: "en", want: "number A zero one two , please-go-to window B twelve"},
		{numbers: "Ａ０１２", label: "３", tag: "en", want: "number A zero one two , please-go-to window three"},
		{numbers: "A012", label: "3", tag: "zh-CN", short: true, want: "A ling2 yi1 er4 hao4 , san1 hao4 chuang1kou3"},
		{numbers: "A012 + A013", label: "3", tag: "en", want: "number A zero one two , A zero one three , please-go-to window three"},
		{numbers: "A012", label: "综合", tag: "zh-CN", want: "qing3 A ling2 yi1 er4 hao4 , kan4ping2mu4"},
		{numbers: "A012", label: "", tag: "en", want: "number A zero one two , please-look-at-the-screen"},
		{numbers: "甲012", label: "3", tag: "zh-CN", want: ""},
		{numbers: "A012 + 甲012", label: "3", tag: "zh-CN", want: ""},
		{numbers: "---", label: "3", tag: "zh-CN", want: ""},
		{numbers: "A012", label: "3", tag: "fr", want: ""},
		{numbers: "A012", label: "3", tag: "en", style: "radio", want: "number A zero one two , please-go-to window three"},
	} {
		a := Announcement{Short: c.short}
		for number := range strings.SplitSeq(c.numbers, " + ") {
			a.Calls = append(a.Calls, Call{Number: number, Label: c.label})
		}
		if got := strings.Join(clips.Words(a, c.tag, c.style), " "); got != c.want {
			t.Errorf("%s to %q in %s %s:\n got %s\nwant %s", c.numbers, c.label, c.tag, c.style, got, c.want)
		}
	}
}

func TestALanguageFileThatCannotWorkIsRefused(t *testing.T) {
	data, err := fs.ReadFile(Demo(), "en/language.json")
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	for _, c := range []struct{ old, new, want string }{
		{`"call":`, `"cal":`, "unknown field"},
		{`number {number} , please-go-to {window}`, `number {number}`, `legal are "{number} {window}"`},
		{`number {number} , please-go-to {window}`, `{number} {number} {window}`, `legal are "{number} {window}"`},
		{`"window {label}"`, `"window"`, `legal are "{label}"`},
		{`"plain"`, `"fancy"`, `"plain" is needed`},
		{`zero one`, `one`, "9 words, legal are 10"},
		{`"10":`, `"100":`, "legal are 10 to 99"},
		{`"10":`, `"05":`, "legal are 10 to 99"},
		{`{`, `[`, "invalid character"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Fatalf("%q is not in the file", c.old)
		}
		if _, err := ParseLanguage([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: error %v, want one with %q", c.new, c.old, err, c.want)
		}
	}
}

func FuzzNoLabelBreaksTheReader(f *testing.F) {
	clips := demoClips(f)
	f.Add("A012", "3")
	f.Add("甲\xff０", "B-12 号")
	f.Fuzz(func(t *testing.T, number, label string) {
		a := Announcement{Calls: []Call{{Number: number, Label: label, Languages: clips.Languages()}}}
		for _, tag := range clips.Languages() {
			for _, word := range clips.Words(a, tag, Plain) {
				if _, ok := clips.languages[tag].find(word); !ok && word != Pause {
					t.Errorf("%q to %q: no recording of %q", number, label, word)
				}
			}
		}
	})
}
