// Command terminal is the program of a window terminal (窗口终端): the clerk's page
// on this machine and a keypad.
//
//	terminal [-config FILE] [-sim] [-v]; -help tells the other flags
//
// The configuration file is that of package board; flags win over it. The
// password is the file's first line or, without a file, $JIAOHAO_PASSWORD. The window comes
// from the hall's plan, so -window only saves a connection at the start.
//
// It exits with 0 when it was asked to end, 1 after a fault, 2 for a wrong
// command line or configuration.
package main

import (
	"os"

	"jiaohao/firmware/program"
)

func main() { program.Exit("terminal", mainImpl(os.Args[1:])) }

func mainImpl(args []string) error {
	p, err := open(args)
	if err != nil {
		return err
	}
	defer p.devices.Close() // lamps are dark and ports are closed whatever happens
	return program.Run(p.page, p.run, program.Tell(p.line, p.alive))
}
