package web

import (
	"math"

	"jiaohao/hub/hall"
	"jiaohao/hub/whatif"
	"jiaohao/protocol"
)

// lateAlarm words the alarm that a line will break its promise, with what would help.
// The journal's alarm says that it stands, the last forecast how it stands now.
func (s *Server) lateAlarm(g *glance, q *QueueNow) (Alarm, bool) {
	raised, on := g.late[q.Service]
	if !on || q.Over { // broken already: that is told by itself
		return Alarm{}, false
	}
	now := raised.Lateness
	f := s.opts.Hall.Foresight()
	if f != nil {
		for _, l := range f.Late {
			if l.Service == q.Service {
				now = l
			}
		}
	}
	tickets, chance := max(now.Tickets, 1), now.Chance
	promise, left := q.PromiseMS/60_000, int(math.Ceil(float64(now.LeftMS)/60_000))
	a := Alarm{Kind: "late", Service: q.Service, Since: raised.Since}
	a.Text = s.inAll(func(p *page) string { return p.T("alarm.late", p.Say(q.Name), tickets, promise, left, chance) })
	s.advise(g, q, &a)
	return a, true
}

// advise adds to an alarm of a line what would help it, if the last forecast knows.
func (s *Server) advise(g *glance, q *QueueNow, a *Alarm) {
	f := s.opts.Hall.Foresight()
	if f == nil {
		return
	}
	for i := range f.Advice {
		if f.Advice[i].Service == q.Service {
			a.Advice, a.Try = s.adviceText(g, q, &f.Advice[i]), tryAdvice(g.Day, &f.Advice[i])
			return
		}
	}
}

// tryAdvice is where an advice can be tried on the open day so far: what is not over
// cannot be played, so a window that should open now is tried for the whole day.
func tryAdvice(day string, a *hall.Advice) string {
	c := whatif.Change{Do: whatif.OpenWindow, Window: a.Window}
	if a.Kind == hall.AdviceTeach {
		c = whatif.Change{Do: whatif.Teach, Window: a.Window, Service: a.Service}
	}
	ask := whatifAsk{Day: day, Changes: []whatif.Change{c}}
	return ask.address(-1)
}

// adviceText words one advice: the best of the forecast's.
func (s *Server) adviceText(g *glance, q *QueueNow, a *hall.Advice) protocol.Text {
	label := string(a.Window)
	for i := range g.Windows {
		if g.Windows[i].Window == a.Window {
			label = g.Windows[i].Label
		}
	}
	saved := int(math.Round(a.Saved))
	return s.inAll(func(p *page) string {
		return p.T("advice."+a.Kind, p.WindowLabel(label), p.Say(q.Name), saved)
	})
}
