package simulation_test

import (
	"fmt"

	"jiaohao/hub/simulation"
)

// A report names each rule that was broken, and what there was in the day.
func ExampleReport_String() {
	report := simulation.Report{
		Seed: 7, Pressed: 2, Slips: 2, Issued: 2, Called: 1, Finished: 1, Events: 9, Epochs: 2,
		Faults: map[string]int{"hub killed": 1},
		Broken: []string{"number twice on paper: A001"},
	}
	fmt.Println(&report)
	// Output:
	// seed 7: 2 presses, 2 slips (0 reprints), 2 tickets (0 offline, 0 late, 0 called too early), 1 calls, 1 finished, 0 missed, 9 events, 2 epochs, 0 pictures, longest answer 0s
	//   hub killed: 1
	//   BROKEN number twice on paper: A001
}
