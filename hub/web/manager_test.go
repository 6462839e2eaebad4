package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestAManagerOpensAndClosesTheDayFromTheVeryFirstStart(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.login("chen") // by the plan file: no day was ever opened
	b.has(b.get("/manager"), "今天尚未开厅")
	if a := b.post("/manager", "do", "day.open", "id", "open-1"); a.status != http.StatusSeeOther {
		t.Fatalf("opening: %d %s", a.status, a.body)
	}
	b.has(b.get("/manager?done=1"), "2026-11-23", "操作已记录")
	b.issue("social")
	b.has(b.get("/manager"), "还有 1 人等候")
	if a := b.post("/manager", "do", "day.close", "id", "close-1"); a.status != http.StatusSeeOther {
		t.Fatalf("closing: %d %s", a.status, a.body)
	}
	b.has(b.get("/manager"), "今天尚未开厅")
}

func TestAManagerCallsAChosenNumberWithAReasonAndItsHistoryTellsWhy(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	b.signOn("1", "lin")
	b.issue("social")
	second := b.issue("social")
	form := []string{"do", "window.call", "window", "1", "ticket", "A002", "reason", "带婴儿", "id", "call-1", "back", "/manager?window=1"}
	for range 2 { // a double click
		a := b.post("/manager", form...)
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/manager?done=1&window=1" {
			t.Fatalf("call: %d %s %s", a.status, a.header.Get("Location"), a.body)
		}
	}
	b.has(b.get("/manager?window=1"), "A002", "已叫号")
	for _, search := range []string{"A002", "a002", string(second.ID)} {
		b.has(b.get("/manager?ticket="+search), "取号（普通号", "叫到 1号窗口", "带婴儿")
	}
	a := b.post("/manager", "do", "window.call", "window", "1", "ticket", "A001", "reason", "x", "id", "call-2")
	if a.status != http.StatusConflict {
		t.Errorf("calling to a busy window: %d", a.status)
	}
	b.has(a, "未执行", `role="alert"`)
}

func TestBothPostsOfAPairMayLeaveOnlyByTheManagersWord(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	b.signOn("1", "lin")
	b.signOn("2", "wang")
	b.issue("social")
	if a := b.post("/manager", "do", "window.pause", "window", "1", "reason", "材料整理", "id", "p1"); a.status != http.StatusSeeOther {
		t.Fatalf("first pause: %d %s", a.status, a.body)
	}
	if a := b.post("/manager", "do", "window.sign_off", "window", "2", "reason", "开会", "id", "p2"); a.status != http.StatusConflict {
		t.Errorf("second leave without override: %d", a.status)
	}
	a := b.post("/manager", "do", "window.sign_off", "window", "2", "reason", "开会", "override", "1", "id", "p3")
	if a.status != http.StatusSeeOther {
		t.Errorf("second leave with override: %d %s", a.status, a.body)
	}
	b.has(b.get("/manager"), "无人可叫", "社会保险有 1 人等候")
}

func TestTheManagersPageShowsCoverWithCauseAndSince(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	b.signOn("1", "lin")
	b.signOn("2", "wang")
	b.ask(protocol.Request{Do: protocol.WindowPause, Window: "2", Reason: "临时离开"})
	b.clock.add(2 * time.Minute)
	b.hub(queue.Tick)
	page := b.get("/manager")
	b.has(page, "→ 顶岗：2号窗口", "← 由 1号窗口 顶岗", "对方不在岗", "临时离开")
	b.has(b.get("/board?lang=zh-CN"), "请到 1号窗口")
}

func TestIdleHelpIsToldApartFromCover(t *testing.T) {
	plan := smallPlan(t)
	plan.Pairs[0].IdleHelp = true
	b := newBench(t, plan)
	b.openDay()
	b.login("chen")
	b.signOn("1", "lin")
	b.signOn("2", "wang")
	b.issue("tax")
	b.at("1", protocol.WindowCallNext)
	b.has(b.get("/manager"), "税务 · 协助：2号窗口", "顶岗（离岗、繁忙）", "目前没有顶岗")
}

func TestTodaysFiguresAreThoseOfTheServiceLog(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	b.signOn("1", "lin")
	b.issue("social")
	b.clock.add(4 * time.Minute)
	b.at("1", protocol.WindowCallNext) // 4:01 after the issue
	b.at("1", protocol.WindowArrived)
	b.clock.add(9 * time.Minute)
	b.at("1", protocol.WindowFinish)
	b.issue("tax")
	var f Figures
	if err := json.Unmarshal([]byte(b.get("/api/v1/figures").body), &f); err != nil {
		t.Fatal(err)
	}
	if f.Counts != (Counts{Issued: 2, Called: 1, Waiting: 1, Finished: 1}) || f.Day != "2026-11-23" {
		t.Errorf("counts %+v of %q", f.Counts, f.Day)
	}
	if f.All.Wait.MedianMS != 241_000 || f.All.Serve.MeanMS != 541_000 || len(f.Services) != 1 {
		t.Errorf("figures %+v", f)
	}
	b.has(b.get("/manager"), "4:01", "9:01")
}

func TestAPauseReasonOfThePlanIsReadInThePagesLanguage(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	b.signOn("1", "lin")
	b.signOn("3", "zhou")
	b.ask(protocol.Request{Do: protocol.WindowPause, Window: "1", Reason: "材料整理"})
	b.ask(protocol.Request{Do: protocol.WindowPause, Window: "3", Reason: "接孩子"}) // typed
	b.has(b.get("/manager?lang=en&window=1"), `<p class="why">paperwork</p>`, "· paperwork", `<p class="why">接孩子</p>`)
	b.has(b.get("/manager?lang=zh-CN"), `<p class="why">材料整理</p>`)
}

func TestAnOpenWindowShowsHowLongItHasHadNobody(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	b.signOn("1", "lin")
	b.clock.add(3 * time.Minute)
	b.has(b.get("/manager"), "空闲</span>", ">3:00</time>") // since the clerk came
	b.issue("social")
	for _, do := range []protocol.Action{protocol.WindowCallNext, protocol.WindowArrived, protocol.WindowFinish} {
		b.at("1", do)
	}
	b.clock.add(time.Minute)
	b.has(b.get("/manager?lang=en"), "idle</span>", ">1:00</time>") // since the finish
}

func TestFiguresFollowThePlansOrder(t *testing.T) {
	queues := make([]QueueNow, 2)
	queues[0].Service, queues[1].Service = "tax", "social"
	var got []string
	for _, f := range inPlanOrder([]journal.Figures{{Service: "gone"}, {Service: "social"}, {Service: "tax"}}, queues) {
		got = append(got, string(f.Service))
	}
	if text := strings.Join(got, " "); text != "tax social gone" {
		t.Errorf("the order is %q", text)
	}
}

func TestAClerkIsToldThatThisIsForManagers(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.login("lin")
	for _, path := range []string{"/manager", "/api/v1/windows"} {
		a := b.get(path)
		if a.status != http.StatusForbidden || strings.Contains(a.body, "请先登录") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		b.has(a, "不是值班经理")
	}
	b.has(b.get("/manager?lang=en"), "you are not a manager")
}

func TestAlarmsNameHelpLongWaitsAndBrokenDevicesWorstFirst(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	b.signOn("1", "lin")
	b.issue("social")
	b.clock.add(21 * time.Minute)
	b.askForHelp("1")
	b.devices = dayDevices(b.clock.Now())
	g, err := b.server.look(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, a := range g.Alarms {
		kinds = append(kinds, a.Kind)
		if a.Text.In(protocol.Chinese) == "" || a.Text[protocol.English] == "" {
			t.Errorf("the alarm %s lacks a language: %v", a.Kind, a.Text)
		}
	}
	if got := strings.Join(kinds, " "); got != "help fault device over soon" {
		t.Errorf("alarms %q", got)
	}
	if a := b.post("/manager", "do", "window.help", "window", "1", "id", "h1"); a.status != http.StatusSeeOther {
		t.Errorf("answering: %d", a.status)
	}
	if page := b.get("/manager"); strings.Contains(page.body, "请求支援") {
		t.Error("the call for help stays after it was answered")
	}
}

func TestTheDevicesPageSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("lin") // a clerk is enough
	b.devices = dayDevices(b.clock.Now())
	a := b.get("/devices")
	b.has(a, "打印机没纸了：请换纸", "放入热敏纸，光面朝外", "联系不上（网络断开或断电）：窗口无法叫号", "打印纸快用完", "从未连上主机")
	if strings.Index(a.body, "打印机没纸了") > strings.Index(a.body, "打印纸快用完") ||
		strings.Index(a.body, "打印纸快用完") > strings.Index(a.body, "一切正常") {
		t.Error("the worst is not first")
	}
	b.has(b.get("/devices?lang=en"), "3 devices need somebody", "Out of paper: put in a new roll", "unplug it for 10 seconds")
}
