package link

import (
	"context"
	"fmt"
	"time"

	"jiaohao/protocol"
)

// triedMax is far more than one attempt may take, which is bounded step by step, and the rest
// behind it.
const triedMax = 2 * time.Minute

// StatusLine says in one line how the device is, by its session and by what it last told as its
// health: the sentence of its page's corner and of its systemd status.
func (l *Link) StatusLine() protocol.Text {
	l.mu.Lock()
	online, payload := l.online, l.health
	l.mu.Unlock()
	var h protocol.Health
	if len(payload) > 0 && protocol.Decode(payload, &h) != nil {
		panic("link: health cannot be read back") // Health has encoded it
	}
	return h.StatusLine(online)
}

// Alive returns nil while there is a session or Run goes on trying for one, and an error when
// no attempt has ended for two minutes: then Run hangs. It does not wait.
func (l *Link) Alive(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if silent := time.Since(l.tried); !l.online && silent > triedMax {
		return fmt.Errorf("link: no attempt to reach the hub has ended for %v", silent.Truncate(time.Second))
	}
	return nil
}
