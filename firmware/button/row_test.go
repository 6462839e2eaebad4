package button

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"jiaohao/firmware/sim"
)

// row runs five buttons in a bubble while hands use them, and returns what they told.
func row(t *testing.T, hands func(b []*sim.Button)) string {
	t.Helper()
	var got []string
	synctest.Test(t, func(t *testing.T) {
		var buttons []*sim.Button
		var pins []gpio.PinIn
		for i := range 5 {
			buttons = append(buttons, sim.NewButton(fmt.Sprintf("GPIO%d", i)))
			pins = append(pins, buttons[i])
		}
		r, err := NewRow([]string{"5", "4", "3", "2", "1"}, pins, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- r.Run(ctx, func(key string) { got = append(got, key) }, func(err error) { got = append(got, fmt.Sprint(err)) })
		}()
		time.Sleep(time.Second)
		hands(buttons)
		time.Sleep(time.Second)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want the context's error", err)
		}
	})
	return strings.Join(got, ", ")
}

func TestEachButtonOfARowIsItsKey(t *testing.T) {
	got := row(t, func(b []*sim.Button) {
		for _, one := range b {
			click(one)
			time.Sleep(100 * time.Millisecond)
		}
	})
	if got != "5, 4, 3, 2, 1" {
		t.Errorf("told %q", got)
	}
}

func TestQuickSecondTapOnAKeyCountsAndItsBounceDoesNot(t *testing.T) {
	got := row(t, func(b []*sim.Button) {
		bounce(b[0])
		time.Sleep(60 * time.Millisecond)
		b[0].Release()
		time.Sleep(150 * time.Millisecond)
		click(b[0])
	})
	if got != "5, 5" {
		t.Errorf("told %q, want two taps", got)
	}
}

func TestStuckButtonOfARowIsNamedUntilItComesUp(t *testing.T) {
	got := row(t, func(b []*sim.Button) {
		b[1].Press()
		b[2].Press()
		time.Sleep(20 * time.Second)
		b[2].Release()
		time.Sleep(time.Second)
		b[1].Release()
	})
	if !strings.HasSuffix(got, "button: stuck key: 4 3, button: stuck key: 4, <nil>") {
		t.Errorf("told %q", got)
	}
}

func TestRowThatDoesNotFitIsRefused(t *testing.T) {
	pin := sim.NewButton("GPIO1")
	for _, c := range []struct {
		keys []string
		pins []gpio.PinIn
		want string
	}{
		{nil, nil, "0 keys at 0 lines"},
		{[]string{"1", "2"}, []gpio.PinIn{pin}, "2 keys at 1 lines"},
		{[]string{"1", "1"}, []gpio.PinIn{pin, pin}, `key "1" twice`},
	} {
		if _, err := NewRow(c.keys, c.pins, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	r, err := NewRow([]string{"1"}, []gpio.PinIn{broken{pin}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context(), func(string) {}, func(error) {}); err == nil || !strings.Contains(err.Error(), "line is busy") {
		t.Errorf("%v, want that the line is busy", err)
	}
}
