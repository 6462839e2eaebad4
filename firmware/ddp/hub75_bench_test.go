package ddp_test

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// A HUB75 panel of 64 by 32 dots is scanned in 16 pairs of rows. For each pair 64 dots are shifted in, with the data and
// the clock low in one change of the pins and the clock high in another; then the light goes off, the latch up and
// down, the row's address out, the light on.
const changesPerScan = 16 * (64*2 + 5)

// BenchmarkPinChange is the least that a change of pins costs through the kernel: periph makes one ioctl for each, here on a
// file that refuses it at once, so that no work of a GPIO chip is in it. The figures say how much of a core the
// scan of one panel of a single brightness would take at 100 pictures a second, below which eyes see it flicker.
func BenchmarkPinChange(b *testing.B) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var values struct{ bits, mask uint64 } // as in Linux' struct gpio_v2_line_values
	const setValues = 0xc010b40f           // GPIO_V2_LINE_SET_VALUES_IOCTL
	for b.Loop() {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), setValues, uintptr(unsafe.Pointer(&values))); errno != syscall.ENOTTY {
			b.Fatal(errno)
		}
	}
	each := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(100*changesPerScan, "changes/s")
	b.ReportMetric(100*changesPerScan*each*100, "%-of-a-core")
}
