package app

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// raw is a device that can send any bytes as a request.
type raw struct {
	t       *testing.T
	tr      link.Transport
	topic   string
	replies chan []byte
}

func (r *running) raw(id protocol.DeviceID, password string) *raw {
	r.t.Helper()
	own := func(k protocol.Kind) string { return protocol.DeviceTopic("test", id, k).String() }
	d := &raw{
		t: r.t, topic: own(protocol.KindRequest), replies: make(chan []byte, 8),
		tr: link.MQTT(link.MQTTOptions{Broker: "tcp://" + r.MQTTAddr().String(), ClientID: string(id), Password: password}),
	}
	up := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- d.tr.Run(ctx, link.Session{
			Subscribe: []string{own(protocol.KindReply)},
			Up:        func() { up <- struct{}{} }, Down: func(error) {},
			Message: func(m link.Message) { d.replies <- m.Payload },
		})
	}()
	r.t.Cleanup(func() {
		cancel()
		<-done
	})
	select {
	case <-up:
	case <-time.After(patience):
		r.t.Fatal("the device does not connect")
	}
	return d
}

// ask sends bytes and returns the refusal that comes back.
func (d *raw) ask(payload string) *protocol.Refusal {
	d.t.Helper()
	if err := d.tr.Publish(d.topic, []byte(payload), 1, false); err != nil {
		d.t.Fatal(err)
	}
	select {
	case b := <-d.replies:
		var reply protocol.Reply
		if err := json.Unmarshal(b, &reply); err != nil {
			d.t.Fatalf("%s: %v", b, err)
		}
		if reply.Refused == nil {
			d.t.Fatalf("%.80s was not refused: %s", payload, b)
		}
		return reply.Refused
	case <-time.After(patience):
		d.t.Fatalf("%.80s: no answer", payload)
		return nil
	}
}

// Whatever a device sends wrongly is answered in words that name the value and
// what would be right, and nothing is written.
func TestWrongRequestsAreAnsweredInWordsAndChangeNothing(t *testing.T) {
	r := start(t, Options{Dir: t.TempDir()})
	dispenser := r.raw("d1", r.enroll("d1"))
	terminal := r.raw("t1", r.enroll("t1"))
	before, _ := r.Journal.Last()
	long := strings.Repeat("长", 201)
	for _, w := range []struct {
		what    string
		from    *raw
		payload string
		code    protocol.Code
		names   []string // what the English text must name
	}{
		{"no JSON", dispenser, `{"id":"1","do"`, protocol.BadRequest, []string{"JSON"}},
		{"a list", dispenser, `[1,2]`, protocol.BadRequest, []string{"object", "array"}},
		{"a number for the service", dispenser, `{"id":"2","do":"ticket.issue","service":7}`, protocol.BadRequest, []string{"service", "number"}},
		{"another version", dispenser, `{"v":9,"id":"3","do":"ticket.issue","service":"social"}`, protocol.UnknownVersion, []string{"9", "1"}},
		{"no id", dispenser, `{"do":"ticket.issue","service":"social"}`, protocol.BadRequest, []string{"request id", "1 to 64"}},
		{"an unknown action", dispenser, `{"id":"4","do":"ticket.steal"}`, protocol.UnknownAction, []string{"ticket.steal"}},
		{"an unknown service", dispenser, `{"id":"5","do":"ticket.issue","service":"visa"}`, protocol.UnknownService, []string{"visa", "social, tax"}},
		{"too long a text", dispenser, `{"id":"6","do":"ticket.issue","service":"social","reason":"` + long + `"}`, protocol.BadRequest, []string{"201", "200"}},
		{"a control byte", dispenser, `{"id":"7","do":"ticket.issue","service":"social","reason":"a\u001bb"}`, protocol.BadRequest, []string{"U+001B"}},
		{"an unknown class", dispenser, `{"id":"8","do":"ticket.issue","service":"social","class":"vip"}`, protocol.BadRequest, []string{"vip", "regular"}},
		{"a window's action from a dispenser", dispenser, `{"id":"9","do":"window.call_next"}`, protocol.NotAllowed, []string{"dispenser d1"}},
		{"a ticket that is not there", dispenser, `{"id":"10","do":"ticket.cancel","ticket":"A999"}`, protocol.UnknownTicket, []string{"A999"}},
		{"another window", terminal, `{"id":"11","do":"window.call_next","window":"2"}`, protocol.NotAllowed, []string{"window 1", "window 2"}},
		{"nobody signed on", terminal, `{"id":"12","do":"window.call_next"}`, protocol.WindowClosed, []string{"window 1"}},
		{"a wrong PIN", terminal, `{"id":"13","do":"window.sign_on","clerk":"c01","pin":"0000"}`, protocol.WrongPIN, nil},
		{"a PIN of letters", terminal, `{"id":"14","do":"window.sign_on","clerk":"c01","pin":"abcd"}`, protocol.BadRequest, []string{"4 to 12 digits"}},
		{"an unknown clerk", terminal, `{"id":"15","do":"window.sign_on","clerk":"nobody","pin":"1234"}`, protocol.UnknownClerk, []string{"nobody"}},
	} {
		t.Run(w.what, func(t *testing.T) {
			refused := w.from.ask(w.payload)
			if refused.Code != w.code {
				t.Errorf("refused as %s: %s", refused.Code, refused.Text.In(protocol.English))
			}
			for _, name := range w.names {
				if !strings.Contains(refused.Text[protocol.English], name) {
					t.Errorf("%q does not name %q", refused.Text[protocol.English], name)
				}
			}
			if refused.Text[protocol.Chinese] == "" || strings.Contains(refused.Text[protocol.English], "goroutine") {
				t.Errorf("unfit for people: %v", refused.Text)
			}
		})
	}
	if after, _ := r.Journal.Last(); after != before {
		t.Errorf("%d events were written", after-before)
	}
}
