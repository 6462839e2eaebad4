package broker

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nats-io/nats-server/v2/server"
)

// Account is one MQTT user. Its client id, its user name and the common name of its certificate are all ID.
type Account struct {
	// ID is 1 to 64 letters, digits, '.', '_' or '-' of ASCII.
	ID string
	// Secret is the SHA-256 of the password, which must be drawn at random with at least 128 bits: a plain hash is
	// enough for such a password and for no other. The zero Secret means that no password lets this account in, only a
	// certificate that Options.TLS has verified.
	Secret [sha256.Size]byte
	// Publish lists the topics it may publish, exact or with '+' and '#'.
	Publish []string
	// Retain lists the topics, within Publish or Will, on which its retain flag is kept; elsewhere it is cleared.
	Retain []string
	// Subscribe lists the filters it may subscribe. A narrower filter than one listed is allowed too.
	Subscribe []string
	// Will is the one topic that its Will may name, always allowed to publish too; "" means that it may have no Will.
	Will string
	// Trusted is for the hub itself: it may subscribe at QoS 1, keep alive for up to 5 minutes, and is not slowed.
	Trusted bool
}

// Accounts finds an account by its ID and says whether there is one. The gate calls it once per connection, for ids that
// nobody has vouched for yet, from many goroutines at once.
type Accounts func(id string) (Account, bool)

// Validate reports what is wrong with the account, or nil. An account that does not pass is refused at CONNECT, so call
// it where accounts are made.
func (a Account) Validate() error {
	if !validID(a.ID) {
		return fmt.Errorf("account id %q: want 1 to %d of A-Z a-z 0-9 . _ -", a.ID, idMax)
	}
	for _, list := range [][]string{a.Publish, a.Retain, a.Subscribe} {
		for _, filter := range list {
			if err := validFilter(filter); err != nil {
				return fmt.Errorf("account %s: %w", a.ID, err)
			}
		}
	}
	if a.Will != "" {
		if err := validFilter(a.Will); err != nil {
			return fmt.Errorf("account %s: will: %w", a.ID, err)
		}
		if strings.ContainsAny(a.Will, "+#") {
			return fmt.Errorf("account %s: will topic %q: want no wildcard", a.ID, a.Will)
		}
	}
	return nil
}

func validID(id string) bool {
	if id == "" || len(id) > idMax {
		return false
	}
	for _, r := range id {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !letter && !strings.ContainsRune("._-", r) {
			return false
		}
	}
	return true
}

// validFilter is stricter than MQTT: the first level is a literal, so that no right can reach the engine's own topics
// below '$', and no level is empty, so that the translation to the engine's subjects is one to one.
func validFilter(filter string) error {
	if err := checkText(filter, topicMax); err != nil {
		return err
	}
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		switch {
		case level == "":
			return fmt.Errorf("topic %q: want no empty level", filter)
		case level == "#" && i > 0 && i == len(levels)-1, level == "+" && i > 0:
		case strings.ContainsAny(level, "+#"):
			return fmt.Errorf("topic %q: want + or # alone in a level, # last, and a literal first level", filter)
		}
	}
	if filter[0] == '$' {
		return fmt.Errorf("topic %q: want a first character other than $", filter)
	}
	return nil
}

// checkText accepts what may stand in a topic or a filter on this broker: UTF-8 of 1 to limit bytes without white space
// and control characters, which the engine cannot carry, and without '*' and '>', which are its own wildcards.
func checkText(s string, limit int) error {
	if s == "" || len(s) > limit {
		return fmt.Errorf("topic of %d bytes: want 1 to %d", len(s), limit)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("topic %.40q: want UTF-8", s)
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || r == '*' || r == '>' {
			return fmt.Errorf("topic %.40q: want no %q", s, r)
		}
	}
	return nil
}

// matches reports whether an MQTT filter covers a topic [MQTT-4.7].
func matches(filter, topic string) bool {
	for {
		want, moreFilter, filterGoesOn := strings.Cut(filter, "/")
		have, moreTopic, topicGoesOn := strings.Cut(topic, "/")
		if want == "#" {
			return true
		}
		if want != "+" && want != have {
			return false
		}
		if !topicGoesOn {
			return !filterGoesOn || moreFilter == "#" // "a/#" covers "a" as well
		}
		if !filterGoesOn {
			return false
		}
		filter, topic = moreFilter, moreTopic
	}
}

// mayRetain reports whether a retained message of the account on topic stays.
func (a Account) mayRetain(topic string) bool {
	return slices.ContainsFunc(a.Retain, func(filter string) bool { return matches(filter, topic) })
}

// knows reports whether password is the account's, in a time that does not depend on where they differ.
func (a Account) knows(password []byte) bool {
	sum := sha256.Sum256(password)
	return a.Secret != [sha256.Size]byte{} && subtle.ConstantTimeCompare(sum[:], a.Secret[:]) == 1
}

// permissions translates the account's rights to the engine's form.
func (a Account) permissions() *server.Permissions {
	publish := a.Publish
	if a.Will != "" {
		publish = append(slices.Clip(publish), a.Will)
	}
	p := &server.Permissions{Publish: allow(publish), Subscribe: allow(a.Subscribe)}
	if !a.Trusted {
		// A QoS 1 subscription is a consumer behind this subject; without the subject there is none.
		p.Subscribe.Deny = append(p.Subscribe.Deny, "$MQTT.sub.>")
	}
	return p
}

// allow lists the filters as subjects. The engine takes an empty list for "everything", so none becomes a ban on all.
func allow(filters []string) *server.SubjectPermission {
	if len(filters) == 0 {
		return &server.SubjectPermission{Deny: []string{">"}}
	}
	p := &server.SubjectPermission{}
	for _, filter := range filters {
		s := subject(filter)
		p.Allow = append(p.Allow, s)
		if parent, found := strings.CutSuffix(s, ".>"); found {
			p.Allow = append(p.Allow, parent) // '#' covers the level above, '>' does not
		}
	}
	return p
}

// subject is the engine's name of a filter that has passed validFilter.
func subject(filter string) string {
	return strings.NewReplacer(".", "//", "/", ".", "+", "*", "#", ">").Replace(filter)
}
