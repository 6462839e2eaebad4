package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"jiaohao/hub/queue"
)

// frame is one whole state for a stream: as data for programs, and as the live
// part of a page.
type frame struct {
	at       time.Time // the hub's time of it
	state    any
	template string
	page     any
}

// feed makes the state as it was at since or later.
type feed func(r *http.Request, since time.Time) (frame, error)

// streams counts the live streams.
type streams struct {
	mu   sync.Mutex // guards the counts; taken twice in a stream's life
	all  int
	peer map[string]int
}

func (s *streams) enter(peer string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= streamsMax || s.peer[peer] >= streamsPerPeer {
		return false
	}
	if s.peer == nil {
		s.peer = map[string]int{}
	}
	s.all++
	s.peer[peer]++
	return true
}

func (s *streams) leave(peer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.peer[peer]--; s.peer[peer] == 0 {
		delete(s.peer, peer)
	}
}

func (s *streams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// live serves a stream of server-sent events: "state" with JSON or, with
// ?view=page, "page" with HTML; first at once, then when the hall changed, at most
// once in the time pace, and again after the time refresh. "beat" carries the hub's time and is the heartbeat; "gone"
// says that the login has ended.
func (s *Server) live(f feed, pace, refresh time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !sameOrigin(r) {
			s.fail(w, r, http.StatusForbidden)
			return
		}
		if !s.streams.enter(peer(r)) {
			w.Header().Set("Retry-After", "10")
			s.fail(w, r, http.StatusTooManyRequests)
			return
		}
		defer s.streams.leave(peer(r))
		first, err := f(r, time.Now())
		if err != nil {
			s.fail(w, r, http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.Header().Set("X-Accel-Buffering", "no") // a proxy must not collect it
		o := &outlet{server: s, w: w, r: r, answer: http.NewResponseController(w), page: r.URL.Query().Get("view") == "page"}
		if o.write([]byte(fmt.Sprintf("retry: %d\n\n", streamRetryMS))) != nil || o.send(first) != nil {
			return
		}
		o.run(f, pace, refresh)
	}
}

// outlet is one stream on its way to one browser.
type outlet struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	answer *http.ResponseController
	page   bool
	last   []byte // message sent last: the same is not sent again
	sent   time.Time
}

// run sends until the browser is gone, the hub stops or the login has ended.
// Whoever does not read is let go by the write deadline.
func (o *outlet) run(f feed, pace, refresh time.Duration) {
	changed, stop := o.server.opts.Hall.Changed()
	defer stop()
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	again := time.NewTicker(refresh)
	defer again.Stop()
	ready := time.NewTimer(0)
	defer ready.Stop()
	<-ready.C
	o.sent = time.Now()
	due := false
	for {
		select {
		case <-o.r.Context().Done():
			return
		case <-changed:
			if !due {
				due = true
				ready.Reset(max(0, pace-time.Since(o.sent)))
			}
			continue
		case <-beat.C:
			if !o.stillAllowed() {
				_ = o.write([]byte("event: gone\ndata: {}\n\n")) // it ends anyway
				return
			}
			if o.beatNow() != nil {
				return
			}
			continue
		case <-again.C:
		case <-ready.C:
			due = false
		}
		next, err := f(o.r, time.Now())
		if err != nil || o.send(next) != nil {
			return
		}
	}
}

// stillAllowed asks again whether this browser may watch: a login can end.
func (o *outlet) stillAllowed() bool {
	for _, rt := range o.server.routes() {
		if rt.pattern == o.r.Pattern {
			return o.server.allowed(rt.access, o.r)
		}
	}
	return false
}

// send writes a state and the hub's time, unless the browser has that state.
func (o *outlet) send(f frame) error {
	o.sent = time.Now()
	event, data := "state", []byte(nil)
	if o.page {
		var b bytes.Buffer
		if err := o.server.templates.ExecuteTemplate(&b, f.template, f.page); err != nil {
			o.server.opts.Log.Error("live page failed", "page", f.template, "err", err)
			return err
		}
		event, data = "page", b.Bytes()
	} else {
		var err error
		if data, err = json.Marshal(f.state); err != nil {
			return fmt.Errorf("web: live state: %w", err)
		}
	}
	if bytes.Equal(data, o.last) {
		return nil
	}
	o.last = data
	if err := o.write(message(event, data)); err != nil {
		return err
	}
	return o.beat(f.at)
}

// beatNow asks the hall for its time: it is the heartbeat of a quiet stream, and
// stops when the hall does.
func (o *outlet) beatNow() error {
	var now time.Time
	if err := o.server.read(o.r.Context(), func(_ *queue.State, at time.Time) { now = at }); err != nil {
		return err
	}
	return o.beat(now)
}

// beat sends the hub's time, which clocks on pages go by.
func (o *outlet) beat(at time.Time) error {
	data, err := json.Marshal(map[string]time.Time{"at": at})
	if err != nil {
		return fmt.Errorf("web: beat: %w", err)
	}
	return o.write(message("beat", data))
}

func (o *outlet) write(b []byte) error {
	if err := o.answer.SetWriteDeadline(time.Now().Add(streamWriteTime)); err != nil {
		return fmt.Errorf("web: live: %w", err)
	}
	if _, err := o.w.Write(b); err != nil {
		return err
	}
	return o.answer.Flush()
}

// message writes one event in the form of the HTML standard, section 9.2.
func message(event string, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("event: " + event + "\n")
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		b.WriteString("data: ")
		b.Write(bytes.TrimSuffix(line, []byte("\r")))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.Bytes()
}
