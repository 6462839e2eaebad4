package terminal_test

import (
	"context"
	"fmt"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
	"jiaohao/terminal"
)

func ExampleTerminal() {
	bus := linktest.NewBus(1) // in a hall: link.MQTT(…)
	session, err := link.New(bus.Transport("terminal-3"),
		link.Identity{Hall: "bemowo", Device: "terminal-3", Kind: protocol.KindTerminal}, link.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := terminal.New(terminal.Options{Hall: "bemowo", Device: "terminal-3", Window: "3", Link: session})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go session.Run(ctx)
	go t.Run(ctx)
	// http.Handle("/", t.Handler()) shows the page.

	err = t.Press(ctx, terminal.Press{ID: link.NewRequestID(), Key: terminal.KeyBig})
	fmt.Println(err)
	fmt.Println(t.Screen().Stage)
	// Output:
	// unavailable: The terminal is not connected to the hub yet
	// connecting
}
