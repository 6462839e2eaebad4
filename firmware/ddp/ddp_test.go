package ddp_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/ddp"
)

var red = color.RGBA{R: 0xff, G: 0x20}

// packets keeps what was sent.
type packets [][]byte

func (p *packets) Write(b []byte) (int, error) {
	*p = append(*p, bytes.Clone(b))
	return len(b), nil
}

func TestPictureOfTwoPacketsIsPushedByTheLast(t *testing.T) {
	var sent packets
	d, err := ddp.New(&sent, &ddp.Opts{Width: 64, Height: 16, Color: red, Intensity: 15})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]byte, 128)
	rows[0], rows[127] = 0x80, 0x01
	if _, err := d.Write(rows); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 3 {
		t.Fatalf("%d packets, want 3: 3072 bytes of at most 1440", len(sent))
	}
	for i, head := range [][]byte{
		{0x40, 1, 0x0b, 1, 0, 0, 0, 0, 0x05, 0xa0},
		{0x40, 2, 0x0b, 1, 0, 0, 0x05, 0xa0, 0x05, 0xa0},
		{0x41, 3, 0x0b, 1, 0, 0, 0x0b, 0x40, 0x00, 0xc0},
	} {
		if !bytes.Equal(sent[i][:10], head) {
			t.Errorf("packet %d begins % x, want % x", i, sent[i][:10], head)
		}
	}
	if first := sent[0][10:13]; !bytes.Equal(first, []byte{0xff, 0x20, 0}) {
		t.Errorf("the first dot is % x", first)
	}
	if last := sent[2][len(sent[2])-3:]; !bytes.Equal(last, []byte{0xff, 0x20, 0}) {
		t.Errorf("the last dot is % x", last)
	}
}

func TestPacketsAreCountedFromOneToFifteen(t *testing.T) {
	var sent packets
	d, err := ddp.New(&sent, &ddp.Opts{Width: 8, Height: 8, Color: red})
	if err != nil {
		t.Fatal(err)
	}
	for range 17 {
		if err := d.Refresh(); err != nil {
			t.Fatal(err)
		}
	}
	if sent[14][1] != 15 || sent[15][1] != 1 || d.RefreshEvery() > 2*time.Second {
		t.Errorf("packets 15 and 16 are counted %d and %d", sent[14][1], sent[15][1])
	}
	if err := errors.Join(d.SetIntensity(7), d.Halt()); err != nil || !bytes.Equal(sent[18][10:], make([]byte, 192)) {
		t.Errorf("dark is % x, %v", sent[18], err)
	}
}

func TestMistakesAreNamedAndNothingIsSent(t *testing.T) {
	for _, c := range []struct {
		o   ddp.Opts
		say string
	}{{ddp.Opts{Width: 0, Height: 1}, "0 x 1 dots"}, {ddp.Opts{Width: 256, Height: 64}, "1 to 8192"}, {ddp.Opts{Width: 8, Height: 8, Intensity: 16}, "0 to 15"}} {
		if _, err := ddp.New(&packets{}, &c.o); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v, want %q", err, c.say)
		}
	}
	var sent packets
	d, err := ddp.New(&sent, &ddp.Opts{Width: 8, Height: 8})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(nil); err == nil || d.SetIntensity(16) == nil || len(sent) != 0 {
		t.Errorf("%v, %d packets", err, len(sent))
	}
}

func ExampleDev_Write() {
	var card packets // in a hall: net.Dial("udp", "10.0.0.8:4048")
	d, err := ddp.New(&card, &ddp.Opts{Width: 8, Height: 1, Color: color.RGBA{R: 0xff}, Intensity: 15})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := d.Write([]byte{0b01000000}); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("% x\n", card[0][:16])
	// Output: 41 01 0b 01 00 00 00 00 00 18 00 00 00 ff 00 00
}
