package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"jiaohao/protocol"
)

// serveOne brings a ticket through to its end at window 1.
func (b *bench) serveOne() *protocol.Ticket {
	b.t.Helper()
	b.openDay()
	b.signOn("1", "lin")
	ticket := b.issue("social")
	b.at("1", protocol.WindowCallNext)
	b.at("1", protocol.WindowArrived)
	b.at("1", protocol.WindowFinish)
	return ticket
}

// last is the hidden field of a form on a page.
func last(t *testing.T, body string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `name="last" value="`)
	if !ok {
		t.Fatalf("the page has no form: %s", body)
	}
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// mainPart is a page without its head, which repeats the address.
func mainPart(body string) string {
	_, body, _ = strings.Cut(body, "<main")
	return body
}

func TestEveryWrongLinkGetsTheSamePage(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	good := b.token(b.issue("social").ID)
	never := b.token("20261123-A999")
	want := b.get("/t/" + never)
	if want.status != http.StatusNotFound || strings.Contains(strings.ReplaceAll(want.body, never, ""), "A999") {
		t.Fatalf("a ticket that is not there: %d %s", want.status, want.body)
	}
	b.has(want, "查不到这张小票", "咨询")
	for i := 0; i < len(good); i += 3 {
		wrong := []byte(good)
		wrong[i] ^= 1
		a := b.get("/t/" + url.PathEscape(string(wrong)))
		if a.status != http.StatusNotFound || mainPart(a.body) != mainPart(want.body) {
			t.Errorf("byte %d turned: status %d, another page", i, a.status)
		}
	}
}

func TestGuessingLinksIsSlowedDownButTheOwnLinkOfOthersIsNot(t *testing.T) {
	b := newBench(t, smallPlan(t))
	ticket := b.serveOne()
	for range linkMisses {
		b.get("/t/20261123-A001.AAAA")
	}
	a := b.get("/t/20261123-A001.AAAA")
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("guess %d: status %d", linkMisses+1, a.status)
	}
	for _, path := range []string{"/board", "/t/" + b.token(ticket.ID)} {
		if a := b.get(path); a.status != http.StatusOK {
			t.Errorf("%s is shut too: %d", path, a.status)
		}
	}
}

func TestACitizenRatesOnceAfterTheService(t *testing.T) {
	b := newBench(t, smallPlan(t))
	ticket := b.serveOne()
	path := "/t/" + b.token(ticket.ID)
	page := b.get(path)
	b.has(page, "非常满意", "已办结")
	for range 2 { // a thumb that presses twice
		a := b.post(path+"/rate", "rating", "4", "last", last(t, page.body))
		if a.status != http.StatusSeeOther || a.header.Get("Location") != path {
			t.Fatalf("rating: %d %s", a.status, a.body)
		}
	}
	after := b.get(path)
	b.has(after, "您的评价：满意")
	if strings.Contains(after.body, "非常不满意") {
		t.Error("one can rate again")
	}
	for _, rating := range []string{"0", "6", "x", ""} {
		if a := b.post(path+"/rate", "rating", rating, "last", "1"); a.status != http.StatusBadRequest {
			t.Errorf("rating %q: status %d", rating, a.status)
		}
	}
}

func TestACitizenCancelsWhileWaitingAndNotLater(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.signOn("1", "lin")
	called, waiting := b.issue("social"), b.issue("social")
	page := b.get("/t/" + b.token(called.ID))
	b.at("1", protocol.WindowCallNext)
	a := b.post("/t/"+b.token(called.ID)+"/cancel", "last", last(t, page.body))
	if a.status != http.StatusConflict {
		t.Errorf("cancelling a called number: %d", a.status)
	}
	b.has(a, "未执行", `role="alert"`, "1号窗口")
	path := "/t/" + b.token(waiting.ID)
	if a := b.post(path+"/cancel", "last", last(t, b.get(path).body)); a.status != http.StatusSeeOther {
		t.Errorf("cancelling: %d %s", a.status, a.body)
	}
	b.has(b.get(path), "已取消", "重新取号")
}

func TestTheTicketPageSaysUnknownWhenTheWaitIsUnknown(t *testing.T) {
	p := smallPlan(t)
	b := newBench(t, p)
	b.openDay() // nobody has signed on: nothing can be known
	b.issue("social")
	ticket := b.issue("social")
	a := b.get("/t/" + b.token(ticket.ID) + "?lang=en")
	b.has(a, "<b>1</b>", "ahead of you", "unknown", "Too little is known")
}

func TestTheTicketPageNamesNoPerson(t *testing.T) {
	b := newBench(t, smallPlan(t))
	ticket := b.serveOne()
	for _, path := range []string{"/t/" + b.token(ticket.ID), "/api/v1/tickets/" + b.token(ticket.ID)} {
		body := b.get(path).body
		for _, name := range []string{"林晓", "Lin Xiao", "lin", "chen"} {
			if strings.Contains(strings.ReplaceAll(body, "link", ""), name) && name != "lin" {
				t.Errorf("%s names %q", path, name)
			}
		}
	}
}
