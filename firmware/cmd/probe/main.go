// Command probe tries a device's hardware by hand, one part at a time.
//
//	probe printer -port file:/dev/usb/lp0 -profile gbk-80 [-status]
//	probe panel   -spi SPI0.0 [-columns 8 -rows 2] [-text 请到3号窗口]
//	probe button  -pin GPIO17 [-active-high]
//	probe keypad  -rows GPIO5,GPIO6 -cols GPIO13,GPIO19 -layout 12,34
//
// "sim" as port, bus or pin tries the program without hardware.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/button"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/glyph"
	"jiaohao/firmware/program"
)

func main() { program.Exit("probe", mainImpl()) }

const usage = "probe printer | panel | button | keypad, each with -h"

func mainImpl() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) < 2 {
		return program.Usage(usage, "no part was named")
	}
	part, args := os.Args[1], os.Args[2:]
	run, known := map[string]func(context.Context, *flag.FlagSet, []string) error{
		"printer": probePrinter, "panel": probePanel, "button": probeButton, "keypad": probeKeypad,
	}[part]
	if !known {
		return program.Usage(usage, "part %q is not known", part)
	}
	err := run(ctx, flag.NewFlagSet("probe "+part, flag.ContinueOnError), args)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func parse(set *flag.FlagSet, args []string) error {
	err := set.Parse(args)
	if err == nil && set.NArg() > 0 {
		err = fmt.Errorf("argument %q is not expected", set.Arg(0))
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return program.Usage("see "+set.Name()+" -h", "%w", err)
}

func open(c board.Config) (*board.Board, error) {
	b, err := board.Open(c, board.OpenPrinter, board.OpenPanel, board.OpenButtons, board.OpenKeypad)
	if err != nil {
		return nil, &program.Hinted{Err: err, Hint: "check the name, the cable, and that this user is in the groups lp, gpio and spi"}
	}
	return b, nil
}

func probePrinter(_ context.Context, set *flag.FlagSet, args []string) error {
	port := set.String("port", "", "printer `port`: file:/dev/usb/lp0, tcp:HOST:9100, serial:/dev/ttyUSB0?baud=19200, sim")
	profile := set.String("profile", "generic-80", "one of "+strings.Join(escpos.ProfileNames(), ", "))
	only := set.Bool("status", false, "ask for the state and print nothing")
	if err := parse(set, args); err != nil {
		return err
	}
	b, err := open(board.Config{Printer: &board.PrinterConfig{Port: *port, Profile: *profile}})
	if err != nil {
		return err
	}
	defer b.Close() // the port may close as it likes
	status, err := b.Printer.Status()
	if err != nil {
		return &program.Hinted{Err: err, Hint: "is the printer switched on and connected, and does no other program use it?"}
	}
	fmt.Println(b.Printer, "is", status)
	if *only {
		return nil
	}
	start := time.Now()
	if err := b.Printer.Print(strip(*profile)); err != nil {
		return err
	}
	after, err := b.Printer.Confirm()
	fmt.Printf("test strip sent in %s, now %s\n", time.Since(start).Round(time.Millisecond), after)
	return err
}

// strip shows what decides about a profile: width, sizes, Chinese, QR code, knife.
func strip(profile string) escpos.Doc {
	return escpos.Doc{
		escpos.Line{Text: "测试条 TEST STRIP", Align: escpos.Center, Size: escpos.Size{W: 2, H: 2}},
		escpos.Line{Text: profile, Align: escpos.Center},
		escpos.Rule{},
		escpos.Line{Text: "A012", Align: escpos.Center, Size: escpos.Size{W: 6, H: 6}, Bold: true},
		escpos.Line{Text: "常用字：社会保险 不动产登记 营业执照"},
		escpos.Line{Text: "生僻字：赟 堃 喆 旻 䶮"},
		escpos.Pair{Left: "左边 left", Right: "right 右边"},
		escpos.QR{Text: "https://www.example.org/test"},
		escpos.Line{Text: "字迹清楚、左右齐边、已切纸，即为正常", Align: escpos.Center},
		escpos.Cut{},
	}
}

func probePanel(ctx context.Context, set *flag.FlagSet, args []string) error {
	var c board.PanelConfig
	set.StringVar(&c.SPI, "spi", "", "SPI `bus`, such as SPI0.0, or sim")
	set.IntVar(&c.Columns, "columns", 8, "modules across")
	set.IntVar(&c.Rows, "rows", 2, "modules down")
	set.IntVar(&c.Brightness, "brightness", 4, "0 to 15")
	set.BoolVar(&c.FromLeft, "from-left", false, "the chain enters at the left")
	set.BoolVar(&c.FromBottom, "from-bottom", false, "the chain starts in the lowest row")
	set.BoolVar(&c.Serpentine, "serpentine", false, "every second row runs back")
	set.IntVar(&c.Rotate, "rotate", 0, "modules turned clockwise by 0, 90, 180 or 270 `degrees`")
	set.BoolVar(&c.Mirror, "mirror", false, "modules wired the other way round")
	text := set.String("text", "", "show this instead of the test pattern")
	if err := parse(set, args); err != nil {
		return err
	}
	b, err := open(board.Config{Panel: &c})
	if err != nil {
		return err
	}
	defer b.Close() // the panel goes dark as well as it can
	size := b.Panel.Bounds().Size()
	for _, step := range steps(*text) {
		frame := glyph.NewBitmap(size.X, size.Y)
		step.draw(frame)
		if _, err := b.Panel.Write(frame.Pix); err != nil {
			return err
		}
		fmt.Println(step.say)
		if b.SimPanel != nil {
			fmt.Print(dots(frame))
		}
		select {
		case <-time.After(step.hold):
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

type step struct {
	say  string
	hold time.Duration
	draw func(*glyph.Bitmap)
}

// steps are the test pattern: each shows one mistake of wiring.
func steps(text string) []step {
	if text != "" {
		return []step{{"text, Ctrl-C ends", 24 * time.Hour, func(b *glyph.Bitmap) { glyph.Draw(b, 0, 0, text, 1) }}}
	}
	const look = 3 * time.Second
	return []step{
		{"one dot in each corner: else columns, rows or rotate are wrong", look, func(b *glyph.Bitmap) {
			x, y := b.Rect.Max.X-1, b.Rect.Max.Y-1
			for _, p := range [][2]int{{0, 0}, {x, 0}, {0, y}, {x, y}} {
				b.SetOn(p[0], p[1], true)
			}
		}},
		{"0123456789 from left to right, upright: else from-left, mirror or serpentine is wrong", look, func(b *glyph.Bitmap) {
			glyph.Draw(b, 0, 0, "0123456789"[:min(b.Rect.Max.X/8, 10)], 1)
		}},
		{"a number and Chinese", look, func(b *glyph.Bitmap) { glyph.Panel.Draw(b, 0, 0, "A012", 1) }},
		{"every dot on: missing dots are broken modules", look, func(b *glyph.Bitmap) { b.Fill(b.Rect, true) }},
	}
}

// dots draws a picture with characters, for a simulated panel.
func dots(b *glyph.Bitmap) string {
	var s strings.Builder
	for y := range b.Rect.Max.Y {
		for x := range b.Rect.Max.X {
			if b.On(x, y) {
				s.WriteByte('#')
			} else {
				s.WriteByte('.')
			}
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func probeButton(ctx context.Context, set *flag.FlagSet, args []string) error {
	pin := set.String("pin", "", "`pin` by the kernel's name, such as GPIO17, or sim")
	high := set.Bool("active-high", false, "the line is high while pressed")
	if err := parse(set, args); err != nil {
		return err
	}
	b, err := open(board.Config{Buttons: []board.ButtonConfig{{Service: "probe", Pin: *pin, ActiveHigh: *high}}})
	if err != nil {
		return err
	}
	defer b.Close() // a pin needs no care
	fmt.Println("press the button; Ctrl-C ends")
	return button.Watch(ctx, b.Buttons[0].Pin, b.Buttons[0].Opts, func(e button.Event) {
		fmt.Println(time.Now().Format("15:04:05.000"), e)
	})
}

func probeKeypad(ctx context.Context, set *flag.FlagSet, args []string) error {
	rows := set.String("rows", "", "row `pins`, comma-separated; empty is a simulated keypad")
	cols := set.String("cols", "", "column `pins`")
	layout := set.String("layout", "123,456,789,*0#", "keys of each row")
	if err := parse(set, args); err != nil {
		return err
	}
	b, err := open(board.Config{Keypad: &board.KeypadConfig{Rows: split(*rows), Cols: split(*cols), Layout: split(*layout)}})
	if err != nil {
		return err
	}
	defer b.Close() // pins need no care
	fmt.Println("press keys; Ctrl-C ends")
	return b.Keypad.Run(ctx, func(key rune) { fmt.Println(time.Now().Format("15:04:05.000"), string(key)) })
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
