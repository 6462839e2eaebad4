package demo

import (
	"context"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/keyport"
	"jiaohao/protocol"
)

const (
	// equipped is the window whose terminal has all that a terminal may have.
	equipped protocol.WindowID = "1"
	// looksEvery is how often a simulated part is looked at that tells no changes: a scrolling text stays smooth.
	looksEvery = 80 * time.Millisecond

	panelRed = "#ff4a2c" // of MAX7219 modules as a person sees them
	signHue  = "#ffab33" // of serial signs
	padHue   = "#cff2ff" // of OLEDs
)

// panelOf is what hangs over a window: red LED modules as a rule, and one of each other kind, so that there is
// something to compare.
func panelOf(w protocol.WindowID) *board.PanelConfig {
	switch w {
	case "3": // four matrices of coloured LEDs beside each other
		return &board.PanelConfig{Kind: board.PanelWS2812, SPI: board.Sim, Width: 64, Height: 16, BoardWidth: 16, BoardHeight: 16,
			Down: true, Serpentine: true, Color: "#2fe37a", CurrentMA: 4000, Brightness: 15}
	case "5": // two HUB75 panels behind a controller card
		return &board.PanelConfig{Kind: board.PanelDDP, UDP: board.Sim, Width: 128, Height: 32, Color: "#ffd23f", Brightness: 12}
	case "6": // a sign that takes text, on RS485
		return &board.PanelConfig{Kind: board.PanelSigns, Port: board.Sim, Profile: "modbus-rtu", Signs: []board.SignConfig{{Window: w, Address: 1}}}
	}
	return &board.PanelConfig{SPI: board.Sim, Columns: 8, Rows: 2, Brightness: 4}
}

// deskOf is what stands at a window's terminal: a number pad with a lamp, and at one window the rest.
func deskOf(w protocol.WindowID) board.Config {
	c := board.Config{Keypad: &board.KeypadConfig{Numpad: board.Sim, LED: "num"}}
	if w != equipped {
		return c
	}
	c.Evaluator = &board.EvaluatorConfig{KeypadConfig: board.KeypadConfig{Serial: &board.SerialConfig{Path: board.Sim, Frame: keyport.Frame{
		Keys:   map[string]string{"aa 01": "1", "aa 02": "2", "aa 03": "3", "aa 04": "4", "aa 05": "5"},
		LampOn: "a1", LampOff: "a0", Beep: "b1",
	}}}}
	c.Printer = &board.PrinterConfig{Port: board.Sim, Profile: "simulated"}
	c.Pad = &board.PanelConfig{Kind: board.PanelSSD1306, I2C: board.Sim, Height: 64, Brightness: 12}
	return c
}

// dots is a simulated panel that tells which of its dots shine, and no changes.
type dots interface {
	Rows() []byte // from the top, most significant bit left
}

// sized are dots that know how many they are.
type sized interface{ Size() (w, h int) }

// panelState is a panel or pad on the stage, as its dots are lit.
type panelState struct {
	Width  int    `json:"w"`
	Height int    `json:"h"`
	Rows   []byte `json:"rows"` // from the top, most significant bit left
	Color  string `json:"color"`
}

// watchDots keeps a picture on the stage of a panel that tells no changes.
func (d *device) watchDots(ctx context.Context, s *stage, part string, state panelState) {
	screen, ok := d.board.SimScreen.(dots)
	if !ok {
		return
	}
	if size, knows := screen.(sized); knows {
		state.Width, state.Height = size.Size()
	}
	look := time.NewTicker(looksEvery)
	defer look.Stop()
	for {
		state.Rows = screen.Rows()
		s.put(part, state)
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// watchPanel keeps a picture of MAX7219 modules on the stage.
func (d *device) watchPanel(ctx context.Context, s *stage) {
	panel := d.board.SimPanel
	w, h := panel.Size()
	frame := time.NewTicker(frameEvery)
	defer frame.Stop()
	for {
		changed := panel.Changed()
		s.put(d.part, panelState{Width: w, Height: h, Rows: panel.Rows(), Color: panelRed})
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		select {
		case <-frame.C:
		case <-ctx.Done():
			return
		}
	}
}

// watchScreen keeps the panel or the pad on the stage, whatever its kind.
func (d *device) watchScreen(ctx context.Context, s *stage) {
	switch {
	case d.board.SimPanel != nil:
		d.watchPanel(ctx, s)
	case d.board.Pad != nil:
		size := d.board.Pad.Bounds()
		d.watchDots(ctx, s, "pad/"+string(d.window), panelState{Width: size.Dx(), Height: size.Dy(), Color: padHue})
	case d.board.Panel != nil:
		size := d.board.Panel.Bounds()
		d.watchDots(ctx, s, d.part, panelState{Width: size.Dx(), Height: size.Dy(), Color: panelOf(d.window).Color})
	case d.board.SimScreen != nil:
		d.watchDots(ctx, s, d.part, panelState{Color: signHue})
	}
}
