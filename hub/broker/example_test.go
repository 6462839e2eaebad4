package broker_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"jiaohao/hub/broker"
)

// A broker with one account, and a client that connects to it and publishes.
func ExampleStart() {
	dir, err := os.MkdirTemp("", "broker")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	dispenser := broker.Account{
		ID:      "d1",
		Secret:  sha256.Sum256([]byte("drawn at random")),
		Publish: []string{"hall/device/d1/request"},
	}
	b, err := broker.Start(context.Background(), broker.Options{Listen: "127.0.0.1:0", StoreDir: dir},
		func(id string) (broker.Account, bool) { return dispenser, id == dispenser.ID })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()

	client := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + b.Addr().String()).
		SetClientID("d1").SetUsername("d1").SetPassword("drawn at random"))
	for _, token := range []func() paho.Token{
		client.Connect,
		func() paho.Token { return client.Publish("hall/device/d1/request", 1, false, "hello") },
	} {
		t := token()
		fmt.Println(t.WaitTimeout(10*time.Second), t.Error())
	}
	client.Disconnect(100)
	// Output:
	// true <nil>
	// true <nil>
}

// The same rights for a Mosquitto.
func ExampleMosquittoACL() {
	text, err := broker.MosquittoACL([]broker.Account{{
		ID:        "d1",
		Publish:   []string{"hall/device/d1/request"},
		Subscribe: []string{"hall/board", "hall/device/d1/reply"},
		Will:      "hall/device/d1/presence",
	}})
	fmt.Print(text, err)
	// Output:
	// user d1
	// topic write hall/device/d1/request
	// topic write hall/device/d1/presence
	// topic read hall/board
	// topic read hall/device/d1/reply
	//
	// <nil>
}
