//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
)

// room is the hub's own network: a namespace of the kernel, to which each device has a cable.
type room struct {
	holder *program // keeps the namespace
	cables map[string]string
}

// newRoom makes the hub's network with a cable for each name. Each is a pair of veth devices, of which
// the device's end is here.
func newRoom(t *test, names ...string) (*room, error) {
	sleep := exec.Command("/bin/sleep", "100000")
	sleep.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	r := &room{holder: t.launch("sleep", sleep), cables: map[string]string{}}
	if err := r.inside("link set lo up"); err != nil {
		return nil, err
	}
	for i, name := range names {
		here, there := fmt.Sprintf("cab%d", i), fmt.Sprintf("hub%d", i)
		if err := ip("link add name " + here + " type veth"); err != nil {
			return nil, err
		}
		// The other end has the first name that is free here.
		if err := ip(fmt.Sprintf("link set veth0 netns %d", r.pid())); err != nil {
			return nil, err
		}
		for _, args := range []string{
			"link set veth0 name " + there, fmt.Sprintf("addr add 10.9.%d.1/24 dev %s", i, there), "link set " + there + " up",
		} {
			if err := r.inside(args); err != nil {
				return nil, err
			}
		}
		for _, args := range []string{fmt.Sprintf("addr add 10.9.%d.2/24 dev %s", i, here), "link set " + here + " up"} {
			if err := ip(args); err != nil {
				return nil, err
			}
		}
		r.cables[name] = here
	}
	return r, nil
}

func (r *room) pid() int { return r.holder.cmd.Process.Pid }

// hubAt is the hub's address at the end of a cable.
func (r *room) hubAt(name string) string {
	return "10.9." + strings.TrimPrefix(r.cables[name], "cab") + ".1"
}

// command is a program that runs in the room.
func (r *room) command(args ...string) *exec.Cmd {
	return exec.Command("/bin/nsenter", append([]string{fmt.Sprintf("--net=/proc/%d/ns/net", r.pid())}, args...)...)
}

func (r *room) inside(args string) error {
	return run(r.command(append([]string{"/bin/ip"}, strings.Fields(args)...)...))
}

// plug puts a device's network cable in or out.
func (r *room) plug(name string, in bool) error {
	state := " down"
	if in {
		state = " up"
	}
	return ip("link set " + r.cables[name] + state)
}

func ip(args string) error { return run(exec.Command("/bin/ip", strings.Fields(args)...)) }

func run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// forward carries connections from an address here to one at the hub, for the tests' own browser.
func forward(ctx context.Context, from, to string) error {
	l, err := net.Listen("tcp", from)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return // ctx has ended
			}
			go func() {
				defer near.Close()
				far, err := net.Dial("tcp", to)
				if err != nil {
					return // the browser sees it
				}
				defer far.Close()
				go func() { _, _ = io.Copy(far, near); far.Close() }()
				_, _ = io.Copy(near, far) // a connection that breaks is the browser's to notice
			}()
		}
	}()
	return nil
}
