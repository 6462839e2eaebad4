package view

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"jiaohao/protocol"
)

const (
	linkPath = "/t/"
	macBytes = 12 // 96 bits: nobody guesses one, and the QR code on the slip stays small
	keyMin   = 16 // bytes of a key that is worth the name
)

// Links makes and reads the links of the phone page, as printed on slips.
//
// A link is the ticket's id and a MAC of it: whoever did not get the slip cannot
// guess one, and nothing has to be stored to recognise it.
type Links struct {
	Base string // http://host:port, without a slash at the end
	Key  []byte // at least 16 random bytes, kept secret and the same for ever
}

// Link returns the link of a ticket, or "" when there is no base or no key.
func (l Links) Link(id protocol.TicketID) string {
	token := l.Token(id)
	if token == "" || l.Base == "" {
		return ""
	}
	return strings.TrimSuffix(l.Base, "/") + linkPath + token
}

// Token returns the last part of a ticket's link, such as "20261122-A012.kR3…",
// or "" when the key is shorter than 16 bytes.
func (l Links) Token(id protocol.TicketID) string {
	if len(l.Key) < keyMin {
		return ""
	}
	return string(id) + "." + base64.RawURLEncoding.EncodeToString(l.mac(id))
}

// Open returns the ticket whose token this is. It takes the same time for every
// wrong token of the same length.
func (l Links) Open(token string) (protocol.TicketID, bool) {
	id, text, found := strings.Cut(token, ".")
	if !found || len(l.Key) < keyMin || protocol.CheckID("ticket", id) != nil {
		return "", false
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || !hmac.Equal(mac, l.mac(protocol.TicketID(id))) {
		return "", false
	}
	return protocol.TicketID(id), true
}

func (l Links) mac(id protocol.TicketID) []byte {
	h := hmac.New(sha256.New, l.Key)
	_, _ = h.Write([]byte("ticket link\x00" + id)) // a hash takes everything
	return h.Sum(nil)[:macBytes]
}
