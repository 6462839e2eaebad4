package web

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"jiaohao/protocol"
)

// access is the least that a caller must be.
type access int

// The kinds of access, each including those after it that are persons.
const (
	anyone  access = iota // public: nothing about persons
	staff                 // who is logged in
	manager               // who is logged in and a manager by the plan
	local                 // a program on this machine, or a manager
)

// route is one line of the table of everything that is served.
type route struct {
	pattern string
	access  access
	handler http.HandlerFunc
}

// routes is the whole table. What is not here does not exist.
func (s *Server) routes() []route {
	return []route{
		{"GET /{$}", anyone, s.startPage},
		{"GET /board", anyone, s.boardPage},
		{"GET /window/{id}", anyone, s.windowPage},
		{"GET /t/{token}", anyone, s.ticketPage},
		{"POST /t/{token}/rate", anyone, s.rateTicket},
		{"POST /t/{token}/cancel", anyone, s.cancelTicket},
		{"GET /login", anyone, s.loginPage},
		{"POST /login", anyone, s.login},
		{"POST /logout", anyone, s.logout},
		{"POST /session", staff, s.touch},
		{"GET /manager", manager, s.managerPage},
		{"POST /manager", manager, s.managerAct},
		{"GET /why/{ticket}", manager, s.whyPage},
		{"GET /promises", manager, s.promisePage},
		{"GET /promises.csv", manager, s.promiseCSV},
		{"GET /heat", manager, s.heatPage},
		{"GET /ratings", manager, s.ratingPage},
		{"GET /ratings.csv", manager, s.ratingCSV},
		{"GET /learned", manager, s.learnedPage},
		{"POST /learned", manager, s.resetFigure},
		{"GET /devices", staff, s.devicesPage},
		{"GET /whatif", manager, s.whatifPage},
		{"POST /whatif", manager, s.tryWhatif},
		{"POST /whatif/stop", manager, s.stopWork(whatifPath)},
		{"POST /whatif/apply", manager, s.applyWhatif},
		{"POST /whatif/undo", manager, s.undoWhatif},
		{"GET /staff", manager, s.staffPage},
		{"POST /staff", manager, s.tryStaff},
		{"POST /staff/stop", manager, s.stopWork(staffPath)},
		{"GET /static/{file}", anyone, s.static},

		{"GET /live/board", anyone, s.live(s.boardFeed, streamPace, streamRefresh)},
		{"GET /live/voice/{zone}", anyone, s.liveVoice},
		{"GET /voice/{zone}/{file}", anyone, s.voiceSound},
		{"GET /live/window/{id}", anyone, s.liveWindow},
		{"GET /live/ticket/{token}", anyone, s.liveTicket},
		{"GET /live/manager", manager, s.live(s.managerFeed, streamPace, streamRefresh)},
		{"GET /live/devices", staff, s.live(s.devicesFeed, streamPace, deviceRefresh)},

		{"GET /api/v1/openapi.json", anyone, s.openAPI},
		{"GET /api/v1/board", anyone, s.apiBoard},
		{"GET /api/v1/services", anyone, s.apiServices},
		{"GET /api/v1/tickets/{token}", anyone, s.apiTicket},
		{"GET /api/v1/windows", manager, s.apiWindows},
		{"GET /api/v1/figures", manager, s.apiFigures},
		{"GET /api/v1/promises", manager, s.apiPromises},
		{"GET /api/v1/learned", manager, s.apiLearned},
		{"GET /api/v1/devices", staff, s.apiDevices},
		{"POST /api/v1/requests", manager, s.apiRequest},

		{"GET /healthz", anyone, s.healthz},
		{"GET /metrics", local, s.metrics.serve},
	}
}

// build puts the table behind what every request passes: a net for bugs, the
// headers, the count, and the refusal of other sites' forms.
func (s *Server) build() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.HandleFunc(rt.pattern, s.guard(rt))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.unknown(w, r, mux) })
	sites := http.NewCrossOriginProtection()
	sites.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusForbidden)
	}))
	return headers(s.metrics.count(s.catch(sites.Handler(mux))))
}

// unknown answers for what is not in the table: 405 with what the address takes, if it takes anything.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := *r
		other.Method = method
		if _, pattern := mux.Handler(&other); strings.HasPrefix(pattern, method+" ") {
			w.Header().Add("Allow", method)
		}
	}
	status := http.StatusNotFound
	if w.Header().Get("Allow") != "" {
		status = http.StatusMethodNotAllowed
	}
	s.fail(w, r, status)
}

// guard lets only those through whom the route names, and bounds the body.
func (s *Server) guard(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
		if s.allowed(rt.access, r) {
			rt.handler(w, r)
			return
		}
		page := r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/api/") &&
			!strings.HasPrefix(r.URL.Path, "/live/") && rt.access != local
		if page && s.who(r) == nil {
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		if rt.access == manager && s.who(r) != nil { // to log in again as the same person would not help
			s.failFor(w, r, http.StatusForbidden, "error.manager")
			return
		}
		s.fail(w, r, http.StatusForbidden)
	}
}

func (s *Server) allowed(a access, r *http.Request) bool {
	if a == anyone || a == local && fromHere(r) {
		return true
	}
	who := s.who(r)
	return who != nil && (a == staff || who.Manager)
}

// who returns who is logged in, or nil. Opening a page counts as an action, a
// live stream does not: an unattended screen logs itself out.
func (s *Server) who(r *http.Request) *person {
	token := sessionToken(r)
	if token == "" {
		return nil
	}
	who, ok := s.sessions.find(token, time.Now(), !strings.HasPrefix(r.URL.Path, "/live/"))
	if !ok || !s.known(&who) {
		return nil
	}
	return &who
}

// catch turns a panic of a handler into a plain page and a line in the log. The
// hall's own goroutine is not behind it: a bug there must end the process.
func (s *Server) catch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			bug := recover()
			if bug == nil {
				return
			}
			if bug == http.ErrAbortHandler {
				panic(bug)
			}
			s.opts.Log.Error("request failed", "path", r.Pattern, "err", fmt.Sprint(bug), "stack", string(debug.Stack()))
			s.fail(w, r, http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses streams to pages of other sites.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// peer is the address that a request comes from, without its port.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// fromHere reports whether a request comes from this machine, and not through a
// proxy on it.
func fromHere(r *http.Request) bool {
	ip := net.ParseIP(peer(r))
	return ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}

// httpStatus is the status that goes with a refusal.
func httpStatus(code protocol.Code) int {
	switch code {
	case protocol.BadRequest, protocol.UnknownVersion, protocol.UnknownAction:
		return http.StatusBadRequest
	case protocol.NotAllowed, protocol.WrongPIN:
		return http.StatusForbidden
	case protocol.UnknownService, protocol.UnknownTicket, protocol.UnknownWindow, protocol.UnknownClerk:
		return http.StatusNotFound
	case protocol.PINLocked, protocol.Overloaded:
		return http.StatusTooManyRequests
	case protocol.Unavailable, protocol.ClockNotSet:
		return http.StatusServiceUnavailable
	}
	return http.StatusConflict
}
