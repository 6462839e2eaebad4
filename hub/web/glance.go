package web

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// glance is the hall at one moment as its manager sees it.
type glance struct {
	At       time.Time
	Day      string // open business day, "" when none
	OpenedAt time.Time
	Windows  []protocol.WindowState
	Covers   []coverNow
	Queues   []QueueNow
	Counts   Counts
	Alarms   []Alarm
	Devices  []deviceNow

	planned []queue.Device
	idle    map[protocol.WindowID]time.Time // since when an open post has nobody
	helps   map[protocol.WindowID]bool      // posts whose ticket was called because nobody of their own waited
	lost    map[protocol.DeviceID]time.Time
	left    int // tickets of a spool that could not join
	late    map[protocol.ServiceID]queue.Alarm
}

// QueueNow is one service's line as a manager sees it.
type QueueNow struct {
	protocol.ServiceState
	LongestMS int64 `json:"longest_ms"`           // how long the first in line has waited
	PromiseMS int64 `json:"promise_ms,omitempty"` // longest wait that the hall promises
	Over      bool  `json:"over,omitempty"`       // the promise is broken now
	Posts     int   `json:"posts"`                // open windows that may call from it now
}

// Counts are the day's tickets.
type Counts struct {
	Issued    int `json:"issued"`
	Called    int `json:"called"` // at least once
	Waiting   int `json:"waiting"`
	Serving   int `json:"serving"` // called or at a window
	Held      int `json:"held"`
	Finished  int `json:"finished"`
	NoShow    int `json:"no_show"`
	Cancelled int `json:"cancelled"`
}

// coverNow is a post that stands in for another.
type coverNow struct {
	Window protocol.WindowID `json:"window"`
	For    protocol.WindowID `json:"for"`
	Label  string            `json:"label"`     // of Window
	Of     string            `json:"for_label"` // of For
	Cause  queue.CoverCause  `json:"cause"`
	Since  time.Time         `json:"since"`
}

// Alarm is something that a manager should look at now.
type Alarm struct {
	Kind    string             `json:"kind"` // help, unserved, late, over, device, fault, soon, leftover
	Bad     bool               `json:"bad"`  // now, not soon
	Text    protocol.Text      `json:"text"`
	Advice  protocol.Text      `json:"advice,omitempty"` // what would help
	Try     string             `json:"-"`                // the page on which the advice can be tried
	Since   time.Time          `json:"since,omitzero"`
	Window  protocol.WindowID  `json:"window,omitempty"`
	Service protocol.ServiceID `json:"service,omitempty"`
	Device  protocol.DeviceID  `json:"device,omitempty"`
}

// look returns the hall as it was at since or later. The hall's goroutine only
// copies facts; words are found here.
func (s *Server) look(ctx context.Context, since time.Time) (glance, error) {
	return s.glance.get(since, func() (glance, error) {
		var g glance
		if err := s.read(ctx, func(st *queue.State, now time.Time) { g = fold(st, now) }); err != nil {
			return g, err
		}
		for i := range g.Queues {
			g.Queues[i].Posts = postsFor(g.Windows, g.Queues[i].Service)
		}
		g.Devices = s.deviceList(&g)
		g.Alarms = s.alarms(&g)
		return g, nil
	})
}

// fold takes from the state what the manager's page shows.
func fold(st *queue.State, now time.Time) glance {
	g := glance{
		At: now, Day: st.Day, OpenedAt: st.OpenedAt, Windows: view.Windows(st, now),
		planned: st.Plan.Devices, lost: map[protocol.DeviceID]time.Time{}, left: len(st.Left),
		idle: idleSince(st), late: maps.Clone(st.Alarms), helps: map[protocol.WindowID]bool{},
	}
	for w, p := range st.Posts {
		if t := st.Tickets[p.Ticket]; t != nil && t.Why != nil && t.Why.Cause == queue.CoverIdle {
			g.helps[w] = true
		}
	}
	for _, c := range st.Covers {
		g.Covers = append(g.Covers, coverNow{
			Window: c.Window, For: c.For, Cause: c.Cause, Since: c.Since,
			Label: st.Plan.Label(c.Window), Of: st.Plan.Label(c.For),
		})
	}
	for id, at := range st.Lost {
		g.lost[id] = at
	}
	for i := range st.Plan.Services {
		g.Queues = append(g.Queues, queueNow(st, &st.Plan.Services[i], now))
	}
	g.Counts = count(st)
	return g
}

// idleSince returns since when each post without a ticket has had none: since the
// last visit there ended, or since the clerk signed on or came back.
func idleSince(st *queue.State) map[protocol.WindowID]time.Time {
	idle := map[protocol.WindowID]time.Time{}
	later := func(w protocol.WindowID, at time.Time) {
		if at.After(idle[w]) {
			idle[w] = at
		}
	}
	for w, p := range st.Posts {
		if p.Ticket != "" {
			continue
		}
		later(w, p.Since)
		if p.Undo != nil { // also a transfer, after which the ticket is another window's
			later(w, p.Undo.At)
		}
	}
	for _, t := range st.Tickets {
		switch t.Stage {
		case protocol.Finished, protocol.Held, protocol.NoShow:
			later(t.Window, t.Since)
		}
	}
	return idle
}

func queueNow(st *queue.State, v *queue.Service, now time.Time) QueueNow {
	q := QueueNow{ServiceState: view.Service(st, v.ID, now), PromiseMS: time.Duration(v.Promise).Milliseconds()}
	for _, id := range st.Lines[v.ID] {
		if t := st.Tickets[id]; t != nil && !t.IssuedAt.After(now) {
			q.LongestMS = max(q.LongestMS, now.Sub(t.IssuedAt).Milliseconds())
		}
	}
	q.Over = q.PromiseMS > 0 && q.LongestMS > q.PromiseMS
	return q
}

func count(st *queue.State) Counts {
	c := Counts{Issued: len(st.Tickets)}
	for _, t := range st.Tickets {
		if !t.CalledAt.IsZero() {
			c.Called++
		}
		switch t.Stage {
		case protocol.Waiting:
			c.Waiting++
		case protocol.Called, protocol.Serving:
			c.Serving++
		case protocol.Held:
			c.Held++
		case protocol.Finished:
			c.Finished++
		case protocol.NoShow:
			c.NoShow++
		case protocol.Cancelled:
			c.Cancelled++
		}
	}
	return c
}

// postsFor counts the open windows that may call from a service now.
func postsFor(windows []protocol.WindowState, id protocol.ServiceID) int {
	n := 0
	for i := range windows {
		w := &windows[i]
		if w.Status == protocol.Open && slices.ContainsFunc(w.Queues, func(q protocol.Queue) bool { return q.Service == id }) {
			n++
		}
	}
	return n
}

// alarms lists what is wrong in the hall, worst first.
func (s *Server) alarms(g *glance) []Alarm {
	var all []Alarm
	add := func(a Alarm, word func(p *page) string) {
		a.Text = s.inAll(word)
		all = append(all, a)
	}
	for i := range g.Windows {
		if w := &g.Windows[i]; w.Help {
			add(Alarm{Kind: "help", Bad: true, Window: w.Window}, func(p *page) string {
				return p.T("alarm.help", p.WindowLabel(w.Label), p.Say(w.ClerkName))
			})
		}
	}
	for i := range g.Queues {
		q := &g.Queues[i]
		longest := time.Duration(q.LongestMS) * time.Millisecond
		if q.Waiting > 0 && q.Posts == 0 {
			add(Alarm{Kind: "unserved", Bad: true, Service: q.Service, Since: g.At.Add(-longest)}, func(p *page) string {
				return p.T("alarm.unserved", p.Say(q.Name), q.Waiting)
			})
		}
		if a, ok := s.lateAlarm(g, q); ok {
			all = append(all, a)
		}
		if q.Over {
			over := Alarm{Kind: "over", Service: q.Service}
			s.advise(g, q, &over)
			add(over, func(p *page) string {
				return p.T("alarm.over", p.Say(q.Name), int(longest.Minutes()), q.PromiseMS/60_000)
			})
		}
	}
	soon := 0
	for i := range g.Devices {
		d := &g.Devices[i]
		if d.Grade == gradeWarn || d.Grade == gradeNew {
			soon++
		}
		for _, t := range d.Troubles {
			if d.Grade == gradeBad {
				add(Alarm{Kind: t.kind, Bad: true, Device: d.ID, Since: d.since}, func(p *page) string {
					return p.T("alarm.device", p.DeviceName(&d.Device), d.ID, t.Text.In(p.Lang))
				})
			}
		}
	}
	if soon > 0 { // the devices page says which; here they would hide what is urgent
		add(Alarm{Kind: "soon"}, func(p *page) string { return p.T("alarm.soon", soon) })
	}
	if g.left > 0 {
		add(Alarm{Kind: "leftover"}, func(p *page) string { return p.T("alarm.leftover", g.left) })
	}
	slices.SortStableFunc(all, func(a, b Alarm) int {
		return cmp.Compare(worse(a.Bad), worse(b.Bad))
	})
	return all
}

func worse(bad bool) int {
	if bad {
		return 0
	}
	return 1
}

// inAll words something in every language.
func (s *Server) inAll(word func(p *page) string) protocol.Text {
	t := protocol.Text{}
	for _, lang := range s.texts.order {
		t[lang] = word(&page{Lang: lang, texts: s.texts, zone: time.UTC})
	}
	return t
}
