package terminal

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// Limits of a terminal, each with its reason.
const (
	waitingAfter = 3 * time.Second        // a reply takes 10 ms; after 3 s people press again unless they are told
	answerMax    = 2 * time.Minute        // a hub restarts in seconds; a call that comes later surprises everybody
	settle       = 700 * time.Millisecond // the big key changes its meaning when it is answered: a second tap within it is the same finger
	noteFor      = 12 * time.Second       // to read a sentence
	menuFor      = time.Minute            // a menu that nobody answers, and half a PIN, are forgotten
	doneKept     = 16                     // answered presses that are remembered: more than one page repeats
	digitsMax    = 12                     // digits of a PIN
	choicesMax   = 99                     // options of a menu: two digits
)

// desk is all that a terminal knows. It is pure: what happens and the time go
// in, a Screen and requests come out.
type desk struct {
	device protocol.DeviceID
	config *protocol.Config
	window *protocol.WindowState
	board  *protocol.Board
	clock  hubClock
	zone   *time.Location

	online bool
	heard  time.Time                // when the hub was last known to be there
	broken map[string]protocol.Text // parts that do not work, and why

	mine     protocol.ClerkID // who signed on at this terminal
	busy     *busy
	settled  time.Time // the big key is deaf before it
	note     *Note
	noteAtT  time.Time
	menu     *menu
	entry    entry // digits of a sign-on on the keypad
	chord    chord // the first of two keys of the keypad
	taps     int   // keys of the keypad so far
	asking   *asking
	rated    *rated              // how the last asking ended
	unsaid   []protocol.TicketID // asked, and not answered: to be written down
	paper    *paper              // the last that was printed, or is
	job      *job                // to be printed now
	has      has
	done     protocol.RequestID
	answered []protocol.RequestID // the last ones, newest last
}

// busy is the one request that is under way.
type busy struct {
	id     protocol.RequestID
	key    KeyID
	do     protocol.Action
	clerk  protocol.ClerkID // of a sign-on
	reason string
	since  time.Time
}

// hubClock is the hub's clock as far as its messages tell. Old messages only make
// it late, so the latest reading wins.
type hubClock struct {
	epoch uint64
	at    time.Time // the hub said
	base  time.Time // when it came, with the device's monotonic reading
}

func (c *hubClock) hear(epoch uint64, at, received time.Time) {
	if at.IsZero() {
		return
	}
	if c.base.IsZero() || epoch > c.epoch || epoch == c.epoch && at.After(c.now(received)) {
		c.epoch, c.at, c.base = epoch, at, received
	}
}

// now is the hub's time at the device's now.
func (c *hubClock) now(now time.Time) time.Time { return c.at.Add(now.Sub(c.base)) }

func (d *desk) setConfig(c protocol.Config) {
	d.config = &c
	if zone, err := time.LoadLocation(c.Zone); err == nil && c.Zone != "" {
		d.zone = zone
	}
}

// plan is the configuration, or an empty one: a window can be served without it.
func (d *desk) plan() *protocol.Config {
	if d.config == nil {
		return &protocol.Config{}
	}
	return d.config
}

func (d *desk) setBoard(b protocol.Board, now time.Time) {
	d.board = &b
	d.clock.hear(b.Epoch, b.At, now)
}

// setWindow takes in the window's state. A menu that no longer fits closes.
func (d *desk) setWindow(w protocol.WindowState, now time.Time) {
	before := d.ticket()
	d.window = &w
	d.clock.hear(w.Epoch, w.At, now)
	if w.Clerk == "" {
		d.mine = ""
	} else if d.mine == "" {
		d.mine = w.Clerk // signed on before this program started
	}
	if m := d.menu; m != nil && (before != d.ticket() || !d.fits(m.key)) {
		d.menu = nil
	}
	if w.Status != protocol.Closed {
		d.entry = entry{}
	}
}

// setOnline takes in whether there is a session with the hub, and since when not.
func (d *desk) setOnline(online bool, heard time.Time) { d.online, d.heard = online, heard }

// has is what this terminal has besides its page.
type has struct {
	evaluator, printer bool
	rateFor            time.Duration  // in which a citizen may answer
	profile            escpos.Profile // of the printer
}

func (d *desk) ticket() protocol.TicketID {
	if d.window == nil || d.window.Current == nil {
		return ""
	}
	return d.window.Current.Ticket
}

func (d *desk) stage() Stage {
	switch {
	case d.config != nil && (d.config.Window == "" || d.config.Kind != protocol.KindTerminal):
		return StageUnassigned
	case d.window == nil:
		return StageConnecting
	case d.window.Status == protocol.Closed:
		return StageSignedOff
	case d.window.Current != nil && d.window.Current.Stage == protocol.Serving:
		return StageServing
	case d.window.Current != nil:
		return StageCalled
	case d.window.Status == protocol.Paused:
		return StagePaused
	}
	return StageIdle
}

// fits reports whether a key belongs to the present stage.
func (d *desk) fits(id KeyID) bool {
	switch id {
	case KeyOverride:
		return true
	case KeySignOn:
		return d.stage() == StageSignedOff
	}
	rule, ok := ruleOf(id)
	return ok && slices.Contains(rule.stages, d.stage())
}

// bigKey is the one key that suits the moment.
func (d *desk) bigKey() Key {
	k := Key{ID: KeyBig, Hint: "Space"}
	switch d.stage() {
	case StageConnecting, StageUnassigned:
		k.Label = protocol.Say("呼叫下一位", "Call next")
		k.Why = protocol.Say("尚未连接", "Not connected yet")
		return k
	case StageSignedOff:
		k.Label = protocol.Say("签到", "Sign on")
	case StageIdle:
		k.Label = protocol.Say("呼叫下一位", "Call next")
		if d.window.Next == nil {
			k.Why = protocol.Say("暂无人等候", "Nobody is waiting")
		}
	case StageCalled:
		k.Label = protocol.Say("到达，开始办理", "Arrived: begin service")
	case StageServing:
		k.Label = protocol.Say("办结并呼叫下一位", "Finish and call next")
		if d.window.Next == nil {
			k.Label = protocol.Say("办结（暂无人等候）", "Finish (nobody waits)")
		}
	case StagePaused:
		k.Label = protocol.Say("恢复服务", "Resume service")
	}
	if away := d.awayWhy(); away != nil {
		k.Why = away
	}
	k.Live = len(k.Why) == 0
	return k
}

// bigAction is what the big key asks of the hub.
func (d *desk) bigAction() protocol.Action {
	switch d.stage() {
	case StageCalled:
		return protocol.WindowArrived
	case StagePaused:
		return protocol.WindowUnpause
	}
	return protocol.WindowCallNext
}

func (d *desk) awayWhy() protocol.Text {
	if d.online {
		return nil
	}
	return protocol.Say("与大厅主机失去联系，暂时不能操作", "No contact with the hall's hub, not possible now")
}

// keys are all keys besides the big one, always in the same places.
func (d *desk) keys(now time.Time) []Key {
	keys := []Key{}
	if stage := d.stage(); stage == StageConnecting || stage == StageUnassigned {
		return keys
	}
	for _, rule := range keyRules() {
		if d.stage() == StageSignedOff && rule.id != KeyHelp || rule.id == KeyRate && !d.has.evaluator || rule.id == KeyPrint && !d.has.printer {
			continue
		}
		keys = append(keys, d.key(rule, now))
	}
	return keys
}

func (d *desk) key(rule keyRule, now time.Time) Key {
	k := Key{ID: rule.id, Hint: rule.hint, Label: rule.label, Why: d.whyNot(rule, now)}
	if rule.id == KeyPause && d.stage() == StagePaused {
		k.Label = protocol.Say("恢复服务", "Resume service")
	}
	k.Live = len(k.Why) == 0
	return k
}

// whyNot says why a key cannot be pressed now, or nothing.
func (d *desk) whyNot(rule keyRule, now time.Time) protocol.Text {
	if away := d.awayWhy(); away != nil {
		return away
	}
	if !slices.Contains(rule.stages, d.stage()) {
		return d.wrongStage(rule)
	}
	w := d.window
	switch {
	case rule.id == KeyRecall && w.Current.CallsMax > 0 && w.Current.Calls >= w.Current.CallsMax:
		return protocol.Say(fmt.Sprintf("已叫号 %d 次，未到请按过号", w.Current.Calls), fmt.Sprintf("Called %d times already: press no-show", w.Current.Calls))
	case rule.id == KeyResume && len(w.HeldHere) == 0:
		return protocol.Say("没有挂起的号", "No ticket is held here")
	case rule.id == KeyRate:
		return d.whyNotRate()
	case rule.id == KeyPrint && d.paper != nil && d.paper.state == paperComing:
		return protocol.Say("正在打印", "A paper is being printed")
	case rule.id == KeyUndo && (w.Undo == nil || !d.clock.now(now).Before(w.Undo.Until)):
		return protocol.Say("没有可撤销的操作", "Nothing to take back")
	}
	return nil
}

func (d *desk) wrongStage(rule keyRule) protocol.Text {
	switch stage := d.stage(); {
	case stage == StageSignedOff:
		return protocol.Say("请先签到", "Sign on first")
	case stage == StagePaused:
		return protocol.Say("窗口已暂停，请先恢复服务", "The window is paused: resume service first")
	case stage == StageIdle:
		return protocol.Say("窗口没有当前号", "No ticket is at the window")
	case stage == StageServing && rule.id == KeyArrived:
		return protocol.Say("已经开始办理", "Service has begun")
	case stage == StageServing && (rule.id == KeyRecall || rule.id == KeyNoShow):
		return protocol.Say("人已到窗口", "The person is at the window")
	case stage == StageCalled && rule.id == KeyFinish:
		return protocol.Say("请先按到达", "Press arrived first")
	}
	return protocol.Say("请先办结当前号", "Finish the present ticket first")
}

// banners are the lines across the top, the gravest first.
func (d *desk) banners(now time.Time) []Banner {
	list := []Banner{}
	stage := d.stage()
	if !d.online && stage != StageConnecting {
		at := d.local(d.heard).Format("15:04:05")
		list = append(list, Banner{"away", true, protocol.Say(
			"与大厅主机失去联系，最后更新 "+at+"；叫号暂不可用，恢复联系后自动继续。",
			"No contact with the hall's hub, last update "+at+". Calling is not possible now and comes back by itself.")})
	}
	if d.busy != nil && now.Sub(d.busy.since) >= waitingAfter {
		what := actionName(d.busy.do)
		list = append(list, Banner{"waiting", true, protocol.Say(
			"正在等待主机…“"+what.In(protocol.Chinese)+"”已按下，不必再按。",
			"Waiting for the hub… "+what.In(protocol.English)+" is pressed, no need to press again.")})
	}
	for _, part := range slices.Sorted(maps.Keys(d.broken)) {
		list = append(list, Banner{part, true, d.broken[part]})
	}
	if d.window == nil {
		return list
	}
	if d.online && d.window.Status == protocol.Away {
		list = append(list, Banner{"lost", true, protocol.Say("主机记录本窗口离线，正在恢复…", "The hub counts this window as lost, coming back…")})
	}
	if w := d.window; w.Clerk != "" && d.mine != "" && w.Clerk != d.mine {
		list = append(list, Banner{"taken", true, protocol.Say(
			"本窗口现由 "+nameOf(w.ClerkName, w.Clerk, protocol.Chinese)+" 签到，不是您签到的工号。",
			"This window is now signed on by "+nameOf(w.ClerkName, w.Clerk, protocol.English)+", not by who signed on here.")})
	}
	if d.window.Help {
		list = append(list, Banner{"help", false, protocol.Say("已求助，等待值班经理到场。", "Help was called, a manager is asked to come.")})
	}
	return list
}

func nameOf(name protocol.Text, id protocol.ClerkID, lang protocol.Lang) string {
	if s := name.In(lang); s != "" {
		return s
	}
	return string(id)
}

// local is the hub's time in the hall at a moment of the device.
func (d *desk) local(now time.Time) time.Time {
	at := d.clock.now(now)
	if d.zone != nil {
		return at.In(d.zone)
	}
	return at
}

func (d *desk) noteAt(now time.Time) *Note {
	if d.note == nil || now.Sub(d.noteAtT) >= noteFor {
		return nil
	}
	return d.note
}

// deadline is when the screen changes next by itself; zero when it does not.
func (d *desk) deadline(now time.Time) time.Time {
	var next time.Time
	due := func(at time.Time) {
		if at.After(now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if d.busy != nil {
		due(d.busy.since.Add(waitingAfter))
	}
	if d.note != nil {
		due(d.noteAtT.Add(noteFor))
	}
	if d.menu != nil {
		due(d.menu.at.Add(menuFor))
	}
	if d.entry.started() {
		due(d.entry.at.Add(menuFor))
	}
	if d.chord.key != "" {
		due(d.chord.at.Add(chordFor))
	}
	if d.asking != nil {
		due(d.asking.until)
	}
	if d.rated != nil {
		due(d.rated.at.Add(noteFor))
	}
	if d.paper != nil {
		due(d.paper.at.Add(d.paper.shownFor()))
	}
	if d.window != nil && d.window.Undo != nil {
		due(now.Add(d.window.Undo.Until.Sub(d.clock.now(now))))
	}
	return next
}

// expire forgets what nobody went on with.
func (d *desk) expire(now time.Time) {
	if d.menu != nil && d.busy == nil && now.Sub(d.menu.at) >= menuFor {
		d.menu = nil
	}
	if d.entry.started() && now.Sub(d.entry.at) >= menuFor {
		d.entry = entry{}
	}
	if d.chord.key != "" && now.Sub(d.chord.at) >= chordFor {
		d.chord = chord{}
	}
	if d.rated != nil && now.Sub(d.rated.at) >= noteFor {
		d.rated = nil
	}
	if d.paper != nil && now.Sub(d.paper.at) >= d.paper.shownFor() {
		d.paper = nil
	}
}
