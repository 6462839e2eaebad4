// Command hub is the hub of a hall: it runs one, shows one, replays a recorded
// day through one, and looks after its journal and its devices.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // a Pi image may have no zone files, and the plan names a zone

	"github.com/alecthomas/kong"

	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/replay"
)

// Exit codes of the program.
const (
	exitFault   = 1
	exitUsage   = 2
	exitChecked = 3 // verify found a broken chain, or a replay failed a check
)

// cli are the sub-commands.
type cli struct {
	Verbose bool `short:"v" help:"Log more."`

	Run       runCmd       `cmd:"" help:"Run the hub of a hall."`
	Demo      demoCmd      `cmd:"" help:"A whole hall on this machine, with simulated hardware and everything else real."`
	Replay    replayCmd    `cmd:"" help:"Drive a recorded day through the real stack and print what the service log says."`
	Drive     driveCmd     `cmd:"" help:"Let a program play citizens and clerks: JSON lines on standard input and output, in virtual time."`
	WhatIf    whatifCmd    `cmd:"" name:"whatif" help:"Play a recorded day of this hall again with another plan, beside what was."`
	Staff     staffCmd     `cmd:"" help:"Try on recorded days how many windows each half hour needs, in which order pairs go to lunch, which backup is worth teaching."`
	Study     studyCmd     `cmd:"" help:"Play recorded days of real halls under several calling orders, and try estimates of the wait on them."`
	Simulate  simulateCmd  `cmd:"" help:"Play scenario days under several calling orders, the same people for each, and print what became of them."`
	Verify    verifyCmd    `cmd:"" help:"Check the journal's hash chain; exit code 3 names the first event that does not fit."`
	Backup    backupCmd    `cmd:"" help:"Copy the journal while the hub runs."`
	Rebuild   rebuildCmd   `cmd:"" help:"Make the service log again from the journal."`
	Enroll    enrollCmd    `cmd:"" help:"Give a device of the plan its account, and print the password once."`
	Revoke    revokeCmd    `cmd:"" help:"End a device's account; a running hub cuts it at once."`
	Plan      planCmd      `cmd:"" help:"Check a plan file."`
	Mosquitto mosquittoCmd `cmd:"" help:"Write the configuration of an external Mosquitto with the plan's rights."`
	Pin       pinCmd       `cmd:"" help:"Print the hash of a PIN, read from standard input, for the plan."`
	Child     childCmd     `cmd:"" hidden:"" help:"The hub of a replay: its clock comes from standard input."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

func main() {
	var c cli
	parser, err := kong.New(&c, kong.Name("hub"), kong.Description("Jiaohao (叫号), the queue system of a service hall."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(os.Stderr, "hub:", err)
		os.Exit(exitFault)
	}
	args := os.Args[1:]
	if len(args) == 0 || args[0] == "-help" || args[0] == "help" {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "hub: %v\nhint: hub --help lists the commands\n", err)
		os.Exit(exitUsage)
	}
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(log); err != nil {
		os.Exit(report(err))
	}
}

// report prints an error with a hint where there is one, and returns the exit code.
func report(err error) int {
	fmt.Fprintln(os.Stderr, "hub:", err)
	var broken *journal.BrokenError
	var plan *queue.PlanError
	var failed *checkError
	var file *replay.FileError
	var mismatch *hall.MismatchError
	var usage usageError
	var address *net.AddrError
	switch {
	case errors.As(err, &address):
		fmt.Fprintln(os.Stderr, "hint: an address is host:port, such as 127.0.0.1:8080")
		return exitUsage
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "hint: hub --help lists the commands")
		return exitUsage
	case errors.As(err, &broken):
		fmt.Fprintln(os.Stderr, "hint: keep this file as it is, and restore the last backup that verifies")
		return exitChecked
	case errors.As(err, &mismatch):
		fmt.Fprintln(os.Stderr, "hint: the events themselves are whole; keep a copy of this file, then hub rebuild makes the service log again")
		return exitChecked
	case errors.As(err, &failed):
		return exitChecked
	case errors.As(err, &file):
		return exitUsage
	case errors.As(err, &plan):
		fmt.Fprintln(os.Stderr, "hint: nothing was changed; correct the plan and try again")
		return exitUsage
	case errors.Is(err, journal.ErrLocked):
		fmt.Fprintln(os.Stderr, "hint: another hub runs on this folder; stop it or choose another with --data")
	case errors.Is(err, syscall.EADDRINUSE):
		fmt.Fprintln(os.Stderr, "hint: the address is taken; choose another, or port 0")
	}
	return exitFault
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run() error {
	fmt.Println("hub", version())
	return nil
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			revision = " " + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = " modified"
		}
	}
	return info.Main.Version + revision + dirty
}
