package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	_ "embed"

	"jiaohao/protocol"
)

//go:embed openapi.json
var openAPIDocument []byte

// refusal is the JSON of every answer that is a no.
type refusal struct {
	Refused *protocol.Refusal `json:"refused"`
}

// services, windows and devices are lists with the time for which they are true.
type services struct {
	At       time.Time               `json:"at"`
	Services []protocol.BoardService `json:"services"`
}

type windows struct {
	At      time.Time              `json:"at"`
	Windows []protocol.WindowState `json:"windows"`
}

type devices struct {
	At      time.Time   `json:"at"`
	Devices []deviceNow `json:"devices"`
}

// refuse answers with a refusal whose code fits the status.
func (s *Server) refuse(w http.ResponseWriter, status int, text protocol.Text) {
	code := protocol.BadRequest
	switch status {
	case http.StatusForbidden:
		code = protocol.NotAllowed
	case http.StatusNotFound:
		code = protocol.UnknownAction
	case http.StatusTooManyRequests:
		code = protocol.Overloaded
	case http.StatusServiceUnavailable, http.StatusInternalServerError:
		code = protocol.Unavailable
	}
	s.json(w, status, refusal{&protocol.Refusal{Code: code, Text: text}})
}

func (s *Server) json(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.opts.Log.Error("answer failed", "err", err)
		status, b = http.StatusInternalServerError, []byte(`{"refused":{"code":"unavailable","text":{}}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the caller may be gone; there is nobody to tell
}

// answer writes v, or that the hall does not answer.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, v any, err error) {
	if err != nil {
		s.opts.Log.Warn("the hall did not answer", "path", r.Pattern, "err", err)
		s.fail(w, r, http.StatusServiceUnavailable)
		return
	}
	s.json(w, http.StatusOK, v)
}

// recent is how old a state may be that several callers of the API share.
func recent() time.Time { return time.Now().Add(-streamPace) }

func (s *Server) apiBoard(w http.ResponseWriter, r *http.Request) {
	b, err := s.boardNow(r.Context(), recent())
	s.answer(w, r, b, err)
}

func (s *Server) apiServices(w http.ResponseWriter, r *http.Request) {
	b, err := s.boardNow(r.Context(), recent())
	s.answer(w, r, services{At: b.At, Services: b.Services}, err)
}

func (s *Server) apiWindows(w http.ResponseWriter, r *http.Request) {
	g, err := s.look(r.Context(), recent())
	s.answer(w, r, windows{At: g.At, Windows: g.Windows}, err)
}

func (s *Server) apiDevices(w http.ResponseWriter, r *http.Request) {
	g, err := s.look(r.Context(), recent())
	s.answer(w, r, devices{At: g.At, Devices: g.Devices}, err)
}

func (s *Server) apiFigures(w http.ResponseWriter, r *http.Request) {
	g, err := s.look(r.Context(), recent())
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	f, err := s.figuresNow(r.Context(), &g)
	s.answer(w, r, f, err)
}

func (s *Server) apiTicket(w http.ResponseWriter, r *http.Request) {
	id, ok := s.opened(w, r)
	if !ok {
		return
	}
	v, ok, err := s.ticketView(r, id)
	if err == nil && !ok {
		s.noTicket(w, r)
		return
	}
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	s.json(w, http.StatusOK, publicTicket(v.Ticket))
}

// apiRequest carries out one request of the protocol, as a device would send it.
func (s *Server) apiRequest(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		s.refuse(w, http.StatusBadRequest, s.texts.both("error.json"))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			s.refuse(w, http.StatusRequestEntityTooLarge, s.texts.both("error.413"))
			return
		}
		s.refuse(w, http.StatusBadRequest, s.texts.both("error.400"))
		return
	}
	var req protocol.Request
	if err := protocol.Decode(body, &req); err != nil {
		var refused *protocol.Refusal
		if !errors.As(err, &refused) {
			s.fail(w, r, http.StatusBadRequest)
			return
		}
		s.json(w, http.StatusBadRequest, refusal{refused})
		return
	}
	reply := s.opts.Hall.Ask(r.Context(), source(s.who(r)), req)
	status := http.StatusOK
	if reply.Refused != nil {
		status = httpStatus(reply.Refused.Code)
	}
	s.json(w, status, reply)
}

func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(openAPIDocument) // the caller may be gone
}
