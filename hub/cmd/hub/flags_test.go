package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFlagThatCannotBeIsNamedWithWhatIsLegal(t *testing.T) {
	empty := t.TempDir()
	staff := staffCmd{Data: empty, Days: 5, Draws: 20, Target: 0.1, Ask: "lunch", From: "11:00", To: "13:30", Lunch: time.Hour}
	with := func(change func(*staffCmd)) func(context.Context) error {
		c := staff
		change(&c)
		return c.Run
	}
	for _, c := range []struct {
		run func(context.Context) error
		say string
	}{
		{whatifCmd{Data: empty, Day: "2026-99-99"}.Run, `--day "2026-99-99" is no date`},
		{whatifCmd{Data: empty}.Run, "holds no journal, legal is the folder of a hub"},
		{staff.Run, "holds no journal"},
		{with(func(c *staffCmd) { c.Days = 0 }), "--days 0 is out of range, legal are 1 to 60"},
		{with(func(c *staffCmd) { c.Draws = 1 }), "--draws 1 is out of range, legal are 2 to 1000"},
		{with(func(c *staffCmd) { c.Target = 150 }), "--target 150 is out of range, legal are 0.01 to 0.5 (1 % to 50 %)"},
		{with(func(c *staffCmd) { c.From = "noon" }), `--from "noon" is no time of the day, legal are 00:00 to 23:59`},
		{with(func(c *staffCmd) { c.Lunch = -time.Hour }), "--lunch -1h0m0s does not fit between --from 11:00 and --to 13:30, legal are 10m to half of that time"},
		{with(func(c *staffCmd) { c.To = "10:00" }), "--lunch 1h0m0s does not fit"},
		{simulateCmd{Halls: 0, Days: 1}.Run, "--halls 0 is out of range, legal are 1 to 50"},
		{simulateCmd{Halls: 1_000_000, Days: 1}.Run, "--halls 1000000 is out of range"},
		{simulateCmd{Halls: 1, Days: 0}.Run, "--days 0 is out of range, legal are 1 to 60"},
		{simulateCmd{Halls: 1, Days: 1, Rules: []string{"lottery"}}.Run, `--rules "lottery" is unknown, legal are pooled,fqm`},
		{simulateCmd{Halls: 1, Days: 1, Dial: 9}.Run, "--dial 9 is out of range, legal are 0 to 2"},
		{driveCmd{Dial: -1}.Run, "--dial -1 is out of range"},
	} {
		err := c.run(t.Context())
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v, want %q", err, c.say)
		}
	}
}

func TestFileWithoutTheColumnsOfARecordIsRefused(t *testing.T) {
	for content, say := range map[string]string{"a,b\n1,2\n": "has no column date", "": "is empty", "date,office\n": "has no hall with two days"} {
		file := filepath.Join(t.TempDir(), "days.csv")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := (studyCmd{Files: []string{file}}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q", content, err, say)
		}
	}
}
