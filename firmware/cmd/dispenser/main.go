// Command dispenser is the program of a ticket dispenser (取号机): kiosk page,
// buttons and slip printer.
//
//	dispenser [-config FILE] [-sim] [-v]; -help tells the other flags
package main

import (
	"net/http"
	"os"

	"jiaohao/firmware/board"
	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/program"
	"jiaohao/protocol"
)

func main() { program.Exit("dispenser", mainImpl()) }

func mainImpl() error {
	flags, err := program.Command{Name: "dispenser", About: "the ticket dispenser (取号机): kiosk page, buttons and slip printer"}.Parse(os.Args[1:])
	if err != nil {
		return err
	}
	log := flags.Log()
	config, devices, err := flags.Open(board.Config{Printer: &board.PrinterConfig{Profile: "simulated"}}, board.OpenPrinter, board.OpenButtons)
	if err != nil {
		return err
	}
	defer devices.Close() // the panel is dark and the ports are closed whatever happens
	if devices.Printer == nil {
		return program.Usage(`name one: "printer": {"port": "file:/dev/usb/lp0", "profile": "gbk-80"}`, "no printer in %s", flags.Config)
	}
	if config.StateDir == "" {
		return program.Usage(`name a folder that survives a power cut: "state_dir": "/var/lib/jiaohao-dispenser"`, "no state_dir in %s", flags.Config)
	}
	session, err := program.Link(config, protocol.KindDispenser, log)
	if err != nil {
		return err
	}
	d, err := dispenser.New(dispenser.Options{
		Hall: config.Hall, Device: config.Device, Link: session, Log: log,
		Printer: devices.Printer, Profile: devices.Printer.Profile(), Buttons: buttons(devices),
		StateDir: config.StateDir, Help: config.Help,
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", d.Handler())
	if flags.Sim {
		mux.Handle("/sim/", http.StripPrefix("/sim", devices.SimHandler()))
	}
	page, err := program.Serve(config.HTTP, mux, log)
	if err != nil {
		return err
	}
	return program.Run(session.Run, d.Run, page, program.Tell(session.StatusLine, session.Alive, d.Alive))
}

func buttons(b *board.Board) []dispenser.Button {
	var out []dispenser.Button
	for _, p := range b.Buttons {
		out = append(out, dispenser.Button{Service: p.Service, Pin: p.Pin, Opts: p.Opts})
	}
	return out
}
