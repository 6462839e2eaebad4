//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spitest"

	"jiaohao/firmware/max7219"
)

// record is struct record of spicap.c.
type record struct {
	NS         uint64
	Speed, Len uint32
	Mode       uint16
	CS, Bits   uint8
	Last       uint8
	_          [3]uint8
}

// transfer is one chip select's worth of bytes on the bus.
type transfer struct {
	record
	data []byte
}

// bus reads along what is sent on SPI.
type bus struct {
	mu  sync.Mutex // the reader adds while the test looks
	all []transfer
	err error
}

func openBus() (*bus, error) {
	f, err := os.Open("/dev/spicap")
	if err != nil {
		return nil, err
	}
	b := &bus{}
	go b.run(bufio.NewReader(f))
	return b, nil
}

func (b *bus) run(r io.Reader) {
	for {
		t := transfer{}
		err := binary.Read(r, binary.NativeEndian, &t.record)
		if err == nil {
			t.data = make([]byte, t.Len)
			_, err = io.ReadFull(r, t.data)
		}
		b.mu.Lock()
		if err == nil {
			b.all = append(b.all, t)
		}
		b.err = err
		b.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// since returns what was sent from transfer n on.
func (b *bus) since(n int) ([]transfer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all[min(n, len(b.all)):]), b.err
}

func (b *bus) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.all)
}

// wiring is the panel's of the machine.
var wiring = max7219.Wiring{Columns: 8, Rows: 2}

const brightness = 4

// expected returns the transfers that the driver makes for what f does with it.
func expected(f func(*max7219.Dev) error) ([][]byte, error) {
	p := &recorder{}
	dev, err := max7219.New(p, &max7219.Opts{Wiring: wiring, Intensity: brightness})
	if err != nil {
		return nil, err
	}
	p.sent = p.sent[:0]
	if f == nil {
		f = (*max7219.Dev).Refresh
	}
	err = f(dev)
	return p.sent, err
}

// recorder is a port that keeps what is sent.
type recorder struct {
	spitest.Record
	sent [][]byte
}

// Connect implements spi.Port.
func (r *recorder) Connect(physic.Frequency, spi.Mode, int) (spi.Conn, error) { return r, nil }

// Tx implements conn.Conn.
func (r *recorder) Tx(w, _ []byte) error {
	r.sent = append(r.sent, bytes.Clone(w))
	return nil
}

// TxPackets implements spi.Conn.
func (r *recorder) TxPackets([]spi.Packet) error { return errors.New("packets are not used") }

// Duplex implements conn.Conn.
func (r *recorder) Duplex() conn.Duplex { return conn.Half }

// picture is a whole update that the panel may get.
type picture struct {
	name string
	sent [][]byte
}

// pictures returns what the driver sends for a picture: as an update, and with
// all registers anew.
func pictures(name string, rows []byte) ([]picture, error) {
	write := func(d *max7219.Dev) error { _, err := d.Write(rows); return err }
	update, err := expected(write)
	if err != nil {
		return nil, err
	}
	whole, err := expected(func(d *max7219.Dev) error { return errors.Join(write(d), d.Refresh()) })
	if err != nil {
		return nil, err
	}
	return []picture{{name, update}, {name + " anew", whole[len(update):]}}, nil
}

// parse splits what was sent into the given pictures. An unfinished one at the end
// is left out. Every byte before it must belong to one of them.
func parse(sent []transfer, of []picture) ([]string, error) {
	var names []string
	for at := 0; at < len(sent); {
		name, n := "", 0
		for _, p := range of {
			if starts(sent[at:], p.sent) {
				name, n = p.name, len(p.sent)
			}
		}
		if n == 0 {
			if len(sent)-at < 13 {
				return names, nil // still being sent
			}
			return names, fmt.Errorf("transfer %d of %d, % x, begins no known picture; before it: %v", at, len(sent), sent[at].data, names)
		}
		for _, t := range sent[at : at+n] {
			if t.Mode != 0 || t.Bits != 8 || t.CS != 0 || t.Last != 1 || t.Speed == 0 || t.Speed > 2_000_000 {
				return names, fmt.Errorf("transfer by mode %d, %d bits, chip select %d, %d Hz, last %d; must be 0, 8, 0, at most 2 MHz, 1", t.Mode, t.Bits, t.CS, t.Speed, t.Last)
			}
		}
		names = append(names, name)
		at += n
	}
	return names, nil
}

func starts(sent []transfer, want [][]byte) bool {
	if len(sent) < len(want) {
		return false
	}
	for i, w := range want {
		if !bytes.Equal(sent[i].data, w) {
			return false
		}
	}
	return true
}
