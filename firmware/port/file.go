package port

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// lpGetStatus is LPGETSTATUS of linux/lp.h, which the usblp driver answers too.
const lpGetStatus = 0x060b

// file is a device node, FIFO or plain file.
type file struct {
	*os.File
	device bool // a character device, which may answer
}

// cupsSocket is there while a print server runs on this machine.
const cupsSocket = "/run/cups/cups.sock"

// openFile opens an existing node without blocking. It creates nothing: a plain file in place of
// a missing /dev/usb/lp0 would swallow slips. When the node is missing and a print server runs, it
// is likely that its usb backend has taken the printer from the kernel's driver.
func openFile(path, cups string) (*file, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if c, dialErr := net.DialTimeout("unix", cups, time.Second); dialErr == nil {
			_ = c.Close() // nothing was said
			return nil, fmt.Errorf("%w (CUPS runs and may have taken the printer: print through its queue with cups:QUEUE, or remove the queue and plug the printer in again)", err)
		}
		return nil, fmt.Errorf("%w (the printer is off or unplugged)", err)
	}
	if err != nil {
		return nil, err
	}
	f := &file{device: info.Mode()&fs.ModeCharDevice != 0}
	mode := os.O_WRONLY | os.O_APPEND
	if f.device {
		mode = os.O_RDWR
	}
	f.File, err = os.OpenFile(path, mode|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if errors.Is(err, syscall.ENXIO) {
		return nil, fmt.Errorf("%w (nobody reads the other end)", err)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Read returns os.ErrDeadlineExceeded at once for what cannot answer: a FIFO, a plain file, or a
// USB printer without a back channel, which fails with EINVAL or ENODEV by kernel.
func (f *file) Read(p []byte) (int, error) {
	if !f.device {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := f.File.Read(p)
	if errors.Is(err, syscall.EINVAL) {
		return 0, os.ErrDeadlineExceeded
	}
	return n, err
}

// lineStatus asks the driver for the status lines; ok is false for anything but a printer.
func (f *file) lineStatus() (bits byte, ok bool) {
	if !f.device {
		return 0, false
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, false
	}
	var status int32
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, lpGetStatus, uintptr(unsafe.Pointer(&status)))
	})
	return byte(status), err == nil && errno == 0
}
