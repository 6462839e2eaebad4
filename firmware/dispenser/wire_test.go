package dispenser_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/port"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

// wire is a serial line at a real speed, with a printer at its end: a pseudo-terminal that is read no faster
// than that speed.
type wire struct {
	path    string
	perByte time.Duration
	mu      sync.Mutex // guards got and at
	got     []byte     // of the slip that is under way
	at      []time.Time
}

// newTerminal returns the printer's end of a pseudo-terminal and the path of ours. It skips where there are none.
func newTerminal(b testing.TB) (master *os.File, path string) {
	b.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		b.Skipf("no pseudo-terminals here: %v", err)
	}
	raw, err := master.SyscallConn()
	if err != nil {
		b.Fatal(err)
	}
	var unlock, number int32
	err = raw.Control(func(fd uintptr) {
		_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCSPTLCK, uintptr(unsafe.Pointer(&unlock)))
		_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCGPTN, uintptr(unsafe.Pointer(&number)))
	})
	if err != nil {
		b.Fatal(err)
	}
	return master, fmt.Sprintf("/dev/pts/%d", number)
}

// newWire returns a line of that speed.
func newWire(b testing.TB, profile escpos.Profile) *wire {
	b.Helper()
	master, path := newTerminal(b)
	printer, err := sim.NewPrinter(profile)
	if err != nil {
		b.Fatal(err)
	}
	w := &wire{path: path, perByte: 10 * time.Second / time.Duration(profile.Baud)}
	var wg sync.WaitGroup
	wg.Go(func() { w.run(master, printer) })
	b.Cleanup(func() {
		_ = master.Close() // ends run
		wg.Wait()
	})
	return w
}

// run takes bytes from the line at its speed and gives them to the printer, and its answers back.
func (w *wire) run(master *os.File, printer *sim.Printer) {
	var buf [256]byte
	free := time.Now() // when the wire is free for the next byte
	for {
		n, err := master.Read(buf[:])
		if errors.Is(err, syscall.EIO) { // nobody has the line open
			<-time.After(time.Millisecond)
			continue
		}
		if err != nil {
			return
		}
		now := time.Now()
		if free.Before(now) {
			free = now
		}
		w.mu.Lock()
		for _, b := range buf[:n] {
			free = free.Add(w.perByte)
			w.got, w.at = append(w.got, b), append(w.at, free)
		}
		w.mu.Unlock()
		<-time.After(time.Until(free))
		if _, err := printer.Write(buf[:n]); err != nil {
			return
		}
		if !isQuestion(buf[:n]) {
			continue
		}
		if n, err = printer.Read(buf[:]); err != nil {
			return
		}
		<-time.After(w.perByte * time.Duration(n))
		_, _ = master.Write(buf[:n]) // a line that is closed needs no answer
	}
}

// isQuestion reports whether the printer answers to that.
func isQuestion(p []byte) bool { return len(p) == 3 && p[0] == 0x10 && p[1] == 0x04 }

// slip returns when the first and the last byte of a whole slip were on the wire, and when the number was.
func (w *wire) slip(number string, end []byte) (first, shown, last time.Time, size int, whole bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	digits := index(w.got, []byte(number))
	if digits < 0 {
		return
	}
	from := digits // back to the reset that begins the slip
	for from > 0 && index(w.got[from:digits], []byte("\x1b@")) != 0 {
		from--
	}
	stop := index(w.got[digits:], end)
	if stop < 0 {
		return
	}
	stop += digits + len(end) - 1
	return w.at[from], w.at[digits+len(number)-1], w.at[stop], stop + 1 - from, true
}

func index(s, part []byte) int {
	for i := 0; i+len(part) <= len(s); i++ {
		if slices.Equal(s[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

func (w *wire) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got, w.at = nil, nil
}

// BenchmarkPressToPaper (5 presses are enough: -benchtime 5x) measures what a citizen waits for at a serial printer: from the hub's reply to the first
// printed byte and to the number, the bytes of a slip, and from the reply to its last byte as a ratio to
// what these bytes take on the wire at least.
func BenchmarkPressToPaper(b *testing.B) {
	for _, baud := range []int{9600, 19200, 115200} {
		b.Run(fmt.Sprintf("baud=%d", baud), func(b *testing.B) { pressToPaper(b, baud) })
	}
}

func pressToPaper(b *testing.B, baud int) {
	profile, err := escpos.ProfileByName("gbk-58")
	if err != nil {
		b.Fatal(err)
	}
	profile.Baud, profile.Cutter = baud, escpos.CutterPartial
	w := newWire(b, profile)
	p, err := port.Open(fmt.Sprintf("serial:%s?baud=%d", w.path, baud))
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close() // the line goes with the printer
	dev, err := escpos.New(p, &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph})
	if err != nil {
		b.Fatal(err)
	}
	d, h := atHub(b, dev, profile)
	var first, shown, last, least time.Duration
	size, n := 0, 0
	for b.Loop() {
		w.clear()
		pressed := press(b, d)
		number := ""
		var replied time.Time
		until(b, func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			if len(h.issued) > n {
				number, replied = h.issued[n].Number, h.issued[n].IssuedAt
			}
			return number != ""
		})
		until(b, func() bool {
			f, s, l, bytes, whole := w.slip(number, []byte{0x1d, 'V', 1})
			if whole {
				first, shown, last = first+f.Sub(replied), shown+s.Sub(pressed), last+l.Sub(replied)
				size, least = bytes, least+time.Duration(bytes)*w.perByte
			}
			return whole
		})
		n++
	}
	ms := func(t time.Duration) float64 { return float64(t.Microseconds()) / 1000 / float64(n) }
	b.ReportMetric(ms(first), "ms-reply-to-first-byte")
	b.ReportMetric(ms(shown), "ms-press-to-number")
	b.ReportMetric(ms(last), "ms-reply-to-slip")
	b.ReportMetric(float64(size), "bytes/slip")
	b.ReportMetric(float64(last)/float64(least), "×wire")
	b.ReportMetric(ms(last-least), "ms-beside-wire")
	b.ReportMetric(0, "ns/op") // it is the time between two presses
}

// atHub runs a dispenser with that printer at a hub that answers at once.
func atHub(b testing.TB, printer dispenser.Printer, profile escpos.Profile) (*dispenser.Dispenser, *hub) {
	dir := b.TempDir()
	bus := linktest.NewBus(1)
	h := newHub(b, bus)
	l, err := link.New(bus.Transport(string(deviceID)), link.Identity{Hall: hallID, Device: deviceID, Kind: protocol.KindDispenser}, link.Options{StateDir: dir})
	if err != nil {
		b.Fatal(err)
	}
	d, err := dispenser.New(dispenser.Options{Hall: hallID, Device: deviceID, Link: l, Printer: printer, Profile: profile, StateDir: dir})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{h.run, l.Run, d.Run} {
		wg.Go(func() { _ = run(ctx) }) // it ends by ctx
	}
	b.Cleanup(func() { cancel(); wg.Wait() })
	return d, h
}

// press presses as soon as the lock-out lets it, and returns when that was.
func press(b testing.TB, d *dispenser.Dispenser) time.Time {
	var at time.Time
	until(b, func() bool {
		at = time.Now()
		return d.Press(context.Background(), dispenser.Press{Service: "social"}) == nil
	})
	return at
}

// until waits for something that happens in real time.
func until(b testing.TB, is func() bool) {
	b.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); !is(); <-tick.C {
		if time.Now().After(end) {
			b.Fatal("nothing came within 20 s")
		}
	}
}

func TestSerialPrinterThatIsDeadDoesNotKeepTheKiosk(t *testing.T) {
	profile, err := escpos.ProfileByName("gbk-58")
	if err != nil {
		t.Fatal(err)
	}
	master, path := newTerminal(t) // nobody reads it
	defer master.Close()
	p, err := port.Open("serial:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close() // the line goes with the printer
	profile.Baud = p.Baud()
	dev, err := escpos.New(p, &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := atHub(t, dev, profile)
	for _, number := range []string{"A001", "A002"} {
		press(t, d)
		start := time.Now()
		until(t, func() bool {
			v := string(dispenser.ViewOf(d))
			return strings.Contains(v, number) && strings.Contains(v, "请记住号码")
		})
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("%s without paper was shown after %v", number, took)
		}
	}
}
