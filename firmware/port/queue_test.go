package port

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// jobs returns how many of our slips the print server has.
func (c *cups) jobs() int {
	c.t.Helper()
	a, err := c.open(time.Second).ask(ippJobs, func(r *ippRequest) {
		r.text(tagBoolean, "my-jobs", "\x01")
		r.text(tagKeyword, "requested-attributes", "job-id")
	}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return len(a.numbers("job-id"))
}

// busy returns the address of a network in which a slip reaches the print server only when late is closed. All else
// passes at once.
func (c *cups) busy(late <-chan struct{}) string {
	c.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.pass(conn, late)
		}
	}()
	return l.Addr().String()
}

// pass gives one request to the print server and its answer back, which may find nobody there any more.
func (c *cups) pass(conn net.Conn, late <-chan struct{}) {
	defer conn.Close()
	r := textproto.NewReader(bufio.NewReader(conn))
	first, err := r.ReadLine()
	if err != nil {
		return
	}
	head, err := r.ReadMIMEHeader()
	if err != nil {
		return
	}
	n, _ := strconv.Atoi(head.Get("Content-Length"))
	body := make([]byte, n)
	if _, err := io.ReadFull(r.R, body); err != nil {
		return
	}
	if n > 3 && body[3] == ippPrintJob {
		<-late
	}
	up, err := net.Dial("tcp", c.address)
	if err != nil {
		return
	}
	defer up.Close()
	fmt.Fprintf(up, "%s\r\nHost: localhost\r\nContent-Type: application/ipp\r\nContent-Length: %d\r\n\r\n%s", first, n, body)
	_, _ = io.Copy(conn, up)
}

func TestSlipThatWaitsInTheQueueAtThePowerCutIsCancelledAtTheNextStart(t *testing.T) {
	c := startCUPS(t)
	c.fault("media-empty-error")
	_, err := c.open(time.Minute).ask(ippPrintJob, func(r *ippRequest) {
		r.text(tagMIME, "document-format", "application/vnd.cups-raw")
	}, []byte("OLD\n"))
	if err != nil || c.jobs() != 1 {
		t.Fatalf("%d slips wait, %v; want one", c.jobs(), err)
	}
	q := c.open(20 * time.Second) // the power comes back
	if err := q.Discard(); err != nil || c.jobs() != 0 {
		t.Fatalf("discard: %v, %d slips still wait", err, c.jobs())
	}
	if err := q.Discard(); err != nil {
		t.Errorf("discard of an empty queue: %v", err)
	}
	c.fault("") // somebody brings paper, and only then a new citizen comes
	if _, err := q.Write([]byte("NEW\n")); err != nil {
		t.Fatal(err)
	}
	if got := c.paper(); got != "NEW\n" {
		t.Errorf("after the refill %q came out, want only the new slip", got)
	}
}

func TestSlipThatABusyPrintServerTakesTooLateIsCancelledBeforeAnythingIsSaidOfIt(t *testing.T) {
	c := startCUPS(t)
	c.fault("media-empty-error")
	late := make(chan struct{})
	q, err := OpenQueue("cups:" + c.busy(late) + "/slips")
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close() // nothing waits any more
	q.answer = 500 * time.Millisecond
	if _, err := q.Write([]byte("OLD\n")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("slip to a busy server: %v, want a deadline", err)
	}
	if _, err := q.Reasons(); err != nil {
		t.Fatal(err)
	}
	close(late) // now the server takes it in
	c.until("the server has the slip", func() bool { return c.jobs() == 1 })
	if reasons, err := q.Reasons(); err != nil || c.jobs() != 0 {
		t.Errorf("the queue gives %q, %v while %d old slips wait", reasons, err, c.jobs())
	}
	c.fault("")
	if _, err := c.open(20 * time.Second).Write([]byte("NEW\n")); err != nil {
		t.Fatal(err)
	}
	if got := c.paper(); got != "NEW\n" {
		t.Errorf("after the refill %q came out, want only the new slip", got)
	}
}

func TestSlipThatWaitsWhenTheProgramEndsIsCancelledAndNotCalledPrinted(t *testing.T) {
	c := startCUPS(t)
	c.fault("cover-open-error")
	q := c.open(time.Minute)
	done := make(chan error, 1)
	go func() {
		_, err := q.Write([]byte("OLD\n"))
		done <- err
	}()
	c.until("the slip waits", func() bool {
		r, err := c.open(time.Second).Reasons()
		return err == nil && slices.Contains(r, "cover-open-error")
	})
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, ErrClosed) || c.jobs() != 0 {
		t.Errorf("slip at the end of the program: %v, %d wait; want that the port is closed and none", err, c.jobs())
	}
}
