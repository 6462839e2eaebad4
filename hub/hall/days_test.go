package hall

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/learn"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// liveHall is the hall of people and clerks who do not know what the hall will promise:
// four windows in two pairs, two services that take other times than the plan says.
type liveHall struct {
	*running
	mean map[protocol.ServiceID]float64 // s, as it truly is
	open time.Time
	n    int
	mu   sync.Mutex
	rand *rand.Rand
}

func livePlan() *queue.Plan {
	p := smallHall()
	p.Services[0].Typical, p.Services[0].Promise = queue.Duration(4*time.Minute), queue.Duration(20*time.Minute)
	p.Services[1].Typical, p.Services[1].Promise = queue.Duration(8*time.Minute), queue.Duration(20*time.Minute)
	p.Windows = append(p.Windows, queue.Window{ID: "4", Name: protocol.Say("4号窗口", "Window 4"), Primary: []protocol.ServiceID{"tax"}})
	p.Devices = append(p.Devices, queue.Device{ID: "terminal-4", Kind: protocol.KindTerminal, Window: "4"})
	p.Clerks = append(p.Clerks, queue.Clerk{ID: "c4", Name: protocol.Say("刘洋", "Liu Yang"), PIN: p.Clerks[0].PIN})
	p.Pairs = []queue.Pair{{A: "1", B: "3", IdleHelp: true}, {A: "2", B: "4", IdleHelp: true}}
	p.Rule = queue.RuleAPQ
	return p
}

// draw returns a request id that was not used, and a random number of each kind.
func (l *liveHall) draw() (id string, uniform, normal, exponential float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	return fmt.Sprint("live-", l.n), l.rand.Float64(), l.rand.NormFloat64(), l.rand.ExpFloat64()
}

func (l *liveHall) request(do protocol.Action) protocol.Request {
	id, _, _, _ := l.draw()
	return request(id, do)
}

// clerk works at a window until the evening, away for lunch.
func (l *liveHall) clerk(ctx context.Context, w protocol.WindowID, who protocol.ClerkID, lunch time.Duration) {
	on := l.request(protocol.WindowSignOn)
	on.Clerk, on.PIN = who, "2468"
	l.do(terminal(w), on)
	ate := false
	for ctx.Err() == nil && time.Since(l.open) < 9*time.Hour {
		if !ate && time.Since(l.open) > lunch {
			ate = true
			pause := l.request(protocol.WindowPause)
			pause.Reason, pause.Manager, pause.ManagerPIN = "用餐", "m1", "2468"
			l.do(terminal(w), pause)
			time.Sleep(40 * time.Minute)
			l.do(terminal(w), l.request(protocol.WindowUnpause))
		}
		reply := l.Ask(ctx, terminal(w), l.request(protocol.WindowCallNext))
		if reply.Refused != nil {
			time.Sleep(10 * time.Second)
			continue
		}
		_, missed, length, _ := l.draw()
		time.Sleep(20 * time.Second)
		if missed < 0.06 {
			time.Sleep(40 * time.Second)
			l.do(terminal(w), l.request(protocol.WindowNoShow))
			continue
		}
		l.do(terminal(w), l.request(protocol.WindowArrived))
		sd := 0.65
		s := l.mean[reply.OK.Ticket.Service] * math.Exp(sd*length-sd*sd/2)
		time.Sleep(time.Duration(s * float64(time.Second)))
		l.do(terminal(w), l.request(protocol.WindowFinish))
	}
	off := l.request(protocol.WindowSignOff)
	off.Reason, off.Manager, off.ManagerPIN = "下班", "m1", "2468"
	l.do(terminal(w), off)
}

// citizens come all day, most of them in the middle of the morning.
func (l *liveHall) citizens(ctx context.Context, each time.Duration) {
	for ctx.Err() == nil && time.Since(l.open) < 7*time.Hour {
		id, which, _, gap := l.draw()
		hours := time.Since(l.open).Hours()
		busy := 0.7 + 0.7*math.Exp(-(hours-2)*(hours-2)) + 0.4*math.Exp(-(hours-5.5)*(hours-5.5))
		time.Sleep(time.Duration(gap / busy * float64(each)))
		service := protocol.ServiceID("social")
		if which < 0.35 {
			service = "tax"
		}
		l.do(dispenser(), issue(id, service))
	}
}

// play runs one day and closes it.
func (l *liveHall) play(day string, each time.Duration) {
	l.openWith(livePlan(), day)
	l.open = time.Now()
	var people sync.WaitGroup
	for i := range 4 {
		w := protocol.WindowID(fmt.Sprint(i + 1))
		people.Go(func() {
			l.clerk(l.t.Context(), w, protocol.ClerkID("c"+string(w)), 3*time.Hour+time.Duration(i)*40*time.Minute)
		})
	}
	people.Go(func() { l.citizens(l.t.Context(), each) })
	people.Wait()
	l.closeDay()
}

// kept returns how many of a day's promised ranges held, and how many there were.
func (l *liveHall) kept(day string) (inside, all int) {
	err := l.journal.ServiceLines(l.t.Context(), day, func(s journal.ServiceLine) error {
		if s.CalledAt.IsZero() || !s.Promise.Known || s.Wait < time.Minute {
			return nil
		}
		all++
		if s.Wait >= s.Promise.Low && s.Wait <= s.Promise.High {
			inside++
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return inside, all
}

func TestPromisesOfAHallThatLearnsHold(t *testing.T) {
	if testing.Short() {
		t.Skip("plays three days")
	}
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := start(t, dir, Options{ForecastEvery: 15 * time.Second})
		l := &liveHall{
			running: h, mean: map[protocol.ServiceID]float64{"social": 330, "tax": 540}, rand: rand.New(rand.NewPCG(11, 12)),
		}
		inside, all := 0, 0
		for i := range 3 {
			day := fmt.Sprintf("2000-01-%02d", i+1)
			l.play(day, 2*time.Minute)
			in, of := l.kept(day)
			t.Logf("%s: %d of %d promises held", day, in, of)
			if i > 0 {
				inside, all = inside+in, all+of
			}
			time.Sleep(14 * time.Hour)
		}
		if share := float64(inside) / float64(all); share < 0.7 || share > 0.95 || all < 100 {
			t.Errorf("after the first day %.2f of %d promises held, want four in five", share, all)
		}
		h.see(func(s *queue.State, _ time.Time) {
			b := learn.Of(s.Figures, &s.Plan)
			if m := b.Mean("social"); m < 280 || m > 390 {
				t.Errorf("three days taught a mean of %.0f s, truth is 330", m)
			}
		})
		kinds := h.kinds()
		t.Logf("alarms raised %d, cleared %d", kinds["alarm_raised"], kinds["alarm_cleared"])
		if kinds["alarm_raised"] > 60 {
			t.Errorf("%d alarms in three days flutter", kinds["alarm_raised"])
		}
		h.stop()
		if _, err := Verify(t.Context(), dir); err != nil {
			t.Error(err)
		}
	})
}
