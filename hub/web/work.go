package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/whatif"
	"jiaohao/protocol"
)

const (
	// workMax bounds long work: what takes longer asks for too much.
	workMax = 15 * time.Minute
	// workWorkers leaves the rest of the machine to the hall.
	workWorkers = 1
	// workDraws is how many days are drawn for each plan that is tried.
	workDraws = 12
)

// errBusy means that other long work is under way.
var errBusy = errors.New("other long work is under way")

// workshop is where long work is done: one piece at a time, beside the hall.
type workshop struct {
	mu  sync.Mutex // guards job and the fields of it
	job *job
}

// job is one piece of long work and, when it is done, what came of it.
type job struct {
	Page      string // on which it is shown
	By        protocol.Text
	Asked     any       // the form
	Started   time.Time // by the hall's clock
	Done, All int       // how far it is
	Running   bool
	Stopped   bool
	Err       error
	Result    any
	stop      context.CancelFunc
}

// Percent is how far it is.
func (j *job) Percent() int { return min(100*j.Done/max(j.All, 1), 99) }

// start begins work, unless there is some under way.
func (b *workshop) start(j job, work func(ctx context.Context, tell func(done, all int)) (any, error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.job != nil && b.job.Running {
		return errBusy
	}
	ctx, cancel := context.WithTimeout(context.Background(), workMax)
	j.Running, j.stop = true, cancel
	now := &j
	b.job = now
	go func() {
		defer cancel()
		result, err := work(ctx, func(done, all int) {
			b.mu.Lock()
			defer b.mu.Unlock()
			now.Done, now.All = done, all
		})
		b.mu.Lock()
		defer b.mu.Unlock()
		now.Running, now.Result, now.Err = false, result, err
		now.Stopped = errors.Is(err, context.Canceled)
	}()
	return nil
}

// look returns the work of a page as it is now, or nil; busy says that there is work
// under way for any page.
func (b *workshop) look(page string) (now *job, busy bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.job == nil {
		return nil, false
	}
	if b.job.Page == page {
		copied := *b.job
		now = &copied
	}
	return now, b.job.Running
}

// end stops the work of a page; "" means of any.
func (b *workshop) end(page string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.job != nil && b.job.Running && (page == "" || b.job.Page == page) {
		b.job.stop()
	}
}

// stopWork is the button that ends what a page has begun.
func (s *Server) stopWork(page string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.shop.end(page)
		http.Redirect(w, r, page, http.StatusSeeOther)
	}
}

// recorded reads the last n recorded days that end with last from the journal.
func (s *Server) recorded(ctx context.Context, last string, n int) ([]*whatif.Day, error) {
	recorder := whatif.Record(last, n)
	err := s.opts.Journal.Read(ctx, 0, func(r journal.Record) error { return recorder.Add(r.At, r.Kind, r.Body) })
	if err != nil {
		return nil, err
	}
	days := recorder.Days()
	if days == nil {
		return nil, errors.New("the journal has no business day " + last)
	}
	return days, nil
}
