package web

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"
)

// listener is a browser on a live stream.
type listener struct {
	b     *bench
	body  io.ReadCloser
	lines *bufio.Scanner
	head  http.Header
	code  int
}

// listen opens a stream that ends with the test, after 20 s at the latest.
func (b *bench) listen(path string, header map[string]string) *listener {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	b.t.Cleanup(cancel)
	req := b.request(http.MethodGet, path, "", nil).WithContext(ctx)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return &listener{b: b, body: resp.Body, lines: lines, head: resp.Header, code: resp.StatusCode}
}

// next returns the data of the next event of a kind.
func (l *listener) next(kind string) string {
	l.b.t.Helper()
	event, data := "", []string(nil)
	for l.lines.Scan() {
		line := l.lines.Text()
		switch {
		case line == "" && event == kind:
			return strings.Join(data, "\n")
		case line == "":
			event, data = "", nil
		case strings.HasPrefix(line, "event: "):
			event = line[7:]
		case strings.HasPrefix(line, "data: "):
			data = append(data, line[6:])
		}
	}
	l.b.t.Fatalf("the stream ended before an event %q: %v", kind, l.lines.Err())
	return ""
}

func TestTheFirstMessageIsTheWholeBoardAndEachCallSendsItAnew(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.signOn("1", "lin")
	b.issue("social")
	l := b.listen("/live/board", nil)
	if kind := l.head.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		t.Errorf("content type %q", kind)
	}
	var first, second protocol.Board
	if err := json.Unmarshal([]byte(l.next("state")), &first); err != nil {
		t.Fatal(err)
	}
	if len(first.Windows) != 3 || len(first.Services) != 2 || first.Services[0].Waiting != 1 || len(first.Calls) != 0 {
		t.Errorf("the first message is not the whole board: %+v", first)
	}
	b.at("1", protocol.WindowCallNext)
	for len(second.Calls) == 0 {
		if err := json.Unmarshal([]byte(l.next("state")), &second); err != nil {
			t.Fatal(err)
		}
	}
	if second.Calls[0].Number != "A001" || !second.Calls[0].Live || second.Windows[0].Number != "A001" {
		t.Errorf("the board after the call: %+v", second)
	}
}

func TestTheBoardSaysThatNobodyHasSignedOnYet(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.has(b.get("/board?lang=zh-CN"), "非办理时间")
	b.openDay()
	b.has(b.get("/board?lang=zh-CN"), "暂无窗口办公", "<span>暂无窗口</span>")
	b.has(b.get("/board?lang=en"), "No window open yet", "<span>no window</span>")
	b.signOn("1", "lin")
	b.has(b.get("/board?lang=zh-CN"), "正常办公")
	b.ask(protocol.Request{Do: protocol.WindowPause, Window: "1", Reason: "用餐", Manager: "chen"})
	b.has(b.get("/board?lang=zh-CN"), "正常办公")
}

func TestALivePageSaysHubTimeAfterEachState(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	l := b.listen("/live/board?view=page&lang=en", nil)
	if page := l.next("page"); !strings.Contains(page, "Nobody called yet") || !strings.Contains(page, "Window 3") {
		t.Errorf("the live part is not whole: %s", page)
	}
	var beat struct{ At time.Time }
	if err := json.Unmarshal([]byte(l.next("beat")), &beat); err != nil || !beat.At.Equal(b.clock.Now()) {
		t.Errorf("beat %v, the hub's time is %v (%v)", beat.At, b.clock.Now(), err)
	}
}

func TestAPhoneSeesItsCallOnTheLivePage(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.signOn("1", "lin")
	ticket := b.issue("social")
	l := b.listen("/live/ticket/"+b.token(ticket.ID)+"?view=page&lang=zh-CN", nil)
	if page := l.next("page"); !strings.Contains(page, "下一位就是您") {
		t.Errorf("waiting: %s", page)
	}
	b.at("1", protocol.WindowCallNext)
	page := l.next("page")
	for !strings.Contains(page, `data-stage="called"`) {
		page = l.next("page")
	}
	if !strings.Contains(page, "1号窗口") || !strings.Contains(page, "请到") {
		t.Errorf("called: %s", page)
	}
}

func TestAStreamEndsWithTheLogin(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	l := b.listen("/live/manager", nil)
	var state struct {
		Windows []protocol.WindowState `json:"windows"`
		Queues  []QueueNow             `json:"queues"`
	}
	if err := json.Unmarshal([]byte(l.next("state")), &state); err != nil || len(state.Windows) != 3 || len(state.Queues) != 2 {
		t.Errorf("the first message is not the whole hall: %+v %v", state, err)
	}
	b.post("/logout")
	l.next("gone")
	if l.lines.Scan(); l.lines.Scan() {
		t.Errorf("the stream goes on: %q", l.lines.Text())
	}
}

func TestStreamsAskForLoginAndOrigin(t *testing.T) {
	b := newBench(t, smallPlan(t))
	for _, c := range []struct {
		path   string
		header map[string]string
		want   int
	}{
		{"/live/board", nil, http.StatusOK},
		{"/live/board", map[string]string{"Origin": b.site.URL}, http.StatusOK},
		{"/live/board", map[string]string{"Origin": "http://evil.test"}, http.StatusForbidden},
		{"/live/board", map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		{"/live/manager", nil, http.StatusForbidden},
		{"/live/devices", nil, http.StatusForbidden},
		{"/live/ticket/20261123-A001.AAAA", nil, http.StatusNotFound},
	} {
		if l := b.listen(c.path, c.header); l.code != c.want {
			t.Errorf("%s %v: status %d, want %d", c.path, c.header, l.code, c.want)
		}
	}
}

func TestTooManyStreamsFromOneAddressAreRefused(t *testing.T) {
	var s streams
	for range streamsPerPeer {
		if !s.enter("a") {
			t.Fatal("refused below the limit")
		}
	}
	if s.enter("a") {
		t.Error("one address has more than its share")
	}
	if !s.enter("b") {
		t.Error("another address is shut out")
	}
	s.leave("a")
	if !s.enter("a") || s.count() != streamsPerPeer+1 {
		t.Errorf("%d streams after one left and one came", s.count())
	}
}

func TestAMessageOfSeveralLinesStaysOneMessage(t *testing.T) {
	if got := string(message("page", []byte("a\r\nb\n"))); got != "event: page\ndata: a\ndata: b\ndata: \n\n" {
		t.Errorf("%q", got)
	}
}
