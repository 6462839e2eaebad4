package demo

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// echo answers every byte with itself.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return l.Addr().String()
}

// ask sends one byte over a new connection and reports whether it came back. The
// connection stays open until the test ends.
func ask(t *testing.T, c *cable) (net.Conn, bool) {
	t.Helper()
	conn, err := net.Dial("tcp", c.listener.Addr().String())
	if err != nil {
		return nil, false
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn, answered(conn)
}

func answered(conn net.Conn) bool {
	if _, err := conn.Write([]byte{7}); err != nil {
		return false
	}
	var b [1]byte
	_, err := io.ReadFull(conn, b[:])
	return err == nil && b[0] == 7
}

func TestCableCarriesUntilItIsPulled(t *testing.T) {
	var mu sync.Mutex
	changes := 0
	c, err := newCable(echo(t), func() { mu.Lock(); defer mu.Unlock(); changes++ })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.run(ctx) }()

	conn, ok := ask(t, c)
	if !ok {
		t.Fatal("nothing comes back over a whole cable")
	}
	c.pull(true)
	if answered(conn) {
		t.Error("an old connection lives on over a pulled cable")
	}
	if _, ok := ask(t, c); ok || !c.out() {
		t.Error("a new connection goes through a pulled cable")
	}
	c.pull(false)
	if _, ok := ask(t, c); !ok || c.out() {
		t.Error("nothing comes back after the cable was put back")
	}
	if mu.Lock(); changes != 2 {
		t.Errorf("%d changes told, want 2", changes)
	}
	mu.Unlock()

	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("the cable does not end")
	}
}

func TestCableToNowhereClosesTheConnection(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	c, err := newCable(gone.Addr().String(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = c.run(ctx) }()
	if _, ok := ask(t, c); ok {
		t.Error("a byte came back from nowhere")
	}
}
