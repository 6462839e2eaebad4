package tty

import (
	"os"
	"syscall"
	"unsafe"
)

const openFlags = os.O_RDWR | syscall.O_NOCTTY | syscall.O_NONBLOCK

// Requests and flags of asm-generic/ioctls.h and asm-generic/termbits.h, as ARM and amd64 have them.
const (
	requestGet     = 0x802c542a // TCGETS2
	requestSet     = 0x402c542b // TCSETS2
	requestAlone   = 0x540c     // TIOCEXCL: nobody else opens the line
	requestShare   = 0x540d     // TIOCNXCL: others may again
	requestDrain   = 0x5409     // TCSBRK with an argument that is not 0: waits until all is sent
	requestDiscard = 0x540b     // TCFLSH
	output         = 1          // TCOFLUSH

	anyBaud = 0x1000     // BOTHER: the speeds stand in numbers
	mark    = 0x40000000 // CMSPAR
	wires   = 0x80000000 // CRTSCTS
)

// speeds are those that have a number of their own, which every driver knows.
var speeds = map[int]uint32{
	300: syscall.B300, 600: syscall.B600, 1200: syscall.B1200, 2400: syscall.B2400, 4800: syscall.B4800, 9600: syscall.B9600,
	19200: syscall.B19200, 38400: syscall.B38400, 57600: syscall.B57600, 115200: syscall.B115200, 230400: syscall.B230400,
	460800: syscall.B460800, 921600: syscall.B921600,
}

// termios is struct termios2.
type termios struct {
	Iflag, Oflag, Cflag, Lflag uint32
	Line                       uint8
	Cc                         [19]uint8
	Ispeed, Ospeed             uint32
}

// set makes a line raw and gives it its mode.
func (m *Mode) set(f *os.File) error {
	var t termios
	if err := control(f, requestGet, unsafe.Pointer(&t), 0); err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	speed, known := speeds[m.Baud]
	if !known {
		speed = anyBaud
	}
	t.Cflag = syscall.CREAD | syscall.CLOCAL | syscall.CS8 | speed
	if m.DataBits == 7 {
		t.Cflag = t.Cflag&^syscall.CSIZE | syscall.CS7
	}
	if m.StopBits == 2 {
		t.Cflag |= syscall.CSTOPB
	}
	t.Cflag |= map[Parity]uint32{
		OddParity: syscall.PARENB | syscall.PARODD, EvenParity: syscall.PARENB,
		MarkParity: syscall.PARENB | syscall.PARODD | mark, SpaceParity: syscall.PARENB | mark,
	}[m.Parity]
	if m.RTSCTS {
		t.Cflag |= wires
	}
	if m.XONXOFF {
		t.Iflag |= syscall.IXON
		t.Cc[syscall.VSTART], t.Cc[syscall.VSTOP] = 0x11, 0x13
	}
	t.Cc[syscall.VMIN], t.Cc[syscall.VTIME] = 1, 0
	t.Ispeed, t.Ospeed = uint32(m.Baud), uint32(m.Baud)
	if err := control(f, requestSet, unsafe.Pointer(&t), 0); err != nil {
		return err
	}
	return control(f, requestAlone, nil, 0)
}

// Share lets others open the line again. A line that is closed lets them anyway, but for a pseudo terminal,
// which remembers it as long as its other end is open.
func Share(f *os.File) error { return control(f, requestShare, nil, 0) }

// Drain waits until all that was written to a line is on the wire. [Discard] ends the wait.
func Drain(f *os.File) error { return control(f, requestDrain, nil, output) }

// Discard drops what was written to a line and is not on the wire yet.
func Discard(f *os.File) error { return control(f, requestDiscard, nil, output) }

// control makes one request of the kernel, with a pointer or else a value. It leaves the file's deadlines as they are.
func control(f *os.File, request uintptr, pointer unsafe.Pointer, value uintptr) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var no syscall.Errno
	err = raw.Control(func(fd uintptr) {
		if pointer != nil {
			_, _, no = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(pointer))
			return
		}
		_, _, no = syscall.Syscall(syscall.SYS_IOCTL, fd, request, value)
	})
	if no != 0 {
		err = no
	}
	return err
}
