package program_test

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"

	"jiaohao/firmware/program"
	"jiaohao/protocol"
)

func TestSystemdHearsTheLineInBothLanguages(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", name)
	t.Setenv("WATCHDOG_USEC", "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	paper := protocol.Health{Faults: []protocol.Fault{protocol.NewFault("printer", "paper_out", nil)}}
	go func() {
		done <- program.Tell(func() protocol.Text { return paper.StatusLine(true) })(ctx)
	}()
	if err := socket.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"READY=1\nWATCHDOG=1\nSTATUS=打印机没纸了：请换纸 / Out of paper: put in a new roll", "STOPPING=1"} {
		buf := make([]byte, 1024)
		n, err := socket.Read(buf)
		if err != nil || string(buf[:n]) != want {
			t.Errorf("told %q, %v; want %q", buf[:n], err, want)
		}
		cancel()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
