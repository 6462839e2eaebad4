package forecast

import (
	"math"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Priors and memory of the model: an expectation counts like so many observations.
const (
	priorMean     = 5      // the typed-in mean of a service
	priorSD       = 20     // the usual spread
	priorSpeed    = 25     // a clerk is as fast as any other
	priorPenalty  = 30     // a service at a post that covers takes usualPenalty times as long
	priorPatience = 36_000 // s waited without anybody leaving
	priorNoShow   = 50     // usualNoShow of the called do not come
	priorDrift    = 30     // a day is like any other
	forget        = 0.95   // of today's drift, for each service finished
	forgetAll     = 0.98   // of the whole hall's

	usualCV      = 0.75
	usualPenalty = 1.15
	usualNoShow  = 0.06
	usualMean    = 600 // s, of a service of which nothing is known
	noShowTime   = 50  // s until a clerk gives up, until the hall has its own

	slotLength = 1800.0 // s of one step of the arrivals' day
	slots      = 64     // from the day's opening
	refitEach  = 25     // services between two fits
)

// cell are the services of one kind at one window: logarithms of s.
type cell struct {
	service, window int
	covered         bool
	n, sum, squares float64
}

// Model is what the journal has taught about a hall. Its zero value knows nothing;
// [Model.Begin] and [Model.Observe] teach it. It is not safe for use by two goroutines.
type Model struct {
	shape *shape
	cells []cell
	index map[[3]int]int
	since int // services since the last fit

	mu, sd, speed []float64 // log-mean and spread of a service, log-speed of a window
	penalty       float64   // log
	called, lost  float64   // numbers called, and of them no-shows
	gaveUp        float64   // s of all no-shows
	left, waited  float64   // who left while they waited, and the s that all waited

	drift, driftN []float64 // of the day, by service: weighted sum and weight of residuals
	all, allN     float64   // and of the whole hall

	days     float64
	arrivals [][]float64 // by service and slot, of the days before
	today    [][]float64
	greens   float64
	issued   float64
	doubt    doubt
	hours    map[protocol.WindowID][]Shift // of the day, as usual
}

// Begin starts a day with its plan. What was learned stays when the plan has the same
// numbers of services and windows.
func (m *Model) Begin(p *queue.Plan) {
	if m.shape == nil || len(m.shape.limit) != len(p.Services) || len(m.shape.own) != len(p.Windows) {
		*m = Model{index: map[[3]int]int{}}
		m.arrivals = grid(len(p.Services))
	} else if m.issuedToday() > 0 {
		for s := range m.today {
			for i := range m.today[s] {
				m.arrivals[s][i] += m.today[s][i]
			}
		}
		m.days++
	}
	m.shape = newShape(p)
	m.today = grid(len(p.Services))
	m.drift, m.driftN = make([]float64, len(p.Services)), make([]float64, len(p.Services))
	m.all, m.allN = 0, 0
	m.doubt.asking = map[protocol.TicketID][]free{}
	m.fit()
}

func grid(n int) [][]float64 {
	g := make([][]float64, n)
	for i := range g {
		g[i] = make([]float64, slots)
	}
	return g
}

func (m *Model) issuedToday() float64 {
	total := 0.0
	for _, line := range m.today {
		for _, n := range line {
			total += n
		}
	}
	return total
}

// Observe learns from an event that has just been applied to s.
func (m *Model) Observe(s *queue.State, r queue.Record) {
	switch e := r.Event.(type) {
	case *queue.Issued:
		svc, known := m.shape.services[e.Service]
		if !known {
			return
		}
		m.today[svc][slot(e.IssuedAt.Sub(s.OpenedAt).Seconds())]++
		m.issued++
		if e.Class == protocol.Green {
			m.greens++
		}
		m.came(s, e.Ticket, svc, r.At)
	case *queue.Called:
		wait := r.At.Sub(s.Tickets[e.Ticket].IssuedAt)
		m.called++
		m.waited += wait.Seconds()
		if win, here := m.shape.windows[e.Window]; here {
			m.doubt.called(e.Ticket, win, wait)
		}
	case *queue.Cancelled:
		delete(m.doubt.asking, e.Ticket)
		m.left++
		m.waited += r.At.Sub(s.Tickets[e.Ticket].IssuedAt).Seconds()
	case *queue.NoShow:
		m.lost++
		m.gaveUp += r.At.Sub(s.Tickets[e.Ticket].ServeFrom).Seconds()
	case *queue.Finished:
		t := s.Tickets[e.Ticket]
		svc, known := m.shape.services[t.Service]
		win, here := m.shape.windows[e.Window]
		if known && here && t.Served > 0 {
			m.finished(svc, win, t.For != "", math.Log(float64(t.Served)/1e9))
		}
	}
}

func slot(t float64) int { return min(max(int(t/slotLength), 0), slots-1) }

func (m *Model) finished(svc, win int, covered bool, log float64) {
	key := [3]int{svc, win, 0}
	if covered {
		key[2] = 1
	}
	i, known := m.index[key]
	if !known {
		i = len(m.cells)
		m.index[key] = i
		m.cells = append(m.cells, cell{service: svc, window: win, covered: covered})
	}
	c := &m.cells[i]
	c.n, c.sum, c.squares = c.n+1, c.sum+log, c.squares+log*log
	off := log - m.mu[svc] - m.speed[win]
	if covered {
		off -= m.penalty
	}
	m.drift[svc], m.driftN[svc] = m.drift[svc]*forget+off, m.driftN[svc]*forget+1
	m.all, m.allN = m.all*forgetAll+off, m.allN*forgetAll+1
	if m.since++; m.since >= refitEach {
		m.fit()
	}
}

// today's drift of a service: its own held to the hall's, and that to none.
func (m *Model) driftOf(svc int) float64 {
	hall := m.all / (m.allN + priorDrift)
	return (m.drift[svc] + priorDrift*hall) / (m.driftN[svc] + priorDrift)
}

// fit finds services' lengths, clerks' speeds and the penalty of cover that explain
// what was seen, each held to its prior: a few rounds of one after the other.
func (m *Model) fit() {
	const rounds = 6
	m.since = 0
	n := len(m.shape.limit)
	if len(m.mu) != n {
		m.mu, m.sd, m.speed = make([]float64, n), make([]float64, n), make([]float64, len(m.shape.own))
		m.penalty = math.Log(usualPenalty)
	}
	for range rounds {
		m.fitServices()
		m.fitSpeeds()
	}
	m.fitSpread()
}

func (m *Model) offset(c *cell) float64 {
	if c.covered {
		return m.penalty
	}
	return 0
}

func (m *Model) fitServices() {
	usual := math.Log(1 + usualCV*usualCV)
	num, den := make([]float64, len(m.mu)), make([]float64, len(m.mu))
	for i := range num {
		typical := m.shape.typical[i]
		den[i] = priorMean
		if typical == 0 {
			typical, den[i] = usualMean, 1
		}
		num[i] = den[i] * (math.Log(typical) - usual/2)
	}
	for i := range m.cells {
		c := &m.cells[i]
		num[c.service] += c.sum - c.n*(m.speed[c.window]+m.offset(c))
		den[c.service] += c.n
	}
	for i := range m.mu {
		m.mu[i] = num[i] / den[i]
	}
}

func (m *Model) fitSpeeds() {
	num, den := make([]float64, len(m.speed)), make([]float64, len(m.speed))
	sum, n := priorPenalty*math.Log(usualPenalty), float64(priorPenalty)
	for i := range m.cells {
		c := &m.cells[i]
		num[c.window] += c.sum - c.n*(m.mu[c.service]+m.offset(c))
		den[c.window] += c.n
		if c.covered {
			sum += c.sum - c.n*(m.mu[c.service]+m.speed[c.window])
			n += c.n
		}
	}
	for i := range m.speed {
		m.speed[i] = num[i] / (den[i] + priorSpeed)
	}
	m.penalty = sum / n
}

func (m *Model) fitSpread() {
	usual := math.Log(1 + usualCV*usualCV)
	num, den := make([]float64, len(m.sd)), make([]float64, len(m.sd))
	for i := range num {
		num[i], den[i] = priorSD*usual, priorSD
	}
	for i := range m.cells {
		c := &m.cells[i]
		mid := m.mu[c.service] + m.speed[c.window] + m.offset(c)
		num[c.service] += max(0, c.squares-2*mid*c.sum+c.n*mid*mid)
		den[c.service] += c.n
	}
	for i := range m.sd {
		m.sd[i] = math.Sqrt(num[i] / den[i])
	}
}

// Penalty returns how many times as long a service takes at a post that covers.
func (m *Model) Penalty() float64 { return math.Exp(m.penalty) }

// noShow returns the share of the called who do not come, and the s that they cost.
func (m *Model) noShow() (share, cost float64) {
	share = (m.lost + priorNoShow*usualNoShow) / (m.called + priorNoShow)
	return share, (m.gaveUp + 2*noShowTime) / (m.lost + 2)
}

// leaving returns the share of those who wait that leaves in a second. Few do so in most
// halls and tell the hub.
func (m *Model) leaving() float64 { return m.left / (m.waited + priorPatience) }

func (m *Model) greenShare() float64 { return (m.greens + 2) / (m.issued + 40) }

// rate returns the arrivals of a service in a second of a slot, seen at time now.
func (m *Model) rate(svc, at int, now float64) float64 {
	if m.days == 0 {
		return m.rateToday(svc, now)
	}
	return m.arrivals[svc][at] / m.days / slotLength * m.level(now)
}

// level is how much busier than usual today is, held to no change.
func (m *Model) level(now float64) float64 {
	const held = 40.0
	seen, usual := 0.0, 0.0
	last := slot(now)
	for s := range m.today {
		for i := range last {
			seen += m.today[s][i]
			usual += m.arrivals[s][i] / m.days
		}
	}
	return min(max((seen+held)/(usual+held), 0.6), 1.6)
}

// rateToday is the rate of the last hour: all there is on a first day.
func (m *Model) rateToday(svc int, now float64) float64 {
	at := slot(now)
	seen, length := m.today[svc][at], now-float64(at)*slotLength
	for i := max(0, at-2); i < at; i++ {
		seen += m.today[svc][i]
		length += slotLength
	}
	return seen / max(length, slotLength)
}
