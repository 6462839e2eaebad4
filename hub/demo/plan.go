package demo

import (
	_ "embed"
	"fmt"

	"jiaohao/hub/queue"
)

//go:embed plan.yaml
var planFile []byte

// What the demo's people type.
const (
	clerkPIN = "1234"

	managerID  = "m01"
	managerPIN = "8888"
)

// Plan returns the demo's hall.
func Plan() (*queue.Plan, error) {
	p, err := queue.ParsePlan(planFile)
	if err != nil {
		return nil, fmt.Errorf("demo: plan: %w", err)
	}
	return &p, nil
}
