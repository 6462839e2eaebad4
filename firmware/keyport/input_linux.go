package keyport

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

// Requests of linux/input.h, as ARM and amd64 number them.
const (
	requestGrab = 0x40044590 // EVIOCGRAB: no one else gets what is typed
	requestName = 0x81004506 // EVIOCGNAME of nameMax bytes
	requestKeys = 0x80604521 // EVIOCGBIT of EV_KEY, keysMax bytes
	nameMax     = 256
	keysMax     = 96 // a bit for each of 768 keys
	keyOne      = 2  // KEY_1 and KEY_KP1: what has one is a keyboard or a pad
	keypadOne   = 79
)

// openInput opens an input device by its path or by its name, for this program alone.
func openInput(device string) (io.ReadWriteCloser, error) {
	paths := []string{device}
	if !strings.HasPrefix(device, "/") {
		var err error
		if paths, err = filepath.Glob("/dev/input/event*"); err != nil {
			return nil, err
		}
	}
	var there []string
	for _, path := range paths {
		f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		name, typed := inquire(f)
		if path == device || name == device && typed {
			return grabbed(f)
		}
		f.Close() // another device
		if typed {
			there = append(there, fmt.Sprintf("%q", name))
		}
	}
	if strings.HasPrefix(device, "/") {
		return nil, errors.New("not plugged in")
	}
	if len(there) == 0 {
		there = []string{"none"}
	}
	return nil, fmt.Errorf("no pad of this name is plugged in; there are: %s", strings.Join(there, ", "))
}

// inquire returns a device's name and whether digits can be typed on it: pads
// show themselves as several devices of one name.
func inquire(f *os.File) (name string, typed bool) {
	text, keys := make([]byte, nameMax), make([]byte, keysMax)
	if control(f, requestName, unsafe.Pointer(&text[0])) == nil {
		name, _, _ = strings.Cut(string(text), "\x00")
	}
	if control(f, requestKeys, unsafe.Pointer(&keys[0])) == nil {
		typed = keys[keyOne/8]&(1<<(keyOne%8)) != 0 || keys[keypadOne/8]&(1<<(keypadOne%8)) != 0
	}
	return name, typed
}

func grabbed(f *os.File) (io.ReadWriteCloser, error) {
	yes := int32(1)
	if err := control(f, requestGrab, unsafe.Pointer(&yes)); err != nil {
		return nil, errors.Join(fmt.Errorf("grab: %w; does another program use it?", err), f.Close())
	}
	return f, nil
}

// control makes one request of the kernel. The file is not made blocking by it.
func control(f *os.File, request uintptr, argument unsafe.Pointer) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var no syscall.Errno
	if err := raw.Control(func(fd uintptr) { _, _, no = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument)) }); err != nil {
		return err
	}
	if no != 0 {
		return no
	}
	return nil
}
