package terminal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jiaohao/protocol"
)

// liveKeys are the hints of the keys that can be pressed now.
func liveKeys(s Screen) string {
	var live []string
	for _, k := range s.Keys {
		if k.Live {
			live = append(live, k.Hint)
		}
	}
	return strings.Join(live, " ")
}

func TestKeysOfEachStage(t *testing.T) {
	for _, c := range []struct {
		name, big, live string
		desk            *desk
	}{
		{"signed off", "签到", "S", sat(signedOff())},
		{"open and idle", "呼叫下一位", "C P X S", sat(open())},
		{"idle with held numbers", "呼叫下一位", "B C P X S", sat(open(), holding)},
		{"called", "到达，开始办理", "R A N H T S U", sat(called())},
		{"serving", "办结并呼叫下一位", "F H T S", sat(serving())},
		{"paused", "恢复服务", "P X S", sat(paused())},
	} {
		s := c.desk.screen(device)
		if got := s.Big.Label.In(protocol.Chinese); got != c.big || !s.Big.Live {
			t.Errorf("%s: the big key is %q, live %v, want %q", c.name, got, s.Big.Live, c.big)
		}
		if got := liveKeys(s); got != c.live {
			t.Errorf("%s: live are %q, want %q", c.name, got, c.live)
		}
		for _, k := range s.Keys {
			if !k.Live && (k.Why.In(protocol.Chinese) == "" || k.Why.In(protocol.English) == k.Why.In(protocol.Chinese)) {
				t.Errorf("%s: %s is dead and does not say why in both languages", c.name, k.ID)
			}
		}
	}
}

func TestBigKeyAsksForWhatSuitsTheMoment(t *testing.T) {
	for _, c := range []struct {
		state protocol.WindowState
		want  protocol.Action
	}{
		{open(), protocol.WindowCallNext}, {called(), protocol.WindowArrived},
		{serving(), protocol.WindowCallNext}, {paused(), protocol.WindowUnpause},
	} {
		req := pressed(t, sat(c.state), Press{Key: KeyBig})
		if req == nil || req.Do != c.want {
			t.Errorf("%+v, want %s", req, c.want)
		}
	}
}

func TestNothingChangesUntilTheHubSaysSo(t *testing.T) {
	d := sat(open())
	req := pressed(t, d, Press{ID: "k1", Key: KeyBig})
	if s := d.screen(device); s.Stage != StageIdle || s.Busy == nil || s.Busy.ID != "k1" {
		t.Errorf("while the hub is asked the stage is %s, busy %+v", s.Stage, s.Busy)
	}
	d.answer(protocol.Reply{ID: req.ID, OK: &protocol.OK{}}, device)
	if s := d.screen(device); s.Stage != StageIdle || s.Busy != nil || s.Done != "k1" {
		t.Errorf("after the reply the stage is %s, busy %+v, done %q", s.Stage, s.Busy, s.Done)
	}
	d.setWindow(called(), device)
	if s := d.screen(device); s.Stage != StageCalled || s.Current.Number != "A012" || s.Current.ForMS != 18_000 {
		t.Errorf("after the state the screen has %s %+v", s.Stage, s.Current)
	}
}

func TestSamePressIsOneRequestBeforeAndAfterItsAnswer(t *testing.T) {
	d := sat(open())
	if pressed(t, d, Press{ID: "k1", Key: KeyBig}) == nil {
		t.Fatal("the first press asked nothing")
	}
	if pressed(t, d, Press{ID: "k1", Key: KeyBig}) != nil {
		t.Error("the repeated press asked again while the first was under way")
	}
	d.answer(protocol.Reply{ID: "k1", OK: &protocol.OK{}}, device)
	d.setWindow(serving(), device)
	if pressed(t, d, Press{ID: "k1", Key: KeyBig}) != nil {
		t.Error("the repeated press asked again after its answer")
	}
}

func TestSecondTapOnTheBigKeyDoesNotMarkTheCalledPersonAsArrived(t *testing.T) {
	d := sat(open())
	pressed(t, d, Press{ID: "k1", Key: KeyBig})
	d.answer(protocol.Reply{ID: "k1", OK: &protocol.OK{}}, device)
	d.setWindow(called(), device)
	if req, refusal := d.press(Press{ID: "k2", Key: KeyBig}, device.Add(300*time.Millisecond)); req != nil || refusal != nil {
		t.Errorf("a tap after 300 ms came to %+v, %v", req, refusal)
	}
	if req, _ := d.press(Press{ID: "k3", Key: KeyBig}, device.Add(settle)); req == nil || req.Do != protocol.WindowArrived || req.Ticket != "20261123-A012" {
		t.Errorf("a press after %v came to %+v", settle, req)
	}
}

func TestOtherKeysWaitWhileARequestIsUnderWay(t *testing.T) {
	d := sat(called())
	pressed(t, d, Press{ID: "k1", Key: KeyRecall})
	req, refusal := d.press(Press{ID: "k2", Key: KeyNoShow}, device)
	if req != nil || refusal == nil || refusal.Code != protocol.Overloaded || !strings.Contains(refusal.Text.In(protocol.Chinese), "重呼") {
		t.Errorf("a second command came to %+v, %v", req, refusal)
	}
}

func TestStalePressNamesTheNumberThatTheClerkSaw(t *testing.T) {
	d := sat(called())
	if req := pressed(t, d, Press{Key: KeyNoShow, Ticket: "20261123-A011"}); req.Ticket != "20261123-A011" {
		t.Errorf("the hub is asked about %s, so it cannot refuse", req.Ticket)
	}
}

func TestHubAwayIsSaidWithTheTimeAndNoKeyIsLive(t *testing.T) {
	d := sat(serving())
	d.setOnline(false, device)
	s := d.screen(device.Add(time.Minute))
	if s.Big.Live || liveKeys(s) != "" {
		t.Errorf("live are %v and %q", s.Big.Live, liveKeys(s))
	}
	if text := s.Banners[0].Text; !strings.Contains(text.In(protocol.Chinese), "最后更新 09:12:31") || !strings.Contains(text.In(protocol.English), "09:12:31") {
		t.Errorf("the banner says %v", text)
	}
	req, refusal := d.press(Press{ID: "k", Key: KeyFinish, Choice: "done"}, device)
	if req != nil || refusal == nil || refusal.Code != protocol.Unavailable {
		t.Errorf("a press came to %+v, %v", req, refusal)
	}
}

func TestWaitingForTheHubIsSaidAfterThreeSeconds(t *testing.T) {
	d := sat(open())
	pressed(t, d, Press{Key: KeyBig})
	if at := d.deadline(device); !at.Equal(device.Add(waitingAfter)) {
		t.Errorf("the screen changes next at %v", at)
	}
	if s := d.screen(device.Add(waitingAfter - 1)); len(s.Banners) != 0 || s.Busy.Long {
		t.Errorf("before 3 s: %+v", s.Banners)
	}
	s := d.screen(device.Add(waitingAfter))
	if len(s.Banners) != 1 || !strings.Contains(s.Banners[0].Text.In(protocol.Chinese), "正在等待主机") || !s.Busy.Long {
		t.Errorf("after 3 s: %+v", s.Banners)
	}
}

func TestFinishCodesAreTheDigits0To8(t *testing.T) {
	for i, want := range protocol.Results() {
		d := sat(serving())
		pressed(t, d, Press{ID: "open", Key: KeyFinish})
		req := pressed(t, d, Press{ID: "digit", Key: KeyDigit, Choice: fmt.Sprint(i)})
		if want == protocol.Returned {
			if req != nil || d.menu.Form == nil {
				t.Error("a returned matter was finished without a reason")
			}
			continue
		}
		if req == nil || req.Do != protocol.WindowFinish || req.Result != want || req.Ticket != "20261123-A012" {
			t.Errorf("digit %d came to %+v, want %s", i, req, want)
		}
	}
}

func TestReturnedMatterIsFinishedWithItsReason(t *testing.T) {
	d := sat(serving())
	pressed(t, d, Press{ID: "1", Key: KeyFinish, Choice: "returned"})
	if _, refusal := d.press(Press{ID: "2", Key: KeyFinish, Choice: "returned", Reason: "  "}, device); refusal == nil {
		t.Error("a reason of spaces was taken")
	}
	req := pressed(t, d, Press{ID: "3", Key: KeyFinish, Choice: "returned", Reason: "缺户口簿"})
	if req == nil || req.Result != protocol.Returned || req.Reason != "缺户口簿" {
		t.Errorf("%+v", req)
	}
}

func TestEachMenuAsksTheHubForWhatWasChosen(t *testing.T) {
	for _, c := range []struct {
		name  string
		state protocol.WindowState
		keys  []Press
		want  protocol.Request
	}{
		{"hold without a reason", called(), []Press{{Key: KeyHold}, {Key: KeyDigit, Choice: "0"}}, protocol.Request{Do: protocol.WindowHold, Ticket: "20261123-A012"}},
		{"hold for papers", serving(), []Press{{Key: KeyHold}, {Key: KeyDigit, Choice: "1"}}, protocol.Request{Do: protocol.WindowHold, Ticket: "20261123-A012", Reason: "补材料"}},
		{"hold for another reason", serving(), []Press{{Key: KeyHold}, {Key: KeyDigit, Choice: "5"}, {Key: KeyHold, Choice: "other", Reason: "接孩子"}}, protocol.Request{Do: protocol.WindowHold, Ticket: "20261123-A012", Reason: "接孩子"}},
		{"transfer to a service", serving(), []Press{{Key: KeyTransfer}, {Key: KeyDigit, Choice: "1"}}, protocol.Request{Do: protocol.WindowTransfer, Ticket: "20261123-A012", Service: "tax"}},
		{"transfer to a window", serving(), []Press{{Key: KeyTransfer}, {Key: KeyTransfer, Choice: "window:4"}}, protocol.Request{Do: protocol.WindowTransfer, Ticket: "20261123-A012", ToWindow: "4"}},
		{"pause for the meal", open(), []Press{{Key: KeyPause}, {Key: KeyDigit, Choice: "1"}}, protocol.Request{Do: protocol.WindowPause, Reason: "用餐"}},
		{"end of the pause", paused(), []Press{{Key: KeyPause}}, protocol.Request{Do: protocol.WindowUnpause}},
		{"bring back the second", open(), []Press{{Key: KeyResume}, {Key: KeyDigit, Choice: "2"}}, protocol.Request{Do: protocol.WindowResume, Ticket: "20261123-C002"}},
		{"call a missed number", open(), []Press{{Key: KeyCall}, {Key: KeyCall, Ticket: " a009 ", Reason: "过号后到窗口"}}, protocol.Request{Do: protocol.WindowCall, Ticket: "A009", Reason: "过号后到窗口"}},
		{"sign off", open(), []Press{{Key: KeySignOff}, {Key: KeyBig}, {Key: KeyDigit, Choice: "1"}}, protocol.Request{Do: protocol.WindowSignOff}},
		{"help while serving", serving(), []Press{{Key: KeyHelp}, {Key: KeyDigit, Choice: "2"}}, protocol.Request{Do: protocol.WindowHelp, Reason: "现场秩序，请保安到场"}},
		{"undo", called(), []Press{{Key: KeyUndo}}, protocol.Request{Do: protocol.WindowUndo}},
	} {
		d := sat(c.state, holding)
		var req *protocol.Request
		for i, p := range c.keys {
			p.ID = protocol.RequestID(fmt.Sprint("k", i))
			req = pressed(t, d, p)
		}
		c.want.Version, c.want.ID = protocol.Version, protocol.RequestID(fmt.Sprint("k", len(c.keys)-1))
		got, _ := json.Marshal(req)
		if want, _ := json.Marshal(c.want); string(got) != string(want) {
			t.Errorf("%s: asked %s, want %s", c.name, got, want)
		}
	}
}

func TestTwelveTargetsTakeTwoDigits(t *testing.T) {
	d := sat(serving())
	for i := range 9 {
		id := protocol.WindowID(fmt.Sprint("w", i))
		d.board.Windows = append(d.board.Windows, protocol.BoardWindow{Window: id, Label: string(id)})
	}
	pressed(t, d, Press{ID: "1", Key: KeyTransfer})
	if req := pressed(t, d, Press{ID: "2", Key: KeyDigit, Choice: "1"}); req != nil || d.screen(device).Menu.Typed != "1" {
		t.Fatalf("1 could be 10 to 16, but asked %+v", req)
	}
	if req := pressed(t, d, Press{ID: "3", Key: KeyDigit, Choice: "2"}); req == nil || req.ToWindow != "w4" {
		t.Errorf("12 asked %+v", req)
	}
	d = sat(serving())
	pressed(t, d, Press{ID: "1", Key: KeyTransfer})
	d.menu.Options = append(d.menu.Options, make([]Option, 3)...)
	d.menu.Options[9].No = "10"
	pressed(t, d, Press{ID: "2", Key: KeyDigit, Choice: "1"})
	if req := pressed(t, d, Press{ID: "3", Key: KeyBig}); req == nil || req.Service != "tax" {
		t.Errorf("1 and confirm asked %+v", req)
	}
}

func TestMenuClosesWhenTheNumberAtTheWindowChanges(t *testing.T) {
	d := sat(serving())
	pressed(t, d, Press{Key: KeyFinish})
	other := serving()
	other.Current.Ticket, other.Current.Number = "20261123-A013", "A013"
	d.setWindow(other, device)
	if d.menu != nil {
		t.Error("the menu would finish a number that the clerk did not see")
	}
}

func TestMenuAndHalfAPINAreForgottenAfterAMinute(t *testing.T) {
	d := sat(open())
	pressed(t, d, Press{Key: KeyPause})
	d.expire(device.Add(menuFor))
	if d.menu != nil {
		t.Error("the menu is still open")
	}
	d = sat(signedOff())
	pressed(t, d, Press{ID: "1", Key: KeyDigit, Choice: "7"})
	pressed(t, d, Press{ID: "2", Key: KeyBig})
	pressed(t, d, Press{ID: "3", Key: KeyDigit, Choice: "1"})
	d.expire(device.Add(menuFor))
	if d.entry != (entry{}) {
		t.Errorf("still there: %+v", d.entry)
	}
}

func TestRefusalOfTheHubStandsBesideItsKeyForAWhile(t *testing.T) {
	d := refused(t, sat(called()), Press{ID: "k", Key: KeyNoShow}, protocol.Refuse(protocol.WrongStage, "已到窗口的号不能过号", "who has arrived cannot be a no-show"))
	s := d.screen(device)
	if s.Note == nil || s.Note.Key != KeyNoShow || s.Note.Code != protocol.WrongStage || s.Note.Text.In(protocol.English) != "who has arrived cannot be a no-show" {
		t.Errorf("the note is %+v", s.Note)
	}
	if d.screen(device.Add(noteFor)).Note != nil {
		t.Error("the note stays for ever")
	}
	pressed(t, d, Press{ID: "k2", Key: KeyHold})
	if d.screen(device).Note != nil {
		t.Error("the note stays although another key was pressed")
	}
}

func TestFourthCallIsRefusedHereWithWhatToDo(t *testing.T) {
	d := sat(called(), func(w *protocol.WindowState) { w.Current.Calls = 3 })
	_, refusal := d.press(Press{ID: "k", Key: KeyRecall}, device)
	if refusal == nil || refusal.Text.In(protocol.Chinese) != "已叫号 3 次，未到请按过号" || d.screen(device).Note.Key != KeyRecall {
		t.Errorf("%v", refusal)
	}
}

func TestManagerAllowsWhatWasRefusedBecauseThePartnerIsAway(t *testing.T) {
	d := refused(t, sat(open()), Press{ID: "k1", Key: KeyPause, Choice: "1"}, partnerAway())
	m := d.screen(device).Menu
	if m == nil || m.Key != KeyOverride || !m.Form.Manager || m.Form.Reason != "用餐" {
		t.Fatalf("the menu is %+v", m)
	}
	if _, refusal := d.press(Press{ID: "k2", Key: KeyOverride, Manager: "c12"}, device); refusal == nil {
		t.Error("an override without PIN and reason was taken")
	}
	req := pressed(t, d, Press{ID: "k3", Key: KeyOverride, Manager: "c12", ManagerPIN: "2580", Reason: "换班用餐"})
	if req.Do != protocol.WindowPause || req.Manager != "c12" || req.ManagerPIN != "2580" || req.Reason != "换班用餐" {
		t.Errorf("asked %+v", req)
	}
	d.answer(protocol.Reply{ID: "k3", Refused: protocol.Refuse(protocol.WrongPIN, "密码错误", "wrong PIN")}, device)
	if s := d.screen(device); s.Menu == nil || s.Note == nil || s.Note.Key != KeyOverride {
		t.Errorf("after a wrong PIN the menu is %+v and the note %+v", s.Menu, s.Note)
	}
	pressed(t, d, Press{ID: "k4", Key: KeyOverride, Manager: "c12", ManagerPIN: "2581", Reason: "换班用餐"})
	d.answer(protocol.Reply{ID: "k4", OK: &protocol.OK{}}, device)
	if d.screen(device).Menu != nil {
		t.Error("the menu stays after it was allowed")
	}
}

func TestTimersRunByTheHubsClockOnly(t *testing.T) {
	d := sat(called())
	if ms := d.screen(device.Add(10 * time.Second)).Current.ForMS; ms != 28_000 {
		t.Errorf("10 s later the call is %d ms old, want 28000", ms)
	}
	late := board() // as it was five minutes ago: a retained message may be old
	late.At = at.Add(-5 * time.Minute)
	d.setBoard(late, device.Add(10*time.Second))
	if ms := d.screen(device.Add(10 * time.Second)).Current.ForMS; ms != 28_000 {
		t.Errorf("an old message made it %d ms", ms)
	}
	late.Epoch++ // the hub's clock was set, and the hub restarted
	d.setBoard(late, device.Add(10*time.Second))
	if ms := d.screen(device.Add(10 * time.Second)).Current.ForMS; ms != 0 {
		t.Errorf("after the hub's clock was set back it is %d ms, never below 0", ms)
	}
}

func TestServiceTimeBeforeAHoldIsAdded(t *testing.T) {
	d := sat(serving(), func(w *protocol.WindowState) { w.Current.ServedMS = 60_000 })
	if ms := d.screen(device).Current.ForMS; ms != 307_000 {
		t.Errorf("service time is %d ms, want 4:07 and 1:00", ms)
	}
}

func TestUndoIsOfferedUntilItsTime(t *testing.T) {
	d := sat(called())
	s := d.screen(device.Add(40 * time.Second))
	if s.Undo == nil || s.Undo.LeftMS != 2000 || s.Undo.What.In(protocol.Chinese) != "呼叫下一位 A012" {
		t.Errorf("%+v", s.Undo)
	}
	if at := d.deadline(device.Add(40 * time.Second)); !at.Equal(device.Add(42 * time.Second)) {
		t.Errorf("the offer ends at %v", at)
	}
	if s := d.screen(device.Add(42 * time.Second)); s.Undo != nil || strings.Contains(liveKeys(s), "U") {
		t.Error("undo is offered after its time")
	}
}

func TestAnotherClerkAtThisWindowIsSaid(t *testing.T) {
	d := sat(open())
	w := open()
	w.Clerk, w.ClerkName = "c08", say("王芳", "Wang Fang")
	d.setWindow(w, device)
	if b := d.screen(device).Banners; len(b) != 1 || b[0].Kind != "taken" || !strings.Contains(b[0].Text.In(protocol.Chinese), "王芳") {
		t.Errorf("%+v", b)
	}
}

func TestClerkWhoSignsOnHereAfterAnotherIsNoSurprise(t *testing.T) {
	d := sat(open())
	d.setWindow(signedOff(), device)
	pressed(t, d, Press{ID: "k", Key: KeySignOn, Clerk: "c08", PIN: "2580"})
	w := open()
	w.Clerk, w.ClerkName = "c08", say("王芳", "Wang Fang")
	d.setWindow(w, device)
	d.answer(protocol.Reply{ID: "k", OK: &protocol.OK{}}, device)
	if b := d.screen(device).Banners; len(b) != 0 {
		t.Errorf("%+v", b)
	}
}

func TestWindowIsServedAlsoWhileTheConfigurationIsMissing(t *testing.T) {
	d := &desk{device: "terminal-3"}
	d.setWindow(signedOff(), device)
	d.setOnline(true, device)
	if s := d.screen(device); s.Stage != StageSignedOff || len(s.SignOn.Clerks) != 0 {
		t.Fatalf("%s, %+v", s.Stage, s.SignOn)
	}
	if req := pressed(t, d, Press{ID: "1", Key: KeySignOn, Clerk: "c07", PIN: "2580"}); req == nil || req.Clerk != "c07" {
		t.Errorf("asked %+v", req)
	}
	d.answer(protocol.Reply{ID: "1", OK: &protocol.OK{}}, device)
	d.setWindow(open(), device)
	pressed(t, d, Press{ID: "2", Key: KeyPause})
	if req := pressed(t, d, Press{ID: "3", Key: KeyDigit, Choice: "1"}); req == nil || req.Reason != "短暂离岗" {
		t.Errorf("asked %+v", req)
	}
}

func TestPINIsNowhereOnTheScreen(t *testing.T) {
	d := sat(signedOff())
	pressed(t, d, Press{ID: "1", Key: KeyDigit, Choice: "7"})
	pressed(t, d, Press{ID: "2", Key: KeyBig})
	for i, digit := range []string{"8", "6", "4", "2", "9"} {
		pressed(t, d, Press{ID: protocol.RequestID(fmt.Sprint("p", i)), Key: KeyDigit, Choice: digit})
	}
	if s := d.screen(device); s.SignOn.Stars != 5 || s.SignOn.Clerk.In(protocol.Chinese) != "林晓" {
		t.Errorf("%+v", s.SignOn)
	}
	req := pressed(t, d, Press{ID: "ok", Key: KeyBig})
	if req == nil || req.Clerk != "c07" || req.PIN != "86429" {
		t.Errorf("asked %+v", req)
	}
	payload, _ := json.Marshal(d.screen(device))
	if strings.Contains(string(payload), "86429") {
		t.Error("the screen holds the PIN")
	}
	d.answer(protocol.Reply{ID: "ok", Refused: protocol.Refuse(protocol.WrongPIN, "密码错误", "wrong PIN")}, device)
	if s := d.screen(device); s.SignOn.Stars != 0 || len(s.SignOn.Clerk) == 0 || s.Note.Key != KeySignOn {
		t.Errorf("after a wrong PIN: %+v, %+v", s.SignOn, s.Note)
	}
}

func TestNumbersByWhichClerksSignOn(t *testing.T) {
	for _, c := range []struct{ ids, want []string }{
		{[]string{"c07", "c08", "m1"}, []string{"07", "08", "1"}},
		{[]string{"lin", "wang"}, []string{"1", "2"}},
		{[]string{"a1", "b01"}, []string{"1", "2"}},
		{nil, []string{}},
	} {
		var clerks []protocol.ConfigClerk
		for _, id := range c.ids {
			clerks = append(clerks, protocol.ConfigClerk{Clerk: protocol.ClerkID(id)})
		}
		if got := clerkNumbers(clerks); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.ids, got, c.want)
		}
	}
}

// TestAnyPressesAskOneThingAtATime presses at random.
func TestAnyPressesAskOneThingAtATime(t *testing.T) {
	states := []protocol.WindowState{open(), called(), serving(), paused(), signedOff()}
	keys := []KeyID{KeyBig, KeyDigit, KeyBack, KeySignOn, KeyOverride, "?"}
	for _, r := range keyRules() {
		keys = append(keys, r.id)
	}
	rapid.Check(t, func(rt *rapid.T) {
		d := sat(rapid.SampledFrom(states).Draw(rt, "state"), holding)
		under := protocol.RequestID("")
		for i := range rapid.IntRange(1, 30).Draw(rt, "presses") {
			now := device.Add(time.Duration(i) * time.Second)
			p := Press{
				ID:     protocol.RequestID(fmt.Sprint("k", rapid.IntRange(0, i).Draw(rt, "id"))),
				Key:    rapid.SampledFrom(keys).Draw(rt, "key"),
				Choice: rapid.SampledFrom([]string{"", "1", "4", "9", "done", "returned", "other", "service:tax", "x"}).Draw(rt, "choice"),
				Reason: rapid.SampledFrom([]string{"", "原因", "\x00", strings.Repeat("长", 201)}).Draw(rt, "reason"),
				Ticket: protocol.TicketID(rapid.SampledFrom([]string{"", "A001", "不是票号"}).Draw(rt, "ticket")),
				Clerk:  "c07", PIN: rapid.SampledFrom([]string{"", "1234", "x"}).Draw(rt, "pin"),
			}
			req, refusal := d.press(p, now)
			if req != nil {
				if under != "" || refusal != nil || req.ID != p.ID || req.Check() != nil || !strings.HasPrefix(string(req.Do), "window.") {
					rt.Fatalf("%+v asked %+v while %q was under way", p, req, under)
				}
				under = req.ID
			}
			if rapid.Bool().Draw(rt, "answered") && under != "" {
				reply := protocol.Reply{ID: under, OK: &protocol.OK{}}
				if rapid.Bool().Draw(rt, "refused") {
					reply = protocol.Reply{ID: under, Refused: partnerAway()}
				}
				d.answer(reply, now)
				under = ""
			}
			if rapid.Bool().Draw(rt, "state changes") {
				d.setWindow(rapid.SampledFrom(states).Draw(rt, "to"), now)
			}
			if _, err := json.Marshal(d.screen(now)); err != nil {
				rt.Fatal(err)
			}
		}
	})
}
