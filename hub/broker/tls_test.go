package broker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// authority is a certificate authority of a test.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority(t *testing.T) authority {
	a := authority{t: t, pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hall"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key = a.sign(template, template, nil)
	a.pool.AddCert(a.cert)
	return a
}

func (a authority) sign(template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if parentKey == nil {
		parentKey = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// issue makes a certificate for name, good for servers on localhost and for clients.
func (a authority) issue(name string) tls.Certificate {
	cert, key := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, a.key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

func TestCertificateLetsInItsOwnDeviceOnly(t *testing.T) {
	t.Parallel()
	ca, alien := newAuthority(t), newAuthority(t)
	h := newHall()
	d1 := h.accounts["d1"]
	d1.Secret = [sha256.Size]byte{} // a certificate and no password
	h.accounts["d1"] = d1
	b := startWith(t, h.find, func(o *Options) {
		o.TLS = &tls.Config{
			MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{ca.issue("hub")},
			ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: ca.pool,
		}
	})
	connect := func(id, user, secret string, certs ...tls.Certificate) error {
		o := pahoOptions("", id).SetUsername(user).SetPassword(secret)
		o.Servers = nil
		o.AddBroker("ssl://" + b.Addr().String())
		o.SetTLSConfig(&tls.Config{RootCAs: ca.pool, ServerName: "localhost", Certificates: certs})
		c := paho.NewClient(o)
		token := c.Connect()
		if !token.WaitTimeout(patience) {
			t.Fatal("no answer")
		}
		if token.Error() == nil {
			wait(t, c.Publish("t/h1/device/"+id+"/health", 1, false, "good"))
			c.Disconnect(0)
		}
		return token.Error()
	}
	for _, test := range []struct {
		name             string
		id, user, secret string
		certs            []tls.Certificate
		in               bool
	}{
		{"own certificate, no user name", "d1", "", "", []tls.Certificate{ca.issue("d1")}, true},
		{"own certificate and user name", "d1", "d1", "", []tls.Certificate{ca.issue("d1")}, true},
		{"another's certificate", "d1", "d1", "", []tls.Certificate{ca.issue("d2")}, false},
		{"another's certificate with a good password", "d2", "d2", password("d2"), []tls.Certificate{ca.issue("d1")}, false},
		{"alien certificate", "d1", "d1", "", []tls.Certificate{alien.issue("d1")}, false},
		{"no certificate", "d1", "d1", "", nil, false},
		{"no certificate, a guess", "d1", "d1", password("d1"), nil, false},
		{"password account without a certificate", "d2", "d2", password("d2"), nil, true},
		{"password account with its certificate but a wrong password", "d2", "d2", "guess", []tls.Certificate{ca.issue("d2")}, false},
	} {
		if err := connect(test.id, test.user, test.secret, test.certs...); (err == nil) != test.in {
			t.Errorf("%s: %v, want in = %v", test.name, err, test.in)
		}
	}
	plain := dialRaw(t, b.Addr().String())
	plain.send(login("d2"))
	plain.expectClosed()
}
