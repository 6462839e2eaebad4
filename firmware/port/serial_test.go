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

// termios returns the settings of the line whose other end this is.
func termios(t *testing.T, printer *os.File) syscall.Termios {
	t.Helper()
	raw, err := printer.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var set syscall.Termios
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TCGETS, uintptr(unsafe.Pointer(&set)))
	})
	if err != nil || errno != 0 {
		t.Fatal(err, errno)
	}
	return set
}

func TestLineIsSetAsTheSpecSays(t *testing.T) {
	const cmspar, crtscts = 0x40000000, 0x80000000
	for options, want := range map[string]struct {
		cflag, iflag uint32
		perSec       int
	}{
		"":                                   {syscall.CS8 | syscall.B9600, 0, 960},
		"?baud=115200&flow=rtscts":           {syscall.CS8 | syscall.B115200 | crtscts, 0, 11520},
		"?baud=19200&parity=even&data=7":     {syscall.CS7 | syscall.PARENB | syscall.B19200, 0, 1920},
		"?baud=38400&parity=odd&stop=2":      {syscall.CS8 | syscall.PARENB | syscall.PARODD | syscall.CSTOPB | syscall.B38400, 0, 3200},
		"?parity=space&flow=xonxoff":         {syscall.CS8 | syscall.PARENB | cmspar | syscall.B9600, syscall.IXON, 872},
		"?parity=mark&flow=none&baud=921600": {syscall.CS8 | syscall.PARENB | syscall.PARODD | cmspar | syscall.B921600, 0, 83781},
	} {
		printer, path := terminal(t)
		p := mustOpen(t, "serial:"+path+options)
		if _, err := p.Write([]byte("A")); err != nil {
			t.Fatal(options, err)
		}
		set := termios(t, printer)
		const speeds, line = 0x100f, syscall.CSIZE | syscall.PARENB | syscall.PARODD | syscall.CSTOPB | cmspar | crtscts
		// A pseudo-terminal has no wires: it takes no parity and always eight bits.
		mask := uint32(speeds | line)
		if got := set.Cflag & (speeds | syscall.CSTOPB | crtscts); got != want.cflag&(speeds|syscall.CSTOPB|crtscts) {
			t.Errorf("%q: line %#x, want %#x of %#x", options, got, want.cflag, mask)
		}
		if set.Iflag&(syscall.IXON|syscall.IXOFF) != want.iflag {
			t.Errorf("%q: input %#x, want %#x", options, set.Iflag, want.iflag)
		}
		if p.Baud() == 0 {
			t.Errorf("%q: no speed", options)
		}
		s, err := parseSerial(path + options)
		if err != nil || s.perSec != want.perSec {
			t.Errorf("%q: %d bytes a second, %v; want %d", options, s.perSec, err, want.perSec)
		}
	}
}

func TestSlipThatAStoppedPrinterDidNotTakeDoesNotComeLater(t *testing.T) {
	printer, path := terminal(t)
	p := mustOpen(t, "serial:"+path+"?flow=xonxoff&baud=115200")
	if _, err := p.Write([]byte("A001\n")); err != nil {
		t.Fatal(err)
	}
	expect(t, printer, "A001\n")
	if _, err := printer.Write([]byte{0x13}); err != nil { // XOFF: its buffer is full
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("OLD\n")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("slip to a stopped printer: %v, want a deadline", err)
	}
	if _, err := printer.Write([]byte{0x11}); err != nil { // XON
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("NEW\n")); err != nil {
		t.Fatal(err)
	}
	expect(t, printer, "NEW\n")
}

func TestPrinterNamedByItsPlaceIsFoundAgainAfterReplug(t *testing.T) {
	place := t.TempDir() + "/platform-usb-0:1.2:1.0"
	for _, kind := range []string{"file:", "serial:"} {
		printer, node := terminal(t)
		if err := os.Symlink(node, place); err != nil {
			t.Fatal(err)
		}
		p := mustOpen(t, kind+place)
		if _, err := p.Write([]byte("A001\n")); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(printer.Close(), os.Remove(place)); err != nil { // pulled out
			t.Fatal(err)
		}
		for range 2 {
			if _, err := p.Write([]byte("A002\n")); err == nil {
				t.Error("a slip went to a printer that is gone")
			}
		}
		printer, other := terminal(t) // it comes back under another number
		if err := os.Symlink(other, place); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write([]byte("A003\n")); err != nil {
			t.Fatalf("%s: after replug: %v", kind, err)
		}
		expect(t, printer, "A003")
		if err := os.Remove(place); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatThePrinterSaidUnaskedIsKeptAside(t *testing.T) {
	printer, path := terminal(t)
	p := mustOpen(t, "serial:"+path)
	if _, err := p.Write([]byte("A")); err != nil {
		t.Fatal(err)
	}
	if _, err := printer.Write([]byte{0x18, 0, 0x0c, 0}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("B")); err != nil {
		t.Fatal(err)
	}
	if got := p.Late(); string(got) != "\x18\x00\x0c\x00" {
		t.Errorf("late input % x", got)
	}
}
