package keyport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	// againAfter is the time between two looks for a pad that is gone: people wait a second after plugging in.
	againAfter = time.Second
	// readMax is how many bytes are taken at once: what a fast typist sends in a second.
	readMax = 1024
)

// Dev is a pad. Its methods may be called from any goroutine.
type Dev struct {
	name   string
	open   func() (io.ReadWriteCloser, error)
	fresh  func() decoder          // of one connection
	encode func(key string) []byte // what the pad sends for a key; nil for none
	keys   []string                // in order
	lamp   func(on bool) []byte    // nil: no lamp
	beep   []byte                  // nil: no buzzer

	mu   sync.Mutex // guards port: the lamp is lit while Run reads
	port io.ReadWriteCloser
}

// decoder finds keys in what a pad sends.
type decoder interface {
	feed(b []byte, now time.Time) []string
}

// String returns what the pad was opened by.
func (d *Dev) String() string { return d.name }

// Keys returns the names of all keys that the pad may have, in order.
func (d *Dev) Keys() []string { return slices.Clone(d.keys) }

// Bytes returns what the pad sends for a key, for simulated pads; nil for a key that it does not have.
func (d *Dev) Bytes(key string) []byte { return d.encode(key) }

// Run tells each key that goes down until ctx ends, and returns its error. state is told why
// there are no keys, once for each reason, and nil when there are again. Both are
// called by Run itself. Run looks for a pad that is gone every second.
func (d *Dev) Run(ctx context.Context, press func(key string), state func(error)) error {
	gone := ""
	for {
		err := d.session(ctx, press, func() {
			if gone != "" {
				gone = ""
				state(nil)
			}
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err.Error() != gone {
			gone = err.Error()
			state(fmt.Errorf("keypad %s: %w", d.name, err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(againAfter):
		}
	}
}

// session lives as long as the pad is there, and returns why it is not.
func (d *Dev) session(ctx context.Context, press func(key string), there func()) error {
	port, err := d.open()
	if err != nil {
		return err
	}
	d.use(port)
	defer d.use(nil)
	stop := context.AfterFunc(ctx, func() { port.Close() }) // ends the read
	defer func() {
		if stop() {
			port.Close() // the pad is gone already
		}
	}()
	there()
	decoder, b := d.fresh(), make([]byte, readMax)
	for {
		n, err := port.Read(b)
		for _, key := range decoder.feed(b[:n], time.Now()) {
			press(key)
		}
		if err != nil || n == 0 {
			return ended(err)
		}
	}
}

// ended names the end of a port that says nothing of it.
func ended(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, syscall.ENODEV) {
		return errors.New("unplugged")
	}
	return err
}

func (d *Dev) use(port io.ReadWriteCloser) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.port = port
}

// HasLamp reports whether the pad has a lamp of its own.
func (d *Dev) HasLamp() bool { return d.lamp != nil }

// HasBuzzer reports whether the pad has a buzzer of its own.
func (d *Dev) HasBuzzer() bool { return d.beep != nil }

// Lamp lights the pad's own lamp or puts it out. A pad without one, or that is gone, does nothing: Run
// tells of it.
func (d *Dev) Lamp(on bool) {
	if d.lamp != nil {
		d.send(d.lamp(on))
	}
}

// Buzzer has the pad beep once, as long as it likes.
func (d *Dev) Buzzer(on bool) {
	if on {
		d.send(d.beep)
	}
}

func (d *Dev) send(b []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.port != nil && len(b) > 0 {
		_, _ = d.port.Write(b) // the reader notices a pad that is gone
	}
}
