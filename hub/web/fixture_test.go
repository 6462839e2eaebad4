package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// The PIN of everybody in these tests; hashed once, because that is slow on purpose.
const testPIN = "123456"

var pinHash = sync.OnceValues(func() (string, error) { return hall.HashPIN(testPIN) })

// bench is a real hall on a real journal with the faces in front of it.
type bench struct {
	t       testing.TB
	hall    *hall.Hall
	journal *journal.Journal
	links   view.Links
	server  *Server
	site    *httptest.Server
	client  *http.Client
	clock   *clock
	devices []Device
	tickets []protocol.TicketID
	n       int
}

// clock is the hub's clock in these tests: it stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// smallPlan is a hall of three windows, 1 and 2 an A/B pair.
func smallPlan(t testing.TB) queue.Plan {
	hash, err := pinHash()
	if err != nil {
		t.Fatal(err)
	}
	return queue.Plan{
		Version: 1, Hall: "test", Zone: "Asia/Shanghai", Name: protocol.Say("示范政务服务大厅", "Model Service Hall"),
		Services: []queue.Service{
			{ID: "social", Prefix: "A", Name: protocol.Say("社会保险", "Social insurance"), Typical: queue.Duration(6 * time.Minute), Promise: queue.Duration(20 * time.Minute)},
			{ID: "tax", Prefix: "B", Name: protocol.Say("税务", "Tax"), Typical: queue.Duration(8 * time.Minute)},
		},
		Windows: []queue.Window{
			{ID: "1", Name: protocol.Say("1号窗口", "Window 1"), Primary: []protocol.ServiceID{"social"}},
			{ID: "2", Name: protocol.Say("2号窗口", "Window 2"), Primary: []protocol.ServiceID{"tax"}},
			{ID: "3", Name: protocol.Say("3号窗口", "Window 3"), Primary: []protocol.ServiceID{"social", "tax"}},
		},
		Pairs: []queue.Pair{{A: "1", B: "2", Delay: queue.Duration(time.Minute)}},
		Clerks: []queue.Clerk{
			{ID: "lin", Name: protocol.Say("林晓", "Lin Xiao"), PIN: hash},
			{ID: "wang", Name: protocol.Say("王芳", "Wang Fang"), PIN: hash},
			{ID: "zhou", Name: protocol.Say("周宁", "Zhou Ning"), PIN: hash},
			{ID: "chen", Name: protocol.Say("陈主任", "Chen"), PIN: hash, Manager: true},
		},
		Devices: []queue.Device{
			{ID: "d1", Kind: protocol.KindDispenser, Letter: "Y"},
			{ID: "t1", Kind: protocol.KindTerminal, Window: "1"},
		},
		PauseReasons: []protocol.Text{protocol.Say("材料整理", "paperwork"), protocol.Say("临时离开", "short leave")},
	}
}

func newBench(t testing.TB, plan queue.Plan) *bench {
	t.Helper()
	if err := plan.Check(); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, clock: &clock{now: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}}
	b.links = view.Links{Base: "http://hub.test", Key: []byte("0123456789abcdef0123456789abcdef")}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	var err error
	if b.journal, err = journal.Open(t.TempDir(), journal.Options{NoSync: true}); err != nil {
		t.Fatal(err)
	}
	b.hall, err = hall.Open(b.journal, hall.Options{Now: b.clock.Now, Log: quiet, Links: b.links, Plan: &plan})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := b.hall.Run(ctx); err != nil {
			t.Errorf("hall: %v", err)
		}
	})
	b.server, err = New(Options{
		Hall: b.hall, Journal: b.journal, Links: b.links, Plan: &plan, Log: quiet, Version: "test",
		Devices: func() []Device { return b.devices },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.site = httptest.NewServer(b.server)
	t.Cleanup(func() {
		b.site.CloseClientConnections()
		b.site.Close()
		cancel()
		wg.Wait()
		if err := b.journal.Close(); err != nil {
			t.Error(err)
		}
	})
	b.client = b.newClient()
	return b
}

// newClient is a browser of its own: it keeps cookies and follows no redirect.
func (b *bench) newClient() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// openDay opens the business day as the hub does.
func (b *bench) openDay() {
	b.t.Helper()
	b.hub(queue.DayOpen)
}

func (b *bench) hub(do protocol.Action) {
	b.t.Helper()
	from := queue.Source{Role: queue.RoleHub, Device: "hub"}
	b.n++
	c := queue.Command{From: from, Request: protocol.Request{ID: protocol.RequestID(fmt.Sprintf("hub-%d", b.n)), Do: do}}
	if _, err := b.hall.Do(b.t.Context(), c); err != nil {
		b.t.Fatalf("%s: %v", do, err)
	}
}

// ask carries out a request as a manager would, one second after the last one.
func (b *bench) ask(req protocol.Request) *protocol.OK {
	b.t.Helper()
	b.n++
	b.clock.add(time.Second)
	req.ID = protocol.RequestID(fmt.Sprintf("test-%d", b.n))
	from := queue.Source{Role: queue.RoleManager, Device: "test", Person: "chen"}
	reply := b.hall.Ask(b.t.Context(), from, req)
	if reply.Refused != nil {
		b.t.Fatalf("%s was refused: %v", req.Do, reply.Refused)
	}
	return reply.OK
}

// issue takes a ticket and returns it.
func (b *bench) issue(service protocol.ServiceID) *protocol.Ticket {
	b.t.Helper()
	return b.ask(protocol.Request{Do: protocol.TicketIssue, Service: service}).Ticket
}

// at does something at a window.
func (b *bench) at(w protocol.WindowID, do protocol.Action) *protocol.OK {
	b.t.Helper()
	return b.ask(protocol.Request{Do: do, Window: w})
}

// signOn puts a clerk at a window.
func (b *bench) signOn(w protocol.WindowID, c protocol.ClerkID) {
	b.t.Helper()
	b.ask(protocol.Request{Do: protocol.WindowSignOn, Window: w, Clerk: c, PIN: testPIN})
}

// askForHelp presses the help key of a window's terminal.
func (b *bench) askForHelp(w protocol.WindowID) {
	b.t.Helper()
	from := queue.Source{Role: queue.RoleDevice, Device: protocol.DeviceID("terminal-" + string(w)), Kind: protocol.KindTerminal, Window: w}
	reply := b.hall.Ask(b.t.Context(), from, protocol.Request{ID: "help", Do: protocol.WindowHelp, Window: w})
	if reply.Refused != nil {
		b.t.Fatal(reply.Refused)
	}
}

// token is the last part of a ticket's link.
func (b *bench) token(id protocol.TicketID) string { return b.links.Token(id) }

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *bench) do(client *http.Client, req *http.Request) answer {
	b.t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (b *bench) get(path string) answer {
	b.t.Helper()
	return b.do(b.client, b.request(http.MethodGet, path, "", nil))
}

func (b *bench) request(method, path, kind string, body io.Reader) *http.Request {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.site.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return req
}

// post sends a form; values come in pairs.
func (b *bench) post(path string, values ...string) answer {
	b.t.Helper()
	return b.postAs(b.client, path, values...)
}

func (b *bench) postAs(client *http.Client, path string, values ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return b.do(client, b.request(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode())))
}

// login logs the bench's browser in.
func (b *bench) login(clerk string) {
	b.t.Helper()
	if a := b.post("/login", "clerk", clerk, "pin", testPIN); a.status != http.StatusSeeOther {
		b.t.Fatalf("login of %s: %d %s", clerk, a.status, a.body)
	}
}

// has fails the test unless the body holds every text.
func (b *bench) has(a answer, texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			b.t.Errorf("the answer (%d) lacks %q:\n%s", a.status, text, a.body)
		}
	}
}
