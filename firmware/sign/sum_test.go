package sign

import "testing"

// The values are those that catalogues of CRCs give for the digits 1 to 9.
func TestChecksOfTheUsualTestText(t *testing.T) {
	for kind, want := range map[string]int{"crc16-modbus": 0x4b37, "crc16-xmodem": 0x31c3, "sum8": 0xdd, "xor8": 0x31} {
		if got := sum(kind, []byte("123456789")); got != want {
			t.Errorf("%s is %#x, want %#x", kind, got, want)
		}
	}
}
