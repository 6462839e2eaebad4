package forecast

import (
	"slices"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// shape is a plan by numbers: services and windows by their index.
type shape struct {
	services map[protocol.ServiceID]int
	windows  map[protocol.WindowID]int
	own      [][]int // of a window: its services
	backup   [][]int // and those that it covers
	duties   [][]dutyOf
	primary  [][]int // of a service: its own windows
	limit    []float64
	typical  []float64 // s, 0 when unknown
	part     []int     // of a service: the part of the hall that it is in
	parts    []part
}

// dutyOf is a [queue.Duty] by numbers: times in s.
type dutyOf struct {
	partner        int
	services       []int
	delay, on, off float64
	idle           bool
}

// part is services linked by windows: nothing outside matters to it.
type part struct{ services, windows []int }

func newShape(p *queue.Plan) *shape {
	s := &shape{services: map[protocol.ServiceID]int{}, windows: map[protocol.WindowID]int{}}
	for i := range p.Services {
		s.services[p.Services[i].ID] = i
		s.limit = append(s.limit, p.Services[i].Limit())
		s.typical = append(s.typical, float64(p.Services[i].Typical)/1e9)
	}
	s.primary, s.part = make([][]int, len(p.Services)), make([]int, len(p.Services))
	for i := range p.Windows {
		w := &p.Windows[i]
		s.windows[w.ID] = i
		s.own = append(s.own, s.indices(w.Primary))
		s.backup = append(s.backup, s.indices(p.Backup(w.ID)))
		for _, svc := range s.own[i] {
			s.primary[svc] = append(s.primary[svc], i)
		}
	}
	for i := range p.Windows {
		var duties []dutyOf
		for _, d := range p.Duties(p.Windows[i].ID) {
			duties = append(duties, dutyOf{
				partner: s.windows[d.For], services: s.indices(d.Services),
				delay: d.Delay.Seconds(), on: d.On.Seconds(), off: d.Off.Seconds(), idle: d.IdleHelp,
			})
		}
		s.duties = append(s.duties, duties)
	}
	s.split()
	return s
}

func (s *shape) indices(ids []protocol.ServiceID) []int {
	var all []int
	for _, id := range ids {
		if i, ok := s.services[id]; ok && !slices.Contains(all, i) {
			all = append(all, i)
		}
	}
	return all
}

// split finds the parts: every window joins the parts of its services.
func (s *shape) split() {
	for i := range s.part {
		s.part[i] = i
	}
	for changed := true; changed; {
		changed = false
		for w := range s.own {
			all := append(slices.Clone(s.own[w]), s.backup[w]...)
			low := len(s.part)
			for _, svc := range all {
				low = min(low, s.part[svc])
			}
			for _, svc := range all {
				changed = changed || s.part[svc] != low
				s.part[svc] = low
			}
		}
	}
	s.parts = make([]part, len(s.part))
	for svc, p := range s.part {
		s.parts[p].services = append(s.parts[p].services, svc)
	}
	for w := range s.own {
		if len(s.own[w]) > 0 {
			p := &s.parts[s.part[s.own[w][0]]]
			p.windows = append(p.windows, w)
		}
	}
}
