//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// Requests of linux/uinput.h.
const (
	uiDevCreate  = 0x5501
	uiDevDestroy = 0x5502
	uiDevSetup   = 0x405c5503
	uiSetEvBit   = 0x40045564
	uiSetKeyBit  = 0x40045565
	uiSetLEDBit  = 0x40045569
)

// Codes of linux/input-event-codes.h.
const (
	evKey      = 1
	evLED      = 17
	ledNumLock = 0
	busUSB     = 3
	keyEnter   = 96 // of the keypad
)

// padName is what the kernel calls the pad.
const padName = "Hall numpad"

// numpad is a USB number pad, as the kernel's input core sees one: /dev/input/eventN is its other side.
type numpad struct{ dev *os.File }

// plugNumpad plugs the pad in.
func plugNumpad() (*numpad, error) {
	dev, err := os.OpenFile("/dev/uinput", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	p := &numpad{dev}
	setup := &bytes.Buffer{}
	var name [80]byte
	copy(name[:], padName)
	// struct uinput_setup: id, name, ff_effects_max
	for _, v := range []any{uint16(busUSB), uint16(0x1a2c), uint16(0x0e24), uint16(1), name, uint32(0)} {
		if err := binary.Write(setup, binary.NativeEndian, v); err != nil {
			return nil, err
		}
	}
	err = p.ioctl(uiSetEvBit, evKey)
	for code := uintptr(69); code <= keyEnter && err == nil; code++ { // Num Lock to the pad's Enter
		err = p.ioctl(uiSetKeyBit, code)
	}
	for _, call := range []func() error{
		func() error { return p.ioctl(uiSetEvBit, evLED) },
		func() error { return p.ioctl(uiSetLEDBit, ledNumLock) },
		func() error { return p.ioctl(uiDevSetup, uintptr(unsafe.Pointer(&setup.Bytes()[0]))) },
		func() error { return p.ioctl(uiDevCreate, 0) },
	} {
		if err == nil {
			err = call()
		}
	}
	return p, err
}

func (p *numpad) ioctl(request, arg uintptr) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, p.dev.Fd(), request, arg); errno != 0 {
		return fmt.Errorf("uinput %#x: %w", request, errno)
	}
	return nil
}

// press presses a key and lets it go.
func (p *numpad) press(code uint16) error {
	for _, e := range []struct {
		kind, code uint16
		value      int32
	}{{evKey, code, 1}, {0, 0, 0}, {evKey, code, 0}, {0, 0, 0}} {
		b := &bytes.Buffer{}
		for _, v := range []any{int64(0), int64(0), e.kind, e.code, e.value} { // struct input_event of 64 bits
			if err := binary.Write(b, binary.NativeEndian, v); err != nil {
				return err
			}
		}
		if _, err := p.dev.Write(b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// unplug pulls the pad out.
func (p *numpad) unplug() error {
	if err := p.ioctl(uiDevDestroy, 0); err != nil {
		return err
	}
	return p.dev.Close()
}
