package terminal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/protocol"
)

// Menu is what a key asks before it does anything.
type Menu struct {
	Key     KeyID         `json:"key"`
	Title   protocol.Text `json:"title"`
	Text    protocol.Text `json:"text,omitempty"`
	Options []Option      `json:"options,omitempty"`
	Form    *Form         `json:"form,omitempty"`  // to be filled in, instead of options
	Typed   string        `json:"typed,omitempty"` // first digit of an option's number
	Multi   bool          `json:"multi,omitempty"` // options are ticked, and the big key goes on
}

// Option is one thing to choose.
type Option struct {
	No     string        `json:"no"`     // to be typed
	Choice string        `json:"choice"` // to be sent back
	Label  protocol.Text `json:"label"`
	Group  protocol.Text `json:"group,omitempty"` // heading above it and those that follow
	On     bool          `json:"on,omitempty"`    // ticked
}

// Form is what has to be written.
type Form struct {
	Choice  string        `json:"choice,omitempty"` // to be sent back
	Ticket  bool          `json:"ticket,omitempty"`
	Manager bool          `json:"manager,omitempty"` // id and PIN
	Reason  string        `json:"reason"`            // as proposed
	Submit  protocol.Text `json:"submit"`
}

// menu is an open menu.
type menu struct {
	Menu
	key KeyID
	at  time.Time
	do  protocol.Action // of an override
	doc string          // the paper whose list is ticked
}

const (
	choiceOther = "other" // a reason that is written
	choiceNone  = "none"  // no reason
	choiceYes   = "yes"
	toService   = "service:"
	toWindow    = "window:"
)

// reasons are what is offered where a reason helps. The hall's own reasons for
// a pause come with its configuration.
func holdReasons() []protocol.Text {
	return []protocol.Text{
		protocol.Say("补材料", "Fetching papers"),
		protocol.Say("去复印", "Copying"),
		protocol.Say("去缴费", "Paying"),
		protocol.Say("等系统", "Waiting for a system"),
	}
}

func helpReasons() []protocol.Text {
	return []protocol.Text{
		protocol.Say("请值班经理到场", "A manager, please"),
		protocol.Say("现场秩序，请保安到场", "Trouble: security, please"),
		protocol.Say("有人身体不适", "Somebody is unwell"),
		protocol.Say("设备故障", "A machine is broken"),
	}
}

func (d *desk) pauseReasons() []protocol.Text {
	if len(d.plan().Reasons) > 0 {
		return d.plan().Reasons
	}
	return []protocol.Text{protocol.Say("短暂离岗", "Short break"), protocol.Say("用餐", "Meal"), protocol.Say("会议", "Meeting")}
}

func resultText(r protocol.Result) protocol.Text {
	switch r {
	case protocol.Done:
		return protocol.Say("办结", "Done")
	case protocol.Immediate:
		return protocol.Say("即办件", "Done at once")
	case protocol.Promised:
		return protocol.Say("承诺件", "Promised by a date")
	case protocol.Joint:
		return protocol.Say("联办件", "Joint with others")
	case protocol.Returned:
		return protocol.Say("退回件（须注明原因）", "Returned (with a reason)")
	case protocol.Supplement:
		return protocol.Say("补办件", "Papers to follow")
	case protocol.Urgent:
		return protocol.Say("急办件", "Urgent")
	case protocol.Reported:
		return protocol.Say("上报件", "Passed upward")
	case protocol.Consultation:
		return protocol.Say("咨询", "Advice only")
	}
	return protocol.Say(string(r), string(r))
}

// openMenu makes the menu of a key.
func (d *desk) openMenu(rule keyRule, now time.Time) {
	m := &menu{key: rule.id, at: now, Menu: Menu{Key: rule.id, Title: rule.label}}
	number := ""
	if d.window.Current != nil {
		number = " " + d.window.Current.Number
	}
	title := func(zh, en string) { m.Title = protocol.Say(zh+number, en+number) }
	switch rule.id {
	case KeyFinish:
		title("办结", "Finish")
		for i, r := range protocol.Results() {
			m.Options = append(m.Options, Option{No: strconv.Itoa(i), Choice: string(r), Label: resultText(r)})
		}
	case KeyHold:
		title("挂起", "Hold")
		m.Options = append([]Option{{No: "0", Choice: choiceNone, Label: protocol.Say("不注明原因", "No reason")}}, reasonOptions(holdReasons())...)
	case KeyPause:
		m.Title = protocol.Say("暂停服务，原因是？", "Pause: what is the reason?")
		m.Options = reasonOptions(d.pauseReasons())
	case KeyHelp:
		m.Title = protocol.Say("求助", "Ask for help")
		m.Options = reasonOptions(helpReasons())
	case KeyTransfer:
		title("转号", "Transfer")
		m.Text = protocol.Say("号码不变，按原取号时间排队。", "The number stays, and so does its place by time.")
		m.Options = d.targets()
	case KeyResume:
		m.Title = protocol.Say("恢复挂起的号", "Bring back a held number")
		m.Options = d.heldOptions()
	case KeyPrint:
		m.Title = protocol.Say("打印", "Print")
		m.Options = d.paperOptions()
	case KeySignOff:
		m.Title = protocol.Say("签退，结束本窗口服务？", "Sign off and close this window?")
		m.Options = []Option{{No: "1", Choice: choiceYes, Label: protocol.Say("签退", "Sign off")}}
	case KeyCall:
		m.Title = protocol.Say("指定叫号（须注明原因，会记入台账）", "Call a chosen number (with a reason, for the record)")
		m.Form = &Form{Ticket: true, Submit: protocol.Say("呼叫", "Call")}
	}
	if len(m.Options) > choicesMax {
		m.Options = m.Options[:choicesMax]
	}
	d.menu = m
}

// reasonOptions are the reasons, and one to be written.
func reasonOptions(reasons []protocol.Text) []Option {
	var list []Option
	for i, r := range reasons {
		list = append(list, Option{No: strconv.Itoa(i + 1), Choice: strconv.Itoa(i + 1), Label: r})
	}
	return append(list, Option{No: strconv.Itoa(len(reasons) + 1), Choice: choiceOther, Label: protocol.Say("其他原因…", "Another reason…")})
}

// targets are the services and windows to which the ticket may go.
func (d *desk) targets() []Option {
	var list []Option
	group := protocol.Say("转业务", "To a service")
	add := func(choice string, label protocol.Text) {
		list = append(list, Option{No: strconv.Itoa(len(list) + 1), Choice: choice, Label: label, Group: group})
		group = nil
	}
	for _, t := range d.plan().Transfers {
		if d.window.Current == nil || t.Service != d.window.Current.Service {
			add(toService+string(t.Service), t.Name)
		}
	}
	if d.board == nil {
		return list
	}
	group = protocol.Say("转窗口", "To a window")
	for _, w := range d.board.Windows {
		if w.Window == d.window.Window {
			continue
		}
		word := statusText(w.Status)
		add(toWindow+string(w.Window), protocol.Say(
			windowWord(w.Label)+"（"+word.In(protocol.Chinese)+"）", "Window "+w.Label+" ("+word.In(protocol.English)+")"))
	}
	return list
}

// windowWord is a window's label in Chinese: 3号窗口, but 咨询台 stays 咨询台.
func windowWord(label string) string {
	if strings.Trim(label, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == "" {
		return label + "号窗口"
	}
	return label
}

func (d *desk) heldOptions() []Option {
	var list []Option
	for i, h := range d.window.HeldHere {
		label := h.Number
		if h.Reason != "" {
			label += " · " + h.Reason
		}
		list = append(list, Option{No: strconv.Itoa(i + 1), Choice: string(h.Ticket), Label: protocol.Say(label, label)})
	}
	return list
}

// openOverride asks a manager to allow what was refused because the partner is away.
func (d *desk) openOverride(b *busy, refusal *protocol.Refusal, now time.Time) {
	what := actionName(b.do)
	d.menu = &menu{key: KeyOverride, at: now, do: b.do, Menu: Menu{
		Key: KeyOverride, Text: refusal.Text,
		Title: protocol.Say("值班经理授权："+what.In(protocol.Chinese), "A manager must allow: "+what.In(protocol.English)),
		Form:  &Form{Manager: true, Reason: b.reason, Submit: protocol.Say("授权", "Allow")},
	}}
}

func (d *desk) menuView() *Menu {
	if d.menu == nil {
		return nil
	}
	return &d.menu.Menu
}

// pick returns the option that typed digits name; final is false while further
// digits could name another.
func (m *menu) pick(typed string) (option Option, final, found bool) {
	longer := false
	for _, o := range m.Options {
		if o.No == typed {
			option, found = o, true
		} else if strings.HasPrefix(o.No, typed) {
			longer = true
		}
	}
	return option, found && !longer, found || longer
}

// fill completes a request with what was chosen in the menu of a key. It reports
// false when something still has to be written; then the menu asks for it.
func (d *desk) fill(req *protocol.Request, key KeyID, p *Press, now time.Time) (bool, *protocol.Refusal) {
	switch key {
	case KeyFinish:
		return d.fillFinish(req, p, now)
	case KeyHold:
		return d.fillReason(req, key, holdReasons(), p, now)
	case KeyPause:
		return d.fillReason(req, key, d.pauseReasons(), p, now)
	case KeyHelp:
		return d.fillReason(req, key, helpReasons(), p, now)
	case KeyTransfer:
		if svc, ok := strings.CutPrefix(p.Choice, toService); ok {
			req.Service = protocol.ServiceID(svc)
		} else if to, ok := strings.CutPrefix(p.Choice, toWindow); ok {
			req.ToWindow = protocol.WindowID(to)
		} else {
			return false, unknownChoice(p.Choice)
		}
	case KeyResume:
		req.Ticket = protocol.TicketID(p.Choice)
	case KeySignOff:
		if p.Choice != choiceYes {
			return false, unknownChoice(p.Choice)
		}
	case KeyCall:
		req.Ticket, req.Reason = protocol.TicketID(strings.ToUpper(strings.TrimSpace(string(p.Ticket)))), strings.TrimSpace(p.Reason)
		if req.Ticket == "" || req.Reason == "" {
			return false, protocol.Refuse(protocol.BadRequest, "请填写票号和原因", "Give a number and a reason")
		}
	}
	return true, nil
}

func (d *desk) fillFinish(req *protocol.Request, p *Press, now time.Time) (bool, *protocol.Refusal) {
	req.Result, req.Reason = protocol.Result(p.Choice), strings.TrimSpace(p.Reason)
	if !slices.Contains(protocol.Results(), req.Result) {
		return false, unknownChoice(p.Choice)
	}
	if req.Result == protocol.Returned && req.Reason == "" {
		return false, d.askReason(KeyFinish, p.Choice, protocol.Say("退回原因", "Why it is returned"), now)
	}
	return true, nil
}

func (d *desk) fillReason(req *protocol.Request, key KeyID, offered []protocol.Text, p *Press, now time.Time) (bool, *protocol.Refusal) {
	switch p.Choice {
	case choiceNone:
		return true, nil
	case choiceOther:
		if req.Reason = strings.TrimSpace(p.Reason); req.Reason == "" {
			return false, d.askReason(key, p.Choice, protocol.Say("请写明原因", "Write the reason"), now)
		}
		return true, nil
	}
	n, err := strconv.Atoi(p.Choice)
	if err != nil || n < 1 || n > len(offered) {
		return false, unknownChoice(p.Choice)
	}
	req.Reason = offered[n-1].In(d.lang())
	return true, nil
}

// lang is the hall's first language, in which reasons are recorded.
func (d *desk) lang() protocol.Lang {
	if len(d.plan().Languages) > 0 {
		return d.plan().Languages[0]
	}
	return protocol.Chinese
}

// askReason turns the menu into a form for one text. Sent empty a second time it
// says what is missing.
func (d *desk) askReason(key KeyID, choice string, title protocol.Text, now time.Time) *protocol.Refusal {
	if d.menu != nil && d.menu.Form != nil {
		return protocol.Refuse(protocol.BadRequest, "请填写原因", "Give a reason")
	}
	rule, _ := ruleOf(key)
	d.menu = &menu{key: key, at: now, Menu: Menu{
		Key: key, Title: title, Form: &Form{Choice: choice, Submit: rule.label},
	}}
	return nil
}

func unknownChoice(choice string) *protocol.Refusal {
	return protocol.Refuse(protocol.BadRequest, fmt.Sprintf("没有 %q 这个选项", clip(choice)), fmt.Sprintf("there is no option %q", clip(choice)))
}

// clip shortens what a page sent, for a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}
