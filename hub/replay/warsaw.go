package replay

import (
	"slices"
	"strconv"

	"jiaohao/protocol"
)

// usualService is how long a service is taken to last where a record tells nothing at all, s.
const usualService = 300

// warsaw is the record of municipal offices: who called is not in it, nor when a service ended.
var warsaw = format{
	name: "warsaw",
	zone: "Europe/Warsaw",
	columns: []string{
		"date", "office", "queue_id", "service", "arrival_s", "call_s", "wait_s", "open_counters_at_arrival", "granularity_s",
	},
	attribution: "City of Warsaw, API \"Otwarte dane po warszawsku\", January 2020, collected by the R package HaZdula/kolejkeR" +
		" (commit 076c7d8, MIT, (c) 2019 Hanna Zdulska). Processed: tickets were rebuilt from the public five-minute snapshots.",
	row: warsawRow,
}

func warsawRow(d *Day, r *row) (v Visit, err error) {
	queue, err := r.id("queue_id")
	if err != nil {
		return v, err
	}
	name := r.text("service")
	if err := protocol.CheckText("service", name); err != nil || name == "" {
		return v, r.wrong("service", "legal are 1 to 200 characters of printable text")
	}
	v.Service = protocol.ServiceID(queue)
	d.know(v.Service, name)
	for _, f := range []struct {
		column string
		low    func() int
		to     *int
	}{
		{"arrival_s", func() int { return 0 }, &v.Arrive},
		{"call_s", func() int { return v.Arrive }, &v.Start},
		{"wait_s", func() int { return 0 }, &v.Wait},
		{"open_counters_at_arrival", func() int { return 0 }, &v.open},
		{"granularity_s", func() int { return 1 }, &v.Grain},
	} {
		if *f.to, err = r.number(f.column, f.low()); err != nil {
			return v, err
		}
	}
	v.End = v.Start // until its window calls next
	return v, nil
}

// warsawPosts finds a window for each call, queue by queue, and with it the ends of services.
func (d *Day) warsawPosts() {
	for _, service := range d.Services {
		var arrivals, calls []*Visit
		for i := range d.Visits {
			if d.Visits[i].Service == service.ID {
				arrivals = append(arrivals, &d.Visits[i])
			}
		}
		calls = slices.Clone(arrivals)
		slices.SortStableFunc(calls, func(a, b *Visit) int { return a.Start - b.Start })
		p := pool{day: d, service: service.ID}
		open := 1
		for _, v := range calls {
			for len(arrivals) > 0 && arrivals[0].Arrive <= v.Start {
				open = max(1, arrivals[0].open)
				arrivals = arrivals[1:]
			}
			p.call(v, open)
		}
		p.end()
	}
}

// pool are the windows of one queue.
type pool struct {
	day     *Day
	service protocol.ServiceID
	busy    []*Visit // the longest first
	free    []int    // indices in day.Posts
	times   []int    // service times that the next call has ended, s
}

// call gives a call to a window, when so many counters are open: to the one whose
// service it ends, else to a free one.
func (p *pool) call(v *Visit, open int) {
	var ended []int
	for len(p.busy) >= open {
		done := p.busy[0]
		p.busy = p.busy[1:]
		done.End = v.Start
		p.times = append(p.times, done.End-done.Start)
		at := p.post(done.Window)
		p.day.Posts[at].stay(done.Start, done.End)
		ended = append(ended, at)
	}
	p.free = append(ended, p.free...)
	if len(p.free) == 0 {
		p.free = append(p.free, len(p.day.Posts))
		id := protocol.WindowID(strconv.Itoa(len(p.day.Posts) + 1))
		p.day.Posts = append(p.day.Posts, Post{ID: id, Services: []protocol.ServiceID{p.service}})
	}
	v.Window = p.day.Posts[p.free[0]].ID
	p.free = p.free[1:]
	p.busy = append(p.busy, v)
}

func (p *pool) post(id protocol.WindowID) int {
	return slices.IndexFunc(p.day.Posts, func(post Post) bool { return post.ID == id })
}

// end ends the last services by the median of the others.
func (p *pool) end() {
	usual := usualService
	if len(p.times) > 0 {
		slices.Sort(p.times)
		usual = p.times[len(p.times)/2]
	}
	for _, v := range p.busy {
		v.End = min(v.Start+usual, secondsMax)
		p.day.Posts[p.post(v.Window)].stay(v.Start, v.End)
	}
}
