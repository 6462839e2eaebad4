package demo_test

import (
	"fmt"

	"jiaohao/hub/demo"
	"jiaohao/protocol"
)

func ExamplePlan() {
	plan, err := demo.Plan()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Name.In(protocol.English))
	for _, pair := range plan.Pairs {
		fmt.Printf("windows %s and %s stand in for each other\n", pair.A, pair.B)
	}
	// Output:
	// Binhe Government Service Centre
	// windows 1 and 2 stand in for each other
	// windows 3 and 4 stand in for each other
	// windows 5 and 6 stand in for each other
}
