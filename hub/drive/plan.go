package drive

import (
	"fmt"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func serviceID(n int) protocol.ServiceID { return protocol.ServiceID(fmt.Sprintf("s%d", n)) }
func windowID(n int) protocol.WindowID   { return protocol.WindowID(fmt.Sprintf("w%d", n)) }
func clerkID(n int) protocol.ClerkID     { return protocol.ClerkID(fmt.Sprintf("c%d", n)) }

// prefix returns the n-th of the letters A to Z, AA to ZZ.
func prefix(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return string(rune('A'+n/26-1)) + string(rune('A'+n%26))
}

func (s *Setup) serviceIDs() []int {
	ids := make([]int, len(s.Services))
	for i := range ids {
		ids[i] = s.Services[i].ID
	}
	return ids
}

func (s *Setup) windowIDs() []int {
	ids := make([]int, len(s.Windows))
	for i := range ids {
		ids[i] = s.Windows[i].ID
	}
	return ids
}

// whole returns the hall with what a plan needs besides. A service that is no window's own
// gets one at which nobody ever works, with an id below 0: who backs the service up covers
// for that. A window with nothing of its own gets a service that nobody asks for.
func (s *Setup) whole() *Setup {
	all := *s
	all.Services, all.Windows = slices.Clone(s.Services), slices.Clone(s.Windows)
	spare := false
	for i := range s.Windows {
		if len(s.Windows[i].Primary) == 0 {
			spare, all.Windows[i].Primary = true, []int{none}
		}
	}
	for i := range s.Services {
		svc := s.Services[i].ID
		if !slices.ContainsFunc(s.Windows, func(w WindowSetup) bool { return slices.Contains(w.Primary, svc) }) {
			all.Windows = append(all.Windows, WindowSetup{ID: len(s.Windows) - len(all.Windows) - 1, Partner: none, Primary: []int{svc}})
		}
	}
	if spare {
		all.Services = append(all.Services, ServiceSetup{ID: none})
	}
	return &all
}

// Plan returns the plan of the hall that the driver describes, under a rule.
func (s *Setup) Plan(rule string, apq queue.APQ) queue.Plan {
	s = s.whole()
	p := queue.Plan{Version: 1, Hall: "driven", Name: protocol.Say("大厅", "Hall"), Zone: "UTC", Rule: rule, APQ: apq}
	for i, svc := range s.Services {
		p.Services = append(p.Services, queue.Service{
			ID: serviceID(svc.ID), Prefix: prefix(i), Name: protocol.Say(or(svc.Name, "业务"), or(svc.Name, "Service")),
			Promise: seconds(svc.SLAS), Typical: seconds(svc.CfgMeanS),
		})
	}
	for _, w := range s.Windows {
		win := queue.Window{ID: windowID(w.ID), Name: protocol.Say("窗口", "Window")}
		for _, svc := range w.Primary {
			if !slices.Contains(win.Primary, serviceID(svc)) {
				win.Primary = append(win.Primary, serviceID(svc))
			}
		}
		p.Windows = append(p.Windows, win)
		p.Clerks = append(p.Clerks, queue.Clerk{ID: clerkID(w.ID), Name: protocol.Say("职员", "Clerk"), PIN: "$argon2id$"})
	}
	p.Pairs = s.pairs()
	return p
}

func or(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

func seconds(s float64) queue.Duration { return queue.Duration(s * float64(time.Second)) }

// pairs turns every backup skill into cover of a window whose own the service is: the
// partner if it is one, else the first: a partner that is no window here, or the window
// itself, is none. Directions between the same two become one pair.
func (s *Setup) pairs() []queue.Pair {
	var pairs []queue.Pair
	add := func(w, of int, svc protocol.ServiceID) {
		i := slices.IndexFunc(pairs, func(p queue.Pair) bool {
			return p.A == windowID(of) && p.B == windowID(w) || p.A == windowID(w) && p.B == windowID(of)
		})
		if i < 0 {
			pairs = append(pairs, queue.Pair{A: windowID(of), B: windowID(w), Mode: queue.OneWay, Services: []protocol.ServiceID{svc}, IdleHelp: true})
			return
		}
		if pairs[i].A == windowID(w) {
			pairs[i].Mode = queue.Mutual
		}
		if !slices.Contains(pairs[i].Services, svc) {
			pairs[i].Services = append(pairs[i].Services, svc)
		}
	}
	for i := range s.Windows {
		w := &s.Windows[i]
		for _, svc := range w.Backup {
			if of := s.owner(w, svc); of != nil && !slices.Contains(w.Primary, svc) {
				add(w.ID, of.ID, serviceID(svc))
			}
		}
	}
	return pairs
}

// owner returns the window for which w backs up a service, or nil.
func (s *Setup) owner(w *WindowSetup, svc int) *WindowSetup {
	var first *WindowSetup
	for i := range s.Windows {
		other := &s.Windows[i]
		if other.ID == w.ID || !slices.Contains(other.Primary, svc) {
			continue
		}
		if other.ID == w.Partner {
			return other
		}
		if first == nil {
			first = other
		}
	}
	return first
}
