package wire

import (
	"slices"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// A device that subscribes in the very moment in which a state is published may
// get neither the retained one nor the new one from the broker. So whoever says
// that it is there, which it does after it has subscribed, gets what it may read
// once more.

// born notes that a device has come; w.mu is held.
func (w *Wire) born(id protocol.DeviceID) {
	if !slices.Contains(w.newcomers, id) {
		w.newcomers = append(w.newcomers, id)
	}
	nudge(w.birth)
}

// greet has the next round publish again all that the newcomers may read.
func (p *publisher) greet() {
	p.wire.mu.Lock()
	newcomers := p.wire.newcomers
	p.wire.newcomers = nil
	p.wire.mu.Unlock()
	plan := p.wire.hall.Plan()
	for _, id := range newcomers {
		filters := Rights(plan, p.wire.id, id).Subscribe
		for topic := range p.last {
			if slices.ContainsFunc(filters, func(f string) bool { return link.Match(f, topic) }) {
				p.last[topic] = published{}
			}
		}
	}
	p.plan = nil // configurations too
}
