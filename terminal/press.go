package terminal

import (
	"slices"
	"strings"
	"time"

	"jiaohao/protocol"
)

// Press is one press of a key.
type Press struct {
	ID  protocol.RequestID `json:"id"` // made when the key went down; repeat it until it is answered
	Key KeyID              `json:"key"`

	Choice     string            `json:"choice,omitempty"`  // of an [Option] or a [Form]; the digit of [KeyDigit]
	Ticket     protocol.TicketID `json:"ticket,omitempty"`  // a number to call, or the ticket that the presser saw at the window
	Clerk      protocol.ClerkID  `json:"clerk,omitempty"`   // of [KeySignOn]
	PIN        string            `json:"pin,omitempty"`     // of [KeySignOn]
	Manager    protocol.ClerkID  `json:"manager,omitempty"` // of [KeyOverride]
	ManagerPIN string            `json:"manager_pin,omitempty"`
	Reason     string            `json:"reason,omitempty"`
}

// press takes in a press. It returns the request to be sent, if it comes to one. A
// refusal is shown beside the key; nil and nil is a press that only changed the
// screen, or one that was pressed before.
func (d *desk) press(p Press, now time.Time) (*protocol.Request, *protocol.Refusal) {
	d.expire(now)
	if err := protocol.CheckRequestID(string(p.ID)); err != nil {
		return nil, protocol.Refuse(protocol.BadRequest, "请求编号有误", err.Error())
	}
	if d.busy != nil && d.busy.id == p.ID || slices.Contains(d.answered, p.ID) {
		return nil, nil
	}
	if p.Key == KeyBack {
		d.back()
		return nil, nil
	}
	if d.busy != nil {
		what := actionName(d.busy.do)
		return nil, protocol.Refuse(protocol.Overloaded,
			"“"+what.In(protocol.Chinese)+"”正在等待主机，请稍候", what.In(protocol.English)+" is waiting for the hub, please wait")
	}
	d.note = nil
	asked := d.bigAction()
	req, refusal := d.resolve(&p, now)
	if refusal == nil && req != nil {
		req.Version, req.ID = protocol.Version, p.ID
		asked = req.Do
		if err := req.Check(); err != nil {
			req, refusal = nil, refusalOf(err)
		}
	}
	if rule, ok := ruleOf(p.Key); ok {
		asked = rule.do
	} else if p.Key == KeySignOn {
		asked = protocol.WindowSignOn
	}
	if refusal != nil {
		d.tell(p.ID, p.Key, asked, refusal, now)
		return nil, refusal
	}
	if req != nil {
		d.busy = &busy{id: p.ID, key: p.Key, do: req.Do, clerk: req.Clerk, reason: req.Reason, since: now}
	}
	return req, nil
}

// resolve finds what a press means now. It may replace p.Key by the key whose
// menu was answered.
func (d *desk) resolve(p *Press, now time.Time) (*protocol.Request, *protocol.Refusal) {
	if stage := d.stage(); stage == StageConnecting || stage == StageUnassigned {
		return nil, protocol.Refuse(protocol.Unavailable, "终端尚未连接到大厅主机", "The terminal is not connected to the hub yet")
	}
	switch p.Key {
	case KeyDigit:
		return d.pressDigit(p, now)
	case KeyBig:
		return d.pressBig(p, now)
	case KeySignOn:
		return d.signOn(p)
	case KeyOverride:
		return d.override(p)
	case KeyRate:
		return nil, d.pressRate(now)
	case KeyPrint:
		return nil, d.pressPrint(p, now)
	}
	rule, ok := ruleOf(p.Key)
	if !ok {
		return nil, protocol.Refuse(protocol.BadRequest, "没有 \""+clip(string(p.Key))+"\" 这个键", "there is no key \""+clip(string(p.Key))+"\"")
	}
	if rule.id == KeyPause && d.stage() == StagePaused {
		return d.ask(protocol.WindowUnpause)
	}
	return d.pressKey(rule, p, now)
}

func (d *desk) pressKey(rule keyRule, p *Press, now time.Time) (*protocol.Request, *protocol.Refusal) {
	if why := d.whyNot(rule, now); why != nil {
		return nil, &protocol.Refusal{Code: d.whyCode(), Text: why}
	}
	req := &protocol.Request{Do: rule.do}
	if stage := d.stage(); (stage == StageCalled || stage == StageServing) && rule.id != KeyHelp && rule.id != KeyUndo {
		req.Ticket = d.ticket()
		if p.Ticket != "" {
			req.Ticket = p.Ticket
		}
	}
	if !rule.menu {
		d.menu = nil
		return req, nil
	}
	writing := d.menu != nil && d.menu.key == rule.id && d.menu.Form != nil
	if p.Choice == "" && !writing && (rule.id != KeyCall || p.Ticket == "") {
		d.openMenu(rule, now)
		return nil, nil
	}
	ready, refusal := d.fill(req, rule.id, p, now)
	if !ready || refusal != nil {
		return nil, refusal
	}
	return req, nil
}

func (d *desk) whyCode() protocol.Code {
	if !d.online {
		return protocol.Unavailable
	}
	return protocol.WrongStage
}

// ask makes a request without any field, if the hub is there.
func (d *desk) ask(do protocol.Action) (*protocol.Request, *protocol.Refusal) {
	if why := d.awayWhy(); why != nil {
		return nil, &protocol.Refusal{Code: protocol.Unavailable, Text: why}
	}
	d.menu = nil
	return &protocol.Request{Do: do}, nil
}

func (d *desk) pressBig(p *Press, now time.Time) (*protocol.Request, *protocol.Refusal) {
	if d.menu != nil && d.menu.Multi && d.menu.Typed == "" {
		p.Key, p.Choice = KeyPrint, choiceGo
		return nil, d.pressPrint(p, now)
	}
	if d.menu != nil {
		if o, _, found := d.menu.pick(d.menu.Typed); found && o.No == d.menu.Typed {
			return d.choose(p, o, now)
		}
		return nil, nil
	}
	if d.stage() == StageSignedOff {
		return d.confirmEntry(p, now)
	}
	if now.Before(d.settled) {
		return nil, nil
	}
	if k := d.bigKey(); !k.Live {
		code := d.whyCode()
		if d.online {
			code = protocol.NobodyWaiting
		}
		return nil, &protocol.Refusal{Code: code, Text: k.Why}
	}
	do := d.bigAction()
	req, refusal := d.ask(do)
	if refusal == nil && do == protocol.WindowArrived {
		req.Ticket = d.ticket()
	}
	return req, refusal
}

func (d *desk) pressDigit(p *Press, now time.Time) (*protocol.Request, *protocol.Refusal) {
	if len(p.Choice) != 1 || p.Choice[0] < '0' || p.Choice[0] > '9' {
		return nil, protocol.Refuse(protocol.BadRequest, "数字键应为 0 至 9", "a digit is 0 to 9")
	}
	if d.menu == nil {
		if d.stage() == StageSignedOff {
			d.entry.digit(p.Choice, now)
		}
		return nil, nil
	}
	d.menu.at = now
	typed := d.menu.Typed + p.Choice
	option, final, found := d.menu.pick(typed)
	switch {
	case final:
		return d.choose(p, option, now)
	case found:
		d.menu.Typed = typed
	default:
		d.menu.Typed = ""
	}
	return nil, nil
}

// choose answers the open menu with one of its options.
func (d *desk) choose(p *Press, o Option, now time.Time) (*protocol.Request, *protocol.Refusal) {
	rule, _ := ruleOf(d.menu.key)
	d.menu.Typed = ""
	p.Key, p.Choice, p.Ticket = rule.id, o.Choice, ""
	if rule.id == KeyPrint {
		return nil, d.pressPrint(p, now)
	}
	return d.pressKey(rule, p, now)
}

func (d *desk) signOn(p *Press) (*protocol.Request, *protocol.Refusal) {
	if d.stage() != StageSignedOff {
		return nil, protocol.Refuse(protocol.WindowTaken, "本窗口已签到", "Somebody is signed on here already")
	}
	switch {
	case p.Clerk == "":
		return nil, protocol.Refuse(protocol.BadRequest, "请选择工作人员", "Choose who you are")
	case p.PIN == "":
		return nil, protocol.Refuse(protocol.BadRequest, "请输入密码", "Enter your PIN")
	}
	req, refusal := d.ask(protocol.WindowSignOn)
	if refusal == nil {
		req.Clerk, req.PIN = p.Clerk, p.PIN
	}
	return req, refusal
}

func (d *desk) override(p *Press) (*protocol.Request, *protocol.Refusal) {
	if d.menu == nil || d.menu.key != KeyOverride {
		return nil, protocol.Refuse(protocol.WrongStage, "没有需要授权的操作", "Nothing waits for a manager")
	}
	reason := strings.TrimSpace(p.Reason)
	if p.Manager == "" || p.ManagerPIN == "" || reason == "" {
		return nil, protocol.Refuse(protocol.BadRequest, "请填写值班经理工号、密码和原因", "Give the manager's id, PIN and a reason")
	}
	if why := d.awayWhy(); why != nil {
		return nil, &protocol.Refusal{Code: protocol.Unavailable, Text: why}
	}
	return &protocol.Request{Do: d.menu.do, Manager: p.Manager, ManagerPIN: p.ManagerPIN, Reason: reason}, nil
}

func (d *desk) back() {
	d.note = nil
	switch {
	case d.menu != nil && d.menu.Typed != "":
		d.menu.Typed = ""
	case d.menu != nil:
		d.menu = nil
	default:
		d.entry = entry{}
	}
}

// tell shows why a press came to nothing.
func (d *desk) tell(id protocol.RequestID, key KeyID, do protocol.Action, r *protocol.Refusal, now time.Time) {
	d.note = &Note{ID: id, Key: key, What: actionName(do), Code: r.Code, Text: r.Text}
	d.noteAtT = now
}

// answer takes in the hub's reply to the request that is under way.
func (d *desk) answer(reply protocol.Reply, now time.Time) {
	b := d.finished()
	if b == nil {
		return
	}
	if r := reply.Refused; r != nil {
		d.entry.pin = ""
		d.tell(b.id, b.key, b.do, r, now)
		if r.Code == protocol.PartnerAway && (b.do == protocol.WindowSignOff || b.do == protocol.WindowPause) && b.key != KeyOverride {
			d.openOverride(b, r, now)
		}
		return
	}
	d.menu, d.entry = nil, entry{}
	switch b.do {
	case protocol.WindowSignOn:
		d.mine = b.clerk
	case protocol.WindowSignOff:
		d.mine = ""
	}
	if b.key == KeyBig {
		d.settled = now.Add(settle)
	}
}

// unanswered gives the request that is under way up.
func (d *desk) unanswered(refusal *protocol.Refusal, now time.Time) {
	if b := d.finished(); b != nil {
		d.tell(b.id, b.key, b.do, refusal, now)
	}
}

func (d *desk) finished() *busy {
	b := d.busy
	if b == nil {
		return nil
	}
	d.busy, d.done = nil, b.id
	d.answered = append(d.answered, b.id)
	if len(d.answered) > doneKept {
		d.answered = d.answered[1:]
	}
	return b
}
