package drive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// lineMax is the longest line in bytes: the init of a hall of 200 windows needs 100 kB.
const lineMax = 4 << 20

// ops are the operations of a line.
const ops = "init, window, issue, next, done, end"

// Setup is a day's hall as the driver tells it. Times are in s from opening.
type Setup struct {
	Day       int            `json:"day"`
	Services  []ServiceSetup `json:"services"`
	Windows   []WindowSetup  `json:"windows"`
	TurnoverS float64        `json:"turnover_s"`
	CloseS    float64        `json:"close_s"`
}

// ServiceSetup is a service: what the hall believes of its length, and its limit.
type ServiceSetup struct {
	ID       int     `json:"id"`
	Name     string  `json:"name"`
	CfgMeanS float64 `json:"cfg_mean_s"`
	SLAS     float64 `json:"sla_s"`
}

// WindowSetup is a window: its own services, those that it covers, its partner, and
// when it is meant to be open.
type WindowSetup struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Dept    int    `json:"dept"`
	Pair    int    `json:"pair"`
	Partner int    `json:"partner"`
	Primary []int  `json:"primary"`
	Backup  []int  `json:"backup"`
	Roster  []Span `json:"roster"`
}

// Span is a time at a window. When it is not planned, nobody knew its end before.
type Span struct {
	From    float64 `json:"from"`
	To      float64 `json:"to"`
	Planned bool    `json:"planned"`
}

// Quantiles is a promise: the wait in s, from now or from opening.
type Quantiles struct {
	P10 float64 `json:"p10"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`

	late float64 // the probability that the limit is missed
}

// Serve answers every line of in with one line on out, until in ends or ctx is done.
// A line that cannot be carried out is answered with {"error":…}, and changes nothing;
// an empty one has no answer. What a line needs must be there and not null. A driver need
// not know cls, names, dept, pair, partner, backup, roster, day, means, limits, turnover_s
// and close_s; it may say more than this version knows.
func Serve(ctx context.Context, hub *Hub, in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	w := bufio.NewWriter(out)
	answers := json.NewEncoder(w)
	answers.SetEscapeHTML(false)
	for {
		line, long, err := readLine(lines)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(line) > 0 {
			if err := answers.Encode(answer(hub, line, long)); err != nil {
				return fmt.Errorf("drive: answer: %w", err)
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("drive: answer: %w", err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("drive: read: %w", err)
		}
	}
}

// readLine reads a line without the white space around it. Of one that is too long it
// returns the beginning.
func readLine(from *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := from.ReadSlice('\n')
		if room := lineMax - len(line); len(part) > room {
			part, long = part[:room], true
		}
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			return bytes.TrimSpace(line), long, err
		}
	}
}

type done struct {
	OK bool `json:"ok"`
}

type called struct {
	Ticket int `json:"ticket"`
}

type failed struct {
	Error string `json:"error"`
}

// answer carries out one line.
func answer(hub *Hub, line []byte, long bool) any {
	if long {
		return failed{fmt.Sprintf("line is longer than %d bytes, legal are at most so many", lineMax)}
	}
	f, err := readFields(line)
	if err != nil {
		return failed{err.Error()}
	}
	out, err := carryOut(hub, f)
	if err != nil {
		return failed{err.Error()}
	}
	return out
}

func carryOut(hub *Hub, f *fields) (any, error) {
	op := f.text("op", ops)
	switch {
	case *f.err != nil:
		return nil, *f.err
	case !slices.Contains(strings.Split(ops, ", "), op):
		return nil, fmt.Errorf("op %q is unknown, legal are %s", op, ops)
	case op == "init":
		setup := f.setup()
		if *f.err != nil {
			return nil, *f.err
		}
		return done{true}, hub.Init(setup)
	case hub.state.Day == "":
		return nil, errNoDay
	case op == "end":
		return done{true}, hub.End()
	}
	return step(hub, op, f)
}

// step carries out what happens at a time. All that it needs must be there: a zero
// in place of what a driver forgot would be somebody's turn.
func step(hub *Hub, op string, f *fields) (any, error) {
	var w, ticket, svc, cls int
	var on bool
	var outcome string
	t := f.number("t", legalT)
	if op != "issue" {
		w = f.whole("w", hub.setup.windowIDs())
	}
	switch op {
	case "window":
		on = f.flag("on")
	case "issue":
		f.fill("cls", "0")
		ticket, svc, cls = f.whole("ticket", "a whole number from 0"), f.whole("svc", hub.setup.serviceIDs()), f.whole("cls", "0 (regular) or 1 (green)")
	case "done":
		ticket, outcome = f.whole("ticket", "one issued today"), f.text("outcome", "served or noshow")
	}
	if *f.err != nil {
		return nil, *f.err
	}
	switch op {
	case "window":
		return done{true}, hub.Window(t, w, on)
	case "issue":
		return hub.Issue(t, ticket, svc, cls)
	case "next":
		n, err := hub.Next(t, w)
		return called{n}, err
	}
	return done{true}, hub.Done(t, w, ticket, outcome)
}
