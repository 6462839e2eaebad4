package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"jiaohao/hub/app"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Limits of the talk between driver and child.
const (
	lineMax = 2 << 20 // bytes of one line: the first holds the plan
	rate    = 100_000 // packets a second of one device: the replay is as fast as the hub
)

// setup is the first line that a child reads.
type setup struct {
	Dir  string      `json:"dir"`
	HTTP string      `json:"http"` // host:port
	MQTT string      `json:"mqtt"` // host:port
	Day  string      `json:"day"`  // 2006-01-02
	Now  int64       `json:"now"`  // microseconds since 1970
	Plan *queue.Plan `json:"plan"`
}

// ready is the first line that a child writes.
type ready struct {
	HTTP string `json:"http"` // host:port
	MQTT string `json:"mqtt"` // host:port
}

// What a child is told, one line each, and its answer when it is done.
const (
	tellTime  = "t " // and microseconds since 1970: what the clock says from now on
	tellClose = "close"
	childDone = "ok"
)

// Child is the hub of a replay: the same hub as everywhere, but its clock says what
// it was told last. It reads lines from in and answers each on out, and ends when in
// ends; the goroutine that reads in ends with it, or with the process.
//
// The first line says what the hub is made of and is answered, when the business day is
// open and devices may come, by where the hub is. Whoever is driving may kill it at any moment.
func Child(ctx context.Context, in io.Reader, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, lineMax)
	if !scanner.Scan() {
		return fmt.Errorf("child: no first line: %w", errors.Join(scanner.Err(), io.ErrUnexpectedEOF))
	}
	var s setup
	if err := json.Unmarshal(scanner.Bytes(), &s); err != nil {
		return fmt.Errorf("child: the first line: %w", err)
	}
	if s.Plan == nil {
		return errors.New("child: the first line: it lacks the plan")
	}
	var clock atomic.Int64
	clock.Store(s.Now)
	hub, err := app.Open(ctx, app.Options{
		Dir: s.Dir, Plan: s.Plan, HTTP: s.HTTP, MQTT: s.MQTT, Version: "replay", Log: log, Rate: rate,
		Now:        func() time.Time { return time.UnixMicro(clock.Load()) },
		ClockFloor: time.UnixMicro(s.Now),
	})
	if err != nil {
		return err
	}
	ran := make(chan error, 1)
	go func() { ran <- hub.Run(ctx) }()
	err = serve(ctx, hub, &s, &clock, scanner, out, ran)
	cancel()
	return errors.Join(err, <-ran)
}

// serve opens the day and does what it is told.
func serve(ctx context.Context, hub *app.Hub, s *setup, clock *atomic.Int64, in *bufio.Scanner, out io.Writer, ran chan error) error {
	if err := openDay(ctx, hub, s); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(ready{HTTP: hub.HTTPAddr().String(), MQTT: hub.MQTTAddr().String()}); err != nil {
		return err
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in.Scan() {
			select {
			case lines <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case err := <-ran:
			ran <- nil
			return errors.Join(err, errors.New("child: the hub ended by itself"))
		case line, more := <-lines:
			if !more {
				return nil
			}
			if err := obey(ctx, hub, clock, line); err != nil {
				return err
			}
			if _, err := fmt.Fprintln(out, childDone); err != nil {
				return err
			}
		}
	}
}

func obey(ctx context.Context, hub *app.Hub, clock *atomic.Int64, line string) error {
	if line == tellClose {
		return command(ctx, hub, queue.Command{Request: protocol.Request{Do: queue.DayClose}})
	}
	text, ok := strings.CutPrefix(line, tellTime)
	now, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return fmt.Errorf("child: %q is not understood, legal are %q and a number, and %q", line, tellTime, tellClose)
	}
	// Between two commits: a batch has one time, and what comes after the answer must not
	// join one that began before it.
	return hub.Hall.Read(ctx, func(*queue.State, time.Time) { clock.Store(now) })
}

// openDay opens the day of the record, unless the hub that was killed had.
func openDay(ctx context.Context, hub *app.Hub, s *setup) error {
	open := ""
	if err := hub.Hall.Read(ctx, func(s *queue.State, _ time.Time) { open = s.Day }); err != nil {
		return err
	}
	if open == s.Day {
		return nil
	}
	return command(ctx, hub, queue.Command{Request: protocol.Request{Do: queue.DayOpen}, Plan: s.Plan, Day: s.Day})
}

// command carries out what only the hub itself may.
func command(ctx context.Context, hub *app.Hub, c queue.Command) error {
	c.From = queue.Source{Role: queue.RoleHub, Device: "hub"}
	_, err := hub.Hall.Do(ctx, c)
	return err
}
