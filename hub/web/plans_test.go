package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/hub/queue"
	"jiaohao/hub/whatif"
	"jiaohao/protocol"
)

// morning lets four people come, of whom three are served at window 1.
func (b *bench) morning() {
	b.t.Helper()
	b.openDay()
	b.signOn("1", "lin")
	b.signOn("2", "wang")
	for range 4 {
		b.issue("social")
	}
	for range 3 {
		b.at("1", protocol.WindowCallNext)
		b.clock.add(15 * time.Minute)
		b.at("1", protocol.WindowFinish)
	}
	b.login("chen")
}

// worked waits until the page's long work has ended and returns the page.
func (b *bench) worked(path string) answer {
	b.t.Helper()
	for range 500 {
		if a := b.get(path); !strings.Contains(a.body, `http-equiv="refresh" content="1"`) {
			return a
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.t.Fatal("the work does not end")
	return answer{}
}

func TestManagerTriesAnotherArrangementAndReadsItBesideTheDay(t *testing.T) {
	p := smallPlan(t)
	p.Rule = queue.RuleFIFO // under which a partner does not help by itself
	b := newBench(t, p)
	b.morning()
	page := b.get("/whatif")
	b.has(page, "如果……", "2026-11-23", "还没有改动")
	page = b.get("/whatif?day=2026-11-23&window=2&service=social&add=teach&lang=en")
	b.has(page, "Window 2 also serves Social insurance")
	a := b.post("/whatif", "day", "2026-11-23", "c", encodeChange(whatif.Change{Do: whatif.Teach, Window: "2", Service: "social"}))
	if a.status != http.StatusSeeOther {
		t.Fatalf("try: %d %s", a.status, a.body)
	}
	page = b.worked("/whatif")
	b.has(page, "2026-11-23", "Window 2 also serves Social insurance", "As it was", `class="n good"`, "<polyline")
}

func TestDayOnWhichNobodyIsServedHasDashesAndNotZeros(t *testing.T) {
	p := smallPlan(t)
	p.Services[0].Promise = queue.Duration(time.Minute)
	b := newBench(t, p)
	b.morning()
	b.post("/whatif?c="+url.QueryEscape(encodeChange(whatif.Change{Do: whatif.CloseWindow, Window: "1"})), "day", "2026-11-23", "c", encodeChange(whatif.Change{Do: whatif.CloseWindow, Window: "2"}))
	b.worked("/whatif")
	for lang, rows := range map[string][]string{
		"zh-CN": {"平均等候（分钟）", "超出承诺（%）", "到此时还在等候（人）"},
		"en":    {"Mean wait, min", "Over the promise, %", "Still waiting then"},
	} {
		page := b.get("/whatif?lang=" + lang).body
		for i, want := range []string{"<b>–</b>", "<b>100.0</b>", "<b>4</b>"} {
			_, row, _ := strings.Cut(page, `<th scope="row">`+rows[i])
			if row, _, _ = strings.Cut(row, "</tr>"); !strings.Contains(row, want) {
				t.Errorf("%s: %q, want %s", rows[i], row, want)
			}
		}
		if strings.Contains(page, "NaN") {
			t.Error("the page says NaN")
		}
	}
}

func TestChangeOfThePlanTakesEffectAndIsTakenBack(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.morning()
	serves := func() bool {
		return slices.Contains(b.hall.Plan().Window("2").Primary, protocol.ServiceID("social"))
	}
	teach := encodeChange(whatif.Change{Do: whatif.Teach, Window: "2", Service: "social"})
	b.has(b.get("/whatif?c="+strings.ReplaceAll(teach, `"`, "%22")), "立即生效")
	if a := b.post("/whatif/apply", "id", "web-1", "reason", "社保排队长", "c", teach); a.status != http.StatusSeeOther || !serves() {
		t.Fatalf("apply: %d, window 2 serves social: %v\n%s", a.status, serves(), a.body)
	}
	b.has(b.get("/whatif"), "恢复原配置")
	if got := b.at("2", protocol.WindowCallNext).Ticket.Number; got != "A004" {
		t.Errorf("window 2 called %s, want A004", got)
	}
	b.at("2", protocol.WindowFinish)
	if a := b.post("/whatif/undo", "id", "web-2", "reason", "高峰过了"); a.status != http.StatusSeeOther || serves() {
		t.Fatalf("undo: %d, window 2 serves social: %v\n%s", a.status, serves(), a.body)
	}
	page := b.get("/whatif?lang=en")
	b.has(page, "Window 2 also serves Social insurance", "社保排队长", "Restored", "Window 2 no longer serves Social insurance", "高峰过了")
	if a := b.post("/whatif/undo", "id", "web-3", "reason", "x"); a.status != http.StatusConflict {
		t.Errorf("a second undo: %d", a.status)
	}
}

func TestChangesAreTakenBackOneByOneByAHubThatWasStartedAgain(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.morning()
	before := []*queue.Plan{b.hall.Plan()}
	for i, c := range []whatif.Change{{Do: whatif.Teach, Window: "2", Service: "social"}, {Do: whatif.SetPromise, Service: "tax", Duration: queue.Duration(15 * time.Minute)}} {
		if a := b.post("/whatif/apply", "id", fmt.Sprintf("web-%d", i), "reason", "x", "c", encodeChange(c)); a.status != http.StatusSeeOther {
			t.Fatalf("change %d: %d %s", i, a.status, a.body)
		}
		before = append(before, b.hall.Plan())
	}
	again, err := New(b.server.opts) // knows nothing but the journal
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i >= 0; i-- {
		plans, err := again.replans(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if plans.before() == nil || !samePlan(plans.before(), before[i]) {
			t.Fatalf("the plan before change %d was not found", i+1)
		}
		if a := b.post("/whatif/undo", "id", fmt.Sprintf("web-undo-%d", i), "reason", "x"); a.status != http.StatusSeeOther || !samePlan(b.hall.Plan(), before[i]) {
			t.Fatalf("undo %d: %d %s", i, a.status, a.body)
		}
	}
	plans, err := again.replans(t.Context())
	if err != nil || plans.before() != nil || len(plans.steps) != 4 || !plans.steps[3].Back {
		t.Errorf("after all was taken back: %+v, %v", plans.steps, err)
	}
}

func TestPlanFileReadByTheHubIsNotTakenBackByAPage(t *testing.T) {
	var day, file queue.Plan
	day.Rule, file.Rule = queue.RuleFIFO, queue.RuleAPQ
	r := replans{plans: []*queue.Plan{&day}}
	r.add(time.Time{}, &queue.PlanChanged{Plan: file, Reason: "plan file"})
	if r.before() != nil || len(r.steps) != 1 || r.steps[0].By != "" {
		t.Errorf("%+v", r)
	}
}

func TestAdviceLeadsToItsOwnQuestionOnTheOpenDay(t *testing.T) {
	for kind, do := range map[string]whatif.ChangeKind{hall.AdviceTeach: whatif.Teach, "open": whatif.OpenWindow, "return": whatif.OpenWindow} {
		to := tryAdvice("2026-11-23", &hall.Advice{Kind: kind, Window: "2", Service: "social"})
		ask, err := readAsk(httptest.NewRequest(http.MethodGet, to, nil), []string{"2026-11-23"})
		if err != nil || ask.Day != "2026-11-23" || len(ask.Changes) != 1 || ask.Changes[0].Do != do || ask.Changes[0].Window != "2" {
			t.Errorf("%s leads to %s: %+v, %v", kind, to, ask, err)
		}
	}
}

func TestDayThatIsNotOverIsSaidToBeSo(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.morning()
	b.post("/whatif", "day", "2026-11-23")
	b.has(b.worked("/whatif"), "这一天还没有结束，只算到")
}

func TestWrongQuestionIsToldAndChangesNothing(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.morning()
	before := b.hall.Plan()
	for _, c := range []struct{ path, key, value, say string }{
		{"/whatif", "c", `{"do":"fly"`, "地址或表单里的改动无法识别"},
		{"/whatif", "day", "1999-01-01", "没有“1999-01-01”这一天的记录，可选 2026-11-23 至 2026-11-23"},
		{"/whatif/apply", "c", `{"do":"teach","window":"9","service":"tax"}`, "“9号窗口兼办“税务””不能改：没有这个窗口或业务"},
		{"/whatif/apply", "c", `{"do":"teach","window":"2","service":"tax"}`, "“2号窗口兼办“税务””不能改：现在已经是这样"},
		{"/whatif/apply", "c", `{"do":"rule","rule":"random"}`, "random"},
		{"/whatif/apply?lang=en", "c", `{"do":"green_in_row","count":99}`, "cannot be done: the number is not from 1 to 10"},
		{"/whatif/apply?lang=en", "c", `{"do":"promise","service":"tax","duration":"99999h"}`, "cannot be done: the promise is not from 0 to 24 hours"},
		{"/whatif/apply?lang=zh-CN", "c", `{"do":"promise","service":"tax","duration":"24h1m"}`, "不能改：承诺等候不在 0 至 24 小时之间"},
		{"/staff?lang=en", "days", "99", "&#34;99&#34; business days are not possible; enter a whole number from 1 to 10"},
		{"/staff?lang=zh-CN", "lunch", "5", "每人用餐填的是“5”分钟，应为 10 至 180 的整数"},
		{"/staff", "from", "12:00", "12:00 到 13:30 太短：每人 60 分钟、两人先后用餐，至少要 120 分钟"},
	} {
		form := []string{"id", "web-9", "reason", "x", "what", "lunch", "day", "2026-11-23", "days", "1", "target", "10", "from", "11:00", "to", "13:30", "lunch", "60", c.key, c.value}
		a := b.post(c.path, form...)
		if a.status != http.StatusBadRequest {
			t.Errorf("%s %s: status %d", c.path, c.value, a.status)
		}
		b.has(a, c.say)
	}
	if b.hall.Plan() != before {
		t.Error("the plan was changed")
	}
}

// hold is work that goes on until it is stopped.
func hold(ended chan<- struct{}) func(context.Context, func(int, int)) (any, error) {
	return func(ctx context.Context, _ func(int, int)) (any, error) {
		defer close(ended)
		<-ctx.Done()
		return (*whatif.StaffPlan)(nil), ctx.Err() // as the searches return it
	}
}

func TestWorkThatIsUnderWayKeepsOtherWorkOutAndCanBeStopped(t *testing.T) {
	p := smallPlan(t)
	p.Services[0].Promise = queue.Duration(time.Minute)
	b := newBench(t, p)
	b.morning()
	ask := []string{"what", "windows", "day", "2026-11-23", "days", "1", "target", "10", "from", "11:00", "to", "13:30", "lunch", "60"}
	held := make(chan struct{})
	if err := b.server.shop.start(job{Page: staffPath, Asked: staffAsk{}}, hold(held)); err != nil {
		t.Fatal(err)
	}
	b.has(b.get("/staff"), "正在测算", "停止")
	if a := b.post("/staff", ask...); a.status != http.StatusConflict {
		t.Errorf("other work: %d", a.status)
	}
	if a := b.post("/staff/stop"); a.status != http.StatusSeeOther {
		t.Errorf("stop: %d", a.status)
	}
	<-held
	b.has(b.worked("/staff"), "已停止")
	if a := b.post("/staff", ask...); a.status != http.StatusSeeOther {
		t.Fatalf("again: %d %s", a.status, a.body)
	}
	b.has(b.worked("/staff"), "个窗口小时", `class="need"`)
	ask[1] = "lunch"
	b.post("/staff", ask...)
	b.has(b.worked("/staff"), "用餐次序", "1号窗口", "2号窗口")
	ask[1] = "skills"
	b.post("/staff", ask...)
	b.has(b.worked("/staff"), "值得培训的顶岗业务")
}
