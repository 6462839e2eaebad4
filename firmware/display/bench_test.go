package display_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"jiaohao/firmware/display"
	"jiaohao/firmware/max7219"
	"jiaohao/protocol"
	"jiaohao/protocol/link"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// wires is an SPI bus that takes everything at once and tells when a picture is complete.
type wires struct {
	n    int
	done chan struct{}
}

func (w *wires) Connect(physic.Frequency, spi.Mode, int) (spi.Conn, error) { return w, nil }
func (w *wires) String() string                                            { return "wires" }
func (w *wires) Duplex() conn.Duplex                                       { return conn.Half }
func (w *wires) TxPackets([]spi.Packet) error                              { return nil }

// Tx counts: a picture ends with the eighth digit's register.
func (w *wires) Tx(b, _ []byte) error {
	w.n += len(b)
	if b[0] == max7219.Digit0+7 {
		select {
		case w.done <- struct{}{}:
		default:
		}
	}
	return nil
}

// fed is a session in which the benchmark is the broker.
type fed struct{ message chan func(link.Message) }

func (f *fed) Publish(string, []byte, byte, bool) error { return nil }
func (f *fed) Run(ctx context.Context, s link.Session) error {
	s.Up()
	f.message <- s.Message
	<-ctx.Done()
	return nil
}

// BenchmarkCallToLastSPIByte is what the display program does with a call: the state's message is decoded, the picture
// drawn, and its last byte handed to the SPI bus. On the wire the picture's 256 bytes take 1 ms more at 2 MHz.
func BenchmarkCallToLastSPIByte(b *testing.B) {
	bus := &wires{done: make(chan struct{}, 1)}
	dev, err := max7219.New(bus, nil)
	if err != nil {
		b.Fatal(err)
	}
	f := &fed{message: make(chan func(link.Message), 1)}
	l, err := link.New(f, link.Identity{Hall: "h", Device: "panel-3", Kind: protocol.KindDisplay}, link.Options{})
	if err != nil {
		b.Fatal(err)
	}
	d, err := display.New(display.Options{Hall: "h", Device: "panel-3", Window: "3", Link: l, Panel: dev})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { l.Run(ctx) })
	wg.Go(func() { d.Run(ctx) })
	b.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	hear := <-f.message
	<-bus.done // the first picture
	topic := protocol.WindowTopic("h", "3").String()
	var payloads [][]byte
	for n := range 1000 {
		s := called(fmt.Sprintf("A%03d", n), uint64(n+1))
		s.At = time.Now()
		s.Queues = []protocol.Queue{{Service: "social", Name: protocol.Say("社会保险", "Social insurance"), Waiting: 12}}
		payload, err := protocol.Encode(s)
		if err != nil {
			b.Fatal(err)
		}
		payloads = append(payloads, payload)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		select {
		case <-bus.done: // a blink in between
		default:
		}
		hear(link.Message{Topic: topic, Payload: payloads[n%1000]})
		<-bus.done
	}
}
