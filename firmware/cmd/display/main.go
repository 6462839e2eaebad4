// Command display is the program of a window's LED panel (窗口屏).
//
//	display [-config FILE] [-sim] [-v]; -help tells the other flags
package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"

	"jiaohao/firmware/board"
	"jiaohao/firmware/display"
	"jiaohao/firmware/program"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

func main() { program.Exit("display", mainImpl()) }

func mainImpl() error {
	flags, err := program.Command{Name: "display", About: "a window's LED panel (窗口屏)"}.Parse(os.Args[1:])
	if err != nil {
		return err
	}
	log := flags.Log()
	config, devices, err := flags.Open(board.Config{Panel: &board.PanelConfig{Columns: 8, Rows: 2, Brightness: 4}}, board.OpenPanel)
	if err != nil {
		return err
	}
	defer devices.Close() // the panel is dark whatever happens
	if devices.Panel == nil && devices.Signs == nil {
		return program.Usage(`name one: "panel": {"spi": "SPI0.0", "columns": 8, "rows": 2, "brightness": 4}`, "no panel in %s", flags.Config)
	}
	session, err := program.Link(config, protocol.KindDisplay, log)
	if err != nil {
		return err
	}
	d, err := makeDisplay(config, devices, session, log)
	if err != nil {
		return &program.Hinted{Err: err, Hint: advice(config, devices, flags.Config), Usage: true}
	}
	parts := []func(context.Context) error{session.Run, d.Run, program.Tell(session.StatusLine, session.Alive, d.Alive)}
	if flags.Sim && config.HTTP != "" {
		mux := http.NewServeMux()
		mux.Handle("/sim/", http.StripPrefix("/sim", devices.SimHandler()))
		mux.Handle("/", http.RedirectHandler("/sim/", http.StatusFound))
		page, err := program.Serve(config.HTTP, mux, log)
		if err != nil {
			return err
		}
		parts = append(parts, page)
	}
	return program.Run(parts...)
}

// advice says what to correct in a file that makes no display.
func advice(c board.Config, devices *board.Board, file string) string {
	if devices.Panel != nil && c.Window == "" {
		return `a display needs its window in the configuration, such as "window": "3"; signs have theirs each`
	}
	return `correct "panel" in ` + file + "; docs/panels.md tells what is legal"
}

// runner is the logic of a panel or of signs.
type runner interface {
	Run(ctx context.Context) error
	Alive(ctx context.Context) error
}

func makeDisplay(c board.Config, devices *board.Board, session *link.Link, log *slog.Logger) (runner, error) {
	var hours []display.Hour
	for _, h := range c.Panel.Hours {
		hours = append(hours, display.Hour(h))
	}
	if devices.Panel != nil {
		return display.New(display.Options{
			Hall: c.Hall, Device: c.Device, Window: c.Window, Link: session, Panel: devices.Panel, Hours: hours, Test: c.Panel.Test, Log: log,
		})
	}
	signs := map[protocol.WindowID]display.Sign{}
	for window, s := range devices.Signs {
		signs[window] = s
	}
	return display.NewSigns(display.SignsOptions{Hall: c.Hall, Device: c.Device, Link: session, Signs: signs, Hours: hours, Usual: c.Panel.Brightness, Log: log})
}
