package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/speech"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// Options are what the faces are made of.
type Options struct {
	Hall    *hall.Hall
	Journal *journal.Journal // read for figures and a ticket's history
	Links   view.Links       // of the ticket page; the same as on the slips
	Plan    *queue.Plan      // the plan file: who may log in before the first day was opened; may be nil
	Devices func() []Device  // every device that was ever heard; nil means none
	Voice   *speech.Speech   // calls on the board page; nil means none
	Log     *slog.Logger     // nil means slog.Default()
	Version string           // of the program, for the foot of pages

	// Around puts further pages before these on the same address; nil means none.
	Around func(http.Handler) http.Handler
}

// Device is one device as the hub last heard of it.
type Device struct {
	ID       protocol.DeviceID   `json:"device"`
	Kind     protocol.DeviceKind `json:"kind"`
	Window   protocol.WindowID   `json:"window,omitempty"`
	Online   bool                `json:"online"`
	LastSeen time.Time           `json:"last_seen,omitzero"` // zero: never
	Version  string              `json:"version,omitempty"`  // of its program
	Health   protocol.Health     `json:"health"`
}

// Server serves the faces of one hall. Make it with [New].
type Server struct {
	opts      Options
	texts     *catalogue
	templates *template.Template
	sessions  *sessions
	metrics   *metrics
	assets    map[string]asset
	handler   http.Handler

	pinClerk *counter // wrong PINs by clerk
	pinPeer  *counter // wrong PINs by address
	misses   *counter // wrong ticket links by address
	pinSlots chan struct{}
	streams  streams

	shop workshop // long work
	kept struct {
		sync.Mutex // guards replans; held while they are read, so that a second reader shares them
		replans
	}

	board   memo[protocol.Board]
	screens memo[[]screen]
	glance  memo[glance]
	figures memo[Figures]
}

// New makes the handler of all faces. It starts nothing. The error names the text
// or template that is broken; both are part of the program.
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Devices == nil {
		o.Devices = func() []Device { return nil }
	}
	s := &Server{
		opts: o, sessions: newSessions(),
		pinClerk: newCounter(loginTries, loginLock), pinPeer: newCounter(loginPeer, loginLock),
		misses: newCounter(linkMisses, linkWindow), pinSlots: make(chan struct{}, loginInFlight),
	}
	var err error
	if s.texts, err = loadCatalogue(); err != nil {
		return nil, err
	}
	if s.templates, err = parseTemplates(); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	s.metrics = newMetrics(s)
	s.handler = s.build()
	if o.Around != nil {
		s.handler = o.Around(s.handler)
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Serve answers requests on l until ctx ends, then gives those under way a moment.
// Live streams end with ctx at once. It returns nil after that, or what broke.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadTimeout:       readTimeout,
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerMax - headerSlop,
		ErrorLog:          slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	var wg sync.WaitGroup
	served := make(chan struct{})
	wg.Go(func() {
		select {
		case <-ctx.Done():
		case <-served:
		}
		s.shop.end("")
		stop, cancel := context.WithTimeout(context.Background(), shutdownFor)
		defer cancel()
		if server.Shutdown(stop) != nil {
			_ = server.Close() // whoever is still not done is cut
		}
	})
	err := server.Serve(l)
	close(served)
	wg.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("web: serve %s: %w", l.Addr(), err)
}

// plan is the plan in force or, before the first business day, the plan file.
func (s *Server) plan() *queue.Plan {
	p := s.opts.Hall.Plan()
	if p.Version == 0 && s.opts.Plan != nil {
		return s.opts.Plan
	}
	return p
}

// read runs fn on the hall's goroutine, with a bound on how long it waits.
func (s *Server) read(ctx context.Context, fn func(st *queue.State, now time.Time)) error {
	ctx, cancel := context.WithTimeout(ctx, hallTimeout)
	defer cancel()
	return s.opts.Hall.Read(ctx, fn)
}

// memo keeps one value that many readers share, so that a hundred screens cost the
// hall one look.
type memo[T any] struct {
	mu    sync.Mutex // held while the value is made: who comes meanwhile waits and shares it
	made  time.Time
	value T
}

// get returns a value that was made at since or later.
func (m *memo[T]) get(since time.Time, fill func() (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.made.IsZero() && !m.made.Before(since) {
		return m.value, nil
	}
	begun := time.Now()
	v, err := fill()
	if err != nil {
		return v, err
	}
	m.made, m.value = begun, v
	return v, nil
}
