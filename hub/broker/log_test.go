package broker

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

func TestPeerCannotFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := engineLog{newReport(slog.New(slog.NewTextHandler(&out, nil)))}
		for range 10_000 {
			log.Errorf("Publish Violation - Subject %q", strings.Repeat("长", 20_000))
		}
		if lines := strings.Count(out.String(), "\n"); lines != logBurst {
			t.Errorf("%d lines, want %d", lines, logBurst)
		}
		if out.Len() > logBurst*(logLineMax+100) {
			t.Errorf("%d bytes", out.Len())
		}
		if !utf8.Valid(out.Bytes()) {
			t.Error("a character was cut in two")
		}
		out.Reset()
		time.Sleep(time.Second) // virtual
		log.Warnf("next")
		if s := out.String(); !strings.Contains(s, "count=9950") || !strings.Contains(s, "next") {
			t.Errorf("after a second: %s", s)
		}
	})
}

func TestBucketLetsTheBurstPassAndThenTheRate(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBucket(10, 3)
	for i, want := range []time.Duration{0, 0, 0, 100 * time.Millisecond, 200 * time.Millisecond} {
		if got := b.take(now); got != want {
			t.Errorf("packet %d waits %v, want %v", i, got, want)
		}
	}
	if got := b.take(now.Add(time.Hour)); got != 0 {
		t.Errorf("after an hour: %v, want 0", got)
	}
	for range 2 {
		b.take(now.Add(time.Hour))
	}
	if got := b.take(now.Add(time.Hour)); got == 0 {
		t.Error("an hour of silence gave more than the burst")
	}
}
