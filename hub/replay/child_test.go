package replay

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"jiaohao/hub/app"
	"jiaohao/hub/queue"
)

func TestChildSaysWhatItDoesNotUnderstand(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	for first, want := range map[string]string{
		"":        "child: no first line",
		"hello\n": "child: the first line: invalid character",
		"{}\n":    "child: the first line: it lacks the plan",
	} {
		err := Child(t.Context(), strings.NewReader(first), io.Discard, quiet)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("first line %q: error %v, want %q", first, err, want)
		}
	}
	for _, line := range []string{"t", "t x", "time 5", ""} {
		err := obey(context.Background(), nil, nil, line)
		if err == nil || !strings.Contains(err.Error(), "is not understood, legal are") {
			t.Errorf("line %q: error %v, want that it is not understood", line, err)
		}
	}
}

// The facts of a batch have the time at which it began. A clock that moved in the middle
// of one would date a request that was sent afterwards, and joined it, too early.
func TestClockMovesOnlyBetweenTwoCommits(t *testing.T) {
	day := read(t, bankHead+bankGood)
	plan, err := day.plan(Order, "$argon2id$x")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	hub, err := app.Open(ctx, app.Options{
		Dir: t.TempDir(), Plan: plan, HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- hub.Run(ctx) }()
	var clock atomic.Int64
	moved := make(chan error, 1)
	err = hub.Hall.Read(ctx, func(*queue.State, time.Time) {
		go func() { moved <- obey(ctx, hub, &clock, "t 5") }()
		select {
		case <-moved:
			t.Error("the clock moved while the hall was at work")
		case <-time.After(50 * time.Millisecond):
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-moved; err != nil || clock.Load() != 5 {
		t.Errorf("afterwards the clock is %d, %v; want 5", clock.Load(), err)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}
