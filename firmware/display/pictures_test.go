package display_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/display"
	"jiaohao/firmware/glyph"
	"jiaohao/firmware/internal/golden"
	"jiaohao/firmware/pad"
	"jiaohao/protocol"
)

// album is where the pictures lie: each is made from the bytes on the panel's bus.
var album = filepath.Join("..", "..", "docs", "pictures", "panels")

// shot is a picture of a panel.
type shot struct {
	name, caption string
	config        board.PanelConfig
	draw          []*glyph.Bitmap // one below the other when there are several
	texts         []string        // of signs
}

func frame(s display.Scene, w, h int) []*glyph.Bitmap {
	s.SinceCall = -1
	return []*glyph.Bitmap{display.Frame(s, image.Pt(w, h))}
}

// longName has twenty characters.
const longName = "不动产登记与税务联合办理综合服务一号窗口"

// strip is a text that scrolls, at several moments.
func strip(name string, w, h int, at ...time.Duration) []*glyph.Bitmap {
	var all []*glyph.Bitmap
	for _, t := range at {
		s := &protocol.WindowState{Label: "1", Name: protocol.Say(name, ""), Status: protocol.Open}
		all = append(all, display.Frame(display.Scene{State: s, SinceCall: -1, Shown: t}, image.Pt(w, h)))
	}
	return all
}

func shots() []shot {
	number := display.Scene{State: calling("A012")}
	go4 := display.Scene{State: idle(protocol.Paused, protocol.Say("请到4号", "Go to 4"))}
	go4Long := display.Scene{State: idle(protocol.Paused, protocol.Say("请到4号窗口", ""))}
	field := board.PanelConfig{SPI: board.Sim, Columns: 8, Rows: 2, Brightness: 8}
	with := func(c board.PanelConfig, f func(*board.PanelConfig)) board.PanelConfig { f(&c); return c }
	low := with(field, func(c *board.PanelConfig) { c.Rows = 1 })
	leds := board.PanelConfig{Kind: board.PanelWS2812, SPI: board.Sim, Width: 64, Height: 16, BoardWidth: 16, BoardHeight: 16, Serpentine: true, Brightness: 15, CurrentMA: 4000}
	card := board.PanelConfig{Kind: board.PanelDDP, UDP: board.Sim, Width: 128, Height: 64, Brightness: 15, Color: "#ff7a00"}
	oled := board.PanelConfig{Kind: board.PanelSSD1306, I2C: board.Sim, Height: 64, Brightness: 15}
	signs := board.PanelConfig{Kind: board.PanelSigns, Port: board.Sim, Profile: "example-stx", Signs: []board.SignConfig{{Window: "1", Address: 1}, {Window: "2", Address: 2}, {Window: "3", Address: 3}}}
	all := glyph.NewBitmap(64, 16)
	all.Fill(all.Rect, true)
	serving := pad.View{Status: protocol.Open, Number: "A012", Stage: protocol.Serving, Waiting: 12, Line: "1办结 2转 3挂"}
	english := serving
	english.Lang, english.Line = protocol.English, "1 done 2 hand on"
	return []shot{
		{"max7219-number", "MAX7219 64×16 FC-16 叫号", field, frame(number, 64, 16), nil},
		{"max7219-cover", "MAX7219 64×16 顶岗指引", field, frame(go4, 64, 16), nil},
		{"max7219-generic", "MAX7219 64×16 1088AS rotate 270", with(field, func(c *board.PanelConfig) { c.Rotate = 270 }), frame(number, 64, 16), nil},
		{"max7219-serpentine", "MAX7219 64×16 serpentine from below", with(field, func(c *board.PanelConfig) { c.Serpentine, c.FromBottom = true, true }), frame(number, 64, 16), nil},
		{"max7219-night", "MAX7219 64×16 夜间亮度 0", with(field, func(c *board.PanelConfig) { c.Brightness = 0 }), frame(number, 64, 16), nil},
		{"max7219-scroll", "20个字的名称滚动显示", field, strip(longName, 64, 16, 900*time.Millisecond, 3*time.Second, 5*time.Second, 7*time.Second, 9*time.Second, 11*time.Second), nil},
		{"max7219-test", "检测图：全亮，再逐个模块", field, []*glyph.Bitmap{all, display.TestPattern(image.Pt(64, 16), 2*time.Second), display.TestPattern(image.Pt(64, 16), 3300*time.Millisecond)}, nil},
		{"max7219-low-number", "MAX7219 64×8 叫号", low, frame(number, 64, 8), nil},
		{"max7219-low-cover", "MAX7219 64×8 GO TO 4", low, frame(go4, 64, 8), nil},
		{"ws2812-number", "WS2812 64×16 四块16×16 限流4A", leds, frame(number, 64, 16), nil},
		{"ws2812-small", "WS2812 32×8 竖向蛇形 绿色", board.PanelConfig{Kind: board.PanelWS2812, SPI: board.Sim, Width: 32, Height: 8, Down: true, Serpentine: true, Color: "#18ff40", Brightness: 15}, frame(number, 32, 8), nil},
		{"ddp-number", "DDP → HUB75 128×64", card, frame(number, 128, 64), nil},
		{"ddp-cover", "DDP → HUB75 128×64", card, frame(go4Long, 128, 64), nil},
		{"ssd1306-pad", "SSD1306 128×64 窗口小屏", oled, []*glyph.Bitmap{pad.Frame(serving, image.Pt(128, 64))}, nil},
		{"ssd1306-pad-en", "SSD1306 128×64", oled, []*glyph.Bitmap{pad.Frame(english, image.Pt(128, 64))}, nil},
		{"ssd1306-pad-low", "SSD1306 128×32", with(oled, func(c *board.PanelConfig) { c.Height = 32 }), []*glyph.Bitmap{pad.Frame(serving, image.Pt(128, 32))}, nil},
		{"signs", "RS485 example-stx", signs, nil, []string{"请A12号", "A013", "暂停服务"}},
		{"signs-long", "RS485 example-length UTF-8", with(signs, func(c *board.PanelConfig) { c.Profile = "example-length" }), nil, []string{"请A012号", "B207", "请到4号窗口办理"}},
		{"signs-modbus", "RS485 Modbus RTU", with(signs, func(c *board.PanelConfig) { c.Profile = "modbus-rtu" }), nil, []string{"请A012号", "B207", "请到4号窗口"}},
	}
}

// take shows a shot's pictures on the simulated panel of its configuration and photographs it.
func (s *shot) take(t *testing.T) image.Image {
	t.Helper()
	b, err := board.Open(board.Config{Panel: &s.config}, board.OpenPanel)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for i, text := range s.texts {
		if err := b.Signs[s.config.Signs[i].Window].WriteText(text); err != nil {
			t.Fatal(err)
		}
	}
	var all []image.Image
	for _, f := range s.draw {
		if _, err := b.Panel.Write(f.Pix); err != nil {
			t.Fatal(err)
		}
		all = append(all, b.SimScreen.Image())
	}
	if len(s.draw) == 0 {
		all = append(all, b.SimScreen.Image())
	}
	return stack(all)
}

// stack puts pictures below each other.
func stack(all []image.Image) image.Image {
	const gap = 12
	w, h := 0, -gap
	for _, img := range all {
		w, h = max(w, img.Bounds().Dx()), h+img.Bounds().Dy()+gap
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.RGBA{R: 0x3a, G: 0x3d, B: 0x42, A: 0xff}), image.Point{}, draw.Src)
	y := 0
	for _, img := range all {
		draw.Draw(out, img.Bounds().Add(image.Pt(0, y)), img, img.Bounds().Min, draw.Src)
		y += img.Bounds().Dy() + gap
	}
	return out
}

// sheet puts all pictures on one, each below its caption.
func sheet(all []shot, pictures []image.Image) image.Image {
	const wide, margin, caption = 640, 32, 44
	type place struct{ x, y int }
	var places []place
	ends := [2]int{margin, margin}
	for _, img := range pictures {
		column := 0
		if ends[1] < ends[0] {
			column = 1
		}
		places = append(places, place{margin + column*(wide+margin), ends[column]})
		ends[column] += caption + half(img).Y + margin
	}
	out := image.NewRGBA(image.Rect(0, 0, 2*wide+3*margin, max(ends[0], ends[1])))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.RGBA{R: 0xf2, G: 0xf0, B: 0xea, A: 0xff}), image.Point{}, draw.Src)
	for i, img := range pictures {
		text := glyph.NewBitmap(wide, 32)
		glyph.Draw(text, 0, 0, all[i].caption, 2)
		for p := range 32 * wide {
			if text.On(p%wide, p/wide) {
				out.Set(places[i].x+p%wide, places[i].y+p/wide, color.Gray{Y: 0x22})
			}
		}
		size := half(img)
		for p := range size.X * size.Y {
			x, y := p%size.X, p/size.X
			out.Set(places[i].x+x, places[i].y+caption+y, img.At(x*img.Bounds().Dx()/size.X, y*img.Bounds().Dy()/size.Y))
		}
	}
	return out
}

// half is the size on the sheet: pictures wider than a column are halved.
func half(img image.Image) image.Point {
	size := img.Bounds().Size()
	for size.X > 640 {
		size = size.Div(2)
	}
	return size
}

func TestPanelsArePhotographedFromTheirBytes(t *testing.T) {
	all := shots()
	var pictures []image.Image
	for i := range all {
		img := all[i].take(t)
		pictures = append(pictures, img)
		compare(t, all[i].name, img)
	}
	compare(t, "all", sheet(all, pictures))
}

// compare holds a picture against the one in the album, or puts it there.
func compare(t *testing.T, name string, img image.Image) {
	t.Helper()
	path := filepath.Join(album, name+".png")
	if golden.Update() {
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds() != img.Bounds() {
		t.Fatalf("%s is %s, was %s", path, img.Bounds(), want.Bounds())
	}
	for p := range img.Bounds().Dx() * img.Bounds().Dy() {
		x, y := p%img.Bounds().Dx(), p/img.Bounds().Dx()
		if rgb(want.At(x, y)) != rgb(img.At(x, y)) {
			t.Fatalf("%s is not what it was, first at %d, %d; look at it, then run: go test ./firmware/display -update", path, x, y)
		}
	}
}

func rgb(c color.Color) [3]uint32 {
	r, g, b, _ := c.RGBA()
	return [3]uint32{r >> 8, g >> 8, b >> 8}
}

// TestEveryWiringShowsTheSamePicture goes through all ways to wire a field.
func TestEveryWiringShowsTheSamePicture(t *testing.T) {
	want := frame(display.Scene{State: calling("A012")}, 64, 16)[0]
	for n := range 64 {
		c := board.PanelConfig{SPI: board.Sim, Columns: 8, Rows: 2, FromLeft: n&1 != 0, FromBottom: n&2 != 0, Serpentine: n&4 != 0, Mirror: n&8 != 0, Rotate: n / 16 * 90}
		t.Run(fmt.Sprintf("%+v", n), func(t *testing.T) {
			b, err := board.Open(board.Config{Panel: &c}, board.OpenPanel)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if _, err := b.Panel.Write(want.Pix); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.SimPanel.Rows(), want.Pix) {
				t.Errorf("%+v shows something else", c)
			}
		})
	}
}
