package escpos

import (
	"fmt"
	"strings"
	"testing"
)

// onSerial returns the profile on a line of that speed.
func onSerial(t *testing.T, name string, baud int) Profile {
	t.Helper()
	p := profileNamed(t, name)
	p.Baud = baud
	return p
}

// pictures returns what a slip is made of: its texts, and "picture W×H" with bytes and lines of each band.
func pictures(t *testing.T, raw []byte) (parts []string, bytes int) {
	t.Helper()
	cmds, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cmds {
		switch c.Op {
		case OpText:
			parts = append(parts, c.Text)
		case OpRaster:
			parts = append(parts, fmt.Sprintf("picture %d×%d", c.Width, len(c.Data)/c.Width))
			bytes += len(c.Data)
		}
	}
	return parts, bytes
}

func TestSerialPrinterNeverGetsAWholeSlipAsPicture(t *testing.T) {
	p := onSerial(t, "generic-58", 9600)
	if _, err := Encode(Doc{Line{Text: "A012"}}, p, block); err == nil || !strings.Contains(err.Error(), "probe printer -strip") {
		t.Errorf("error %v, want what to do", err)
	}
}

func TestRareNameOnASerialLineIsOneBandAsWideAsItself(t *testing.T) {
	raw, err := Encode(Doc{
		Line{Text: "A012", Align: Center, Size: Size{6, 6}, Bold: true}, Line{Text: "王㼆", Align: Center, Size: Size{2, 2}}, Line{Text: "社会保险"}, Cut{},
	}, onSerial(t, "gbk-58", 9600), block)
	if err != nil {
		t.Fatal(err)
	}
	parts, n := pictures(t, raw)
	if got := strings.Join(parts, ", "); got != "A012, picture 13×48, 社会保险" || n > slowMax*960 {
		t.Errorf("slip is %s with %d bytes of pictures", got, n)
	}
}

func TestPicturesOfASlipTakeTwoSecondsOfTheWireAtMost(t *testing.T) {
	var doc Doc
	for range 10 {
		doc = append(doc, Line{Text: "申请人王㼆住所㼆路一号"})
	}
	for _, baud := range []int{1200, 9600, 115200} {
		raw, err := Encode(append(doc, Cut{}), onSerial(t, "gbk-58", baud), block)
		if err != nil {
			t.Fatal(err)
		}
		parts, n := pictures(t, raw)
		if limit := slowMax * baud / 10; n > limit {
			t.Errorf("%d baud: %d bytes of pictures, want at most %d", baud, n, limit)
		}
		if last := parts[len(parts)-1]; baud < 115200 && last != "申请人王〓住所〓路一号" {
			t.Errorf("%d baud: the last line is %q, want a mark for what the font lacks", baud, last)
		}
	}
}

func TestLargeNumberAsPictureShrinksToTheTimeOfTheLine(t *testing.T) {
	for baud, want := range map[int]string{9600: "picture 19×72", 19200: "picture 31×120", 115200: "picture 37×128, picture 37×16"} {
		p := onSerial(t, "gbk-58", baud)
		p.Number = NumberRaster
		raw, err := Encode(Doc{Line{Text: "A012", Align: Center, Size: Size{6, 6}}, Line{Text: "社会保险", Size: Size{2, 2}}, Cut{}}, p, block)
		if err != nil {
			t.Fatal(err)
		}
		if parts, _ := pictures(t, raw); strings.Join(parts, ", ") != want+", 社会保险" {
			t.Errorf("%d baud: %q, want %s and the text", baud, parts, want)
		}
	}
}

func TestCodeThatTakesTooLongIsLeftOut(t *testing.T) {
	doc := Doc{Line{Text: "A012"}, QR{Text: "https://hall.example.cn/t/7Qm2xW9dKpRz4nVb", Module: 5}, Cut{}}
	for baud, want := range map[int]string{9600: "A012", 115200: "A012, picture 19×128, picture 19×17"} {
		p := onSerial(t, "gbk-58", baud)
		p.QR = false
		raw, err := Encode(doc, p, block)
		if err != nil {
			t.Fatal(err)
		}
		if parts, _ := pictures(t, raw); strings.Join(parts, ", ") != want {
			t.Errorf("%d baud: %q, want %s", baud, parts, want)
		}
	}
}
