package slip_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
	"jiaohao/firmware/slip"
	"jiaohao/protocol"
)

// The encoders of other people that .ci/npm holds. None knows our code, and each sends other
// commands for the same paper.
var encoders = []string{"receipt-printer-encoder", "receiptline"}

// missing skips the test, or fails it where everything must be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("JIAOHAO_FULL") == "1" {
		t.Fatalf("%s is not installed; .ci/setup installs it", what)
	}
	t.Skipf("%s is not installed; .ci/setup installs it", what)
}

// byOther returns the bytes that an encoder of .ci/npm makes of doc.
func byOther(t *testing.T, encoder string, doc escpos.Doc, dots int) []byte {
	t.Helper()
	folder, err := filepath.Abs("../../.ci/npm")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node")
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "receiptline")); err != nil {
		missing(t, "receiptline")
	}
	order, err := json.Marshal(map[string]any{"columns": dots / 12, "items": items(t, doc)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", filepath.Join(folder, "encode.mjs"), encoder)
	var errs bytes.Buffer
	node.Stdin, node.Stderr = bytes.NewReader(order), &errs
	raw, err := node.Output()
	if err != nil {
		t.Fatalf("node encode.mjs %s: %v\n%s", encoder, err, errs.String())
	}
	return raw
}

// items is doc in the words of .ci/npm/encode.mjs.
func items(t *testing.T, doc escpos.Doc) []map[string]any {
	t.Helper()
	var list []map[string]any
	line := func(text string, a escpos.Align, s escpos.Size, bold bool) {
		list = append(list, map[string]any{"text": text, "align": [...]string{"left", "center", "right"}[a], "w": max(s.W, 1), "h": max(s.H, 1), "bold": bold})
	}
	for _, item := range doc {
		switch item := item.(type) {
		case escpos.Line:
			line(item.Text, item.Align, item.Size, item.Bold)
		case escpos.Rule:
			list = append(list, map[string]any{"rule": true})
		case escpos.QR:
			list = append(list, map[string]any{"qr": item.Text, "module": item.Module})
		case escpos.Image:
			list = append(list, map[string]any{"image": picture(t, item)})
		case escpos.Cut:
			list = append(list, map[string]any{"cut": true})
		case escpos.Feed: // blank paper is not compared
		default:
			t.Fatalf("encode.mjs has no word for %T", item)
		}
	}
	return list
}

// picture is i as a PNG at the size of paper.
func picture(t *testing.T, i escpos.Image) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, i.Width*i.Dot, len(i.Bits)*8/i.Width*i.Dot))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			level := uint8(255)
			if i.Bits[y/i.Dot*i.Width/8+x/i.Dot/8]&(0x80>>(x/i.Dot%8)) != 0 {
				level = 0
			}
			img.SetGray(x, y, color.Gray{Y: level})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// plain is a slip in the words that all encoders have: characters at most six times enlarged, and
// what follows the number in one piece.
func plain(doc escpos.Doc) escpos.Doc {
	out := slices.Clone(doc)
	for i, item := range out {
		if l, ok := item.(escpos.Line); ok && l.Size.W > 6 {
			l.Size = escpos.Size{W: 6, H: 6}
			out[i] = l
		}
	}
	return out
}

// rows are the printed rows of paper without the blank ones between, which differ by line spacing.
func rows(t *testing.T, raw []byte, dots int) []string {
	t.Helper()
	img, err := escpos.Render(raw, dots, sim.DrawGlyph)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride : y*img.Stride+img.Rect.Dx()]
		if slices.Contains(row, escpos.Ink) {
			out = append(out, string(row))
		}
	}
	return out
}

// codes reads the QR codes on a picture of the paper.
func codes(t *testing.T, raw []byte, dots int) string {
	t.Helper()
	if _, err := exec.LookPath("zbarimg"); err != nil {
		missing(t, "zbarimg")
	}
	var b bytes.Buffer
	if err := png.Encode(&b, render(t, raw, dots)); err != nil {
		t.Fatal(err)
	}
	zbar := exec.CommandContext(t.Context(), "zbarimg", "-q", "--raw", "-")
	zbar.Stdin = &b
	out, err := zbar.Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// otherSlips are slips that other encoders are given too.
func otherSlips(t *testing.T, dots int) map[string]escpos.Doc {
	c, k := hall(), ticket()
	c.Slip.Logo = logo(t)
	green := k
	green.Class = protocol.Green
	s := slip.Style{Dots: dots}
	large, english := s, s
	large.Large, english.Lang = true, protocol.English
	return map[string]escpos.Doc{
		"ordinary": plain(slip.Ticket(k, c, s, false)), "green": plain(slip.Ticket(green, c, s, false)),
		"large": plain(slip.Ticket(k, c, large, false)), "English": plain(slip.Ticket(k, c, english, true)),
		"lines": {
			escpos.Line{Text: "A012", Size: escpos.Size{W: 4, H: 4}, Bold: true}, escpos.Line{Text: "右 right", Align: escpos.Right},
			escpos.Line{Text: "粗 bold", Align: escpos.Right, Bold: true, Size: escpos.Size{W: 2, H: 1}}, escpos.Line{Text: "tail", Align: escpos.Right, Size: escpos.Size{W: 1, H: 2}},
			escpos.Cut{},
		},
	}
}

// TestOtherEncodersBytesGiveTheSamePaper feeds the same content to encoders from npm and wants the
// same dots: of text and logo to the dot, of the QR code by what a reader reads.
func TestOtherEncodersBytesGiveTheSamePaper(t *testing.T) {
	for _, name := range []string{"gbk-58", "gbk-80"} {
		p := profile(t, name)
		for kind, doc := range otherSlips(t, p.Dots) {
			if name == "gbk-80" && kind != "ordinary" && kind != "lines" {
				continue // nothing new on wider paper
			}
			for _, encoder := range encoders {
				t.Run(fmt.Sprintf("%s on %s by %s", kind, name, encoder), func(t *testing.T) {
					var words escpos.Doc
					for _, item := range doc {
						if _, code := item.(escpos.QR); !code {
							words = append(words, item)
						}
					}
					ours, err := escpos.Encode(words, p, sim.DrawGlyph)
					if err != nil {
						t.Fatal(err)
					}
					want, got := rows(t, ours, p.Dots), rows(t, byOther(t, encoder, words, p.Dots), p.Dots)
					if i := firstDifference(want, got); i >= 0 {
						t.Errorf("row %d of %d differs from that of %d by %s", i, len(want), len(got), encoder)
					}
					if kind != "ordinary" {
						return // the code is the same
					}
					if got := codes(t, byOther(t, encoder, doc, p.Dots), p.Dots); got != ticket().Link {
						t.Errorf("the code of %s reads %q, want %q", encoder, got, ticket().Link)
					}
				})
			}
		}
	}
}

func firstDifference(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	return -1
}

// TestOtherEncodersRuleGoesFromMarginToMargin: each draws its rule with other characters of
// another code page.
func TestOtherEncodersRuleGoesFromMarginToMargin(t *testing.T) {
	p := profile(t, "gbk-58")
	for _, encoder := range encoders {
		got := rows(t, byOther(t, encoder, escpos.Doc{escpos.Rule{}, escpos.Cut{}}, p.Dots), p.Dots)
		if len(got) == 0 || len(got) > 3 || strings.ContainsRune(got[0], escpos.Blank) {
			t.Errorf("the rule of %s has %d rows, want 1 to 3 without a gap", encoder, len(got))
		}
	}
}

// TestQRCodesOfOurSlipsAreRead reads the code on our slips as a phone does, drawn by the printer and
// by us.
func TestQRCodesOfOurSlipsAreRead(t *testing.T) {
	for _, printer := range printers {
		p := profile(t, printer.profile)
		raw, err := escpos.Encode(slip.Ticket(ticket(), hall(), slip.Style{Dots: p.Dots}, false), p, sim.DrawGlyph)
		if err != nil {
			t.Fatal(err)
		}
		if got := codes(t, raw, p.Dots); got != ticket().Link {
			t.Errorf("%s: the code reads %q, want %q", p.Name, got, ticket().Link)
		}
	}
}
