package link

import (
	"context"
	"errors"
	"strings"
)

// Errors of [Transport.Publish].
var (
	// ErrOffline says that there is no session now.
	ErrOffline = errors.New("link: not connected to the broker")
	// ErrQueueFull says that as many messages wait for the network as the queue takes.
	ErrQueueFull = errors.New("link: the queue to the broker is full")
)

// Transport carries one MQTT session over any number of connections.
type Transport interface {
	// Run connects, and connects again after each loss, until ctx ends. Then it
	// sends what is queued (for about [FlushMax]), disconnects so that the broker
	// does not send the will, and returns nil. It returns an error at once
	// only for what no further attempt can mend, such as a malformed address.
	Run(ctx context.Context, s Session) error

	// Publish queues one message. It does not block. It returns [ErrOffline] or
	// [ErrQueueFull] when the message is not queued; nil promises no delivery.
	Publish(topic string, payload []byte, qos byte, retain bool) error
}

// Session is what a [Transport] needs to know to run. The callbacks are never
// called at the same time as each other, must not block, and may call Publish.
type Session struct {
	Will      Message  // sent by the broker when the session breaks; none when its topic is empty
	Subscribe []string // filters, all subscribed at QoS 0 at each connect before Up

	Up      func()        // all filters are subscribed; messages may come before it
	Down    func(error)   // the connection was lost, or an attempt failed, for this reason; nil when ctx ended
	Message func(Message) // one message of a subscribed topic
}

// Message is one MQTT message.
type Message struct {
	Topic    string
	Payload  []byte // belongs to the receiver
	Retained bool   // as sent: keep it; as received: it was kept
	QoS      byte   // 0 or 1
}

// Match reports whether an MQTT filter with + and # matches a topic. Topics of
// the broker's own, beginning with $, match only filters that begin with $ too.
func Match(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") != strings.HasPrefix(filter, "$") {
		return false
	}
	for {
		f, filterRest, filterMore := strings.Cut(filter, "/")
		if f == "#" {
			return !filterMore
		}
		t, topicRest, topicMore := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if !topicMore {
			return !filterMore || filterRest == "#"
		}
		if !filterMore {
			return false
		}
		filter, topic = filterRest, topicRest
	}
}
