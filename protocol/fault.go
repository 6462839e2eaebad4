package protocol

import (
	"fmt"
	"strings"
)

// From here on a part that still works is a trouble.
const (
	DiskLowMiB = 200    // a day of logs and a program's update fit in it
	SpoolMany  = 5      // one or two reports are always on their way; so many wait for the hub
	HotMilliC  = 80_000 // a Raspberry Pi slows down from here
)

// Faults returns what can be wrong with a device, each in the one sentence that is used for it on
// the device's own page, on the hub's page of devices, in its log and its systemd status.
func Faults() []Fault {
	return []Fault{
		{"link", "offline", Say("网络断开：请检查网线", "No connection to the hub: check the network cable")},
		{"printer", "no_answer", Say("打印机没有应答：请检查电源和数据线", "The printer does not answer: check power and cable")},
		{"printer", "cover_open", Say("打印机盖子没有关好：请合上", "The printer's cover is open: close it")},
		{"printer", "paper_out", Say("打印机没纸了：请换纸", "Out of paper: put in a new roll")},
		{"printer", "cutter", Say("切刀卡住：请清理碎纸", "The cutter is jammed: clear the scraps of paper")},
		{"printer", "fault", Say("打印机卡纸或出错：请打开盖子清理", "The printer has jammed: open it and clear the paper")},
		{"printer", "broken", Say("打印机故障：请断电后重新开机", "The printer has a fault: switch it off and on")},
		{"printer", "hot", Say("打印头过热：请等它凉下来", "The print head is too hot: let it cool down")},
		{"printer", "offline", Say("打印机未联机：请按打印机上的联机键", "The printer is offline: press its online key")},
		{"printer", "paper_low", Say("打印纸快用完：请准备纸卷", "Paper is running low: have a roll ready")},
		{"button", "stuck", Say("按键卡住：请检查按键", "A button is stuck: check it")},
		{"button", "broken", Say("按键无法使用：请检查连线", "A button does not work: check its wires")},
		{"button", "no_service", Say("按键没有对应的业务：请改取号机配置文件", "A button's service is not in the hall's plan: correct the dispenser's file")},
		{"keypad", "gone", Say("小键盘没有接好：请检查插头", "The keypad is not connected: check its plug")},
		{"keypad", "stuck", Say("小键盘有键卡住：请检查按键", "A key of the keypad is stuck: check it")},
		{"evaluator", "gone", Say("评价器没有接好：请检查插头", "The evaluator is not connected: check its plug")},
		{"evaluator", "stuck", Say("评价器有键卡住：请检查按键", "A key of the evaluator is stuck: check it")},
		{"pad", "write_failed", Say("手边小屏没有显示：请检查连线", "The small display shows nothing: check its cable")},
		{"panel", "write_failed", Say("窗口屏无法显示：请检查连线", "The panel cannot be written: check its cable")},
		{"panel", "too_narrow", Say("窗口屏太窄，放不下号码：请换宽屏", "The panel is too narrow for the number: have a wider one put up")},
		{"loudspeaker", "play_failed", Say("语音叫号没有声音：请检查音箱的电源和连线", "Calls are not heard: check the loudspeaker's power and cable")},
		{"loudspeaker", "no_words", Say("缺少语音文件：请联系管理员补齐", "Recordings of a language are missing: ask the administrator to add them")},
		{"disk", "write_failed", Say("存储卡写不进去：请联系管理员换卡", "The memory card cannot be written: have it replaced")},
		{"disk", "low", Say("存储空间快满了：请联系管理员清理", "Storage is nearly full: ask the administrator to free some")},
		{"link", "spool", Say("有记录还没有上传：请保持开机和联网", "Records have not reached the hub: leave it on and connected")},
		{"board", "hot", Say("机器过热：请清理通风口", "The machine is too hot: clear its vents")},
	}
}

// NewFault returns the fault of [Faults] with that part and code. detail, such as a service's name, is
// put behind its sentence in brackets; nil is none. One that is not listed gets a sentence
// of its own, which names both.
func NewFault(part, code string, detail Text) Fault {
	f := Fault{part, code, Say("设备故障："+part+" "+code, "A part has a fault: "+part+" "+code)}
	for _, known := range Faults() {
		if known.Part == part && known.Code == code {
			f = known
		}
	}
	if len(detail) > 0 {
		f.Text = Say(f.Text.In(Chinese)+"（"+detail.In(Chinese)+"）", f.Text.In(English)+" ("+detail.In(English)+")")
	}
	return f
}

// Warnings returns what is not wrong yet and will be, by h's figures.
func (h *Health) Warnings() []Fault {
	var soon []Fault
	warn := func(when bool, part, code string) {
		if when {
			soon = append(soon, NewFault(part, code, nil))
		}
	}
	if h.Paper == "low" || h.PaperDays == 1 && h.Paper != "out" {
		soon = append(soon, NewFault("printer", "paper_low", h.paperLeft()))
	}
	warn(h.Paper == "out" && len(h.Faults) == 0, "printer", "paper_out")
	warn(h.DiskFreeMiB > 0 && h.DiskFreeMiB < DiskLowMiB, "disk", "low")
	warn(h.CPUMilliC >= HotMilliC, "board", "hot")
	warn(h.SpoolDepth >= SpoolMany, "link", "spool")
	return soon
}

// Troubles returns all that is wrong, the worst first: that there is no session with the hub, the faults,
// the warnings.
func (h *Health) Troubles(online bool) []Fault {
	var all []Fault
	if !online {
		all = append(all, NewFault("link", "offline", nil))
	}
	return append(append(all, h.Faults...), h.Warnings()...)
}

// paperLeft says how long the roll lasts, or nil when that is not known.
func (h *Health) paperLeft() Text {
	switch {
	case h.PaperSlips == 0:
		return nil
	case h.PaperDays == 0:
		return Say(fmt.Sprintf("纸还够约 %d 张", h.PaperSlips), fmt.Sprintf("paper for about %d slips", h.PaperSlips))
	}
	days := "days"
	if h.PaperDays == 1 {
		days = "day"
	}
	return Say(fmt.Sprintf("纸还够约 %d 张，约 %d 天", h.PaperSlips, h.PaperDays),
		fmt.Sprintf("paper for about %d slips, about %d %s", h.PaperSlips, h.PaperDays, days))
}

// StatusLine says in one line how a device is: its [Health.Troubles], or "everything works".
func (h *Health) StatusLine(online bool) Text {
	all := h.Troubles(online)
	if len(all) == 0 {
		return Say("一切正常", "everything works")
	}
	var zh, en []string
	for _, f := range all {
		zh, en = append(zh, f.Text.In(Chinese)), append(en, f.Text.In(English))
	}
	return Say(strings.Join(zh, "；"), strings.Join(en, "; "))
}
