package lamp_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/lamp"
)

// told plays signals, each a second after the last, and returns what lamp and buzzer did, with the
// ms since the first signal.
func told(t *testing.T, patterns map[lamp.Signal]lamp.Pattern, signals ...lamp.Signal) []string {
	t.Helper()
	var got []string
	synctest.Test(t, func(t *testing.T) {
		start, was := time.Now(), map[string]bool{}
		out := func(name string) []func(bool) {
			return []func(bool){func(on bool) {
				if was[name] != on {
					was[name] = on
					got = append(got, fmt.Sprintf("%d %s %t", time.Since(start).Milliseconds(), name, on))
				}
			}}
		}
		d, err := lamp.New(out("lamp"), out("buzzer"), patterns)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { _ = d.Run(ctx); close(done) }()
		for _, s := range signals {
			d.Tell(s)
			time.Sleep(time.Second)
		}
		cancel()
		<-done
	})
	return got
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestClickIsShortAndTheLampStaysLitFromReadyToWait(t *testing.T) {
	got := told(t, nil, lamp.Click, lamp.Ready, lamp.Click, lamp.Wait)
	expect(t, got, "0 buzzer true", "15 buzzer false", "1000 lamp true", "2000 buzzer true", "2015 buzzer false", "3000 lamp false")
}

func TestRefusalBlinksTwiceAndLeavesTheLampAsItWas(t *testing.T) {
	got := told(t, map[lamp.Signal]lamp.Pattern{lamp.Refused: {Lamp: []int{100, 100, 100, 100}}}, lamp.Refused, lamp.Ready, lamp.Refused)
	expect(t, got, "0 lamp true", "100 lamp false", "200 lamp true", "300 lamp false",
		"1000 lamp true", "2000 lamp false", "2100 lamp true", "2200 lamp false", "2300 lamp true", "3000 lamp false")
}

func TestLampAndBuzzerArePlayedBesideEachOther(t *testing.T) {
	got := told(t, map[lamp.Signal]lamp.Pattern{lamp.Ask: {Lamp: []int{100, 100}, Buzzer: []int{150}}}, lamp.Ask)
	expect(t, got, "0 lamp true", "0 buzzer true", "100 lamp false", "150 buzzer false")
}

func TestEverythingIsOutAtTheEnd(t *testing.T) {
	expect(t, told(t, nil, lamp.Ready), "0 lamp true", "1000 lamp false")
}

func TestWrongPatternIsNamed(t *testing.T) {
	for _, c := range []struct {
		patterns map[lamp.Signal]lamp.Pattern
		want     string
	}{
		{map[lamp.Signal]lamp.Pattern{"bang": {}}, `signal "bang", must be one of [ask click ready refused thanks wait]`},
		{map[lamp.Signal]lamp.Pattern{lamp.Click: {Buzzer: []int{0}}}, `"click" has a time of 0 ms, must be 1 to 10000`},
		{map[lamp.Signal]lamp.Pattern{lamp.Click: {Lamp: make([]int, 21)}}, "has 21 times, must be at most 20"},
	} {
		if _, err := lamp.New(nil, nil, c.patterns); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

func ExampleDev() {
	click := make(chan bool, 2)
	d, err := lamp.New(nil, []func(bool){func(on bool) { click <- on }}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { _ = d.Run(ctx) }()
	d.Tell(lamp.Click)
	fmt.Println(<-click, <-click)
	// Output: true false
}
