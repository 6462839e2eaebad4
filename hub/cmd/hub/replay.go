package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"jiaohao/hub/replay"
)

type replayCmd struct {
	File   string `required:"" type:"existingfile" help:"CSV file of recorded days."`
	Date   string `help:"Day of the file, 2006-01-02; not needed when there is one only."`
	Office string `help:"Office of the file (Warsaw); not needed when there is one only."`
	Mode   string `default:"order" enum:"order,decide" help:"order: call as recorded; decide: the hub chooses."`
	Speed  string `default:"max" help:"Seconds of the record in one real second; max is as fast as can be."`
	JSON   string `name:"json" help:"Write the report to this file as well."`
	Kills  int    `help:"Kill the hub so often on the way, at random moments."`
	Seed   uint64 `default:"1" help:"Of the moments."`
	Data   string `help:"Keep the hub's folder here; it must be empty or not there. Without it, it is removed."`
	HTTP   string `default:"127.0.0.1:0" help:"Address of the pages meanwhile; port 0 lets the system choose."`
	MQTT   string `default:"127.0.0.1:0" help:"Address of the broker; port 0 as above."`
}

// checkError says that the replay ran and something that must be true is not.
type checkError struct {
	names []string
	dir   string // the hub's folder, kept
}

func (e *checkError) Error() string {
	return fmt.Sprintf("replay: failed: %s; the journal is in %s", strings.Join(e.names, "; "), e.dir)
}

// Run replays a day and prints what the service log says.
func (c replayCmd) Run(ctx context.Context, log *slog.Logger) (err error) {
	speed, err := c.speed()
	if err != nil {
		return err
	}
	day, err := c.read()
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	dir, remove, err := c.dir()
	if err != nil {
		return err
	}
	defer func() {
		if failed := (*checkError)(nil); !errors.As(err, &failed) {
			err = errors.Join(err, remove())
		}
	}()
	report, err := replay.Run(ctx, replay.Options{
		Day: day, Mode: replay.Mode(c.Mode), Speed: speed, Kills: c.Kills, Seed: c.Seed,
		Dir: dir, HTTP: c.HTTP, MQTT: c.MQTT, Child: []string{program, "child"}, Log: log,
	})
	if err != nil {
		return err
	}
	if err := errors.Join(report.Print(os.Stdout), c.write(report)); err != nil {
		return err
	}
	if names := report.Failed(); len(names) > 0 {
		return &checkError{names: names, dir: dir}
	}
	return nil
}

func (c replayCmd) speed() (float64, error) {
	if c.Speed == "max" {
		return 0, nil
	}
	speed, err := strconv.ParseFloat(c.Speed, 64)
	if err != nil || speed <= 0 || speed > 1e6 {
		return 0, fmt.Errorf("--speed %q: legal are numbers above 0 to 1000000, and max", c.Speed)
	}
	return speed, nil
}

func (c replayCmd) read() (*replay.Day, error) {
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	day, err := replay.Read(f, replay.Pick{Date: c.Date, Office: c.Office})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	return day, nil
}

// dir returns the hub's folder and what removes it, if it is to be removed.
func (c replayCmd) dir() (dir string, remove func() error, err error) {
	if c.Data != "" {
		return c.Data, func() error { return nil }, os.MkdirAll(c.Data, 0o700)
	}
	dir, err = os.MkdirTemp("", "hub-replay-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

func (c replayCmd) write(report *replay.Report) error {
	if c.JSON == "" {
		return nil
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.JSON, append(text, '\n'), 0o644)
}

type childCmd struct{}

// Run is a hub whose clock and life are another process's.
func (childCmd) Run(ctx context.Context, log *slog.Logger) error {
	return replay.Child(ctx, os.Stdin, os.Stdout, log)
}
