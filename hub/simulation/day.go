package simulation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

const (
	dayLength   = 8 * time.Hour
	dayTickets  = 440
	healBefore  = 20            // the last 20th of the day nothing new goes wrong
	drainMax    = 4 * time.Hour // until everybody is served after the doors close
	settleAfter = 3 * time.Minute
)

// Run lets one day pass and checks it. It must be called inside a
// testing/synctest bubble, blocks for some ten hours of its time, and leaves no
// goroutine behind. The error is that of a day that could not begin; what went wrong in it stands
// in the report.
func Run(o Options) (*Report, error) {
	if o.Length <= 0 {
		o.Length = dayLength
	}
	if o.Tickets <= 0 {
		o.Tickets = dayTickets
	}
	if o.Dir == "" {
		return nil, errors.New("simulation: a folder for the states is needed")
	}
	s, err := newSite(o)
	if err != nil {
		return nil, fmt.Errorf("simulation: %w", err)
	}
	if err := s.startHub(); err != nil {
		return nil, fmt.Errorf("simulation: %w", err)
	}
	names, devices := s.devices()
	for i, d := range devices {
		if err := d.on(); err != nil {
			return nil, fmt.Errorf("simulation: %s: %w", names[i], err)
		}
	}
	s.day()
	last := s.lastState()
	for _, d := range devices {
		d.powerOff(true)
	}
	for _, k := range s.kiosks {
		k.harvest()
	}
	if err := s.stopHub(); err != nil {
		s.breaks("stop of the hub", "%v", err)
	}
	return s.check(last)
}

// day is the people's and the faults' time, to the moment when all is quiet.
func (s *site) day() {
	ctx, cancel := context.WithCancel(context.Background())
	var people, others sync.WaitGroup
	open, close := context.WithTimeout(ctx, s.o.Length)
	defer close()
	for _, k := range s.kiosks {
		people.Go(func() { k.citizens(open, s.random("citizens of "+k.id), s.o.Tickets/len(s.kiosks)) })
		others.Go(func() { k.tend(ctx) })
	}
	var clerks sync.WaitGroup
	for _, d := range s.desks {
		clerks.Go(func() { d.work(ctx) })
	}
	mend, stop := context.WithTimeout(ctx, s.o.Length-s.o.Length/healBefore)
	defer stop()
	others.Go(func() { s.troubles(mend) })
	others.Go(func() { s.watchPanels(ctx) })
	others.Go(func() { s.reception(open) })
	if s.o.Faults.SlowBoard {
		others.Go(func() { s.slowBoard(ctx) })
	}
	people.Wait()
	s.closing.Store(true)
	s.drain(ctx)
	clerks.Wait()
	pause(ctx, settleAfter)
	s.comparePanels()
	cancel()
	others.Wait()
}

// drain waits until everybody is served, and no longer than is decent.
func (s *site) drain(ctx context.Context) {
	late := time.Now().Add(drainMax)
	var left []string
	for time.Now().Before(late) {
		pause(ctx, 30*time.Second)
		if left = s.unserved(); len(left) == 0 {
			break
		}
	}
	if len(left) > 0 {
		s.breaks("everybody served", "%s after closing: %s", drainMax, strings.Join(left, ", "))
	}
	s.empty.Store(true)
	if len(left) > 0 {
		s.sendHome()
	}
}

// unserved are those who still wait, are called or are being served, and what the
// dispensers have not told yet.
func (s *site) unserved() []string {
	left := []string{}
	if !s.truth(func(q *queue.State, _ time.Time) {
		for _, t := range q.Tickets {
			switch t.Stage {
			case protocol.Finished, protocol.Cancelled, protocol.NoShow:
			default:
				left = append(left, fmt.Sprintf("%s is %s at %q for %s", t.Number, t.Stage, t.Window, t.Service))
			}
		}
	}) {
		return []string{"the hub is down"}
	}
	for _, k := range s.kiosks {
		v, d, _ := k.state()
		k.mu.Lock()
		depth := k.link.OutboxDepth()
		k.mu.Unlock()
		if d == nil || v.Away || depth > 0 || len(v.Unprinted) > 0 {
			left = append(left, fmt.Sprintf("%s: away %t, %d reports, unprinted %v", k.id, v.Away, depth, v.Unprinted))
		}
	}
	return left
}

// sendHome signs everybody off by the power switch, so that a broken day ends.
func (s *site) sendHome() {
	for _, d := range s.desks {
		d.gone.Store(true)
	}
}

// reception puts some of those who were missed back in line, as a manager.
func (s *site) reception(ctx context.Context) {
	r := s.random("reception")
	for pause(ctx, 2*time.Minute) {
		var missed []protocol.TicketID
		s.truth(func(q *queue.State, _ time.Time) {
			for _, id := range q.Recent { // in an order that is the same each time
				if t := q.Tickets[id]; t != nil && t.Stage == protocol.NoShow && t.Misses == 1 {
					missed = append(missed, id)
				}
			}
		})
		h := s.theHub()
		if len(missed) == 0 || h == nil || r.IntN(2) == 0 {
			continue
		}
		from := queue.Source{Role: queue.RoleManager, Device: "reception", Person: "m01"}
		h.hall.Ask(ctx, from, protocol.Request{ID: link.NewRequestID(), Do: protocol.TicketReactivate, Ticket: missed[0]})
	}
}

// slowBoard is a board that takes 20 s for each state.
func (s *site) slowBoard(ctx context.Context) {
	l, err := s.newLink("board-1", protocol.KindGuest, "")
	if err != nil {
		s.breaks("programs", "board-1: %v", err)
		return
	}
	l.Watch(protocol.HallTopic(hallID, protocol.KindBoard), func([]byte) { pause(ctx, 20*time.Second) })
	s.watch(l, "board-1", protocol.HallTopic(hallID, protocol.KindBoard))
	s.ran("board-1", l.Run(ctx))
}

// comparePanels compares all panels when nothing moves any more.
func (s *site) comparePanels() {
	for _, p := range s.panels {
		want, same, can := p.compare()
		s.compared.Add(1)
		if !can {
			s.breaks("panel", "%s is not online when all is mended", p.id)
		} else if !same {
			s.breaks("panel", "%s at the end shows something else than %s", p.id, fingerprint(want))
		}
	}
}

// lastState is the hub's state as a snapshot, and the business day.
func (s *site) lastState() (last []byte) {
	s.truth(func(q *queue.State, _ time.Time) {
		var err error
		if last, err = q.Snapshot(); err != nil {
			panic("simulation: " + err.Error()) // a state is plain data
		}
	})
	return last
}
