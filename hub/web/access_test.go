package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"jiaohao/protocol"
)

// TestEveryRouteAsksForItsRole walks the whole table as nobody, as a clerk and as
// a manager. A new route that is not in the list below fails.
func TestEveryRouteAsksForItsRole(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	ticket := b.issue("social")
	nobody, clerk, boss := b.newClient(), b.newClient(), b.newClient()
	for client, name := range map[*http.Client]string{clerk: "lin", boss: "chen"} {
		if a := b.postAs(client, "/login", "clerk", name, "pin", testPIN); a.status != http.StatusSeeOther {
			t.Fatalf("login: %d", a.status)
		}
	}
	public := []string{
		"GET /{$}", "GET /board", "GET /window/{id}", "GET /live/window/{id}", "GET /t/{token}", "POST /t/{token}/rate", "POST /t/{token}/cancel", "GET /login", "POST /login",
		"POST /logout", "GET /static/{file}", "GET /live/board", "GET /live/voice/{zone}", "GET /voice/{zone}/{file}", "GET /live/ticket/{token}", "GET /api/v1/openapi.json",
		"GET /api/v1/board", "GET /api/v1/services", "GET /api/v1/tickets/{token}", "GET /healthz",
	}
	want := map[string]access{
		"POST /session": staff, "GET /devices": staff, "GET /live/devices": staff, "GET /api/v1/devices": staff,
		"GET /manager": manager, "POST /manager": manager, "GET /live/manager": manager, "GET /api/v1/windows": manager,
		"GET /api/v1/figures": manager, "POST /api/v1/requests": manager, "GET /metrics": local,
		"GET /why/{ticket}": manager, "GET /promises": manager, "GET /promises.csv": manager, "GET /heat": manager, "GET /ratings": manager, "GET /ratings.csv": manager,
		"GET /whatif": manager, "POST /whatif": manager, "POST /whatif/stop": manager, "POST /whatif/apply": manager, "POST /whatif/undo": manager,
		"GET /staff": manager, "POST /staff": manager, "POST /staff/stop": manager,
		"GET /learned": manager, "POST /learned": manager, "GET /api/v1/promises": manager, "GET /api/v1/learned": manager,
	}
	for _, p := range public {
		want[p] = anyone
	}
	for _, rt := range b.server.routes() {
		need, ok := want[rt.pattern]
		if !ok {
			t.Errorf("%s is not in this list: who may use it?", rt.pattern)
			continue
		}
		delete(want, rt.pattern)
		if rt.access != need {
			t.Errorf("%s asks for %d, want %d", rt.pattern, rt.access, need)
		}
		method, path, _ := strings.Cut(rt.pattern, " ")
		path = strings.NewReplacer("{$}", "", "{token}", b.token(ticket.ID), "{id}", "1", "{file}", "base.css", "{zone}", "all", "{ticket}", "A001").Replace(path)
		if strings.HasPrefix(path, "/live/") {
			continue // streams never end; their login has its own test
		}
		if path == "/logout" || path == "/login" {
			continue // they change who one is; they have their own tests
		}
		b.allowed(nobody, method, path, need == anyone || need == local)
		b.allowed(clerk, method, path, need != manager)
		b.allowed(boss, method, path, true)
	}
	for p := range want {
		t.Errorf("%s is gone", p)
	}
}

// allowed checks that a caller gets through, or gets a no that tells nothing.
func (b *bench) allowed(client *http.Client, method, path string, yes bool) {
	b.t.Helper()
	a := b.do(client, b.request(method, path, "", nil))
	refused := a.status == http.StatusForbidden || a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/login?")
	if refused == yes {
		b.t.Errorf("%s %s: status %d %q, may pass: %v", method, path, a.status, a.header.Get("Location"), yes)
	}
}

func TestMetricsAreForThisMachineOnly(t *testing.T) {
	b := newBench(t, smallPlan(t))
	for _, c := range []struct {
		addr, proxy string
		status      int
	}{
		{"127.0.0.1:1234", "", http.StatusOK},
		{"[::1]:1234", "", http.StatusOK},
		{"192.0.2.7:1234", "", http.StatusForbidden},
		{"127.0.0.1:1234", "192.0.2.7", http.StatusForbidden},
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.RemoteAddr = c.addr
		if c.proxy != "" {
			r.Header.Set("X-Forwarded-For", c.proxy)
		}
		w := httptest.NewRecorder()
		b.server.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("from %s through %q: status %d, want %d", c.addr, c.proxy, w.Code, c.status)
		}
	}
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.login("chen")
	for _, path := range []string{"/", "/board", "/t/x", "/login", "/manager", "/devices", "/nowhere", "/static/live.js", "/static/none.js", "/healthz", "/api/v1/board", "/api/v1/none"} {
		h := b.get(path).header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if framed := strings.Contains(csp, "frame-ancestors 'self'"); framed != (path == "/board" || path == "/t/x") {
			t.Errorf("%s: may be framed: %v", path, framed)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
			}
		}
		if h.Get("Cache-Control") == "" {
			t.Errorf("%s may be kept by a cache", path)
		}
	}
}

func TestNoPageHoldsInlineScriptOrStyleOrAnOutsideAddress(t *testing.T) {
	b := newBench(t, dayPlan(t))
	day(b)
	b.login("chen")
	for _, path := range []string{"/", "/board", "/t/" + b.token(b.tickets[0]), "/login", "/manager?window=1", "/devices"} {
		body := b.get(path).body
		for _, bad := range []string{"<style", " style=", " onclick=", " onload=", "javascript:", "http://", "https://", "//cdn"} {
			if strings.Contains(strings.ToLower(body), bad) {
				t.Errorf("%s contains %q", path, bad)
			}
		}
		if strings.Count(body, "<script") != strings.Count(body, `<script type="module" src="/static/`) {
			t.Errorf("%s has a script that is not a file of ours", path)
		}
	}
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.login("chen")
	for name, value := range map[string]string{"Origin": "http://evil.test", "Sec-Fetch-Site": "cross-site"} {
		r := b.request(http.MethodPost, "/manager", "application/x-www-form-urlencoded", strings.NewReader("do=day.open&id=x1"))
		r.Header.Set(name, value)
		if a := b.do(b.client, r); a.status != http.StatusForbidden {
			t.Errorf("%s %s: status %d", name, value, a.status)
		}
	}
	if b.get("/api/v1/figures"); b.hall.Plan().Version != 0 {
		t.Error("the day was opened by another site")
	}
}

func TestABugInAPageIsAPlainPageWithoutTrace(t *testing.T) {
	b := newBench(t, smallPlan(t))
	w := httptest.NewRecorder()
	b.server.catch(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret detail") })).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/board?lang=en", nil))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "Something went wrong") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "goroutine") {
		t.Errorf("the page tells the bug: %s", w.Body)
	}
}

// TestScriptInNamesIsInert puts markup where people type names and reasons.
func TestScriptInNamesIsInert(t *testing.T) {
	corpus := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `</title><script>x</script>`,
		`{{.Hall}}`, `javascript:alert(1)`, `</template><script>x</script>`, `&lt;script&gt;`,
	}
	for _, evil := range corpus {
		p := smallPlan(t)
		p.Name["zh-CN"], p.Services[0].Name["zh-CN"], p.Clerks[0].Name["zh-CN"] = evil, evil, evil
		p.Windows[0].Name["zh-CN"], p.Notice = evil, protocol.Text{"zh-CN": evil}
		b := newBench(t, p)
		b.openDay()
		b.login("chen")
		b.signOn("1", "lin")
		ticket := b.issue("social")
		b.at("1", "window.call_next")
		for _, path := range []string{"/board", "/manager?window=1", "/manager?ticket=A001", "/devices", "/t/" + b.token(ticket.ID)} {
			body := b.get(path).body
			for _, bad := range []string{"<script>", "<img", "<svg/", "onerror=alert(1)>", "</template><"} {
				if strings.Contains(body, bad) {
					t.Errorf("%s with the name %q contains %q", path, evil, bad)
				}
			}
		}
		first := b.listen("/live/board?view=page", nil).next("page")
		if strings.Contains(first, "<script>") || strings.Contains(first, "<img") {
			t.Errorf("the live board with the name %q: %s", evil, first)
		}
	}
}
