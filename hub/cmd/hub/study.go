package main

import (
	"context"
	"os"

	"jiaohao/hub/study"
)

// studyCmd plays recorded days under several calling orders and tries estimators on them.
type studyCmd struct {
	Files []string `arg:"" type:"existingfile" help:"CSV files of recorded days."`
	Out   string   `type:"existingdir" help:"Write tables (CSV, JSON) and plots (SVG) here as well."`
}

// Run prints a table for each file.
func (c studyCmd) Run(ctx context.Context) error {
	var results []*study.Result
	for _, file := range c.Files {
		r, err := study.Run(ctx, file)
		if err != nil {
			return err
		}
		r.WriteTable(os.Stdout)
		results = append(results, r)
	}
	if c.Out == "" {
		return nil
	}
	return study.Write(c.Out, results)
}
