package queue

import (
	"math"

	"jiaohao/protocol"
)

// Limits of what is learned from finished services.
const (
	skillMemory  = 400 // services kept in mind: a change of the business shows within weeks
	skillPrior   = 5   // the typed-in mean counts like so many services
	penaltyPrior = 30  // the expected penalty of cover counts like so many services
	skillEnough  = 5   // own services from which a covered one can be compared
)

// Skill is what finished services have taught about a service over the days. Sums of
// logarithms are in millionths and whole, so that every machine folds the same.
type Skill struct {
	N        int      `json:"n,omitempty"`       // at its own windows
	Total    Duration `json:"total,omitempty"`   // their time
	Log      int64    `json:"log,omitempty"`     // sum of ln(s)
	Covered  int      `json:"covered,omitempty"` // at posts that cover
	CoverLog int64    `json:"cover_log,omitempty"`
}

// learn adds a finished service to what is known, or takes it back with n = -1.
func (s *State) learn(t *Ticket, n int) {
	if t.Served <= 0 {
		return
	}
	micro := int64(math.Round(math.Log(float64(t.Served)/1e9) * 1e6))
	k := s.Skills[t.Service]
	if t.For != "" {
		k.Covered, k.CoverLog = k.Covered+n, k.CoverLog+int64(n)*micro
	} else {
		k.N, k.Total, k.Log = k.N+n, k.Total+Duration(n)*t.Served, k.Log+int64(n)*micro
	}
	s.setSkill(t.Service, k)
	s.retune()
}

func (s *State) setSkill(id protocol.ServiceID, k Skill) {
	if s.Skills == nil {
		s.Skills = map[protocol.ServiceID]Skill{}
	}
	s.Skills[id] = k
	if k == (Skill{}) {
		delete(s.Skills, id)
	}
}

// ageSkills lets old services fade when a day begins.
func (s *State) ageSkills() {
	for id, k := range s.Skills {
		if k.N+k.Covered > skillMemory {
			s.setSkill(id, Skill{N: k.N / 2, Total: k.Total / 2, Log: k.Log / 2, Covered: k.Covered / 2, CoverLog: k.CoverLog / 2})
		}
	}
}

// retune takes what was learned, or a new plan, into the calling order in force.
func (s *State) retune() {
	s.pen = s.learnedPenalty()
	s.ord = s.Plan.order(s.pen)
}

// penalty returns how many times as long a service takes at a post that covers.
func (s *State) penalty() float64 {
	if s.pen == 0 {
		return s.learnedPenalty()
	}
	return s.pen
}

func (s *State) learnedPenalty() float64 {
	n, sum := 0.0, 0.0
	for i := range s.Plan.Services {
		k := s.Skills[s.Plan.Services[i].ID]
		if k.N < skillEnough || k.Covered == 0 {
			continue
		}
		n += float64(k.Covered)
		sum += float64(k.CoverLog)/1e6 - float64(k.Covered)*float64(k.Log)/1e6/float64(k.N)
	}
	pen := math.Exp((penaltyPrior*math.Log(apqPenalty) + sum) / (penaltyPrior + n))
	return min(max(pen, penaltyMin), penaltyMax)
}

// expected returns the mean time in s of a service at its own windows, held to the
// plan's typical time; 600 s, which weighs nothing, when nothing is known.
func (s *State) expected(svc *Service) float64 {
	k := s.Skills[svc.ID]
	prior := 0.0
	if svc.Typical > 0 {
		prior = skillPrior
	}
	if prior+float64(k.N) == 0 {
		return apqRefer
	}
	return max((prior*float64(svc.Typical)+float64(k.Total))/(prior+float64(k.N))/1e9, 1)
}

// Expected returns the mean service time in s of a service that the calling order
// reckons with, or 0 for a service that the plan does not have.
func (s *State) Expected(id protocol.ServiceID) float64 {
	svc := s.Plan.Service(id)
	if svc == nil {
		return 0
	}
	return s.expected(svc)
}
