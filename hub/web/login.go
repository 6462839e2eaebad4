package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/protocol"
)

// startView is the start page; loginView asks who one is.
type startView struct{ page }

type loginView struct {
	page
	Next  string // where to go afterwards
	Clerk string
}

func (s *Server) startPage(w http.ResponseWriter, r *http.Request) {
	v := startView{page: s.page(r, "start.title")}
	v.Style = "pages.css"
	s.render(w, r, http.StatusOK, "start", &v)
}

func (s *Server) loginPage(w http.ResponseWriter, r *http.Request) {
	s.showLogin(w, r, http.StatusOK, r.URL.Query().Get("next"), "", nil)
}

func (s *Server) showLogin(w http.ResponseWriter, r *http.Request, status int, next, clerk string, f *flash) {
	v := loginView{page: s.page(r, "login.title"), Next: ownPath(next), Clerk: clerk}
	v.Style, v.Flash = "pages.css", f
	s.render(w, r, status, "login", &v)
}

// login opens a session. Wrong PINs are counted by clerk and address and by
// address alone; the terminals count for themselves, so that nobody can lock a
// window by guessing here.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	clerk, pin := strings.TrimSpace(r.PostFormValue("clerk")), r.PostFormValue("pin")
	next := r.PostFormValue("next")
	name, from, now := clerk+"@"+peer(r), peer(r), time.Now()
	no := func(status int, key string, args ...any) {
		lang := s.texts.choose(r)
		s.showLogin(w, r, status, next, clerk, &flash{Bad: true, Head: s.texts.say(lang, "login.failed"), Text: s.texts.say(lang, key, args...)})
	}
	if protocol.CheckID("clerk", clerk) != nil {
		no(http.StatusForbidden, "login.wrong")
		return
	}
	wait := max(s.pinClerk.full(name, now), s.pinPeer.full(from, now))
	if wait > 0 {
		no(http.StatusTooManyRequests, "login.locked", int((wait+time.Minute-1)/time.Minute))
		return
	}
	select {
	case s.pinSlots <- struct{}{}:
	default:
		no(http.StatusTooManyRequests, "login.busy")
		return
	}
	who := s.prove(protocol.ClerkID(clerk), pin)
	<-s.pinSlots
	if who == nil {
		s.pinClerk.add(name, now)
		s.pinPeer.add(from, now)
		s.opts.Log.Warn("login refused", "clerk", clerk, "from", from)
		no(http.StatusForbidden, "login.wrong")
		return
	}
	s.pinClerk.clear(name)
	s.sessions.end(sessionToken(r))
	token := s.sessions.begin(*who, now)
	if token == "" {
		no(http.StatusServiceUnavailable, "login.busy")
		return
	}
	s.opts.Log.Info("login", "clerk", clerk, "from", from)
	setSession(w, r, token)
	target := ownPath(next)
	if target == "" {
		target = "/devices"
		if who.Manager {
			target = "/manager"
		}
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// prove returns the person whose PIN this is, or nil.
func (s *Server) prove(id protocol.ClerkID, pin string) *person {
	c := s.plan().Clerk(id)
	if c == nil || !hall.VerifyPIN(c.PIN, pin) {
		return nil
	}
	return &person{ID: c.ID, Name: c.Name, Manager: c.Manager, pin: c.PIN}
}

// known reports whether the plan still has the person as at the login: who was
// taken out, or got another PIN or role, is out at once.
func (s *Server) known(who *person) bool {
	c := s.plan().Clerk(who.ID)
	return c != nil && c.PIN == who.pin && c.Manager == who.Manager
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	s.sessions.end(sessionToken(r))
	setSession(w, r, "")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// touch says that a person is at the page: asking who it is has counted it.
func (s *Server) touch(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// ownPath returns next when it is a path of this site, else "".
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.Contains(next, "\\") {
		return ""
	}
	return next
}
