package protocol_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"jiaohao/protocol"
)

func TestMalformedRequestIsRefusedNamingTheValueAndWhatIsLegal(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		name   string
		change func(*protocol.Request)
		code   protocol.Code
		zh, en string // what the texts must hold
	}{
		{"version of the future", func(r *protocol.Request) { r.Version = 9 }, protocol.UnknownVersion, "版本 9，只支持版本 1", "version 9 is unknown, legal is 1"},
		{"no id", func(r *protocol.Request) { r.ID = "" }, protocol.BadRequest, "0 字节，应为 1 至 64", "0 bytes, legal are 1 to 64"},
		{"long id", func(r *protocol.Request) { r.ID = protocol.RequestID(long) }, protocol.BadRequest, "300 字节", "300 bytes"},
		{"id with a space", func(r *protocol.Request) { r.ID = "a b" }, protocol.BadRequest, "第 2 字节", "byte 2"},
		{"no action", func(r *protocol.Request) { r.Do = "" }, protocol.UnknownAction, "ticket.issue", "ticket.issue"},
		{"unknown action", func(r *protocol.Request) { r.Do = "ticket.eat" }, protocol.UnknownAction, "ticket.eat", "ticket.eat"},
		{"service with a slash", func(r *protocol.Request) { r.Service = "a/b" }, protocol.BadRequest, "service 编号 \"a/b\" 第 2 字节", "service id \"a/b\": byte 2"},
		{"window that is a wildcard", func(r *protocol.Request) { r.Window = "+" }, protocol.BadRequest, "window", "window"},
		{"long target", func(r *protocol.Request) { r.ToWindow = protocol.WindowID(long) }, protocol.BadRequest, "1 至 32", "1 to 32"},
		{"clerk with a dot", func(r *protocol.Request) { r.Clerk = "a.b" }, protocol.BadRequest, "clerk", "clerk"},
		{"manager in Chinese", func(r *protocol.Request) { r.Manager = "王" }, protocol.BadRequest, "王", "王"},
		{"ticket with a dash first", func(r *protocol.Request) { r.Ticket = "-A012" }, protocol.BadRequest, "字母或数字开头", "first a letter or digit"},
		{"long reason", func(r *protocol.Request) { r.Reason = strings.Repeat("号", 201) }, protocol.BadRequest, "201 个字，最多 200", "201 characters, legal are at most 200"},
		{"reason with a control byte", func(r *protocol.Request) { r.Reason = "a\x1b[m" }, protocol.BadRequest, "U+001B", "U+001B"},
		{"reason that turns the writing round", func(r *protocol.Request) { r.Reason = "a\u202eb" }, protocol.BadRequest, "U+202E", "U+202E"},
		{"grant that is not UTF-8", func(r *protocol.Request) { r.GrantedBy = "\xff" }, protocol.BadRequest, "granted_by", "granted_by"},
		{"unknown class", func(r *protocol.Request) { r.Class = "vip" }, protocol.BadRequest, "vip", "regular, green, appointment"},
		{"appointment tomorrow", func(r *protocol.Request) { r.AppointmentMS = 86_400_000 }, protocol.BadRequest, "86400000", "0 to 86399999"},
		{"six stars", func(r *protocol.Request) { r.Rating = 6 }, protocol.BadRequest, "6，应为 1 至 5", "6, legal are 1 to 5"},
		{"unknown result", func(r *protocol.Request) { r.Result = "eaten" }, protocol.BadRequest, "eaten", "consultation"},
		{"short PIN", func(r *protocol.Request) { r.PIN = "123" }, protocol.BadRequest, "4 至 12 位", "4 to 12"},
		{"PIN of letters", func(r *protocol.Request) { r.ManagerPIN = "abcd" }, protocol.BadRequest, "4 至 12 位", "4 to 12"},
		{"print fault of two lines", func(r *protocol.Request) { r.Print = &protocol.PrintReport{Fault: "a\nb"} }, protocol.BadRequest, "print.fault", "print.fault"},
		{"spool too long", func(r *protocol.Request) { r.Spool = make([]protocol.SpooledTicket, 51) }, protocol.BadRequest, "最多合并 50 张", "51 tickets, legal are at most 50"},
		{"spool without a number", spooled(func(s *protocol.SpooledTicket) { s.Number = "" }), protocol.BadRequest, "spool.number", "spool.number"},
		{"spool without a service", spooled(func(s *protocol.SpooledTicket) { s.Service = "" }), protocol.BadRequest, "spool.service", "spool.service"},
		{"spool of the future", spooled(func(s *protocol.SpooledTicket) { s.AgoMS = -1 }), protocol.BadRequest, "Y012 的 ago_ms 为 -1", "Y012: ago_ms is -1"},
		{"spooled appointment", spooled(func(s *protocol.SpooledTicket) { s.Class = protocol.Appointment }), protocol.BadRequest, "regular、green", "regular, green"},
		{"spool of no day", spooled(func(s *protocol.SpooledTicket) { s.Day = "22.11.2026" }), protocol.BadRequest, "22.11.2026", "2006-01-02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := protocol.Request{ID: "r1", Do: protocol.TicketIssue, Service: "social"}
			c.change(&r)
			refused(t, r.Check(), c.code, c.zh, c.en)
		})
	}
}

func spooled(change func(*protocol.SpooledTicket)) func(*protocol.Request) {
	return func(r *protocol.Request) {
		s := protocol.SpooledTicket{Number: "Y012", Service: "social"}
		change(&s)
		r.Spool = []protocol.SpooledTicket{s}
	}
}

// sentence finds English prose; field names, codes and values are no prose.
var sentence = regexp.MustCompile(`[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}`)

// refused checks a refusal's code, what both texts hold, and that each text is in its own language.
func refused(t *testing.T, err error, code protocol.Code, zh, en string) {
	t.Helper()
	var r *protocol.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v, want a refusal", err)
	}
	if r.Code != code {
		t.Errorf("code %s, want %s", r.Code, code)
	}
	chinese, english := r.Text[protocol.Chinese], r.Text[protocol.English]
	if !strings.Contains(chinese, zh) || sentence.MatchString(chinese) || !regexp.MustCompile(`\p{Han}`).MatchString(chinese) {
		t.Errorf("Chinese text %q, want Chinese with %q", chinese, zh)
	}
	if !strings.Contains(english, en) || strings.ContainsAny(english, "，。：、") {
		t.Errorf("English text %q, want English with %q", english, en)
	}
	if len(chinese) > 700 || len(english) > 700 {
		t.Errorf("texts of %d and %d bytes grow with the input", len(chinese), len(english))
	}
}

func TestWellFormedRequestsOfEveryActionPass(t *testing.T) {
	for _, s := range samples() {
		if r, ok := s.message.(protocol.Request); ok {
			if err := r.Check(); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
		}
	}
	for _, do := range protocol.Actions() {
		r := protocol.Request{ID: "r1", Do: do}
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", do, err)
		}
	}
}

func TestPayloadThatIsNoMessageIsRefusedInWords(t *testing.T) {
	for _, c := range []struct {
		name, payload string
		code          protocol.Code
		zh, en        string
	}{
		{"empty", "", protocol.BadRequest, "为空", "empty"},
		{"cut off", `{"id":"r1`, protocol.BadRequest, "不完整", "in the middle"},
		{"not JSON", `{id:1}`, protocol.BadRequest, "第 2 字节", "byte 2"},
		{"two messages", `{"id":"r1"}{"id":"r2"}`, protocol.BadRequest, "只含一个", "exactly one"},
		{"an array", `[]`, protocol.BadRequest, "数组", "an array"},
		{"a text", `"hello"`, protocol.BadRequest, "文本", "a string"},
		{"a number for the id", `{"id":5}`, protocol.BadRequest, `"id"`, `"id"`},
		{"a huge rating", `{"rating":1e99}`, protocol.BadRequest, `"rating"`, `"rating"`},
		{"an object for the reason", `{"reason":{}}`, protocol.BadRequest, "对象", "an object"},
		{"a truth for the window", `{"window":true}`, protocol.BadRequest, "真假值", "true or false"},
		{"version of the future", `{"v":2,"id":5}`, protocol.UnknownVersion, "版本 2", "version 2"},
		{"not UTF-8", "{\"id\":\"\xff\"}", protocol.BadRequest, "UTF-8", "UTF-8"},
		{"too large", `{"id":"` + strings.Repeat("x", protocol.PayloadMax) + `"}`, protocol.BadRequest, "上限 16384 字节", "at most 16384"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r protocol.Request
			refused(t, protocol.Decode([]byte(c.payload), &r), c.code, c.zh, c.en)
		})
	}
}

func TestMalformedTimeIsRefused(t *testing.T) {
	var w protocol.WindowState
	refused(t, protocol.Decode([]byte(`{"at":"yesterday"}`), &w), protocol.BadRequest, "时间", "times")
}

func TestUnknownFieldsAreTolerated(t *testing.T) {
	var r protocol.Request
	if err := protocol.Decode([]byte(`{"v":1,"id":"r1","do":"ticket.issue","service":"a","colour":"red"}`), &r); err != nil || r.Service != "a" {
		t.Errorf("request %+v, %v", r, err)
	}
}

func TestIDsAndTextsAtTheirLimits(t *testing.T) {
	for _, id := range []string{"1", "A012", "20261122-A012", "a_b-c", strings.Repeat("x", protocol.IDMax)} {
		if err := protocol.CheckID("ticket", id); err != nil {
			t.Errorf("id %q: %v", id, err)
		}
	}
	if err := protocol.CheckText("reason", strings.Repeat("号", protocol.TextMax)); err != nil {
		t.Error(err)
	}
	if err := protocol.CheckText("reason", ""); err != nil {
		t.Error(err)
	}
}

func TestRefusalsAreFoundByTheirCode(t *testing.T) {
	err := error(protocol.Refuse(protocol.QueueFull, "已满", "full"))
	if !errors.Is(err, &protocol.Refusal{Code: protocol.QueueFull}) || errors.Is(err, &protocol.Refusal{Code: protocol.HallClosed}) {
		t.Errorf("%v is not found by its code alone", err)
	}
	if err.Error() != "queue_full: full" {
		t.Errorf("error %q", err)
	}
}

func TestTextFallsBackToChineseAndThenToEnglish(t *testing.T) {
	for _, c := range []struct {
		text protocol.Text
		lang protocol.Lang
		want string
	}{
		{protocol.Say("号", "number"), protocol.English, "number"},
		{protocol.Say("号", "number"), "pl", "号"},
		{protocol.Text{protocol.English: "number"}, "pl", "number"},
		{nil, protocol.Chinese, ""},
	} {
		if got := c.text.In(c.lang); got != c.want {
			t.Errorf("%v in %s is %q, want %q", c.text, c.lang, got, c.want)
		}
	}
}

func TestStampOfALaterStartIsNewerWhateverItsSequence(t *testing.T) {
	old := protocol.Stamp{Epoch: 1, Seq: 9}
	for stamp, want := range map[protocol.Stamp]bool{{Epoch: 2, Seq: 1}: true, {Epoch: 1, Seq: 10}: true, old: false, {Epoch: 1, Seq: 8}: false, {Seq: 99}: false} {
		if got := stamp.NewerThan(old); got != want {
			t.Errorf("%+v newer than %+v: %v, want %v", stamp, old, got, want)
		}
	}
}
