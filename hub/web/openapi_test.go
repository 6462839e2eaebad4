package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/learn"
	"jiaohao/protocol"
)

// schema is as much of a JSON schema as the document uses.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Format     string            `json:"format"`
	Items      *schema           `json:"items"`
	Enum       []string          `json:"enum"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Additional *schema           `json:"additionalProperties"`
}

type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		Security *[]map[string][]string `json:"security"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

func readDocument(t *testing.T) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(openAPIDocument, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOpenAPIHasTheRoutesOfTheAPIAndTheirLogin(t *testing.T) {
	d := readDocument(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("version %q", d.OpenAPI)
	}
	routes := map[string]access{}
	for _, rt := range (&Server{metrics: &metrics{}}).routes() {
		if strings.Contains(rt.pattern, " /api/") {
			routes[rt.pattern] = rt.access
		}
	}
	for path, methods := range d.Paths {
		for method, op := range methods {
			pattern := strings.ToUpper(method) + " " + path
			need, ok := routes[pattern]
			if !ok {
				t.Errorf("the document has %s, the hub has not", pattern)
			}
			delete(routes, pattern)
			if op.Security == nil {
				t.Errorf("%s does not say whether it needs a login", pattern)
			} else if (len(*op.Security) > 0) != (need != anyone) {
				t.Errorf("%s: the document and the hub differ about the login", pattern)
			}
		}
	}
	for pattern := range routes {
		t.Errorf("the hub has %s, the document has not", pattern)
	}
}

func TestOpenAPIHasTheFieldsOfTheGoTypes(t *testing.T) {
	d := readDocument(t)
	types := map[string]any{
		"Refusal": protocol.Refusal{}, "Refused": refusal{}, "Request": protocol.Request{}, "PrintReport": protocol.PrintReport{},
		"SpooledTicket": protocol.SpooledTicket{}, "Reply": protocol.Reply{}, "OK": protocol.OK{}, "MergedTicket": protocol.MergedTicket{},
		"Range": protocol.Range{}, "Ticket": protocol.Ticket{}, "Board": protocol.Board{}, "BoardCall": protocol.BoardCall{},
		"BoardWindow": protocol.BoardWindow{}, "BoardService": protocol.BoardService{}, "Services": services{}, "Windows": windows{},
		"WindowState": protocol.WindowState{}, "Current": protocol.Current{}, "Queue": protocol.Queue{}, "NextUp": protocol.NextUp{},
		"HeldTicket": protocol.HeldTicket{}, "Partner": protocol.Partner{}, "Undo": protocol.Undo{}, "Rate": protocol.Rate{}, "Figures": Figures{}, "Counts": Counts{},
		"ServiceFigures": ServiceFigures{}, "Spread": Spread{}, "Devices": devices{}, "Device": deviceNow{}, "Trouble": trouble{},
		"Health": protocol.Health{}, "Fault": protocol.Fault{},
		"Honest": Honest{}, "Honesty": Honesty{}, "Learned": learned{}, "Figure": learn.Figure{},
	}
	for name, s := range d.Components.Schemas {
		v, ok := types[name]
		if name == "Text" {
			continue
		}
		if !ok {
			t.Errorf("schema %s stands for no type", name)
			continue
		}
		compare(t, name, &s, reflect.TypeOf(v))
		delete(types, name)
	}
	for name := range types {
		t.Errorf("type %s has no schema", name)
	}
}

// compare holds an object's schema against a struct, field by field.
func compare(t *testing.T, name string, s *schema, typ reflect.Type) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range reflect.VisibleFields(typ) {
		tag, ok := f.Tag.Lookup("json")
		if !ok || !f.IsExported() {
			continue
		}
		field, options, _ := strings.Cut(tag, ",")
		seen[field] = true
		prop, ok := s.Properties[field]
		if !ok {
			t.Errorf("%s.%s is missing in the document", name, field)
			continue
		}
		if want := schemaOf(f.Type); describe(&prop) != want {
			t.Errorf("%s.%s is %s in the document, %s in Go", name, field, describe(&prop), want)
		}
		if required := !strings.Contains(options, "omit"); required != slices.Contains(s.Required, field) {
			t.Errorf("%s.%s: required is %v in Go", name, field, required)
		}
	}
	for field := range s.Properties {
		if !seen[field] {
			t.Errorf("%s.%s is in the document only", name, field)
		}
	}
}

func describe(s *schema) string {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Type == "array":
		return "[]" + describe(s.Items)
	case s.Format == "date-time":
		return "time"
	}
	return s.Type
}

func schemaOf(typ reflect.Type) string {
	names := map[reflect.Type]string{
		reflect.TypeFor[protocol.Text](): "Text", reflect.TypeFor[time.Time](): "time",
		reflect.TypeFor[deviceNow](): "Device", reflect.TypeFor[trouble](): "Trouble",
	}
	if name, ok := names[typ]; ok {
		return name
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return schemaOf(typ.Elem())
	case reflect.Slice:
		return "[]" + schemaOf(typ.Elem())
	case reflect.Struct:
		return typ.Name()
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Float64:
		return "number"
	}
	return "integer"
}

func TestOpenAPIHasEveryActionAndFinishCode(t *testing.T) {
	request := readDocument(t).Components.Schemas["Request"]
	var actions, results []string
	for _, a := range protocol.Actions() {
		actions = append(actions, string(a))
	}
	for _, r := range protocol.Results() {
		results = append(results, string(r))
	}
	for field, want := range map[string][]string{"do": actions, "result": results} {
		got := slices.Sorted(slices.Values(request.Properties[field].Enum))
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s is one of %v in the document, of %v in Go", field, got, want)
		}
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	b := newBench(t, smallPlan(t))
	a := b.get("/api/v1/openapi.json")
	if a.status != http.StatusOK || a.body != string(openAPIDocument) {
		t.Errorf("status %d, %d bytes", a.status, len(a.body))
	}
}
