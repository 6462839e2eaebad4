package broker

import "time"

// bucket is a token bucket. It is not safe for concurrent use.
type bucket struct {
	perSecond, burst float64
	tokens           float64 // below zero: debt
	at               time.Time
}

func newBucket(perSecond, burst float64) bucket {
	return bucket{perSecond: perSecond, burst: burst, tokens: burst}
}

func (b *bucket) fill(now time.Time) {
	if !b.at.IsZero() {
		b.tokens = min(b.burst, b.tokens+now.Sub(b.at).Seconds()*b.perSecond)
	}
	b.at = now
}

// take spends one token and returns how long to wait until it is there.
func (b *bucket) take(now time.Time) time.Duration {
	b.fill(now)
	b.tokens--
	if b.tokens >= 0 {
		return 0
	}
	return time.Duration(-b.tokens / b.perSecond * float64(time.Second))
}

// takeIf spends one token if there is one and says whether there was.
func (b *bucket) takeIf(now time.Time) bool {
	b.fill(now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
