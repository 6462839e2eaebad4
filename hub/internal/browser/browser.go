// Package browser has tests walk through pages in a real browser, by the scripts in .ci/browser.
package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Script returns the path of a script of .ci/browser, which is two folders above the test's own. Without Node.js, Chromium or
// playwright-core the test is skipped; with JIAOHAO_FULL=1, when everything must run, it fails.
func Script(t testing.TB, name string) string {
	t.Helper()
	folder, err := filepath.Abs("../../.ci/browser")
	if err != nil {
		t.Fatal(err)
	}
	_, missing := os.Stat(filepath.Join(folder, "node_modules", "playwright-core"))
	for _, program := range []string{"node", "chromium"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = err
		}
	}
	switch {
	case missing == nil:
	case os.Getenv("JIAOHAO_FULL") == "1":
		t.Fatalf("%v; .ci/setup installs it", missing)
	default:
		t.Skipf("%v; .ci/setup installs it", missing)
	}
	return filepath.Join(folder, name)
}

// Walk runs a script and fails the test unless it ends well within the longest time that it may take.
func Walk(t testing.TB, longest time.Duration, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	walk := exec.CommandContext(ctx, "node", append([]string{Script(t, script)}, args...)...)
	out, err := walk.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("node %s: %v", script, err)
	}
}
