package slip

import (
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// Sample is a document to look at before a hall uses its layout.
type Sample struct {
	Name string // such as ordinary
	Doc  escpos.Doc
}

// Samples returns one paper of each kind in the layout of c: the first service's slip, ordinary,
// of the green channel, issued offline, reprinted, and in large print; its list of materials; a
// notice, a receipt and a hand-over slip. Numbers, times and names are made up.
func Samples(c *protocol.Config, s Style) []Sample {
	v := protocol.ConfigService{Service: "social", Prefix: "A", Name: protocol.Say("社会保险", "Social insurance")}
	if len(c.Services) > 0 {
		v = c.Services[0]
	}
	at := time.Date(2026, 11, 23, 9, 58, 0, 0, time.FixedZone("", 8*3600))
	if s.Zone != nil {
		at = time.Date(2026, 11, 23, 9, 58, 0, 0, s.Zone)
	}
	link := "http://192.168.10.20:8080/t/20261123-A012.kR3vXq8Zp1LmN5tW"
	ordinary := protocol.Ticket{
		Number: v.Prefix + "012", Service: v.Service, ServiceName: v.Name, IssuedAt: at, Ahead: 12,
		Wait: protocol.Range{Known: true, LowMS: 601_000, HighMS: 1_170_000}, Link: link,
	}
	green, offline := ordinary, ordinary
	green.Class, green.Ahead, green.Wait = protocol.Green, 2, protocol.Range{Known: true, LowMS: 100_000, HighMS: 350_000}
	offline.Number, offline.Offline, offline.IssuedAt, offline.Link = "Y003", true, time.Time{}, ""
	large := s
	large.Large = true
	m := Matter{
		Number: ordinary.Number, Service: v.Name, Window: protocol.Say("3号窗口", "Window 3"), Clerk: protocol.Say("王丽", "Wang Li"), At: at, Link: link,
	}
	papers := make([]Paper, len(v.Materials))
	for i, name := range v.Materials {
		papers[i] = Paper{Name: name, Missing: i > 0}
	}
	return []Sample{
		{"ordinary", Ticket(ordinary, c, s, false)},
		{"green", Ticket(green, c, s, false)},
		{"offline", Ticket(offline, c, s, false)},
		{"reprint", Ticket(ordinary, c, s, true)},
		{"large", Ticket(ordinary, c, large, false)},
		{"materials", Materials(v, c, s)},
		{"notice", Notice(m, papers, "", c, s)},
		{"receipt", Receipt(m, Received{
			Case: "2026-3307-00125", Papers: v.Materials, Kind: protocol.Say("承诺件", "Promised"), Due: protocol.Say("5个工作日内", "within 5 working days"),
		}, c, s)},
		{"handover", HandOver(m, Handing{
			Why: protocol.Say("转号", "Transfer"), From: protocol.Say("3号窗口 王丽", "Window 3, Wang Li"), To: protocol.Say("5号窗口", "Window 5"),
			Done: []protocol.Text{protocol.Say("已核验身份", "Identity checked"), protocol.Say("材料已齐", "Papers complete")},
		}, c, s)},
	}
}
