package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// What one screen shows at once in letters that are read from 8 m away.
const (
	boardWindows  = 12
	boardServices = 8
	boardRecent   = 4
)

// boardView is the hall board.
type boardView struct {
	page
	Board    protocol.Board
	Hero     *protocol.BoardCall // the newest call
	Recent   []protocol.BoardCall
	Windows  []boardWindow
	Services []boardService
	Voice    *boardVoice // nil unless the page is to speak
}

// boardWindow and boardService carry the page of the screen on which they stand:
// a large hall's board turns over.
type boardWindow struct {
	protocol.BoardWindow
	Page int
}

type boardService struct {
	protocol.BoardService
	Page int
}

// NoticeText is the notice line.
func (v *boardView) NoticeText() string { return v.Say(v.Board.Notice) }

// Unmanned reports whether the day is open and nobody has signed on at any window.
func (v *boardView) Unmanned() bool {
	return v.Board.Open && !slices.ContainsFunc(v.Board.Windows, func(w protocol.BoardWindow) bool { return w.Status != protocol.Closed })
}

// boardNow returns the board as it was at since or later.
func (s *Server) boardNow(ctx context.Context, since time.Time) (protocol.Board, error) {
	return s.board.get(since, func() (b protocol.Board, err error) {
		err = s.read(ctx, func(st *queue.State, now time.Time) { b = view.Board(st, now) })
		return b, err
	})
}

func newBoardView(p page, b protocol.Board) *boardView {
	v := &boardView{page: p, Board: b}
	v.Style, v.Script = "board.css", "live.js"
	if len(b.Calls) > 0 {
		v.Hero = &b.Calls[0]
		v.Recent = b.Calls[1:min(len(b.Calls), boardRecent+1)]
	}
	windows := slices.Clone(b.Windows)
	if len(windows) > boardWindows { // closed ones last, so that the first page matters most
		slices.SortStableFunc(windows, func(a, b protocol.BoardWindow) int { return rank(a) - rank(b) })
	}
	for i, w := range windows {
		v.Windows = append(v.Windows, boardWindow{w, i / boardWindows})
	}
	for i, q := range b.Services {
		v.Services = append(v.Services, boardService{q, i / boardServices})
	}
	return v
}

func rank(w protocol.BoardWindow) int {
	switch {
	case w.Number != "":
		return 0
	case w.Status == protocol.Open || w.To != "":
		return 1
	case w.Status == protocol.Closed:
		return 3
	}
	return 2
}

func (s *Server) boardPage(w http.ResponseWriter, r *http.Request) {
	f, err := s.boardFeed(r, time.Now())
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable)
		return
	}
	v := f.page.(*boardView)
	v.Voice = s.boardVoice(r)
	s.render(w, r, http.StatusOK, "board", v)
}

func (s *Server) boardFeed(r *http.Request, since time.Time) (frame, error) {
	b, err := s.boardNow(r.Context(), since)
	if err != nil {
		return frame{}, err
	}
	return frame{at: b.At, state: b, template: "board-live", page: newBoardView(s.page(r, "nav.board"), b)}, nil
}

func (s *Server) devicesFeed(r *http.Request, since time.Time) (frame, error) {
	v, err := s.devicesView(r, since)
	if err != nil {
		return frame{}, err
	}
	return frame{at: v.at, state: map[string]any{"devices": v.Devices}, template: "devices-live", page: v}, nil
}
