package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestDayThatIsNotOnRecordIsToldAndNoOtherIsShown(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.login("chen")
	b.has(b.get("/heat?day=2026-11-23&lang=en"), "There is no recorded day yet")
	busyMorning(b)
	for _, path := range []string{"/promises", "/promises.csv", "/heat", "/ratings", "/ratings.csv", "/api/v1/promises"} {
		for lang, say := range map[string]string{
			"zh-CN": "没有“2026-13-45”这一天的记录，可选 2026-11-23 至 2026-11-23",
			"en":    "choose a day from 2026-11-23 to 2026-11-23",
		} {
			a := b.get(path + "?day=2026-13-45&lang=" + lang)
			if a.status != http.StatusBadRequest {
				t.Errorf("%s: %d, want 400", path, a.status)
			}
			b.has(a, say)
		}
		for _, day := range []string{"", "?day=", "?day=2026-11-23"} {
			if a := b.get(path + day); a.status != http.StatusOK {
				t.Errorf("%s%s: %d, want 200", path, day, a.status)
			}
		}
	}
}

func TestBodyThatIsNoFormBeginsNoWork(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.morning()
	for _, path := range []string{"/whatif", "/whatif/apply", "/staff"} {
		for _, kind := range []string{"multipart/form-data; boundary=x", "multipart/form-data", "application/json", ""} {
			a := b.do(b.client, b.request(http.MethodPost, path+"?lang=en", kind, strings.NewReader("--x")))
			if a.status != http.StatusBadRequest {
				t.Errorf("%s with a body of kind %q: %d, want 400", path, kind, a.status)
			}
			b.has(a, "The form was incomplete or malformed")
		}
	}
	if job, busy := b.server.shop.look(whatifPath); job != nil || busy {
		t.Errorf("work was begun: %+v", job)
	}
}

func TestAddressAskedInAWayThatItDoesNotTakeSaysWhatItTakes(t *testing.T) {
	b := newBench(t, smallPlan(t))
	for _, c := range []struct {
		method, path, allow string
		status              int
	}{
		{http.MethodPut, "/whatif", "GET POST", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/board", "GET", http.StatusMethodNotAllowed},
		{http.MethodPost, "/board", "GET", http.StatusMethodNotAllowed},
		{http.MethodGet, "/api/v1/requests", "POST", http.StatusMethodNotAllowed},
		{http.MethodPut, "/nowhere", "", http.StatusNotFound},
		{http.MethodGet, "/nowhere", "", http.StatusNotFound},
	} {
		a := b.do(b.client, b.request(c.method, c.path, "", nil))
		if got := strings.Join(a.header.Values("Allow"), " "); a.status != c.status || got != c.allow {
			t.Errorf("%s %s: %d, takes %q; want %d, %q", c.method, c.path, a.status, got, c.status, c.allow)
		}
	}
}
