package protocol_test

import (
	"strings"
	"testing"

	"jiaohao/protocol"
)

func TestTopicsAreReadAsTheyAreWritten(t *testing.T) {
	for want, topic := range map[string]protocol.Topic{
		"jh1/bemowo/device/dispenser-1/presence": protocol.DeviceTopic("bemowo", "dispenser-1", protocol.KindPresence),
		"jh1/bemowo/device/dispenser-1/health":   protocol.DeviceTopic("bemowo", "dispenser-1", protocol.KindHealth),
		"jh1/bemowo/device/dispenser-1/request":  protocol.DeviceTopic("bemowo", "dispenser-1", protocol.KindRequest),
		"jh1/bemowo/device/dispenser-1/reply":    protocol.DeviceTopic("bemowo", "dispenser-1", protocol.KindReply),
		"jh1/bemowo/device/dispenser-1/config":   protocol.DeviceTopic("bemowo", "dispenser-1", protocol.KindConfig),
		"jh1/bemowo/window/1/state":              protocol.WindowTopic("bemowo", "1"),
		"jh1/bemowo/service/social/state":        protocol.ServiceTopic("bemowo", "social"),
		"jh1/bemowo/board":                       protocol.HallTopic("bemowo", protocol.KindBoard),
		"jh1/bemowo/announce":                    protocol.HallTopic("bemowo", protocol.KindAnnounce),
		"jh1/bemowo/event":                       protocol.HallTopic("bemowo", protocol.KindEvent),
	} {
		if topic.String() != want {
			t.Errorf("%+v is written %s, want %s", topic, topic, want)
		}
		if got, err := protocol.ParseTopic(want); err != nil || got != topic {
			t.Errorf("%s is read as %+v, %v", want, got, err)
		}
	}
}

func TestFilterForAllDevicesIsATopicWithAPlus(t *testing.T) {
	if got := protocol.DeviceTopic("h", "+", protocol.KindRequest).String(); got != "jh1/h/device/+/request" {
		t.Error(got)
	}
}

func TestTopicOutsideTheContractIsRefusedByName(t *testing.T) {
	for _, s := range []string{
		"", "/", "jh1", "jh1/h", "jh2/h/board", "jh1//board", "jh1/h/", "jh1/h/boards", "jh1/h/board/", "jh1/h/window/1",
		"jh1/h/window/1/config", "jh1/h/window//state", "jh1/h/service/a b/state", "jh1/h/device/d/state", "jh1/h/device/+/request",
		"jh1/h/device/d/request/x", "jh1/h/panel/1/state", "jh1/王/board", "jh1/h/#", "$SYS/jh1/h/board",
		"jh1/h/device/" + strings.Repeat("d", 200) + "/request",
	} {
		topic, err := protocol.ParseTopic(s)
		if err == nil || !strings.Contains(err.Error(), "topic ") || len(err.Error()) > 300 {
			t.Errorf("%q was read as %+v, error %v", s, topic, err)
		}
	}
}
