package hall

import (
	"context"
	"fmt"
	"time"

	"jiaohao/hub/forecast"
	"jiaohao/hub/learn"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// A forecast is made on a copy of the state by a goroutine of its own, so that it never
// stands in the way of a call: the hall's goroutine makes the copy, a fraction of a
// commit, and takes the outcome.
const (
	futuresMost   = 60                     // of a batch: more move the quantiles by little
	futuresLeast  = 20                     // fewer say nothing of a tenth
	forecastCPU   = 100 * time.Millisecond // of a batch: fewer futures are played when one takes longer
	forecastRest  = 20                     // times as long as a batch took until the next: a twentieth of one core
	forecastStale = 30 * time.Second       // after it a batch is made though nothing happened: waits age
	adviceFutures = 40                     // with and without each change, the same
	adviceEvery   = 20 * time.Second       // it takes longer than a batch, and nobody walks faster
)

// Advice is one change that would help a line.
type Advice = forecast.Advice

// AdviceTeach is the kind of advice that has a window take one more service.
const AdviceTeach = forecast.AdviceTeach

// Foresight is what the last forecast says of the whole hall.
type Foresight struct {
	At      time.Time // of the state
	Model   string
	Late    []queue.Lateness // of the services that promise a wait, in the plan's order
	Advice  []Advice         // for the line that is worst off, the best first
	Futures int
	Took    time.Duration

	day   string // of the state
	waits *queue.Foreseen
	calm  bool // nobody would read anything else than before
}

// Foresight returns what the last forecast says, or nil before the first. It is shared:
// nobody may change it.
func (h *Hall) Foresight() *Foresight { return h.foresight.Load() }

// foresee makes forecasts whenever the hall has changed, until ctx ends.
func (h *Hall) foresee(ctx context.Context) {
	changed, stop := h.Changed()
	defer stop()
	stale := time.NewTimer(0)
	defer stale.Stop()
	var f forecaster
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-stale.C:
		}
		began := time.Now()
		if next := f.look(ctx, h); next != nil {
			select {
			case h.foreseen <- next:
			case <-ctx.Done():
				return
			}
		}
		stale.Reset(forecastStale)
		rest := time.NewTimer(max(h.opts.ForecastEvery, forecastRest*time.Since(began)))
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-rest.C:
		}
	}
}

// takeForesight puts a forecast in force and raises or clears alarms by it.
func (h *Hall) takeForesight(f *Foresight) error {
	if h.state.Day == "" || h.state.Day != f.day { // the day has turned while it was made
		h.state.Foresee(nil)
		h.foresight.Store(nil)
		return nil
	}
	h.state.Foresee(f.waits)
	h.foresight.Store(f)
	t := hubTask(queue.ForeseeLate)
	t.command.Late = f.Late
	if err := h.work(t); err != nil {
		return err
	}
	if !f.calm {
		h.wake()
	}
	return nil
}

// forecaster remembers from batch to batch.
type forecaster struct {
	seq     uint64 // of the last batch
	at      time.Time
	perPlay time.Duration // of one future
	waits   *queue.Foreseen
	advice  []Advice
	advised time.Time
}

// look makes one batch, or none when there is nothing new.
func (f *forecaster) look(ctx context.Context, h *Hall) *Foresight {
	var still *queue.State
	var now time.Time
	err := h.Read(ctx, func(s *queue.State, at time.Time) {
		now = at
		if s.Day != "" && (s.Seq != f.seq || at.Sub(f.at) >= forecastStale) {
			still = s.Still()
		}
	})
	if err != nil || still == nil {
		return nil
	}
	f.seq, f.at = still.Seq, now
	futures := futuresMost
	if f.perPlay > 0 {
		futures = int(min(max(forecastCPU/f.perPlay, futuresLeast), futuresMost))
	}
	began := time.Now()
	lessons := lessons(still)
	model := forecast.Taught(still, lessons, now)
	out := model.Play(still, now, futures, still.Seq)
	r := &Foresight{At: now, day: still.Day, Model: modelName(still), Futures: futures, Took: time.Since(began)}
	f.perPlay = r.Took / time.Duration(futures)
	r.waits = waits(still, &out, r)
	r.Late = lateness(still, &out)
	r.calm = sameWaits(f.waits, r.waits)
	f.waits = r.waits
	r.Advice = f.advise(still, model, r.Late, now)
	return r
}

// advise asks what would help the line that is worst off.
func (f *forecaster) advise(s *queue.State, m *forecast.Model, late []queue.Lateness, now time.Time) []Advice {
	worst := -1
	for i := range late {
		_, alarmed := s.Alarms[late[i].Service]
		if (alarmed || late[i].Chance >= queue.AlarmOn) && (worst < 0 || late[i].Tickets > late[worst].Tickets) {
			worst = i
		}
	}
	switch {
	case worst < 0:
		f.advice, f.advised = nil, time.Time{}
	case now.Sub(f.advised) >= adviceEvery:
		f.advice, f.advised = m.Advise(s, late[worst].Service, now, adviceFutures, s.Seq), now
	}
	return f.advice
}

func modelName(s *queue.State) string {
	version := 0
	if s.Figures != nil {
		version = s.Figures.Version
	}
	return fmt.Sprintf("f%d", version)
}

// lessons are the figures in force as a forecast takes them.
func lessons(s *queue.State) *forecast.Lessons {
	b := learn.Of(s.Figures, &s.Plan)
	l := &forecast.Lessons{
		Services: map[protocol.ServiceID]forecast.Lesson{}, Clerks: map[protocol.ClerkID]float64{},
		Hours: map[protocol.WindowID][]forecast.Shift{}, Cover: b.Cover(), Green: b.Green(),
	}
	l.NoShow, l.NoShowCost = b.NoShow()
	for i := range s.Plan.Services {
		id := s.Plan.Services[i].ID
		mu, sd := b.Service(id)
		perHalfHour, _ := b.Arrivals(id)
		l.Services[id] = forecast.Lesson{Mu: mu, SD: sd, PerHalfHour: perHalfHour}
	}
	midnight := learn.Midnight(s.At, &s.Plan)
	for i := range s.Plan.Windows {
		id := s.Plan.Windows[i].ID
		for _, span := range b.Hours(id) {
			l.Hours[id] = append(l.Hours[id], forecast.Shift{From: midnight.Add(span.From), To: midnight.Add(span.To)})
		}
	}
	for _, post := range s.Posts {
		if post.Clerk != "" {
			l.Clerks[post.Clerk] = b.Clerk(post.Clerk)
		}
	}
	return l
}

// waits are the spans of a batch, their ends where outcomes have moved them to.
func waits(s *queue.State, out *forecast.Outcome, r *Foresight) *queue.Foreseen {
	f := &queue.Foreseen{
		At: r.At, Model: r.Model, Services: map[protocol.ServiceID]queue.ForeseenLine{}, Green: map[protocol.ServiceID]queue.ForeseenLine{},
		Tickets: make(map[protocol.TicketID]queue.ForeseenTicket, len(out.Tickets)),
	}
	span := func(w *forecast.Wait) queue.Span {
		mid := w.Quantile(0.5)
		low, high := s.Honest.Levels(mid)
		return queue.Span{Low: min(w.Quantile(low), mid), Mid: mid, High: max(w.Quantile(1-high), mid)}
	}
	for i := range out.Tickets {
		if w := &out.Tickets[i]; !w.Beyond() {
			f.Tickets[w.Ticket] = queue.ForeseenTicket{Span: span(w), Late: w.Late()}
		}
	}
	for id, each := range out.Each {
		line := queue.ForeseenLine{Waiting: len(s.Lines[id]), Each: time.Duration(each * float64(time.Second))}
		if w := out.Last[id]; !w.Beyond() {
			line.Last = span(&w)
			f.Services[id] = line
		}
		if w := out.Green[id]; !w.Beyond() {
			line.Waiting, line.Last = s.Greens(id), span(&w)
			f.Green[id] = line
		}
	}
	return f
}

// lateness says of each service that promises a wait how probable it is that the promise
// is broken.
func lateness(s *queue.State, out *forecast.Outcome) []queue.Lateness {
	var all []queue.Lateness
	for i := range s.Plan.Services {
		svc := &s.Plan.Services[i]
		if svc.Promise == 0 {
			continue
		}
		l := queue.Lateness{Service: svc.ID}
		for j := range out.Tickets {
			w := &out.Tickets[j]
			t := s.Tickets[w.Ticket]
			if t.Service != svc.ID {
				continue
			}
			late := w.Late()
			l.Chance = max(l.Chance, int(100*late))
			if late <= 0.5 {
				continue
			}
			l.Tickets++
			left := max(0, t.IssuedAt.Add(time.Duration(svc.Promise)).Sub(s.At).Milliseconds())
			if l.Ticket == "" || left < l.LeftMS {
				l.Ticket, l.LeftMS = t.ID, left
			}
		}
		all = append(all, l)
	}
	return all
}

// sameWaits reports whether two forecasts tell people the same.
func sameWaits(a, b *queue.Foreseen) bool {
	if a == nil || len(a.Tickets) != len(b.Tickets) {
		return false
	}
	if !sameLines(a.Services, b.Services) || !sameLines(a.Green, b.Green) {
		return false
	}
	for id, t := range b.Tickets {
		if other, ok := a.Tickets[id]; !ok || other.Span.Range() != t.Span.Range() {
			return false
		}
	}
	return true
}

func sameLines(a, b map[protocol.ServiceID]queue.ForeseenLine) bool {
	for id, l := range b {
		if other, ok := a[id]; !ok || other.Last.Range() != l.Last.Range() {
			return false
		}
	}
	return len(a) == len(b)
}
