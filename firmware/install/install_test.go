package install_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// programs are those that the script installs, with their units.
var programs = map[string]string{
	"hub": "jiaohao.service", "dispenser": "jiaohao-dispenser.service", "display": "jiaohao-display.service",
	"terminal": "jiaohao-terminal.service", "announcer": "jiaohao-announcer.service",
}

// installed runs the script into a folder and returns it; more are programs without a unit.
func installed(t *testing.T, more ...string) string {
	t.Helper()
	bin, root := t.TempDir(), t.TempDir()
	args := []string{"install", bin}
	for _, name := range slices.AppendSeq(more, maps.Keys(programs)) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	script := exec.Command("sh", args...)
	script.Env = append(os.Environ(), "DESTDIR="+root)
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("install: %v\n%s", err, out)
	}
	return root
}

func TestEveryProgramIsInstalledWithItsUnit(t *testing.T) {
	root := installed(t)
	for name, unit := range programs {
		raw, err := os.ReadFile(filepath.Join(root, "usr/lib/systemd/system", unit))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(raw), "\nExecStart=/usr/lib/jiaohao/"+name+" ") {
			t.Errorf("%s does not start %s", unit, name)
		}
		info, err := os.Stat(filepath.Join(root, "usr/lib/jiaohao", name))
		if err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// TestProgramsThatPeopleTypeAreInThePath follows the links: runuser -u jiaohao -- hub enroll needs them.
func TestProgramsThatPeopleTypeAreInThePath(t *testing.T) {
	root := installed(t, "probe")
	for _, name := range []string{"hub", "probe"} {
		got, err := filepath.EvalSymlinks(filepath.Join(root, "usr/bin", name))
		if want := filepath.Join(root, "usr/lib/jiaohao", name); err != nil || got != want {
			t.Errorf("/usr/bin/%s leads to %s, %v; want %s", name, got, err, want)
		}
	}
	if _, err := os.Lstat(filepath.Join(root, "usr/bin/dispenser")); err == nil {
		t.Error("/usr/bin has a program that only its unit starts")
	}
}

func TestAProgramThatIsNotHadIsRefused(t *testing.T) {
	script := exec.Command("sh", "install", t.TempDir(), "fridge")
	script.Env = append(os.Environ(), "DESTDIR="+t.TempDir())
	if out, err := script.CombinedOutput(); err == nil || !strings.Contains(string(out), "fridge is not") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestUnitsAreSoundAndHaveLeastRights has systemd read the units and judge their exposure, which
// is at most 2 of 10 ("OK").
func TestUnitsAreSoundAndHaveLeastRights(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	const most = "2.0"
	units := filepath.Join(installed(t), "usr/lib/systemd/system")
	score := regexp.MustCompile(`exposure level for \S+: ([0-9.]+)`)
	for name, unit := range programs {
		file := filepath.Join(units, unit)
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// Its program is not at its place here; something else that can be started is.
		here := strings.Replace(string(raw), "ExecStart=/usr/lib/jiaohao/"+name+" ", "ExecStart=/bin/true ", 1)
		if err := os.WriteFile(file, []byte(here), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", unit, err, out)
		}
		out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", file).CombinedOutput()
		found := score.FindSubmatch(out)
		if err != nil || found == nil || string(found[1]) > most {
			t.Errorf("%s: %v, exposure %s, want at most %s\n%s", unit, err, found, most, out)
			continue
		}
		t.Logf("%s: exposure %s of 10", unit, found[1])
	}
}

// TestUdevRulesAreOfTheLanguage checks each rule's form: udev itself only logs what it does not know.
func TestUdevRulesAreOfTheLanguage(t *testing.T) {
	raw, err := os.ReadFile("70-jiaohao.rules")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`^(ACTION|SUBSYSTEM|KERNEL|DRIVER|ATTR\{[\w/]+\}|ENV\{\w+\}|TEST)(==|!=)"[^"]*"$`)
	test := regexp.MustCompile(`^TEST=="[\w/]+"$`)
	assign := regexp.MustCompile(`^((GROUP|MODE|GOTO|LABEL|ATTR\{[\w/]+\}|ENV\{\w+\})="[^"]+"|SYMLINK\+="[\w/$:{}-]+"|IMPORT\{builtin\}="(usb_id|path_id)")$`)
	rules := 0
	for i, line := range strings.Split(string(raw), "\n") {
		rule := strings.TrimPrefix(line, "#SUBSYSTEM") // an example
		if rule != line {
			rule = "SUBSYSTEM" + rule
		}
		if rule == "" || strings.HasPrefix(rule, "#") {
			continue
		}
		rules++
		acts := false
		for _, part := range strings.Split(rule, ", ") {
			switch {
			case assign.MatchString(part):
				acts = true
			case !match.MatchString(part) && !test.MatchString(part):
				t.Errorf("line %d: %q is no match and no assignment", i+1, part)
			}
		}
		if !acts {
			t.Errorf("line %d does nothing: %s", i+1, line)
		}
	}
	if rules < 10 {
		t.Errorf("%d rules", rules)
	}
}
