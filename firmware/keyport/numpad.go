package keyport

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"syscall"
	"time"
	"unsafe"
)

// Types, codes and values of linux/input-event-codes.h.
const (
	evSyn      = 0x00
	evKey      = 0x01
	evLED      = 0x11
	synReport  = 0
	synDropped = 3 // the kernel's queue was full: what follows is torn up to the next report
	keyDown    = 1 // 0 is up, 2 the repetition of a key that is held
)

// eventSize is that of struct input_event on this machine: 24 bytes, 16 on 32 bits.
const eventSize = int(unsafe.Sizeof(syscall.Timeval{})) + 8

// names are the keys of number pads and small keyboards by their codes.
var names = map[uint16]string{
	1: "Esc", 2: "1", 3: "2", 4: "3", 5: "4", 6: "5", 7: "6", 8: "7", 9: "8", 10: "9", 11: "0", 12: "-", 13: "=",
	14: "Backspace", 15: "Tab", 28: "Enter", 52: ".", 53: "/", 55: "*", 57: "Space",
	59: "F1", 60: "F2", 61: "F3", 62: "F4", 63: "F5", 64: "F6", 65: "F7", 66: "F8", 67: "F9", 68: "F10", 87: "F11", 88: "F12",
	69: "NumLock", 71: "7", 72: "8", 73: "9", 74: "-", 75: "4", 76: "5", 77: "6", 78: "+", 79: "1", 80: "2", 81: "3", 82: "0", 83: ".",
	96: "Enter", 98: "/", 102: "Home", 103: "Up", 105: "Left", 106: "Right", 107: "End", 108: "Down",
	110: "Insert", 111: "Delete", 117: "=", 121: ",", 179: "(", 180: ")",
}

const codeMax = 180 // the last of names

// leds are a pad's own lamps by name. Few pads have more than that of Num Lock.
var leds = map[string]uint16{"num": 0, "caps": 1, "scroll": 2}

// Numpad returns the USB number pad or keyboard that device names: a path such as
// /dev/input/by-id/usb-…-event-kbd, or the name that the kernel has for it. led is the lamp of it that
// answers, "num", "caps" or "scroll", or empty for none.
func Numpad(device, led string) (*Dev, error) {
	return NumpadAt(device, func() (io.ReadWriteCloser, error) { return openInput(device) }, led)
}

// NumpadAt returns a number pad at any port that speaks as the kernel's; name is for messages.
func NumpadAt(name string, open func() (io.ReadWriteCloser, error), led string) (*Dev, error) {
	d := &Dev{name: name, open: open, fresh: func() decoder { return &events{} }, encode: keyEvents}
	for _, key := range names {
		if !slices.Contains(d.keys, key) {
			d.keys = append(d.keys, key)
		}
	}
	slices.Sort(d.keys)
	if led == "" {
		return d, nil
	}
	code, known := leds[led]
	if !known {
		return nil, fmt.Errorf("keyport: lamp %q of a numpad, must be one of %v or empty", led, slices.Sorted(maps.Keys(leds)))
	}
	d.lamp = func(on bool) []byte {
		value := int32(0)
		if on {
			value = 1
		}
		return append(event(evLED, code, value), event(evSyn, synReport, 0)...)
	}
	return d, nil
}

// event is a struct input_event; its time is the kernel's business.
func event(kind, code uint16, value int32) []byte {
	b := make([]byte, eventSize)
	tail := b[eventSize-8:]
	binary.NativeEndian.PutUint16(tail, kind)
	binary.NativeEndian.PutUint16(tail[2:], code)
	binary.NativeEndian.PutUint32(tail[4:], uint32(value))
	return b
}

// keyEvents is what the kernel sends when a key is pressed and released.
func keyEvents(key string) []byte {
	for code := uint16(codeMax); code > 0; code-- {
		if names[code] == key {
			down, up, end := event(evKey, code, keyDown), event(evKey, code, 0), event(evSyn, synReport, 0)
			return slices.Concat(down, end, up, end)
		}
	}
	return nil
}

// events finds keys in a stream of struct input_event.
type events struct {
	rest []byte
	torn bool
}

func (e *events) feed(b []byte, _ time.Time) []string {
	e.rest = append(e.rest, b...)
	var keys []string
	for ; len(e.rest) >= eventSize; e.rest = e.rest[eventSize:] {
		tail := e.rest[eventSize-8:]
		kind, code := binary.NativeEndian.Uint16(tail), binary.NativeEndian.Uint16(tail[2:])
		switch {
		case kind == evSyn && code == synDropped:
			e.torn = true
		case kind == evSyn && code == synReport:
			e.torn = false
		case kind == evKey && !e.torn && int32(binary.NativeEndian.Uint32(tail[4:])) == keyDown:
			if key, known := names[code]; known {
				keys = append(keys, key)
			}
		}
	}
	return keys
}
