package replay

import (
	"strings"
	"testing"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// story is a replay that went well, two visits: one served, one that left.
func story(t *testing.T) (*driver, *evidence) {
	t.Helper()
	day := read(t, bankHead+bankGood+"1999-02-01,PS,0,105,,,,abandoned,20\n")
	d := &driver{o: Options{Day: day, Mode: Order}, fleet: &fleet{}}
	e := &evidence{lives: map[protocol.TicketID]*life{}, requests: map[string]int{}}
	base := time.Date(1999, 2, 1, 0, 0, 0, 0, time.UTC)
	at := map[protocol.WindowID]protocol.TicketID{}
	event := func(second int, device protocol.DeviceID, id protocol.RequestID, do protocol.Action, ev queue.Event) {
		if err := e.take(ev, base.Add(time.Duration(second)*time.Second), at); err != nil {
			t.Fatal(err)
		}
		d.fleet.answers = append(d.fleet.answers, answer{
			device: device, req: protocol.Request{ID: id, Do: do}, reply: protocol.Reply{ID: id, OK: &protocol.OK{}},
		})
	}
	by := func(device protocol.DeviceID, id protocol.RequestID) queue.By {
		return queue.By{Device: device, Request: id}
	}
	event(100, "d", "r1", protocol.TicketIssue, &queue.Issued{By: by("d", "r1"), Ticket: "x-A001", Number: "A001"})
	event(105, "d", "r2", protocol.TicketIssue, &queue.Issued{By: by("d", "r2"), Ticket: "x-A002", Number: "A002"})
	event(110, "t", "r3", protocol.WindowCall, &queue.Called{By: by("t", "r3"), Ticket: "x-A001", Window: "A1"})
	event(110, "t", "r4", protocol.WindowArrived, &queue.Arrived{By: by("t", "r4"), Ticket: "x-A001", Window: "A1"})
	event(120, "t", "r5", protocol.WindowFinish, &queue.Finished{By: by("t", "r5"), Ticket: "x-A001", Window: "A1"})
	event(125, "d", "r6", protocol.TicketCancel, &queue.Cancelled{By: by("d", "r6"), Ticket: "x-A002"})
	d.traces = []*trace{
		{Visit: &day.Visits[0], ticket: "x-A001", number: "A001", issued: "r1", window: "A1"},
		{Visit: &day.Visits[1], ticket: "x-A002", number: "A002", issued: "r2"},
	}
	serviceTimes(d.traces)
	for _, id := range e.order {
		l := e.lives[id]
		line := journal.ServiceLine{
			Ticket: string(id), Number: l.number, Window: string(l.window), Outcome: "finished",
			IssuedAt: l.issuedAt, CalledAt: l.calledAt, ArrivedAt: l.arrivedAt, FinishedAt: l.endedAt,
		}
		if l.finished == 0 {
			line.Outcome = "cancelled"
		} else {
			line.Wait, line.Serve = l.calledAt.Sub(l.issuedAt), l.endedAt.Sub(l.arrivedAt)
		}
		e.lines = append(e.lines, line)
	}
	return d, e
}

// failing lists the checks that fail.
func failing(t *testing.T, d *driver, e *evidence) string {
	t.Helper()
	k, err := newKiller(0, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range d.judge(e, k) {
		if !c.Pass {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, "\n")
}

func TestReplayThatWentWellPassesEveryCheck(t *testing.T) {
	d, e := story(t)
	if names := failing(t, d, e); names != "" {
		t.Errorf("failed: %s", names)
	}
}

func TestEachFaultFailsTheCheckThatIsForIt(t *testing.T) {
	again := queue.By{Device: "t", Request: "again"}
	for name, c := range map[string]struct {
		fault func(d *driver, e *evidence)
		want  string
	}{
		"two rows have one ticket": {func(d *driver, e *evidence) {
			d.traces[1].ticket = "x-A001"
		}, "every ticket of the file was issued once"},
		"a third ticket was issued": {func(d *driver, e *evidence) {
			_ = e.take(&queue.Issued{By: again, Ticket: "x-A003", Number: "A003"}, time.Time{}, nil)
		}, "every ticket of the file was issued once"},
		"a number is there twice": {func(d *driver, e *evidence) {
			e.lives["x-A002"].number = "A001"
		}, "no number twice"},
		"a ticket was never finished": {func(d *driver, e *evidence) {
			e.lives["x-A001"].finished = 0
		}, "no ticket lost"},
		"the day's end ended it": {func(d *driver, e *evidence) {
			_ = e.take(&queue.DayClosed{Left: 1}, time.Time{}, nil)
		}, "no ticket lost"},
		"nobody asked for it": {func(d *driver, e *evidence) {
			_ = e.take(&queue.Cancelled{Ticket: "x-A002"}, time.Time{}, nil)
		}, "no ticket lost"},
		"called to a second window": {func(d *driver, e *evidence) {
			at := map[protocol.WindowID]protocol.TicketID{"A1": "x-A001"}
			_ = e.take(&queue.Called{By: again, Ticket: "x-A001", Window: "A2"}, time.Time{}, at)
		}, "none called at two windows"},
		"a window has two tickets": {func(d *driver, e *evidence) {
			at := map[protocol.WindowID]protocol.TicketID{"A1": "x-A001"}
			_ = e.take(&queue.Called{By: again, Ticket: "x-A002", Window: "A1"}, time.Time{}, at)
		}, "none called at two windows"},
		"a request was carried out twice": {func(d *driver, e *evidence) {
			e.requests[requestKey("finished", "t", "r5")]++
		}, "each answered request stands in the journal once"},
		"an answered request is not in the journal": {func(d *driver, e *evidence) {
			delete(e.requests, requestKey("issued", "d", "r1"))
		}, "each answered request stands in the journal once"},
		"a request was refused": {func(d *driver, e *evidence) {
			d.fleet.answers[5].reply = protocol.Reply{Refused: protocol.Refuse(protocol.WrongStage, "不", "no")}
		}, "no request was refused"},
		"a line is missing": {func(d *driver, e *evidence) {
			e.lines = e.lines[:1]
		}, "the service log has one line for each row"},
		"a line says another window": {func(d *driver, e *evidence) {
			e.lines[0].Window = "A7"
		}, "the service log has one line for each row"},
		"a wait is three seconds off": {func(d *driver, e *evidence) {
			e.lines[0].Wait += 3 * time.Second
		}, "waiting and service times agree with the file"},
		"a service is three seconds off": {func(d *driver, e *evidence) {
			e.lines[0].Serve -= 3 * time.Second
		}, "waiting and service times agree with the file"},
		"the chain is broken": {func(d *driver, e *evidence) {
			e.chainErr = &journal.BrokenError{Seq: 3}
		}, "the journal's chain is whole"},
	} {
		d, e := story(t)
		c.fault(d, e)
		if names := failing(t, d, e); !strings.Contains(names, c.want) {
			t.Errorf("%s: failed checks are %q, want %q among them", name, names, c.want)
		}
	}
}

func TestKillThatDidNotHappenAndChangedAnswerFailTheReplay(t *testing.T) {
	d, e := story(t)
	k, err := newKiller(1, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	d.fleet.changed = []string{"ticket.issue r1 of d"}
	failed := 0
	for _, c := range d.judge(e, k) {
		if !c.Pass {
			failed++
		}
	}
	if failed != 2 {
		t.Errorf("%d checks failed, want the kills and the repeated requests", failed)
	}
}

func TestFiguresOfAFewWaits(t *testing.T) {
	waits := []float64{10, 1300, 20, 30}
	f := figures(5, func(i int) (bool, float64, float64) {
		if i == 4 {
			return true, 99, 0
		}
		return false, waits[i], 60
	})
	want := Figures{
		Served: 4, Left: 1, Over20: 1, Over20Part: 0.25,
		Wait:     Spread{Count: 4, MeanS: 340, P50S: 20, P95S: 1300, MaxS: 1300},
		Service:  Spread{Count: 4, MeanS: 60, P50S: 60, P95S: 60, MaxS: 60},
		Patience: Spread{Count: 1, MeanS: 99, P50S: 99, P95S: 99, MaxS: 99},
	}
	if f != want {
		t.Errorf("figures %+v, want %+v", f, want)
	}
}
