//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// runMax is how long one boot may take in all: emulation is some twenty times
// slower than a Pi.
const runMax = 9 * time.Minute

func main() {
	if os.Args[0] == "/bin/lie" && len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "vmtest:", lie(os.Args[1:]))
		os.Exit(1)
	}
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "vmtest: one argument is needed, the name of a run; see the package comment")
		os.Exit(2)
	}
	name, option, _ := strings.Cut(os.Args[1], ",")
	run, known := map[string]func(*test){
		"drive": drive, "day": day, "cut-half": cutHalf, "cut-slip": cutSlip, "cut-offline": cutOffline,
		"account": account, "faces": faces, "unplug": unplug, "clock": clock, "clock-new": clockNew,
	}[name]
	if !known {
		fmt.Fprintf(os.Stderr, "vmtest: run %q is not known\n", name)
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), runMax)
	defer cancel()
	t := &test{ctx: ctx, lie: option == "lie"}
	defer t.end()
	run(t)
}

// test is one run: what is told about it, and what must end with it.
type test struct {
	ctx    context.Context
	lie    bool
	failed bool
	closes []func()
}

// say writes a line for the host and waits until it has left the machine, so that
// a power cut right behind it cannot take it back.
func say(format string, args ...any) {
	const drain = 0x5409 // TCSBRK; with 1 it sends no break
	fmt.Printf("VM-"+format+"\n", args...)
	_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, os.Stdout.Fd(), drain, 1)
}

// check runs one check of the table. f returns what was seen.
func (t *test) check(name string, f func() (string, error)) {
	start := time.Now()
	seen, err := f()
	seen += fmt.Sprintf(" [%d s]", int(time.Since(start).Seconds()))
	if err != nil {
		t.failed = true
		say("FAIL %s | %s", name, strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	say("PASS %s | %s", name, seen)
}

// need is for what nothing works without: it ends the run.
func (t *test) need(doing string, err error) {
	if err != nil {
		say("FAIL %s | %v", doing, err)
		t.failed = true
		t.end()
	}
}

// onEnd has f called at the end, the last one first.
func (t *test) onEnd(f func()) { t.closes = append(t.closes, f) }

func (t *test) end() {
	for i := len(t.closes) - 1; i >= 0; i-- {
		t.closes[i]()
	}
	if t.failed {
		os.Exit(1)
	}
	os.Exit(0)
}

var errTime = errors.New("not within the time")

// await asks ready until it says yes, the error of the last no otherwise.
func (t *test) await(most time.Duration, ready func() error) error {
	const pace = 50 * time.Millisecond
	until := time.NewTimer(most)
	defer until.Stop()
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(pace):
		case <-until.C:
			return fmt.Errorf("%w of %v: %w", errTime, most, err)
		case <-t.ctx.Done():
			return fmt.Errorf("%w: %w", t.ctx.Err(), err)
		}
	}
}

// pause lets time pass in which something must not happen.
func (t *test) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.ctx.Done():
	}
}
