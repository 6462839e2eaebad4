package display_test

import (
	"fmt"
	"image"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/display"
	"jiaohao/firmware/internal/golden"
	"jiaohao/protocol"
)

var field, lowField = image.Pt(64, 16), image.Pt(64, 8)

func calling(number string) *protocol.WindowState {
	return &protocol.WindowState{Window: "3", Label: "3", Name: protocol.Say("3号窗口", "Window 3"), Status: protocol.Open,
		Current: &protocol.Current{Number: number, Stage: protocol.Called, Call: 7}}
}

func idle(status protocol.Status, notice protocol.Text) *protocol.WindowState {
	return &protocol.WindowState{Window: "3", Label: "3", Name: protocol.Say("3号窗口", "Window 3"), Status: status, Notice: notice}
}

var both = []protocol.Lang{protocol.Chinese, protocol.English}

func TestPanelsLookAsTheyDid(t *testing.T) {
	for _, c := range []struct {
		name  string
		scene display.Scene
		size  image.Point
	}{
		{"number", display.Scene{State: calling("A012"), SinceCall: -1}, field},
		{"number-of-five", display.Scene{State: calling("A1012"), SinceCall: -1}, field},
		{"number-of-seven-is-plain-not-moving", display.Scene{State: calling("AB10123"), SinceCall: -1}, field},
		{"blinking-on", display.Scene{State: calling("A012"), SinceCall: 600 * time.Millisecond}, field},
		{"blinking-off", display.Scene{State: calling("A012"), SinceCall: 300 * time.Millisecond}, field},
		{"blinking-is-over", display.Scene{State: calling("A012"), SinceCall: 5300 * time.Millisecond}, field},
		{"paused", display.Scene{State: idle(protocol.Paused, nil), SinceCall: -1}, field},
		{"closed", display.Scene{State: idle(protocol.Closed, nil), SinceCall: -1}, field},
		{"free", display.Scene{State: idle(protocol.Open, nil), SinceCall: -1}, field},
		{"free-in-english", display.Scene{State: idle(protocol.Open, nil), SinceCall: -1, Languages: both, Shown: 5 * time.Second}, field},
		{"go-to-window-4-scrolls", display.Scene{State: idle(protocol.Paused, protocol.Say("请到4号窗口", "")), SinceCall: -1, Shown: 2 * time.Second}, field},
		{"hub-away-keeps-the-number", display.Scene{State: calling("A1012"), SinceCall: -1, Age: 46 * time.Second}, field},
		{"hub-away-is-said-when-idle", display.Scene{State: idle(protocol.Open, nil), SinceCall: -1, Age: 3*time.Minute + time.Second, Shown: 6 * time.Second}, field},
		{"first-light", display.Scene{SinceCall: -1}, field},
		{"hall-notice-in-between", display.Scene{State: idle(protocol.Open, nil), Notice: protocol.Say("十二点休息", ""), SinceCall: -1, Shown: 5 * time.Second}, field},
		{"low-number", display.Scene{State: calling("A012"), SinceCall: -1}, lowField},
		{"low-number-of-nine-is-plain", display.Scene{State: calling("AB1234567"), SinceCall: -1}, lowField},
		{"low-paused", display.Scene{State: idle(protocol.Paused, protocol.Say("请到4号窗口", "Go to 4")), SinceCall: -1}, lowField},
		{"low-chinese-alone-is-a-bar", display.Scene{State: idle(protocol.Paused, protocol.Say("请到4号窗口", "")), SinceCall: -1}, lowField},
		{"low-free-shows-the-label", display.Scene{State: &protocol.WindowState{Label: "3", Name: protocol.Say("社保窗口", ""), Status: protocol.Open}, SinceCall: -1}, lowField},
		{"large-panel", display.Scene{State: calling("A012"), SinceCall: -1}, image.Pt(128, 32)},
	} {
		t.Run(c.name, func(t *testing.T) {
			golden.Text(t, c.name, display.Frame(c.scene, c.size).String())
		})
	}
}

func TestNumbersNeverMove(t *testing.T) {
	for _, number := range []string{"A001", "A1012", "AB10123", "ABCDEFGHIJ"} {
		first := display.Frame(display.Scene{State: calling(number), SinceCall: -1}, field).String()
		for shown := range 20 {
			s := display.Scene{State: calling(number), SinceCall: -1, Shown: time.Duration(shown) * time.Second}
			if display.Frame(s, field).String() != first {
				t.Fatalf("%s is elsewhere after %d s", number, shown)
			}
		}
	}
}

func TestLongTextComesWholeAndAgain(t *testing.T) {
	notice := protocol.Say("本窗口暂停服务，请到4号窗口办理", "")
	dark, lit := 0, 0
	seen := map[string]bool{}
	for ms := 0; ms < 60_000; ms += 90 {
		p := display.Frame(display.Scene{State: idle(protocol.Paused, notice), SinceCall: -1, Shown: time.Duration(ms) * time.Millisecond}, field).String()
		seen[p] = true
		if strings.Contains(p, "#") {
			lit++
		} else {
			dark++
		}
	}
	if dark == 0 || lit < 20*dark || len(seen) < 50 {
		t.Errorf("%d dark and %d lit pictures, %d different: want a text that scrolls through and begins again", dark, lit, len(seen))
	}
}

func ExampleFrame() {
	scene := display.Scene{State: &protocol.WindowState{Current: &protocol.Current{Number: "A7"}}, SinceCall: -1}
	b := display.Frame(scene, image.Pt(24, 16))
	lit := 0
	for y := range 16 {
		for x := range 24 {
			if b.On(x, y) {
				lit++
			}
		}
	}
	fmt.Println(b.Rect.Size(), lit > 50)
	// Output: (24,16) true
}
