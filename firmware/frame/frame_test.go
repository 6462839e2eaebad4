package frame_test

import (
	"fmt"
	"image"
	"testing"

	"jiaohao/firmware/frame"
)

func TestWrongPictureOrBrightnessChangesNothing(t *testing.T) {
	f, err := frame.New("chip", image.Pt(9, 2), 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Put([]byte{0, 0x80, 0x01, 0}); err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]error{
		"chip: picture of 3 bytes, must be 4":  f.Put(make([]byte, 3)),
		"chip: intensity 16, must be 0 to 15":  f.Dim(16),
		"chip: intensity -1, must be 0 to 15":  f.Dim(-1),
		"other: intensity 99, must be 0 to 15": func() error { _, err := frame.New("other", image.Pt(8, 8), 99); return err }(),
	} {
		if fmt.Sprint(wrong) != name {
			t.Errorf("%v, want %q", wrong, name)
		}
	}
	for y := range 2 {
		for x := range 9 {
			if want := x == 8 && y == 0 || x == 7 && y == 1; f.On(x, y) != want {
				t.Errorf("dot %d, %d is %v", x, y, !want)
			}
		}
	}
	if f.Step() != 7 || f.Bounds() != image.Rect(0, 0, 9, 2) {
		t.Errorf("step %d, bounds %v", f.Step(), f.Bounds())
	}
}

func ExampleFrame() {
	f, err := frame.New("max7219", image.Pt(8, 8), 4)
	if err != nil {
		fmt.Println(err)
		return
	}
	f.SetOn(3, 0, true)
	fmt.Println(f.On(3, 0), f.Step(), f.Dim(16))
	// Output: true 4 max7219: intensity 16, must be 0 to 15
}
