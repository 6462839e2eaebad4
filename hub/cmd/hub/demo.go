package main

import (
	"context"
	"log/slog"
	"os"

	"jiaohao/hub/demo"
)

type demoCmd struct {
	HTTP      string  `default:"127.0.0.1:8080" help:"Address of the pages."`
	MQTT      string  `default:"127.0.0.1:1883" help:"Address of the broker."`
	Data      string  `default:"data/demo" help:"Folder of the hall; the same one goes on with the same day."`
	PublicURL string  `help:"What phones reach: the base of the links on slips."`
	Autopilot bool    `default:"true" negatable:"" help:"Citizens and clerks who move by themselves."`
	Pace      float64 `default:"1" help:"How many times faster than usual they move, 0.25 to 50."`
	Seed      uint64  `default:"1" help:"Of their dice."`
}

// Run runs the demo until it is told to stop.
func (c demoCmd) Run(ctx context.Context, log *slog.Logger) error {
	if !log.Enabled(ctx, slog.LevelDebug) {
		// Fourteen devices tell a lot; without --verbose only what is wrong.
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	hall, err := demo.Open(ctx, demo.Options{
		HTTP: c.HTTP, MQTT: c.MQTT, Dir: c.Data, PublicURL: c.PublicURL,
		Autopilot: c.Autopilot, Pace: c.Pace, Seed: c.Seed, Version: version(), Log: log,
	})
	if err != nil {
		return err
	}
	if err := hall.Welcome(os.Stdout); err != nil {
		return err
	}
	return hall.Run(ctx)
}
