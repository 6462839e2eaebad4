package display_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/ddp"
	"jiaohao/firmware/display"
	"jiaohao/firmware/glyph"
	"jiaohao/firmware/max7219"
	"jiaohao/firmware/sim"
	"jiaohao/firmware/ssd1306"
	"jiaohao/firmware/ws2812"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

// screen is a simulated panel, read back from the bytes of its bus.
type screen interface{ Rows() []byte }

// kind is one kind of panel: its driver, what it shows, and how long a picture takes on its bus.
type kind struct {
	name  string
	panel display.Panel
	glass screen
	bus   time.Duration
}

// slow is a panel whose bus takes its time.
type slow struct {
	display.Panel
	bus time.Duration
}

func (s slow) Write(rows []byte) (int, error) {
	time.Sleep(s.bus) // in a bubble: the bits on the wire
	return s.Panel.Write(rows)
}

func (s slow) SetIntensity(step int) error { return s.Panel.(display.Dimmer).SetIntensity(step) }

// kinds makes one panel of each kind, of 64 by 16 dots or as near as it comes.
func kinds(t *testing.T) []kind {
	t.Helper()
	red := color.RGBA{R: 0xff, G: 0x2a}
	modules, err1 := sim.NewPanel(max7219.DefaultOpts.Wiring)
	wiring := ws2812.Wiring{Width: 64, Height: 16, BoardWidth: 16, BoardHeight: 16, Serpentine: true}
	strip, err2 := sim.NewStrip(wiring)
	oled, err3 := sim.NewOLED(64)
	wall, err4 := sim.NewWall(64, 32)
	low, err5 := sim.NewPanel(max7219.Wiring{Columns: 8, Rows: 1})
	m, err6 := max7219.New(modules, nil)
	w, err7 := ws2812.New(strip, &ws2812.Opts{Wiring: wiring, Color: red, Intensity: 15, CurrentMax: 4000})
	o, err8 := ssd1306.New(oled, &ssd1306.Opts{Height: 64, Intensity: 15})
	d, err9 := ddp.New(wall, &ddp.Opts{Width: 64, Height: 32, Color: red, Intensity: 15})
	l, err10 := max7219.New(low, &max7219.Opts{Wiring: max7219.Wiring{Columns: 8, Rows: 1}})
	for _, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9, err10} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return []kind{
		{"max7219", m, modules, 2 * time.Millisecond}, // 16 modules at 2 MHz: 2,048 bits and the system's calls
		{"max7219-low", l, low, time.Millisecond},
		{"ws2812", w, strip, 31 * time.Millisecond}, // 1,024 LEDs of 30 µs
		{"ssd1306", o, oled, 25 * time.Millisecond}, // 8 pages of 139 bytes at 400 kHz
		{"ddp", d, wall, time.Millisecond},
	}
}

// running is a display program in a bubble, with the hub beside it.
type running struct {
	t     *testing.T
	hub   link.Transport
	epoch uint64
	seq   uint64
	start time.Time
}

// run starts what make makes on the link of a panel, and the scenario beside it.
func run(t *testing.T, start func(l *link.Link) (func(context.Context) error, error), scenario func(r *running)) {
	t.Helper()
	bus := linktest.NewBus(1)
	r := &running{t: t, hub: bus.Transport("hub"), epoch: 1, start: time.Now()}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		r.hub.Run(ctx, link.Session{Up: func() {}, Down: func(error) {}, Message: func(link.Message) {}})
	})
	l, err := link.New(bus.Transport("panel-3"), link.Identity{Hall: "h", Device: "panel-3", Kind: protocol.KindDisplay}, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	program, err := start(l)
	if err != nil {
		t.Fatal(err)
	}
	wg.Go(func() { l.Run(ctx) })
	wg.Go(func() { program(ctx) })
	synctest.Wait()
	scenario(r)
	cancel()
	wg.Wait()
}

func (r *running) publish(topic protocol.Topic, state any) {
	r.t.Helper()
	payload, err := protocol.Encode(state)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.hub.Publish(topic.String(), payload, 0, true); err != nil {
		r.t.Fatal(err)
	}
}

// tell publishes a window's state as of now.
func (r *running) tell(s *protocol.WindowState) {
	r.t.Helper()
	r.seq++
	s.Stamp = protocol.Stamp{Epoch: r.epoch, Seq: r.seq}
	if s.At.IsZero() {
		s.At = time.Now()
	}
	r.publish(protocol.WindowTopic("h", s.Window), s)
}

func panelProgram(o display.Options) func(l *link.Link) (func(context.Context) error, error) {
	return func(l *link.Link) (func(context.Context) error, error) {
		o.Hall, o.Device, o.Window, o.Link = "h", "panel-3", "3", l
		d, err := display.New(o)
		if err != nil {
			return nil, err
		}
		return d.Run, nil
	}
}

const framePeriod = 90 * time.Millisecond

// TestCallPreEmptsAScrollingNoticeWithinOneFrame calls in the middle of a notice that scrolls, at many moments
// within a frame. The number must be on the LEDs within one frame and the time of one picture on the bus.
func TestCallPreEmptsAScrollingNoticeWithinOneFrame(t *testing.T) {
	notice := protocol.Say("本窗口暂停服务，请到4号窗口办理，谢谢合作", "THIS WINDOW IS PAUSED, GO TO WINDOW 4 PLEASE")
	for _, name := range []string{"max7219", "max7219-low", "ws2812", "ssd1306", "ddp"} {
		t.Run(name, func(t *testing.T) {
			var worst time.Duration
			synctest.Test(t, func(t *testing.T) {
				var k kind
				for _, one := range kinds(t) {
					if one.name == name {
						k = one
					}
				}
				size := k.panel.Bounds().Size()
				run(t, panelProgram(display.Options{Panel: slow{k.panel, k.bus}}), func(r *running) {
					for n := range 15 {
						r.tell(idle(protocol.Paused, notice))
						time.Sleep(2*time.Second + time.Duration(n)*13*time.Millisecond) // the notice scrolls
						want := called(fmt.Sprintf("A%03d", n), uint64(n+1))
						sent := time.Now()
						r.tell(want)
						frame := display.Frame(display.Scene{State: want, SinceCall: -1}, size)
						for string(k.glass.Rows()) != string(frame.Pix) {
							time.Sleep(time.Millisecond)
							if time.Since(sent) > 10*framePeriod {
								t.Fatalf("call %d is not shown", n)
							}
						}
						worst = max(worst, time.Since(sent))
					}
				})
				if most := framePeriod + k.bus; worst > most {
					t.Errorf("worst %s, want at most one frame and one picture on the bus, %s", worst, most)
				}
				t.Logf("worst %s; a picture takes %s on the bus", worst, k.bus)
			})
		})
	}
}

func TestPanelIsDarkerAtNightByTheHallsClockAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		oled, err := sim.NewOLED(64)
		if err != nil {
			t.Fatal(err)
		}
		dev, err := ssd1306.New(oled, &ssd1306.Opts{Height: 64, Intensity: 9})
		if err != nil {
			t.Fatal(err)
		}
		hours := []display.Hour{{From: "18:30", Brightness: 1}, {From: "07:00", Brightness: 15}}
		run(t, panelProgram(display.Options{Panel: dev, Hours: hours}), func(r *running) {
			shows := func(when string, want byte) {
				t.Helper()
				synctest.Wait()
				if got := oled.Contrast(); got != want {
					t.Errorf("%s: contrast %d, want %d", when, got, want)
				}
			}
			shows("before the hub was heard", 9*17)
			r.publish(protocol.DeviceTopic("h", "panel-3", protocol.KindConfig), &protocol.Config{
				Stamp: protocol.Stamp{Epoch: 1, Seq: 1}, Hall: "h", Device: "panel-3", Kind: protocol.KindDisplay,
				Languages: []protocol.Lang{protocol.Chinese}, Zone: "Asia/Shanghai",
			})
			state := idle(protocol.Open, nil)
			state.At = time.Date(2026, 11, 22, 10, 29, 0, 0, time.UTC) // 18:29 in Shanghai
			r.tell(state)
			shows("at 18:29", 255)
			time.Sleep(2 * time.Minute)
			shows("at 18:31", 17)
			state.At = time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC) // over midnight
			r.tell(state)
			shows("at 06:59", 17)
			time.Sleep(2 * time.Minute)
			shows("at 07:01", 255)
		})
	})
}

func TestTestPatternShowsEveryModuleAndEndsAtTheFirstCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := kinds(t)[0]
		run(t, panelProgram(display.Options{Panel: k.panel, Test: true}), func(r *running) {
			lit := map[int]bool{} // modules seen alone
			for time.Since(r.start) < display.TestLength(field) {
				b := glyph.NewBitmap(64, 16)
				copy(b.Pix, k.glass.Rows())
				for n := range 16 {
					alone := glyph.NewBitmap(64, 16)
					alone.Fill(display.TestBlock(field, n), true)
					if string(alone.Pix) == string(b.Pix) {
						lit[n] = true
					}
				}
				time.Sleep(50 * time.Millisecond)
				synctest.Wait()
			}
			if len(lit) != 16 {
				t.Errorf("%d of 16 modules were shown alone", len(lit))
			}
		})
	})
	synctest.Test(t, func(t *testing.T) {
		k := kinds(t)[0]
		run(t, panelProgram(display.Options{Panel: k.panel, Test: true}), func(r *running) {
			r.tell(called("A012", 7))
			synctest.Wait()
			want := display.Frame(display.Scene{State: called("A012", 7), SinceCall: -1}, field)
			if string(k.glass.Rows()) != string(want.Pix) {
				t.Error("the number has to wait for the test pattern")
			}
		})
	})
}

func TestTestPatternOfALargePanelEndsSoon(t *testing.T) {
	for _, size := range []image.Point{{X: 64, Y: 8}, {X: 64, Y: 16}, {X: 128, Y: 64}, {X: 256, Y: 32}} {
		covered := glyph.NewBitmap(size.X, size.Y)
		for n := 0; !display.TestBlock(size, n).Empty(); n++ {
			covered.Fill(display.TestBlock(size, n), true)
		}
		all := glyph.NewBitmap(size.X, size.Y)
		all.Fill(all.Rect, true)
		if length := display.TestLength(size); string(covered.Pix) != string(all.Pix) || length > 7*time.Second {
			t.Errorf("%s: takes %s, all dots: %t", size, length, string(covered.Pix) == string(all.Pix))
		}
	}
}

func TestPanelThatIsPulledIsAFaultWhereTheBusCanTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		oled, err := sim.NewOLED(64)
		if err != nil {
			t.Fatal(err)
		}
		dev, err := ssd1306.New(oled, &ssd1306.Opts{Height: 64})
		if err != nil {
			t.Fatal(err)
		}
		var l *link.Link
		run(t, func(on *link.Link) (func(context.Context) error, error) {
			l = on
			return panelProgram(display.Options{Panel: dev})(on)
		}, func(r *running) {
			r.tell(called("A012", 7))
			oled.Unplug()
			time.Sleep(6 * time.Second)
			if line := l.StatusLine().In(protocol.Chinese); line != "窗口屏无法显示：请检查连线" {
				t.Errorf("the status line says %q", line)
			}
			oled.Plug()
			time.Sleep(6 * time.Second)
			want := display.Frame(display.Scene{State: called("A012", 7), SinceCall: -1}, image.Pt(128, 64))
			if line := l.StatusLine().In(protocol.Chinese); line != "一切正常" || string(oled.Rows()) != string(want.Pix) {
				t.Errorf("put back, the status line says %q", line)
			}
		})
	})
}
