package drive

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	none     = -1      // in place of an id: nobody, nothing
	wholeMax = 1 << 53 // up to here a float tells whole numbers apart
	showMax  = 60      // characters of a line or a value that an error shows
)

// fields are those of one object of the driver. Unknown ones are let be: a newer driver
// may say more.
type fields struct {
	at   string // of the object in the line, such as "windows[0]."
	have map[string]json.RawMessage
	err  *error // the first mistake in the line
}

// readFields reads a line, which is one object.
func readFields(line []byte) (*fields, error) {
	f := &fields{err: new(error)}
	err := json.Unmarshal(line, &f.have)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return nil, fmt.Errorf("line is a JSON %s, legal is one JSON object", kind.Value)
	case err != nil:
		return nil, fmt.Errorf("line %q is not JSON (%w), legal is one JSON object", clip(line), err)
	case f.have == nil:
		return nil, errors.New("line is a JSON null, legal is one JSON object")
	}
	return f, nil
}

func clip(b []byte) string {
	text := []rune(strings.ToValidUTF8(string(b), "?"))
	if len(text) > showMax {
		text = append(text[:showMax], '…')
	}
	return string(text)
}

// fail notes that a field is not legal, unless another mistake was found before.
func (f *fields) fail(name string, legal any) {
	if *f.err != nil {
		return
	}
	what := "missing"
	if raw, there := f.have[name]; there {
		what = clip(raw)
	}
	*f.err = fmt.Errorf("%s%s is %s, legal is %v", f.at, name, what, legal)
}

// fill gives a field that may be missing or null its value.
func (f *fields) fill(name, value string) {
	if raw := f.have[name]; raw == nil || string(raw) == "null" {
		f.have[name] = json.RawMessage(value)
	}
}

func (f *fields) number(name string, legal any) float64 {
	x, err := strconv.ParseFloat(string(f.have[name]), 64)
	if err != nil {
		f.fail(name, legal)
	}
	return x
}

// whole reads a whole number; 1.0 is one, as some languages write it.
func (f *fields) whole(name string, legal any) int {
	n, err := strconv.Atoi(string(f.have[name]))
	if err == nil {
		return n
	}
	x, err := strconv.ParseFloat(string(f.have[name]), 64)
	if err != nil || x != math.Trunc(x) || math.Abs(x) > wholeMax {
		f.fail(name, legal)
		return none
	}
	return int(x)
}

func (f *fields) flag(name string) bool {
	raw := string(f.have[name])
	if raw != "true" && raw != "false" {
		f.fail(name, "true or false")
	}
	return raw == "true"
}

func (f *fields) text(name string, legal any) string {
	var text *string
	if err := json.Unmarshal(f.have[name], &text); err != nil || text == nil {
		f.fail(name, legal)
		return ""
	}
	return *text
}

func (f *fields) list(name string, legal any) []json.RawMessage {
	var all []json.RawMessage
	if err := json.Unmarshal(f.have[name], &all); err != nil || all == nil {
		f.fail(name, legal)
	}
	return all
}

func (f *fields) wholes(name, of string) []int {
	var all []int
	for i, raw := range f.list(name, "a list of "+of) {
		at := fmt.Sprintf("[%d]", i)
		one := fields{f.at + name, map[string]json.RawMessage{at: raw}, f.err}
		all = append(all, one.whole(at, "a whole number from 0"))
	}
	return all
}

func (f *fields) objects(name string, legal any) []*fields {
	var all []*fields
	for i, raw := range f.list(name, legal) {
		one := &fields{at: fmt.Sprintf("%s%s[%d].", f.at, name, i), err: f.err}
		if err := json.Unmarshal(raw, &one.have); err != nil || one.have == nil {
			at := fmt.Sprintf("[%d]", i)
			(&fields{f.at + name, map[string]json.RawMessage{at: raw}, f.err}).fail(at, "an object")
			continue
		}
		all = append(all, one)
	}
	return all
}

// setup reads an init. What a driver may not know can be missing or null.
func (f *fields) setup() Setup {
	for _, name := range []string{"day", "turnover_s", "close_s"} {
		f.fill(name, "0")
	}
	s := Setup{
		Day:       f.whole("day", "a whole number from 0"),
		TurnoverS: f.number("turnover_s", legalLength), CloseS: f.number("close_s", fmt.Sprintf("0 to %.0f s", tMax)),
	}
	if s.Day < 0 {
		f.fail("day", "a whole number from 0")
	}
	for _, o := range f.objects("services", "a list of services") {
		s.Services = append(s.Services, o.service())
	}
	for _, o := range f.objects("windows", "a list of windows") {
		s.Windows = append(s.Windows, o.window())
	}
	return s
}

func (f *fields) service() ServiceSetup {
	f.fill("name", `""`)
	f.fill("cfg_mean_s", "0") // unknown: the engine begins with 600 s, and soon has its own
	f.fill("sla_s", "0")      // none: the engine's usual limit
	return ServiceSetup{
		ID: f.whole("id", "a whole number from 0"), Name: f.text("name", "a text"),
		CfgMeanS: f.number("cfg_mean_s", legalLength), SLAS: f.number("sla_s", legalLength),
	}
}

func (f *fields) window() WindowSetup {
	for name, value := range map[string]string{"name": `""`, "dept": "0", "pair": "0", "partner": "-1", "backup": "[]", "roster": "[]"} {
		f.fill(name, value)
	}
	w := WindowSetup{
		ID: f.whole("id", "a whole number from 0"), Name: f.text("name", "a text"),
		Dept: f.whole("dept", "a whole number"), Pair: f.whole("pair", "a whole number"),
		Partner: f.whole("partner", "a window's id, or -1 or null for none"),
		Primary: f.wholes("primary", "services' ids, [] for none"), Backup: f.wholes("backup", "services' ids"),
	}
	for _, o := range f.objects("roster", "a list of spans from, to") {
		w.Roster = append(w.Roster, o.span())
	}
	slices.SortStableFunc(w.Roster, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	return w
}

func (f *fields) span() Span {
	f.fill("planned", "true")
	s := Span{From: f.number("from", "a number of s"), To: f.number("to", "a number of s"), Planned: f.flag("planned")}
	if s.To < s.From {
		f.fail("to", fmt.Sprintf("a number from %g, where it begins", s.From))
	}
	return s
}
