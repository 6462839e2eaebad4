package terminal

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"testing"
	"time"

	"jiaohao/protocol"
)

var storybook = flag.String("storybook", "", "serve every state of the screen at this `address`, to look at")

// at is the hub's morning of the stories; the device's own clock is years behind.
var (
	at     = time.Date(2026, 11, 23, 9, 12, 31, 0, time.FixedZone("", 8*3600))
	device = time.Date(1970, 1, 1, 0, 3, 0, 0, time.UTC)
)

var say = protocol.Say

// config is the configuration of the terminal at window 3.
func config() protocol.Config {
	return protocol.Config{
		Hall: "bemowo", HallName: say("贝莫沃区政务服务大厅", "Bemowo service hall"), Device: "terminal-3", Kind: protocol.KindTerminal,
		Zone: "Asia/Shanghai", Day: "2026-11-23", Window: "3", Languages: []protocol.Lang{protocol.Chinese, protocol.English},
		Clerks: []protocol.ConfigClerk{
			{Clerk: "c07", Name: say("林晓", "Lin Xiao")}, {Clerk: "c08", Name: say("王芳", "Wang Fang")},
			{Clerk: "c11", Name: say("周建国", "Zhou Jianguo")}, {Clerk: "c12", Name: say("陈静", "Chen Jing")},
		},
		Reasons: []protocol.Text{say("用餐", "Meal"), say("会议", "Meeting"), say("短暂离岗", "Short break")},
		Transfers: []protocol.ConfigTarget{
			{Service: "social", Name: say("社会保险", "Social insurance")}, {Service: "tax", Name: say("税务", "Tax")},
			{Service: "permit", Name: say("证照办理", "Permits")}, {Service: "land", Name: say("不动产登记", "Land register")},
		},
	}
}

func board() protocol.Board {
	return protocol.Board{Stamp: protocol.Stamp{Epoch: 4, Seq: 900}, At: at, Windows: []protocol.BoardWindow{
		{Window: "1", Label: "1", Status: protocol.Open}, {Window: "2", Label: "2", Status: protocol.Paused}, {Window: "3", Label: "3", Status: protocol.Open},
		{Window: "4", Label: "4", Status: protocol.Open}, {Window: "desk", Label: "咨询台", Status: protocol.Open},
	}}
}

// open is window 3 with Lin Xiao and people waiting.
func open() protocol.WindowState {
	return protocol.WindowState{
		Stamp: protocol.Stamp{Epoch: 4, Seq: 901}, At: at, Window: "3", Label: "3", Name: say("3号窗口", "Window 3"),
		Status: protocol.Open, Clerk: "c07", ClerkName: say("林晓", "Lin Xiao"), Since: at.Add(-42 * time.Minute), Served: 14, Waiting: 9,
		Queues: []protocol.Queue{
			{Service: "social", Name: say("社会保险", "Social insurance"), Waiting: 6},
			{Service: "permit", Name: say("证照办理", "Permits"), Waiting: 2},
			{Service: "tax", Name: say("税务", "Tax"), Waiting: 1, Cover: true},
		},
		Next: &protocol.NextUp{
			Number: "A013", Service: "social", ServiceName: say("社会保险", "Social insurance"), Class: protocol.Regular, IssuedAt: at.Add(-11*time.Minute - 20*time.Second),
			Why: say("社会保险、证照办理中等候最久", "longest wait among Social insurance, Permits"),
		},
		Partner: &protocol.Partner{Window: "4", Label: "4", Name: say("4号窗口", "Window 4"), Status: protocol.Open, Number: "B007", Waiting: 3},
	}
}

func called() protocol.WindowState {
	w := open()
	w.Current = &protocol.Current{
		Ticket: "20261123-A012", Number: "A012", Service: "social", ServiceName: say("社会保险", "Social insurance"), Class: protocol.Green,
		Stage: protocol.Called, Call: 88, Calls: 1, CallsMax: 3, Since: at.Add(-18 * time.Second), WaitMS: 734_000,
		Why: say("绿色通道第 1 位，连叫不超过 2 位", "green channel 1 of 2"),
	}
	w.Undo = &protocol.Undo{Do: protocol.WindowCallNext, Number: "A012", Until: at.Add(42 * time.Second)}
	return w
}

func serving() protocol.WindowState {
	w := called()
	w.Current.Stage, w.Current.Since, w.Current.Class = protocol.Serving, at.Add(-4*time.Minute-7*time.Second), protocol.Regular
	w.Undo = nil
	return w
}

func paused() protocol.WindowState {
	w := open()
	w.Status, w.Reason, w.Since = protocol.Paused, "用餐", at.Add(-12*time.Minute)
	w.Partner.Covers = true
	return w
}

func signedOff() protocol.WindowState {
	w := open()
	w.Status, w.Clerk, w.ClerkName, w.Since = protocol.Closed, "", nil, at.Add(-time.Hour)
	return w
}

// sat is a desk that has heard all this, with the hub there.
func sat(w protocol.WindowState, change ...func(*protocol.WindowState)) *desk {
	for _, c := range change {
		c(&w)
	}
	d := &desk{device: "terminal-3"}
	d.setConfig(config())
	d.setBoard(board(), device)
	d.setWindow(w, device)
	d.setOnline(true, device)
	return d
}

// pressed presses a key and fails the test when it is refused.
func pressed(t testing.TB, d *desk, p Press) *protocol.Request {
	t.Helper()
	if p.ID == "" {
		p.ID = protocol.RequestID(fmt.Sprintf("press-%d", len(d.answered)+1))
	}
	req, refusal := d.press(p, device)
	if refusal != nil {
		t.Fatalf("%s was refused: %v", p.Key, refusal)
	}
	return req
}

// story is one state of the screen, to be looked at and compared.
type story struct {
	name string
	make func(t testing.TB) *desk
	now  time.Duration // after the hub was heard
}

func holding(w *protocol.WindowState) {
	w.HeldHere = []protocol.HeldTicket{
		{Ticket: "20261123-A004", Number: "A004", Since: at.Add(-21 * time.Minute), Reason: "补材料"},
		{Ticket: "20261123-C002", Number: "C002", Since: at.Add(-3 * time.Minute)},
	}
}

func covering(w *protocol.WindowState) {
	w.Partner.Status, w.Partner.Number, w.Partner.Covered = protocol.Paused, "", true
}

// refused is a desk whose last press the hub refused.
func refused(t testing.TB, d *desk, p Press, r *protocol.Refusal) *desk {
	t.Helper()
	req := pressed(t, d, p)
	if req == nil {
		t.Fatalf("%s asked the hub nothing", p.Key)
	}
	d.answer(protocol.Reply{ID: req.ID, Refused: r}, device)
	return d
}

func partnerAway() *protocol.Refusal {
	return protocol.Refuse(protocol.PartnerAway, "AB岗不能同时离岗：4号窗口已离岗，还有 9 人等候；需值班经理授权并注明原因",
		"both posts of a pair may not be away: window 4 is away and 9 wait; a manager can override with a reason")
}

func withMenu(w protocol.WindowState, p Press) func(testing.TB) *desk {
	return func(t testing.TB) *desk {
		d := sat(w, holding)
		pressed(t, d, p)
		return d
	}
}

func stories() []story {
	plain := func(w protocol.WindowState, change ...func(*protocol.WindowState)) func(testing.TB) *desk {
		return func(testing.TB) *desk { return sat(w, change...) }
	}
	away := func(w protocol.WindowState) func(testing.TB) *desk {
		return func(testing.TB) *desk { d := sat(w); d.setOnline(false, device); return d }
	}
	return []story{
		{name: "connecting", make: func(testing.TB) *desk { return &desk{device: "terminal-3"} }},
		{name: "unassigned", make: func(testing.TB) *desk {
			c := config()
			c.Window = ""
			d := &desk{device: "terminal-3"}
			d.setConfig(c)
			d.setOnline(true, device)
			return d
		}},
		{name: "signed-off", make: plain(signedOff())},
		{name: "signed-off-keypad", make: func(t testing.TB) *desk {
			d := sat(signedOff())
			for i, digit := range []string{"7", "", "1", "2", "3"} {
				p := Press{ID: protocol.RequestID(fmt.Sprint("k", i)), Key: KeyDigit, Choice: digit}
				if digit == "" {
					p.Key = KeyBig
				}
				pressed(t, d, p)
			}
			return d
		}},
		{name: "wrong-pin", make: func(t testing.TB) *desk {
			return refused(t, sat(signedOff()), Press{Key: KeySignOn, Clerk: "c07", PIN: "1234"},
				protocol.Refuse(protocol.WrongPIN, "密码错误，还可再试 4 次", "wrong PIN, 4 tries left"))
		}},
		{name: "idle", make: plain(open(), holding), now: 5 * time.Second},
		{name: "idle-cover", make: plain(open(), covering)},
		{name: "idle-nobody", make: plain(open(), func(w *protocol.WindowState) {
			w.Next, w.Waiting = nil, 0
			for i := range w.Queues {
				w.Queues[i].Waiting = 0
			}
			w.Queues = w.Queues[:2]
		})},
		{name: "called", make: plain(called())},
		{name: "called-thrice", make: func(t testing.TB) *desk {
			d := sat(called(), func(w *protocol.WindowState) { w.Current.Calls = 3 })
			if _, refusal := d.press(Press{ID: "p", Key: KeyRecall}, device); refusal == nil {
				t.Fatal("a fourth call was taken")
			}
			return d
		}},
		{name: "serving", make: plain(serving(), holding)},
		{name: "serving-for-partner", make: plain(serving(), covering, func(w *protocol.WindowState) { w.Current.For = "4" })},
		{name: "finish", make: withMenu(serving(), Press{Key: KeyFinish})},
		{name: "finish-returned", make: withMenu(serving(), Press{Key: KeyFinish, Choice: "returned"})},
		{name: "hold", make: withMenu(serving(), Press{Key: KeyHold})},
		{name: "transfer", make: withMenu(serving(), Press{Key: KeyTransfer})},
		{name: "bring-back", make: withMenu(open(), Press{Key: KeyResume})},
		{name: "call-chosen", make: withMenu(open(), Press{Key: KeyCall})},
		{name: "pause", make: withMenu(open(), Press{Key: KeyPause})},
		{name: "help-menu", make: withMenu(open(), Press{Key: KeyHelp})},
		{name: "sign-off", make: withMenu(open(), Press{Key: KeySignOff})},
		{name: "override", make: func(t testing.TB) *desk {
			return refused(t, sat(open()), Press{Key: KeyPause, Choice: "1"}, partnerAway())
		}},
		{name: "override-wrong", make: func(t testing.TB) *desk {
			d := refused(t, sat(open()), Press{Key: KeyPause, Choice: "1"}, partnerAway())
			return refused(t, d, Press{Key: KeyOverride, Manager: "c12", ManagerPIN: "9999", Reason: "用餐"},
				protocol.Refuse(protocol.WrongPIN, "密码错误，还可再试 3 次", "wrong PIN, 3 tries left"))
		}},
		{name: "paused", make: plain(paused())},
		{name: "help-asked", make: plain(serving(), func(w *protocol.WindowState) { w.Help = true })},
		{name: "away", make: away(serving()), now: 90 * time.Second},
		{name: "away-idle", make: away(open()), now: 90 * time.Second},
		{name: "waiting", make: func(t testing.TB) *desk {
			d := sat(open())
			pressed(t, d, Press{Key: KeyBig})
			return d
		}, now: 4 * time.Second},
		{name: "taken", make: func(t testing.TB) *desk {
			d := sat(open())
			w := open()
			w.Clerk, w.ClerkName = "c08", say("王芳", "Wang Fang")
			d.setWindow(w, device)
			return d
		}},
	}
}

// TestStorybook serves the stories for people; without -storybook it only makes
// sure that each can be drawn.
func TestStorybook(t *testing.T) {
	files, err := fs.Sub(web, "web")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	index := "<!doctype html><meta charset=utf-8><title>storybook</title>"
	for _, s := range append(stories(), partStories()...) {
		payload, err := json.Marshal(s.make(t).screen(device.Add(s.now)))
		if err != nil || len(payload) < 200 {
			t.Errorf("%s: %d bytes, %v", s.name, len(payload), err)
		}
		mux.Handle("GET /"+s.name+"/", http.StripPrefix("/"+s.name, http.FileServerFS(files)))
		mux.HandleFunc("GET /"+s.name+"/events", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, "data: %s\n\n", payload)
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			}
			<-r.Context().Done()
		})
		index += fmt.Sprintf(`<p>%s: <a href="/%[1]s/?lang=zh-CN">中文</a> <a href="/%[1]s/?lang=en">English</a>`, s.name)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, index) })
	if *storybook == "" {
		return
	}
	t.Logf("the storybook is at http://%s", *storybook)
	server := &http.Server{Addr: *storybook, Handler: mux, ReadHeaderTimeout: time.Second}
	t.Fatal(server.ListenAndServe())
}
