package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/hub/internal/browser"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// walkMax is far above what the walk takes on a loaded machine.
const walkMax = 2 * time.Minute

// walkPIN is everybody's.
const walkPIN = "2468"

func TestManagerFollowsAnAdviceAndTakesItBackInABrowser(t *testing.T) {
	browser.Script(t, "manager.mjs") // before a hall is opened in vain
	for _, lang := range []string{"zh-CN", "en"} {
		t.Run(lang, func(t *testing.T) {
			browser.Walk(t, walkMax, "manager.mjs", "http://"+openMorning(t).hub.HTTPAddr().String(), lang)
		})
	}
}

// morning is a hall in which a recorded Friday is followed by a Monday morning: social
// insurance has more people than window 1 can serve, window 2 has time.
type morning struct {
	t   *testing.T
	hub *running
	n   int
	end map[protocol.WindowID]time.Time // of the visits

	mu    sync.Mutex // guards what follows: the hub's goroutines look at the clock
	at    time.Time
	since time.Time // when the clock began to run; zero: it stands
}

func (m *morning) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since.IsZero() {
		return m.at
	}
	return m.at.Add(time.Since(m.since))
}

func (m *morning) set(at time.Time, runs bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at, m.since = at, time.Time{}
	if runs {
		m.since = time.Now()
	}
}

// busyPlan is a hall of three windows whose rule is that B helps only when A is away.
func busyPlan(t *testing.T) *queue.Plan {
	pin, err := hall.HashPIN(walkPIN)
	if err != nil {
		t.Fatal(err)
	}
	say, minutes := protocol.Say, func(n int) queue.Duration { return queue.Duration(time.Duration(n) * time.Minute) }
	return &queue.Plan{
		Version: 1, Hall: "walk", Zone: "Asia/Shanghai", APQ: queue.APQ{Strict: true}, Name: say("临江区政务服务大厅", "Linjiang service hall"),
		Services: []queue.Service{
			{ID: "social", Prefix: "A", Name: say("社会保险", "Social insurance"), Typical: minutes(5), Promise: minutes(30)},
			{ID: "house", Prefix: "B", Name: say("不动产登记", "Property"), Typical: minutes(5), Promise: minutes(30)},
			{ID: "tax", Prefix: "C", Name: say("税务", "Tax"), Typical: minutes(5), Promise: minutes(30)},
		},
		Windows: []queue.Window{
			{ID: "1", Name: say("1号窗口", "Window 1"), Primary: []protocol.ServiceID{"social"}},
			{ID: "2", Name: say("2号窗口", "Window 2"), Primary: []protocol.ServiceID{"tax"}},
			{ID: "3", Name: say("3号窗口", "Window 3"), Primary: []protocol.ServiceID{"house", "tax"}},
		},
		Pairs: []queue.Pair{{A: "1", B: "3", Delay: minutes(1)}},
		Clerks: []queue.Clerk{
			{ID: "c1", Name: say("林晓", "Lin Xiao"), PIN: pin}, {ID: "c2", Name: say("王芳", "Wang Fang"), PIN: pin},
			{ID: "c3", Name: say("周宁", "Zhou Ning"), PIN: pin},
			{ID: "chen", Name: say("陈主任", "Director Chen"), PIN: pin, Manager: true},
		},
	}
}

// openMorning lets the two days happen in virtual time and then the clock run.
func openMorning(t *testing.T) *morning {
	m := &morning{t: t}
	friday := time.Date(2026, 11, 20, 0, 55, 0, 0, time.UTC) // 08:55 in Shanghai
	m.set(friday, false)
	m.hub = start(t, Options{Dir: t.TempDir(), Plan: busyPlan(t), Now: m.now, Around: m.around})
	m.day("2026-11-20")
	m.staff("1", "2", "3")
	m.pass(friday.Add(5*time.Minute), 420, func(i int) map[protocol.ServiceID]bool {
		if i > 380 { // who is here is served until the hall closes
			return nil
		}
		rush := i > 60 && i < 150 || i > 300 && i < 360
		return map[protocol.ServiceID]bool{"social": rush && i%6 == 0 || i%9 == 0, "house": rush && i%10 == 1 || i%11 == 1, "tax": rush && i%12 == 7 || i%14 == 3}
	})
	for w := range m.end {
		m.do(protocol.Request{Do: protocol.WindowFinish, Window: w})
		m.do(protocol.Request{Do: protocol.WindowSignOff, Window: w, Reason: "下班", Manager: "chen"})
	}
	monday := friday.AddDate(0, 0, 3)
	m.set(monday, false)
	m.day("2026-11-23")
	m.staff("1", "2", "3")
	m.pass(monday.Add(5*time.Minute), 62, func(i int) map[protocol.ServiceID]bool {
		return map[protocol.ServiceID]bool{"social": i%3 == 0, "house": i%6 == 2, "tax": i%15 == 5}
	})
	m.set(m.now(), true)
	return m
}

// day waits until the calendar has opened a day.
func (m *morning) day(day string) {
	m.t.Helper()
	wait(m.t, day+" to open", func() (open bool) {
		m.do(protocol.Request{Do: protocol.WindowRecall, Window: "1"}) // refused, but the hall looks at the clock
		err := m.hub.Hall.Read(m.t.Context(), func(s *queue.State, _ time.Time) { open = s.Day == day })
		return err == nil && open
	})
}

// do carries out a request as a manager may and returns the ticket, or nil.
func (m *morning) do(r protocol.Request) *protocol.Ticket {
	m.n++
	r.ID = protocol.RequestID(fmt.Sprintf("walk-%d", m.n))
	reply := m.hub.Hall.Ask(m.t.Context(), queue.Source{Role: queue.RoleManager, Device: "walk", Person: "chen"}, r)
	if reply.OK == nil {
		return nil
	}
	return reply.OK.Ticket
}

func (m *morning) staff(windows ...protocol.WindowID) {
	m.end = map[protocol.WindowID]time.Time{}
	for _, w := range windows {
		m.do(protocol.Request{Do: protocol.WindowSignOn, Window: w, Clerk: protocol.ClerkID("c" + w), PIN: walkPIN})
		m.end[w] = time.Time{}
	}
}

// pass lets people come minute by minute; a visit takes about 5 minutes.
func (m *morning) pass(from time.Time, minutes int, come func(minute int) map[protocol.ServiceID]bool) {
	for i := range minutes {
		now := from.Add(time.Duration(i) * time.Minute)
		m.set(now, false)
		who := come(i)
		for _, service := range []protocol.ServiceID{"social", "house", "tax"} {
			if who[service] {
				m.do(protocol.Request{Do: protocol.TicketIssue, Service: service})
			}
		}
		for _, w := range []protocol.WindowID{"1", "2", "3"} {
			if end, on := m.end[w]; on && !now.Before(end) {
				m.next(w)
			}
		}
	}
}

// next ends the visit at a window and calls the next number.
func (m *morning) next(w protocol.WindowID) *protocol.Ticket {
	m.do(protocol.Request{Do: protocol.WindowFinish, Window: w})
	called := m.do(protocol.Request{Do: protocol.WindowCallNext, Window: w})
	if called != nil {
		m.do(protocol.Request{Do: protocol.WindowArrived, Window: w})
		m.end[w] = m.now().Add(time.Duration(4+m.n%3) * time.Minute)
	}
	return called
}

// around adds what the walk needs and no page has: a clerk's press, minutes that pass,
// and the plan.
func (m *morning) around(pages http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.HandleFunc("POST /walk/next/{window}", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(m.next(protocol.WindowID(r.PathValue("window"))))
	})
	mux.HandleFunc("POST /walk/later/{minutes}", func(_ http.ResponseWriter, r *http.Request) {
		later, err := time.ParseDuration(r.PathValue("minutes") + "m")
		if err != nil {
			m.t.Errorf("the walk asks for %q minutes", r.PathValue("minutes"))
		}
		m.set(m.now().Add(later), true)
	})
	mux.HandleFunc("GET /walk/plan", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(m.hub.Hall.Plan())
	})
	return mux
}
