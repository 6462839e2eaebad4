package sim

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"syscall"
)

// Cable is a cable with a keypad at its end, that can be pulled: what the keypad sends is read
// from it, and what is written to the keypad is kept. It stands for a device node or a serial
// line.
type Cable struct {
	mu      sync.Mutex // a person plugs and types while the driver reads
	pulled  bool
	plugged *plug // the connection that is open, or nil
	written bytes.Buffer
}

// NewCable returns a cable that is plugged in.
func NewCable() *Cable { return &Cable{} }

// Open opens the device, as [os.OpenFile] does. While the cable is pulled it fails.
func (c *Cable) Open() (io.ReadWriteCloser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pulled {
		return nil, errors.New("not plugged in")
	}
	r, w := io.Pipe()
	c.plugged = &plug{cable: c, r: r, w: w}
	return c.plugged, nil
}

// Plug plugs the cable in, or pulls it: then a read ends as it does when a USB device goes.
func (c *Cable) Plug(in bool) {
	c.mu.Lock()
	p := c.plugged
	c.pulled = !in
	if !in {
		c.plugged = nil
	}
	c.mu.Unlock()
	if !in && p != nil {
		p.w.CloseWithError(syscall.ENODEV)
	}
}

// Send has the keypad send b, which nobody gets while the cable is pulled or nobody has opened it.
func (c *Cable) Send(b []byte) {
	c.mu.Lock()
	p := c.plugged
	c.mu.Unlock()
	if p != nil {
		_, _ = p.w.Write(b) // a connection that is closed takes nothing
	}
}

// Written returns all that was written to the keypad.
func (c *Cable) Written() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.written.Bytes())
}

// plug is an open connection.
type plug struct {
	cable *Cable
	r     *io.PipeReader
	w     *io.PipeWriter
}

// Read implements io.Reader.
func (p *plug) Read(b []byte) (int, error) { return p.r.Read(b) }

// Write implements io.Writer.
func (p *plug) Write(b []byte) (int, error) {
	p.cable.mu.Lock()
	defer p.cable.mu.Unlock()
	if p.cable.plugged != p {
		return 0, syscall.ENODEV
	}
	return p.cable.written.Write(b)
}

// Close implements io.Closer.
func (p *plug) Close() error {
	p.cable.mu.Lock()
	if p.cable.plugged == p {
		p.cable.plugged = nil
	}
	p.cable.mu.Unlock()
	return errors.Join(p.r.Close(), p.w.Close())
}
