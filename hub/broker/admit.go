package broker

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// session is a client that is let in.
type session struct {
	conn    net.Conn
	in      *bufio.Reader // what conn says; may hold packets that came together with the CONNECT
	account Account
	hello   connect
}

// welcome ends TLS, reads the CONNECT and checks it, and tells the peer if the answer is no. With an error, hello is
// still what the peer claims to be, as far as it was read.
func (g *gate) welcome(ctx context.Context, c *client, raw net.Conn) (s session, err error) {
	s.conn = raw
	if err := raw.SetDeadline(time.Now().Add(connectWait)); err != nil {
		return s, err
	}
	certificate := ""
	if g.TLS != nil {
		secure := tls.Server(raw, g.TLS)
		if err := secure.HandshakeContext(ctx); err != nil {
			return s, err
		}
		if state := secure.ConnectionState(); len(state.VerifiedChains) > 0 {
			certificate = state.PeerCertificates[0].Subject.CommonName
		}
		s.conn = secure
	}
	s.in = bufio.NewReaderSize(s.conn, pumpSize)
	first, err := s.in.Peek(1)
	if err != nil {
		return s, err
	}
	if first[0] != typeConnect { // [MQTT-3.1.0-1]
		return s, refuse(closeOnly, "first byte %#02x: want CONNECT", first[0])
	}
	_, body, err := readPacket(s.in, nil, connectMax)
	if err != nil {
		return s, err
	}
	s.hello, err = parseConnect(body)
	if err == nil {
		s.account, err = g.admit(c, s.hello, certificate)
	}
	if r := (*refusal)(nil); errors.As(err, &r) && r.code != closeOnly {
		if _, err := s.conn.Write([]byte{typeConnAck, 2, 0, r.code}); err != nil {
			return s, errors.Join(r, err)
		}
	}
	return s, err
}

// admit decides who the peer is and whether it comes in. Every error is a *refusal.
func (g *gate) admit(c *client, hello connect, certificate string) (Account, error) {
	if hello.flags&flagUser == 0 && certificate == "" {
		return Account{}, refuse(notAuthorized, "anonymous client: want a user name")
	}
	user := hello.user
	if user == "" {
		user = certificate
	}
	if hello.id != user || !validID(hello.id) {
		return Account{}, refuse(wrongClientID, "client id differs from user name, or is not 1 to %d of A-Z a-z 0-9 . _ -", idMax)
	}
	if certificate != "" && certificate != hello.id {
		return Account{}, refuse(notAuthorized, "certificate of %.64q: want one of the client id", certificate)
	}
	// From here on a Kick finds the connection, so that an account cannot be revoked between look-up and entry.
	g.mu.Lock()
	c.id = hello.id
	g.mu.Unlock()
	a, found := g.accounts(hello.id)
	byCertificate := certificate != "" && a.Secret == [len(a.Secret)]byte{}
	if !found || a.ID != hello.id || !byCertificate && !a.knows(hello.password) {
		return Account{}, refuse(wrongUserOrSecret, "unknown account or wrong password")
	}
	if err := a.Validate(); err != nil {
		return Account{}, refuse(notAuthorized, "%v", err)
	}
	if err := checkManners(a, hello); err != nil {
		return Account{}, err
	}
	return a, g.count(c)
}

// checkManners holds a CONNECT against what its account may ask for.
func checkManners(a Account, hello connect) error {
	longest := uint16(keepAliveMax)
	if a.Trusted {
		longest = trustedKeepAliveMax
	}
	switch {
	case hello.keepAlive == 0 || hello.keepAlive > longest:
		return refuse(notAuthorized, "keep-alive of %d s: want 1 to %d", hello.keepAlive, longest)
	case hello.flags&flagClean == 0:
		return refuse(notAuthorized, "persistent session: want CleanSession=true")
	case hello.flags&flagWill == 0:
		return nil
	case a.Will == "" || hello.willTopic != a.Will:
		return refuse(notAuthorized, "will on %.40q: want %q", hello.willTopic, a.Will)
	case hello.willQoS() > 1:
		return refuse(notAuthorized, "will at QoS 2: want 0 or 1")
	case hello.flags&flagRetain != 0 && !a.mayRetain(a.Will):
		return refuse(notAuthorized, "retained will: the account may not retain on %q", a.Will)
	}
	return nil
}

// count moves a connection from the half open ones to the clients, if there is room.
func (g *gate) count(c *client) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.clients) >= g.MaxClients {
		return refuse(serverUnavailable, "%d clients are in: want fewer", len(g.clients))
	}
	g.dropHalfOpen(c)
	g.clients[c] = struct{}{}
	g.admitted.Add(1)
	return nil
}
