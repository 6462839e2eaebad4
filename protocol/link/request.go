package link

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"jiaohao/protocol"
)

// NewRequestID makes an id that nobody else makes: 26 characters, 130 random bits.
func NewRequestID() protocol.RequestID { return protocol.RequestID(rand.Text()) }

// Request asks the hub and waits for its reply. It makes an id when req has
// none, and sends the same request again, at once after each reconnect and else
// every 1 to 5 s, until the reply comes or ctx ends. Offline it waits.
//
// The reply may be a refusal; that is no error. The errors are a
// [*protocol.Refusal] when req is malformed, [ErrBusy], or ctx's, and after
// ctx's the request may or may not have been done: ask again with the same id.
func (l *Link) Request(ctx context.Context, req protocol.Request) (protocol.Reply, error) {
	payload, err := prepare(&req)
	if err != nil {
		return protocol.Reply{}, err
	}
	l.mu.Lock()
	if l.inFlight == InFlightMax {
		l.mu.Unlock()
		return protocol.Reply{}, ErrBusy
	}
	l.inFlight++
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.inFlight--
		l.mu.Unlock()
	}()
	return l.ask(ctx, req.ID, payload)
}

// Post puts a request into the outbox and returns when it is on the disk. It is
// sent after all that were posted before, and again until it is answered,
// also by the next run of the program. Post is for facts that must not be lost
// and stay true: times in them must not depend on the moment of sending.
//
// The errors are a [*protocol.Refusal] when req is malformed, spool.ErrFull when
// [OutboxMax] wait, or the disk's; then nothing was posted. A request with a PIN is
// refused, since a PIN is never stored.
func (l *Link) Post(req protocol.Request) error {
	if l.outbox == nil {
		return errors.New("link: post: this link has no state folder")
	}
	if req.PIN != "" || req.ManagerPIN != "" {
		return fmt.Errorf("link: post %s: a request with a PIN is never stored", req.Do)
	}
	payload, err := prepare(&req)
	if err != nil {
		return err
	}
	if _, err := l.outbox.Append(payload); err != nil {
		return fmt.Errorf("link: post %s: %w", req.Do, err)
	}
	wake(l.posted)
	return nil
}

// OutboxDepth is how many posted requests wait for their replies.
func (l *Link) OutboxDepth() int {
	if l.outbox == nil {
		return 0
	}
	return l.outbox.Len()
}

func prepare(req *protocol.Request) ([]byte, error) {
	if req.ID == "" {
		req.ID = NewRequestID()
	}
	if err := req.Check(); err != nil {
		return nil, err
	}
	return protocol.Encode(req)
}

func (l *Link) ask(ctx context.Context, id protocol.RequestID, payload []byte) (protocol.Reply, error) {
	answer := make(chan protocol.Reply, 1)
	l.mu.Lock()
	if _, taken := l.answers[id]; taken {
		l.mu.Unlock()
		return protocol.Reply{}, fmt.Errorf("link: request %s is waiting for its reply already", id)
	}
	l.answers[id] = answer
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.answers, id)
		l.mu.Unlock()
	}()

	wait := resendFirst
	for {
		online, changed := l.state()
		var resend <-chan time.Time
		if online {
			l.publish(Message{Topic: l.topic(protocol.KindRequest), Payload: payload, QoS: 1})
			resend = time.After(jitter(wait))
			wait = min(wait*3/2, resendMax)
		} else {
			wait = resendFirst
		}
		select {
		case reply := <-answer:
			return reply, nil
		case <-ctx.Done():
			return protocol.Reply{}, fmt.Errorf("link: no reply to request %s: %w", id, ctx.Err())
		case <-changed:
		case <-resend:
		}
	}
}

func (l *Link) receiveReply(payload []byte) {
	var reply protocol.Reply
	if err := protocol.Decode(payload, &reply); err != nil {
		l.log.Warn("reply is not of this contract", "err", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	answer, waiting := l.answers[reply.ID]
	if !waiting {
		return // a second answer, or nobody waits any more
	}
	select {
	case answer <- reply:
	default: // the same answer again
	}
}

// sendOutbox sends what was posted, one at a time, so that the order holds.
func (l *Link) sendOutbox(ctx context.Context) {
	for ctx.Err() == nil {
		head, any := l.outbox.First()
		if !any {
			select {
			case <-ctx.Done():
			case <-l.posted:
			}
			continue
		}
		var req protocol.Request
		if err := json.Unmarshal(head.Data, &req); err != nil || req.ID == "" {
			l.log.Error("outbox: not a request, left out", "n", head.N, "err", err)
			l.forget(head.N)
			continue
		}
		reply, err := l.ask(ctx, req.ID, head.Data)
		if err != nil || temporary(reply) {
			select { // the hub cannot now, or a Request of the same id waits
			case <-ctx.Done():
			case <-time.After(jitter(resendMax)):
			}
			continue
		}
		if l.onReply != nil {
			l.onReply(req, reply)
		}
		l.forget(head.N)
	}
}

func (l *Link) forget(n uint64) {
	if err := l.outbox.Drop(n); err != nil {
		// The next run sends it once more and gets the same answer.
		l.log.Warn("outbox: answered request not removed from the disk", "n", n, "err", err)
	}
}

// temporary reports whether the hub refused for a reason of its own that will pass.
func temporary(r protocol.Reply) bool {
	if r.Refused == nil {
		return false
	}
	switch r.Refused.Code {
	case protocol.Overloaded, protocol.Unavailable, protocol.ClockNotSet:
		return true
	}
	return false
}

// jitter spreads d by a quarter both ways, so that devices that fell together do
// not rise together.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + mathrand.N(d/2)
}
