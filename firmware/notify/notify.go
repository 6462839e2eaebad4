// Package notify tells the systemd that started a program how it is: ready, still at
// work, and in one line what is wrong.
//
// The watchdog is fed by the program's own loops: before each sign of life every loop
// must have answered a question put to it, so that a program that hangs is started anew.
//
// The protocol is that of sd_notify(3) and sd_watchdog_enabled(3): datagrams of
// VARIABLE=value lines to the socket that $NOTIFY_SOCKET names.
package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// every is between two questions where systemd sets no watchdog: STATUS is to be news.
const every = 10 * time.Second

// Ask puts a question to a loop of the program and returns nil when the loop has answered. It
// returns an error that names the loop when ctx ends first.
type Ask func(ctx context.Context) error

// Run says that the program is ready as soon as all loops have answered, and from then on, three
// times within the watchdog's time, that they still do and what status returns. While a loop does not
// answer it says only which; systemd then ends the program in its time.
//
// Run returns nil when ctx has ended, at once when no supervisor listens. An error means that
// the environment is not that of sd_notify(3).
func Run(ctx context.Context, status func() string, loops ...Ask) error {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return nil
	}
	socket, err := net.Dial("unixgram", name) // a leading @ is an abstract one here too
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	defer socket.Close() // nothing is kept in it
	pace, err := pace()
	if err != nil {
		return err
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for first := "READY=1\n"; ; {
		if err := answered(ctx, pace, loops); err == nil {
			// A supervisor that does not listen now will at the next time.
			_, _ = fmt.Fprintf(socket, "%sWATCHDOG=1\nSTATUS=%s", first, line(status()))
			first = ""
		} else if ctx.Err() == nil {
			_, _ = fmt.Fprintf(socket, "STATUS=%s", line(err.Error()))
		}
		select {
		case <-ctx.Done():
			_, _ = fmt.Fprint(socket, "STOPPING=1")
			return nil
		case <-tick.C:
		}
	}
}

// answered asks all loops and waits at most so long for all of them.
func answered(ctx context.Context, most time.Duration, loops []Ask) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var errs []error
	for _, ask := range loops {
		errs = append(errs, ask(ctx))
	}
	return errors.Join(errs...)
}

// pace is a third of what $WATCHDOG_USEC allows between two signs of life.
func pace() (time.Duration, error) {
	text, pid := os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID")
	if text == "" || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return every, nil // no watchdog, or another process's
	}
	us, err := strconv.ParseInt(text, 10, 64)
	if err != nil || us < 3 {
		return 0, fmt.Errorf("notify: WATCHDOG_USEC %q, legal are microseconds from 3", text)
	}
	return time.Duration(us) * time.Microsecond / 3, nil
}

// line keeps a text to the one line that a variable may have.
func line(text string) string { return strings.ReplaceAll(text, "\n", "; ") }
