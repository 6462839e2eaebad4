package protocol

import (
	"fmt"
	"strings"
)

// Root is the first level of every topic; its digit is the wire's version.
const Root = "jh1"

// Kind says what a topic carries.
type Kind string

// The kinds of topic. See asyncapi.yaml for who publishes what, and how.
const (
	KindPresence Kind = "presence" // device, retained: birth and will
	KindHealth   Kind = "health"   // device, retained: paper, disk, spool
	KindRequest  Kind = "request"  // device, never retained: one command
	KindReply    Kind = "reply"    // hub: the answer to one request
	KindConfig   Kind = "config"   // hub, retained: what this device is
	KindWindow   Kind = "window"   // hub, retained: what a window shows
	KindService  Kind = "service"  // hub, retained: a service's queue
	KindBoard    Kind = "board"    // hub, retained: the hall board
	KindAnnounce Kind = "announce" // hub: one call to be spoken
	KindEvent    Kind = "event"    // hub: each committed event in order
)

// Topic is a parsed topic. Device, Window and Service are set only for the kinds
// that carry one.
type Topic struct {
	Hall    HallID
	Kind    Kind
	Device  DeviceID
	Window  WindowID
	Service ServiceID
}

// DeviceTopic is the topic of one of a device's kinds: presence, health,
// request, reply or config.
func DeviceTopic(hall HallID, device DeviceID, kind Kind) Topic {
	return Topic{Hall: hall, Kind: kind, Device: device}
}

// WindowTopic is where the hub keeps the state of a window.
func WindowTopic(hall HallID, window WindowID) Topic {
	return Topic{Hall: hall, Kind: KindWindow, Window: window}
}

// ServiceTopic is where the hub keeps the state of a service's queue.
func ServiceTopic(hall HallID, service ServiceID) Topic {
	return Topic{Hall: hall, Kind: KindService, Service: service}
}

// HallTopic is the topic of one of the hall's kinds: board, announce or event.
func HallTopic(hall HallID, kind Kind) Topic { return Topic{Hall: hall, Kind: kind} }

// String returns the topic as MQTT has it. An id that is "+" gives a filter.
func (t Topic) String() string {
	head := Root + "/" + string(t.Hall) + "/"
	switch t.Kind {
	case KindWindow:
		return head + "window/" + string(t.Window) + "/state"
	case KindService:
		return head + "service/" + string(t.Service) + "/state"
	case KindBoard, KindAnnounce, KindEvent:
		return head + string(t.Kind)
	default:
		return head + "device/" + string(t.Device) + "/" + string(t.Kind)
	}
}

// ParseTopic reads a topic of this contract. The error names the topic and what
// does not fit.
func ParseTopic(s string) (Topic, error) {
	if len(s) > TopicMax {
		return Topic{}, fmt.Errorf("topic %q has %d bytes, legal are at most %d", clip(s), len(s), TopicMax)
	}
	level := strings.Split(s, "/")
	if len(level) < 3 || level[0] != Root {
		return Topic{}, fmt.Errorf("topic %q does not begin with %s/<hall>/", clip(s), Root)
	}
	t := Topic{Hall: HallID(level[1])}
	if err := CheckID("hall", level[1]); err != nil {
		return Topic{}, fmt.Errorf("topic %q: %w", clip(s), err)
	}
	if err := t.parseRest(level[2:]); err != nil {
		return Topic{}, fmt.Errorf("topic %q: %w", clip(s), err)
	}
	return t, nil
}

func (t *Topic) parseRest(level []string) error {
	if len(level) == 1 {
		switch k := Kind(level[0]); k {
		case KindBoard, KindAnnounce, KindEvent:
			t.Kind = k
			return nil
		}
	}
	if len(level) != 3 {
		return fmt.Errorf("no topic of this contract")
	}
	if err := CheckID(level[0], level[1]); err != nil {
		return err
	}
	switch {
	case level[0] == "window" && level[2] == "state":
		t.Kind, t.Window = KindWindow, WindowID(level[1])
	case level[0] == "service" && level[2] == "state":
		t.Kind, t.Service = KindService, ServiceID(level[1])
	case level[0] == "device" && deviceKind(Kind(level[2])):
		t.Kind, t.Device = Kind(level[2]), DeviceID(level[1])
	default:
		return fmt.Errorf("no topic of this contract")
	}
	return nil
}

func deviceKind(k Kind) bool {
	switch k {
	case KindPresence, KindHealth, KindRequest, KindReply, KindConfig:
		return true
	}
	return false
}
