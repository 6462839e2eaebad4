package wire

import (
	"context"
	"log/slog"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// DeviceStatus is how one enrolled device is, for the person with the screwdriver.
type DeviceStatus struct {
	ID      protocol.DeviceID
	Kind    protocol.DeviceKind
	Window  protocol.WindowID // that it belongs to, if any
	Online  bool
	Since   time.Time // of Online, by the hub's clock; zero when it was never heard
	Boot    string    // new at each start of the device
	Boots   int       // how often Boot changed while the hub looked: many mean trouble, or two boxes with one name
	Version string    // of its program
	Health  protocol.Health
	Seen    time.Time // last message of any kind, by the hub's clock; zero when it was never heard
}

// device is what was heard of a device.
type device struct {
	heard    bool // its presence is known
	presence protocol.Presence
	since    time.Time // of presence.Online, hub's clock
	changed  time.Time // the same moment by the monotonic clock
	boots    int
	health   protocol.Health
	seen     time.Time
}

// Devices returns how every device of the plan is, in the plan's order.
func (w *Wire) Devices() []DeviceStatus {
	plan := w.hall.Plan()
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]DeviceStatus, 0, len(plan.Devices))
	for i := range plan.Devices {
		d := &plan.Devices[i]
		s := DeviceStatus{ID: d.ID, Kind: d.Kind, Window: d.Window}
		if h := w.devices[d.ID]; h != nil {
			s.Online, s.Since, s.Seen = h.presence.Online, h.since, h.seen
			s.Boot, s.Boots, s.Version, s.Health = h.presence.Boot, h.boots, h.presence.Version, h.health
		}
		all = append(all, s)
	}
	return all
}

// Online reports whether the hub is connected to the broker.
func (w *Wire) Online() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.online
}

// hear notes a message of a device and returns its entry; w.mu is held.
func (w *Wire) hear(id protocol.DeviceID) *device {
	d := w.devices[id]
	if d == nil {
		d = &device{}
		if len(w.devices) < heardMax {
			w.devices[id] = d
		}
	}
	d.seen = w.hall.Now()
	return d
}

func (w *Wire) hearPresence(id protocol.DeviceID, p protocol.Presence) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.hear(id)
	if !d.heard || d.presence.Online != p.Online {
		d.since, d.changed = d.seen, time.Now()
		nudge(w.judge)
	}
	if p.Online && (!d.heard || !d.presence.Online || d.presence.Boot != p.Boot || d.presence.Session != p.Session) {
		w.born(id)
	}
	if d.heard && p.Online && d.presence.Boot != p.Boot {
		d.boots++
	}
	d.heard, d.presence = true, p
}

func (w *Wire) hearHealth(id protocol.DeviceID, h protocol.Health) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hear(id).health = h
}

// watchTerminals tells the engine which terminals are lost and which are back. As
// long as the broker is away nothing is known and nothing is told.
func (w *Wire) watchTerminals(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.judge:
		case <-timer.C:
		}
		wait, err := w.judgeAll(ctx)
		if err != nil {
			return err
		}
		timer.Reset(wait)
	}
}

// judgeAll compares what was heard with what the engine knows, and returns when
// to look again.
func (w *Wire) judgeAll(ctx context.Context) (time.Duration, error) {
	var lost []protocol.DeviceID
	var all []queue.Device
	err := w.hall.Read(ctx, func(s *queue.State, _ time.Time) {
		all = s.Plan.Devices
		for id := range s.Lost {
			lost = append(lost, id)
		}
	})
	if err != nil {
		return 0, err
	}
	isLost := map[protocol.DeviceID]bool{}
	for _, id := range lost {
		isLost[id] = true
	}
	next := refresh
	for i := range all {
		d := &all[i]
		if d.Kind != protocol.KindTerminal {
			continue
		}
		online, wait, known := w.terminal(d.ID)
		switch {
		case !known || online == !isLost[d.ID]:
		case wait > 0:
			next = min(next, wait)
		case !w.report(ctx, d.ID, online):
			next = min(next, judgePause)
		}
	}
	return next, nil
}

// terminal returns whether a terminal is there, and how long until that counts.
func (w *Wire) terminal(id protocol.DeviceID) (online bool, wait time.Duration, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.online {
		return false, 0, false
	}
	grace := upGrace - time.Since(w.since)
	d := w.devices[id]
	switch {
	case d == nil || !d.heard:
		return false, grace, true
	case d.presence.Online:
		return true, 0, true
	}
	return false, max(w.lostAfter-time.Since(d.changed), min(grace, w.lostAfter)), true
}

func (w *Wire) report(ctx context.Context, id protocol.DeviceID, online bool) bool {
	do := queue.DeviceLost
	if online {
		do = queue.DeviceBack
	}
	from := queue.Source{Role: queue.RoleHub, Device: ClientID}
	_, err := w.hall.Do(ctx, queue.Command{From: from, Request: protocol.Request{Do: do}, Device: id})
	if err != nil {
		w.log.Warn("the terminal's absence was not recorded", slog.String("device", string(id)), slog.Any("err", err))
		return false
	}
	w.log.Info("terminal", slog.String("device", string(id)), slog.Bool("online", online))
	return true
}
