package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
	b := newBench(t, smallPlan(t))
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
	if a := b.post("/whatif/undo", "id", "web-3", "reason", "x"); a.status != http.StatusConflict {
		t.Errorf("a second undo: %d", a.status)
	}
}

func TestWrongQuestionIsToldAndChangesNothing(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.morning()
	before := b.hall.Plan()
	for _, c := range []struct{ path, key, value, say string }{
		{"/whatif", "c", `{"do":"fly"`, "c="},
		{"/whatif", "day", "1999-01-01", "1999-01-01"},
		{"/whatif/apply", "c", `{"do":"teach","window":"9","service":"tax"}`, `window &#34;9&#34; is not one of 1, 2, 3`},
		{"/whatif/apply", "c", `{"do":"rule","rule":"random"}`, "random"},
		{"/staff", "days", "99", "1–10"},
	} {
		a := b.post(c.path, "id", "web-9", "reason", "x", c.key, c.value)
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
		return nil, ctx.Err()
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
	b.has(b.worked("/staff"), "午饭次序", "1号窗口", "2号窗口")
	ask[1] = "skills"
	b.post("/staff", ask...)
	b.has(b.worked("/staff"), "值得教的顶岗")
}
