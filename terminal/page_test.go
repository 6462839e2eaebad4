package terminal_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
	"jiaohao/terminal"
)

// page is a running terminal that waits for its hub, behind a real HTTP server.
func page(t *testing.T) *httptest.Server {
	t.Helper()
	l, err := link.New(linktest.NewBus(1).Transport(string(device)), identity, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	term, err := terminal.New(terminal.Options{Hall: hall, Device: device, Window: "3", Link: l})
	if err != nil {
		t.Fatal(err)
	}
	run(t, term.Run)
	server := httptest.NewServer(http.StripPrefix("/terminal", term.Handler()))
	t.Cleanup(server.Close)
	return server
}

func post(t *testing.T, server *httptest.Server, body string, header ...string) (int, protocol.Refusal) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, server.URL+"/terminal/press", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", server.URL)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var r protocol.Refusal
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		t.Errorf("%s: the answer is no refusal: %v", body, err)
	}
	return resp.StatusCode, r
}

func TestWrongRequestsToThePageAreRefusedInWords(t *testing.T) {
	server := page(t)
	for _, c := range []struct {
		body   string
		status int
		says   string
	}{
		{"", 400, "one JSON object"},
		{"{", 400, "one JSON object"},
		{`[1]`, 400, "one JSON object"},
		{`{"id":7}`, 400, `field "id" cannot be a number`},
		{`{"key":"big"}`, 400, `request id ""`},
		{"{\"id\":\"\xff\"}", 400, "not valid UTF-8"},
		{`{"id":"k","key":"big","reason":"` + strings.Repeat("长", 5000) + `"}`, 400, "longer than 4096 bytes"},
		{`{"id":"k","key":"big"}`, 409, "not connected"},
	} {
		status, r := post(t, server, c.body)
		if status != c.status || !strings.Contains(r.Text.In(protocol.English), c.says) || r.Text.In(protocol.Chinese) == r.Text.In(protocol.English) {
			t.Errorf("%.40q: %d %v, want %d with %q", c.body, status, r.Text, c.status, c.says)
		}
	}
}

func TestAnotherSitesPageCannotPress(t *testing.T) {
	server := page(t)
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://evil.example"}, {"Origin", "null"}} {
		status, r := post(t, server, `{"id":"k","key":"big"}`, header...)
		if status != http.StatusForbidden || r.Code != protocol.NotAllowed {
			t.Errorf("%v: %d %v", header, status, r)
		}
	}
	if status, _ := post(t, server, `{"id":"k","key":"big"}`, "Origin", server.URL); status == http.StatusForbidden {
		t.Error("the terminal's own page cannot press either")
	}
}

func TestPageGetsTheWholeScreenFirst(t *testing.T) {
	server := page(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/terminal/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	if err != nil || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%v, %v", err, resp.Header)
	}
	var s terminal.Screen
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &s); err != nil || s.Stage != terminal.StageConnecting || s.Device != string(device) {
		t.Errorf("%s: %v", line, err)
	}
}

func TestTooManyPagesAreRefused(t *testing.T) {
	server := page(t)
	for range 8 {
		resp, err := http.Get(server.URL + "/terminal/events")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
	}
	resp, err := http.Get(server.URL + "/terminal/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the ninth page got %d", resp.StatusCode)
	}
}

func TestPageIsServedWithItsGuardsAndNeedsNothingFromOutside(t *testing.T) {
	server := page(t)
	for _, path := range []string{"", "terminal.js", "words.js", "terminal.css", "icon.svg", "screen"} {
		resp, err := http.Get(server.URL + "/terminal/" + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if csp := resp.Header.Get("Content-Security-Policy"); resp.StatusCode != 200 || !strings.HasPrefix(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%q: %d, %s", path, resp.StatusCode, csp)
		}
	}
	outside := regexp.MustCompile(`https?://|//[a-z]+\.[a-z]|\son[a-z]+=|\sstyle=|javascript:`)
	err := fs.WalkDir(os.DirFS("web"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile("web/" + path)
		text := strings.ReplaceAll(string(raw), "http://www.w3.org/2000/svg", "")
		if at := outside.FindString(text); at != "" {
			t.Errorf("%s holds %q", path, at)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPageHasTheSameWordsInBothLanguages(t *testing.T) {
	raw, err := os.ReadFile("web/words.js")
	if err != nil {
		t.Fatal(err)
	}
	zh, en, ok := strings.Cut(string(raw), "\n  \"en\": {")
	if !ok {
		t.Fatal("words.js has no English part")
	}
	name := regexp.MustCompile(`(?m)(?:^ {4}|, )([a-zA-Z]+): (?:"|\(|\{|\[)`)
	names := func(part string) (list []string) {
		for _, m := range name.FindAllStringSubmatch(part, -1) {
			list = append(list, m[1])
		}
		return list
	}
	if a, b := names(zh), names(en); len(a) < 40 || strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("Chinese has %v\nEnglish has %v", a, b)
	}
}
