package max7219

import "testing"

func TestCornersAreWhereTheBoardHasThem(t *testing.T) {
	field := func(change func(*Wiring)) Wiring {
		w := Wiring{Columns: 4, Rows: 2}
		change(&w)
		return w
	}
	for _, c := range []struct {
		name   string
		wiring Wiring
		x, y   int
		want   spot
	}{
		{"FC-16 upper left", field(func(*Wiring) {}), 0, 0, spot{3, 0, 0x80}},
		{"FC-16 upper right", field(func(*Wiring) {}), 31, 0, spot{0, 0, 0x01}},
		{"FC-16 lower left", field(func(*Wiring) {}), 0, 15, spot{7, 7, 0x80}},
		{"FC-16 lower right", field(func(*Wiring) {}), 31, 15, spot{4, 7, 0x01}},
		{"from the left", field(func(w *Wiring) { w.FromLeft = true }), 0, 0, spot{0, 0, 0x80}},
		{"from the bottom", field(func(w *Wiring) { w.FromBottom = true }), 31, 15, spot{0, 7, 0x01}},
		{"serpentine, first row", field(func(w *Wiring) { w.Serpentine = true }), 0, 0, spot{3, 0, 0x80}},
		{"serpentine, second row upside down", field(func(w *Wiring) { w.Serpentine = true }), 0, 8, spot{4, 7, 0x01}},
		{"turned by 90", field(func(w *Wiring) { w.Rotate = 90 }), 31, 0, spot{0, 0, 0x80}},
		{"turned by 180", field(func(w *Wiring) { w.Rotate = 180 }), 31, 0, spot{0, 7, 0x80}},
		{"generic, digits run left to right", field(func(w *Wiring) { w.Rotate = 270 }), 24, 0, spot{0, 0, 0x01}},
		{"generic, high bit is the lowest row", field(func(w *Wiring) { w.Rotate = 270 }), 31, 7, spot{0, 7, 0x80}},
		{"mirrored", field(func(w *Wiring) { w.Mirror = true }), 0, 0, spot{3, 0, 0x01}},
	} {
		if got := c.wiring.locate(c.x, c.y); got != c.want {
			t.Errorf("%s: LED %d, %d is at %+v, want %+v", c.name, c.x, c.y, got, c.want)
		}
	}
}
