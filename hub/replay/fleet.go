package replay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"jiaohao/hub/app"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// Limits of the devices.
const (
	askMax   = 2 * time.Minute        // real time until a request counts as lost: many restarts of the hub
	againGap = 200 * time.Millisecond // until a request is repeated that the hub could not take just now
	askAgain = 5                      // earlier requests repeated after each restart, to compare the answers
)

// answer is what a device got for a request.
type answer struct {
	device protocol.DeviceID
	req    protocol.Request
	reply  protocol.Reply
	took   time.Duration
}

// fleet are the devices of the hall: one MQTT client each.
type fleet struct {
	links map[protocol.DeviceID]*link.Link
	asked atomic.Int64
	open  atomic.Int64 // requests without an answer
	tell  func(n int)  // is told the number of each request as it goes out

	mu       sync.Mutex // guards what follows: devices ask at the same time
	answers  []answer
	repeated int
	changed  []string // repeated requests that got another answer
}

// newFleet enrols every device of the plan and makes its link. Nothing connects yet.
func newFleet(p *queue.Plan, dir, mqtt string, tell func(int)) (*fleet, error) {
	f := &fleet{links: map[protocol.DeviceID]*link.Link{}, tell: tell}
	accounts := app.OpenAccounts(dir)
	for i := range p.Devices {
		d := &p.Devices[i]
		password, err := accounts.Enroll(d.ID, time.Now())
		if err != nil {
			return nil, err
		}
		transport := link.MQTT(link.MQTTOptions{Broker: "tcp://" + mqtt, ClientID: string(d.ID), Password: password})
		id := link.Identity{Hall: p.Hall, Device: d.ID, Kind: d.Kind, Version: "replay"}
		if f.links[d.ID], err = link.New(transport, id, link.Options{}); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// run keeps all sessions until ctx ends.
func (f *fleet) run(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make(chan error, len(f.links))
	for _, l := range f.links {
		wg.Go(func() { errs <- l.Run(ctx) })
	}
	wg.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// ask sends a device's request until there is an answer, over any number of
// restarts of the hub, and returns the request's id with it. A refusal is no error.
func (f *fleet) ask(
	ctx context.Context, device protocol.DeviceID, req protocol.Request,
) (protocol.Reply, protocol.RequestID, error) {
	req.ID = link.NewRequestID()
	f.open.Add(1)
	defer f.open.Add(-1)
	f.tell(int(f.asked.Add(1)))
	began := time.Now()
	reply, err := f.send(ctx, device, req)
	if err != nil {
		return reply, req.ID, err
	}
	req.PIN = ""
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, answer{device: device, req: req, reply: reply, took: time.Since(began)})
	return reply, req.ID, nil
}

func (f *fleet) send(ctx context.Context, device protocol.DeviceID, req protocol.Request) (protocol.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, askMax)
	defer cancel()
	for {
		reply, err := f.links[device].Request(ctx, req)
		if err != nil {
			return reply, fmt.Errorf("%s asks %s: %w", device, req.Do, err)
		}
		busy := &protocol.Refusal{Code: protocol.Overloaded}
		cannot := &protocol.Refusal{Code: protocol.Unavailable}
		if r := reply.Refused; r == nil || !errors.Is(r, busy) && !errors.Is(r, cannot) {
			return reply, nil
		}
		select {
		case <-ctx.Done():
			return reply, reply.Refused
		case <-time.After(againGap):
		}
	}
}

// repeat sends some earlier requests once more and compares the answers.
func (f *fleet) repeat(ctx context.Context, rng *rand.Rand) error {
	f.mu.Lock()
	var some []answer
	for range min(askAgain, len(f.answers)) {
		a := f.answers[rng.IntN(len(f.answers))]
		if a.reply.OK != nil && a.req.Do != protocol.WindowSignOn { // whose PIN is forgotten
			some = append(some, a)
		}
	}
	f.mu.Unlock()
	for _, a := range some {
		reply, err := f.send(ctx, a.device, a.req)
		if err != nil {
			return err
		}
		f.mu.Lock()
		f.repeated++
		if !reflect.DeepEqual(reply, a.reply) {
			f.changed = append(f.changed, fmt.Sprintf("%s %s of %s", a.req.Do, a.req.ID, a.device))
		}
		f.mu.Unlock()
	}
	return nil
}
