package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/speech"
)

// boardVoice is what a board that is to speak needs: /board?voice=ZONE, or voice=all for the whole hall.
// Without it a board is silent, so that a television beside an announcer does not speak twice.
type boardVoice struct {
	Zone   string // as it stands in the page's address
	Stream string // of its utterances; empty when there is no such zone
}

func (s *Server) boardVoice(r *http.Request) *boardVoice {
	zone := r.URL.Query().Get("voice")
	if zone == "" {
		return nil
	}
	v := &boardVoice{Zone: zone}
	if s.opts.Voice != nil && s.opts.Voice.Has(voiceZone(zone)) {
		v.Stream = "/live/voice/" + url.PathEscape(zone)
	}
	return v
}

// voiceZone is a zone as package speech has it.
func voiceZone(name string) string {
	if name == queue.AllZones {
		return ""
	}
	return name
}

// said is an utterance as a page hears of it.
type said struct {
	URL string `json:"url"` // of the WAV file
	MS  int64  `json:"ms"`  // how long it lasts
}

// liveVoice serves the utterances of a zone as server-sent events "say" and, as
// a heartbeat, "beat". A page that comes back names the last one that it heard as
// Last-Event-ID or, if it made a new stream, in the query as "after".
func (s *Server) liveVoice(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) {
		s.fail(w, r, http.StatusForbidden)
		return
	}
	zone := r.PathValue("zone")
	if s.opts.Voice == nil || !s.opts.Voice.Has(voiceZone(zone)) {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	after := r.Header.Get("Last-Event-ID")
	if after == "" {
		after = r.URL.Query().Get("after")
	}
	if !s.streams.enter(peer(r)) {
		w.Header().Set("Retry-After", "10")
		s.fail(w, r, http.StatusTooManyRequests)
		return
	}
	defer s.streams.leave(peer(r))
	heard, stop, ok := s.opts.Voice.Listen(voiceZone(zone), peer(r), after)
	if !ok {
		w.Header().Set("Retry-After", "10")
		s.fail(w, r, http.StatusTooManyRequests)
		return
	}
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy must not collect it
	o := &outlet{server: s, w: w, r: r, answer: http.NewResponseController(w)}
	o.speak(zone, heard)
}

// speak sends utterances until the browser is gone, the hub stops or there is no such zone any more.
func (o *outlet) speak(zone string, heard <-chan speech.Utterance) {
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	if o.write([]byte(fmt.Sprintf("retry: %d\n\n", streamRetryMS))) != nil {
		return
	}
	for {
		next := []byte("event: beat\ndata: {}\n\n")
		select {
		case <-o.r.Context().Done():
			return
		case u, ok := <-heard:
			if !ok {
				return
			}
			data, err := json.Marshal(said{URL: "/voice/" + url.PathEscape(zone) + "/" + u.ID + ".wav", MS: u.Length.Milliseconds()})
			if err != nil {
				panic("web: " + err.Error()) // text and a number
			}
			next = append([]byte("id: "+u.ID+"\n"), message("say", data)...)
		case <-beat.C:
		}
		if o.write(next) != nil {
			return
		}
	}
}

// voiceSound serves an utterance as a WAV file while it is said, and a little longer.
func (s *Server) voiceSound(w http.ResponseWriter, r *http.Request) {
	id, isWAV := strings.CutSuffix(r.PathValue("file"), ".wav")
	if s.opts.Voice == nil || !isWAV {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	wav, ok := s.opts.Voice.Sound(voiceZone(r.PathValue("zone")), id)
	if !ok {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "audio/wav")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(wav))
}
