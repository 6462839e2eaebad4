package dispenser_test

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/port"
	"jiaohao/firmware/sim"
)

// slowPrinter is a network printer with an input buffer of one command: what it has not printed yet waits on the
// way to it, also the questions that it would answer at once.
type slowPrinter struct {
	address string
	perDot  time.Duration // to print one line of dots

	mu        sync.Mutex // guards what follows
	cuts      int
	discarded int
}

func newSlowPrinter(t *testing.T, perDot time.Duration) *slowPrinter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &slowPrinter{address: l.Addr().String(), perDot: perDot}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.run(conn)
			_ = conn.Close() // the dispenser has hung up
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return s
}

// run obeys one connection, at the printer's speed.
func (s *slowPrinter) run(conn net.Conn) {
	var d escpos.Decoder
	var waiting []byte
	buf := make([]byte, 512)
	for {
		c, n, err := d.Next(waiting)
		if errors.Is(err, escpos.ErrShort) {
			got, err := conn.Read(buf)
			if err != nil {
				return
			}
			waiting = append(waiting, buf[:got]...)
			continue
		}
		if err != nil {
			return
		}
		waiting = waiting[n:]
		dots := 0
		s.mu.Lock()
		switch c.Op {
		case escpos.OpStatus:
			_, _ = conn.Write([]byte{0x12}) // all is well
		case escpos.OpDiscard:
			s.discarded++
		case escpos.OpCut:
			s.cuts++
		case escpos.OpFeed:
			dots = c.N
		case escpos.OpRaster:
			dots = len(c.Data) / c.Width
		}
		s.mu.Unlock()
		<-time.After(time.Duration(dots) * s.perDot)
	}
}

func (s *slowPrinter) done() (cuts, discarded int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cuts, s.discarded
}

// TestGoodSlipOfASlowNetworkPrinterIsNoFaultAndTheNumberIsShownAtOnce: a slip sent as pictures takes longer than
// the second that a port waits for an answer.
func TestGoodSlipOfASlowNetworkPrinterIsNoFaultAndTheNumberIsShownAtOnce(t *testing.T) {
	profile, err := escpos.ProfileByName("generic-80")
	if err != nil {
		t.Fatal(err)
	}
	s := newSlowPrinter(t, 2500*time.Microsecond) // 50 mm/s
	p, err := port.Open("tcp:" + s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	dev, err := escpos.New(p, &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph})
	if err != nil {
		t.Fatal(err)
	}
	d, h := atHub(t, dev, profile)
	pressed := press(t, d)
	until(t, func() bool { return strings.Contains(string(dispenser.ViewOf(d)), `"A001"`) })
	if took := time.Since(pressed); took > time.Second {
		t.Errorf("the number was shown after %v, want at once", took)
	}
	if cuts, _ := s.done(); cuts > 0 {
		t.Error("the printer is not slow")
	}
	until(t, func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.printed["20261123-A001"]) > 0 })
	cuts, discarded := s.done()
	if told := h.printed["20261123-A001"]; cuts != 1 || discarded > 1 || len(told) != 1 || !told[0].OK {
		t.Errorf("hub was told %+v of a slip that came out (%d), and the printer was reset %d times, want once at the start", told, cuts, discarded)
	}
	if v := string(dispenser.ViewOf(d)); strings.Contains(v, `"unprinted":["A001"`) {
		t.Errorf("a slip that is on paper is offered again: %s", v)
	}
	t.Logf("pressed, then on paper after %v", time.Since(pressed))
}
