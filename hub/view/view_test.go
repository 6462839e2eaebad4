package view

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

var update = flag.Bool("update", false, "write the golden files anew")

var links = Links{Base: "https://hall.example", Key: []byte("0123456789abcdef")}

var morning = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) // 09:00 in Shanghai

func plan() queue.Plan {
	say := protocol.Say
	return queue.Plan{
		Version: 1, Hall: "bemowo", Name: say("别莫沃政务大厅", "Bemowo hall"), Zone: "Asia/Shanghai", Rule: queue.RuleFIFO,
		Services: []queue.Service{
			{ID: "social", Prefix: "A", Name: say("社会保险", "Social insurance"), Group: say("社保", "Social"), Materials: []protocol.Text{say("身份证", "Identity card")}},
			{ID: "tax", Prefix: "B", Name: say("税务", "Tax")},
		},
		Windows: []queue.Window{
			{ID: "1", Name: say("1号窗口", "Window 1"), Primary: []protocol.ServiceID{"social"}},
			{ID: "2", Name: say("2号窗口", "Window 2"), Primary: []protocol.ServiceID{"tax"}},
			{ID: "3", Name: say("3号窗口", "Window 3"), Primary: []protocol.ServiceID{"tax"}},
			{ID: "desk", Label: "咨询台", Name: say("咨询台", "Information desk"), Primary: []protocol.ServiceID{"social"}},
		},
		Pairs: []queue.Pair{{A: "1", B: "3"}, {A: "2", B: "desk"}},
		Clerks: []queue.Clerk{
			{ID: "c1", Name: say("王芳", "Wang Fang"), PIN: "$argon2id$hash"},
			{ID: "c2", Name: say("李强", "Li Qiang"), PIN: "$argon2id$hash"},
			{ID: "c3", Name: say("张敏", "Zhang Min"), PIN: "$argon2id$hash"},
		},
		Devices: []queue.Device{
			{ID: "dispenser-1", Kind: protocol.KindDispenser, Letter: "Y"},
			{ID: "dispenser-2", Kind: protocol.KindDispenser, Letter: "Z", Services: []protocol.ServiceID{"tax"}},
			{ID: "display-1", Kind: protocol.KindDisplay, Window: "1"},
			{ID: "terminal-1", Kind: protocol.KindTerminal, Window: "1"},
			{ID: "guest-1", Kind: protocol.KindGuest},
		},
		PauseReasons: []protocol.Text{say("喝水", "Break")},
		Slip:         queue.Slip{Footer: say("咨询电话 12345", "Hotline 12345")},
		Notice:       say("今日 17:00 停止取号", "No tickets after 17:00"),
	}
}

// busyMorning is a hall in which everything that a view can show is going on.
func busyMorning() *queue.State {
	s := queue.New()
	at := morning
	apply := func(after time.Duration, e queue.Event) {
		at = at.Add(after)
		s.Apply(queue.Record{Seq: s.Seq + 1, At: at, Event: e})
	}
	issue := func(service protocol.ServiceID, number string, n int, class protocol.Class) {
		apply(time.Second, &queue.Issued{
			By:     queue.By{Device: "dispenser-1", Request: protocol.RequestID("press-" + number)},
			Ticket: protocol.TicketID("20261123-" + number), Number: number, N: n, Service: service, Class: class,
			IssuedAt: at.Add(time.Second), Order: at.Add(time.Second), Ahead: n - 1, Wait: protocol.Range{Known: true, LowMS: 60_000, HighMS: 300_000},
		})
	}
	step := func(id string) queue.By { return queue.By{Device: "terminal-1", Request: protocol.RequestID(id)} }
	why := queue.Why{Rule: "longest", WaitMS: 125_000, Among: []protocol.ServiceID{"social"}, Count: 3}

	apply(0, &queue.HubStarted{Epoch: 7})
	apply(0, &queue.DayOpened{Day: "2026-11-23", Plan: plan()})
	apply(0, &queue.SignedOn{Window: "1", Clerk: "c1"})
	apply(0, &queue.SignedOn{Window: "2", Clerk: "c2"})
	apply(0, &queue.SignedOn{Window: "3", Clerk: "c3"})
	for n := range 4 {
		issue("social", fmt.Sprintf("A%03d", n+1), n+1, protocol.Regular)
	}
	issue("tax", "B001", 1, protocol.Green)
	apply(2*time.Minute, &queue.Called{By: step("call-1"), Ticket: "20261123-A001", Window: "1", Clerk: "c1", Why: why})
	apply(10*time.Second, &queue.Arrived{By: step("arrived-1"), Ticket: "20261123-A001", Window: "1"})
	apply(time.Minute, &queue.Held{By: step("hold-1"), Ticket: "20261123-A001", Window: "1", Reason: "复印材料"})
	apply(0, &queue.Called{By: step("call-2"), Ticket: "20261123-A002", Window: "1", Clerk: "c1", Why: why})
	apply(30*time.Second, &queue.Recalled{By: step("recall-2"), Ticket: "20261123-A002", Window: "1"})
	apply(0, &queue.WindowPaused{Window: "3", Reason: "喝水"})
	apply(0, &queue.CoverStarted{Window: "1", For: "3", Cause: queue.CoverAway})
	return s
}

// golden compares what with the file of that name, or writes it with -update.
func golden(t *testing.T, name string, what any) {
	t.Helper()
	b, err := json.MarshalIndent(what, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got := string(b) + "\n"
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s", path, got)
	}
}

func TestEveryFaceOfABusyMorning(t *testing.T) {
	s := busyMorning()
	now := s.At.Add(5 * time.Second)
	golden(t, "windows", Windows(s, now))
	golden(t, "board", Board(s, now))
	golden(t, "service", Service(s, "social", now))
	for i := range s.Plan.Devices {
		id := s.Plan.Devices[i].ID
		c, ok := Config(s, id, links)
		if !ok {
			t.Errorf("%s has no configuration", id)
		}
		golden(t, "config-"+string(id), c)
	}
	var tickets []protocol.Ticket
	for _, id := range []protocol.TicketID{"20261123-A001", "20261123-A002", "A003", "B001"} {
		v, ok := Ticket(s, id, now, links)
		if !ok {
			t.Errorf("there is no ticket %s", id)
		}
		tickets = append(tickets, v)
	}
	golden(t, "tickets", tickets)
	golden(t, "announce", Announce(s, s.Tickets["20261123-A002"]))
}

func TestPanelSaysWhereToGo(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(s *queue.State)
		window  protocol.WindowID
		zh, en  string
	}{
		{"nobody signed on", func(*queue.State) {}, "desk", "未开放", "Closed"},
		{"open and free", func(*queue.State) {}, "2", "", ""},
		{"open and helped by its partner", func(s *queue.State) {
			s.Covers = []queue.Cover{{Window: "desk", For: "2", Cause: queue.CoverOverload}}
		}, "2", "", ""},
		{"paused, nobody covers", func(s *queue.State) { s.Posts["2"].Status = protocol.Paused }, "2", "暂停服务", "Paused"},
		{"terminal lost", func(s *queue.State) { s.Posts["2"].Status = protocol.Away }, "2", "暂停服务", "Paused"},
		{"paused and covered", func(*queue.State) {}, "3", "请到1号窗口", "Go to 1"},
		{"covered by a desk with a name", func(s *queue.State) {
			s.Posts["2"].Status = protocol.Closed
			s.Covers = []queue.Cover{{Window: "desk", For: "2", Cause: queue.CoverAway}}
		}, "2", "请到咨询台", "Go to 咨询台"},
		{"with a ticket", func(*queue.State) {}, "1", "", ""},
	} {
		s := busyMorning()
		c.prepare(s)
		notice := Window(s, c.window, s.At).Notice
		if notice.In(protocol.Chinese) != c.zh || notice[protocol.English] != c.en {
			t.Errorf("%s: the panel says %v, want %q and %q", c.name, notice, c.zh, c.en)
		}
	}
}

func TestServiceIsUnmannedWhileNoWindowAtWorkCallsIt(t *testing.T) {
	for _, c := range []struct {
		name        string
		prepare     func(s *queue.State)
		social, tax bool
	}{
		{"all at work", func(*queue.State) {}, false, false},
		{"2 pauses, 1 stands in for 3", func(s *queue.State) { s.Posts["2"].Status = protocol.Paused }, false, false},
		{"and nobody stands in any more", func(s *queue.State) { s.Posts["2"].Status, s.Covers = protocol.Paused, nil }, false, true},
		{"terminals lost", func(s *queue.State) {
			for _, p := range s.Posts {
				p.Status = protocol.Away
			}
		}, true, true},
		{"service times are not known", func(s *queue.State) { s.Learned = nil }, false, false},
		{"the day is over", func(s *queue.State) { s.Day, s.Posts["1"].Status = "", protocol.Closed }, false, false},
	} {
		s := busyMorning()
		c.prepare(s)
		got := map[protocol.ServiceID]bool{}
		for _, b := range Board(s, s.At).Services {
			if got[b.Service] = b.Unmanned; Service(s, b.Service, s.At).Unmanned != b.Unmanned {
				t.Errorf("%s: board and state of %s differ", c.name, b.Service)
			}
		}
		if got["social"] != c.social || got["tax"] != c.tax {
			t.Errorf("%s: unmanned are %v, want social %v and tax %v", c.name, got, c.social, c.tax)
		}
	}
}

func TestReplyStaysTheSameWhateverHappensToTheTicket(t *testing.T) {
	s := busyMorning()
	ask := func() string {
		var all strings.Builder
		for _, c := range []queue.Command{
			{From: queue.Source{Device: "dispenser-1"}, Request: protocol.Request{ID: "press-A002", Do: protocol.TicketIssue}},
			{From: queue.Source{Device: "terminal-1"}, Request: protocol.Request{ID: "call-2", Do: protocol.WindowCallNext}},
		} {
			out, ok := s.Answer(c)
			if !ok {
				t.Fatalf("%s was not answered", c.Request.ID)
			}
			b, err := protocol.Encode(Reply(s, c.Request.ID, out, links))
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
			all.WriteString("\n")
		}
		return all.String()
	}
	first := ask()
	for _, want := range []string{`"ahead":1`, `"low_ms":60000`, `"stage":"waiting"`, `"stage":"called"`, `"window":"1"`, `/t/20261123-A002.`} {
		if !strings.Contains(first, want) {
			t.Errorf("the replies lack %s:\n%s", want, first)
		}
	}
	for _, e := range []queue.Event{
		&queue.Arrived{Ticket: "20261123-A002", Window: "1"},
		&queue.Transferred{Ticket: "20261123-A002", Window: "1", Service: "tax"},
		&queue.Called{Ticket: "20261123-A002", Window: "2", Clerk: "c2"},
		&queue.Finished{Ticket: "20261123-A002", Window: "2", Clerk: "c2", Result: protocol.Done},
	} {
		s.Apply(queue.Record{Seq: s.Seq + 1, At: s.At.Add(time.Minute), Event: e})
		if again := ask(); again != first {
			t.Errorf("after %s the replies are\n%swere\n%s", e.Kind(), again, first)
		}
	}
}

func TestOnlyWhoDrawsATicketIsToldItsLink(t *testing.T) {
	s := busyMorning()
	for _, c := range []struct {
		device protocol.DeviceID
		req    protocol.RequestID
		told   bool
	}{{"dispenser-1", "press-A002", true}, {"terminal-1", "call-2", false}, {"terminal-1", "hold-1", false}} {
		out, ok := s.Answer(queue.Command{From: queue.Source{Device: c.device}, Request: protocol.Request{ID: c.req}})
		if !ok {
			t.Fatalf("%s was not answered", c.req)
		}
		if link := Reply(s, c.req, out, links).OK.Ticket.Link; (link != "") != c.told {
			t.Errorf("%s is told the link %q", c.device, link)
		}
	}
}

func TestUndoIsOfferedAsLongAsItIsPossible(t *testing.T) {
	s := busyMorning()
	if Window(s, "1", s.At).Undo != nil {
		t.Error("undo of a call that was repeated since is offered")
	}
	s.Apply(queue.Record{Seq: s.Seq + 1, At: s.At, Event: &queue.Finished{Ticket: "20261123-A002", Window: "1", Clerk: "c1", Result: protocol.Done}})
	if u := Window(s, "1", s.At.Add(time.Minute)).Undo; u == nil || u.Do != protocol.WindowFinish || u.Number != "A002" {
		t.Errorf("after 60 s the undo is %+v", u)
	}
	if u := Window(s, "1", s.At.Add(61*time.Second)).Undo; u != nil {
		t.Errorf("after 61 s the undo is still %+v", u)
	}
}

func TestLinkOpensForWhoHoldsTheSlipOnly(t *testing.T) {
	const id = "20261123-A012"
	link := links.Link(id)
	token, ok := strings.CutPrefix(link, "https://hall.example/t/")
	if !ok || len(token) != len(id)+1+16 {
		t.Fatalf("the link is %s", link)
	}
	if got, ok := links.Open(token); !ok || got != id {
		t.Errorf("the token opens %s, %v", got, ok)
	}
	last := strings.Replace(token, "A012", "A013", 1)
	other := Links{Base: links.Base, Key: []byte("fedcba9876543210")}
	for _, wrong := range []string{"", id, id + ".", token + "A", token[:len(token)-1], last, other.Token(id), "../" + token} {
		if got, ok := links.Open(wrong); ok {
			t.Errorf("%q opens %s", wrong, got)
		}
	}
	if link := (Links{Base: links.Base, Key: []byte("short")}).Link(id); link != "" {
		t.Errorf("with a short key the link is %s", link)
	}
	if link := (Links{Key: links.Key}).Link(id); link != "" {
		t.Errorf("without an address the link is %s", link)
	}
}
