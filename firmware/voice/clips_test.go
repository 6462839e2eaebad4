package voice

import (
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"jiaohao/firmware/voice/internal/sound"
)

// word returns a WAV file with a tone between silences, as a person records a word.
func word(hz float64, d time.Duration) *fstest.MapFile {
	pad := make([]int16, sound.Rate/4)
	s := append([]int16{}, pad...)
	for i := range sound.Samples(d) {
		s = append(s, int16(5000*math.Sin(2*math.Pi*hz*float64(i)/sound.Rate)))
	}
	return &fstest.MapFile{Data: sound.EncodePCM(append(s, pad...))}
}

// dialect is a folder with a sentence of its own that borrows all its digits.
const dialect = `{"name":"四川话","borrow":"zh-CN","call":"{number} qing3 {window}","short":"{number} {window}",
	"look":"{number} ,","join":"","window":"{label} hao4","styles":{"plain":"ling2 yi1 er4 san1 si4 wu3 liu4 qi1 ba1 jiu3"}}`

func TestADialectIsAFolderThatBorrowsTheRest(t *testing.T) {
	clips, err := Load(Demo(), fstest.MapFS{
		"zh-CN-x-sichuan/language.json": {Data: []byte(dialect)},
		"zh-CN-x-sichuan/er4.wav":       word(200, time.Second),
		"readme.txt":                    {Data: []byte("not a language")},
		"notes/old.txt":                 {Data: []byte("not a language")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(clips.Languages(), " "); got != "en zh-CN zh-CN-x-sichuan" {
		t.Errorf("languages %s", got)
	}
	call := func(number string) Announcement {
		return Announcement{Calls: []Call{{Number: number, Label: "3"}}, Languages: []string{"zh-CN-x-sichuan"}}
	}
	if got := strings.Join(clips.Words(call("A2"), "zh-CN-x-sichuan", ""), " "); got != "A er4 qing3 san1 hao4" {
		t.Errorf("words %s", got)
	}
	one, two := len(clips.Say(call("1"), nil)), len(clips.Say(call("2"), nil))
	if d := sound.Duration(two - one); d < 650*time.Millisecond {
		t.Errorf("the folder's own er4 of 1s is only %v longer than the borrowed yi1", d)
	}
}

func TestARecordedWindowNameIsSpokenAsItIs(t *testing.T) {
	clips, err := Load(Demo(), fstest.MapFS{"zh-CN/综合窗口.wav": word(200, time.Second), "zh-CN/甲乙.wav": word(200, time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	a := Announcement{Calls: []Call{{Number: "A1", Label: "3", Name: map[string]string{"zh-CN": "综合窗口", "en": "General"}}}}
	if got := strings.Join(clips.Words(a, "zh-CN", ""), " "); got != "qing3 A yi1 hao4 , dao4 综合窗口" {
		t.Errorf("by name: %s", got)
	}
	if got := strings.Join(clips.Words(a, "en", ""), " "); got != "number A one , please-go-to window three" {
		t.Errorf("in a language without a recording: %s", got)
	}
	a.Calls[0].Name, a.Calls[0].Label = nil, "甲乙"
	if got := strings.Join(clips.Words(a, "zh-CN", ""), " "); got != "qing3 A yi1 hao4 , dao4 甲乙" {
		t.Errorf("by label: %s", got)
	}
}

func TestAHallsOwnVoiceAndChimeStandOverTheDemo(t *testing.T) {
	own, err := Load(Demo(), fstest.MapFS{"chime.wav": word(500, 300*time.Millisecond), "zh-CN/qing3.wav": word(200, 2*time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	demo := demoClips(t)
	a := Announcement{Calls: []Call{{Number: "A1", Label: "3"}}, Languages: []string{"zh-CN"}}
	longer := sound.Duration(len(own.Say(a, nil)) - len(demo.Say(a, nil)))
	if longer < 1400*time.Millisecond || longer > 1650*time.Millisecond {
		t.Errorf("a please of 2s for one of 0.47s makes the call %v longer", longer)
	}
	a.Chime = true
	shorter := sound.Duration(len(demo.Say(a, nil))-len(own.Say(a, nil))) + longer
	if shorter < 800*time.Millisecond || shorter > time.Second {
		t.Errorf("a chime of 0.3s for one of 1.2s makes the call %v shorter", shorter)
	}
}

func TestAFolderThatCannotSpeakIsRefusedAtTheStart(t *testing.T) {
	lacks := fstest.MapFS{"zh-CN/language.json": {Data: []byte(strings.Replace(dialect, `"zh-CN"`, `""`, 1))}}
	for _, c := range []struct {
		name, want string
		from       []fs.FS
	}{
		{"nothing", "no language", nil},
		{"a word is missing", "zh-CN: no recording", []fs.FS{lacks}},
		{"lender unknown", `borrows from "zh-CN"`, []fs.FS{fstest.MapFS{"yue/language.json": {Data: []byte(dialect)}}}},
		{"borrows from itself", "more than 4", []fs.FS{fstest.MapFS{"zh-CN/language.json": {Data: []byte(dialect)}}}},
		{"broken file", "yue/language.json: unexpected", []fs.FS{fstest.MapFS{"yue/language.json": {Data: []byte("{")}}}},
		{"broken recording", "zh-CN/er4.wav: sound: not a WAV", []fs.FS{Demo(), fstest.MapFS{"zh-CN/er4.wav": {Data: []byte("x")}}}},
		{"silent recording", "zh-CN/er4.wav: nothing but silence", []fs.FS{Demo(), fstest.MapFS{"zh-CN/er4.wav": word(0, time.Second)}}},
		{"endless recording", "legal are at most", []fs.FS{Demo(), fstest.MapFS{"chime.wav": {Data: make([]byte, clipMax+1)}}}},
	} {
		if _, err := Load(c.from...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestTheDemoWordsAreSmallEnoughToCarry(t *testing.T) {
	total := int64(0)
	err := fs.WalkDir(Demo(), ".", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		total += info.Size()
		return err
	})
	if err != nil || total > 1<<20 {
		t.Errorf("%d bytes, %v; legal are at most 1 MB", total, err)
	}
}

// TestMandarinDigitsHaveTheirTones guards against a voice that reads pinyin as English: the
// pitch of each digit must move as its tone says.
func TestMandarinDigitsHaveTheirTones(t *testing.T) {
	l := demoClips(t).languages["zh-CN"]
	for _, name := range []string{"yi1", "san1", "qi1", "ba1", "ling2", "shi2", "er4", "si4", "liu4", "hao4", "dao4"} {
		s, _ := l.find(name)
		contour := pitches(s)
		if len(contour) < 4 {
			t.Errorf("%s: no voice in it: %v", name, contour)
			continue
		}
		first, last := mean(contour[:len(contour)/3]), mean(contour[len(contour)*2/3:])
		move := 12 * math.Log2(last/first) // semitones
		ok := false
		switch name[len(name)-1] {
		case '1':
			ok = math.Abs(move) < 2
		case '2':
			ok = move > 1
		case '4':
			ok = move < -2
		}
		if !ok {
			t.Errorf("%s moves by %+.1f semitones, from %.0f to %.0f Hz", name, move, first, last)
		}
	}
}

// pitches returns the pitch in Hz of each 30 ms of s that is voiced.
func pitches(s []int16) []float64 {
	const width = sound.Rate * 30 / 1000
	var out []float64
	for ; len(s) >= width; s = s[width/2:] {
		energy := corr(s[:width], 0)
		best, at := 0.0, 0
		for lag := sound.Rate / 250; lag <= sound.Rate/60 && lag < width*2/3; lag++ {
			if c := corr(s[:width], lag) * width / float64(width-lag); c > best {
				best, at = c, lag
			}
		}
		if at > 0 && best > 0.6*energy && energy > width*500*500 {
			out = append(out, sound.Rate/float64(at))
		}
	}
	return out
}

func corr(s []int16, lag int) float64 {
	sum := 0.0
	for i := lag; i < len(s); i++ {
		sum += float64(s[i]) * float64(s[i-lag])
	}
	return sum
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
