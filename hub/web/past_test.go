package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// busyMorning is an open day at two windows: people came every 2 min and were served
// for 5, some of the green channel, one was missed.
func busyMorning(b *bench) {
	b.openDay()
	b.signOn("1", "lin")
	b.signOn("2", "wang")
	for i := range 24 {
		if i%8 == 5 {
			b.ask(protocol.Request{Do: protocol.TicketIssue, Service: "social", Class: protocol.Green, GrantedBy: "chen"})
		}
		b.issue([]protocol.ServiceID{"social", "tax"}[i%2])
		b.clock.add(2 * time.Minute)
		if i%3 == 2 {
			for _, w := range []protocol.WindowID{"1", "2"} {
				b.at(w, protocol.WindowCallNext)
				b.clock.add(20 * time.Second)
				if i == 8 && w == "1" {
					b.at(w, protocol.WindowNoShow)
					continue
				}
				b.at(w, protocol.WindowArrived)
				b.clock.add(5 * time.Minute)
				b.at(w, protocol.WindowFinish)
			}
		}
	}
}

func TestPagesOnThePastSayWhatWillStandThereWhileThereIsNothing(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.login("chen")
	for path, text := range map[string]string{
		"/promises?lang=zh-CN": "还没有可以比较的记录", "/heat?lang=zh-CN": "有人取号之后就有内容", "/learned?lang=zh-CN": "还没有日结过", "/promises?lang=en": "Nothing to compare yet",
		"/heat?lang=en": "once people have taken numbers", "/learned?lang=en": "No day has been closed yet",
	} {
		b.has(b.get(path), text)
	}
	if a := b.get("/why/A001"); a.status != http.StatusNotFound {
		t.Errorf("a ticket on a closed day: %d", a.status)
	}
	b.openDay()
	if a := b.get("/why/A001?lang=zh-CN"); a.status != http.StatusNotFound || !strings.Contains(a.body, "没有这个号") {
		t.Errorf("a ticket that there is not: %d %s", a.status, a.body)
	}
	b.issue("social")
	b.has(b.get("/why/a001"), "这个号还没有叫过", "A001")
	b.has(b.get("/promises"), "还没有可以比较的记录")
}

func TestPromisesStandBesideWhatCame(t *testing.T) {
	b := newBench(t, smallPlan(t))
	busyMorning(b)
	b.login("chen")
	var h Honesty
	if err := json.Unmarshal([]byte(b.get("/api/v1/promises").body), &h); err != nil {
		t.Fatal(err)
	}
	sum := h.All.Early + h.All.Inside + h.All.Late
	if h.All.Called != 16 || sum != h.All.Told() || h.All.Unknown != 0 || len(h.Services) != 2 || len(h.Days) != 1 {
		t.Errorf("the report is %+v", h)
	}
	for name, rows := range map[string][]Honest{"days": h.Days, "services": h.Services, "half hours": h.HalfHours, "models": h.Models} {
		called := 0
		for _, r := range rows {
			called += r.Called
		}
		if called != h.All.Called {
			t.Errorf("the %s add up to %d of %d", name, called, h.All.Called)
		}
	}
	a := b.get("/promises")
	b.has(a, fmt.Sprintf("预计准确率 %d%%", h.All.Percent()), "社会保险", "简单估算", "<svg", `class="promise"`, `class="inside"`)
	b.has(b.get("/promises?lang=en&day=2026-11-23"), "of the waits that were promised came true", "Simple (work ahead by windows)")
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.get("/promises.csv").body, "\ufeff"))).ReadAll()
	if err != nil || len(lines) != 17 || lines[1][1] != "A001" || lines[1][4] != "simple" {
		t.Fatalf("the CSV is %v, %v", lines, err)
	}
	late := 0
	for _, l := range lines[1:] {
		if l[8] == "late" {
			late++
		}
	}
	if late != h.All.Late {
		t.Errorf("the CSV has %d late, the report %d", late, h.All.Late)
	}
	b.ask(protocol.Request{Do: protocol.WindowSignOff, Window: "1", Reason: "下班", Manager: "chen"})
	b.hub(queue.DayClose)
	b.has(b.get("/promises?day=2026-11-23&lang=zh-CN"), "社会保险", "告知的等候与实际等候")
}

func TestLoadMapCountsWhoCameWhoWaitedAndWhoWasCalled(t *testing.T) {
	b := newBench(t, smallPlan(t))
	busyMorning(b)
	b.login("chen")
	a := b.get("/heat")
	b.has(a, "09:00", "10:30", "社会保险，09:00 起半小时取号", "1号窗口，", "起半小时叫号", "平均等候")
	if strings.Contains(a.body, "04:00") {
		t.Error("the map shows half hours in which nothing was")
	}
	b.has(b.get("/heat?lang=en"), "half hour from", "Calls by window")
}

func TestPageTellsHowACallCameAbout(t *testing.T) {
	b := newBench(t, smallPlan(t))
	busyMorning(b)
	b.login("chen")
	b.has(b.get("/why/A004"), "A004 是怎样叫到的", "绿色通道", "取号更早、这次没有叫到的人", "绿色通道优先", "1号窗口当时不叫这项业务")
	b.has(b.get("/why/20261123-A001?lang=en"), "How A001 was called", "longest wait", "Nobody who came earlier was waiting", "promised")
	b.has(b.get("/manager?ticket=A004"), `href="/why/20261123-A004"`)
	b.ask(protocol.Request{Do: protocol.WindowSignOff, Window: "1", Reason: "下班", Manager: "chen"})
	b.hub(queue.DayClose)
	b.has(b.get("/why/20261123-A004?lang=zh-CN"), "A004 是怎样叫到的") // also when its day is over
}

func TestManagerSeesWhatWasLearnedAndResetsIt(t *testing.T) {
	b := newBench(t, smallPlan(t))
	busyMorning(b)
	b.ask(protocol.Request{Do: protocol.WindowSignOff, Window: "1", Reason: "下班", Manager: "chen"})
	b.hub(queue.DayClose)
	b.login("chen")
	b.has(b.get("/learned"), "截至 2026-11-23 日结，已学习 1 个营业日", "件办结记录的用时", "林晓", "2026-11-23", "过号比例")
	b.has(b.get("/learned?lang=en"), "Up to the close of 2026-11-23: 1 business days", "Lin Xiao", "finished services", "Jiaohao 叫号 test</p>")
	var l learned
	if err := json.Unmarshal([]byte(b.get("/api/v1/learned").body), &l); err != nil {
		t.Fatal(err)
	}
	if l.Version != 1 || l.Figures[0].Key != "time/social" || l.Figures[0].Count == 0 {
		t.Errorf("the API gives %+v", l)
	}
	if a := b.post("/learned", "id", "reset-without-reason", "figure", "time/social"); a.status != http.StatusBadRequest {
		t.Errorf("a reset without a reason: %d", a.status)
	}
	for _, reason := range []string{strings.Repeat("长", protocol.TextMax+1), "a\x07b"} {
		if a := b.post("/learned?lang=zh-CN", "id", "reset-long", "figure", "time/social", "reason", reason); a.status != http.StatusBadRequest || !strings.Contains(a.body, fmt.Sprintf("最多 %d 个字", protocol.TextMax)) {
			t.Errorf("a reason of %d characters: %d", len(reason), a.status)
		}
	}
	if a := b.post("/learned", "id", "reset-1", "figure", "time/social", "reason", "流程变了"); a.status != http.StatusSeeOther {
		t.Fatalf("the reset: %d %s", a.status, a.body)
	}
	if err := json.Unmarshal([]byte(b.get("/api/v1/learned").body), &l); err != nil || l.Figures[0].Count != 0 || l.Figures[1].Count == 0 {
		t.Errorf("after the reset %+v, %v", l.Figures[:2], err)
	}
}

func TestManagerSeesWhenWindowsAreUsuallyAtWorkAfterTwoDays(t *testing.T) {
	b := newBench(t, smallPlan(t))
	for n := range 2 {
		at := func(hour, minute int) { // by the hall's clock
			b.clock.add(time.Date(2026, 11, 23+n, hour-8, minute, 0, 0, time.UTC).Sub(b.clock.Now()))
		}
		at(9, 0)
		busyMorning(b)
		at(12, 0)
		b.ask(protocol.Request{Do: protocol.WindowPause, Window: "1", Reason: "用餐", Manager: "chen"})
		at(13, 30)
		b.ask(protocol.Request{Do: protocol.WindowUnpause, Window: "1"})
		at(17, 0)
		b.hub(queue.DayClose)
		b.login("chen")
		page := b.get("/learned?lang=zh-CN")
		b.has(page, "各窗口平时在岗时段")
		if usual := strings.Contains(page.body, "9:00–12:00, 13:30–17:00"); usual != (n == 1) {
			t.Errorf("after %d days the page says the usual hours of window 1: %v", n+1, usual)
		}
	}
	b.has(b.get("/learned?lang=en"), "Usual hours of windows", "9:00–12:00, 13:30–17:00", "estimates go by it")
	if a := b.post("/learned", "id", "reset-hours", "figure", "hours/1", "reason", "换班"); a.status != http.StatusSeeOther {
		t.Fatalf("the reset: %d %s", a.status, a.body)
	}
	if page := b.get("/learned?lang=en"); strings.Contains(page.body, "13:30–17:00") {
		t.Error("after the reset the page says the usual hours of window 1 still")
	}
}
