package board_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/keyport"
	"jiaohao/firmware/lamp"
)

// pads are the four kinds of keypad.
func pads() map[string]board.KeypadConfig {
	serial := &board.SerialConfig{Path: "/dev/ttyUSB0", Frame: keyport.ASCII()}
	serial.LampOn, serial.LampOff = "a1", "a0"
	return map[string]board.KeypadConfig{
		"matrix": {Rows: []string{"GPIO5"}, Cols: []string{"GPIO6"}, Layout: []string{"12345"}},
		"pins":   {Pins: map[string]string{"1": "GPIO5", "2": "GPIO6", "3": "GPIO7", "4": "GPIO8", "5": "GPIO9"}, Lamp: "GPIO22"},
		"numpad": {Numpad: "SIGMACHIP USB Keyboard", LED: "num"},
		"serial": {Serial: serial},
	}
}

func TestEveryKindOfKeypadHasASimulatedOneThatAnswers(t *testing.T) {
	for name, config := range pads() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := board.Config{Keypad: &config, Evaluator: &board.EvaluatorConfig{KeypadConfig: config}}
				b, err := open(c.Simulated())
				if err != nil {
					t.Fatal(err)
				}
				defer b.Close()
				ctx, cancel := context.WithCancel(t.Context())
				got := make(chan string, 100)
				done := make(chan error, 2)
				go func() {
					done <- b.Keypad.Run(ctx, func(key string) { got <- key }, func(err error) { got <- fmt.Sprint(err) })
				}()
				go func() { done <- b.Keypad.Lights.Run(ctx) }()
				synctest.Wait()
				time.Sleep(time.Second) // the first scans only learn which keys are up
				if !b.Keypad.Sim.Tap("5") || b.Keypad.Sim.Tap("no such key") {
					t.Error("the simulated keypad has not the keys of the real one")
				}
				if key := <-got; key != "5" {
					t.Errorf("told %q, want 5", key)
				}
				b.Keypad.Lights.Tell(lamp.Ready)
				synctest.Wait()
				if !b.Keypad.Sim.Lit() {
					t.Error("the lamp is dark, want lit")
				}
				if b.Keypad.Sim.Plug != nil {
					b.Keypad.Sim.Plug(false)
					if why := <-got; !strings.Contains(why, "unplugged") {
						t.Errorf("told %q, want that it is unplugged", why)
					}
				}
				cancel()
				<-done
				<-done
			})
		})
	}
}

func TestKeypadThatIsNotWholeIsNamed(t *testing.T) {
	numpad := pads()["numpad"]
	for _, c := range []struct {
		config board.Config
		say    string
	}{
		{board.Config{Keypad: &board.KeypadConfig{Numpad: "x", Layout: []string{"1"}}}, "exactly one of layout"},
		{board.Config{Keypad: &board.KeypadConfig{Pins: map[string]string{"next": "GPIO999"}}}, `key "next": pin "GPIO999" is not there`},
		{board.Config{Keypad: &board.KeypadConfig{Numpad: "x", Lamp: "GPIO999"}}, `pin "GPIO999" is not there`},
		{board.Config{Keypad: &board.KeypadConfig{Numpad: "x", LED: "red"}}, `lamp "red"`},
		{board.Config{Keypad: &board.KeypadConfig{Numpad: "x", Answers: map[lamp.Signal]lamp.Pattern{"bang": {}}}}, `signal "bang"`},
		{board.Config{Keypad: &board.KeypadConfig{Serial: &board.SerialConfig{Path: "/dev/ttyUSB0"}}}, "frame of 0 keys"},
		{board.Config{Keypad: &numpad, Evaluator: &board.EvaluatorConfig{KeypadConfig: board.KeypadConfig{Layout: []string{"1234"}}}}, `evaluator: no key "5"`},
	} {
		b, err := open(c.config)
		if err == nil {
			b.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v, want %q", err, c.say)
		}
	}
}

func TestKeypadIsReadFromTheFile(t *testing.T) {
	c, err := board.Parse([]byte(`{"hall": "bemowo", "device": "terminal-3",
		"keypad": {"serial": {"path": "/dev/ttyUSB0", "keys": {"31": "1"}, "lamp_on": "a1", "lamp_off": "a0"}, "lamp": "GPIO22",
			"answers": {"click": {"buzzer": [20]}}},
		"keys": {"1": "big"}, "evaluator": {"layout": ["54321"], "seconds": 20}}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Keypad.Serial.Keys["31"] != "1" || c.Keypad.Answers[lamp.Click].Buzzer[0] != 20 || c.Keys["1"] != "big" || c.Evaluator.Layout[0] != "54321" || c.Evaluator.Seconds != 20 {
		t.Errorf("%+v", c.Keypad)
	}
}
