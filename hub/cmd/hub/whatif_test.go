package main

import (
	"strings"
	"testing"

	"jiaohao/hub/whatif"
)

// TestHelpHasAnExampleOfEachChangeThatTheCommandTakes reads each line of the help as --change would.
func TestHelpHasAnExampleOfEachChangeThatTheCommandTakes(t *testing.T) {
	var c whatifCmd
	for line := range strings.Lines(changeExamples) {
		c.Change = append(c.Change, line[:strings.Index(line, "}")+1])
	}
	changes, err := c.changes()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[whatif.ChangeKind]bool{}
	for _, change := range changes {
		shown[change.Do] = true
	}
	for _, kind := range whatif.ChangeKinds() {
		if !shown[kind] {
			t.Errorf("the help of hub whatif has no example of %s", kind)
		}
	}
	if len(changes) != len(whatif.ChangeKinds()) {
		t.Errorf("%d examples of %d changes", len(changes), len(whatif.ChangeKinds()))
	}
}
