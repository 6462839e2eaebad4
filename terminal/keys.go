package terminal

import "jiaohao/protocol"

// KeyID names a key of the terminal, on the page and on a keypad.
type KeyID string

// The keys. What each asks of the hub stands beside it.
const (
	KeyBig      KeyID = "big"      // the one that suits the moment: call next, arrived, unpause; confirms in a menu
	KeyRecall   KeyID = "recall"   // 重呼
	KeyArrived  KeyID = "arrived"  // 到达
	KeyNoShow   KeyID = "no_show"  // 过号
	KeyHold     KeyID = "hold"     // 挂起: menu of reasons
	KeyTransfer KeyID = "transfer" // 转号: menu of services and windows
	KeyFinish   KeyID = "finish"   // 办结: menu of finish codes
	KeyResume   KeyID = "resume"   // 恢复: menu of held tickets
	KeyCall     KeyID = "call"     // 指定叫号: number and reason
	KeyPause    KeyID = "pause"    // 暂停: menu of reasons; ends a pause
	KeyUndo     KeyID = "undo"     // 撤销
	KeyHelp     KeyID = "help"     // 求助: menu of reasons
	KeySignOn   KeyID = "sign_on"  // 签到: clerk and PIN
	KeySignOff  KeyID = "sign_off" // 签退: menu to confirm
	KeyRate     KeyID = "rate"     // 请评价: the citizen's evaluator asks; it asks nothing of the hub itself
	KeyPrint    KeyID = "print"    // 打印: menu of papers; it asks nothing of the hub
	KeyOverride KeyID = "override" // 授权: manager, PIN and reason for what was refused
	KeyBack     KeyID = "back"     // closes the menu, takes back typed digits
	KeyDigit    KeyID = "digit"    // one digit, in Choice
)

// Key is a key as it is shown.
type Key struct {
	ID    KeyID         `json:"id"`
	Label protocol.Text `json:"label"`
	Hint  string        `json:"hint"` // on the keyboard
	Live  bool          `json:"live"`
	Why   protocol.Text `json:"why,omitempty"` // why it is not live
}

// keyRule is what a key is for and when.
type keyRule struct {
	id     KeyID
	hint   string
	do     protocol.Action
	label  protocol.Text
	menu   bool // it asks before it does
	stages []Stage
}

// keyRules are the keys besides the big one, in the order in which they are shown.
func keyRules() []keyRule {
	say := protocol.Say
	free := []Stage{StageIdle}
	busy := []Stage{StageCalled, StageServing}
	return []keyRule{
		{KeyRecall, "R", protocol.WindowRecall, say("重呼", "Recall"), false, []Stage{StageCalled}},
		{KeyArrived, "A", protocol.WindowArrived, say("到达", "Arrived"), false, []Stage{StageCalled}},
		{KeyNoShow, "N", protocol.WindowNoShow, say("过号", "No-show"), false, []Stage{StageCalled}},
		{KeyFinish, "F", protocol.WindowFinish, say("办结", "Finish"), true, []Stage{StageServing}},
		{KeyHold, "H", protocol.WindowHold, say("挂起", "Hold"), true, busy},
		{KeyTransfer, "T", protocol.WindowTransfer, say("转号", "Transfer"), true, busy},
		{KeyResume, "B", protocol.WindowResume, say("恢复", "Bring back"), true, free},
		{KeyCall, "C", protocol.WindowCall, say("指定叫号", "Call a number"), true, free},
		{KeyPause, "P", protocol.WindowPause, say("暂停", "Pause"), true, []Stage{StageIdle, StagePaused}},
		{KeySignOff, "X", protocol.WindowSignOff, say("签退", "Sign off"), true, []Stage{StageIdle, StagePaused}},
		{KeyHelp, "S", protocol.WindowHelp, say("求助", "Ask for help"), true, []Stage{StageSignedOff, StageIdle, StageCalled, StageServing, StagePaused}},
		{KeyRate, "E", askRating, say("请评价", "Ask to rate"), false, []Stage{StageIdle, StageCalled, StageServing}},
		{KeyPrint, "D", printPaper, say("打印", "Print"), true, []Stage{StageIdle, StageCalled, StageServing, StagePaused}},
		{KeyUndo, "U", protocol.WindowUndo, say("撤销", "Undo"), false, []Stage{StageIdle, StageCalled, StageServing}},
	}
}

// What two keys do is not the hub's: these stand for it in sentences, and are never sent.
const (
	askRating  protocol.Action = "terminal.rate"
	printPaper protocol.Action = "terminal.print"
)

func ruleOf(id KeyID) (keyRule, bool) {
	for _, r := range keyRules() {
		if r.id == id {
			return r, true
		}
	}
	return keyRule{}, false
}

// actionName is an action in a sentence about it.
func actionName(do protocol.Action) protocol.Text {
	switch do {
	case protocol.WindowCallNext:
		return protocol.Say("呼叫下一位", "Call next")
	case protocol.WindowSignOn:
		return protocol.Say("签到", "Sign on")
	case protocol.WindowUnpause:
		return protocol.Say("恢复服务", "Resume service")
	}
	for _, r := range keyRules() {
		if r.do == do {
			return r.label
		}
	}
	return protocol.Say(string(do), string(do))
}
