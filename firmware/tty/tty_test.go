package tty_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"jiaohao/firmware/tty"
)

// pair opens a pseudo terminal, which is a serial line without the wire, and returns its far end and the
// path of its near one.
func pair(t *testing.T) (far *os.File, path string) {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	t.Cleanup(func() { far.Close() })
	var locked, number int32
	raw, err := far.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) {
		syscall.Syscall(syscall.SYS_IOCTL, fd, 0x40045431, uintptr(unsafe.Pointer(&locked))) // TIOCSPTLCK
		syscall.Syscall(syscall.SYS_IOCTL, fd, 0x80045430, uintptr(unsafe.Pointer(&number))) // TIOCGPTN
	})
	return far, fmt.Sprintf("/dev/pts/%d", number)
}

func TestEveryByteComesThroughARawLineInBothDirections(t *testing.T) {
	far, path := pair(t)
	near, err := tty.Open(path, tty.Mode{Baud: 9600})
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, way := range []struct{ from, to *os.File }{{far, near}, {near, far}} {
		if _, err := way.from.Write(all); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(all))
		if err := way.to.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(way.to, got); err != nil || !bytes.Equal(got, all) {
			t.Errorf("%v, got % x", err, got)
		}
	}
}

func TestReadHasADeadlineAndEndsWithClose(t *testing.T) {
	_, path := pair(t)
	near, err := tty.Open(path, tty.Mode{Baud: 115200, Parity: tty.EvenParity, StopBits: 2, RTSCTS: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := near.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := near.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v, want that the time is over", err)
	}
	if err := near.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := near.Read(make([]byte, 1))
		done <- err
	}()
	if err := errors.Join(tty.Discard(near), tty.Drain(near), near.Close()); err != nil {
		t.Error(err)
	}
	select {
	case err := <-done:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%v, want that the file is closed", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the read does not end")
	}
}

func TestWrongModeAndWhatIsNoLineAreNamed(t *testing.T) {
	for _, c := range []struct {
		mode tty.Mode
		want string
	}{
		{tty.Mode{Baud: 50}, "baud 50, must be 300 to 921600"},
		{tty.Mode{Baud: 9600, DataBits: 5}, "5 data bits, must be 7 or 8"},
		{tty.Mode{Baud: 9600, StopBits: 3}, "3 stop bits, must be 1 or 2"},
		{tty.Mode{Baud: 9600, Parity: 9}, "parity 9, must be 0 to 4"},
		{tty.Mode{Baud: 9600}, "/dev/null is no serial line"},
	} {
		if f, err := tty.Open("/dev/null", c.mode); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %v, want %s", f, err, c.want)
		}
	}
}

func ExampleOpen() {
	_, err := tty.Open("/dev/ttyNONE", tty.Mode{Baud: 9600})
	fmt.Println(err)
	// Output: tty: open /dev/ttyNONE: no such file or directory
}
