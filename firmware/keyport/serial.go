package keyport

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"jiaohao/firmware/tty"
)

const (
	packetMax  = 16                     // bytes of a packet
	packetGap  = 100 * time.Millisecond // a packet takes 17 ms at 9600 baud: what is older is a torn one
	packetsMax = 256                    // every byte a key: to look at what an unknown pad sends
	baudMin    = 300                    // what pads have
	baudMax    = 115200
	baudUsual  = 9600
)

// Frame is how a serial keypad speaks, as data. Packets are hexadecimal: "0d", "02 31 03".
type Frame struct {
	Keys    map[string]string `json:"keys"`               // packet to name of the key
	LampOn  string            `json:"lamp_on,omitempty"`  // packet that lights the pad's lamp
	LampOff string            `json:"lamp_off,omitempty"` // and puts it out
	Beep    string            `json:"beep,omitempty"`     // packet that has the pad beep
}

// ASCII returns the frame of pads that send a character for each key: digits, * # and A to D,
// and a carriage return as Enter.
func ASCII() Frame {
	f := Frame{Keys: map[string]string{"0d": "Enter"}}
	for _, c := range "0123456789*#ABCD" {
		f.Keys[hex.EncodeToString([]byte(string(c)))] = string(c)
	}
	return f
}

// Serial returns the keypad at a serial line, 8N1. baud 0 is 9600. The error names what is
// wrong in the frame: a packet must be 1 to 16 bytes, and none may begin another.
func Serial(path string, baud int, f Frame) (*Dev, error) {
	if baud == 0 {
		baud = baudUsual
	}
	if baud < baudMin || baud > baudMax {
		return nil, fmt.Errorf("keyport: baud %d, must be %d to %d, or 0 for %d", baud, baudMin, baudMax, baudUsual)
	}
	return Wired(path, func() (io.ReadWriteCloser, error) {
		return tty.Open(path, tty.Mode{Baud: baud})
	}, f)
}

// Wired returns a keypad that speaks by a frame over any port; name is for messages.
func Wired(name string, open func() (io.ReadWriteCloser, error), f Frame) (*Dev, error) {
	table, err := f.table()
	if err != nil {
		return nil, fmt.Errorf("keyport: %s: %w", name, err)
	}
	d := &Dev{name: name, open: open, fresh: func() decoder { return &packets{table: table} }}
	d.encode = func(key string) []byte {
		for _, p := range table {
			if p.key == key {
				return p.bytes
			}
		}
		return nil
	}
	for _, p := range table {
		if !slices.Contains(d.keys, p.key) {
			d.keys = append(d.keys, p.key)
		}
	}
	slices.Sort(d.keys)
	on, err1 := optional(f.LampOn)
	off, err2 := optional(f.LampOff)
	beep, err3 := optional(f.Beep)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("keyport: %s: %w", name, err)
	}
	if (on == nil) != (off == nil) {
		return nil, fmt.Errorf("keyport: %s: lamp_on %q and lamp_off %q, must be both or none", name, f.LampOn, f.LampOff)
	}
	if on != nil {
		d.lamp = func(lit bool) []byte {
			if lit {
				return on
			}
			return off
		}
	}
	d.beep = beep
	return d, nil
}

// packet is what a key sends.
type packet struct {
	bytes []byte
	key   string
}

func (f *Frame) table() ([]packet, error) {
	if len(f.Keys) == 0 || len(f.Keys) > packetsMax {
		return nil, fmt.Errorf("frame of %d keys, must be 1 to %d", len(f.Keys), packetsMax)
	}
	var table []packet
	for _, text := range slices.Sorted(maps.Keys(f.Keys)) {
		b, err := parsePacket(text)
		if err != nil {
			return nil, err
		}
		if f.Keys[text] == "" {
			return nil, fmt.Errorf("packet %q has no key", text)
		}
		for _, other := range table {
			if bytes.HasPrefix(other.bytes, b) || bytes.HasPrefix(b, other.bytes) {
				return nil, fmt.Errorf("packet %q of key %q and packet %x of key %q: none may begin another", text, f.Keys[text], other.bytes, other.key)
			}
		}
		table = append(table, packet{b, f.Keys[text]})
	}
	return table, nil
}

func parsePacket(text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil || len(b) == 0 || len(b) > packetMax {
		return nil, fmt.Errorf("packet %q, must be 1 to %d bytes such as \"02 31 03\"", text, packetMax)
	}
	return b, nil
}

func optional(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	return parsePacket(text)
}

// packets finds packets in a stream of bytes.
type packets struct {
	table []packet
	rest  []byte
	at    time.Time // of the last byte
}

func (p *packets) feed(b []byte, now time.Time) []string {
	if now.Sub(p.at) > packetGap {
		p.rest = nil
	}
	p.at = now
	p.rest = append(p.rest, b...)
	var keys []string
	for len(p.rest) > 0 {
		found, begun := p.first()
		switch {
		case found != nil:
			keys = append(keys, found.key)
			p.rest = p.rest[len(found.bytes):]
		case begun:
			return keys
		default:
			p.rest = p.rest[1:] // noise, or a key that the table does not have
		}
	}
	return keys
}

// first returns the packet at the beginning of what came, or whether it may become one.
func (p *packets) first() (found *packet, begun bool) {
	for i := range p.table {
		if bytes.HasPrefix(p.rest, p.table[i].bytes) {
			return &p.table[i], false
		}
		begun = begun || bytes.HasPrefix(p.table[i].bytes, p.rest)
	}
	return nil, begun
}
