//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// watchdog is what the programs' supervisor asks for: far more than an emulated machine stands still.
const watchdog = 30 * time.Second

// supervisor is the systemd of one program.
type supervisor struct {
	socket *net.UnixConn

	mu     sync.Mutex // the reader writes while the test looks
	ready  int
	alive  int // signs of life
	last   time.Time
	gap    time.Duration // the longest between two signs of life
	status string
}

// supervised starts a program as a unit of Type=notify.
func (t *test) supervised(name string, args ...string) (*program, *supervisor) {
	path := "/tmp/notify-" + name
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	t.need("notify socket", err)
	s := &supervisor{socket: socket}
	go s.run()
	cmd := exec.Command("/bin/"+name, args...)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+path, fmt.Sprintf("WATCHDOG_USEC=%d", watchdog.Microseconds()/10))
	return t.launch(name, cmd), s
}

func (s *supervisor) run() {
	buf := make([]byte, 4096)
	for {
		n, err := s.socket.Read(buf)
		if err != nil {
			return
		}
		s.take(strings.Split(string(buf[:n]), "\n"), time.Now())
	}
}

func (s *supervisor) take(lines []string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		switch name {
		case "READY":
			s.ready++
		case "WATCHDOG":
			if s.alive > 0 {
				s.gap = max(s.gap, now.Sub(s.last))
			}
			s.alive, s.last = s.alive+1, now
		case "STATUS":
			s.status = value
		}
	}
}

// line is the program's last status.
func (s *supervisor) line() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// well checks that the program was ready once and never silent for as long as the watchdog waits.
func (s *supervisor) well() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gap := max(s.gap, time.Since(s.last))
	if s.ready != 1 || gap > watchdog {
		return "", fmt.Errorf("ready %d times, silent for %v; must be 1 and at most %v", s.ready, gap, watchdog)
	}
	return fmt.Sprintf("%d signs of life, at most %d ms apart", s.alive, gap.Milliseconds()), nil
}
