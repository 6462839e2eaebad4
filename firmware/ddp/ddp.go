package ddp

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"
	"time"

	"jiaohao/firmware/frame"
)

// The header, in the words of the protocol's text.
const (
	HeaderLen = 10
	Version1  = 0x40 // in byte 0
	Push      = 0x01 // in byte 0: show what has come
	SeqMax    = 15   // byte 1: 1 to 15, 0 is not used
	TypeRGB8  = 0x0b // byte 2: red, green, blue of 8 bits each
	ToDisplay = 1    // byte 3: the default output
	DataMax   = 1440 // bytes of one packet: 480 dots, which fits an Ethernet frame
	// Port is the UDP port of the protocol.
	Port = 4048
)

const (
	// dotsMax bounds a panel: 24 packets for a picture.
	dotsMax = 128 * 64
	// resend is below the 2.5 s after which common cards take the sender for gone.
	resend = time.Second
)

// Opts holds the options of New.
type Opts struct {
	// Width and Height are the size of the panel; their product is 1 to 8192 dots.
	Width, Height int
	// Color is that of lit dots at full brightness; alpha is not used.
	Color color.RGBA
	// Intensity is the brightness to start with, 0 (darkest, not off) to 15.
	Intensity int
}

// Dev is a panel behind a card. It is not safe for concurrent use.
type Dev struct {
	w     io.Writer
	opts  Opts
	frame frame.Frame
	seq   byte
	off   bool
	data  []byte
}

// New makes the panel on w, each Write of which is one packet: a connected UDP socket. Nothing
// is sent yet.
func New(w io.Writer, o *Opts) (*Dev, error) {
	if o.Width < 1 || o.Height < 1 || o.Width > dotsMax || o.Height > dotsMax || o.Width*o.Height > dotsMax {
		return nil, fmt.Errorf("ddp: panel of %d x %d dots, must be 1 to %d dots", o.Width, o.Height, dotsMax)
	}
	f, err := frame.New("ddp", image.Pt(o.Width, o.Height), o.Intensity)
	if err != nil {
		return nil, err
	}
	return &Dev{w: w, opts: *o, frame: f, data: make([]byte, 3*o.Width*o.Height)}, nil
}

// String tells the size.
func (d *Dev) String() string { return fmt.Sprintf("ddp{%dx%d}", d.opts.Width, d.opts.Height) }

// Bounds returns the panel. The upper left dot is at the origin.
func (d *Dev) Bounds() image.Rectangle { return d.frame.Bounds() }

// RefreshEvery is how often the card wants to hear something.
func (d *Dev) RefreshEvery() time.Duration { return resend }

// Write shows a whole picture: the rows from the top down, most significant bit left. It returns an error and changes nothing
// if rows has not exactly the length of the panel. Success says that the packets have left, no more; a card that is
// reached and does not listen makes a later Write fail.
func (d *Dev) Write(rows []byte) (int, error) {
	if err := d.frame.Put(rows); err != nil {
		return 0, err
	}
	d.off = false
	if err := d.show(); err != nil {
		return 0, err
	}
	return len(rows), nil
}

// SetIntensity sets the brightness, 0 (darkest, not off) to 15, and sends the picture.
func (d *Dev) SetIntensity(n int) error {
	if err := d.frame.Dim(n); err != nil {
		return err
	}
	return d.show()
}

// Refresh sends the picture again.
func (d *Dev) Refresh() error {
	d.off = false
	return d.show()
}

// Halt makes all dots dark. The picture is kept; Refresh shows it again.
func (d *Dev) Halt() error {
	d.off = true
	return d.show()
}

// show sends the picture, the last packet with the push.
func (d *Dev) show() error {
	clear(d.data)
	part := func(v uint8) byte { return byte(int(v) * (d.frame.Step() + 1) / (frame.StepMax + 1)) }
	lamp := [3]byte{part(d.opts.Color.R), part(d.opts.Color.G), part(d.opts.Color.B)}
	for i := range len(d.data) / 3 {
		if !d.off && d.frame.On(i%d.opts.Width, i/d.opts.Width) {
			copy(d.data[3*i:], lamp[:])
		}
	}
	for offset := 0; offset < len(d.data); offset += DataMax {
		chunk := d.data[offset:min(offset+DataMax, len(d.data))]
		if _, err := d.w.Write(d.packet(offset, chunk)); err != nil {
			return fmt.Errorf("ddp: %w", err)
		}
	}
	return nil
}

func (d *Dev) packet(offset int, chunk []byte) []byte {
	d.seq = d.seq%SeqMax + 1
	p := make([]byte, HeaderLen, HeaderLen+len(chunk))
	p[0], p[1], p[2], p[3] = Version1, d.seq, TypeRGB8, ToDisplay
	if offset+len(chunk) == len(d.data) {
		p[0] |= Push
	}
	binary.BigEndian.PutUint32(p[4:], uint32(offset))
	binary.BigEndian.PutUint16(p[8:], uint16(len(chunk)))
	return append(p, chunk...)
}
