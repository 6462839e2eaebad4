package sim

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// ready returns a button whose pin is set up as an input.
func ready(t *testing.T, pull gpio.Pull, edge gpio.Edge) *Button {
	t.Helper()
	b := NewButton("GPIO17")
	if err := b.In(pull, edge); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestContactPullsTheLineToTheOtherSide(t *testing.T) {
	up, down := ready(t, gpio.PullUp, gpio.NoEdge), ready(t, gpio.PullDown, gpio.NoEdge)
	if up.Read() != gpio.High || down.Read() != gpio.Low {
		t.Errorf("open contacts read %s and %s, want High and Low", up.Read(), down.Read())
	}
	up.Press()
	down.Press()
	if up.Read() != gpio.Low || down.Read() != gpio.High || !up.Pressed() {
		t.Errorf("closed contacts read %s and %s, want Low and High", up.Read(), down.Read())
	}
	up.Release()
	if up.Read() != gpio.High || up.Pressed() {
		t.Error("the line stays low after release")
	}
}

func TestWaitEndsWithThePressOrWithItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := ready(t, gpio.PullUp, gpio.FallingEdge)
		start := time.Now()
		if b.WaitForEdge(250*time.Millisecond) || time.Since(start) != 250*time.Millisecond {
			t.Errorf("without an edge the wait took %s", time.Since(start))
		}
		time.AfterFunc(100*time.Millisecond, b.Press)
		start = time.Now()
		if !b.WaitForEdge(time.Hour) || time.Since(start) != 100*time.Millisecond {
			t.Errorf("the press was seen after %s, want 100ms", time.Since(start))
		}
		b.Release()
		if b.WaitForEdge(time.Second) {
			t.Error("a rising edge was told though only falling ones were asked for")
		}
	})
}

func TestWaitWithoutLimitReturnsAtOnceAsOnThePi(t *testing.T) {
	b := ready(t, gpio.PullUp, gpio.BothEdges)
	b.Press()
	if b.WaitForEdge(-1) || b.WaitForEdge(0) {
		t.Error("a wait without a positive limit saw an edge")
	}
}

func TestOnlySixteenUnreadEdgesAreKept(t *testing.T) {
	b := ready(t, gpio.PullUp, gpio.BothEdges)
	for range 50 {
		b.Press()
		b.Press() // no change, no edge
		b.Release()
	}
	edges := 0
	for b.WaitForEdge(time.Millisecond) {
		edges++
	}
	if edges != 16 {
		t.Errorf("%d edges, want 16 of the 100", edges)
	}
}

func TestSettingUpAgainForgetsEdgesAndEndsAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := ready(t, gpio.PullUp, gpio.RisingEdge)
		b.Press()
		b.Release()
		if err := b.In(gpio.PullUp, gpio.BothEdges); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() {
			if err := b.Halt(); err != nil {
				t.Error(err)
			}
		})
		start := time.Now()
		if b.WaitForEdge(time.Hour) || time.Since(start) != time.Second {
			t.Errorf("the wait took %s, want 1s and no edge", time.Since(start))
		}
	})
}

func TestKeyJoinsItsRowAndItsColumn(t *testing.T) {
	k := NewKeypad(2, 3)
	rows, cols := k.Rows(), k.Cols()
	for _, col := range cols {
		if err := col.In(gpio.PullUp, gpio.NoEdge); err != nil {
			t.Fatal(err)
		}
	}
	k.Press(1, 2)
	k.Press(9, 9) // there is no such key
	for r, row := range rows {
		if err := row.Out(gpio.Low); err != nil {
			t.Fatal(err)
		}
		for c, col := range cols {
			if want := gpio.Level(r != 1 || c != 2); col.Read() != want {
				t.Errorf("with row %d low column %d reads %s, want %s", r, c, col.Read(), want)
			}
		}
		if err := row.Halt(); err != nil || row.Read() != gpio.High {
			t.Errorf("row %d is driven after Halt: %v", r, err)
		}
	}
	k.Release(1, 2)
	if err := rows[1].Out(gpio.Low); err != nil || cols[2].Read() != gpio.High {
		t.Error("the column is low though no key is down")
	}
}

func TestKeypadRefusesWhatHardwareWouldSuffer(t *testing.T) {
	k := NewKeypad(1, 1)
	if err := k.Cols()[0].Out(gpio.Low); err == nil {
		t.Error("a column was driven")
	}
	if err := k.Rows()[0].In(gpio.PullUp, gpio.FallingEdge); err == nil {
		t.Error("edges were offered")
	}
	if err := k.Rows()[0].PWM(gpio.DutyHalf, 0); err == nil {
		t.Error("pulse width modulation was offered")
	}
	defer func() {
		if recover() == nil {
			t.Error("a keypad without columns was made")
		}
	}()
	NewKeypad(1, 0)
}

func TestPinsSayWhatTheyAre(t *testing.T) {
	k := NewKeypad(1, 1)
	got := fmt.Sprint(NewButton("GPIO17"), ", ", k.Rows()[0], " ", k.Rows()[0].Function(), ", ", k.Cols()[0], " ", k.Cols()[0].Function())
	if want := "GPIO17, row 0 Out, column 0 In"; got != want {
		t.Errorf("pins are %q, want %q", got, want)
	}
}
