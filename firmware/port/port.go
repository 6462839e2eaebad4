package port

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of this package.
const (
	// writeTimeout is how long a device may take nothing before a Write fails: longer than a
	// cut and the next slip take, shorter than people at a dispenser wait.
	writeTimeout = 5 * time.Second
	// readTimeout is how long a Read waits. Printers answer a status request within 100 ms.
	readTimeout = time.Second
	// dialTimeout bounds the TCP connect.
	dialTimeout = 5 * time.Second
	// stale is how long a Write looks for input that nobody has read.
	stale = time.Millisecond
	// staleMax is how many reads of such input a Write makes: a device that talks without end
	// must not keep it.
	staleMax = 16
	// chunkMax is how many bytes share one writeTimeout: at 9600 baud they take half a second.
	chunkMax = 512
	// baudMin and baudMax bound a serial line: below it a slip takes a minute, above it no
	// printer follows.
	baudMin = 1200
	baudMax = 921600
	// baudDefault is what most serial slip printers come with.
	baudDefault = 9600
)

// ErrClosed is returned by all methods after Close.
var ErrClosed = errors.New("port is closed")

// handle is an open device. *os.File and net.Conn are handles.
type handle interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// Port is a device that is opened when needed. Calls from several goroutines take turns, so that
// bytes of two slips never mix; Close may come at any time and is not kept waiting.
type Port struct {
	spec string
	open func() (handle, error)
	tcp  bool
	baud int // of a serial line, else 0

	readWait, writeWait time.Duration // readTimeout and writeTimeout, shorter in tests

	late []byte // what the last Write dropped; guarded by using

	using  sync.Mutex // held by the Write or Read that uses the device
	mu     sync.Mutex // guards dev and closed; never held while the device is waited for
	dev    handle
	closed bool
}

// Open returns the port that spec names and does not touch the device yet:
//
//	file:/dev/usb/lp0                    a device node, FIFO or existing file
//	tcp:10.0.0.5:9100                    a network printer
//	serial:/dev/ttyUSB0?baud=19200       a serial line
//
// A device node is best named by its place, as /dev/usb/lp0 may be another printer after a start: see
// the links in /dev/serial/by-path and the udev rules in docs. A serial line has these options:
//
//	baud    1200 to 921600; 9600 if left out
//	parity  none, odd, even, mark or space
//	data    8 or 7 bits
//	stop    1 or 2 bits
//	flow    none, rtscts or xonxoff
//
// Flow by DTR and DSR there is not: wire the printer's DTR to CTS and take rtscts. Nor is the direction
// of an RS485 transceiver switched: take one that does it by itself.
//
// The error names what is wrong in spec. Print queues are opened by [OpenQueue]. Simulated printers
// are no ports; they are in firmware/sim.
func Open(spec string) (*Port, error) {
	kind, rest, ok := strings.Cut(spec, ":")
	if !ok || rest == "" {
		return nil, fmt.Errorf("port %q is not of the form file:PATH, tcp:HOST:PORT, serial:PATH?baud=N or cups:QUEUE", spec)
	}
	p := &Port{spec: spec, readWait: readTimeout, writeWait: writeTimeout}
	switch kind {
	case "file":
		p.open = func() (handle, error) { return openFile(rest, cupsSocket) }
	case "tcp":
		if err := checkAddress(rest); err != nil {
			return nil, fmt.Errorf("port %q: %w", spec, err)
		}
		p.tcp = true
		p.open = func() (handle, error) { return net.DialTimeout("tcp", rest, dialTimeout) }
	case "serial":
		line, err := parseSerial(rest)
		if err != nil {
			return nil, fmt.Errorf("port %q: %w", spec, err)
		}
		p.baud = line.mode.Baud
		p.open = func() (handle, error) { return openSerial(line) }
	default:
		return nil, fmt.Errorf("port %q: kind %q is not file, tcp, serial or cups", spec, kind)
	}
	return p, nil
}

func checkAddress(address string) error {
	host, service, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return fmt.Errorf("address %q is not HOST:PORT", address)
	}
	if n, err := strconv.Atoi(service); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("TCP port %q is not from 1 to 65535", service)
	}
	return nil
}

// String returns the spec that the port was opened with.
func (p *Port) String() string { return p.spec }

// Baud returns the speed of a serial line, and 0 for every other port.
func (p *Port) Baud() int { return p.baud }

// Late returns the input that the last Write dropped: bytes that came when nobody read.
func (p *Port) Late() []byte {
	p.using.Lock()
	defer p.using.Unlock()
	return slices.Clone(p.late)
}

// Write sends all of b. It first drops input that nobody has read, so that a late answer is not
// taken for that of the next question, and so notices a network printer that has hung up.
//
// Each 512 bytes may take 5 s, counted from the last; then Write returns os.ErrDeadlineExceeded.
// After any error the device is closed and the next call opens it again; the number of bytes
// returned is what the system took, of which the device may have got less.
func (p *Port) Write(b []byte) (int, error) {
	p.using.Lock()
	defer p.using.Unlock()
	dev, err := p.fresh()
	if err != nil {
		return 0, err
	}
	sent := 0
	for sent < len(b) {
		chunk := b[sent:min(sent+chunkMax, len(b))]
		setDeadline(dev.SetWriteDeadline, p.writeWait)
		n, err := dev.Write(chunk)
		sent += n
		if err != nil {
			return sent, p.failed(dev, "write", err)
		}
	}
	return sent, nil
}

// Read returns what the device has sent, at least one byte. It returns os.ErrDeadlineExceeded,
// and leaves the device open, if nothing comes within 1 s or if the device cannot answer at all.
// After any other error the device is closed and the next call opens it again.
func (p *Port) Read(b []byte) (int, error) {
	p.using.Lock()
	defer p.using.Unlock()
	dev, err := p.device()
	if err != nil {
		return 0, err
	}
	setDeadline(dev.SetReadDeadline, p.readWait)
	n, err := dev.Read(b)
	if err == nil || n > 0 {
		return n, nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, fmt.Errorf("port %s: no answer: %w", p.spec, os.ErrDeadlineExceeded)
	}
	return 0, p.failed(dev, "read", err)
}

// Close closes the device and ends a Read or Write that waits for it. It is idempotent.
func (p *Port) Close() error {
	p.mu.Lock()
	dev := p.dev
	p.dev, p.closed = nil, true
	p.mu.Unlock()
	if dev == nil {
		return nil
	}
	return dev.Close()
}

// LineStatus returns the status lines of a USB printer: bit 3 is no error, bit 4 selected, bit 5
// paper out. ok is false for everything else and for a device that is not open.
func (p *Port) LineStatus() (bits byte, ok bool) {
	p.mu.Lock()
	dev := p.dev
	p.mu.Unlock()
	if f, is := dev.(*file); is {
		return f.lineStatus()
	}
	return 0, false
}

// device returns the open device, and opens it if needed.
func (p *Port) device() (handle, error) {
	p.mu.Lock()
	dev, closed := p.dev, p.closed
	p.mu.Unlock()
	if closed {
		return nil, fmt.Errorf("port %s: %w", p.spec, ErrClosed)
	}
	if dev != nil {
		return dev, nil
	}
	dev, err := p.open()
	if err != nil {
		return nil, fmt.Errorf("port %s: open: %w", p.spec, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.Join(fmt.Errorf("port %s: %w", p.spec, ErrClosed), dev.Close())
	}
	p.dev = dev
	return dev, nil
}

// fresh returns the open device without unread input. A TCP peer that has gone shows here, before
// a whole slip vanishes into a dead connection; then it opens a new one.
func (p *Port) fresh() (handle, error) {
	dev, err := p.device()
	if err != nil {
		return nil, err
	}
	setDeadline(dev.SetReadDeadline, stale)
	var junk [64]byte
	p.late = p.late[:0]
	for i, n := 0, 0; err == nil && i < staleMax; i++ {
		n, err = dev.Read(junk[:])
		p.late = append(p.late, junk[:n]...)
	}
	if !p.tcp || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return dev, nil
	}
	p.drop(dev)
	return p.device()
}

// failed closes dev and returns err with the name of the port and what was being done.
func (p *Port) failed(dev handle, doing string, err error) error {
	p.drop(dev)
	if errors.Is(err, os.ErrClosed) || errors.Is(err, net.ErrClosed) {
		err = ErrClosed
	}
	return fmt.Errorf("port %s: %s: %w", p.spec, doing, err)
}

// drop closes dev; its error tells nothing that matters once the device has failed.
func (p *Port) drop(dev handle) {
	p.mu.Lock()
	if p.dev == dev {
		p.dev = nil
	}
	p.mu.Unlock()
	_ = dev.Close()
}

// setDeadline sets a deadline from now. Plain files have none and need none.
func setDeadline(set func(time.Time) error, after time.Duration) {
	_ = set(time.Now().Add(after))
}
