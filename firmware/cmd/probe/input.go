package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/button"
	"jiaohao/firmware/keyport"
	"jiaohao/firmware/lamp"
	"jiaohao/firmware/program"
)

func probeButton(ctx context.Context, set *flag.FlagSet, args []string) error {
	pin := set.String("pin", "", "`pin` by the kernel's name, such as GPIO17, or sim")
	high := set.Bool("active-high", false, "the line is high while pressed")
	if err := parse(set, args); err != nil {
		return err
	}
	if *pin == "" {
		return program.Usage("such as probe button -pin GPIO17; sim instead needs no hardware", "a button needs -pin")
	}
	b, err := open(board.Config{Buttons: []board.ButtonConfig{{Service: "probe", Pin: *pin, ActiveHigh: *high}}}, board.OpenButtons)
	if err != nil {
		return err
	}
	defer b.Close() // a pin needs no care
	fmt.Println("press the button: each press is one line, however it bounces; hold it for 10 s: stuck. Ctrl-C ends")
	return button.Watch(ctx, b.Buttons[0].Pin, b.Buttons[0].Opts, func(e button.Event) { say(e.String()) })
}

func say(what string) { fmt.Println(time.Now().Format("15:04:05.000"), what) }

// lights adds the flags of what answers on a keypad.
func lights(set *flag.FlagSet, c *board.KeypadConfig) {
	set.StringVar(&c.Lamp, "lamp", "", "`pin` of the lamp")
	set.BoolVar(&c.LampLow, "lamp-low", false, "the lamp shines while its pin is low")
	set.StringVar(&c.Buzzer, "buzzer", "", "`pin` of the buzzer")
	set.BoolVar(&c.BuzzerLow, "buzzer-low", false, "the buzzer sounds while its pin is low")
}

func probeKeypad(ctx context.Context, set *flag.FlagSet, args []string) error {
	var c board.KeypadConfig
	rows := set.String("rows", "", "row `pins`, comma-separated; empty is a simulated keypad")
	cols := set.String("cols", "", "column `pins`")
	layout := set.String("layout", "123,456,789,*0#", "keys of each row")
	lights(set, &c)
	if err := parse(set, args); err != nil {
		return err
	}
	c.Rows, c.Cols, c.Layout = split(*rows), split(*cols), split(*layout)
	return probeKeys(ctx, c, "press each key: its name must be told, once")
}

func probeNumpad(ctx context.Context, set *flag.FlagSet, args []string) error {
	var c board.KeypadConfig
	set.StringVar(&c.Numpad, "device", "?", "`path` in /dev/input/by-id, or the pad's name; a wrong one lists what there is")
	set.StringVar(&c.LED, "led", "", "its own `lamp` that answers: num, caps or scroll")
	lights(set, &c)
	if err := parse(set, args); err != nil {
		return err
	}
	return probeKeys(ctx, c, "press each key: its name must be told, once, and nothing may appear elsewhere; pull the plug and put it back")
}

func probeSerialPad(ctx context.Context, set *flag.FlagSet, args []string) error {
	c := board.KeypadConfig{Serial: &board.SerialConfig{Frame: keyport.ASCII()}}
	set.StringVar(&c.Serial.Path, "path", "", "serial `line`, such as /dev/ttyUSB0")
	set.IntVar(&c.Serial.Baud, "baud", 9600, "300 to 115200")
	raw := set.Bool("raw", false, "tell every byte in hexadecimal, to make a frame of it")
	lights(set, &c)
	if err := parse(set, args); err != nil {
		return err
	}
	if *raw {
		c.Serial.Frame = keyport.Frame{Keys: map[string]string{}}
		for i := range 256 {
			name := fmt.Sprintf("%02x", i)
			c.Serial.Keys[name] = name
		}
	}
	return probeKeys(ctx, c, "press each key: its name must be told; if nothing or nonsense comes, try -raw and another -baud")
}

// probeKeys tells the keys of a keypad, and answers each with a click and the lamp.
func probeKeys(ctx context.Context, c board.KeypadConfig, todo string) error {
	b, err := open(board.Config{Keypad: &c}, board.OpenKeypad)
	if err != nil {
		return err
	}
	defer b.Close() // pins need no care
	fmt.Println(todo + "; Ctrl-C ends")
	go func() { _ = b.Keypad.Lights.Run(ctx) }() // ends with the program
	lit := false
	return b.Keypad.Run(ctx, func(key string) {
		say(key)
		lit = !lit
		b.Keypad.Lights.Tell(lamp.Click)
		b.Keypad.Lights.Tell(map[bool]lamp.Signal{true: lamp.Ready, false: lamp.Wait}[lit])
	}, state)
}

func state(err error) {
	if err != nil {
		say("no keys: " + err.Error())
		return
	}
	say("keys work again")
}

func probeEvaluator(ctx context.Context, set *flag.FlagSet, args []string) error {
	var c board.KeypadConfig
	pins := set.String("pins", "", "five `pins`, comma-separated, the best grade first")
	set.StringVar(&c.Numpad, "device", "", "or an evaluator that is a USB keyboard: `path` or name")
	lights(set, &c)
	if err := parse(set, args); err != nil {
		return err
	}
	if *pins != "" {
		c.Pins = map[string]string{}
		for i, pin := range split(*pins) {
			c.Pins[fmt.Sprint(5-i)] = pin
		}
	}
	b, err := open(board.Config{Evaluator: &board.EvaluatorConfig{KeypadConfig: c}}, board.OpenEvaluator)
	if err != nil {
		return err
	}
	defer b.Close() // pins need no care
	fmt.Println("the lamp is lit: press 非常满意, 满意, 基本满意, 不满意, 非常不满意 in turn; each puts it out and asks again. Ctrl-C ends")
	go func() { _ = b.Evaluator.Lights.Run(ctx) }() // ends with the program
	b.Evaluator.Lights.Tell(lamp.Ask)
	words := map[string]string{"5": "5 非常满意 very good", "4": "4 满意 good", "3": "3 基本满意 fair", "2": "2 不满意 bad", "1": "1 非常不满意 very bad"}
	return b.Evaluator.Run(ctx, func(key string) {
		say(words[key])
		b.Evaluator.Lights.Tell(lamp.Thanks)
		b.Evaluator.Lights.Tell(lamp.Ask)
	}, state)
}

func probeLamp(ctx context.Context, set *flag.FlagSet, args []string) error {
	c := board.KeypadConfig{Layout: []string{"1"}}
	lights(set, &c)
	if err := parse(set, args); err != nil {
		return err
	}
	if c.Lamp == "" && c.Buzzer == "" {
		fmt.Println("neither -lamp nor -buzzer was named: nothing will be seen")
	}
	b, err := open(board.Config{Keypad: &c}, board.OpenKeypad)
	if err != nil {
		return err
	}
	defer b.Close() // the lamp goes dark as well as it can
	go func() { _ = b.Keypad.Lights.Run(ctx) }()
	for _, step := range []struct {
		signal lamp.Signal
		see    string
	}{
		{lamp.Click, "a click: a key was seen"}, {lamp.Ready, "the lamp is lit: your turn"}, {lamp.Refused, "two blinks and two beeps: refused"},
		{lamp.Wait, "the lamp is dark: wait"}, {lamp.Ask, "lit, one long beep: please rate"}, {lamp.Thanks, "dark, two short beeps: thank you"},
	} {
		say(step.see)
		b.Keypad.Lights.Tell(step.signal)
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
