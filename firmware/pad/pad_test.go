package pad_test

import (
	"fmt"
	"image"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/internal/golden"
	"jiaohao/firmware/pad"
	"jiaohao/protocol"
)

var large, low = image.Pt(128, 64), image.Pt(128, 32)

func TestPadsLookAsTheyDid(t *testing.T) {
	serving := pad.View{Status: protocol.Open, Number: "A012", Stage: protocol.Serving, Waiting: 12}
	english, away, menu := serving, serving, serving
	english.Lang = protocol.English
	away.Offline = true
	menu.Line = "1 办结 2 转号 3 挂起"
	for _, c := range []struct {
		name string
		view pad.View
		size image.Point
	}{
		{"serving", serving, large}, {"serving-low", serving, low}, {"serving-english", english, large},
		{"hub-away", away, large}, {"hub-away-low", away, low}, {"menu-scrolls", menu, large},
		{"free", pad.View{Status: protocol.Open, Waiting: 3, Line: "回车键 下一位"}, large},
		{"paused", pad.View{Status: protocol.Paused, Waiting: 120}, large}, {"not-signed-on-low", pad.View{Status: protocol.Closed}, low},
	} {
		t.Run(c.name, func(t *testing.T) {
			golden.Text(t, c.name, pad.Frame(c.view, c.size).String())
		})
	}
}

func TestLongMenuRunsRoundAndTheNumberStaysStill(t *testing.T) {
	v := pad.View{Status: protocol.Open, Number: "A012", Stage: protocol.Serving, Line: "1 办结 2 转号 3 挂起 4 过号 5 评价"}
	if !v.Moving(large) {
		t.Fatal("the line fits")
	}
	first := pad.Frame(v, large).String()
	seen := map[string]bool{}
	for ms := 0; ms < 20_000; ms += 120 {
		v.Shown = time.Duration(ms) * time.Millisecond
		p := pad.Frame(v, large).String()
		if p[:48*129] != first[:48*129] {
			t.Fatalf("after %s something above the line has moved", v.Shown)
		}
		seen[p] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d different pictures, want a line that scrolls", len(seen))
	}
}

func TestEveryWordFitsItsPlaceInBothLanguages(t *testing.T) {
	for _, lang := range []protocol.Lang{protocol.Chinese, protocol.English} {
		for _, status := range []protocol.Status{protocol.Open, protocol.Paused, protocol.Away, protocol.Closed} {
			b := pad.Frame(pad.View{Lang: lang, Status: status}, large)
			for y := range 64 {
				if b.On(127, y) && y >= 16 {
					t.Errorf("%s %s reaches the edge", lang, status)
				}
			}
			if !strings.Contains(b.String()[16*129:], "#") {
				t.Errorf("%s %s shows nothing", lang, status)
			}
		}
	}
}

func ExampleFrame() {
	v := pad.View{Lang: protocol.Chinese, Status: protocol.Open, Number: "A012", Stage: protocol.Serving, Waiting: 7, Line: "1 办结"}
	frame := pad.Frame(v, image.Pt(128, 64))
	fmt.Println(frame.Rect.Size(), len(frame.Pix), v.Moving(image.Pt(128, 64)))
	// Output: (128,64) 1024 false
}
