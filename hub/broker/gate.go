package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Reasons for cutting a connection, beside refusals and errors of the network.
var (
	errClosing = errors.New("broker closes")
	errKicked  = errors.New("account revoked")
	errCrowded = errors.New("too many connections without CONNECT")
	errEnded   = errors.New("engine ended it: keep-alive over, same id connected again, or a packet it does not take")
	errStalled = fmt.Errorf("client took nothing for %v", writeWait)
)

// gate is the front door: it listens, reads CONNECT, and passes packets to and from the engine.
type gate struct {
	Options
	listener net.Listener
	engine   *engine
	accounts Accounts
	log      *report

	ctx   context.Context // ends when the gate closes
	cut   context.CancelCauseFunc
	tasks sync.WaitGroup

	mu       sync.Mutex
	halfOpen []*client // the oldest first
	clients  map[*client]struct{}
	pace     map[string]*bucket // by account id; as many as accounts that have been let in

	admitted, refused, silent, violations, stalled, slowed, unretained atomic.Uint64
}

// client is one connection to the gate.
type client struct {
	addr netip.Addr
	id   string // what its CONNECT claims; guarded by gate.mu
	cut  context.CancelCauseFunc
}

func newGate(o Options, l net.Listener, e *engine, accounts Accounts, log *report) *gate {
	ctx, cut := context.WithCancelCause(context.Background())
	return &gate{
		Options: o, listener: l, engine: e, accounts: accounts, log: log, ctx: ctx, cut: cut,
		clients: make(map[*client]struct{}), pace: make(map[string]*bucket),
	}
}

// accept takes connections until the gate closes.
func (g *gate) accept() {
	for {
		conn, err := g.listener.Accept()
		switch {
		case g.ctx.Err() != nil:
			if err == nil {
				conn.Close()
			}
			return
		case err != nil:
			g.log.warn("accept failed", "err", err)
			select {
			case <-g.ctx.Done():
			case <-time.After(acceptPause):
			}
		default:
			ctx, c := g.enter(conn)
			g.tasks.Go(func() { g.serve(ctx, c, conn) })
		}
	}
}

// enter counts a new connection as half open. If that makes too many, the oldest of the same address goes, or the oldest
// of all: a device says CONNECT at once, so the oldest is silent on purpose.
func (g *gate) enter(conn net.Conn) (context.Context, *client) {
	ctx, cut := context.WithCancelCause(g.ctx)
	c := &client{cut: cut}
	if ap, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		c.addr = ap.Addr().Unmap()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	sameAddr := func(other *client) bool { return other.addr == c.addr }
	count := 0
	for _, other := range g.halfOpen {
		if sameAddr(other) {
			count++
		}
	}
	victim := -1
	if count >= halfOpenPerAddr {
		victim = slices.IndexFunc(g.halfOpen, sameAddr)
	} else if len(g.halfOpen) >= halfOpenMax {
		victim = 0
	}
	if victim >= 0 {
		g.halfOpen[victim].cut(errCrowded)
		g.halfOpen = slices.Delete(g.halfOpen, victim, victim+1)
	}
	g.halfOpen = append(g.halfOpen, c)
	return ctx, c
}

// serve is the life of one connection.
func (g *gate) serve(ctx context.Context, c *client, raw net.Conn) {
	defer g.leave(c)
	// The raw connection is closed, not the TLS one, which would wait for a stalled peer to take its farewell.
	context.AfterFunc(ctx, func() { raw.Close() })
	defer c.cut(nil)
	s, err := g.welcome(ctx, c, raw)
	if r := (*refusal)(nil); errors.As(err, &r) {
		g.refused.Add(1)
	} else if err != nil {
		g.silent.Add(1)
	} else {
		err = g.relay(ctx, c, s)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	if err != nil && !errors.Is(err, errClosing) && !errors.Is(err, io.EOF) {
		g.log.warn("connection ended", "client", clip(s.hello.id), "addr", c.addr, "why", clip(err.Error()))
	}
}

// leave forgets a connection.
func (g *gate) leave(c *client) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.clients, c)
	g.dropHalfOpen(c)
}

// dropHalfOpen needs g.mu.
func (g *gate) dropHalfOpen(c *client) {
	if i := slices.Index(g.halfOpen, c); i >= 0 {
		g.halfOpen = slices.Delete(g.halfOpen, i, i+1)
	}
}

func (g *gate) kick(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.halfOpen {
		if c.id == id {
			c.cut(errKicked)
		}
	}
	for c := range g.clients {
		if c.id == id {
			c.cut(errKicked)
		}
	}
}

func (g *gate) stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Stats{
		Clients: len(g.clients), HalfOpen: len(g.halfOpen),
		Admitted: g.admitted.Load(), Refused: g.refused.Load(), Silent: g.silent.Load(),
		Violations: g.violations.Load(), Stalled: g.stalled.Load(),
		Slowed: g.slowed.Load(), Unretained: g.unretained.Load(),
	}
}

// close stops listening, cuts all connections and waits for their end, at most closeWait.
func (g *gate) close() error {
	g.cut(errClosing)
	err := g.listener.Close()
	done := make(chan struct{})
	go func() {
		g.tasks.Wait()
		close(done)
	}()
	select {
	case <-done:
		return err
	case <-time.After(closeWait):
		return errors.Join(err, fmt.Errorf("broker connections still open after %v", closeWait))
	}
}
