package queue

import (
	"fmt"
	"strings"
	"time"

	"jiaohao/protocol"
)

// Text writes the reason of a call as one sentence in each language, from the
// facts alone.
func (w *Why) Text(p *Plan) protocol.Text {
	return protocol.Say(w.sentence(p, protocol.Chinese), w.sentence(p, protocol.English))
}

func (w *Why) sentence(p *Plan, lang protocol.Lang) string {
	zh := lang == protocol.Chinese
	parts := []string{w.rule(p, zh)}
	// Who passes nobody has waited longest, however it is weighed.
	longest := w.Rule == string(TierLongest) || w.Rule == string(TierWeight) && w.Passed == nil
	if w.Weighed != nil && !longest && w.Rule != string(TierGreen) {
		parts = []string{w.weighed(zh)}
	}
	if len(w.Among) > 1 && w.Rule != "chosen" {
		parts = append(parts, among(p, w.Among, lang))
	}
	if w.CreditMS != 0 && longest {
		parts = []string{w.credit(zh) + w.real(zh)} // by its place; others may have waited longer
	} else if w.CreditMS != 0 {
		parts = append(parts, w.credit(zh))
	}
	if w.For != "" {
		parts = append(parts, w.cover(p, zh))
	}
	if zh {
		return strings.Join(parts, "；")
	}
	return strings.Join(parts, "; ")
}

func (w *Why) rule(p *Plan, zh bool) string {
	wait := clock(w.WaitMS)
	switch {
	case w.Rule == "chosen" && zh:
		return fmt.Sprintf("由 %s 指定叫号（已等候 %s）：%s", w.By, wait, w.Reason)
	case w.Rule == "chosen":
		return fmt.Sprintf("chosen by %s (waited %s): %s", w.By, wait, w.Reason)
	case w.Rule == ruleGreenFirst && zh:
		return fmt.Sprintf("绿色通道优先，已等候 %s", wait)
	case w.Rule == ruleGreenFirst:
		return fmt.Sprintf("green channel goes first, waited %s", wait)
	case w.Rule == "green" && w.Green > 0 && zh:
		return fmt.Sprintf("绿色通道，已等候 %s，连续第 %d 个（最多 %d 个）", wait, w.Green, w.GreenOf)
	case w.Rule == "green" && w.Green > 0:
		return fmt.Sprintf("green channel, waited %s, %d of %d in a row", wait, w.Green, w.GreenOf)
	case w.Rule == "green" && zh:
		return fmt.Sprintf("绿色通道，已等候 %s，本窗口无普通号可叫", wait)
	case w.Rule == "green":
		return fmt.Sprintf("green channel, waited %s, no regular number to call here", wait)
	case w.Rule == "aged" && zh:
		return fmt.Sprintf("已等候 %s，超过 %d 分钟优先", wait, int(p.Classes.aging().Minutes()))
	case w.Rule == "aged":
		return fmt.Sprintf("waited %s, over %d min goes first", wait, int(p.Classes.aging().Minutes()))
	case w.Rule == "ratio" && zh:
		return fmt.Sprintf("已连续叫 %d 个绿色通道号，轮到等候最久的普通号（%s）", w.Green, wait)
	case w.Rule == "ratio":
		return fmt.Sprintf("after %d green numbers in a row, the regular number that waited longest (%s)", w.Green, wait)
	case zh:
		return fmt.Sprintf("等候最久（%s）", wait)
	}
	return fmt.Sprintf("longest wait (%s)", wait)
}

// credit tells that an appointment's place counts, and not its arrival.
func (w *Why) credit(zh bool) string {
	counts := max(0, w.WaitMS+w.CreditMS) / time.Minute.Milliseconds()
	if zh {
		return fmt.Sprintf("预约号，按已等候 %d 分钟计", counts)
	}
	return fmt.Sprintf("appointment, counts %d min", counts)
}

func (w *Why) real(zh bool) string {
	if zh {
		return fmt.Sprintf("（实际等候 %s）", clock(w.WaitMS))
	}
	return fmt.Sprintf(" (waited %s)", clock(w.WaitMS))
}

func among(p *Plan, services []protocol.ServiceID, lang protocol.Lang) string {
	var names []string
	for _, id := range services {
		name := string(id)
		if svc := p.Service(id); svc != nil {
			name = svc.Name.In(lang)
		}
		names = append(names, name)
	}
	if lang == protocol.Chinese {
		return "在" + strings.Join(names, "、") + "中"
	}
	return "among " + strings.Join(names, ", ")
}

func (w *Why) cover(p *Plan, zh bool) string {
	label, since := p.Label(w.For), w.Since.In(p.zone()).Format(time.TimeOnly)
	switch {
	case w.Cause == CoverIdle && zh:
		return fmt.Sprintf("本窗口无人等候，协助%s号窗口", label)
	case w.Cause == CoverIdle:
		return fmt.Sprintf("nobody of its own waits, helps window %s", label)
	case w.Since.IsZero() && zh:
		return fmt.Sprintf("顶岗：%s号窗口", label)
	case w.Since.IsZero():
		return fmt.Sprintf("on behalf of window %s", label)
	case w.Cause == CoverOverload && zh:
		return fmt.Sprintf("%s号窗口繁忙，自 %s 起协助", label, since)
	case w.Cause == CoverOverload:
		return fmt.Sprintf("helps busy window %s since %s", label, since)
	case zh:
		return fmt.Sprintf("顶岗：%s号窗口，自 %s 起", label, since)
	}
	return fmt.Sprintf("covers window %s since %s", label, since)
}

// clock writes a wait as m:ss.
func clock(ms int64) string {
	s := ms / 1000
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
