package queue

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"testing"

	"jiaohao/protocol"
)

// edgeCodes are given before a command reaches the engine.
var edgeCodes = map[protocol.Code]string{
	protocol.UnknownVersion: "the codec",
	protocol.ClockNotSet:    "the hall: the engine has no clock",
	protocol.ServiceClosed:  "a dispenser without the hub",
	protocol.WrongPIN:       "the hall: the engine sees no PIN",
	protocol.PINLocked:      "the hall: the engine sees no PIN",
	protocol.Overloaded:     "the hall: its queue of commands",
	protocol.Unavailable:    "the hall: its journal",
}

func TestEveryRefusalAndEveryEventHasAScenario(t *testing.T) {
	codes, kinds := map[protocol.Code]bool{}, map[string]bool{}
	for _, file := range scenarios(t) {
		h := runScenario(t, file)
		maps.Copy(codes, h.codes)
		for _, r := range h.records {
			kinds[r.Event.Kind()] = true
		}
	}
	for _, kind := range Kinds() {
		if !kinds[kind] {
			t.Errorf("no scenario has the event %s", kind)
		}
	}
	for _, code := range contractCodes(t) {
		who, edge := edgeCodes[code]
		if edge && codes[code] {
			t.Errorf("the engine refused %s, which is left to %s", code, who)
		}
		if !edge && !codes[code] {
			t.Errorf("no scenario has the refusal %s", code)
		}
	}
}

// contractCodes reads the codes from the contract's source, so that a new one
// cannot be forgotten here.
func contractCodes(t *testing.T) []protocol.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../protocol/refusal.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []protocol.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, protocol.Code(code))
		}
		return true
	})
	if len(codes) < 20 || !slices.Contains(codes, protocol.Unavailable) {
		t.Fatalf("read %d codes from the contract: %v", len(codes), codes)
	}
	return codes
}
