package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

func TestPressOnTheDispenserChangesQueueBoardAndTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		dispenser := s.connect("dispenser-1", own("dispenser-1", protocol.KindReply))
		dispenser.request(`{"id":"p1","do":"ticket.issue","service":"social"}`)
		var reply protocol.Reply
		if err := json.Unmarshal([]byte(dispenser.next()), &reply); err != nil {
			t.Fatal(err)
		}
		if reply.ID != "p1" || reply.OK == nil || reply.OK.Ticket.Number != "A001" {
			t.Errorf("the reply is %+v", reply)
		}
		if v := retained[protocol.ServiceState](s, protocol.ServiceTopic(hallID, "social")); v.Waiting != 1 {
			t.Errorf("the service has %d waiting", v.Waiting)
		}
		if v := retained[protocol.Board](s, protocol.HallTopic(hallID, protocol.KindBoard)); v.Services[0].Waiting != 1 {
			t.Errorf("the board has %d waiting", v.Services[0].Waiting)
		}
		if v := retained[protocol.WindowState](s, protocol.WindowTopic(hallID, "1")); v.Waiting != 1 || v.Status != protocol.Closed {
			t.Errorf("window 1 is %s with %d waiting", v.Status, v.Waiting)
		}
	})
}

func TestCallIsShownAnnouncedOnceAndLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		dispenser := s.connect("dispenser-1")
		terminal := s.connect("terminal-1", own("terminal-1", protocol.KindReply))
		speaker := s.connect("display-1", protocol.HallTopic(hallID, protocol.KindAnnounce))
		upstream := s.connect("guest-1", protocol.HallTopic(hallID, protocol.KindEvent))
		dispenser.request(`{"id":"p1","do":"ticket.issue","service":"social"}`)
		terminal.request(`{"id":"t1","do":"window.sign_on","clerk":"c1","pin":"2468"}`)
		terminal.request(`{"id":"t2","do":"window.call_next"}`)
		terminal.request(`{"id":"t2","do":"window.call_next"}`) // the same press, sent again

		terminal.next()
		if first, again := terminal.next(), terminal.next(); first == "" || first != again {
			t.Errorf("the call was answered with\n%s\nand with\n%s", first, again)
		}
		v := retained[protocol.WindowState](s, protocol.WindowTopic(hallID, "1"))
		if v.Current == nil || v.Current.Number != "A001" || v.ClerkName.In(protocol.English) != "Wang Fang" {
			t.Errorf("window 1 shows %+v", v)
		}
		var spoken protocol.Announce
		if err := json.Unmarshal([]byte(speaker.next()), &spoken); err != nil {
			t.Fatal(err)
		}
		if spoken.Number != "A001" || spoken.Label != "1" || spoken.Again || spoken.Call != v.Current.Call {
			t.Errorf("spoken was %+v", spoken)
		}
		if more := speaker.next(); more != "" {
			t.Errorf("spoken a second time: %s", more)
		}
		var kinds []string
		var last uint64
		for m := upstream.next(); m != ""; m = upstream.next() {
			var e protocol.Event
			if err := json.Unmarshal([]byte(m), &e); err != nil {
				t.Fatal(err)
			}
			if last != 0 && e.Seq != last+1 {
				t.Errorf("event %d came after %d", e.Seq, last)
			}
			last = e.Seq
			kinds = append(kinds, e.Kind)
		}
		if want := []string{"issued", "signed_on", "called"}; !slices.Equal(kinds, want) {
			t.Errorf("the events are %v, want %v", kinds, want)
		}
	})
}

func TestRequestThatCannotBeReadIsRefusedByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		guest := s.connect("guest-1", own("guest-1", protocol.KindReply))
		for _, c := range []struct{ payload, id, code string }{
			{`{"id":"g1","do":`, "", "bad_request"},
			{`not JSON`, "", "bad_request"},
			{`{"id":"g2","do":"ticket.issue","v":7}`, "g2", "unknown_version"},
			{`{"id":"g3","do":"ticket.steal"}`, "g3", "unknown_action"},
			{`{"id":"g4","do":"ticket.issue","service":"passport"}`, "g4", "unknown_service"},
			{`{"id":"g5","do":"window.call_next","window":"1"}`, "g5", "not_allowed"},
			{`{"id":"g 6","do":"ticket.issue"}`, "", "bad_request"},
			{`{"id":"g7","do":"ticket.cancel","reason":"` + strings.Repeat("x", protocol.PayloadMax) + `"}`, "", "bad_request"},
		} {
			guest.request(c.payload)
			var r protocol.Reply
			if err := json.Unmarshal([]byte(guest.next()), &r); err != nil {
				t.Fatalf("%.60s: %v", c.payload, err)
			}
			if string(r.ID) != c.id || r.Refused == nil || string(r.Refused.Code) != c.code {
				t.Errorf("%.60s: %+v %v, want %q %s", c.payload, r, r.Refused, c.id, c.code)
			}
		}
	})
}

func TestUnknownDeviceAndRetainedRequestDoNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		stranger := s.connect("stranger", own("stranger", protocol.KindReply))
		stranger.request(`{"id":"x1","do":"ticket.issue","service":"social"}`)
		if reply := stranger.next(); !strings.Contains(reply, `"not_allowed"`) {
			t.Errorf("a stranger got %s", reply)
		}
		dispenser := s.connect("dispenser-1", own("dispenser-1", protocol.KindReply))
		dispenser.publish(protocol.KindRequest, `{"id":"p1","do":"ticket.issue","service":"social"}`, true)
		dispenser.next()
		s.bus.Cut(ClientID) // at the next connect the broker sends the retained request
		time.Sleep(time.Second)
		s.bus.Restore(ClientID)
		time.Sleep(5 * time.Second)
		if v := retained[protocol.ServiceState](s, protocol.ServiceTopic(hallID, "social")); v.Waiting != 1 {
			t.Errorf("%d wait, the retained request should not be carried out again", v.Waiting)
		}
	})
}

func TestEverythingIsRepublishedWhenTheBrokerComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		s.connect("dispenser-1").request(`{"id":"p1","do":"ticket.issue","service":"social"}`)
		topics := []protocol.Topic{
			protocol.WindowTopic(hallID, "1"), protocol.WindowTopic(hallID, "2"), protocol.WindowTopic(hallID, "3"),
			protocol.ServiceTopic(hallID, "social"), protocol.ServiceTopic(hallID, "tax"),
			protocol.HallTopic(hallID, protocol.KindBoard),
		}
		for i := range smallHall().Devices {
			topics = append(topics, own(smallHall().Devices[i].ID, protocol.KindConfig))
		}
		stamps := func() map[string]protocol.Stamp {
			all := map[string]protocol.Stamp{}
			for _, topic := range topics {
				all[topic.String()] = retained[protocol.Stamp](s, topic)
			}
			return all
		}
		before := stamps()
		s.bus.Stop()
		time.Sleep(time.Minute)
		s.bus.Start()
		time.Sleep(5 * time.Second)
		after := stamps()
		s.stop()
		s.start()
		time.Sleep(5 * time.Second)
		restarted := stamps()
		for topic, stamp := range before {
			if !after[topic].NewerThan(stamp) {
				t.Errorf("%s: %+v after the broker's restart, %+v before", topic, after[topic], stamp)
			}
			if restarted[topic].Epoch <= after[topic].Epoch {
				t.Errorf("%s: %+v after the hub's restart, %+v before", topic, restarted[topic], after[topic])
			}
		}
	})
}

func TestOnlyWhatHasChangedIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		dispenser := s.connect("dispenser-1")
		tapped := make(chan string, 100)
		s.bus.Tap(func(client string, m link.Message) {
			if client == ClientID {
				tapped <- strings.TrimPrefix(m.Topic, "jh1/bemowo/")
			}
		})
		published := func() (topics []string) {
			synctest.Wait()
			for len(tapped) > 0 {
				topics = append(topics, <-tapped)
			}
			slices.Sort(topics)
			return topics
		}
		dispenser.request(`{"id":"p1","do":"ticket.issue","service":"tax"}`)
		topics := published()
		want := []string{"board", "device/dispenser-1/reply", "event", "service/tax/state", "window/1/state", "window/2/state", "window/3/state"}
		if !slices.Equal(topics, want) { // window 1 sees its partner's queue
			t.Errorf("published were %v, want %v", topics, want)
		}
		time.Sleep(refresh)
		for _, topic := range published() {
			if strings.HasSuffix(topic, "config") || topic == "service/social/state" {
				t.Errorf("%s was published although nothing has changed", topic)
			}
		}
	})
}

func TestTerminalThatStaysAwayIsLostAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		terminal := s.connect("terminal-1")
		terminal.publish(protocol.KindPresence, `{"online":true,"kind":"terminal","boot":"b1","version":"1.0"}`, true)
		terminal.request(`{"id":"t1","do":"window.sign_on","clerk":"c1","pin":"2468"}`)
		status := func() protocol.Status {
			return retained[protocol.WindowState](s, protocol.WindowTopic(hallID, "1")).Status
		}
		time.Sleep(time.Minute)
		if status() != protocol.Open {
			t.Fatalf("window 1 is %s", status())
		}
		terminal.publish(protocol.KindPresence, `{"online":false,"kind":"terminal","boot":"b1"}`, true)
		time.Sleep(4 * time.Second)
		if status() != protocol.Open {
			t.Errorf("4 s after the terminal fell away window 1 is %s", status())
		}
		time.Sleep(2 * time.Second)
		if status() != protocol.Away {
			t.Errorf("6 s after the terminal fell away window 1 is %s", status())
		}
		terminal.publish(protocol.KindPresence, `{"online":true,"kind":"terminal","boot":"b2"}`, true)
		time.Sleep(time.Second)
		if status() != protocol.Open {
			t.Errorf("with the terminal back window 1 is %s", status())
		}
	})
}

func TestShortBreakOfTheTerminalIsNoAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		terminal := s.connect("terminal-1")
		terminal.publish(protocol.KindPresence, `{"online":true,"kind":"terminal","boot":"b1"}`, true)
		time.Sleep(time.Minute)
		seq, _ := s.journal.Last()
		for range 5 {
			terminal.publish(protocol.KindPresence, `{"online":false,"kind":"terminal","boot":"b1"}`, true)
			time.Sleep(3 * time.Second)
			terminal.publish(protocol.KindPresence, `{"online":true,"kind":"terminal","boot":"b1"}`, true)
			time.Sleep(time.Second)
		}
		if now, _ := s.journal.Last(); now != seq {
			t.Errorf("five breaks of 3 s made %d events", now-seq)
		}
	})
}

func TestDevicesPageKnowsWhatEachDeviceSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		dispenser := s.connect("dispenser-1")
		dispenser.publish(protocol.KindPresence, `{"online":true,"kind":"dispenser","boot":"b1","version":"1.2"}`, true)
		dispenser.publish(protocol.KindPresence, `{"online":true,"kind":"dispenser","boot":"b2","version":"1.2"}`, true)
		dispenser.publish(protocol.KindHealth, `{"paper":"out","faults":[{"part":"printer","code":"paper_out","text":{"zh-CN":"缺纸"}}]}`, true)
		all := s.wire.Devices()
		if len(all) != len(smallHall().Devices) {
			t.Fatalf("%d devices are listed", len(all))
		}
		d := all[0]
		if !d.Online || d.Boot != "b2" || d.Boots != 1 || d.Version != "1.2" || d.Health.Paper != "out" || d.Seen.IsZero() {
			t.Errorf("the dispenser is %+v", d)
		}
		if other := all[1]; other.Online || !other.Since.IsZero() || other.Window != "1" {
			t.Errorf("the terminal that was never heard is %+v", other)
		}
		s.bus.Cut("dispenser-1")
		synctest.Wait()
		if s.wire.Devices()[0].Online {
			t.Error("the dispenser is still online after its will")
		}
	})
}

func TestFloodOfOneDeviceDoesNotDelayAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		loud := s.connect("guest-1", own("guest-1", protocol.KindReply))
		topic := own("guest-1", protocol.KindRequest).String()
		for n := range 500 {
			payload := fmt.Sprintf(`{"id":"g%d","do":"ticket.issue","service":"tax"}`, n)
			if err := loud.Publish(topic, []byte(payload), 1, false); err != nil {
				t.Fatal(err)
			}
		}
		quiet := s.connect("dispenser-1", own("dispenser-1", protocol.KindReply))
		quiet.request(`{"id":"p1","do":"ticket.issue","service":"social"}`)
		if reply := quiet.next(); !strings.Contains(reply, `"A001"`) {
			t.Errorf("the quiet device got %s", reply)
		}
		answered := 0
		for m := loud.next(); m != ""; m = loud.next() {
			answered++
		}
		if answered != 500 {
			t.Errorf("%d of 500 requests were answered", answered)
		}
	})
}

func TestWindowThatIsTakenOutOfThePlanLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		topic := protocol.WindowTopic(hallID, "3")
		retained[protocol.WindowState](s, topic)
		smaller := smallHall()
		smaller.Windows = smaller.Windows[:2]
		c := queue.Command{From: queue.Source{Role: queue.RoleHub, Device: "hub"}, Plan: smaller}
		c.Request = protocol.Request{Do: queue.PlanChange, Reason: "装修"}
		if _, err := s.hall.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if payload, ok := s.bus.Retained(topic.String()); ok {
			t.Errorf("window 3 is still shown: %s", payload)
		}
		retained[protocol.WindowState](s, protocol.WindowTopic(hallID, "2"))
	})
}

func TestLargestHallIsPublishedWhole(t *testing.T) {
	p := smallHall()
	p.Windows, p.Pairs, p.Devices = nil, nil, nil
	for n := range queue.WindowsMax {
		name := fmt.Sprint(n + 1)
		p.Windows = append(p.Windows, queue.Window{
			ID: protocol.WindowID("window-" + name), Name: protocol.Say("窗口"+name, "Window "+name), Primary: []protocol.ServiceID{"social", "tax"},
		})
	}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	s := queue.New()
	s.Apply(queue.Record{Seq: 1, At: time.Now(), Event: &queue.DayOpened{Day: "2026-11-23", Plan: *p}})
	pub := &publisher{wire: &Wire{id: hallID}, last: map[string]published{}}
	for _, v := range pub.states(s, time.Now()) {
		payload, err := protocol.Encode(v.message(protocol.Stamp{Epoch: 1 << 40, Seq: 1 << 40}))
		if err != nil || bytes.Contains(payload, []byte(`null`)) {
			t.Errorf("%s: %v %.100s", v.topic, err, payload)
		}
	}
}
