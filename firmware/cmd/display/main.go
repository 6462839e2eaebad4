// Command display is the program of a window's LED panel (窗口屏).
//
//	display [-config FILE] [-sim] [-v]
package main

import (
	"context"
	"net/http"

	"jiaohao/firmware/board"
	"jiaohao/firmware/display"
	"jiaohao/firmware/program"
	"jiaohao/protocol"
)

func main() { program.Exit("display", mainImpl()) }

func mainImpl() error {
	flags, err := program.Parse("display")
	if err != nil {
		return err
	}
	log := flags.Log()
	config, devices, err := flags.Open(board.Config{Panel: &board.PanelConfig{Columns: 8, Rows: 2, Brightness: 4}}, board.OpenPanel)
	if err != nil {
		return err
	}
	defer devices.Close() // the panel is dark whatever happens
	if devices.Panel == nil {
		return program.Usage(`name one: "panel": {"spi": "SPI0.0", "columns": 8, "rows": 2, "brightness": 4}`, "no panel in %s", flags.Config)
	}
	session, err := program.Link(config, protocol.KindDisplay, log)
	if err != nil {
		return err
	}
	d, err := display.New(display.Options{
		Hall: config.Hall, Device: config.Device, Window: config.Window, Link: session, Panel: devices.Panel, Log: log,
	})
	if err != nil {
		return &program.Hinted{Err: err, Hint: `a display needs its window in the configuration, such as "window": "3"`, Usage: true}
	}
	parts := []func(context.Context) error{session.Run, d.Run}
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
