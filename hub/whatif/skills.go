package whatif

import (
	"cmp"
	"context"
	"slices"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// candidatesMax bounds how many skills are tried: the most promising by idle time and need.
const candidatesMax = 12

// SkillAdvice is what it would change if a window could also serve a service as a backup.
type SkillAdvice struct {
	Window  protocol.WindowID  `json:"window"`
	Service protocol.ServiceID `json:"service"`
	Mean    Interval           `json:"mean"`  // change of everybody's mean wait, min; negative is better
	P95     Interval           `json:"p95"`   // change of the 95th percentile, min
	Saved   Interval           `json:"saved"` // minutes of waiting saved a day, of all people together
}

// Skills tries which backup skill is worth teaching, one at a time, on days drawn from the
// recorded ones, the same for each. The best comes first.
func Skills(ctx context.Context, days []*Day, w Work) ([]SkillAdvice, error) {
	last := days[len(days)-1]
	base, err := Play(ctx, last, last.Plan, last.Shifts)
	if err != nil {
		return nil, err
	}
	var advice []SkillAdvice
	plans := []queue.Plan{last.Plan}
	for _, a := range candidates(last, base) {
		plan, _, err := last.With([]Change{{Do: Backup, Window: a.Window, Service: a.Service}})
		if err != nil || len(advice) == candidatesMax {
			continue // it is a pair already with everybody who could need it
		}
		advice = append(advice, a)
		plans = append(plans, plan)
	}
	type outcome struct {
		mean, p95, waited Figure // waited: min, of all people together
	}
	outcomes := make([][]outcome, len(plans))
	for i := range plans {
		played, err := w.play(ctx, days, plans[i], last.Shifts)
		if err != nil {
			return nil, err
		}
		for _, p := range played {
			m, n := p.everybody()
			outcomes[i] = append(outcomes[i], outcome{m, p.Figures().P95, m * Figure(n)})
		}
		if w.Progress != nil {
			w.Progress(i+1, len(plans))
		}
	}
	for i := range advice {
		var mean, p95, saved []Figure
		for n, now := range outcomes[0] {
			then := outcomes[i+1][n]
			mean = append(mean, then.mean-now.mean)
			p95 = append(p95, then.p95-now.p95)
			saved = append(saved, now.waited-then.waited)
		}
		advice[i].Mean, advice[i].P95, advice[i].Saved = interval(mean), interval(p95), interval(saved)
	}
	slices.SortStableFunc(advice, func(a, b SkillAdvice) int { return -cmp.Compare(a.Saved.Mean, b.Saved.Mean) })
	return advice, nil
}

// candidates are all skills that no window and no pair has, those first where people wait
// long and the window has time.
func candidates(d *Day, p *Played) []SkillAdvice {
	need := map[protocol.ServiceID]float64{} // min waited
	for i := range p.People {
		if who := &p.People[i]; !who.GaveUp && !who.Refused {
			need[who.Service] += p.wait(who).Minutes()
		}
	}
	type scored struct {
		SkillAdvice
		score float64
	}
	var all []scored
	for i := range d.Plan.Windows {
		win := &d.Plan.Windows[i]
		idle := (p.Staffed[win.ID] - p.Busy[win.ID]).Hours()
		for j := range d.Plan.Services {
			id := d.Plan.Services[j].ID
			if score := idle * need[id]; score > 0 && !serves(&d.Plan, win, id) {
				all = append(all, scored{SkillAdvice{Window: win.ID, Service: id}, score})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return -cmp.Compare(a.score, b.score) })
	var out []SkillAdvice
	for _, s := range all {
		out = append(out, s.SkillAdvice)
	}
	return out
}

// serves reports whether a window serves a service, as its own or for a partner.
func serves(p *queue.Plan, w *queue.Window, id protocol.ServiceID) bool {
	if slices.Contains(w.Primary, id) {
		return true
	}
	for i := range p.Pairs {
		q := &p.Pairs[i]
		partner := protocol.WindowID("")
		switch {
		case q.B == w.ID:
			partner = q.A
		case q.A == w.ID && q.Mode != queue.OneWay:
			partner = q.B
		}
		other := p.Window(partner)
		if other != nil && slices.Contains(other.Primary, id) && (len(q.Services) == 0 || slices.Contains(q.Services, id)) {
			return true
		}
	}
	return false
}
