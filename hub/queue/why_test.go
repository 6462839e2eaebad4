package queue

import (
	"encoding/json"
	"testing"
	"time"

	"jiaohao/protocol"
)

// whyGolden are calls by their facts, and the sentence that the citizen reads.
var whyGolden = []struct {
	name   string
	why    Why
	zh, en string
}{
	{
		"longest", Why{Rule: "longest", WaitMS: 95_000, Among: []protocol.ServiceID{"social"}},
		"等候最久（1:35）", "longest wait (1:35)",
	},
	{
		"longest among two", Why{Rule: "longest", WaitMS: 4_230_000, Among: []protocol.ServiceID{"social", "tax"}},
		"等候最久（70:30）；在社会保险、税务中", "longest wait (70:30); among Social insurance, Tax",
	},
	{
		"service that the plan has lost", Why{Rule: "longest", Among: []protocol.ServiceID{"social", "gone"}},
		"等候最久（0:00）；在社会保险、gone中", "longest wait (0:00); among Social insurance, gone",
	},
	{
		"green", Why{Rule: "green", WaitMS: 60_000, Green: 1, GreenOf: 2},
		"绿色通道，已等候 1:00，连续第 1 个（最多 2 个）", "green channel, waited 1:00, 1 of 2 in a row",
	},
	{
		"green alone", Why{Rule: "green", WaitMS: 60_000, GreenOf: 2},
		"绿色通道，已等候 1:00，本窗口无普通号可叫", "green channel, waited 1:00, no regular number to call here",
	},
	{
		"ratio", Why{Rule: "ratio", WaitMS: 360_000, Green: 2, GreenOf: 2},
		"已连续叫 2 个绿色通道号，轮到等候最久的普通号（6:00）",
		"after 2 green numbers in a row, the regular number that waited longest (6:00)",
	},
	{
		"aged", Why{Rule: "aged", WaitMS: 1_800_000, GreenOf: 2},
		"已等候 30:00，超过 30 分钟优先", "waited 30:00, over 30 min goes first",
	},
	{
		"chosen", Why{Rule: "chosen", WaitMS: 1_000, By: "lin", Reason: "当面请求", Among: []protocol.ServiceID{"social", "tax"}},
		"由 lin 指定叫号（已等候 0:01）：当面请求", "chosen by lin (waited 0:01): 当面请求",
	},
	{
		"chosen for a partner who is there", Why{Rule: "chosen", By: "lin", Reason: "急", For: "2"},
		"由 lin 指定叫号（已等候 0:00）：急；顶岗：2号窗口", "chosen by lin (waited 0:00): 急; on behalf of window 2",
	},
	{
		"weighed", Why{
			Rule: "weight", WaitMS: 600_000, Among: []protocol.ServiceID{"social", "permit"},
			Weighed: &Weighed{Number: "A001", WaitMS: 600_000, LimitMS: 900_000, Weight: 1.5, Factor: 1},
			Passed:  &Weighed{Number: "C001", WaitMS: 840_000, LimitMS: 1_800_000, Weight: 0.5, Factor: 0.4},
		},
		"加权等候最久：已等候 10:00，时限 15:00，短业务系数 × 1.50 = 1.00；先于更早取号的 C001（已等候 14:00，时限 30:00，长业务系数 × 0.50，顶岗系数 × 0.40 = 0.09）；在社会保险、证照中",
		"largest weighted wait: waited 10:00, limit 15:00, short service × 1.50 = 1.00; ahead of C001, who came earlier (waited 14:00, limit 30:00, long service × 0.50, covered × 0.40 = 0.09); among Social insurance, Permits",
	},
	{
		"weighed, and nobody is passed", Why{
			Rule: "weight", WaitMS: 600_000, Weighed: &Weighed{Number: "A001", WaitMS: 600_000, LimitMS: 900_000, Weight: 1.5, Factor: 1},
		},
		"等候最久（10:00）", "longest wait (10:00)",
	},
	{
		"an appointment that is weighed", Why{
			Rule: "weight", WaitMS: 300_000, CreditMS: 1_500_000, Weighed: &Weighed{Number: "A001", WaitMS: 1_800_000, LimitMS: 900_000, Weight: 1.5, Factor: 1, Counted: true},
			Passed: &Weighed{Number: "C001", WaitMS: 2_100_000, LimitMS: 1_800_000, Weight: 0.5, Factor: 1},
		},
		"加权等候最久：按已等候 30:00 计，时限 15:00，短业务系数 × 1.50 = 3.00；先于更早取号的 C001（已等候 35:00，时限 30:00，长业务系数 × 0.50 = 0.58）；预约号，按已等候 30 分钟计",
		"largest weighted wait: counts as waited 30:00, limit 15:00, short service × 1.50 = 3.00; ahead of C001, who came earlier (waited 35:00, limit 30:00, long service × 0.50 = 0.58); appointment, counts 30 min",
	},
	{
		"weighed beyond patience", Why{
			Rule: "weight", WaitMS: 4_800_000, Weighed: &Weighed{Number: "C001", WaitMS: 4_800_000, LimitMS: 1_800_000, Weight: 0.5, Factor: 0.61, BeyondMS: 300_000},
			Passed: &Weighed{Number: "B001", WaitMS: 4_860_000, LimitMS: 5_400_000, Weight: 0.5, Factor: 0.61},
		},
		"加权等候最久：已等候 80:00，时限 30:00，长业务系数 × 0.50，顶岗系数 × 0.61，久候部分 5:00 另计 + 0.50 = 1.26；先于更早取号的 B001（已等候 81:00，时限 90:00，长业务系数 × 0.50，顶岗系数 × 0.61 = 0.27）",
		"largest weighted wait: waited 80:00, limit 30:00, long service × 0.50, covered × 0.61, the last 5:00 count + 0.50 instead = 1.26; ahead of B001, who came earlier (waited 81:00, limit 90:00, long service × 0.50, covered × 0.61 = 0.27)",
	},
	{
		"passed over too often", Why{Rule: "budget", WaitMS: 720_000, Skips: 20, Weighed: &Weighed{Number: "C001", WaitMS: 720_000, LimitMS: 1_800_000, Weight: 0.5, Factor: 1}},
		"已被后到者越过 20 次，不再让号（已等候 12:00）",
		"passed over 20 times, so nobody goes before it again (waited 12:00)",
	},
	{
		"one behind was passed over too often", Why{Rule: "budget", WaitMS: 720_000, Skips: 20, Behind: "C002", Weighed: &Weighed{Number: "C001", WaitMS: 720_000, LimitMS: 1_800_000, Weight: 0.5, Factor: 1}},
		"同一队列中其后的 C002 已被越过 20 次，不再让号（本号已等候 12:00）",
		"C002 behind it in line was passed over 20 times, so nobody goes before their line again (waited 12:00)",
	},
	{
		"weighed after green ones", Why{Rule: "ratio", WaitMS: 720_000, Green: 2, GreenOf: 2, Weighed: &Weighed{Number: "A001", WaitMS: 720_000, LimitMS: 900_000, Weight: 1, Factor: 1}},
		"已连续叫 2 个绿色通道号，轮到等候最接近时限的普通号（已等候 12:00，时限 15:00）",
		"after 2 green numbers in a row, the regular number nearest to its limit (waited 12:00 of 15:00)",
	},
	{
		"green before all", Why{Rule: "green_first", WaitMS: 60_000},
		"绿色通道优先，已等候 1:00", "green channel goes first, waited 1:00",
	},
	{
		"cover of one who is away", Why{Rule: "longest", For: "2", Cause: CoverAway, Since: nineOclock},
		"等候最久（0:00）；顶岗：2号窗口，自 09:00:00 起", "longest wait (0:00); covers window 2 since 09:00:00",
	},
	{
		"cover of one who is busy", Why{Rule: "longest", For: "2", Cause: CoverOverload, Since: nineOclock},
		"等候最久（0:00）；2号窗口繁忙，自 09:00:00 起协助", "longest wait (0:00); helps busy window 2 since 09:00:00",
	},
	{
		"idle help", Why{Rule: "green", For: "2", Cause: CoverIdle, Green: 2, GreenOf: 3},
		"绿色通道，已等候 0:00，连续第 2 个（最多 3 个）；本窗口无人等候，协助2号窗口",
		"green channel, waited 0:00, 2 of 3 in a row; nobody of its own waits, helps window 2",
	},
}

// nineOclock is nine in the morning at the hall, as the journal keeps it.
var nineOclock = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

func TestWhySentenceInBothLanguages(t *testing.T) {
	plan := readPlan(t, "hall.yaml")
	for _, c := range whyGolden {
		text := c.why.Text(&plan)
		if got := text.In(protocol.Chinese); got != c.zh {
			t.Errorf("%s\n  got  %s\n  want %s", c.name, got, c.zh)
		}
		if got := text.In(protocol.English); got != c.en {
			t.Errorf("%s\n  got  %s\n  want %s", c.name, got, c.en)
		}
	}
}

// TestWhyIsWrittenFromItsFactsAlone: the facts in the journal are enough, whatever
// has become of the hall since.
func TestWhyIsWrittenFromItsFactsAlone(t *testing.T) {
	plan := readPlan(t, "hall.yaml")
	for _, c := range whyGolden {
		body, err := json.Marshal(c.why)
		if err != nil {
			t.Fatal(err)
		}
		var again Why
		if err := json.Unmarshal(body, &again); err != nil {
			t.Fatal(err)
		}
		if got := again.Text(&plan).In(protocol.Chinese); got != c.zh {
			t.Errorf("%s, read from %s\n  got  %s\n  want %s", c.name, body, got, c.zh)
		}
	}
}

// TestWhyNamesAWindowByItsLabel: the citizen sees the label, never the id.
func TestWhyNamesAWindowByItsLabel(t *testing.T) {
	plan := readPlan(t, "hall.yaml")
	plan.Window("2").Label = "B2"
	why := Why{Rule: "longest", For: "2"}
	if got, want := why.Text(&plan).In(protocol.English), "longest wait (0:00); on behalf of window B2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
