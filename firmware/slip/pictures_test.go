package slip_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
	"jiaohao/firmware/slip"
	"jiaohao/protocol"
)

var update = flag.Bool("update", false, "rewrite golden files")

const pictures = "../../docs/pictures/slips"

// printers are the profiles of the pictures: what a hall has, with and without a Chinese font.
var printers = []struct{ name, mode, profile string }{
	{"58", "text", "gbk-58"}, {"58", "raster", "generic-58"}, {"80", "text", "gbk-80"}, {"80", "raster", "generic-80"},
}

// kinds are the papers of which there are pictures in every form; of the others there is one.
var kinds = []string{"ordinary", "green", "offline", "reprint", "notice"}

// render returns the paper with its margins that a printer makes of the bytes.
func render(t *testing.T, raw []byte, dots int) *image.Paletted {
	t.Helper()
	printed, err := escpos.Render(raw, dots, sim.DrawGlyph)
	if err != nil {
		t.Fatal(err)
	}
	margin := map[int]int{384: 40, 576: 32}[dots] // of paper 58 and 80 mm wide
	sheet := image.NewPaletted(image.Rect(0, 0, dots+2*margin, printed.Rect.Dy()+16), color.Palette{color.White, color.Black})
	for y := range printed.Rect.Dy() {
		for x := range dots {
			if printed.ColorIndexAt(x, y) != escpos.Blank {
				sheet.SetColorIndex(margin+x, 8+y, 1)
			}
		}
	}
	return sheet
}

func goldenPNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	var got bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&got, img); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() // it was only read
	want, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if !sameDots(want, img) {
		t.Errorf("%s is not what it was; look at it after: go test ./firmware/slip -run Pictures -update", path)
	}
}

// sameDots compares pictures that were made with the same palette.
func sameDots(a, b image.Image) bool {
	was, ok := a.(*image.Paletted)
	is := b.(*image.Paletted)
	return ok && was.Rect == is.Rect && bytes.Equal(was.Pix, is.Pix)
}

// TestPicturesOfSlips renders every kind of slip from the bytes that a printer gets, on both
// papers, as text and as pictures, with either language first, and keeps the table of bytes.
func TestPicturesOfSlips(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "| paper | sent as | first | %s |\n%s\n", strings.Join(kinds, " | "), strings.Repeat("| --- ", 3+len(kinds))+"|")
	sheets := map[protocol.Lang][]image.Image{}
	for _, printer := range printers {
		p := profile(t, printer.profile)
		for _, lang := range []protocol.Lang{protocol.Chinese, protocol.English} {
			fmt.Fprintf(&table, "| %s mm | %s | %s |", printer.name, printer.mode, lang)
			for _, s := range slip.Samples(hall(), slip.Style{Dots: p.Dots, Lang: lang}) {
				kind := strings.Contains(strings.Join(kinds, " "), s.Name)
				if !kind && printer.mode == "raster" {
					continue
				}
				raw, err := escpos.Encode(s.Doc, p, sim.DrawGlyph)
				if err != nil {
					t.Fatal(err)
				}
				img := render(t, raw, p.Dots)
				if kind {
					fmt.Fprintf(&table, " %d |", len(raw))
					goldenPNG(t, filepath.Join(pictures, fmt.Sprintf("%s-%s-%s-%s.png", s.Name, printer.name, printer.mode, lang)), img)
				} else if printer.name == "58" && lang == protocol.Chinese {
					goldenPNG(t, filepath.Join(pictures, s.Name+".png"), img)
				}
				if printer.mode == "text" {
					sheets[lang] = append(sheets[lang], img)
				}
			}
			table.WriteByte('\n')
		}
	}
	manualTable(t, "bytes", table.String())
	for lang, list := range sheets {
		goldenPNG(t, filepath.Join(pictures, "sheet-"+string(lang)+".png"), contactSheet(list))
	}
}

// manualTable holds the table of that name in docs/printing.md against what was counted.
func manualTable(t *testing.T, name, got string) {
	t.Helper()
	const path, end = "../../docs/printing.md", "<!-- end -->"
	begin := "<!-- " + name + " -->\n"
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(doc), begin)
	was, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the table of %s", path, name)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+got+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if was != got {
		t.Errorf("the table of %s in %s is not what it was; now it is\n%s", name, path, got)
	}
}

// TestPicturesOfALayout show a hall that has changed everything: its own logo and words above and
// below, English first, what to bring and a service's own text on the slip, and a long name.
func TestPicturesOfALayout(t *testing.T) {
	c := hall()
	c.Slip = protocol.SlipText{
		Title: protocol.Say("滨河区政务服务中心", "Binhe Service Centre"), Header: protocol.Say("滨河区人民路1号", "1 Renmin Road"), Footer: protocol.Say("咨询与投诉请拨 12345", "Enquiries: 12345"),
		Parts: []protocol.SlipPart{
			protocol.PartTitle, protocol.PartRule, protocol.PartNumber, protocol.PartService, protocol.PartMarks, protocol.PartFacts,
			protocol.PartText, protocol.PartRule, protocol.PartMaterials, protocol.PartCode, protocol.PartLogo, protocol.PartHeader, protocol.PartFooter,
		},
		Logo: logo(t),
	}
	c.Services[1].Slip = protocol.Say("请先在自助区填写申请表", "Please fill in the form at the self-service desk first")
	c.Services[1].Materials = c.Services[0].Materials
	k := ticket()
	k.Service, k.ServiceName, k.Number, k.Class = "company", c.Services[1].Name, "AB1023", protocol.Appointment
	for _, printer := range printers {
		p := profile(t, printer.profile)
		for _, langs := range [][]protocol.Lang{{protocol.Chinese}, {protocol.English, protocol.Chinese}} {
			if printer.mode == "raster" {
				continue
			}
			c.Slip.Languages = langs
			raw, err := escpos.Encode(slip.Ticket(k, c, slip.Style{Dots: p.Dots}, false), p, sim.DrawGlyph)
			if err != nil {
				t.Fatal(err)
			}
			goldenPNG(t, filepath.Join(pictures, fmt.Sprintf("layout-%s-%s.png", printer.name, langs[0])), render(t, raw, p.Dots))
		}
	}
}

// logo is a picture as a plan has it, packed as devices get it.
func logo(t *testing.T) *protocol.SlipLogo {
	t.Helper()
	art, err := os.ReadFile("testdata/logo.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Fields(string(art))
	l := &protocol.SlipLogo{Width: len(rows[0])}
	for _, row := range rows {
		for x := 0; x < len(row); x += 8 {
			var b byte
			for i := range 8 {
				b = b<<1 | map[byte]byte{'#': 1}[row[x+i]]
			}
			l.Bits = append(l.Bits, b)
		}
	}
	return l
}

// contactSheet lays papers side by side at half their size.
func contactSheet(list []image.Image) image.Image {
	const gap = 12
	grey := color.Palette{color.Gray{0}, color.Gray{85}, color.Gray{170}, color.Gray{215}, color.White}
	var width, height int
	rows := [][]image.Image{list[:len(list)/2], list[len(list)/2:]}
	for _, row := range rows {
		w, h := gap, 0
		for _, img := range row {
			w, h = w+img.Bounds().Dx()/2+gap, max(h, img.Bounds().Dy()/2)
		}
		width, height = max(width, w), height+h+gap
	}
	sheet := image.NewPaletted(image.Rect(0, 0, width, height+gap), grey)
	draw.Draw(sheet, sheet.Rect, image.NewUniform(grey[3]), image.Point{}, draw.Src)
	top := gap
	for _, row := range rows {
		left, h := gap, 0
		for _, img := range row {
			half(sheet, left, top, img)
			left, h = left+img.Bounds().Dx()/2+gap, max(h, img.Bounds().Dy()/2)
		}
		top += h + gap
	}
	return sheet
}

// half draws img at half its size with its upper left corner at x0, y0.
func half(dst *image.Paletted, x0, y0 int, img image.Image) {
	for y := range img.Bounds().Dy() / 2 {
		for x := range img.Bounds().Dx() / 2 {
			dark := 0
			for i := range 4 {
				if r, _, _, _ := img.At(2*x+i%2, 2*y+i/2).RGBA(); r == 0 {
					dark++
				}
			}
			dst.SetColorIndex(x0+x, y0+y, []uint8{4, 2, 1, 0, 0}[dark])
		}
	}
}
