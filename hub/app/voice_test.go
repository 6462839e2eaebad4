package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/voice"
	"jiaohao/hub/internal/browser"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// cheapPIN is the hash of 2468 at the least cost that argon2id allows.
const cheapPIN = "$argon2id$v=19$m=8,t=1,p=1$c2FsdCBvZiB0aGUgdGVzdHM$ym2c/m5YwJNBO2rWMfoOUk7rt44yJzHUkRrb3GyHv28"

// speakingHall is the small hall with window 1 in the east and 2 in the west, and a clerk for each.
func speakingHall(t *testing.T) *queue.Plan {
	p := testPlan(t)
	p.Voice = queue.Voice{
		Languages: []protocol.Lang{protocol.Chinese}, Times: 1,
		Zones: []queue.Zone{
			{ID: "east", Name: protocol.Say("东厅", "East"), Windows: []protocol.WindowID{"1"}},
			{ID: "west", Name: protocol.Say("西厅", "West"), Windows: []protocol.WindowID{"2"}},
		},
	}
	for _, id := range []protocol.ClerkID{"c11", "c12"} {
		p.Clerks = append(p.Clerks, queue.Clerk{ID: id, Name: protocol.Say("王芳", "Wang Fang"), PIN: cheapPIN})
	}
	return p
}

// clerks carry out requests at windows.
type clerks struct {
	*running
	n int
}

func (c *clerks) ask(r protocol.Request) {
	c.t.Helper()
	c.n++
	r.ID = protocol.RequestID(fmt.Sprint("r", c.n))
	from := queue.Source{Role: queue.RoleManager, Device: "test", Person: "m"}
	if r.Window != "" {
		from = queue.Source{Role: queue.RoleDevice, Kind: protocol.KindTerminal, Device: "t" + protocol.DeviceID(r.Window), Window: r.Window}
	}
	if reply := c.Hall.Ask(c.t.Context(), from, r); reply.Refused != nil {
		c.t.Fatalf("%s: %v", r.Do, reply.Refused)
	}
}

// burst has four people called to windows 1, 2, 1 and 2 within a moment.
func (c *clerks) burst() {
	for _, s := range []protocol.ServiceID{"social", "tax", "social", "tax"} {
		c.ask(protocol.Request{Do: protocol.TicketIssue, Service: s})
	}
	for _, w := range []protocol.WindowID{"1", "2"} {
		c.ask(protocol.Request{Do: protocol.WindowSignOn, Window: w, Clerk: protocol.ClerkID("c1" + w), PIN: "2468"})
		c.ask(protocol.Request{Do: protocol.WindowCallNext, Window: w})
	}
	for _, w := range []protocol.WindowID{"1", "2"} {
		c.ask(protocol.Request{Do: protocol.WindowNoShow, Window: w})
		c.ask(protocol.Request{Do: protocol.WindowCallNext, Window: w})
	}
}

// played is what a page put on its loudspeaker.
type played struct {
	At, Ended, Duration float64 // s, by the page's audio clock
	Peak                float64 // of 1
}

type page struct {
	Fetched  []string
	Played   []played
	Loud     [][2]float64 // time, and root mean square of 1,024 samples
	Contexts int
}

type heard struct {
	Asked                             struct{ Free, Strict bool }
	Wrong                             string
	Before, Mute                      int
	Whole, East, Silent, Late, Asking page
}

// TestBoardsSpeakInABrowser has four calls, of which one is taken back, spoken by boards in Chromium.
func TestBoardsSpeakInABrowser(t *testing.T) {
	if os.Getenv("JIAOHAO_FULL") != "1" {
		t.Skip("the browser speaks in real time: make test runs it")
	}
	script := browser.Script(t, "voice.mjs")
	r := &clerks{running: start(t, Options{Dir: t.TempDir(), Plan: speakingHall(t)})}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	walk := exec.CommandContext(ctx, "node", script, "http://"+r.HTTPAddr().String(), "3")
	walk.Stderr = os.Stderr
	out, err := walk.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := walk.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() && lines.Text() != "ready" {
		t.Log(lines.Text())
	}
	r.burst()
	var report heard
	if !lines.Scan() {
		t.Fatal("no report")
	}
	if err := json.Unmarshal(lines.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s", err, lines.Text())
	}
	if err := walk.Wait(); err != nil {
		t.Fatal(err)
	}
	checkReport(t, &report)
}

func checkReport(t *testing.T, h *heard) {
	t.Helper()
	if h.Asked.Free || !h.Asked.Strict || !strings.Contains(h.Wrong, "attic") {
		t.Errorf("the button is shown: %+v; a wrong zone is told as %q", h.Asked, h.Wrong)
	}
	if h.Mute != 0 || len(h.Asking.Played) == 0 {
		t.Errorf("the browser that wants a gesture played %d before it and %d in all", h.Mute, len(h.Asking.Played))
	}
	if n := len(h.Silent.Played) + h.Silent.Contexts; n != 0 {
		t.Error("a board that was not asked to speaks")
	}
	// A001 is said at once; B001 was taken back before its turn; then come A002 and B002.
	if n := len(h.Whole.Played); n != 3 {
		t.Errorf("the whole hall's board played %d utterances of %v, want 3", n, h.Whole.Fetched)
	}
	if n := len(h.East.Played); n != 2 {
		t.Errorf("the board in the east played %d utterances, want the two of window 1", n)
	}
	if n := len(h.Late.Played); n > len(h.Whole.Played)-h.Before {
		t.Errorf("a board that came after %d utterances played %d of %d", h.Before, n, len(h.Whole.Played))
	}
	for name, p := range map[string]*page{"whole": &h.Whole, "east": &h.East} {
		for i, u := range p.Played {
			t.Logf("%s %s: from %.2f to %.2f for %.2f s, peak %.2f", name, p.Fetched[i], u.At, u.Ended, u.Duration, u.Peak)
			if i > 0 && u.At < p.Played[i-1].Ended {
				t.Errorf("%s: utterance %d begins %.3f s before the one before it ends", name, i, p.Played[i-1].Ended-u.At)
			}
			if u.Peak < 0.2 || u.Peak > 0.72 {
				t.Errorf("%s: peak %.2f, want less than -3 dB and no silence", name, u.Peak)
			}
			if loud := p.loudness(u.At+0.2, u.At+u.Duration-0.3); loud < 0.02 {
				t.Errorf("%s: utterance %d comes to the loudspeaker with %.3f", name, i, loud)
			}
			if quiet := p.quiet(u.At+u.Duration-0.5, u.Ended+0.5); u.Ended > 0 && quiet < 0.1 {
				t.Errorf("%s: silence of %.3f s behind utterance %d", name, quiet, i)
			}
		}
	}
}

// quiet is the longest silence between two times, in s.
func (p *page) quiet(from, to float64) float64 {
	longest, since := 0.0, from
	for _, l := range p.Loud {
		switch {
		case l[0] < from || l[0] > to:
		case l[1] > 0.001:
			since = l[0]
		default:
			longest = max(longest, l[0]-since)
		}
	}
	return longest
}

// loudness is the root mean square of what was heard between two times.
func (p *page) loudness(from, to float64) float64 {
	sum, n := 0.0, 0.0
	for _, l := range p.Loud {
		if l[0] >= from && l[0]+0.025 <= to {
			sum += l[1] * l[1]
			n++
		}
	}
	return math.Sqrt(sum / max(n, 1))
}

func TestABoardThatComesBackHearsOnceWhatItMissed(t *testing.T) {
	r := &clerks{running: start(t, Options{Dir: t.TempDir(), Plan: speakingHall(t)})}
	listen := func(after string) (*bufio.Scanner, func()) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.HTTPAddr().String()+"/live/voice/all", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Last-Event-ID", after)
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", resp, err)
		}
		return bufio.NewScanner(resp.Body), func() { cancel(); resp.Body.Close() }
	}
	next := func(s *bufio.Scanner) (id, url string) {
		for s.Scan() {
			if text, ok := strings.CutPrefix(s.Text(), "id: "); ok {
				id = text
			}
			if text, ok := strings.CutPrefix(s.Text(), `data: {"url":"`); ok {
				url, _, _ = strings.Cut(text, `"`)
				return id, url
			}
		}
		t.Fatalf("the stream ended: %v", s.Err())
		return "", ""
	}
	stream, hangUp := listen("")
	r.burst()
	first, url := next(stream)
	resp, err := http.Get("http://" + r.HTTPAddr().String() + url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); kind != "audio/wav" || resp.ContentLength < int64(voice.Rate) {
		t.Errorf("%s is %s of %d bytes", url, kind, resp.ContentLength)
	}
	hangUp()
	again, hangUp := listen(first)
	defer hangUp()
	if second, _ := next(again); second == first {
		t.Errorf("%s was sent twice", first)
	}
}
