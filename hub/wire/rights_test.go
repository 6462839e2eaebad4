package wire

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"jiaohao/hub/broker"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

func may(filters []string, topic string) bool {
	return slices.ContainsFunc(filters, func(f string) bool { return link.Match(f, topic) })
}

func TestDeviceMayOnlySpeakUnderItsOwnName(t *testing.T) {
	plan := smallHall()
	for i := range plan.Devices {
		id := plan.Devices[i].ID
		g := Rights(plan, hallID, id)
		for j := range plan.Devices {
			other := plan.Devices[j].ID
			for _, kind := range []protocol.Kind{protocol.KindRequest, protocol.KindPresence, protocol.KindHealth} {
				if topic := own(other, kind).String(); may(g.Publish, topic) != (other == id) {
					t.Errorf("%s may publish %s: %v", id, topic, other != id)
				}
			}
			if topic := own(other, protocol.KindReply).String(); may(g.Subscribe, topic) != (other == id) {
				t.Errorf("%s may read %s: %v", id, topic, other != id)
			}
			if may(g.Publish, own(other, protocol.KindReply).String()) || may(g.Retain, own(other, protocol.KindRequest).String()) {
				t.Errorf("%s may publish a reply or retain a request", id)
			}
		}
		if g.Will != own(id, protocol.KindPresence).String() {
			t.Errorf("%s has the will %s", id, g.Will)
		}
	}
}

func TestEachKindReadsWhatItNeeds(t *testing.T) {
	plan := smallHall()
	topics := []protocol.Topic{
		protocol.WindowTopic(hallID, "1"), protocol.WindowTopic(hallID, "2"), protocol.WindowTopic(hallID, "3"),
		protocol.ServiceTopic(hallID, "tax"), protocol.HallTopic(hallID, protocol.KindBoard),
		protocol.HallTopic(hallID, protocol.KindAnnounce), protocol.HallTopic(hallID, protocol.KindEvent),
	}
	var table strings.Builder
	for i := range plan.Devices {
		g := Rights(plan, hallID, plan.Devices[i].ID)
		fmt.Fprintf(&table, "%s:", plan.Devices[i].ID)
		for _, topic := range topics {
			if may(g.Subscribe, topic.String()) {
				fmt.Fprintf(&table, " %s", strings.TrimPrefix(topic.String(), "jh1/bemowo/"))
			}
		}
		table.WriteString("\n")
	}
	want := `dispenser-1: service/tax/state board
terminal-1: window/1/state window/2/state service/tax/state board
terminal-2: window/1/state window/2/state service/tax/state board
display-1: window/1/state board announce
guest-1: window/1/state window/2/state window/3/state service/tax/state board announce
`
	if table.String() != want {
		t.Errorf("the rights are\n%swant\n%s", table.String(), want)
	}
	if g := Rights(plan, hallID, "stranger"); len(g.Publish)+len(g.Subscribe) != 0 || g.Will != "" {
		t.Errorf("a stranger has %+v", g)
	}
}

func TestBrokerAcceptsEveryAccount(t *testing.T) {
	plan := smallHall()
	grants := map[string]Grants{ClientID: HubRights(hallID)}
	for i := range plan.Devices {
		grants[string(plan.Devices[i].ID)] = Rights(plan, hallID, plan.Devices[i].ID)
	}
	for id, g := range grants {
		a := broker.Account{ID: id, Publish: g.Publish, Retain: g.Retain, Subscribe: g.Subscribe, Will: g.Will}
		if err := a.Validate(); err != nil {
			t.Error(err)
		}
	}
}
