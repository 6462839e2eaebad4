package replay

import (
	"fmt"
	"slices"

	"jiaohao/protocol"
)

// agentMax bounds an agent's name in bytes, so that the ids of its devices fit.
const agentMax = 24

// bank is the record of a call centre: an agent is read as a window.
var bank = format{
	name: "bank",
	zone: "Asia/Jerusalem",
	columns: []string{
		"date", "service", "arrival_s", "start_s", "end_s", "server", "outcome", "wait_s",
	},
	attribution: "Call centre of \"Anonymous Bank\", Israel, 1999: Technion (I. Guedj, A. Mandelbaum), by way of the public" +
		" repository keguoh/hospital (commit 8385a07). The data is free for use; whoever uses it notifies Avi Mandelbaum" +
		" and acknowledges the source.",
	row: bankRow,
}

func bankRow(d *Day, r *row) (v Visit, err error) {
	service, err := r.id("service")
	if err != nil {
		return v, err
	}
	d.know(protocol.ServiceID(service), service)
	v.Service, v.Grain, v.EndKnown = protocol.ServiceID(service), 1, true
	if v.Arrive, err = r.number("arrival_s", 0); err != nil {
		return v, err
	}
	if v.Wait, err = r.number("wait_s", 0); err != nil {
		return v, err
	}
	switch r.text("outcome") {
	case "abandoned":
		v.Left, v.Start = true, v.Arrive+v.Wait
		v.End = v.Start
		if v.End > secondsMax {
			return v, r.wrong("wait_s", fmt.Sprintf("arrival and wait together may be at most %d", secondsMax))
		}
		return v, nil
	case "served":
	default:
		return v, r.wrong("outcome", "legal are served and abandoned")
	}
	if v.Start, err = r.number("start_s", v.Arrive); err != nil {
		return v, err
	}
	if v.End, err = r.number("end_s", v.Start); err != nil {
		return v, err
	}
	server, err := r.id("server")
	if err == nil && len(server) > agentMax {
		err = r.wrong("server", fmt.Sprintf("legal are at most %d characters", agentMax))
	}
	v.Window = protocol.WindowID(server)
	return v, err
}

// bankPosts makes a window of each agent, and further ones for calls at the same time.
func (d *Day) bankPosts() {
	type lane struct {
		post int // index in d.Posts
		free int // s
	}
	lanes := map[protocol.WindowID][]*lane{}
	all := d.serviceIDs()
	for _, v := range d.served() {
		agent := v.Window
		i := slices.IndexFunc(lanes[agent], func(l *lane) bool { return l.free <= v.Start })
		if i < 0 {
			i = len(lanes[agent])
			id := agent
			if i > 0 {
				id = protocol.WindowID(fmt.Sprintf("%s-%d", agent, i+1))
			}
			lanes[agent] = append(lanes[agent], &lane{post: len(d.Posts)})
			d.Posts = append(d.Posts, Post{ID: id, Services: all, On: []Span{{From: v.Start}}, Extra: i > 0})
		}
		l := lanes[agent][i]
		l.free = v.End
		v.Window = d.Posts[l.post].ID
		own := &d.Posts[lanes[agent][0].post] // the agent is there as long as any of the calls
		for _, p := range []*Post{own, &d.Posts[l.post]} {
			p.On[0].To = max(p.On[0].To, v.End)
		}
	}
}
