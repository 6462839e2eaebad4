package wire

import (
	"slices"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Grants are the topics that one account may use, in the form in which a broker
// wants them.
type Grants struct {
	Publish   []string // topics that it may publish
	Retain    []string // of these, where what it publishes may be kept
	Subscribe []string // filters that it may subscribe
	Will      string   // the one topic of its will; "" for none
}

// HubRights are the rights of the hub itself.
func HubRights(hall protocol.HallID) Grants {
	keep := []string{
		deviceFilter(hall, protocol.KindConfig),
		protocol.WindowTopic(hall, "+").String(),
		protocol.ServiceTopic(hall, "+").String(),
		protocol.HallTopic(hall, protocol.KindBoard).String(),
	}
	return Grants{
		Publish: append([]string{
			deviceFilter(hall, protocol.KindReply),
			protocol.HallTopic(hall, protocol.KindAnnounce).String(),
			protocol.HallTopic(hall, protocol.KindEvent).String(),
		}, keep...),
		Retain: keep,
		Subscribe: []string{
			deviceFilter(hall, protocol.KindRequest),
			deviceFilter(hall, protocol.KindPresence),
			deviceFilter(hall, protocol.KindHealth),
		},
	}
}

// Rights are the rights of a device: to publish below its own name and to read
// what its kind needs. A device that the plan does not have gets none.
func Rights(plan *queue.Plan, hall protocol.HallID, id protocol.DeviceID) Grants {
	d := plan.Device(id)
	if d == nil {
		return Grants{}
	}
	own := func(kind protocol.Kind) string { return protocol.DeviceTopic(hall, id, kind).String() }
	presence, health := own(protocol.KindPresence), own(protocol.KindHealth)
	g := Grants{
		Publish:   []string{own(protocol.KindRequest), presence, health},
		Retain:    []string{presence, health},
		Subscribe: []string{own(protocol.KindReply), own(protocol.KindConfig), protocol.HallTopic(hall, protocol.KindBoard).String()},
		Will:      presence,
	}
	for _, window := range readableWindows(plan, d) {
		g.Subscribe = append(g.Subscribe, protocol.WindowTopic(hall, window).String())
	}
	switch d.Kind {
	case protocol.KindDispenser, protocol.KindTerminal, protocol.KindGuest:
		g.Subscribe = append(g.Subscribe, protocol.ServiceTopic(hall, "+").String())
	}
	switch d.Kind {
	case protocol.KindDisplay, protocol.KindAnnouncer, protocol.KindGuest:
		g.Subscribe = append(g.Subscribe, protocol.HallTopic(hall, protocol.KindAnnounce).String())
	}
	return g
}

// readableWindows are a terminal's own window and its partners', a display's own,
// and all for a guest, for an announcer and for a display that belongs to no window.
func readableWindows(plan *queue.Plan, d *queue.Device) []protocol.WindowID {
	switch {
	case d.Kind == protocol.KindDispenser:
		return nil
	case d.Kind == protocol.KindGuest, d.Kind == protocol.KindAnnouncer, d.Kind == protocol.KindDisplay && d.Window == "":
		return []protocol.WindowID{"+"}
	case d.Window == "":
		return nil
	}
	windows := []protocol.WindowID{d.Window}
	if d.Kind != protocol.KindTerminal {
		return windows
	}
	for i := range plan.Pairs {
		pair := &plan.Pairs[i]
		switch d.Window {
		case pair.A:
			windows = append(windows, pair.B)
		case pair.B:
			windows = append(windows, pair.A)
		}
	}
	slices.Sort(windows[1:])
	return slices.Compact(windows)
}

func deviceFilter(hall protocol.HallID, kind protocol.Kind) string {
	return protocol.DeviceTopic(hall, "+", kind).String()
}
