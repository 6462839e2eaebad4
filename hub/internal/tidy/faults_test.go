package tidy

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"jiaohao/protocol"
)

// TestEveryFaultThatIsToldHasItsSentence finds the faults that programs tell, and the problems that a
// printer may have, in the list that all faces take their words from.
func TestEveryFaultThatIsToldHasItsSentence(t *testing.T) {
	listed := map[string]bool{}
	for _, f := range protocol.Faults() {
		listed[f.Part+" "+f.Code] = true
	}
	told := regexp.MustCompile(`(?:NewFault|\.fault)\("(\w+)", "(\w+)"`)
	problem := regexp.MustCompile(`Problem\w+\s+Problem = "(\w+)"`)
	seen := 0
	check := func(path, part, code string) {
		seen++
		if !listed[part+" "+code] {
			t.Errorf("%s tells the fault %s %s, for which protocol.Faults has no sentence", path, part, code)
		}
	}
	for _, top := range []string{"firmware", "terminal"} {
		err := filepath.WalkDir(filepath.Join("../../..", top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range told.FindAllSubmatch(raw, -1) {
				check(path, string(m[1]), string(m[2]))
			}
			if filepath.Base(filepath.Dir(path)) == "escpos" {
				for _, m := range problem.FindAllSubmatch(raw, -1) {
					check(path, "printer", string(m[1]))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 10 {
		t.Errorf("only %d faults were found: does this test still look at the right places?", seen)
	}
}

func TestTheHandbookListsEveryFault(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, f := range protocol.Faults() {
		row := "| `" + f.Part + " " + f.Code + "` | " + f.Text[protocol.Chinese] + " | " + f.Text[protocol.English] + " |"
		if !strings.Contains(string(raw), row) {
			t.Errorf("docs/operations.md lacks the row\n%s", row)
		}
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if parts := strings.Split(line, "|"); len(parts) == 5 && strings.Contains(parts[2], "：请") {
			rows++
		}
	}
	if want := len(protocol.Faults()); rows != want {
		t.Errorf("docs/operations.md has %d rows of faults, there are %d", rows, want)
	}
}
