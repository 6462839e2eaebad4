package view

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// largeHall has as many windows as a plan may have, all with a ticket, and waiting
// people in each line.
func largeHall(services, waiting int) *queue.State {
	p := plan()
	p.Services, p.Windows, p.Pairs, p.Clerks, p.Devices = nil, nil, nil, nil, p.Devices[:1]
	for n := range services {
		p.Services = append(p.Services, queue.Service{
			ID: protocol.ServiceID(fmt.Sprintf("service-%d", n)), Prefix: string(rune('A'+n/26)) + string(rune('A'+n%26)),
			Name: protocol.Say(strings.Repeat("业务", 5), "A service with a long name"),
		})
	}
	s := queue.New()
	apply := func(e queue.Event) { s.Apply(queue.Record{Seq: s.Seq + 1, At: morning, Event: e}) }
	for n := range queue.WindowsMax {
		id := fmt.Sprint(n + 1)
		service := p.Services[n%services].ID
		p.Windows = append(p.Windows, queue.Window{
			ID: protocol.WindowID(id), Name: protocol.Say(id+"号窗口", "Window "+id), Primary: []protocol.ServiceID{service},
		})
		p.Clerks = append(p.Clerks, queue.Clerk{ID: protocol.ClerkID("c" + id), Name: protocol.Say("王芳", "Wang Fang")})
	}
	apply(&queue.DayOpened{Day: "2026-11-23", Plan: p})
	for n := range queue.WindowsMax + waiting {
		v := p.Services[n%services]
		number := fmt.Sprintf("%s%03d", v.Prefix, n)
		apply(&queue.Issued{
			Ticket: protocol.TicketID("20261123-" + number), Number: number, N: n + 1, Service: v.ID,
			Class: protocol.Regular, IssuedAt: morning, Order: morning,
		})
		if n < queue.WindowsMax {
			w := p.Windows[n]
			apply(&queue.SignedOn{Window: w.ID, Clerk: p.Clerks[n].ID})
			apply(&queue.Called{Ticket: protocol.TicketID("20261123-" + number), Window: w.ID, Clerk: p.Clerks[n].ID})
		}
	}
	return s
}

func TestBoardOfTheLargestHallFitsOneMessage(t *testing.T) {
	for _, services := range []int{10, queue.ServicesMax} {
		b := Board(largeHall(services, 100), morning)
		payload, err := protocol.Encode(b)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Windows) != queue.WindowsMax {
			t.Errorf("with %d services, %d of %d windows with a ticket are on the board", services, len(b.Windows), queue.WindowsMax)
		}
		if !b.Open || len(b.Calls) != boardCalls {
			t.Errorf("the board is open: %v, with %d calls", b.Open, len(b.Calls))
		}
		t.Logf("%d services: %d bytes, %d services shown", services, len(payload), len(b.Services))
	}
}

func TestConfigurationOfATerminalWithTwoThousandClerksFits(t *testing.T) {
	s := busyMorning()
	for n := range queue.ClerksMax {
		s.Plan.Clerks = append(s.Plan.Clerks, queue.Clerk{ID: protocol.ClerkID(fmt.Sprint("x", n)), Name: protocol.Say("王芳", "Wang Fang")})
	}
	c, ok := Config(s, "terminal-1", links)
	if !ok || !fits(c) || c.Clerks != nil || len(c.Transfers) != 2 {
		t.Errorf("the configuration is %+v", c)
	}
	for i := range s.Plan.Services {
		s.Plan.Services[i].Materials = make([]protocol.Text, 100)
		for j := range s.Plan.Services[i].Materials {
			s.Plan.Services[i].Materials[j] = protocol.Say(strings.Repeat("材料", 50), "paper")
		}
	}
	c, ok = Config(s, "dispenser-1", links)
	if !ok || !fits(c) || len(c.Services) != 2 || c.Services[0].Materials != nil {
		t.Errorf("the configuration is %+v", c)
	}
	if s.Plan.Services[0].Materials == nil {
		t.Error("the plan itself has lost what to bring")
	}
}

func BenchmarkViewsOfTheLargestHall(b *testing.B) {
	s := largeHall(20, 1000)
	for b.Loop() {
		Windows(s, morning.Add(time.Minute))
		Board(s, morning.Add(time.Minute))
	}
}
