package wire

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// publisher remembers what was published last, by topic.
type publisher struct {
	wire  *Wire
	last  map[string]published
	stamp protocol.Stamp
	plan  *queue.Plan // of which the configurations were published
	day   string
	marks map[protocol.WindowID]mark // what hurry has seen

	changed <-chan struct{}
	again   bool            // something has changed during this round
	hurried map[string]bool // what was told during this round, newer than the round is
}

// published is the content of a state without stamp and time.
type published struct {
	shape []byte // without what time alone changes: estimates and waits
	whole []byte
}

// state is one state to be published.
type state struct {
	topic   string
	shape   any                      // as in published
	whole   any                      // as in published
	message func(protocol.Stamp) any // the state with its stamp
}

// publish keeps all retained states up to date until ctx ends. A window at which
// something has happened is told at once: its panel must not wait for two hundred
// others. All that follows from it elsewhere comes in rounds, which leave the hall's
// goroutine most of its time.
func (w *Wire) publish(ctx context.Context) error {
	changed, stop := w.hall.Changed()
	defer stop()
	p := &publisher{wire: w, changed: changed, last: map[string]published{}, marks: map[protocol.WindowID]mark{}}
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	gap := time.NewTimer(0)
	defer gap.Stop()
	fresh, wanted := false, false // a round is wanted, which looks also at what time alone changes
	rested := false               // the gap after the last round is over
	for ticks := 1; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-w.up:
			clear(p.last)
			p.plan, wanted = nil, true
		case <-tick.C:
			fresh, wanted = true, true
			if ticks++; ticks%repeatEvery == 0 {
				p.repeat()
			}
		case <-w.birth:
			p.greet()
			wanted = true
		case <-changed:
			wanted = true
			if err := p.hurry(ctx); err != nil {
				return err
			}
		case <-gap.C:
			rested = true
		}
		if !w.Online() || !wanted || !rested {
			continue
		}
		took, err := p.round(ctx, fresh)
		if err != nil {
			return err
		}
		fresh, wanted, rested = false, p.again, false
		gap.Reset(max(roundGap, hallShare*took))
	}
}

// mark is what of a window must be seen at once when it changes.
type mark struct {
	status protocol.Status
	clerk  protocol.ClerkID
	ticket protocol.TicketID
	last   uint64 // event that touched the ticket
	help   bool
}

// hurry publishes the windows at which something has happened. The error is the hall's.
func (p *publisher) hurry(ctx context.Context) error {
	if !p.wire.Online() {
		return nil
	}
	var news []state
	err := p.wire.hall.Read(ctx, func(s *queue.State, now time.Time) {
		p.stamp.Epoch = s.Epoch
		for id, post := range s.Posts {
			m := mark{status: post.Status, clerk: post.Clerk, ticket: post.Ticket, help: post.Help}
			if t := s.Tickets[post.Ticket]; t != nil {
				m.last = t.Last
			}
			if p.marks[id] == m {
				continue
			}
			p.marks[id] = m
			if len(news) < hurryMax {
				v := view.Window(s, id, now)
				news = append(news, windowState(protocol.WindowTopic(p.wire.id, id), v))
			}
		}
	})
	for i := range news {
		if !p.put(ctx, &news[i], false) {
			break // the connection is gone: everything at the next one
		}
		if p.hurried != nil {
			p.hurried[news[i].topic] = true
		}
	}
	return err
}

// repeat has the next round publish every state once more.
func (p *publisher) repeat() {
	for topic := range p.last {
		p.last[topic] = published{}
	}
	p.plan = nil // configurations too
}

// round publishes what has changed, and returns how long it held the hall's
// goroutine. The error is the hall's.
func (p *publisher) round(ctx context.Context, fresh bool) (took time.Duration, err error) {
	var all []state
	whole := false // all that there is, so that what is missing is gone from the plan
	err = p.wire.hall.Read(ctx, func(s *queue.State, now time.Time) {
		began := time.Now()
		p.stamp.Epoch = s.Epoch
		all = p.states(s, now)
		if plan := p.wire.hall.Plan(); plan != p.plan || s.Day != p.day {
			p.plan, p.day, whole = plan, s.Day, true
			all = append(p.configs(s), all...)
		}
		took = time.Since(began)
	})
	if err != nil {
		return 0, err
	}
	p.again, p.hurried = false, map[string]bool{}
	for i, sent := 0, 0; i < len(all); i++ {
		if p.hurried[all[i].topic] {
			continue
		}
		before := p.stamp.Seq
		if !p.put(ctx, &all[i], fresh) {
			return took, nil // the connection is gone: everything again at the next one
		}
		if p.stamp.Seq == before {
			continue
		}
		if sent++; sent%paceStates == 0 {
			if err := p.breathe(ctx); err != nil {
				return took, err
			}
		}
	}
	if whole {
		p.forget(ctx, all)
	}
	return took, nil
}

// breathe lets the broker take what it was sent, so that a call or a reply that comes in the
// middle of a large round has two or three states before it and not two hundred.
func (p *publisher) breathe(ctx context.Context) error {
	pause := time.NewTimer(paceFor)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
			return nil
		case <-p.changed:
			p.again = true
			if err := p.hurry(ctx); err != nil {
				return err
			}
		}
	}
}

// forget clears the topics of windows, services and devices that are not there
// any more.
func (p *publisher) forget(ctx context.Context, all []state) {
	there := map[string]bool{}
	for i := range all {
		there[all[i].topic] = true
	}
	for topic := range p.last {
		if !there[topic] && p.wire.send(ctx, topic, nil, true) {
			delete(p.last, topic)
		}
	}
}

// states lists every state but the configurations.
func (p *publisher) states(s *queue.State, now time.Time) []state {
	hall := p.wire.id
	all := make([]state, 0, len(s.Plan.Windows)+len(s.Plan.Services)+1)
	for _, v := range view.Windows(s, now) {
		all = append(all, windowState(protocol.WindowTopic(hall, v.Window), v))
	}
	for i := range s.Plan.Services {
		v := view.Service(s, s.Plan.Services[i].ID, now)
		all = append(all, serviceState(protocol.ServiceTopic(hall, v.Service), v))
	}
	if s.Plan.Hall != "" {
		all = append(all, boardState(protocol.HallTopic(hall, protocol.KindBoard), view.Board(s, now)))
	}
	return all
}

func windowState(topic protocol.Topic, v protocol.WindowState) state {
	whole := v
	whole.At = time.Time{}
	shape := whole
	if v.Next != nil {
		next := *v.Next
		next.Why = nil
		shape.Next = &next
	}
	return state{topic.String(), shape, whole, func(stamp protocol.Stamp) any { v.Stamp = stamp; return v }}
}

func serviceState(topic protocol.Topic, v protocol.ServiceState) state {
	whole := v
	whole.At = time.Time{}
	shape := whole
	shape.Wait = protocol.Range{}
	return state{topic.String(), shape, whole, func(stamp protocol.Stamp) any { v.Stamp = stamp; return v }}
}

func boardState(topic protocol.Topic, v protocol.Board) state {
	whole := v
	whole.At = time.Time{}
	shape := whole
	shape.Services = append([]protocol.BoardService{}, v.Services...)
	for i := range shape.Services {
		shape.Services[i].Wait = protocol.Range{}
	}
	return state{topic.String(), shape, whole, func(stamp protocol.Stamp) any { v.Stamp = stamp; return v }}
}

// configs lists what every device is.
func (p *publisher) configs(s *queue.State) []state {
	var all []state
	for i := range s.Plan.Devices {
		id := s.Plan.Devices[i].ID
		v, ok := view.Config(s, id, p.wire.hall.Links())
		if !ok {
			continue
		}
		topic := protocol.DeviceTopic(p.wire.id, id, protocol.KindConfig).String()
		all = append(all, state{topic, v, v, func(stamp protocol.Stamp) any { v.Stamp = stamp; return v }})
	}
	return all
}

// put publishes a state unless it is the one published last. It returns false
// when the connection is gone.
func (p *publisher) put(ctx context.Context, s *state, fresh bool) bool {
	old, known := p.last[s.topic]
	content := published{shape: p.encode(s.topic, s.shape)}
	if known && !fresh && bytes.Equal(old.shape, content.shape) {
		return true
	}
	content.whole = p.encode(s.topic, s.whole)
	if known && bytes.Equal(old.whole, content.whole) {
		return true
	}
	p.stamp.Seq++
	payload := p.encode(s.topic, s.message(p.stamp))
	if payload == nil {
		return true
	}
	if !p.wire.send(ctx, s.topic, payload, true) {
		return false
	}
	p.last[s.topic] = content
	return true
}

// encode returns nil for a state that does not fit one message, and says so.
func (p *publisher) encode(topic string, message any) []byte {
	payload, err := protocol.Encode(message)
	if err != nil {
		p.wire.log.Error("a state that cannot be published", slog.String("topic", topic), slog.Any("err", err))
		return nil
	}
	return payload
}

// send publishes at QoS 0 and waits while the transport's queue is full. It
// returns false when there is no connection.
func (w *Wire) send(ctx context.Context, topic string, payload []byte, retain bool) bool {
	for {
		err := w.transport.Publish(topic, payload, 0, retain)
		if err == nil {
			return true
		}
		if !errors.Is(err, link.ErrQueueFull) {
			return false
		}
		pause := time.NewTimer(fullPause)
		select {
		case <-ctx.Done():
			pause.Stop()
			return false
		case <-pause.C:
		}
	}
}
