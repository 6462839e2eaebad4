package tidy

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// ours is the prefix of the module's own packages.
const ours = "jiaohao/"

// may is the import rule: what of ours each package may import directly. A
// package that is missing here fails, so that a new one is placed on purpose.
var may = map[string][]string{
	"protocol":               {},
	"protocol/link":          {"protocol", "protocol/link/spool"},
	"protocol/link/spool":    {},
	"protocol/link/linktest": {"protocol/link"},

	"hub/queue":            {"protocol"},
	"hub/forecast":         {"protocol", "hub/queue"},
	"hub/drive":            {"protocol", "hub/queue", "hub/forecast"},
	"hub/study":            {"protocol", "hub/queue", "hub/forecast", "hub/drive", "hub/replay"},
	"hub/whatif":           {"protocol", "hub/queue"},
	"hub/learn":            {"protocol", "hub/queue"},
	"hub/view":             {"protocol", "hub/queue"},
	"hub/journal":          {},
	"hub/broker":           {},
	"hub/hall":             {"protocol", "hub/queue", "hub/learn", "hub/forecast", "hub/view", "hub/journal"},
	"hub/wire":             {"protocol", "protocol/link", "hub/queue", "hub/view", "hub/journal", "hub/hall"},
	"hub/speech":           {"protocol", "hub/queue", "hub/view", "hub/journal", "hub/hall", "firmware/voice"}, // calls are spoken by the announcer's rules
	"hub/web":              {"protocol", "hub/queue", "hub/whatif", "hub/learn", "hub/view", "hub/journal", "hub/hall", "hub/speech"},
	"hub/app":              {"protocol", "protocol/link", "hub/queue", "hub/view", "hub/journal", "hub/hall", "hub/broker", "hub/wire", "hub/speech", "hub/web"},
	"hub/replay":           {"protocol", "protocol/link", "hub/queue", "hub/journal", "hub/hall", "hub/app"},
	"hub/simulation":       {"*"},
	"hub/demo":             {"*"},
	"hub/cmd/hub":          {"*"},
	"hub/internal/tidy":    {},
	"hub/internal/browser": {}, // of tests

	"firmware/glyph":                    {},
	"firmware/glyph/internal/gen":       {},
	"firmware/frame":                    {},
	"firmware/internal/golden":          {}, // of tests
	"firmware/max7219":                  {"firmware/frame"},
	"firmware/ws2812":                   {"firmware/frame"},
	"firmware/ssd1306":                  {"firmware/frame"},
	"firmware/ddp":                      {"firmware/frame"},
	"firmware/sign":                     {},
	"firmware/pad":                      {"protocol", "firmware/glyph"},
	"firmware/button":                   {},
	"firmware/escpos":                   {},
	"firmware/port":                     {"firmware/tty"},
	"firmware/notify":                   {},
	"firmware/install":                  {},
	"firmware/page":                     {"protocol"},
	"firmware/keyport":                  {"firmware/tty"},
	"firmware/tty":                      {},
	"firmware/lamp":                     {},
	"firmware/sim":                      {"firmware/glyph", "firmware/max7219", "firmware/ws2812", "firmware/ssd1306", "firmware/ddp", "firmware/sign", "firmware/escpos"},
	"firmware/internal/vmtest":          {"protocol", "protocol/link", "firmware/*", "terminal"},
	"firmware/board":                    {"protocol", "firmware/glyph", "firmware/max7219", "firmware/ws2812", "firmware/ssd1306", "firmware/ddp", "firmware/sign", "firmware/escpos", "firmware/button", "firmware/keyport", "firmware/lamp", "firmware/port", "firmware/sim"},
	"firmware/slip":                     {"protocol", "firmware/escpos"},
	"firmware/dispenser":                {"protocol", "firmware/page", "protocol/link", "protocol/link/spool", "firmware/glyph", "firmware/escpos", "firmware/button", "firmware/slip"},
	"firmware/display":                  {"protocol", "protocol/link", "firmware/glyph"},
	"firmware/voice/internal/sound":     {},
	"firmware/voice":                    {"protocol", "firmware/voice/internal/sound"},
	"firmware/voice/internal/makeclips": {"firmware/voice", "firmware/voice/internal/sound"},
	"firmware/cmd/announcer":            {"protocol", "protocol/link", "firmware/*"},
	"firmware/program":                  {"protocol", "protocol/link", "firmware/board", "firmware/notify"},
	"firmware/cmd/dispenser":            {"protocol", "protocol/link", "firmware/*"},
	"firmware/cmd/display":              {"protocol", "protocol/link", "firmware/*"},
	"firmware/cmd/probe":                {"protocol", "firmware/*"},

	"terminal":              {"protocol", "protocol/link", "firmware/button", "firmware/lamp", "firmware/page", "firmware/pad", "firmware/slip", "firmware/escpos"},
	"terminal/cmd/terminal": {"protocol", "protocol/link", "firmware/*", "terminal"},
}

// never lists what a package must not reach, not even through others, and why.
var never = []struct{ from, to, why string }{
	{"hub/queue", "time/tzdata", "the engine is pure: the program decides where zones come from"},
	{"hub/view", "net/http", "a view folds the state and knows no page"},
	{"firmware/cmd/dispenser", "modernc.org/sqlite", "device programs stay small: no database"},
	{"firmware/cmd/display", "modernc.org/sqlite", "device programs stay small: no database"},
	{"terminal/cmd/terminal", "modernc.org/sqlite", "device programs stay small: no database"},
	{"firmware/cmd/dispenser", "jiaohao/hub/", "a device knows the hub by the contract alone"},
	{"firmware/cmd/display", "jiaohao/hub/", "a device knows the hub by the contract alone"},
	{"firmware/cmd/announcer", "modernc.org/sqlite", "device programs stay small: no database"},
	{"firmware/cmd/announcer", "jiaohao/hub/", "a device knows the hub by the contract alone"},
	{"firmware/cmd/probe", "jiaohao/hub/", "a device knows the hub by the contract alone"},
	{"terminal/cmd/terminal", "jiaohao/hub/", "a device knows the hub by the contract alone"},
	{"hub/wire", "periph.io/", "the hub has no hardware"},
	{"hub/web", "github.com/eclipse/paho", "pages know the hall, not the wire"},
	{"hub/app", "jiaohao/hub/simulation", "nothing that runs in a hall knows the simulation"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Deps", "jiaohao/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestPackagesImportOnlyWhatTheTableAllows(t *testing.T) {
	for _, p := range list(t) {
		name, isOurs := strings.CutPrefix(p.ImportPath, ours)
		if !isOurs {
			continue
		}
		allowed, placed := may[name]
		if !placed {
			t.Errorf("package %s is not in the import table: place it", name)
		}
		for _, imp := range p.Imports {
			other, isOurs := strings.CutPrefix(imp, ours)
			if isOurs && !allows(allowed, other) {
				t.Errorf("%s imports %s; it may import only %v", name, other, allowed)
			}
		}
	}
}

func allows(allowed []string, other string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		prefix, wild := strings.CutSuffix(a, "*")
		return a == other || wild && strings.HasPrefix(other, prefix)
	})
}

// impure are the packages that a pure one does not import itself.
var impure = []string{"os", "io/fs", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "log/slog", "sync", "context"}

func TestPurePackagesImportNothingThatActs(t *testing.T) {
	for _, p := range list(t) {
		if !slices.Contains([]string{"hub/queue", "hub/view", "hub/forecast"}, strings.TrimPrefix(p.ImportPath, ours)) {
			continue
		}
		for _, imp := range p.Imports {
			if slices.Contains(impure, imp) {
				t.Errorf("%s imports %s: it is pure, the same events give the same state", p.ImportPath, imp)
			}
		}
	}
}

func TestPackagesNeverReachWhatTheyMustNot(t *testing.T) {
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, ours)
		for _, ban := range never {
			if ban.from != name {
				continue
			}
			for _, dep := range p.Deps {
				hit := dep == ban.to || strings.HasSuffix(ban.to, "/") && strings.HasPrefix(dep, ban.to)
				if !strings.HasSuffix(ban.to, "/") && strings.Contains(ban.to, ".") {
					hit = strings.HasPrefix(dep, ban.to)
				}
				if hit {
					t.Errorf("%s reaches %s: %s", name, dep, ban.why)
				}
			}
		}
	}
}
