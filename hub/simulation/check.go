package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// check reads what is left of the day and compares it with what was seen.
func (s *site) check(last []byte) (*Report, error) {
	r := &Report{
		Seed: s.o.Seed, Faults: maps.Clone(s.witness.faults), Kinds: map[string]int{}, Broken: slices.Clone(s.witness.broken),
		Panels: int(s.compared.Load()), Longest: time.Duration(s.longest.Load()),
	}
	dir := s.folder("hub")
	if summary, err := hall.Verify(context.Background(), dir); err != nil {
		r.broken("journal verifies", "%v", err)
	} else {
		r.Events = summary.Events
	}
	j, err := journal.Open(dir, journal.Options{NoSync: true})
	if err != nil {
		r.broken("journal opens", "%v", err)
		return r, nil
	}
	defer j.Close()
	l := newLedger(r)
	if err := j.Read(context.Background(), 0, l.add); err != nil {
		r.broken("journal reads", "%v", err)
	}
	s.refold(r, j, last)
	s.checkLines(r, j, l)
	s.checkPaper(r, l)
	s.checkScreens(r, l)
	s.checkTickets(r, l)
	s.checkTalks(r, l)
	s.checkTold(r, l)
	return r, nil
}

// refold folds the journal from its first event and compares with the hub's last state.
func (s *site) refold(r *Report, j *journal.Journal, last []byte) {
	state := queue.New()
	err := j.Read(context.Background(), 0, func(rec journal.Record) error {
		e, err := queue.DecodeEvent(rec.Kind, rec.Body)
		if err != nil {
			return err
		}
		if state.Seq+1 == rec.Seq {
			state.Apply(queue.Record{Seq: rec.Seq, At: rec.At, Event: e})
		}
		return nil
	})
	if err != nil {
		r.broken("refold", "%v", err)
		return
	}
	was, err := queue.Restore(last)
	if err != nil {
		r.broken("refold", "%v", err)
		return
	}
	if was.Seq != state.Seq {
		// The devices' orderly goodbye may still have made some events.
		return
	}
	now, err := state.Snapshot()
	if err != nil || string(now) != string(last) {
		r.broken("refold", "the journal folds to another state than the hub had (%v)", err)
	}
}

// checkLines compares the service log with the journal and with its own rebuilding.
func (s *site) checkLines(r *Report, j *journal.Journal, l *ledger) {
	day := s.opened.In(time.FixedZone("hall", 8*3600)).Format(time.DateOnly)
	lines := func() []journal.ServiceLine {
		var all []journal.ServiceLine
		err := j.ServiceLines(context.Background(), day, func(line journal.ServiceLine) error {
			all = append(all, line)
			return nil
		})
		if err != nil {
			r.broken("service log", "%v", err)
		}
		return all
	}
	if s.o.Mutant == LostLine {
		s.loseLine(r, j, lines())
	}
	log := lines()
	ended := l.ended()
	seen := map[string]bool{}
	for _, line := range log {
		if seen[line.Ticket] {
			r.broken("service log", "%s has two lines", line.Ticket)
		}
		seen[line.Ticket] = true
		if ended[line.Ticket] != line.Outcome {
			r.broken("service log", "%s is %q, the journal says %q", line.Ticket, line.Outcome, ended[line.Ticket])
		}
		switch line.Outcome {
		case "finished":
			r.Finished++
		case "no_show":
			r.NoShow++
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ended)) {
		if !seen[id] {
			r.broken("service log", "%s has no line, the journal says %s", id, ended[id])
		}
	}
	before := fmt.Sprintf("%+v", lines())
	if err := hall.Rebuild(context.Background(), j); err != nil {
		r.broken("service log", "%v", err)
	}
	if after := fmt.Sprintf("%+v", lines()); after != before {
		r.broken("service log", "rebuilt from the journal it is another one")
	}
}

// loseLine takes the first line out of the service log.
func (s *site) loseLine(r *Report, j *journal.Journal, all []journal.ServiceLine) {
	err := j.ReplaceServiceLines(func(put func(journal.ServiceLine) error) error {
		for _, line := range all[1:] {
			if err := put(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.broken("mutant", "%v", err)
	}
}

// checkPaper looks at every slip: its number once, a reprint marked, its link its own, and in the journal.
func (s *site) checkPaper(r *Report, l *ledger) {
	first := map[string]sheet{}
	for _, k := range s.kiosks {
		r.Pressed += k.pressed
		for _, sh := range k.sheets {
			r.Slips++
			if sh.reprint {
				r.Reprints++
			}
			other, twice := first[sh.number]
			if twice && !sh.reprint {
				r.broken("number twice on paper", "%s on slip %d of %s at %s and slip %d of %s at %s", sh.number,
					other.seq, other.device, other.at.Format(time.TimeOnly), sh.seq, sh.device, sh.at.Format(time.TimeOnly))
			}
			first[sh.number] = sh
			id, known := l.numbers[sh.number]
			if !known {
				r.broken("printed but not in the journal", "%s of %s, printed at %s", sh.number, sh.device, sh.at.Format(time.TimeOnly))
				continue
			}
			v := l.visits[id]
			if v.device != sh.device || v.offline != sh.offline {
				r.broken("paper and journal differ", "%s of %s (offline %t) is of %s (offline %t) in the journal", sh.number, sh.device, sh.offline, v.device, v.offline)
			}
			if v.late {
				r.broken("nobody lost", "%s is on paper and was cancelled as a late ticket", sh.number)
			}
			if want := links().Link(protocol.TicketID(id)); sh.link != "" && sh.link != want {
				r.broken("paper and journal differ", "%s has the link %s, its ticket's is %s", sh.number, sh.link, want)
			}
		}
	}
}

// checkScreens looks at every number that a kiosk showed.
func (s *site) checkScreens(r *Report, l *ledger) {
	for _, k := range s.kiosks {
		for _, no := range slices.Sorted(maps.Keys(k.shown)) {
			res := k.shown[no]
			if res.Kind != dispenser.ResultTicket {
				continue
			}
			id, known := l.numbers[res.Ticket.Number]
			if !known {
				r.broken("shown but not in the journal", "%s of %s", res.Ticket.Number, k.id)
			} else if l.visits[id].late {
				r.broken("nobody lost", "%s was shown at %s and cancelled as a late ticket", res.Ticket.Number, k.id)
			}
		}
	}
}

// checkTickets looks at every ticket of the journal: somebody must hold it or have
// seen its number, and what came out of the printer must be reported.
func (s *site) checkTickets(r *Report, l *ledger) {
	for _, k := range s.kiosks {
		seen, paper := map[string]bool{}, map[string]bool{}
		for _, res := range k.shown {
			if res.Kind == dispenser.ResultTicket {
				seen[res.Ticket.Number] = true
			}
		}
		for _, sh := range k.sheets {
			paper[sh.number], seen[sh.number] = true, true
		}
		ghosts := []string{}
		for _, id := range slices.Sorted(maps.Keys(l.visits)) {
			v := l.visits[id]
			if v.device != k.id {
				continue
			}
			if !seen[v.number] && !v.late && s.calledTooEarly(v) {
				r.TooLate++
			} else if !seen[v.number] && !v.late {
				ghosts = append(ghosts, s.story(v))
			}
			checkReport(r, v, paper[v.number])
		}
		// A power cut in the moment between the hub's commit and the paper leaves one each.
		if len(ghosts) > k.cuts {
			r.broken("ghosts", "%s: nobody has seen %s, and the power was cut %d times while somebody stood there",
				k.id, strings.Join(ghosts, ", "), k.cuts)
		}
	}
}

// calledTooEarly reports whether a late ticket was called to a window before the
// dispenser could cancel it. Nobody comes, and the clerk presses no-show.
func (s *site) calledTooEarly(v *visit) bool {
	t := s.witness.talks[v.device+"/x"+v.request]
	if t == nil || v.called == 0 {
		return false
	}
	for _, raw := range t.answers {
		var reply protocol.Reply
		if json.Unmarshal(raw, &reply) == nil && reply.Refused != nil && reply.Refused.Code == protocol.WrongStage {
			return true
		}
	}
	return false
}

// story is what became of the request that issued a ticket.
func (s *site) story(v *visit) string {
	text := fmt.Sprintf("%s (issued %s after opening, is %s; ", v.number, v.at.Sub(s.opened).Truncate(time.Millisecond), v.stage)
	t := s.witness.talks[v.device+"/"+v.request]
	if t == nil {
		return text + "nobody asked for it)"
	}
	return text + fmt.Sprintf("answers %s)", t.answers)
}

// checkReport compares what the journal says of a ticket's paper with the paper.
func checkReport(r *Report, v *visit, paper bool) {
	out := 0
	for _, p := range v.prints {
		if p.OK {
			out++
		}
	}
	switch {
	case out > 0 && !paper:
		r.broken("print reports", "%s is reported as printed and is on no paper", v.number)
	case out > 1:
		r.broken("print reports", "%s is reported as printed %d times", v.number, out)
	case out == 0 && paper:
		r.broken("print reports", "%s is on paper and nobody has told the journal (offline %t)", v.number, v.offline)
	}
}

// checkTalks compares every answer that a device got with the journal.
func (s *site) checkTalks(r *Report, l *ledger) {
	for _, key := range slices.Sorted(maps.Keys(s.witness.talks)) {
		checkTalk(r, s.witness.talks[key], l.asked[key])
	}
}

// checkTalk checks one request. What is asked again until the answer is final may
// hear "not now" before; everybody else believes the first answer.
func checkTalk(r *Report, t *talk, facts []fact) {
	again := t.req.Do == protocol.TicketPrinted || t.req.Do == protocol.TicketCancel || t.req.Do == protocol.SpoolSync
	done := ""
	for n, raw := range t.answers {
		var reply protocol.Reply
		if err := json.Unmarshal(raw, &reply); err != nil {
			r.broken("answers", "%s %s: %v", t.device, t.req.Do, err)
			continue
		}
		what := fmt.Sprintf("%s %s (%s)", t.device, t.req.Do, t.req.ID)
		switch {
		case reply.OK != nil && len(facts) == 0 && t.req.Do != protocol.SpoolSync:
			r.broken("answered but not in the journal", "%s: %s", what, raw)
		case reply.Refused != nil && len(facts) > 0 && !again:
			r.broken("refused but in the journal", "%s was told %s, the journal has event %d %s of %s", what, reply.Refused.Code, facts[0].Seq, facts[0].Kind, facts[0].Ticket)
		case reply.OK != nil && done != "" && done != string(raw):
			r.broken("same request, same answer", "%s: answer %d is %s, before it was %s", what, n+1, raw, done)
		}
		if reply.OK != nil {
			done = string(raw)
			checkCall(r, what, &reply, facts)
		}
	}
	issued := 0
	for _, f := range facts {
		if f.Kind == "issued" && t.req.Do == protocol.TicketIssue {
			issued++
		}
	}
	if issued > 1 {
		r.broken("same request, same answer", "%s %s issued %d tickets", t.device, t.req.ID, issued)
	}
}

// checkCall compares the ticket of an answer with that of the events.
func checkCall(r *Report, what string, reply *protocol.Reply, facts []fact) {
	t := reply.OK.Ticket
	if t == nil || len(facts) == 0 {
		return
	}
	for _, f := range facts {
		if f.Ticket == string(t.ID) {
			return
		}
	}
	r.broken("answers", "%s: the answer is of %s, the journal's events are of %s", what, t.ID, facts[0].Ticket)
}

// checkTold makes sure that nothing was published that the journal does not hold.
func (s *site) checkTold(r *Report, l *ledger) {
	for _, seq := range slices.Sorted(maps.Keys(s.witness.hashes)) {
		if l.hashes[seq] != s.witness.hashes[seq] {
			r.broken("told before it was committed", "event %d was published with another hash than the journal has", seq)
			return
		}
	}
	called := map[uint64]bool{}
	for _, f := range l.facts {
		called[f.Seq] = f.Kind == "called" || f.Kind == "recalled"
	}
	for call, what := range s.witness.calls {
		if !called[call] {
			r.broken("told before it was committed", "call %d (%s) was spoken and is no call of the journal", call, what)
		}
	}
}
