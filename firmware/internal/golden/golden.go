// Package golden compares what tests make with files in testdata that people have looked at.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// update is the flag of tests that rewrites the files.
var update = flag.Bool("update", false, "rewrite the golden files")

// Update reports whether the files are to be rewritten.
func Update() bool { return *update }

// Text fails the test unless got is what testdata/name.txt holds; with -update it writes the file.
func Text(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what it was; look at it, then run go test with -update\n%s", path, got)
	}
}
