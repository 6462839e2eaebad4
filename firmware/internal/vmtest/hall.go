//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// Where things are in the machine. The hub's folder and the dispenser's are on
// disks of their own, so that each can be full by itself.
const (
	hubDir    = "/data/hub"
	stateDir  = "/state/dispenser"
	panelDir  = "/data/display"
	planFile  = "/etc/plan.yaml"
	pagesAt   = "127.0.0.1:8080"
	brokerAt  = "127.0.0.1:1883"
	kioskAt   = "127.0.0.1:8081"
	hall      = protocol.HallID("vm")
	window    = protocol.WindowID("1")
	service   = protocol.ServiceID("social")
	upMax     = 90 * time.Second // of a program under emulation
	replyMax  = 20 * time.Second
	slipMax   = 15 * time.Second
	quietTime = 5 * time.Second // in which something must not happen
)

// program is one of our binaries.
type program struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
}

// start runs a program; its messages go to the console.
func (t *test) start(name string, args ...string) *program {
	if t.lie {
		// This program again, which sets up the lie and becomes the other.
		return t.launch(name, exec.Command("/bin/lie", append([]string{"/bin/" + name}, args...)...))
	}
	return t.launch(name, exec.Command("/bin/"+name, args...))
}

// launch runs a command under a name.
func (t *test) launch(name string, cmd *exec.Cmd) *program {
	p := &program{name: name, cmd: cmd, done: make(chan struct{})}
	out, err := p.cmd.StderrPipe()
	t.need("pipe", err)
	p.cmd.Stdout = p.cmd.Stderr
	t.need("start "+name, p.cmd.Start())
	go func() {
		defer close(p.done)
		for s := bufio.NewScanner(out); s.Scan(); {
			fmt.Printf("%s| %s\n", name, s.Text())
		}
		_ = p.cmd.Wait() // how it ended is told by whoever needs it alive
	}()
	t.onEnd(p.kill)
	return p
}

// kill ends the program as the system does that is out of memory.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// stop asks the program to end and waits.
func (p *program) stop(t *test) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(upMax):
		return fmt.Errorf("%s does not end", p.name)
	case <-t.ctx.Done():
		return t.ctx.Err()
	}
}

func (t *test) hub() *program {
	return t.start("hub", "run", "--data", hubDir, "--plan", planFile, "--http", pagesAt, "--mqtt", brokerAt)
}

func (t *test) dispenser() *program { return t.start("dispenser", "-config", "/data/dispenser.json") }

func (t *test) display() *program { return t.start("display", "-config", "/data/display.json") }

// enroll gives the devices their accounts and writes their files.
func (t *test) enroll() {
	for _, dir := range []string{hubDir, stateDir, panelDir} {
		t.need("folder", os.MkdirAll(dir, 0o700))
	}
	for _, device := range []string{"dispenser-1", "display-1", "display-2", "display-3", "terminal-1"} {
		out, err := exec.Command("/bin/hub", "enroll", "--data", hubDir, "--plan", planFile, device).Output()
		t.need("enroll "+device, err)
		_, password, _ := strings.Cut(string(out), "password")
		t.need("password", os.WriteFile("/data/"+device+".password", []byte(strings.TrimSpace(password)+"\n"), 0o600))
	}
	t.need("configuration", os.WriteFile("/data/dispenser.json", fmt.Appendf(nil, `{
		"hall": %q, "device": "dispenser-1", "broker": "tcp://%s", "password_file": "/data/dispenser-1.password",
		"state_dir": %q, "http": %q,
		"printer": {"port": "file:/dev/usb/lp0", "profile": "gbk-80"},
		"buttons": [{"service": %q, "pin": "BTN0"}]}`, hall, brokerAt, stateDir, kioskAt, service), 0o600))
	t.need("configuration", os.WriteFile("/data/display.json", fmt.Appendf(nil, `{
		"hall": %q, "device": "display-1", "broker": "tcp://%s", "password_file": "/data/display-1.password",
		"state_dir": %q, "window": %q,
		"panel": {"spi": "SPI0.0", "columns": %d, "rows": %d, "brightness": %d}}`,
		hall, brokerAt, panelDir, window, wiring.Columns, wiring.Rows, brightness), 0o600))
	syscall.Sync()
}

// get reads a page of ours as JSON.
func get(ctx context.Context, client *http.Client, address string, to any) error {
	ctx, cancel := context.WithTimeout(ctx, replyMax)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(to)
}

// kiosk returns what the dispenser's page shows.
func (t *test) kiosk() (dispenser.View, error) {
	var v dispenser.View
	ctx, cancel := context.WithTimeout(t.ctx, replyMax)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+kioskAt+"/events", nil)
	if err != nil {
		return v, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return v, err
	}
	defer resp.Body.Close()
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &v)
}

// tap posts what the dispenser's page posts.
func (t *test) tap(path, body string) error { return t.post(kioskAt, path, body) }

// post posts what a device's own page posts.
func (t *test) post(site, path, body string) error {
	req, err := http.NewRequestWithContext(t.ctx, http.MethodPost, "http://"+site+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Origin", "http://"+site)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("%s: %s %s", path, resp.Status, text)
	}
	return nil
}

// awaitKiosk waits until the dispenser's page shows what ready wants.
func (t *test) awaitKiosk(most time.Duration, ready func(dispenser.View) error) error {
	return t.await(most, func() error {
		v, err := t.kiosk()
		if err != nil {
			return err
		}
		return ready(v)
	})
}

// kioskOnline waits until the dispenser works with the hub.
func (t *test) kioskOnline() error {
	return t.awaitKiosk(upMax, func(v dispenser.View) error {
		if !v.Ready || v.Away || len(v.Services) == 0 || !v.Services[0].Known || !v.Services[0].Open {
			return fmt.Errorf("the kiosk is not online: ready %v, away %v, services %+v", v.Ready, v.Away, v.Services)
		}
		return nil
	})
}

// kioskAway waits until the dispenser knows that the hub is away.
func (t *test) kioskAway() error {
	return t.awaitKiosk(upMax, func(v dispenser.View) error {
		if !v.Ready || !v.Away {
			return fmt.Errorf("the kiosk is not on its own: ready %v, away %v", v.Ready, v.Away)
		}
		return nil
	})
}

// hubUp waits until the hub answers.
func (t *test) hubUp() error {
	return t.await(upMax, func() error {
		var board protocol.Board
		return get(t.ctx, http.DefaultClient, "http://"+pagesAt+"/api/v1/board", &board)
	})
}

// login signs a manager in and returns a client that may see the devices.
func (t *test) login() (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm("http://"+pagesAt+"/login", url.Values{"clerk": {"m01"}, "pin": {"8888"}})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("login: %s", resp.Status)
	}
	return client, nil
}

// faults returns the codes of a device's faults as the hub knows them.
func (t *test) faults(client *http.Client, device string) ([]string, error) {
	var all struct {
		Devices []struct {
			Device string          `json:"device"`
			Online bool            `json:"online"`
			Health protocol.Health `json:"health"`
		} `json:"devices"`
	}
	if err := get(t.ctx, client, "http://"+pagesAt+"/api/v1/devices", &all); err != nil {
		return nil, err
	}
	for _, d := range all.Devices {
		if d.Device == device {
			codes := []string{}
			for _, f := range d.Health.Faults {
				codes = append(codes, f.Part+" "+f.Code)
			}
			return codes, nil
		}
	}
	return nil, fmt.Errorf("the hub has no device %s", device)
}

// awaitFault waits until the hub knows a fault of the dispenser, or no longer.
func (t *test) awaitFault(client *http.Client, fault string, there bool) error {
	return t.await(30*time.Second, func() error {
		codes, err := t.faults(client, "dispenser-1")
		if err != nil {
			return err
		}
		for _, c := range codes {
			if c == fault {
				if there {
					return nil
				}
				return fmt.Errorf("the hub still knows %v", codes)
			}
		}
		if there {
			return fmt.Errorf("the hub knows %v, not %s", codes, fault)
		}
		return nil
	})
}

// clerk is the terminal of the window.
type clerk struct {
	link *link.Link

	mu    sync.Mutex // the link's goroutine writes
	state protocol.WindowState
}

// signOn starts the terminal and signs a clerk on.
func (t *test) signOn() *clerk {
	raw, err := os.ReadFile("/data/terminal-1.password")
	t.need("password", err)
	dir := filepath.Join(os.TempDir(), "terminal")
	t.need("folder", os.MkdirAll(dir, 0o700))
	c := &clerk{}
	c.link, err = link.New(link.MQTT(link.MQTTOptions{Broker: "tcp://" + brokerAt, ClientID: "terminal-1", Password: strings.TrimSpace(string(raw))}),
		link.Identity{Hall: hall, Device: "terminal-1", Kind: protocol.KindTerminal, Version: "vmtest"},
		link.Options{Log: slog.New(slog.NewTextHandler(os.Stdout, nil))})
	t.need("terminal", err)
	c.link.Watch(protocol.WindowTopic(hall, window), func(payload []byte) {
		c.mu.Lock()
		defer c.mu.Unlock()
		_ = protocol.Decode(payload, &c.state) // the hub's own word
	})
	ctx, cancel := context.WithCancel(t.ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.link.Run(ctx) }()
	t.onEnd(func() { cancel(); <-ended })
	reply, err := c.ask(t, protocol.Request{Do: protocol.WindowSignOn, Clerk: "c01", PIN: "1234"})
	if err == nil && reply.Refused != nil && reply.Refused.Code != protocol.WindowTaken {
		err = reply.Refused
	}
	t.need("clerk signs on", err)
	return c
}

func (c *clerk) ask(t *test, req protocol.Request) (protocol.Reply, error) {
	ctx, cancel := context.WithTimeout(t.ctx, replyMax)
	defer cancel()
	return c.link.Request(ctx, req)
}

// now is the window's last state.
func (c *clerk) now() protocol.WindowState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

var errNobody = errors.New("nobody waits")

// callNext calls and returns the number, or errNobody.
func (c *clerk) callNext(t *test) (string, error) {
	reply, err := c.ask(t, protocol.Request{Do: protocol.WindowCallNext})
	switch {
	case err != nil:
		return "", err
	case reply.Refused != nil && reply.Refused.Code == protocol.NobodyWaiting:
		return "", errNobody
	case reply.Refused != nil:
		return "", reply.Refused
	}
	if reply.OK.Ticket.Stage != protocol.Called {
		return "", errNobody // it only finished the one before
	}
	say("CALLED %s", reply.OK.Ticket.Number)
	return reply.OK.Ticket.Number, nil
}

// serve calls the next person, who comes; the one before is finished by it.
func (c *clerk) serve(t *test) (string, error) {
	if now := c.now(); now.Current != nil && now.Current.Stage == protocol.Called {
		reply, err := c.ask(t, protocol.Request{Do: protocol.WindowArrived})
		// A hub that was killed may have finished it and not told: then the state is old.
		if err == nil && reply.Refused != nil && reply.Refused.Code != protocol.WrongStage {
			err = reply.Refused
		}
		if err != nil {
			return "", err
		}
	}
	n, err := c.callNext(t)
	if err != nil {
		return "", err
	}
	return n, t.await(replyMax, func() error { // its state, which the next round looks at
		if now := c.now(); now.Current == nil || now.Current.Number != n {
			return fmt.Errorf("the window's state is not %s", n)
		}
		return nil
	})
}
