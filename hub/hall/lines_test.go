package hall

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// serviceLog returns the lines of the day as a person would read them.
func (r *running) serviceLog() string {
	r.t.Helper()
	var b strings.Builder
	err := r.journal.ServiceLines(r.t.Context(), "2000-01-01", func(l journal.ServiceLine) error {
		fmt.Fprintf(&b, "%s %s %s window=%s clerk=%s wait=%v way=%v serve=%v\n",
			l.Number, l.Outcome, l.Result, l.Window, l.Clerk, l.Wait, l.Way, l.Serve)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return b.String()
}

func TestServiceLogSaysHowEachVisitWent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		press := func(do protocol.Action, after time.Duration) {
			time.Sleep(after)
			req := request(id(do, "-", time.Now().UnixNano()), do)
			req.Reason = "复印"
			if do == protocol.WindowResume {
				req.Ticket, req.Reason = "A002", ""
			}
			h.do(terminal("1"), req)
		}
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		for n := range 4 {
			h.do(dispenser(), issue(id("press-", n), "social"))
		}
		// A001 is served, A002 with a hold, A003 does not come, A004 gives up.
		press(protocol.WindowCallNext, time.Minute)
		press(protocol.WindowArrived, 20*time.Second)
		press(protocol.WindowFinish, 5*time.Minute)
		press(protocol.WindowCallNext, 0)
		press(protocol.WindowArrived, 10*time.Second)
		press(protocol.WindowHold, 2*time.Minute)
		press(protocol.WindowCallNext, 0)
		press(protocol.WindowRecall, time.Minute)
		press(protocol.WindowRecall, time.Minute)
		press(protocol.WindowNoShow, time.Minute)
		press(protocol.WindowResume, 0)
		press(protocol.WindowFinish, 3*time.Minute)
		cancel := request("cancel", protocol.TicketCancel)
		cancel.Ticket = "A004"
		h.do(dispenser(), cancel)

		want := `A001 finished done window=1 clerk=c1 wait=1m0s way=20s serve=5m0s
A003 no_show  window=1 clerk=c1 wait=8m30s way=0s serve=0s
A002 finished done window=1 clerk=c1 wait=6m20s way=10s serve=5m0s
A004 cancelled  window= clerk= wait=0s way=0s serve=0s
`
		if got := h.serviceLog(); got != want {
			t.Errorf("the service log is\n%swant\n%s", got, want)
		}
		if err := Rebuild(t.Context(), h.journal); err != nil {
			t.Fatal(err)
		}
		if got := h.serviceLog(); got != want {
			t.Errorf("the rebuilt service log is\n%swant\n%s", got, want)
		}
	})
}

func TestTakingBackAStepTakesBackItsLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		h.do(dispenser(), issue("press", "social"))
		h.do(terminal("1"), request("call", protocol.WindowCallNext))
		time.Sleep(time.Minute)
		h.do(terminal("1"), request("finish", protocol.WindowFinish))
		if log := h.serviceLog(); !strings.HasPrefix(log, "A001 finished") {
			t.Fatalf("the service log is %q", log)
		}
		h.do(terminal("1"), request("undo", protocol.WindowUndo))
		if log := h.serviceLog(); log != "" {
			t.Errorf("after the undo the service log still says %q", log)
		}
		if err := Rebuild(t.Context(), h.journal); err != nil {
			t.Fatal(err)
		}
		if log := h.serviceLog(); log != "" {
			t.Errorf("the rebuilt service log says %q", log)
		}
	})
}

func TestEndOfTheDayLogsWhoIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		for n := range 3 {
			h.do(dispenser(), issue(id("press-", n), "social"))
		}
		c := queue.Command{From: queue.Source{Role: queue.RoleHub, Device: "hub"}}
		c.Request.Do = queue.DayClose
		if _, err := h.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if log := h.serviceLog(); strings.Count(log, " cancelled ") != 3 {
			t.Errorf("the service log is\n%s", log)
		}
	})
}

// The close of a day of thousands is killed between its two transactions.
func TestCloseThatWasCutShortKeepsTheLineOfEverybodyWhoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		const waiting = journal.MaxBatch + 100
		h := start(t, dir, Options{})
		h.openDay()
		kill(h)
		j, err := journal.Open(dir, journal.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		// carryOut decides all and commits it, spoilt by cut.
		carryOut := func(cut func(*batch), tasks ...*task) error {
			h, err := Open(j, Options{})
			if err != nil {
				t.Fatal(err)
			}
			b := &batch{now: h.now(), prev: h.state.Seq}
			for _, task := range tasks {
				if err := h.decide(b, task); err != nil || task.result.err != nil {
					t.Fatal(err, task.result.err)
				}
			}
			cut(b)
			return h.commit(b)
		}
		whole := func(*batch) {}
		var morning []*task
		for n := range waiting {
			morning = append(morning, &task{command: queue.Command{From: dispenser(), Request: issue(id("press-", n), "social")}})
		}
		if err := carryOut(whole, morning...); err != nil {
			t.Fatal(err)
		}
		killed := func(b *batch) { b.entries[len(b.entries)-1].Kind = "" } // which no journal takes
		if err := carryOut(killed, hubTask(queue.DayClose)); err == nil {
			t.Fatal("the second transaction should have failed")
		}
		if err := carryOut(whole, hubTask(queue.DayClose)); err != nil {
			t.Fatal(err)
		}
		h.journal = j
		if n := strings.Count(h.serviceLog(), " cancelled "); n != waiting {
			t.Errorf("%d people left, the service log has %d", waiting, n)
		}
	})
}
