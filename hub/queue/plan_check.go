package queue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"jiaohao/protocol"
)

// PlanError is a mistake in a plan: where, what, and what would be right.
type PlanError struct {
	Path string // such as "windows[2].primary[0]"
	Line int    // of the file, 0 when the plan was not read from one
	What string // "service \"socal\" is unknown, legal are social, tax"
}

// Error returns "line 17: windows[2].primary[0]: …".
func (e *PlanError) Error() string {
	text := e.Path + ": " + e.What
	if e.Path == "" {
		text = e.What
	}
	if e.Line > 0 {
		text = fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return text
}

func mistake(path, what string, args ...any) *PlanError {
	return &PlanError{Path: path, What: fmt.Sprintf(what, args...)}
}

// Check returns nil when the plan can be worked by, or a *[PlanError] that names
// the bad value and what would be right.
func (p *Plan) Check() error {
	for _, check := range []func() *PlanError{
		p.checkHead, p.checkHours, p.checkServices, p.checkWindows, p.checkServed,
		p.checkPairs, p.checkClerks, p.checkDevices, p.checkRules, p.checkVoice,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) checkHead() *PlanError {
	if p.Version != 1 {
		return mistake("version", "%d is unknown, legal is 1", p.Version)
	}
	if err := protocol.CheckID("hall", string(p.Hall)); err != nil {
		return mistake("hall", "%s", err)
	}
	if p.Zone == "" {
		return mistake("zone", "is missing, give a time zone such as Asia/Shanghai")
	}
	if _, err := time.LoadLocation(p.Zone); err != nil {
		return mistake("zone", "%q is not a time zone, give one such as Asia/Shanghai", p.Zone)
	}
	for i, lang := range p.Languages {
		if lang != protocol.Chinese && lang != protocol.English {
			return mistake(fmt.Sprintf("languages[%d]", i), "%q is not one of zh-CN and en", lang)
		}
	}
	return checkName("name", p.Name)
}

// checkName demands a text in Chinese; English falls back to it.
func checkName(path string, t protocol.Text) *PlanError {
	if t[protocol.Chinese] == "" {
		return mistake(path, "has no zh-CN text")
	}
	return checkTexts(path, t)
}

func checkTexts(path string, t protocol.Text) *PlanError {
	for _, lang := range []protocol.Lang{protocol.Chinese, protocol.English} {
		if err := protocol.CheckText("text", t[lang]); err != nil {
			return mistake(path+"."+string(lang), "%s", err)
		}
	}
	for lang := range t {
		if lang != protocol.Chinese && lang != protocol.English {
			return mistake(path, "language %q is not one of zh-CN and en", lang)
		}
	}
	return nil
}

func (p *Plan) checkHours() *PlanError {
	for i, h := range p.Hours {
		at := fmt.Sprintf("hours[%d]", i)
		if len(h.Days) == 0 {
			return mistake(at+".days", "is empty, give some of %s", strings.Join(weekdays, " "))
		}
		for _, day := range h.Days {
			if !slices.Contains(weekdays, day) {
				return mistake(at+".days", "%q is not a day, legal are %s", day, strings.Join(weekdays, " "))
			}
		}
		for _, f := range []struct{ name, v string }{{"open", h.Open}, {"close", h.Close}} {
			if _, err := time.Parse("15:04", f.v); err != nil || len(f.v) != 5 {
				return mistake(at+"."+f.name, "%q is not a time of day of the form 08:30", f.v)
			}
		}
		if h.Open >= h.Close {
			return mistake(at+".close", "%s is not after open %s", h.Close, h.Open)
		}
	}
	return nil
}

// PromiseMax is the longest wait that a service may promise: nobody waits beyond a day, and with a slip
// of the pen above it a line would never be late.
const PromiseMax = 24 * time.Hour

var prefixForm = regexp.MustCompile(`^[A-Z]{1,2}$`)

func (p *Plan) checkServices() *PlanError {
	if n := len(p.Services); n < 1 || n > ServicesMax {
		return mistake("services", "are %d, legal are 1 to %d", n, ServicesMax)
	}
	prefixes := map[string]protocol.ServiceID{}
	for i := range p.Services {
		s, at := &p.Services[i], fmt.Sprintf("services[%d]", i)
		if err := protocol.CheckID("service", string(s.ID)); err != nil {
			return mistake(at+".id", "%s", err)
		}
		if p.Service(s.ID) != s {
			return mistake(at+".id", "service %q is there twice", s.ID)
		}
		if !prefixForm.MatchString(s.Prefix) {
			return mistake(at+".prefix", "%q is not one or two capital letters A to Z", s.Prefix)
		}
		if other, taken := prefixes[s.Prefix]; taken {
			return mistake(at+".prefix", "%s is the prefix of service %q already", s.Prefix, other)
		}
		prefixes[s.Prefix] = s.ID
		if err := checkName(at+".name", s.Name); err != nil {
			return err
		}
		if s.MaxWaiting < 0 || s.Quota < 0 || s.Quota > TicketsMax {
			return mistake(at, "max_waiting %d and quota %d must be 0 to %d", s.MaxWaiting, s.Quota, TicketsMax)
		}
		if s.Promise < 0 || time.Duration(s.Promise) > PromiseMax {
			return mistake(at+".promise", "%s is out of range, legal are 0s (none) to %s", time.Duration(s.Promise), PromiseMax)
		}
		if err := checkTexts(at+".slip", s.Slip); err != nil {
			return err
		}
		if err := checkMaterials(at+".materials", s.Materials); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) checkWindows() *PlanError {
	if n := len(p.Windows); n < 1 || n > WindowsMax {
		return mistake("windows", "are %d, legal are 1 to %d", n, WindowsMax)
	}
	for i := range p.Windows {
		w, at := &p.Windows[i], fmt.Sprintf("windows[%d]", i)
		if err := protocol.CheckID("window", string(w.ID)); err != nil {
			return mistake(at+".id", "%s", err)
		}
		if p.Window(w.ID) != w {
			return mistake(at+".id", "window %q is there twice", w.ID)
		}
		if len(w.Label) > 8 {
			return mistake(at+".label", "%q is longer than the 8 bytes that a panel shows", w.Label)
		}
		if err := checkName(at+".name", w.Name); err != nil {
			return err
		}
		if len(w.Primary) == 0 {
			return mistake(at+".primary", "is empty, give some of %s", p.serviceIDs())
		}
		if err := p.knownServices(at+".primary", w.Primary); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) knownServices(path string, ids []protocol.ServiceID) *PlanError {
	for i, id := range ids {
		if p.Service(id) == nil {
			return mistake(fmt.Sprintf("%s[%d]", path, i), "service %q is unknown, legal are %s", id, p.serviceIDs())
		}
	}
	return nil
}

func (p *Plan) serviceIDs() string {
	var ids []string
	for i := range p.Services {
		ids = append(ids, string(p.Services[i].ID))
	}
	return strings.Join(ids, ", ")
}

func (p *Plan) windowIDs() string {
	var ids []string
	for i := range p.Windows {
		ids = append(ids, string(p.Windows[i].ID))
	}
	return strings.Join(ids, ", ")
}

// checkServed demands a window for every service: a number that nobody can call
// must not be issued.
func (p *Plan) checkServed() *PlanError {
	for i := range p.Services {
		id := p.Services[i].ID
		served := slices.ContainsFunc(p.Windows, func(w Window) bool { return slices.Contains(w.Primary, id) })
		if !served {
			return mistake(fmt.Sprintf("services[%d].id", i), "no window has service %q as primary", id)
		}
	}
	return nil
}

func (p *Plan) checkPairs() *PlanError {
	seen := map[[2]protocol.WindowID]bool{}
	for i := range p.Pairs {
		pair, at := &p.Pairs[i], fmt.Sprintf("pairs[%d]", i)
		for _, f := range []struct {
			name string
			id   protocol.WindowID
		}{{"a", pair.A}, {"b", pair.B}} {
			if p.Window(f.id) == nil {
				return mistake(at+"."+f.name, "window %q is unknown, legal are %s", f.id, p.windowIDs())
			}
		}
		key := [2]protocol.WindowID{min(pair.A, pair.B), max(pair.A, pair.B)}
		if pair.A == pair.B || seen[key] {
			return mistake(at, "windows %s and %s must be two, and a pair only once", pair.A, pair.B)
		}
		seen[key] = true
		if pair.Mode != "" && pair.Mode != Mutual && pair.Mode != OneWay {
			return mistake(at+".mode", "%q is unknown, legal are mutual and one_way", pair.Mode)
		}
		if err := p.knownServices(at+".services", pair.Services); err != nil {
			return err
		}
		if pair.Off > pair.On {
			return mistake(at+".off", "%s is above on %s", time.Duration(pair.Off), time.Duration(pair.On))
		}
	}
	return nil
}

func (p *Plan) checkClerks() *PlanError {
	if n := len(p.Clerks); n > ClerksMax {
		return mistake("clerks", "are %d, legal are at most %d", n, ClerksMax)
	}
	for i := range p.Clerks {
		c, at := &p.Clerks[i], fmt.Sprintf("clerks[%d]", i)
		if err := protocol.CheckID("clerk", string(c.ID)); err != nil {
			return mistake(at+".id", "%s", err)
		}
		if p.Clerk(c.ID) != c {
			return mistake(at+".id", "clerk %q is there twice", c.ID)
		}
		if err := checkName(at+".name", c.Name); err != nil {
			return err
		}
		if !strings.HasPrefix(c.PIN, "$argon2id$") {
			return mistake(at+".pin", "is not a hash, make one with: hub pin")
		}
	}
	return nil
}

func (p *Plan) checkDevices() *PlanError {
	if n := len(p.Devices); n > DevicesMax {
		return mistake("devices", "are %d, legal are at most %d", n, DevicesMax)
	}
	letters := map[string]bool{}
	for i := range p.Services {
		letters[p.Services[i].Prefix] = true
	}
	for i := range p.Devices {
		if err := p.checkDevice(&p.Devices[i], fmt.Sprintf("devices[%d]", i), letters); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) checkDevice(d *Device, at string, letters map[string]bool) *PlanError {
	if err := protocol.CheckID("device", string(d.ID)); err != nil {
		return mistake(at+".id", "%s", err)
	}
	if d.ID == "hub" || p.Device(d.ID) != d {
		return mistake(at+".id", "device %q is there twice, or the hub's own name", d.ID)
	}
	if d.Evaluator && d.Kind != protocol.KindTerminal {
		return mistake(at+".evaluator", "is of a %s, legal is a terminal", d.Kind)
	}
	switch d.Kind {
	case protocol.KindDispenser:
		if d.Letter != "" && (!prefixForm.MatchString(d.Letter) || letters[d.Letter]) {
			return mistake(at+".letter", "%q must be one or two capital letters that no service and no other dispenser uses", d.Letter)
		}
		letters[d.Letter] = d.Letter != ""
		return p.knownServices(at+".services", d.Services)
	case protocol.KindDisplay, protocol.KindTerminal:
		if p.Window(d.Window) == nil {
			return mistake(at+".window", "window %q is unknown, legal are %s", d.Window, p.windowIDs())
		}
	case protocol.KindAnnouncer:
		return p.checkAnnouncer(d, at)
	case protocol.KindGuest:
	default:
		return mistake(at+".kind", "%q is unknown, legal are dispenser, display, terminal, announcer, guest", d.Kind)
	}
	return nil
}

func (p *Plan) checkRules() *PlanError {
	if r := p.Missed.Reentry; r != "" && r != "after" && r != "end" {
		return mistake("missed.reentry", "%q is unknown, legal are after and end", r)
	}
	if p.Missed.Calls < 0 || p.Missed.After < 0 || p.Missed.Times < 0 {
		return mistake("missed", "calls %d, after %d and times %d must be 0 or more", p.Missed.Calls, p.Missed.After, p.Missed.Times)
	}
	if err := p.checkRule(); err != nil {
		return err
	}
	if p.Classes.GreenInRow < 0 {
		return mistake("classes.green_in_row", "%d must be 0 or more", p.Classes.GreenInRow)
	}
	for i, t := range p.PauseReasons {
		if err := checkName(fmt.Sprintf("pause_reasons[%d]", i), t); err != nil {
			return err
		}
	}
	if err := p.Slip.check(); err != nil {
		return err
	}
	return checkTexts("notice", p.Notice)
}
