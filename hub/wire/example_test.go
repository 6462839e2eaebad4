package wire_test

import (
	"fmt"

	"jiaohao/hub/queue"
	"jiaohao/hub/wire"
	"jiaohao/protocol"
)

// What the panel of window 1 may do at the broker.
func ExampleRights() {
	plan := &queue.Plan{Devices: []queue.Device{{ID: "display-1", Kind: protocol.KindDisplay, Window: "1"}}}
	g := wire.Rights(plan, "bemowo", "display-1")
	fmt.Println("may publish")
	for _, topic := range g.Publish {
		fmt.Println(" ", topic)
	}
	fmt.Println("may read")
	for _, topic := range g.Subscribe {
		fmt.Println(" ", topic)
	}
	// Output:
	// may publish
	//   jh1/bemowo/device/display-1/request
	//   jh1/bemowo/device/display-1/presence
	//   jh1/bemowo/device/display-1/health
	// may read
	//   jh1/bemowo/device/display-1/reply
	//   jh1/bemowo/device/display-1/config
	//   jh1/bemowo/board
	//   jh1/bemowo/window/1/state
	//   jh1/bemowo/announce
}
