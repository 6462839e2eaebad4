package sign_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jiaohao/firmware/sign"
)

// wire is a bus on which nobody answers.
type wire struct{ sent bytes.Buffer }

func (w *wire) Write(b []byte) (int, error) { return w.sent.Write(b) }
func (w *wire) Read([]byte) (int, error)    { return 0, io.EOF }

func frame(t *testing.T, profile string, address int, do func(*sign.Dev) error) string {
	t.Helper()
	p, err := sign.Find(profile)
	if err != nil {
		t.Fatal(err)
	}
	var w wire
	d, err := sign.New(&w, &p, address)
	if err != nil {
		t.Fatal(err)
	}
	if err := do(d); err != nil && !errors.Is(err, sign.ErrSilent) {
		t.Fatal(err)
	}
	return fmt.Sprintf("% x", w.sent.Bytes())
}

// The checks were computed by another program.
func TestFramesAreThoseOfTheProfileByteForByte(t *testing.T) {
	text := func(s string) func(*sign.Dev) error { return func(d *sign.Dev) error { return d.WriteText(s) } }
	level := func(n int) func(*sign.Dev) error { return func(d *sign.Dev) error { return d.SetIntensity(n) } }
	for _, c := range []struct {
		name, profile string
		address       int
		do            func(*sign.Dev) error
		want          string
	}{
		{"number in the middle of eight columns", "example-stx", 0x1f, text("A012"), "02 31 46 54 20 20 41 30 31 32 20 20 03 52"},
		{"Chinese in GB 2312", "example-stx", 1, text("请到4号"), "02 30 31 54 c7 eb b5 bd 34 ba c5 20 03 19"},
		{"too long is cut behind a whole character", "example-stx", 1, text("A请到4号窗口"), "02 30 31 54 41 c7 eb b5 bd 34 ba c5 03 78"},
		{"character that GB 2312 does not have", "example-stx", 1, text("喆"), "02 30 31 54 20 20 20 3f 20 20 20 20 03 49"},
		{"brightness", "example-stx", 1, level(15), "02 30 31 42 30 46 03 36"},
		{"UTF-8 with a length and a sum", "example-length", 2, text("A1"), "aa 55 02 01 00 04 00 41 31 79 0d 0a"},
		{"eight levels", "example-length", 2, level(15), "aa 55 02 02 00 02 07 0d 0d 0a"},
		{"registers", "modbus-rtu", 1, text("A012"), "01 10 00 00 00 08 10 20 20 20 20 20 20 41 30 31 32 20 20 20 20 20 20 16 4c"},
		{"no frame for the brightness", "modbus-rtu", 1, level(3), ""},
	} {
		if got := frame(t, c.profile, c.address, c.do); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, c.want)
		}
	}
}

func TestNoTextCanEndAFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := sign.Find("example-stx")
		if err != nil {
			t.Fatal(err)
		}
		var w wire
		d, err := sign.New(&w, &p, rapid.IntRange(0, 255).Draw(t, "address"))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.WriteText(rapid.String().Draw(t, "text")); err != nil {
			t.Fatal(err)
		}
		b := w.sent.Bytes()
		if len(b) != 14 || bytes.Count(b[:13], []byte{0x02}) != 1 || bytes.IndexByte(b[:13], 0x03) != 12 {
			t.Fatalf("frame % x", b)
		}
	})
}

func TestFitsTellsWhatASignShowsWhole(t *testing.T) {
	for _, c := range []struct {
		profile, text string
		want          bool
	}{
		{"example-stx", "请到4号", true}, {"example-stx", "请到4号窗", false}, {"example-stx", "喆", false}, {"example-stx", "A?", true},
		{"example-length", strings.Repeat("窗", 30), true}, {"example-length", strings.Repeat("窗", 50), false}, {"modbus-rtu", "喆", true},
	} {
		frame(t, c.profile, 1, func(d *sign.Dev) error {
			if got := d.Fits(c.text); got != c.want {
				t.Errorf("%s %q: %t", c.profile, c.text, got)
			}
			return nil
		})
	}
}

func TestSignThatDoesNotAnswerIsAnError(t *testing.T) {
	frame(t, "modbus-rtu", 7, func(d *sign.Dev) error {
		err := d.WriteText("A012")
		if !errors.Is(err, sign.ErrSilent) || !strings.Contains(err.Error(), "sign 7") {
			t.Errorf("%v", err)
		}
		return nil
	})
}

func TestMistakeInAProfileIsNamed(t *testing.T) {
	for _, c := range []struct{ profile, say string }{
		{`[{"encoding": "big5"}]`, `encoding "big5", legal are gb2312`},
		{`[{"encoding": "gbk"}]`, "frame text: 0 parts"},
		{`[{"encoding": "gbk", "columns": 65}]`, "65 columns"},
		{`[{"encoding": "gbk", "lowest": 256}]`, "lowest address 256, legal is 0 to 255"},
		{`[{"encoding": "gbk", "levels": 1}]`, "1 levels"},
		{`[{"encoding": "gbk", "text": [{"put": "bytes", "hex": "2"}]}]`, `hex "2"`},
		{`[{"encoding": "gbk", "text": [{"put": "adress"}]}]`, "part 0 (adress): legal are bytes"},
		{`[{"encoding": "gbk", "text": [{"put": "bytes", "hex": "02"}]}]`, "0 parts put the text"},
		{`[{"encoding": "gbk", "text": [{"put": "text"}, {"put": "check", "kind": "md5", "of": [0, 0]}]}]`, `kind "md5"`},
		{`[{"encoding": "gbk", "text": [{"put": "check", "kind": "sum8", "of": [0, 1]}, {"put": "text"}]}]`, "covers parts [0 1]"},
		{`[{"encoding": "gbk", "text": [{"put": "text", "size": 3}]}]`, "size 3"},
		{`[{"encoding": "gbk", "collumns": 8}]`, `unknown field "collumns"`},
		{`[]`, "no profile"},
	} {
		path := filepath.Join(t.TempDir(), "profile.json")
		if err := os.WriteFile(path, []byte(c.profile), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sign.Find(path); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v, want %q", c.profile, err, c.say)
		}
	}
	if _, err := sign.Find("epson"); err == nil || !strings.Contains(err.Error(), "modbus-rtu, example-stx, example-length") {
		t.Errorf("%v, want the names that there are", err)
	}
}

func TestWrongAddressAndStepAreRefused(t *testing.T) {
	p, err := sign.Find("example-stx")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sign.New(&wire{}, &p, 256); err == nil || !strings.Contains(err.Error(), "0 to 255") {
		t.Error(err)
	}
	var w wire
	d, err := sign.New(&w, &p, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SetIntensity(16); err == nil || !strings.Contains(err.Error(), "0 to 15") || w.sent.Len() != 0 {
		t.Error(err)
	}
}

func ExampleDev_WriteText() {
	profile, err := sign.Find("example-stx")
	if err != nil {
		fmt.Println(err)
		return
	}
	var bus wire // on a Pi: port.Open("serial:/dev/ttyUSB0?baud=9600")
	d, err := sign.New(&bus, &profile, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := d.WriteText("A012"); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%q\n", bus.sent.Bytes())
	// Output: "\x0203T  A012  \x03&"
}
