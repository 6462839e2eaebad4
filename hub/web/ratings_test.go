package web

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// evaluate presses a key of a window's evaluator; 0 is that nobody pressed one.
func (b *bench) evaluate(w protocol.WindowID, id protocol.TicketID, rating int) {
	b.t.Helper()
	b.n++
	from := queue.Source{Role: queue.RoleDevice, Device: protocol.DeviceID("t" + w), Kind: protocol.KindTerminal, Window: w}
	req := protocol.Request{ID: protocol.RequestID(fmt.Sprintf("rate-%d", b.n)), Do: protocol.TicketRate, Ticket: id, Window: w, Rating: rating}
	if reply := b.hall.Ask(b.t.Context(), from, req); reply.Refused != nil {
		b.t.Fatal(reply.Refused)
	}
}

func TestReportCountsWhoWasAskedAndDidNotRate(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.login("chen")
	b.has(b.get("/ratings"), "这一天还没有办结的号")
	b.openDay()
	b.signOn("1", "lin")
	b.signOn("2", "wang")
	serve := func(w protocol.WindowID, service protocol.ServiceID) protocol.TicketID {
		id := b.issue(service).ID
		b.at(w, protocol.WindowCallNext)
		b.at(w, protocol.WindowArrived)
		b.ask(protocol.Request{Do: protocol.WindowFinish, Window: w, Result: protocol.Immediate})
		return id
	}
	b.evaluate("1", serve("1", "social"), 5)
	b.evaluate("1", serve("1", "social"), 2)
	b.evaluate("1", serve("1", "social"), 0)
	late := serve("1", "social")
	b.evaluate("1", late, 0)
	b.post("/t/"+b.token(late)+"/rate", "rating", "3", "last", last(t, b.get("/t/"+b.token(late)).body)) // not at the window, but by phone
	serve("2", "tax")                                                                                    // nobody asked
	b.issue("tax")                                                                                       // nor served

	const head = "day,window,clerk,finished,very_good,good,fair,bad,very_bad,not_rated\n"
	const want = head + "2026-11-23,1,lin,4,1,0,1,1,0,1\n2026-11-23,2,wang,1,0,0,0,0,0,0\n"
	report := func() {
		t.Helper()
		if got := strings.TrimPrefix(b.get("/ratings.csv?day=2026-11-23").body, "\ufeff"); got != want {
			t.Errorf("the CSV is\n%s, want\n%s", got, want)
		}
		if _, err := csv.NewReader(strings.NewReader(want)).ReadAll(); err != nil {
			t.Error(err)
		}
		const cells = `<td class="n">4</td><td class="n">1</td><td class="n">0</td><td class="n">1</td><td class="n">1</td><td class="n">0</td><td class="n">1</td><td class="n"><b>67%</b></td>`
		b.has(b.get("/ratings?day=2026-11-23&lang=zh-CN"), "评价统计", "未评价", "满意率", `<th scope="row">1号窗口</th>`+cells, `<th scope="row">林晓</th>`+cells, `<th scope="row">合计</th>`)
		b.has(b.get("/ratings?day=2026-11-23&lang=en"), "Not rated", "By clerk", `<th scope="row">Wang Fang</th><td class="n">1</td>`, "<td class=\"n\">—</td>")
	}
	report()
	for _, w := range []protocol.WindowID{"1", "2"} {
		b.ask(protocol.Request{Do: protocol.WindowSignOff, Window: w, Reason: "下班", Manager: "chen"})
	}
	b.hub(queue.DayClose)
	report()
}
