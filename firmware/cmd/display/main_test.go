package main

import (
	"strings"
	"testing"

	"jiaohao/firmware/board"
	"jiaohao/firmware/program"
	"jiaohao/protocol"
)

func TestHintOfADisplayPointsAtWhatIsWrong(t *testing.T) {
	t.Setenv("JIAOHAO_PASSWORD", "seven-8")
	for _, c := range []struct {
		window    protocol.WindowID
		columns   int
		hours     []board.HourConfig
		say, hint string
	}{
		{"", 8, nil, "window", `"window": "3"`},
		{"3", 2, nil, "panel of 16 x 16 dots, legal are widths from 32", `correct "panel" in display.json`},
		{"3", 8, []board.HourConfig{{From: "99:99"}}, `brightness from "99:99", legal are times such as "07:30"`, `correct "panel" in display.json`},
		{"3", 8, []board.HourConfig{{From: "18:00", Brightness: 77}}, "brightness 77 from 18:00, legal is 0 to 15", `correct "panel" in display.json`},
		{"3", 8, []board.HourConfig{{From: "07:30"}, {From: "07:30"}}, "brightness from 07:30 is given twice", `correct "panel" in display.json`},
	} {
		config := board.Config{
			Hall: "h", Device: "panel-3", Window: c.window, Broker: "tcp://127.0.0.1:1",
			Panel: &board.PanelConfig{SPI: board.Sim, Columns: c.columns, Rows: 2, Hours: c.hours},
		}
		devices, err := board.Open(config, board.OpenPanel)
		if err != nil {
			t.Fatal(err)
		}
		session, err := program.Link(config, protocol.KindDisplay, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = makeDisplay(config, devices, session, nil)
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v, want %q", err, c.say)
		}
		if got := advice(config, devices, "display.json"); !strings.Contains(got, c.hint) || c.window != "" && strings.Contains(got, "window") {
			t.Errorf("the hint is %q, want %q", got, c.hint)
		}
		if err := devices.Close(); err != nil {
			t.Error(err)
		}
	}
}
