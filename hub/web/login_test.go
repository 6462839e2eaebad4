package web

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestAManagerLogsInAndOutAndTheCookieIsDeadAfterwards(t *testing.T) {
	b := newBench(t, smallPlan(t))
	a := b.get("/manager?window=1")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/login?next=%2Fmanager%3Fwindow%3D1" {
		t.Fatalf("without login: %d %s", a.status, a.header.Get("Location"))
	}
	a = b.post("/login", "clerk", "chen", "pin", testPIN, "next", "/manager?window=1")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/manager?window=1" {
		t.Fatalf("login: %d %s", a.status, a.header.Get("Location"))
	}
	cookie := a.header.Get("Set-Cookie")
	for _, want := range []string{"session=", "HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(cookie, "session="), ";")
	if len(name) < 22 { // 128 bits in base64
		t.Errorf("the session's name %q is short", name)
	}
	if a := b.get("/manager"); a.status != http.StatusOK {
		t.Errorf("the manager's page: %d", a.status)
	}
	b.post("/logout")
	r := b.request(http.MethodGet, "/manager", "", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: name}) // kept by somebody
	if a := b.do(b.newClient(), r); a.status != http.StatusSeeOther {
		t.Errorf("the old cookie still works: %d", a.status)
	}
}

func TestOverTLSTheCookieIsSecureAndOfThisHost(t *testing.T) {
	b := newBench(t, smallPlan(t))
	r := httptest.NewRequest(http.MethodPost, "https://hub.test/login", strings.NewReader("clerk=chen&pin="+testPIN))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.TLS = &tls.ConnectionState{}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	if c := w.Header().Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-session=") || !strings.Contains(c, "Secure") {
		t.Errorf("cookie %q", c)
	}
}

func TestEachLoginGetsANewSessionAndEndsTheOldOne(t *testing.T) {
	b := newBench(t, smallPlan(t))
	first := b.post("/login", "clerk", "chen", "pin", testPIN).header.Get("Set-Cookie")
	second := b.post("/login", "clerk", "chen", "pin", testPIN).header.Get("Set-Cookie")
	if first == second {
		t.Error("the session has the same name after a new login")
	}
	if n := len(b.server.sessions.open); n != 1 {
		t.Errorf("%d sessions are open, want 1", n)
	}
}

func TestFiveWrongPINsLockTheLoginButNotTheWindow(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	for i := range loginTries {
		if a := b.post("/login", "clerk", "chen", "pin", "9999"); a.status != http.StatusForbidden {
			t.Fatalf("try %d: status %d", i+1, a.status)
		}
	}
	a := b.post("/login", "clerk", "chen", "pin", testPIN, "lang", "zh-CN")
	if a.status != http.StatusTooManyRequests {
		t.Errorf("the right PIN after five wrong ones: status %d", a.status)
	}
	b.has(a, "15 分钟后再试")
	if a := b.post("/login", "clerk", "lin", "pin", testPIN); a.status != http.StatusSeeOther {
		t.Errorf("another clerk is locked too: %d", a.status)
	}
	from := queue.Source{Role: queue.RoleDevice, Device: "t1", Kind: protocol.KindTerminal, Window: "1"}
	reply := b.hall.Ask(t.Context(), from, protocol.Request{ID: "on", Do: protocol.WindowSignOn, Clerk: "chen", PIN: testPIN})
	if reply.Refused != nil {
		t.Errorf("the window is locked too: %v", reply.Refused)
	}
}

func TestAWrongPINAndAnUnknownClerkLookTheSame(t *testing.T) {
	b := newBench(t, smallPlan(t))
	wrong := b.post("/login", "clerk", "chen", "pin", "9999")
	b.has(wrong, "<strong>登录失败：</strong> 工号或密码不正确")
	unknown := b.post("/login", "clerk", "chon", "pin", "9999")
	if wrong.status != unknown.status || strings.ReplaceAll(unknown.body, "chon", "chen") != wrong.body {
		t.Errorf("wrong PIN %d, unknown clerk %d, or their pages differ", wrong.status, unknown.status)
	}
}

func TestALoginLeadsOnlyToOurOwnPages(t *testing.T) {
	for next, want := range map[string]string{
		"/manager?window=1": "/manager?window=1", "": "", "//evil.test": "", "https://evil.test/": "", "/\\evil.test": "",
		"javascript:alert(1)": "", "manager": "",
	} {
		if got := ownPath(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestASessionEndsAfterFifteenIdleMinutesAndAfterTwelveHours(t *testing.T) {
	s, began := newSessions(), time.Now()
	token := s.begin(person{ID: "chen"}, began)
	watching := began.Add(sessionIdle - time.Second)
	if _, ok := s.find(token, watching, false); !ok {
		t.Error("ended too early")
	}
	if _, ok := s.find(token, began.Add(sessionIdle), false); ok {
		t.Error("a screen that only watches keeps the session alive")
	}
	token = s.begin(person{ID: "chen"}, began)
	at := began
	for at.Sub(began) < sessionMax-time.Minute {
		at = at.Add(sessionIdle - time.Minute)
		if _, ok := s.find(token, at, true); !ok && at.Sub(began) < sessionMax {
			t.Fatalf("ended after %v at work", at.Sub(began))
		}
	}
	if _, ok := s.find(token, began.Add(sessionMax), true); ok {
		t.Error("a session is older than the longest day")
	}
}

func TestWhoIsTakenOutOfThePlanIsOutAtOnce(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	plan := *b.hall.Plan()
	plan.Clerks = append([]queue.Clerk(nil), plan.Clerks...)
	plan.Clerks[3].Manager = false
	from := queue.Source{Role: queue.RoleHub, Device: "hub"}
	c := queue.Command{From: from, Request: protocol.Request{ID: "plan", Do: queue.PlanChange, Reason: "test"}, Plan: &plan}
	if _, err := b.hall.Do(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if a := b.get("/manager"); a.status != http.StatusSeeOther {
		t.Errorf("status %d after the role was taken", a.status)
	}
}

func TestACounterForgetsAndStaysSmall(t *testing.T) {
	c, now := newCounter(2, time.Minute), time.Now()
	c.add("a", now)
	if c.full("a", now) != 0 {
		t.Error("full after one")
	}
	c.add("a", now)
	if got := c.full("a", now); got != time.Minute {
		t.Errorf("locked for %v, want a minute", got)
	}
	if c.full("a", now.Add(time.Minute)) != 0 {
		t.Error("still locked after its time")
	}
	for i := range countersMax + 10 {
		c.add(strings.Repeat("x", i%7)+string(rune(i)), now)
	}
	if len(c.names) > countersMax {
		t.Errorf("%d names are remembered, the limit is %d", len(c.names), countersMax)
	}
}
