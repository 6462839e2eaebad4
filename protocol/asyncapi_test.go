package protocol_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"

	"github.com/goccy/go-yaml"
)

// node is a part of the document.
type node = map[string]any

// contract reads asyncapi.yaml.
func contract(t *testing.T) node {
	t.Helper()
	text, err := os.ReadFile("asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	var doc node
	if err := json.Unmarshal(asJSON, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at walks down the document; a part that is not there fails the test.
func at(t *testing.T, n node, path ...string) node {
	t.Helper()
	for _, p := range path {
		next, ok := n[p].(node)
		if !ok {
			t.Fatalf("asyncapi.yaml has no %s at %q", strings.Join(path, "/"), p)
		}
		n = next
	}
	return n
}

// payloads are the messages of the kinds of topic.
var payloads = map[protocol.Kind]any{
	protocol.KindPresence: protocol.Presence{}, protocol.KindHealth: protocol.Health{},
	protocol.KindRequest: protocol.Request{}, protocol.KindReply: protocol.Reply{}, protocol.KindConfig: protocol.Config{},
	protocol.KindWindow: protocol.WindowState{}, protocol.KindService: protocol.ServiceState{}, protocol.KindBoard: protocol.Board{},
	protocol.KindAnnounce: protocol.Announce{}, protocol.KindEvent: protocol.Event{},
}

func TestContractRefersOnlyToWhatItHas(t *testing.T) {
	doc := contract(t)
	if doc["asyncapi"] != "3.0.0" {
		t.Errorf("asyncapi is %v, want 3.0.0", doc["asyncapi"])
	}
	var check func(any)
	check = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				check(e)
			}
		case node:
			if ref, ok := v["$ref"].(string); ok {
				at(t, doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
				if len(v) != 1 {
					t.Errorf("%s stands beside other words, which nobody would read", ref)
				}
			}
			for _, e := range v {
				check(e)
			}
		}
	}
	check(doc)
}

func TestContractHasEveryTopicWithItsMessageAndRights(t *testing.T) {
	doc := contract(t)
	channels := at(t, doc, "channels")
	kinds, all := slices.Sorted(maps.Keys(payloads)), constants(t)
	if got := all["Kind"]; !slices.Equal(got, words(kinds)) {
		t.Errorf("the kinds of topic are %v, this test knows %v", got, kinds)
	}
	if got := slices.Sorted(maps.Keys(channels)); !slices.Equal(got, words(kinds)) {
		t.Errorf("channels %v, want %v", got, kinds)
	}
	for kind, message := range payloads {
		channel := at(t, channels, string(kind))
		want := protocol.Topic{Hall: "{hall}", Kind: kind, Device: "{device}", Window: "{window}", Service: "{service}"}.String()
		if channel["address"] != want {
			t.Errorf("channel %s is at %v, want %s", kind, channel["address"], want)
		}
		for _, name := range []string{"hall", "device", "window", "service"} {
			_, named := at(t, channel, "parameters")[name]
			if named != strings.Contains(want, "{"+name+"}") {
				t.Errorf("channel %s: parameter %s is named: %v", kind, name, named)
			}
		}
		typeName := reflect.TypeOf(message).Name()
		if ref := at(t, channel, "messages", string(kind))["$ref"]; ref != "#/components/messages/"+typeName {
			t.Errorf("channel %s carries %v, want %s", kind, ref, typeName)
		}
		if ref := at(t, doc, "components", "messages", typeName, "payload")["$ref"]; ref != "#/components/schemas/"+typeName {
			t.Errorf("message %s has the schema %v", typeName, ref)
		}
		for _, right := range []string{"publish", "subscribe"} {
			for _, who := range texts(at(t, channel, "x-rights")[right]) {
				if who != "hub" && !slices.Contains(all["DeviceKind"], who) {
					t.Errorf("channel %s: %s may %s, but there is no such kind of device", kind, who, right)
				}
			}
		}
	}
}

func TestContractSaysHowEachTopicIsPublished(t *testing.T) {
	doc := contract(t)
	seen := map[string]bool{}
	for name, operation := range at(t, doc, "operations") {
		operation := operation.(node)
		kind := strings.TrimPrefix(at(t, operation, "channel")["$ref"].(string), "#/channels/")
		seen[kind] = true
		fromDevice := slices.Contains([]string{"presence", "health", "request"}, kind)
		retained := !slices.Contains([]string{"request", "reply", "announce", "event"}, kind)
		action, qos := "receive", 0.0
		if fromDevice {
			action, qos = "send", 1
		}
		mqtt := at(t, operation, "bindings", "mqtt")
		if operation["action"] != action || mqtt["qos"] != qos || mqtt["retain"] != retained {
			t.Errorf("operation %s: %v, qos %v, retain %v; want %s, %v, %v", name, operation["action"], mqtt["qos"], mqtt["retain"], action, qos, retained)
		}
		if kind == "request" {
			at(t, operation, "reply", "channel")
			seen["reply"] = true
		}
	}
	for kind := range payloads {
		if !seen[string(kind)] {
			t.Errorf("no operation for %s", kind)
		}
	}
}

func TestContractHasExactlyTheFieldsOfTheGoTypes(t *testing.T) {
	schemas := at(t, contract(t), "components", "schemas")
	checked := map[string]bool{}
	for _, message := range payloads {
		checkStruct(t, schemas, reflect.TypeOf(message), checked)
	}
	for name, schema := range schemas {
		if _, isStruct := schema.(node)["properties"]; isStruct && !checked[name] {
			t.Errorf("schema %s has no Go type in any message", name)
		}
	}
}

// checkStruct holds the schema of one struct, and of all that it uses, against its type.
func checkStruct(t *testing.T, schemas node, typ reflect.Type, checked map[string]bool) {
	t.Helper()
	if checked[typ.Name()] {
		return
	}
	checked[typ.Name()] = true
	schema := at(t, schemas, typ.Name())
	properties := at(t, schema, "properties")
	var fields, required []string
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, name)
		if options == "" {
			required = append(required, name)
		}
		property, ok := properties[name].(node)
		if !ok {
			t.Errorf("schema %s has no field %s", typ.Name(), name)
			continue
		}
		checkType(t, schemas, typ.Name()+"."+name, property, f.Type, checked)
	}
	for name := range properties {
		if !slices.Contains(fields, name) {
			t.Errorf("schema %s has the field %s, the Go type has not", typ.Name(), name)
		}
	}
	if got := texts(schema["required"]); !slices.Equal(sorted(got), sorted(required)) {
		t.Errorf("schema %s requires %v, want %v", typ.Name(), got, required)
	}
}

func checkType(t *testing.T, schemas node, where string, schema node, typ reflect.Type, checked map[string]bool) {
	t.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if all, ok := schema["allOf"].([]any); ok {
		schema = all[0].(node)
	}
	ref, _ := schema["$ref"].(string)
	name := strings.TrimPrefix(ref, "#/components/schemas/")
	inPackage := typ.PkgPath() == reflect.TypeFor[protocol.Request]().PkgPath()
	switch {
	case typ == reflect.TypeFor[time.Time]():
		expect(t, where, schema, "string", "format", "date-time")
	case typ == reflect.TypeFor[[]byte]():
		expect(t, where, schema, "string", "contentEncoding", "base64")
	case typ.Kind() == reflect.Slice:
		expect(t, where, schema, "array", "", nil)
		checkType(t, schemas, where+"[]", at(t, schema, "items"), typ.Elem(), checked)
	case inPackage && name != typ.Name():
		t.Errorf("%s is a %q, want %s", where, name, typ.Name())
	case typ.Kind() == reflect.Struct:
		checkStruct(t, schemas, typ, checked)
	case inPackage && typ.Kind() == reflect.String:
		expect(t, name, at(t, schemas, name), "string", "", nil)
	case inPackage && typ.Kind() == reflect.Map:
		expect(t, name, at(t, schemas, name), "object", "", nil)
	default:
		if name == "Epoch" || name == "Seq" {
			schema = at(t, schemas, name)
		}
		want := map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer", reflect.Uint64: "integer"}
		expect(t, where, schema, want[typ.Kind()], "", nil)
	}
}

func expect(t *testing.T, where string, schema node, kind, key string, value any) {
	t.Helper()
	if schema["type"] != kind || key != "" && schema[key] != value {
		t.Errorf("%s is %v, want type %s %s %v", where, schema, kind, key, value)
	}
}

func TestContractListsEveryActionCodeAndKind(t *testing.T) {
	doc := contract(t)
	schemas, all := at(t, doc, "components", "schemas"), constants(t)
	for _, name := range []string{"Action", "Code", "DeviceKind", "Class", "Stage", "Status", "Result", "SlipPart"} {
		schema := at(t, schemas, name)
		if got := sorted(texts(schema["enum"])); !slices.Equal(got, all[name]) {
			t.Errorf("%s lists %v, want %v", name, got, all[name])
		}
		for _, value := range all[name] {
			if !strings.Contains(schema["description"].(string), "- `"+value+"`: ") {
				t.Errorf("%s does not say what %s means", name, value)
			}
		}
	}
	if got := sorted(words(protocol.Actions())); !slices.Equal(got, all["Action"]) {
		t.Errorf("Actions lists %v, want %v", got, all["Action"])
	}
	if got := sorted(words(protocol.Results())); !slices.Equal(got, all["Result"]) {
		t.Errorf("Results lists %v, want %v", got, all["Result"])
	}
	if got := slices.Sorted(slices.Values(words(protocol.SlipParts()))); !slices.Equal(got, all["SlipPart"]) {
		t.Errorf("SlipParts lists %v, want %v", got, all["SlipPart"])
	}
	rights := at(t, schemas, "Action", "x-rights")
	if got := slices.Sorted(maps.Keys(rights)); !slices.Equal(got, all["DeviceKind"]) {
		t.Errorf("actions are granted to %v, want %v", got, all["DeviceKind"])
	}
	for kind, granted := range rights {
		for _, action := range texts(granted) {
			if !slices.Contains(all["Action"], action) {
				t.Errorf("%s may do %s, which is no action", kind, action)
			}
		}
	}
}

func TestContractHasTheLimitsOfThePackage(t *testing.T) {
	schemas := at(t, contract(t), "components", "schemas")
	for _, c := range []struct {
		got  any
		want int
	}{
		{at(t, schemas, "ServiceID")["maxLength"], protocol.IDMax},
		{at(t, schemas, "RequestID")["maxLength"], protocol.RequestIDMax},
		{at(t, schemas, "Request", "properties", "reason")["maxLength"], protocol.TextMax},
		{at(t, schemas, "Request", "properties", "spool")["maxItems"], protocol.SpoolMax},
		{at(t, schemas, "Request", "properties", "v")["const"], protocol.Version},
	} {
		if c.got != float64(c.want) {
			t.Errorf("limit %v, want %d", c.got, c.want)
		}
	}
}

func TestExamplesOfTheContractAreTheGoldenFiles(t *testing.T) {
	used := map[string]bool{}
	for name, message := range at(t, contract(t), "components", "messages") {
		for _, e := range message.(node)["examples"].([]any) {
			e := e.(node)
			file := e["name"].(string) + ".json"
			used[file] = true
			golden, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Error(err)
				continue
			}
			var want any
			if err := json.Unmarshal(golden, &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(e["payload"], want) {
				t.Errorf("example %s differs from testdata/%s", e["name"], file)
			}
			decodeExample(t, name, e["payload"])
		}
	}
	for _, s := range samples() {
		if !used[s.name+".json"] {
			t.Errorf("testdata/%s.json is no example of the contract", s.name)
		}
	}
}

func decodeExample(t *testing.T, name string, payload any) {
	t.Helper()
	for _, message := range payloads {
		if typ := reflect.TypeOf(message); typ.Name() == name {
			text, err := json.Marshal(payload)
			if err != nil {
				t.Fatal(err)
			}
			d := json.NewDecoder(bytes.NewReader(text))
			d.DisallowUnknownFields()
			if err := d.Decode(reflect.New(typ).Interface()); err != nil {
				t.Errorf("example of %s: %v", name, err)
			}
			return
		}
	}
	t.Errorf("message %s has no Go type", name)
}

// constants are the values of the package's string constants by their type, sorted.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			typ, typed := spec.Type.(*ast.Ident)
			value, literal := spec.Values[0].(*ast.BasicLit)
			if typed && literal && value.Kind == token.STRING {
				if text, err := strconv.Unquote(value.Value); err == nil {
					all[typ.Name] = append(all[typ.Name], text)
				}
			}
			return true
		})
	}
	for _, values := range all {
		slices.Sort(values)
	}
	return all
}

// texts are the strings of a list of the document; a list that is not there is empty.
func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		out = append(out, e.(string))
	}
	return out
}

func words[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }
