package button

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"periph.io/x/conn/v3/gpio"
)

const (
	// scanEvery is the time between two scans of a keypad: short enough for the fastest typist,
	// long enough to cost a Pi Zero next to nothing.
	scanEvery = 10 * time.Millisecond
	// scansSame is the number of scans that must agree, 20 ms in all.
	scansSame = 3
	// downMax is the number of keys that may be down at once. With three keys a matrix without diodes
	// shows a fourth that nobody pressed.
	downMax = 2
	// settle is the time that a row's level needs to reach the columns through a ribbon cable.
	settle = 20 * time.Microsecond
	// keysMax bounds a keypad; the set of keys that are down is a 64-bit word.
	keysMax = 64
	// scansStuck is the number of scans after which a key that is down counts as stuck, 10 s in all.
	scansStuck = int(stuckDefault / scanEvery)
)

// Keypad is a matrix of keys, joined where rows and columns cross.
type Keypad struct {
	rows, cols []gpio.PinIO
	keys       []string // by row, then column
}

// NewKeypad returns the keypad with the given lines. layout names the keys: one string for each row, one
// character for each column, for example "123", "456", "789", "*0#".
//
// It returns an error if layout does not fit the lines, names a key twice or has more than 64 keys.
func NewKeypad(rows, cols []gpio.PinIO, layout []string) (*Keypad, error) {
	if len(layout) != len(rows) || len(rows) == 0 || len(cols) == 0 {
		return nil, fmt.Errorf("button: keypad layout of %d rows for %d row and %d column lines, must be as many rows and at least 1",
			len(layout), len(rows), len(cols))
	}
	if len(rows)*len(cols) > keysMax {
		return nil, fmt.Errorf("button: keypad of %d keys, must be at most %d", len(rows)*len(cols), keysMax)
	}
	k := &Keypad{rows: rows, cols: cols}
	seen := map[rune]bool{}
	for i, row := range layout {
		if utf8.RuneCountInString(row) != len(cols) {
			return nil, fmt.Errorf("button: keypad layout row %d is %q, must be %d keys", i+1, row, len(cols))
		}
		for _, key := range row {
			if seen[key] {
				return nil, fmt.Errorf("button: keypad layout names %q twice, each key must be named once", key)
			}
			seen[key] = true
			k.keys = append(k.keys, string(key))
		}
	}
	return k, nil
}

// Keys returns the names of the keys, row by row.
func (k *Keypad) Keys() []string { return slices.Clone(k.keys) }

// Run scans the keypad and tells each key that goes down, once, until ctx is done. A key that is
// down already when Run starts is not told. Two keys may overlap, as they do when
// somebody types fast; while three or more are down nothing is told. state is told of keys that have been
// down for 10 s, and nil when all of them have come up.
//
// press and state are called by Run itself; while they run nothing is scanned. Run returns the
// context's error, or an error if a line cannot be set up or driven. On return no row is driven.
func (k *Keypad) Run(ctx context.Context, press func(key string), state func(error)) (err error) {
	defer func() { err = errors.Join(err, k.release()) }()
	for _, col := range k.cols {
		if err := col.In(gpio.PullUp, gpio.NoEdge); err != nil {
			return fmt.Errorf("button: keypad column %s as input: %w", col, err)
		}
	}
	if err := k.release(); err != nil {
		return err
	}
	tick := time.NewTicker(scanEvery)
	defer tick.Stop()
	var filter keyFilter
	held := holding{scans: make([]int, len(k.keys))}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		down, err := k.scan()
		if err != nil {
			return err
		}
		fresh := filter.fresh(down)
		for i, key := range k.keys {
			if fresh&(1<<i) != 0 {
				press(key)
			}
		}
		if stuck, news := held.look(down); news {
			state(k.stuckError(stuck))
		}
	}
}

// stuckError names the keys that are stuck; nil for none.
func (k *Keypad) stuckError(stuck uint64) error {
	if stuck == 0 {
		return nil
	}
	var names []string
	for i, key := range k.keys {
		if stuck&(1<<i) != 0 {
			names = append(names, key)
		}
	}
	return fmt.Errorf("%w: %s", ErrStuck, strings.Join(names, " "))
}

// ErrStuck says that keys have been down for longer than anybody presses.
var ErrStuck = errors.New("button: stuck key")

// release lets all rows float.
func (k *Keypad) release() error {
	for _, row := range k.rows {
		if err := row.In(gpio.PullUp, gpio.NoEdge); err != nil {
			return fmt.Errorf("button: keypad row %s as input: %w", row, err)
		}
	}
	return nil
}

// scan returns the keys that are down, a bit for each. Only one row is driven at a time and the
// others float, so that two keys in one column cannot short two outputs.
func (k *Keypad) scan() (down uint64, err error) {
	for r, row := range k.rows {
		if err := row.Out(gpio.Low); err != nil {
			return 0, fmt.Errorf("button: keypad row %s low: %w", row, err)
		}
		time.Sleep(settle)
		for c, col := range k.cols {
			if col.Read() == gpio.Low {
				down |= 1 << (r*len(k.cols) + c)
			}
		}
		if err := row.In(gpio.PullUp, gpio.NoEdge); err != nil {
			return 0, fmt.Errorf("button: keypad row %s as input: %w", row, err)
		}
	}
	return down, nil
}

// keyFilter finds the keys that went down in a row of scans.
type keyFilter struct {
	last     uint64 // the last scan
	same     int    // how many scans in a row were like it
	believed uint64 // the last set of keys that stayed for scansSame scans
	started  bool   // believed holds something
}

// fresh takes in a scan and returns the keys to be told.
func (f *keyFilter) fresh(down uint64) uint64 {
	if down != f.last {
		f.last, f.same = down, 0
	}
	f.same++
	if f.same != scansSame {
		return 0
	}
	fresh := down &^ f.believed
	if !f.started || bits.OnesCount64(down) > downMax {
		fresh = 0
	}
	f.believed, f.started = down, true
	return fresh
}

// holding finds keys that stay down.
type holding struct {
	scans []int // scans, by key
	stuck uint64
}

// look takes in a scan and returns the keys that are stuck, and whether they are others than before.
func (h *holding) look(down uint64) (stuck uint64, news bool) {
	for i := range h.scans {
		if down&(1<<i) == 0 {
			h.scans[i] = 0
			continue
		}
		if h.scans[i]++; h.scans[i] >= scansStuck {
			stuck |= 1 << i
		}
	}
	news = stuck != h.stuck
	h.stuck = stuck
	return stuck, news
}
