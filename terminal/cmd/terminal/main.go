// Command terminal is the program of a window terminal (窗口终端): the clerk's page
// on this machine and a keypad.
//
//	terminal [-config FILE] [-broker URL] [-hall ID] [-device ID] [-window ID]
//	         [-password-file FILE] [-http ADDRESS] [-keys MAP] [-sim] [-v]
//
// The configuration file is that of package board; flags win over it. The
// password is the file's first line or, without a file, $JIAOHAO_PASSWORD. The window comes
// from the hall's plan, so -window only saves a connection at the start.
//
// It exits with 0 when it was asked to end, 1 after a fault, 2 for a wrong
// command line or configuration.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	err := mainImpl()
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintf(os.Stderr, "terminal: %s\n", strings.TrimPrefix(err.Error(), "terminal: "))
	code := 1
	var h *hinted
	if errors.As(err, &h) {
		fmt.Fprintf(os.Stderr, "hint: %s\n", h.hint)
		if h.usage {
			code = 2
		}
	}
	os.Exit(code)
}

func mainImpl() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := parse(os.Args[1:])
	if err != nil {
		return err
	}
	p, err := open(s)
	if err != nil {
		return err
	}
	return p.run(ctx)
}

// hinted is an error with a line that says what to do.
type hinted struct {
	err   error
	hint  string
	usage bool // the caller's mistake
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

func usage(hint, format string, args ...any) error {
	return &hinted{err: fmt.Errorf(format, args...), hint: hint, usage: true}
}
