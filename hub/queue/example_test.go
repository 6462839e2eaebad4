package queue_test

import (
	"fmt"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

const smallHall = `
version: 1
hall: small
name: {zh-CN: 便民服务站, en: Service station}
zone: Asia/Shanghai
services:
  - {id: social, prefix: A, name: {zh-CN: 社会保险, en: Social insurance}}
windows:
  - {id: "1", name: {zh-CN: 1号窗口, en: Window 1}, primary: [social]}
clerks:
  - {id: lin, name: {zh-CN: 林, en: Lin}, pin: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"}
devices:
  - {id: dispenser-1, kind: dispenser}
  - {id: terminal-1, kind: terminal, window: "1"}
`

// A ticket is issued and called: the caller decides, commits the events, and
// applies them. The citizen may read why this number was called.
func ExampleDecide() {
	plan, err := queue.ParsePlan([]byte(smallHall))
	if err != nil {
		fmt.Println(err)
		return
	}
	state := queue.New()
	hub := queue.Source{Role: queue.RoleHub}
	dispenser := queue.Source{Role: queue.RoleDevice, Kind: protocol.KindDispenser, Device: "dispenser-1"}
	terminal := queue.Source{Role: queue.RoleDevice, Kind: protocol.KindTerminal, Device: "terminal-1", Window: "1"}
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	for _, c := range []queue.Command{
		{From: hub, Request: protocol.Request{Do: queue.DayOpen}, Plan: &plan, Day: "2026-11-23"},
		{From: terminal, Request: protocol.Request{ID: "k1", Do: protocol.WindowSignOn, Clerk: "lin"}},
		{From: dispenser, Request: protocol.Request{ID: "p1", Do: protocol.TicketIssue, Service: "social"}},
		{From: terminal, Request: protocol.Request{ID: "k2", Do: protocol.WindowCallNext}},
		{From: terminal, Request: protocol.Request{ID: "k3", Do: protocol.WindowCallNext}},
	} {
		now = now.Add(time.Minute)
		events, err := queue.Decide(state, c, now)
		if err != nil {
			fmt.Println("refused:", err)
			continue
		}
		for _, e := range events {
			// Here the hall's journal takes the event to the disk.
			state.Apply(queue.Record{Seq: state.Seq + 1, At: now, Event: e})
			switch e := e.(type) {
			case *queue.Issued:
				fmt.Println("issued", e.Number)
			case *queue.Called:
				fmt.Printf("called %s to window %s: %s\n", e.Ticket, e.Window, e.Why.Text(&plan).In(protocol.English))
			}
		}
	}
	// Output:
	// issued A001
	// called 20261123-A001 to window 1: longest wait (1:00)
	// refused: window_busy: ticket A001 is at this window (called): finish, no-show, hold or transfer it first
}
