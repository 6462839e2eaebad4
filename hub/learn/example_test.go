package learn_test

import (
	"fmt"
	"math"
	"time"

	"jiaohao/hub/learn"
	"jiaohao/hub/queue"
)

// Two days at a window teach that its business takes longer than was typed in.
func ExampleFrom() {
	plan := &queue.Plan{
		Services: []queue.Service{{ID: "tax", Typical: queue.Duration(6 * time.Minute)}},
		Clerks:   []queue.Clerk{{ID: "lin"}},
	}
	var day []learn.Line
	for i := range 40 {
		day = append(day, learn.Line{Service: "tax", Clerk: "lin", Slot: 18 + i/8, Arrived: true, Served: time.Duration(4+i%20) * time.Minute})
	}
	first := learn.From(day, nil, plan, "2026-11-23")
	second := learn.From(day, &first, plan, "2026-11-24")
	for _, figures := range []*queue.Figures{nil, &first, &second} {
		b := learn.Of(figures, plan)
		fmt.Printf("version %d: lin needs %.0f min\n", b.Version(), b.Mean("tax")*math.Exp(b.Clerk("lin"))/60)
	}
	// Output:
	// version 0: lin needs 6 min
	// version 1: lin needs 13 min
	// version 2: lin needs 13 min
}
