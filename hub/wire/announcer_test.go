package wire

import (
	"errors"
	"testing"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestAnAnnouncerHearsCallsAndWindowsAndDoesNothing(t *testing.T) {
	plan := smallHall()
	plan.Devices = append(plan.Devices, queue.Device{ID: "announcer-1", Kind: protocol.KindAnnouncer})
	g := Rights(plan, hallID, "announcer-1")
	for topic, want := range map[protocol.Topic]bool{
		protocol.HallTopic(hallID, protocol.KindAnnounce): true, protocol.WindowTopic(hallID, "3"): true,
		own("announcer-1", protocol.KindConfig): true, own("display-1", protocol.KindConfig): false,
		protocol.ServiceTopic(hallID, "tax"): false, protocol.HallTopic(hallID, protocol.KindEvent): false,
	} {
		if may(g.Subscribe, topic.String()) != want {
			t.Errorf("it may read %s: %v, want %v", topic, !want, want)
		}
	}
	s := queue.New()
	s.Apply(queue.Record{Seq: 1, Event: &queue.DayOpened{Day: "2026-11-23", Plan: *plan}})
	from := source(plan.Device("announcer-1"))
	for _, do := range protocol.Actions() {
		c := queue.Command{From: from, Request: protocol.Request{ID: "r1", Do: do, Service: "tax", Window: "1", Spool: []protocol.SpooledTicket{{Number: "Y001"}}}}
		_, err := queue.Decide(s, c, s.At)
		var refusal *protocol.Refusal
		if !errors.As(err, &refusal) || refusal.Code != protocol.NotAllowed {
			t.Errorf("%s: %v, want that it may not", do, err)
		}
	}
}
