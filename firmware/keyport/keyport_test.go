package keyport_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"syscall"

	"jiaohao/firmware/keyport"
	"jiaohao/firmware/sim"
)

// desk is a pad at a cable, and what it told.
type desk struct {
	*sim.Cable
	*keyport.Dev
	got []string
}

// at runs a pad in a bubble while do has its way with it.
func at(t *testing.T, newPad func(open func() (io.ReadWriteCloser, error)) (*keyport.Dev, error), do func(*desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cable := sim.NewCable()
		dev, err := newPad(cable.Open)
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{Cable: cable, Dev: dev}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- dev.Run(ctx, func(key string) { d.got = append(d.got, key) }, func(err error) { d.got = append(d.got, fmt.Sprint(err)) })
		}()
		synctest.Wait()
		do(d)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want the context's error", err)
		}
	})
}

func (d *desk) expect(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if fmt.Sprint(d.got) != fmt.Sprint(want) {
		t.Errorf("told %q, want %q", d.got, want)
	}
	d.got = nil
}

func numpad(led string) func(func() (io.ReadWriteCloser, error)) (*keyport.Dev, error) {
	return func(open func() (io.ReadWriteCloser, error)) (*keyport.Dev, error) {
		return keyport.NumpadAt("pad", open, led)
	}
}

func wired(f keyport.Frame) func(func() (io.ReadWriteCloser, error)) (*keyport.Dev, error) {
	return func(open func() (io.ReadWriteCloser, error)) (*keyport.Dev, error) {
		return keyport.Wired("pad", open, f)
	}
}

// event is a struct input_event as the kernel writes it.
func event(kind, code uint16, value int32) []byte {
	b := make([]byte, unsafe.Sizeof(syscall.Timeval{}))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, code)
	return binary.NativeEndian.AppendUint32(b, uint32(value))
}

func TestKeyOfANumpadIsToldWhenItGoesDownAndNotWhileItIsHeld(t *testing.T) {
	at(t, numpad(""), func(d *desk) {
		d.Send(bytes.Join([][]byte{
			event(4, 4, 0x70059), event(1, 79, 1), event(0, 0, 0), // scan code, 1 on the pad goes down
			event(1, 79, 2), event(0, 0, 1), event(1, 79, 2), event(0, 0, 1), // held
			event(1, 79, 0), event(0, 0, 0),
			event(1, 96, 1), event(0, 0, 0), event(1, 96, 0), event(0, 0, 0),
			event(1, 500, 1), event(0, 0, 0), // a key that no pad has
		}, nil))
		d.expect(t, "1", "Enter")
	})
}

func TestEventThatComesInPiecesIsOneKey(t *testing.T) {
	at(t, numpad(""), func(d *desk) {
		for _, one := range event(1, 78, 1) {
			d.Send([]byte{one})
		}
		d.expect(t, "+")
	})
}

func TestNothingIsBelievedOfAReportThatTheKernelTore(t *testing.T) {
	at(t, numpad(""), func(d *desk) {
		d.Send(bytes.Join([][]byte{event(0, 3, 0), event(1, 79, 1), event(0, 0, 0), event(1, 80, 1)}, nil))
		d.expect(t, "2")
	})
}

func TestPadThatIsPulledIsToldOnceAndWorksWhenItIsPluggedInAgain(t *testing.T) {
	at(t, numpad(""), func(d *desk) {
		d.Plug(false)
		time.Sleep(10 * time.Second)
		d.expect(t, "keypad pad: unplugged", "keypad pad: not plugged in")
		d.Plug(true)
		time.Sleep(1100 * time.Millisecond)
		d.Send(d.Bytes("7"))
		d.expect(t, "<nil>", "7")
	})
}

func TestEveryKeyOfAPadIsFoundInWhatItSends(t *testing.T) {
	at(t, numpad(""), func(d *desk) {
		for _, key := range d.Keys() {
			d.Send(d.Bytes(key))
		}
		d.expect(t, d.Keys()...)
	})
	at(t, wired(keyport.ASCII()), func(d *desk) {
		for _, key := range d.Keys() {
			d.Send(d.Bytes(key))
		}
		d.expect(t, d.Keys()...)
	})
}

func TestPacketsOfASerialPadAreFoundBetweenNoise(t *testing.T) {
	frame := keyport.Frame{Keys: map[string]string{"02 31 03": "1", "02 32 03": "2", "aa": "Enter"}}
	at(t, wired(frame), func(d *desk) {
		d.Send([]byte("\x02\x31\x03\xff\x02\x02\x32"))
		d.expect(t, "1")
		d.Send([]byte("\x03\xaa"))
		d.expect(t, "2", "Enter")
	})
}

func TestTornPacketOfASerialPadIsForgotten(t *testing.T) {
	at(t, wired(keyport.Frame{Keys: map[string]string{"02 31 03": "1"}}), func(d *desk) {
		d.Send([]byte("\x02\x31"))
		time.Sleep(time.Second)
		d.Send([]byte("\x03\x02\x31\x03"))
		d.expect(t, "1")
	})
}

func TestLampAndBuzzerOfAPadAreItsOwnPackets(t *testing.T) {
	frame := keyport.Frame{Keys: map[string]string{"31": "1"}, LampOn: "a1", LampOff: "a0", Beep: "b1 01"}
	at(t, wired(frame), func(d *desk) {
		d.Lamp(true)
		d.Buzzer(true)
		d.Buzzer(false)
		d.Lamp(false)
		if got := d.Written(); string(got) != "\xa1\xb1\x01\xa0" {
			t.Errorf("written % x, want a1 b1 01 a0", got)
		}
		d.Plug(false)
		d.Lamp(true) // is no panic
	})
	at(t, numpad("num"), func(d *desk) {
		d.Lamp(true)
		if got, want := d.Written(), append(event(0x11, 0, 1), event(0, 0, 0)...); !bytes.Equal(got, want) {
			t.Errorf("written % x, want % x", got, want)
		}
	})
}

func TestWrongFrameIsNamed(t *testing.T) {
	keys := func(pairs ...string) keyport.Frame {
		f := keyport.Frame{Keys: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			f.Keys[pairs[i]] = pairs[i+1]
		}
		return f
	}
	for _, c := range []struct {
		baud  int
		frame keyport.Frame
		want  string
	}{
		{0, keyport.Frame{}, "frame of 0 keys, must be 1 to 256"},
		{0, keys("zz", "1"), `packet "zz", must be 1 to 16 bytes`},
		{0, keys("31", ""), `packet "31" has no key`},
		{0, keys("02", "1", "02 31", "2"), "none may begin another"},
		{0, keyport.Frame{Keys: keys("31", "1").Keys, LampOn: "a1"}, "must be both or none"},
		{50, keys("31", "1"), "baud 50, must be 300 to 115200"},
	} {
		if _, err := keyport.Serial("/dev/ttyUSB0", c.baud, c.frame); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	if _, err := keyport.Numpad("pad", "bright"); err == nil || !strings.Contains(err.Error(), "[caps num scroll]") {
		t.Errorf("%v, want the lamps that there are", err)
	}
}

func ExampleWired() {
	cable := sim.NewCable()
	pad, err := keyport.Wired("desk 3", cable.Open, keyport.ASCII())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for ctx.Err() == nil {
			cable.Send([]byte("#"))
		}
	}()
	_ = pad.Run(ctx, func(key string) {
		if ctx.Err() == nil {
			fmt.Println(key)
			cancel()
		}
	}, func(error) {})
	// Output: #
}
