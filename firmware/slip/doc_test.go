package slip_test

import (
	"image"
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

func TestOrdinarySlipWithItsCodeHasAtMost300Bytes(t *testing.T) {
	for _, name := range []string{"gbk-58", "gbk-80"} {
		p := profile(t, name)
		for _, lang := range []protocol.Lang{protocol.Chinese, protocol.English} {
			raw := encode(t, slip.Ticket(ticket(), hall(), slip.Style{Dots: p.Dots, Lang: lang}, false), p)
			t.Logf("%s, %s first: %d bytes", name, lang, len(raw))
			if len(raw) > 300 {
				t.Errorf("%s, %s first: %d bytes, want at most 300: 0.3 s at 9600 baud", name, lang, len(raw))
			}
		}
	}
}
