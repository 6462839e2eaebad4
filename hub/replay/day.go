package replay

import (
	"slices"
	"time"

	"jiaohao/protocol"
)

// Limits of a recorded day.
const (
	VisitsMax  = 20_000       // rows of one day: twice what one service may issue
	secondsMax = 2*86_400 - 1 // a service may end after midnight, not after the next
)

// Visit is one row of a recorded day. Times are seconds after local midnight.
type Visit struct {
	Line    int // of the file
	Service protocol.ServiceID
	Arrive  int
	Left    bool // gave up waiting
	Start   int  // when called; of who left, when that was
	End     int  // of the service; of who left, Start
	Wait    int  // as the file says it in a field of its own, s

	Window   protocol.WindowID // that called; "" of who left
	Grain    int               // granularity of the row's times, s
	EndKnown bool              // End is of the file, not worked out

	open int // counters open at the arrival, as the record says
}

// Service is a kind of business in a record.
type Service struct {
	ID   protocol.ServiceID
	Name string
}

// Post is a window of a record and when somebody was there.
type Post struct {
	ID       protocol.WindowID
	Services []protocol.ServiceID
	On       []Span // in order, with time between them
	Extra    bool   // made for a call that overlaps another of the same agent
}

// Span is a time at a post, in seconds after midnight.
type Span struct {
	From, To int
}

// stay notes that somebody was there.
func (p *Post) stay(from, to int) {
	if last := len(p.On) - 1; last >= 0 && from <= p.On[last].To {
		p.On[last].To = max(p.On[last].To, to)
		return
	}
	p.On = append(p.On, Span{From: from, To: to})
}

// Day is one day of one hall, as recorded.
type Day struct {
	Format      string // bank or warsaw
	Hall        protocol.HallID
	Date        string // 2006-01-02
	Zone        string // IANA
	Attribution string // to be shown with the data and all that is made of it
	Services    []Service
	Posts       []Post
	Visits      []Visit // by arrival
}

// midnight is when the day begins.
func (d *Day) midnight() (time.Time, error) {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		return time.Time{}, err
	}
	return time.ParseInLocation(time.DateOnly, d.Date, zone)
}

// span is the first and the last second of the record.
func (d *Day) span() (first, last int) {
	first = secondsMax
	for i := range d.Visits {
		v := &d.Visits[i]
		first, last = min(first, v.Arrive), max(last, v.End)
	}
	return first, last
}

// finish puts visits, services and posts in order and finds who was where when.
func (d *Day) finish() {
	slices.SortStableFunc(d.Visits, func(a, b Visit) int { return a.Arrive - b.Arrive })
	slices.SortFunc(d.Services, func(a, b Service) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	if d.Format == bank.name {
		d.bankPosts()
	} else {
		d.warsawPosts()
	}
}

func (d *Day) serviceIDs() []protocol.ServiceID {
	var ids []protocol.ServiceID
	for _, s := range d.Services {
		ids = append(ids, s.ID)
	}
	return ids
}

// served lists the visits that were called, by the second of the call; of the same
// second, the one that took no time first.
func (d *Day) served() []*Visit {
	var all []*Visit
	for i := range d.Visits {
		if !d.Visits[i].Left {
			all = append(all, &d.Visits[i])
		}
	}
	slices.SortStableFunc(all, byStart)
	return all
}

func byStart(a, b *Visit) int {
	if a.Start != b.Start {
		return a.Start - b.Start
	}
	return a.End - b.End
}
