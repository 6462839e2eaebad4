package web

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// headOf sends a request head of about so many bytes over a connection of its own.
func headOf(t *testing.T, address string, bytes int) (int, error) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * headerTimeout)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "GET /healthz?x=%s HTTP/1.1\r\nHost: hub\r\n\r\n", strings.Repeat("a", bytes)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

func TestLongRequestHeadIsAnsweredOrRefusedButNeverHangs(t *testing.T) {
	b := newBench(t, smallPlan(t))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.server.Serve(ctx, l) }()
	for _, c := range []struct{ bytes, want int }{
		{100, http.StatusOK}, {9_000, http.StatusOK}, {15_000, http.StatusOK}, {18_000, http.StatusRequestHeaderFieldsTooLarge}, {100_000, http.StatusRequestHeaderFieldsTooLarge},
	} {
		begun := time.Now()
		if got, err := headOf(t, l.Addr().String(), c.bytes); got != c.want || time.Since(begun) > headerTimeout/2 {
			t.Errorf("a head of %d bytes: %d, %v after %s; want %d", c.bytes, got, err, time.Since(begun), c.want)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
