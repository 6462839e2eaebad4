package broker

import (
	"context"
	"log/slog"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// BenchmarkRequestAndReply is one press: a QoS 1 request to the hub and its QoS 0 reply, all over loopback.
func BenchmarkRequestAndReply(b *testing.B) {
	broker, err := Start(context.Background(), Options{
		Listen: "127.0.0.1:0", StoreDir: b.TempDir(), Log: slog.New(slog.DiscardHandler), Rate: 1e6, Burst: 1e6,
	}, newHall().find)
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close()
	join := func(id, filter string, hear paho.MessageHandler) paho.Client {
		c := paho.NewClient(pahoOptions(broker.Addr().String(), id))
		for _, step := range []func() paho.Token{c.Connect, func() paho.Token { return c.Subscribe(filter, 0, hear) }} {
			if token := step(); !token.WaitTimeout(patience) || token.Error() != nil {
				b.Fatal(token.Error())
			}
		}
		return c
	}
	hub := join("hub", "t/h1/device/+/request", func(c paho.Client, m paho.Message) {
		c.Publish("t/h1/device/d1/reply", 0, false, m.Payload())
	})
	defer hub.Disconnect(0)
	replies := make(chan struct{}, 1)
	d1 := join("d1", "t/h1/device/d1/reply", func(paho.Client, paho.Message) { replies <- struct{}{} })
	defer d1.Disconnect(0)
	for b.Loop() {
		d1.Publish("t/h1/device/d1/request", 1, false, `{"id":"1"}`)
		<-replies
	}
}

// BenchmarkStart is the time from nothing to a broker that takes clients, and its end.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		broker, err := Start(context.Background(), Options{
			Listen: "127.0.0.1:0", StoreDir: dir, Log: slog.New(slog.DiscardHandler),
		}, newHall().find)
		if err != nil {
			b.Fatal(err)
		}
		if err := broker.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
