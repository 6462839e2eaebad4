package drive

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// Bounds of what a driver may say.
const (
	tMin      = -float64(early / time.Second) // s: the engine's day begins then
	tMax      = 7 * 24 * 3600.0               // s: days after the last one is served, and far from any overflow
	noise     = 1e-6                          // s: what sums of a driver's floats may run backwards
	lengthMax = 24 * 3600.0                   // s: of a service, a limit or a turnover
	showMax   = 60                            // characters of a line that an error shows
)

// badLine says in a driver's words what is the matter with a line that is no request.
func badLine(line []byte, err error) string {
	var t *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &t):
		text := []rune(strings.ToValidUTF8(string(line), "?"))
		if len(text) > showMax {
			text = append(text[:showMax], '…')
		}
		return fmt.Sprintf("line %q is not JSON (%v), legal is one JSON object", string(text), err)
	case t.Field == "":
		return fmt.Sprintf("line is a JSON %s, legal is one JSON object", t.Value)
	case t.Field == "t":
		return fmt.Sprintf("t is %s, legal is a number from %.0f to %.0f", t.Value, tMin, tMax)
	}
	return fmt.Sprintf("%s is %s, legal is %s", t.Field, t.Value, legalKind(t.Type.Kind()))
}

func legalKind(k reflect.Kind) string {
	switch k {
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}

// moment returns the time of a line, which must not be before that of the line before.
func (h *Hub) moment(t float64) (float64, error) {
	switch {
	case h.state.Day == "":
		return 0, errors.New("no day is open, legal is init first")
	case math.IsNaN(t) || t < tMin || t > tMax:
		return 0, fmt.Errorf("t %g is out of range, legal are %.0f to %.0f s from opening", t, tMin, tMax)
	case t < h.last-noise:
		return 0, fmt.Errorf("t %.12g runs backwards, legal are %.12g, where the line before was, to %.0f", t, h.last, tMax)
	}
	return max(t, h.last), nil
}

// check names the first value of a hall that cannot be; what is left is for the plan's own check.
func (s *Setup) check() error {
	services := map[int]bool{}
	var ids []int
	for i, svc := range s.Services {
		at := fmt.Sprintf("services[%d]", i)
		if err := ofID(at, svc.ID, services); err != nil {
			return err
		}
		ids = append(ids, svc.ID)
		if err := errors.Join(length(at+".cfg_mean_s", svc.CfgMeanS), length(at+".sla_s", svc.SLAS)); err != nil {
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
					return fmt.Errorf("%s.%s: service %d is unknown, legal are %v", at, list.name, svc, ids)
				}
			}
		}
	}
	if s.CloseS < 0 || s.CloseS > tMax {
		return fmt.Errorf("close_s %g is out of range, legal are 0 to %.0f", s.CloseS, tMax)
	}
	return length("turnover_s", s.TurnoverS)
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
