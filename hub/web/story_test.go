package web

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// With -story the halls of the storybook stay up, so that a person can look at
// every state of every page; the addresses are printed.
var storyFor = flag.Duration("story", 0, "serve the storybook for this long and print its addresses")

// story is a hall in one state.
type story struct {
	name  string
	plan  func(t testing.TB) queue.Plan
	setup func(b *bench)
	pages []string // more than those of every story; $1 is replaced by the first ticket's token, and so on
}

func stories() []story {
	return []story{
		{"closed", smallPlan, func(*bench) {}, nil},
		{"empty", smallPlan, func(b *bench) { b.openDay() }, nil},
		{"one", onePlan, func(b *bench) {
			b.openDay()
			b.signOn("1", "lin")
			b.issue("social")
			b.at("1", protocol.WindowCallNext)
		}, nil},
		{"day", dayPlan, day, []string{
			"/t/$0", "/t/$1", "/t/$2", "/t/$3", "/t/$4", "/t/$5", "/t/$6", "/t/wrong",
			"/manager?window=1", "/manager?ticket=A001", "/manager?ticket=Z999", "/login",
		}},
		{"long", longPlan, day, []string{"/t/$0", "/t/$1", "/manager?window=3"}},
		{"large", largePlan, day, nil},
	}
}

func onePlan(t testing.TB) queue.Plan {
	p := smallPlan(t)
	p.Windows = p.Windows[:1]
	p.Services = p.Services[:1]
	p.Pairs, p.Devices = nil, p.Devices[:1]
	return p
}

// dayPlan is a usual hall: six windows in three pairs, five services.
func dayPlan(t testing.TB) queue.Plan {
	names := [][2]string{{"社会保险", "Social insurance"}, {"医疗保障", "Health insurance"}, {"不动产登记", "Property registration"},
		{"企业开办", "Company registration"}, {"公安户籍", "Household registration"}}
	return biggerPlan(t, 6, names)
}

// longPlan has twelve windows, eight services and names of twenty characters.
func longPlan(t testing.TB) queue.Plan {
	var names [][2]string
	for range 4 {
		names = append(names, [2]string{"城乡居民基本养老保险待遇资格认证与领取", "Urban and rural residents' basic pension eligibility"},
			[2]string{"税务", "Tax"})
	}
	p := biggerPlan(t, 12, names)
	p.Name = protocol.Say("某某经济技术开发区管理委员会政务服务中心", "Administrative Service Centre of the Economic Development Zone")
	p.Notice = protocol.Say("受系统升级影响，今日 16:30 后暂停办理不动产登记业务，请合理安排时间；咨询电话 12345，谢谢配合。",
		"Property registration stops at 16:30 today because of maintenance. Questions: call 12345. Thank you for your patience.")
	return p
}

// largePlan needs more than one page of the board.
func largePlan(t testing.TB) queue.Plan {
	var names [][2]string
	for i := range 14 {
		names = append(names, [2]string{fmt.Sprintf("综合业务%d", i+1), fmt.Sprintf("General business %d", i+1)})
	}
	return biggerPlan(t, 30, names)
}

func biggerPlan(t testing.TB, windows int, names [][2]string) queue.Plan {
	p := smallPlan(t)
	p.Name = protocol.Say("滨湖区政务服务大厅", "Binhu District Service Hall")
	p.Notice = protocol.Say("过号请到取号机或咨询台恢复排队。监督电话 96666。", "Missed your number? Rejoin at the dispenser or the help desk. Hotline 96666.")
	p.Services, p.Windows, p.Pairs, p.Devices = nil, nil, nil, nil
	for i, n := range names {
		p.Services = append(p.Services, queue.Service{
			ID: protocol.ServiceID(fmt.Sprintf("s%d", i+1)), Prefix: string(rune('A' + i)), Name: protocol.Say(n[0], n[1]),
			Typical: queue.Duration(7 * time.Minute), Promise: queue.Duration(20 * time.Minute),
		})
	}
	surnames := []string{"林晓", "王芳", "周宁", "李伟", "张敏", "刘洋", "欧阳若兰", "赵静", "孙强", "吴磊", "郑洁", "何涛"}
	for i := range windows {
		id := fmt.Sprint(i + 1)
		p.Windows = append(p.Windows, queue.Window{
			ID: protocol.WindowID(id), Name: protocol.Say(id+"号窗口", "Window "+id),
			Primary: []protocol.ServiceID{p.Services[i%len(names)].ID, p.Services[(i+1)%len(names)].ID},
		})
		p.Clerks = append(p.Clerks, queue.Clerk{
			ID: protocol.ClerkID("k" + id), PIN: p.Clerks[0].PIN,
			Name: protocol.Say(surnames[i%len(surnames)], "Clerk "+id),
		})
		p.Devices = append(p.Devices,
			queue.Device{ID: protocol.DeviceID("display-" + id), Kind: protocol.KindDisplay, Window: protocol.WindowID(id)},
			queue.Device{ID: protocol.DeviceID("terminal-" + id), Kind: protocol.KindTerminal, Window: protocol.WindowID(id)})
	}
	for i := 0; i+1 < windows; i += 2 {
		p.Pairs = append(p.Pairs, queue.Pair{A: p.Windows[i].ID, B: p.Windows[i+1].ID, Delay: queue.Duration(time.Minute)})
	}
	p.Devices = append(p.Devices,
		queue.Device{ID: "dispenser-1", Kind: protocol.KindDispenser, Letter: "Y"},
		queue.Device{ID: "dispenser-2", Kind: protocol.KindDispenser, Letter: "Z"})
	return p
}

// day is a morning with everything in it. The tickets whose tokens are $0 to $6:
// waiting, called, being served, finished, missed, cancelled, on hold.
func day(b *bench) {
	b.openDay()
	p := b.hall.Plan()
	for i := range p.Windows {
		if i != 1 && i%6 != 5 {
			b.signOn(p.Windows[i].ID, protocol.ClerkID("k"+string(p.Windows[i].ID)))
		}
	}
	for range 5 {
		for i := range p.Services {
			b.issue(p.Services[i].ID)
		}
		b.clock.add(time.Minute)
	}
	serve := func(w protocol.WindowID, d time.Duration, end protocol.Action) protocol.TicketID {
		t := b.at(w, protocol.WindowCallNext).Ticket.ID
		b.clock.add(20 * time.Second)
		b.at(w, protocol.WindowArrived)
		b.clock.add(d)
		if end != "" {
			b.ask(protocol.Request{Do: end, Window: w, Reason: "回家取材料"})
		}
		return t
	}
	for range 3 {
		serve("1", 4*time.Minute, protocol.WindowFinish)
		serve("3", 2*time.Minute, protocol.WindowFinish)
	}
	finished := serve("3", time.Minute, protocol.WindowFinish)
	held := serve("3", time.Minute, protocol.WindowHold)
	missed := b.at("4", protocol.WindowCallNext).Ticket.ID
	for range 2 {
		b.at("4", protocol.WindowRecall)
	}
	b.at("4", protocol.WindowNoShow)
	serving := serve("1", time.Minute, "")
	cancelled := b.issue(p.Services[0].ID).ID
	b.ask(protocol.Request{Do: protocol.TicketCancel, Ticket: cancelled, Reason: "不办了"})
	waiting := b.issue(p.Services[1].ID).ID
	b.ask(protocol.Request{Do: protocol.WindowPause, Window: "4", Reason: "临时离开"})
	b.askForHelp("1")
	b.clock.add(90 * time.Second)
	called := b.at("3", protocol.WindowCallNext).Ticket.ID
	b.clock.add(5 * time.Second)
	b.devices = dayDevices(b.clock.Now())
	b.tickets = []protocol.TicketID{waiting, called, serving, finished, missed, cancelled, held}
}

func dayDevices(now time.Time) []Device {
	fault := protocol.NewFault("printer", "paper_out", nil)
	return []Device{
		{ID: "dispenser-1", Kind: protocol.KindDispenser, Online: true, LastSeen: now, Version: "0.1.0",
			Health: protocol.Health{Faults: []protocol.Fault{fault}, Paper: "out", DiskFreeMiB: 20480, CPUMilliC: 51200}},
		{ID: "dispenser-2", Kind: protocol.KindDispenser, Online: true, LastSeen: now, Version: "0.1.0",
			Health: protocol.Health{Paper: "low", SpoolDepth: 7, DiskFreeMiB: 120, CPUMilliC: 82000}},
		{ID: "terminal-2", Kind: protocol.KindTerminal, LastSeen: now.Add(-17 * time.Minute), Version: "0.1.0"},
		{ID: "display-1", Kind: protocol.KindDisplay, Online: true, LastSeen: now, Version: "0.1.0"},
		{ID: "terminal-1", Kind: protocol.KindTerminal, Online: true, LastSeen: now, Version: "0.1.0"},
	}
}

// TestEveryStateOfEveryPageIsWordedInBothLanguages renders the storybook.
func TestEveryStateOfEveryPageIsWordedInBothLanguages(t *testing.T) {
	for _, st := range stories() {
		t.Run(st.name, func(t *testing.T) {
			b := newBench(t, st.plan(t))
			st.setup(b)
			b.login("chen")
			for _, path := range append([]string{"/", "/board", "/manager", "/devices"}, st.pages...) {
				for i, id := range b.tickets {
					path = strings.ReplaceAll(path, fmt.Sprintf("$%d", i), b.token(id))
				}
				for _, lang := range []string{"zh-CN", "en"} {
					b.looksWhole(withLang(path, lang), lang)
				}
			}
		})
	}
}

func withLang(path, lang string) string {
	if strings.Contains(path, "?") {
		return path + "&lang=" + lang
	}
	return path + "?lang=" + lang
}

// looksWhole checks that a page came out to its end, in its language, without a
// text that the catalogue does not have.
func (b *bench) looksWhole(path, lang string) {
	b.t.Helper()
	a := b.get(path)
	if a.status != http.StatusOK && a.status != http.StatusNotFound {
		b.t.Errorf("%s: status %d", path, a.status)
	}
	b.has(a, `<html lang="`+lang+`">`, "</html>")
	for key := range b.server.texts.texts[protocol.Chinese] {
		if strings.Contains(key, ".") && strings.Contains(a.body, ">"+key+"<") {
			b.t.Errorf("%s shows the key %q instead of its text", path, key)
		}
	}
	for _, bad := range []string{"%!", "ZgotmplZ", "<no value>", "&lt;nil&gt;"} {
		if strings.Contains(a.body, bad) {
			b.t.Errorf("%s contains %q", path, bad)
		}
	}
}

// TestStorybook serves every hall of the storybook, logged in, for a person to look
// at: go test -run TestStorybook -story 10m ./hub/web
func TestStorybook(t *testing.T) {
	if *storyFor == 0 {
		t.Skip("only with -story")
	}
	for _, st := range stories() {
		b := newBench(t, st.plan(t))
		st.setup(b)
		token := b.server.sessions.begin(*b.server.prove("chen", testPIN), time.Now())
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/login") {
				r.AddCookie(&http.Cookie{Name: "session", Value: token})
			}
			b.server.ServeHTTP(w, r)
		}))
		t.Cleanup(site.Close)
		fmt.Printf("story %s %s", st.name, site.URL)
		for _, id := range b.tickets {
			fmt.Printf(" %s", b.token(id))
		}
		fmt.Println()
	}
	<-time.After(*storyFor)
}
