package simulation

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// witness writes down what reached whom. It is asked when the day is over.
type witness struct {
	mu      sync.Mutex // guards what follows: every transport tells it
	talks   map[string]*talk
	stamps  map[string]protocol.Stamp    // last that the hub published, by topic
	taken   map[string]protocol.Stamp    // last that a device took, by device and topic
	current map[protocol.WindowID]string // ticket at each window, as published
	at      time.Time                    // of the hub's present round of states
	hashes  map[uint64]string            // of events, as published
	calls   map[uint64]string            // announcements, by call
	broken  []string
	faults  map[string]int
}

// talk is one request of a device and what came back.
type talk struct {
	device  string
	req     protocol.Request
	answers [][]byte // in the order of arrival, each different one once
}

func newWitness() *witness {
	return &witness{
		talks: map[string]*talk{}, stamps: map[string]protocol.Stamp{}, taken: map[string]protocol.Stamp{},
		current: map[protocol.WindowID]string{}, hashes: map[uint64]string{}, calls: map[uint64]string{},
		faults: map[string]int{},
	}
}

func (w *witness) breaks(rule, format string, args ...any) {
	w.broken = addBroken(w.broken, rule, format, args...)
}

// fault counts a fault that happened.
func (w *witness) fault(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[name]++
}

// asked notes a request that a device sends.
func (w *witness) asked(device string, payload []byte) {
	var req protocol.Request
	if json.Unmarshal(payload, &req) != nil {
		return
	}
	req.PIN, req.ManagerPIN = "", ""
	w.mu.Lock()
	defer w.mu.Unlock()
	key := device + "/" + string(req.ID)
	if w.talks[key] == nil {
		w.talks[key] = &talk{device: device, req: req}
	}
}

// answered notes a reply that reached a device.
func (w *witness) answered(device string, payload []byte) {
	var reply protocol.Reply
	if json.Unmarshal(payload, &reply) != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.talks[device+"/"+string(reply.ID)]
	if t == nil {
		w.breaks("answers", "%s got an answer to %q, which it never asked", device, reply.ID)
		return
	}
	for _, a := range t.answers {
		if string(a) == string(payload) {
			return
		}
	}
	t.answers = append(t.answers, payload)
}

// begins forgets what a device took before: its program starts anew.
func (w *witness) begins(device string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key := range w.taken {
		if strings.HasPrefix(key, device+" ") {
			delete(w.taken, key)
		}
	}
}

// took notes a state that a device's link let through.
func (w *witness) took(device string, topic protocol.Topic, payload []byte) {
	var stamp protocol.Stamp
	if json.Unmarshal(payload, &stamp) != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	key := device + " " + topic.String()
	if last, known := w.taken[key]; known && !stamp.NewerThan(last) {
		w.breaks("order of states", "%s took %+v of %s after %+v", device, stamp, topic, last)
	}
	w.taken[key] = stamp
}

// published notes what the hub sends.
func (w *witness) published(topic string, payload []byte) {
	parsed, err := protocol.ParseTopic(topic)
	if err != nil || len(payload) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch parsed.Kind {
	case protocol.KindEvent:
		var e protocol.Event
		if json.Unmarshal(payload, &e) == nil {
			w.hashes[e.Seq] = e.Hash
		}
		return
	case protocol.KindAnnounce:
		w.announced(payload)
		return
	case protocol.KindWindow:
		w.window(payload)
	case protocol.KindReply:
		return
	}
	var stamp protocol.Stamp
	if json.Unmarshal(payload, &stamp) != nil {
		w.breaks("order of states", "%s has no stamp", topic)
		return
	}
	if last, known := w.stamps[topic]; known && !stamp.NewerThan(last) {
		w.breaks("order of states", "the hub published %+v of %s after %+v", stamp, topic, last)
	}
	w.stamps[topic] = stamp
}

// announced notes a spoken call. w.mu is held.
func (w *witness) announced(payload []byte) {
	var a protocol.Announce
	if json.Unmarshal(payload, &a) != nil {
		return
	}
	what := a.Number + " at " + string(a.Window)
	if before, twice := w.calls[a.Call]; twice {
		w.breaks("announcements", "call %d was spoken twice: %s, then %s", a.Call, before, what)
	}
	w.calls[a.Call] = what
}

// window notes who is at a window. When a round of states is over, nobody may be at two. w.mu is held.
func (w *witness) window(payload []byte) {
	var s protocol.WindowState
	if json.Unmarshal(payload, &s) != nil {
		return
	}
	if !s.At.Equal(w.at) {
		w.twoWindows()
		w.at = s.At
	}
	delete(w.current, s.Window)
	if s.Current != nil {
		w.current[s.Window] = s.Current.Number
	}
}

func (w *witness) twoWindows() {
	seen := map[string]protocol.WindowID{}
	for id, number := range w.current {
		if other, twice := seen[number]; twice {
			w.breaks("two windows", "%s was shown at windows %s and %s at %s", number, id, other, w.at.Format(time.TimeOnly))
		}
		seen[number] = id
	}
}

// spy is a device's transport that tells the witness.
type spy struct {
	link.Transport
	w      *witness
	client string
	mutant Mutant

	mu      sync.Mutex         // guards what follows: requests come from many goroutines
	alias   map[string]string  // of NewIDs: what the hub gets, to what the device asked
	deliver func(link.Message) // of EarlyAnswer
}

// Publish implements link.Transport.
func (s *spy) Publish(topic string, payload []byte, qos byte, retain bool) error {
	if parsed, err := protocol.ParseTopic(topic); err == nil && parsed.Kind == protocol.KindRequest {
		s.w.asked(s.client, payload)
		payload = s.mutate(payload)
		if payload == nil {
			return nil
		}
	}
	return s.Transport.Publish(topic, payload, qos, retain)
}

// mutate spoils a request as the mutant has it; nil drops it.
func (s *spy) mutate(payload []byte) []byte {
	var req protocol.Request
	if s.mutant == None || json.Unmarshal(payload, &req) != nil {
		return payload
	}
	switch {
	case s.mutant == LostReports && req.Do == protocol.TicketPrinted:
		return nil
	case s.mutant == EarlyAnswer && req.Do == protocol.WindowFinish:
		s.invent(req.ID)
		return nil
	case s.mutant != NewIDs || req.Do != protocol.TicketIssue:
		return payload
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := fmt.Sprintf("%s.%d", req.ID, len(s.alias))
	s.alias[fresh] = string(req.ID)
	req.ID = protocol.RequestID(fresh)
	return encoded(req, payload)
}

// invent answers a request that nobody got.
func (s *spy) invent(id protocol.RequestID) {
	s.mu.Lock()
	deliver := s.deliver
	s.mu.Unlock()
	topic := protocol.DeviceTopic(hallID, protocol.DeviceID(s.client), protocol.KindReply).String()
	go deliver(link.Message{Topic: topic, Payload: encoded(protocol.Reply{ID: id, OK: &protocol.OK{}}, nil)})
}

func encoded(v any, otherwise []byte) []byte {
	if raw, err := json.Marshal(v); err == nil {
		return raw
	}
	return otherwise
}

// unmutate gives a reply the id that the device asked with.
func (s *spy) unmutate(payload []byte) []byte {
	var reply protocol.Reply
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.alias) == 0 || json.Unmarshal(payload, &reply) != nil || s.alias[string(reply.ID)] == "" {
		return payload
	}
	reply.ID = protocol.RequestID(s.alias[string(reply.ID)])
	return encoded(reply, payload)
}

// Run implements link.Transport.
func (s *spy) Run(ctx context.Context, session link.Session) error {
	message := session.Message
	session.Message = func(m link.Message) {
		parsed, err := protocol.ParseTopic(m.Topic)
		switch {
		case err != nil:
		case parsed.Kind == protocol.KindReply:
			m.Payload = s.unmutate(m.Payload)
			s.w.answered(s.client, m.Payload)
		case s.mutant == NoStamps:
			m.Payload = unstamped(m.Payload)
		}
		message(m)
	}
	s.mu.Lock()
	s.deliver = session.Message
	s.mu.Unlock()
	return s.Transport.Run(ctx, session)
}

// unstamped takes the order from a state.
func unstamped(payload []byte) []byte {
	var all map[string]json.RawMessage
	if json.Unmarshal(payload, &all) != nil {
		return payload
	}
	delete(all, "epoch")
	delete(all, "seq")
	return encoded(all, payload)
}

func hexOf(hash [32]byte) string { return hex.EncodeToString(hash[:]) }

// serviceOf is the service of a state.
func serviceOf(payload []byte) protocol.ServiceID {
	var s protocol.ServiceState
	if json.Unmarshal(payload, &s) != nil {
		return "?"
	}
	return s.Service
}
