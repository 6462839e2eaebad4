package slip_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/slip"
	"jiaohao/protocol"
)

// printed returns the lines of text on the paper, as the printer reads them.
func printed(t testing.TB, doc escpos.Doc, p escpos.Profile) []string {
	t.Helper()
	cmds, err := escpos.Parse(encode(t, doc, p))
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{""}
	for _, c := range cmds {
		lines[len(lines)-1] += c.Text
		if c.Op == escpos.OpLine {
			lines = append(lines, "")
		}
	}
	return lines
}

func text(t testing.TB, doc escpos.Doc) string {
	return strings.Join(printed(t, doc, profile(t, "gbk-58")), "\n")
}

func wants(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not on the paper:\n%s", part, got)
		}
	}
}

func TestNumberIsTheFirstThatThePrinterGets(t *testing.T) {
	for _, name := range []string{"gbk-58", "gbk-80"} {
		p := profile(t, name)
		for _, s := range slip.Samples(hall(), slip.Style{Dots: p.Dots})[:5] {
			if lines := printed(t, s.Doc, p); lines[0] != "A012" && lines[0] != "Y003" {
				t.Errorf("%s on %s begins with %q, want the number", s.Name, name, lines[0])
			}
		}
	}
}

func TestSlipKeepsToTheHallsLanguages(t *testing.T) {
	s := slip.Style{Dots: 384}
	for _, c := range []struct {
		langs  []protocol.Lang
		reader protocol.Lang
		has    []string
		not    string
	}{
		{nil, "", []string{"社会保险\nSocial insurance", "前面等候 Ahead", "12 人", "约10-20分钟"}, "min"},
		{nil, protocol.English, []string{"Social insurance\n社会保险", "Ahead 前面等候", "10-20 min"}, "12 人"},
		{[]protocol.Lang{protocol.Chinese}, protocol.English, []string{"社会保险", "前面等候  ", "12 人"}, "Ahead"},
		{[]protocol.Lang{protocol.English}, "", []string{"Social insurance", "Ahead  ", "Enquiries"}, "社会"},
		{[]protocol.Lang{protocol.English, protocol.Chinese}, protocol.Chinese, []string{"社会保险\nSocial insurance"}, "min"},
	} {
		config := hall()
		config.Slip.Languages = c.langs
		s.Lang = c.reader
		got := text(t, slip.Ticket(ticket(), config, s, false))
		wants(t, got, c.has...)
		if strings.Contains(got, c.not) {
			t.Errorf("languages %v, reader %q: %q is on the slip:\n%s", c.langs, c.reader, c.not, got)
		}
	}
}

func TestOfflineSlipShowsNoTimeAndNoReprintOldFacts(t *testing.T) {
	own := ticket()
	own.Offline, own.Link = true, ""
	if got := text(t, slip.Ticket(own, hall(), slip.Style{Dots: 384}, false)); strings.Contains(got, "2026") || strings.Contains(got, "12 人") {
		t.Errorf("a slip of the dispenser's own shows what only the hub knows:\n%s", got)
	}
	if got := text(t, slip.Ticket(ticket(), hall(), slip.Style{Dots: 384}, true)); strings.Contains(got, "12 人") || !strings.Contains(got, "【重印 REPRINT】") {
		t.Errorf("a reprint is not marked, or shows how it was:\n%s", got)
	}
}

func TestTimeIsShownWhereTheHallIs(t *testing.T) {
	k := ticket()
	k.IssuedAt = time.Date(2026, 11, 23, 1, 58, 0, 0, time.UTC)
	wants(t, text(t, slip.Ticket(k, hall(), slip.Style{Dots: 384, Zone: time.FixedZone("", 8*3600)}, false)), "2026-11-23 09:58")
}

func TestLongestLinkFitsNarrowPaperAndALongerOneCostsNoSlip(t *testing.T) {
	for n, codes := range map[int]int{120: 1, 121: 0, 2000: 0} {
		k := ticket()
		k.Link = "http://" + strings.Repeat("a", n-7)
		got := 0
		for _, item := range slip.Ticket(k, hall(), slip.Style{Dots: 384}, false) {
			if _, code := item.(escpos.QR); code {
				got++
			}
		}
		if got != codes {
			t.Errorf("link of %d bytes: %d codes, want %d", n, got, codes)
		}
		encode(t, slip.Ticket(k, hall(), slip.Style{Dots: 384}, false), profile(t, "generic-58"))
	}
}

func TestHallsTextsCarryNothingToThePrinterButText(t *testing.T) {
	c := hall()
	c.HallName = protocol.Say("政\x1b@务\x00", "")
	c.Slip.Header, c.Slip.Footer = protocol.Say("\u202e反\u2066写\u200f", ""), protocol.Say("热线\x1dV\x0012345\n第二行", "")
	c.Slip.Parts = append(protocol.DefaultSlipParts(), protocol.PartRule)
	got := text(t, slip.Ticket(ticket(), c, slip.Style{Dots: 384}, false))
	wants(t, got, "政@务\n", "反写\n", "热线V12345 第二行\n")
}

func TestNoticeComesTwiceWithTicksAndALineToSignOn(t *testing.T) {
	m := slip.Matter{Number: "A012", Service: protocol.Say("社会保险", "Social insurance"), Window: protocol.Say("3号窗口", "Window 3"), Clerk: protocol.Say("王丽", "Wang Li"), At: ticket().IssuedAt}
	papers := []slip.Paper{{Name: protocol.Say("身份证", "Identity card")}, {Name: protocol.Say("户口簿", "Household book"), Missing: true}}
	doc := slip.Notice(m, papers, "户口簿须为原件", hall(), slip.Style{Dots: 384})
	got := text(t, doc)
	for _, part := range []string{"一次性告知单", "A012", "3号窗口", "王丽", "□ 身份证", "√ 户口簿", "备注 Remark：户口簿须为原件", "申请人签字 Applicant ____", "2026-11-23 09:58"} {
		if n := strings.Count(got, part); n != 2 {
			t.Errorf("%q is there %d times, want on both copies:\n%s", part, n, got)
		}
	}
	wants(t, got, "第一联 申请人留存", "第二联 窗口存档")
	cuts := 0
	for _, item := range doc {
		if _, cut := item.(escpos.Cut); cut {
			cuts++
		}
	}
	if cuts != 2 {
		t.Errorf("%d cuts, want one behind each copy", cuts)
	}
}

func TestReceiptAndHandOverSayWhatPassed(t *testing.T) {
	m := slip.Matter{Number: "A012", Service: protocol.Say("社会保险", "Social insurance")}
	receipt := slip.Receipt(m, slip.Received{Case: "2026-125", Papers: []protocol.Text{protocol.Say("身份证", "")}, Kind: protocol.Say("承诺件", ""), Due: protocol.Say("5个工作日内", "")}, hall(), slip.Style{Dots: 576})
	wants(t, text(t, receipt), "收件回执", "2026-125", "承诺件", "5个工作日内", "√ 身份证", "经办人签字")
	hand := slip.HandOver(m, slip.Handing{
		Why: protocol.Say("离岗顶岗", ""), From: protocol.Say("3号窗口 王丽", ""), To: protocol.Say("4号窗口", ""),
		Numbers: []string{"A011", "A013"}, Done: []protocol.Text{protocol.Say("已核验身份", "")}, Waiting: 7,
	}, hall(), slip.Style{Dots: 576})
	wants(t, text(t, hand), "交接单", "离岗顶岗", "3号窗口 王丽", "4号窗口", "A011 A013", "√ 已核验身份", "等候人数", "交出人签字", "接收人签字")
}

// TestLongestListsOfAPlanAreStillPrinted: hub plan allows 30 papers with names of 80 characters.
func TestLongestListsOfAPlanAreStillPrinted(t *testing.T) {
	list := slices.Repeat([]protocol.Text{protocol.Say(strings.Repeat("证", 80), strings.Repeat("paper ", 13)+"ab")}, 30)
	papers := make([]slip.Paper, len(list))
	for i, name := range list {
		papers[i].Name = name
	}
	for _, name := range []string{"gbk-58", "generic-58", "generic-80"} {
		p := profile(t, name)
		for _, large := range []bool{false, true} {
			s := slip.Style{Dots: p.Dots, Large: large}
			notice := slip.Notice(slip.Matter{}, papers, strings.Repeat("注", 200), hall(), s)
			cut := slices.Index(notice, escpos.Item(escpos.Cut{})) + 1
			for _, doc := range []escpos.Doc{
				notice[:cut], notice[cut:], slip.Materials(protocol.ConfigService{Materials: list}, hall(), s),
				slip.Receipt(slip.Matter{}, slip.Received{Papers: list}, hall(), s),
			} {
				if _, err := escpos.Render(encode(t, doc, p), p.Dots, box); err != nil {
					t.Errorf("%s, large %v: %v", name, large, err)
				}
			}
			encode(t, notice, p)
		}
	}
}

// TestWhateverAHallWritesComesOutOnAnyPrinter: no text of a plan may cost a citizen the slip.
func TestWhateverAHallWritesComesOutOnAnyPrinter(t *testing.T) {
	words := rapid.Custom(func(r *rapid.T) protocol.Text {
		return protocol.Say(rapid.StringN(0, 60, -1).Draw(r, "zh"), rapid.StringN(0, 60, -1).Draw(r, "en"))
	})
	rapid.Check(t, func(r *rapid.T) {
		c, k := hall(), ticket()
		c.HallName, k.ServiceName = words.Draw(r, "hall"), words.Draw(r, "service")
		c.Slip = protocol.SlipText{Header: words.Draw(r, "header"), Footer: words.Draw(r, "footer"), Large: rapid.Bool().Draw(r, "large")}
		c.Slip.Parts = append([]protocol.SlipPart{protocol.PartNumber}, rapid.Permutation(protocol.SlipParts()[1:]).Draw(r, "parts")...)
		c.Services[0].Materials, c.Services[0].Slip = []protocol.Text{words.Draw(r, "paper")}, words.Draw(r, "text")
		k.Number = rapid.StringMatching(`[A-Z]{1,2}[0-9]{3,4}`).Draw(r, "number")
		k.Class = rapid.SampledFrom([]protocol.Class{protocol.Regular, protocol.Green, protocol.Appointment}).Draw(r, "class")
		p := profile(t, rapid.SampledFrom([]string{"gbk-58", "generic-58", "gb2312-58-serial", "gbk-80"}).Draw(r, "printer"))
		doc := slip.Ticket(k, c, slip.Style{Dots: p.Dots}, rapid.Bool().Draw(r, "again"))
		raw, err := escpos.Encode(doc, p, box)
		if err != nil {
			r.Fatal(err)
		}
		if _, err := escpos.Render(raw, p.Dots, box); err != nil {
			r.Fatal(err)
		}
		if p.Charset != escpos.CharsetNone && printed(t, doc, p)[0] != k.Number {
			r.Fatalf("the slip begins with %q, want %s", printed(t, doc, p)[0], k.Number)
		}
	})
}

func ExampleTicket() {
	c := protocol.Config{HallName: protocol.Say("市政务服务大厅", "City Service Hall")}
	t := protocol.Ticket{Number: "A012", ServiceName: protocol.Say("社会保险", "Social insurance"), Ahead: 3}
	for _, item := range slip.Ticket(t, &c, slip.Style{Dots: 384}, false) {
		if line, ok := item.(escpos.Line); ok {
			fmt.Println(line.Text)
		}
	}
	// Output:
	// A012
	// 社会保险
	// Social insurance
	// 前面等候 Ahead  3 人
	// 预计等候 Wait   未知
	// 市政务服务大厅
}
