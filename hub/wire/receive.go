package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// receive takes one message. It is the transport's callback and only enqueues.
func (w *Wire) receive(ctx context.Context, wg *sync.WaitGroup, m link.Message) {
	topic, err := protocol.ParseTopic(m.Topic)
	if err != nil || topic.Hall != w.id {
		w.log.Warn("a message on a topic that is not ours", slog.String("topic", fmt.Sprintf("%.80q", m.Topic)))
		return
	}
	switch topic.Kind {
	case protocol.KindPresence:
		var p protocol.Presence
		if w.read(topic, m.Payload, &p) {
			w.hearPresence(topic.Device, p)
		}
	case protocol.KindHealth:
		var h protocol.Health
		if w.read(topic, m.Payload, &h) {
			w.hearHealth(topic.Device, h)
		}
	case protocol.KindRequest:
		if m.Retained {
			w.log.Warn("a retained request is never carried out", slog.String("device", string(topic.Device)))
			return
		}
		w.request(ctx, wg, topic.Device, m.Payload)
	}
}

// read decodes a device's own state. An empty payload clears a retained message.
func (w *Wire) read(topic protocol.Topic, payload []byte, message any) bool {
	if len(payload) == 0 {
		return false
	}
	if err := protocol.Decode(payload, message); err != nil {
		w.log.Warn("a message that cannot be read", slog.String("topic", topic.String()), slog.Any("err", err))
		return false
	}
	return true
}

// request decodes a request and gives it to the device's own goroutine.
func (w *Wire) request(ctx context.Context, wg *sync.WaitGroup, id protocol.DeviceID, payload []byte) {
	var req protocol.Request
	if err := protocol.Decode(payload, &req); err != nil {
		// The id is needed for the reply, and it may be readable all the same.
		var head struct {
			ID protocol.RequestID `json:"id"`
		}
		if len(payload) <= protocol.PayloadMax {
			_ = json.Unmarshal(payload, &head)
		}
		var r *protocol.Refusal
		if errors.As(err, &r) {
			w.refuse(id, head.ID, r)
		}
		return
	}
	plan := w.hall.Plan()
	if plan.Device(id) == nil {
		w.refuse(id, req.ID, unknownDevice(plan, id))
		return
	}
	w.mu.Lock()
	w.hear(id)
	queue, ok := w.workers[id]
	if !ok {
		queue = make(chan protocol.Request, queueMax)
		w.workers[id] = queue
		wg.Go(func() { w.work(ctx, id, queue) })
	}
	w.mu.Unlock()
	select {
	case queue <- req:
	default:
		w.refuse(id, req.ID, protocol.Refuse(protocol.Overloaded, "请求太多，请稍后再试", "too many requests wait, please try again"))
	}
}

// work carries out the requests of one device, one after another.
func (w *Wire) work(ctx context.Context, id protocol.DeviceID, waiting <-chan protocol.Request) {
	for {
		select {
		case <-ctx.Done():
			return
		case req := <-waiting:
			d := w.hall.Plan().Device(id)
			if d == nil {
				w.refuse(id, req.ID, unknownDevice(w.hall.Plan(), id))
				continue
			}
			reply := w.hall.Ask(ctx, source(d), req)
			if ctx.Err() != nil || w.hall.Stopped() {
				// The hub ends and it is not known whether this was committed: a "nothing was
				// done" could be wrong. The device asks the next hub, which knows.
				return
			}
			w.reply(id, reply)
		}
	}
}

func (w *Wire) refuse(id protocol.DeviceID, req protocol.RequestID, r *protocol.Refusal) {
	if protocol.CheckRequestID(string(req)) != nil {
		req = ""
	}
	w.reply(id, view.Refused(req, r))
}

// reply publishes a reply. If it is lost, the device asks again.
func (w *Wire) reply(id protocol.DeviceID, r protocol.Reply) {
	payload, err := protocol.Encode(r)
	if err != nil {
		w.log.Error("a reply that cannot be sent", slog.String("device", string(id)), slog.String("req", string(r.ID)), slog.Any("err", err))
		return
	}
	err = w.transport.Publish(protocol.DeviceTopic(w.id, id, protocol.KindReply).String(), payload, 0, false)
	if err != nil {
		w.log.Warn("a reply was not sent", slog.String("device", string(id)), slog.String("req", string(r.ID)), slog.Any("err", err))
	}
}

// unknownDevice refuses a device that the plan does not have. Before the first
// business day there is no plan, and the device should ask again.
func unknownDevice(plan *queue.Plan, id protocol.DeviceID) *protocol.Refusal {
	if plan.Hall == "" {
		return protocol.Refuse(protocol.Unavailable, "大厅还没有开始过营业，请稍后再试", "the first business day has not begun, please try again")
	}
	return protocol.Refuse(protocol.NotAllowed, "设备 "+string(id)+" 未登记", "device "+string(id)+" is not enrolled")
}
