package wire

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"testing"
	"time"

	"jiaohao/hub/broker"
	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// TestTicketOverARealBroker takes a number as a device does it: real broker, real
// MQTT client on both sides, real journal.
func TestTicketOverARealBroker(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	quiet := slog.New(slog.DiscardHandler)
	b, err := broker.Start(ctx, broker.Options{Listen: "127.0.0.1:0", StoreDir: t.TempDir(), Log: quiet}, accounts)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	j, err := journal.Open(t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	h, err := hall.Open(j, hall.Options{Plan: smallHall(), DayAuto: true, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	transport := func(id string) link.Transport {
		return link.MQTT(link.MQTTOptions{Broker: "tcp://" + b.Addr().String(), ClientID: id, Password: "secret of " + id})
	}
	w, err := New(h, hallID, transport(ClientID), Options{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	device, err := link.New(transport("dispenser-1"),
		link.Identity{Hall: hallID, Device: "dispenser-1", Kind: protocol.KindDispenser}, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	configs, queues := make(chan []byte, 100), make(chan []byte, 100)
	device.Watch(own("dispenser-1", protocol.KindConfig), func(p []byte) { configs <- p })
	device.Watch(protocol.ServiceTopic(hallID, "+"), func(p []byte) { queues <- p })

	ended := make(chan error, 3)
	running, stop := context.WithCancel(ctx)
	for _, run := range []func(context.Context) error{h.Run, w.Run, device.Run} {
		go func() { ended <- run(running) }()
	}
	defer func() {
		stop()
		for range 3 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}()

	waitFor(ctx, t, configs, func(c protocol.Config) bool { return c.Letter == "Y" && len(c.Services) == 2 })
	reply, err := device.Request(ctx, protocol.Request{ID: "press-1", Do: protocol.TicketIssue, Service: "tax"})
	if err != nil || reply.OK == nil || reply.OK.Ticket.Number != "B001" {
		t.Fatalf("%+v %v %v", reply, reply.Refused, err)
	}
	waitFor(ctx, t, queues, func(s protocol.ServiceState) bool { return s.Service == "tax" && s.Waiting == 1 })
	for !w.Devices()[0].Online {
		if ctx.Err() != nil {
			t.Fatal("the dispenser's birth was not heard")
		}
		waitFor(ctx, t, queues, func(protocol.ServiceState) bool { return true })
	}
}

// accounts gives every device and the hub the rights that a hall gives them.
func accounts(id string) (broker.Account, bool) {
	g := Rights(smallHall(), hallID, protocol.DeviceID(id))
	if id == ClientID {
		g = HubRights(hallID)
	}
	return broker.Account{
		ID: id, Secret: sha256.Sum256([]byte("secret of " + id)), Trusted: id == ClientID,
		Publish: g.Publish, Retain: g.Retain, Subscribe: g.Subscribe, Will: g.Will,
	}, len(g.Publish) > 0
}

// waitFor reads messages until one is as wanted.
func waitFor[T any](ctx context.Context, t *testing.T, messages <-chan []byte, wanted func(T) bool) {
	t.Helper()
	for {
		select {
		case payload := <-messages:
			var v T
			if err := protocol.Decode(payload, &v); err != nil {
				t.Fatal(err)
			}
			if wanted(v) {
				return
			}
		case <-ctx.Done():
			t.Fatalf("no %T came that fits", *new(T))
		}
	}
}
