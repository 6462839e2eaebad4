package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"jiaohao/hub/drive"
	"jiaohao/hub/queue"
)

// driveCmd lets another program play citizens and clerks.
type driveCmd struct {
	Rule   string  `default:"apq" enum:"apq,fifo-class-ratio,longest,priority,own_first" help:"Calling order."`
	Strict bool    `help:"A post helps only a partner who is away."`
	Dial   float64 `default:"1" help:"0 is equal by promise, 1 the default, 2 the shortest mean wait."`
}

// Run answers the driver's lines, one JSON object each, until its input ends.
func (c driveCmd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	signal.Reset(os.Interrupt, syscall.SIGTERM) // it waits for a line, and has nothing to put in order
	return drive.Serve(ctx, drive.New(c.options()), os.Stdin, os.Stdout)
}

// check names a dial that turns nowhere.
func (c driveCmd) check() error {
	if !(c.Dial >= 0 && c.Dial <= queue.DialMax) {
		return usageError{fmt.Errorf("--dial %g is out of range, legal are 0 to %g", c.Dial, float64(queue.DialMax))}
	}
	return nil
}

func (c driveCmd) options() drive.Options {
	return drive.Options{Rule: c.Rule, APQ: queue.APQ{Strict: c.Strict, Dial: &c.Dial}}
}

// simulateCmd plays scenario days under several calling orders.
type simulateCmd struct {
	Dir    string   `type:"existingdir" xor:"days" required:"" help:"Folder of scenario days, *.json; this or --halls."`
	Halls  int      `xor:"days" required:"" help:"Draw so many halls of each of twelve kinds; this or --dir."`
	Days   int      `default:"5" help:"Days of each hall drawn."`
	Seed   uint64   `default:"1" help:"Of the halls drawn."`
	Rules  []string `default:"pooled,fqm,longest,priority,own_first,fifo-class-ratio,strict,equal,shortest,apq" help:"Calling orders, all with the same people."`
	Strict bool     `help:"A post helps only a partner who is away."`
	Dial   float64  `default:"1" help:"0 is equal by promise, 1 the default, 2 the shortest mean wait."`
	Silent bool     `help:"Promise no waits: several times as fast."`
	Alarms bool     `help:"Look each minute for who will be late: several times as slow."`
	SVG    string   `name:"svg" type:"path" help:"Draw means and 95th percentiles into this file as well."`
	CSV    bool     `name:"csv" xor:"form" help:"Print CSV instead of the table."`
	JSON   bool     `name:"json" xor:"form" help:"Print JSON instead of the table."`
}

// Limits of what is drawn: all days are held in memory, about a megabyte each.
const (
	hallsMax = 50
	daysMax  = 60
)

// check names the first value that cannot be, before anything is played.
func (c simulateCmd) check() error {
	switch {
	case c.Dir == "" && (c.Halls < 1 || c.Halls > hallsMax):
		return usageError{fmt.Errorf("--halls %d is out of range, legal are 1 to %d of each kind", c.Halls, hallsMax)}
	case c.Days < 1 || c.Days > daysMax:
		return usageError{fmt.Errorf("--days %d is out of range, legal are 1 to %d of each hall", c.Days, daysMax)}
	}
	for _, rule := range c.Rules {
		if !slices.Contains(drive.Rules(), rule) {
			return usageError{fmt.Errorf("--rules %q is unknown, legal are %s", rule, strings.Join(drive.Rules(), ","))}
		}
	}
	return driveCmd{Dial: c.Dial}.check()
}

// Run prints what each calling order does to the people.
func (c simulateCmd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	opts := driveCmd{Strict: c.Strict, Dial: c.Dial}.options()
	opts.Silent, opts.Alarms = c.Silent, c.Alarms
	rows, err := c.compare(ctx, opts)
	if err != nil {
		return err
	}
	if c.SVG != "" {
		if err := c.draw(rows); err != nil {
			return err
		}
	}
	if c.CSV {
		return drive.WriteCSV(os.Stdout, rows)
	}
	if !c.JSON {
		drive.WriteTable(os.Stdout, rows)
		return nil
	}
	if err := json.NewEncoder(os.Stdout).Encode(rows); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// draw writes the plot.
func (c simulateCmd) draw(rows []drive.Row) error {
	var b bytes.Buffer
	if err := drive.WriteSVG(&b, []drive.Panel{drive.Waits("all days", rows)}, "hub simulate"); err != nil {
		return err
	}
	if err := os.WriteFile(c.SVG, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

func (c simulateCmd) compare(ctx context.Context, opts drive.Options) ([]drive.Row, error) {
	if c.Dir != "" {
		return drive.Compare(ctx, c.Dir, c.Rules, opts)
	}
	var days []*drive.Scenario
	for _, kind := range drive.Kinds() {
		for n := range c.Halls {
			days = append(days, drive.Generate(kind, c.Seed*1000+uint64(n), c.Days)...)
		}
	}
	return drive.CompareDays(ctx, days, c.Rules, opts)
}
