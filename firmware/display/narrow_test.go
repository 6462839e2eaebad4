package display_test

import (
	"context"
	"fmt"
	"image"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/display"
	"jiaohao/firmware/max7219"
	"jiaohao/firmware/sign"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

// shown is the picture of a number on a panel of that size.
func shown(number string, size image.Point) string {
	return display.Frame(display.Scene{State: calling(number), SinceCall: -1}, size).String()
}

func TestNumberIsNeverCutOnANarrowPanel(t *testing.T) {
	for _, size := range []image.Point{{X: 32, Y: 8}, {X: 32, Y: 16}, {X: 32, Y: 32}, {X: 40, Y: 8}, {X: 48, Y: 16}, {X: 64, Y: 8}, {X: 64, Y: 16}, {X: 128, Y: 64}} {
		seen := map[string]string{}
		for _, number := range []string{"A012", "AB001", "AB002", "AB010", "AB9999", "AB9998", "MW9999", "A9999"} {
			p := shown(number, size)
			if other, twice := seen[p]; twice {
				t.Errorf("on %s %s looks like %s", size, number, other)
			}
			seen[p] = number
			if p == shown("--", size) {
				t.Errorf("on %s %s is not shown", size, number)
			}
			for line := range strings.Lines(p) {
				if size.X == 32 && line[0] == '#' && line[size.X-1] == '#' {
					t.Errorf("on %s %s runs from edge to edge:\n%s", size, number, p)
				}
			}
		}
	}
}

func TestNumberThatDoesNotFitIsDashesAndNoOtherNumber(t *testing.T) {
	for _, c := range []struct {
		number string
		size   image.Point
	}{
		{"ABC9999", image.Pt(32, 8)}, {"ABC9999", image.Pt(32, 16)}, {"A012", image.Pt(16, 16)}, {"A012", image.Pt(16, 8)}, {"ABCDEFGHIJKLMN", image.Pt(64, 16)},
		{"ABCDEFGHIJKLMN", image.Pt(64, 8)},
	} {
		if got := shown(c.number, c.size); got != shown("--", c.size) || !strings.Contains(got, "#") {
			t.Errorf("%s on %s is\n%s", c.number, c.size, got)
		}
	}
}

func TestPanelTooNarrowForTheLongestNumberIsRefusedAtTheStart(t *testing.T) {
	l, err := link.New(linktest.NewBus(1).Transport("p"), link.Identity{Hall: "h", Device: "p"}, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for columns, refused := range map[int]bool{2: true, 3: true, 4: false, 8: false} {
		wiring := max7219.Wiring{Columns: columns, Rows: 1}
		glass, err := sim.NewPanel(wiring)
		if err != nil {
			t.Fatal(err)
		}
		panel, err := max7219.New(glass, &max7219.Opts{Wiring: wiring})
		if err != nil {
			t.Fatal(err)
		}
		_, err = display.New(display.Options{Window: "3", Link: l, Panel: panel})
		say := fmt.Sprintf("panel of %d x 8 dots, legal are widths from 32", columns*8)
		if refused && (err == nil || !strings.Contains(err.Error(), say)) || !refused && err != nil {
			t.Errorf("%d modules: %v, want %q: %t", columns, err, say, refused)
		}
	}
}

func TestNumberThatDoesNotFitIsAFaultUntilTheNextNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wiring := max7219.Wiring{Columns: 4, Rows: 1}
		glass, err := sim.NewPanel(wiring)
		if err != nil {
			t.Fatal(err)
		}
		panel, err := max7219.New(glass, &max7219.Opts{Wiring: wiring})
		if err != nil {
			t.Fatal(err)
		}
		var on *link.Link
		run(t, func(l *link.Link) (func(context.Context) error, error) {
			on = l
			return panelProgram(display.Options{Panel: panel})(l)
		}, func(r *running) {
			for n, want := range []struct{ number, say string }{
				{"A012", "一切正常"}, {"ABC9999", "窗口屏太窄，放不下号码：请换宽屏（ABC9999）"}, {"A013", "一切正常"},
			} {
				r.tell(called(want.number, uint64(n+1)))
				synctest.Wait()
				if line := on.StatusLine().In(protocol.Chinese); line != want.say {
					t.Errorf("at %s the status line says %q, want %q", want.number, line, want.say)
				}
			}
		})
	})
}

// narrowSign is a sign of a few columns.
func narrowSign(t *testing.T, columns int) (*sim.Signs, *sign.Dev) {
	t.Helper()
	p, err := sign.Find("example-stx")
	if err != nil {
		t.Fatal(err)
	}
	p.Columns = columns
	bus, err := sim.NewSigns(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := sign.New(bus, &p, 1)
	if err != nil {
		t.Fatal(err)
	}
	return bus, dev
}

func TestSignTooNarrowForTheLongestNumberIsRefusedAtTheStart(t *testing.T) {
	l, err := link.New(linktest.NewBus(1).Transport("p"), link.Identity{Hall: "h", Device: "p"}, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, dev := narrowSign(t, 5)
	_, err = display.NewSigns(display.SignsOptions{Link: l, Signs: map[protocol.WindowID]display.Sign{"3": dev}})
	if err == nil || !strings.Contains(err.Error(), `sign of window "3" cannot show AB9999`) {
		t.Error(err)
	}
}

func TestSignShowsDashesAndAFaultForANumberThatDoesNotFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, dev := narrowSign(t, 6)
		var on *link.Link
		run(t, func(l *link.Link) (func(context.Context) error, error) {
			on = l
			s, err := display.NewSigns(display.SignsOptions{Hall: "h", Device: "panel-3", Link: l, Signs: map[protocol.WindowID]display.Sign{"3": dev}})
			if err != nil {
				return nil, err
			}
			return s.Run, nil
		}, func(r *running) {
			r.tell(windowState(3, "ABC9999", 1))
			time.Sleep(2 * time.Second)
			if got, line := bus.Text(1), on.StatusLine().In(protocol.Chinese); got != "--" || !strings.Contains(line, "（3号窗口）") {
				t.Errorf("the sign says %q, the status line %q", got, line)
			}
			r.tell(windowState(3, "AB9999", 2))
			time.Sleep(2 * time.Second)
			if got, line := bus.Text(1), on.StatusLine().In(protocol.Chinese); got != "AB9999" || line != "一切正常" {
				t.Errorf("the sign says %q, the status line %q", got, line)
			}
		})
	})
}
