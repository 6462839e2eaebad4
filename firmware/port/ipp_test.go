package port

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBadQueueIsRefusedWithWhatIsWrong(t *testing.T) {
	for spec, want := range map[string]string{
		"slips":               "is not of the form cups:QUEUE",
		"cups:":               `queue name "" is not 1 to 127`,
		"cups:a/b/c":          `queue name "b/c"`,
		"cups:host:0/slips":   `TCP port "0" is not from 1 to 65535`,
		"cups:/slips":         `address ":631" is not HOST:PORT`,
		"cups:slips?wait=x":   `wait "x" is not from 2 to 60`,
		"cups:slips?user=me":  `option "user" is not wait`,
		"cups:slips one":      `queue name "slips one"`,
		"cups:slips?wait=1.5": `wait "1.5" is not from 2 to 60`,
	} {
		if _, err := OpenQueue(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", spec, err, want)
		}
	}
	for spec, want := range map[string]string{
		"cups:slips":                   "ipp://localhost:631/printers/slips",
		"cups:10.0.0.9/slips?wait=20":  "ipp://10.0.0.9:631/printers/slips",
		"cups:hub.example:8631/号票":     "ipp://hub.example:8631/printers/%E5%8F%B7%E7%A5%A8",
		"cups:slips-2.new?wait=2":      "ipp://localhost:631/printers/slips-2.new",
		"cups:[::1]:631/slips?wait=60": "ipp://[::1]:631/printers/slips",
	} {
		q, err := OpenQueue(spec)
		if err != nil || q.uri != want || q.String() != spec {
			t.Errorf("%q: %v, %v; want %s", spec, q, err, want)
		}
	}
}

// serve answers each connection with what answer returns for the request's bytes.
func serve(t *testing.T, answer func(request []byte) []byte) *Queue {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var p [4096]byte
			n, _ := c.Read(p[:])
			_, _ = c.Write(answer(p[:n])) // a client that has gone needs no answer
			_ = c.Close()
		}
	}()
	q, err := OpenQueue("cups:" + l.Addr().String() + "/slips")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

func TestWhatIsNoPrintServerIsNamed(t *testing.T) {
	for answer, want := range map[string]string{
		"":                                    "not IPP",
		"SSH-2.0-OpenSSH_9.2\r\n\r\n":         "not IPP",
		"HTTP/1.1 200 OK\r\n\r\n<html>":       "not IPP",
		"HTTP/1.1 200 OK\r\n\r\n\x01\x01\x00": "not IPP",
		"HTTP/1.1 401 Unauthorized\r\n\r\n":   `answers "HTTP/1.1 401 Unauthorized"`,
		"HTTP/1.1 200 OK\r\n\r\n\x01\x01\x05\x00\x00\x00\x00\x01\x03": "refuses with 0x0500",
		// A length that goes beyond the end.
		"HTTP/1.1 200 OK\r\n\r\n\x01\x01\x00\x00\x00\x00\x00\x01\x04\x44\xff\xffab": "not IPP",
	} {
		q := serve(t, func([]byte) []byte { return []byte(answer) })
		if _, err := q.Reasons(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", answer, err, want)
		}
		if _, err := q.Write([]byte("A001\n")); err == nil {
			t.Errorf("%q: a slip was taken", answer)
		}
	}
}

func TestCloseEndsASlipThatWaitsInAQueue(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	q, err := OpenQueue("cups:" + l.Addr().String() + "/slips")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := q.Write([]byte("A001\n"))
		done <- err
	}()
	c, err := l.Accept() // a server that never answers
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if !errors.Is(err, ErrClosed) {
			t.Errorf("write ended with %v, want ErrClosed", err)
		}
	case <-time.After(2 * time.Second):
		t.Error("write still waits after Close")
	}
	if n, err := q.Read(nil); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %d, %v", n, err)
	}
}

// FuzzIPP checks that no answer breaks the reader, and that a request of ours reads back as it was.
func FuzzIPP(f *testing.F) {
	r := newIPP(ippPrinterState, 7)
	r.text(tagKeyword, "printer-state-reasons", "media-empty-error")
	r.text(tagKeyword, "", "cover-open-error")
	r.integer("printer-state", printerStopped)
	r.WriteByte(tagEnd)
	whole, err := io.ReadAll(&r.Buffer)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("\x01\x01\x00\x00\x00\x00\x00\x01\x04\x44\x00\x01a\xff\xff"))
	f.Fuzz(func(t *testing.T, p []byte) {
		a, err := parseIPP(p)
		if err == nil && bytes.Equal(p, whole) {
			if got := a.reasons(); !slices.Equal(got, []string{"media-empty-error", "cover-open-error", "stopped"}) {
				t.Errorf("reasons %q", got)
			}
		}
		if n := len(a.values); n > len(p) {
			t.Errorf("%d attributes in %d bytes", n, len(p))
		}
	})
}
