package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/display"
	"jiaohao/firmware/glyph"
	"jiaohao/firmware/program"
	"jiaohao/protocol"
)

const (
	look   = 3 * time.Second        // at a picture
	glance = 400 * time.Millisecond // at one module, or one step of brightness
)

func panelFlags(set *flag.FlagSet, c *board.PanelConfig) {
	set.StringVar(&c.Kind, "kind", board.PanelMAX7219, "max7219, ws2812, ssd1306, ddp or signs")
	set.IntVar(&c.Brightness, "brightness", 4, "0 to 15")
	set.StringVar(&c.SPI, "spi", "", "max7219, ws2812: SPI `bus`, such as SPI0.0, or sim")
	set.IntVar(&c.Columns, "columns", 8, "max7219: modules across")
	set.IntVar(&c.Rows, "rows", 2, "max7219: modules down")
	set.BoolVar(&c.FromLeft, "from-left", false, "max7219: the chain enters at the left")
	set.BoolVar(&c.FromBottom, "from-bottom", false, "max7219, ws2812: the chain starts in the lowest row")
	set.BoolVar(&c.Serpentine, "serpentine", false, "max7219, ws2812: every second row runs back")
	set.IntVar(&c.Rotate, "rotate", 0, "max7219: modules turned clockwise by 0, 90, 180 or 270 `degrees`")
	set.BoolVar(&c.Mirror, "mirror", false, "max7219: modules wired the other way round")
	set.IntVar(&c.Width, "width", 64, "ws2812, ddp: dots across")
	set.IntVar(&c.Height, "height", 16, "ws2812, ddp, ssd1306: dots down")
	set.StringVar(&c.Color, "color", "", "ws2812, ddp: `#rrggbb`")
	set.IntVar(&c.BoardWidth, "board-width", 0, "ws2812: dots of one board of several")
	set.IntVar(&c.BoardHeight, "board-height", 0, "ws2812: likewise")
	set.BoolVar(&c.Down, "down", false, "ws2812: the chain runs along columns")
	set.BoolVar(&c.FromRight, "from-right", false, "ws2812: the chain starts at the right")
	set.IntVar(&c.CurrentMA, "current-ma", 0, "ws2812: what a picture may draw in `mA`; 0 means 2000")
	set.StringVar(&c.UDP, "udp", "", "ddp: `HOST:PORT` of the card, or sim")
	set.StringVar(&c.I2C, "i2c", "", "ssd1306: I2C `bus`, such as I2C1, or sim")
	set.IntVar(&c.Address, "address", 0, "ssd1306: 60 or 61")
	set.BoolVar(&c.Flip, "flip", false, "ssd1306: upside down")
	set.StringVar(&c.Port, "port", "", "signs: `port`, such as serial:/dev/ttyUSB0?baud=9600, or sim")
	set.StringVar(&c.Profile, "profile", "example-stx", "signs: profile, or path of a file with one")
}

func probePanel(ctx context.Context, set *flag.FlagSet, args []string) error {
	var c board.PanelConfig
	panelFlags(set, &c)
	addresses := set.String("addresses", "1", "signs: addresses on the bus, comma-separated")
	text := set.String("text", "", "show this instead of the test pattern")
	if err := parse(set, args); err != nil {
		return err
	}
	for _, a := range split(*addresses) {
		n, err := strconv.Atoi(a)
		if err != nil {
			return program.Usage("such as -addresses 1,2,3", "address %q is not a number", a)
		}
		c.Signs = append(c.Signs, board.SignConfig{Window: protocol.WindowID(a), Address: n})
	}
	if err := needsBus(&c); err != nil {
		return err
	}
	b, err := open(board.Config{Panel: &c}, board.OpenPanel)
	if err != nil {
		return err
	}
	defer b.Close() // the panel goes dark as well as it can
	if b.Signs != nil {
		return probeSigns(ctx, b, &c, *text)
	}
	size := b.Panel.Bounds().Size()
	for _, step := range steps(size, *text) {
		frame := glyph.NewBitmap(size.X, size.Y)
		step.draw(frame)
		if _, err := b.Panel.Write(frame.Pix); err != nil {
			return err
		}
		fmt.Println(step.say)
		if b.SimScreen != nil {
			fmt.Print(frame)
		}
		if !hold(ctx, step.hold) {
			return nil
		}
	}
	return probeBrightness(ctx, b.Panel.SetIntensity)
}

// needsBus refuses a panel of which nobody said where it hangs. A kind that is not known is left to the board.
func needsBus(c *board.PanelConfig) error {
	where, known := map[string][3]string{
		board.PanelMAX7219: {c.SPI, "-spi", "SPI0.0"}, board.PanelWS2812: {c.SPI, "-spi", "SPI0.0"},
		board.PanelSSD1306: {c.I2C, "-i2c", "I2C1"}, board.PanelDDP: {c.UDP, "-udp", "192.0.2.7:4048"},
		board.PanelSigns: {c.Port, "-port", "serial:/dev/serial0?baud=9600"},
	}[c.Kind]
	if !known || where[0] != "" {
		return nil
	}
	return program.Usage("such as probe panel -kind "+c.Kind+" "+where[1]+" "+where[2]+"; sim instead needs no hardware",
		"a panel of kind %s needs %s", c.Kind, where[1])
}

// probeBrightness goes through all steps of a picture that stands.
func probeBrightness(ctx context.Context, set func(int) error) error {
	fmt.Println("brightness 0 to 15: each step is a little brighter, 0 can still be read")
	for n := range display.StepMax + 1 {
		if err := set(n); err != nil || !hold(ctx, glance) {
			return err
		}
	}
	return nil
}

// probeSigns shows each sign its own address, so that a person sees whether the
// switches on the signs are set as the configuration says.
func probeSigns(ctx context.Context, b *board.Board, c *board.PanelConfig, text string) error {
	for _, s := range c.Signs {
		dev, say := b.Signs[s.Window], text
		if say == "" {
			say = fmt.Sprintf("%d A012", s.Address)
		}
		start := time.Now()
		if err := dev.WriteText(say); err != nil {
			fmt.Printf("sign %d: %v\n", s.Address, err)
			continue
		}
		fmt.Printf("sign %d was sent %q in %s: it must show it, with its own address\n", s.Address, say, time.Since(start).Round(time.Millisecond))
	}
	if !hold(ctx, look) {
		return nil
	}
	first := b.Signs[c.Signs[0].Window]
	return probeBrightness(ctx, first.SetIntensity)
}

// hold waits, and reports whether to go on.
func hold(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

type step struct {
	say  string
	hold time.Duration
	draw func(*glyph.Bitmap)
}

// steps are the test pattern: each shows one mistake of wiring, then one dead module after the other.
func steps(size image.Point, text string) []step {
	face := glyph.Text
	if size.Y < face.Height(1) {
		face, text = glyph.Small, strings.ToUpper(text)
	}
	if text != "" {
		return []step{{"text, Ctrl-C ends", 24 * time.Hour, func(b *glyph.Bitmap) { face.Draw(b, 0, 0, text, 1) }}}
	}
	all := []step{
		{"one dot in each corner: else size, columns, rows or rotate are wrong", look, func(b *glyph.Bitmap) {
			x, y := b.Rect.Max.X-1, b.Rect.Max.Y-1
			for _, p := range [][2]int{{0, 0}, {x, 0}, {0, y}, {x, y}} {
				b.SetOn(p[0], p[1], true)
			}
		}},
		{"0123456789 from left to right, upright: else from-left, mirror, down or serpentine is wrong", look, func(b *glyph.Bitmap) {
			face.Draw(b, 0, 0, "0123456789"[:min(b.Rect.Max.X/8, 10)], 1)
		}},
		{"a number", look, func(b *glyph.Bitmap) {
			number := &protocol.WindowState{Current: &protocol.Current{Number: "A012"}}
			copy(b.Pix, display.Frame(display.Scene{State: number, SinceCall: -1}, b.Rect.Size()).Pix)
		}},
		{"every dot on: a dark module is dead, a dark dot is a dead LED", look, func(b *glyph.Bitmap) { b.Fill(b.Rect, true) }},
	}
	for n := 0; ; n++ {
		block := display.TestBlock(size, n)
		if block.Empty() {
			break
		}
		say := fmt.Sprintf("module %d alone: row %d, column %d", n+1, block.Min.Y/block.Dy()+1, block.Min.X/block.Dx()+1)
		all = append(all, step{say, glance, func(b *glyph.Bitmap) { b.Fill(block, true) }})
	}
	return slices.Concat(all, all[2:3]) // a number, for the brightness
}
