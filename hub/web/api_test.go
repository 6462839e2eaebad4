package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"jiaohao/protocol"
)

// api posts one request as JSON.
func (b *bench) api(body string) (answer, protocol.Reply) {
	b.t.Helper()
	a := b.do(b.client, b.request(http.MethodPost, "/api/v1/requests", "application/json", strings.NewReader(body)))
	var reply protocol.Reply
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil {
		b.t.Fatalf("%s: the answer is no reply: %v: %s", body, err, a.body)
	}
	return a, reply
}

func TestACommandOverHTTPIsTheCommandOfTheButton(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	request := `{"id":"web-1","do":"ticket.issue","service":"social","later":"fields of later versions are tolerated"}`
	first, reply := b.api(request)
	if first.status != http.StatusOK || reply.OK == nil || reply.OK.Ticket.Number != "A001" {
		t.Fatalf("issue: %d %s", first.status, first.body)
	}
	if again, _ := b.api(request); again.body != first.body {
		t.Errorf("the same id got another answer:\n%s\n%s", first.body, again.body)
	}
	if _, reply := b.api(`{"id":"web-2","do":"ticket.issue","service":"social"}`); reply.OK.Ticket.Number != "A002" {
		t.Errorf("the next number is %s", reply.OK.Ticket.Number)
	}
}

func TestRefusalsHaveFittingStatusAndNameTheValue(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	long := strings.Repeat("字", protocol.TextMax+1)
	for _, c := range []struct {
		body, code string
		status     int
		names      string
	}{
		{`{`, "bad_request", 400, ""},
		{`[]`, "bad_request", 400, "array"},
		{`{"id":"a","do":"ticket.issue"} {}`, "bad_request", 400, ""},
		{`{"id":"a","do":7}`, "bad_request", 400, "do"},
		{`{"v":9,"id":"a","do":"ticket.issue"}`, "unknown_version", 400, "9"},
		{`{"id":"a","do":"ticket.eat"}`, "unknown_action", 400, "ticket.eat"},
		{`{"id":"","do":"ticket.issue","service":"social"}`, "bad_request", 400, ""},
		{`{"id":"a1","do":"ticket.issue","service":"none"}`, "unknown_service", 404, "none"},
		{`{"id":"a2","do":"window.call_next","window":"9"}`, "unknown_window", 404, "9"},
		{`{"id":"a3","do":"window.call_next","window":"1"}`, "window_closed", 409, ""},
		{`{"id":"a4","do":"ticket.cancel","ticket":"A077","reason":"` + long + `"}`, "bad_request", 400, "reason"},
		{`{"id":"a5","do":"ticket.cancel","ticket":"A077","reason":"a` + "\x1b" + `"}`, "bad_request", 400, ""},
		{`{"id":"a6","do":"ticket.cancel","ticket":"A077","reason":"a\u001b"}`, "bad_request", 400, "U+001B"},
		{`{"id":"a7","do":"day.open"}`, "unknown_action", 400, "day.open"},
		{"{\"id\":\"\xff\"}", "bad_request", 400, "UTF-8"},
	} {
		a, reply := b.api(c.body)
		if a.status != c.status || reply.Refused == nil || string(reply.Refused.Code) != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.body, a.status, a.body, c.status, c.code)
			continue
		}
		if en := reply.Refused.Text[protocol.English]; !strings.Contains(en, c.names) || en == "" {
			t.Errorf("%s: the text %q does not name %q", c.body, en, c.names)
		}
	}
	if g := b.get("/api/v1/figures"); !strings.Contains(g.body, `"issued":0`) {
		t.Errorf("a refusal changed something: %s", g.body)
	}
}

func TestALargeBodyIsRefused(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.login("chen")
	a, reply := b.api(`{"id":"a","reason":"` + strings.Repeat("x", bodyMax) + `"}`)
	if a.status != http.StatusRequestEntityTooLarge || reply.Refused == nil {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	if a := b.post("/manager", "reason", strings.Repeat("x", bodyMax)); a.status != http.StatusBadRequest {
		t.Errorf("a form: status %d", a.status)
	}
}

func TestTheAPIRefusesInJSONWithoutLoginAndOffTheMap(t *testing.T) {
	b := newBench(t, smallPlan(t))
	for path, want := range map[string]int{
		"/api/v1/windows": http.StatusForbidden, "/api/v1/none": http.StatusNotFound, "/api/v1/tickets/x": http.StatusNotFound,
	} {
		a := b.get(path)
		var r refusal
		if err := json.Unmarshal([]byte(a.body), &r); err != nil || r.Refused == nil || a.status != want {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	a, reply := b.api(`{"id":"a","do":"ticket.issue","service":"social"}`)
	if a.status != http.StatusForbidden || reply.Refused.Code != protocol.NotAllowed {
		t.Errorf("a command without login: %d %s", a.status, a.body)
	}
}

func TestThePublicAPIShowsBoardServicesAndATicket(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	ticket := b.issue("social")
	var board protocol.Board
	var list services
	var got protocol.Ticket
	for path, into := range map[string]any{
		"/api/v1/board": &board, "/api/v1/services": &list, "/api/v1/tickets/" + b.token(ticket.ID): &got,
	} {
		if err := json.Unmarshal([]byte(b.get(path).body), into); err != nil {
			t.Fatal(path, err)
		}
	}
	if len(board.Windows) != 3 || board.Services[0].Waiting != 1 || list.Services[0].Name["en"] != "Social insurance" {
		t.Errorf("board %+v, services %+v", board, list)
	}
	if got.Number != "A001" || got.Stage != protocol.Waiting || got.Link != "" {
		t.Errorf("ticket %+v", got)
	}
}
