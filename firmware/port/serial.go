package port

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.bug.st/serial"
)

// parseSerial splits PATH?baud=N.
func parseSerial(rest string) (path string, baud int, err error) {
	path, query, _ := strings.Cut(rest, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", 0, fmt.Errorf("options %q: %w", query, err)
	}
	baud = baudDefault
	for key, v := range values {
		if key != "baud" {
			return "", 0, fmt.Errorf("option %q is not baud", key)
		}
		baud, err = strconv.Atoi(v[0])
		if err != nil || baud < baudMin || baud > baudMax {
			return "", 0, fmt.Errorf("baud %q is not from %d to %d", v[0], baudMin, baudMax)
		}
	}
	if path == "" {
		return "", 0, fmt.Errorf("path of the serial line is missing")
	}
	return path, baud, nil
}

// line is a serial line with deadlines, which the library does not have for writing.
type line struct {
	port serial.Port

	mu          sync.Mutex // guards the deadlines, which reader and writer set apart
	read, write time.Time
}

func openSerial(path string, baud int) (handle, error) {
	p, err := serial.Open(path, &serial.Mode{BaudRate: baud})
	if err != nil {
		return nil, fmt.Errorf("%s at %d baud: %w", path, baud, err)
	}
	return &line{port: p}, nil
}

// SetReadDeadline bounds the reads that begin after it.
func (l *line) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = t
	return nil
}

// SetWriteDeadline bounds the writes that begin after it.
func (l *line) SetWriteDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write = t
	return nil
}

// left returns the time until a deadline, at least a millisecond.
func (l *line) left(deadline *time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(time.Until(*deadline), time.Millisecond)
}

// Read returns what has come, or os.ErrDeadlineExceeded.
func (l *line) Read(p []byte) (int, error) {
	if err := l.port.SetReadTimeout(l.left(&l.read)); err != nil {
		return 0, err
	}
	n, err := l.port.Read(p)
	if n == 0 && err == nil {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}

// Write sends p. When the deadline passes it drops what waits in the kernel, which also ends the
// goroutine that waits for room there.
func (l *line) Write(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	own := append([]byte(nil), p...) // the goroutine may outlive this call
	go func() {
		n, err := l.port.Write(own)
		done <- result{n, err}
	}()
	timeout := time.NewTimer(l.left(&l.write))
	defer timeout.Stop()
	select {
	case r := <-done:
		return r.n, r.err
	case <-timeout.C:
		_ = l.port.ResetOutputBuffer()
		return 0, os.ErrDeadlineExceeded
	}
}

// Close closes the line; a Read that waits returns.
func (l *line) Close() error { return l.port.Close() }
