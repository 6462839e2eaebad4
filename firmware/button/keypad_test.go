package button

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"

	"jiaohao/firmware/sim"
)

// clerkKeys is the layout of the clerk's keypad in these tests.
var clerkKeys = []string{"123A", "456B", "789C", "*0#D"}

// typed runs a keypad in a bubble while hands use its keys, and returns the keys told.
func typed(t *testing.T, hands func(pad *sim.Keypad, key func(name rune, down bool))) string {
	t.Helper()
	var got strings.Builder
	synctest.Test(t, func(t *testing.T) {
		pad := sim.NewKeypad(4, 4)
		k, err := NewKeypad(pad.Rows(), pad.Cols(), clerkKeys)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- k.Run(ctx, func(key string) { got.WriteString(key) }, func(err error) { fmt.Fprintf(&got, " %v ", err) })
		}()
		time.Sleep(time.Second)
		hands(pad, func(name rune, down bool) {
			row, col := 0, 0
			for r, keys := range clerkKeys {
				if c := strings.IndexRune(keys, name); c >= 0 {
					row, col = r, c
				}
			}
			if down {
				pad.Press(row, col)
			} else {
				pad.Release(row, col)
			}
		})
		time.Sleep(time.Second)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want the context's error", err)
		}
		for _, row := range pad.Rows() {
			if row.Read() == gpio.Low {
				t.Errorf("%s is still driven", row)
			}
		}
	})
	return got.String()
}

func TestEveryKeyIsToldOnceByItsName(t *testing.T) {
	got := typed(t, func(_ *sim.Keypad, key func(rune, bool)) {
		for _, name := range strings.Join(clerkKeys, "") {
			key(name, true)
			time.Sleep(80 * time.Millisecond)
			key(name, false)
			time.Sleep(80 * time.Millisecond)
		}
	})
	if want := strings.Join(clerkKeys, ""); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestBouncingKeyIsOneKey(t *testing.T) {
	got := typed(t, func(_ *sim.Keypad, key func(rune, bool)) {
		for range 7 {
			key('5', true)
			time.Sleep(9 * time.Millisecond)
			key('5', false)
			time.Sleep(7 * time.Millisecond)
		}
		key('5', true)
		time.Sleep(5 * time.Second) // and is held
		key('5', false)
	})
	if got != "5" {
		t.Errorf("told %q, want one 5", got)
	}
}

func TestKeyThatIsStuckIsToldOnceAndOthersStillWork(t *testing.T) {
	got := typed(t, func(_ *sim.Keypad, key func(rune, bool)) {
		key('5', true)
		time.Sleep(time.Minute)
		key('9', true)
		time.Sleep(80 * time.Millisecond)
		key('9', false)
		time.Sleep(time.Second)
		key('5', false)
	})
	if want := "5 button: stuck key: 5 9 <nil> "; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestFastTypingWithOverlappingKeysLosesNone(t *testing.T) {
	got := typed(t, func(_ *sim.Keypad, key func(rune, bool)) {
		var last rune
		for _, name := range "1379" {
			key(name, true)
			time.Sleep(50 * time.Millisecond)
			if last != 0 {
				key(last, false)
			}
			time.Sleep(50 * time.Millisecond)
			last = name
		}
		key(last, false)
	})
	if got != "1379" {
		t.Errorf("told %q, want 1379", got)
	}
}

func TestThreeKeysAtOnceAreNotTrusted(t *testing.T) {
	got := typed(t, func(_ *sim.Keypad, key func(rune, bool)) {
		for _, name := range "147" {
			key(name, true)
		}
		time.Sleep(time.Second)
		for _, name := range "147" {
			key(name, false)
		}
		time.Sleep(100 * time.Millisecond)
		key('2', true)
		time.Sleep(100 * time.Millisecond)
		key('2', false)
	})
	if got != "2" {
		t.Errorf("told %q, want only the 2 that came alone", got)
	}
}

func TestKeyThatIsDownAtStartIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pad := sim.NewKeypad(1, 2)
		pad.Press(0, 0)
		k, err := NewKeypad(pad.Rows(), pad.Cols(), []string{"ab"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		time.AfterFunc(500*time.Millisecond, func() { pad.Press(0, 1) })
		var got []rune
		_ = k.Run(ctx, func(key string) { got = append(got, []rune(key)...) }, func(error) {})
		if string(got) != "b" {
			t.Errorf("told %q, want b", string(got))
		}
	})
}

func TestKeypadThatDoesNotFitItsLinesIsRefused(t *testing.T) {
	pad := sim.NewKeypad(2, 2)
	big := sim.NewKeypad(9, 9)
	for _, c := range []struct {
		rows, cols []gpio.PinIO
		layout     []string
		want       string
	}{
		{pad.Rows(), pad.Cols(), []string{"12"}, "layout of 1 rows for 2 row"},
		{nil, pad.Cols(), nil, "at least 1"},
		{pad.Rows(), pad.Cols(), []string{"12", "345"}, `row 2 is "345", must be 2 keys`},
		{pad.Rows(), pad.Cols(), []string{"12", "31"}, `'1' twice`},
		{big.Rows(), big.Cols(), make([]string, 9), "81 keys, must be at most 64"},
	} {
		if _, err := NewKeypad(c.rows, c.cols, c.layout); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// faulty is a line that fails as an output or as an input.
type faulty struct {
	gpio.PinIO
	in, out error
}

func (f faulty) In(pull gpio.Pull, edge gpio.Edge) error {
	if f.in != nil {
		return f.in
	}
	return f.PinIO.In(pull, edge)
}

func (f faulty) Out(l gpio.Level) error { return f.out }

func TestKeypadNamesTheLineThatFails(t *testing.T) {
	busy := errors.New("busy")
	for _, c := range []struct {
		change func(rows, cols []gpio.PinIO)
		want   string
	}{
		{func(rows, _ []gpio.PinIO) { rows[1] = faulty{PinIO: rows[1], out: busy} }, "row 1 low: busy"},
		{func(rows, _ []gpio.PinIO) { rows[0] = faulty{PinIO: rows[0], in: busy} }, "row 0 as input: busy"},
		{func(_, cols []gpio.PinIO) { cols[1] = faulty{PinIO: cols[1], in: busy} }, "column 1 as input: busy"},
	} {
		synctest.Test(t, func(t *testing.T) {
			pad := sim.NewKeypad(2, 2)
			rows, cols := pad.Rows(), pad.Cols()
			c.change(rows, cols)
			k, err := NewKeypad(rows, cols, []string{"12", "34"})
			if err != nil {
				t.Fatal(err)
			}
			if err := k.Run(t.Context(), func(string) {}, func(error) {}); !errors.Is(err, busy) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
