package terminal

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// equipped is window 3 with an evaluator and a printer, where w goes on.
func equipped(w protocol.WindowState) *desk {
	d := sat(w)
	c := config()
	c.Services = []protocol.ConfigService{{Service: "social", Prefix: "A", Name: say("社会保险", "Social insurance"), Materials: []protocol.Text{
		say("身份证原件", "Identity card"), say("户口簿复印件", "Copy of the household register"), say("近期一寸照片两张", "Two recent photographs"), say("授权委托书（代办）", "Letter of authority, if for somebody else"),
	}}}
	d.setConfig(c)
	d.has = has{evaluator: true, printer: true, rateFor: rateUsual, profile: escpos.Profile{Name: "generic-80", Dots: 576}}
	d.window.Rate = &protocol.Rate{Ticket: "20261123-A011", Number: "A011"}
	if d.window.Current != nil {
		d.window.Rate = &protocol.Rate{Ticket: d.window.Current.Ticket, Number: d.window.Current.Number}
	}
	return d
}

// partStories are the states that only a terminal with more than a page has.
func partStories() []story {
	ticking := func(t testing.TB) *desk {
		d := equipped(serving())
		for _, choice := range []string{"", paperNotice, choiceTick + "2", choiceTick + "3"} {
			pressed(t, d, Press{Key: KeyPrint, Choice: choice})
		}
		return d
	}
	printed := func(why protocol.Text) func(testing.TB) *desk {
		return func(t testing.TB) *desk {
			d := ticking(t)
			pressed(t, d, Press{Key: KeyBig})
			d.printed(why, device)
			return d
		}
	}
	return []story{
		{name: "equipped", make: func(testing.TB) *desk { return equipped(serving()) }},
		{name: "rate-asking", make: func(t testing.TB) *desk {
			d := equipped(serving())
			pressed(t, d, Press{Key: KeyRate})
			return d
		}, now: 5 * time.Second},
		{name: "rate-thanks", make: func(t testing.TB) *desk {
			d := equipped(open())
			pressed(t, d, Press{Key: KeyRate})
			d.grade("5", device)
			return d
		}},
		{name: "rate-none", make: func(t testing.TB) *desk {
			d := equipped(open())
			pressed(t, d, Press{Key: KeyRate})
			d.unrated(device.Add(rateUsual))
			return d
		}},
		{name: "print-menu", make: func(t testing.TB) *desk {
			d := equipped(serving())
			pressed(t, d, Press{Key: KeyPrint})
			return d
		}},
		{name: "notice", make: ticking},
		{name: "printed", make: printed(nil)},
		{name: "print-failed", make: printed(protocol.NewFault("printer", "paper_out", nil).Text)},
		{name: "keypad-gone", make: func(testing.TB) *desk {
			d := equipped(open())
			d.broken = map[string]protocol.Text{"keypad": protocol.NewFault("keypad", "gone", nil).Text}
			d.chord = chord{"0", device}
			return d
		}},
	}
}

func TestKeysOfADefaultMapAreAllLegal(t *testing.T) {
	for _, names := range [][]string{nil, strings.Split("1 2 3 4 5 6 7 8 9 * 0 #", " "), strings.Split("1 2 3 A 4 5 6 B 7 8 9 C * 0 # D", " "), {"1", "Enter"}} {
		m, err := ParseKeys(DefaultKeys(names), names)
		if err != nil {
			t.Errorf("%v: %v", names, err)
		}
		big := slices.ContainsFunc(names, func(key string) bool { return m.alone[key].key == KeyBig })
		if names != nil && !big {
			t.Errorf("%v has no big key", names)
		}
	}
}

func TestMistakeInTheKeyMapIsNamedWithWhatIsLegal(t *testing.T) {
	names := []string{"1", "2", "Enter", "F1"}
	for _, c := range []struct{ key, action, want string }{
		{"F13", "big", `key "F13" is not on this keypad, which has 1 2 Enter F1`},
		{"1", "bang", `key "1": action "bang", must be one of [arrived back big finish`},
		{"1", "call", `action "call", must be one of`},
		{"1 2 1", "big", `key "1 2 1", must be one key or two`},
		{"F1", "finish:returned", `must be one of [done immediate`},
		{"F1", "recall:2", `action "recall" has no choice "2"`},
		{"F1", "pause:x", `choice "x" of "pause", must be the number of a reason`},
		{"F1", "transfer:tax", `must be service:ID or window:ID`},
		{"F1", "transfer:service:", `choice "service:" of "transfer", must be service:ID or window:ID`},
		{"F1", "transfer:window:a b", `must be service:ID or window:ID`},
		{"F1", "print:money", `must be one of [notice receipt hand_over]`},
		{"F1", "rate:5", `action "rate" has no choice "5"`},
	} {
		if _, err := ParseKeys(map[string]string{c.key: c.action}, names); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v, want %s", c.key, c.action, err, c.want)
		}
	}
	if _, err := ParseKeys(map[string]string{"1": "big", "1 2": "recall"}, names); err == nil || !strings.Contains(err.Error(), `key "1" is "big" alone and begins pairs`) {
		t.Errorf("%v, want that a key cannot be both", err)
	}
}

func TestButtonsNamedAfterActionsNeedNoKeyMap(t *testing.T) {
	names := []string{"1", "finish:immediate", "next", "recall"} // a digit is for menus
	m, err := KeymapOf(nil, names)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]stroke{"next": {key: KeyBig}, "recall": {key: KeyRecall}, "finish:immediate": {KeyFinish, "immediate"}}
	if !maps.Equal(m.alone, want) {
		t.Errorf("%v, want %v", m.alone, want)
	}
}

func TestKeypadOfWhichNoKeyDoesAnythingIsToldAtTheStart(t *testing.T) {
	for _, c := range []struct {
		keys  map[string]string
		names []string
		want  string
	}{
		{nil, []string{"green", "recall", "red"}, `keys green red are no actions: give them in "keys", or name them next or one of [arrived back big`},
		{nil, []string{"x", "y"}, `no key of x y does anything: give them in "keys", or name them next or one of [arrived`},
		{map[string]string{}, []string{"next"}, `no key of next does anything`},
	} {
		if _, err := KeymapOf(c.keys, c.names); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v on %v: %v, want %s", c.keys, c.names, err, c.want)
		}
	}
}

// typed presses keys of a pad and returns what the last came to.
func typed(t *testing.T, d *desk, keys map[string]string, now time.Time, names ...string) *protocol.Request {
	t.Helper()
	m, err := ParseKeys(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	var req *protocol.Request
	for i, name := range names {
		p, refusal := d.keyOf(name, &m, now)
		if refusal != nil || p.Key == "" {
			continue
		}
		p.ID = protocol.RequestID("k" + string(rune('0'+i)))
		req, _ = d.press(p, now)
	}
	return req
}

func TestTwoKeysFinishWithACodeAtOnce(t *testing.T) {
	r := typed(t, sat(serving()), DefaultKeys([]string{"Enter", "0", "3"}), device, "0", "3")
	if r == nil || r.Do != protocol.WindowFinish || r.Result != protocol.Joint {
		t.Errorf("0 and 3 asked %+v, want finish as a joint matter", r)
	}
}

func TestFirstOfTwoKeysIsForgottenAfterAWhile(t *testing.T) {
	d := sat(serving())
	keys := map[string]string{"F1 3": "finish:joint", "3": "hold"}
	typed(t, d, keys, device, "F1")
	if s := d.screen(device); s.Chord != "F1" {
		t.Errorf("the screen shows %q, want F1", s.Chord)
	}
	if at := d.deadline(device); !at.Equal(device.Add(chordFor)) {
		t.Errorf("next look %s after, want %s", at.Sub(device), chordFor)
	}
	if r := typed(t, d, keys, device.Add(4*time.Second), "3"); r != nil || d.menu == nil || d.menu.key != KeyHold {
		t.Errorf("3 alone asked %+v, want the menu of hold", r)
	}
}

func TestDigitsInAMenuAreDigitsWhateverTheMapSays(t *testing.T) {
	d := sat(serving())
	keys := DefaultKeys([]string{"Enter"})
	keys["1"] = "finish"
	if r := typed(t, d, keys, device, "1", "1"); r == nil || r.Result != protocol.Immediate {
		t.Errorf("1 and 1 asked %+v, want finish at once", r)
	}
}

func TestNoKeyOfTheClerkGivesARating(t *testing.T) {
	for _, key := range mappable() {
		d := equipped(serving())
		pressed(t, d, Press{Key: KeyRate})
		for _, choice := range []string{"", "1", "5"} {
			req, _ := d.press(Press{ID: protocol.RequestID("p" + choice), Key: key, Choice: choice}, device)
			if req != nil && (req.Do == protocol.TicketRate || req.Rating != 0) {
				t.Errorf("%s %q asked %+v", key, choice, req)
			}
			d.busy = nil
		}
	}
}

func TestCitizenIsAskedForTheTicketThatIsServedOrWasFinishedLast(t *testing.T) {
	d := equipped(serving())
	pressed(t, d, Press{Key: KeyRate})
	want := d.window.Current.Ticket
	next := open() // the clerk goes on, and the question stays with its ticket
	next.Rate = &protocol.Rate{Ticket: "20261123-B001", Number: "B001"}
	d.setWindow(next, device)
	if r := d.grade("2", device.Add(3*time.Second)); r == nil || r.Do != protocol.TicketRate || r.Ticket != want || r.Rating != 2 {
		t.Errorf("the evaluator asked %+v, want 2 for %s", r, want)
	}
	if r := d.grade("5", device.Add(4*time.Second)); r != nil {
		t.Errorf("a second key asked %+v, want nothing", r)
	}
}

func TestQuestionThatNobodyAnswersIsWrittenDownAsNotRated(t *testing.T) {
	d := equipped(serving())
	pressed(t, d, Press{Key: KeyRate})
	if list := d.unrated(device.Add(rateUsual - time.Second)); len(list) != 0 {
		t.Errorf("%+v too early", list)
	}
	list := d.unrated(device.Add(rateUsual))
	if len(list) != 1 || list[0].Do != protocol.TicketRate || list[0].Rating != 0 || list[0].Ticket != "20261123-A012" {
		t.Errorf("%+v, want a rating of 0 for A012", list)
	}
	if r := d.grade("5", device.Add(rateUsual)); r != nil {
		t.Errorf("a late key asked %+v, want nothing", r)
	}
}

func TestRatedTicketIsNotAskedAgain(t *testing.T) {
	d := equipped(serving())
	d.window.Rate.Rated = true
	if r := d.pressRate(device); r == nil || !strings.Contains(r.Text.In(protocol.English), "has been rated") || d.asking != nil {
		t.Errorf("%v, want that it has been rated", r)
	}
}

func TestNoticeHasATickAtWhatIsMissingAndNeedsOne(t *testing.T) {
	d := equipped(serving())
	pressed(t, d, Press{Key: KeyPrint})
	pressed(t, d, Press{Key: KeyDigit, Choice: "1"})
	if d.menu == nil || !d.menu.Multi || len(d.menu.Options) != 4 {
		t.Fatalf("menu %+v, want four papers to tick", d.menu)
	}
	if _, refusal := d.press(Press{ID: "go", Key: KeyBig}, device); refusal == nil || d.job != nil {
		t.Errorf("nothing ticked: %v, want a refusal", refusal)
	}
	pressed(t, d, Press{Key: KeyDigit, Choice: "2"})
	pressed(t, d, Press{Key: KeyDigit, Choice: "3"})
	pressed(t, d, Press{Key: KeyDigit, Choice: "3"}) // and not, after all
	pressed(t, d, Press{Key: KeyBig})
	if d.job == nil || d.paper.state != paperComing || d.menu != nil {
		t.Fatalf("job %v, paper %+v", d.job, d.paper)
	}
	raw, err := escpos.Encode(d.job.doc, mustProfile(t), nil)
	if err != nil || len(raw) == 0 {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
}

func mustProfile(t *testing.T) escpos.Profile {
	t.Helper()
	p, err := escpos.ProfileByName("gbk-80")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPaperThatDidNotComeOutIsSaidInAJanitorsWords(t *testing.T) {
	d := partStories()[7].make(t)
	if v := d.screen(device).Paper; v.State != paperFailed || !strings.Contains(v.Text.In(protocol.English), "Out of paper: put in a new roll") {
		t.Errorf("%+v", v)
	}
}

func TestSmallDisplaySaysWhatTheClerkTypes(t *testing.T) {
	d := sat(signedOff())
	typed(t, d, DefaultKeys([]string{"Enter", "0"}), device, "0", "7")
	if v := d.screen(device).hand; v.Line != "工号 07" {
		t.Errorf("line %q, want the number", v.Line)
	}
	v := equipped(serving()).screen(device).hand
	if v.Number != "A012" || v.Stage != protocol.Serving || v.Waiting != 9 {
		t.Errorf("%+v", v)
	}
}
