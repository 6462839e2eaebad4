package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"sync"
	"time"

	"jiaohao/protocol"
)

// person is who is logged in.
type person struct {
	ID      protocol.ClerkID
	Name    protocol.Text
	Manager bool
	Device  protocol.DeviceID // name of the session for the scope of request ids

	pin string // hash of the PIN at the login
}

type session struct {
	who   person
	began time.Time
	seen  time.Time // last action of a person
}

// sessions holds who is logged in, in memory: a hub that starts again asks for
// the PIN again. Only the hash of a session's name is kept.
type sessions struct {
	mu   sync.Mutex // guards open; held for a map access
	open map[[sha256.Size]byte]session
}

func newSessions() *sessions {
	return &sessions{open: map[[sha256.Size]byte]session{}}
}

// begin opens a session and returns its name, or "" when too many are open.
func (s *sessions) begin(who person, now time.Time) string {
	name := make([]byte, sessionBytes)
	_, _ = rand.Read(name) // never fails since Go 1.24
	token := base64.RawURLEncoding.EncodeToString(name)
	key := sha256.Sum256([]byte(token))
	who.Device = protocol.DeviceID("web-" + hex.EncodeToString(key[:8]))
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= sessionsMax {
		for k, old := range s.open {
			if old.over(now) {
				delete(s.open, k)
			}
		}
	}
	if len(s.open) >= sessionsMax {
		return ""
	}
	s.open[key] = session{who: who, began: now, seen: now}
	return token
}

// find returns who holds the session named token. touch says that a person did
// something, which keeps the session from idling out.
func (s *sessions) find(token string, now time.Time, touch bool) (person, bool) {
	key := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	got, ok := s.open[key]
	if !ok {
		return person{}, false
	}
	if got.over(now) {
		delete(s.open, key)
		return person{}, false
	}
	if touch {
		got.seen = now
		s.open[key] = got
	}
	return got.who, true
}

func (s *sessions) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sha256.Sum256([]byte(token)))
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.seen) >= sessionIdle || now.Sub(s.began) >= sessionMax
}

// cookieName is the session's cookie. Over TLS its prefix makes the browser
// refuse it unless it is secure and of this host alone.
func cookieName(r *http.Request) string {
	if r.TLS != nil {
		return "__Host-session"
	}
	return "session"
}

func setSession(w http.ResponseWriter, r *http.Request, token string) {
	c := &http.Cookie{
		Name: cookieName(r), Value: token, Path: "/",
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func sessionToken(r *http.Request) string {
	c, err := r.Cookie(cookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}
