package button_test

import (
	"context"
	"fmt"
	"time"

	"jiaohao/firmware/button"
	"jiaohao/firmware/sim"
)

func ExampleWatch() {
	// On a Pi: host.Init(), then pin := gpioreg.ByName("GPIO17").
	pin := sim.NewButton("GPIO17")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	time.AfterFunc(50*time.Millisecond, pin.Press)
	_ = button.Watch(ctx, pin, nil, func(e button.Event) {
		fmt.Println(pin, e)
		cancel()
	})
	// Output: GPIO17 pressed
}
