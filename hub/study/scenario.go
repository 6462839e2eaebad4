package study

import (
	"math"
	"slices"

	"jiaohao/hub/drive"
	"jiaohao/hub/replay"
	"jiaohao/protocol"
)

// Limits of waits in s that the two halls are judged by: they promised none.
const (
	bankLimit   = 60
	warsawLimit = 1200
)

// penalty is how many times as long a service takes at the backup of a Warsaw window.
const penalty = 1.15

// Scenario makes a day to play out of a recorded one.
func Scenario(day *replay.Day) *drive.Scenario {
	warsaw := day.Format == "warsaw"
	s := &drive.Scenario{Name: day.Format + "/" + string(day.Hall) + "/" + day.Date, Penalty: penalty, Close: 24 * 3600}
	open := opening(day)
	index := map[protocol.ServiceID]int{}
	for i, svc := range day.Services {
		index[svc.ID] = i
		t := drive.ServiceTruth{}
		t.ID, t.Name, t.SLAS = i, string(svc.ID), bankLimit
		if warsaw {
			t.SLAS = warsawLimit
		}
		s.Services = append(s.Services, t)
	}
	s.Windows = windows(day, index, open)
	total, n := make([]float64, len(s.Services)), make([]float64, len(s.Services))
	for i := range day.Visits {
		v := &day.Visits[i]
		if v.Left {
			continue
		}
		svc := index[v.Service]
		work := max(float64(v.End-v.Start), 1)
		s.Tickets = append(s.Tickets, drive.Citizen{ID: len(s.Tickets), Svc: svc, Arr: float64(v.Arrive) - open, Work: work})
		total[svc], n[svc] = total[svc]+work, n[svc]+1
	}
	for i := range s.Services {
		s.Services[i].MeanS = total[i] / max(1, n[i])
		s.Services[i].CfgMeanS = max(s.Services[i].MeanS, 1)
	}
	if warsaw {
		calibrate(day, s)
	}
	return s
}

// recorded are the figures of the day as it was.
func recorded(day *replay.Day, s *drive.Scenario) drive.Figures {
	n := len(s.Tickets)
	p := drive.Played{Scenario: s, Promises: make([]drive.Quantiles, n), Naive: make([]float64, n), Warned: make([]float64, n)}
	for i := range day.Visits {
		if v := &day.Visits[i]; !v.Left {
			at := s.Tickets[len(p.Calls)].Arr
			p.Calls = append(p.Calls, drive.Call{Ticket: len(p.Calls), At: max(at, 0) + float64(v.Start-v.Arrive)})
		}
	}
	return p.Measure()
}

// opening is when the first window works, in s after midnight.
func opening(day *replay.Day) float64 {
	first := 24 * 3600
	for i := range day.Posts {
		first = min(first, day.Posts[i].On[0].From)
	}
	return float64(first)
}

func windows(day *replay.Day, index map[protocol.ServiceID]int, open float64) []drive.WindowTruth {
	var all []drive.WindowTruth
	for i := range day.Posts {
		post := &day.Posts[i]
		if post.Extra || day.Format == "warsaw" && seldom(day, post) {
			continue
		}
		w := drive.WindowTruth{Speed: 1}
		w.ID, w.Name, w.Partner = len(all), string(post.ID), len(all)
		for _, svc := range post.Services {
			w.Primary = append(w.Primary, index[svc])
		}
		w.On = presence(day, post, open)
		w.Roster = w.On
		all = append(all, w)
	}
	for pair, two := range partners(all) {
		a, b := &all[two[0]], &all[two[1]]
		a.Pair, b.Pair, a.Partner, b.Partner = pair, pair, b.ID, a.ID
		a.Backup, b.Backup = others(b.Primary, a.Primary), others(a.Primary, b.Primary)
	}
	return all
}

// regular is for how long, in s, a window served on a day that was no stopgap.
const regular = 2 * 3600

// seldom reports whether a window was opened for a short rush only, and is not the one that
// served its queue longest.
func seldom(day *replay.Day, post *replay.Post) bool {
	busy := func(p *replay.Post) int {
		total := 0
		for _, on := range p.On {
			total += on.To - on.From
		}
		return total
	}
	mine := busy(post)
	return mine < regular && slices.ContainsFunc(day.Posts, func(p replay.Post) bool {
		return p.Services[0] == post.Services[0] && (busy(&p) > mine || busy(&p) == mine && p.ID < post.ID)
	})
}

// others are the services of the partner that a window does not have itself.
func others(partner, own []int) []int {
	return slices.DeleteFunc(slices.Clone(partner), func(svc int) bool { return slices.Contains(own, svc) })
}

// partners pairs windows, first those of two queues that stand side by side, then who is
// left. The last of an odd number is a pair by itself.
func partners(all []drive.WindowTruth) [][2]int {
	queues := map[int][]int{}
	most := 0
	for i := range all {
		first := all[i].Primary[0]
		queues[first] = append(queues[first], i)
		most = max(most, first)
	}
	var pairs [][2]int
	var rest []int
	for q := 0; q <= most; q += 2 {
		a, b := queues[q], queues[q+1]
		n := min(len(a), len(b))
		for i := range n {
			pairs = append(pairs, [2]int{a[i], b[i]})
		}
		rest = append(append(rest, a[n:]...), b[n:]...)
	}
	for half := (len(rest) + 1) / 2; len(rest) > 0; half = (len(rest) + 1) / 2 {
		pairs = append(pairs, [2]int{rest[0], rest[half%len(rest)]})
		rest = slices.DeleteFunc(rest[1:], func(i int) bool { return i == pairs[len(pairs)-1][1] })
	}
	return pairs
}

// presence is when a window was at work: in Warsaw all day. A bank's agent was not there between two calls
// when somebody waited meanwhile. After the day's last service everybody is there, so that
// nobody is left.
func presence(day *replay.Day, post *replay.Post, open float64) []drive.Span {
	from, to := post.On[0].From, post.On[len(post.On)-1].To
	over := 0
	for i := range day.Visits {
		over = max(over, day.Visits[i].End)
	}
	if day.Format == "warsaw" {
		from, to = int(open), over
	}
	var on []drive.Span
	stay := func(from, to int) {
		if to > from {
			on = append(on, drive.Span{From: float64(from) - open, To: float64(to) - open, Planned: true})
		}
	}
	if day.Format == "bank" {
		var mine []*replay.Visit
		for i := range day.Visits {
			if v := &day.Visits[i]; v.Window == post.ID && !v.Left {
				mine = append(mine, v)
			}
		}
		slices.SortFunc(mine, func(a, b *replay.Visit) int { return a.Start - b.Start })
		for i := 1; i < len(mine); i++ {
			if gone, back := mine[i-1].End, mine[i].Start; back > gone && waited(day, gone, back) {
				stay(from, gone)
				from = back
			}
		}
	}
	stay(from, to)
	return append(on, drive.Span{From: float64(over+1) - open, To: 48 * 3600, Planned: true})
}

// absent is for how many s somebody waits before an idle agent is taken to be away.
const absent = 10

// waited reports whether somebody waited between two moments.
func waited(day *replay.Day, from, to int) bool {
	return slices.ContainsFunc(day.Visits, func(v replay.Visit) bool {
		return min(v.Start, to)-max(v.Arrive, from) >= absent
	})
}

// calibrate shortens the services of each queue until its own windows alone, first come
// first served, give its recorded mean wait.
func calibrate(day *replay.Day, s *drive.Scenario) {
	recorded, n := make([]float64, len(s.Services)), make([]float64, len(s.Services))
	for i := range day.Visits {
		if v := &day.Visits[i]; !v.Left {
			svc := slices.IndexFunc(day.Services, func(o replay.Service) bool { return o.ID == v.Service })
			recorded[svc], n[svc] = recorded[svc]+float64(v.Wait), n[svc]+1
		}
	}
	for svc := range s.Services {
		low, high := 0.02, 1.5
		for range 30 {
			mid := (low + high) / 2
			if ownLine(s, svc, mid) > recorded[svc]/max(1, n[svc]) {
				high = mid
			} else {
				low = mid
			}
		}
		for i := range s.Tickets {
			if s.Tickets[i].Svc == svc {
				s.Tickets[i].Work *= low
			}
		}
		s.Services[svc].MeanS *= low
		s.Services[svc].CfgMeanS = max(s.Services[svc].MeanS, 1)
	}
}

// ownLine is the mean wait in s of a service at its own windows alone, its services
// scaled.
func ownLine(s *drive.Scenario, svc int, scale float64) float64 {
	type desk struct{ free, gone, back float64 }
	var desks []desk
	for i := range s.Windows {
		if on := s.Windows[i].On; slices.Contains(s.Windows[i].Primary, svc) {
			desks = append(desks, desk{on[0].From, on[0].To, on[len(on)-1].From})
		}
	}
	sum, n := 0.0, 0.0
	for i := range s.Tickets {
		t := &s.Tickets[i]
		if t.Svc != svc || len(desks) == 0 {
			continue
		}
		first, start := 0, math.Inf(1)
		for k, d := range desks {
			at := max(d.free, t.Arr)
			if at > d.gone {
				at = max(at, d.back)
			}
			if at < start {
				first, start = k, at
			}
		}
		desks[first].free = start + t.Work*scale
		sum, n = sum+start-max(t.Arr, 0), n+1
	}
	return sum / max(1, n)
}
