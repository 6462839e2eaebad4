package broker

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// relay passes packets between a client and the engine until one of them ends, and returns why.
func (g *gate) relay(ctx context.Context, c *client, s session) error {
	password := g.engine.passes.issue(s.account.ID, s.account.permissions())
	defer g.engine.passes.drop(password)
	dialer := net.Dialer{Timeout: engineWait}
	conn, err := dialer.DialContext(ctx, "tcp", g.engine.addr)
	if err != nil {
		return err
	}
	engine := conn.(*net.TCPConn)
	defer engine.Close()
	hello := s.hello
	hello.user = s.account.ID
	if _, err := (patient{engine, engineWait}).Write(hello.packet(password)); err != nil {
		return err
	}
	if err := s.conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	up := make(chan struct{})
	go func() {
		defer close(up)
		c.cut(g.fromClient(ctx, c, s, engine))
		// The engine must read all that was sent and see the end itself, or the last packets are lost with a reset: so
		// our half is closed and the other half is read to its end below.
		engine.CloseWrite()
		engine.SetReadDeadline(time.Now().Add(engineWait))
	}()
	c.cut(g.toClient(s.conn, engine))
	_, err = io.Copy(io.Discard, engine)
	<-up
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// toClient copies what the engine says to the client. A client that does not take it in time is given up.
func (g *gate) toClient(client, engine net.Conn) error {
	out := patient{client, writeWait}
	buf := make([]byte, pumpSize)
	for {
		n, err := engine.Read(buf)
		if n > 0 {
			if _, err := out.Write(buf[:n]); errors.Is(err, os.ErrDeadlineExceeded) {
				g.stalled.Add(1)
				return errStalled
			} else if err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return errEnded
		} else if err != nil {
			return err
		}
	}
}

// fromClient checks each packet of the client and passes it to the engine. It returns nil after a DISCONNECT.
func (g *gate) fromClient(ctx context.Context, c *client, s session, engine net.Conn) error {
	out := bufio.NewWriterSize(patient{engine, engineWait}, pumpSize)
	var buf []byte
	for {
		packet, body, err := readPacket(s.in, buf, packetMax)
		if err != nil {
			return errors.Join(err, out.Flush())
		}
		buf = packet
		cleared, err := inspect(s.account, packet, body)
		if err != nil {
			g.violations.Add(1)
			return errors.Join(err, out.Flush())
		}
		if cleared {
			g.unretained.Add(1)
			g.log.warn("retain flag cleared", "client", s.account.ID)
		}
		if wait := g.delay(s.account); wait > 0 {
			if err := out.Flush(); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(wait):
			}
		}
		if _, err := out.Write(packet); err != nil {
			return err
		}
		if packet[0] == typeDisconnect {
			c.cut(nil) // before the engine hears it, or its own end would look like the reason
			return out.Flush()
		}
		if s.in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

// delay spends one packet of the account's budget and returns how long the packet has to wait for it. To slow a client
// is better than to cut it: a device that empties a long outage is just as fast, and would come back and try again.
func (g *gate) delay(a Account) time.Duration {
	if a.Trusted {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	b, found := g.pace[a.ID]
	if !found {
		fresh := newBucket(float64(g.Rate), float64(g.Burst))
		b = &fresh
		g.pace[a.ID] = b
	}
	wait := b.take(time.Now())
	if wait > 0 {
		g.slowed.Add(1)
	}
	return wait
}

// patient is a writer that gives each write its own deadline.
type patient struct {
	net.Conn
	wait time.Duration
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(p.wait)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}
