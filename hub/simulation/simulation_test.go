package simulation

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seed = flag.Uint64("seed", 1, "of the first day")
	days = flag.Int("days", 1, "how many days, each with the next seed")
	loud = flag.Bool("loud", false, "print each fault of a day")
)

// memory is a folder in memory where there is one: the devices write to disk at
// every slip, and a day has no power to lose.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "hall")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// live lets one day pass in a bubble.
func live(t *testing.T, o Options) (report *Report) {
	t.Helper()
	o.Dir = memory(t)
	if *loud {
		o.Log = func(line string) { t.Log(line) }
	}
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		var err error
		if report, err = Run(o); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%s of real time", time.Since(real).Round(10*time.Millisecond))
	return report
}

// well fails with the command that lives the same day again.
func well(t *testing.T, report *Report, name string) {
	t.Helper()
	t.Log(report)
	if len(report.Broken) > 0 {
		t.Errorf("%d rules are broken; again: go test ./hub/simulation -run %s -seed %d -loud -v", len(report.Broken), name, report.Seed)
	}
}

// TestDays lets whole days pass, with everything that goes wrong in a bad one.
func TestDays(t *testing.T) {
	for n := range uint64(*days) {
		t.Run(fmt.Sprint("seed=", *seed+n), func(t *testing.T) {
			report := live(t, Options{Seed: *seed + n, Faults: OrdinaryFaults()})
			well(t, report, "Days")
			for _, kind := range []string{
				"hub_started", "day_opened", "issued", "printed", "called", "recalled", "arrived", "no_show", "reactivated",
				"held", "resumed", "transferred", "finished", "undone", "signed_on", "signed_off", "paused",
				"unpaused", "help_asked", "cover_started", "cover_ended", "device_lost", "device_back",
			} {
				if report.Kinds[kind] == 0 {
					t.Errorf("nothing of kind %s has happened: the day is not believable", kind)
				}
			}
		})
	}
}

// TestHoursInWhichNothingWorksForLong are short days with many faults at once.
func TestHoursInWhichNothingWorksForLong(t *testing.T) {
	for n := range uint64(2 * *days) {
		t.Run(fmt.Sprint("seed=", *seed+n), func(t *testing.T) {
			well(t, live(t, Options{Seed: *seed + n, Length: 90 * time.Minute, Tickets: 120, Faults: HeavyFaults()}), "Hours")
		})
	}
}

func TestQuietHourIsWell(t *testing.T) {
	report := live(t, Options{Seed: *seed, Length: time.Hour, Tickets: 55})
	well(t, report, "Quiet")
	if report.Offline+report.Late+report.Reprints > 0 || report.Slips != report.Pressed || report.Issued != report.Slips {
		t.Error("without faults every press is one slip of the hub's number")
	}
}
