package demo

import (
	"testing"
	"time"

	"jiaohao/hub/internal/browser"
)

// walkMax is far above what the walk takes on a loaded machine.
const walkMax = 3 * time.Minute

func TestWalkThroughTheHallInABrowser(t *testing.T) { walk(t, "walk.mjs") }

func TestPulledCablesAreSeenByPeopleAndHealInABrowser(t *testing.T) { walk(t, "unplug.mjs") }

// walk runs a browser's script against a hall of its own.
func walk(t *testing.T, script string) {
	t.Helper()
	browser.Script(t, script) // before a hall is opened in vain
	browser.Walk(t, walkMax, script, open(t, Options{}).URL())
}
