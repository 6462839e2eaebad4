package slip

import (
	"strconv"
	"strings"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// Matter is what a document of a window is about. Empty fields are left out.
type Matter struct {
	Number  string        // of the ticket
	Service protocol.Text // name of the service
	Window  protocol.Text // name of the window that gives the document out
	Clerk   protocol.Text // name of the clerk
	At      time.Time     // by the hub's clock
	Link    string        // of the ticket's page, for a QR code; one of more than 120 bytes is left out
}

// Paper is one of the papers that a service asks for (材料).
type Paper struct {
	Name    protocol.Text
	Missing bool
}

// Received is what a window took in and what becomes of it.
type Received struct {
	Case   string          // the office's own number of the case (受理编号); empty means none
	Papers []protocol.Text // what was handed in
	Kind   protocol.Text   // 即办件, 承诺件 and so on; empty is left out
	Due    protocol.Text   // until when there is an answer, in words; empty is left out
}

// Handing is what passes from one post to another.
type Handing struct {
	Why     protocol.Text   // 转号, 离岗顶岗, 返岗交回 and so on
	From    protocol.Text   // window and clerk that hand over
	To      protocol.Text   // window, and clerk if known, that take over
	Numbers []string        // tickets that pass, when more than one or none is the matter's
	Done    []protocol.Text // what was done so far
	Waiting int             // people in the lines that pass; 0 is left out
}

// Notice returns the one-time notice of missing papers (一次性告知单) in two copies, one for the
// applicant and one for the window: every paper of the service with a tick at those that are
// missing, the clerk's remark, the link, and a line to sign on.
func Notice(m Matter, papers []Paper, remark string, c *protocol.Config, s Style) escpos.Doc {
	var doc escpos.Doc
	for _, of := range []protocol.Text{
		protocol.Say("第一联 申请人留存", "Copy 1: applicant"),
		protocol.Say("第二联 窗口存档", "Copy 2: window"),
	} {
		p := newSheet(c, s)
		p.head(protocol.Say("一次性告知单", "Notice of missing papers"))
		p.matter(m)
		p.heading("请补齐打√的材料：", "Please bring what is ticked √:")
		names := make([]protocol.Text, len(papers))
		for i, paper := range papers {
			names[i] = paper.Name
		}
		p.list(names, func(i int) bool { return papers[i].Missing })
		p.remark(remark)
		p.add(escpos.Rule{})
		p.signature("申请人签字", "Applicant")
		p.code(m.Link)
		p.foot(of)
		doc = append(doc, p.doc...)
	}
	return doc
}

// Receipt returns the receipt for papers that were handed in (收件回执).
func Receipt(m Matter, r Received, c *protocol.Config, s Style) escpos.Doc {
	p := newSheet(c, s)
	p.head(protocol.Say("收件回执", "Receipt"))
	p.matter(m)
	p.pair("受理编号", "Case", r.Case)
	p.pair("办件类型", "Kind", r.Kind.In(p.lead()))
	p.pair("办结时限", "Due", r.Due.In(p.lead()))
	if len(r.Papers) > 0 {
		p.heading("已收材料：", "Received:")
		p.list(r.Papers, func(int) bool { return true })
	}
	p.add(escpos.Rule{})
	p.signature("经办人签字", "Clerk")
	p.code(m.Link)
	p.foot(nil)
	return p.doc
}

// HandOver returns the hand-over slip (交接单) of a transfer, or of an A/B post that is left or
// taken up again: what was done, what passes to whom, and two lines to sign on.
func HandOver(m Matter, h Handing, c *protocol.Config, s Style) escpos.Doc {
	p := newSheet(c, s)
	p.head(protocol.Say("交接单", "Hand-over slip"))
	p.matter(m)
	p.pair("事由", "Why", h.Why.In(p.lead()))
	p.pair("交出", "From", h.From.In(p.lead()))
	p.pair("接收", "To", h.To.In(p.lead()))
	p.pair("号码", "Numbers", strings.Join(h.Numbers, " "))
	if h.Waiting > 0 {
		p.pair("等候人数", "Waiting", strconv.Itoa(h.Waiting))
	}
	if len(h.Done) > 0 {
		p.heading("已办事项：", "Done so far:")
		p.list(h.Done, func(int) bool { return true })
	}
	p.add(escpos.Rule{})
	p.signature("交出人签字", "Handed over by")
	p.signature("接收人签字", "Taken over by")
	p.foot(nil)
	return p.doc
}

// Materials returns what a citizen has to bring for a service (办事材料清单), to be taken away
// without a number. It has no date: a dispenser has no clock that counts.
func Materials(v protocol.ConfigService, c *protocol.Config, s Style) escpos.Doc {
	p := newSheet(c, s)
	p.head(protocol.Say("办事材料清单", "What to bring"))
	p.lines(v.Name, p.fit(v.Name.In(p.lead()), double, tall), normal, false)
	p.add(escpos.Rule{})
	p.list(v.Materials, func(int) bool { return false })
	p.text(v.Slip)
	p.foot(protocol.Say("这不是排队号，办理请取号", "This is not a number: take one to be served"))
	return p.doc
}

// head adds the document's own name, large.
func (p *sheet) head(name protocol.Text) {
	p.lines(name, p.fit(name.In(p.lead()), double, tall), normal, true)
}

// foot adds the copy's name or a hint, the hall's name and footer, and cuts.
func (p *sheet) foot(hint protocol.Text) {
	p.add(escpos.Feed(feedDots))
	if len(hint) > 0 {
		p.lines(hint, normal, normal, false)
		p.gap()
	}
	p.title()
	p.words(p.config.Slip.Footer)
	p.add(escpos.Cut{})
}

// matter adds whose document it is.
func (p *sheet) matter(m Matter) {
	p.add(escpos.Rule{})
	p.pair("业务", "Service", m.Service.In(p.lead()))
	p.pair("号码", "Number", m.Number)
	p.pair("窗口", "Window", m.Window.In(p.lead()))
	p.pair("工作人员", "Clerk", m.Clerk.In(p.lead()))
	if !m.At.IsZero() {
		p.pair("时间", "Time", p.when(m.At))
	}
}

// pair adds a name and a value, if there is a value.
func (p *sheet) pair(zh, en, value string) {
	if value == "" {
		return
	}
	name := p.say(zh, en)
	if p.style.Large {
		p.add(escpos.Line{Text: name}, escpos.Line{Text: value, Size: p.fit(value, double, tall)})
		return
	}
	p.add(escpos.Pair{Left: name, Right: value})
}

// remark adds the clerk's own words.
func (p *sheet) remark(words string) {
	if words != "" {
		p.add(escpos.Feed(feedDots/2), escpos.Line{Text: p.say("备注", "Remark") + "：" + words, Size: p.body()})
	}
}

// signature adds a line to sign on, with room above it for a hand.
func (p *sheet) signature(zh, en string) {
	const room = 40 // dots: 5 mm
	name := p.say(zh, en) + " "
	p.add(escpos.Feed(room), escpos.Line{Text: name + strings.Repeat("_", max(p.columns(normal)-escpos.Columns(name), 8))})
}

// heading adds what a list is of, under a rule.
func (p *sheet) heading(zh, en string) {
	p.add(escpos.Rule{})
	for i, s := range p.texts(protocol.Say(zh, en)) {
		p.add(escpos.Line{Text: s, Bold: i == 0, Size: p.second()})
	}
}
