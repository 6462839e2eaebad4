package queue

import (
	"fmt"
	"strings"
)

// weighed is the sentence of a choice by the rule apq, from which the choice can be
// computed again: wait / limit × weight of a short service × factor of cover, and what is
// beyond patience by itself.
func (w *Why) weighed(zh bool) string {
	text := w.step(zh)
	if w.Passed == nil {
		return text
	}
	if zh {
		return text + "；先于更早取号的 " + w.Passed.Number + "（" + w.Passed.sum(true) + "）"
	}
	return text + "; ahead of " + w.Passed.Number + ", who came earlier (" + w.Passed.sum(false) + ")"
}

func (w *Why) step(zh bool) string {
	switch {
	case w.Rule == string(TierBudget) && w.Behind != "" && zh:
		return fmt.Sprintf("同一队列中其后的 %s 已被越过 %d 次，不再让号（本号已等候 %s）", w.Behind, w.Skips, clock(w.WaitMS))
	case w.Rule == string(TierBudget) && w.Behind != "":
		return fmt.Sprintf("%s behind it in line was passed over %d times, so nobody goes before their line again (waited %s)", w.Behind, w.Skips, clock(w.WaitMS))
	case w.Rule == string(TierBudget) && zh:
		return fmt.Sprintf("已被后到者越过 %d 次，不再让号（已等候 %s）", w.Skips, clock(w.WaitMS))
	case w.Rule == string(TierBudget):
		return fmt.Sprintf("passed over %d times, so nobody goes before it again (waited %s)", w.Skips, clock(w.WaitMS))
	case w.Rule == string(TierRatio) && zh:
		return fmt.Sprintf("已连续叫 %d 个绿色通道号，轮到等候最接近时限的普通号（已等候 %s，时限 %s）", w.Green, clock(w.WaitMS), clock(w.Weighed.LimitMS))
	case w.Rule == string(TierRatio):
		return fmt.Sprintf("after %d green numbers in a row, the regular number nearest to its limit (waited %s of %s)", w.Green, clock(w.WaitMS), clock(w.Weighed.LimitMS))
	case zh:
		return "加权等候最久：" + w.Weighed.sum(true)
	}
	return "largest weighted wait: " + w.Weighed.sum(false)
}

// sum writes the computation of a weighted wait. A factor that is 1 is left out.
func (w *Weighed) sum(zh bool) string {
	format := "waited %s, limit %s, short service × %.2f"
	if zh {
		format = "已等候 %s，时限 %s，短业务系数 × %.2f"
	}
	if !zh && w.Weight < 1 {
		format = "waited %s, limit %s, long service × %.2f"
	}
	if zh && w.Weight < 1 {
		format = "已等候 %s，时限 %s，长业务系数 × %.2f"
	}
	switch {
	case w.Counted && zh:
		format = strings.Replace(format, "已等候 %s", "按已等候 %s 计", 1)
	case w.Counted:
		format = strings.Replace(format, "waited", "counts as waited", 1)
	}
	text := fmt.Sprintf(format, clock(w.WaitMS), clock(w.LimitMS), w.Weight)
	switch {
	case w.Factor == 1:
	case zh:
		text += fmt.Sprintf("，顶岗系数 × %.2f", w.Factor)
	default:
		text += fmt.Sprintf(", covered × %.2f", w.Factor)
	}
	switch beyond := float64(w.BeyondMS) / 1000 / apqBeyond; {
	case w.BeyondMS == 0:
	case zh:
		text += fmt.Sprintf("，久候部分 %s 另计 + %.2f", clock(w.BeyondMS), beyond)
	default:
		text += fmt.Sprintf(", the last %s count + %.2f instead", clock(w.BeyondMS), beyond)
	}
	return text + fmt.Sprintf(" = %.2f", w.Score())
}
