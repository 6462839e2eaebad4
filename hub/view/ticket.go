package view

import (
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Ticket returns a ticket as its holder may see it at now, with what is still
// before it, and whether there is such a ticket today. id may also be its number.
func Ticket(s *queue.State, id protocol.TicketID, now time.Time, links Links) (protocol.Ticket, bool) {
	t := s.Find(id)
	if t == nil {
		return protocol.Ticket{}, false
	}
	v := card(s, t)
	v.Stage, v.Link = t.Stage, links.Link(t.ID)
	v.Ahead, v.Wait = s.Remaining(t.ID, now)
	v.Service, v.ServiceName = t.Service, serviceName(&s.Plan, t.Service)
	if t.Stage == protocol.Called || t.Stage == protocol.Serving || t.Stage == protocol.Held {
		v.Window, v.WindowName = t.Window, windowName(&s.Plan, t.Window)
	}
	return v, true
}

// Reply returns the answer to a request that was carried out. It is made of facts
// that do not change any more, so that the same request gets the same bytes again:
// the stage, service and window of the outcome and, of a ticket just issued, the
// promise and the link printed on its slip. Nobody else gets the link: it is the
// citizen's, and whoever has it may cancel and rate in his name.
func Reply(s *queue.State, req protocol.RequestID, out queue.Outcome, links Links) protocol.Reply {
	ok := &protocol.OK{Merged: out.Merged}
	if out.Why != nil {
		ok.Why = out.Why.Text(&s.Plan)
	}
	if t := s.Tickets[out.Ticket]; t != nil {
		v := card(s, t)
		v.Stage = out.Stage
		v.Service, v.ServiceName = out.Service, serviceName(&s.Plan, out.Service)
		if out.Window != "" {
			v.Window, v.WindowName = out.Window, windowName(&s.Plan, out.Window)
		}
		if out.Issue {
			v.Ahead, v.Wait, v.Link = t.Ahead, t.Wait, links.Link(t.ID)
		}
		ok.Ticket = &v
	}
	return protocol.Reply{Version: protocol.Version, ID: req, OK: ok}
}

// Refused returns the answer to a request that was refused.
func Refused(req protocol.RequestID, refusal *protocol.Refusal) protocol.Reply {
	return protocol.Reply{Version: protocol.Version, ID: req, Refused: refusal}
}

// card is what never changes of a ticket.
func card(s *queue.State, t *queue.Ticket) protocol.Ticket {
	return protocol.Ticket{
		ID: t.ID, Number: t.Number, Class: t.Class, IssuedAt: local(&s.Plan, t.IssuedAt),
		Offline: t.Offline,
	}
}

// local gives a time the hall's offset: it is printed on slips, and a device may
// have no zone files of its own.
func local(p *queue.Plan, at time.Time) time.Time {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		return at
	}
	return at.In(zone)
}

func windowName(p *queue.Plan, id protocol.WindowID) protocol.Text {
	if w := p.Window(id); w != nil {
		return w.Name
	}
	return nil
}

func serviceName(p *queue.Plan, id protocol.ServiceID) protocol.Text {
	if v := p.Service(id); v != nil {
		return v.Name
	}
	return nil
}

func languages(p *queue.Plan) []protocol.Lang {
	if len(p.Languages) > 0 {
		return p.Languages
	}
	return []protocol.Lang{protocol.Chinese, protocol.English}
}
