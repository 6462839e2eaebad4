package slip

import (
	"strconv"
	"strings"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// Ticket returns the slip that a citizen takes away, in the order of the hall's layout: the
// number as large as the paper allows, the service, marks for a reprint, for a number of the
// dispenser's own, for the green channel and for an appointment, how many are ahead and how long
// it takes, the time by the hub's clock, a QR code of the ticket's link, and the hall's words.
//
// again marks a reprint. A ticket without link has no QR code, a ticket without time (offline) no
// time: only the hub's clock dates a fact.
func Ticket(t protocol.Ticket, c *protocol.Config, s Style, again bool) escpos.Doc {
	s.Large = s.Large || c.Slip.Large
	p := newSheet(c, s)
	parts := c.Slip.Parts
	if len(parts) == 0 {
		parts = protocol.DefaultSlipParts()
	}
	service := serviceOf(t, c)
	for _, part := range parts {
		switch part {
		case protocol.PartNumber:
			p.number(t.Number)
		case protocol.PartService:
			p.service(t.ServiceName)
		case protocol.PartMarks:
			p.marks(t, again)
		case protocol.PartFacts:
			p.facts(t, again)
		case protocol.PartText:
			p.text(service.Slip)
		case protocol.PartMaterials:
			p.materials(service.Materials)
		case protocol.PartCode:
			p.code(t.Link)
		case protocol.PartLogo:
			p.logo()
		case protocol.PartTitle:
			p.gap()
			p.title()
		case protocol.PartHeader:
			p.words(c.Slip.Header)
		case protocol.PartFooter:
			p.words(c.Slip.Footer)
		case protocol.PartRule:
			p.add(escpos.Rule{})
		}
	}
	p.add(escpos.Cut{})
	return p.doc
}

func serviceOf(t protocol.Ticket, c *protocol.Config) protocol.ConfigService {
	for _, v := range c.Services {
		if v.Service == t.Service {
			return v
		}
	}
	return protocol.ConfigService{}
}

// number adds the number at the largest size at which it fits on one line, with at least one
// character's room at both sides.
func (p *sheet) number(number string) {
	n := max(escpos.Columns(number), 1)
	w := min(max(p.columns(normal)/(n+1), 1), numberScale)
	p.line(number, escpos.Size{W: w, H: w}, false)
	p.gap()
}

// service adds what the number is for.
func (p *sheet) service(name protocol.Text) {
	sizes := []escpos.Size{double, tall}
	if p.style.Large {
		sizes = []escpos.Size{triple, double}
	}
	p.lines(name, p.fit(name.In(p.lead()), sizes...), p.second(), false)
}

func (p *sheet) marks(t protocol.Ticket, again bool) {
	if again {
		p.mark("重印", "REPRINT")
	}
	if t.Offline {
		p.mark("离线号", "OFFLINE")
	}
	switch t.Class {
	case protocol.Green:
		p.mark("绿色通道", "GREEN CHANNEL")
	case protocol.Appointment:
		p.mark("预约号", "BOOKED")
	}
}

func (p *sheet) mark(zh, en string) {
	p.line("【"+p.say(zh, en)+"】", tall, false)
}

// fact is a name and a value.
type fact struct{ name, value string }

// facts adds what the citizen wants to know, as of the issue: a reprint knows only the time.
func (p *sheet) facts(t protocol.Ticket, again bool) {
	p.gap()
	switch {
	case t.Offline:
		p.lines(protocol.Say("网络中断，请听叫号或看窗口屏", "Hall system is away, listen for your number"), p.second(), p.second(), false)
		return
	case again:
	case p.style.Large:
		p.largeFacts(t)
	default:
		p.table([]fact{
			{p.say("前面等候", "Ahead"), p.people(t.Ahead)},
			{p.say("预计等候", "Wait"), p.wait(t.Wait)},
		})
	}
	if !t.IssuedAt.IsZero() {
		p.line(p.when(t.IssuedAt), p.second(), false)
	}
}

// largeFacts adds the two facts that count in the leading language alone, which has the room.
func (p *sheet) largeFacts(t protocol.Ticket) {
	ahead, wait := "前面 "+p.people(t.Ahead), p.wait(t.Wait)
	if p.lead() == protocol.English {
		ahead = p.people(t.Ahead) + " ahead"
	}
	if !t.Wait.Known {
		wait = protocol.Say("等候时间未知", "wait unknown").In(p.lead())
	}
	p.line(ahead, p.fit(ahead, double, tall), false)
	p.line(wait, p.fit(wait, double, tall), false)
}

func (p *sheet) people(n int) string {
	if p.lead() == protocol.Chinese {
		return strconv.Itoa(n) + " 人"
	}
	return strconv.Itoa(n)
}

// wait says a range in whole minutes, in words short enough for 58 mm paper.
func (p *sheet) wait(r protocol.Range) string {
	zh := p.lead() == protocol.Chinese
	if !r.Known && zh {
		return "未知"
	}
	if !r.Known {
		return "unknown"
	}
	low, high := Minutes(r)
	text := strconv.FormatInt(high, 10)
	if low < high {
		text = strconv.FormatInt(low, 10) + "-" + text
	}
	if zh {
		return "约" + text + "分钟"
	}
	return text + " min"
}

// Minutes rounds a range of a wait outwards to whole minutes; nobody is promised 0.
func Minutes(r protocol.Range) (low, high int64) {
	const minute = 60_000
	high = max((r.HighMS+minute-1)/minute, 1)
	low = min(max(r.LowMS/minute, 1), high)
	return low, high
}

// table adds facts as a block in the middle, names at its left edge and values at its right: far
// fewer bytes than from margin to margin on wide paper, and nearer together for the eye.
func (p *sheet) table(facts []fact) {
	const gap = 2
	width := 0
	for _, f := range facts {
		width = max(width, escpos.Columns(f.name)+gap+escpos.Columns(f.value))
	}
	for _, f := range facts {
		n := width - escpos.Columns(f.name) - escpos.Columns(f.value)
		p.line(f.name+strings.Repeat(" ", n)+f.value, normal, false)
	}
}

// text adds what the hall has to say of this service.
func (p *sheet) text(t protocol.Text) {
	if t.In(p.lead()) == "" {
		return
	}
	p.gap()
	p.lines(t, p.second(), p.second(), false)
}

// materials adds what to bring, to be ticked off with a pen.
func (p *sheet) materials(list []protocol.Text) {
	if len(list) == 0 {
		return
	}
	p.gap()
	p.add(escpos.Line{Text: p.say("请备好材料：", "Please have ready:"), Bold: true, Size: p.second()})
	p.list(list, func(int) bool { return false })
}
