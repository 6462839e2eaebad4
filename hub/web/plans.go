package web

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/whatif"
	"jiaohao/protocol"
)

// replan is one change of the plan in force on the open day.
type replan struct {
	At      time.Time
	By      protocol.ClerkID // "" for the hub itself, which has read another plan file
	Reason  string
	Back    bool            // it took the change before it back
	Changes []whatif.Change // what became different, as far as this page can say it
}

// replans are the changes of the open day, and the plans that they can be taken back to.
type replans struct {
	of    *queue.Plan // in force when this was read
	steps []replan
	plans []*queue.Plan // the day's own first, the one in force last
}

// before is the plan that a restoration puts in force, or nil.
func (r *replans) before() *queue.Plan {
	if n := len(r.plans); n > 1 {
		return r.plans[n-2]
	}
	return nil
}

// add follows a change. One that brings the plan from before the last change takes that
// change back; what the hub changes cannot be taken back here, because the next start
// would read the same file.
func (r *replans) add(at time.Time, e *queue.PlanChanged) {
	step := replan{At: at, By: e.Person, Reason: e.Reason, Changes: differences(r.plans[len(r.plans)-1], &e.Plan)}
	switch before := r.before(); {
	case e.Person == "":
		r.plans = []*queue.Plan{&e.Plan}
	case before != nil && samePlan(before, &e.Plan):
		step.Back = true
		r.plans = r.plans[:len(r.plans)-1]
	default:
		r.plans = append(r.plans, &e.Plan)
	}
	r.steps = append(r.steps, step)
}

// samePlan compares two plans as the journal holds them.
func samePlan(a, b *queue.Plan) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// replans reads the open day's plans from the journal, so that a change can be taken back
// after the hub was started again, too. They are read once for each plan in force.
func (s *Server) replans(ctx context.Context) (replans, error) {
	s.kept.Lock()
	defer s.kept.Unlock()
	now := s.opts.Hall.Plan()
	if s.kept.of == now {
		return s.kept.replans, nil
	}
	var opened time.Time
	if err := s.read(ctx, func(st *queue.State, _ time.Time) { opened = st.OpenedAt }); err != nil {
		return replans{}, err
	}
	r := replans{of: now}
	err := s.opts.Journal.Read(ctx, s.seqBefore(ctx, opened), func(rec journal.Record) error {
		if rec.Kind != (queue.DayOpened{}).Kind() && rec.Kind != (queue.PlanChanged{}).Kind() {
			return nil
		}
		event, err := queue.DecodeEvent(rec.Kind, rec.Body)
		if err != nil {
			return err
		}
		switch e := event.(type) {
		case *queue.DayOpened:
			r.plans, r.steps = []*queue.Plan{&e.Plan}, nil
		case *queue.PlanChanged:
			if len(r.plans) > 0 {
				r.add(rec.At, e)
			}
		}
		return nil
	})
	if err == nil {
		s.kept.replans = r
	}
	return r, err
}

// differences says one plan beside another in changes.
func differences(a, b *queue.Plan) []whatif.Change {
	var all []whatif.Change
	for i := range b.Windows {
		w := &b.Windows[i]
		var had []protocol.ServiceID
		if was := a.Window(w.ID); was != nil {
			had = was.Primary
		}
		for _, s := range w.Primary {
			if !slices.Contains(had, s) {
				all = append(all, whatif.Change{Do: whatif.Teach, Window: w.ID, Service: s})
			}
		}
		for _, s := range had {
			if !slices.Contains(w.Primary, s) {
				all = append(all, whatif.Change{Do: whatif.Untake, Window: w.ID, Service: s})
			}
		}
	}
	all = append(append(all, unpaired(b, a, whatif.MakePair)...), unpaired(a, b, whatif.BreakPair)...)
	if a.Rule != b.Rule {
		all = append(all, whatif.Change{Do: whatif.SetRule, Rule: b.Rule})
	}
	for i := range b.Services {
		if was := a.Service(b.Services[i].ID); was != nil && was.Promise != b.Services[i].Promise {
			all = append(all, whatif.Change{Do: whatif.SetPromise, Service: was.ID, Duration: b.Services[i].Promise})
		}
	}
	if a.Classes.GreenInRow != b.Classes.GreenInRow {
		all = append(all, whatif.Change{Do: whatif.SetGreen, Count: b.Classes.GreenInRow})
	}
	return all
}

// unpaired are the pairs of one plan that the other does not have.
func unpaired(in, notIn *queue.Plan, do whatif.ChangeKind) []whatif.Change {
	var all []whatif.Change
	for _, p := range in.Pairs {
		if slices.ContainsFunc(notIn.Pairs, func(q queue.Pair) bool { return q.A == p.A && q.B == p.B }) {
			continue
		}
		if do == whatif.MakePair && p.Mode == queue.OneWay && len(p.Services) == 1 {
			all = append(all, whatif.Change{Do: whatif.Backup, Window: p.B, Service: p.Services[0]})
			continue
		}
		all = append(all, whatif.Change{Do: do, Window: p.A, Partner: p.B})
	}
	return all
}
