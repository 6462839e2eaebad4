package notify_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"jiaohao/firmware/notify"
)

// supervisor is the socket of a systemd; heard returns the next datagram.
func supervisor(t *testing.T, watchdog time.Duration) (heard func() string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	t.Setenv("NOTIFY_SOCKET", name)
	t.Setenv("WATCHDOG_PID", "")
	t.Setenv("WATCHDOG_USEC", fmt.Sprint(watchdog.Microseconds()))
	return func() string {
		t.Helper()
		const most = 10 * time.Second
		if err := socket.SetReadDeadline(time.Now().Add(most)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		n, err := socket.Read(buf)
		if err != nil {
			t.Fatalf("nothing was told: %v", err)
		}
		return string(buf[:n])
	}
}

// start runs Run until the test ends it.
func start(t *testing.T, status func() string, loops ...notify.Ask) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- notify.Run(ctx, status, loops...) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func well() string { return "一切正常" }

func TestReadyIsSaidOnceAndOnlyAfterEveryLoopHasAnswered(t *testing.T) {
	heard := supervisor(t, 60*time.Millisecond)
	begun := make(chan struct{})
	stop := start(t, well, func(ctx context.Context) error {
		select {
		case <-begun:
			return nil
		case <-ctx.Done():
			return errors.New("the printer's loop does not answer")
		}
	})
	if got := heard(); got != "STATUS=the printer's loop does not answer" {
		t.Errorf("before the loop runs: %q", got)
	}
	close(begun)
	for got := heard(); got != "READY=1\nWATCHDOG=1\nSTATUS=一切正常"; got = heard() {
		if !strings.HasPrefix(got, "STATUS=the printer's") {
			t.Fatalf("instead of ready: %q", got)
		}
	}
	if got := heard(); got != "WATCHDOG=1\nSTATUS=一切正常" {
		t.Errorf("the second sign of life: %q", got)
	}
	stop()
}

func TestALoopThatHangsEndsTheSignsOfLife(t *testing.T) {
	heard := supervisor(t, 60*time.Millisecond)
	var hangs atomic.Bool
	stop := start(t, well, func(ctx context.Context) error {
		if hangs.Load() {
			<-ctx.Done()
			return errors.New("hangs\nfor good")
		}
		return nil
	})
	defer stop()
	heard()
	hangs.Store(true)
	said := 0
	for range 5 {
		if got := heard(); got == "STATUS=hangs; for good" {
			said++
		} else if said > 0 {
			t.Errorf("a sign of life from a program that hangs: %q", got)
		}
	}
	if said == 0 {
		t.Error("nobody is told which loop hangs")
	}
}

func TestTheLineIsWhatTheStatusSaysNow(t *testing.T) {
	heard := supervisor(t, 30*time.Millisecond)
	var text atomic.Value
	text.Store("一切正常")
	stop := start(t, func() string { return text.Load().(string) })
	heard()
	text.Store("打印纸用完：请换纸")
	for got := heard(); got != "WATCHDOG=1\nSTATUS=打印纸用完：请换纸"; got = heard() {
		if got != "WATCHDOG=1\nSTATUS=一切正常" {
			t.Fatalf("told %q", got)
		}
	}
	stop()
	for got := heard(); got != "STOPPING=1"; got = heard() {
	}
}

func TestWithoutASupervisorNothingIsDone(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	if err := notify.Run(t.Context(), func() string { panic("nobody asks") }); err != nil {
		t.Error(err)
	}
}

func TestAnEnvironmentThatIsNotSystemdsIsTold(t *testing.T) {
	supervisor(t, time.Second)
	t.Setenv("WATCHDOG_USEC", "soon")
	if err := notify.Run(t.Context(), well); err == nil || !strings.Contains(err.Error(), `"soon"`) {
		t.Errorf("error %v", err)
	}
	t.Setenv("NOTIFY_SOCKET", "/nowhere/at/all")
	if err := notify.Run(t.Context(), well); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func ExampleRun() {
	os.Unsetenv("NOTIFY_SOCKET") // started by hand
	loop := make(chan func())
	go func() {
		for f := range loop {
			f()
		}
	}()
	ask := func(ctx context.Context) error {
		select {
		case loop <- func() {}:
			return nil
		case <-ctx.Done():
			return errors.New("the loop does not answer")
		}
	}
	fmt.Println(notify.Run(context.Background(), func() string { return "一切正常" }, ask))
	// Output: <nil>
}
