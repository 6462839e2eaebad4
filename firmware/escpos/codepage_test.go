package escpos

import (
	"testing"

	"golang.org/x/text/encoding/charmap"
)

func TestCodePagesAreThoseOfTheWorld(t *testing.T) {
	for b := 0x80; b <= 0xff; b++ {
		if got, want := fromPC437(byte(b)), charmap.CodePage437.DecodeByte(byte(b)); got != want {
			t.Errorf("PC437 %#x is %q, want %q", b, got, want)
		}
		if got, want := fromWindows1252(byte(b)), charmap.Windows1252.DecodeByte(byte(b)); got != want {
			t.Errorf("Windows-1252 %#x is %q, want %q", b, got, want)
		}
	}
}
