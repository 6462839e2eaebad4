package hall_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// A whole hall: a journal, the goroutine that owns the state, and one press.
func Example() {
	dir, err := os.MkdirTemp("", "hall")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer j.Close()

	plan := &queue.Plan{
		Version: 1, Hall: "bemowo", Name: protocol.Say("政务大厅", "Public service hall"), Zone: "Asia/Shanghai",
		Services: []queue.Service{{ID: "social", Prefix: "A", Name: protocol.Say("社保", "Social insurance")}},
		Windows: []queue.Window{{
			ID: "1", Name: protocol.Say("1号窗口", "Window 1"), Primary: []protocol.ServiceID{"social"},
		}},
		Devices: []queue.Device{{ID: "dispenser-1", Kind: protocol.KindDispenser, Letter: "Y"}},
	}
	morning := func() time.Time { return time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) }
	h, err := hall.Open(j, hall.Options{Plan: plan, DayAuto: true, Now: morning, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()

	dispenser := queue.Source{Role: queue.RoleDevice, Device: "dispenser-1", Kind: protocol.KindDispenser}
	press := protocol.Request{ID: "press-1", Do: protocol.TicketIssue, Service: "social"}
	fmt.Println(h.Ask(ctx, dispenser, press).OK.Ticket.ID)
	fmt.Println(h.Ask(ctx, dispenser, press).OK.Ticket.ID) // the reply was lost: the same number again
	press.ID, press.Service = "press-2", "taxes"
	fmt.Println(h.Ask(ctx, dispenser, press).Refused.Code)

	stop()
	fmt.Println(<-ended)
	// Output:
	// 20261123-A001
	// 20261123-A001
	// unknown_service
	// <nil>
}
