//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// line is one line of gpio-sim, joined to a push button that closes to ground.
type line struct{ pull *os.File }

// findLine finds line n of the simulated chip.
func findLine(n int) (line, error) {
	found, err := filepath.Glob(fmt.Sprintf("/sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio%d/pull", n))
	if err != nil || len(found) != 1 {
		return line{}, fmt.Errorf("line %d of gpio-sim is not there: %v %w", n, found, err)
	}
	f, err := os.OpenFile(found[0], os.O_WRONLY, 0)
	return line{f}, err
}

func (l line) set(down bool) error {
	level := "pull-up"
	if down {
		level = "pull-down"
	}
	_, err := l.pull.WriteAt([]byte(level), 0)
	return err
}

// press is a finger: down for a while, then up. It is a slow one, since the emulated
// machine is slow: a program that gets no processor for as long as the finger is down sees
// no press.
func (l line) press() error {
	const held = 400 * time.Millisecond
	if err := l.set(true); err != nil {
		return err
	}
	time.Sleep(held)
	return l.set(false)
}

// bounce changes the level so many times as fast as the kernel takes it and
// ends at down. It returns how long that took and the longest rest between two changes.
func (l line) bounce(times int, down bool) (took, rest time.Duration, err error) {
	start := time.Now()
	last := start
	for i := range times {
		if err := l.set(down == ((times-i)%2 == 1)); err != nil {
			return 0, 0, err
		}
		now := time.Now()
		rest, last = max(rest, now.Sub(last)), now
	}
	return time.Since(start), rest, nil
}
