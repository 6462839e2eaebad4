package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"net"
	"sync"
	"syscall"

	"jiaohao/firmware/ddp"
)

// Wall is a panel behind a controller card that takes DDP. Give it to ddp.New as it is, where each Write is a packet, or let it
// listen on UDP with [Wall.Serve]. A packet that the protocol does not have is an error; one that is
// lost on the way is not: the next picture mends it.
type Wall struct {
	width, height int

	mu    sync.Mutex // several viewers read while packets come
	out   bool
	seq   byte
	come  []byte // colours that wait for the push
	shown []byte
}

// NewWall returns a dark panel of w by h dots.
func NewWall(w, h int) (*Wall, error) {
	if w < 1 || h < 1 || w*h > 8192 {
		return nil, fmt.Errorf("sim: wall of %d x %d dots, must be 1 to 8192 dots", w, h)
	}
	return &Wall{width: w, height: h, come: make([]byte, 3*w*h), shown: make([]byte, 3*w*h)}, nil
}

// Unplug switches the card off: whoever sends to it over this machine's network is told that nobody listens.
func (d *Wall) Unplug() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out = true
	clear(d.shown)
	clear(d.come)
}

// Plug switches it on again, dark.
func (d *Wall) Plug() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out = false
}

// Unplugged reports whether it is off.
func (d *Wall) Unplugged() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.out
}

// Write takes one packet.
func (d *Wall) Write(packet []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.out {
		return 0, fmt.Errorf("sim: wall: %w", syscall.ECONNREFUSED)
	}
	if err := d.take(packet); err != nil {
		return 0, fmt.Errorf("sim: wall: %w", err)
	}
	return len(packet), nil
}

// Serve takes packets from c until c is closed, and returns nil; or the first packet's error that is none of the protocol.
func (d *Wall) Serve(c net.PacketConn) error {
	packet := make([]byte, 2048)
	for {
		n, _, err := c.ReadFrom(packet)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := d.Write(packet[:n]); err != nil {
			return err
		}
	}
}

func (d *Wall) take(p []byte) error {
	if len(p) < ddp.HeaderLen {
		return fmt.Errorf("packet of %d bytes, the header alone has %d", len(p), ddp.HeaderLen)
	}
	offset, length := int(binary.BigEndian.Uint32(p[4:])), int(binary.BigEndian.Uint16(p[8:]))
	switch {
	case p[0]&^ddp.Push != ddp.Version1:
		return fmt.Errorf("flags 0x%02x, must be 0x40 or 0x41", p[0])
	case p[1] < 1 || p[1] > ddp.SeqMax || p[1] == d.seq:
		return fmt.Errorf("packet %d behind %d, must be another of 1 to %d", p[1], d.seq, ddp.SeqMax)
	case p[2] != ddp.TypeRGB8 || p[3] != ddp.ToDisplay:
		return fmt.Errorf("type 0x%02x to output %d, must be 0x0b to 1", p[2], p[3])
	case length != len(p)-ddp.HeaderLen || length > ddp.DataMax || length%3 != 0:
		return fmt.Errorf("%d bytes announced, %d came, must be the same, whole dots and at most %d", length, len(p)-ddp.HeaderLen, ddp.DataMax)
	case offset+length > len(d.come):
		return fmt.Errorf("%d bytes at %d, the panel has %d", length, offset, len(d.come))
	}
	d.seq = p[1]
	copy(d.come[offset:], p[ddp.HeaderLen:])
	if p[0]&ddp.Push != 0 {
		copy(d.shown, d.come)
	}
	return nil
}

func (d *Wall) at(i int) color.RGBA {
	c := color.RGBA{R: d.shown[3*i], G: d.shown[3*i+1], B: d.shown[3*i+2]}
	if c != (color.RGBA{}) {
		c.A = 0xff
	}
	return c
}

// At returns the colour of the dot at x, y.
func (d *Wall) At(x, y int) color.RGBA {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at(y*d.width + x)
}

// Rows returns the dots that shine: rows from the top down, most significant bit left.
func (d *Wall) Rows() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return lamps(d.width, d.height, func(i int) bool { return d.at(i) != color.RGBA{} })
}

// Image returns a picture of the panel as it shines now, dots 10 pixels apart.
func (d *Wall) Image() image.Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	return dotsImage(d.width, d.height, panelPitch, d.at)
}
