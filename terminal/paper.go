package terminal

import (
	"strconv"
	"strings"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/slip"
	"jiaohao/protocol"
)

// The papers that a window gives out, as choices of [KeyPrint].
const (
	paperNotice   = "notice"    // 一次性告知单
	paperReceipt  = "receipt"   // 收件回执
	paperHandOver = "hand_over" // 交接单

	choiceTick = "tick:" // and the number of a paper from 1
	choiceGo   = "go"    // the list is ticked: print
)

// The states of a paper.
const (
	paperComing  = "coming"
	paperPrinted = "printed"
	paperFailed  = "failed"
)

func papers() []string { return []string{paperNotice, paperReceipt, paperHandOver} }

func paperName(doc string) protocol.Text {
	switch doc {
	case paperNotice:
		return protocol.Say("一次性告知单", "Notice of missing papers")
	case paperReceipt:
		return protocol.Say("收件回执", "Receipt")
	}
	return protocol.Say("交接单", "Hand-over slip")
}

// paper is one that is printed, or was.
type paper struct {
	name  protocol.Text
	state string
	why   protocol.Text // of a failure
	at    time.Time
}

// shownFor is how long the clerk is told. A failure stands until it is surely read.
func (p *paper) shownFor() time.Duration {
	if p.state == paperPrinted {
		return noteFor
	}
	return answerMax
}

// job is a paper that is to be printed.
type job struct {
	name protocol.Text
	doc  escpos.Doc
}

// pressPrint opens the menu of papers, ticks its lists, and has a paper printed.
func (d *desk) pressPrint(p *Press, now time.Time) *protocol.Refusal {
	rule, _ := ruleOf(KeyPrint)
	if why := d.whyNot(rule, now); why != nil || !d.has.printer {
		return &protocol.Refusal{Code: d.whyCode(), Text: why}
	}
	tick, ticked := strings.CutPrefix(p.Choice, choiceTick)
	switch {
	case p.Choice == "":
		d.openMenu(rule, now)
	case p.Choice == paperHandOver:
		d.print(paperHandOver, nil, now)
	case p.Choice == paperNotice || p.Choice == paperReceipt:
		return d.askPapers(p.Choice, now)
	case d.menu == nil || !d.menu.Multi:
		return unknownChoice(p.Choice)
	case ticked:
		n, err := strconv.Atoi(tick)
		if err != nil || n < 1 || n > len(d.menu.Options) {
			return unknownChoice(p.Choice)
		}
		d.menu.at = now
		d.menu.Options[n-1].On = !d.menu.Options[n-1].On
	case p.Choice == choiceGo:
		return d.printTicked(now)
	default:
		return unknownChoice(p.Choice)
	}
	return nil
}

func (d *desk) paperOptions() []Option {
	var list []Option
	for i, doc := range papers() {
		if doc != paperHandOver && d.window.Current == nil {
			continue
		}
		list = append(list, Option{No: strconv.Itoa(i + 1), Choice: doc, Label: paperName(doc)})
	}
	return list
}

// askPapers asks which papers are missing, or were handed in. A receipt needs no list.
func (d *desk) askPapers(doc string, now time.Time) *protocol.Refusal {
	if d.window.Current == nil {
		return protocol.Refuse(protocol.WrongStage, "窗口没有当前号", "No ticket is at the window")
	}
	var list []Option
	for i, name := range d.materials() {
		n := strconv.Itoa(i + 1)
		list = append(list, Option{No: n, Choice: choiceTick + n, Label: name})
	}
	if len(list) == 0 && doc == paperNotice {
		return protocol.Refuse(protocol.WrongStage, "本业务没有配置材料清单", "The hall's plan names no papers for this service")
	}
	if len(list) == 0 {
		d.print(doc, nil, now)
		return nil
	}
	what := protocol.Say("勾选缺少的材料，再按确认打印", "Tick what is missing, then confirm")
	if doc == paperReceipt {
		what = protocol.Say("勾选已收的材料，再按确认打印", "Tick what was handed in, then confirm")
	}
	name, number := paperName(doc), d.window.Current.Number
	d.menu = &menu{key: KeyPrint, at: now, doc: doc, Menu: Menu{
		Key: KeyPrint, Multi: true, Options: list[:min(len(list), choicesMax)], Text: what,
		Title: protocol.Say(name.In(protocol.Chinese)+" "+number, name.In(protocol.English)+" "+number),
	}}
	return nil
}

func (d *desk) materials() []protocol.Text {
	for _, s := range d.plan().Services {
		if s.Service == d.window.Current.Service {
			return s.Materials
		}
	}
	return nil
}

func (d *desk) printTicked(now time.Time) *protocol.Refusal {
	on := make([]bool, len(d.menu.Options))
	any := false
	for i, o := range d.menu.Options {
		on[i], any = o.On, any || o.On
	}
	if !any {
		return protocol.Refuse(protocol.BadRequest, "请至少勾选一项", "Tick at least one")
	}
	d.print(d.menu.doc, on, now)
	return nil
}

// print lays a paper out; the terminal prints it.
func (d *desk) print(doc string, on []bool, now time.Time) {
	config, w := d.plan(), d.window
	m := slip.Matter{Window: w.Name, Clerk: w.ClerkName, At: d.clock.now(now)}
	if c := w.Current; c != nil {
		m.Number, m.Service = c.Number, c.ServiceName
	}
	style := slip.Style{Dots: d.has.profile.Dots, Lang: d.lang(), Zone: d.zone}
	j := &job{name: paperName(doc)}
	switch doc {
	case paperNotice:
		var list []slip.Paper
		for i, name := range d.materials() {
			list = append(list, slip.Paper{Name: name, Missing: i < len(on) && on[i]})
		}
		j.doc = slip.Notice(m, list, "", config, style)
	case paperReceipt:
		r := slip.Received{}
		for i, name := range d.materials() {
			if i < len(on) && on[i] {
				r.Papers = append(r.Papers, name)
			}
		}
		j.doc = slip.Receipt(m, r, config, style)
	default:
		j.doc = slip.HandOver(m, d.handing(), config, style)
	}
	d.menu, d.job = nil, j
	d.paper = &paper{name: j.name, state: paperComing, at: now}
}

// handing is what passes from this post to its partner.
func (d *desk) handing() slip.Handing {
	w := d.window
	from := protocol.Say(w.Name.In(protocol.Chinese)+" "+w.ClerkName.In(protocol.Chinese), w.Name.In(protocol.English)+" "+w.ClerkName.In(protocol.English))
	h := slip.Handing{Why: protocol.Say("交接班", "Change of post"), From: from, Waiting: w.Waiting}
	if p := w.Partner; p != nil {
		h.To = p.Name
	}
	for _, held := range w.HeldHere {
		h.Numbers = append(h.Numbers, held.Number)
	}
	return h
}

// printed takes in how a paper came out; why is empty when it did.
func (d *desk) printed(why protocol.Text, now time.Time) {
	if d.paper == nil {
		return
	}
	d.paper.state, d.paper.why, d.paper.at = paperPrinted, why, now
	if len(why) > 0 {
		d.paper.state = paperFailed
	}
}

func (d *desk) paperView() *PaperView {
	p := d.paper
	if p == nil {
		return nil
	}
	zh, en := p.name.In(protocol.Chinese), p.name.In(protocol.English)
	switch p.state {
	case paperComing:
		return &PaperView{p.state, protocol.Say("正在打印"+zh+"…", "Printing: "+en+"…")}
	case paperPrinted:
		return &PaperView{p.state, protocol.Say(zh+"已打印", en+": printed")}
	}
	return &PaperView{p.state, protocol.Say(zh+"没有打印出来。"+p.why.In(protocol.Chinese), en+": not printed. "+p.why.In(protocol.English))}
}
