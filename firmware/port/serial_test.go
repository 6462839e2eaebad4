package port

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// terminal returns the two ends of a pseudo-terminal: the printer's as a file, ours by its path.
func terminal(t *testing.T) (printer *os.File, path string) {
	t.Helper()
	printer, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here, serial lines are NOT tested: %v", err)
	}
	t.Cleanup(func() { _ = printer.Close() })
	raw, err := printer.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var unlock, number int32
	var errs [2]syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errs[0] = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCSPTLCK, uintptr(unsafe.Pointer(&unlock)))
		_, _, errs[1] = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCGPTN, uintptr(unsafe.Pointer(&number)))
	})
	if err != nil || errs[0] != 0 || errs[1] != 0 {
		t.Fatal(err, errs)
	}
	if err := printer.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return printer, fmt.Sprintf("/dev/pts/%d", number)
}

func TestSerialPrinterTakesASlipAndAnswers(t *testing.T) {
	printer, path := terminal(t)
	p := mustOpen(t, "serial:"+path+"?baud=19200")
	slip := "\x1b@\x1c&\xc9\xe7\n\r\x03\x11\x13\x7f\x1dV\x01" // bytes that a terminal would eat
	if _, err := p.Write([]byte(slip)); err != nil {
		t.Fatal(err)
	}
	expect(t, printer, slip)
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("silence reads as %v, want a deadline", err)
	}
	p.readWait = 5 * time.Second
	if _, err := printer.Write([]byte{0x12}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if n, err := p.Read(got); err != nil || n != 1 || got[0] != 0x12 {
		t.Errorf("answer % x, %v", got[:n], err)
	}
}

func TestSerialPrinterThatTakesNothingIsGivenUp(t *testing.T) {
	_, path := terminal(t)
	givesUp(t, mustOpen(t, "serial:"+path))
}

func TestSerialPrinterThatIsPulledOutIsAnErrorUntilItIsBack(t *testing.T) {
	printer, path := terminal(t)
	p := mustOpen(t, "serial:"+path)
	if _, err := p.Write([]byte("A001\n")); err != nil {
		t.Fatal(err)
	}
	if err := printer.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("A002\n")); err == nil {
		t.Error("a slip went to a printer that is gone")
	}
	if _, err := p.Write([]byte("A003\n")); err == nil {
		t.Error("a printer that is gone was opened again")
	}
}

func TestDeviceNodeAnswers(t *testing.T) {
	printer, path := terminal(t)
	p := mustOpen(t, "file:"+path)
	p.readWait = 5 * time.Second
	if _, err := p.Write([]byte("A")); err != nil {
		t.Fatal(err)
	}
	if _, err := printer.Write([]byte("B\n")); err != nil { // a terminal in line mode
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if n, err := p.Read(got); err != nil || got[0] != 'B' {
		t.Errorf("answer % x, %v", got[:n], err)
	}
	if _, ok := p.LineStatus(); ok {
		t.Error("a terminal has no printer's status lines")
	}
}
