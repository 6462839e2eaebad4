package queue

import (
	"slices"
	"time"

	"jiaohao/protocol"
)

// ruleGreenFirst is Why.Rule of a green ticket under a rule that always calls it first.
const ruleGreenFirst = "green_first"

// offered is the first ticket of a line and class.
type offered struct {
	ticket *Ticket
	line   callLine
	head   Head
	weight float64
	behind string // number of who was passed over most, when it stands behind the ticket
}

// nextByRule chooses by a rule that weighs heads of lines.
func (s *State) nextByRule(w protocol.WindowID, now time.Time) (*Ticket, Why, bool) {
	o := s.Order()
	var why Why
	var offers []offered
	for _, l := range s.callable(w, now) {
		line := s.Lines[l.key]
		if len(line) == 0 {
			continue
		}
		why.Count += len(line)
		if l.service != "" {
			why.Among = append(why.Among, l.service)
		}
		offers = s.offers(offers, &o, line, l)
	}
	slices.SortFunc(offers, func(a, b offered) int {
		switch {
		case a.ticket.Place.Before(b.ticket.Place):
			return -1
		case b.ticket.Place.Before(a.ticket.Place):
			return 1
		}
		return 0
	})
	heads := make([]Head, len(offers))
	for i := range offers {
		heads[i] = offers[i].head
	}
	greens := s.Posts[w].Greens
	i, tier := o.Pick(heads, seconds(now, s.OpenedAt), greens)
	if i < 0 {
		return nil, Why{}, false
	}
	pick := &offers[i]
	why.explain(&o, tier, offers, i, now, greens)
	why.For, why.Cause, why.Since = pick.line.cover.For, pick.line.cover.Cause, pick.line.cover.Since
	return pick.ticket, why, true
}

func seconds(at, from time.Time) float64 { return float64(at.Sub(from)) / float64(time.Second) }

// offers adds the first green and the first other ticket of a line.
func (s *State) offers(all []offered, o *Order, line []protocol.TicketID, l callLine) []offered {
	var have [2]bool
	for _, id := range line {
		t := s.Tickets[id]
		class := 0
		if isGreen(t) {
			class = 1
		}
		if have[class] {
			continue
		}
		have[class] = true
		f := s.offer(o, t, l)
		if class == 0 {
			most := s.mostSkipped(line)
			if f.head.Skips = most.Skips; most != t {
				f.behind = most.Number
			}
		}
		all = append(all, f)
		if have[0] && have[1] {
			break
		}
	}
	return all
}

// mostSkipped returns the most passed over regular ticket of a line that has one, the
// first of equals. It may be one behind the first: who came back or was transferred stands
// before it.
func (s *State) mostSkipped(line []protocol.TicketID) *Ticket {
	var most *Ticket
	for _, id := range line {
		if t := s.Tickets[id]; !isGreen(t) && (most == nil || t.Skips > most.Skips) {
			most = t
		}
	}
	return most
}

func (s *State) offer(o *Order, t *Ticket, l callLine) offered {
	limit, weight := apqLimit.Seconds(), 1.0
	if svc := s.paths().services[t.Service]; svc != nil {
		limit, weight = svc.Limit(), o.Weight(s.expected(svc))
	}
	h := Head{
		At: seconds(t.Place.At, s.OpenedAt), Weight: weight * l.factor, Limit: limit,
		Credit: t.HeadStart().Seconds(), Skips: t.Skips, Green: isGreen(t), Backup: l.cover.For != "",
	}
	return offered{ticket: t, line: l, head: h, weight: weight}
}

// explain notes the facts of the choice of offers[i].
func (w *Why) explain(o *Order, tier Tier, offers []offered, i int, now time.Time, greens int) {
	pick := &offers[i]
	w.Rule, w.WaitMS, w.CreditMS = string(tier), waited(pick.ticket, now), creditMS(pick.ticket)
	regular := slices.ContainsFunc(offers, func(f offered) bool { return !f.head.Green })
	green := slices.ContainsFunc(offers, func(f offered) bool { return f.head.Green })
	switch {
	case tier == TierGreen && regular:
		w.Green, w.GreenOf = greens+1, o.GreenInRow
	case tier == TierRatio:
		w.Green, w.GreenOf = greens, o.GreenInRow
	case green:
		w.GreenOf = o.GreenInRow
	}
	if o.Rule != RuleAPQ {
		w.Green, w.GreenOf = 0, 0 // these rules know no limit in a row
		if tier == TierGreen {
			w.Rule = ruleGreenFirst
		}
		if o.Rule == RuleOwnFirst && !pick.head.Backup {
			w.ownOnly(offers)
		}
		return
	}
	if tier == TierBudget {
		w.Skips, w.Behind = pick.head.Skips, pick.behind
	}
	w.Weighed = pick.weighed(o, now)
	for j := range offers {
		passed := &offers[j]
		if !pick.head.Green && !passed.head.Green && j < i && passed.ticket.Service != pick.ticket.Service {
			w.Passed = passed.weighed(o, now)
			return
		}
	}
}

// ownOnly notes that the choice was among the window's own services.
func (w *Why) ownOnly(offers []offered) {
	w.Among = slices.DeleteFunc(w.Among, func(svc protocol.ServiceID) bool {
		return !slices.ContainsFunc(offers, func(f offered) bool { return f.line.service == svc && !f.head.Backup })
	})
}

func (f *offered) weighed(o *Order, now time.Time) *Weighed {
	limit := int64(f.head.Limit * 1000)
	return &Weighed{
		Number: f.ticket.Number, WaitMS: waitMS(f.ticket, now), LimitMS: limit,
		Weight: f.weight, Factor: f.line.factor, Counted: creditMS(f.ticket) != 0,
		BeyondMS: max(0, waitMS(f.ticket, now)-int64(o.Patience*float64(limit))),
	}
}

// waitMS is the wait that a ticket's place counts, in ms: an appointment's has its credit.
func waitMS(t *Ticket, now time.Time) int64 { return max(0, now.Sub(t.Place.At).Milliseconds()) }

// passOver counts, for every regular ticket of another service that could have been
// called instead and stood before t, that it was passed over. Green calls and
// choices by hand do not count. It returns who was.
func (s *State) passOver(t *Ticket, w protocol.WindowID, why *Why) []protocol.TicketID {
	if why.Weighed == nil || isGreen(t) {
		return nil
	}
	var passed []protocol.TicketID
	for _, key := range append(slices.Clone(why.Among), onlyLine(w)) {
		for _, id := range s.Lines[key] {
			other := s.Tickets[id]
			if !other.Place.Before(t.Place) {
				break
			}
			if !isGreen(other) && other.Service != t.Service {
				other.Skips++
				passed = append(passed, id)
			}
		}
	}
	return passed
}
