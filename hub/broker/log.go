package broker

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// report is a logger that a peer cannot flood: it cuts long lines, lets a burst pass, then a few lines a second, and
// says how many it left out. The engine writes whole topics of a peer into its lines. It is safe for concurrent use.
type report struct {
	log *slog.Logger

	mu      sync.Mutex
	budget  bucket
	skipped int
}

func newReport(log *slog.Logger) *report {
	return &report{log: log, budget: newBucket(logPerSecond, logBurst)}
}

// allow spends one line of the budget, and says how many lines were left out since the last.
func (r *report) allow() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.budget.takeIf(time.Now()) {
		r.skipped++
		return false
	}
	if r.skipped > 0 {
		r.log.Warn("broker: lines left out", "count", r.skipped)
		r.skipped = 0
	}
	return true
}

// warn writes one line if the budget has one left.
func (r *report) warn(msg string, args ...any) {
	if r.allow() {
		r.log.Warn("broker: "+msg, args...)
	}
}

// clip cuts s to a length fit for the log, between characters.
func clip(s string) string {
	if len(s) <= logLineMax {
		return s
	}
	return strings.ToValidUTF8(s[:logLineMax], "") + "…"
}

// engineLog is the form in which the engine wants its logger. Notices go to the debug level.
type engineLog struct{ *report }

func (l engineLog) Noticef(format string, v ...any) {
	l.log.Debug("broker engine: " + clip(fmt.Sprintf(format, v...)))
}

func (l engineLog) Warnf(format string, v ...any) {
	if l.allow() { // first, because formatting a long topic costs more than writing a short line
		l.log.Warn("broker engine: " + clip(fmt.Sprintf(format, v...)))
	}
}

func (l engineLog) Errorf(format string, v ...any) { l.Warnf(format, v...) }
func (l engineLog) Fatalf(format string, v ...any) { l.Warnf(format, v...) }
func (l engineLog) Debugf(string, ...any)          {}
func (l engineLog) Tracef(string, ...any)          {}
