package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options say what day it is. The zero value of each field is an ordinary day.
type Options struct {
	Seed    uint64        // of people and faults
	Dir     string        // empty folder for the hub's journal and the devices' states
	Length  time.Duration // how long the doors are open; 0 means 8 h
	Tickets int           // numbers that citizens want; 0 means 440
	Faults  Faults        // what goes wrong
	Mutant  Mutant        // what is broken on purpose
	Log     func(string)  // gets a line for each fault; nil for none
}

// Faults are how often each thing goes wrong in a day, at times that the seed chooses.
type Faults struct {
	Cuts      int           // cut links of any device, from seconds to 20 min
	LongCut   time.Duration // one more, of a dispenser
	Storms    int           // spells of a bad network
	Loss      float64       // share of messages that a storm loses, each way
	Kills     int           // of the hub's process, at any instant
	Answers   int           // kills right between commit and answer
	Stops     int           // orderly stops of the hub, with a request under way
	Broker    int           // restarts of the broker, which forgets what it retained
	Clocks    int           // steps of the hub's clock, both ways
	Paper     int           // paper, cover and knife of a dispenser's printer
	Power     int           // power cuts of dispensers, terminals and displays
	SlowBoard bool          // a board that takes 20 s for each state
}

// OrdinaryFaults are those of a bad but believable day.
func OrdinaryFaults() Faults {
	return Faults{
		Cuts: 24, LongCut: time.Hour, Storms: 5, Loss: 0.02, Kills: 3, Answers: 4, Stops: 4,
		Broker: 3, Clocks: 3, Paper: 5, Power: 5, SlowBoard: true,
	}
}

// HeavyFaults are for short days in which nothing ever works for long.
func HeavyFaults() Faults {
	return Faults{
		Cuts: 40, LongCut: 20 * time.Minute, Storms: 8, Loss: 0.25, Kills: 8, Answers: 10, Stops: 12,
		Broker: 6, Clocks: 4, Paper: 6, Power: 8, SlowBoard: true,
	}
}

// Mutant is a fault of design, by which the checkers are checked.
type Mutant string

// The mutants.
const (
	None           Mutant = ""
	JournalGone    Mutant = "journal gone"    // a hub that starts again without its journal
	JournalOld     Mutant = "journal old"     // a hub that starts again with the journal of its last start
	DispenserBlank Mutant = "dispenser blank" // a dispenser that forgets its folder in a power cut
	NewIDs         Mutant = "new ids"         // dispensers that ask again under another id
	NoStamps       Mutant = "no stamps"       // states without order
	DeafPanel      Mutant = "deaf panel"      // panels that drop every second picture
	LostReports    Mutant = "lost reports"    // dispensers whose print reports never leave
	LostLine       Mutant = "lost line"       // a service log that loses its first line
	EarlyAnswer    Mutant = "early answer"    // terminals that are told ok for a finish that the hub never got
)

// Report is what a day came to.
type Report struct {
	Seed     uint64
	Pressed  int            // presses that a dispenser accepted
	Slips    int            // slips on paper, whole
	Reprints int            // of these
	Issued   int            // tickets of the journal
	Offline  int            // of these, by a dispenser's own letter
	Late     int            // cancelled because the dispenser had given its own number
	TooLate  int            // late tickets that a window had called before they could be cancelled
	Called   int            // calls
	Finished int            // lines of the service log that say so
	NoShow   int            // and those
	Events   uint64         // of the journal
	Epochs   int            // starts of the hub
	Panels   int            // pictures compared
	Longest  time.Duration  // from a press to a number or a refusal
	Faults   map[string]int // that happened, by name
	Kinds    map[string]int // of the journal's events
	Broken   []string       // what must not be; empty is well
}

// String says the report in some lines.
func (r *Report) String() string {
	s := fmt.Sprintf("seed %d: %d presses, %d slips (%d reprints), %d tickets (%d offline, %d late, %d called too early), %d calls, %d finished, %d missed, %d events, %d epochs, %d pictures, longest answer %s",
		r.Seed, r.Pressed, r.Slips, r.Reprints, r.Issued, r.Offline, r.Late, r.TooLate, r.Called, r.Finished, r.NoShow, r.Events, r.Epochs, r.Panels, r.Longest)
	var names []string
	for name := range r.Faults {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s += fmt.Sprintf("\n  %s: %d", name, r.Faults[name])
	}
	for _, b := range r.Broken {
		s += "\n  BROKEN " + b
	}
	return s
}

// ruleMax is how many times a report names one broken rule: the first ones tell the story.
const ruleMax = 6

func (r *Report) broken(rule, format string, args ...any) {
	r.Broken = addBroken(r.Broken, rule, format, args...)
}

func addBroken(all []string, rule, format string, args ...any) []string {
	times := 0
	for _, b := range all {
		if strings.HasPrefix(b, rule+":") {
			times++
		}
	}
	if times >= ruleMax {
		return all
	}
	return append(all, rule+": "+fmt.Sprintf(format, args...))
}
