package dispenser

import (
	"fmt"
	"strconv"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// Widths of paper in dots of 1/8 mm, as [Layout] knows them.
const (
	Paper58 = 384 // 58 mm paper
	Paper80 = 576 // 80 mm paper
)

// Layout is how a slip is laid out.
type Layout struct {
	Dots  int  // printable width: [Paper58] or [Paper80]
	Again bool // a reprint, marked as such
	// Zone is where IssuedAt is shown; nil means the offset that the hub sent.
	Zone *time.Location
}

// Slip returns the paper that a citizen takes away: the number as large as the
// paper allows, the service, how many are ahead and how long it takes, marks for
// the green channel, for a number of the dispenser's own and for a reprint, the
// time by the hub's clock, a QR code of the ticket's link, and the hall's words.
//
// A ticket without link has no QR code, a ticket without time (offline) no time:
// only the hub's clock dates a fact.
func Slip(t protocol.Ticket, config *protocol.Config, layout Layout) escpos.Doc {
	title := config.Slip.Title.In(protocol.Chinese)
	if title == "" {
		title = config.HallName.In(protocol.Chinese)
	}
	doc := escpos.Doc{
		escpos.Line{Text: title, Align: escpos.Center, Bold: true},
		escpos.Line{Text: t.Number, Align: escpos.Center, Size: numberSize(t.Number, layout.Dots), Bold: true},
		escpos.Feed(feedDots / 2),
	}
	doc = append(doc, names(t, layout.Dots)...)
	doc = append(doc, marks(t, layout)...)
	doc = append(doc, facts(t, layout)...)
	if t.Link != "" && len(t.Link) <= linkMax {
		doc = append(doc, escpos.Feed(feedDots), escpos.QR{Text: t.Link, Module: qrDots}, escpos.Feed(feedDots/2),
			escpos.Line{Text: "扫码看进度 Scan for your place", Align: escpos.Center})
	}
	if footer := config.Slip.Footer.In(protocol.Chinese); footer != "" {
		doc = append(doc, escpos.Feed(feedDots/2), escpos.Line{Text: footer, Align: escpos.Center})
	}
	return append(doc, escpos.Cut{})
}

const (
	feedDots = 16  // 2 mm, between the text and the QR code: its quiet zone; half of it between other parts
	qrDots   = 5   // side of a module: a link of 60 bytes is 2.5 cm wide
	linkMax  = 120 // bytes of a link: a longer one does not fit 58 mm paper at that size
	cell     = 12  // dots of a half-width character
)

// numberSize is the largest size at which the number fits on one line, with at
// least one character's room at both sides.
func numberSize(number string, dots int) escpos.Size {
	const most = 8
	n := max(escpos.Columns(number), 1)
	w := min(max(dots/cell/(n+1), 1), most)
	return escpos.Size{W: w, H: w}
}

// names are the service in Chinese, double size if it fits on a line, and in English.
func names(t protocol.Ticket, dots int) escpos.Doc {
	zh, en := t.ServiceName[protocol.Chinese], t.ServiceName[protocol.English]
	size := escpos.Size{W: 2, H: 2}
	if escpos.Columns(zh)*2 > dots/cell {
		size = escpos.Size{W: 1, H: 2}
	}
	var doc escpos.Doc
	if zh != "" {
		doc = append(doc, escpos.Line{Text: zh, Align: escpos.Center, Size: size})
	}
	if en != "" {
		doc = append(doc, escpos.Line{Text: en, Align: escpos.Center})
	}
	return doc
}

func marks(t protocol.Ticket, layout Layout) escpos.Doc {
	var doc escpos.Doc
	if layout.Again {
		doc = append(doc, mark("重印 REPRINT"))
	}
	if t.Offline {
		doc = append(doc, mark("离线号 OFFLINE"))
	}
	switch t.Class {
	case protocol.Green:
		doc = append(doc, mark("绿色通道 GREEN"))
	case protocol.Appointment:
		doc = append(doc, mark("预约号 BOOKED"))
	}
	return doc
}

func mark(text string) escpos.Line {
	return escpos.Line{Text: "【" + text + "】", Align: escpos.Center, Bold: true}
}

func facts(t protocol.Ticket, layout Layout) escpos.Doc {
	doc := escpos.Doc{escpos.Rule{}}
	if t.Offline {
		return append(doc, escpos.Line{Text: "网络中断，请听叫号或看窗口屏"},
			escpos.Line{Text: "Hall system is away, listen for your number"})
	}
	if !layout.Again { // a reprint knows only how it was
		doc = append(doc,
			escpos.Pair{Left: "前面等候 Ahead", Right: strconv.Itoa(t.Ahead) + " 人", Bold: true},
			escpos.Pair{Left: "预计等候 Wait", Right: waitText(t.Wait)})
	}
	if at := t.IssuedAt; !at.IsZero() {
		if layout.Zone != nil {
			at = at.In(layout.Zone)
		}
		doc = append(doc, escpos.Pair{Left: "取号时间 Time", Right: at.Format("2006-01-02 15:04")})
	}
	return doc
}

// waitText says a range in whole minutes, in words short enough for 58 mm paper.
func waitText(r protocol.Range) string {
	if !r.Known {
		return "未知 unknown"
	}
	low, high := minutes(r)
	if low == high {
		return fmt.Sprintf("约%d分钟", high)
	}
	return fmt.Sprintf("约%d-%d分钟", low, high)
}

// minutes rounds a range outwards to whole minutes; nobody is promised 0.
func minutes(r protocol.Range) (low, high int64) {
	const minute = 60_000
	high = max((r.HighMS+minute-1)/minute, 1)
	low = min(max(r.LowMS/minute, 1), high)
	return low, high
}
