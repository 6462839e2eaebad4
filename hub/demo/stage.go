package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	stagePace = 60 * time.Millisecond // between two messages to a page: faster than an eye needs
	stageBeat = 5 * time.Second       // the page takes 12 s of silence for a dead demo
	stageMax  = 64                    // open pages
	writeMax  = 5 * time.Second       // for a page to take a message
)

// stage is what the page of the whole hall shows: parts, each of which is always
// told whole. A page gets all parts first and then those that change.
type stage struct {
	mu      sync.Mutex // guards what follows: each device and each page has a goroutine of its own
	seq     uint64
	parts   map[string]part
	changed chan struct{} // closed and replaced at each change
	pages   int
}

// part is one device's picture, as the page draws it.
type part struct {
	seq  uint64
	at   time.Time
	body json.RawMessage
}

// told is a part on its way to a page.
type told struct {
	ID    string          `json:"id"`
	AgeMS int64           `json:"age_ms"` // since the body was made
	Body  json.RawMessage `json:"body"`
}

func newStage() *stage { return &stage{parts: map[string]part{}, changed: make(chan struct{})} }

// set tells a part anew. A part that is as before is not told.
func (s *stage) set(id string, body json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes.Equal(s.parts[id].body, body) {
		return
	}
	s.seq++
	s.parts[id] = part{seq: s.seq, at: time.Now(), body: bytes.Clone(body)}
	close(s.changed)
	s.changed = make(chan struct{})
}

// put is set for a value.
func (s *stage) put(id string, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("demo: part %s: %v", id, err)) // plain data always encodes
	}
	s.set(id, body)
}

// since returns the parts told after seq, the newest seq, and what is closed at
// the next change.
func (s *stage) since(seq uint64) ([]told, uint64, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []told{}
	for id, p := range s.parts {
		if p.seq > seq {
			list = append(list, told{ID: id, AgeMS: time.Since(p.at).Milliseconds(), Body: p.body})
		}
	}
	return list, s.seq, s.changed
}

func (s *stage) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pages == stageMax {
		return false
	}
	s.pages++
	return true
}

func (s *stage) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages--
}

// ServeHTTP streams the stage as server-sent events: each a list of parts, empty
// as a sign of life.
func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		http.Error(w, fmt.Sprintf("at most %d pages may be open", stageMax), http.StatusServiceUnavailable)
		return
	}
	defer s.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	beat := time.NewTicker(stageBeat)
	defer beat.Stop()
	pace := time.NewTicker(stagePace)
	defer pace.Stop()
	list, seq, changed := s.since(0)
	for {
		body, err := json.Marshal(list)
		if err != nil {
			return // a device told what is no JSON; the devices' own tests find that
		}
		// Recorders in tests have no deadline; servers do.
		_ = control.SetWriteDeadline(time.Now().Add(writeMax))
		if _, err := fmt.Fprintf(w, "data: %s\n\n", body); err != nil {
			return
		}
		if control.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-pace.C:
		}
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		case <-beat.C:
		}
		list, seq, changed = s.since(seq)
	}
}

// tap is a browser that lives in this process: it takes the live stream of a
// device's own page and puts each state on the stage.
type tap struct {
	header http.Header
	set    func(json.RawMessage)
}

// Header implements [http.ResponseWriter].
func (t *tap) Header() http.Header { return t.header }

// WriteHeader implements [http.ResponseWriter].
func (t *tap) WriteHeader(int) {}

// Flush implements [http.Flusher].
func (t *tap) Flush() {}

// Write takes one message of the stream.
func (t *tap) Write(b []byte) (int, error) {
	if body, ok := bytes.CutPrefix(b, []byte("data: ")); ok {
		t.set(bytes.TrimSpace(body))
	}
	return len(b), nil
}
