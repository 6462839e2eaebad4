package port

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// quick is the timeout that tests wait for, in place of 5 s.
const quick = 100 * time.Millisecond

// mustOpen returns a port with quick timeouts, closed at the end.
func mustOpen(t *testing.T, spec string) *Port {
	t.Helper()
	p, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	p.readWait, p.writeWait = quick, quick
	t.Cleanup(func() {
		if err := p.Close(); err != nil && !errors.Is(err, syscall.EIO) {
			t.Error(err)
		}
	})
	return p
}

func TestBadSpecIsRefusedWithWhatIsWrong(t *testing.T) {
	for spec, want := range map[string]string{
		"":                                  "is not of the form",
		"/dev/usb/lp0":                      "is not of the form",
		"file:":                             "is not of the form",
		"usb:/dev/usb/lp0":                  `kind "usb" is not file, tcp, serial or cups`,
		"sim:simulated":                     `kind "sim" is not file, tcp, serial or cups`,
		"tcp:10.0.0.5":                      `address "10.0.0.5" is not HOST:PORT`,
		"tcp:10.0.0.5:0":                    `TCP port "0" is not from 1 to 65535`,
		"tcp::9100":                         `address ":9100" is not HOST:PORT`,
		"serial:/dev/ttyUSB0?baud=x":        `baud "x" is not from 1200 to 921600`,
		"serial:/dev/ttyUSB0?baud=50":       `baud "50" is not from 1200 to 921600`,
		"serial:/dev/ttyUSB0?speed=9600":    `option "speed" is not baud, parity, data, stop, flow`,
		"serial:?baud=9600":                 "path of the serial line is missing",
		"serial:/dev/ttyUSB0?baud=9600;x=1": "options",
		"serial:/dev/ttyUSB0?parity=maybe":  `parity "maybe" is not one of none, odd, even, mark, space`,
		"serial:/dev/ttyUSB0?data=9":        `data "9" is not from 7 to 8`,
		"serial:/dev/ttyUSB0?stop=1.5":      `stop "1.5" is not from 1 to 2`,
		"serial:/dev/ttyUSB0?flow=dtrdsr":   `flow "dtrdsr" is not one of none, rtscts, xonxoff`,
		"serial:/dev/ttyS0?stop=1&stop=2":   `option "stop" is there 2 times`,
	} {
		if _, err := Open(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", spec, err, want)
		}
	}
}

func TestMissingPrinterIsNamedAndNoFileIsMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lp0")
	p := mustOpen(t, "file:"+path)
	_, err := p.Write([]byte("A012\n"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "file:"+path) || !strings.Contains(err.Error(), "unplugged") {
		t.Errorf("error %v must name the port and the likely reasons", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("a file was made where the printer should be; it would swallow slips")
	}
}

func TestPlainFileTakesSlipsOneAfterTheOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slips")
	if err := os.WriteFile(path, []byte("old "), 0o600); err != nil {
		t.Fatal(err)
	}
	p := mustOpen(t, "file:"+path)
	for _, s := range []string{"A001\n", "A002\n"} {
		if _, err := p.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old A001\nA002\n" {
		t.Errorf("file holds %q, %v", got, err)
	}
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a file answers %v, want a deadline", err)
	}
	if _, ok := p.LineStatus(); ok {
		t.Error("a file has no status lines")
	}
}

// fifo makes a named pipe.
func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lp0")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPrinterThatIsOffAndOnAgainPrints(t *testing.T) {
	path := fifo(t)
	p := mustOpen(t, "file:"+path)
	if _, err := p.Write([]byte("lost")); err == nil || !strings.Contains(err.Error(), "nobody reads") {
		t.Fatalf("write without a reader: %v", err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := p.Write([]byte("A012\n")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 16)
	n, err := reader.Read(got)
	if err != nil || string(got[:n]) != "A012\n" {
		t.Errorf("printed %q, %v", got[:n], err)
	}
}

func TestPrinterThatTakesNothingIsGivenUp(t *testing.T) {
	path := fifo(t)
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	p := mustOpen(t, "file:"+path)
	givesUp(t, p)
}

// givesUp checks that a write of more than any buffer holds ends by its timeout.
func givesUp(t *testing.T, p *Port) {
	t.Helper()
	start := time.Now()
	n, err := p.Write(make([]byte, 16<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) || n == 16<<20 {
		t.Errorf("wrote %d, %v; want a deadline", n, err)
	}
	if took := time.Since(start); took > writeTimeout {
		t.Errorf("gave up after %v", took)
	}
}

// listen returns a listener on the loopback and the spec of a port to it.
func listen(t *testing.T, address string) (net.Listener, string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, "tcp:" + l.Addr().String()
}

// accept returns the next connection, with a deadline so that no test hangs.
func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	if err := l.(*net.TCPListener).SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// expect reads want from r.
func expect(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Errorf("printer got %q, %v; want %q", got[:n], err, want)
	}
}

func TestNetworkPrinterTakesASlipAndAnswers(t *testing.T) {
	l, spec := listen(t, "127.0.0.1:0")
	p := mustOpen(t, spec)
	if _, err := p.Write([]byte("A012\n\x10\x04\x01")); err != nil {
		t.Fatal(err)
	}
	c := accept(t, l)
	expect(t, c, "A012\n\x10\x04\x01")
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("silence reads as %v, want a deadline", err)
	}
	p.readWait = 5 * time.Second
	if _, err := c.Write([]byte{0x12}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if n, err := p.Read(got); err != nil || !bytes.Equal(got[:n], []byte{0x12}) {
		t.Errorf("answer % x, %v", got[:n], err)
	}
}

func TestSlipAfterThePrinterHungUpIsNotLost(t *testing.T) {
	l, spec := listen(t, "127.0.0.1:0")
	p := mustOpen(t, spec)
	if _, err := p.Write([]byte("A001\n")); err != nil {
		t.Fatal(err)
	}
	c := accept(t, l)
	expect(t, c, "A001\n")
	if err := c.Close(); err != nil { // as printers do after some idle seconds
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("A002\n")); err != nil {
		t.Fatal(err)
	}
	expect(t, accept(t, l), "A002\n")
}

func TestLateAnswerIsNotTakenForTheNext(t *testing.T) {
	l, spec := listen(t, "127.0.0.1:0")
	p := mustOpen(t, spec)
	p.readWait = 5 * time.Second
	if _, err := p.Write([]byte("\x10\x04\x01")); err != nil {
		t.Fatal(err)
	}
	c := accept(t, l)
	expect(t, c, "\x10\x04\x01")
	if _, err := c.Write([]byte("early and late")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Read(make([]byte, 1)); err != nil { // so the rest has come too
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("\x10\x04\x04")); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "\x10\x04\x04")
	if _, err := c.Write([]byte{0x7e}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 16)
	if n, err := p.Read(got); err != nil || n != 1 || got[0] != 0x7e {
		t.Errorf("answer %q, %v; want the one byte of the second question", got[:n], err)
	}
}

func TestNetworkPrinterThatReadsNothingIsGivenUp(t *testing.T) {
	l, spec := listen(t, "127.0.0.1:0")
	p := mustOpen(t, spec)
	if _, err := p.Write([]byte("A012\n")); err != nil {
		t.Fatal(err)
	}
	accept(t, l)
	givesUp(t, p)
}

func TestNetworkPrinterThatComesUpLaterIsFound(t *testing.T) {
	l, spec := listen(t, "127.0.0.1:0")
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p := mustOpen(t, spec)
	if _, err := p.Write([]byte("lost")); !errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), spec) {
		t.Fatalf("write to nobody: %v", err)
	}
	l, _ = listen(t, address)
	if _, err := p.Write([]byte("A012\n")); err != nil {
		t.Fatal(err)
	}
	expect(t, accept(t, l), "A012\n")
}

func TestCloseEndsAReadThatWaits(t *testing.T) {
	l, spec := listen(t, "127.0.0.1:0")
	p := mustOpen(t, spec)
	p.readWait = time.Minute
	if _, err := p.Write([]byte("\x10\x04\x01")); err != nil {
		t.Fatal(err)
	}
	accept(t, l)
	done := make(chan error, 1)
	go func() {
		_, err := p.Read(make([]byte, 1))
		done <- err
	}()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if !errors.Is(err, ErrClosed) {
			t.Errorf("read ended with %v, want ErrClosed", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("read still waits after Close")
	}
	if _, err := p.Write([]byte("A")); !errors.Is(err, ErrClosed) {
		t.Errorf("write after Close: %v", err)
	}
}
