package queue

import (
	"math"
	"slices"
	"time"

	"jiaohao/protocol"
)

// Weights of the first waiting estimate.
const (
	priorServices = 5   // the typed-in mean counts like so many services of today
	serviceCV     = 0.8 // coefficient of variation of service times, from the bank's calls
	lowSigma      = 1.0 // the range reaches so far below the middle
	highSigma     = 1.3 // and so far above: being called early is forgiven, late is not

	meanMin = time.Second // of a service time: keys pressed one after another teach nothing shorter
)

// Estimate returns how many of the service's line are ahead of a ticket taken
// now, and the range of its wait. The range is unknown while nobody works at a
// window for the service, or before anything is known about service times.
func (s *State) Estimate(service protocol.ServiceID, class protocol.Class, now time.Time) (ahead int, wait protocol.Range) {
	ahead, wait, _ = s.promise(service, class, now)
	return ahead, wait
}

// last is the place of one who comes now.
func last(now time.Time) Place { return Place{At: now, Seq: math.MaxUint64} }

// Remaining returns how many are ahead of a waiting ticket and the range of
// what it still has to wait. Of any other ticket it returns 0 and unknown.
func (s *State) Remaining(id protocol.TicketID, now time.Time) (ahead int, wait protocol.Range) {
	t := s.Tickets[id]
	if t == nil || t.Stage != protocol.Waiting || t.Only != "" {
		return 0, protocol.Range{}
	}
	ahead, wait = s.waitAt(t.Service, t.Class, t.Place, now)
	if span, ok := s.foreseenTicket(id, now); ok && wait.Known {
		wait = span.Range()
	}
	return ahead, wait
}

func (s *State) waitAt(service protocol.ServiceID, class protocol.Class, place Place, now time.Time) (int, protocol.Range) {
	ahead := s.ahead(service, class, place)
	staff := s.staff()
	windows := staff[service]
	mean, known := s.mean(service)
	if len(windows) == 0 || !known {
		return ahead, protocol.Range{}
	}
	work, free := 0.0, false
	for _, w := range windows {
		left, busy := s.residual(w, now)
		work += left
		free = free || !busy
	}
	queued := s.workAhead(service, class, place, staff)
	if free && queued == 0 {
		return ahead, protocol.Range{Known: true, HighMS: time.Minute.Milliseconds()}
	}
	n := float64(len(windows))
	middle := (work + queued) / n
	sigma := mean * serviceCV * math.Sqrt(max(1, (work+queued)/mean)) / n
	minute := float64(time.Minute)
	low := math.Floor(max(0, middle-lowSigma*sigma)/minute) * minute
	high := math.Ceil((middle+highSigma*sigma)/minute) * minute
	return ahead, protocol.Range{
		Known: true, LowMS: time.Duration(low).Milliseconds(), HighMS: time.Duration(high).Milliseconds(),
	}
}

// ahead counts the tickets of the service's line that are called before.
func (s *State) ahead(service protocol.ServiceID, class protocol.Class, place Place) int {
	n := 0
	for _, id := range s.Lines[service] {
		if before(s.Tickets[id], class, place) {
			n++
		}
	}
	return n
}

// before reports whether t is expected to be called before a ticket of the class
// and place: all green tickets go before others, and others not before green.
func before(t *Ticket, class protocol.Class, place Place) bool {
	if (t.Class == protocol.Green) != (class == protocol.Green) {
		return t.Class == protocol.Green
	}
	return t.Place.Before(place)
}

// staff lists, for each service, the windows that would call it now.
func (s *State) staff() map[protocol.ServiceID][]protocol.WindowID {
	staff := make(map[protocol.ServiceID][]protocol.WindowID, len(s.Plan.Services))
	for i := range s.Plan.Windows {
		w := s.Plan.Windows[i].ID
		if s.Posts[w].Status != protocol.Open {
			continue
		}
		for _, l := range s.callable(w, s.At) {
			if l.service != "" {
				staff[l.service] = append(staff[l.service], w)
			}
		}
	}
	return staff
}

// mean returns the mean service time of a service in ns: today's, held to the
// plan's typical time by priorServices.
func (s *State) mean(service protocol.ServiceID) (float64, bool) {
	svc, learned := s.Plan.Service(service), s.Learned[service]
	if svc == nil || svc.Typical == 0 && learned.N == 0 {
		return 0, false
	}
	prior := 0
	if svc.Typical > 0 {
		prior = priorServices
	}
	mean := (float64(prior)*float64(svc.Typical) + float64(learned.Total)) / float64(prior+learned.N)
	return max(mean, float64(meanMin)), true
}

// residual returns the time in ns that window w is still busy, by expectation.
func (s *State) residual(w protocol.WindowID, now time.Time) (float64, bool) {
	t := s.Tickets[s.Posts[w].Ticket]
	if t == nil {
		return 0, false
	}
	mean, known := s.mean(t.Service)
	if !known {
		return 0, true
	}
	spent := float64(now.Sub(t.ServeFrom))
	return max(mean-spent, mean/4), true
}

// workAhead returns the work in ns that the service's staff will do before a ticket
// of the class and place. Work of other services counts by the share of their
// windows that are among these.
func (s *State) workAhead(service protocol.ServiceID, class protocol.Class, place Place, staff map[protocol.ServiceID][]protocol.WindowID) float64 {
	total := 0.0
	for i := range s.Plan.Services {
		svc := s.Plan.Services[i].ID
		n := s.ahead(svc, class, place)
		if n == 0 {
			continue
		}
		share := 1.0
		if svc != service {
			others := staff[svc]
			both := 0
			for _, w := range others {
				if slices.Contains(staff[service], w) {
					both++
				}
			}
			if both == 0 {
				continue
			}
			share = float64(both) / float64(len(others))
		}
		mean, _ := s.mean(svc)
		total += float64(n) * mean * share
	}
	return total
}
