package link_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

var presence = protocol.DeviceTopic("h", "dispenser-1", protocol.KindPresence).String()

func retained(t *testing.T, bus *linktest.Bus, topic string) string {
	t.Helper()
	payload, _ := bus.Retained(topic)
	return string(payload)
}

const (
	online  = `{"online":true,"kind":"dispenser","version":"0.1.0","boot":"b1","session":1}`
	again   = `{"online":true,"kind":"dispenser","version":"0.1.0","boot":"b1","session":2}`
	offline = `{"online":false,"kind":"dispenser","boot":"b1"}`
)

func TestDeviceIsOnlineFromItsBirthToItsCleanStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		stop := run(t, newLink(t, bus, link.Options{}).Run)
		synctest.Wait()
		if got := retained(t, bus, presence); got != online {
			t.Errorf("after connecting: presence %s, want %s", got, online)
		}
		stop()
		if got := retained(t, bus, presence); got != offline {
			t.Errorf("after a clean stop: presence %s, want %s", got, offline)
		}
	})
}

func TestDeviceThatIsCutOffIsOfflineUntilItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		l := newLink(t, bus, link.Options{})
		run(t, l.Run)
		synctest.Wait()
		changed := l.OnlineChanged()
		bus.Cut("dispenser-1")
		<-changed
		if l.Online() || retained(t, bus, presence) != offline {
			t.Errorf("cut off: online %v, presence %s", l.Online(), retained(t, bus, presence))
		}
		changed = l.OnlineChanged()
		bus.Restore("dispenser-1")
		<-changed
		synctest.Wait()
		if !l.Online() || retained(t, bus, presence) != again {
			t.Errorf("back: online %v, presence %s", l.Online(), retained(t, bus, presence))
		}
	})
}

// turnedAway is a broker that knows the device no more.
type turnedAway struct{ link.Transport }

func (turnedAway) Run(ctx context.Context, s link.Session) error {
	for ctx.Err() == nil {
		s.Down(fmt.Errorf("attempt: %w", link.ErrRefused))
		time.Sleep(1500 * time.Millisecond)
	}
	return nil
}

func TestRevokedDeviceSaysOnceAMinuteWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told strings.Builder
		l, err := link.New(turnedAway{linktest.NewBus(1).Transport("dispenser-1")}, link.Identity{Hall: "h", Device: "dispenser-1", Kind: protocol.KindDispenser},
			link.Options{Log: slog.New(slog.NewTextHandler(&told, nil))})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, l.Run)
		time.Sleep(5*time.Minute - time.Second)
		stop()
		if n := strings.Count(told.String(), "hub enroll dispenser-1"); n != 5 {
			t.Errorf("told %d times in 5 minutes, want 5:\n%s", n, told.String())
		}
	})
}

func TestLateWillOfAnOldSessionDoesNotLeaveTheDeviceOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		run(t, newLink(t, bus, link.Options{}).Run)
		h := startHub(t, bus, silence)
		synctest.Wait()
		h.send(protocol.DeviceTopic("h", "dispenser-1", protocol.KindPresence), protocol.Presence{Kind: protocol.KindDispenser}, true)
		time.Sleep(4 * time.Second)
		if got := retained(t, bus, presence); got != online {
			t.Errorf("presence %s, want %s", got, online)
		}
	})
}

func TestAgeOfThePictureBeginsAtTheLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		l := newLink(t, bus, link.Options{})
		if !l.LastHeard().IsZero() {
			t.Error("a link that never ran has heard something")
		}
		run(t, l.Run)
		time.Sleep(time.Hour)
		if age := time.Since(l.LastHeard()); age != 0 {
			t.Errorf("online the picture is %v old, want 0", age)
		}
		bus.Cut("dispenser-1")
		time.Sleep(90 * time.Second)
		if age := time.Since(l.LastHeard()); age != 90*time.Second {
			t.Errorf("90 s after the loss the picture is %v old", age)
		}
	})
}

func TestHealthIsToldWhenItChangesAndAtEachConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		topic := protocol.DeviceTopic("h", "dispenser-1", protocol.KindHealth).String()
		var told []string
		bus.Tap(func(_ string, m link.Message) {
			if m.Topic == topic {
				told = append(told, string(m.Payload))
			}
		})
		l := newLink(t, bus, link.Options{})
		l.Health(protocol.Health{Paper: "ok"})
		stop := run(t, l.Run)
		synctest.Wait()
		l.Health(protocol.Health{Paper: "ok"})
		synctest.Wait()
		l.Health(protocol.Health{Paper: "low"})
		synctest.Wait()
		bus.Stop() // forgets what was retained
		bus.Start()
		time.Sleep(2500 * time.Millisecond)
		stop()
		want := []string{`{"paper":"ok"}`, `{"paper":"low"}`, `{"paper":"low"}`}
		if fmt.Sprint(told) != fmt.Sprint(want) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}

func TestOlderStateIsNeverShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		l := newLink(t, bus, link.Options{})
		var shown []string
		l.Watch(protocol.ServiceTopic("h", "+"), func(payload []byte) {
			var s protocol.ServiceState
			if err := protocol.Decode(payload, &s); err != nil {
				t.Error(err)
			}
			shown = append(shown, fmt.Sprintf("%s %d.%d", s.Service, s.Epoch, s.Seq))
		})
		h := startHub(t, bus, silence)
		stop := run(t, l.Run)
		synctest.Wait()
		for _, s := range []struct {
			service    protocol.ServiceID
			epoch, seq uint64
		}{{"a", 1, 5}, {"a", 1, 4}, {"a", 1, 5}, {"b", 1, 1}, {"a", 1, 6}, {"a", 2, 1}, {"a", 1, 9}} {
			h.send(protocol.ServiceTopic("h", s.service), protocol.ServiceState{
				Service: s.service, Stamp: protocol.Stamp{Epoch: s.epoch, Seq: s.seq},
			}, true)
		}
		synctest.Wait()
		stop()
		want := []string{"a 1.5", "b 1.1", "a 1.6", "a 2.1"}
		if fmt.Sprint(shown) != fmt.Sprint(want) {
			t.Errorf("shown %v, want %v", shown, want)
		}
	})
}

func TestGarbageOnAWatchedTopicIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		l := newLink(t, bus, link.Options{})
		shown := 0
		l.Watch(protocol.HallTopic("h", protocol.KindBoard), func([]byte) { shown++ })
		h := startHub(t, bus, silence)
		stop := run(t, l.Run)
		synctest.Wait()
		for _, garbage := range []string{"", "{", `"x"`, `{"epoch":-1}`, strings.Repeat(" ", protocol.PayloadMax) + `{"seq":1}`} {
			if err := h.transport.Publish(protocol.HallTopic("h", protocol.KindBoard).String(), []byte(garbage), 0, false); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		stop()
		if shown != 0 {
			t.Errorf("%d of 5 were shown", shown)
		}
	})
}

func TestMoreWatchesThanTheLimitAreAMistakeOfTheProgram(t *testing.T) {
	l := newLink(t, linktest.NewBus(1), link.Options{})
	for range link.WatchMax {
		l.Watch(protocol.HallTopic("h", protocol.KindBoard), func([]byte) {})
	}
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, "at most 32") {
			t.Errorf("panicked with %q, want the limit", said)
		}
	}()
	l.Watch(protocol.HallTopic("h", protocol.KindBoard), func([]byte) {})
}

func TestIdentityMustFitTopics(t *testing.T) {
	for _, id := range []link.Identity{{Hall: "", Device: "d"}, {Hall: "h", Device: "a/b"}, {Hall: "h", Device: "+"}} {
		if _, err := link.New(linktest.NewBus(1).Transport("x"), id, link.Options{}); err == nil {
			t.Errorf("identity %+v was taken", id)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true}, {"a/b", "a/c", false}, {"a/b", "a", false}, {"a", "a/b", false},
		{"+/b", "a/b", true}, {"+", "a/b", false}, {"a/+", "a/", true}, {"+/+", "/x", true},
		{"#", "a/b/c", true}, {"a/#", "a", true}, {"a/#", "a/b/c", true}, {"a/#", "b", false}, {"a/#/b", "a/x/b", false},
		{"#", "$SYS/x", false}, {"$SYS/#", "$SYS/x", true},
	} {
		if got := link.Match(c.filter, c.topic); got != c.want {
			t.Errorf("Match(%q, %q) = %v, want %v", c.filter, c.topic, got, c.want)
		}
	}
}

// A dispenser asks for a ticket.
func ExampleLink_Request() {
	bus := linktest.NewBus(1)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go answerWith(ctx, "A001", bus.Transport("hub"))

	l, err := link.New(bus.Transport("dispenser-1"), dispenser, link.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	go l.Run(ctx)
	reply, err := l.Request(ctx, protocol.Request{Do: protocol.TicketIssue, Service: "social"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.OK.Ticket.Number)
	// Output: A001
}

func answerWith(ctx context.Context, number string, hub link.Transport) error {
	return hub.Run(ctx, link.Session{
		Subscribe: []string{protocol.DeviceTopic("h", "+", protocol.KindRequest).String()},
		Up:        func() {}, Down: func(error) {},
		Message: func(m link.Message) {
			var req protocol.Request
			if protocol.Decode(m.Payload, &req) != nil {
				return
			}
			reply, err := protocol.Encode(protocol.Reply{ID: req.ID, OK: &protocol.OK{Ticket: &protocol.Ticket{Number: number}}})
			if err == nil {
				hub.Publish(protocol.DeviceTopic("h", "dispenser-1", protocol.KindReply).String(), reply, 0, false)
			}
		},
	})
}
