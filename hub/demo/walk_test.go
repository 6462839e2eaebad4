package demo

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// walkMax is far above what the walk takes on a loaded machine.
const walkMax = 3 * time.Minute

func TestWalkThroughTheHallInABrowser(t *testing.T) { walk(t, "walk.mjs") }

func TestPulledCablesAreSeenByPeopleAndHealInABrowser(t *testing.T) { walk(t, "unplug.mjs") }

// walk runs a browser's script against a hall of its own.
func walk(t *testing.T, script string) {
	t.Helper()
	folder, err := filepath.Abs("../../.ci/browser")
	if err != nil {
		t.Fatal(err)
	}
	missing := ""
	for _, program := range []string{"node", "chromium"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = program
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "playwright-core")); err != nil {
		missing = "playwright-core"
	}
	if missing != "" && os.Getenv("JIAOHAO_FULL") == "1" {
		t.Fatalf("%s is not installed; .ci/setup installs it", missing)
	}
	if missing != "" {
		t.Skipf("%s is not installed; .ci/setup installs it", missing)
	}
	hall := open(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), walkMax)
	defer cancel()
	walk := exec.CommandContext(ctx, "node", filepath.Join(folder, script), hall.URL())
	out, err := walk.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("node %s: %v", script, err)
	}
}
