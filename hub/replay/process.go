package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of the child process.
const (
	startMax  = 30 * time.Second       // for a start, on a machine that has much else to do
	endMax    = 15 * time.Second       // for an orderly end
	startsMax = 10                     // attempts to take the same addresses again
	startGap  = 200 * time.Millisecond // between them
	logFile   = "hub.log"              // what the child writes to its standard error, in the hub's folder
	logTail   = 2000                   // bytes of it that an error shows
)

// process is the hub of a replay, which is killed and started again and keeps its
// folder, its addresses and the time.
type process struct {
	argv []string
	env  []string

	current atomic.Pointer[child] // who kills must not wait for who sets the clock

	mu    sync.Mutex // held while the child is told something or started again
	setup setup
}

// child is one life of it.
type child struct {
	cmd    *exec.Cmd
	wait   func() error // for the end of the process; any number of times
	in     io.WriteCloser
	out    *bufio.Reader
	killed atomic.Bool
}

// start brings the hub up for the first time and keeps the addresses it got.
func (p *process) start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.launch(ctx)
}

// launch starts a child; p.mu is held. After a kill the port may be somebody's for a moment.
func (p *process) launch(ctx context.Context) error {
	var err error
	for range startsMax {
		if err = p.launchOnce(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(startGap):
		}
		if !strings.Contains(err.Error(), "address already in use") {
			break
		}
	}
	return err
}

func (p *process) launchOnce(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(p.setup.Dir, logFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c := &child{cmd: exec.Command(p.argv[0], p.argv[1:]...)}
	c.wait = sync.OnceValue(c.cmd.Wait)
	c.cmd.Env, c.cmd.Stderr = append(os.Environ(), p.env...), log
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return fmt.Errorf("start the hub: %w", err)
	}
	p.current.Store(c)
	late := time.AfterFunc(startMax, func() { c.cmd.Process.Kill() })
	defer late.Stop()
	stop := context.AfterFunc(ctx, func() { c.cmd.Process.Kill() })
	defer stop()
	first, err := json.Marshal(p.setup)
	if err != nil {
		return err
	}
	answer, err := c.tell(string(first))
	if err == nil {
		var r ready
		if err = json.Unmarshal([]byte(answer), &r); err == nil {
			p.setup.HTTP, p.setup.MQTT = r.HTTP, r.MQTT
			return nil
		}
	}
	_ = c.cmd.Process.Kill()
	return p.died(errors.Join(err, c.wait()))
}

// tell writes a line and waits for the answer.
func (c *child) tell(line string) (string, error) {
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		return "", err
	}
	answer, err := c.out.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

// died is the error of a child that nobody killed, with the end of its log.
func (p *process) died(err error) error {
	text, readErr := os.ReadFile(filepath.Join(p.setup.Dir, logFile))
	if readErr != nil {
		text = []byte(readErr.Error())
	}
	return fmt.Errorf("the hub ended by itself (%w); its last words:\n%s", err, text[max(0, len(text)-logTail):])
}

// set sets the hub's clock. If the hub was killed it is started again, with this time.
func (p *process) set(ctx context.Context, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.setup.Now = now.UnixMicro()
	return p.say(ctx, fmt.Sprintf("%s%d", tellTime, p.setup.Now))
}

// closeDay closes the business day.
func (p *process) closeDay(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.say(ctx, tellClose)
}

func (p *process) say(ctx context.Context, line string) error {
	for {
		c := p.current.Load()
		answer, err := c.tell(line)
		switch {
		case err == nil && answer == childDone:
			return nil
		case err == nil:
			return fmt.Errorf("the hub answers %q with %q, legal is %q", line, answer, childDone)
		case ctx.Err() != nil:
			return ctx.Err()
		case !c.killed.Load():
			return p.died(errors.Join(err, c.wait()))
		}
		if err := p.again(ctx, c); err != nil {
			return err
		}
	}
}

// again starts another child in the place of a killed one; p.mu is held.
func (p *process) again(ctx context.Context, dead *child) error {
	_ = dead.wait() // "signal: killed" is what was wanted
	return p.launch(ctx)
}

// kill ends the hub like a power cut, at this very moment, and starts it again.
func (p *process) kill(ctx context.Context) error {
	c := p.current.Load()
	c.killed.Store(true)
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the hub: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current.Load() != c {
		return nil // who set the clock has found it dead and started another
	}
	return p.again(ctx, c)
}

// stop ends the hub in order.
func (p *process) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.current.Load()
	if c == nil {
		return nil
	}
	late := time.AfterFunc(endMax, func() { c.cmd.Process.Kill() })
	defer late.Stop()
	if err := errors.Join(c.in.Close(), c.wait()); err != nil {
		return p.died(err)
	}
	return nil
}
