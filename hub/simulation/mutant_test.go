package simulation

import (
	"strings"
	"testing"
	"time"
)

// Each mutant breaks one part of the hall; a checker must say so by its name. A
// seed may spare a mutant, so each gets some.
func TestEachMutantIsCaughtByItsChecker(t *testing.T) {
	const tries = 4
	for _, m := range []struct {
		mutant Mutant
		rule   string
		faults Faults
	}{
		{JournalGone, "number twice on paper", Faults{Kills: 3}},
		{JournalOld, "answered but not in the journal", Faults{Kills: 3}},
		{DispenserBlank, "printed but not in the journal", Faults{LongCut: 40 * time.Minute, Power: 8}},
		{NewIDs, "ghosts", Faults{Storms: 8, Loss: 0.4}},
		{NoStamps, "order of states", Faults{}},
		{DeafPanel, "panel", Faults{}},
		{LostReports, "print reports", Faults{}},
		{LostLine, "service log", Faults{}},
		{EarlyAnswer, "answered but not in the journal", Faults{}},
	} {
		t.Run(string(m.mutant), func(t *testing.T) {
			t.Parallel()
			for n := range uint64(tries) {
				report := live(t, Options{Seed: *seed + n, Length: 40 * time.Minute, Tickets: 50, Faults: m.faults, Mutant: m.mutant})
				for _, b := range report.Broken {
					if strings.HasPrefix(b, m.rule+":") {
						t.Logf("caught: %s", b)
						return
					}
				}
				t.Log(report)
			}
			t.Errorf("no seed of %d to %d broke %q", *seed, *seed+tries-1, m.rule)
		})
	}
}
