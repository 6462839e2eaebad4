package linktest_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

// client is one client that writes down what it gets.
type client struct {
	link.Transport
	stop func()

	mu  sync.Mutex // guards got: the test reads it while the client runs
	got []string
}

func join(t *testing.T, bus *linktest.Bus, id string, s link.Session) *client {
	t.Helper()
	c := &client{Transport: bus.Transport(id)}
	note := func(s string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got = append(c.got, s)
	}
	s.Up, s.Down = func() {}, func(error) {}
	s.Message = func(m link.Message) {
		kept := ""
		if m.Retained {
			kept = " retained"
		}
		note(m.Topic + "=" + string(m.Payload) + kept)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.Run(ctx, s) }()
	c.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(c.stop)
	synctest.Wait()
	return c
}

func (c *client) send(t *testing.T, topic, payload string, retain bool) {
	t.Helper()
	if err := c.Publish(topic, []byte(payload), 1, retain); err != nil {
		t.Error(err)
	}
}

func (c *client) messages() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

func expect(t *testing.T, c *client, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := c.messages(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRetainedMessageIsGivenToWhoeverComesLaterUntilItIsCleared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		hub := join(t, bus, "hub", link.Session{})
		early := join(t, bus, "early", link.Session{Subscribe: []string{"a/+"}})
		hub.send(t, "a/1", "x", true)
		hub.send(t, "b/1", "y", true)
		expect(t, early, "a/1=x")
		expect(t, join(t, bus, "late", link.Session{Subscribe: []string{"#"}}), "a/1=x retained", "b/1=y retained")
		hub.send(t, "a/1", "", true)
		synctest.Wait()
		expect(t, join(t, bus, "later", link.Session{Subscribe: []string{"#"}}), "b/1=y retained")
	})
}

func TestWillIsSentAfterACutAndNotAfterAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		watcher := join(t, bus, "w", link.Session{Subscribe: []string{"will/+"}})
		for _, id := range []string{"a", "b"} {
			c := join(t, bus, id, link.Session{Will: link.Message{Topic: "will/" + id, Payload: []byte("dead")}})
			if id == "a" {
				c.stop()
			}
		}
		bus.Cut("b")
		expect(t, watcher, "will/b=dead")
	})
}

func TestStoppedBrokerForgetsWhatWasRetained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		c := join(t, bus, "c", link.Session{})
		c.send(t, "a", "x", true)
		synctest.Wait()
		bus.Stop()
		synctest.Wait()
		if err := c.Publish("a", nil, 0, false); err != link.ErrOffline {
			t.Errorf("publish to a stopped broker: %v, want ErrOffline", err)
		}
		bus.Start()
		time.Sleep(3 * time.Second)
		if _, kept := bus.Retained("a"); kept || !slices.Equal(bus.Clients(), []string{"c"}) {
			t.Errorf("retained %v, clients %v", kept, bus.Clients())
		}
	})
}

// counted sends 1000 numbered messages under faults and returns what arrived.
func counted(t *testing.T, seed uint64, f linktest.Faults) []string {
	var got []string
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(seed)
		from := join(t, bus, "from", link.Session{})
		to := join(t, bus, "to", link.Session{Subscribe: []string{"n"}})
		bus.SetFaults(f)
		for i := range 1000 {
			from.send(t, "n", fmt.Sprintf("%04d", i), false)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		got = to.messages()
	})
	return got
}

func TestFaultsAreAsBadAsTheyWereSet(t *testing.T) {
	perfect := counted(t, 1, linktest.Faults{})
	if len(perfect) != 1000 || !slices.IsSorted(perfect) {
		t.Errorf("a perfect network brought %d of 1000", len(perfect))
	}
	if n := len(counted(t, 1, linktest.Faults{Loss: 0.1})); n < 760 || n > 860 { // 0.9² = 81 %
		t.Errorf("losing a tenth on each way brought %d of 1000", n)
	}
	if n := len(counted(t, 1, linktest.Faults{Duplicate: 0.1})); n < 1150 || n > 1270 { // 1.1² = 121 %
		t.Errorf("repeating a tenth on each way brought %d for 1000", n)
	}
	if late := counted(t, 1, linktest.Faults{Delay: time.Second}); len(late) != 1000 || !slices.IsSorted(late) {
		t.Errorf("a slow network brought %d of 1000, sorted %v", len(late), slices.IsSorted(late))
	}
	if mixed := counted(t, 1, linktest.Faults{Reorder: 0.1}); len(mixed) != 1000 || slices.IsSorted(mixed) {
		t.Errorf("a reordering network brought %d of 1000, sorted %v", len(mixed), slices.IsSorted(mixed))
	}
}

func TestSameSeedBringsTheSameFaults(t *testing.T) {
	f := linktest.Faults{Loss: 0.2, Duplicate: 0.2, Reorder: 0.2, Delay: 20 * time.Millisecond}
	if !slices.Equal(counted(t, 7, f), counted(t, 7, f)) {
		t.Error("two runs of seed 7 differ")
	}
	if slices.Equal(counted(t, 7, f), counted(t, 8, f)) {
		t.Error("seeds 7 and 8 are the same")
	}
}

func ExampleBus() {
	bus := linktest.NewBus(1)
	panel, hub := bus.Transport("panel-1"), bus.Transport("hub")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	shown := make(chan string)
	go hub.Run(ctx, link.Session{
		Up:   func() { hub.Publish("board", []byte("A012"), 0, true) },
		Down: func(error) {},
	})
	go panel.Run(ctx, link.Session{
		Subscribe: []string{"board"},
		Up:        func() {}, Down: func(error) {},
		Message: func(m link.Message) { shown <- string(m.Payload) },
	})
	fmt.Println(<-shown)
	// Output: A012
}
