package drive

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Bounds of what a driver may say.
const (
	tMin      = -float64(early / time.Second) // s: the engine's day begins then
	tMax      = 7 * 24 * 3600.0               // s: days after the last one is served, and far from any overflow
	noise     = 1e-6                          // s: what sums of a driver's floats may run backwards
	lengthMax = 24 * 3600.0                   // s: of a service, a limit or a turnover
)

// What is legal, in an error's words.
var (
	legalT      = fmt.Sprintf("a number from %.0f to %.0f", tMin, tMax)
	legalLength = fmt.Sprintf("0 to %.0f s", lengthMax)
)

var errNoDay = errors.New("no day is open, legal is init first")

// moment returns the time of a line, which must not be before that of the line before.
func (h *Hub) moment(t float64) (float64, error) {
	switch {
	case h.state.Day == "":
		return 0, errNoDay
	case math.IsNaN(t) || t < tMin || t > tMax:
		return 0, fmt.Errorf("t %g is out of range, legal are %.0f to %.0f s from opening", t, tMin, tMax)
	case t < h.last-noise:
		return 0, fmt.Errorf("t %.12g runs backwards, legal are %.12g, where the line before was, to %.0f", t, h.last, tMax)
	}
	return max(t, h.last), nil
}

// check names the first value of a hall that cannot be; what is left is for the plan's own check.
func (s *Setup) check() error {
	if err := s.room(); err != nil {
		return err
	}
	services := map[int]bool{}
	for i, svc := range s.Services {
		at := fmt.Sprintf("services[%d]", i)
		if err := ofID(at, svc.ID, services); err != nil {
			return err
		}
		if err := cmp.Or(length(at+".cfg_mean_s", svc.CfgMeanS), length(at+".sla_s", svc.SLAS), protocol.CheckText(at+".name", svc.Name)); err != nil {
			return err
		}
	}
	windows := map[int]bool{}
	for i := range s.Windows {
		w, at := &s.Windows[i], fmt.Sprintf("windows[%d]", i)
		if err := ofID(at, w.ID, windows); err != nil {
			return err
		}
		for _, list := range []struct {
			name string
			of   []int
		}{{"primary", w.Primary}, {"backup", w.Backup}} {
			for _, svc := range list.of {
				if !services[svc] {
					return fmt.Errorf("%s.%s: service %d is unknown, legal are %v", at, list.name, svc, s.serviceIDs())
				}
			}
		}
	}
	if s.CloseS < 0 || s.CloseS > tMax {
		return fmt.Errorf("close_s %g is out of range, legal are 0 to %.0f", s.CloseS, tMax)
	}
	return length("turnover_s", s.TurnoverS)
}

// room checks that the engine can hold the hall with what [Setup.whole] adds.
func (s *Setup) room() error {
	if n := len(s.Services); n < 1 || n > queue.ServicesMax {
		return fmt.Errorf("services are %d, legal are 1 to %d", n, queue.ServicesMax)
	}
	if n := len(s.Windows); n < 1 || n > queue.WindowsMax {
		return fmt.Errorf("windows are %d, legal are 1 to %d", n, queue.WindowsMax)
	}
	all := s.whole()
	if len(all.Services) > queue.ServicesMax {
		return fmt.Errorf("services are %d, legal are 1 to %d when a window has no primary", len(s.Services), queue.ServicesMax-1)
	}
	if away := len(all.Windows) - len(s.Windows); len(all.Windows) > queue.WindowsMax {
		return fmt.Errorf("windows are %d, legal are 1 to %d when %d services are no window's primary", len(s.Windows), queue.WindowsMax-away, away)
	}
	return nil
}

// ofID checks an id and notes it.
func ofID(at string, id int, seen map[int]bool) error {
	if id < 0 || seen[id] {
		return fmt.Errorf("%s.id %d is negative or twice there, legal are whole numbers from 0, each once", at, id)
	}
	seen[id] = true
	return nil
}

func length(name string, s float64) error {
	if !(s >= 0 && s <= lengthMax) {
		return fmt.Errorf("%s %g is out of range, legal are 0 to %.0f s", name, s, lengthMax)
	}
	return nil
}
