package escpos

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestUnknownBytesAreNamedWithTheirOffset(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"ab\x01", "offset 2: 01 begins no known command"},
		{"\x1b@\x1bZ", "offset 2: 1b 5a begins no known command"},
		{"\x1ba\x03", "offset 0: argument 3 of 1b 61 is not from 0 to 2"},
		{"\x1d!\x08", "offset 0: argument 8 of 1d 21"},
		{"\x10\x04\x05", "offset 0: argument 5 of 10 04 is not from 1 to 4"},
		{"\x1dV\x02", "cut form 2"},
		{"\x1bt\x05", "code page 5 is not 0 (PC437), 1 (Katakana) or 16"},
		{"\x1c&\xd5\x30", "offset 2: d5 30 is not a two-byte Chinese character"},
		{"\x1c&\xaa\xa1", "offset 2: aa a1 is not"}, // private use
		{"\x1dv0\x01\x01\x00\x01\x00\xff", "picture form 30 01"},
		{"\x1dv0\x00\x00\x00\x01\x00", "picture of 0 bytes by 1 lines"},
		{"\x1dv0\x00\xff\xff\xff\xff", "picture of 65535 bytes by 65535 lines"},
		{"\x1d(k\x03\x001Z1", "QR function 31 5a 31 is not known"},
		{"\x1d(k\x03\x001C\x00", "QR function"},
		{"\x1d(k\xff\xff1P0", "is not a QR function of 3 to 303 bytes"},
		{"\x1b", "offset 0: command is not complete"},
		{"ok\x1bJ", "offset 2: command is not complete"},
		{"\x1dv0\x00\x01\x00\x02\x00\xff", "not complete"},
		{"\x1c&\xd5", "offset 2: command is not complete"},
	} {
		cmds, err := Parse([]byte(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, %v; want %q", tt.in, cmds, err, tt.want)
		}
		if strings.Contains(tt.want, "not complete") && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v is not an unexpected end", tt.in, err)
		}
	}
}

func TestBytesMeanWhatTheModeSays(t *testing.T) {
	cmds, err := Parse([]byte("\x1c&\xc9\xe7\x1b@\xc9\x1bt\x10\xe9"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, c := range cmds {
		if c.Op == OpText {
			texts = append(texts, c.Text)
		}
	}
	// ESC @ ends Chinese mode: the same byte is then a box of PC437, and é of Windows-1252.
	if got, want := strings.Join(texts, " "), "社 ╔ é"; got != want {
		t.Errorf("read %q, want %q", got, want)
	}
}

func TestFormsOfCut(t *testing.T) {
	for in, feed := range map[string]int{"\x1dV\x00": 0, "\x1dV\x31": 0, "\x1dV\x42\x10": 16, "\x1dVA\x00": 0} {
		cmds, err := Parse([]byte(in))
		if err != nil || len(cmds) != 1 || cmds[0].Op != OpCut || cmds[0].N != feed {
			t.Errorf("%q: %+v, %v; want a cut after %d dots", in, cmds, err, feed)
		}
	}
}

// whole is a slip with every kind of item.
func whole(t testing.TB, profile string) []byte {
	t.Helper()
	b, err := Encode(Doc{
		Line{Text: "政务服务中心", Align: Center, Size: Size{2, 2}, Bold: true},
		Rule{}, Pair{Left: "取号时间", Right: "09:01"}, Feed(300),
		QR{Text: "https://a.cn/t/1"}, Line{Text: "王㼆"}, Cut{},
	}, profileNamed(t, profile), block)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStreamReadByteByByteIsTheSameAsWhole(t *testing.T) {
	for _, name := range ProfileNames() {
		in := whole(t, name)
		want, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		var d Decoder
		var got []Command
		var buf []byte
		for _, b := range in {
			buf = append(buf, b)
			c, n, err := d.Next(buf)
			if errors.Is(err, ErrShort) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if last := len(got) - 1; c.Op == OpText && last >= 0 && got[last].Op == OpText {
				got[last].Text += c.Text // a stream brings text in pieces
			} else {
				c.Data = bytes.Clone(c.Data)
				got = append(got, c)
			}
			buf = buf[n:]
		}
		if len(buf) > 0 || len(got) != len(want) {
			t.Fatalf("%s: %d commands and %d bytes left, want %d and none", name, len(got), len(buf), len(want))
		}
		for i := range want {
			if !same(got[i], want[i]) {
				t.Errorf("%s: command %d is %+v, want %+v", name, i, got[i], want[i])
			}
		}
	}
}

// FuzzParse checks that no input breaks the reader or the paper, that each command takes at least
// a byte, and that an error names an offset inside the input.
func FuzzParse(f *testing.F) {
	for _, name := range ProfileNames() {
		f.Add(whole(f, name))
	}
	f.Add([]byte("\x1d(k\x03\x001Q0"))
	f.Add([]byte("\x1d!\x77\x1c&\xc9\xe7\xc9\xe7"))
	f.Fuzz(func(t *testing.T, p []byte) {
		var d Decoder
		for rest := p; len(rest) > 0; {
			_, n, err := d.Next(rest)
			if err != nil {
				break
			}
			if n < 1 || n > len(rest) {
				t.Fatalf("command of %d bytes in %d", n, len(rest))
			}
			rest = rest[n:]
		}
		img, err := Render(p, 384, block)
		if img == nil || err != nil && !strings.HasPrefix(err.Error(), "escpos: ") {
			t.Fatalf("picture %v, error %v", img, err)
		}
	})
}
