package web

import (
	"math"

	"jiaohao/hub/hall"
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
	if f == nil {
		return a, true
	}
	for i := range f.Advice {
		if f.Advice[i].Service == q.Service {
			a.Advice = s.adviceText(g, q, &f.Advice[i])
			break
		}
	}
	return a, true
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
