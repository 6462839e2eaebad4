package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// cable is the network cable between one device and the hall's switch: a port on
// loopback that leads to the broker, and that can be pulled.
type cable struct {
	listener net.Listener
	to       string // host:port of the broker

	mu      sync.Mutex // guards what follows: each connection has goroutines of its own
	pulled  bool
	conns   map[net.Conn]bool
	changed func() // called after each change, without the lock
}

// newCable makes a cable to the broker. changed is called when it is pulled or put back.
func newCable(to string, changed func()) (*cable, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo: cable: %w", err)
	}
	return &cable{listener: l, to: to, conns: map[net.Conn]bool{}, changed: changed}, nil
}

// url is where the device finds its broker.
func (c *cable) url() string { return "tcp://" + c.listener.Addr().String() }

// pull pulls the cable or puts it back.
func (c *cable) pull(out bool) {
	c.mu.Lock()
	c.pulled = out
	if out {
		for conn := range c.conns {
			conn.Close()
		}
	}
	c.mu.Unlock()
	c.changed()
}

// out reports whether the cable is pulled.
func (c *cable) out() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pulled
}

// run carries connections until ctx ends.
func (c *cable) run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	stop := context.AfterFunc(ctx, func() {
		c.listener.Close()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.pulled = true // what is accepted from now on is closed at once
		for conn := range c.conns {
			conn.Close()
		}
	})
	defer stop()
	for {
		device, err := c.listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				device.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("demo: cable: %w", err)
		}
		wg.Go(func() { c.carry(ctx, device) })
	}
}

// carry connects a device's connection with one to the broker until either ends.
func (c *cable) carry(ctx context.Context, device net.Conn) {
	defer device.Close()
	if !c.hold(device) {
		return
	}
	defer c.drop(device)
	broker, err := new(net.Dialer).DialContext(ctx, "tcp", c.to)
	if err != nil {
		return // the device tries again by itself
	}
	defer broker.Close()
	if !c.hold(broker) {
		return
	}
	defer c.drop(broker)
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{device, broker}, {broker, device}} {
		go func() {
			// A connection that breaks is what cables are for.
			_, _ = io.Copy(way[0], way[1])
			done <- struct{}{}
		}()
	}
	<-done
	device.Close()
	broker.Close()
	<-done
}

// hold takes note of a connection, so that pulling the cable ends it.
func (c *cable) hold(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pulled {
		return false
	}
	c.conns[conn] = true
	return true
}

func (c *cable) drop(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
}
