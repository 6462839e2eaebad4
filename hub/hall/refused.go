package hall

import (
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// refusals remembers the last RefusedMax refusals by sender and request id.
type refusals struct {
	by   map[string]*protocol.Refusal
	ring []string // keys in the order of arrival, the oldest at next
	next int
}

// of returns the refusal that the request got before, or nil.
func (f *refusals) of(c *queue.Command) *protocol.Refusal {
	if c.Request.ID == "" {
		return nil
	}
	return f.by[refusedKey(c)]
}

// keep remembers a refusal, unless it invites to try the same request again.
func (f *refusals) keep(c *queue.Command, r *protocol.Refusal) {
	if c.Request.ID == "" || r.Code == protocol.Unavailable || r.Code == protocol.Overloaded {
		return
	}
	key := refusedKey(c)
	if f.by == nil {
		f.by = map[string]*protocol.Refusal{}
	}
	if f.by[key] != nil {
		return
	}
	f.by[key] = r
	if len(f.ring) < RefusedMax {
		f.ring = append(f.ring, key)
		return
	}
	delete(f.by, f.ring[f.next])
	f.ring[f.next] = key
	f.next = (f.next + 1) % RefusedMax
}

func refusedKey(c *queue.Command) string {
	return string(c.From.Role) + "/" + string(c.From.Device) + "/" + string(c.Request.ID)
}
