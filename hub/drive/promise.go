package drive

import (
	"time"

	"jiaohao/hub/forecast"
	"jiaohao/protocol"
)

// promise is what a ticket was told, in s, and when.
type promise struct {
	at      float64
	wait    Quantiles
	horizon int
}

// A future lasts the longer the more people wait. Beyond a crowd, which is no ordinary day,
// a promise plays fewer of them, but always a few.
const (
	crowd      = 400
	fewFutures = 16
)

// futures returns how many of them a promise plays now.
func (h *Hub) futures() int {
	waiting := 0
	for _, line := range h.state.Lines {
		waiting += len(line)
	}
	return max(fewFutures, forecast.Futures*crowd/max(waiting, crowd))
}

// alarmFutures are the futures of one look for alarms: 60 are enough for a share.
const alarmFutures = 60

// Bounds in s between promises that are calibrated by themselves.
const (
	nearPromise = 300
	farPromise  = 1200
)

func (h *Hub) beginForecasts() {
	h.model.Begin(&h.state.Plan)
	h.promises = map[protocol.TicketID]promise{}
	h.outlook = forecast.Outlook{
		Shifts: map[protocol.WindowID][]forecast.Shift{}, Ready: map[protocol.WindowID]time.Time{},
		Leaving: map[protocol.WindowID]bool{}, Turnover: time.Duration(h.setup.TurnoverS * float64(time.Second)),
	}
	for _, w := range h.setup.Windows {
		for _, span := range planned(w.Roster) {
			from, to := max(tMin, min(span.From, tMax)), max(tMin, min(span.To, tMax)) // "for ever" may be any number
			h.outlook.Shifts[windowID(w.ID)] = append(h.outlook.Shifts[windowID(w.ID)], forecast.Shift{From: h.at(from), To: h.at(to)})
		}
	}
}

func (h *Hub) leave(w int, leaves bool) {
	h.leaving[w] = leaves
	h.outlook.Leaving[windowID(w)] = leaves
}

// promise forecasts a ticket that was just issued at t. Waits before opening are
// counted from opening.
func (h *Hub) promise(t float64, id protocol.TicketID) Quantiles {
	if h.opts.Silent {
		return Quantiles{}
	}
	wait, ok := h.model.Ticket(h.state, &h.outlook, id, h.state.At, h.futures(), h.state.Seq)
	if !ok {
		return Quantiles{}
	}
	of := func(q float64) float64 { return max(0, wait.Quantile(q).Seconds()+min(t, 0)) }
	q := Quantiles{P50: of(0.5), late: wait.Late()}
	horizon := 0
	switch {
	case q.P50 > farPromise:
		horizon = 2
	case q.P50 > nearPromise:
		horizon = 1
	}
	low, high := h.honest[horizon].Levels()
	q.P10, q.P90 = min(of(low), q.P50), max(of(1-high), q.P50)
	h.promises[id] = promise{max(t, 0), q, horizon}
	return q
}

// kept learns from a call at t how honest its promise was. Who did not have to wait
// teaches nothing.
func (h *Hub) kept(t float64, id protocol.TicketID) {
	p, ok := h.promises[id]
	delete(h.promises, id)
	if wait := t - p.at; ok && wait > delayed {
		h.honest[p.horizon].Learn(p.wait.P10, p.wait.P90, wait)
	}
}

// Late returns the probability of each waiting ticket that it misses its limit, seen at t;
// nothing when alarms were not asked for.
func (h *Hub) Late(t float64) map[int]float64 {
	if !h.opts.Alarms {
		return nil
	}
	all := map[int]float64{}
	for _, w := range h.model.All(h.state, &h.outlook, h.at(t), alarmFutures, h.state.Seq) {
		all[h.tickets[w.Ticket]] = w.Late()
	}
	return all
}
