package slip_test

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/slip"
	"jiaohao/protocol"
)

// hall is the configuration of a dispenser in a hall with a plain layout.
func hall() *protocol.Config {
	return &protocol.Config{
		HallName:  protocol.Say("滨河区政务服务中心", "Binhe Government Service Centre"),
		Languages: []protocol.Lang{protocol.Chinese, protocol.English}, Zone: "Asia/Shanghai",
		Services: []protocol.ConfigService{{
			Service: "social", Prefix: "A", Name: protocol.Say("社会保险", "Social insurance"),
			Materials: []protocol.Text{
				protocol.Say("居民身份证原件", "Identity card"), protocol.Say("社会保障卡", "Social security card"),
				protocol.Say("《社会保险参保登记表》一式两份并加盖单位公章", "Registration form in two copies with the employer's seal"),
			},
		}, {
			Service: "company", Prefix: "D", Name: protocol.Say("企业开办、变更与注销登记（综合）", "Company registration, change and closing"),
		}},
		Slip: protocol.SlipText{Footer: protocol.Say("咨询与投诉请拨 12345", "Enquiries: 12345")},
	}
}

func ticket() protocol.Ticket {
	return protocol.Ticket{
		ID: "20261123-A012", Number: "A012", Service: "social", ServiceName: protocol.Say("社会保险", "Social insurance"), Class: protocol.Regular,
		IssuedAt: time.Date(2026, 11, 23, 9, 58, 0, 0, time.FixedZone("", 8*3600)), Ahead: 12,
		Wait: protocol.Range{Known: true, LowMS: 601_000, HighMS: 1_170_000},
		Link: "http://192.168.10.20:8080/t/20261123-A012.kR3vXq8Zp1LmN5tW",
	}
}

func profile(t testing.TB, name string) escpos.Profile {
	t.Helper()
	p, err := escpos.ProfileByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func encode(t testing.TB, doc escpos.Doc, p escpos.Profile) []byte {
	t.Helper()
	raw, err := escpos.Encode(doc, p, box)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// box draws every character as a box, which is enough where nobody looks.
func box(dst *image.Paletted, cell image.Rectangle, _ rune) {
	for y := cell.Min.Y + 1; y < cell.Max.Y; y++ {
		for x := cell.Min.X + 1; x < cell.Max.X; x++ {
			dst.SetColorIndex(x, y, escpos.Ink)
		}
	}
}

// demoHall has the words of the demo's plan: a header, a long footer and two languages.
func demoHall() *protocol.Config {
	c := hall()
	c.Services[0].Name = protocol.Say("不动产登记", "Real estate registration")
	c.Services[0].Slip = protocol.Say("请先在自助区填写申请表", "Please fill in the form at the self-service desk")
	c.Slip = protocol.SlipText{
		Header: protocol.Say("滨河区人民路1号 一楼大厅", "1 Renmin Road, ground floor"),
		Footer: protocol.Say("咨询与投诉请拨 12345", "Questions and complaints: call 12345"),
	}
	return c
}

// demoTicket is for the longest name of the demo's services.
func demoTicket() protocol.Ticket {
	k := ticket()
	k.ServiceName = demoHall().Services[0].Name
	return k
}

// size is how many bytes the slip has with only these parts of the demo hall.
func size(t testing.TB, c *protocol.Config, printer string, lang protocol.Lang, parts ...protocol.SlipPart) int {
	t.Helper()
	p := profile(t, printer)
	c.Slip.Parts = parts
	return len(encode(t, slip.Ticket(demoTicket(), c, slip.Style{Dots: p.Dots, Lang: lang}, false), p))
}

// usual are the parts of a slip of which the figure of 300 bytes is said.
var usual = []protocol.SlipPart{
	protocol.PartNumber, protocol.PartService, protocol.PartMarks, protocol.PartFacts, protocol.PartCode, protocol.PartTitle, protocol.PartFooter,
}

func TestSlipWithCodeTitleAndFooterHasAtMost300BytesInTheHallsOrder(t *testing.T) {
	for _, printer := range []string{"gbk-58", "gbk-80"} {
		for lang, most := range map[protocol.Lang]int{"": 300, protocol.English: 325} { // English words are longer
			if n := size(t, demoHall(), printer, lang, usual...); n > most {
				t.Errorf("%s, reader %q: %d bytes, want at most %d: 0.3 s at 9600 baud", printer, lang, n, most)
			}
		}
	}
}

// TestNumberGoesToThePrinterBeforeTheLogo: a logo is thousands of bytes.
func TestNumberGoesToThePrinterBeforeTheLogo(t *testing.T) {
	c := demoHall()
	c.Slip.Logo = logo(t)
	for _, name := range []string{"gbk-58", "gbk-80"} {
		p := profile(t, name)
		cmds, err := escpos.Parse(encode(t, slip.Ticket(demoTicket(), c, slip.Style{Dots: p.Dots}, false), p))
		if err != nil {
			t.Fatal(err)
		}
		text := slices.IndexFunc(cmds, func(c escpos.Command) bool { return c.Op == escpos.OpText })
		picture := slices.IndexFunc(cmds, func(c escpos.Command) bool { return c.Op == escpos.OpRaster })
		if picture < 0 || text > picture || cmds[text].Text != "A012" {
			t.Errorf("%s: command %d is the first text, %d the logo; want the number, then the logo", name, text, picture)
		}
	}
}

// TestWhatTheWordsOfAHallCostIsInTheManual keeps the second table of docs/printing.md.
func TestWhatTheWordsOfAHallCostIsInTheManual(t *testing.T) {
	var table strings.Builder
	table.WriteString("| part, in the demo's words | zh-CN | en |\n| --- | --- | --- |\n")
	langs := []protocol.Lang{protocol.Chinese, protocol.English}
	fmt.Fprintf(&table, "| number, service, facts, code |")
	base := usual[:5]
	for _, lang := range langs {
		fmt.Fprintf(&table, " %d |", size(t, demoHall(), "gbk-58", lang, base...))
	}
	for _, part := range []protocol.SlipPart{protocol.PartTitle, protocol.PartFooter, protocol.PartHeader, protocol.PartText, protocol.PartLogo} {
		fmt.Fprintf(&table, "\n| + %s |", part)
		for _, lang := range langs {
			c := demoHall()
			c.Slip.Logo = logo(t)
			fmt.Fprintf(&table, " %d |", size(t, c, "gbk-58", lang, slices.Concat(base, []protocol.SlipPart{part})...)-size(t, c, "gbk-58", lang, base...))
		}
	}
	table.WriteByte('\n')
	manualTable(t, "costs", table.String())
}
