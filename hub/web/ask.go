package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/whatif"
	"jiaohao/protocol"
)

// Bounds of what the forms on plans take.
const (
	changesMax = 12 // in one question: a sentence each, and they fit on a screen
	promiseMax = int(queue.PromiseMax / time.Minute)
	greenMax   = 10 // green calls in a row: more is no ratio
)

// wrong is a form's value that cannot be: a text of the catalogue, which names the value
// and what is legal.
type wrong struct {
	key  string
	args []any
}

func (w *wrong) Error() string { return fmt.Sprintf("%s %v", w.key, w.args) }

func notLegal(key string, args ...any) error { return &wrong{key, args} }

// legalNumber reads a whole number of a form. The text of key takes the value and the
// legal range.
func legalNumber(key, text string, from, to int) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < from || n > to {
		return 0, notLegal(key, text, from, to)
	}
	return n, nil
}

// whatifAsk is the question: a day and what would be different.
type whatifAsk struct {
	Day     string
	Changes []whatif.Change
}

// address is where the question is asked, without change number except.
func (a *whatifAsk) address(except int) string {
	q := url.Values{"day": {a.Day}}
	for i, c := range a.Changes {
		if i != except {
			q.Add("c", encodeChange(c))
		}
	}
	return whatifPath + "?" + q.Encode()
}

func encodeChange(c whatif.Change) string {
	text, err := json.Marshal(c)
	if err != nil {
		panic("web: a change has no JSON: " + err.Error()) // it is plain data
	}
	return string(text)
}

// planned are the changes that a plan can have: staff at a window comes by signing on.
func planned(changes []whatif.Change) []whatif.Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c whatif.Change) bool { return c.Do == whatif.OpenWindow || c.Do == whatif.CloseWindow })
}

// parseForm reads the fields of an address and of a form. A body of another kind is refused:
// [http.Request.ParseForm] takes it for an empty form.
func parseForm(r *http.Request) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method == http.MethodPost && (err != nil || kind != "application/x-www-form-urlencoded") {
		return notLegal("error.400")
	}
	if err := r.ParseForm(); err != nil {
		return notLegal("whatif.bad.address")
	}
	return nil
}

// readAsk reads the question of a form or an address, with the change that it adds.
func readAsk(r *http.Request, days []string) (whatifAsk, error) {
	bad := parseForm(r)
	a := whatifAsk{Day: r.Form.Get("day")}
	if a.Day == "" && len(days) > 0 {
		a.Day = days[0]
	}
	if bad != nil {
		return a, bad
	}
	for _, text := range r.Form["c"] {
		var c whatif.Change
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if d.Decode(&c) != nil || !slices.Contains(whatif.ChangeKinds(), c.Do) {
			return a, notLegal("whatif.bad.address")
		}
		a.Changes = append(a.Changes, c)
	}
	if do := whatif.ChangeKind(r.Form.Get("add")); do != "" {
		c, err := readChange(do, r.Form)
		if err != nil {
			return a, err
		}
		a.Changes = append(a.Changes, c)
	}
	if len(a.Changes) > changesMax {
		return a, notLegal("whatif.bad.many", len(a.Changes), changesMax)
	}
	if len(days) > 0 && !slices.Contains(days, a.Day) {
		bad := a.Day
		a.Day = days[0]
		return a, notLegal("whatif.bad.day", bad, days[len(days)-1], days[0])
	}
	return a, nil
}

// readChange reads the fields of one sentence of the form. Whether the change can be is
// told by [whatif.Day.With].
func readChange(do whatif.ChangeKind, form url.Values) (c whatif.Change, err error) {
	c = whatif.Change{Do: do, Window: protocol.WindowID(form.Get("window")), Partner: protocol.WindowID(form.Get("partner")),
		Service: protocol.ServiceID(form.Get("service")), From: form.Get("from"), To: form.Get("to"), Rule: form.Get("rule")}
	switch do {
	case whatif.SetPromise:
		var n int
		n, err = legalNumber("whatif.bad.promise", form.Get("number"), 1, promiseMax)
		c.Duration = queue.Duration(time.Duration(n) * time.Minute)
	case whatif.SetGreen:
		c.Count, err = legalNumber("whatif.bad.green", form.Get("number"), 1, greenMax)
	default:
		if !slices.Contains(whatif.ChangeKinds(), do) {
			err = notLegal("whatif.bad.address")
		}
	}
	return c, err
}

// sentence says a change in words.
func (p *page) sentence(plan *queue.Plan, c whatif.Change) string {
	service := string(c.Service)
	if s := plan.Service(c.Service); s != nil {
		service = p.Say(s.Name)
	}
	clock := func(text, key string) string {
		if text == "" {
			return p.T(key)
		}
		return text
	}
	key, window := "whatif.say."+string(c.Do), p.windowText(plan, c.Window)
	switch c.Do {
	case whatif.OpenWindow, whatif.CloseWindow:
		return p.T(key, window, clock(c.From, "whatif.begin"), clock(c.To, "whatif.end"))
	case whatif.Teach, whatif.Untake, whatif.Backup:
		return p.T(key, window, service)
	case whatif.MakePair, whatif.BreakPair:
		return p.T(key, window, p.windowText(plan, c.Partner))
	case whatif.SetRule:
		return p.T(key, p.ruleName(c.Rule))
	case whatif.SetPromise:
		return p.T(key, service, int(time.Duration(c.Duration).Minutes()))
	}
	return p.T(key, c.Count)
}

// ruleName is a calling order for people.
func (p *page) ruleName(rule string) string {
	if rule == "" {
		rule = queue.RuleAPQ
	}
	return p.T("rule." + strings.ReplaceAll(rule, "-", "_"))
}

// misfit says in words why what was asked cannot be.
func (p *page) misfit(plan *queue.Plan, err error) string {
	var w *wrong
	var f *whatif.Fault
	switch {
	case errors.As(err, &w):
		return p.T(w.key, w.args...)
	case errors.As(err, &f):
		return p.T("whatif.fault", p.sentence(plan, f.Change), p.T("whatif.why."+string(f.Why)))
	}
	return p.T("whatif.fault.other", err)
}
