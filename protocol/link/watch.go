package link

import (
	"encoding/json"
	"fmt"
	"slices"

	"jiaohao/protocol"
)

type watch struct {
	filter string
	fn     func(payload []byte)
	stamps map[string]protocol.Stamp // by topic; only the transport's callback touches it
}

// Watch has fn called with each state of the topic that is newer by its stamp
// than all before it, and with each message that has no stamp. An id in topic
// may be "+"; then each topic has its own order. fn must not block: it is the session's
// own goroutine that calls it.
//
// Watch may be called only before Run, at most [WatchMax] times; it panics beyond
// that, since the topics of a program are fixed.
func (l *Link) Watch(topic protocol.Topic, fn func(payload []byte)) {
	if len(l.watches) == WatchMax {
		panic(fmt.Sprintf("link: %s would be watch %d, legal are at most %d", topic, WatchMax+1, WatchMax))
	}
	l.watches = append(l.watches, &watch{filter: topic.String(), fn: fn, stamps: map[string]protocol.Stamp{}})
}

func (l *Link) filters() []string {
	filters := []string{l.topic(protocol.KindReply)}
	for _, w := range l.watches {
		if !slices.Contains(filters, w.filter) {
			filters = append(filters, w.filter)
		}
	}
	return filters
}

func (l *Link) receive(m Message) {
	if m.Topic == l.topic(protocol.KindReply) {
		l.receiveReply(m.Payload)
		return
	}
	for _, w := range l.watches {
		if Match(w.filter, m.Topic) {
			l.deliver(w, m)
		}
	}
}

func (l *Link) deliver(w *watch, m Message) {
	var stamp protocol.Stamp
	if err := json.Unmarshal(m.Payload, &stamp); err != nil || len(m.Payload) > protocol.PayloadMax {
		l.log.Warn("message is not of this contract", "topic", m.Topic, "bytes", len(m.Payload), "err", err)
		return
	}
	if stamp != (protocol.Stamp{}) {
		last, known := w.stamps[m.Topic]
		if known && !stamp.NewerThan(last) {
			return
		}
		if !known && len(w.stamps) == stampsMax {
			l.log.Warn("too many topics behind one filter", "topic", m.Topic, "legal", stampsMax)
			return
		}
		w.stamps[m.Topic] = stamp
	}
	w.fn(m.Payload)
}
